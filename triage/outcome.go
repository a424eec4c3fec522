package triage

import (
	"encoding/base64"
	"fmt"
	"html"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Outcome is what became of an attack.
type Outcome string

// The outcomes.
const (
	Unknown Outcome = "unknown" // the record does not tell
	Success Outcome = "success" // it had the effect that it was meant to have
	Failure Outcome = "failure" // it was refused, or led to an error
)

// maxEvidence is how much evidence of an outcome is told.
const maxEvidence = 3

// OutcomeOf tells from a record on which rules matched what became of the attack, with the evidence in words, which may
// quote the record. Without evidence, the words say why nothing is known.
func OutcomeOf(tx *mapping.Transaction, v *engine.Verdict) (Outcome, []string) {
	return Examine(tx, v).Outcome(Past{})
}

// Examination is what a record by itself tells of what became of an attack.
type Examination struct {
	x       *exchange
	deeds   []string // effects that prove the attack, too
	effects []string // these and the others
	refusal string
}

// Examine reads a record on which rules matched.
func Examine(tx *mapping.Transaction, v *engine.Verdict) *Examination {
	x := newExchange(tx, v)
	if isTold(tx) {
		return &Examination{x: x, refusal: x.refusal()}
	}
	deeds := x.deeds()
	return &Examination{x, deeds, append(x.traces(), deeds...), x.refusal()}
}

// Proves reports whether the answer itself shows that the attack worked.
func (e *Examination) Proves() bool { return len(e.effects) > 0 }

// ShowsWhatIsMeant reports whether nothing but the word of an interface shows that it did as it was told: so it answers those who may tell it,
// too.
func (e *Examination) ShowsWhatIsMeant(evidence []string) bool {
	return len(evidence) == 1 && evidence[0] == e.x.accepted()
}

// Pace is how long it took, beside what its payload asks for.
func (e *Examination) Pace() Pace { return e.x.pace() }

// Likely is the confidence of what a server did as it was told, if those who mean well may tell it to as well.
const Likely = 55

// suspicion is the confidence from which an answer is looked at for proof. Below it, words of a page would be one to somebody
// whose cookies only look like an attack.
const suspicion = 5

// MayBeProven reports whether there may be a proof that something was an attack which is too little evidence of one by itself.
func (a *Appraisal) MayBeProven(v *engine.Verdict) bool {
	return a.Confidence >= suspicion || slices.ContainsFunc(v.Matches, func(m engine.Match) bool {
		return m.IsEvidence() && m.Phase < 3 && (reachesOut(family(&m)) || isOperator(&m))
	})
}

// reachesOut reports whether a kind of attack has the server ask another one.
func reachesOut(kind string) bool { return kind == "ssrf" || kind == "rfi" || kind == "xxe" }

// isOperator reports whether a match is on a name that has an operator of a document database: role[$ne].
func isOperator(m *engine.Match) bool { return strings.Contains(m.Variable, "$") }

// Proof is what shows that something was an attack which is too little evidence of one by itself, and how sure that makes it:
// the answer has what nobody gets by chance, or the server did as it was told. What those who mean well cause as well, if
// seldom, is none: an editor's own script in his page, or a redirect to a partner. It is "" without one.
func (e *Examination) Proof(past Past, before Appraisal) (evidence string, confidence int) {
	const certain = 80
	if before.Confidence >= suspicion {
		if len(e.deeds) > 0 {
			return e.deeds[0], certain
		}
		if waited := e.x.waited(past); waited != "" {
			return waited, certain
		}
	}
	if in := e.x.operatorSignsIn(); in != "" {
		return in, certain
	}
	switch {
	case past.CalledBack != "":
		return past.CalledBack, Likely
	case past.Longer > 0 && e.x.hasOperator():
		return longerThanAny(past.Longer), Likely
	}
	return "", 0
}

// Lists reports whether it asks a directory or a database of documents for more than others get.
func (e *Examination) Lists() bool { return e.x.lists() }

// Callbacks are the hosts that it would have the server ask, if that is what it is suspected of.
func (e *Examination) Callbacks() []string {
	if !slices.ContainsFunc(e.x.kinds, reachesOut) {
		return nil
	}
	return e.x.callbacks()
}

// Outcome adds what earlier records tell. What the answer shows of the attack's effect counts before its status, as an
// error page can hold a stolen password, and before anything that was learned: what others have sent cancels no signature.
func (e *Examination) Outcome(past Past) (Outcome, []string) {
	effects := e.effects
	if waited := e.x.waited(past); waited != "" {
		effects = append(slices.Clip(effects), waited)
	}
	if after := e.x.afterAll(past); after != "" {
		effects = append(slices.Clip(effects), after)
	}
	if len(effects) > 0 {
		return Success, effects[:min(len(effects), maxEvidence)]
	}
	if e.refusal != "" {
		return Failure, []string{e.refusal}
	}
	if why := e.x.errorInside(); why != "" && !past.Decides {
		return Failure, []string{why}
	}
	if why := e.x.inVain(past); why != "" {
		return Failure, []string{why}
	}
	if done := e.x.accepted(); done != "" {
		return Success, []string{done}
	}
	return Unknown, e.x.gaps(past.Median)
}

// Bounds on what is read of an exchange.
const (
	maxPayloads = 16
	maxPayload  = 8 << 10
	allPayloads = 16 << 10 // of them together
	bodyEnd     = 32 << 10 // read of each end of a longer body
)

// exchange is a request with an attack, and its answer.
type exchange struct {
	tx       *mapping.Transaction
	v        *engine.Verdict
	payloads []string // values of the request that rules matched, as these saw them
	size     int      // of them, in bytes
	payload  string   // all of them
	lower    string   // the same in lower case
	kinds    []string // of attacks, as CRS tags them: sqli
	body     string   // of the answer, or its ends
	text     string   // the same without what JSON and HTML escape
	kind     string   // media type of the answer, in lower case

	condition Condition // of SQL
	form      string    // what of the payload stays the same when another condition is tried

	// What several questions ask for, looked for once.
	delay     func() delay
	callbacks func() []string
	isBroken  func() bool   // the answer has an error of a database
	refusal   func() string // what shows that the attack failed, "" if nothing does
	completes func() bool   // the payload leaves whole the statement that it has become part of
}

func newExchange(tx *mapping.Transaction, v *engine.Verdict) *exchange {
	x := &exchange{tx: tx, v: v, body: tx.ResponseBody.Text}
	x.delay, x.callbacks, x.isBroken = sync.OnceValue(x.findDelay), sync.OnceValue(x.findCallbacks), sync.OnceValue(x.findError)
	x.refusal, x.completes = sync.OnceValue(x.findRefusal), sync.OnceValue(x.isComplete)
	for i := range v.Matches {
		m := &v.Matches[i]
		if m.Phase >= 3 || !m.IsEvidence() {
			continue
		}
		if kind := family(m); !slices.Contains(x.kinds, kind) {
			x.kinds = append(x.kinds, kind)
		}
		if len(m.Places) == 0 {
			x.addPayload(m.Value)
		}
		for _, p := range m.Places {
			x.addPayload(p.Value)
		}
	}
	x.payload = strings.Join(x.payloads, "\n")
	x.lower = strings.ToLower(x.payload)
	if strings.Contains(x.lower, "^") { // as the shell of Windows reads it
		x.lower += "\n" + strings.ReplaceAll(x.lower, "^", "")
	}
	if len(x.body) > 2*bodyEnd {
		x.body = x.body[:bodyEnd] + "\n" + x.body[len(x.body)-bodyEnd:]
	}
	x.kind = mapping.MediaType(x.tx.ResponseHeaders)
	x.text = x.plain()
	if hasTag(x.kinds, "sqli") {
		x.condition, x.form = conditionOf(x.payload)
	}
	return x
}

// bodyStart is as much of the request's body as is looked at again.
func (x *exchange) bodyStart() string {
	return x.tx.RequestBody.Text[:min(len(x.tx.RequestBody.Text), maxPayload)]
}

func (x *exchange) addPayload(value string) {
	value = value[:min(len(value), maxPayload)]
	if strings.Contains(value, "%") { // as in a path
		if plain, err := url.PathUnescape(value); err == nil && plain != value {
			defer x.addPayload(plain)
		}
	}
	if len(x.payloads) < maxPayloads && x.size+len(value) <= allPayloads && strings.TrimSpace(value) != "" && !slices.Contains(x.payloads, value) {
		x.payloads = append(x.payloads, value)
		x.size += len(value)
	}
}

// plain is the body without escapes: what a command prints has its lines in JSON, too.
func (x *exchange) plain() string {
	text := x.unescaped()
	if strings.Contains(text, `b'`) { // bytes as Python writes them
		text = bytesOfPython.ReplaceAllStringFunc(text, func(s string) string { return strings.ReplaceAll(s, `\n`, "\n") })
	}
	return text + decodedBase64(text)
}

var bytesOfPython = compile(`\bb'[^'\n]{8,1000}'`)

// Bounds on what is decoded of an answer.
const (
	mostDecoded  = 8
	leastDecoded = 24      // signs of base64
	longDecoded  = 4 << 10 // bytes of one text
)

// decodedBase64 is what is written in base64 in a text, as files are that an attack has read: each readable text, in lines of its
// own. Other signs may stand directly before it.
func decodedBase64(text string) string {
	var all strings.Builder
	for run := range base64Runs(text) {
		for skip := 0; skip < 4 && len(run)-skip >= leastDecoded; skip++ {
			some := run[skip:min(len(run), skip+longDecoded/3*4)]
			decoded, err := base64.RawStdEncoding.DecodeString(some[:len(some)/4*4])
			if err == nil && isReadable(decoded) {
				all.WriteString("\n")
				all.Write(decoded)
				break
			}
		}
	}
	return all.String()
}

// base64Runs are the first texts of such signs that are long enough.
func base64Runs(text string) iter.Seq[string] {
	return func(visit func(run string) bool) {
		n, from := 0, 0
		for i := 0; i <= len(text) && n < mostDecoded; i++ {
			if i < len(text) && isBase64[text[i]] {
				continue
			}
			if i-from >= leastDecoded {
				if n++; !visit(text[from:i]) {
					return
				}
			}
			from = i + 1
		}
	}
}

var isBase64 = func() (is [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		is[c] = true
	}
	return is
}()

// isReadable reports whether bytes are a text, but for a few at its beginning.
func isReadable(text []byte) bool {
	const odd = 8
	for i, c := range text {
		if i >= odd && (c < ' ' && c != '\n' && c != '\t' && c != '\r' || c > '~') {
			return false
		}
	}
	return true
}

func (x *exchange) unescaped() string {
	switch {
	case strings.HasPrefix(x.kind, "application/") && strings.Contains(x.kind, "json"), strings.HasPrefix(x.body, "{"):
		return jsonEscape.ReplaceAllStringFunc(x.body, func(s string) string {
			if len(s) == 6 {
				n, _ := strconv.ParseUint(s[2:], 16, 16)
				return string(rune(n))
			}
			if at := strings.IndexByte("nrt", s[1]); at >= 0 {
				return "\n\r\t"[at : at+1]
			}
			return s[1:]
		})
	case (x.isHTML() || strings.HasSuffix(x.kind, "xml")) && strings.Contains(x.body, "&"):
		return html.UnescapeString(x.body)
	}
	return x.body
}

var jsonEscape = compile(`\\(?:u[0-9a-fA-F]{4}|["\\/nrt])`)

func (x *exchange) header(name string) string {
	value, _ := mapping.HeaderValue(x.tx.ResponseHeaders, name)
	return value
}

// isHTML reports whether a browser would read the answer as a page.
func (x *exchange) isHTML() bool {
	return x.kind == "text/html" || x.kind == "application/xhtml+xml" || x.kind == "" && strings.Contains(x.body, "<")
}

// hasDatabaseError reports whether rules of CRS found one in the answer that the payload does not have itself.
func (x *exchange) hasDatabaseError() bool {
	return slices.ContainsFunc(x.v.Matches, func(m engine.Match) bool {
		if m.RuleID/1000 != 951 {
			return false
		}
		text, _, _ := strings.Cut(strings.TrimPrefix(m.Data, "Matched Data: "), " found within")
		return text == "" || !x.sent(html.UnescapeString(text))
	})
}

// gaps say why nothing is known.
func (x *exchange) gaps(median time.Duration) (why []string) {
	tx := x.tx
	if asks := x.delay(); asks.time > 0 {
		if took := tx.Duration(); took > 0 && x.isUsually(median) {
			why = append(why, fmt.Sprintf("answered after %s, and %s asks for %g s; but usually it takes %s", inSeconds(took), asks.asked, asks.time.Seconds(), inSeconds(median)))
		} else if took > 0 {
			why = append(why, fmt.Sprintf("answered after %s, and %s asks for %g s", inSeconds(took), asks.asked, asks.time.Seconds()))
		} else {
			why = append(why, fmt.Sprintf("%s asks the server to wait, and the log does not say how long it took", asks.asked))
		}
	}
	body := &tx.ResponseBody
	switch {
	case tx.Status >= 400 && x.mayHaveRun(tx.Status):
		why = append(why, fmt.Sprintf("%d: what the payload would run may have run before that was known", tx.Status))
	case tx.Status == 0 && body.Text == "" && len(tx.ResponseHeaders) == 0:
		why = append(why, "the log shows no answer")
	case body.Text == "" && !tx.Observed.ResponseBody:
		why = append(why, "the log has no bodies of answers")
	case body.IsUnread():
		why = append(why, "the answer's body can't be read")
	case x.uploadsScript() && tx.Status/100 == 2:
		why = append(why, "a script was uploaded: whether it runs shows when somebody asks for it")
	case strings.Contains(x.lower, "${jndi:"):
		why = append(why, "whether the server asked the address that the payload names is not in this record")
	case body.Truncated:
		why = append(why, fmt.Sprintf("the log has cut the answer's body after %d bytes, and nothing before that tells", len(body.Text)))
	default:
		why = append(why, "nothing in the answer tells")
	}
	return why
}

// ToKnow are the parts of a record by which its outcome could be told better, for people.
func ToKnow(tx *mapping.Transaction, outcome Outcome) (parts []string) {
	if outcome != Unknown {
		return nil
	}
	for _, p := range []struct {
		is   bool
		part string
	}{
		{tx.Status == 0, "the status of the answer"},
		{len(tx.ResponseHeaders) == 0, "the answer's headers (Location, Set-Cookie, Content-Type)"},
		{!tx.Observed.ResponseBody || tx.ResponseBody.Text == "" && tx.Status/100 == 2, "the answer's body (RSP_BODY of Nano)"},
		{tx.ResponseBody.Truncated, "more of the answer's body"},
		{tx.Duration() == 0, "how long the exchange took (END_TIME of Nano, $request_time of nginx)"},
	} {
		if p.is {
			parts = append(parts, p.part)
		}
	}
	return parts
}

var scriptName = compile(`(?i)filename\*?=[^\r\n;]{0,200}\.(?:php\d?|phtml|phar|jspx?|aspx?|ashx|cgi|pl|py|sh|war)\b`)

func (x *exchange) uploadsScript() bool {
	body := x.tx.RequestBody.Text
	return scriptName.MatchString(body[:min(len(body), maxPayload)])
}
