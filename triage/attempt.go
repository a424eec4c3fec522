package triage

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Attempt is what has to be remembered of an attack to understand those that follow it.
type Attempt struct {
	Payload   uint64 // a hash
	Answer    uint64 // a hash of the answer without the payload's echo; 0 where the log shows too little of it
	Condition Condition
	Form      uint64 // a hash of what stays the same when another condition is tried
	Refused   bool   // by a status or a page that says nothing of the condition
	Waits     bool   // the server is asked to wait where a condition holds
	Waited    bool   // and it did
	Signs     []Sign
}

// Sign is what would show in a later record that an attack has worked.
type Sign struct {
	Kind SignKind
	Text string // for people and to be looked for: a host, the name of a file, a piece of a page
}

// SignKind is what kind of a sign it is.
type SignKind int

// The signs.
const (
	CallsBack SignKind = iota // the server that was attacked asks the host of the payload
	IsFetched                 // the script that was uploaded is answered with 200
	IsStored                  // the payload stands in a page for others
)

// maxSigns bounds what is waited for after one attack.
const maxSigns = 4

// Attempt is what has to be remembered of it.
func (e *Examination) Attempt(past Past) Attempt {
	x := e.x
	a := Attempt{
		Payload: xxhash.Sum64String(x.payload), Answer: x.answer(), Condition: x.condition, Waited: x.waited(past.Median) != "",
		Refused: isFirewall(x.tx.Status) || e.refusal != "" && x.tx.Status/100 == 2, Signs: x.signs(),
	}
	if x.condition != NoCondition {
		a.Waits = x.delay().seconds > 0 && x.tx.Duration() > 0
		a.Form = xxhash.Sum64String(x.form)
	}
	return a
}

// isFirewall reports whether a status is one by which what stands before an application refuses, or can't read the request.
func isFirewall(status int) bool {
	return slices.Contains([]int{400, 401, 403, 405, 406, 408, 413, 414, 418, 429, 431, 444, 451, 499, 501, 502, 503, 504}, status)
}

// answer is a hash of status, place and body, without what the body repeats of the request.
func (x *exchange) answer() uint64 {
	if x.tx.ResponseBody.Text == "" && (!x.tx.Observed.ResponseBody || x.tx.Status == 0) {
		return 0
	}
	body := x.body
	if x.tx.ResponseBody.Truncated { // what differs may be behind the cut
		_, whole := x.tx.Sizes()
		if whole <= int64(len(x.tx.ResponseBody.Text)) {
			return 0
		}
		body += strconv.FormatInt(whole, 10)
	}
	for _, value := range x.echoes() {
		body = strings.ReplaceAll(body, value, "")
	}
	place, _, _ := strings.Cut(x.header("location"), "?")
	return xxhash.Sum64String(strconv.Itoa(x.tx.Status) + " " + x.kind + " " + place + "\n" + body)
}

// leastEcho is how long a value is that is looked for in an answer.
const leastEcho = 3

// echoes are the forms in which an answer may repeat what was asked, the longest first.
func (x *exchange) echoes() (all []string) {
	add := func(value string) {
		if len(value) >= leastEcho && len(all) < 8*maxPayloads {
			quoted := strconv.Quote(value)
			all = append(all, value, html.EscapeString(value), strings.ReplaceAll(html.EscapeString(value), "&#34;", "&quot;"),
				strings.ReplaceAll(html.EscapeString(value), "&#39;", "&#039;"), url.QueryEscape(value), url.PathEscape(value), quoted[1:len(quoted)-1])
		}
	}
	for _, text := range []string{x.tx.URI, x.tx.RequestBody.Text[:min(len(x.tx.RequestBody.Text), maxPayload)]} {
		if _, query, ok := strings.Cut(text, "?"); ok {
			text = query
		}
		for pair := range strings.SplitSeq(text, "&") {
			_, value, _ := strings.Cut(pair, "=")
			add(value)
			if plain, err := url.QueryUnescape(value); err == nil && plain != value {
				add(plain)
			}
		}
	}
	for _, value := range x.payloads {
		add(value)
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all)
}

