package mapping

import (
	"html"
	"regexp"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// Programs write the fields of a request into a line in many ways: method: GET, path: /x; {'method': 'GET'}; Request[method=GET,
// headers={Host=a}]; {:method :get}; "method"=>"GET"; one a line, as in YAML. A label is a name and a mark between it and its value,
// which in one line is the same for all. A value in quotes or brackets ends with them, and any other where the next label begins or the
// line ends. What stands in brackets, or deeper below a label, and has labels, is a map.

// labelMark is the mark between a name and its value.
type labelMark string

// labelled finds the label of a method, by which the marks of a line are known.
var labelled = regexp.MustCompile(`(?i)(?:method|verb)(["']?)(\s*=>\s*|\s*=|:\s?|\s+)["':]?(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS)\b`)

// mayBeLabelled is what a line has in it that labelled finds, which is cheaper to see.
func mayBeLabelled(line string) bool {
	return containsAny(line, "ethod", "ETHOD", "erb", "ERB")
}

// markOf is the mark of a line's labels, "" if it has none.
func markOf(line string) labelMark {
	if !mayBeLabelled(line) {
		return ""
	}
	at := labelled.FindStringSubmatchIndex(line)
	if at == nil {
		return ""
	}
	switch mark := trimSpace(line[at[4]:at[5]]); mark {
	case "":
		if at[0] > 0 && line[at[1]-1] != '"' { // :request-method :get, of Clojure
			return keywordMark(line[:at[0]])
		}
		return ""
	case ":":
		if strings.HasPrefix(line, `{"`) {
			return "" // JSON
		}
		return ":"
	default:
		return labelMark(mark)
	}
}

// hasMarkedEnds reports whether a mark follows the method of a line of labels, which is no end of a value in logfmt.
func hasMarkedEnds(line string) bool {
	if !mayBeLabelled(line) {
		return false
	}
	at := labelled.FindStringIndex(line)
	return at != nil && at[1] < len(line) && strings.IndexByte(",;|]})'", line[at[1]]) >= 0
}

// keywordMark is a space if the name before which a text ends begins with a colon.
func keywordMark(before string) labelMark {
	i := strings.LastIndexAny(before, ": \t{,")
	if i >= 0 && before[i] == ':' {
		return " "
	}
	return ""
}

// label is where a label is, and where its value begins.
type label struct {
	begin, end int
	name       string
}

// nextLabel is the first label from a place on.
func (mark labelMark) nextLabel(s string, from int) (l label, ok bool) {
	for i := from; i < len(s); i++ {
		if i > 0 && strings.IndexByte(" \t\r\n,;|{[(", s[i-1]) < 0 {
			continue
		}
		if l, ok = mark.labelAt(s, i); ok {
			return l, true
		}
	}
	return l, false
}

// labelAt is the label that begins at a place.
func (mark labelMark) labelAt(s string, at int) (l label, ok bool) {
	i := at
	quote := byte(0)
	if c := s[i]; c == '"' || c == '\'' || mark == " " && c == ':' {
		quote = c
		i++
	}
	name := i
	for i < len(s) && i-name <= maxAnyName && (isAlphanumeric(s[i]) || strings.IndexByte("_.-@/", s[i]) >= 0) {
		i++
	}
	l = label{begin: at, name: s[name:i]}
	if l.name == "" || !isLetter(l.name[0]) || mark == " " && quote != ':' {
		return l, false
	}
	if quote == '"' || quote == '\'' {
		if i == len(s) || s[i] != quote {
			return l, false
		}
		i++
	}
	if mark == ":" {
		if i == len(s) || s[i] != ':' || i+1 < len(s) && strings.IndexByte(" \t\r\n\"'", s[i+1]) < 0 && quote == 0 {
			return l, false
		}
		l.end = i + 1
		return l, true
	}
	for mark != "=" && mark != " " && i < len(s) && s[i] == ' ' {
		i++
	}
	if !strings.HasPrefix(s[i:], string(mark)) || mark == "=" && strings.HasPrefix(s[i:], "=>") {
		return l, false
	}
	l.end = i + len(mark)
	return l, true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// appendLabels appends a map of what is labelled in a text, and reports whether anything is.
func (mark labelMark) appendLabels(b []byte, s string, depth int) (out []byte, n int) {
	if depth == maxAnyDepth {
		return b, 0
	}
	start := len(b)
	b = append(b, 0xdf, 0, 0, 0, 0) // a map of 32 bits
	for at := 0; n < maxLookedAt; n++ {
		l, ok := mark.nextLabel(s, at)
		if !ok {
			break
		}
		value := s[l.end:] // of the last one all that is left
		if n < maxLookedAt-1 {
			value, at = mark.value(s, l)
		} else {
			at = len(s)
		}
		b = msgp.AppendString(b, l.name)
		b = mark.appendValue(b, l.name, value, depth)
	}
	if n == 0 {
		return b[:start], 0
	}
	b[start+3], b[start+4] = byte(n>>8), byte(n)
	return b, n
}

// value is the value of a label, and where what follows it begins.
func (mark labelMark) value(s string, l label) (value string, end int) {
	i := l.end
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	if i == len(s) {
		return "", i
	}
	switch c := s[i]; {
	case s[i] == '\n' || s[i] == '\r':
		if block, ok := blockBelow(s, l.begin, i); ok {
			return block, i + len(block)
		}
		return "", i
	case mark == " " && c == ':':
		i++
	case c == '"' || c == '\'':
		if j := quoteEnd(s, i); j > 0 && mark.mayFollow(s, j) {
			return s[i:j], j
		}
	case c == '{' || c == '[' || c == '(':
		j := bracketEnd(s, i)
		if j > 0 && mark.mayFollow(s, j) {
			return s[i:j], j
		}
		if j == 0 && i+1 < len(s) {
			if _, ok := mark.labelAt(s, i+1); ok { // the line was cut
				return s[i:], len(s)
			}
		}
	}
	return mark.bareValue(s, i)
}

// mayFollow reports whether a value in quotes or brackets may end before a place: there the line or what is around it ends, or the next
// label begins. Anything else belongs to the value, for nothing to go unseen.
func (mark labelMark) mayFollow(s string, at int) bool {
	next := at
	for next < len(s) && strings.IndexByte(" \t,;|", s[next]) >= 0 {
		next++
	}
	if next == len(s) || strings.IndexByte("\r\n}])", s[next]) >= 0 {
		return true
	}
	_, ok := mark.labelAt(s, next)
	return ok && next > at
}

// bareValue is a value from a place to where the next label begins, or the line or what is around it ends.
func (mark labelMark) bareValue(s string, from int) (value string, end int) {
	depth := 0
	end = len(s)
scan:
	for i := from; i < len(s); i++ {
		switch s[i] {
		case '{', '[', '(':
			depth++
		case '}', ']', ')':
			if depth--; depth < 0 && (i+1 == len(s) || strings.IndexByte(" \t\r\n,;:|}])", s[i+1]) >= 0) {
				end = i
				break scan
			}
		case '\n':
			end = i
			break scan
		case ' ', '\t', ',', ';', '|':
			j := i
			for j < len(s) && strings.IndexByte(" \t,;|", s[j]) >= 0 {
				j++
			}
			if j == len(s) {
				end = i
				break scan
			}
			if _, ok := mark.labelAt(s, j); ok {
				end = i
				break scan
			}
			i = j - 1
		}
	}
	return trimSpace(s[from:end]), end
}

// quoteEnd is behind the quote that closes the one at a place, 0 if none does.
func quoteEnd(s string, at int) int {
	for i := at + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[at]:
			return i + 1
		}
	}
	return 0
}

