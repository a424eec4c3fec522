package behavior

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/internal/state"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) // a Wednesday

// detectors are those of a YAML text with one detector in it, of which name, id and type are given.
func detectors(t testing.TB, kind, text string) *Detectors {
	t.Helper()
	return parse(t, "detectors:\n  - name: it\n    id: 1\n    type: "+kind+"\n    "+strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")+"\n")
}

// parse makes detectors of a YAML text.
func parse(t testing.TB, text string) *Detectors {
	t.Helper()
	specs, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(specs)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// request is an ordinary one, some time after noon.
func request(after time.Duration, change func(o *Observation)) *Observation {
	o := &Observation{
		Time: noon.Add(after), Client: mapping.Endpoint{Address: "10.0.0.1", Port: "40000"}, Server: mapping.Endpoint{Address: "10.0.0.2", Port: "80"},
		Host: "users", Method: "GET", Path: "/users/1", Status: 200, Direction: "east-west", ResponseBytes: 1000,
	}
	if change != nil {
		change(o)
	}
	return o
}

// watch gives a detector observations one by one, and returns after which it alarmed, with its evidence.
func watch(d *Detectors, all ...*Observation) (at []int, evidence []string) {
	for i, o := range all {
		for _, f := range d.Observe([]*Observation{o}, nil) {
			at = append(at, i)
			evidence = append(evidence, f.Evidence)
		}
	}
	return at, evidence
}

// many are n requests, each so long after the one before.
func many(n int, every time.Duration, change func(i int, o *Observation)) (all []*Observation) {
	for i := range n {
		all = append(all, request(time.Duration(i)*every, func(o *Observation) {
			if change != nil {
				change(i, o)
			}
		}))
	}
	return all
}

func TestThreshold(t *testing.T) {
	const text = "where: {status: [401, 403]}\nkey: [client]\ncount: 10\nwindow: 1m\nsuppress: 1h"
	denied := func(_ int, o *Observation) { o.Status = 401 }
	for name, c := range map[string]struct {
		all  []*Observation
		want []int
	}{
		"reached":            {many(30, time.Second, denied), []int{9}},
		"too slow":           {many(300, 7*time.Second, denied), nil},
		"not the status":     {many(300, time.Second, nil), nil},
		"of several clients": {many(40, time.Second, func(i int, o *Observation) { denied(i, o); o.Client.Address = fmt.Sprint("10.0.1.", i%5) }), nil},
		"again after a time": {append(many(20, time.Second, denied), func() []*Observation {
			later := many(20, time.Second, denied)
			for _, o := range later {
				o.Time = o.Time.Add(2 * time.Hour)
			}
			return append(many(13, 10*time.Minute, nil), later...) // others keep the clock going
		}()...), []int{9, 42}},
		"without a client": {many(30, time.Second, func(i int, o *Observation) { denied(i, o); o.Client.Address = "" }), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := watch(detectors(t, "threshold", text), c.all...); !slices.Equal(got, c.want) {
				t.Errorf("alarms after %v, want %v", got, c.want)
			}
		})
	}
}

func TestDistinct(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		all  []*Observation
		want []int
	}{
		"many servers": {"key: [client]\nfield: [server]\ncount: 5\nwindow: 1m", many(20, time.Second, func(i int, o *Observation) { o.Server.Address = fmt.Sprint("10.0.2.", i) }), []int{4}},
		"the same few": {"key: [client]\nfield: [server]\ncount: 5\nwindow: 1m", many(200, time.Second, func(i int, o *Observation) { o.Server.Address = fmt.Sprint("10.0.2.", i%4) }), nil},
		"slowly":       {"key: [client]\nfield: [server]\ncount: 5\nwindow: 1m", many(50, 20*time.Second, func(i int, o *Observation) { o.Server.Address = fmt.Sprint("10.0.2.", i) }), nil},
		"pairs":        {"key: [client]\nfield: [server, server_port]\ncount: 5\nwindow: 1m", many(20, time.Second, func(i int, o *Observation) { o.Server.Port = fmt.Sprint(i) }), []int{4}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := watch(detectors(t, "distinct", c.text), c.all...); !slices.Equal(got, c.want) {
				t.Errorf("alarms after %v, want %v", got, c.want)
			}
		})
	}
	t.Run("estimated", func(t *testing.T) {
		d := detectors(t, "distinct", "key: [client]\nfield: [path]\ncount: 2000\nwindow: 10m")
		got, _ := watch(d, many(4000, 10*time.Millisecond, func(i int, o *Observation) { o.Path = fmt.Sprint("/x", i) })...)
		if len(got) != 1 || got[0] < 1900 || got[0] > 2100 {
			t.Errorf("alarms after %v, want one near 2000", got)
		}
		if got, _ := watch(d, many(4000, 10*time.Millisecond, func(i int, o *Observation) { o.Client.Address = "10.9.9.9"; o.Path = fmt.Sprint("/x", i%1000) })...); got != nil {
			t.Errorf("alarms after %v of a thousand values", got)
		}
	})
}

