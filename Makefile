# make          the plugin and the command, in build/
# make demo     one attack through the whole pipeline, from a log record to an alert and a story by syslog
# make check    format, vet and the quick tests: what to run while changing something
# make test     all tests
# make helm     the chart, linted and rendered by Helm's library
# make pictures  those of docs/pictures, by Chromium
# make bench    what the pipeline costs, beside plain Coraza
# make intrusion    the story of an intruder among 450,000 records of other traffic
# make cluster      what they find in two days of a cluster whose pods come and go, and what they say falsely
# make lab      attacks of known effect on applications of ours, by hand and by tools, and what MSA says of them
# make bench-signal DIR=…  what alarms of records of known truth
# make bench-host   MSA in the Fluent Bit of $FLUENT_BIT or PATH, beside grep; datagrams and delays
# make bench-peers  MSA beside plain Coraza and libmodsecurity, on records of several sorts
# make faults   what becomes of records and alerts when things go wrong around a real Fluent Bit
# make soak     the highest rate that the machine holds, for SOAK (1h), drawn in docs/soak.svg
# make dist packages  a release: archive, SBOM, .deb, .rpm and their checksums, in build/dist

GO       ?= go
# Coraza without an operator that needs six modules (docs/dependencies.md).
TAGS     := coraza.disabled_operators.validateSchema
export GOFLAGS := $(GOFLAGS) -tags=$(TAGS)
BUILD    := build
PLUGIN   := $(BUILD)/flb-filter_msa.so
# Code, and what is embedded in it: rules, presets, the model, the page of reports.
SOURCES  := $(shell find alert behavior cmd engine incident internal mapping pipeline plugin rules triage -type f ! -path '*/testdata/*' ! -name '*_test.go') go.mod go.sum

.PHONY: all demo check test race lint fuzz bench bench-host bench-peers bench-signal intrusion cluster lab faults soak clean

all: $(PLUGIN) $(BUILD)/out_msa.so $(BUILD)/msa

$(PLUGIN): $(SOURCES)
	CGO_ENABLED=1 $(GO) build -buildmode=c-shared -trimpath -ldflags='-s -w' -o $@ ./plugin
	@rm -f $(BUILD)/flb-filter_msa.h

# One file under two names: Fluent Bit loads the filter by one and the output by the
# other, and two copies would be two Go runtimes in one process.
$(BUILD)/out_msa.so: $(PLUGIN)
	ln -f $< $@

$(BUILD)/msa: $(SOURCES)
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o $@ ./cmd/msa

demo: all
	$(GO) run ./test/demo

check:
	@test -z "$$(gofmt -l .)" || { gofmt -d .; exit 1; }
	$(GO) vet ./...
	$(GO) test -short ./alert ./behavior ./internal/... ./mapping/... ./rules/... ./triage ./engine/view ./engine/internal/...

test: all
	$(GO) test -count=1 -timeout 30m ./...

# A module of its own, with what Helm needs.
.PHONY: helm
helm:
	$(GO) -C test/helm test -count=1 ./...

.PHONY: pictures
pictures: $(BUILD)/msa
	@$(GO) run ./test/pictures

# Packages that start goroutines, or are used by several at once.
race:
	$(GO) test -race -short -count=1 -timeout 30m ./behavior ./cmd/msa/internal/inspect ./cmd/msa/internal/kubernetes ./cmd/msa/internal/listen ./cmd/msa/internal/queue ./internal/... ./mapping ./plugin
	$(GO) test -race -short -count=1 -timeout 30m -run 'Concurrent|Order|OnDebian|Reload|Close' ./engine/... ./pipeline ./cmd/msa

lint:
	$(GO) vet ./...
	golangci-lint run

# Each fuzz target for FUZZTIME, 10s unless given; SCREEN_FUZZTIME is for the one that compares the
# fast path with all rules.
fuzz:
	GO=$(GO) FUZZTIME=$(FUZZTIME) SCREEN_FUZZTIME=$(SCREEN_FUZZTIME) test/fuzz.sh

