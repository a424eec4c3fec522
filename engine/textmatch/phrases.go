package textmatch

import (
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"slices"
	"sync"
	"weak"
)

// Phrases is a list of texts as Coraza's @pm looks for them, ASCII letters in any case. It may be used concurrently.
type Phrases struct {
	texts     []string
	longest   int
	automaton func() *Automaton // made when it is asked for: the screen answers most questions
}

// phrases are those in use, by their sum: a file's are in all rule sets of a process. Other than patterns they are
// forgotten, as files change.
var phrases struct {
	sync.Mutex
	all map[[sha256.Size]byte]weak.Pointer[Phrases]
}

// PhrasesOf are those of some texts, of which none is empty, and which must not change any more.
func PhrasesOf(texts []string) *Phrases {
	var all []byte
	for _, t := range texts {
		all = append(binary.AppendUvarint(all, uint64(len(t))), t...)
	}
	sum := sha256.Sum256(all)
	phrases.Lock()
	defer phrases.Unlock()
	if p := phrases.all[sum].Value(); p != nil {
		return p
	}
	p := &Phrases{texts: texts, automaton: sync.OnceValue(func() *Automaton { return NewAutomaton(texts) })}
	for _, t := range texts {
		p.longest = max(p.longest, len(t))
	}
	if phrases.all == nil {
		phrases.all = map[[sha256.Size]byte]weak.Pointer[Phrases]{}
	}
	phrases.all[sum] = weak.Make(p)
	runtime.AddCleanup(p, forgetPhrases, sum)
	return p
}

// forgetPhrases forgets what is no longer in use, if it has not come anew since.
func forgetPhrases(sum [sha256.Size]byte) {
	phrases.Lock()
	defer phrases.Unlock()
	if phrases.all[sum].Value() == nil {
		delete(phrases.all, sum)
	}
}

// Prepare makes what the first text would have to wait for otherwise.
func (p *Phrases) Prepare() { p.automaton() }

// In reports whether one of them is in a text.
func (p *Phrases) In(text string) (found bool) {
	p.automaton().Each(text, func(int, int) bool {
		found = true
		return false
	})
	return found
}

// MaxFound is how many phrases @pm captures of a text.
const MaxFound = 10

// Find appends the first of those that are in a text, as they are written there: of each place where some begin the longest,
// in the order of places, which is what Coraza captures.
func (p *Phrases) Find(found []string, text string) []string {
	var buf [MaxFound + 1]phraseAt
	at := buf[:0]
	p.automaton().Each(text, func(phrase, end int) bool {
		one := phraseAt{end - len(p.texts[phrase]), end}
		i, known := slices.BinarySearchFunc(at, one.from, func(a phraseAt, from int) int { return a.from - from })
		switch {
		case known:
			at[i].end = max(at[i].end, end)
		case i < MaxFound:
			at = slices.Insert(at, i, one)[:min(len(at)+1, MaxFound)]
		}
		return len(at) < MaxFound || end < at[MaxFound-1].from+p.longest // else all others begin later
	})
	for _, a := range at {
		found = append(found, text[a.from:a.end])
	}
	return found
}

// phraseAt is where a phrase is in a text.
type phraseAt struct{ from, end int }
