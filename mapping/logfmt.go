package mapping

import "strings"

// readLogfmt calls visit with the pairs of a line of key=value, and returns how many there are and what is not in any: what
// stands before them, such as a level and a time, and words between them. A value may stand in quotes, or in braces or
// brackets, as Ruby and Go write maps and lists. Firewalls write commas between pairs whose values stand in quotes.
func readLogfmt(line string, visit func(key, value string)) (pairs int, before string, rest []string) {
	ends := " \t"
	if strings.Count(line, "\t") > 2 {
		ends = "\t"
	}
	whole := trimSpace(line)
	for line = whole; line != ""; line = trimSpace(line) {
		key, after, ok := cutKey(line, "_.-@")
		if name, behind, tagged := strings.Cut(line, ":"); !ok && pairs == 0 && tagged && isName(name) { // ASM:attack_type="…"
			if key, after, ok = cutKey(behind, "_.-@"); ok {
				line = behind
			}
		}
		if !ok {
			var word string
			if word, line = cutWord(line); pairs > 0 {
				rest = append(rest, word)
			} else {
				before = whole[:len(whole)-len(line)]
			}
			continue
		}
		end := valueEnd(after, ends)
		value := after[:end]
		if n := len(value); n > 1 && value[n-1] == value[0] && (value[0] == '"' || value[0] == '\'' && quoteEnd(value, 0) == n) {
			value = decodeBackslash(value[1 : len(value)-1])
		}
		visit(key, value)
		pairs++
		line = after[end:]
		if value != after[:end] {
			line = strings.TrimPrefix(line, ",")
		}
	}
	return pairs, before, rest
}

// cutKey parts key=value…, where a key is letters, digits and marks.
func cutKey(s, marks string) (key, after string, ok bool) {
	i := 0
	for i < len(s) && (isAlphanumeric(s[i]) || strings.IndexByte(marks, s[i]) >= 0) {
		i++
	}
	if i == 0 || i == len(s) || s[i] != '=' {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

func isName(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// valueEnd is where a value ends: at its quote, where its braces are closed, or at a space, or only at a tab
// where tabs part the pairs. One that is never closed has
// all that is left.
func valueEnd(s, ends string) int {
	if strings.HasPrefix(s, "'") { // of Python
		if end := quoteEnd(s, 0); end > 0 && (end == len(s) || strings.IndexByte(ends, s[end]) >= 0) {
			return end
		}
	}
	if s == "" || strings.IndexByte(`"{[`, s[0]) < 0 {
		if i := strings.IndexAny(s, ends); i >= 0 {
			return i
		}
		return len(s)
	}
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if !quoted && depth == 0 {
			return i + 1
		}
	}
	return len(s)
}

// readLTSV calls visit with the pairs of a line of label:value that tabs part, and returns how many there are.
//
// Source: ltsv.org.
func readLTSV(line string, visit func(key, value string)) (pairs int) {
	for line != "" {
		var one string
		one, line, _ = strings.Cut(line, "\t")
		label, value, ok := strings.Cut(one, ":")
		if !ok || strings.IndexByte(label, ' ') >= 0 {
			return 0
		}
		visit(label, value)
		pairs++
	}
	return pairs
}
