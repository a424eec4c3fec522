package triage

import (
	"regexp"
	"strconv"
	"strings"
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
	sqlBlanks  = regexp.MustCompile(`/\*.*?\*/|[\s+]+`)
	comparison = regexp.MustCompile(`(?:\band|\bor|\bhaving|\bwhere|\bwhen|\bif|\|\||&&)[ (]+(not[ (]+)?('?)([\w.]{1,20})('?) ?(=|<>|!=|<|>|like|rlike)[ (]*'?([\w.]{1,20})`)
	openWords  = regexp.MustCompile(`\b(?:ascii|ord|substr|substring|mid|length|char_length|unicode|left|bin|hex|exists|count|cast|convert|isnull)\b ?\(.*(?:[<>=]|\blike\b|\bbetween\b|\bin\b)|\bexists ?\(`)
	varying    = regexp.MustCompile(`'[^'\s]{0,24}'?|\b[\da-z]*\d[\da-z]*\b`)
)

// conditionOf reads the condition of a payload, and what of it stays the same when an attacker tries another one.
func conditionOf(payload string) (c Condition, form string) {
	text := sqlBlanks.ReplaceAllString(strings.ToLower(payload), " ")
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
