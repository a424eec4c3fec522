package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine/analysis"
	"github.com/modsecurity-for-anylog/msa/engine/screen"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/hostile"
)

// Of a record that would be too much work the beginning and the end of each long part are inspected, and what was left
// out is named. It is the same whatever was inspected before.
func TestShorterReach(t *testing.T) {
	e := viewing(t, ScreenOn)
	padding := hostile.Exchanges()[`multipart of all parted by " "`].RequestBody.Text[200:]
	padding = strings.NewReplacer("&", "and", "=", "is", "%", "").Replace(padding)
	const attack = "-1 union select password from users"
	for _, c := range []struct {
		name string
		tx   *mapping.Transaction
		cut  []string
		at   string
	}{
		{"at the beginning", post("application/x-www-form-urlencoded", "a="+attack+"&b="+padding), []string{"request_body"}, "ARGS:a"},
		{"at the end", post("application/x-www-form-urlencoded", "b="+padding+"&a="+attack), []string{"request_body"}, "REQUEST_BODY (end)"},
		{"at the end, escaped", post("application/x-www-form-urlencoded", "b="+padding+"&a="+strings.ReplaceAll(attack, "s", "%73")), []string{"request_body"}, "REQUEST_BODY (end)"},
		{"beside a short one", post("application/x-www-form-urlencoded", "a="+attack+"&b="+padding[:2000]), nil, "ARGS:a"},
		{"beside a long and harmless one", post("application/x-www-form-urlencoded", "a="+attack+"&b="+fill("The quick brown fox. ", 48<<10)), nil, "ARGS:a"},
	} {
		for range 2 {
			v := inspect(t, e, c.tx)
			if !slices.Equal(v.Uninspected, c.cut) {
				t.Errorf("%s: %q are cut, want %q", c.name, v.Uninspected, c.cut)
			}
			if !slices.ContainsFunc(v.Matches, func(m Match) bool {
				return m.RuleID == 942100 && slices.ContainsFunc(m.Places, func(p Place) bool { return p.Variable == c.at })
			}) {
				t.Errorf("%s: 942100 does not match at %s", c.name, c.at)
			}
		}
	}
}

func TestShorten(t *testing.T) {
	r := reach{uri: 16, headers: 64, body: 16}
	tx := get("/"+fill("a", 30)+"z", mapping.Header{Name: "X", Value: fill("h", 40) + "yz"}, mapping.Header{Name: "Y", Value: fill("h", 30)})
	tx.RequestHeaders = tx.RequestHeaders[3:]
	tx.RequestBody.Text, tx.ResponseBody.Text = fill("é", 40), "short"
	tx.Args = []mapping.Arg{{Name: "a", Value: fill("\xff", 40)}, {Name: "b", Value: "15 bytes, or so."}}
	s := shorten(tx, r)
	if want := []string{"uri", "request_headers", "request_body", "args"}; !slices.Equal(s.cut, want) {
		t.Errorf("cut are %q, want %q", s.cut, want)
	}
	var ends []string
	for _, v := range s.ends {
		ends = append(ends, v.name()+"="+v.text)
	}
	if want := []string{"REQUEST_URI (end)=aaaz", "REQUEST_HEADERS:X (end)=hhhhhhyz", "REQUEST_BODY (end)=éé"}; !slices.Equal(ends[:3], want) {
		t.Errorf("ends are %q, want %q", ends, want)
	}
	if s.URI != "/"+fill("a", 11) || s.RequestBody.Text != fill("é", 12) || !s.RequestBody.Truncated || s.ResponseBody.Text != "short" {
		t.Errorf("URI %q, body %q, answer %q", s.URI, s.RequestBody.Text, s.ResponseBody.Text)
	}
	if len(s.RequestHeaders) != 2 || len(s.Args) != 2 || s.Args[1].Value != "15 byt" {
		t.Errorf("%d headers and %d arguments", len(s.RequestHeaders), len(s.Args))
	}
	if len(tx.URI) != 32 || tx.RequestBody.Truncated {
		t.Error("the transaction itself is changed")
	}
}

// Where all rules see a record to verify the screen, they see its views too.
func TestVerifyOfViews(t *testing.T) {
	e := viewing(t, ScreenVerify)
	tx := get("/?f=Li4vLi4vLi4vZXRjL3Bhc3N3ZA%3D%3D") // of which rules see nothing but the view
	if v := inspect(t, e, tx); v.Screened != ScreenRight || !v.HasEvidence() {
		t.Errorf("screened %d, matches %v", v.Screened, v.RuleIDs())
	}
	blind, err := analysis.New(analysis.Config{Inbound: 5, Outbound: 4})
	if err != nil {
		t.Fatal(err)
	}
	e.fast.screen = screen.New(blind, screen.Config{})
	if v := inspect(t, e, tx); v.Screened != ScreenWrong {
		t.Errorf("a screen that sees nothing is not found out: %d", v.Screened)
	}
}
