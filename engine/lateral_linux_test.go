package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/cpu"
)

// No text makes the pack slow: all rules, without the screen, on 128 KiB.
func TestPackIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("takes time")
	}
	for _, p := range exploitPacks {
		t.Run(p.name, func(t *testing.T) { p.testLinear(t) })
	}
}

func (p *pack) testLinear(t *testing.T) {
	e := lateralEngine(t, p.name)
	const most = 128 << 10
	var worst cpu.Worst
	for _, piece := range []string{
		"a", "${", "${${", "${a:", "${::-", "${j", "//", "http://a", "http://a@", "169.254.", "0x", "0xa9.", "[::", "[0:", "1.", "a.nip.io", "①", "。", " ", "eval(", "@eval(",
		"set_time_limit(0);", "response.write(", "t(java.", "#{", "/api/v1/namespaces/a/", "/a/../", "%2f", "autodiscover.json", "/${", "copy a to ", "into ", "/ecp/", "~1", "cat /", "net user ", "secrets/", "A", "AAAA", "\xff",
		"<?php ", "<%", "@type:", "class='", "${j${", "o:1:\"", "jdbc:h2:;", "__class__.", "\"_admin\"", "%2f", "../", "push graphic-context", "/@fs/", "select (", "%2e/",
	} {
		text := strings.Repeat(piece, most/len(piece))
		form := &mapping.Transaction{Method: "POST", URI: "/shell/x.php", RequestHeaders: []mapping.Header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}},
			RequestBody: mapping.Body{Text: "cmd=" + text}}
		head := &mapping.Transaction{Method: "GET", URI: "/" + text[:min(len(text), 16<<10)] + "?q=" + text[:min(len(text), 16<<10)],
			RequestHeaders: []mapping.Header{{Name: "User-Agent", Value: text[:min(len(text), 20<<10)]}, {Name: "Host", Value: text[:min(len(text), 20<<10)]}, {Name: "Authorization", Value: "Basic " + text[:min(len(text), 20<<10)]}}}
		answer := &mapping.Transaction{Method: "GET", URI: "/api/v1/x", ResponseHeaders: []mapping.Header{{Name: "Location", Value: text[:min(len(text), 60<<10)]}}, ResponseBody: mapping.Body{Text: text}}
		for name, tx := range map[string]*mapping.Transaction{"form": form, "head": head, "answer": answer} {
			best, limit := cpu.Fastest(50*time.Millisecond, func() {
				if _, err := e.Evaluate(tx); err != nil {
					t.Fatal(err)
				}
			})
			worst.Add(fmt.Sprintf("%s of %q", name, piece), best, limit)
			if best > limit {
				t.Errorf("%s of %q takes %v, and may take %v now", name, piece, best, limit)
			}
		}
	}
	t.Log(worst)
}
