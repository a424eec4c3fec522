package alert

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The longest summary and its longest parts, in characters. What is left, 30 at least, is for what matched.
const (
	longestSummary  = 200
	longestMessage  = 90
	longestVariable = 30
	longestRequest  = 40
)

// summary says in one line what matched, and where: "SQL Injection Attack: 1' or 1=1-- in ARGS:q of GET /search".
func (a *Alert) summary() string {
	message := shorten(orElse(oneLine(a.Match.Message), "Rule "+strconv.Itoa(a.Match.RuleID)), longestMessage)
	place := a.place()
	data := oneLine(a.matchedData())
	if data == "" {
		return message + place
	}
	room := longestSummary - utf8.RuneCountInString(message) - len(": ") - utf8.RuneCountInString(place)
	return message + ": " + shorten(data, room) + place
}

// place is where it was: " in ARGS:q of GET /search".
func (a *Alert) place() string {
	s, where := a.shown(), ""
	if v := a.Match.Variable; a.Detector == "" && v != "" && !a.Match.Evaluates() {
		where = " in " + shorten(oneLine(v), longestVariable)
	}
	_, path, _ := splitURI(s.uri)
	if of := strings.TrimSpace(oneLine(s.method) + " " + oneLine(path)); of != "" {
		where += " of " + shorten(of, longestRequest)
	}
	return where
}

// matchedData is what matched of a value, or all of it where the rule does not say. What libinjection says is a
// fingerprint, which tells people nothing.
func (a *Alert) matchedData() string {
	switch m := &a.Match; {
	case a.Detector != "":
		return a.Evidence
	case m.Evaluates():
		return ""
	case strings.EqualFold(m.Operator, "detectSQLi"):
		return m.Value
	default:
		piece, _, _ := cutPiece(m.Data)
		return orElse(piece, m.Value)
	}
}

// Around a piece of a value in what rules of CRS log.
const beforePiece, behindPiece = "Matched Data: ", " found within "

// cutPiece takes apart what a rule logs in the words of CRS: a piece of a value, and the variable with the value.
func cutPiece(data string) (piece, rest string, ok bool) {
	piece, ok = strings.CutPrefix(data, beforePiece)
	if !ok {
		return "", "", false
	}
	return strings.Cut(piece, behindPiece)
}

// oneLine is text that stands in one line, with single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }

// shorten cuts text to so many characters, the last of which says that it was longer.
func shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return cut(s, most-1) + "…"
}
