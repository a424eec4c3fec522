package screen

import (
	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// How long an inspection takes depends on what is in a text far more than on its length: a text of random words of many
// attacks costs a hundred times as much as one of letters. So work is counted, in bytes that pass one automaton, by what is
// done and not by the clock: the same values always cost the same, whatever was remembered of them, and who asks can set an
// end that all machines come to at the same place.

// Costs, for each byte where nothing else is said. One is some 1 to 2 ns. Those of operators are in package analysis.
const (
	costOfValue   = 250 // of each value, however short
	costOfChange  = 2   // of a transformation that changes a text
	costOfScan    = 1
	costOfNeedle  = 1 // of each, for 16 bytes
	costOfLiteral = 2 // of each that a scan comes upon
	costOfCapture = 16
	costOfKey     = 4    // for each pattern of keys too, which Coraza leaves to regexp
	costOfMatch   = 1000 // of each value that a rule matches, once the rules run
)

// longestKey is the longest key that is counted with its value alone.
const longestKey = 256

// captureWork is what finding a match's captures costs in a text, most of which is seldom near the match.
func captureWork(text string) int {
	return costOfCapture * min(len(text), 2*textmatch.CaptureBehind)
}

// spend counts work.
func (x *scratch) spend(work int) { x.work += work }

// isSpent reports whether more work was done than may be.
func (x *scratch) isSpent() bool { return x.work > x.most }

// classRead is what was read of the values of a class.
type classRead struct {
	class  *class
	bytes  int
	values int
}

// note notes that a value of a class was read.
func (x *scratch) note(cl *class, value string) {
	for int(cl.id) >= len(x.readAt) {
		x.readAt = append(x.readAt, make([]int32, max(len(x.readAt), 64))...)
	}
	at := x.readAt[cl.id] - 1
	if at < 0 {
		at = int32(len(x.reads))
		x.reads = append(x.reads, classRead{class: cl})
		x.readAt[cl.id] = at + 1
	}
	r := &x.reads[at]
	r.bytes += len(value)
	r.values++
}

// rulesWork is what the rules will cost that look at the values which were read, but for those that won't run.
func (s *Screen) rulesWork(x *scratch, runs func(rule int32) bool) int {
	work := 0
	for _, read := range x.reads {
		for _, c := range read.class.all {
			cond := &s.conditions[c]
			for _, r := range cond.Rules {
				if (s.rules[r].Conditions[0] == int(c) || x.matches[c] > 0) && runs(r) {
					work += cond.Operator.Cost * read.bytes
				}
			}
		}
	}
	for _, c := range x.touched {
		work += int(x.matches[c]) * costOfMatch
	}
	return work
}
