package screen

import (
	"slices"
	"testing"
)

// A pattern of names that several rules have is one, and which conditions look at a name is what each pattern says.
func TestPatternsOfNames(t *testing.T) {
	s := newScreen(t, `
SecRule ARGS "@contains a" "id:1,phase:2,deny"
SecRule ARGS|!ARGS:/^_ga/ "@contains b" "id:2,phase:2,deny"
SecRule ARGS|!ARGS:/^_ga/|!ARGS:/x$/ "@contains c" "id:3,phase:2,deny"
SecRule ARGS:/^id\d+$/ "@contains d" "id:4,phase:2,deny"
SecRule ARGS:/^id\d+$/|ARGS:/name/ "@contains e" "id:5,phase:2,deny"
SecRule ARGS:/z{2}/ "@contains f" "id:6,phase:2,deny"
SecRule ARGS|!ARGS:/^Tok/ "@contains g" "id:7,phase:2,deny"
`, nil, 0)
	v := s.deciding.variables[slices.IndexFunc(s.deciding.variables, func(v *variable) bool { return v.name == "args" })]
	if len(v.patterns) != 6 || v.plain == nil || v.except == nil {
		t.Errorf("there are %d patterns", len(v.patterns))
	}
	var memory []byte
	for key, want := range map[string][]int{
		"q":        {1, 2, 3, 7},
		"_ga_1":    {1, 7},
		"_GA_1":    {1, 7},
		"x":        {1, 2, 7},
		"id7":      {1, 2, 3, 4, 5, 7},
		"ID7":      {1, 2, 3, 4, 5, 7},
		"rename":   {1, 2, 3, 5, 7},
		"_ganamex": {1, 5, 7},
		"token":    {1, 2, 3},
		"tok_id7x": {1, 2},
		"fizz":     {1, 2, 3, 6, 7},
	} {
		for range 2 { // once from memory
			var got []int
			for _, c := range v.class(key, &memory).all {
				for _, r := range s.conditions[c].Rules {
					got = append(got, s.rules[r].ID)
				}
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("rules %v look at %s, want %v", got, key, want)
			}
		}
	}
}
