package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/fluentconf"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// Messages of GELF have a line of a log, or a record of Nano's.
func dockerGELF(line string) string {
	return fmt.Sprintf(`{"version":"1.1","host":"node-1","short_message":%q,"timestamp":1795169472.482,"level":6,"_container_name":"nginx"}`, line)
}

func nanoGELF(t *testing.T, url string) string {
	return regexp.MustCompile(`"([A-Z_]+)":`).ReplaceAllString(string(sample(t, url)), `"_$1":`)
}

// combined is a line of nginx's access log.
func combined(client, url string) string {
	return fmt.Sprintf(`%s - - [20/Nov/2026:10:11:12 +0000] "GET %s HTTP/1.1" 200 12 "-" "curl/8.5.0"`, client, url)
}

// auditEntry is an entry of ModSecurity's audit log.
func auditEntry(boundary, uri string) string {
	return strings.ReplaceAll("--@-A--\n[20/Nov/2026:10:11:12.046123 +0000] id 203.0.113.75 40115 198.51.100.9 443\n--@-B--\nGET "+uri+
		" HTTP/1.1\nHost: shop.example.com\nUser-Agent: curl/8.5.0\nAccept: */*\n\n--@-F--\nHTTP/1.1 200 OK\n\n--@-Z--\n", "@", boundary)
}

// ingress is a line of ingress-nginx's, as the container runtime writes it.
func ingress(url string) string {
	return fmt.Sprintf(`2026-11-20T10:11:12.482193+00:00 stdout F 203.0.113.24 - - [20/Nov/2026:10:11:12 +0000] "GET %s HTTP/1.1" 200 412 "-" "curl/8.5.0" 118 0.004 [shop-cart-80] [] 10.244.1.17:8080 412 0.004 200 2b0c7a9d51e84f66b1a3d0c2e7f49a18`, url)
}

// postgres is a line of PostgreSQL's jsonlog.
func postgres(message string) string {
	return fmt.Sprintf(`{"timestamp":"2026-11-20 10:11:12.482 UTC","user":"shop","dbname":"shop","pid":4711,"remote_host":"10.0.1.5","remote_port":40212,"session_id":"691ee4c0.1267","line_num":3,"error_severity":"LOG",%s,"application_name":"shop","backend_type":"client backend","query_id":0}`, message)
}

// otlp is a log record in OTLP's JSON.
func otlp(path string) string {
	return fmt.Sprintf(`{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":[{"scope":{},"logRecords":[{"timeUnixNano":"1795169472482000000","severityNumber":9,"severityText":"INFO","body":{"stringValue":"request"},"attributes":[`+
		`{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"url.path","value":{"stringValue":%q}},{"key":"client.address","value":{"stringValue":"10.0.0.7"}},{"key":"http.response.status_code","value":{"intValue":"404"}}]}]}]}]}`, path)
}

// kafkaMessage is a message with its metadata, as Fluent Bit's input has them.
func kafkaMessage(payload string) string {
	return `{"topic":"logs","partition":0,"offset":4711,"error":null,"key":null,"payload":` + payload + `}`
}

// payload is the record that the filter nest makes of such a message.
func payload(message string) string {
	return strings.TrimSuffix(message[strings.Index(message, `"payload":`)+len(`"payload":`):], "}")
}

func otlpAttributes(sent string) string {
	list := regexp.MustCompile(`"attributes":(\[\{"key":"http.*?\}\}\])`).FindStringSubmatch(sent)[1]
	return `{"otlp":{"attributes":` + list + `}}`
}

