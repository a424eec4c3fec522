package presets

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

var update = flag.Bool("update", false, "write docs/presets.md")

// docs/presets.md is what the presets and their cases say.
func TestTable(t *testing.T) {
	products, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	parsers := map[string]string{}
	for _, p := range products {
		parsers[p.Preset] = p.Parser
	}
	var b strings.Builder
	b.WriteString(`# Presets

In the order in which ` + "`mapping auto`" + ` tries them: the first whose fields a record has. Each also reads records whose
JSON or line is still text, in whichever field and behind whatever prefix a [carrier](mapping.md#lines-of-text) has put
it. The parser is the one that its users have with ` + "`tail`" + ` in Fluent Bit, and that the end-to-end test runs it with.
` + "`msa presets NAME`" + ` prints a preset, to build upon; its comments tell the log's traps. ` + "`go run ./test/corpus DIR`" + ` tells
of a folder of logs, format by format, how many lines are read, why others are not, and how many alarm. Headers and
bodies are those that a log shows at most.

| preset | log | parser | request headers | bodies |
|---|---|---|---|---|
`)
	for _, name := range mapping.PresetNames() {
		all, err := mapping.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		m := all[0]
		fmt.Fprintf(&b, "| %s | [%s](%s) | %s | %s | %s |\n", name, m.Description, m.Source, parsers[name], headersShown(all), bodiesShown(all))
	}
	file := filepath.Join(rig.Root(), "docs", "presets.md")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != b.String() {
		t.Errorf("docs/presets.md is not up to date (go test ./test/presets -run Table -update): %v", err)
	}
}

// headersShown are the headers that the log shows at most, in any of its forms.
func headersShown(all []*mapping.Mapping) string {
	open := false
	var names []string
	for _, m := range all {
		o := m.Observes()
		if o.Request.All {
			return "all"
		}
		open = open || m.HasOpenHeaders()
		for _, n := range o.Request.Names {
			name := mapping.Part{Kind: mapping.RequestHeader, Name: n}.String()
			if name = strings.TrimSuffix(strings.TrimPrefix(name, "the "), " header"); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	switch {
	case open:
		return "those that are configured"
	case len(names) == 0:
		return "none"
	}
	return strings.Join(names, ", ")
}

func bodiesShown(all []*mapping.Mapping) string {
	request, response := false, false
	for _, m := range all {
		o := m.Observes()
		request, response = request || o.RequestBody, response || o.ResponseBody
	}
	switch {
	case request && response:
		return "both"
	case request:
		return "request"
	case response:
		return "response"
	}
	return "none"
}