var (
	blindWords = regexp.MustCompile(`<!entity|xinclude|xi:include|\b(?:wget|curl|nslookup|dig|nc|ncat|telnet|certutil|bitsadmin|tftp|rm|touch|mkfifo|useradd|chmod|kill|shutdown|reboot|exec)\b|>\s*/|` +
		`xp_dirtree|xp_cmdshell|utl_http|utl_inaddr|load_file\s*\(|into\s+(?:out|dump)file|insert\s+into|\bupdate\s+\w+\s+set\b|delete\s+from|drop\s+(?:table|database)|jndi:|/dev/tcp`)
	unionWords    = regexp.MustCompile(`\bunion\b|extractvalue|updatexml`)
	printingWords = regexp.MustCompile(`\b(?:id|cat|type|ls|dir|echo|whoami|uname|print|printf|phpinfo|ipconfig|ifconfig|env|set|ver|expr)\b`)

	calledHost = regexp.MustCompile(`(?:\b(?:https?|ldaps?|rmi|dns|ftps?|gopher|dict|smb|iiop)://(?:[^/@\s]*@)?|\\\\)([a-z0-9][a-z0-9.-]{2,252})|\b(?:nslookup|dig|ping(?:\s+-\w\s*\d*)*)\s+([a-z0-9][a-z0-9.-]{2,252})`)
)

// findCallbacks are the hosts that the payload would have the server ask.
func (x *exchange) findCallbacks() (all []string) {
	if len(x.kinds) == 1 && x.kinds[0] == "xss" {
		return nil // there it is a browser that asks
	}
	for _, m := range calledHost.FindAllStringSubmatch(x.lower, maxPayloads) {
		host := strings.Trim(m[1]+m[2], ".-")
		if !strings.ContainsAny(host, ".") || host == strings.ToLower(x.tx.Host) || slices.Contains(all, host) || strings.HasPrefix(host, "127.") {
			continue
		}
		all = append(all, host)
	}
	return all
}

var uploadName = regexp.MustCompile(`(?i)filename\*?=(?:"([^"\r\n]{1,200})"|([^\r\n;"]{1,200}))`)

// signs are what would show later that the attack has worked.
func (x *exchange) signs() (all []Sign) {
	for _, host := range x.callbacks() {
		all = append(all, Sign{CallsBack, host})
	}
	if x.uploadsScript() && x.tx.Status < 400 {
		for _, m := range uploadName.FindAllStringSubmatch(x.tx.RequestBody.Text[:min(len(x.tx.RequestBody.Text), maxPayload)], maxSigns) {
			name := m[1] + m[2]
			if name = name[strings.LastIndexAny(name, `/\`)+1:]; len(name) > 3 {
				all = append(all, Sign{IsFetched, strings.ToLower(name)})
			}
		}
	}
	if hasTag(x.kinds, "xss") && x.tx.Method != "GET" && x.tx.Status < 400 {
		for _, value := range x.payloads {
			lower := strings.ToLower(value)
			if from := activeTag.FindStringIndex(lower); from != nil && len(lower)-from[0] >= leastScript {
				all = append(all, Sign{IsStored, strings.TrimSpace(lower[from[0]:])})
				break
			}
		}
	}
	return all[:min(len(all), maxSigns)]
}

// Shows reports whether a page has a stored script where a browser runs it.
func (s *Sign) Shows(page string) bool {
	return isIn(strings.ToLower(page[:min(len(page), 2*bodyEnd)]), s.Text, isMarkup)
}

// HasPassword reports whether a form or a JSON text has a field for a password.
func HasPassword(body string) bool {
	body = body[:min(len(body), 4<<10)]
	for _, word := range []string{"pass", "Pass", "pwd", "PASS"} {
		for rest := body; ; {
			at := strings.Index(rest, word)
			if at < 0 {
				break
			}
			rest = rest[at+len(word):]
			end := strings.IndexFunc(rest, func(r rune) bool { return r >= 0x80 || !isWordByte(byte(r)) && !strings.ContainsRune(`_-"]`, r) })
			if end >= 0 && end <= 20 && (rest[end] == '=' || rest[end] == ':' || rest[end] == '[' || rest[end] == '%') {
				return true
			}
		}
	}
	return false
}
