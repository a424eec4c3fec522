package coverage

import (
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

func anyRule(int) bool { return true }

// combined is what the usual access log shows.
var combined = Log{Observed: mapping.Observed{Query: true, Request: mapping.ObservedHeaders{Names: []string{"user-agent", "referer"}}}, Status: true}

func everything() Log {
	l := Log{}
	for _, f := range append(slices.Clone(AnswerFields), Query, RequestHeaders, RequestBody) {
		l = l.With(f)
	}
	return l
}

func TestTests(t *testing.T) {
	none, all := Tests(Log{}, anyRule)
	some, _ := Tests(combined, anyRule)
	whole, _ := Tests(everything(), anyRule)
	if none == 0 || none >= some || some >= whole || whole != all {
		t.Errorf("a log without anything finds %d, an access log %d, a whole one %d of %d", none, some, whole, all)
	}
	if found, all := Tests(everything(), func(rule int) bool { return rule == 942100 }); found != all || all < 5 {
		t.Errorf("%d of %d of one rule", found, all)
	}
}

// What is missing is what a log lacks and something is found by.
func TestMissing(t *testing.T) {
	missing := Missing(combined)
	for _, f := range []Field{RequestBody, ResponseBody, ResponseHeaders, Time, RequestHeaders, HeaderField("cookie")} {
		if !slices.Contains(missing, f) {
			t.Errorf("%s is missing in %v", f, missing)
		}
	}
	for _, f := range missing {
		if combined.Has(f) {
			t.Errorf("%s is there", f)
		}
		if with := combined.With(f); !with.Has(f) {
			t.Errorf("%s is added and not there", f)
		}
	}
	if missing := Missing(everything()); len(missing) > 0 {
		t.Errorf("a log that shows all lacks %v", missing)
	}
}

// A log has a header that it has without its value only if that is shown.
func TestHidden(t *testing.T) {
	l := Log{Observed: mapping.Observed{Request: mapping.ObservedHeaders{All: true, Hidden: []string{"cookie"}}}}
	cookie := HeaderField("cookie")
	if l.Has(cookie) || l.Has(RequestHeaders) || !l.Has(HeaderField("x")) {
		t.Errorf("%+v", l)
	}
	if with := l.With(cookie); !with.Has(cookie) || !with.Has(RequestHeaders) || l.Has(cookie) {
		t.Errorf("with it: %+v; before: %+v", with, l)
	}
}

// A cut body is one that the log shows.
func TestOfCutBody(t *testing.T) {
	l := Of(&mapping.Transaction{Status: 200, RequestBody: mapping.Body{Text: "a", Truncated: true}})
	if !l.Has(RequestBody) || l.Has(ResponseBody) || !l.Has(Status) || l.Has(Time) {
		t.Errorf("%+v", l)
	}
}

// There is an outcome of each selection of fields, and more fields tell no less.
func TestOutcomeOf(t *testing.T) {
	for selection := range 1 << len(AnswerFields) {
		l := Log{}
		for i, f := range AnswerFields {
			if selection>>i&1 == 1 {
				l = l.With(f)
			}
		}
		o := OutcomeOf(l)
		if o.Worked < 400 || o.Failed < 900 || o.Success > o.Worked || o.Failure > o.Failed {
			t.Errorf("%v: %+v", o.Fields, o)
		}
		for _, f := range AnswerFields {
			if more := OutcomeOf(l.With(f)); more.Success < o.Success || more.Failure < o.Failure {
				t.Errorf("%v with %s: %+v, without %+v", o.Fields, f, more, o)
			}
		}
	}
	some := combined
	some.Response.Names = []string{"location"}
	if o := OutcomeOf(some); !slices.Contains(o.Fields, ResponseHeaders) {
		t.Errorf("with a header of the answer: %v", o.Fields)
	}
}

func TestBadTables(t *testing.T) {
	for _, text := range []string{"942100\n", "942100 x query\n", "y 1\n"} {
		if _, err := readNeeds("941100 2 query\n" + text); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := readOutcomes("1 2 3 status\n"); err == nil {
		t.Error("three numbers are enough")
	}
	if n, err := readNeeds("942100 3 body header:content-type\n"); err != nil || n[0].String() != "942100 3 body header:content-type" {
		t.Errorf("%v, %v", n, err)
	}
}

func TestWords(t *testing.T) {
	for f, want := range map[Field]string{
		HeaderField("content-type"): "the Content-Type header", RequestHeaders: "all request headers", ResponseHeaders: "response headers", Status: "the response status", Time: "the time taken",
	} {
		if got := f.String(); got != want {
			t.Errorf("%s: %q", string(f), got)
		}
	}
}
