// Package typo finds the word that was meant where an unknown one was written.
package typo

import (
	"slices"
	"strings"
)

// Nearest is the known word that is nearest to one that is not, "" if all are too far away to be meant. Of several that are
// as near, one that begins with the word counts.
func Nearest(word string, known []string) string {
	word = strings.ToLower(word)
	best, least := "", len(word)/3+2 // farther than that is not a slip of the pen
	for _, name := range slices.Sorted(slices.Values(known)) {
		d := distance(word, strings.ToLower(name))
		if d < least || d == least && best != "" && hasPrefix(name, word) && !hasPrefix(best, word) {
			best, least = name, d
		}
	}
	return best
}

func hasPrefix(name, word string) bool { return strings.HasPrefix(strings.ToLower(name), word) }

// distance is Levenshtein's: how many letters must change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
