package pipeline

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// What is too little evidence of an attack alarms where the answer, or what the server did, proves that it was one.
func TestProof(t *testing.T) {
	const client, server = "10.1.0.7", "10.2.0.9"
	const took = 300 * time.Millisecond
	fetch := path("/preview?url", "http://10.2.0.77:9090/users")
	call := func(l *logOf, after time.Duration) {
		l.now = l.now.Add(after - time.Second) // add is a second later
		l.add(server, "GET", "/users", "<h1>Users</h1>", 20*time.Millisecond, map[string]string{"DST_IP": "10.2.0.77", "DOMAIN": "10.2.0.77:9090"})
	}
	json := map[string]string{"REQ_HEADER": "POST /api/read HTTP/1.1\r\nContent-Type: application/json\r\n\r\n", "REQ_BODY": `{"path":"../../../log/nginx/access.log"}`}
	login := map[string]string{"REQ_HEADER": "POST /api/login HTTP/1.1\r\nContent-Type: application/json\r\n\r\n", "REQ_BODY": `{"$or":[{"name":"root"},{"name":"x"}]}`,
		"RSP_HEADER": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"}
	const few, many = `{"users":[{"name":"ann"}]}`, `{"users":[{"name":"ann"},{"name":"bob"},{"name":"carl"},{"name":"dora"},{"name":"emil"}]}`
	ordinary := func(l *logOf, uri string) {
		for n := range 8 {
			l.add(fmt.Sprint("10.1.1.", 1+n%4), "GET", uri, few, 0, nil)
		}
	}
	for name, c := range map[string]struct {
		write func(l *logOf)
		want  bool
	}{
		"address inside":                  {func(l *logOf) { l.add(client, "GET", fetch, "ok", took, nil) }, false},
		"address inside, asked for while": {func(l *logOf) { l.add(client, "GET", fetch, "ok", took, nil); call(l, 100*time.Millisecond) }, true},
		"the same, the call's record first": {func(l *logOf) {
			l.add(client, "GET", "/", "ok", 0, nil)
			call(l, time.Second+100*time.Millisecond)
			l.now = l.now.Add(-time.Second - 100*time.Millisecond)
			l.add(client, "GET", fetch, "ok", took, nil)
		}, true},
		"asked for later": {func(l *logOf) { l.add(client, "GET", fetch, "ok", took, nil); call(l, 2*time.Second) }, false},
		"asked for anyway": {func(l *logOf) {
			for range 6 {
				call(l, time.Minute)
			}
			l.add(client, "GET", fetch, "ok", took, nil)
			call(l, 100*time.Millisecond)
		}, false},
		"log file": {func(l *logOf) { l.add(client, "POST", "/api/read", "no such file", 0, json) }, false},
		"log file, and it is": {func(l *logOf) {
			l.add(client, "POST", "/api/read", "10.1.0.3 - - [02/Mar/2026:09:00:01 +0000] \"GET / HTTP/1.1\" 200 12\n", 0, json)
		}, true},
		"login by or":         {func(l *logOf) { l.add(client, "POST", "/api/login", `{"error":"no"}`, 0, login) }, false},
		"login by or, let in": {func(l *logOf) { l.add(client, "POST", "/api/login", `{"token":"b7f7d24b72b4b1dd"}`, 0, login) }, true},
		"operator": {func(l *logOf) {
			ordinary(l, "/users?role=editor")
			l.add(client, "GET", "/users?role[$ne]=x", few, 0, nil)
		}, false},
		"operator that gets more": {func(l *logOf) {
			ordinary(l, "/users?role=editor")
			l.add(client, "GET", "/users?role[$ne]=x", many, 0, nil)
		}, true},
		"operators as all use them": {func(l *logOf) {
			ordinary(l, "/users?age[$gt]=30")
			l.add(client, "GET", "/users?role[$ne]=x", many, 0, nil)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t)
			c.write(l)
			alerts := l.judged(remembering(t))
			got := slices.ContainsFunc(alerts, func(a map[string]any) bool { return a["outcome"] == "success" && a["detector"] == "" })
			if got != c.want || !c.want && len(alerts) > 0 {
				t.Errorf("got %v", alerts)
			}
		})
	}
}
