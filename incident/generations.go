package incident

import "maps"

// generations keep values for a time at least, and not much longer, and of a bounded number of keys those that were used
// last: what was not used since the last change of generations is forgotten with the next.
type generations[T any] struct {
	now, before map[uint64]T
	began       int64
	keep        int64 // milliseconds
	most        int
}

func newGenerations[T any](keep int64, most int) generations[T] {
	return generations[T]{now: map[uint64]T{}, keep: keep, most: most}
}

func (g *generations[T]) turn(now int64) {
	if now-g.began > g.keep || len(g.now) >= g.most/2 {
		g.before, g.now, g.began = g.now, map[uint64]T{}, now
	}
}

func (g *generations[T]) get(key uint64, now int64) (value T, ok bool) {
	g.turn(now)
	if value, ok = g.now[key]; ok {
		return value, true
	}
	if value, ok = g.before[key]; ok {
		g.now[key] = value
	}
	return value, ok
}

func (g *generations[T]) set(key uint64, value T, now int64) {
	g.turn(now)
	g.now[key] = value
}

// all are the values that are kept.
func (g *generations[T]) all() map[uint64]T {
	all := make(map[uint64]T, len(g.now)+len(g.before))
	maps.Copy(all, g.before)
	maps.Copy(all, g.now)
	return all
}
