package incident

import "github.com/modsecurity-for-anylog/msa/alert"

// What parts of an incident take in memory, in bytes, about.
const (
	sizeOfIncident = 1200
	sizeOfAlias    = 48
	sizeOfEntry    = 48 // of a list, beside its texts
	sizeOfSketch   = 4 << 10
	sizeOfAnswers  = 16 << 10
	sizeOfHash     = 8 // in a sketch that has few
)

// weigh counts what an incident takes now.
func (s *Incidents) weigh(inc *incident) {
	s.bytes -= inc.bytes
	inc.bytes = inc.size()
	s.bytes += inc.bytes
}

// size is what an incident takes in memory, about.
func (inc *incident) size() int {
	n := sizeOfIncident + sizeOfAlias*len(inc.aliases) + len(inc.Key)
	for _, texts := range [][]string{inc.Joined, inc.Actors, inc.Evidence, inc.Samples, inc.News} {
		for _, text := range texts {
			n += sizeOfEntry + len(text)
		}
	}
	for i := range inc.Steps {
		n += 2*sizeOfEntry + len(inc.Steps[i].What)
	}
	for i := range inc.Targets {
		n += sizeOfEntry + len(inc.Targets[i].Name)
	}
	for _, counts := range [][]alert.Count{inc.Endpoints, inc.Detectors} {
		for i := range counts {
			n += sizeOfEntry + len(counts[i].Name)
		}
	}
	for i := range inc.Hops {
		n += 2*sizeOfEntry + len(inc.Hops[i].From) + len(inc.Hops[i].To)
	}
	n += sizeOfSketch * len(inc.Crowds)
	if inc.AllTargets != nil {
		n += sizeOfSketch
	}
	return n + len(inc.Data)*min(sizeOfAnswers, sizeOfEntry+sizeOfHash*inc.Alerts)
}
