package alert

import (
	"strconv"
	"strings"
)

// leefDelimiter stands between attributes. The default is a tab, which relays of syslog such as rsyslog rewrite.
const leefDelimiter = "^"

// LEEF has no way to write the delimiter or a line break in a value. They become escapes as in C, and so that these can be
// told from what looks like them, \ does too.
var leefValue = strings.NewReplacer(`\`, `\\`, leefDelimiter, `\x5e`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

// leefText is a LEEF event that is being written.
type leefText struct {
	b     strings.Builder
	delim bool
}

// newLEEF begins an event with its header, all of which is MSA's own, so that nothing in it needs escaping.
func newLEEF(id string) *leefText {
	l := &leefText{}
	l.b.WriteString("LEEF:2.0|" + vendorName + "|" + productName + "|" + Version + "|" + id + "|" + leefDelimiter + "|")
	return l
}

// add adds an attribute, unless its value is empty.
func (l *leefText) add(key, value string, most int) {
	if value == "" {
		return
	}
	if l.delim {
		l.b.WriteString(leefDelimiter)
	}
	l.delim = true
	l.b.WriteString(key + "=" + leefValue.Replace(cut(printable(value), most)))
}

// leef is the alert in QRadar's Log Event Extended Format 2.0.
func (a *Alert) leef() string {
	tx, s := a.tx, a.shown()
	l := newLEEF(strconv.Itoa(a.Match.RuleID))
	add := l.add
	address := func(key, name, address string) {
		if ip := ipOf(address); ip != "" {
			add(key, ip, longestValue)
		} else {
			add(name, address, longestValue)
		}
	}
	add("devTime", strconv.FormatInt(a.time.UnixMilli(), 10), longestValue)
	add("sev", sentSeverity(a.Severity()), longestValue)
	add("cat", orElse(category(a.Match.Tags), a.Detector), longestValue)
	address("src", "srcName", tx.Client.Address)
	add("srcPort", numeric(portOf(tx.Client.Port)), longestValue)
	address("dst", "dstName", tx.Server.Address)
	add("dstPort", numeric(portOf(tx.Server.Port)), longestValue)
	add("msg", a.Match.Message, longestName)
	add("usrName", tx.ClientWorkload.Account, longestValue)
	add("impersonates", tx.ClientWorkload.Impersonates, longestValue)
	add("clientWorkload", tx.ClientWorkload.String(), longestValue)
	add("serverWorkload", tx.ServerWorkload.String(), longestValue)
	add("serverAccount", tx.ServerWorkload.Account, longestValue)
	add("method", s.method, longestValue)
	add("domain", s.domain, longestValue)
	add("url", s.uri, longestValue)
	add("status", numeric(a.status()), longestValue)
	add("userAgent", userAgentOf(s.requestHead), longestValue)
	add("matched", a.matched(), longestValue)
	add("direction", a.Direction, longestValue)
	add("attack", strings.Join(attacks(a.Rules), ","), longestValue)
	add("rules", a.ruleIDs(), longestValue)
	add("scoreIn", strconv.Itoa(a.ScoreIn), longestValue)
	add("scoreOut", strconv.Itoa(a.ScoreOut), longestValue)
	add("confidence", strconv.Itoa(a.Confidence), longestValue)
	add("outcome", a.outcome(), longestValue)
	add("outcomeEvidence", strings.Join(a.OutcomeEvidence, "; "), longestValue)
	add("incidentId", a.Incident, longestValue)
	add("detector", a.Detector, longestValue)
	add("evidence", a.Evidence, longestValue)
	add("uninspected", strings.Join(a.Uninspected, ","), longestValue)
	add("host", s.host, longestValue)
	add("kubernetes", a.Kubernetes.workload(), longestValue)
	add("tag", a.Tag, longestValue)
	add("preset", tx.Preset, longestValue)
	return l.b.String()
}