// bracketEnd is behind the bracket that closes the one at a place, 0 if none does. Brackets between quotes are none.
func bracketEnd(s string, at int) int {
	depth := 0
	open := "" // quotes that nothing closes, which are looked for once
	for i := at; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			i++
		case '"', '\'':
			if strings.IndexByte(open, c) >= 0 || c == '\'' && strings.IndexByte(" ,:=>{[(", s[i-1]) < 0 {
				continue // an apostrophe
			}
			if end := quoteEnd(s, i); end > 0 {
				i = end - 1
			} else {
				open += string(c)
			}
		case '{', '[', '(':
			depth++
		case '}', ']', ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// blockBelow is the lines from a place on that are deeper than the one in which a label begins.
func blockBelow(s string, begin, at int) (block string, ok bool) {
	indent := begin - (strings.LastIndexByte(s[:begin], '\n') + 1)
	end := at
	for end < len(s) {
		i := strings.IndexByte(s[end:], '\n')
		if i < 0 {
			break
		}
		line := s[end+i+1:]
		if n := len(line) - len(strings.TrimLeft(line, " \t")); n <= indent || n == len(line) {
			break
		}
		if j := strings.IndexByte(line, '\n'); j >= 0 {
			end += i + 1 + j
		} else {
			end = len(s)
		}
	}
	return s[at:end], end > at
}

// appendValue appends a value: a map if it is of labels, or else a text.
func (mark labelMark) appendValue(b []byte, name, value string, depth int) []byte {
	if value == "" {
		return msgp.AppendString(b, "")
	}
	switch c := value[0]; {
	case c == '"' || c == '\'':
		if len(value) > 1 && value[len(value)-1] == c {
			return msgp.AppendString(b, decodeBackslash(value[1:len(value)-1]))
		}
	case c == '\n' || c == '\r':
		if out, n := labelMark(":").appendLabels(b, value, depth+1); n > 0 {
			return out
		}
	case strings.IndexByte("{[(", c) >= 0 && !strings.HasPrefix(value, `{"`) || mark != ":" && c == '{':
		inner := value[1:]
		if bracketEnd(value, 0) == len(value) {
			inner = value[1 : len(value)-1]
		}
		if out, n := mark.appendLabels(b, inner, depth+1); n > 0 {
			return out
		}
	case strings.HasSuffix(strings.ToLower(name), "headers"):
		if out, n := mark.appendLabels(b, value, depth+1); n > 0 {
			return out
		}
	}
	return msgp.AppendString(b, value)
}

// findLabelled is findFields of a line of labels.
func (m *Mapping) findLabelled(text string, tx *Transaction) bool {
	mark := markOf(text)
	if strings.HasPrefix(text, "<") && mayBeLabelled(text) {
		mark = ""
		if m.findElements(text, tx) {
			return true
		}
	}
	if mark == "" {
		return m.findWithin(text, tx)
	}
	r, n := mark.appendLabels(nil, text, 0)
	if n < 2 {
		return false
	}
	f := newAnyFields(tx)
	f.words = append(f.words, "request "...) // as each part of it has a label
	f.walk(r)
	if !f.isRequest() && !f.isCalledRequest(mark, text) {
		return false
	}
	f.keep(m)
	for at := 0; ; { // what has no label
		l, ok := mark.nextLabel(text, at)
		if !ok {
			tx.leftOver = append(tx.leftOver, appendLeftOver(nil, text[at:])...)
			return true
		}
		tx.leftOver = append(tx.leftOver, appendLeftOver(nil, text[at:l.begin])...)
		_, at = mark.value(text, l)
	}
}

// isCalledRequest reports whether a method and a path have the word for a request before them, and nothing else beside them.
func (f *anyFields) isCalledRequest(mark labelMark, text string) bool {
	l, ok := mark.nextLabel(text, 0)
	for ok && mark == "=" && !strings.HasSuffix(strings.ToLower(strings.TrimRight(text[:l.begin], " :[{(")), "request") {
		_, at := mark.value(text, l)
		l, ok = mark.nextLabel(text, at)
	}
	if !ok || f.found[anyMethod] == nil || f.found[anyTarget] == nil {
		return false
	}
	target, _ := f.found[anyTarget].text()
	return strings.HasPrefix(target, "/") && strings.HasSuffix(strings.ToLower(strings.TrimRight(text[:l.begin], " :[{(")), "request")
}

// rawWithin finds the request line of a whole request in a text.
var rawWithin = regexp.MustCompile(`(?:^|\n)[A-Z]{3,9} \S[^\r\n]* HTTP/\d(?:\.\d)?\r?\n[A-Za-z][\w-]*: `)

// findWithin finds a request as it was sent behind a line that tells of it, with the client in that line.
func (m *Mapping) findWithin(text string, tx *Transaction) bool {
	if !strings.Contains(text, " HTTP/") || strings.IndexByte(text, '\n') < 0 {
		return false
	}
	at := rawWithin.FindStringIndex(text)
	if at == nil {
		return false
	}
	raw := strings.TrimPrefix(text[at[0]:], "\n")
	if method, _, _ := strings.Cut(raw, " "); !isMethod(method) {
		return false
	}
	f := newAnyFields(tx)
	f.found[anyRaw] = msgp.AppendString(nil, raw)
	if client := anyClient(anyWords(text[:at[0]], "")); client != "" {
		f.found[anyClientOf] = msgp.AppendString(nil, client)
	}
	f.keep(m)
	return true
}

// leafElement is an element of XML that has a text and no elements in it. In Windows' events its name is an attribute.
var leafElement = regexp.MustCompile(`<([A-Za-z][\w.:-]{0,63})(?:\s+Name=["']([^"'<>]*)["'])?(?:\s[^<>]*)?>([^<]+)</`)

// findElements is findFields of XML, whose elements have the parts of a request as their texts.
func (m *Mapping) findElements(text string, tx *Transaction) bool {
	f := newAnyFields(tx)
	f.words = append(f.words, "request "...)
	for _, at := range leafElement.FindAllStringSubmatchIndex(text, maxLookedAt) {
		name, value := text[at[2]:at[3]], html.UnescapeString(trimSpace(text[at[6]:at[7]]))
		if at[4] >= 0 {
			name = text[at[4]:at[5]]
		}
		f.pair(name, strings.TrimSuffix(strings.TrimPrefix(value, "<![CDATA["), "]]>"))
	}
	if !f.isRequest() {
		return false
	}
	f.keep(m)
	return true
}
