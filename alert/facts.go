package alert

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// Facts are what an alert says, for those who put alerts together. Its texts are copies, each of one line and not longer
// than a sentence.
type Facts struct {
	ID   string
	Time time.Time

	Client         string // address, or a name
	Forwarded      string // address outside for which the client, which is inside, is a proxy
	ClientWorkload string
	Account        string // whom the client authenticates as
	Server         string // address
	ServerWorkload string
	Service        string // host that the client asked for, or the server's address
	Direction      string

	Method, Path string // without the query
	Request      uint64 // the same where a proxy passes the request on

	What       string   // was tried, in words
	Kind       string   // of attack, as CRS names it: sqli
	Techniques []string // of MITRE ATT&CK: of the rule that stands for all
	Rule       int
	Detector   string

	Severity, Confidence int
	Outcome              triage.Outcome
	Evidence             string // of success
	Data                 []Datum
	IsData               bool // nothing but sensitive data in an answer, which is no attack
}

// Datum is sensitive data in an answer.
type Datum struct {
	Kind string // payment card number
	Hash uint64 // the same for the same answer
}

// Lengths of texts of facts, in characters.
const (
	longestFact     = 100
	longestEvidence = 160
	hashedData      = 4 << 10 // bytes of an answer
)

// kindNames are the kinds of attacks as CRS tags them, in words.
var kindNames = map[string]string{
	"sqli": "SQL injection", "xss": "cross-site scripting", "rce": "execution of commands", "lfi": "reading files",
	"rfi": "inclusion of remote files", "ssrf": "server-side request forgery", "ssti": "template injection", "xxe": "external entities of XML",
	"injection-php": "PHP injection", "injection-java": "Java injection", "injection-generic": "code injection", "generic": "code injection",
	"fixation": "session fixation", "protocol": "abuse of HTTP", "multipart-header": "abuse of HTTP", "reputation-scanner": "scanning",
	"scanner": "scanning", "deprecated-header": "abuse of HTTP", "webshell": "web shells", "dos": "denial of service",
}

// Facts says what the alert says, which must not be changed afterwards.
func (a *Alert) Facts() Facts {
	a.settled = a.unidentified()
	a.text, a.idsAt = a.settled.jsonWith(originalKeys)
	a.id = a.uidOf(a.text)
	tx, s := a.tx, a.shown()
	_, path, _ := splitURI(s.uri)
	f := Facts{
		ID: a.id, Time: a.time,
		Client: strings.Clone(tx.Client.Address), ClientWorkload: tx.ClientWorkload.String(), Account: strings.Clone(tx.ClientWorkload.Account),
		Server: strings.Clone(tx.Server.Address), ServerWorkload: tx.ServerWorkload.String(), Direction: a.Direction,
		Service: fact(withoutPort(orElse(s.domain, tx.Server.Address))), Method: fact(s.method), Path: fact(path), Request: requestHash(s.uri),
		Kind: category(a.Match.Tags), Rule: a.Match.RuleID, Detector: a.Detector,
		Severity: a.Severity(), Confidence: a.Confidence, Outcome: triage.Outcome(a.outcome()),
	}
	f.Forwarded = forwardedFor(tx.Client.Address, s.forward, a.internal)
	f.tell(a.Match.Tags, a.Match.Message, a.Evidence, a.OutcomeEvidence)
	f.addData(a.Rules, func(m *engine.Match) (inAnswer, isEvidence bool) { return m.Phase >= 3, m.IsEvidence() })
	return f
}

// requestHash is that of the last part of the path with the query: proxies change what stands before.
func requestHash(uri string) uint64 {
	path, _, _ := strings.Cut(uri, "?")
	return xxhash.Sum64String(uri[strings.LastIndexByte(path, '/')+1:])
}

// fact is a copy of a text, in one line.
func fact(s string) string {
	if len(s) <= longestFact && isPlain(s) {
		return strings.Clone(s)
	}
	return sentence(s, longestFact)
}

// sentence is a copy of a text, in one line of so many characters. What is so already would be the text itself.
func sentence(s string, most int) string { return strings.Clone(shorten(oneLine(s), most)) }

// isPlain reports whether text is printable ASCII without spaces.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// isOwn reports whether a rule is one of MSA's about a cloud or about data, whose messages say more than the kind.
func isOwn(tags []string) bool {
	return slices.ContainsFunc(tags, func(t string) bool { return t == "lateral-movement" || t == "sensitive-data" })
}

// dataKind is "payment card number" of "Sensitive data: payment card number in a response".
func dataKind(message string) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(message, "Sensitive data: "), " in a")
	return fact(kind)
}

// techniquesOf are the MITRE ATT&CK techniques among tags.
func techniquesOf(tags []string) (all []string) {
	for _, t := range tags {
		if name := t[strings.LastIndexByte(t, '/')+1:]; isTechnique(name) {
			all = append(all, strings.ToUpper(name))
		}
	}
	return all
}

// outside is the address outside that proxies name: the last of theirs, as what stands before is the client's to choose.
func outside(forwarded string, internal []netip.Prefix) string {
	for forwarded != "" {
		i := strings.LastIndexByte(forwarded, ',')
		ip, err := mapping.ParseAddress(strings.TrimSpace(forwarded[i+1:]))
		if err == nil && !ip.IsUnspecified() && !slices.ContainsFunc(internal, func(p netip.Prefix) bool { return p.Contains(ip) }) {
			return ip.String()
		}
		forwarded = forwarded[:max(i, 0)]
	}
	return ""
}

// withoutPort is a host without its port; an IPv6 address stays as it is.
func withoutPort(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > 0 && strings.IndexByte(host, ':') == i {
		return host[:i]
	}
	return host
}
