package screen

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/analysis"
	"github.com/modsecurity-for-anylog/msa/engine/internal/transform"
	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
)

// variable is a variable that conditions look at, and which of them look at which of its values.
type variable struct {
	id       variables.RuleVariable
	name     string            // in lower case
	base     *class            // for keys that no condition names
	named    map[string]*class // by key in lower case
	patterns []keyPattern
	plain    func() *textmatch.Matcher // of keys that a pattern without except matches; see anyOf
	except   func() *textmatch.Matcher // of keys in lower case that one with except matches

	screen   *Screen
	literals *literals // of all conditions of its part
	family   family    // whose keys it has
	member   int       // its place there
	mu       sync.Mutex
	mixes    map[mix]*class
}

// mix is a class of a key, and the patterns that match the key, as their bytes.
type mix struct {
	of       *class
	patterns string
}

// keyPattern is a pattern of keys whose values conditions look at, or with except don't look at. It stands once for all
// of them: hundreds of CRS's rules except the same cookies.
type keyPattern struct {
	text       string
	matcher    func() *textmatch.Matcher
	conditions []int32
	except     bool // its keys are in lower case
}

// withCondition adds a condition on the keys of a pattern.
func withCondition(all []keyPattern, re *regexp.Regexp, condition int32, except bool) []keyPattern {
	text := re.String()
	at := slices.IndexFunc(all, func(p keyPattern) bool { return p.text == text && p.except == except })
	if at < 0 {
		at = len(all)
		all = append(all, keyPattern{text: text, matcher: sync.OnceValue(func() *textmatch.Matcher { return textmatch.NewMatcher(re) }), except: except})
	}
	all[at].conditions = append(all[at].conditions, condition)
	return all
}

// anyOf matches what one of the patterns does, with except or without, which is seldom; nil where there are too few to gain
// by it.
func anyOf(patterns []keyPattern, except bool) func() *textmatch.Matcher {
	var texts []string
	for _, p := range patterns {
		if p.except == except {
			texts = append(texts, p.text)
		}
	}
	if len(texts) < 3 {
		return nil
	}
	return sync.OnceValue(func() *textmatch.Matcher {
		return textmatch.NewMatcher(regexp.MustCompile("(?:" + strings.Join(texts, ")|(?:") + ")"))
	})
}

// class is a set of conditions that some values have to be judged by.
type class struct {
	id        uint32
	all       []int32
	shortcuts []*shortcut
	literals  func() *literals
}

// group is the conditions of a class that see the same transformed value.
type group struct {
	analysis.Chain
	unfiltered  []int32
	steps       []step
	behind      []transform.Traits // by step: without these, it and those behind it change the case of letters at most
	creates     []transform.Traits // by step: without these, it and those behind it make no bytes but those that a text has, and adds
	adds        []textmatch.Content
	needs       []need            // one is fulfilled by each text that fulfils something of the group; nil where that is not known
	filtered    set               // conditions that want a literal; nil without any
	needles     textmatch.Needles // one is in each text that has one of these literals; nil where they are not few
	keepsTokens bool              // its transformations do, see package transform
	at          [textmatch.Levels + 1]judgedAt
}

// class finds the class of a key's values, nil when no condition looks at them. The memory is for the key in lower case.
func (v *variable) class(key string, memory *[]byte) *class {
	cl := v.base
	if len(v.named) > 0 && key != "" {
		*memory = appendLower((*memory)[:0], key)
		if named, ok := v.named[string(*memory)]; ok {
			cl = named
		}
	}
	if len(v.patterns) == 0 {
		return cl
	}
	var buf [8]byte
	matching := buf[:]
	if len(v.patterns) > 8*len(buf) {
		matching = make([]byte, (len(v.patterns)+7)/8)
	}
	matches := false
	*memory = appendLower((*memory)[:0], key)
	lower := viewOf(*memory)
	isPlain, isExcept := v.plain == nil || v.plain().MatchString(key), v.except == nil || v.except().MatchString(lower)
	for i, p := range v.patterns {
		if p.except && isExcept && p.matcher().MatchString(lower) || !p.except && isPlain && p.matcher().MatchString(key) {
			matching[i/8] |= 1 << (i % 8)
			matches = true
		}
	}
	if matches {
		return v.mix(mix{cl, string(matching)})
	}
	return cl
}

// maxMixed bounds the mixes that are remembered.
const maxMixed = 4096

