package screen

import (
	"github.com/modsecurity-for-anylog/msa/engine/internal/transform"
	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// There are some thirty chains of transformations, and most of them make nothing new of most values, or what another chain
// has made before. So the texts that a value becomes are kept while it is judged: each is made once, whichever chains lead
// to it, and what is found out about it is found out once. The value is the first of them.

// text is a value, or what transformations have made of it.
type text struct {
	text    string
	lower   textmatch.Content // its content in lower case
	level   textmatch.Level
	traits  transform.Traits
	made    []int // by transformation: which text it makes of this one, -1 as long as that is not known
	scanned int   // the text, this one or one like it, whose set tells which literals are in it; -1 before it is scanned
	has     set   // conditions of which a literal is in it
}

// texts are those of the value that is judged.
type texts struct {
	all        []text
	conditions int
	memory     transform.Memory // of all but the first
	found      []uint32         // by literal: the stamp of the last scan that found it
	stamp      uint32           // how many scans there were
}

func newTexts(conditions, literals int) texts {
	return texts{conditions: conditions, found: make([]uint32, literals)}
}

// forget makes room for those of another value.
func (t *texts) forget() {
	for i := range t.all {
		t.all[i].text = ""
	}
	t.all = t.all[:0]
	t.memory.Reuse()
}

// add adds a text, with what the memory of an earlier one has.
func (t *texts) add(of string) int {
	n := len(t.all)
	if n == cap(t.all) {
		t.all = append(t.all, text{has: newSet(t.conditions)})
	} else if t.all = t.all[:n+1]; t.all[n].has == nil {
		t.all[n].has = newSet(t.conditions)
	}
	x := &t.all[n]
	has := textmatch.ContentOf(of)
	x.text, x.lower, x.level, x.traits = of, has.Lower(), has.Level(), transform.TraitsOf(&has)
	x.scanned, x.made = -1, x.made[:0]
	return n
}

// newStamp is the literals that scans have found, and the mark of a new scan.
func (t *texts) newStamp() (found []uint32, stamp uint32) {
	if t.stamp++; t.stamp == 0 {
		clear(t.found)
		t.stamp = 1
	}
	return t.found, t.stamp
}

// step is a transformation of a group.
type step struct {
	transform.Step
	id int // the same for the same transformation
}

// buildSteps gives numbers to the transformations of all conditions.
func (s *Screen) buildSteps() {
	s.steps = map[string]int{}
	for i := range s.conditions {
		for _, name := range s.conditions[i].Transform.Names {
			if _, ok := s.steps[name]; !ok {
				s.steps[name] = len(s.steps)
			}
		}
	}
}

// apply is the text that a transformation makes of one, and whether Coraza holds it to be changed.
func (x *scratch) apply(st *step, at int) (next int, changed bool) {
	before := &x.texts.all[at]
	if !st.MayChange(before.traits) {
		return at, false
	}
	for len(before.made) <= st.id {
		before.made = append(before.made, -1)
	}
	next = before.made[st.id]
	if next < 0 {
		next = x.texts.find(st.Apply(&x.texts.memory, before.text), at)
		x.texts.all[at].made[st.id] = next
		if next != at {
			x.spend(costOfChange * len(x.texts.all[at].text))
		}
	}
	return next, st.Changed(x.texts.all[at].text, x.texts.all[next].text)
}

// find is which text a new one is, most likely the one that it was made of.
func (t *texts) find(of string, from int) int {
	if of == t.all[from].text {
		return from
	}
	for i := range t.all {
		if t.all[i].text == of {
			return i
		}
	}
	return t.add(of)
}
