package textmatch

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime"
	"sync"
	"testing"
	"weak"
)

// An automaton that is full forgets its states and goes on: it never takes more than its room, and never leaves a text to
// the expression.
func TestMatcherKeepsToItsRoom(t *testing.T) {
	forgotten := 0
	m := NewMatcher(regexp.MustCompile(`a[ab]{17}c`))
	m.simple = func(string) bool { t.Fatal("left to the expression"); return false }
	random := rand.New(rand.NewPCG(1, 0))
	for range 20_000 {
		text := make([]byte, 60)
		for i := range text {
			text[i] = "aaaabbb"[random.IntN(7)]
		}
		before := m.table.Load()
		m.MatchString(string(text))
		if !m.table.Load().isCopy(before) {
			forgotten++
		}
		if n := m.room.Load(); n > maxTransitions {
			t.Fatalf("%d transitions", n)
		}
	}
	if forgotten == 0 {
		t.Error("it had room for all: the test shows nothing")
	}
	if n := len(m.table.Load().next); int64(n) != m.room.Load() {
		t.Errorf("it holds %d transitions, and counts %d", n, m.room.Load())
	}
}

// That states are forgotten while others look for a match hides none.
func TestForgetsUnderWay(t *testing.T) {
	m := NewMatcher(regexp.MustCompile(`[a-z]{4},`))
	if m.anchored != nil {
		t.Fatal("beginnings are tried one by one: the test shows nothing")
	}
	done := make(chan struct{})
	var others sync.WaitGroup
	for range 4 {
		others.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if from, _, ok := m.Find("gzip, br"); !ok || from != 0 || !m.MatchString("gzip, br") {
					t.Errorf("no match the %dth time, or one from %d", n, from)
					return
				}
			}
		})
	}
	for range 30_000 {
		m.mutex.Lock()
		m.forgetStates()
		m.mutex.Unlock()
	}
	close(done)
	others.Wait()
}

// exploding is an expression that has a state for nearly each text of a and b.
func exploding(t *testing.T, i int) *Matcher {
	t.Helper()
	return NewMatcher(regexp.MustCompile(fmt.Sprintf(`a[ab]{%d}c`, 16+i)))
}

// lettersOf are texts of a few letters, the same for the same seed.
func lettersOf(seed uint64, letters string, n int) []string {
	random := rand.New(rand.NewPCG(seed, 0))
	texts := make([]string, n)
	for i := range texts {
		text := make([]byte, 60)
		for j := range text {
			text[j] = letters[random.IntN(len(letters))]
		}
		texts[i] = string(text)
	}
	return texts
}

// Texts that fill the room of the process don't keep it: what others take through their patterns makes its states once, and
// finds them again ever after.
func TestHostileTextsDontKeepTheRoom(t *testing.T) {
	var filled []*Matcher
	for i := 0; transitions.Load() < allTransitions-maxTransitions/64; i++ {
		if i == 2*allTransitions/maxTransitions {
			t.Fatalf("there is room for more than %d transitions", transitions.Load())
		}
		m := exploding(t, i)
		filled = append(filled, m)
		for _, text := range lettersOf(uint64(i), "ab", 40_000) {
			if m.MatchString(text); m.room.Load() > maxTransitions-maxTransitions/64 || transitions.Load() > allTransitions-maxTransitions/64 {
				break
			}
		}
	}
	ordinary := NewMatcher(regexp.MustCompile(`a[ab]{10}c`))
	texts := lettersOf(99, "ab", 2000)
	pass := func() (isNew bool) {
		before := ordinary.table.Load()
		known := before.used
		for _, text := range texts {
			ordinary.MatchString(text)
		}
		after := ordinary.table.Load()
		return !after.isCopy(before) || after.used != known
	}
	pass()
	if pass() {
		t.Error("known texts make states again")
	} else if n := ordinary.room.Load(); n < leastTransition {
		t.Errorf("%d transitions are no more than each may have: the test shows nothing", n)
	}
	if n := transitions.Load(); n > allTransitions {
		t.Errorf("%d transitions in the process", n)
	}
	runtime.KeepAlive(filled)
}

// An automaton that is no longer used gives its room back: each reload of rules makes new ones.
func TestRoomIsGivenBack(t *testing.T) {
	var of weak.Pointer[Matcher]
	func() {
		m := exploding(t, 0)
		for _, text := range lettersOf(1, "ab", 100) {
			m.MatchString(text)
		}
		of = weak.Make(m)
	}()
	var counted, held int64
	for range 1000 {
		runtime.GC()
		counted, held = transitions.Load(), roomOfAll()
		if of.Value() == nil && counted == held {
			return
		}
	}
	t.Errorf("%d transitions are counted, and automata have %d", counted, held)
}

// A pattern that is prepared makes no automaton when its first text comes.
func TestPrepare(t *testing.T) {
	p, err := PatternOf(`prepared['"][\s\S]{0,40}\bsleep\(`) // which has one of what stands behind the count, too
	if err != nil {
		t.Fatal(err)
	}
	before := made()
	p.Prepare()
	prepared := made()
	if !p.MatchString(`prepared' or sleep(`) {
		t.Error("no match")
	}
	if prepared != before+2 || made() != prepared {
		t.Errorf("%d automata are made before a text comes, and then %d", prepared-before, made()-prepared)
	}
}

// made is how many automata were made.
func made() int {
	automata.Lock()
	defer automata.Unlock()
	return len(automata.all)
}

// roomOfAll is what automata have that are in use.
func roomOfAll() (n int64) {
	automata.Lock()
	defer automata.Unlock()
	for _, p := range automata.all {
		if m := p.Value(); m != nil {
			n += m.room.Load()
		}
	}
	return n
}
