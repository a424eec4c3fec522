package crs

import "testing"

func TestRespond(t *testing.T) {
	for _, c := range []struct {
		name, method, uri, body string
		want                    string
	}{
		{"anything", "GET", "/x", "", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{"only POST is reflected", "PUT", "/reflect", `{"body":"b"}`, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{"body", "POST", "/reflect?x", `{"body":"b"}`, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 1\r\n\r\nb"},
		{"encoded body, status, headers", "POST", "/reflect/", `{"status":503,"encodedBody":"/w==","headers":{"X":"y","Content-Type":"text/html"}}`,
			"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nX: y\r\nContent-Length: 1\r\n\r\n\xff"},
		{"no JSON", "POST", "/reflect", `{`, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 28\r\n\r\nInvalid JSON in request body"},
		{"no status", "POST", "/reflect", `{"status":9}`, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 22\r\n\r\nInvalid status code: 9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &Stage{Request: Request{Method: c.method, URI: c.uri, Body: c.body}, Expect: Expect{NoIDs: []int{1}}}
			e := Respond(s)
			if got := e.Response.block() + e.Response.Body; got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestStatus: the response has the status that the stage expects. 921140-1 expects
// rules and a refusal at once: see serverFailures.
func TestStatus(t *testing.T) {
	stages := corpus(t)
	checked := 0
	for i := range stages {
		s := &stages[i]
		if s.Expect.Status == 0 || s.Name == "921140-1" {
			continue
		}
		checked++
		if got := Respond(s).Response.Status; got != s.Expect.Status {
			t.Errorf("%s: status %d, want %d", s.Name, got, s.Expect.Status)
		}
	}
	if checked != 28 {
		t.Errorf("%d stages expect a status", checked)
	}
}
