package alert

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textObject is the record of a format whose alerts are one line of text: beside the text, what outputs route by and
// Fluent Bit's Syslog_Severity_Key reads.
func (a *Alert) textObject() object {
	o := object{
		{"severity", strconv.Itoa(a.Severity())}, {"rule_id", strconv.Itoa(a.Match.RuleID)},
		{"src_ip", a.tx.Client.Address}, {"dst_ip", a.tx.Server.Address},
	}
	o.add("incident_id", a.Incident)
	return o
}

// printable is text in valid UTF-8 that is one line in any reading, but for \n, \r and \t, which formats escape. Other
// control characters of ASCII become their pictures (U+2400 for NUL), so that they can still be told; what else would end a
// line, or is no UTF-8, becomes U+FFFD.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return r
		case r < ' ':
			return 0x2400 + r
		case r == 0x7f:
			return 0x2421
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return utf8.RuneError
		}
		return r
	}, s)
}

// cut is the text's first so many characters.
func cut(s string, most int) string {
	for i := range s {
		if most == 0 {
			return s[:i]
		}
		most--
	}
	return s
}

// The longest values, in characters, as CEF's dictionary has them. LEEF states none, but QRadar cuts what is longer than a
// datagram: with the same limits the end of an alert is not lost to a long URL.
const (
	longestName  = 512
	longestValue = 1023
	longestList  = 4000
)

// sentSeverities are severities 0 (emergency) to 7 (debug) as CEF and LEEF have them, where 10 is the worst.
var sentSeverities = [8]int{10, 9, 8, 7, 5, 3, 2, 1}

func sentSeverity(severity int) string { return strconv.Itoa(sentSeverities[min(max(severity, 0), 7)]) }

// ruleIDs are those of all matches, a comma list.
func (a *Alert) ruleIDs() string {
	ids := make([]string, len(a.Rules))
	for i := range a.Rules {
		ids[i] = strconv.Itoa(a.Rules[i].RuleID)
	}
	return strings.Join(ids, ",")
}

// workload is namespace/pod/container, or as much of it as is known.
func (k Kubernetes) workload() string {
	return strings.Trim(k.Namespace+"/"+k.Pod+"/"+k.Container, "/")
}

// numeric is the decimal of a number, "" for 0.
func numeric(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// isIPv4 reports whether an address is one that CEF's src, dst and dvc take; they take no IPv6.
func isIPv4(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.Is4()
}
