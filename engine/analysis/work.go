package analysis

import "unicode/utf8"

// What operators cost for each byte of a text, in the unit that package screen counts work in. What matching a pattern costs
// goes by how far its automaton went, see [textmatch.Pattern.Measure].
const (
	costOfPattern   = 1 // of other operators, and of a pattern that a rule will match
	costOfSQLi      = 8
	costOfSQLiWide  = 16 // of each byte above ASCII, besides
	costOfXSS       = 8
	costOfSensitive = 8
)

// sqliWork is what it costs to look for SQL in a text: words in capitals of ASCII are looked up as they are.
func sqliWork(text string) int {
	work := costOfSQLi * len(text)
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			work += costOfSQLiWide
		}
	}
	return work
}
