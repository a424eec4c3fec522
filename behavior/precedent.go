package behavior

import "time"

// precedents are what others did that is unusual for one: the backup whose pod is a new one each night, the runner that
// lives for one build. What came at about the same hour of an earlier day, or often before, from whoever uses the same software,
// is usual.
type precedents struct {
	peers names // what these have in common
	id    uint64
	table *table[precedent]
}

type precedent struct {
	Days [days]occasion // the last days on which it came
	Next uint
}

func (p *precedent) possible() bool {
	for _, d := range p.Days {
		if !isSum(d.Amount) || d.Times < 0 {
			return false
		}
	}
	return true
}

type occasion struct {
	Time   int64
	Amount int64
	Times  int32  // on that day, by different ones
	Who    uint64 // the last
	Told   bool   // it was an alert: on the same day it excuses nobody
}

const (
	day = int64(24 * time.Hour / time.Millisecond)

	nearHours     = int64(2 * time.Hour / time.Millisecond) // of the day
	oftenEnough   = 3
	days          = 4
	lastDay       = days - 1
	maxPrecedents = 20_000
)

func newPrecedents(peers names, id uint64) *precedents {
	return &precedents{peers, hash(id, "peers"), newTable[precedent](maxPrecedents)}
}

func (p *precedents) key(o *Observation) uint64 {
	return hash(p.peers.hash(o, p.id), o.agentName())
}

// has reports whether an amount has precedents. An amount that is much more than these has none.
func (p *precedents) has(o *Observation, now, amount int64) bool {
	known := p.table.peek(p.key(o))
	if known == nil {
		return false
	}
	for _, d := range known.Days {
		if d.Time == 0 || amount > 4*d.Amount {
			continue
		}
		apart := (now - d.Time) % day
		if now-d.Time > day/2 && min(apart, day-apart) <= nearHours {
			return true
		}
		times := d.Times
		if d.Who == o.sourceID {
			times--
		}
		if times >= oftenEnough && !d.Told {
			return true
		}
	}
	return false
}

// add notes what came, and whether it was told.
func (p *precedents) add(o *Observation, now, amount int64, told bool) {
	known, _ := p.table.get(p.key(o), now, forgetClients)
	last := &known.Days[(known.Next+lastDay)%days]
	if last.Time == 0 || now-last.Time > day/2 {
		known.Days[known.Next%days] = occasion{now, amount, 1, o.sourceID, told}
		known.Next = (known.Next + 1) % days
		return
	}
	last.Amount = max(last.Amount, amount)
	last.Told = last.Told || told
	if last.Who != o.sourceID {
		last.Who = o.sourceID
		last.Times++
	}
}

// grow makes the last precedent as much as it has become.
func (p *precedents) grow(o *Observation, amount int64) {
	if known := p.table.peek(p.key(o)); known != nil {
		last := &known.Days[(known.Next+lastDay)%days]
		last.Amount = max(last.Amount, amount)
	}
}