func TestVolume(t *testing.T) {
	const text = "key: [client]\namount: response_bytes\nwindow: 1m\nat_least: 1000000\nwindows: 3\nfactor: 5"
	usual := func(i int, o *Observation) { o.ResponseBytes = int64(8000 + 500*(i%5)) } // 60 to 70 KB a minute and a bit
	past := many(8*60, 10*time.Second, usual)
	with := func(bytes int64, client string) []*Observation {
		last := request(8*60*10*time.Second, func(o *Observation) { o.ResponseBytes = bytes; o.Client.Address = client })
		return append(slices.Clone(past), last)
	}
	for name, c := range map[string]struct {
		all  []*Observation
		want []int
	}{
		"far from its past": {with(5_000_000, "10.0.0.1"), []int{480}},
		"more than can be counted": {append(with(math.MaxInt64, "10.0.0.1"), slices.Concat(
			many(2, 482*10*time.Second, func(_ int, o *Observation) { o.ResponseBytes = math.MaxInt64 })[1:],
			many(2, 490*10*time.Second, usual)[1:])...), []int{480}},
		"more, but too little":    {with(900_000, "10.0.0.1"), nil},
		"as usual":                {past, nil},
		"no past, others have":    {with(50_000_000, "10.0.0.7"), []int{480}},
		"no past, less than that": {with(1_200_000, "10.0.0.7")[:481], []int{480}},
		"nobody has a past":       {many(3, time.Second, func(_ int, o *Observation) { o.ResponseBytes = 1 << 30 }), nil},
		"always that much":        {many(300, 10*time.Second, func(i int, o *Observation) { o.ResponseBytes = int64(2_000_000 + 100_000*(i%7)) }), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, evidence := watch(detectors(t, "volume", text), c.all...)
			if !slices.Equal(got, c.want) {
				t.Errorf("alarms after %v, want %v: %q", got, c.want, evidence)
			}
		})
	}
}

