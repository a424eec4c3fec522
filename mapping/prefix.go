package mapping

import (
	"net/netip"
	"regexp"
	"strings"
)

// Collectors, terminals and syslog write something of their own before a line. peel knows these prefixes, so
// that no reader of a format has to: what a line says stays what it says, whoever carried it.
//
// A line is tried as it is first, then without its outermost prefix, and so on, as some formats begin with what
// would be a prefix of another one: IIS with a date, Envoy with a bracket.

// origin is what the prefixes of a line tell: when and where it was written.
type origin struct {
	stamp, host string
}

// maxLayers bounds how many prefixes may stand before one line.
const maxLayers = 8

// layers appends a line to lines, and what is left of it after each prefix is cut off.
func layers(lines []string, line string, o *origin) []string {
	line = strings.Trim(line, " \t\r\n")
	if strings.IndexByte(line, '\x1b') >= 0 || strings.Contains(line, "#033[") {
		line = withoutColours(line)
	}
	line = strings.TrimPrefix(line, byteOrderMark)
	first := len(lines)
	for len(lines)-first < maxLayers {
		lines = append(lines, line)
		rest, ok := peel(line, o)
		if !ok || rest == "" {
			break
		}
		line = strings.TrimPrefix(strings.TrimLeft(rest, " \t"), byteOrderMark)
	}
	if rest := fromAddress(line); rest != "" {
		lines = append(lines, rest)
	}
	return lines
}

