package triage

import "testing"

func TestFilter(t *testing.T) {
	for value, want := range map[string]bool{
		"status = 'open' and owner != 'ann'":       true,
		"price >= 10 or (stock > 0)":               true,
		"name like 'A%' and city in (1, 2)":        true,
		"label:red AND NOT size:xl":                true,
		"total=5":                                  true,
		"5 or 4=4":                                 false, // begins with a value: what stands before ends there
		"a' or 'b'='b":                             false,
		"owner = 'ann' or 1=1":                     false, // compares constants
		"owner = 'ann' or 'a'='a'":                 false,
		"owner = 'ann' -- ":                        false,
		"owner = 'ann' union select 1":             false,
		"owner = (select name from people)(":       false,
		"id = 3; drop table people":                false,
		"words that people write, and some others": false,
		"owner = sleep(5)":                         false,
	} {
		if got := isFilter(value); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
}