func TestFirstSeen(t *testing.T) {
	const text = "key: [client]\nfield: [service]\nlearn: 1h\nsettle: 30m\ncommon_from: 3"
	to := func(after time.Duration, client, host string) *Observation {
		return request(after, func(o *Observation) { o.Client.Address, o.Host = client, host })
	}
	// Records all the time, so that the clock goes on.
	var tick []*Observation
	for m := range 120 {
		tick = append(tick, to(time.Duration(m)*time.Minute, "10.0.0.1", "users"), to(time.Duration(m)*time.Minute, "10.0.0.3", "users"))
	}
	at := func(o ...*Observation) []*Observation {
		all := append(slices.Clone(tick), o...)
		slices.SortStableFunc(all, func(a, b *Observation) int { return a.Time.Compare(b.Time) })
		return all
	}
	// others are clients that use a service, each with one of its own beside it or all with the same.
	others := func(n int, host string, different bool, more ...*Observation) []*Observation {
		for i := range n {
			client, own := fmt.Sprint("10.0.1.", i), "billing"
			if different {
				own = fmt.Sprint("of-", i)
			}
			more = append(more, to(10*time.Minute, client, own), to(11*time.Minute, client, host))
		}
		return more
	}
	for name, c := range map[string]struct {
		all  []*Observation
		want string
	}{
		"a known client, a new service":        {at(to(90*time.Minute, "10.0.0.1", "payments")), "service=payments never seen since 2026-03-04 12:00:00"},
		"while it learns":                      {at(to(50*time.Minute, "10.0.0.1", "payments")), ""},
		"seen while it learned":                {at(to(50*time.Minute, "10.0.0.1", "payments"), to(90*time.Minute, "10.0.0.1", "payments")), ""},
		"a new client settles":                 {at(to(90*time.Minute, "10.0.0.9", "users"), to(91*time.Minute, "10.0.0.9", "payments")), ""},
		"what others do too is nothing new":    {at(others(3, "dns", true, to(90*time.Minute, "10.0.0.1", "dns"))...), ""},
		"what replicas of another do is new":   {at(others(3, "dns", false, to(90*time.Minute, "10.0.0.1", "dns"))...), "service=dns never seen since 2026-03-04 12:00:00"},
		"a client that is new here, but known": {at(to(100*time.Minute, "10.0.0.3", "admin")), "service=admin never seen since 2026-03-04 12:00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			_, evidence := watch(detectors(t, "first_seen", text), c.all...)
			if got := strings.Join(evidence, "; "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestPivot(t *testing.T) {
	attack := func(after time.Duration, from, to, path string) *Observation {
		return request(after, func(o *Observation) {
			o.Client.Address, o.Server.Address, o.Path, o.Alarm, o.Rules = from, to, path, true, []int{932100}
		})
	}
	for name, c := range map[string]struct {
		all  []*Observation
		want string // hosts of the last path
	}{
		"three hosts":        {[]*Observation{attack(0, "a", "b", "/1"), attack(time.Minute, "b", "c", "/2")}, "a b c"},
		"five hosts":         {[]*Observation{attack(0, "a", "b", "/1"), attack(time.Minute, "b", "c", "/2"), attack(2*time.Minute, "c", "d", "/3"), attack(3*time.Minute, "d", "e", "/4")}, "a b c d e"},
		"in another order":   {[]*Observation{attack(time.Minute, "b", "c", "/2"), attack(2*time.Minute, "a", "b", "/1")}, ""},
		"late":               {[]*Observation{attack(2*time.Minute, "b", "c", "/2"), attack(time.Minute, "a", "b", "/1")}, "a b c"},
		"not connected":      {[]*Observation{attack(0, "a", "b", "/1"), attack(time.Minute, "x", "c", "/2")}, ""},
		"back to where from": {[]*Observation{attack(0, "a", "b", "/1"), attack(time.Minute, "b", "a", "/2")}, ""},
		"passed on":          {[]*Observation{attack(0, "a", "proxy", "/1"), attack(time.Second, "proxy", "c", "/1")}, ""},
		"in between":         {[]*Observation{attack(0, "a", "b", "/1"), attack(2*time.Minute, "c", "d", "/3"), attack(time.Minute, "b", "c", "/2")}, "a b c d"},
	} {
		t.Run(name, func(t *testing.T) {
			_, evidence := watch(detectors(t, "pivot", "where: {alarm: true}\nwindow: 1h"), c.all...)
			got := ""
			if len(evidence) > 0 {
				for i, step := range strings.Split(strings.TrimPrefix(evidence[len(evidence)-1], "attacked, then attacking: "), "), ") {
					f := strings.Fields(step)
					if i == 0 {
						got = f[0]
					}
					got += " " + f[2]
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q: %q", got, c.want, evidence)
			}
		})
	}
}

// Hosts that all attack each other do not take forever: without an end of what is tried, this would be as good as none.
func TestPivotOfMany(t *testing.T) {
	d := detectors(t, "pivot", "where: {alarm: true}\nwindow: 1h\nsuppress: 1h")
	for i := range 3000 {
		d.Observe([]*Observation{request(time.Duration(i)*time.Second, func(o *Observation) {
			o.Client.Address, o.Server.Address, o.Path = fmt.Sprint("10.0.0.", i%50), fmt.Sprint("10.0.0.", (i*7+i/50)%50), fmt.Sprint("/", i)
			o.Alarm = true
		})}, nil)
	}
}

func TestOffHours(t *testing.T) {
	d := detectors(t, "off_hours", "key: [client]\nlearn: 7d")
	var all []*Observation
	for hour := range 24 * 14 {
		o := request(time.Duration(hour)*time.Hour, nil)
		if h := o.Time.Hour(); h < 8 || h > 17 {
			o.Client.Address = "" // keeps the clock going
		}
		// A record every ten minutes, as a clock that jumps is not believed at once.
		for m := 10; m < 60; m += 10 {
			all = append(all, request(time.Duration(hour)*time.Hour+time.Duration(m-60)*time.Minute, func(o *Observation) { o.Client.Address = "" }))
		}
		all = append(all, o)
	}
	if got, evidence := watch(d, all...); got != nil {
		t.Fatalf("alarms in office hours: %v %q", got, evidence)
	}
	night := request((24*14+15)*time.Hour, nil) // three in the morning
	for m := 24 * 14 * 6; time.Duration(m)*10*time.Minute < night.Time.Sub(noon); m++ {
		watch(d, request(time.Duration(m)*10*time.Minute, func(o *Observation) { o.Client.Address = "" }))
	}
	if got, evidence := watch(d, night); len(got) != 1 || !strings.Contains(evidence[0], "active at 03:00 UTC on a working day") {
		t.Errorf("got %v %q", got, evidence)
	}
}

func TestTemplates(t *testing.T) {
	for path, want := range map[string]string{
		"/users/123": "/users/{id}", "/users/123/items/7": "/users/{id}/items/{id}", "": "/", "/": "/",
		"/orders/3f2b8c1e-9a4d-4c5e-8f7a-1b2c3d4e5f60": "/orders/{uuid}", "/blobs/deadbeef12345678": "/blobs/{hex}",
		"/reports/2026-03-04": "/reports/{date}", "/users/anna@example.com": "/users/{email}", "/orders/ORD-10023": "/orders/{id}",
		"/api/v1/users": "/api/v1/users", "/css/app.2.css": "/css/app.2.css", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r": "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/{more}",
		"/s/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9xyz1234": "/s/{id}", "//x": "//x",
	} {
		if got := string(newTemplates().of("s", path, true, 1, nil)); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	learned := newTemplates()
	for i := range 60 {
		learned.of("s", "/docs/"+strings.Repeat("x", i%3+1)+string(rune('a'+i%26))+string(rune('a'+i/26))+"/text", true, 1, nil)
	}
	if got := string(learned.of("s", "/docs/manual/text", true, 1, nil)); got != "/docs/{any}/text" {
		t.Errorf("where there are many names, a new one is %s", got)
	}
	if got := string(learned.of("t", "/docs/manual/text", true, 1, nil)); got != "/docs/manual/text" {
		t.Errorf("at another service it is %s", got)
	}
}

// What paths vary in is learned however many there were before. Those that were not seen for the longest time make room, by
// the order of the records alone, which is counted; one that asks for ever new paths has nothing forgotten that varies.
func TestTemplatesMakeRoom(t *testing.T) {
	const now = 1_700_000_000_000
	learned := newTemplates()
	learn := func(t *templates, service string) string {
		for i := range maxChildren + 1 {
			t.of(service, fmt.Sprintf("/docs/%c%c", 'g'+i%20, 'g'+i/20), true, now, nil)
		}
		return string(t.of(service, "/docs/manual", true, now, nil))
	}
	if got := learn(learned, "old"); got != "/docs/{any}" {
		t.Errorf("a place with many names is %s", got)
	}
	for i := range 2 * maxTemplates {
		learned.of(fmt.Sprint("svc", i), "/a", true, now, nil)
	}
	if got := string(learned.of("old", "/docs/manual", false, now, nil)); got != "/docs/{any}" {
		t.Errorf("after many paths with other names it is %s", got)
	}
	if got := learn(learned, "new"); got != "/docs/{any}" {
		t.Errorf("after many paths a new place with many names is %s", got)
	}
	named, varied := learned.named.len(), learned.varied.len()
	if want := uint64(maxTemplates + 3); named != maxTemplates-1 || varied != 2 || learned.evicted() != want {
		t.Errorf("%d and %d places are learned, and %d made room, want %d", named, varied, learned.evicted(), want)
	}
	back := newTemplates()
	if dropped := back.restore(learned.save()); dropped != 0 || back.evicted() != learned.evicted() {
		t.Errorf("of what was kept %d can't be, and %d made room", dropped, back.evicted())
	}
	if got := string(back.of("new", "/docs/manual", false, now, nil)); got != "/docs/{any}" {
		t.Errorf("what was kept says %s", got)
	}
}

func TestTable(t *testing.T) {
	table := newTable[int](3)
	for key := range uint64(5) {
		v, isNew := table.get(key, int64(key), 100)
		if !isNew {
			t.Errorf("%d is not new", key)
		}
		*v = int(key)
	}
	if table.len() != 3 || table.evicted != 2 || table.peek(1) != nil || table.peek(4) == nil {
		t.Errorf("%d keys, %d evicted", table.len(), table.evicted)
	}
	table.get(2, 10, 100) // makes 3 the oldest
	table.get(9, 11, 100)
	if table.peek(3) != nil || *table.peek(2) != 2 {
		t.Error("the one that was used lately has made room")
	}
	restored := newTable[int](3)
	restored.restore(table.save())
	if restored.len() != 3 || *restored.peek(2) != 2 || restored.oldest == noSlot || restored.slots[restored.oldest].key != table.slots[table.oldest].key {
		t.Error("it is not restored as it was")
	}
	table.get(50, 500, 100)
	if table.len() != 1 {
		t.Errorf("%d keys are left after a time without use", table.len())
	}
}

func TestSpecErrors(t *testing.T) {
	const good = "name: a\n    id: 1\n    type: threshold\n    key: [client]\n    count: 3\n    window: 1m"
	for name, c := range map[string]struct{ text, want string }{
		"no YAML":          {"detectors: [", "line 1, column 12: sequence end token"},
		"unknown key":      {"detectors:\n  - " + good + "\n    cuont: 3", `line 8, column 5: there is no key "cuont"`},
		"unknown type":     {"detectors:\n  - name: a\n    id: 1\n    type: treshold", `detector a: type "treshold" is not one of threshold`},
		"what is missing":  {"detectors:\n  - name: a\n    id: 1\n    type: threshold\n    key: [client]\n    window: 1m", "detector a: count is missing, which a threshold detector needs"},
		"no meaning":       {"detectors:\n  - " + good + "\n    learn: 1h", "learn has no meaning for a threshold detector"},
		"duration":         {"detectors:\n  - " + strings.Replace(good, "1m", "soon", 1), `line 7, column 13: "soon" is not a duration`},
		"too long":         {"detectors:\n  - " + strings.Replace(good, "1m", "200000d", 1), `"200000d" is not a duration of up to 100 years`},
		"much too long":    {"detectors:\n  - " + strings.Replace(good, "1m", "1h\n    suppress: 99999999999999999999d", 1), `is not a duration of up to 100 years`},
		"empty":            {"", "there is no detector in it"},
		"no detectors":     {"detectors:\n", "there is no detector in it"},
		"UTF-16":           {"\xff\xfed\x00", "the file is in UTF-16"},
		"text for number":  {"detectors:\n  - " + strings.Replace(good, "3", "many", 1), "line 6, column 12: expected a whole number"},
		"text for a list":  {"detectors:\n  - " + strings.Replace(good, "[client]", "client", 1), "line 5, column 10: expected a list"},
		"field":            {"detectors:\n  - " + strings.Replace(good, "client", "clinet", 1), `there is no field "clinet"; did you mean "client"?`},
		"accessor":         {"detectors:\n  - " + strings.Replace(good, "[client]", `["$a["]`, 1), "field \"$a[\""},
		"condition":        {"detectors:\n  - " + good + "\n    where: {statsu: 200}", `condition statsu: there is no such field; did you mean "status"?`},
		"number":           {"detectors:\n  - " + good + "\n    where: {status: many}", `condition status: "many" is not a number`},
		"network":          {"detectors:\n  - " + good + "\n    where: {client: 10.0.0.0/99}", "condition client"},
		"two of a name":    {"detectors:\n  - " + good + "\n  - " + good, "detector a: there are two of that name"},
		"two of an id":     {"detectors:\n  - " + good + "\n  - " + strings.Replace(good, "name: a", "name: b", 1), "detector b: has the id 1, as has a"},
		"severity":         {"detectors:\n  - " + good + "\n    severity: bad", `severity "bad" is not one of`},
		"name":             {"detectors:\n  - name: A B", "is not made of"},
		"include":          {"include: nothing", `include: "nothing" is not "default"`},
		"too many values":  {"detectors:\n  - name: a\n    id: 1\n    type: logins\n    key: [source]\n    field: [user]\n    window: 1m\n    count: 300", "count 300 is more than 256"},
		"a volume of what": {"detectors:\n  - name: a\n    id: 1\n    type: volume\n    key: [client]\n    window: 1m\n    at_least: 1\n    amount: beer", `amount "beer" is not one of`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("got %v", err)
	}
	if _, err := Load("on"); err == nil || !strings.Contains(err.Error(), `"on" is neither default nor off, nor a file`) {
		t.Errorf("got %v", err)
	}
	specs, err := Parse([]byte("\ufeffdetectors:\r\n  - " + strings.ReplaceAll(strings.Replace(good, "1m", "&w '2m'\n    suppress: *w", 1), "\n", "\r\n")))
	if err != nil || len(specs) != 1 || specs[0].Window.String() != "2m" || specs[0].Suppress.String() != "2m" {
		t.Errorf("%+v, %v", specs, err)
	}
}

func TestInclude(t *testing.T) {
	all, err := Load(Default)
	if err != nil {
		t.Fatal(err)
	}
	specs, err := Parse([]byte("include: default\ndetectors:\n  - {name: pivot, id: 9702040, type: pivot, window: 1h, disabled: true}\n" +
		"  - {name: host-scan, id: 9702010, type: distinct, key: [client], field: [server], count: 99, window: 1m}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(specs) != len(all)-1 {
		t.Errorf("%d detectors, want one less than %d", len(specs), len(all))
	}
	i := slices.IndexFunc(specs, func(s Spec) bool { return s.Name == "host-scan" })
	if specs[i].Count != 99 {
		t.Errorf("host-scan is not replaced: %+v", specs[i])
	}
}

func TestConditions(t *testing.T) {
	o := request(0, func(o *Observation) {
		o.Status, o.Agent, o.Alarm, o.Severity, o.Rules, o.RuleTags = 404, "curl/8.5", true, 3, []int{942100}, []string{"attack-sqli"}
		o.Path = "/Api/login/step2"
	})
	for text, want := range map[string]bool{
		"status: 404": true, "status: 4xx": true, "status: [200, 404]": true, "status: 400-403": false, `status: ">=400"`: true, `status: "<404"`: false, `status: ">404"`: false, `status: "<=404"`: true,
		"path: /api/login*": true, `path: "*login*step*"`: true, "path: /api": false, `path: ["/x", "*2"]`: true, `path: "*login"`: false, `path: "/api/login/step2*step2"`: false,
		"client: 10.0.0.0/24": true, "client: [10.1.0.0/16, 10.0.0.1]": true, "server: 10.0.0.1": false,
		"alarm: true": true, "alarm: false": false, "severity: error": true, "severity: Error": true, "severity: critical": false,
		"rule: 942100": true, "rule: [941000-941999]": false, "rule_tag: attack-sqli": true, "rule_tag: [x]": false,
		"rule_tag: ATTACK-*": true, "rule_tag: [x, attack-sqlx, \"*-rce\"]": false,
		"agent_name: curl": true, "direction: east-west": true, `response_bytes: ">=1000"`: true, "method: get": true, "user: x": false,
	} {
		d := parse(t, "detectors:\n  - {name: a, id: 1, type: threshold, key: [client], count: 1, window: 1m, where: {"+text+"}}\n")
		if got := len(d.Observe([]*Observation{o}, nil)) == 1; got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

func TestAccessors(t *testing.T) {
	d := parse(t, "detectors:\n  - {name: a, id: 1, type: threshold, key: [\"$kubernetes['pod']\"], count: 2, window: 1m, where: {\"$kubernetes['ns']\": shop}}\n")
	var keys []string
	for _, text := range []string{
		`{"kubernetes":{"pod":"web-1","ns":"shop"}}`, `{"kubernetes":{"pod":"web-2","ns":"shop"}}`, `{"kubernetes":{"pod":"web-1","ns":"other"}}`,
		`{}`, `{"kubernetes":{"pod":"web-1","ns":"shop"}}`,
	} {
		record, _, err := mapping.AppendJSON(nil, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var o Observation
		d.Read(Source{Transaction: &mapping.Transaction{}, Verdict: &engine.Verdict{}, Record: record, At: noon}, &o)
		for _, f := range d.Observe([]*Observation{&o}, nil) {
			keys = append(keys, f.Key)
		}
	}
	if !slices.Equal(keys, []string{"$kubernetes['pod']=web-1"}) {
		t.Errorf("got %q", keys)
	}
}

func TestRead(t *testing.T) {
	d := parse(t, "include: default\n")
	tx := &mapping.Transaction{
		Client: mapping.Endpoint{Address: "10.0.0.1"}, Server: mapping.Endpoint{Address: "192.0.2.1", Port: "443"}, Host: "files.example",
		Method: "POST", URI: "https://files.example/up/1?x=y", Status: 201,
		RequestHeaders: []mapping.Header{{Name: "user-agent", Value: "curl/8"}, {Name: "Content-Length", Value: "5000000"},
			{Name: "Authorization", Value: "Bearer e30.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6Y2k6amVua2lucyJ9.x"}},
		RequestBody: mapping.Body{Text: "cut"}, ResponseBody: mapping.Body{Text: "four"},
	}
	v := &engine.Verdict{Alarm: true, Matches: []engine.Match{{RuleID: 7, Severity: 4, Tags: []string{"sensitive-data"}}, {RuleID: 8, Severity: 2, Tags: []string{"attack-rce"}}}}
	var o Observation
	d.Read(Source{Transaction: tx, Verdict: v, Tag: "t", At: noon, Internal: mapping.PrivateNetworks()}, &o)
	if o.Path != "/up/1" || o.Direction != "outbound" || o.RequestBytes != 5_000_000 || o.ResponseBytes != 4 || !o.Time.Equal(noon) ||
		o.User != "system:serviceaccount:ci:jenkins" || o.Agent != "curl/8" || o.Sensitive != 1 || o.Severity != 2 || o.Rules[0] != 8 {
		t.Errorf("got %+v", o)
	}
	if user := userOf("Basic YW5uYTpzZWNyZXQ="); user != "anna" {
		t.Errorf("the user of Basic is %q", user)
	}
	for _, broken := range []string{"", "Basic", "Basic ???", "Bearer a.b", "Bearer a.!.c", "Bearer a.e30.c", "Digest x"} {
		if user := userOf(broken); user != "" {
			t.Errorf("the user of %q is %q", broken, user)
		}
	}
}

// What is kept is there after a restart, and a detector that was changed begins anew.
func TestStateIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "state.db")
	text := `detectors:
  - {name: threshold, id: 1, type: threshold, key: [client], count: 10, window: 1h}
  - {name: distinct, id: 2, type: distinct, key: [client], field: [path], count: 10, window: 1h}
  - {name: sketch, id: 3, type: distinct, key: [client], field: [path], count: 1000, window: 1h}
  - {name: volume, id: 4, type: volume, key: [client], amount: events, window: 1m, at_least: 100}
  - {name: first, id: 5, type: first_seen, key: [client], field: [path], learn: 1h}
  - {name: pivot, id: 6, type: pivot, window: 1h, where: {alarm: true}}
  - {name: hours, id: 7, type: off_hours, key: [client], learn: 1d}
  - {name: beacon, id: 8, type: beacon, key: [client], field: [path], count: 30, window: 1h, learn: 1s}
`
	before := parse(t, text)
	watch(before, many(9, time.Second, func(i int, o *Observation) { o.Path = fmt.Sprint("/x", string(rune('a'+i))); o.Alarm = i == 5 })...)
	if err := before.writeState(state.At(path)); err != nil {
		t.Fatal(err)
	}
	after := parse(t, strings.Replace(text, "count: 10, window: 1h}\n  - {name: sketch", "count: 11, window: 1h}\n  - {name: sketch", 1))
	if err := state.At(path).Load(after.decoded); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range after.Observe([]*Observation{request(10*time.Second, func(o *Observation) { o.Path = "/y" })}, nil) {
		names = append(names, f.Spec.Name)
	}
	if !slices.Equal(names, []string{"threshold"}) {
		t.Errorf("after a restart the tenth event alarms %q: want that threshold goes on, and distinct begins anew", names)
	}
	for i, u := range after.Usage() {
		if b := before.Usage()[i]; u.Keys < b.Keys && u.Detector != "distinct" {
			t.Errorf("%s has %d keys, and had %d", u.Detector, u.Keys, b.Keys)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
}

func TestBrokenState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	d := detectors(t, "threshold", "key: [client]\ncount: 3\nwindow: 1m")
	watch(d, many(2, time.Second, nil)...)
	if err := d.writeState(state.At(path)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"another version": []byte("MSA behavior 2\nsomething new"), "cut": whole[:len(whole)/3], "garbled": slices.Concat(whole[:len(whole)/2], make([]byte, len(whole)-len(whole)/2)),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			d := detectors(t, "threshold", "key: [client]\ncount: 3\nwindow: 1m")
			err := state.At(path).Load(d.decoded)
			if err == nil || !strings.Contains(err.Error(), "renamed to") || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v", err)
			}
			if got, err := os.ReadFile(path + ".unreadable"); err != nil || (len(content) > 0 && string(got) != string(content)) {
				t.Errorf("what was set aside: %d bytes, %v", len(got), err)
			}
			if got, _ := watch(d, many(3, time.Second, nil)...); !slices.Equal(got, []int{2}) {
				t.Errorf("afterwards it alarms after %v", got)
			}
			if err := d.writeState(state.At(path)); err != nil {
				t.Errorf("a new state can't be kept: %v", err)
			}
		})
	}
}

// Two users of the same detectors see each other's records, and a reload goes on with the state.
func TestOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "d.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte("detectors:\n  - {name: a, id: 1, type: threshold, key: [client], count: 4, window: 1h}\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := func() (*Detectors, func()) {
		d, done, err := Open(file, "", func(err error) { t.Error(err) })
		if err != nil {
			t.Fatal(err)
		}
		return d, done
	}
	write("")
	a, closeA := open()
	b, closeB := open()
	if a != b {
		t.Fatal("two users of the same detectors have two")
	}
	watch(a, many(3, time.Second, nil)...)
	closeA()
	closeB()
	write("  - {name: b, id: 2, type: threshold, key: [client], count: 4, window: 1h}\n")
	c, closeC := open()
	defer closeC()
	if got, _ := watch(c, request(5*time.Second, nil)); !slices.Equal(got, []int{0}) {
		t.Errorf("after a reload the fourth event alarms %v", got)
	}
}

// What was kept for a reload is taken by it: whoever opens the detectors next, with a state in a file, reads that.
func TestOpenAfterOthers(t *testing.T) {
	dir := t.TempDir()
	open := func(name, path string) (*Detectors, func()) {
		file := filepath.Join(dir, name)
		text := "detectors:\n  - {name: " + name + ", id: 1, type: threshold, key: [client], count: 4, window: 1h}\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d, done, err := Open(file, path, func(err error) { t.Error(err) })
		if err != nil {
			t.Fatal(err)
		}
		return d, done
	}
	a, closeA := open("a", "")
	watch(a, many(3, time.Second, nil)...)
	closeA()
	_, closeOther := open("other", "")
	defer closeOther()
	b, closeB := open("a", "")
	defer closeB()
	if got, _ := watch(b, request(5*time.Second, nil)); len(got) != 0 {
		t.Errorf("detectors that were closed before others were opened go on: %v", got)
	}
}

// The same records give the same alerts.
func TestDeterministic(t *testing.T) {
	run := func() []string {
		specs, err := Load(Default)
		if err != nil {
			t.Fatal(err)
		}
		d, err := New(Hasten(specs, time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		_, evidence := watch(d, many(20_000, 50*time.Millisecond, func(i int, o *Observation) {
			o.Client.Address = fmt.Sprint("10.0.0.", i%7)
			o.Server.Address = fmt.Sprint("10.1.0.", i*i*i%80)
			o.Host = fmt.Sprint("svc", i%9)
			o.Path = fmt.Sprint("/p", i*i%100, "/", i%13)
			o.Status = []int{200, 200, 404, 401}[i/3%4]
			o.Alarm, o.Attack = i%31 == 0, i%31 == 0
		})...)
		return evidence
	}
	first := run()
	if len(first) == 0 {
		t.Fatal("nothing alarms")
	}
	if second := run(); !slices.Equal(first, second) {
		t.Errorf("%d alerts, then %d others", len(first), len(second))
	}
}

// BenchmarkObserve is what a record costs on top: reading it, and all default detectors.
func BenchmarkObserve(b *testing.B) {
	d := parse(b, "include: default\n")
	tx := &mapping.Transaction{
		Client: mapping.Endpoint{Address: "10.0.0.1", Port: "40000"}, Server: mapping.Endpoint{Address: "10.0.0.2", Port: "8080"}, Host: "users.shop.svc.cluster.local",
		Method: "GET", Status: 200,
		RequestHeaders:  []mapping.Header{{Name: "Host", Value: "users"}, {Name: "User-Agent", Value: "go-client/1"}, {Name: "Accept", Value: "*/*"}, {Name: "X-Request-Id", Value: "8c1e9a4d4c5e8f7a"}},
		ResponseHeaders: []mapping.Header{{Name: "Content-Type", Value: "application/json"}, {Name: "Content-Length", Value: "812"}},
	}
	clients, paths := make([]string, 997), make([]string, 5003)
	for i := range clients {
		clients[i] = fmt.Sprintf("10.%d.%d.%d", i%3, i%13, i%251)
	}
	for i := range paths {
		paths[i] = fmt.Sprintf("/users/%d/orders", i)
	}
	networks, v := mapping.PrivateNetworks(), &engine.Verdict{}
	all := make([]*Observation, 500)
	for i := range all {
		all[i] = new(Observation)
	}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		for i := range all {
			n++
			tx.Client.Address, tx.URI, tx.Time = clients[n%len(clients)], paths[n%len(paths)], noon.Add(time.Duration(n)*time.Millisecond)
			d.Read(Source{Transaction: tx, Verdict: v, Tag: "t", Internal: networks}, all[i])
		}
		d.Observe(all, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/record")
}

// Detectors that are loaded again while the old ones are still in use share no memory with them.
func TestInheritWhileInUse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "d.yaml")
	const text = "detectors:\n  - {name: a, id: 1, type: distinct, key: [client], field: [path], count: 200, window: 1h}\n  - {name: p, id: 2, type: pivot, window: 1h}\n"
	open := func(text string) (*Detectors, func()) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d, done, err := Open(file, "", func(err error) { t.Error(err) })
		if err != nil {
			t.Fatal(err)
		}
		return d, done
	}
	busy := func(d *Detectors, end <-chan struct{}, done chan<- struct{}) {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-end:
				return
			default:
				d.Observe([]*Observation{request(time.Duration(i)*time.Millisecond, func(o *Observation) {
					o.Client.Address, o.Server.Address, o.Path = fmt.Sprint("h", i%9), fmt.Sprint("h", i%7), fmt.Sprint("/x", i%50, "/y")
				})}, nil)
			}
		}
	}
	old, closeOld := open(text)
	end, ended := make(chan struct{}), make(chan struct{})
	go busy(old, end, ended)
	time.Sleep(20 * time.Millisecond)
	fresh, closeFresh := open(text + "  - {name: b, id: 3, type: threshold, key: [client], count: 100000, window: 1h}\n")
	end2, ended2 := make(chan struct{}), make(chan struct{})
	go busy(fresh, end2, ended2)
	time.Sleep(20 * time.Millisecond)
	close(end)
	close(end2)
	<-ended
	<-ended2
	if fresh == old || fresh.Usage()[0].Keys == 0 {
		t.Error("the new detectors do not go on where the old ones were")
	}
	closeOld()
	closeFresh()
}

// A table does with its keys what a map and a list of them in the order of their use would do.
func TestTableLikeMap(t *testing.T) {
	const most, keep = 100, 300
	type entry struct {
		key  uint64
		used int64
	}
	table, values := newTable[uint64](most), map[uint64]uint64{}
	var order []entry // oldest first
	drop := func(i int) {
		delete(values, order[i].key)
		order = slices.Delete(order, i, i+1)
	}
	expire := func(now int64) {
		for len(order) > 0 && order[0].used < now-keep {
			drop(0)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for now := range int64(200_000) {
		key := random.Uint64N(2 * most)
		if now%10_000 < 50 {
			key += 1000 * uint64(now) // so many new ones that others make room
		}
		at := slices.IndexFunc(order, func(e entry) bool { return e.key == key })
		switch random.IntN(8) {
		case 0:
			table.forget(key)
			if at >= 0 {
				drop(at)
			}
		case 1:
			if table.touch(key, now, keep) != (at >= 0) {
				t.Fatalf("at %d: %d is touched wrongly", now, key)
			}
			if at >= 0 {
				order = append(slices.Delete(order, at, at+1), entry{key, now})
				expire(now)
			}
		default:
			expire(now)
			if at = slices.IndexFunc(order, func(e entry) bool { return e.key == key }); at >= 0 {
				order = slices.Delete(order, at, at+1)
			} else if len(order) == most {
				drop(0)
			}
			order = append(order, entry{key, now})
			v, isNew := table.get(key, now, keep)
			if isNew != (at < 0) || *v != values[key] {
				t.Fatalf("at %d: %d has %d, new %v; want %d, new %v", now, key, *v, isNew, values[key], at < 0)
			}
			*v = uint64(now)
			values[key] = uint64(now)
		}
		if table.len() != len(order) {
			t.Fatalf("at %d: %d keys instead of %d", now, table.len(), len(order))
		}
	}
	for key, want := range values {
		if v := table.peek(key); v == nil || *v != want {
			t.Errorf("%d is lost", key)
		}
	}
}

// A condition that several detectors share is evaluated once for a record.
func TestSharedConditions(t *testing.T) {
	const text = `detectors:
  - {name: one, id: 1, type: threshold, key: [client], count: 1, window: 1m, where: {path: "/a*", status: 200}}
  - {name: two, id: 2, type: threshold, key: [client], count: 1, window: 1m, where: {path: "/a*", status: 404}}
  - {name: three, id: 3, type: threshold, key: [client], count: 1, window: 1m, unless: [{path: "/a*"}]}
  - {name: four, id: 4, type: threshold, key: [client], count: 1, window: 1m, where: {path: ["/a*"]}}
`
	d := parse(t, text)
	if got := len(d.pool.all); got != 4 { // a list of one is written otherwise
		t.Errorf("%d different conditions", got)
	}
	evaluated := 0
	for i, c := range d.pool.all {
		d.pool.all[i] = func(o *Observation) bool { evaluated++; return c(o) }
	}
	for n, path := range []string{"/a/b", "/b"} {
		evaluated = 0
		var names []string
		for _, f := range d.Observe([]*Observation{request(time.Duration(n)*time.Hour, func(o *Observation) { o.Path = path })}, nil) {
			names = append(names, f.Spec.Name)
		}
		want := [][]string{{"one", "four"}, {"three"}}[n]
		if !slices.Equal(names, want) || evaluated > 4 {
			t.Errorf("%s: %v, %d evaluations; want %v", path, names, evaluated, want)
		}
	}
}
