package triage

import (
	"regexp"
	"sync"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// expression is a regular expression for texts that anybody may have written. An automaton tells in one step for each
// character whether it matches, and only then what it captures is looked for.
type expression struct {
	*regexp.Regexp
	matcher func() *textmatch.Matcher
}

// expressions are all of them, which are compiled when the program starts.
var expressions []*expression

func compile(text string) *expression {
	re := regexp.MustCompile(text)
	e := &expression{re, sync.OnceValue(func() *textmatch.Matcher { return textmatch.NewMatcher(re) })}
	expressions = append(expressions, e)
	return e
}

// Prepare makes what the first records on which rules match would have to wait for otherwise.
func Prepare() {
	for _, e := range expressions {
		e.matcher()
	}
}

// MatchString is that of [regexp.Regexp].
func (e *expression) MatchString(text string) bool { return e.matcher().MatchString(text) }

// FindString is that of [regexp.Regexp].
func (e *expression) FindString(text string) string {
	if !e.MatchString(text) {
		return ""
	}
	return e.Regexp.FindString(text)
}

// FindStringIndex is that of [regexp.Regexp].
func (e *expression) FindStringIndex(text string) []int {
	if !e.MatchString(text) {
		return nil
	}
	return e.Regexp.FindStringIndex(text)
}

// FindStringSubmatch is that of [regexp.Regexp].
func (e *expression) FindStringSubmatch(text string) []string {
	if !e.MatchString(text) {
		return nil
	}
	return e.Regexp.FindStringSubmatch(text)
}

// FindAllString is that of [regexp.Regexp].
func (e *expression) FindAllString(text string, n int) []string {
	if !e.MatchString(text) {
		return nil
	}
	return e.Regexp.FindAllString(text, n)
}

// FindAllStringIndex is that of [regexp.Regexp].
func (e *expression) FindAllStringIndex(text string, n int) [][]int {
	if !e.MatchString(text) {
		return nil
	}
	return e.Regexp.FindAllStringIndex(text, n)
}

// FindAllStringSubmatch is that of [regexp.Regexp].
func (e *expression) FindAllStringSubmatch(text string, n int) [][]string {
	if !e.MatchString(text) {
		return nil
	}
	return e.Regexp.FindAllStringSubmatch(text, n)
}

// FindAllStringSubmatchIndex is that of [regexp.Regexp].
func (e *expression) FindAllStringSubmatchIndex(text string, n int) [][]int {
	if !e.MatchString(text) {
		return nil
	}
	return e.Regexp.FindAllStringSubmatchIndex(text, n)
}

// ReplaceAllString is that of [regexp.Regexp].
func (e *expression) ReplaceAllString(text, by string) string {
	if !e.MatchString(text) {
		return text
	}
	return e.Regexp.ReplaceAllString(text, by)
}
