package incident

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// address is one of a number of clients, all with other addresses.
func address(i int) string { return fmt.Sprintf("198.18.%d.%d", i/250, i%250) }

// Others are different actors of the same kind, however many alerts they set off and names they have.
func TestWithOthers(t *testing.T) {
	botnet := func(clients, alerts int) []alert.Facts {
		return many(alerts, time.Millisecond, func(i int, f *alert.Facts) { f.Client = address(i % clients) })
	}
	user := func(addresses, alerts int) []alert.Facts {
		return many(alerts, time.Millisecond, func(i int, f *alert.Facts) { f.Account, f.Client = "bob", address(i%addresses) })
	}
	for name, c := range map[string]struct {
		alerts []alert.Facts
		who    string
		more   int // beside the 20 that are listed
	}{
		"as many as are listed":     {botnet(64, 640), "198.18.0.0 with 63 others", 44},
		"more than are listed":      {botnet(65, 6500), "198.18.0.0 with 64 others", 45},
		"more than are recognised":  {botnet(1000, 5000), "198.18.0.0 with 999 others", 980},
		"addresses of one user":     {user(64, 64), "bob", 45},
		"many of them":              {user(1000, 5000), "bob", 981},
		"a user with another":       {append(user(300, 900), injection(time.Second, func(f *alert.Facts) { f.Account, f.Client = "eve", address(7) })), "bob with 1 other", 282},
		"a user with one of before": {append(user(10, 10), injection(time.Second, func(f *alert.Facts) { f.Account, f.Client = "eve", address(7) })), "bob with eve", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{})
			watch(s, c.alerts...)
			told := s.Finish()
			last := told[len(told)-1]
			if !strings.HasPrefix(last.Title, c.who+" attacks ") || last.MoreActors != c.more {
				t.Errorf("%d more actors: %s", last.MoreActors, last.Title)
			}
		})
	}
}

// Targets are counted, whatever part of them an incident lists.
func TestAllTargets(t *testing.T) {
	for name, c := range map[string]struct {
		targets, alerts int
		outcome         triage.Outcome
	}{
		"listed": {128, 500, triage.Unknown}, "not listed": {500, 2000, triage.Unknown}, "each makes room for the next": {500, 2000, triage.Success},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{})
			watch(s, many(c.alerts, time.Millisecond, func(i int, f *alert.Facts) { f.Service, f.Outcome = fmt.Sprint("host", i%c.targets), c.outcome })...)
			told := s.Finish()
			want := fmt.Sprintf(" and %d others:", c.targets-1)
			if last := told[len(told)-1]; last.AllTargets != c.targets || !strings.Contains(last.Title, want) {
				t.Errorf("%d of %d targets: %s", last.AllTargets, c.targets, last.Title)
			}
		})
	}
}

// Incidents that become one have the actors and targets of both, each once, and are found by a bounded number of names.
func TestBoundOfNames(t *testing.T) {
	const users, addresses = 20, 150
	s := New(Options{})
	watch(s, many(users*addresses, time.Millisecond, func(i int, f *alert.Facts) {
		f.Account, f.Client, f.Service, f.Rule = fmt.Sprint("user", i/addresses), address(i), fmt.Sprint("host", i), i
	})...)
	if s.Open() != users {
		t.Fatalf("%d incidents of %d users", s.Open(), users)
	}
	watch(s, many(users*addresses, time.Millisecond, func(i int, f *alert.Facts) {
		f.Time = f.Time.Add(time.Minute)
		f.Account, f.Client, f.Service, f.Rule = "user0", address(i), fmt.Sprint("host", i), i
	})...)
	if s.Open() != 1 {
		t.Fatalf("%d incidents of one user", s.Open())
	}
	inc := s.quiet.Front().Value.(*incident)
	if len(inc.aliases) != maxAliases || len(s.actors) != len(inc.aliases) {
		t.Errorf("the incident is found by %d names, and there are %d", len(inc.aliases), len(s.actors))
	}
	m := inc.message(end, 0)
	within := func(got, want int) bool { return want*95/100 <= got && got <= want*105/100 }
	if got, want := len(m.Actors)+m.MoreActors, users*(addresses+1); !within(got, want) || !within(m.AllTargets, users*addresses) {
		t.Errorf("%d of %d actors, %d of %d targets", got, want, m.AllTargets, users*addresses)
	}
	if !strings.HasPrefix(m.Title, "user0 with 19 others ") {
		t.Error(m.Title)
	}
}

// Those who were attacked are kept for a day, and so many of them; nothing is kept for them of incidents that are over or
// part of another, and those lead to where they belong at once.
func TestBoundOfVictims(t *testing.T) {
	s := New(Options{})
	const most, n = 1000, 5000
	s.victims.most = most
	c := s.Begin()
	for i := range n {
		f := injection(time.Duration(i)*time.Millisecond, func(f *alert.Facts) {
			f.Client, f.Server, f.Rule, f.Service = address(i%1000), fmt.Sprint("10.", i), i, fmt.Sprint("host", i)
			if i == n-1 || i%10 == 9 { // two that were different are one
				f.Account = "bob"
			}
		})
		c.Record(f.Time)
		c.Alert(&f)
		if got := len(s.victims.now) + len(s.victims.before); got > most {
			t.Fatalf("%d victims are kept", got)
		}
	}
	c.End()
	pass(s, time.Hour)
	if s.Open() != 0 {
		t.Fatalf("%d incidents are open", s.Open())
	}
	for _, hits := range s.victims.now {
		for _, h := range hits {
			h.inc.now()
			if !reflect.DeepEqual(h.inc.Story, Story{}) || h.inc.into != nil && h.inc.into.into != nil {
				t.Fatalf("of an incident that is over its story is kept: %+v", h.inc.Story)
			}
		}
	}
}

// An incident that became part of another, and that of yet another, and so on, is found in two steps.
func TestLongChainOfIncidents(t *testing.T) {
	s := New(Options{})
	const n = 300
	watch(s, many(n, time.Second, func(i int, f *alert.Facts) {
		f.Client, f.Rule, f.Service, f.Server = address(i), i, fmt.Sprint("host", i), fmt.Sprint("10.0.1.", i)
	})...)
	newest := s.quiet.Back().Value.(*incident)
	for i := n - 1; i > 0; i-- { // each is the same as the one before
		watch(s, injection(n*time.Second+time.Duration(n-i)*time.Millisecond, func(f *alert.Facts) {
			f.Client, f.ClientWorkload, f.Rule = address(i), fmt.Sprint("w", i), 0
		}), injection(n*time.Second+time.Duration(n-i)*time.Millisecond, func(f *alert.Facts) {
			f.Client, f.ClientWorkload, f.Rule = address(i-1), fmt.Sprint("w", i), 0
		}))
	}
	if newest.into == nil || newest.now() == nil {
		t.Fatal("it is part of none")
	}
	steps := 0
	for inc := newest; inc.into != nil; inc = inc.into {
		steps++
	}
	if steps > 1 || s.Open() != 1 {
		t.Errorf("%d steps to where it belongs, %d are open", steps, s.Open())
	}
}
