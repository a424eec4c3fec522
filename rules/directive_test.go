package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	text := `# a comment
SecRule ARGS:a|ARGS:b "!@rx \"quoted\" \d" \
    "id:'42',\
# a comment between continued lines \
    phase:2,log,chain,msg:'a, chain, id:7'"
    SecRule REQUEST_METHOD "@streq GET"

secaction "id:43,nolog"
SecRule ARGS "^plain$"	id:44,pass
# a comment that goes on \
SecAction "id:45" \
  and on
SecRule ARGS "@contains x"\
  "id:46,pass"
SecDataset words ` + "`\none\ntwo\n`\n"
	all, err := Parse("f.conf", text)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range all {
		got = append(got, fmt.Sprintf("%d %s", d.Line, d.Text()))
	}
	want := []string{
		`2 SecRule ARGS:a|ARGS:b "!@rx \"quoted\" \d" "log,auditlog,pass,id:'42',phase:2,log,chain,msg:'a, chain, id:7'"` + "\n" +
			`SecRule REQUEST_METHOD "@streq GET" "log,auditlog"`,
		`8 SecAction "log,auditlog,pass,id:43,nolog"`,
		`9 SecRule ARGS "@rx ^plain$" "log,auditlog,id:44,pass"`,
		`13 SecRule ARGS "@contains x" "log,auditlog,id:46,pass"`,
		"15 SecDataset words `\none\ntwo\n`",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	if r := all[0].Rule; r.ID != 42 || r.Message() != "a, chain, id:7" || len(r.Links) != 2 {
		t.Errorf("got rule %d with %d links, %q", r.ID, len(r.Links), r.Message())
	}
}

// What is embedded is read without a warning, and its sum does not change.
func TestLoadCRS(t *testing.T) {
	a, err := Load([]string{CRS})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Load([]string{CRS})
	if err != nil {
		t.Fatal(err)
	}
	if a.Sum != b.Sum || len(a.Warnings) > 0 || len(a.Files) < 25 || len(a.Directives) < 600 {
		t.Errorf("%d directives of %d files, warnings %v", len(a.Directives), len(a.Files), a.Warnings)
	}
	c, err := Load([]string{CRS + "/REQUEST-942-APPLICATION-ATTACK-SQLI"})
	if err != nil || c.Sum == a.Sum {
		t.Errorf("another set has the same sum, %v", err)
	}
}

func TestInRange(t *testing.T) {
	for _, c := range []struct {
		name    string
		in, out []int
	}{
		{"942100", []int{942100}, []int{942099, 942101}},
		{"942000-942999", []int{942000, 942500, 942999}, []int{941999, 943000}},
		{"7-7", []int{7}, []int{6, 8}},
		{"9-7", nil, []int{6, 7, 8, 9, 10}},
		{"", nil, []int{0}},
		{"7-", nil, []int{0, 7}},
		{"-7", nil, []int{0, 7}},
		{"sqli", nil, []int{0}},
	} {
		for id, want := range expected(c.in, c.out) {
			if got := InRange(id, c.name); got != want {
				t.Errorf("%d in %q: got %v, want %v", id, c.name, got, want)
			}
		}
	}
}

func expected(in, out []int) map[int]bool {
	all := map[int]bool{}
	for _, id := range in {
		all[id] = true
	}
	for _, id := range out {
		all[id] = false
	}
	return all
}

func FuzzSplit(f *testing.F) {
	f.Add("SecRule ARGS \"@rx a\\\"b\" \\\n \"id:1,chain\"\nSecRule B \"c\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := Parse("fuzz.conf", text)
		if err != nil {
			if !strings.Contains(err.Error(), "fuzz.conf:") {
				t.Errorf("%v does not name file and line", err)
			}
			return
		}
		for _, d := range all {
			_ = d.Text()
		}
	})
}
