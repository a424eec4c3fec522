package triage

import (
	"html"
	"strings"
)

// A script has its effect in the page that runs it. Markup of a payload runs where a browser takes it for markup; a handler,
// where the payload has ended the attribute in which it stands; and code, where it has ended the text of a script.
var (
	// activeTag is markup that runs code in today's browsers: not javascript: as the address of a picture.
	activeTag = compile(`(?i)<(?:script|iframe|object|embed)\b|<[a-z][^>]*[\s/"']on[a-z]{3,}\s*=|` +
		`<(?:a|area|form|button|input|use|animate|set|base|math|maction)\b[^>]*java\s*script\s*:`)
	// bareTag is the beginning of a tag that any page has.
	bareTag = compile(`^<(?:script|iframe|object|embed)(?:\s+(?:src|data|type|async|defer))?\s*(?:=\s*["']?)?$`)

	handler = compile(`\b(on[a-z]{3,20})\s*=\s*["']?\s*([^"'<>+\s%&\x60]{1,40})`)
	address = compile(`^\s*java\s*script\s*:\S{3,}`)
	runs    = compile(`<(?:(?:a|area|use)\b[^<>]*[\s"'/](?:xlink:)?href|form\b[^<>]*[\s"'/]action|(?:button|input)\b[^<>]*[\s"'/]formaction|(?:iframe|frame|embed)\b[^<>]*[\s"'/]src|object\b[^<>]*[\s"'/]data)\s*=\s*["']?\s*$`)
	goesOn  = compile(`(?is)^\s*[;+*/,&|)}\]-].*\b(?:alert|prompt|confirm|fetch|eval|document|window|location|print|import|atob|settimeout|xmlhttprequest)\b`)
)

// leastScript is how long a piece of a payload is that is looked for in a page.
const leastScript = 10

// script finds the payload's markup, handler or code in a page, as it was sent.
func (x *exchange) script() string {
	if !hasTag(x.kinds, "xss") || x.body == "" || !x.isHTML() {
		return ""
	}
	raw := strings.ToLower(x.body)
	page := plusAsSpace.Replace(raw)
	for _, sent := range x.lowered() {
		lower := plusAsSpace.Replace(sent)
		if from := activeTag.FindStringIndex(lower); from != nil {
			piece := strings.TrimSpace(lower[from[0]:])
			if bareTag.MatchString(piece) {
				continue
			}
			if isIn(page, piece, isMarkup) || len(piece) < leastScript && isIn(page, lower, func(before string) bool { return isMarkup(before + lower[:from[0]]) }) {
				return "the page has the payload's script as it was sent: " + quoted(piece)
			}
		}
		if piece := handlerIn(page, lower); piece != "" {
			return "the page has the payload's handler in a tag: " + quoted(piece)
		}
		if address.MatchString(lower) && isIn(page, html.EscapeString(lower[:min(len(lower), longestPiece)]), func(before string) bool {
			return isMarkup(before) && runs.MatchString(before[max(0, len(before)-longestTag):])
		}) {
			return "the page has the payload's script as an address: " + quoted(lower)
		}
		if piece := strings.TrimSpace(sent); isIn(raw, piece, func(before string) bool { return endsText(before, piece) }) {
			return "the payload ends a text in a script of the page, and goes on: " + quoted(piece)
		}
	}
	return ""
}

// lowered are the payloads in lower case, also without the tags that a filter takes out of their middle.
func (x *exchange) lowered() (all []string) {
	for _, value := range x.payloads {
		lower := strings.ToLower(value)
		all = append(all, lower)
		if less := filtered.Replace(lower); less != lower && activeTag.MatchString(less) {
			all = append(all, less)
		}
	}
	return all
}

// plusAsSpace makes alike what a rule has read as forms have it and what has not been read so.
var plusAsSpace = strings.NewReplacer("+", " ")

var filtered = strings.NewReplacer("<script>", "", "</script>", "")

func isIn(page, piece string, holds func(before string) bool) bool {
	at := strings.Index(page, piece)
	return len(piece) >= leastScript && at >= 0 && holds(page[:at])
}

