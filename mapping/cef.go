package mapping

import "strings"

// Firewalls and gateways write their events for a SIEM as CEF or LEEF: a head of fields between bars, then pairs of
// key=value.
//
// Sources: Micro Focus, "ArcSight Common Event Format"; IBM, "Log Event Extended Format".

// readCEF calls visit with the fields of an event in CEF, and reports whether the line is one. Its pairs are parted by
// spaces, and so are the words of a value: a value ends before the next key.
func readCEF(line string, visit func(key, value string)) bool {
	_, pairs, ok := readEvent(line, "CEF:", 7, visit)
	if !ok {
		return false
	}
	spacedPairs(pairs, func(key, value string) { visit(key, decodeCEF(value)) })
	return true
}

// readLEEF does the same with LEEF, whose pairs are parted by tabs, or by what version 2 names in its head. Who carries
// a line may have made spaces of its tabs.
func readLEEF(line string, visit func(key, value string)) bool {
	version, pairs, ok := readEvent(line, "LEEF:", 5, visit)
	if !ok {
		return false
	}
	separator := "\t"
	if strings.HasPrefix(version, "LEEF:2") {
		var name string
		if name, pairs, _ = strings.Cut(pairs, "|"); name != "" {
			separator = leefSeparator(name)
		}
	}
	if strings.Count(pairs, "=") > 1 && !strings.Contains(pairs, separator) {
		spacedPairs(pairs, visit)
		return true
	}
	for pairs != "" {
		var one string
		one, pairs, _ = strings.Cut(pairs, separator)
		if key, value, ok := strings.Cut(one, "="); ok {
			visit(trimSpace(key), value)
		}
	}
	return true
}

// leefSeparator is the character that a LEEF 2 head names: itself, or its number as x5E or 0x5E.
func leefSeparator(name string) string {
	digits, ok := strings.CutPrefix(strings.TrimPrefix(name, "0"), "x")
	if ok && len(digits) == 2 {
		if c, ok := hexDigits(digits, 0, 2); ok {
			return string(c)
		}
	}
	return name
}

// readEvent calls visit with the maker of an event, whose head has n fields, and gives back the first field and the pairs.
func readEvent(line, mark string, n int, visit func(key, value string)) (version, pairs string, ok bool) {
	at := eventStart(line, mark)
	if mark == "CEF:" && len(line) > 2 && (line[0] == '0' || line[0] == '1') && line[1] == '|' {
		at = 0 // a syslog daemon took CEF: for the program's name
	}
	if at < 0 {
		return "", "", false
	}
	head, pairs := eventHead(line[at:], n)
	if pairs == "" {
		return "", "", false
	}
	visit("device_vendor", head[1])
	visit("device_product", head[2])
	return head[0], pairs, true
}

// eventStart is where an event begins: with the line, or behind a word that a syslog daemon wrote.
func eventStart(line, mark string) int {
	at := strings.Index(line, mark)
	if at > 0 && !isSpace(line[at-1]) {
		return -1
	}
	return at
}

// eventHead parts the fields before the pairs. A bar in one of them has a backslash before it.
func eventHead(s string, n int) (head []string, pairs string) {
	from := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '|':
			head = append(head, s[from:i])
			if from = i + 1; len(head) == n {
				return head, s[from:]
			}
		}
	}
	return nil, ""
}

// spacedPairs calls visit with pairs whose values may have spaces in them.
func spacedPairs(s string, visit func(key, value string)) {
	key, from := "", 0
	for i := 0; i < len(s); i++ {
		if i > 0 && !isSpace(s[i-1]) {
			continue
		}
		name, after, ok := cutKey(s[i:], "_.-[]")
		if !ok {
			continue
		}
		if key != "" {
			visit(key, strings.TrimRight(s[from:i], " "))
		}
		key, from = name, len(s)-len(after)
		i = from - 1
	}
	if key != "" {
		visit(key, strings.TrimRight(s[from:], " \r"))
	}
}

// decodeCEF undoes the escapes of a value: \= \\ \| \n \r.
func decodeCEF(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return cefEscapes.Replace(s)
}

var cefEscapes = strings.NewReplacer(`\\`, `\`, `\=`, `=`, `\|`, `|`, `\n`, "\n", `\r`, "\r")
