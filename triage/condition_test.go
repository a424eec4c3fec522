package triage

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

func TestConditionOf(t *testing.T) {
	for payload, want := range map[string]Condition{
		"1 AND 3412=3412":                      True,
		"1 AND 3412=9924":                      False,
		"1) AND (5=5":                          True,
		"1' and 'a'='a":                        True,
		"1' and 'a'='b":                        False,
		"1'/**/oR/**/2>1-- ":                   True,
		"1 or not 1=1":                         False,
		"x' AND 1 LIKE 1":                      True,
		"1 AND ORD(MID(user(),1,1))>64":        Open,
		"1 AND (SELECT password FROM u)='x'":   NoCondition,
		"1 AND price=5":                        Open,
		"1 AND EXISTS(SELECT * FROM users)":    Open,
		"1' union select name from users-- ":   NoCondition,
		"fish and chips":                       NoCondition,
		"1 and if(ascii(substr(a,1,1))=5,1,0)": Open,
		"1 AND 1<>1":                           False,
		"1' having 1=1-- ":                     True,
	} {
		if got, _ := conditionOf(payload); got != want {
			t.Errorf("%s: %d, want %d", payload, got, want)
		}
	}
	_, a := conditionOf("1' AND 3412=3412 AND 'a'='a")
	_, b := conditionOf("1'/**/and  77=9924 and 'x'='x")
	if _, c := conditionOf("1 AND 3412=3412"); a != b || a == c {
		t.Errorf("forms %q, %q, %q", a, b, c)
	}
}

// What stands before the injection may be anything: bytes that are no UTF-8 are longer in lower case, as are some letters.
func TestAnyTextBeforeTheInjection(t *testing.T) {
	tx := &mapping.Transaction{Method: "GET", URI: "/", Status: 200, ResponseBody: mapping.Body{Text: "ok"}}
	attempt := func(text string) Attempt {
		return Examine(tx, verdict("ARGS:q", text+"' or 1=1-- ", 942100)).Attempt(Past{})
	}
	want := attempt("x")
	if !want.Completes || want.Spot == 0 {
		t.Fatalf("%+v", want)
	}
	for _, text := range []string{strings.Repeat("\xff", 20), strings.Repeat("Ⱥ", 20), "ÄÖÜ", "X"} {
		if got := attempt(text); !got.Completes || got.Spot != want.Spot {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