// examples are the probes of each file in examples/ that runs.
func examples(t *testing.T) map[string][]probe {
	shop := func(path, header string) string {
		return fmt.Sprintf(`{"ts":1717053408.9,"req":{"verb":"POST","target":%q,"hdr":[%q]},"peer":"10.0.0.7","body":"a=b"}`, path, header)
	}
	login := func(status, url string) string {
		return fmt.Sprintf(`{"SRC_IP":"10.0.0.7","DST_IP":"10.0.0.8","METHOD":"POST","URL":%q,"RETCODE":%q,"DOMAIN":"users","FORWARD":"0.0.0.0"}`, url, status)
	}
	attack, harmless := string(numbered(t, 1)), string(sample(t, "/harmless?n=1"))
	line, harmlessLine := combined("10.0.0.7", "/?t=../../etc/passwd"), combined("10.0.0.9", "/harmless?n=1")
	alarm := `{"rule_id":"930100","alert_engine":"modsecurity","src_ip":"10.0.0.7","dst_ip":"10.0.0.8","domain":"shop","url":"/?t=../../etc/passwd","msg":"Path Traversal Attack","severity":"2",` +
		`"id":"0f3c8a51d2b7496e8a1c5d90e4f7b263","timestamp":"2026-11-20T10:11:12.482Z","category":"lfi","confidence":97,"outcome":"unknown"}`
	line930 := []string{`rule_id":"930100"`, `preset":"nginx"`}
	return map[string][]probe{
		"nano-to-syslog.conf": {
			{in: "udp 15155", tag: "nano", attack: attack, harmless: harmless, out: "tcp 12201", want: []string{`"rule_id":"930100"`}},
			{in: "udp 15155", tag: "nano", attack: `{"SRC_IP":"10.0.1.5","DST_IP":"10.0.1.9","SQL":"SELECT LOAD_FILE('/etc/passwd')","L7_PROTOCOL":"mysql"}`,
				harmless: `{"SRC_IP":"10.0.1.5","DST_IP":"10.0.1.9","SQL":"SELECT name FROM harmless WHERE id = 1","L7_PROTOCOL":"mysql"}`,
				out:      "tcp 12201", want: []string{`"preset":"nano-sql"`}},
		},
		"nginx-to-syslog.conf": {{in: "/var/log/nginx/access.log", tag: "access", attack: line, harmless: harmlessLine, out: "udp 12201", want: line930}},
		"modsecurity-audit.yaml": {{in: "/var/log/modsec_audit.log", tag: "audit", attack: auditEntry("c7036611", "/?t=../../etc/passwd"), harmless: auditEntry("d7036611", "/harmless?n=1"),
			out: "tcp 5170", want: []string{`"rule_id":"930100"`, `"src_ip":"203.0.113.75"`}}},
		"kubernetes-ingress.yaml": {{in: "/var/log/containers/ingress-nginx-controller-7d4b9c_ingress-nginx_controller-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.log",
			tag: "kube.var.log.containers", attack: ingress("/ping?host=127.0.0.1;cat%20/etc/passwd"), harmless: ingress("/harmless?n=1"),
			record: func(sent string) string {
				_, line, _ := strings.Cut(sent, " stdout F ")
				return fmt.Sprintf(`{"time":"2026-11-20T10:11:12.482193+00:00","stream":"stdout","_p":"F","log":%q}`, line)
			},
			out: "udp 12201", want: []string{`"rule_id":"930120"`, `"preset":"ingress-nginx"`}}},
		"graylog.conf": {
			{in: "udp 12202", tag: "gelf", attack: dockerGELF(line), harmless: dockerGELF(harmlessLine),
				record: func(sent string) string { return strings.Replace(sent, `"short_message"`, `"log"`, 1) },
				out:    "tcp 12201", want: line930, check: checkGELF},
			{in: "udp 12202", tag: "gelf", attack: nanoGELF(t, ""), harmless: nanoGELF(t, "/harmless?n=1"), out: "tcp 12201", want: []string{`preset":"nano"`}},
		},
		"graylog.sh": {
			{in: "tcp 12202", attack: nanoGELF(t, "") + "\x00", harmless: nanoGELF(t, "/harmless?n=1") + "\x00", out: "udp 12201", want: []string{`"rule_id":"930100"`}},
			{in: "udp 12202", attack: zipped(t, nanoGELF(t, "/?zipped=../../etc/passwd")), harmless: zipped(t, nanoGELF(t, "/harmless?n=1")), out: "udp 12201", want: []string{"/?zipped="}},
		},
		"kafka.yaml": {{in: "udp 9093", tag: "kafka", attack: kafkaMessage(attack), harmless: kafkaMessage(harmless),
			record: payload, out: "tcp 9094", want: []string{`"rule_id":"930100"`}}},
		"kafka-shards.yaml": {{in: "udp 15155", tag: "nano", attack: attack, harmless: `{"note":"all records go on"}`, out: "tcp 9094", want: []string{"msa_shard", "msa_source"}}},
		"kafka-incidents.yaml": {{in: "udp 9093", tag: "alerts", attack: kafkaMessage(alarm), harmless: kafkaMessage(`{"kind":"incident","incident_id":"harmless"}`),
			record: payload, out: "tcp 5170", want: []string{`"incident_id"`}}},
		"elasticsearch.conf": {{in: "/var/log/nginx/access.log", tag: "access", attack: line, harmless: harmlessLine, out: "http 9200",
			want: []string{`"code":"930100"`, `"ip":"10.0.0.7"`}, check: checkBulk}},
		"opentelemetry.yaml": {{in: "http 4318/v1/logs", tag: "otel", attack: otlp("/../../etc/passwd"), harmless: otlp("/harmless"),
			record: func(string) string { return `{"log":"request"}` }, metadata: otlpAttributes,
			out: "http 4319", want: []string{"930100", "opentelemetry", "10.0.0.7"}}},
		"sql-audit.conf": {
			{in: "/var/log/postgresql/postgresql.json", tag: "postgresql",
				attack:   postgres(`"message":"execute <unnamed>: SELECT id FROM users WHERE name = $1","detail":"Parameters: $1 = 'x'' UNION SELECT usename, passwd FROM pg_user--'"`),
				harmless: postgres(`"message":"execute <unnamed>: SELECT id, name FROM harmless WHERE name = $1 AND active = true ORDER BY id","detail":"Parameters: $1 = 'Ann O''Neill'"`),
				out:      "udp 12201", want: []string{`"rule_id":"942190"`, "ARGS:parameters", `"preset":"postgresql"`}},
			{in: "/var/log/postgresql/postgresql.json", tag: "postgresql",
				attack:   postgres(`"message":"statement: COPY t FROM PROGRAM 'id'"`),
				harmless: postgres(`"message":"statement: INSERT INTO harmless (id, at) VALUES (17, NOW())"`),
				out:      "udp 12201", want: []string{`"rule_id":"100010"`}},
		},
		"multi-tenant.yaml": {
			{in: "/var/log/tenant-a/access.log", tag: "tenantA.access", attack: combined("10.0.0.7", "/a?q=1'+UNION+SELECT+password+FROM+users--"),
				harmless: combined("10.0.0.7", "/search?harmless=1'+UNION+SELECT+password+FROM+users--"), out: "udp 12201", want: []string{`"category":"sqli"`}},
			{in: "/var/log/tenant-b/access.log", tag: "tenantB.access", attack: combined("10.0.0.7", "/internal/admin"),
				harmless: combined("10.0.0.7", "/harmless?n=1"), out: "udp 12202", want: []string{`"rule_id":"100001"`}},
		},
		"uniwaf.sh": {{in: "udp 15155", attack: strings.NewReplacer("SRC_IP", "client", "URL", "uri").Replace(attack), harmless: harmless, out: "udp 12201",
			want: []string{`"rule_id":"930100"`, `"src_ip":"192.168.1.105"`}}},
		"aggregator.conf":         {{in: "tcp 15155", tag: "nano", attack: attack + "\n", harmless: harmless + "\n", out: "tcp 6514", want: []string{`"rule_id":"930100"`}}},
		"annotate-and-route.conf": {{in: "udp 15155", tag: "nano", attack: attack, harmless: harmless, out: "udp 12201", want: []string{"/?n=1&t=../../etc/passwd"}}},
		"shards.conf":             {{in: "udp 15155", tag: "nano", attack: attack, harmless: `{"note":"harmless"}`, out: "tcp 24224", want: []string{"msa_shard", "msa_source"}}},
		"incidents.conf": {{in: "forward 24226", tag: "alerts", attack: alarm, harmless: `{"kind":"incident","incident_id":"harmless"}`, out: "tcp 5170",
			want: []string{`"incident_id"`}}},
		"own-rules.conf": {{in: "udp 15155", tag: "nano", attack: attack, harmless: harmless, out: "udp 12201", want: []string{`"rule_id":"930100"`}}},
		"threaded-processor.yaml": {{in: "udp 15155", tag: "nano", attack: string(sample(t, "/internal/admin?t=../../etc/passwd")), harmless: harmless, out: "udp 12201",
			want: []string{`"rule_id":"930100"`, `"rule_id":"100001"`}}},
		"mapping.conf": {{in: "udp 15155", tag: "shop", attack: shop("/login?x=1", "${jndi:ldap://10.9.9.9/a}"), harmless: shop("/harmless", "b"), out: "udp 12201",
			want: []string{`"src_ip":"10.0.0.7"`}}},
		"lateral-movement.conf": {{in: "udp 15155", tag: "nano", attack: login("401", "/api/login"), harmless: login("200", "/harmless"), out: "udp 12201",
			want: []string{`"detector":"login-brute-force"`}}},
	}
}

