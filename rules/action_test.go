package rules

import "testing"

func TestWithValues(t *testing.T) {
	for in, want := range map[string]string{
		"setvar:tx.a":                             "setvar:tx.a=1",
		"id:1,setvar:tx.a,pass":                   "id:1,setvar:tx.a=1,pass",
		"id:1, SetVar : 'tx.a' ,pass":             "id:1, SetVar : 'tx.a=1' ,pass",
		"setvar:!tx.a,setvar:'!tx.b'":             "setvar:!tx.a=1,setvar:'!tx.b=1'",
		"setvar:tx.%{tx.0}":                       "setvar:tx.%{tx.0}=1",
		"setvar:tx.a=,setvar:'tx.b=c',setvar":     "setvar:tx.a=,setvar:'tx.b=c',setvar",
		`msg:'a, setvar:tx.a',t:none`:             `msg:'a, setvar:tx.a',t:none`,
		`msg:'a\', setvar:tx.a',t:none`:           `msg:'a\', setvar:tx.a',t:none`,
		`"phase:2,pass,setvar:tx.a"`:              `"phase:2,pass,setvar:tx.a=1"`,
		`5 "setvar:tx.a,setvar:tx.b"`:             `5 "setvar:tx.a=1,setvar:tx.b=1"`,
		"expirevar:tx.a,unsetvar:tx.b,setvarx:tx": "expirevar:tx.a,unsetvar:tx.b,setvarx:tx",
		"": "",
	} {
		if got := withValues(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestAction(t *testing.T) {
	for text, want := range map[string]string{
		`SecAction "id:1,msg:'a'"`:                       "a",
		`SecAction "id:1,msg:'a',msg:b"`:                 "b",
		`SecAction "id:1, MSG : 'a, b' , pass"`:          "a, b",
		`SecAction "id:1,logdata:'msg:a',tag:'x,msg:b'"`: "",
		`SecRule ARGS "@rx msg:a" "id:1,msg:'c:d'"`:      "c:d",
	} {
		d, err := newDirective("f", 1, text)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := d.Action("msg"); got != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", text, got, ok, want)
		}
	}
}
