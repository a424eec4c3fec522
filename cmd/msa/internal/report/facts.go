package report

import (
	"cmp"
	"slices"
)

// fact is what alerts that are counted together have in common. Source, target, rule and category are numbers of names.
type fact struct {
	Bucket                         int64 // of time, in steps since 1970; undated if there is none
	Severity, Direction            uint8
	Category, Rule, Source, Target int32
}

// Bounds of what is counted apart. The texts are the attackers', who may send as many different ones as they like.
const (
	mostFacts      = 150_000
	mostAddresses  = 50_000
	mostRules      = 5_000
	mostCategories = 500
	fewestBuckets  = 40 // coarser than this, sources and targets are given up first
)

// steps are the widths of buckets in seconds, each a multiple of the one before.
var steps = []int64{1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 12 * 3600, 86400, 7 * 86400, 28 * 86400, 364 * 86400}

// facts counts alerts by time, severity, direction, category, rule, source and target. It stays small however many there
// are: buckets of time become wider, and of names that are too many the least severe and rarest are counted together.
type facts struct {
	counts map[fact]int
	step   int // in steps
	most   int

	categories, rules, sources, targets *names
}

func newFacts(most int) *facts {
	return &facts{
		counts: map[fact]int{}, most: most,
		categories: newNames(mostCategories), rules: newNames(mostRules), sources: newNames(mostAddresses), targets: newNames(mostAddresses),
	}
}

func (f *facts) add(k *known, rule string) {
	for d, text := range [dimensions]string{k.Category, rule, k.Source, k.Target} {
		if f.names(dimension(d)).full(text) {
			f.fold(dimension(d))
		}
	}
	f.counts[fact{
		f.bucket(k.at), k.severity(), k.direction(),
		f.categories.number(k.Category), f.rules.number(rule), f.sources.number(k.Source), f.targets.number(k.Target),
	}]++
	for len(f.counts) > f.most && f.shrink() {
	}
}

func (f *facts) bucket(at int64) int64 {
	if at == undated {
		return undated
	}
	return at / steps[f.step]
}

// buckets are the numbers of alerts of all buckets that have any.
func (f *facts) buckets() map[int64]int {
	all := map[int64]int{}
	for k, n := range f.counts {
		if k.Bucket != undated {
			all[k.Bucket] += n
		}
	}
	return all
}

// coarsen makes the next wider buckets.
func (f *facts) coarsen() {
	ratio := steps[f.step+1] / steps[f.step]
	f.step++
	f.counts = f.recounted(func(k *fact) {
		if k.Bucket != undated {
			k.Bucket /= ratio
		}
	})
}

func (f *facts) recounted(change func(*fact)) map[fact]int {
	counts := make(map[fact]int, len(f.counts))
	for k, n := range f.counts {
		change(&k)
		counts[k] += n
	}
	return counts
}

// dimension is one of the keys of a fact that are names.
type dimension int

const (
	categoryOf dimension = iota
	ruleOf
	sourceOf
	targetOf
	dimensions
)

func (k *fact) number(d dimension) *int32 {
	return [dimensions]*int32{&k.Category, &k.Rule, &k.Source, &k.Target}[d]
}

func (f *facts) names(d dimension) *names {
	return [dimensions]*names{f.categories, f.rules, f.sources, f.targets}[d]
}

// shrink counts more together, and reports whether that is possible.
func (f *facts) shrink() bool {
	if len(f.buckets()) > fewestBuckets && f.step < len(steps)-1 {
		f.coarsen()
		return true
	}
	largest := sourceOf
	for d := range dimensions {
		if len(f.names(d).list) > len(f.names(largest).list) {
			largest = d
		}
	}
	if len(f.names(largest).list) <= 2 {
		return false
	}
	f.fold(largest)
	return true
}

// fold keeps half of a dimension's names: the most severe, of the same severity the most frequent.
func (f *facts) fold(d dimension) {
	n := f.names(d)
	type rank struct {
		number   int32
		severity uint8
		count    int
	}
	ranks := make([]rank, len(n.list))
	for i := range ranks {
		ranks[i] = rank{number: int32(i), severity: 7}
	}
	for k, count := range f.counts {
		r := &ranks[*k.number(d)]
		r.severity, r.count = min(r.severity, k.Severity), r.count+count
	}
	ranks = ranks[1:]
	slices.SortFunc(ranks, func(a, b rank) int {
		return cmp.Or(cmp.Compare(a.severity, b.severity), cmp.Compare(b.count, a.count), cmp.Compare(n.list[a.number], n.list[b.number]))
	})
	kept := map[int32]bool{}
	for _, r := range ranks[:len(ranks)/2] {
		kept[r.number] = true
	}
	renumbered := n.keep(kept)
	f.counts = f.recounted(func(k *fact) { *k.number(d) = renumbered[*k.number(d)] })
}

// counted is a fact with its number of alerts.
type counted struct {
	fact
	n int
}

// in are all facts with the buckets of a period, those outside of it as undated, in an order that does not depend on chance.
func (f *facts) in(p *period) []counted {
	counts := f.recounted(func(k *fact) {
		if at := k.Bucket * steps[f.step]; k.Bucket != undated && p.has(at) {
			k.Bucket = (at - p.start) / p.step
		} else {
			k.Bucket = undated
		}
	})
	all := make([]counted, 0, len(counts))
	for k, n := range counts {
		all = append(all, counted{k, n})
	}
	slices.SortFunc(all, func(a, b counted) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Category, b.Category), cmp.Compare(a.Direction, b.Direction))
	})
	return all
}
