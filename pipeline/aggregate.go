package pipeline

import (
	"container/heap"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/incident"
	"github.com/modsecurity-for-anylog/msa/internal/clock"
)

// Incidents from alerts: where several instances inspect records, each its share, one more gets their alerts and tells of
// incidents. Which alert is part of which incident depends on their order: the attack on a proxy has to come before what the
// proxy passes on. Alerts of one instance come in order, those of different ones as their hosts and the network please. So
// each waits a while, and goes on in the order of time: the incidents are those of one instance that has seen all records.

const (
	// holding is how long an alert waits, by the alerts' time and, where they stop, by that of the host.
	holding = 30 * time.Second

	// So many alerts wait at most, of so many bytes: of more, the oldest goes on at once.
	maxHeld      = 100_000
	maxHeldBytes = 256 << 20
)

// held is an alert that waits.
type held struct {
	at      int64 // that counts, in milliseconds
	number  uint64
	arrived time.Time
	tag     string
	event   event
	facts   alert.Facts
}

// size is the bytes that it keeps.
func (h *held) size() int { return len(h.event.time) + len(h.event.body) }

// waiting are alerts that wait, the oldest first; of the same time, the one that came first.
type waiting []*held

func (w waiting) Len() int { return len(w) }
func (w waiting) Less(i, j int) bool {
	return w[i].at < w[j].at || w[i].at == w[j].at && w[i].number < w[j].number
}
func (w waiting) Swap(i, j int) { w[i], w[j] = w[j], w[i] }

// Push is heap's.
func (w *waiting) Push(v any) { *w = append(*w, v.(*held)) }

// Pop is heap's.
func (w *waiting) Pop() any {
	last := len(*w) - 1
	h := (*w)[last]
	(*w)[last] = nil
	*w = (*w)[:last]
	return h
}

// aggregate puts the alerts of other instances into order.
type aggregate struct {
	reader   alert.Reader
	maxBytes int

	mu      sync.Mutex
	clock   clock.Clock
	waiting waiting
	bytes   int // of those that wait
	number  uint64
}

func newAggregate(r alert.Reader) *aggregate { return &aggregate{reader: r, maxBytes: maxHeldBytes} }

// push has an alert wait.
func (a *aggregate) push(h *held) {
	a.number++
	h.number = a.number
	heap.Push(&a.waiting, h)
	a.bytes += h.size()
}

// pop is the alert that goes on next.
func (a *aggregate) pop() *held {
	h := heap.Pop(&a.waiting).(*held)
	a.bytes -= h.size()
	return h
}

// isFull reports whether more wait than may.
func (a *aggregate) isFull() bool { return len(a.waiting) > maxHeld || a.bytes > a.maxBytes }

// errSentOn keeps alerts that the host gives to the filter once more from going round for ever.
var errSentOn = errors.New("an alert that comes under alert_tag is one that was sent on: those of other instances need another tag, as by Tag_Prefix of the input forward")

// readAlert reads a record that is an alert.
func (p *Pipeline) readAlert(tag string, e event) (f finding) {
	f.at = e.when()
	facts, err := p.aggregate.reader.Facts(e.body)
	switch {
	case err == nil && p.tag.expand(tag, e.body) == tag:
		p.countUninspected(unmapped, tag, errSentOn)
	case err == nil:
		f.read, f.at = &facts, facts.Time
	case errors.Is(err, alert.ErrIsIncident), isEmptyMap(e):
		p.counters.skipped.Add(1) // it says what time it is
	default:
		p.countUninspected(unmapped, tag, err)
	}
	return f
}

func isEmptyMap(e event) bool {
	n, _, err := msgp.ReadMapHeaderBytes(e.body)
	return err == nil && n == 0
}

// aggregateAlerts has the alerts of a chunk wait, and makes those that have waited part of incidents.
func (i *Inspection) aggregateAlerts() {
	a := i.p.aggregate
	a.mu.Lock()
	defer a.mu.Unlock()
	chunk := i.p.incidents.Begin()
	defer chunk.End()
	now := time.Now()
	for n := range i.findings {
		f := &i.findings[n]
		if f.at.IsZero() {
			continue
		}
		at := a.clock.At(f.at.UnixMilli())
		if f.read != nil {
			e := event{time: slices.Clone(i.events[n].time), body: slices.Clone(i.events[n].body)}
			a.push(&held{at: at, arrived: now, tag: i.tag, event: e, facts: *f.read})
		}
		until := a.clock.Now - holding.Milliseconds()
		i.p.letGo(f, chunk, func(h *held) bool { return h.at <= until || a.isFull() })
		// Time goes on as far as no alert that is still to come can change what was.
		i.p.told(f, chunk.Record(time.UnixMilli(until).UTC()))
	}
}

// letGo makes alerts that have waited part of incidents, and sends them on with the ids of these.
func (p *Pipeline) letGo(f *finding, chunk *incident.Chunk, isDue func(*held) bool) {
	a := p.aggregate
	for len(a.waiting) > 0 && isDue(a.waiting[0]) {
		h := a.pop()
		p.told(f, chunk.Record(h.facts.Time))
		id, told := chunk.Alert(&h.facts)
		p.told(f, told)
		if p.cfg.PerIncident {
			continue
		}
		sent := alert.AppendIdentified(nil, h.event.time, h.event.body, id, p.cfg.TextKey)
		f.sent = appended(f.sent, Alerts{p.tag.expand(h.tag, h.event.body), sent, 1}, 0)
		p.counters.alert(h.facts.Series())
	}
}

// Overdue are alerts that have waited for those of other instances for as long as any of these may take, while no time went
// by in the records; and what is told of their incidents.
func (p *Pipeline) Overdue(now time.Time) Result {
	return p.heldNoMore(func(h *held) bool { return now.Sub(h.arrived) >= holding })
}

// TakeOver goes on with the alerts that wait in another pipeline, which ends.
func (p *Pipeline) TakeOver(old *Pipeline) {
	if p.aggregate == nil || old.aggregate == nil {
		return
	}
	from, to := old.aggregate, p.aggregate
	from.mu.Lock()
	defer from.mu.Unlock()
	to.mu.Lock()
	defer to.mu.Unlock()
	to.clock, to.waiting, to.bytes, to.number = from.clock, from.waiting, from.bytes, from.number
	from.waiting, from.bytes = nil, 0
}

func (p *Pipeline) heldNoMore(isDue func(*held) bool) Result {
	if p.aggregate == nil {
		return Result{}
	}
	var f finding
	p.aggregate.mu.Lock()
	defer p.aggregate.mu.Unlock()
	chunk := p.incidents.Begin()
	defer chunk.End()
	p.letGo(&f, chunk, isDue)
	return Result{Alerts: f.sent, Incidents: appended(nil, Alerts{p.cfg.IncidentTag, f.told, f.tells}, 0)}
}
