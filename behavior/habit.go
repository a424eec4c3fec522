package behavior

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// habit is that a rule matches a variable of an endpoint, and who has made it so. Many clients over a day at least make a
// habit: those of one attacker are too few. An IPv6 network of 64 bits counts as one client, as its owner has all of its addresses.
type habit struct {
	Service, Endpoint, Variable string // shop.example.com, "GET /search"
	Rule                        int

	Clients [habitClients]habitClient
}

// habitClient is a client, and when it was seen first and last, in hours.
type habitClient struct{ Client, First, Last uint32 }

const (
	habitClients = 20               // make a habit
	habitElders  = habitClients / 2 // of them were there a day before: a crowd of one hour is none

	habitHours   = 14 * 24 // what a client taught holds so long
	forgetHabits = habitHours * hour

	trusted = 5 // ordinary requests of a client to a service before it teaches
)

// learn counts a client.
func (h *habit) learn(client uint64, now int64) {
	t := uint32(now / hour)
	oldest := 0
	for i := range h.Clients {
		c := &h.Clients[i]
		if c.Client == uint32(client) && c.Last > 0 {
			c.Last = max(c.Last, t)
			return
		}
		if c.Last < h.Clients[oldest].Last {
			oldest = i
		}
	}
	if c := &h.Clients[oldest]; c.Last+habitHours < t {
		*c = habitClient{uint32(client), t, t}
	}
}

// clients is how many have taught it of late, how many of these a day ago or before, and when the first of them.
func (h *habit) clients(now int64) (n, elders int, since int64) {
	t := uint32(now / hour)
	for i := range h.Clients {
		c := &h.Clients[i]
		if c.Last == 0 || c.Last+habitHours < t {
			continue
		}
		n++
		if c.First+24 <= t {
			elders++
		}
		if first := int64(c.First) * hour; since == 0 || first < since {
			since = first
		}
	}
	return n, elders, since
}

// holds reports whether it is one by now.
func (h *habit) holds(now int64) bool {
	n, elders, _ := h.clients(now)
	return n == habitClients && elders >= habitElders
}

// network is what counts as one client.
func network(address string) string {
	ip, err := mapping.ParseAddress(address)
	if err != nil || ip.Is4() {
		return address
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}

// Habit is what many clients do at the same place every day: that a rule matches there is no evidence of an attack.
type Habit struct {
	Rule              int
	Variable          string
	Service, Endpoint string // shop.example.com, "GET /search"
	Clients           int    // so many at least, within the last two weeks
	Since             time.Time
}

// String is how people read it.
func (h Habit) String() string {
	return fmt.Sprintf("rule %d on %s of %s %s: %d clients or more since %s", h.Rule, h.Variable, h.Service, h.Endpoint, h.Clients, h.Since.Format(time.DateOnly))
}

// Habits are those that hold, in the order of service, endpoint, variable and rule.
func (m *Memory) Habits() []Habit {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Habit
	t := m.habits
	for i := t.oldest; i != noSlot; i = t.slots[i].newer {
		if h := &t.slots[i].value; h.holds(m.clock.Now) {
			n, _, since := h.clients(m.clock.Now)
			all = append(all, Habit{h.Rule, h.Variable, h.Service, h.Endpoint, n, time.UnixMilli(since).UTC()})
		}
	}
	slices.SortFunc(all, func(a, b Habit) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Variable, b.Variable), cmp.Compare(a.Rule, b.Rule))
	})
	return all
}
