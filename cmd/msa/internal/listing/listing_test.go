package listing

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"
)

const attack = `{"rule_id":"942100","time":"2026-11-20 10:11:12","severity":"1","confidence":98,"outcome":"success",` +
	`"src_ip":"192.0.2.7","domain":"shop.example","server_workload":"shop/deployment/cart","method":"GET",` +
	`"url":"/a?q=|<b>` + "`" + `x","msg":"SQL Injection","summary":"SQL Injection: 1 or 1=1\u001b[31m in ARGS:q of GET /a"}`

func printed(t *testing.T, format, text string, coloured, files bool) string {
	t.Helper()
	a, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	a.File, a.Line = "a.log", 3
	var out bytes.Buffer
	p, err := New(format, &out, coloured, files)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Print(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestText(t *testing.T) {
	const want = "2026-11-20 10:11:12  98 success 192.0.2.7 → shop/deployment/cart  SQL Injection: 1 or 1=1\uFFFD[31m in ARGS:q of GET /a (a.log:3)\n"
	if got := printed(t, "text", attack, false, true); got != want+want {
		t.Errorf("got %q", got)
	}
	if got := printed(t, "text", `{"rule_id":"1","src_ip":"192.0.2.7","msg":"m"}`, false, false); !strings.Contains(got, " 192.0.2.7  m (3)") {
		t.Errorf("without a target: %q", got)
	}
	if got := printed(t, "text", attack, true, false); !strings.Contains(got, "\x1b[97;41m 98\x1b[") || !strings.Contains(got, "(3)") {
		t.Errorf("coloured: %q", got)
	}
}

// What a spreadsheet would calculate is a text.
func TestCSV(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(printed(t, "csv", strings.Replace(attack, "/a?q=", "=HYPERLINK(", 1), false, true))).ReadAll()
	if err != nil || len(rows) != 3 || len(rows[0]) != len(rows[1]) {
		t.Fatalf("%q, %v", rows, err)
	}
	row := map[string]string{}
	for i, name := range rows[0] {
		row[name] = rows[1][i]
	}
	if row["url"] != "'=HYPERLINK(|<b>`x" || row["target"] != "shop/deployment/cart" || row["line"] != "3" || row["confidence"] != "98" {
		t.Errorf("row %v", row)
	}
}

func TestMarkdown(t *testing.T) {
	lines := strings.Split(printed(t, "markdown", attack, false, false), "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[1], "| --- |") {
		t.Fatalf("%q", lines)
	}
	if want := "| `GET /a?q=\\|<b>'x` |"; !strings.HasSuffix(lines[2], want) {
		t.Errorf("%s does not end with %s", lines[2], want)
	}
}

func TestParse(t *testing.T) {
	for _, text := range []string{"", "{", `{"a":1}`} {
		if a, err := Parse(text); err == nil {
			t.Errorf("%q is %+v", text, a)
		}
	}
	if _, err := New("html", nil, false, false); err == nil || !strings.Contains(err.Error(), "text, csv, markdown") {
		t.Errorf("no error that names the formats: %v", err)
	}
}

func TestSummary(t *testing.T) {
	var s Summary
	for _, from := range []string{"b", "a", "c", "a", "d"} {
		s.Add(&Alert{Source: from, Host: "shop.example", Incident: map[bool]string{true: "1", false: "2"}[from < "c"], Outcome: map[bool]string{true: "success"}[from == "b"]})
	}
	var out bytes.Buffer
	in := Inspected{Records: 1234, NotInspected: 2, Mapped: map[string]uint64{"nginx": 1000, "nano": 232}, Took: 2345 * time.Millisecond}
	if err := s.Print(&out, in, 2); err != nil {
		t.Fatal(err)
	}
	const want = `
1234 records in 2.35s: nginx (1000), nano (232); 2 not inspected
5 alerts in 2 incidents; 1 attack worked
sources: a (2), b (1), and 2 more
targets: shop.example (5)
`
	if out.String() != want {
		t.Errorf("got %s", out.String())
	}
	var nameless Summary
	nameless.Add(&Alert{Source: "a"})
	out.Reset()
	if err := nameless.Print(&out, Inspected{Records: 1}, 2); err != nil || out.String() != "\n1 record in 0s\n1 alert\nsources: a (1)\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
	out.Reset()
	for want, in := range map[string]Inspected{
		"2 records in 0s; 2 not inspected\nNothing was inspected.\n": {Records: 2, NotInspected: 2},
		"2 records in 0s; 1 without HTTP\nNo attack was found.\n":    {Records: 2, NotHTTP: 1},
	} {
		if err := new(Summary).Print(&out, in, 2); err != nil || out.String() != want {
			t.Errorf("%q, %v, want %q", out.String(), err, want)
		}
		out.Reset()
	}
	if err := new(Summary).Print(&out, Inspected{Records: 1}, 2); err != nil || out.String() != "1 record in 0s\nNo attack was found.\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
