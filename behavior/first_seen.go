package behavior

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// firstSeen learns which values go with which keys.
//
// What is new for one is nothing special if its replicas have it, or so many workloads do, or if those
// who are new do it all the time, as pods that start read their configuration. What is new while a key is
// silenced is not learned, and told with the next alert.
type firstSeen struct {
	common
	value   names
	clients *clients
	sources *table[source]
	pairs   *table[bool]
	holders *table[holders]
}

type source struct {
	First int64
	Until int64
	News  uint32 // values that were new after its first hour, and usual
	Later *later // nil with nothing in it, as nearly always
}

// later is what is new and was not told.
type later struct {
	Hidden []hidden // it came while the key was silenced
	Held   []hidden // it came while the key seemed to be somebody else than before
}

type hidden struct {
	Pair uint64
	Text string
	Sums []uint64 // of the value, for when the key turns out to be another one
}

// holders are those who have a value.
type holders struct {
	Lives     uint32
	Newcomers uint32 // of them: who had it when they were new
	Recent    [8]life
}

const (
	maxHidden = 8

	// Who has had so many new values, one after another, is somebody for whom new ones are usual: the kubelet of a node.
	manyNews = 6
)

func newFirstSeen(c common, value names, clients *clients) *firstSeen {
	most := c.spec.MaxKeys
	return &firstSeen{common: c, value: value, clients: clients, sources: newTable[source](most),
		pairs: newTable[bool](8 * most), holders: newTable[holders](most)}
}

func (d *firstSeen) observe(o *Observation, now int64) string {
	if d.value.empty(o) {
		return ""
	}
	s, who, pair, isNew := d.meet(o, now)
	if d.pairs.touch(pair, now, d.spec.Forget.milliseconds()) {
		if s.Later != nil && len(s.Later.Hidden) > 0 && now >= s.Until {
			return d.tell(s, "", now)
		}
		return ""
	}
	switch d.judge(o, who, s, now) {
	case usual:
		d.accept(o, who, s, pair, now)
		return ""
	case heldBack:
		s.later().Held = hide(s.later().Held, d.hidden(o, pair))
		d.learn(o, who, s, pair, now)
		return ""
	}
	if now < s.Until {
		s.later().Hidden = hide(s.later().Hidden, d.hidden(o, pair))
		return ""
	}
	d.learn(o, who, s, pair, now)
	evidence := fmt.Sprintf("%s never seen since %s", d.value.text(o), time.UnixMilli(s.First).UTC().Format(time.DateTime))
	if isNew {
		evidence = fmt.Sprintf("%s never seen, nor anything like it of %s", d.value.text(o), d.key.text(o))
	}
	if s.Later != nil {
		s.Later.Hidden = slices.DeleteFunc(s.Later.Hidden, func(h hidden) bool { return h.Pair == pair })
	}
	return d.tell(s, evidence, now)
}

// meet is whose value it is, and what stands for both; isNew tells that nothing was known of the key.
func (d *firstSeen) meet(o *Observation, now int64) (s *source, who *client, pair uint64, isNew bool) {
	who = d.who(o)
	key := d.learnedKey(o, who)
	if s, isNew = d.sources.get(key, now, d.spec.Forget.milliseconds()); isNew {
		s.First = now
	}
	if who != nil {
		s.First = who.First // by what the others' conditions let through too
	}
	return s, who, d.value.hash(o, key), isNew
}

// accept learns what is new and usual.
func (d *firstSeen) accept(o *Observation, who *client, s *source, pair uint64, now int64) {
	if now >= s.First+newcomer {
		s.News++
	}
	d.learn(o, who, s, pair, now)
}

// judgement of what is new for a key.
type judgement int

const (
	usual    judgement = iota
	heldBack           // usual, unless the key turns out to be somebody who is known
	unusual
)

func (d *firstSeen) judge(o *Observation, who *client, s *source, now int64) judgement {
	with := d.holders.peek(d.value.hash(o, d.id))
	switch {
	case d.learns(now), s.News >= manyNews:
		return usual
	case now < s.First+d.spec.Settle.milliseconds(), with != nil && with.Newcomers >= oftenEnough && now < s.First+newcomer:
		if who != nil && who.Before.Roles != nil && !d.hadBefore(o, who) && d.compare(o, who, who.Before.Roles, with) == unusual {
			return heldBack
		}
		return usual
	}
	switch {
	case who == nil:
		return d.compare(o, nil, nil, with)
	case who.Before.Roles != nil && d.hadBefore(o, who): // who calls rarely may need hours to show that it is the same
		return usual
	}
	return d.compare(o, who, who.Roles, with)
}

// hadBefore reports whether a client had a value in the life before.
func (d *firstSeen) hadBefore(o *Observation, who *client) bool {
	return d.pairs.peek(d.value.hash(o, d.learnedKey(o, &client{Life: who.Before.Life}))) != nil
}

