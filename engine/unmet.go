package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/modsecurity-for-anylog/msa/internal/typo"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// seen is what records have of that which exclusions are limited to: an exclusion for a place that no record has is a typo,
// or for something that is no more.
type seen struct {
	held []atomic.Bool // of each exclusion: all its limits held for a record, but for the variable
	left atomic.Int32  // exclusions for which they did not

	mu           sync.Mutex
	paths, hosts map[string]bool
}

// maxSeen is how many paths and hosts are kept, from which the one is found that may be meant.
const maxSeen = 1000

// Watched are the same exclusions, of which See and Unmet find out for which no record has a place.
func (e Exclusions) Watched() Exclusions {
	if len(e.all) == 0 {
		return e
	}
	e.seen = &seen{held: make([]atomic.Bool, len(e.all)), paths: map[string]bool{}, hosts: map[string]bool{}}
	e.seen.left.Store(int32(len(e.all)))
	return e
}

// See notes for which exclusions a record has a place, if they are watched.
func (e Exclusions) See(t *mapping.Transaction) {
	if e.seen == nil || e.seen.left.Load() == 0 {
		return
	}
	in := ExchangeOf(t)
	for i := range e.all {
		if !e.seen.held[i].Load() && e.all[i].holds(&in) && e.seen.held[i].CompareAndSwap(false, true) {
			e.seen.left.Add(-1)
		}
	}
	if e.seen.left.Load() > 0 {
		e.seen.keep(&in)
	}
}

func (s *seen) keep(in *Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.paths) < maxSeen && !s.paths[in.Path] {
		s.paths[strings.Clone(in.Path)] = true
	}
	if len(s.hosts) < maxSeen && !s.hosts[in.Host] {
		s.hosts[strings.Clone(in.Host)] = true
	}
}

// Unmet says of each watched exclusion that is limited to a place which no record had that it did nothing.
func (e Exclusions) Unmet() (warnings []string) {
	if e.seen == nil {
		return nil
	}
	e.seen.mu.Lock()
	defer e.seen.mu.Unlock()
	for i := range e.all {
		if x := &e.all[i]; !e.seen.held[i].Load() && len(e.seen.paths) > 0 {
			warnings = append(warnings, fmt.Sprintf("exclude %q did nothing: no record has such a place%s", x.text, e.seen.meant(x)))
		}
	}
	return warnings
}

// meant is the path or the host that may be meant, if none begins so or is so.
func (s *seen) meant(x *exclusion) string {
	near, paths := "", slices.Collect(maps.Keys(s.paths))
	switch {
	case x.path != "" && !slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, x.path) }):
		near = typo.Nearest(x.path, paths)
	case x.host != "" && !s.hosts[x.host]:
		near = typo.Nearest(x.host, slices.Collect(maps.Keys(s.hosts)))
	}
	if near == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", near)
}
