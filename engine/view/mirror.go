package view

import (
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// Every text reads backwards, and every text has a rot13: only those in which that makes a word of attacks are taken for one.

// turns are the ways in which words of attacks are turned in a text.
type turns uint8

const (
	isRotated turns = 1 << iota
	isReversed
)

var turnedWords = func() *textmatch.Automaton {
	var all []string // of four, two are rotated and two reversed
	for _, word := range []string{"script", "alert(", "onerror", "onload", "passwd", "etc/", "select ", "union ", "system(", "eval("} {
		upper := strings.ToUpper(word)
		all = append(all, rotate(word), rotate(upper), reverse(word), reverse(upper))
	}
	return textmatch.NewAutomaton(all)
}()

func turnsOf(text string) (found turns) {
	turnedWords.Each(text, func(word, _ int) bool {
		found |= isRotated << (word / 2 % 2)
		return true
	})
	return found
}

func rotated(text string) (string, bool) { return rotate(text), true }

func reversed(text string) (string, bool) { return reverse(text), true }

func rotate(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return 'a' + (r-'a'+13)%26
		case r >= 'A' && r <= 'Z':
			return 'A' + (r-'A'+13)%26
		}
		return r
	}, text)
}

func reverse(text string) string {
	all := []rune(text)
	slices.Reverse(all)
	return string(all)
}
