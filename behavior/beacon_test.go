package behavior

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// Who calls a new place outside as regularly as a clock is told once, after an hour. Pollers that always did, new ones of new
// workloads, those that many have, and whoever is new but irregular are not.
func TestBeacon(t *testing.T) {
	const text = "key: [source]\nfield: [service]\nlearn: 24h\nsettle: 1h\ncommon_from: 3\ncount: 30\nwindow: 1h"
	var ticks []*Observation
	for m := range 60 * 48 {
		for _, client := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"} {
			ticks = append(ticks, request(time.Duration(m)*time.Minute, func(o *Observation) { o.Client.Address, o.Host = client, "users-of-"+client }))
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	// calls are n of a client to a place, and what comes between them.
	calls := func(client, host string, from time.Duration, n int, interval func() time.Duration) (all []*Observation) {
		for range n {
			all = append(all, request(from, func(o *Observation) { o.Client.Address, o.Host, o.Direction = client, host, "outbound" }))
			from += interval()
		}
		return all
	}
	around := func(mean time.Duration, jitter float64) func() time.Duration {
		return func() time.Duration { return time.Duration(float64(mean) * (1 + jitter*(2*r.Float64()-1))) }
	}
	independent := func() time.Duration { return time.Duration(r.ExpFloat64() * float64(time.Minute)) }
	const later = 30 * time.Hour
	for name, c := range map[string]struct {
		all  []*Observation
		want int
	}{
		"each minute":                       {calls("10.0.0.1", "c2", later, 180, around(time.Minute, 0.02)), 1},
		"each ten minutes":                  {calls("10.0.0.1", "c2", later, 60, around(10*time.Minute, 0.02)), 1},
		"blurred":                           {calls("10.0.0.1", "c2", later, 180, around(time.Minute, 0.35)), 1},
		"several requests each time":        {slices.Concat(calls("10.0.0.1", "c2", later, 90, around(time.Minute, 0)), calls("10.0.0.1", "c2", later+time.Second, 90, around(time.Minute, 0))), 1},
		"for less than an hour":             {calls("10.0.0.1", "c2", later, 50, around(time.Minute, 0.02)), 0},
		"at independent times":              {calls("10.0.0.1", "c2", later, 400, independent), 0},
		"one after another":                 {calls("10.0.0.1", "c2", later, 4000, around(2*time.Second, 0.2)), 0},
		"as it always did":                  {calls("10.0.0.1", "c2", 2*time.Hour, 1800, around(time.Minute, 0.02)), 0},
		"by a workload that is new":         {calls("10.0.0.9", "c2", later, 180, around(time.Minute, 0.02)), 0},
		"as others do":                      {slices.Concat(calls("10.0.0.2", "c2", time.Hour, 5, around(time.Hour, 0)), calls("10.0.0.3", "c2", time.Hour, 5, around(time.Hour, 0)), calls("10.0.0.4", "c2", time.Hour, 5, around(time.Hour, 0)), calls("10.0.0.1", "c2", later, 180, around(time.Minute, 0.02))), 0},
		"with a pause, and regular then":    {slices.Concat(calls("10.0.0.1", "c2", later, 3, independent), calls("10.0.0.1", "c2", later+5*time.Hour, 90, around(time.Minute, 0.02))), 1},
		"twice, each time for half an hour": {slices.Concat(calls("10.0.0.1", "c2", later, 25, around(time.Minute, 0.02)), calls("10.0.0.1", "c2", later+5*time.Hour, 25, around(time.Minute, 0.02))), 0},
	} {
		t.Run(name, func(t *testing.T) {
			all := append(slices.Clone(ticks), c.all...)
			slices.SortStableFunc(all, func(a, b *Observation) int { return a.Time.Compare(b.Time) })
			_, evidence := watch(detectors(t, "beacon", text+"\nwhere: {direction: outbound}"), all...)
			if len(evidence) != c.want {
				t.Fatalf("%d alerts: %q", len(evidence), evidence)
			}
			if c.want > 0 && !strings.HasPrefix(evidence[0], "service=c2 every ") {
				t.Errorf("evidence %q", evidence[0])
			}
		})
	}
}

// Each replica of a workload has a beat of its own.
func TestBeaconOfReplicas(t *testing.T) {
	const text = "key: [source]\nfield: [service]\nlearn: 1h\ncount: 30\nwindow: 1h\nwhere: {direction: outbound}"
	var all []*Observation
	call := func(at time.Duration, pod int, host string) {
		all = append(all, request(at, func(o *Observation) {
			o.Client.Address, o.Host, o.Direction = fmt.Sprint("10.0.0.", pod), host, "outbound"
			o.clientWorkload = "shop/deployment/web"
		}))
	}
	for m := range 180 { // so that the clock goes on
		call(time.Duration(m)*time.Minute, 0, "cdn")
	}
	for m := range 90 {
		at := 2*time.Hour + time.Duration(m)*time.Minute
		for pod, phase := range []time.Duration{0, 17 * time.Second, 24 * time.Second} {
			call(at+phase, pod, "c2")
		}
	}
	slices.SortStableFunc(all, func(a, b *Observation) int { return a.Time.Compare(b.Time) })
	if _, evidence := watch(detectors(t, "beacon", text), all...); len(evidence) != 1 || !strings.Contains(evidence[0], "every 1m, give or take 0s") {
		t.Errorf("%q", evidence)
	}
}

// Long names by DNS over HTTPS are a way out; ordinary names are not, nor what a resolver always did.
func TestNameExfiltration(t *testing.T) {
	specs, err := Load(Default)
	if err != nil {
		t.Fatal(err)
	}
	specs = slices.DeleteFunc(specs, func(s Spec) bool { return s.Name != "name-exfiltration" })
	for name, c := range map[string]struct {
		bytes int64
		from  time.Duration
		want  int
	}{
		"150 long names":       {125, 30 * time.Hour, 1},
		"ordinary names":       {45, 30 * time.Hour, 0},
		"what it always does":  {125, 0, 0},
		"before it has learnt": {125, 20 * time.Hour, 0},
	} {
		var l log
		for m := range 60 * 34 {
			at := time.Duration(m) * time.Minute
			l = append(l, request(at, func(o *Observation) { o.Path = "/users/1" }))
			for n := range 10 {
				if at >= c.from && (c.from == 0 || at < c.from+15*time.Minute) {
					l = append(l, request(at+time.Duration(n)*time.Second, func(o *Observation) {
						o.Direction, o.Host, o.Path, o.QueryBytes = "outbound", "resolver.example", "/dns-query", c.bytes
					}))
				}
			}
		}
		d, err := New(specs)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.evidence(d); len(got) != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// An administrator has hours of his own, wherever he works.
func TestOffHoursOfUser(t *testing.T) {
	specs, err := Load(Default)
	if err != nil {
		t.Fatal(err)
	}
	specs = slices.DeleteFunc(specs, func(s Spec) bool { return s.Name != "off-hours" })
	use := func(l *log, at time.Duration, client, user string) {
		*l = append(*l, request(at, func(o *Observation) { o.Client.Address, o.User, o.Path = client, user, "/admin/users" }))
	}
	for name, c := range map[string]struct {
		at           time.Duration
		client, user string
		want         int
	}{
		"at night":                         {14*time.Hour + 20*24*time.Hour, "10.0.0.1", "ana", 1},
		"at night, from another address":   {14*time.Hour + 20*24*time.Hour, "10.0.0.7", "ana", 1},
		"by day, from another address":     {20*24*time.Hour + time.Hour, "10.0.0.7", "ana", 0},
		"at night, who is not known":       {14*time.Hour + 20*24*time.Hour, "10.0.0.7", "eva", 0},
		"at night, an address without one": {14*time.Hour + 20*24*time.Hour, "10.0.0.2", "", 1},
	} {
		var l log
		for day := range 20 {
			for hour := range 6 { // from noon on, as the first record
				use(&l, time.Duration(24*day+hour)*time.Hour, "10.0.0.1", "ana")
				use(&l, time.Duration(24*day+hour)*time.Hour, "10.0.0.2", "")
			}
		}
		use(&l, c.at, c.client, c.user)
		d, err := New(specs)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.evidence(d); len(got) != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
