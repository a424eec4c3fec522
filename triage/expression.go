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

func compile(text string) *expression {
	re := regexp.MustCompile(text)
	return &expression{re, sync.OnceValue(func() *textmatch.Matcher { return textmatch.NewMatcher(re) })}
}

// MatchString is that of [regexp.Regexp].
func (e *expression) MatchString(text string) bool { return e.matcher().MatchString(text) }

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
