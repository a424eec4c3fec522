package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A report whose users write a part of its SQL: rules match on it all day. A whole statement would be no alert.
const report = "/report?rows=5%20union%20select%20name%2C%20price%20from%20archive"

// use has clients do ordinary things, and then ask for the report.
func (l *logOf) use(clients int, address string, more map[string]string) {
	for n := range clients {
		client := fmt.Sprintf(address, n+1)
		for i := range 5 {
			l.add(client, "GET", fmt.Sprint("/products/", i), "<p>ok</p>", 0, nil)
		}
		l.add(client, "GET", report, "<p>rows</p>", 0, more)
	}
}

// pass lets time go by in which little is asked for.
func (l *logOf) pass(d time.Duration) {
	for until := l.now.Add(d); l.now.Before(until); l.now = l.now.Add(9 * time.Minute) {
		l.add("10.1.9.9", "GET", "/products/1", "<p>ok</p>", 0, nil)
	}
}

// What many clients do every day is no attack; what an attacker with a few addresses does, or does in a hurry, stays one.
func TestHabit(t *testing.T) {
	own := filepath.Join(t.TempDir(), "own.conf")
	text := "SecRule REQUEST_FILENAME \"@streq /report\" \"id:9999,phase:1,pass,log,msg:'Nobody asks for that',severity:WARNING\"\n"
	if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const many = "10.1.0.%d"
	days := func(l *logOf, n, clients int, address string, more map[string]string) {
		for i := range n {
			if i > 0 {
				l.pass(24 * time.Hour)
			}
			l.use(clients, address, more)
		}
	}
	for name, c := range map[string]struct {
		teach      func(l *logOf)
		properties []string
		record     func(l *logOf) // that follows; the report of a new client
		alarms     bool
	}{
		"many, for two days":   {teach: func(l *logOf) { days(l, 2, 20, many, nil) }},
		"too few":              {teach: func(l *logOf) { days(l, 5, 19, many, nil) }, alarms: true},
		"on one day":           {teach: func(l *logOf) { days(l, 1, 200, many, nil) }, alarms: true},
		"one, all of the time": {teach: func(l *logOf) { days(l, 14, 1, many, nil) }, alarms: true},
		"one, and then a crowd": {teach: func(l *logOf) {
			days(l, 2, 1, many, nil)
			l.pass(24 * time.Hour)
			l.use(40, many, nil)
		}, alarms: true},
		"one network of IPv6": {teach: func(l *logOf) { days(l, 3, 40, "2001:db8::%d", nil) }, alarms: true},
		"networks of IPv6":    {teach: func(l *logOf) { days(l, 3, 40, "2001:db8:0:%d::1", nil) }},
		"refused":             {teach: func(l *logOf) { days(l, 3, 40, many, map[string]string{"RETCODE": "403"}) }, alarms: true},
		"long ago": {teach: func(l *logOf) {
			days(l, 2, 20, many, nil)
			l.pass(20 * 24 * time.Hour)
			l.use(3, "10.1.1.%d", nil)
		}, alarms: true},
		"habit off":           {teach: func(l *logOf) { days(l, 2, 20, many, nil) }, properties: []string{"habit=off"}, alarms: true},
		"a rule of one's own": {teach: func(l *logOf) { days(l, 2, 20, many, nil) }, properties: []string{"rules=crs," + own}, alarms: true},
		"scanners that do little": {teach: func(l *logOf) {
			for range 3 {
				for n := range 40 {
					l.add(fmt.Sprintf(many, n+1), "GET", report, "<p>rows</p>", 0, nil)
				}
				l.pass(24 * time.Hour)
			}
		}, alarms: true},
		"elsewhere": {teach: func(l *logOf) { days(l, 2, 20, many, nil) }, alarms: true, record: func(l *logOf) {
			l.add("10.1.7.7", "GET", strings.Replace(report, "/report", "/login", 1), "<p>rows</p>", 0, nil)
		}},
		"another attack there": {teach: func(l *logOf) { days(l, 2, 20, many, nil) }, alarms: true, record: func(l *logOf) {
			l.add("10.1.7.7", "GET", path("/report?rows", "<script>alert(document.cookie)</script>"), "<p>rows</p>", 0, nil)
		}},
		"what the answer proves": {teach: func(l *logOf) { days(l, 2, 20, many, nil) }, alarms: true, record: func(l *logOf) {
			l.add("10.1.7.7", "GET", report, "root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/sbin/nologin\n", 0, nil)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p := remembering(t, c.properties...)
			l := newLog(t)
			c.teach(l)
			l.inspected(p)
			if c.record == nil {
				c.record = func(l *logOf) { l.add("10.1.7.7", "GET", report, "<p>rows</p>", 0, nil) }
			}
			c.record(l)
			if got := len(l.judged(p)) > 0; got != c.alarms {
				t.Errorf("it alarms: %v; habits %v", got, p.Habits())
			}
			if s := p.Snapshot(); !c.alarms && (s.Habitual == 0 || s.Habits == 0) {
				t.Errorf("counted are %d records and %d habits", s.Habitual, s.Habits)
			}
		})
	}
}

// Habits outlive the process, and are told.
func TestHabitsAreKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	l := newLog(t)
	for range 2 {
		l.use(20, "10.1.0.%d", nil)
		l.pass(24 * time.Hour)
	}
	properties := []string{"mapping=nano", "alert_when=confidence", "behavior=off", "state_path=" + file}
	p, _ := newPipeline(t, properties...)
	l.inspected(p)
	p.SaveState()
	// Another process has nothing in its memory: so has a file of another name.
	moved := file + ".moved"
	if err := os.Rename(file, moved); err != nil {
		t.Fatal(err)
	}
	p, _ = newPipeline(t, append(properties, "state_path="+moved)...)
	l.add("10.1.7.7", "GET", report, "<p>rows</p>", 0, nil)
	if got := l.judged(p); len(got) != 0 {
		t.Errorf("alarms %v", got)
	}
	habits := p.Habits()
	if len(habits) == 0 || !strings.Contains(habits[0].String(), "of shop.internal GET /report: 20 clients or more since 2026-03-20") {
		t.Errorf("habits %v", habits)
	}
}

// The same records in the same order give the same, however many work.
func TestMemoryKeepsTheOrder(t *testing.T) {
	var want string
	for _, workers := range []string{"1", "4"} {
		l := newLog(t)
		for n := range 40 {
			l.add("10.9.9.9", "GET", path("/list?page", fmt.Sprintf("%d' union select %d,password from users-- ", n, n)), "<p>nothing</p>", 0, nil)
			l.add("10.1.0.7", "GET", "/list?page=7", fmt.Sprint("<p>item ", n), 0, nil)
		}
		var got strings.Builder
		for _, a := range l.judged(remembering(t, "workers="+workers)) {
			fmt.Fprintln(&got, a["confidence"], a["outcome"], a["outcome_evidence"])
		}
		if want == "" {
			want = got.String()
		}
		if got.String() != want || !strings.Contains(want, "different payloads") {
			t.Errorf("with %s workers:\n%s", workers, got.String())
		}
	}
}
