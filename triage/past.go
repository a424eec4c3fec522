package triage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
)

// Past is what earlier records tell of an exchange. The zero value knows nothing.
type Past struct {
	// Median is what the endpoint takes for ordinary requests, 0 where fewer than three clients have shown it; Slowest what they
	// have taken at most.
	Median, Slowest time.Duration

	Pace Paces // of this client's attacks here

	Usual      int // clients whose ordinary requests to the endpoint got this very answer
	Everywhere int // endpoints of the service that give this very answer
	Alike      int // different payloads of this client to this endpoint that got this answer, but for their echo; with this one

	Varies   bool // the endpoint has several answers to ordinary requests
	Responds bool // and to attacks of this client

	Decides bool // conditions of this client have decided about answers here
	Told    bool // the client's true and false conditions got two answers, and this is one of them
	Waited  bool // the server has waited for another condition in the same form

	Odd    bool // conditions of this form got another answer, time and again
	Held   bool // the condition is answered as one with the same beginning that is true, or not as one that is false, where Broke
	Broke  bool // another payload of this client has led to an error here, as one that spoils a statement does
	Opened bool // and did so in the same parameter, leaving the text that it stands in by the same quote
	More   bool // than another payload of the kind got from the endpoint, and than ordinary requests get
	Longer int  // so long was the longest answer to ordinary requests, and this one is much longer; 0 if it is not

	CalledBack string // how the server asked the address of the payload
}

// From how many on something is no coincidence.
const (
	enoughClients   = 3 // with the same answer
	enoughEndpoints = 3
	enoughPayloads  = 5
)

// BrokeAndDid is the evidence of two payloads, whichever of them came first.
const BrokeAndDid = "another payload broke the statement here, and this one, which completes it, was answered"

// GotMore is that of two payloads which ask for all that there is.
const GotMore = "the answer has more than that to another payload of this kind, so it decides what is found"

// ToldApart is that of true and false conditions.
const ToldApart = "the answers to this client's true and false conditions differ, and this is one of the two"

// WaitedForAnother is that of conditions of which some make the server wait.
const WaitedForAnother = "the server has waited for another condition of this form: that it has not waited is an answer, too"

// KeepsPace is that of several that ask the server to wait for a second.
const KeepsPace = "the server takes as long as this client's attacks here ask for, time and again, and is quick otherwise"

// afterAll is the evidence that only other records give: that it worked.
func (x *exchange) afterAll(past Past) string {
	switch {
	case past.CalledBack != "":
		return past.CalledBack
	case past.Opened && x.completes():
		return BrokeAndDid
	case past.Held && x.tx.Status/100 == 2 && !x.isBroken():
		return "the answer is that to a true condition, where others broke the statement"
	case past.More:
		return GotMore
	case past.Longer > 0 && (x.yields() || x.lists()):
		return longerThanAny(past.Longer)
	case x.condition == NoCondition:
	case past.Told:
		return ToldApart
	case past.Odd:
		return "conditions of this form got another answer, time and again: this one is true"
	case past.Waited && x.refusal() == "":
		return WaitedForAnother
	}
	return ""
}

func longerThanAny(longest int) string {
	return fmt.Sprintf("the answer is longer than any that ordinary requests got: they got %d bytes at most", longest)
}

// inVain is the same for an attack that led to nothing. What shows in no answer is not judged by it.
func (x *exchange) inVain(past Past) string {
	switch {
	case x.isBlind():
	case x.condition != NoCondition && (past.Broke || x.delay().time > 0):
	case (x.delay().time > 0 || x.delay().toil) && x.pace() != Quick:
	case past.Everywhere >= enoughEndpoints && x.tx.Status/100 == 2 && (x.wouldShow() || !x.isAcknowledged()) && x.condition != True && x.condition != Open:
		return fmt.Sprintf("the server answers so to everything: %d endpoints have this answer", past.Everywhere)
	case past.Decides && hasTag(x.kinds, "sqli"): // it is answered as ordinary requests are, whatever else it does
	case past.Usual >= enoughClients && x.wouldShow():
		return "the endpoint's usual answer, as ordinary requests get it"
	case x.isText():
		return "the page has the payload as text, with all that would make it markup escaped"
	case x.isUncomputed():
		return "the page has the payload's expression as it was sent, and not its result"
	case past.Alike >= enoughPayloads && (past.Responds || past.Varies) && x.reads() && !x.isEchoed():
		return fmt.Sprintf("the same answer to %d different payloads of this client", past.Alike)
	}
	return ""
}

// lists reports whether the payload asks a directory or a database of documents for all that there is.
func (x *exchange) lists() bool {
	isLDAP := func(m engine.Match) bool { return hasTag(m.Tags, "language-ldap") }
	return x.tx.Status/100 == 2 && (slices.ContainsFunc(x.v.Matches, isLDAP) || x.hasOperator())
}

// isBlind reports whether the attack may have worked without a trace in the answer.
func (x *exchange) isBlind() bool {
	if x.delay().time > 0 && x.tx.Duration() == 0 {
		return true
	}
	return x.uploadsScript() || blindWords.MatchString(x.lower) || len(x.callbacks()) > 0
}

// longestAcknowledgement is how long an answer is at most that says no more than that a request was taken,
// and not what came of it.
const longestAcknowledgement = 200

// isAcknowledged reports whether the answer is such a one, as interfaces have: {"ok":true}.
func (x *exchange) isAcknowledged() bool {
	return len(x.text) <= longestAcknowledgement && !x.isHTML()
}

// reads reports whether the attack changes what an answer is made of: where ordinary requests get different answers,
// one that works does, too.
func (x *exchange) reads() bool {
	return !slices.ContainsFunc(x.kinds, func(kind string) bool { return kind != "sqli" && kind != "lfi" && kind != "xss" })
}

// isEchoed reports whether the answer repeats a script as it was sent, which is the effect.
func (x *exchange) isEchoed() bool {
	return hasTag(x.kinds, "xss") && slices.ContainsFunc(x.payloads, func(p string) bool { return strings.Contains(x.body, p) })
}

// isText reports whether a page repeats a script with each sign escaped that a browser could take for markup, and nowhere
// without.
func (x *exchange) isText() bool {
	if len(x.kinds) != 1 || x.kinds[0] != "xss" || x.tx.Method != "GET" || x.tx.Status/100 != 2 || !x.isHTML() || x.tx.ResponseBody.Truncated {
		return false
	}
	isText := false
	for _, p := range x.payloads {
		if !strings.ContainsAny(p, `<"`) {
			continue
		}
		if strings.Contains(x.body, p) {
			return false
		}
		isText = isText || slices.ContainsFunc(escaped(p), func(e string) bool { return strings.Contains(x.body, e) })
	}
	return isText
}

// wouldShow reports whether the answer would have been another one, had the attack worked: what it asks for is printed.
func (x *exchange) wouldShow() bool {
	for _, kind := range x.kinds {
		switch kind {
		case "lfi":
			return true
		case "xss":
			return x.tx.Method == "GET"
		case "sqli":
			return unionWords.MatchString(x.lower)
		case "rce", "injection-php", "injection-generic", "injection-java":
			return arithmetic.MatchString(x.payload) || printingWords.MatchString(x.lower)
		}
	}
	return false
}