# Go benchmarks on one core, for BENCHTIME each; the last lines are ratios of one and the same run.
BENCHTIME ?= 4s
bench:
	@mkdir -p $(BUILD)
	@$(GO) test -run '^$$' -bench . -benchtime $(BENCHTIME) -benchmem -cpu 1 ./mapping ./engine ./pipeline > $(BUILD)/bench.txt; status=$$?; cat $(BUILD)/bench.txt; exit $$status
	@$(GO) test -run '^$$' -bench Workers -benchtime $(BENCHTIME) ./pipeline > $(BUILD)/bench-workers.txt; status=$$?; cat $(BUILD)/bench-workers.txt; exit $$status
	@awk '$$1 ~ /^Benchmark/ { for (i = 3; i < NF; i++) if ($$(i+1) == "records/s") rate[$$1] = $$i; else if ($$(i+1) == "ratio") pair = $$i; else if ($$(i+1) == "ns/op") time[$$1] = $$i } \
	END { printf "ratio time_pipeline_to_plain_coraza %.3f\n", pair; \
	      printf "ratio speed_without_engine_to_plain_coraza %.0f\n", rate["BenchmarkPass"] / rate["BenchmarkPlainCoraza"]; \
	      printf "ratio time_map_nano_to_3us %.2f\nratio time_map_nginx_json_to_3us %.2f\n", time["BenchmarkMap/nano/nano"] / 3000, time["BenchmarkMap/nginx-json/nginx-json"] / 3000; \
	      printf "ratio speed_without_engine_to_200000_a_second %.2f\n", rate["BenchmarkPass"] / 200000 }' $(BUILD)/bench.txt
	@awk '$$1 ~ /^BenchmarkWorkers/ { for (i = 3; i < NF; i++) if ($$(i+1) == "ratio") printf "ratio speed_of_2_workers_to_1 %.2f\n", $$i }' $(BUILD)/bench-workers.txt

# Three minutes; with MSA_WCP, which names a folder of real requests, five. Takes up to 3 GB in the folder for temporary files.
bench-host: all
	@$(GO) run ./test/throughput

# Two to three minutes; real requests are measured, too, if MSA_WCP names a folder of them. libmodsecurity needs Debian's libmodsecurity-dev and modsecurity-crs.
# PARANOIA_LEVEL is 1 unless set.
bench-peers:
	@$(GO) run ./test/peers

# What alarms by default of records of known truth: DIR has legit.jsonl and malicious.jsonl, see triage/train.
bench-signal:
	@$(GO) run ./triage/train -measure $(DIR)

# Two hours between the services of a shop, the second with an intruder in it: his story, as a SOC gets it.
intrusion: all
	@$(GO) run ./test/intrusion/cmd -hours 2 -intrusion | \
	    $(BUILD)/msa scan --format text --alert-per incident --mapping nano --rules crs,lateral-movement,sensitive-data \
	    --behavior examples/intrusion.yaml - || [ $$? -eq 1 ]

cluster:
	@$(GO) run ./test/cluster/cmd -measure -v

# A minute by hand, and 15 with the tools that are installed; LAB=-tools=false leaves these out (docs/lab.md).
lab: $(BUILD)/msa
	@$(GO) run ./test/lab -dir $(BUILD)/lab -msa $(BUILD)/msa $(LAB)

# About 20 minutes, in the Fluent Bit of $FLUENT_BIT or PATH; FAULTS names some of them.
faults: all
	@$(GO) run ./test/faults $(FAULTS)

SOAK ?= 1h
soak:
	@$(GO) run ./test/soak -for $(SOAK) -svg docs/soak.svg

# A release in build/dist: archive with SBOM, packages, SHA256SUMS. ARCH is amd64 or arm64.
ARCH ?= $(shell $(GO) env GOHOSTARCH)
.PHONY: dist packages dist-check
dist:
	GO="$(GO)" sh deploy/dist.sh $(ARCH) $(BUILD)/dist archive

packages:
	GO="$(GO)" sh deploy/dist.sh $(ARCH) $(BUILD)/dist packages

# Builds the last commit twice, in two places, and compares the bytes.
dist-check:
	GO="$(GO)" sh deploy/dist-check.sh $(ARCH)

clean:
	rm -rf $(BUILD)
