package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestCorpus(t *testing.T) {
	const line = `192.0.2.1 - - [20/Nov/2026:10:11:12 +0000] "GET /%s HTTP/1.1" 200 12 "-" "curl/8.5.0"` + "\n"
	logs := fstest.MapFS{
		"nginx/access.log": {Data: []byte(strings.ReplaceAll(line, "%s", "") + strings.ReplaceAll(line, "%s", "?t=../../etc/passwd") + "started\n\n" +
			`192.0.2.1 - - [20/Nov/2026:10:11:12 +0000] "-" 400 0 "-" "-"` + "\nsomebody says GET /x HTTP/1.1\n{\"a\":}\n")},
		"app.json": {Data: []byte(`{"level":"info"}`)},
	}
	var shown, out strings.Builder
	table, err := read(logs, &shown)
	if err != nil {
		t.Fatal(err)
	}
	if err := table.write(&out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		got = append(got, strings.Join(strings.Fields(strings.ReplaceAll(row, "no HTTP", "no_HTTP")), " "))
	}
	want := "format files lines mapped skipped no_HTTP unmapped malformed engine alerted\n" +
		"(none) 1 1 0 0 1 0 0 0 0\n" +
		"nginx 1 6 2 1 1 1 1 0 1\n" +
		"all 2 7 2 1 2 1 1 0 1"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if !strings.Contains(shown.String(), "nginx/access.log: unmapped: somebody says") {
		t.Errorf("examples are %s", &shown)
	}
}