// isMarkup reports whether tags count behind the beginning of a page, rather than being text or a comment.
func isMarkup(before string) bool {
	for _, e := range [][2]string{{"<textarea", "</textarea"}, {"<title", "</title"}, {"<!--", "-->"}, {"<xmp", "</xmp"}, {"<noscript", "</noscript"}, {"<script", "</script"}, {"<style", "</style"}} {
		if strings.LastIndex(before, e[0]) > strings.LastIndex(before, e[1]) {
			return false
		}
	}
	return true
}

// Bounds on what is read of a page around a handler.
const (
	longestPiece = 40
	longestTag   = 2 << 10
	mostPlaces   = 8 // of one handler's name
)

// handlerIn is a handler of the payload that the page has as an attribute of a tag: whatever stands before it there, the payload
// has left the value that it was put into. It is "" if there is none.
func handlerIn(page, payload string) string {
	plain := html.UnescapeString(payload)
	for _, m := range handler.FindAllStringSubmatch(plain, mostPlaces) {
		name, code := m[1], strings.TrimSpace(m[2])
		if len(code) < len("a(1)") {
			continue
		}
		for at, n := 0, 0; n < mostPlaces; n++ {
			i := strings.Index(page[at:], name)
			if i < 0 {
				break
			}
			at += i
			value := html.UnescapeString(page[at+len(name) : min(len(page), at+len(name)+2*longestPiece)])
			value, isAssigned := strings.CutPrefix(strings.TrimSpace(value), "=")
			if isAssigned && strings.HasPrefix(strings.TrimSpace(strings.TrimLeft(value, " \t\r\n\"'")), code) && isMarkup(page[:at]) && isAttribute(page[max(0, at-longestTag):at]) {
				return m[0]
			}
			at += len(name)
		}
	}
	return ""
}

// isAttribute reports whether the name of an attribute would begin at the end of a piece of a page.
// Source: https://html.spec.whatwg.org/multipage/parsing.html#before-attribute-name-state
func isAttribute(before string) bool {
	const blanks = " \t\r\n\f"
	tag := strings.LastIndexByte(before, '<')
	if tag < 0 || tag+1 >= len(before) || before[tag+1] < 'a' || before[tag+1] > 'z' {
		return false
	}
	s := before[tag:]
	until := func(signs string) bool { // ends there, rather than at the end of the piece
		i := strings.IndexAny(s, signs)
		if i < 0 {
			return false
		}
		s = s[i:]
		return true
	}
	if !until(blanks + "/>") {
		return false
	}
	for {
		if s = strings.TrimLeft(s, blanks+"/"); s == "" || s[0] == '>' {
			return s == ""
		}
		if s[0] == '=' { // as part of a name
			s = s[1:]
		}
		if !until(blanks + "/>=") {
			return false
		}
		value, isAssigned := strings.CutPrefix(strings.TrimLeft(s, blanks), "=")
		if !isAssigned {
			continue
		}
		s = strings.TrimLeft(value, blanks)
		if s == "" {
			return false
		}
		if quote := s[:1]; quote == `"` || quote == "'" {
			if s = s[1:]; !until(quote) {
				return false
			}
			s = s[1:]
		} else if !until(blanks + ">") {
			return false
		}
	}
}

// endsText reports whether a piece begins in a text of a script, ends it, and goes on with code.
func endsText(before, piece string) bool {
	script := strings.LastIndex(before, "<script")
	if script <= strings.LastIndex(before, "</script") {
		return false
	}
	quote := openQuote(before[script:], "\"'`", true)
	if quote == 0 {
		return false
	}
	first := 0
	if n := len(before) - len(strings.TrimRight(before, `\`)); n%2 == 1 {
		first = 1 // it is escaped: a rule saw it without the backslash
	}
	for i := first; i < len(piece); i++ {
		switch piece[i] {
		case '\\':
			i++
		case quote:
			return goesOn.MatchString(piece[i+1:])
		}
	}
	return false
}

// openQuote is the one of several quotes that is open at the end of a text, 0 if none is. A backslash may keep the next sign
// from ending it.
func openQuote(text, quotes string, backslash bool) (open byte) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case backslash && c == '\\' && open != 0:
			i++
		case c == open:
			open = 0
		case open == 0 && strings.IndexByte(quotes, c) >= 0:
			open = c
		}
	}
	return open
}
