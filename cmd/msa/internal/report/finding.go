package report

import (
	"cmp"
	"slices"
)

// finding is sensitive data that went from one host to another, as a rule of the pack sensitive-data has found it.
type finding struct {
	rule           int
	source, target string
	where          string // the variable: RESPONSE_BODY
	what           string // kinds and numbers, never values
}

// sightings are the alerts that say so.
type sightings struct {
	n           int
	first, last int64
	message     string
	severity    int
	places      places
}

// mostFindings bounds what is listed.
const mostFindings = 2_000

type findings struct {
	seen map[finding]*sightings
	more int // alerts whose findings there was no room for
}

func newFindings() *findings { return &findings{seen: map[finding]*sightings{}} }

func (f *findings) add(k *known) {
	for _, m := range k.Rules {
		if m.ID/1000 != packSensitive || k.Detector != "" {
			continue
		}
		key := finding{m.ID, k.Source, k.Target, cut(m.Variable, longestName), cut(m.Data, longestName)}
		s := f.seen[key]
		if s == nil {
			if len(f.seen) >= mostFindings {
				f.more++
				continue
			}
			s = &sightings{first: k.at, last: k.at, message: cut(m.Message, longestLabel), severity: min(max(m.Severity, 0), 7)}
			f.seen[key] = s
		}
		s.n++
		s.places.add(k.URL)
		if k.at != undated {
			if s.first == undated || k.at < s.first {
				s.first = k.at
			}
			s.last = max(s.last, k.at)
		}
	}
}

// sorted are the findings, the most severe and most frequent first.
func (f *findings) sorted() []finding {
	all := make([]finding, 0, len(f.seen))
	for key := range f.seen {
		all = append(all, key)
	}
	slices.SortFunc(all, func(a, b finding) int {
		x, y := f.seen[a], f.seen[b]
		return cmp.Or(cmp.Compare(x.severity, y.severity), cmp.Compare(y.n, x.n), cmp.Compare(a.rule, b.rule),
			cmp.Compare(a.source, b.source), cmp.Compare(a.target, b.target), cmp.Compare(a.where, b.where), cmp.Compare(a.what, b.what))
	})
	return all
}
