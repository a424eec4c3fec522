package triage

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
)

// What programs and people write in a form that can't be the attack of which it has the words, and attacks beside it.
func TestWritten(t *testing.T) {
	const (
		trace   = "Fails:\njava.lang.NullPointerException\n\tat java.lang.Runtime.exec(Runtime.java:450)\n\tat org.example.Run.main(Run.java:7)"
		helpful = "java.lang.NullPointerException: Cannot invoke \"java.lang.Runtime.exec(String)\" because \"rt\" is null\n\tat org.example.Run.main(Run.java:7)"
		passive = `<svg xmlns="http://www.w3.org/2000/svg"><style>.a{fill:url(#g)}</style><path d="M1 2z"/></svg>`
		yaml    = "---\nhost: \"{{ name }}\"\npath: /a\n"
		mail    = "From: Ann <ann@example.com>\r\nTo: bob@example.com,\r\n carol@example.com\r\nSubject: Minutes\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
	)
	for _, c := range []struct {
		tags         []string
		found, value string
		want         bool
	}{
		{[]string{"attack-sqli"}, "n(1)o", "(7*7)+sqrt(16)/2-3^2", true},
		{[]string{"attack-sqli"}, "1o1", "3-1", true},
		{[]string{"attack-sqli"}, "1of", "1-sleep(5)", false},
		{[]string{"attack-sqli"}, "1&1", "1 or 1=1", false},
		{[]string{"attack-sqli"}, "1&1", "max(1)or(1)", false},
		{[]string{"attack-rce"}, "", "7*7", false},
		{[]string{"attack-sqli"}, `"{{name}}"`, yaml, true},
		{[]string{"attack-sqli"}, `'{"a":1}'`, `1' and '{"a":1}'::jsonb <@ '{}'`, false},
		{[]string{"attack-sqli"}, "'!A", "'Lamps'!A1", true},
		{[]string{"attack-sqli"}, "'!A", "'Lamps 2 - old'!A1:BC20", true},
		{[]string{"attack-sqli"}, "'!A", "'Lamps'!A1'--", false},
		{[]string{"attack-sqli"}, "'or'", "'a' or '1'='1'!A1", false},
		{[]string{"attack-sqli"}, "no/*", "shop-lamps-17/*", true},
		{[]string{"attack-sqli"}, "no/*", "arn:aws:s3:::shop-lamps/new/*", true},
		{[]string{"attack-sqli"}, "s/*", "admin'/*", false},
		{[]string{"attack-sqli"}, "nUE", "a/**/union/**/select/*", false},
		{[]string{"attack-rce"}, "", "shop-lamps-17/*", false},
		{[]string{"attack-xss"}, "", passive, true},
		{[]string{"attack-xss"}, "", passive + "<script>", false},
		{[]string{"attack-xss"}, "", `<svg><a xlink:href="javascript:alert(1)"><path/></a></svg>`, false},
		{[]string{"attack-xss"}, "", `<svg><path onclick=alert(1) /></svg>`, false},
		{[]string{"attack-xss"}, "", `<svg><style>@import '//other.example/a'</style></svg>`, false},
		{[]string{"attack-xss"}, "", `<svg><image src=//other.example/a></svg>`, false},
		{[]string{"attack-xss"}, "", `"><svg></svg>`, false},
		{[]string{"attack-injection-php"}, "exec(Runtime.java:450)", trace, true},
		{[]string{"attack-injection-php"}, "eval(/srv/app.js", "at eval(/srv/app.js:1)", false},
		{[]string{"attack-injection-php"}, "exec(String)", helpful, true},
		{[]string{"attack-injection-php"}, "exec(String)", helpful + "\nexec(String)", false},
		{[]string{"attack-injection-php"}, "exec(String)", `Cannot invoke "java.lang.Runtime.exec(String)" because "rt" is null`, false},
		{[]string{"attack-rce", "language-java"}, "", helpful, true},
		{[]string{"attack-injection-php"}, "exec('id')", "exec('id')", false},
		{[]string{"attack-rce", "language-java"}, "", trace, true},
		{[]string{"attack-rce"}, "", trace, false},
		{[]string{"attack-rce", "language-java"}, "", trace + "\n${T(java.lang.Runtime).getRuntime()}", false},
		{[]string{"attack-rce", "language-java"}, "", "java.lang.Runtime.exec(1)", false},
		{[]string{"attack-rce"}, ";function", "(a);function b(){}", true},
		{[]string{"attack-rce"}, "{jpg,png}", "*.{jpg,png}", true},
		{[]string{"attack-rce"}, "{js,ts}", "src/**/*.{js,ts}", true},
		{[]string{"attack-rce"}, "{cat,/etc/hosts}", "*{cat,/etc/hosts}", false},
		{[]string{"attack-rce"}, "{wget,a}", "{wget,a}", false},
		{[]string{"attack-rce"}, "{wget,a}", "*;{wget,a}", false},
		{[]string{"attack-rce"}, ";curl", "(a);curl x", false},
		{[]string{"attack-injection-java"}, "${#dates.", "${#dates.format(d, 'yyyy')}", true},
		{[]string{"attack-injection-java"}, "${#dates.", "${#dates.getClass().forName('a')}", false},
		{[]string{"attack-injection-java"}, "${#rt=", "${#rt=1}", false},
		{[]string{"attack-protocol"}, "\nhost:", yaml, true},
		{[]string{"attack-protocol"}, "\r\nMIME-Version: 1", mail, true},
		{[]string{"attack-protocol"}, "\nmime-version: 1", strings.ToLower(strings.ReplaceAll(mail, "\r\n", "\n")), true},
		{[]string{"attack-sqli"}, "\r\nMIME-Version: 1", mail, false},
		{[]string{"attack-protocol"}, "\r\nBcc: a", "ann@example.com\r\nBcc: bob@example.com\r\nFrom: a@example.com", false},
		{[]string{"attack-protocol"}, "\r\nBcc: a", "From: ann@example.com\r\nBcc: bob@example.com", false},
		{[]string{"attack-protocol"}, "\r\nSet-Cookie: a", mail + "Set-Cookie: a=b\r\n", false},
		{[]string{"attack-protocol"}, "\r\nContent-Type: t", "From: a\r\nTo: b\r\nContent-Type: text/html\r\nquit\r\n", false},
		{[]string{"attack-protocol"}, "\nhost:", "{{- if .Values.a }}\nhost: {{ .Values.b }}\n{{- end }}", true},
		{[]string{"attack-protocol"}, "\nhost:", "en\nHost: other.example\nX-A: b", false},
		{[]string{"attack-protocol"}, "\nhost:", "a: b\r\nHost: other.example\r\n", false},
		{[]string{"attack-protocol"}, "\nhost:", "GET: / HTTP/1.1\nHost: other.example\nA: b", false},
		{[]string{"attack-protocol"}, "\nset-cookie:", "a: b\nset-cookie: c\n", false},
	} {
		m := &engine.Match{Tags: c.tags, Data: "Matched Data: " + c.found + " found within ARGS:q: " + c.value}
		if got := isWritten(m, c.value); got != c.want {
			t.Errorf("%v, %q in %q: %v", c.tags, c.found, c.value, got)
		}
	}
}
