package intrusion

import (
	"net/netip"
	"strconv"
	"time"
)

// step is one thing that a visitor does at the gateway.
type step struct {
	weight int
	to     *endpoint
	member bool // for those who have logged in
}

// What the default number of records is made of, measured: TestCounts fails if it is no longer so.
const (
	clockworkRecords = 78_000 // an hour
	recordsPerStep   = 3.3
	secondsPerStep   = 14.0
)

var agents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1",
	"ShopApp/5.12.1 (iPhone; iOS 18.3)", "ShopApp/5.12.0 (Android 15; Pixel 8)", "ShopApp/5.11.4 (Android 14; SM-S911B)",
}

// visitors are always the same number of people; who leaves is followed by another.
func (w *world) visitors() {
	for _, s := range []struct {
		weight int
		name   string
		member bool
	}{
		{60, "home", false}, {130, "product", false}, {70, "category", false}, {50, "search", false}, {190, "image", false}, {60, "asset", false},
		{50, "suggest", false}, {60, "reviews", false}, {80, "track", false}, {60, "cart", true}, {40, "add", true}, {22, "checkout", true},
		{30, "orders", true}, {24, "order", true}, {24, "me", true}, {4, "address", true}, {6, "review", true}, {16, "tracking", true}, {10, "refresh", true},
	} {
		w.steps = append(w.steps, step{s.weight, w.endpoint("gateway." + s.name), s.member})
		w.weights += s.weight
	}
	wanted := (defaultRecords*w.scale - clockworkRecords*min(1, w.scale)) / recordsPerStep // steps in an hour
	n := max(1, int(wanted*secondsPerStep/3600))
	think := 3600 * float64(n) / wanted // seconds between the steps of one
	for range n {
		v := &visitor{world: w, think: think}
		w.plan(w.Int64N(int64(think*float64(time.Second))), v.arrive)
	}
}

// visitor is one of those who are in the shop now.
type visitor struct {
	*world
	think  float64
	left   int // steps until the visitor goes
	from   *pod
	agent  string
	user   uint64
	token  string
	failed int // logins
}

// arrive makes the visitor another person.
func (v *visitor) arrive(at int64) {
	v.user = firstCustomer + uint64(float64(customers)*v.Float64()*v.Float64()) // some come more often
	v.left, v.token, v.failed = v.between(3, 30), "", 0
	v.agent = agents[mix(v.user)%uint64(len(agents))]
	// Many share an address, as behind a provider's.
	v.from = &pod{addr: netip.AddrFrom4([4]byte{203, 0, 113, byte(1 + mix(v.user+9)%250)}), node: &v.nodes[0]}
	if v.odds(0.45) {
		v.login(at)
		return
	}
	v.act(at)
}

func (v *visitor) flow() *flow {
	f := v.nobody()
	f.user, f.token, f.agent, f.forward = v.user, v.token, v.agent, v.from.addr.String()
	f.order = v.user*31 + v.Uint64N(4) // one of the few that this customer has
	f.browser = v.agent[0] == 'M'
	for v.odds(0.2) {
		f.page++
	}
	return f
}

// login is right in most cases. Who mistypes tries again, and some try for long.
func (v *visitor) login(at int64) {
	f := v.flow()
	f.login = string(appendMail(nil, v.user))
	f.password = of(passwords, mix(v.user+11)) + strconv.FormatUint(10+mix(v.user+12)%90, 10)
	ok := v.odds(0.93)
	if v.failed > 0 {
		ok = v.odds(0.75)
	}
	to := v.endpoint("gateway.login")
	if ok {
		v.token = bearer(strconv.FormatUint(v.user, 10), v.Uint64(), v.start.Add(time.Duration(at)))
		f.token = v.token
		v.call(f, at, v.from, to)
		v.later(at)
		return
	}
	if n := v.IntN(len(f.password) - 1); v.odds(0.5) {
		f.password = f.password[:n] + f.password[n+1:]
	} else {
		f.password = f.password[:n] + f.password[n+1:n+2] + f.password[n:n+1] + f.password[n+2:]
	}
	// What the service finds before it refuses is the same.
	auth := v.endpoint("auth.login")
	gateway, server := v.pod(to.of), v.pod(auth.of)
	find, _ := v.call(f, at+int64(2*time.Millisecond), server, v.endpoint("users.find"))
	v.record(f, at+int64(time.Millisecond), find+int64(3*time.Millisecond), gateway, server, auth, 401)
	v.record(f, at, find+int64(5*time.Millisecond), v.from, gateway, to, 401)
	if v.failed++; v.failed < 6 {
		v.plan(at+int64(v.about(7, 0.4)*float64(time.Second)), v.login)
		return
	}
	v.later(at)
}

// act does one step, and plans the next.
func (v *visitor) act(at int64) {
	for {
		n := v.IntN(v.weights)
		i := 0
		for n >= v.steps[i].weight {
			n -= v.steps[i].weight
			i++
		}
		if s := v.steps[i]; !s.member || v.token != "" {
			v.call(v.flow(), at, v.from, s.to)
			break
		}
	}
	v.later(at)
}

// later plans the next step.
func (v *visitor) later(at int64) {
	do := v.act
	if v.left--; v.left <= 0 {
		do = v.arrive
	}
	v.plan(at+int64(v.think*v.ExpFloat64()*float64(time.Second)), do)
}
