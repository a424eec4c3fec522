package engine_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// plugins are exclusion plugins of CRS, with what their rules name of a request.
type plugins struct {
	sources          []string // with CRS between them, in the order in which CRS includes them
	paths, arguments []string
}

var (
	pathOfPlugin     = regexp.MustCompile(`"@(?:endsWith|beginsWith|contains|streq) (/[^"\s]*)"`)
	argumentOfPlugin = regexp.MustCompile(`\bARGS:(\w[\w.\[\]-]*)`)
)

// readPlugins reads the folders plugins of as many plugins as have put their files into $MSA_PLUGINS.
func readPlugins(t *testing.T) (p plugins) {
	dir := os.Getenv("MSA_PLUGINS")
	if dir == "" {
		t.Skip("MSA_PLUGINS names no folder of plugins")
	}
	for _, kind := range []string{"config", "before", "", "after"} {
		if kind == "" {
			p.sources = append(p.sources, rules.CRS)
			continue
		}
		files, err := filepath.Glob(filepath.Join(dir, "*-"+kind+".conf"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range pathOfPlugin.FindAllSubmatch(text, -1) {
				p.paths = append(p.paths, string(m[1]))
			}
			for _, m := range argumentOfPlugin.FindAllSubmatch(text, -1) {
				p.arguments = append(p.arguments, string(m[1]))
			}
			p.sources = append(p.sources, file)
		}
	}
	slices.Sort(p.paths)
	slices.Sort(p.arguments)
	p.paths, p.arguments = slices.Compact(p.paths), slices.Compact(p.arguments)
	if len(p.paths) == 0 || len(p.arguments) == 0 {
		t.Fatalf("the plugins in %s name %d paths and %d arguments", dir, len(p.paths), len(p.arguments))
	}
	return p
}

// The screen and the rules agree where plugins take rules and targets away from some requests: three of four records are for a
// path that they name, and half of these have the text of an attack in an argument that they name. As for
// TestScreenOnMutations, $MSA_SCREEN_RECORDS says how many, and $MSA_SCREEN_SEED which.
func TestScreenOnPlugins(t *testing.T) {
	p := readPlugins(t)
	n, seed := mutations(t)
	verifyMutations(t, n, seed, []ruleSet{{"plugins", p.sources, false}}, func(m *mutator, t testing.TB, tx *mapping.Transaction) {
		m.next(t, tx)
		m.readdress(tx, &p)
	})
}

// readdress makes a transaction one of an application that has plugins.
func (m *mutator) readdress(tx *mapping.Transaction, p *plugins) {
	if m.IntN(4) == 0 {
		return
	}
	path := p.paths[m.IntN(len(p.paths))]
	old, query, _ := strings.Cut(tx.URI, "?")
	if m.IntN(2) == 0 {
		query = strings.TrimPrefix(query+"&"+p.arguments[m.IntN(len(p.arguments))]+"="+strings.ReplaceAll(query+old, "&", ";"), "&")
	}
	tx.URI = path + "?" + query
}
