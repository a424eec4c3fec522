package triage

import (
	"strings"
	"testing"
)

// Where a payload stands in a page decides whether a browser runs it.
func TestScript(t *testing.T) {
	const attribute, code = `<div title="PAYLOAD">x</div>`, `<script src="/a.js"></script><script>var a = "it's", w = 'PAYLOAD'; show(w)</script>`
	for name, c := range map[string]struct {
		payload, page string
		want          Outcome
	}{
		"picture with an address of scripts": {`<img src="javascript:alert(1)">`, "<p>PAYLOAD</p>", Unknown},
		"old attribute of a picture":         {`<img dynsrc="javascript:alert(1)">`, "<p>PAYLOAD</p>", Unknown},
		"link with an address of scripts":    {`<a href="javascript:alert(1)">x</a>`, "<p>PAYLOAD</p>", Success},
		"the same with a tab":                {"<a href=\"java\tscript:alert(1)\">x</a>", "<p>PAYLOAD</p>", Success},
		"handler behind the right quote":     {`" onclick=alert(1) "`, attribute, Success},
		"handler behind another attribute":   {`" autofocus onfocus=alert(1) x="`, attribute, Success},
		"handler behind the other quote":     {`' onclick=alert(1) '`, attribute, Unknown},
		"handler behind a closed quote":      {`" onclick=alert(1) "`, `<div title="a">PAYLOAD</div>`, Unknown},
		"code behind the right quote":        {`';alert(1)//`, code, Success},
		"code in a sum":                      {`'-alert(1)-'`, code, Success},
		"code behind the other quote":        {`";alert(1)//`, code, Unknown},
		"code behind an escaped quote":       {`\';alert(1)//`, code, Unknown},
		"no code behind the quote":           {`'; waitfor delay`, code, Unknown},
		"code in text":                       {`';alert(1)//`, "<p>PAYLOAD</p>", Unknown},
		"code in a text of JSON":             {`';alert(1)//`, `<p>var w = 'PAYLOAD'</p>`, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			tx, v := attempt{kind: "xss", payload: c.payload, body: strings.Replace(c.page, "PAYLOAD", c.payload, 1)}.exchange(t)
			if got, evidence := OutcomeOf(tx, v); got != c.want {
				t.Errorf("%s: %q", got, evidence)
			}
		})
	}
}

// A rule may have seen a payload without the backslash that keeps its quote from ending the text.
func TestEscapedQuote(t *testing.T) {
	page := `<script>var w = '\';alert(1)//'; show(w)</script>`
	tx, v := attempt{kind: "xss", payload: `';alert(1)//`, body: page}.exchange(t)
	if got, evidence := OutcomeOf(tx, v); got != Unknown {
		t.Errorf("%s: %q", got, evidence)
	}
	tx, v = attempt{kind: "xss", payload: `';alert(1)//`, body: strings.Replace(page, `\`, `\\`, 1)}.exchange(t)
	if got, evidence := OutcomeOf(tx, v); got != Success {
		t.Errorf("behind an escaped backslash: %s: %q", got, evidence)
	}
}

// The header that a payload adds may be one of several of its name.
func TestSecondCookie(t *testing.T) {
	tx, v := attempt{kind: "protocol", payload: "en\r\nSet-Cookie: admin=1", headers: "Set-Cookie: lang=en\r\nSet-Cookie: admin=1\r\n"}.exchange(t)
	if got, evidence := OutcomeOf(tx, v); got != Success {
		t.Errorf("%s: %q", got, evidence)
	}
}