// mix is the class of keys that patterns match, made once.
func (v *variable) mix(m mix) *class {
	v.mu.Lock()
	defer v.mu.Unlock()
	if cl, ok := v.mixes[m]; ok {
		return cl
	}
	var all, without []int32
	if m.of != nil {
		all = append(all, m.of.all...)
	}
	for i, p := range v.patterns {
		switch {
		case m.patterns[i/8]&(1<<(i%8)) == 0:
		case p.except:
			without = append(without, p.conditions...)
		default:
			all = append(all, p.conditions...)
		}
	}
	all = slices.DeleteFunc(all, func(c int32) bool { return slices.Contains(without, c) })
	var cl *class
	if len(all) > 0 {
		cl = v.newClass(all)
	}
	if len(v.mixes) < maxMixed {
		v.mixes[m] = cl
	}
	return cl
}

func appendLower(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 {
			return append(dst[:0], strings.ToLower(s)...)
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// part is some of the conditions on values.
type part struct {
	variables []*variable // that they look at
	literals  *literals   // of all of them
}

// buildParts parts the conditions. Those decide that rules have which can contribute to an alert, and rules that these depend on.
func (s *Screen) buildParts() {
	decides := make([]bool, len(s.conditions))
	seen := make([]bool, len(s.rules))
	var decide func(r int)
	decide = func(r int) {
		if seen[r] {
			return
		}
		seen[r] = true
		if c := s.rules[r].Scores; c >= 0 {
			decides[c] = true
		}
		for _, c := range s.rules[r].Conditions {
			decides[c] = true
			for _, setter := range s.conditions[c].Setters {
				decide(int(setter))
			}
		}
	}
	for r := range s.rules {
		if s.concerns(&s.rules[r]) {
			decide(r)
		}
	}
	s.deciding = s.newPart(0, func(c int) bool { return decides[c] })
	s.listing = s.newPart(members/2, func(c int) bool { return !decides[c] })
}

// newPart sorts conditions by what they look at. The variables are members of their families from a place on.
func (s *Screen) newPart(from int, has func(condition int) bool) (p part) {
	p.literals = s.literalsOf(has)
	type selection struct {
		plain    []int32
		named    map[string][]int32
		except   map[string][]int32
		patterns []keyPattern
	}
	byID := map[variables.RuleVariable]*selection{}
	var order []variables.RuleVariable
	for i := range s.conditions {
		c := &s.conditions[i]
		if c.Kind != analysis.OnValues || !has(i) {
			continue
		}
		for at, t := range c.Targets {
			id, err := variables.Parse(strings.ToUpper(t.Variable))
			if err != nil {
				continue // the analysis has refused it
			}
			sel := byID[id]
			if sel == nil {
				sel = &selection{named: map[string][]int32{}, except: map[string][]int32{}}
				byID[id] = sel
				order = append(order, id)
			}
			switch {
			case t.Except && slices.ContainsFunc(c.Targets[at:], func(after analysis.Target) bool { return after.Variable == t.Variable && !after.Except }):
				// Coraza takes it away from the targets before it only: it may be judged all the same.
			case t.Except && t.Key != "":
				sel.except[t.Key] = append(sel.except[t.Key], int32(i))
			case t.Except && t.Taken != nil:
				sel.patterns = withCondition(sel.patterns, t.Taken, int32(i), true)
			case t.Except: // all of the variable
			case t.Pattern != nil:
				sel.patterns = withCondition(sel.patterns, t.Pattern, int32(i), false)
			case t.Key != "":
				sel.named[t.Key] = append(sel.named[t.Key], int32(i))
			default:
				sel.plain = append(sel.plain, int32(i))
			}
		}
	}
	for _, id := range order {
		sel := byID[id]
		v := &variable{id: id, name: strings.ToLower(id.Name()), named: map[string]*class{}, patterns: sel.patterns, plain: anyOf(sel.patterns, false), except: anyOf(sel.patterns, true), screen: s, literals: p.literals, mixes: map[mix]*class{}}
		v.family, v.member = familyOf(id)
		v.member += from
		if len(sel.plain) > 0 {
			v.base = v.newClass(sel.plain)
		}
		for _, keys := range []map[string][]int32{sel.named, sel.except} {
			for k := range keys {
				var all []int32
				for _, c := range slices.Concat(sel.plain, sel.named[k]) {
					if !slices.Contains(sel.except[k], c) {
						all = append(all, c)
					}
				}
				v.named[k] = nil
				if len(all) > 0 {
					v.named[k] = v.newClass(all)
				}
			}
		}
		p.variables = append(p.variables, v)
	}
	return p
}

// sortRules finds the rules and conditions that take more than values.
func (s *Screen) sortRules() {
	for i := range s.conditions {
		if k := s.conditions[i].Kind; k == analysis.OnCount || k == analysis.OnNothing {
			s.valueless = append(s.valueless, int32(i))
		}
	}
	for i := range s.rules {
		onAny := slices.ContainsFunc(s.rules[i].Conditions, func(c int) bool { return s.conditions[c].Kind == analysis.OnValues })
		if !onAny {
			s.always = append(s.always, i)
		}
		if len(s.rules[i].Unasked) > 0 {
			s.unasked = append(s.unasked, i)
		}
	}
}

// add adds one of so many conditions.
func (g *group) add(c int32, isFiltered bool, of int) {
	switch {
	case !isFiltered:
		g.unfiltered = append(g.unfiltered, c)
		return
	case g.filtered == nil:
		g.filtered = newSet(of)
	}
	g.filtered.add(c)
}

func (v *variable) newClass(conditions []int32) *class {
	s := v.screen
	slices.Sort(conditions)
	conditions = slices.Compact(conditions)
	cl := &class{id: s.classes.Add(1), all: conditions}
	byChain := map[string]int{}
	var groups []group
	for _, c := range conditions {
		t := s.conditions[c].Transform
		i, ok := byChain[t.Key]
		if !ok {
			i = len(groups)
			byChain[t.Key] = i
			groups = append(groups, group{Chain: t})
		}
		groups[i].add(c, !s.conditions[c].Unfiltered, len(s.conditions))
	}
	for i := range groups {
		g := &groups[i]
		s.levelGroup(g)
		g.needles = s.needlesOf(g)
		g.keepsTokens = !slices.ContainsFunc(g.Names, func(name string) bool { return !transform.KeepsTokens(name) })
		for n, one := range g.Steps {
			g.steps = append(g.steps, step{one, s.steps[g.Names[n]]})
			g.behind, g.creates, g.adds = append(g.behind, 0), append(g.creates, 0), append(g.adds, textmatch.Content{})
			adds := one.Adds()
			for i := range g.behind {
				g.behind[i] |= one.Decodes()
				g.creates[i] |= one.Creates()
				g.adds[i].AddAll(&adds)
			}
		}
		g.needs = s.needsOf(g)
	}
	cl.shortcuts = s.newShortcuts(groups)
	cl.literals = sync.OnceValue(func() *literals { return v.literalsFor(cl) })
	return cl
}

// needlesOf are those of a group's literals; nil where they are not few.
func (s *Screen) needlesOf(g *group) textmatch.Needles {
	var literals []string
	g.filtered.each(func(c int32) { literals = append(literals, s.conditions[c].Operator.Literals...) })
	needles, _ := textmatch.NeedlesOf(literals)
	return needles
}

// literals are some that conditions want, and these, by literal.
type literals struct {
	automaton *textmatch.Automaton
	wantedBy  [][]int32
}

// literalsOf makes one automaton of all literals of some conditions. Those of one byte, which nearly every text has some of, are
// not among them: it is known which bytes a text has.
func (s *Screen) literalsOf(has func(condition int) bool) *literals {
	ls := &literals{}
	index := map[string]int{}
	var all []string
	for c := range s.conditions {
		if !has(c) {
			continue
		}
		for _, l := range s.conditions[c].Operator.Literals {
			if len(l) == 1 {
				continue
			}
			n, ok := index[l]
			if !ok {
				n = len(all)
				index[l] = n
				all = append(all, l)
				ls.wantedBy = append(ls.wantedBy, nil)
			}
			ls.wantedBy[n] = append(ls.wantedBy[n], int32(c))
		}
	}
	ls.automaton = textmatch.NewAutomaton(all)
	return ls
}

// fewLiterals are so few that a class has an automaton of its own: it is small, and comes upon less.
const fewLiterals = 300

// buildBytes finds the literals of one byte.
func (s *Screen) buildBytes() {
	for i := range s.conditions {
		for _, l := range s.conditions[i].Operator.Literals {
			if len(l) == 1 {
				s.addByte(l, int32(i))
			}
		}
	}
}

// literalsFor are those that a class's texts are scanned for. They are found out when they are asked for, as many classes have no
// values.
func (v *variable) literalsFor(cl *class) *literals {
	n := 0
	for _, c := range cl.all {
		n += len(v.screen.conditions[c].Operator.Literals)
	}
	if n > fewLiterals {
		return v.literals
	}
	return v.screen.literalsOf(func(c int) bool { return slices.Contains(cl.all, int32(c)) })
}

// addByte adds a condition that wants a literal of one byte, a letter in any case.
func (s *Screen) addByte(literal string, condition int32) {
	b := textmatch.LowerASCII(literal)[0]
	if s.ofByte[b] == nil {
		s.ofByte[b] = newSet(len(s.conditions))
		s.bytes.Add(b)
	}
	s.ofByte[b].add(condition)
}
