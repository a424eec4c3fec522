package engine

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// An exclusion that is read makes directives that load, or that are refused for what it names: they can be no others.
func FuzzExclusion(f *testing.F) {
	for _, s := range []string{"942100", "920000-920999", "attack-sqli@/api", "*@10.0.0.0/8", "942100@ARGS:q", "*@/", "942100@fe80::1%x", "attack-sqli@REQUEST_HEADERS:/^x/"} {
		f.Add(s)
	}
	rules := file(f, "x.conf", `SecRule ARGS "@rx evil" "id:942100,phase:2,pass,log,tag:'attack-sqli'"`)
	f.Fuzz(func(t *testing.T, s string) {
		x, err := parseExclusion(s)
		if err != nil {
			return
		}
		cfg := config(rules)
		cfg.Exclude = []string{s}
		e, err := New(cfg)
		if err != nil {
			if !strings.Contains(err.Error(), "unknown variable") && !strings.Contains(err.Error(), "not found") {
				t.Errorf("%q is an exclusion, and does not load: %v", s, err)
			}
			return
		}
		defer func() { _ = e.Close() }()
		v := inspect(t, e, get("/?q=evil"))
		_ = Exclusions{all: []exclusion{x}}.Excluded(942100, "it", []string{"attack-sqli"}, Exchange{"/", "", netip.MustParseAddr("10.0.0.1"), &mapping.Workload{}, &mapping.Workload{}})
		if len(v.Matches) > 1 {
			t.Errorf("%d matches of one rule", len(v.Matches))
		}
	})
}