// The prefixes, by how they begin. Sources: RFC 3164, 4.1; RFC 5424, 6; Kubernetes, "CRI container log format";
// systemd, journalctl(1), -o; docker compose and docker service, logs; kubectl, logs --prefix; cf, logs.
var (
	priority = regexp.MustCompile(`^(?:\d{1,6} )?<\d{1,3}>(?:[1-9]\d?  ?)?`)
	isoStamp = regexp.MustCompile(`^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?)(?:\[[\w/+-]+\]| [A-Z]{3,4})?:?[ \t]+`)
	bsdStamp = regexp.MustCompile(`^([A-Z][a-z]{2} [ \d]?\d(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d{1,9})?(?: \d{4})?)(?: [A-Z]{3,4})?:?[ \t]+`)
	dayName  = regexp.MustCompile(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? `)
	numeric  = regexp.MustCompile(`^(\d{10}\.\d{1,9}|\d{1,2}:\d\d:\d\d(?:\.\d{1,9})?|\[ *\d+\.\d+\])[ \t]+`)
	cri      = regexp.MustCompile(`^std(?:out|err) [FP](?::\w+)* `)
	// HOST APP PROCID MSGID, and structured data or its -.
	syslog5424 = regexp.MustCompile(`^(\S+) (\S+) (\S+) (\S+) (?:-(?: |$)|(\[[^\s\]="]+(?:\]| [^\s\]="]+=")))`)
	// HOST TAG[PID]: or only one of them.
	syslogTag = regexp.MustCompile(`^(?:([^\s:"{\[]+)[ \t]+)?[A-Za-z0-9_./@()+-]{1,128}(?:\[[^\]\s"]*\])?:(?:[ \t]+|$)`)
	// web_1  |, 0|app  |, web.1.x@node  |
	service = regexp.MustCompile(`^[A-Za-z0-9_.@|/-]{1,128} *\| `)
	pod     = regexp.MustCompile(`^\[(?:pod|deployment|job|statefulset|daemonset)/[^\]\s]+\] `)
	// cf logs: [RTR/0] OUT, [APP/PROC/WEB/0] ERR
	cloudFoundry = regexp.MustCompile(`^\[[A-Z]+(?:/[\w.-]+)+\] +(?:OUT|ERR) `)
	inFile       = regexp.MustCompile(`^[^\s"{\[]*\.(?:log|gz|txt|out)(?:[-.][\w.-]+)?:(?:\d+:)?`)
	// INFO, [notice], level=info, Python's INFO:name: and the like between a stamp and what was logged.
	level = regexp.MustCompile(`^\[?(?i:trace|debug|info|notice|warn|warning|error)\]?:?[ \t]+|^(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):[\w.]+:`)
)

// peel cuts one prefix off a line.
func peel(s string, o *origin) (rest string, ok bool) {
	if s == "" {
		return "", false
	}
	cutOff := func(re *regexp.Regexp) bool {
		at := re.FindStringIndex(s)
		if at != nil {
			rest = s[at[1]:]
		}
		return at != nil
	}
	stamped := func(re *regexp.Regexp) bool {
		at := re.FindStringSubmatchIndex(s)
		if at == nil {
			return false
		}
		o.stamp, rest = s[at[2]:at[3]], s[at[1]:]
		if tagged, ok := syslogHead(rest, o); ok && !cri.MatchString(rest) && !cloudFoundry.MatchString(rest) {
			rest = tagged
		}
		return true
	}
	switch c := s[0]; {
	case c == '<':
		if !cutOff(priority) {
			return "", false
		}
		if isoStamp.MatchString(rest) || bsdStamp.MatchString(rest) {
			return rest, true
		}
		if tagged, ok := syslogHead(rest, o); ok {
			rest = tagged
		}
		return rest, true
	case c == '[':
		return rest, stamped(numeric) || cutOff(pod) || cutOff(cloudFoundry) || cutOff(level)
	case c == 's' && cutOff(cri):
		return rest, true
	case '0' <= c && c <= '9':
		return rest, len(s) > 4 && s[4] == '-' && stamped(isoStamp) || stamped(numeric) || cutOff(priority) && strings.IndexByte(s[:min(len(s), 8)], '<') > 0 || cutOff(service)
	case c >= 'A' && c <= 'Z' && len(s) > 3 && (s[3] == ' ' || s[3] == ','):
		if stamped(bsdStamp) || cutOff(dayName) {
			return rest, true
		}
	}
	return rest, cutOff(service) || cutOff(inFile) || cutOff(level)
}

// syslogHead cuts off what stands between the time and the message: HOST TAG:, or RFC 5424's four words and
// structured data.
func syslogHead(s string, o *origin) (rest string, ok bool) {
	if at := syslogTag.FindStringSubmatchIndex(s); at != nil && !isAddressWord(s) {
		if at[2] >= 0 {
			o.host = s[at[2]:at[3]]
		}
		return s[at[1]:], true
	}
	at := syslog5424.FindStringSubmatchIndex(s)
	if at == nil {
		return "", false
	}
	for i := 4; i <= 8; i += 2 { // the host's name alone may be an address
		if isAddress(s[at[i]:at[i+1]]) {
			return "", false
		}
	}
	rest = s[at[1]:]
	if at[10] >= 0 {
		if rest, ok = structuredData(s[at[10]:]); !ok {
			return "", false
		}
	}
	if host := s[at[2]:at[3]]; host != "-" {
		o.host = host
	}
	return rest, true
}

// structuredData cuts off RFC 5424's [id name="value" …], of which there may be several.
func structuredData(s string) (rest string, ok bool) {
	for strings.HasPrefix(s, "[") {
		quoted := false
		end := -1
		for i := 1; i < len(s) && end < 0; i++ {
			switch {
			case quoted && s[i] == '\\':
				i++
			case s[i] == '"':
				quoted = !quoted
			case s[i] == ']' && !quoted:
				end = i
			}
		}
		if end < 0 {
			return "", false
		}
		s = s[end+1:]
	}
	return strings.TrimLeft(s, " "), s == "" || s[0] == ' '
}

// fromAddress is the line from its first word that is an address, when words stand before it that no prefix
// explains: a duration, a host name, a container. Words behind a quote or a bracket are somebody's text.
func fromAddress(s string) string {
	if isAddressWord(s) && !isTagged(s) {
		return ""
	}
	at := 0
	for range 10 {
		i := strings.IndexAny(s[at:], " \t")
		if i < 0 {
			return ""
		}
		word := s[at : at+i]
		if at > 0 && isAddressWord(s[at:]) {
			return s[at:]
		}
		if strings.IndexByte(word, '"') >= 0 || strings.HasPrefix(word, "{") || s[at+i] == '\t' && strings.Count(s[at:], "\t") > 3 { // a column
			return ""
		}
		at += i
		for at < len(s) && (s[at] == ' ' || s[at] == '\t') {
			at++
		}
	}
	return ""
}

// isTagged reports whether the second word of a text is a syslog tag: the first one is the host's.
func isTagged(s string) bool {
	words := strings.Fields(s[:min(len(s), 256)])
	return len(words) > 1 && strings.HasSuffix(words[1], ":")
}

// isAddressWord reports whether a text's first word is an address, with or without a port.
func isAddressWord(s string) bool {
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		s = s[:i]
	}
	return isAddress(s)
}

// isAddress reports whether a text is an IP address, with or without a port.
func isAddress(s string) bool {
	_, ok := parseAddress(s)
	return ok
}

// parseAddress reads an address, with or without a port.
func parseAddress(s string) (netip.Addr, bool) {
	if len(s) < 2 || len(s) > 64 {
		return netip.Addr{}, false
	}
	if c := s[0]; c != '[' && c != ':' && !isHexDigit(c) { // the error of what is none costs an allocation
		return netip.Addr{}, false
	}
	host, _ := splitAddress(s)
	if strings.IndexByte(host, '.') < 0 && strings.IndexByte(host, ':') < 0 {
		return netip.Addr{}, false
	}
	ip, err := ParseAddress(host)
	if err != nil {
		// HAProxy writes an IPv6 address and its port without brackets.
		i := strings.LastIndexByte(host, ':')
		if i <= 0 || strings.Count(host, ":") != 8 {
			return netip.Addr{}, false
		}
		ip, err = ParseAddress(host[:i])
	}
	return ip, err == nil
}

func isHexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// isHostName reports whether a text can be the name of a host.
func isHostName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	letters := false
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
			letters = true
		case '0' <= c && c <= '9':
		case (c == '-' || c == '.') && i > 0:
		default:
			return false
		}
	}
	return letters
}

// withoutColours removes the terminal's colours (ESC [ … m, or rsyslog's #033 for ESC) around quotes and outside of
// them. Between quotes they are what somebody sent.
func withoutColours(s string) string {
	out := make([]byte, 0, len(s))
	quoted := false
	for i := 0; i < len(s); i++ {
		if n := colour(s[i:]); n > 0 {
			behindQuote := len(out) > 0 && out[len(out)-1] == '"'
			beforeQuote := i+n < len(s) && s[i+n] == '"'
			if !quoted || behindQuote || beforeQuote {
				i += n - 1
				continue
			}
		}
		if s[i] == '"' && !escaped(s, i) {
			quoted = !quoted
		}
		out = append(out, s[i])
	}
	return view(out)
}

// colour is how long the colour at the start of s is, 0 when there is none.
func colour(s string) int {
	rest, ok := strings.CutPrefix(s, "\x1b[")
	if !ok {
		if rest, ok = strings.CutPrefix(s, "#033["); !ok {
			return 0
		}
	}
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == 'm' || c == 'K':
			return len(s) - len(rest) + i + 1
		case c != ';' && (c < '0' || c > '9'):
			return 0
		}
	}
	return 0
}
