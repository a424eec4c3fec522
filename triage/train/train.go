package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
)

// model is written as package triage reads it.
type model struct {
	Version int                `json:"version"`
	Bias    float64            `json:"bias"`
	Scale   float64            `json:"scale"`
	Shift   float64            `json:"shift"`
	Weights map[string]float64 `json:"weights"`

	w []float64
}

const (
	epochs  = 12
	rate    = 0.15
	penalty = 2e-6 // of a weight's square, at each step
	least   = 6    // times that a feature is seen, or it is left out
)

// train fits a logistic regression by AdaGrad, in a fixed order.
func (s *set) train() *model {
	counts := make([]int, len(s.names))
	type row struct {
		features []int32
		attack   bool
	}
	var rows []row
	pos, neg := 0, 0
	for i := range s.samples {
		sm := &s.samples[i]
		if sm.isHeldOut() {
			continue
		}
		for _, x := range sm.suspects {
			if sm.attack && !x.attack {
				continue // the host's: its like are among the legitimate
			}
			rows = append(rows, row(x))
			for _, f := range x.features {
				counts[f]++
			}
			if x.attack {
				pos++
			} else {
				neg++
			}
		}
	}
	m := &model{Version: 1, Scale: 1, w: make([]float64, len(s.names))}
	g := make([]float64, len(s.names))
	gb := 1e-6
	r := rand.New(rand.NewPCG(1, 2))
	weight := map[bool]float64{true: float64(pos+neg) / 2 / float64(max(1, pos)), false: float64(pos+neg) / 2 / float64(max(1, neg))}
	order := r.Perm(len(rows))
	for range epochs {
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			x := &rows[i]
			sum := m.Bias
			for _, f := range x.features {
				sum += m.w[f]
			}
			target := 0.0
			if x.attack {
				target = 1
			}
			d := (1/(1+math.Exp(-sum)) - target) * weight[x.attack]
			gb += d * d
			m.Bias -= rate / math.Sqrt(gb) * d
			for _, f := range x.features {
				if counts[f] < least {
					continue
				}
				e := d + penalty*float64(len(rows))*m.w[f]/float64(counts[f])
				g[f] += e * e
				m.w[f] -= rate / math.Sqrt(g[f]+1e-6) * e
			}
		}
	}
	m.Weights = map[string]float64{}
	for f, w := range m.w {
		m.w[f] = math.Round(w*1000) / 1000
		if m.w[f] != 0 {
			m.Weights[s.names[f]] = m.w[f]
		}
	}
	m.Bias = math.Round(m.Bias*1000) / 1000
	s.calibrate(m)
	return m
}

// calibrate finds what turns a score into a probability, on what was not learned from: a logistic regression on the score
// alone, with as much weight on attacks as on legitimate records on which rules match (Platt scaling).
func (s *set) calibrate(m *model) {
	var of [2][]float64
	for i := range s.samples {
		sm := &s.samples[i]
		if score := m.score(sm); sm.isHeldOut() && !sm.test && !math.IsInf(score, -1) {
			k := 0
			if sm.attack {
				k = 1
			}
			of[k] = append(of[k], score)
		}
	}
	a, b := 1.0, 0.0
	for range 2000 {
		var ga, gb float64
		for k, all := range of {
			for _, score := range all {
				d := (1/(1+math.Exp(-(a*score+b))) - float64(k)) / float64(len(all))
				ga += d * score
				gb += d
			}
		}
		a, b = a-0.05*ga, b-0.05*gb
	}
	m.Scale, m.Shift = math.Round(a*1000)/1000, math.Round(b*1000)/1000
}

func (m *model) confidence(score float64) int {
	if math.IsInf(score, -1) {
		return -1
	}
	return int(math.Floor(100/(1+math.Exp(-(m.Scale*score+m.Shift))) + 0.5))
}

func (m *model) score(sm *sample) float64 {
	best := math.Inf(-1)
	for _, x := range sm.suspects {
		sum := m.Bias
		for _, f := range x.features {
			sum += m.w[f]
		}
		best = max(best, sum)
	}
	return best
}

// cuts are the confidences at which the report tells what alarms.
var cuts = []int{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99}

// report writes the tables of the model card: of what was not learned from, what alarms at which confidence.
func (s *set) report(m *model) string {
	w := &strings.Builder{}
	of := map[string][]int{}
	names := []string{}
	add := func(name string, confidence int) {
		if of[name] == nil {
			names = append(names, name)
		}
		of[name] = append(of[name], confidence)
	}
	for i := range s.samples {
		sm := &s.samples[i]
		if !sm.isHeldOut() {
			continue
		}
		c := m.confidence(m.score(sm))
		switch {
		case !sm.attack && strings.HasPrefix(sm.kind, "benign"):
			add("legitimate, written", c)
		case !sm.attack && strings.HasPrefix(sm.kind, "encoded"):
			add("legitimate, encoded texts", c)
		case !sm.attack:
			add("legitimate, sites", c)
		case sm.how == "as it is":
			add("attacks, "+sm.kind, c)
			add("attacks, all of "+sm.source(), c)
		case sm.how == "among words":
			add("among words, all of "+sm.source(), c)
		case strings.HasPrefix(sm.how, "encoded"):
			add("encoded, all of "+sm.source(), c)
		default:
			add("transplanted, "+sm.how, c)
			add("transplanted, all of "+sm.source(), c)
		}
	}
	slices.Sort(names)
	fmt.Fprint(w, "| records | number |")
	for _, c := range cuts {
		fmt.Fprintf(w, " %d |", c)
	}
	fmt.Fprint(w, "\n|---|---:|"+strings.Repeat("---:|", len(cuts))+"\n")
	for _, name := range names {
		fmt.Fprintf(w, "| %s | %d |", name, len(of[name]))
		for _, cut := range cuts {
			n := 0
			for _, c := range of[name] {
				if c >= cut {
					n++
				}
			}
			fmt.Fprintf(w, " %.2f |", 100*float64(n)/float64(len(of[name])))
		}
		fmt.Fprintln(w)
	}
	return w.String()
}

// dump writes the worst of what was not learned from, for whoever works on it. It holds records of others: it belongs
// outside of the repository.
func (s *set) dump(m *model, file string) error {
	var b strings.Builder
	var legit []*sample
	for i := range s.samples {
		switch sm := &s.samples[i]; {
		case !sm.isHeldOut():
		case !sm.attack:
			legit = append(legit, sm)
		case m.confidence(m.score(sm)) < 50:
			fmt.Fprintf(&b, "missed %.2f %s %s %.300q\n", m.score(sm), sm.kind, sm.how, sm.group)
		}
	}
	slices.SortStableFunc(legit, func(a, b *sample) int { return cmp.Compare(m.score(b), m.score(a)) })
	for _, sm := range legit[:min(len(legit), 100)] {
		fmt.Fprintf(&b, "flagged %.2f %s %s\n", m.score(sm), sm.group, sm.text)
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}

func (m *model) write(file string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	if err := enc.Encode(m); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o666)
}
