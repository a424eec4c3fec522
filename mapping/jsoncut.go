package mapping

import "strings"

// CompleteJSON closes what is open in the text of an object or array that ends too early, so that a
// parser sees all values that are there: strings and numbers as far as they go. ok is false
// when the text is no beginning of JSON.
func CompleteJSON(text string) (whole string, ok bool) {
	c := jsonCompleter{text: text}
	c.run()
	return c.whole, c.ok
}

// jsonCompleter follows the grammar of RFC 8259 through a text.
type jsonCompleter struct {
	text  string
	open  []byte // the brackets that close what is open
	whole string
	ok    bool
}

// jsonWants is what may come next.
type jsonWants int

const (
	wantsValue jsonWants = iota
	wantsFirst           // a value, or the end of an array
	wantsKey
	wantsFirstKey // a key, or the end of an object
	wantsColon
	wantsComma // or the end of what is open
)

func (c *jsonCompleter) run() {
	wants := wantsValue
	for i := 0; i < len(c.text); {
		char := c.text[i]
		switch {
		case strings.IndexByte(" \t\r\n", char) >= 0:
			i++
		case wants == wantsComma && char == ',' && len(c.open) > 0:
			i++
			wants = wantsValue
			if c.closer() == '}' {
				wants = wantsKey
			}
		case wants == wantsColon && char == ':':
			i++
			wants = wantsValue
		case len(c.open) > 0 && char == c.closer() && (wants == wantsComma || wants == wantsFirst || wants == wantsFirstKey):
			i++
			c.open = c.open[:len(c.open)-1]
			if wants = wantsComma; len(c.open) == 0 {
				c.whole, c.ok = c.text, strings.TrimSpace(c.text[i:]) == ""
				return
			}
		case (wants == wantsKey || wants == wantsFirstKey) && char == '"':
			end := jsonStringEnd(c.text, i)
			if end < 0 {
				c.finish(closeString(c.text), ":null")
				return
			}
			i, wants = end, wantsColon
		case wants != wantsValue && wants != wantsFirst:
			return
		case char == '"':
			end := jsonStringEnd(c.text, i)
			if end < 0 {
				c.finish(closeString(c.text), "")
				return
			}
			i, wants = end, wantsComma
		case char == '{' || char == '[':
			if len(c.open) == MaxJSONDepth {
				return
			}
			i++
			if wants = wantsFirst; char == '{' {
				wants = wantsFirstKey
			}
			c.open = append(c.open, char+2) // ] and } are two behind [ and {
		case len(c.open) == 0:
			return
		default: // a number or a word
			end := i
			for end < len(c.text) && strings.IndexByte(",]} \t\r\n\":{[", c.text[end]) < 0 {
				end++
			}
			if end == len(c.text) {
				c.finish(c.text[:i], `"`+strings.ReplaceAll(strings.ReplaceAll(c.text[i:], `\`, `\\`), `"`, `\"`)+`"`)
				return
			}
			i, wants = end, wantsComma
		}
	}
	switch wants {
	case wantsColon:
		c.finish(c.text, ":null")
	case wantsValue:
		c.finish(c.text, "null")
	case wantsKey:
		c.finish(c.text, `"":null`)
	default:
		c.finish(c.text, "")
	}
}

// closer is the bracket that closes what was opened last.
func (c *jsonCompleter) closer() byte { return c.open[len(c.open)-1] }

// finish puts the end together; an empty text is no beginning.
func (c *jsonCompleter) finish(text, rest string) {
	if len(c.open) == 0 {
		return
	}
	var b strings.Builder
	b.Grow(len(text) + len(rest) + len(c.open))
	b.WriteString(text)
	b.WriteString(rest)
	for i := len(c.open) - 1; i >= 0; i-- {
		b.WriteByte(c.open[i])
	}
	c.whole, c.ok = b.String(), true
}

// jsonStringEnd is where the string that begins at start ends, behind its quote; -1 when it does not.
func jsonStringEnd(s string, start int) int {
	for i := start + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// closeString ends a string that the text ends in, without the beginning of an escape.
func closeString(s string) string {
	if n := len(s) - 1; escaped(s, len(s)) {
		s = s[:n]
	} else if i := strings.LastIndexByte(s, '\\'); i >= 0 && len(s)-i < len(`\u0000`) && strings.HasPrefix(s[i+1:], "u") && !escaped(s, i) {
		s = s[:i]
	}
	return s + `"`
}
