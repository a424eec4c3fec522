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
	costOfNetwork   = 4 // of each that an address is compared with
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

// longestAddress is the length of the longest text that may be an address.
const longestAddress = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")

// addressWork is what it costs to look whether a text is an address in one of so many networks.
func addressWork(text string, networks int) int {
	work := costOfPattern * len(text)
	if len(text) <= longestAddress {
		work += costOfNetwork * networks
	}
	return work
}
