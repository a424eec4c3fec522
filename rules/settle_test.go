package rules

import (
	"slices"
	"strings"
	"testing"
)

// What directives do to others is done to the rules themselves.
func TestSettle(t *testing.T) {
	const one, two = `SecRule ARGS "@rx a" "id:1,tag:t,msg:'m'"` + "\n", `SecRule ARGS|TX:a "@rx b" "id:2,phase:1,deny"` + "\n"
	const first, second = `SecRule ARGS "@rx a" "log,auditlog,pass,id:1,tag:t,msg:'m'"`, `SecRule ARGS|TX:a "@rx b" "log,auditlog,id:2,phase:1,deny"`
	for _, c := range []struct{ text, want, warning string }{
		{one + two, first + "\n" + second, ""},
		{one + two + "SecRuleRemoveById 1 7-9", second, ""},
		{one + two + `SecRuleRemoveById "1" "2"`, "", ""},
		{one + two + "SecRuleRemoveByTag t", second, ""},
		{one + two + `SecRuleRemoveByMsg "m"`, second, ""},
		{one + `SecRuleRemoveByMsg n`, first, `SecRuleRemoveByMsg removes nothing: no rule before it has the message "n"`},
		{"SecRuleRemoveById 1\n" + one, first, `SecRuleRemoveById removes nothing: no rule before it has its id "1"`},
		{one + two + `SecRuleRemoveByTag "^T|t$"`, second, ""},
		{one + two + `SecRuleRemoveByMsg "[m-n]"`, second, ""},
		{one + `SecRuleRemoveByTag "(t"`, first, `SecRuleRemoveByTag removes nothing: no rule before it has the tag "(t"`},
		{one + `SecRuleRemoveByMsg "^$"`, first, `SecRuleRemoveByMsg removes nothing: no rule before it has the message "^$"`},
		{`SecAction "id:3,skipAfter:1"` + "\n" + one + two, `SecAction "log,auditlog,pass,id:3,skipafter:1"` + "\n" + first + "\nSecMarker 1\n" + second, ""},
		{`SecAction "id:3,skipAfter:1"` + "\n" + one + two + "SecMarker 1", `SecAction "log,auditlog,pass,id:3,skipafter:1"` + "\n" + first + "\n" + second + "\nSecMarker 1", ""},
		{one + two + `SecRuleUpdateTargetById 1,2 "!ARGS:x"`, strings.ReplaceAll(first+"\n"+strings.Replace(second, "TX:a", "TX:a|!ARGS:x", 1), `ARGS "@rx a"`, `ARGS|!ARGS:x "@rx a"`), ""},
		{`SecRule ARGS "a" "id:1,chain"` + "\n" + `SecRule TX:a "b"` + "\n" + `SecRuleUpdateTargetById 1:1 "!TX:x"` + "\n" + `SecRuleUpdateActionById 1:1 "t:trim"`,
			`SecRule ARGS "@rx a" "log,auditlog,pass,id:1,chain"` + "\n" + `SecRule TX:a|!TX:x "@rx b" "log,auditlog,t:trim"`, ""},
		{one + `SecRuleUpdateTargetById 1:1 "!TX:x"`, first, "SecRuleUpdateTargetById does nothing: no rule before it is 1:1"},
		{one + "SecRuleRemoveByTag T", first, `SecRuleRemoveByTag removes nothing: no rule before it has the tag "T"`},
		{one + `SecRuleUpdateTargetById 1 "!ARGS:x,!ARGS:/y,z/|&TX:q"`, strings.Replace(first, "ARGS", "ARGS|!ARGS:x|!ARGS:/y,z/|&TX:q", 1), ""},
		{one + `SecRuleUpdateTargetByTag "t" "!ARGS:x"`, strings.Replace(first, "ARGS", "ARGS|!ARGS:x", 1), ""},
		{one + `SecRuleUpdateTargetByMsg 'm' "!ARGS:x"`, strings.Replace(first, "ARGS", "ARGS|!ARGS:x", 1), ""},
		{one + `SecRuleUpdateTargetById 9 "!ARGS:x"`, first, "SecRuleUpdateTargetById does nothing: no rule before it is 9"},
		{one + `SecRuleUpdateTargetById 1 "!ARG:x"`, first, "SecRuleUpdateTargetById is skipped: it looks at ARG, which Coraza does not have"},
		{one + `SecRuleUpdateActionById 1 "deny,nolog, id:7"`, strings.Replace(first, `pass,id:1,tag:t,msg:'m'`, `id:1,tag:t,msg:'m',deny,nolog`, 1), ""},
		{one + `SecRuleUpdateActionById 9 "deny"`, first, "SecRuleUpdateActionById does nothing: no rule before it is 9"},
		{`SecDefaultAction "phase:2,nolog,t:lowercase,deny"` + "\n" + one, `SecRule ARGS "@rx a" "nolog,t:lowercase,deny,id:1,tag:t,msg:'m'"`, ""},
		{`SecDefaultAction "nolog"` + "\n" + one + two, `SecRule ARGS "@rx a" "nolog,pass,id:1,tag:t,msg:'m'"` + "\n" + second, ""},
		{`SecDefaultAction "phase:2,deny"` + "\n" + one, `SecRule ARGS "@rx a" "log,deny,id:1,tag:t,msg:'m'"`, ""},
		{`SecDefaultAction "phase:2,noauditlog,t:none"` + "\n" + one, `SecRule ARGS "@rx a" "log,noauditlog,t:none,pass,id:1,tag:t,msg:'m'"`, ""},
		{`SecDefaultAction "phase:1,nolog,allow"` + "\n" + one + two, first + "\n" + strings.Replace(second, "log,auditlog", "nolog", 1), ""},
		{`SecDefaultAction "phase:2,log,deny,tag:x"` + "\n" + `SecRule ARGS "a" "id:1,block"`, `SecRule ARGS "@rx a" "log,deny,id:1"`,
			"tag of SecDefaultAction is left out: it belongs to single rules"},
		{`SecDefaultAction "phase:1,log,t:trim"` + "\n" + `SecRule ARGS "a" "id:1,phase:1,chain"` + "\n" + `SecRule TX:a "b"`,
			`SecRule ARGS "@rx a" "log,t:trim,pass,id:1,phase:1,chain"` + "\n" + `SecRule TX:a "@rx b" "log,auditlog,t:trim"`, ""},
		{`SecRule ARGS "a" "id:1,chain"` + "\n" + `SecRule TX:a "b" "deny,t:trim"`, `SecRule ARGS "@rx a" "log,auditlog,pass,id:1,chain"` + "\n" + `SecRule TX:a "@rx b" "log,auditlog,t:trim"`, ""},
		{`SecRule ARGS|REQUEST_BODY "a" "id:1"`, `SecRule ARGS|REQUEST_BODY|XML:body "@rx a" "log,auditlog,pass,id:1"`, ""},
		{`SecRule REQUEST_BODY "!@rx a" "id:1"`, `SecRule REQUEST_BODY "!@rx a" "log,auditlog,pass,id:1"`, ""},
		{`SecRule REQUEST_BODY "a" "id:920000"`, `SecRule REQUEST_BODY "@rx a" "log,auditlog,pass,id:920000"`, ""},
		{`SecRule XML:body|FILES_TMP_CONTENT "a" "id:1"`, `SecRule XML:body|FILES_TMP_CONTENT "@rx a" "log,auditlog,pass,id:1"`, ""},
		{"SecMarker 'END'", "SecMarker END", ""},
	} {
		all, said := settledText(t, c.text)
		var got []string
		for _, d := range all {
			got = append(got, d.Text())
		}
		if strings.Join(got, "\n") != c.want || strings.Join(said, "; ") != c.warning {
			t.Errorf("%s:\n got %s\nwant %s\nsaid %s", c.text, strings.Join(got, "\n"), c.want, said)
		}
	}
	if _, err := Parse("f.conf", `SecRule ARGS "a" "id:1,chain"`+"\nSecMarker x"); err == nil || err.Error() != "f.conf:1: rule 1: the chain has no next rule" {
		t.Errorf("got %v", err)
	}
}

