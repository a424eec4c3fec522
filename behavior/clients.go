package behavior

import (
	"slices"
	"time"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Addresses do not say who somebody is: a pod that is replaced has another one, and its own goes to whoever comes next.
// Where the log names workloads, these are who acts. Where it does not, clients keeps what each address does: the roles that
// it plays, each of which is a service that it uses and the software that it uses it with. By these
//
//   - replicas of one workload are told from different ones: they play the same roles (similar);
//   - an address that is somebody else now is noticed: it does something new after a pause that is long for it, or
//     with software that is new for it what others do, or what others do when they start. It begins a new life.
//
// Who does most of what it did before again, soon after, has not changed at all: the life goes on, and what was held back is told.
// So does the life of an address that goes on to answer under a name of its own, as a pod that serves and rarely calls.
type clients struct {
	all   *table[client]
	roles *table[role]
}

// role is how many lives play one, and how many began with it.
type role struct {
	Lives, Births uint32
}

// client is one address, or a workload that the log names.
type client struct {
	First   int64 // of this life, in milliseconds
	Last    int64
	Gap     float32 // usual milliseconds between records
	Records uint32  // halved now and then, with the two below
	Relayed uint32  // of them: with an X-Forwarded-For that is another's address
	Relays  uint32  // how often that address was another one than before
	relayed uint64
	Named   bool
	Life    uint32 // 0 is the first
	Lives   uint32
	Roles   []uint64 // of this life, those played last first
	Agents  []uint64 // the same

	Serves []served // names under which it answers in this life, those that it answered under last first
	Served int64    // when it did so under one that it had before its last long pause
	Same   bool     // it did so under one of the life before

	Left     int64 // before its last long pause, when
	Returned int64 // after it, when
	Born     int64 // when it did last what others begin with

	Before client0 // the life before, if this one began within a day
}

func (p *client) possible() bool { return isAmount(float64(p.Gap)) }

// client0 is a life that may have ended.
type client0 struct {
	Life   uint32
	First  int64
	Roles  []uint64
	Agents []uint64
	Serves []served
	Back   int // roles that say something and are played again
}

// served is a name under which an address answers.
type served struct {
	Name  uint64
	Since int64
}

const (
	maxRoles  = 24
	maxAgents = 6
	maxServes = 4

	// An address is known by a name under which it has answered for so long: where pods come and go, names do too.
	longServed = 6 * newcomer

	// A pause is long if it is so many times the usual one, and so many milliseconds.
	longPause = 8
	minPause  = float32(10 * time.Minute / time.Millisecond)

	// Whoever is known for less has not shown what it does.
	newcomer = int64(time.Hour / time.Millisecond)

	// What this share of the roles of one, the rarer the more, is played by another too makes both the same workload.
	likeness = 0.7

	// An address that passes on what others send has so many records, and nearly all name somebody else.
	relayRecords = 50
	relayChanges = 10
)

func newClients() *clients {
	return &clients{all: newTable[client](maxClients), roles: newTable[role](maxClients)}
}

// see is who a record is of. What it does is noted by saw, after the detectors have looked.
func (c *clients) see(o *Observation, now int64) *client {
	p, isNew := c.all.get(o.sourceID, now, forgetClients)
	if isNew {
		p.First, p.Named = now, o.isNamed
	}
	if pause := float32(now - p.Last); p.Last > 0 && pause >= max(minPause, longPause*p.Gap) {
		p.Left, p.Returned = p.Last, now
	}
	if p.Named || o.Status >= 400 {
		return p
	}
	role := o.role()
	settled := now-p.First >= newcomer
	if now-p.First >= day {
		p.Before = client0{}
	}
	switch {
	case p.Same && p.Before.Roles != nil:
		o.merged = p.goOn()
	case !settled && p.Before.Roles != nil && slices.Contains(p.Before.Roles, role) && !slices.Contains(p.Roles, role) && c.identifies(p.Before.Roles, role):
		if p.Before.Back++; 2*p.Before.Back >= c.telling(p.Before.Roles) {
			o.merged = p.goOn()
		}
	case settled && c.isAnother(p, o, role, now):
		first := p.First
		if p.First = now; len(p.Before.Serves) > 0 && len(p.Serves) == 0 {
			break // it has not yet shown whether it is the one before
		}
		isBack := now-p.Returned < newcomer && !c.isBirth(role)
		p.Lives++
		p.Before = client0{Life: p.Life, First: first, Roles: p.Roles, Agents: p.Agents, Serves: p.Serves}
		p.Life, p.Roles, p.Agents, p.Serves, p.Same = p.Lives, nil, nil, nil, false
		p.parted(isBack)
	}
	return p
}

// parted leaves to the life before the names under which it had long answered when it left, if it is back, and to the new
// one those of since then. Who does what others do when they start has begun anew, under whichever name.
func (p *client) parted(isBack bool) {
	left := p.Last
	if isBack {
		left = p.Left
	}
	for _, s := range p.Before.Serves {
		if s.Since > left {
			p.Serves = append(p.Serves, s)
		}
	}
	p.Before.Serves = slices.DeleteFunc(p.Before.Serves, func(s served) bool { return !isBack || left-s.Since < longServed })
}

// serves notes under which name an address answers, if it is known as a client. Probes ask for the address, which says nothing.
func (c *clients) serves(o *Observation, now int64) {
	if o.Status < 200 || o.Status >= 400 || o.Direction == "outbound" || o.Host == "" {
		return
	}
	p := c.all.peek(hash(0, o.Server.Address))
	if p == nil || p.Named {
		return
	}
	if _, err := mapping.ParseAddress(o.Host); err == nil {
		return
	}
	one := served{hash(0, o.Host), now}
	is := func(other served) bool { return other.Name == one.Name }
	if i := slices.IndexFunc(p.Serves, is); i >= 0 {
		one = p.Serves[i]
		if p.Left-one.Since >= longServed {
			p.Served = now
		}
	} else if slices.ContainsFunc(p.Before.Serves, is) {
		p.Served, p.Same = now, true
	}
	p.Serves, _ = toFront(p.Serves, one, maxServes)
}

// isAnother reports whether an address seems to be somebody else's now.
func (c *clients) isAnother(p *client, o *Observation, role uint64, now int64) bool {
	if c.isBirth(role) && now-p.Born >= newcomer {
		return true
	}
	if slices.Contains(p.Roles, role) {
		return false
	}
	if p.Returned > p.First && now-p.Returned < newcomer && p.Served < p.Returned {
		return true
	}
	others := c.roles.peek(role)
	return others != nil && others.Lives >= 2 && !slices.Contains(p.Agents, o.agentID())
}

// isBirth reports whether most who play a role began with it: pods that start and read their configuration.
func (c *clients) isBirth(role uint64) bool {
	r := c.roles.peek(role)
	return r != nil && r.Births >= oftenEnough && 2*r.Births >= r.Lives
}

// goOn makes the present life part of the one before, and says which it was.
func (p *client) goOn() (life uint32) {
	life = p.Life
	p.Life, p.First = p.Before.Life, p.Before.First
	p.Roles = firstOf(append(p.Roles, p.Before.Roles...), maxRoles)
	p.Agents = firstOf(append(p.Agents, p.Before.Agents...), maxAgents)
	p.Serves = firstOf(append(p.Before.Serves, p.Serves...), maxServes)
	p.Before, p.Same = client0{}, false
	return life
}

// tells reports whether a role says something about who plays it: few do, and not only to begin with.
func (c *clients) tells(role uint64) bool {
	return c.isRare(role) && !c.isBirth(role)
}

// isRare reports whether few play a role.
func (c *clients) isRare(role uint64) bool {
	r := c.roles.peek(role)
	return r == nil || int(r.Lives)*4 <= max(c.all.len(), 16)
}

// identifies reports whether one of a life's roles shows that it goes on. Who does only what it began with is known by that.
func (c *clients) identifies(life []uint64, role uint64) bool {
	return c.tells(role) || c.isRare(role) && !slices.ContainsFunc(life, c.tells)
}

// telling is how many roles of a list say something, one at least.
func (c *clients) telling(roles []uint64) (n int) {
	for _, r := range roles {
		if c.tells(r) {
			n++
		}
	}
	return max(n, 1)
}

// saw notes what a client did.
func (c *clients) saw(p *client, o *Observation, now int64) {
	if p.Records >= 1<<12 {
		p.Records, p.Relayed, p.Relays = p.Records/2, p.Relayed/2, p.Relays/2
	}
	p.Records++
	if o.forwarded != "" && o.isInternal() {
		p.Relayed++
		if h := hash(0, o.forwarded); h != p.relayed {
			p.relayed = h
			p.Relays++
		}
	}
	if gap := float32(now - p.Last); p.Last > 0 && gap >= 0 && p.Returned != now {
		p.Gap += (gap - p.Gap) / float32(min(p.Records, 32))
	}
	p.Last = max(p.Last, now)
	if o.Status >= 400 || p.Named {
		return
	}
	this, isFirst := o.role(), len(p.Roles) == 0
	if isFirst || c.isBirth(this) {
		p.Born = now
	}
	var isNew bool
	if p.Roles, isNew = toFront(p.Roles, this, maxRoles); isNew {
		r, _ := c.roles.get(this, now, forgetClients)
		r.Lives++
		if isFirst {
			r.Births++
		}
	}
	p.Agents, _ = toFront(p.Agents, o.agentID(), maxAgents)
}

// passesOn reports whether a client is a proxy or a load balancer, so that who acts is another.
func (p *client) passesOn() bool {
	return p.Records >= relayRecords && p.Relays >= relayChanges && p.Relayed*10 >= p.Records*9
}

// life is one of a client.
type life struct {
	ID   uint64
	Life uint32
}

// rolesOf are the roles of a life, nil if it has ended long ago.
func (c *clients) rolesOf(l life) []uint64 {
	p := c.all.peek(l.ID)
	switch {
	case p == nil:
		return nil
	case p.Life == l.Life:
		return p.Roles
	case p.Before.Life == l.Life:
		return p.Before.Roles
	}
	return nil
}

// alike reports whether two that the log does not name are the same workload, by the roles that they play but one: all of
// it that says something is done by the other too. One that has done nothing else is like no other that has.
func (c *clients) alike(a, b []uint64, but uint64) bool {
	return c.within(a, b, but) || c.within(b, a, but)
}

// likens reports whether one is the same workload as another: all that it does, but for one role, the other does too.
func (c *clients) likens(one, other []uint64, but uint64) bool {
	if len(one) == 0 || len(one) == 1 && one[0] == but {
		return false
	}
	return c.within(one, other, but)
}

// within reports whether the roles of one, the rarer the more, are roles of another too.
func (c *clients) within(a, b []uint64, but uint64) bool {
	all, shared := 0.0, 0.0
	for _, role := range a {
		if role == but {
			continue
		}
		weight := 1.0
		if r := c.roles.peek(role); r != nil {
			weight = 1 / float64(max(r.Lives, 1))
		}
		all += weight
		if slices.Contains(b, role) {
			shared += weight
		}
	}
	if all == 0 {
		return len(b) == 0 || len(b) == 1 && b[0] == but
	}
	return shared >= likeness*all
}

// toFront puts a value first. The last of too many goes.
func toFront[T comparable](list []T, v T, most int) (moved []T, isNew bool) {
	at := slices.Index(list, v)
	switch {
	case at == 0:
		return list, false
	case at < 0 && len(list) < most:
		list = append(list, v)
		at = len(list) - 1
		isNew = true
	case at < 0:
		at = len(list) - 1
		isNew = true
	}
	copy(list[1:at+1], list[:at])
	list[0] = v
	return list, isNew
}

func firstOf[T any](list []T, most int) []T { return list[:min(len(list), most)] }
