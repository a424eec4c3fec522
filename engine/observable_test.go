package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Rules of a user's own that test the absence of something apply only where the log would have
// shown it; rules that test anything else always apply.
func TestAbsenceOfAnything(t *testing.T) {
	all := mapping.Observed{
		Request: mapping.ObservedHeaders{All: true}, Response: mapping.ObservedHeaders{All: true},
		Query: true, RequestBody: true, ResponseBody: true,
	}
	without := func(change func(*mapping.Observed)) mapping.Observed {
		o := all
		change(&o)
		return o
	}
	noHeaders := without(func(o *mapping.Observed) { o.Request = mapping.ObservedHeaders{Names: []string{"host"}} })
	hidden := without(func(o *mapping.Observed) { o.Request.Hidden = []string{"authorization"} })
	noQuery := without(func(o *mapping.Observed) { o.Query = false })
	noBody := without(func(o *mapping.Observed) { o.RequestBody = false })
	noResponse := without(func(o *mapping.Observed) { o.Response = mapping.ObservedHeaders{}; o.ResponseBody = false })
	for _, c := range []struct {
		rule   string
		blind  mapping.Observed // does not show what the rule misses
		always bool             // the rule is about something else
	}{
		{`SecRule &REQUEST_HEADERS:X-Token "@eq 0" "%s"`, noHeaders, false},
		{`SecRule &REQUEST_HEADERS:X-Token "@lt 1" "%s"`, noHeaders, false},
		{`SecRule &REQUEST_HEADERS:X-Token "!@gt 0" "%s"`, noHeaders, false},
		{`SecRule &REQUEST_HEADERS:Authorization "@eq 0" "%s"`, hidden, false},
		{`SecRule &REQUEST_HEADERS:X-Token|&REQUEST_HEADERS:X-Key "@eq 0" "%s"`, noHeaders, false},
		{`SecRule &REQUEST_COOKIES:session "@eq 0" "%s"`, noHeaders, false},
		{`SecRule &ARGS:token "@eq 0" "%s"`, noQuery, false},
		{`SecRule &ARGS:token "@eq 0" "%s"`, noBody, false},
		{`SecRule &ARGS_GET:token "@eq 0" "%s"`, noQuery, false},
		{`SecRule &ARGS_POST:token "@eq 0" "%s"`, noBody, false},
		{`SecRule QUERY_STRING "@rx ^$" "%s"`, noQuery, false},
		{`SecRule QUERY_STRING "!@rx (?:^|&)token=" "%s"`, noQuery, false},
		{`SecRule QUERY_STRING "!@contains token=" "%s"`, noQuery, false},
		{`SecRule REQUEST_BODY_LENGTH "@eq 0" "%s"`, noBody, false},
		{`SecRule &RESPONSE_HEADERS:X-Frame-Options "@eq 0" "phase:3,%s"`, noResponse, false},
		{"SecRule REQUEST_METHOD \"@streq GET\" \"%s,chain\"\nSecRule &REQUEST_HEADERS:X-Token \"@eq 0\"", noHeaders, false},

		{`SecRule REQUEST_METHOD "!@endsWith %%{request_headers.x-token}x" "%s"`, noHeaders, false},

		{`SecRule &REQUEST_HEADERS:Host "@eq 1" "%s"`, noHeaders, true},
		{`SecRule &ARGS "@lt 5" "%s"`, noQuery, true},
		{`SecRule &TX:nothing "@eq 0" "%s"`, noHeaders, true},
		{`SecRule REQUEST_URI "!@contains token=" "%s"`, noQuery, true},
		{`SecRule REQUEST_HEADERS:Host "!@streq x" "%s"`, without(func(o *mapping.Observed) { *o = mapping.Observed{} }), true},
	} {
		t.Run(c.rule, func(t *testing.T) {
			e := newEngine(t, config(file(t, "x.conf", fmt.Sprintf(c.rule, "id:7,phase:2,pass,log,msg:'missing'"))))
			tx := get("/")
			tx.Observed = all
			if v := inspect(t, e, tx); !v.Alarm {
				t.Error("silent where the log shows all")
			}
			tx.Observed = c.blind
			if v := inspect(t, e, tx); v.Alarm != c.always {
				t.Errorf("alarm is %v where the log does not show it", v.Alarm)
			}
			switch off := e.Unapplied(c.blind); {
			case c.always && len(off) > 0:
				t.Errorf("listed as off: %+v", off)
			case !c.always && (len(off) != 1 || off[0].Rule != 7 || off[0].Message != "missing" || len(off[0].Missing) == 0 || off[0].Missing[0].String() == ""):
				t.Errorf("listed as off: %+v", off)
			}
			if off := e.Unapplied(all); len(off) > 0 {
				t.Errorf("off where the log shows all: %+v", off)
			}
		})
	}
}