// compare judges what is new for a client that plays roles by who else has it.
func (d *firstSeen) compare(o *Observation, who *client, roles []uint64, with *holders) judgement {
	switch {
	case with == nil:
		return unusual
	case who == nil || who.Named:
		if d.spec.CommonFrom > 0 && int(with.Lives) >= d.spec.CommonFrom {
			return usual
		}
		return unusual
	}
	var different [][]uint64
	for _, l := range with.Recent {
		other := d.clients.rolesOf(l)
		switch {
		case other == nil || l.ID == o.sourceID:
		case d.clients.likens(roles, other, o.role()):
			return usual
		case !slices.ContainsFunc(different, func(known []uint64) bool { return d.clients.alike(known, other, o.role()) }):
			different = append(different, other)
		}
	}
	if d.spec.CommonFrom > 0 && len(different) >= d.spec.CommonFrom {
		return usual
	}
	return unusual
}

// learn notes that a key has a value.
func (d *firstSeen) learn(o *Observation, who *client, s *source, pair uint64, now int64) {
	forget := d.spec.Forget.milliseconds()
	d.pairs.get(pair, now, forget)
	with, _ := d.holders.get(d.value.hash(o, d.id), now, forget)
	with.Lives++
	if now < s.First+newcomer {
		with.Newcomers++
	}
	if who == nil {
		return
	}
	if one := (life{o.sourceID, who.Life}); !slices.Contains(with.Recent[:], one) {
		out := d.dispensable(with, o.role())
		copy(with.Recent[1:out+1], with.Recent[:out])
		with.Recent[0] = one
	}
}

// dispensable is which of the holders makes room: one that is over, or that another one stands for, or else the oldest.
// Of a value that many have, they so remain different ones, whichever workload was replaced last.
func (d *firstSeen) dispensable(with *holders, but uint64) int {
	var roles [len(with.Recent)][]uint64
	for i := range with.Recent {
		roles[i] = d.clients.rolesOf(with.Recent[i])
	}
	for i := len(roles) - 1; i >= 0; i-- {
		if roles[i] == nil {
			return i
		}
	}
	for i := len(roles) - 1; i >= 0; i-- {
		for j := range roles {
			if i != j && d.clients.within(roles[i], roles[j], but) {
				return i
			}
		}
	}
	return len(roles) - 1
}

func (s *source) later() *later {
	if s.Later == nil {
		s.Later = &later{}
	}
	return s.Later
}

func (d *firstSeen) hidden(o *Observation, pair uint64) hidden {
	return hidden{pair, d.value.text(o), d.value.sums(o)}
}

// of is the same value with another key.
func (h hidden) of(key uint64) hidden {
	if len(h.Sums) > 0 { // of older versions there are none
		h.Pair = key
		for _, sum := range h.Sums {
			h.Pair = mixed(h.Pair, sum)
		}
	}
	return h
}

// hide keeps what is not told now.
func hide(list []hidden, one hidden) []hidden {
	if len(list) < maxHidden && !slices.ContainsFunc(list, func(h hidden) bool { return h.Pair == one.Pair }) {
		list = append(list, one)
	}
	return list
}

// tell is the evidence with what was hidden. It is learned now.
func (d *firstSeen) tell(s *source, evidence string, now int64) string {
	s.Until = now + d.spec.Suppress.milliseconds()
	var also []string
	if s.Later != nil {
		for _, h := range s.Later.Hidden {
			d.pairs.get(h.Pair, now, d.spec.Forget.milliseconds())
			also = append(also, h.Text)
		}
		if s.Later.Hidden = nil; s.Later.Held == nil {
			s.Later = nil
		}
	}
	switch {
	case len(also) == 0:
		return evidence
	case evidence == "":
		return fmt.Sprintf("new, though not told at once: %s", strings.Join(also, "; "))
	}
	return fmt.Sprintf("%s; also new, though not told at once: %s", evidence, strings.Join(also, "; "))
}

// reveal tells what was held back of a client that seemed to be another one and is not.
func (d *firstSeen) reveal(o *Observation, now int64) string {
	who := d.who(o)
	if who == nil {
		return ""
	}
	other := *who
	other.Life = o.merged
	seemed := d.sources.peek(d.learnedKey(o, &other))
	if seemed == nil || seemed.Later == nil {
		return ""
	}
	held := seemed.Later.Held
	seemed.Later = nil
	key := d.learnedKey(o, who)
	s, _ := d.sources.get(key, now, d.spec.Forget.milliseconds())
	s.First = who.First
	held = slices.DeleteFunc(held, func(h hidden) bool { return d.pairs.peek(h.of(key).Pair) != nil }) // told a moment ago
	for _, h := range held {
		s.later().Hidden = hide(s.later().Hidden, h.of(key))
	}
	if now < s.Until || len(held) == 0 {
		return "" // it is told later
	}
	return d.tell(s, "", now)
}

// firstSeenState is what a first_seen detector keeps.
type firstSeenState struct {
	Started int64
	Sources saved[source]
	Pairs   saved[bool]
	Holders saved[holders]
}

func (d *firstSeen) size() (int, uint64) {
	return d.sources.len() + d.pairs.len() + d.holders.len(), d.sources.evicted + d.pairs.evicted + d.holders.evicted
}
func (d *firstSeen) save() any {
	return &firstSeenState{d.started, d.sources.save(), d.pairs.save(), d.holders.save()}
}
func (d *firstSeen) fresh() any { return &firstSeenState{} }
func (d *firstSeen) restore(s any) int {
	state := s.(*firstSeenState)
	return d.resume(state.Started) + d.sources.restore(state.Sources) + d.pairs.restore(state.Pairs) + d.holders.restore(state.Holders)
}
