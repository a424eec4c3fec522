package alert

import (
	"strconv"
	"strings"
)

// CEF escapes \ and | in its header, which can have no line breaks, and \, = and line breaks in its extension. A tab is
// neither, but some receivers take it for the end of a value.
var (
	cefHeader    = strings.NewReplacer(`\`, `\\`, `|`, `\|`, "\n", " ", "\r", " ", "\t", " ")
	cefExtension = strings.NewReplacer(`\`, `\\`, `=`, `\=`, "\n", `\n`, "\r", `\r`, "\t", " ")
)

// cefText is a CEF event that is being written.
type cefText struct {
	b     strings.Builder
	space bool
}

// newCEF begins an event with its header.
func newCEF(id, name string, severity int) *cefText {
	c := &cefText{}
	c.b.WriteString("CEF:0")
	for _, field := range []string{vendorName, productName, Version, id, name, sentSeverity(severity)} {
		c.b.WriteString("|" + cefHeader.Replace(cut(printable(field), longestName)))
	}
	c.b.WriteByte('|')
	return c
}

// add adds to the extension, unless the value is empty.
func (c *cefText) add(key, value string, most int) {
	if value == "" {
		return
	}
	if c.space {
		c.b.WriteByte(' ')
	}
	c.space = true
	c.b.WriteString(key + "=" + cefExtension.Replace(cut(printable(value), most)))
}

// custom adds a custom field with its label.
func (c *cefText) custom(key, label, value string, most int) {
	if value != "" {
		c.add(key, value, most)
		c.add(key+"Label", label, longestValue)
	}
}

// address adds an endpoint's address under the key that is for such: IPv4, IPv6, or a name.
func (c *cefText) address(v4, v6, label, name, address string) {
	switch ip := ipOf(address); {
	case isIPv4(ip):
		c.add(v4, ip, longestValue)
	case ip != "":
		c.custom(v6, label, ip, longestValue)
	default:
		c.add(name, address, longestValue)
	}
}

// cef is the alert in ArcSight's Common Event Format, version 0.
func (a *Alert) cef() string {
	tx, s := a.tx, a.shown()
	ruleID := strconv.Itoa(a.Match.RuleID)
	c := newCEF(ruleID, orElse(a.Match.Message, "rule "+ruleID), a.Severity())
	c.add("rt", strconv.FormatInt(a.time.UnixMilli(), 10), longestValue)
	c.add("externalId", a.Incident, longestValue)
	c.add("cat", category(a.Match.Tags), longestValue)
	c.address("src", "c6a2", "Source IPv6 Address", "shost", tx.Client.Address)
	c.add("spt", numeric(portOf(tx.Client.Port)), longestValue)
	c.address("dst", "c6a3", "Destination IPv6 Address", "destinationServiceName", tx.Server.Address)
	c.add("dpt", numeric(portOf(tx.Server.Port)), longestValue)
	c.add("dhost", s.domain, longestValue)
	c.add("sourceServiceName", tx.ClientWorkload.String(), longestValue)
	if ipOf(tx.Server.Address) != "" || tx.Server.Address == "" { // else it is where a name stands
		c.add("destinationServiceName", tx.ServerWorkload.String(), longestValue)
	}
	c.add("suser", tx.ClientWorkload.Account, longestValue)
	c.add("duser", orElse(tx.ClientWorkload.Impersonates, tx.ServerWorkload.Account), longestValue)
	switch a.Direction {
	case "inbound":
		c.add("deviceDirection", "0", longestValue)
	case "outbound":
		c.add("deviceDirection", "1", longestValue)
	}
	c.add("requestMethod", s.method, longestValue)
	c.add("request", s.uri, longestValue)
	c.add("requestClientApplication", userAgentOf(s.requestHead), longestValue)
	c.add("msg", a.matched(), longestValue)
	c.add("outcome", a.outcome(), longestValue)
	c.add("reason", orElse(a.Evidence, strings.Join(a.OutcomeEvidence, "; ")), longestValue)
	c.address("dvc", "c6a1", "Device IPv6 Address", "dvchost", s.host)
	c.custom("cn1", "HTTP status", numeric(a.status()), longestValue)
	c.custom("cn2", "score_in", strconv.Itoa(a.ScoreIn), longestValue)
	c.custom("cn3", "score_out", strconv.Itoa(a.ScoreOut), longestValue)
	c.custom("cfp1", "confidence", strconv.Itoa(a.Confidence), longestValue)
	c.custom("cs1", "rules", a.ruleIDs(), longestList)
	c.custom("cs2", "direction", a.Direction, longestList)
	c.custom("cs3", "attack", strings.Join(attacks(a.Rules), ","), longestList)
	c.custom("cs4", "detector", a.Detector, longestList)
	c.custom("cs5", "preset", tx.Preset, longestList)
	c.custom("cs6", "kubernetes", a.Kubernetes.workload(), longestList)
	c.custom("flexString1", "uninspected", strings.Join(a.Uninspected, ","), longestValue)
	c.custom("flexString2", "tag", a.Tag, longestValue)
	return c.b.String()
}