// What CRS has, by name, at the highest level.
func TestUnappliedOfCRS(t *testing.T) {
	cfg := config("crs")
	cfg.ParanoiaLevel = 4
	e := newEngine(t, cfg)
	var got []int
	for _, u := range e.Unapplied(mapping.Observed{}) {
		got = append(got, u.Rule)
	}
	want := []int{920180, 920280, 920290, 920300, 920310, 920311, 920320, 920330, 920340, 920640, 931130, 943110, 943120}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	low := withCRS(t).Unapplied(mapping.Observed{})
	if slices.ContainsFunc(low, func(u Unapplied) bool { return u.Rule == 920300 }) {
		t.Error("a rule of level 3 is listed at level 1")
	}
}

func TestGains(t *testing.T) {
	e := withCRS(t)
	find := func(o mapping.Observed, p mapping.Part) []int {
		for _, g := range e.Gains(o) {
			if g.Part == p {
				return g.Rules
			}
		}
		return nil
	}
	combined := mapping.Observed{Request: mapping.ObservedHeaders{Names: []string{"user-agent", "referer"}}, Query: true}
	if got := find(combined, mapping.Part{Kind: mapping.RequestHeader, Name: "host"}); !slices.Contains(got, 920280) || !slices.Contains(got, 920350) {
		t.Errorf("the Host header would bring %v", got)
	}
	if got := find(combined, mapping.Part{Kind: mapping.ResponseBody}); len(got) < 20 || !slices.Contains(got, 951230) {
		t.Errorf("the response body would bring %v", got)
	}
	for _, g := range e.Gains(combined) {
		if slices.Contains(g.Rules, 942100) || slices.Contains(g.Rules, 913100) {
			t.Errorf("%s would bring rules that work already: %v", g.Part, g.Rules)
		}
	}
	everything := mapping.Observed{
		Request: mapping.ObservedHeaders{All: true}, Response: mapping.ObservedHeaders{All: true},
		Query: true, RequestBody: true, ResponseBody: true,
	}
	if got := e.Gains(everything); len(got) > 0 {
		t.Errorf("a log that shows all would gain %v", got)
	}
}

func TestArgs(t *testing.T) {
	tx := &mapping.Transaction{Args: []mapping.Arg{{Name: "order.note", Value: "<script>alert(1)</script>"}}}
	v := inspect(t, withCRS(t), tx)
	if !v.Alarm || v.Top().Variable != "ARGS:order.note" {
		t.Errorf("alarm %v on %v", v.Alarm, ids(v))
	}
	tx.Args[0].Value = "two red shoes, please"
	if v := inspect(t, withCRS(t), tx); v.Alarm {
		t.Errorf("alarm on %v", ids(v))
	}
}

// A mapping's exclude holds for its own transactions only.
func TestMappingExclude(t *testing.T) {
	attack := func(exclude ...string) *mapping.Transaction {
		tx := get("/?q=1'+UNION+SELECT+password+FROM+users--")
		tx.Exclude = exclude
		return tx
	}
	e := withCRS(t)
	for _, exclude := range [][]string{{"attack-sqli"}, {"942000-942999"}, {"1", "942000-942999"}} {
		if v := inspect(t, e, attack(exclude...)); v.Alarm || slices.ContainsFunc(ids(v), func(id int) bool { return id/1000 == 942 }) {
			t.Errorf("%v: %v", exclude, ids(v))
		}
	}
	if v := inspect(t, e, attack("942100")); slices.Contains(ids(v), 942100) || !v.Alarm {
		t.Errorf("942100 alone: %v", ids(v))
	}
	if v := inspect(t, e, attack()); !slices.Contains(ids(v), 942100) {
		t.Errorf("the exclusion stays: %v", ids(v))
	}
}

// A body whose type the log does not show is read as JSON if it is JSON.
func TestJSONOfUnknownType(t *testing.T) {
	tx := get("/")
	tx.Method, tx.RequestBody.Text = "POST", `{"user":{"name":"<script>alert(1)</script>"}}`
	tx.Observed = mapping.Observed{}
	if v := inspect(t, withCRS(t), tx); !slices.ContainsFunc(v.Matches, func(m Match) bool { return m.Variable == "ARGS:json.user.name" }) {
		t.Errorf("no match on a field of the JSON: %+v", v.Matches)
	}
	tx.RequestBody = mapping.Body{Text: tx.RequestBody.Text[:40], Truncated: true}
	if v := inspect(t, withCRS(t), tx); !slices.ContainsFunc(v.Matches, func(m Match) bool { return m.Variable == "ARGS:json.user.name" }) {
		t.Errorf("no match when the body is cut: %+v", v.Matches)
	}
	tx.RequestBody.Text = `[{"user": "../../etc/passwd", 12 x`
	if v := inspect(t, withCRS(t), tx); !v.Alarm {
		t.Error("silent when it is no JSON after all")
	}
}
