package interpreter

import (
	"regexp"
	"slices"
	"strings"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/types"
	"github.com/corazawaf/coraza/v3/types/variables"
)

// variable is one of TX, or of MATCHED_VARS.
type variable struct{ name, value string }

// txVars are the variables of TX in one transaction.
type txVars struct {
	before  map[string]variable // by their names in lower case, as the following
	set     map[string]variable
	removed map[string]bool

	answer [1]string // of Get, which is looked at at once
}

var _ collection.Map = (*txVars)(nil)

func (t *txVars) get(lower string) (variable, bool) {
	if v, ok := t.set[lower]; ok {
		return v, true
	}
	if t.removed[lower] {
		return variable{}, false
	}
	v, ok := t.before[lower]
	return v, ok
}

// fitting are the variables whose names fit a pattern, or all, in the order of their names.
func (t *txVars) fitting(pattern *regexp.Regexp) []variable {
	var names []string
	for lower := range t.set {
		names = append(names, lower)
	}
	for lower := range t.before {
		if _, ok := t.set[lower]; !ok && !t.removed[lower] {
			names = append(names, lower)
		}
	}
	slices.Sort(names)
	var all []variable
	for _, lower := range names {
		if pattern == nil || pattern.MatchString(lower) {
			v, _ := t.get(lower)
			all = append(all, v)
		}
	}
	return all
}

// Get implements [collection.Keyed].
func (t *txVars) Get(key string) []string {
	if v, ok := t.get(strings.ToLower(key)); ok {
		t.answer[0] = v.value
		return t.answer[:]
	}
	return nil
}

// Set implements [collection.Map]; setvar gives one value.
func (t *txVars) Set(key string, values []string) {
	for _, v := range values {
		t.SetIndex(key, 0, v)
	}
}

// SetIndex implements [collection.Map]; there is one value of a name.
func (t *txVars) SetIndex(key string, _ int, value string) {
	t.put(strings.ToLower(key), variable{key, value})
}

func (t *txVars) put(lower string, v variable) {
	if t.set == nil {
		t.set = map[string]variable{}
	}
	t.set[lower] = v
}

// forget takes back what rules have set.
func (t *txVars) forget() {
	clear(t.set)
	t.removed, t.answer = nil, [1]string{}
}

// Add implements [collection.Map].
func (t *txVars) Add(key, value string) { t.SetIndex(key, 0, value) }

// Remove implements [collection.Map].
func (t *txVars) Remove(key string) {
	if t.removed == nil {
		t.removed = map[string]bool{}
	}
	lower := strings.ToLower(key)
	delete(t.set, lower)
	t.removed[lower] = true
}

// Name implements [collection.Collection].
func (t *txVars) Name() string { return variables.TX.Name() }

// FindAll implements [collection.Collection]. Nobody asks for what it finds, nor do the following.
func (t *txVars) FindAll() []types.MatchData { return nil }

// FindRegex implements [collection.Keyed].
func (t *txVars) FindRegex(*regexp.Regexp) []types.MatchData { return nil }

// FindString implements [collection.Keyed].
func (t *txVars) FindString(string) []types.MatchData { return nil }

// single is a variable with one value.
type single struct{ value string }

var _ collection.Single = (*single)(nil)

// Get implements [collection.Single].
func (s *single) Get() string { return s.value }

// Name implements [collection.Collection].
func (s *single) Name() string { return "" }

// FindAll implements [collection.Collection].
func (s *single) FindAll() []types.MatchData { return nil }
