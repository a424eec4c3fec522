package tuning

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// made is an alert of some rules, each at a variable.
func made(path, source string, variable string, rules ...int) *Alert {
	a := &Alert{source: source, method: "GET", url: path, scoreIn: 5 * len(rules)}
	a.prefix, a.isWhole = pathPrefix(path)
	for _, r := range rules {
		a.matches = append(a.matches, match{rule: r, message: "m", variable: variable})
	}
	return a
}

func proposerOf(alerts []*Alert) *proposer {
	return &proposer{
		scoreModel: &scoreModel{points: map[int]points{1: {in: 5}, 2: {in: 5}}, in: 5, out: 4}, alerts: alerts,
		chained: func(int) bool { return false }, isInside: func(netip.Addr) bool { return true },
	}
}

// Whoever attacks chooses variables, paths and addresses. However many he chooses, so many are compared with all alerts, the
// others are counted, and what is proposed for false alarms is the same.
func TestProposalsAreBounded(t *testing.T) {
	const many = 3000
	for name, one := range map[string]func(i int) *Alert{
		"variables":     func(i int) *Alert { return made("/a/b", "192.0.2.7", fmt.Sprint("ARGS:x", i), 1) },
		"odd variables": func(i int) *Alert { return made(fmt.Sprint("/a/", i), "192.0.2.7", fmt.Sprint("ARGS:x ", i), 1) },
		"paths":         func(i int) *Alert { return made(fmt.Sprint("/", i, "/x"), "192.0.2.7", "ARGS:odd x", 1) },
		"paths between others": func(i int) *Alert {
			return made(fmt.Sprint("/", i/2, "/x"), "192.0.2.7", fmt.Sprint("ARGS:odd ", i%2), 1+i%2)
		},
		"addresses of a detector": func(i int) *Alert {
			a := made(fmt.Sprint("/", i), fmt.Sprintf("198.18.%d.%d", i/250, i%250), "", 7)
			a.detector, a.id = "scan", 9702010
			return a
		},
	} {
		t.Run(name, func(t *testing.T) {
			alerts := slices.Repeat([]*Alert{made("/search", "10.0.0.7", "ARGS:text", 1, 2), made("/search", "10.0.0.8", "ARGS:text", 1, 2)}, 50)
			alone := proposerOf(alerts).propose(20)
			for i := range many {
				alerts = append(alerts, one(i))
			}
			p := proposerOf(alerts)
			chosen := p.propose(20)
			if len(alone) == 0 || len(chosen) == 0 || !slices.Equal(chosen[0].excludes(), alone[0].excludes()) || len(chosen[0].own) != 100 {
				t.Fatalf("proposed %v, and alone %v", chosen, alone)
			}
			groups := map[string]*group{}
			for a, key := range p.decisive {
				if groups[key] == nil {
					groups[key] = &group{detector: a.detector, id: a.id, matches: p.scoreModel.decisive(a)}
				}
				groups[key].alerts = append(groups[key].alerts, a)
			}
			clear(p.notes)
			best := p.best(groups, mostLookedAt)
			looked := 0
			for _, c := range best {
				looked += c.covered
			}
			if len(best) > mostLookedAt || looked+p.notes[tooSmall]+p.notes[nothingNarrow] < len(p.decisive) {
				t.Errorf("%d proposals are looked at, for %d alerts; not: %v; of %d", len(best), looked, p.notes, len(p.decisive))
			}
		})
	}
}

// Paths that are found in sorted lists are those that are found one by one.
func TestPrefixesInSortedLists(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		all := make([]string, r.IntN(12))
		for i := range all {
			all[i] = "/" + strings.Repeat("a", r.IntN(3)) + []string{"", "/", "b", "/b", "/b/"}[r.IntN(5)] + strings.Repeat("c", r.IntN(2))
		}
		path := "/" + strings.Repeat("a", r.IntN(3)) + []string{"", "/", "b", "/b", "/bcc"}[r.IntN(5)] + strings.Repeat("c", r.IntN(3))
		slices.Sort(all)
		is, n := false, 0
		for _, one := range all {
			is = is || strings.HasPrefix(path, one)
			if strings.HasPrefix(one, path) {
				n++
			}
		}
		if hasPrefixOf(all, path) != is || below(all, path) != n {
			t.Errorf("%q in %q: %v and %d, want %v and %d", path, all, hasPrefixOf(all, path), below(all, path), is, n)
		}
	}
}