func zipped(t *testing.T, text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkGELF checks that each message is one that Graylog takes.
func checkGELF(t *testing.T, arrived string) {
	arrived = arrived[:strings.LastIndexByte(arrived, 0)+1] // the last may be under way
	for _, message := range strings.FieldsFunc(arrived, func(r rune) bool { return r == 0 }) {
		var m struct {
			Version, Host string
			Short         string `json:"short_message"`
			Level         *int
		}
		if err := json.Unmarshal([]byte(message), &m); err != nil || m.Version != "1.1" || m.Host == "" || m.Short == "" || m.Level == nil || *m.Level > 5 {
			t.Errorf("no alert in GELF, %v: %s", err, message)
		}
	}
}

// checkBulk checks that what was sent to Elasticsearch are documents with ids of
// their own, which are in the schema where an index would refuse other values.
func checkBulk(t *testing.T, arrived string) {
	lines := strings.Split(strings.TrimSpace(arrived), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		var action struct {
			Create struct {
				Index string `json:"_index"`
				ID    string `json:"_id"`
			}
		}
		var doc struct {
			Time  time.Time `json:"@timestamp"`
			Log   any
			Event struct {
				ID, Kind string
				Severity int
			}
			Source struct{ IP string }
		}
		if err := json.Unmarshal([]byte(lines[i]), &action); err != nil {
			t.Fatalf("%v in %s", err, lines[i])
		}
		if err := json.Unmarshal([]byte(lines[i+1]), &doc); err != nil {
			t.Fatalf("%v in %s", err, lines[i+1])
		}
		if action.Create.Index != "logs-msa.alert-default" || action.Create.ID != doc.Event.ID || doc.Event.ID == "" {
			t.Errorf("%s for the event %s", lines[i], doc.Event.ID)
		}
		if doc.Log != nil || doc.Event.Kind != "alert" || doc.Time.Year() != 2026 || strings.Count(lines[i+1], `"@timestamp"`) != 1 {
			t.Errorf("document %s", lines[i+1])
		}
	}
}

// exampleFiles are all files of examples/ that run.
func exampleFiles(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(rig.Root(), "examples"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		switch ext := filepath.Ext(e.Name()); {
		case ext == ".sh", ext == ".conf", ext == ".yaml" && fluentconf.IsYAML(exampleText(t, e.Name())):
			all = append(all, e.Name())
		}
	}
	return all
}

func exampleText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rig.Root(), "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each file that runs has a probe, says which command runs it, what to send and what comes out, and is in the table.
func TestExamplesAreComplete(t *testing.T) {
	files, probes, table := exampleFiles(t), examples(t), exampleText(t, "README.md")
	for _, name := range files {
		library := "flb-filter_msa.so"
		if strings.Contains(exampleText(t, name), "[OUTPUT]\n    Name                 msa\n") {
			library = "out_msa.so"
		}
		command := "\n#   fluent-bit -e build/" + library + " -c examples/" + name + "\n"
		if strings.HasSuffix(name, ".sh") {
			command = "\n#   sh examples/" + name + "\n"
		}
		if len(probes[name]) == 0 {
			t.Errorf("examples/%s has no probe: add one to examples()", name)
		}
		for _, want := range []string{command, "\n# In:  ", "\n# Out: "} {
			if !strings.Contains(exampleText(t, name), want) {
				t.Errorf("examples/%s does not say %q", name, strings.TrimSpace(want))
			}
		}
		if n := strings.Count(table, "]("+name+")"); n != 1 {
			t.Errorf("examples/README.md has %s %d times", name, n)
		}
	}
	for name := range probes {
		if !slices.Contains(files, name) {
			t.Errorf("there is no examples/%s", name)
		}
	}
}

// Every example runs, in a real Fluent Bit or as the script that it is: an attack that is sent
// to it comes out where its comment says, and what is harmless does not.
func TestExamples(t *testing.T) {
	for name, probes := range examples(t) {
		t.Run(name, func(t *testing.T) {
			if _, ok := rig.FluentBit(); !ok && !strings.HasSuffix(name, ".sh") {
				t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
			}
			text := exampleText(t, name)
			text = withoutBroker(text)
			t.Parallel()
			dir, ports := t.TempDir(), map[int]int{2021: freePort(t)}
			here := strings.NewReplacer("/var/log/", dir+"/", "/var/lib/msa", dir)
			arrived := map[string]*rig.Output{}
			senders := make([]func(string), len(probes))
			for i, p := range probes {
				if arrived[p.out] == nil {
					kind, port := way(t, p.out)
					arrived[p.out] = new(rig.Output)
					ports[port] = receive(t, kind, arrived[p.out])
				}
				senders[i] = sender(t, here.Replace(p.in), ports)
			}
			program := startExample(t, dir, name, rig.WithPorts(here.Replace(text), ports))
			all := func() error {
				for _, p := range probes {
					for _, want := range p.want {
						if !strings.Contains(arrived[p.out].String(), want) {
							return fmt.Errorf("no %s at %s", want, p.out)
						}
					}
				}
				return nil
			}
			if err := rig.Wait(rig.Patience, func() error {
				if !program.Running() {
					t.Fatal("it has ended")
				}
				for i, p := range probes {
					senders[i](p.harmless)
					senders[i](p.attack)
				}
				// What was sent before it listened is sent again, and not sooner: a Fluent Bit that ends with a record of several
				// lines at hand dies of it, without MSA, too (docs/reliability.md).
				return rig.Wait(10*time.Second, all)
			}); err != nil {
				t.Error(err)
			}
			for _, p := range probes {
				text := arrived[p.out].String()
				if strings.Contains(text, "harmless") {
					t.Errorf("an alert of what is harmless: %.3000s", text)
				}
				if p.check != nil {
					p.check(t, text)
				}
			}
			if strings.Contains(program.Output(), "pass uninspected") {
				t.Error("some records were not inspected")
			}
		})
	}
}

// withoutBroker puts other inputs and outputs in place of Kafka's, which need a server.
func withoutBroker(text string) string {
	kafka := regexp.MustCompile(`(?m)^    - name: kafka\n(?:      .*\n)+`)
	stays := regexp.MustCompile(`(?m)^      (match|tag): .*\n`)
	return kafka.ReplaceAllStringFunc(text, func(section string) string {
		switch m := stays.FindStringSubmatch(section); m[1] {
		case "match":
			return "    - name: tcp\n      host: 127.0.0.1\n      port: 9094\n      format: json_lines\n" + m[0]
		default:
			return "    - name: udp\n      port: 9093\n      format: json\n      chunk_size: 64\n      buffer_size: 64\n" + m[0]
		}
	})
}

// startExample runs an example's text.
func startExample(t *testing.T, dir, name, text string) *rig.Process {
	t.Helper()
	if !strings.HasSuffix(name, ".sh") {
		return fluentBit(t, dir, text)
	}
	script := filepath.Join(dir, name)
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := rig.Start(rig.Root(), "sh", script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Stop(rig.Patience)
		if t.Failed() {
			t.Logf("it printed:\n%s", tail(p.Output(), 40))
		}
	})
	return p
}
