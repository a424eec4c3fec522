package analysis

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestReduction(t *testing.T) {
	const evil = `SecRule ARGS "@rx evil" "id:9,phase:2,deny"`
	for _, c := range []struct {
		name, rules string
		tx          map[string]string // at a transaction's end
		needless    []int
		hoisted     map[string]string
	}{
		{"a rule that detects", evil, nil, nil, nil},
		{"a level that is reached", `SecRule TX:LEVEL "@lt 2" "id:1,phase:2,pass,nolog,skipAfter:END"` + "\n" + evil + "\nSecMarker END",
			map[string]string{"level": "3"}, []int{1}, nil},
		{"a level that is not", `SecRule TX:LEVEL "@lt 2" "id:1,phase:2,pass,nolog,skipAfter:END"` + "\n" + evil + "\nSecMarker END",
			map[string]string{"level": "1"}, []int{1, 9}, nil},
		{"skips of nothing but skips", `SecRule ARGS "@rx x" "id:1,phase:2,pass,nolog,skipAfter:END"` + "\n" +
			`SecAction "id:2,phase:2,pass,nolog,skipAfter:INNER"` + "\n" + `SecAction "id:3,phase:2,pass,nolog,skipAfter:INNER"` + "\n" + evil + "\nSecMarker INNER\nSecMarker END",
			nil, []int{2, 3, 9}, nil},
		{"a rule of another phase is not skipped", `SecRule TX:LEVEL "@lt 2" "id:1,phase:1,pass,nolog,skipAfter:END"` + "\n" + evil + "\nSecMarker END",
			map[string]string{"level": "1"}, []int{1}, nil},
		{"a skip that is told", `SecRule TX:LEVEL "@lt 2" "id:1,phase:2,pass,log,skipAfter:END"` + "\n" + evil + "\nSecMarker END",
			map[string]string{"level": "1"}, []int{9}, nil},
		{"a level that some requests set", `SecRule ARGS:level "@rx ^2$" "id:1,phase:1,pass,nolog,setvar:tx.level=2"` + "\n" +
			`SecRule TX:LEVEL "@lt 2" "id:2,phase:2,pass,nolog,skipAfter:END"` + "\n" + evil + "\nSecMarker END",
			map[string]string{"level": "1"}, nil, nil},
		{"a level made of what others count", `SecRule ARGS "@rx x" "id:1,phase:1,pass,nolog,setvar:tx.n=+1"` + "\n" +
			`SecAction "id:2,phase:1,pass,nolog,setvar:tx.level=%{tx.n}"` + "\n" +
			`SecRule TX:LEVEL "@eq 0" "id:3,phase:2,pass,nolog,skipAfter:END"` + "\n" + evil + "\nSecMarker END",
			map[string]string{"level": "0", "n": "0"}, nil, nil},
		{"a level that is set later", `SecRule TX:LEVEL "@lt 2" "id:1,phase:1,pass,nolog,skipAfter:END"` + "\n" +
			`SecRule ARGS "@rx evil" "id:9,phase:1,deny"` + "\nSecMarker END\n" + `SecAction "id:2,phase:1,pass,nolog,setvar:tx.level=1"`,
			map[string]string{"level": "1"}, nil, nil},
		{"a jump in between", `SecRule ARGS "@rx x" "id:1,phase:2,pass,nolog,skipAfter:MIDDLE"` + "\n" +
			`SecRule TX:LEVEL "@lt 2" "id:2,phase:2,pass,nolog,skipAfter:END"` + "\nSecMarker MIDDLE\n" + evil + "\nSecMarker END",
			map[string]string{"level": "1"}, nil, nil},
		{"a jump over all", `SecRule ARGS "@rx x" "id:1,phase:2,pass,nolog,skipAfter:END"` + "\n" +
			`SecRule TX:LEVEL "@lt 2" "id:2,phase:2,pass,nolog,skipAfter:END"` + "\n" + evil + "\nSecMarker END",
			map[string]string{"level": "1"}, []int{2, 9}, nil},
		{"a default", `SecRule &TX:LIMIT "@eq 0" "id:1,phase:1,pass,nolog,setvar:tx.limit=7"` + "\n" + `SecRule ARGS "@gt %{tx.limit}" "id:2,phase:2,deny"`,
			map[string]string{"limit": "7"}, []int{1}, map[string]string{"limit": "7"}},
		{"a default that nothing needs", `SecRule &TX:LIMIT "@eq 0" "id:1,phase:1,pass,nolog,setvar:tx.limit=7"` + "\n" + evil,
			map[string]string{"limit": "7"}, []int{1}, map[string]string{}},
		{"a default that is looked at before", `SecRule TX:LIMIT "@eq 7" "id:2,phase:1,deny"` + "\n" + `SecRule &TX:LIMIT "@eq 0" "id:1,phase:1,pass,nolog,setvar:tx.limit=7"`,
			map[string]string{"limit": "7"}, nil, nil},
		{"a default in a message before", `SecRule ARGS "@rx evil" "id:2,phase:1,deny,msg:'%{tx.limit}'"` + "\n" + `SecRule &TX:LIMIT "@eq 0" "id:1,phase:1,pass,nolog,setvar:tx.limit=7"`,
			map[string]string{"limit": "7"}, nil, nil},
		{"a default that is jumped over", `SecRule ARGS "@rx x" "id:3,phase:1,pass,nolog,skipAfter:END"` + "\n" + `SecRule &TX:LIMIT "@eq 0" "id:1,phase:1,pass,nolog,setvar:tx.limit=7"` + "\nSecMarker END\n" +
			`SecRule ARGS "@gt %{tx.limit}" "id:2,phase:2,deny"`,
			map[string]string{"limit": "7"}, nil, nil},
		{"a default that may be removed", `SecRule ARGS "@rx x" "id:3,phase:1,pass,nolog,ctl:ruleRemoveById=1"` + "\n" + `SecRule &TX:LIMIT "@eq 0" "id:1,phase:1,pass,nolog,setvar:tx.limit=7"` + "\n" +
			`SecRule ARGS "@gt %{tx.limit}" "id:2,phase:2,deny"`,
			map[string]string{"limit": "7"}, nil, nil},
		{"one that is removed too late", `SecRule &TX:LIMIT "@eq 0" "id:1,phase:1,pass,nolog,setvar:tx.limit=7"` + "\n" + `SecRule ARGS "@rx x" "id:3,phase:1,pass,nolog,ctl:ruleRemoveById=1"` + "\n" +
			`SecRule ARGS "@gt %{tx.limit}" "id:2,phase:2,deny"`,
			map[string]string{"limit": "7"}, []int{1}, map[string]string{"limit": "7"}},
		{"the beginning of a sum", `SecAction "id:1,phase:1,pass,nolog,setvar:tx.sum=0"` + "\n" + `SecRule ARGS "@rx evil" "id:2,phase:2,pass,nolog,setvar:tx.sum=+1"` + "\n" + `SecRule TX:SUM "@gt 3" "id:3,phase:2,deny"`,
			map[string]string{"sum": "0"}, []int{1}, map[string]string{"sum": "0"}},
		{"a sum that begins again", `SecRule ARGS "@rx evil" "id:2,phase:1,pass,nolog,setvar:tx.sum=+1"` + "\n" + `SecAction "id:1,phase:1,pass,nolog,setvar:tx.sum=0"` + "\n" + `SecRule TX:SUM "@gt 3" "id:3,phase:2,deny"`,
			map[string]string{"sum": "0"}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := planOf(t, c.rules, c.tx).Reduction
			if got := slices.Sorted(maps.Keys(r.Rules)); !slices.Equal(got, c.needless) {
				t.Errorf("rules %d are left out, want %d", got, c.needless)
			}
			if c.hoisted != nil && !maps.Equal(r.TX, c.hoisted) || c.hoisted == nil && len(r.TX) > 0 {
				t.Errorf("set before are %v, want %v", r.TX, c.hoisted)
			}
		})
	}
}

