package behavior

import (
	"slices"

	"github.com/modsecurity-for-anylog/msa/internal/clock"
)

// detector finds one sort of behaviour. It is used by one goroutine at a time.
type detector interface {
	// observe sees one record for which the conditions hold, at a time in milliseconds, and says what is
	// unusual: "" if nothing is.
	observe(o *Observation, now int64) string
	begin(now int64) // before the first record, whether it is of interest or not
	learns(now int64) bool
	keys() names
	size() (keys int, evicted uint64)
	save() any       // a pointer that gob writes
	restore(any) int // what save returned, read again; and how much of it is dropped, as it can't be
	fresh() (to any) // where gob reads it
}

// common is what all detectors have.
type common struct {
	spec *Spec
	key  names
	id   uint64 // of the detector, in hashes

	started int64 // when the first record came
}

func (c *common) keys() names { return c.key }

// begin is where learning begins, if it has not.
func (c *common) begin(now int64) {
	if c.started == 0 {
		c.started = now
	}
}

// resume goes on with when the first record came, unless that can't be, and says how much that was.
func (c *common) resume(started int64) (dropped int) {
	if c.started = started; started != 0 && !clock.Can(started) {
		c.started, dropped = 0, 1
	}
	return dropped
}

// learns reports whether it is too early to say anything.
func (c *common) learns(now int64) bool { return now < c.started+c.spec.Learn.milliseconds() }

func (c *common) keyOf(o *Observation) uint64 { return c.key.hash(o, c.id) }

// who is the client whose behaviour it is, if that is what the key says, or else nil.
func (c *common) who(o *Observation) *client {
	if len(c.key) == 0 {
		return nil
	}
	switch c.key[0].name {
	case "source":
		return o.bySource
	case "actor":
		if o.User == "" {
			return o.bySource
		}
	case "client":
		return o.byClient
	}
	return nil
}

// learnedKey is the key for what is learned of somebody: an address that is somebody else now has learned nothing yet.
func (c *common) learnedKey(o *Observation, who *client) uint64 {
	h := c.key.hash(o, c.id)
	if who != nil && who.Life > 0 {
		h = hash(h+uint64(who.Life), "life")
	}
	return h
}

// quiet lets a key alarm once in the time of suppress. until is when it may alarm again.
func (c *common) quiet(until *int64, now int64) bool {
	if now < *until {
		return true
	}
	*until = now + c.spec.Suppress.milliseconds()
	return false
}

// newDetector makes a detector of its specification. All fields that it names are in known.
func newDetector(s *Spec, known []field, clients *clients) detector {
	find := func(list []string) (all names) {
		for _, name := range list {
			all = append(all, known[slices.IndexFunc(known, func(f field) bool { return f.name == name })])
		}
		return all
	}
	c := common{spec: s, key: find(s.Key), id: hash(0, s.Name)}
	switch s.Type {
	case "threshold":
		return &threshold{c, newTable[counted](s.MaxKeys)}
	case "distinct":
		return &distinct{c, find(s.Field), newTable[different](s.MaxKeys)}
	case "volume":
		return &volume{common: c, amount: amountOf(s.Amount), table: newTable[summed](s.MaxKeys), peers: find(s.Peers), others: map[uint64]*baseline{}, usual: newPrecedents(find(s.Peers), c.id)}
	case "first_seen":
		return newFirstSeen(c, find(s.Field), clients)
	case "beacon":
		return &beacon{*newFirstSeen(c, find(s.Field), clients), newTable[beats](s.MaxKeys)}
	case "logins":
		d := &logins{common: c, table: newTable[guesses](s.MaxKeys), value: find(s.Field)}
		if len(d.value) > 0 {
			d.as = newTable[different](s.MaxKeys)
		}
		return d
	case "sequence":
		return &sequence{c, newTable[walks](s.MaxKeys), newPrecedents(find(s.Peers), c.id)}
	case "off_hours":
		return &offHours{c, newTable[hours](s.MaxKeys)}
	default:
		return newPivot(c, clients)
	}
}
