package triage

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Condition is what a payload asks a database to decide.
type Condition int

// The conditions.
const (
	NoCondition Condition = iota
	True                  // 1=1: the payload itself says how it ends
	False                 // 1=2
	Open                  // what the attacker wants to know: substr(password,1,1)='a'
)

var (
	comparison = compile(`(?:\band|\bor|\bhaving|\bwhere|\bwhen|\bif|\|\||&&)[ (]+(not[ (]+)?('?)([\w.]{1,20})('?) ?(=|<>|!=|<|>|like|rlike)[ (]*'?([\w.]{1,20})`)
	openWords  = compile(`\b(?:ascii|ord|substr|substring|mid|length|char_length|unicode|left|bin|hex|exists|count|cast|convert|isnull)\b ?\(.*(?:[<>=]|\blike\b|\bbetween\b|\bin\b)|\bexists ?\(`)
	varying    = compile(`'[^'\s]{0,24}'?|\b[\da-z]*\d[\da-z]*\b`)
)

var (
	// lead is what stands in a value before the injection: a number, or a text and the quote that ends it. It is looked for in
	// the value itself: in lower case, what is no UTF-8 is longer.
	lead       = compile(`^\s*([+-]?\d{1,12}['"]?|[^'"\s]{0,64}['"])\)*`)
	unionQuery = compile(`\bunion\b\W+(?:all\W+|distinct\W+)?select\b`)
	addition   = compile(`\border by \d{1,5}\b|; ?(?:select|declare|exec|waitfor|insert|update|delete)\b.*(?:--|#)`)
	continued  = compile(`^\s*(?:$|(?:or|and|xor|having|like|in|is|between|rlike|regexp|union|order|group|limit|procedure|into)\b|\|\||&&|;|--|#|/\*)`)
	comment    = compile(`(?:--|#)[^'"]*$|/\*[^'"*]*$`)
	wholeText  = compile(`^\s*(?:'(?:[^']|'')*'|"(?:[^"]|"")*")\s*$`) // to a database, where it stands without quotes
	selecting  = compile(`^[\s(]*(?:select|with|insert|update|delete|create|alter|explain|show)\b`)
)

// leadOf is what stands in the payload before the injection, "" if it is a statement by itself.
func (x *exchange) leadOf() string {
	for _, value := range x.payloads {
		if m := lead.FindStringSubmatch(value); m != nil && len(m[0]) < len(value) {
			return strings.ToLower(m[1])
		}
	}
	return ""
}

// spot is a hash of the parameter in which SQL is injected, and of how that leaves what it stands in: by a quote, or, behind
// a number, by nothing, and by brackets. It is 0 if this can't be told. What spoils a statement with both kinds of quotes, or with
// any behind a number, does not say by which; and brackets spoil a filter of a directory, too.
func (x *exchange) spot(breaks bool) uint64 {
	for i := range x.v.Matches {
		m := &x.v.Matches[i]
		if m.Phase >= 3 || !m.IsEvidence() || family(m) != "sqli" {
			continue
		}
		for _, p := range m.Places {
			found := lead.FindStringSubmatch(p.Value)
			if found == nil || len(found[0]) == len(p.Value) && !breaks {
				continue
			}
			exit := strings.TrimLeft(found[1][len(found[1])-1:], "0123456789")
			if breaks && (strings.ContainsAny(p.Value, strings.Replace(`'"`, exit, "", 1)) || !x.isBroken() && strings.ContainsAny(p.Value[len(found[0]):], "()")) {
				continue
			}
			_, name, _ := strings.Cut(p.Variable, ":")
			return xxhash.Sum64String(name + " " + exit + strings.TrimPrefix(strings.TrimSpace(found[0]), found[1]))
		}
	}
	return 0
}

// yields reports whether a statement that the payload has become part of gives what it would not give otherwise: a condition
// that is true of each row, or another query's rows.
func (x *exchange) yields() bool {
	return x.isAnsweredQuery() && (x.condition == True || unionQuery.MatchString(spaced(x.lower)))
}

// isComplete reports whether the payload leaves whole the statement that it has become part of: it has left what it stands in, goes
// on as SQL does, and leaves no quote open but the one that the statement closes.
func (x *exchange) isComplete() bool {
	if !x.isAnsweredQuery() {
		return false
	}
	goesOn := x.yields() || addition.MatchString(spaced(x.lower))
	return slices.ContainsFunc(x.payloads, func(p string) bool {
		found := lead.FindStringSubmatch(p)
		if found == nil {
			return false
		}
		rest := strings.ToLower(p[len(found[0]):])
		text := strings.TrimRight(found[1], `'"`)
		if text == found[1] {
			return goesOn // behind a number
		}
		quote := found[1][len(text):]
		if !continued.MatchString(rest) || wholeText.MatchString(p) {
			return false
		}
		if at := comment.FindStringIndex(rest); at != nil {
			return strings.Count(rest[:at[0]], quote)%2 == 0
		}
		return (goesOn || text != "") && strings.Count(rest, quote)%2 == 1
	})
}