// What the user takes from rules is taken from the hints about the same kinds of attacks, too.
func TestHintsAbout(t *testing.T) {
	set, err := Load([]string{"crs", Evidence})
	if err != nil {
		t.Fatal(err)
	}
	all := set.Directives
	for _, d := range all { // CRS excepts cookies from its own rules
		if d.IsRule() && IsEvidence(d.File) && strings.Contains(d.Text(), "!REQUEST_COOKIES:/^_ga") {
			t.Errorf("hint %d does not look at cookies that CRS excepts", d.ID())
		}
	}
	for id, kind := range map[int]string{942100: "attack-sqli", 932160: "attack-rce", 941110: "attack-xss"} {
		got := HintsAbout(all, func(r *Rule) bool { return r.ID == id })
		if len(got) == 0 {
			t.Errorf("%s has no hints", kind)
		}
		for _, d := range all {
			isNamed := d.IsRule() && slices.ContainsFunc(got, func(name string) bool { return d.Rule.IsNamed(name) })
			if want := d.IsRule() && IsEvidence(d.File) && slices.Contains(d.Rule.Tags(), kind); isNamed != want {
				t.Errorf("%s: rule %d: got %v, want %v", kind, d.ID(), isNamed, want)
			}
		}
	}
	if got := HintsAbout(all, func(r *Rule) bool { return slices.Contains(r.Tags(), "attack-sqli") }); len(got) > 0 {
		t.Errorf("hints that are excluded themselves: %s", got)
	}
	if got := ranges([]int{5, 1, 2, 9}, []int{3, 10}); !slices.Equal(got, []string{"1-2", "5-9"}) {
		t.Errorf("got the ranges %s", got)
	}
}

// Coraza's scanner stops without a word at a line of 64 KiB.
func TestLongLines(t *testing.T) {
	words := strings.Repeat("word and another ", 10_000)
	all, err := Parse("f.conf", `SecRule ARGS "@pm `+words+`" "id:1"`)
	if err != nil {
		t.Fatal(err)
	}
	text := all[0].Text()
	for _, line := range strings.Split(text, "\n") {
		if len(line) >= 64<<10 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	again, err := Parse("f.conf", text)
	if err != nil || again[0].Rule.Links[0].Operator.Operand != strings.TrimSpace(words) {
		t.Errorf("it is read as another one, %v", err)
	}
}
