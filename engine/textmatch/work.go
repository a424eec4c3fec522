package textmatch

// What matching costs, in work of 1 to 2 ns: it is counted and not timed, so that the same text always costs the same.
const (
	costOfByte     = 1  // at which no match can begin
	costOfStep     = 2  // of an automaton
	costOfRegexp   = 60 // of each byte, for an expression without an automaton
	costOfCounting = 30 // times as much, of a pattern that counts, where what comes behind is in the text: states are made and forgotten
)
