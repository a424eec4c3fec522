package mapping

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
)

// Set is one or more mappings, of which the first that fits maps a record. It is safe for
// concurrent use.
type Set struct {
	all   []*Mapping
	auto  bool
	byTag sync.Map // tag to the *Mapping that fitted last, which is tried first
	tags  atomic.Int32
	w3c   bool
}

// maxTags bounds what is remembered: some inputs make a tag for each file.
const maxTags = 4096

// NewSet makes a set. With auto, a mapping without detect fits nothing.
func NewSet(all []*Mapping, auto bool) *Set {
	s := &Set{all: all, auto: auto}
	for _, m := range all {
		for i := range m.parse {
			s.w3c = s.w3c || m.parse[i].format == formatW3C
		}
	}
	return s
}

// Mappings are the set's, in the order in which they are tried.
func (s *Set) Mappings() []*Mapping { return s.all }

// InOrder reports whether the records of a chunk must be mapped one after the other: lines
// in it say what the lines after them mean.
func (s *Set) InOrder(chunk []byte) bool {
	return s.w3c && bytes.Contains(chunk, []byte("#Fields:"))
}

// Map is Mapping.Map with the first mapping that fits. It fails with ErrUnmapped when none does.
func (s *Set) Map(tag string, r Record, tx *Transaction) error {
	if len(s.all) == 1 && !s.auto {
		return s.all[0].Map(tag, r, tx)
	}
	tx.forgetJSON()
	last, _ := s.byTag.Load(tag)
	skipped := false
	if m, ok := last.(*Mapping); ok {
		err := s.try(m, tag, r, tx)
		if !errors.Is(err, errOther) && !errors.Is(err, ErrSkipped) {
			return err
		}
		skipped = errors.Is(err, ErrSkipped)
	}
	for _, m := range s.all {
		if m == last {
			continue
		}
		err := s.try(m, tag, r, tx)
		if errors.Is(err, ErrSkipped) {
			skipped = true
			continue
		}
		if errors.Is(err, errOther) {
			continue
		}
		if err == nil && (last != nil || s.tags.Add(1) <= maxTags) {
			s.byTag.Store(strings.Clone(tag), m)
		}
		return err
	}
	if skipped {
		return ErrSkipped
	}
	return ErrUnmapped
}

// errOther says that a record is not of a mapping.
var errOther = errors.New("record is of another mapping")

func (s *Set) try(m *Mapping, tag string, r Record, tx *Transaction) error {
	if len(m.detect) == 0 && s.auto {
		return errOther
	}
	if err := m.read(tag, r, tx); err != nil {
		return err
	}
	if !m.detects(tx) {
		return errOther
	}
	if !allHold(m.when, tx) {
		return ErrSkipped
	}
	err := m.fill(tx)
	if errors.Is(err, ErrUnmapped) {
		return errOther
	}
	return err
}