// What the rules skip to stays as long as one of them does.
func TestReductionKeepsMarkers(t *testing.T) {
	r := planOf(t, strings.Join([]string{
		`SecRule TX:LEVEL "@lt 2" "id:1,phase:2,pass,nolog,skipAfter:FIRST"`,
		"SecMarker FIRST",
		`SecRule ARGS "@rx x" "id:2,phase:2,pass,nolog,skipAfter:SECOND"`,
		`SecRule ARGS "@rx evil" "id:3,phase:2,deny"`,
		"SecMarker SECOND",
	}, "\n"), map[string]string{"level": "1"}).Reduction
	if !maps.Equal(r.Markers, map[string]bool{"FIRST": true}) {
		t.Errorf("got %v", r.Markers)
	}
}

// Without a rule that skips others in every transaction, or that sets what was taken for set, nothing is known.
func TestBlind(t *testing.T) {
	s := planOf(t, strings.Join([]string{
		`SecAction "id:1,phase:1,pass,nolog,setvar:tx.limit=7"`,
		`SecRule TX:LEVEL "@lt 2" "id:2,phase:2,pass,nolog,skipAfter:END"`,
		`SecRule ARGS "@rx evil" "id:3,phase:2,deny"`,
		"SecMarker END",
		`SecRule ARGS "@gt %{tx.limit}" "id:4,phase:2,deny"`,
	}, "\n"), map[string]string{"level": "1", "limit": "7"})
	for _, c := range []struct {
		ids  []int
		want bool
	}{{[]int{4}, false}, {[]int{2}, true}, {[]int{2, 3}, false}, {[]int{1}, true}} {
		if got := s.IsBlind(c.ids); got != c.want {
			t.Errorf("without %d: %v", c.ids, got)
		}
	}
}
