package incident

import (
	"slices"
	"strings"

	"github.com/axiomhq/hyperloglog"
	"github.com/cespare/xxhash/v2"

	"github.com/modsecurity-for-anylog/msa/internal/sketch"
)

// Crowd is the different names of a kind, listed or not, where there are more than a list has. They are counted exactly as
// long as they are some hundreds, and nearly so beyond.
type Crowd struct {
	Kind  string // client
	Names *hyperloglog.Sketch
}

func kindOf(actor string) string {
	kind, _, _ := strings.Cut(actor, " ")
	return kind
}

// addActor lists an actor, or counts him where there is no room.
func (s *Story) addActor(name string) {
	switch {
	case slices.Contains(s.Actors, name):
	case len(s.Actors) < maxActors:
		s.Actors = append(s.Actors, name)
	default:
		s.crowd(kindOf(name)).InsertHash(xxhash.Sum64String(name))
	}
}

// crowd is that of a kind, which has all that are listed.
func (s *Story) crowd(kind string) *hyperloglog.Sketch {
	for _, c := range s.Crowds {
		if c.Kind == kind {
			return c.Names
		}
	}
	names := sketch.New()
	for _, a := range s.Actors {
		if kindOf(a) == kind {
			names.InsertHash(xxhash.Sum64String(a))
		}
	}
	s.Crowds = append(s.Crowds, Crowd{kind, names})
	return names
}

// absorbActors adds the actors of another story.
func (s *Story) absorbActors(other *Story) {
	for _, name := range other.Actors {
		s.addActor(name)
	}
	for _, c := range other.Crowds {
		_ = s.crowd(c.Kind).Merge(c.Names) // of the same precision
	}
}

// unlisted is how many actors of a kind there are beside those that are listed.
func (s *Story) unlisted(kind string) int {
	i := slices.IndexFunc(s.Crowds, func(c Crowd) bool { return c.Kind == kind })
	if i < 0 {
		return 0
	}
	n := int(s.Crowds[i].Names.Estimate())
	for _, a := range s.Actors {
		if kindOf(a) == kind {
			n--
		}
	}
	return max(n, 0)
}

// moreActors is how many actors there are beside so many that are listed.
func (s *Story) moreActors(shown int) int {
	n := max(0, len(s.Actors)-shown)
	for _, c := range s.Crowds {
		n += s.unlisted(c.Kind)
	}
	return n
}

// countTarget counts a target for which there is no room, or which takes another's.
func (s *Story) countTarget(name string) { s.targetNames().InsertHash(xxhash.Sum64String(name)) }

// targetNames are those of all targets, of which there are more than are listed.
func (s *Story) targetNames() *hyperloglog.Sketch {
	if s.AllTargets == nil {
		s.AllTargets = sketch.New()
		for _, t := range s.Targets {
			s.AllTargets.InsertHash(xxhash.Sum64String(t.Name))
		}
	}
	return s.AllTargets
}

// allTargets is how many targets there are.
func (s *Story) allTargets() int {
	if s.AllTargets == nil {
		return len(s.Targets)
	}
	return max(len(s.Targets), int(s.AllTargets.Estimate()))
}
