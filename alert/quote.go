package alert

import (
	"slices"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/engine"
)

// What an alert quotes of its matches, in bytes. The value that matched may be a body, and eighty rules may have matched it:
// the alert would carry it eighty times, beside the body itself.
const (
	longestQuote = 8 << 10  // of each text of a match
	allQuotes    = 64 << 10 // what values of all come to, where there are few enough matches
	leastQuote   = 256

	// quoteMargin is masked together with a quote: what a secret is, its end may tell.
	quoteMargin = 8 << 10
)

// omitted stands for the rest of a text.
const omitted = " (rest omitted)"

// quote cuts texts of matches to the length that an alert has; before they are masked, somewhat behind it.
func quote(matches []engine.Match, masked bool) []engine.Match {
	most, mark := min(longestQuote, max(leastQuote, allQuotes/max(1, len(matches)))), omitted
	if !masked {
		most, mark = most+quoteMargin, ""
	}
	short := slices.Clone(matches)
	for i := range short {
		m := &short[i]
		for _, text := range []*string{&m.Message, &m.Data, &m.Variable, &m.Value} {
			*text = omit(*text, most, mark)
		}
	}
	return short
}

func omit(text string, most int, mark string) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + mark
}
