package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Set is one or more mappings, of which the first that fits maps a record. It is safe for
// concurrent use.
type Set struct {
	all    []*Mapping // those that somebody has named, and all presets behind them with auto
	named  int        // how many are named
	auto   bool
	orders map[*Mapping][]*Mapping // after each
	byTag  sync.Map                // tag to the *Mapping that fitted last, which is tried first
	tags   atomic.Int32
}

// maxTags bounds what is remembered: some inputs make a tag for each file.
const maxTags = 4096

// NewSet makes a set of mappings that somebody has named. With auto, all presets are behind them, of which one without
// detect fits nothing.
func NewSet(named []*Mapping, auto bool) *Set {
	s := &Set{all: slices.Clone(named), named: len(named), auto: auto, orders: map[*Mapping][]*Mapping{}}
	if auto {
		for _, m := range presets() {
			if !slices.Contains(named, m) {
				s.all = append(s.all, m)
			}
		}
	}
	for _, m := range s.all {
		s.orders[m] = s.orderAfter(m)
	}
	return s
}

// Mappings are the set's, in the order in which they are tried.
func (s *Set) Mappings() []*Mapping { return s.all }

// Named are those of the set that somebody has named.
func (s *Set) Named() []*Mapping { return s.all[:s.named] }

// InOrder reports whether the records of a chunk must be mapped one after the other, after all before and before all after:
// lines in it say what the lines after them mean.
func (s *Set) InOrder(chunk []byte) bool {
	return slices.ContainsFunc(s.all, (*Mapping).readsColumns) && announcesColumns(view(chunk))
}

func (m *Mapping) readsColumns() bool {
	return slices.ContainsFunc(m.parse, func(p parseStep) bool { return p.format == formatW3C })
}

// Map is Mapping.Map with the first mapping that fits. When none does, it fails with ErrUnmapped, or with ErrNotHTTP
// with auto if nothing in the record looks like HTTP.
func (s *Set) Map(tag string, r Record, tx *Transaction) error {
	if len(s.all) == 1 && !s.auto {
		err := s.all[0].Map(tag, r, tx)
		if errors.Is(err, ErrUnmapped) {
			err = s.whyNone(r, tx)
		}
		return err
	}
	tx.opened.forget()
	skipped, notText := false, error(nil)
	remembered, _ := s.byTag.Load(tag)
	last, _ := remembered.(*Mapping)
	for _, m := range s.order(last) {
		if s.auto && m.isNotAsked(skipped, notText != nil) {
			continue
		}
		switch err := s.try(m, tag, r, tx); {
		case errors.Is(err, ErrSkipped):
			skipped = true
		case errors.Is(err, ErrNotText):
			notText = err
		case errors.Is(err, errOther):
		case err != nil:
			return err
		default:
			if m != last {
				s.remember(tag, m, last != nil)
			}
			return nil
		}
	}
	switch {
	case notText != nil:
		return notText
	case skipped:
		return ErrSkipped
	}
	return s.whyNone(r, tx)
}

// isNotAsked reports whether a preset that guesses is not asked for a record that another one has left out, or could not read:
// that must be said.
func (m *Mapping) isNotAsked(skipped, notText bool) bool {
	return skipped && (m.Name == anyProgram || m.Name == AnyText) || (skipped || notText) && m.Name == AnyNames
}

// whyNone is the error for a record that no mapping takes.
func (s *Set) whyNone(r Record, tx *Transaction) error {
	if err := tx.opened.broken(r); err != nil {
		return err
	}
	if name, first := tx.listOfEvents(r); first != nil && (!s.auto || tx.looksLikeHTTP(first)) {
		return fmt.Errorf("%w: its events are in the list %q, which has to be split into records before", ErrUnmapped, name)
	}
	if s.auto && !tx.looksLikeHTTP(r) {
		return ErrNotHTTP
	}
	return ErrUnmapped
}

// order is in which order mappings are tried, after one that has taken a record of the tag. Of presets no two fit the same
// record, but those that moreSpecific has; what the user names counts as it stands, whatever came before.
func (s *Set) order(last *Mapping) []*Mapping {
	if last == nil || !s.auto {
		return s.all
	}
	return s.orders[last]
}

// orderAfter has those that are named or more specific first, then the one itself, then all others.
func (s *Set) orderAfter(last *Mapping) []*Mapping {
	if slices.Contains(s.Named(), last) {
		return s.all
	}
	first, rest := slices.Clone(s.Named()), []*Mapping(nil)
	for _, m := range s.all[s.named:] {
		switch {
		case m == last:
		case last.Name == AnyText, last.Name == AnyNames && m.Name != AnyText, slices.Contains(moreSpecific[last.Name], m.Name):
			first = append(first, m)
		default:
			rest = append(rest, m)
		}
	}
	return slices.Concat(first, []*Mapping{last}, rest)
}

func (s *Set) remember(tag string, m *Mapping, known bool) {
	if !known {
		if s.tags.Load() >= maxTags {
			return
		}
		s.tags.Add(1)
	}
	s.byTag.Store(strings.Clone(tag), m)
}

// errOther says that a record is not of a mapping.
var errOther = errors.New("record is of another mapping")

func (s *Set) try(m *Mapping, tag string, r Record, tx *Transaction) error {
	if len(m.detect) == 0 && s.auto && !slices.Contains(s.Named(), m) {
		return errOther
	}
	if err := m.read(tag, r, tx); err != nil {
		return err
	}
	if !m.detects(tx) {
		return errOther
	}
	if m.adds {
		m.addFields(r, tx)
	}
	if !allHold(m.when, tx) {
		return ErrSkipped
	}
	err := m.fill(r, tx)
	if errors.Is(err, ErrUnmapped) {
		return errOther
	}
	return err
}
