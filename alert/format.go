package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Format is how an alert is written.
type Format string

// The formats of alerts.
const (
	MSA  Format = "msa"  // flat, with the original MSA's keys
	ECS  Format = "ecs"  // Elastic Common Schema
	OCSF Format = "ocsf" // Open Cybersecurity Schema Framework
	CEF  Format = "cef"  // ArcSight's Common Event Format, a line of text
	LEEF Format = "leef" // QRadar's Log Event Extended Format, a line of text

	ModSecurity Format = "modsecurity" // the audit log of libmodsecurity 3 in JSON
	Falco       Format = "falco"       // Falco's output events in JSON
)

// Formats are the names of all formats.
func Formats() []string {
	return []string{string(MSA), string(ECS), string(OCSF), string(CEF), string(LEEF), string(ModSecurity), string(Falco)}
}

// IsText reports whether an alert is nothing but a line of text, so that without a key for it little is left.
func (f Format) IsText() bool { return f == CEF || f == LEEF }

// The product as other formats name it.
const (
	vendorName  = "MSA"
	productName = "ModSecurity for Anylog"
)

// uid tells alerts apart. It is the same wherever the same record gives the same alert.
func (a *Alert) uid() string {
	if a.id != "" {
		return a.id
	}
	return a.uidOf(a.unidentified().JSON())
}

// uidOf is uid where the text of the alert without it is there already.
func (a *Alert) uidOf(unidentified []byte) string {
	h := sha256.New()
	h.Write(unidentified)
	h.Write(strconv.AppendInt(nil, a.time.UnixNano(), 10))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// status is the response's, 0 if it is unknown.
func (a *Alert) status() int {
	if a.tx.Status > 0 {
		return a.tx.Status
	}
	n, err := strconv.Atoi(a.tx.Alert.Status)
	if err != nil || n < 0 || n > 999 {
		return 0
	}
	return n
}

// techniques are the MITRE ATT&CK ones among what the rules name.
func (a *Alert) techniques() (all []string) {
	for _, id := range attacks(a.Rules) {
		if isTechnique(id) {
			all = append(all, id)
		}
	}
	return all
}

// ipOf is an address if it is one that a receiver's field of type IP accepts, and "" if not: a log may have anything there.
func ipOf(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	return ip.WithZone("").String()
}

// portOf is 0 if the text is no port.
func portOf(text string) int {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// splitURI takes a URI apart as it is logged, however malformed. A # belongs to what it stands in: requests have no
// fragment, but attacks end SQL with one.
func splitURI(uri string) (scheme, path, query string) {
	if before, rest, ok := strings.Cut(uri, "://"); ok && isScheme(before) {
		scheme, uri = strings.ToLower(before), ""
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			uri = rest[i:]
		}
	}
	path, query, _ = strings.Cut(uri, "?")
	return scheme, path, query
}

func isScheme(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

// headersOf reads the head of a message as an alert shows it, so that masked values stay masked. What is no header is
// passed over.
func headersOf(head string) (all []mapping.Header) {
	for line := range strings.SplitSeq(head, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			break
		}
		if n := len(all); n > 0 && (line[0] == ' ' || line[0] == '\t') {
			all[n-1].Value += " " + strings.TrimSpace(line) // obsolete folding, RFC 9112 section 5.2
			continue
		}
		// The request or status line has a space before any colon.
		if name, value, ok := strings.Cut(line, ":"); ok && name != "" && !strings.ContainsAny(name, " \t") {
			all = append(all, mapping.Header{Name: name, Value: strings.TrimSpace(value)})
		}
	}
	return all
}

func userAgentOf(head string) string {
	for _, h := range headersOf(head) {
		if strings.EqualFold(h.Name, "User-Agent") {
			return h.Value
		}
	}
	return ""
}

// addOwn adds what no schema but MSA's own has a place for.
func (a *Alert) addOwn(o *object, s *shown) {
	o.add("incident_id", a.Incident)
	o.add("attack", attacks(a.Rules))
	o.add("detector", a.Detector)
	o.add("evidence", a.Evidence)
	o.add("confidence", a.Confidence)
	o.add("confidence_reasons", a.ConfidenceReasons)
	o.add("outcome", a.outcome())
	o.add("outcome_evidence", a.OutcomeEvidence)
	o.add("uninspected", a.Uninspected)
	o.add("message", s.message)
	o.add("forward", s.forward)
	o.add("source", s.source)
	o.add("host", s.host)
	o.add("geoip", a.tx.Alert.GeoIP)
	*o = append(*o, a.workloads()...)
}
