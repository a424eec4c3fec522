package presets

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
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

In the order in which ` + "`mapping auto`" + ` tries them: the first whose fields a record has. Each also reads records whose JSON or line is
still text, in whichever field and behind whatever prefix a [carrier](mapping.md#lines-of-text) has put it. The parser is the one that its users have with ` + "`tail`" + ` in Fluent Bit, and that the end-to-end test runs it with.
` + "`msa presets NAME`" + ` prints a preset, to build upon; its comments tell the log's traps. ` + "`go run ./test/corpus DIR`" + ` tells of a folder
of logs, format by format, how many lines are read, why others are not, and how many alarm.

| preset | log | parser | request headers | bodies |
|---|---|---|---|---|
`)
	for _, name := range mapping.PresetNames() {
		all, err := mapping.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		m := all[0]
		fmt.Fprintf(&b, "| %s | [%s](%s) | %s | %s | %s |\n", name, m.Description, m.Source, parsers[name], headersShown(m), bodiesShown(m))
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

// headersShown are the headers that the log shows at most.
func headersShown(m *mapping.Mapping) string {
	o := m.Observes()
	switch {
	case o.Request.All:
		return "all"
	case m.HasOpenHeaders():
		return "those that are configured"
	case len(o.Request.Names) == 0:
		return "none"
	}
	var names []string
	for _, n := range o.Request.Names {
		name := mapping.Part{Kind: mapping.RequestHeader, Name: n}.String()
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(name, "the "), " header"))
	}
	return strings.Join(names, ", ")
}

func bodiesShown(m *mapping.Mapping) string {
	o := m.Observes()
	switch {
	case o.RequestBody && o.ResponseBody:
		return "both"
	case o.RequestBody:
		return "request"
	case o.ResponseBody:
		return "response"
	}
	return "none"
}
