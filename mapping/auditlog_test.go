package mapping

import (
	"strings"
	"testing"
)

func TestAuditLog(t *testing.T) {
	const head = "--c7036611-A--\n[20/Nov/2026:10:11:12.5 +0000] id1 203.0.113.7 40112 198.51.100.9 443\n--c7036611-B--\n"
	const request = "POST /a HTTP/1.1\nHost: h\n"
	for name, c := range map[string]struct {
		text string
		want auditLog
		ok   bool
	}{
		"whole": {head + request + "\n--c7036611-C--\na=b\n--c7036611-F--\nHTTP/1.1 200 OK\nA: b\n\n--c7036611-E--\nhello\n--c7036611-Z--",
			auditLog{request: request + "\n", body: "a=b", response: "HTTP/1.1 200 OK\nA: b\n\n", responseBody: "hello"}, true},
		"CRLF":           {strings.ReplaceAll(head+request+"\n--c7036611-Z--", "\n", "\r\n"), auditLog{request: request + "\n"}, true},
		"empty sections": {head + request + "\n--c7036611-C--\n--c7036611-E--\n--c7036611-F--\n--c7036611-Z--", auditLog{request: request + "\n"}, true},
		"cut in the headers": {head + "POST /a HTTP/1.1\nHost: exam",
			auditLog{request: "POST /a HTTP/1.1\nHost: exam"}, true},
		"a boundary of another entry in the body": {head + request + "\n--c7036611-C--\nx\n--deadbeef-F--\n<script>\n--c7036611-Z--",
			auditLog{request: request + "\n", body: "x\n--deadbeef-F--\n<script>"}, true},
		"the body twice": {head + request + "\n--c7036611-C--\na=b\n--c7036611-I--\nc=d\n--c7036611-Z--", auditLog{request: request + "\n", body: "a=b"}, true},
		"no request":     {strings.TrimSuffix(head, "--c7036611-B--\n"), auditLog{}, false},
		"no addresses":   {"--c7036611-A--\n[x] id\n--c7036611-B--\n" + request, auditLog{}, false},
		"one line":       {"--c7036611-A--", auditLog{}, false},
		"something else": {"GET / HTTP/1.1\nHost: h\n\n", auditLog{}, false},
		"empty":          {"", auditLog{}, false},
	} {
		got, ok := readAuditLog(c.text)
		if ok != c.ok {
			t.Errorf("%s: %v", name, ok)
		}
		if !c.ok {
			continue
		}
		want := c.want
		want.time, want.id, want.clientIP, want.clientPort, want.hostIP, want.hostPort = "[20/Nov/2026:10:11:12.5 +0000]", "id1", "203.0.113.7", "40112", "198.51.100.9", "443"
		want.hasBody = got.hasBody
		if got != want {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestAuditLogEntry(t *testing.T) {
	const entry = "--c7036611-A--\n[x] id\n--c7036611-B--\nGET / HTTP/1.1\n--deadbeef-Z--\n\n--c7036611-Z--\n"
	for text, want := range map[string]int{
		entry:                                   len(entry),
		entry + "\nmore":                        len(entry),
		strings.TrimSuffix(entry, "\n"):         len(entry) - 1,
		strings.ReplaceAll(entry, "\n", "\r\n"): len(entry) + strings.Count(entry, "\n"),
		strings.ReplaceAll(entry, "c7036611", "-AbC1---"): len(entry),
	} {
		if n, whole := AuditLogEntry([]byte(text)); n != want || !whole {
			t.Errorf("%q: %d, %v", text, n, whole)
		}
	}
	for _, text := range []string{"", "--", "--c7036611-A--", "--c7036611-B--\nGET\n", "GET / HTTP/1.1\n", "-- x -A--\nx\n", "--A--\nx\n"[1:]} {
		if n, whole := AuditLogEntry([]byte(text)); n != 0 || whole {
			t.Errorf("%q is an entry", text)
		}
	}
	if n, whole := AuditLogEntry([]byte(entry[:40])); n != 40 || whole {
		t.Errorf("an entry that goes on: %d, %v", n, whole)
	}
}

// Coraza writes line breaks as \n. One in a header must not make another header.
func TestCorazaAuditLog(t *testing.T) {
	const b = "--WqPbXkLmNoRtSvUy-"
	a, ok := readAuditLog(b + "A--\n[x] id 203.0.113.7 1 198.51.100.9 443\n" + b + `B--` + "\nGET /a\\\\b HTTP/1.1\nX: 1\\nY: 2\n\n" + b + "C--\na\\nb\\\\n\n\n" + b + "Z--\n")
	if want := "GET /a\\b HTTP/1.1\nX: 1\\nY: 2\n\n"; !ok || a.request != want {
		t.Errorf("request %q, want %q", a.request, want)
	}
	if want := "a\nb\\n"; a.body != want+"\n" && a.body != want {
		t.Errorf("body %q, want %q", a.body, want)
	}
}

func TestLogfmt(t *testing.T) {
	for line, want := range map[string]string{
		`a=1 b="x y" c=`:                  `a:1|b:x y|c:|`,
		`level 12:00 a=1 b=2`:             `a:1|b:2|`,
		`a="q\"q" b={"x"=>"} y"} c=[1 2]`: `a:q"q|b:{"x"=>"} y"}|c:[1 2]|`,
		`a=1 between b=2`:                 `a:1|b:2|` + `between`,
		`a="never closed b=2`:             `a:"never closed b=2|`,
		`no pairs here`:                   ``,
		`=x a=1`:                          `a:1|`,
		``:                                ``,
	} {
		var got strings.Builder
		_, _, rest := readLogfmt(line, func(key, value string) { got.WriteString(key + ":" + value + "|") })
		if got := got.String() + strings.Join(rest, " "); got != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
}
