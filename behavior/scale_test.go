package behavior

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// crowd is requests of so many clients, in turn.
func crowd(clients, i int) *Observation {
	return request(time.Duration(i)*10*time.Microsecond, func(o *Observation) {
		c := uint32(i%clients) * 2654435761
		o.Client.Address = netip.AddrFrom4([4]byte{10, byte(c >> 16), byte(c >> 8), byte(c)}).String()
		o.Client.Address += ":" + strconv.Itoa(i%clients) // as many as there are
		o.Path = "/users/" + strconv.Itoa(i)
	})
}

// A million keys of each type of detector take no more than 200 MB.
func TestMillionKeys(t *testing.T) {
	if testing.Short() {
		t.Skip("takes memory")
	}
	const clients, most = 1_000_000, 200_000_000
	for kind, text := range map[string]string{
		"threshold":         "key: [client]\ncount: 1000\nwindow: 1h",
		"distinct":          "key: [client]\nfield: [server]\ncount: 50\nwindow: 1h",
		"distinct, of many": "key: [client]\nfield: [server]\ncount: 2000\nwindow: 1h",
		"volume":            "key: [client]\namount: response_bytes\nwindow: 1h\nat_least: 1000000",
		"first_seen":        "key: [client]\nfield: [service]\nlearn: 24h",
		"off_hours":         "key: [client]\nlearn: 24h",
		"beacon":            "key: [client]\nfield: [service]\ncount: 30\nwindow: 1h\nlearn: 24h",
		"logins":            "key: [client]\ncount: 1000\nwindow: 1h",
		"sequence":          "key: [client]\ncount: 100\nwindow: 1h",
	} {
		t.Run(kind, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			typ, _, _ := strings.Cut(kind, ",")
			d := detectors(t, typ, text+"\nmax_keys: 1000000")
			d.clients.all, d.clients.roles = newTable[client](2), newTable[role](2) // shared by all detectors: not this one's
			for i := range clients + 1000 {
				o := crowd(clients+1000, i)
				o.answer, o.Number, o.hasNumber = refused, int64(i), true
				d.Observe([]*Observation{o}, nil)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			used := int64(after.HeapAlloc) - int64(before.HeapAlloc)
			u := d.Usage()[0]
			t.Logf("%d keys, %d MiB, %d bytes a key; %d evicted", u.Keys, used>>20, used/int64(clients), u.Evicted)
			if used > most {
				t.Errorf("%d keys take %d MiB", u.Keys, used>>20)
			}
			if u.Keys < clients || u.Evicted < 1000 {
				t.Errorf("%d keys, %d evicted", u.Keys, u.Evicted)
			}
			runtime.KeepAlive(d)
		})
	}
}

// Records that go to two instances by their client are as good as all at one.
func TestTwoInstances(t *testing.T) {
	const text = `detectors:
  - {name: threshold, id: 1, type: threshold, key: [client], count: 30, window: 5m, where: {status: 401}}
  - {name: distinct, id: 2, type: distinct, key: [client], field: [server], count: 20, window: 5m}
  - {name: first, id: 3, type: first_seen, key: [client], field: [service], learn: 1m, settle: 0s}
  - {name: volume, id: 4, type: volume, key: [client], amount: events, window: 1m, at_least: 100, windows: 2}
`
	whole, halves := parse(t, text), [2]*Detectors{parse(t, text), parse(t, text)}
	var one, two []string
	for i := range 60_000 {
		o := request(time.Duration(i)*20*time.Millisecond, func(o *Observation) {
			c := i * i % 23
			o.Client.Address = fmt.Sprint("10.0.0.", c)
			if c == 3 && i > 30_000 {
				o.Status = 401
				o.Server.Address = fmt.Sprint("10.1.0.", i%50)
				o.Host = fmt.Sprint("svc", i%7)
			}
		})
		again := *o
		for _, f := range whole.Observe([]*Observation{o}, nil) {
			one = append(one, f.Spec.Name+" "+f.Key)
		}
		half := halves[hash(0, again.Client.Address)%2]
		for _, f := range half.Observe([]*Observation{&again}, nil) {
			two = append(two, f.Spec.Name+" "+f.Key)
		}
	}
	slices.Sort(one)
	slices.Sort(two)
	if !slices.Equal(one, two) {
		t.Errorf("one instance finds\n%s\ntwo find\n%s", strings.Join(one, "\n"), strings.Join(two, "\n"))
	}
	for _, name := range []string{"threshold", "distinct", "first"} {
		if !slices.ContainsFunc(one, func(s string) bool { return strings.HasPrefix(s, name+" ") }) {
			t.Errorf("%s finds nothing", name)
		}
	}
}

// BenchmarkMillionSources is the default detectors' time for a record when a million sources send in turn.
func BenchmarkMillionSources(b *testing.B) {
	d := parse(b, "include: default\n")
	all := make([]*Observation, 1000)
	n := 0
	for b.Loop() {
		b.StopTimer()
		for i := range all {
			all[i] = crowd(1_000_000, n)
			n++
		}
		b.StartTimer()
		d.Observe(all, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/record")
}

// BenchmarkSource is what the default detectors, and what knows clients, keep of a source that uses so many services.
func BenchmarkSource(b *testing.B) {
	for _, services := range []int{1, 4} {
		b.Run(fmt.Sprint(services, " services"), func(b *testing.B) {
			const sources = 20_000 // whose pairs no detector has to forget
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				d := parse(b, "include: default\n")
				for i := range 4 * sources {
					o := crowd(sources, i)
					o.Host = fmt.Sprint("svc", i/sources%services)
					d.Observe([]*Observation{o}, nil)
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				runtime.KeepAlive(d)
			}
			b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/sources, "bytes/source")
		})
	}
}