// isAnsweredQuery reports whether SQL was answered, and neither refused nor an error, and is not what the endpoint is for.
func (x *exchange) isAnsweredQuery() bool {
	return hasTag(x.kinds, "sqli") && x.tx.Status/100 == 2 && x.refusal() == "" && !x.isBroken() &&
		!slices.ContainsFunc(x.payloads, func(p string) bool { return selecting.MatchString(strings.ToLower(p)) })
}

// breaks reports whether the payload led to an error, as one does that is part of a statement and spoils it.
func (x *exchange) breaks() bool {
	return hasTag(x.kinds, "sqli") && x.tx.Status == 500 || x.isBroken()
}

// databaseError is what databases and their drivers say of a statement that they can't run: beside what CRS looks for, also
// where a program hands it on in an answer with 200.
var databaseError = compile(`(?i)\bSQL (?:logic|syntax) error|error in your SQL syntax|syntax error at or near|unterminated quoted string|unclosed quotation mark|SQLSTATE\[|` +
	`\bORA-\d{5}\b|\bPG::\w+Error|psycopg2?\.|sqlite3?\.OperationalError|SQLITE_ERROR|SqlException|same number of (?:result )?columns|unknown column '|no such column|unrecognized token`)

// findError reports whether the answer has an error of a database.
func (x *exchange) findError() bool {
	return x.hasDatabaseError() || slices.ContainsFunc(databaseError.FindAllStringSubmatch(x.text, maxPayloads), func(m []string) bool { return !x.sent(m[0]) })
}

// sent reports whether the payload has a text: a page that repeats it says nothing by that.
func (x *exchange) sent(text string) bool { return strings.Contains(x.lower, strings.ToLower(text)) }

// spaced is a payload with one space for each comment within a line, /*…*/, and for blanks beside one another, which in a form may be plus
// signs. The end of a comment is looked for once for all that are not closed: a pattern looks for it from each of them on.
func spaced(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	closed, line := -1, -1 // where the next end of a comment or of the line is, behind i
	next := func(known int, of string, from int) int {
		if known >= from {
			return known
		}
		if k := strings.Index(text[from:], of); k >= 0 {
			return from + k
		}
		return len(text)
	}
	for i := 0; i < len(text); {
		switch {
		case isSQLBlank(text[i]):
			for i < len(text) && isSQLBlank(text[i]) {
				i++
			}
			b.WriteByte(' ')
		case strings.HasPrefix(text[i:], "/*"):
			closed, line = next(closed, "*/", i+2), next(line, "\n", i+2)
			if closed == len(text) || line < closed {
				b.WriteByte('/')
				i++
				continue
			}
			b.WriteByte(' ')
			i = closed + len("*/")
		default:
			b.WriteByte(text[i])
			i++
		}
	}
	return b.String()
}

func isSQLBlank(c byte) bool {
	return c == ' ' || c == '+' || c == '\t' || c == '\n' || c == '\f' || c == '\r'
}

// conditionOf reads the condition of a payload, and what of it stays the same when an attacker tries another one.
func conditionOf(payload string) (c Condition, form string) {
	text := spaced(strings.ToLower(payload))
	all := comparison.FindAllStringSubmatchIndex(text, maxPayloads)
	part := func(m []int, n int) string {
		if m[2*n] < 0 {
			return ""
		}
		return text[m[2*n]:m[2*n+1]]
	}
	if openWords.MatchString(text) {
		return Open, varying.ReplaceAllString(text, "?")
	}
	for _, m := range all {
		left, right := part(m, 3), part(m, 6)
		isText := part(m, 2) != ""
		a, errA := strconv.ParseFloat(left, 64)
		b, errB := strconv.ParseFloat(right, 64)
		var holds bool
		switch operator := part(m, 5); {
		case errA == nil && errB == nil:
			holds = compares(operator, a, b)
		case isText && (operator == "=" || operator == "like" || operator == "rlike"):
			holds = left == right
		case isText:
			holds = left != right
		default:
			c = Open // a column
			continue
		}
		if part(m, 1) != "" {
			holds = !holds
		}
		c = False
		if holds {
			c = True
		}
		// Of several the first that is not the tail which only closes what was open.
		return c, varying.ReplaceAllString(text, "?")
	}
	return c, varying.ReplaceAllString(text, "?")
}

func compares(operator string, a, b float64) bool {
	switch operator {
	case "<>", "!=":
		return a != b
	case "<":
		return a < b
	case ">":
		return a > b
	}
	return a == b
}
