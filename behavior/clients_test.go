package behavior

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// log is what a cluster does, in the order of time.
type log []*Observation

// call adds requests of a client to a service, one in every step from a time to another.
func (l *log) call(from, to, step time.Duration, client, host, agent string) {
	for at := from; at < to; at += step {
		*l = append(*l, request(at, func(o *Observation) { o.Client.Address, o.Host, o.Agent = client, host, agent+"/1.2" }))
	}
}

// serve adds requests of others that an address answers under a name.
func (l *log) serve(from, to, step time.Duration, server, host string) {
	n := len(*l)
	l.call(from, to, step, "10.2.0.1", host, "node")
	for _, o := range (*l)[n:] {
		o.Server.Address = server
	}
}

// evidence is what detectors say of all that, with the clients.
func (l log) evidence(d *Detectors) (all []string) {
	slices.SortStableFunc(l, func(a, b *Observation) int { return a.Time.Compare(b.Time) })
	for _, o := range l {
		for _, f := range d.Observe([]*Observation{o}, nil) {
			all = append(all, f.Key+": "+f.Evidence)
		}
	}
	return all
}

const edges = "key: [source]\nfield: [target]\nlearn: 24h\nsettle: 1h\nsuppress: 10m\ncommon_from: 3"

// Addresses are given to others, and callers get new ones: what matters is who calls, not from where.
func TestEdgesOfWorkloads(t *testing.T) {
	const end = 26 * time.Hour
	for name, c := range map[string]struct {
		make func(l *log)
		want []string // beginnings
	}{
		"callers that were replaced are still one workload": {func(l *log) {
			for k := range 4 {
				for i := range 2 {
					l.call(time.Duration(k)*end/4, time.Duration(k+1)*end/4, 2*time.Minute, fmt.Sprintf("10.1.0.%d", 10*k+i), "ledger", "java")
				}
			}
			l.call(end+time.Minute, end+2*time.Minute, time.Hour, "10.1.9.9", "ledger", "go")
		}, []string{"source=10.1.9.9: target=ledger never seen"}},
		"a replica does what another one did": {func(l *log) {
			l.call(0, end, time.Minute, "10.1.0.1", "stock", "java")
			l.call(0, end, time.Minute, "10.1.0.2", "stock", "java")
			l.call(0, end, time.Hour, "10.1.0.1", "mail", "java")
			l.call(end, end+time.Minute, time.Hour, "10.1.0.2", "mail", "java")
		}, nil},
		"an address that belongs to somebody else now": {func(l *log) {
			for i := range 6 {
				l.call(0, end, 5*time.Minute, fmt.Sprint("10.1.0.", i), fmt.Sprint("service-", i/2), fmt.Sprint("app-", i/2))
			}
			for i := range 6 {
				now := (i + 2) % 6 / 2
				l.call(end, end+3*time.Hour, 5*time.Minute, fmt.Sprint("10.1.0.", i), fmt.Sprint("service-", now), fmt.Sprint("app-", now))
			}
		}, nil},
		"an address that was free for a while": {func(l *log) {
			l.call(0, end-time.Hour, time.Minute, "10.1.0.1", "stock", "go")
			l.call(end, end+3*time.Hour, time.Minute, "10.1.0.1", "mail", "go")
		}, nil},
		"an intruder with the software of those who may": {func(l *log) {
			for i := range 3 {
				l.call(0, end+time.Hour, time.Minute, fmt.Sprint("10.1.0.", i), "ledger", "java")
			}
			l.call(0, end+time.Hour, time.Minute, "10.1.9.9", "shop-db", "go")
			l.call(end+30*time.Second, end+time.Minute, time.Hour, "10.1.9.9", "ledger", "java")
		}, []string{"source=10.1.9.9: new, though not told at once: target=ledger"}},
		"an intruder with the software of those who may, at one who does one thing only": {func(l *log) {
			for i := range 3 {
				for service := range 4 {
					l.call(0, end+time.Hour, 5*time.Minute, fmt.Sprintf("10.1.%d.%d", service, i), fmt.Sprint("service-", service), fmt.Sprint("app-", service))
				}
			}
			for i := range 3 {
				l.call(end+time.Minute+time.Duration(20*i)*time.Second, end+2*time.Minute, time.Hour, "10.1.0.0", "service-3", "app-3")
			}
		}, []string{"source=10.1.0.0: new, though not told at once: target=service-3"}},
		"an intruder after a pause, where the address still serves": {func(l *log) {
			l.call(0, end-10*time.Hour, 3*time.Hour, "10.1.8.8", "mail", "php")
			l.serve(0, end+2*time.Hour, 20*time.Minute, "10.1.8.8", "portal")
			l.call(end+time.Minute, end+2*time.Hour, 50*time.Minute, "10.1.8.8", "payroll", "php")
		}, []string{"source=10.1.8.8: target=payroll never seen"}},
		"the same, where somebody else serves there": {func(l *log) {
			l.call(0, end-10*time.Hour, 3*time.Hour, "10.1.8.8", "mail", "php")
			l.serve(0, end-time.Hour, 20*time.Minute, "10.1.8.8", "portal")
			l.serve(0, end+2*time.Hour, 20*time.Minute, "10.1.7.7", "wages")
			l.serve(end-30*time.Minute, end+2*time.Hour, 20*time.Minute, "10.1.8.8", "wages")
			l.call(end+time.Minute, end+2*time.Hour, 50*time.Minute, "10.1.8.8", "payroll", "php")
		}, nil},
		"the same, where only probes ask it": {func(l *log) {
			l.call(0, end-10*time.Hour, 3*time.Hour, "10.1.8.8", "mail", "php")
			l.serve(0, end+2*time.Hour, 20*time.Minute, "10.1.8.8", "10.1.8.8")
			l.call(end+time.Minute, end+2*time.Hour, 50*time.Minute, "10.1.8.8", "payroll", "php")
		}, nil},
		"one who rarely calls": {func(l *log) {
			for i, host := range []string{"mail", "stock", "rates", "mail", "stock"} {
				l.call(time.Duration(5*i)*time.Hour, time.Duration(5*i+1)*time.Hour, 25*time.Minute, "10.1.8.8", host, "php")
			}
			l.call(end+time.Hour, end+2*time.Hour, 25*time.Minute, "10.1.8.8", "mail", "php")
			l.call(end+3*time.Hour, end+4*time.Hour, 25*time.Minute, "10.1.8.8", "stock", "php")
		}, nil},
		"what is new while it is quiet is told later": {func(l *log) {
			l.call(end, end+time.Second, time.Hour, "10.1.9.9", "harmless", "go")
			l.call(end+time.Minute, end+2*time.Minute, time.Hour, "10.1.9.9", "payroll", "go")
			l.call(end+time.Hour, end+2*time.Hour, time.Hour, "10.1.9.9", "web", "go")
		}, []string{"source=10.1.9.9: target=harmless never seen", "source=10.1.9.9: new, though not told at once: target=payroll"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := &log{}
			for i := range 12 { // the rest of the cluster
				l.call(0, 30*time.Hour, 2*time.Minute, fmt.Sprint("10.2.0.", i), "web", "node")
			}
			l.call(0, end-time.Minute, 2*time.Minute, "10.1.9.9", "web", "go")
			c.make(l)
			got := l.evidence(detectors(t, "first_seen", edges))
			ok := len(got) == len(c.want)
			for i := 0; ok && i < len(got); i++ {
				ok = strings.HasPrefix(got[i], c.want[i])
			}
			if !ok {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Workloads that the log names are known by these names, whatever their addresses.
func TestNamedWorkloads(t *testing.T) {
	d := detectors(t, "first_seen", edges)
	var l log
	for i := range 26 * 60 {
		l = append(l, request(time.Duration(i)*time.Minute, func(o *Observation) {
			o.Client.Address, o.clientWorkload, o.serverWorkload = fmt.Sprintf("10.1.%d.%d", i/200, i%200), "shop/deployment/web", "shop/deployment/stock"
		}))
	}
	l = append(l, request(26*time.Hour, func(o *Observation) {
		o.Client.Address, o.clientWorkload, o.serverWorkload = "10.1.77.1", "shop/deployment/web", "pay/deployment/ledger"
	}))
	want := []string{"source=shop/deployment/web: target=pay/deployment/ledger never seen since 2026-03-04 12:00:00"}
	if got := l.evidence(d); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// Pods that start read their secrets; one that is known and reads them all the same is somebody else.
func TestNewcomersReadTheirSecrets(t *testing.T) {
	d := detectors(t, "first_seen", "key: [source]\nfield: [service, endpoint]\nlearn: 24h\nwhere: {path: /v1/secret*}")
	l := &log{}
	secret := func(at time.Duration, client string) {
		*l = append(*l, request(at, func(o *Observation) { o.Client.Address, o.Host, o.Path = client, "vault", "/v1/secret/data/worker" }))
	}
	l.call(0, 48*time.Hour, time.Minute, "10.1.9.9", "web", "go")
	for i := range 200 {
		at := time.Duration(i) * 14 * time.Minute
		secret(at, fmt.Sprintf("10.1.1.%d", i))
		l.call(at, at+10*time.Minute, time.Minute, fmt.Sprintf("10.1.1.%d", i), "jobs", "")
	}
	secret(40*time.Hour, "10.1.9.9")
	if got := l.evidence(d); len(got) != 1 || !strings.HasPrefix(got[0], "source=10.1.9.9: new, though not told at once: service=vault endpoint=/v1/secret/data/worker") {
		t.Errorf("got %q", got)
	}
}

// Whom a load balancer passes on is who acts; who only says so of himself is not believed.
func TestRelayedClients(t *testing.T) {
	const text = "key: [source]\ncount: 10\nwindow: 5m\nwhere: {status: 404}"
	visitors := func(client string, share int) (l log) {
		for i := range 600 {
			l = append(l, request(time.Duration(i)*time.Second, func(o *Observation) {
				o.Client.Address = client
				if i%10 < share {
					o.forwarded = fmt.Sprintf("203.0.113.%d", i%200)
				}
				if i > 100 && i%4 == 0 {
					o.Status = 404
				}
			}))
		}
		return l
	}
	if got := visitors("10.1.0.1", 10).evidence(detectors(t, "threshold", text)); got != nil {
		t.Errorf("of a load balancer: %q", got)
	}
	if got := visitors("10.1.0.1", 5).evidence(detectors(t, "threshold", text)); len(got) != 1 || !strings.HasPrefix(got[0], "source=10.1.0.1:") {
		t.Errorf("of a client that makes names up: %q", got)
	}
}

func TestLogins(t *testing.T) {
	type step struct {
		answer answer
		n      int
	}
	for name, c := range map[string]struct {
		steps []step
		want  []string
	}{
		"guesses":                        {[]step{{refused, 40}}, []string{"10 refused logins"}},
		"one of them is right":           {[]step{{refused, 14}, {accepted, 1}}, []string{"10 refused logins", "a login succeeded after 14 that were refused"}},
		"most are right":                 {[]step{{accepted, 40}, {refused, 15}}, nil},
		"few are wrong":                  {[]step{{refused, 4}, {accepted, 1}}, nil},
		"the answer does not tell":       {[]step{{unclear, 30}}, []string{"10 refused logins"}},
		"until it tells":                 {[]step{{unclear, 30}, {accepted, 1}}, []string{"10 refused logins", "a login succeeded after 30"}},
		"not refused as the others were": {[]step{{refused, 14}, {unclear, 1}}, []string{"10 refused logins", "a login succeeded after 14 that were refused"}},
		"forms that slow down, too":      {[]step{{unclear, 6}, {refused, 14}, {unclear, 1}}, []string{"12 refused logins"}},
		"other answers that do not tell": {[]step{{unclear, 9}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var l log
			for _, s := range c.steps {
				for range s.n {
					l = append(l, request(time.Duration(len(l))*time.Second, func(o *Observation) { o.answer = s.answer }))
				}
			}
			got := l.evidence(detectors(t, "logins", "key: [source, service]\ncount: 10\nwindow: 5m"))
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for i := range got {
				if !strings.Contains(got[i], c.want[i]) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}

// Who is refused as ever other users sprays a password; who passes on the logins of others has more that are right.
func TestLoginsOfUsers(t *testing.T) {
	for name, c := range map[string]struct {
		users    int // each of them refused
		accepted int
		want     string
	}{
		"other users":          {12, 0, "source=10.0.0.1: 10 refused logins as different user in 5m, 0 accepted"},
		"the same few":         {3, 0, ""},
		"who passes logins on": {12, 40, ""},
	} {
		var l log
		for i := range c.accepted {
			l = append(l, request(time.Duration(i)*time.Second, func(o *Observation) { o.User, o.answer = fmt.Sprint("other", i), accepted }))
		}
		for i := range 36 {
			l = append(l, request(time.Duration(100+i)*time.Second, func(o *Observation) { o.User, o.answer = fmt.Sprint("user", i%c.users), refused }))
		}
		got := l.evidence(detectors(t, "logins", "key: [source]\nfield: [user]\ncount: 10\nwindow: 5m"))
		if len(got) > 1 || len(got) == 1 != (c.want != "") || len(got) == 1 && !strings.HasPrefix(got[0], c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// What a condition alone needs of a record is read, too.
func TestConditionsOnUsersAlone(t *testing.T) {
	for text, want := range map[string]int{
		"where: {status: 401}": 1, "where: {status: 401}\nunless: [{user: ana}]": 0, "where: {status: 401}\nunless: [{user: bob}]": 1,
		"where: {login_refused: true}": 1, "where: {user: ana}": 1, "where: {user: bob}": 0,
	} {
		d := detectors(t, "threshold", text+"\nkey: [client]\ncount: 3\nwindow: 30s")
		var found []Found
		for i := range 3 {
			var o Observation
			d.Read(Source{Transaction: &mapping.Transaction{
				Time: noon.Add(time.Duration(i) * time.Second), Client: mapping.Endpoint{Address: "10.0.0.1"}, Method: "GET", URI: "/v2/items", Status: 401,
				RequestHeaders: []mapping.Header{{Name: "Authorization", Value: "Basic " + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "ana:%d", i))}},
			}, Verdict: &engine.Verdict{}}, &o)
			found = append(found, d.Observe([]*Observation{&o}, nil)...)
		}
		if len(found) != want {
			t.Errorf("%s: %d alerts", text, len(found))
		}
		if len(found) == 1 && found[0].Evidence != "3 events in 30s" {
			t.Errorf("%s: evidence is %q", text, found[0].Evidence)
		}
	}
}

// A password that is refused at any path is a refused login; the same one again, as of a program that is set up wrongly, is
// no guess.
func TestGuessesOfBasic(t *testing.T) {
	d := detectors(t, "logins", "where: {login: true}\nkey: [source, service]\ncount: 10\nwindow: 5m")
	try := func(after time.Duration, password string, status int) (found int) {
		tx := &mapping.Transaction{
			Time: noon.Add(after), Client: mapping.Endpoint{Address: "10.0.0.1"}, Server: mapping.Endpoint{Address: "10.0.0.2"}, Host: "stock",
			Method: "GET", URI: "/v2/items", Status: status,
			RequestHeaders: []mapping.Header{{Name: "authorization", Value: "Basic " + base64.StdEncoding.EncodeToString([]byte("ana:"+password))}},
		}
		var o Observation
		d.Read(Source{Transaction: tx, Verdict: &engine.Verdict{}}, &o)
		return len(d.Observe([]*Observation{&o}, nil))
	}
	n := 0
	for i := range 40 {
		n += try(time.Duration(i)*time.Second, "old", 401) + try(time.Duration(i)*time.Second, fmt.Sprint("right", i), 200)
	}
	if n > 0 {
		t.Errorf("an old password and those that are right alarm %d times", n)
	}
	for i := range 12 {
		n += try(time.Minute+time.Duration(i)*time.Second, fmt.Sprint("guess", i), 401)
	}
	if n != 1 {
		t.Errorf("12 guesses alarm %d times", n)
	}
}

// A service at which as many are refused each hour is not attacked.
func TestUsualRefusals(t *testing.T) {
	busy := func(n int) (l log) {
		for hour := range 30 {
			refusals := 20
			if hour == 29 {
				refusals = n
			}
			for i := range refusals {
				l = append(l, request(time.Duration(hour)*time.Hour+time.Duration(i)*time.Second, func(o *Observation) { o.answer = refused }))
			}
			l.call(time.Duration(hour)*time.Hour, time.Duration(hour+1)*time.Hour, 5*time.Minute, "10.0.0.9", "other", "go")
		}
		return l
	}
	d := func() *Detectors {
		return detectors(t, "logins", "key: [service]\ncount: 15\nwindow: 5m\nwhere: {service: users}")
	}
	if got := busy(20).evidence(d()); len(got) > 3 {
		t.Errorf("what is usual alarms %d times", len(got))
	}
	if got := busy(200).evidence(d()); len(got) == 0 || !strings.Contains(got[len(got)-1], " refused logins") {
		t.Errorf("ten times what is usual: %q", got)
	}
}

// Who guesses just often enough is found, whenever in a window he begins: what he does himself is not usual.
func TestSteadyGuesses(t *testing.T) {
	for begin := time.Duration(0); begin < 5*time.Minute; begin += 10 * time.Second {
		var l log
		for i := range 3 { // he had mistyped it now and then
			l = append(l, request(time.Duration(i)*20*time.Minute, func(o *Observation) { o.answer = refused }))
		}
		for i := range 70 {
			l = append(l, request(2*time.Hour+begin+time.Duration(i)*8*time.Second, func(o *Observation) { o.answer = refused }))
		}
		if got := l.evidence(detectors(t, "logins", "key: [source, service]\ncount: 30\nwindow: 5m")); len(got) != 1 {
			t.Errorf("70 guesses in nine minutes that begin %v after a window does: %q", begin, got)
		}
	}
}

// A login that somebody passes on is not one as him.
func TestUserOfLogin(t *testing.T) {
	d := parse(t, "include: default\n")
	for name, c := range map[string]struct {
		path, body string
		want       string
	}{
		"a call":                       {"/cart", "", "shop/gateway"},
		"a login":                      {"/auth/login", "user=anna", "anna"},
		"a login that does not say so": {"/auth/login", "", ""},
	} {
		var o Observation
		d.Read(Source{Transaction: &mapping.Transaction{
			Method: "POST", URI: c.path, Status: 401, RequestBody: mapping.Body{Text: c.body}, ClientWorkload: mapping.Workload{Namespace: "shop", Account: "shop/gateway"},
		}, Verdict: &engine.Verdict{}}, &o)
		if o.User != c.want {
			t.Errorf("%s is one as %q, want %q", name, o.User, c.want)
		}
	}
}

// Failures at replicas of one workload are failures at one place, those at as many workloads or addresses are a scan.
func TestScanOfReplicas(t *testing.T) {
	specs, err := Load(Default)
	if err != nil {
		t.Fatal(err)
	}
	specs = slices.DeleteFunc(specs, func(s Spec) bool { return s.Name != "host-scan" })
	for name, c := range map[string]struct {
		workload func(i int) string
		want     int
	}{
		"replicas":  {func(int) string { return "bff" }, 0},
		"workloads": {func(i int) string { return fmt.Sprint("svc", i) }, 1},
		"addresses": {func(int) string { return "" }, 1},
	} {
		d, err := New(specs)
		if err != nil {
			t.Fatal(err)
		}
		var l log
		for i := range 20 {
			l = append(l, request(time.Duration(i)*time.Second, func(o *Observation) {
				o.Status, o.Server.Address, o.serverWorkload = 404, fmt.Sprint("10.2.0.", i), c.workload(i)
			}))
		}
		if got := l.evidence(d); len(got) != c.want {
			t.Errorf("failures at 20 %s: %q", name, got)
		}
	}
}

// A token that turns up at a workload which has no business with those of others is a stolen one; services that pass on
// what they get, replicas, and what goes through many of them at once are usual.
func TestStolenCredential(t *testing.T) {
	specs, err := Load(Default)
	if err != nil {
		t.Fatal(err)
	}
	specs = slices.DeleteFunc(specs, func(s Spec) bool { return s.Name != "new-holder-of-credential" })
	use := func(l *log, at time.Duration, workload, credential string) {
		*l = append(*l, request(at, func(o *Observation) { o.clientWorkload, o.Credential = workload, credential }))
	}
	day := func() (l log) { // each user's token goes from the gateway to the cart, and now and then to billing
		for i := range 26 * 60 {
			at := time.Duration(i) * time.Minute
			token := fmt.Sprint("token ", i/90)
			use(&l, at, "shop/deployment/gateway", token)
			use(&l, at, "shop/deployment/cart", token)
			if i%200 == 75 {
				use(&l, at, "shop/deployment/billing", token)
			}
			use(&l, at, "shop/deployment/mailer", "token of the mailer")
		}
		return l
	}
	for name, c := range map[string]struct {
		workload, credential string
		want                 int
	}{
		"a user's token":             {"shop/deployment/mailer", "token 17", 1},
		"a service's token":          {"shop/deployment/render", "token of the mailer", 1},
		"one who passes tokens on":   {"shop/deployment/billing", "token 17", 0},
		"a token that is new":        {"shop/deployment/render", "token 99", 0},
		"its own token":              {"shop/deployment/mailer", "token of the mailer", 0},
		"somebody who is not known":  {"", "token 17", 0},
		"who has no token to replay": {"shop/deployment/render", "", 0},
	} {
		d, err := New(specs)
		if err != nil {
			t.Fatal(err)
		}
		l := day()
		for i := range 3 {
			use(&l, 26*time.Hour+time.Duration(i)*time.Second, c.workload, c.credential)
		}
		if got := l.evidence(d); len(got) != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Of a token that the log has an id for, the address tells who uses it: another one than that of its pod is a thief's, unless
// many come through it. A service account that was never used from outside is told of once.
func TestStolenToken(t *testing.T) {
	for _, preset := range []string{"kubernetes-audit", "gke-audit", "aks-audit"} {
		t.Run(preset, func(t *testing.T) { testStolenToken(t, preset) })
	}
}

func testStolenToken(t *testing.T, preset string) {
	specs, err := Load(Default)
	if err != nil {
		t.Fatal(err)
	}
	only := []string{"token-from-elsewhere", "account-from-outside"}
	specs = slices.DeleteFunc(specs, func(s Spec) bool { return !slices.Contains(only, s.Name) })
	use := func(l *log, at time.Duration, token, account, client string) {
		*l = append(*l, request(at, func(o *Observation) {
			o.Direction, o.Server, o.Preset = "", mapping.Endpoint{}, preset
			o.Token, o.User, o.ClientWorkload.Account, o.Client.Address = token, account, account, client
		}))
	}
	for name, c := range map[string]struct {
		token, account, client string
		want                   int
	}{
		"from another pod":                  {"token 3", "shop/web", "10.1.0.9", 1},
		"from outside":                      {"token 3", "shop/web", "198.51.100.7", 2},
		"without an id, from outside":       {"", "shop/web", "198.51.100.7", 1},
		"from its pod":                      {"token 3", "shop/web", "10.1.0.3", 0},
		"through a node":                    {"token 3", "shop/web", "10.0.0.1", 0},
		"of a new pod":                      {"token 77", "shop/web", "10.1.0.77", 0},
		"of who is always used from there":  {"", "ci/deployer", "198.51.100.8", 0},
		"of a person, who may be anywhere":  {"", "ana", "198.51.100.7", 0},
		"without an id, from somebody else": {"", "shop/web", "10.1.0.9", 0},
		"from an address that is not known": {"", "shop/web", "", 0},
	} {
		var l log
		for i := range 26 * 60 {
			pod := i % 20
			use(&l, time.Duration(i)*time.Minute, fmt.Sprint("token ", pod), "shop/web", fmt.Sprint("10.1.0.", pod))
			if i < 600 {
				use(&l, time.Duration(i)*time.Minute, fmt.Sprint("token ", 4+i%6), "shop/web", "10.0.0.1")
			}
			if i%100 == 0 {
				use(&l, time.Duration(i)*time.Minute, "", "ci/deployer", fmt.Sprint("198.51.100.", 100+i/100))
			}
		}
		for i := range 3 {
			use(&l, 26*time.Hour+time.Duration(i)*time.Second, c.token, c.account, c.client)
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

// A workload that begins to administer a service is told; who always does, and who is refused, is not.
func TestNewAdministration(t *testing.T) {
	specs, err := Load(Default)
	if err != nil {
		t.Fatal(err)
	}
	specs = slices.DeleteFunc(specs, func(s Spec) bool { return s.Name != "new-administration" })
	for name, c := range map[string]struct {
		client, path string
		status       int
		want         int
	}{
		"new":            {"10.0.0.2", "/admin/api/keys", 200, 1},
		"deeper":         {"10.0.0.2", "/flags/admin/keys", 200, 1},
		"the operator's": {"10.0.0.1", "/admin/other", 200, 0},
		"refused":        {"10.0.0.2", "/admin/api/keys", 403, 0},
		"something else": {"10.0.0.2", "/administer", 200, 0},
	} {
		var l log
		l.call(0, 26*time.Hour, 5*time.Minute, "10.0.0.1", "flags", "operator")
		for _, o := range l {
			o.Path = "/admin/flags"
		}
		l.call(0, 26*time.Hour, 5*time.Minute, "10.0.0.2", "flags", "mailer")
		slices.SortStableFunc(l, func(a, b *Observation) int { return a.Time.Compare(b.Time) })
		for i := range 3 {
			agent := map[bool]string{true: "operator/1.2", false: "mailer/1.2"}[c.client == "10.0.0.1"]
			l = append(l, request(26*time.Hour+time.Duration(i)*time.Second, func(o *Observation) {
				o.Client.Address, o.Host, o.Agent, o.Path, o.Status = c.client, "flags", agent, c.path, c.status
			}))
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

// Of those who have a value that very many have, different ones are remembered, also when one workload was replaced last.
func TestHoldersDiffer(t *testing.T) {
	const end = 26 * time.Hour
	l := &log{}
	for i := range 5 { // workloads that all use the vault
		l.call(0, 30*time.Hour, 5*time.Minute, fmt.Sprint("10.1.0.", i), fmt.Sprint("db-", i), "java")
		l.call(time.Hour, 30*time.Hour, 5*time.Minute, fmt.Sprint("10.1.0.", i), "vault", "java")
	}
	for i := range 20 { // pods of one of them
		from := 2*time.Hour + time.Duration(i)*time.Hour
		l.call(from, from+2*time.Hour, 5*time.Minute, fmt.Sprint("10.1.1.", i), "db-0", "java")
		l.call(from+time.Minute, from+2*time.Hour, 5*time.Minute, fmt.Sprint("10.1.1.", i), "vault", "java")
	}
	l.call(0, 30*time.Hour, 5*time.Minute, "10.1.2.1", "db-9", "java")
	l.call(end, end+time.Minute, time.Hour, "10.1.2.1", "vault", "java")
	if got := l.evidence(detectors(t, "first_seen", edges)); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

// What the detectors that MSA comes with find within days.
func TestPatientIntruder(t *testing.T) {
	specs, err := Load(Default)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		detector string
		n        int
		every    time.Duration
		change   func(o *Observation, i int)
		want     int
	}{
		"one user, all day":     {"slow-account-guessing", 150, 5 * time.Minute, func(o *Observation, i int) { o.User, o.answer, o.Attempt = "ann", refused, fmt.Sprint(i) }, 1},
		"a program's password":  {"slow-account-guessing", 150, 5 * time.Minute, func(o *Observation, _ int) { o.User, o.answer, o.Attempt = "ann", refused, "9" }, 0},
		"one user, a few times": {"slow-account-guessing", 60, 20 * time.Minute, func(o *Observation, i int) { o.User, o.answer, o.Attempt = "ann", refused, fmt.Sprint(i/2) }, 0},
		"many users, all day":   {"slow-password-spraying", 60, 15 * time.Minute, func(o *Observation, i int) { o.User, o.answer = fmt.Sprint("u", i), refused }, 1},
		"logins that are passed": {"slow-password-spraying", 200, 5 * time.Minute, func(o *Observation, i int) {
			if o.User, o.answer = fmt.Sprint("u", i), accepted; i%4 == 0 {
				o.answer = refused
			}
		}, 0},
		"ids that there are not":  {"id-walk", 200, time.Second, func(o *Observation, i int) { o.Status = 404 - 204*min(i%3, 1) }, 1},
		"ids of others":           {"id-walk", 200, time.Second, func(o *Observation, _ int) { o.Status = 403 }, 1},
		"ids at one that is down": {"id-walk", 200, time.Second, func(o *Observation, _ int) { o.Status = 503 }, 0},
		"deletes the audit log":   {"new-log-deletion", 2, time.Second, func(o *Observation, _ int) { o.Method, o.Path = "DELETE", "/audit-2026.05" }, 1},
		"deletes a blog":          {"new-log-deletion", 2, time.Second, func(o *Observation, _ int) { o.Method, o.Path = "DELETE", "/blogs/7" }, 0},
		"may not delete it":       {"new-log-deletion", 2, time.Second, func(o *Observation, _ int) { o.Method, o.Path, o.Status = "DELETE", "/audit-2026.05", 403 }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := New(slices.DeleteFunc(slices.Clone(specs), func(s Spec) bool { return s.Name != c.detector }))
			if err != nil {
				t.Fatal(err)
			}
			var l log
			l.call(0, 26*time.Hour, 5*time.Minute, "10.0.0.1", "users", "mailer")
			for i := range c.n {
				l = append(l, request(26*time.Hour+time.Duration(i)*c.every, func(o *Observation) {
					o.Agent, o.Path = "mailer/1.2", fmt.Sprint("/login/", 1000+i)
					c.change(o, i)
					o.readNumber("")
				}))
			}
			if got := l.evidence(d); len(got) != c.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestCredentialOf(t *testing.T) {
	const secret = "s3cr3t-0123456789abcdef"
	token, session := credentialOf("Bearer "+secret, ""), credentialOf("", "theme=dark; JSESSIONID="+secret)
	if token == "" || session == "" || token == session || strings.Contains(token+session, secret[:8]) {
		t.Errorf("%q, %q", token, session)
	}
	if again := credentialOf("bearer  "+secret, "sid="+secret); again != token {
		t.Errorf("the same token is %q and %q", token, again)
	}
	for _, name := range []string{"connect.sid", "_gitlab_session", "PHPSESSID", "__Secure-next-auth.session-token", ".AspNetCore.Cookies", "wordpress_logged_in_4e", "id_token", "crowd.token_key"} {
		if again := credentialOf("", "lang=en; "+name+"="+secret); again != session {
			t.Errorf("with %s the session is %q", name, again)
		}
	}
	if jwt := credentialOf("", "who=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"); jwt == "" {
		t.Error("a JSON Web Token is none")
	}
	for _, none := range [][2]string{{"Basic " + secret, ""}, {"Bearer short", ""}, {"", "theme=" + secret}, {"", "sid=short"}, {"", ""},
		{"", "csrftoken=" + secret}, {"", "XSRF-TOKEN=" + secret}, {"", ".AspNetCore.Antiforgery.9x=" + secret}} {
		if got := credentialOf(none[0], none[1]); got != "" {
			t.Errorf("%q is %q", none, got)
		}
	}
}

func TestAnswerOf(t *testing.T) {
	header := func(all ...string) (list []mapping.Header) {
		for i := 0; i < len(all); i += 2 {
			list = append(list, mapping.Header{Name: all[i], Value: all[i+1]})
		}
		return list
	}
	for _, c := range []struct {
		method, path string
		status       int
		headers      []mapping.Header
		body         string
		want         answer
	}{
		{"GET", "/v1/authors/7", 403, nil, "", noLogin},
		{"POST", "/account/reset/verify", 400, nil, "", refused},
		{"POST", "/api/verify-code", 422, nil, "", refused},
		{"POST", "/two-factor-challenge", 422, nil, "", refused},
		{"POST", "/webhooks/verify", 400, nil, "", noLogin},
		{"POST", "/codes/7", 400, nil, "", noLogin},
		{"GET", "/oauth2/token", 401, nil, "", refused},
		{"POST", "/wp-login.php", 200, nil, "Error: the password you entered is incorrect", refused},
		{"POST", "/wp-login.php", 302, header("Location", "/wp-admin/", "Set-Cookie", "in=1"), "", accepted},
		{"POST", "/account/sign-in", 302, header("Location", "/account/sign-in?error=1"), "", refused},
		{"POST", "/login", 200, nil, `<form><input type="password" name="p"></form>`, refused},
		{"POST", "/api/auth", 200, nil, `{"access_token":"abc"}`, accepted},
		{"POST", "/api/auth", 200, nil, `{"success": false}`, refused},
		{"POST", "/login", 200, header("Set-Cookie", "sid=deleted"), "", unclear},
		{"POST", "/login", 200, header("Set-Cookie", "sid=8f2e"), "<html>", accepted},
		{"POST", "/login", 500, nil, "", noLogin},
		{"GET", "/login", 200, nil, `<input type="password">`, noLogin},
	} {
		tx := &mapping.Transaction{Method: c.method, Status: c.status, ResponseHeaders: c.headers, ResponseBody: mapping.Body{Text: c.body}}
		if got := answerOf(tx, c.path); got != c.want {
			t.Errorf("%s %s %d %q: got %d, want %d", c.method, c.path, c.status, c.body, got, c.want)
		}
	}
}

// Where one path is that of all calls, the body tells which are logins.
func TestLoginCalls(t *testing.T) {
	const (
		xml   = "<?xml version=\"1.0\"?><methodCall><methodName>wp.getUsersBlogs</methodName><params><param><value><string>ann</string></value></param></params></methodCall>"
		wrong = "<methodResponse><fault><name>faultCode</name><int>403</int><string>Incorrect username or password.</string></fault></methodResponse>"
		graph = `{"query":"mutation{login(email:\"a@b.c\",password:\"p0\"){token}}"}`
	)
	for _, c := range []struct {
		path, request, answer string
		want                  answer
	}{
		{"/xmlrpc.php", xml, wrong, refused},
		{"/blog/xmlrpc.php", xml, "<methodResponse><params><struct/></params></methodResponse>", accepted},
		{"/xmlrpc.php", "<methodCall><methodName>system.listMethods</methodName></methodCall>", wrong, noLogin},
		{"/xmlrpc.php", "", wrong, noLogin},
		{"/rpc", xml, wrong, noLogin},
		{"/graphql", graph, `{"errors":[{"message":"Invalid credentials"}]}`, refused},
		{"/api/graphql", graph, `{"data":{"login":{"token":"abc"}}}`, accepted},
		{"/graphql", `{"query":"mutation M($i: In!) { tokenCreate(input: $i) { token } }"}`, `{"data":{"tokenCreate":{"errors":["wrong"]}}}`, refused},
		{"/graphql", `{"query":"query{lamps{id}}"}`, `{"errors":[{"message":"failed"}]}`, noLogin},
		{"/graphql", `{"query":"mutation{addLamp(name:\"login\"){id}}"}`, `{"errors":[{"message":"failed"}]}`, noLogin},
	} {
		tx := &mapping.Transaction{Method: "POST", Status: 200, RequestBody: mapping.Body{Text: c.request}, ResponseBody: mapping.Body{Text: c.answer}}
		if got := answerOf(tx, c.path); got != c.want {
			t.Errorf("%s %s %s: got %d, want %d", c.path, c.request, c.answer, got, c.want)
		}
	}
}

func TestLoginUser(t *testing.T) {
	for body, want := range map[string]string{
		"log=editor&pwd=x": "editor", "a=1&user%5Fname=x": "", "username=anna%40example.com&p=1": "anna@example.com", `{"password":"x","email": "b@example.com"}`: "b@example.com", "x": "",
		"<methodCall><methodName>wp.getUsersBlogs</methodName><params><param><value><string>ann</string></value></param><param>": "ann",
	} {
		if got := loginUser(body); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestSequence(t *testing.T) {
	const text = "key: [source, service, endpoint]\npeers: [service, endpoint]\ncount: 50\nwindow: 1h\nsuppress: 24h"
	ids := func(n int, every time.Duration, id func(i int) int) (l log) {
		for i := range n {
			l = append(l, request(time.Duration(i)*every, func(o *Observation) {
				o.Path = fmt.Sprintf("/invoices/%d", id(i))
				o.readNumber("")
			}))
		}
		return l
	}
	random := func(i int) int { return i * 7919 % 100_003 }
	for name, c := range map[string]struct {
		l    log
		want int
	}{
		"upwards":   {ids(300, 20*time.Second, func(i int) int { return 5000 + i }), 1},
		"downwards": {ids(300, 20*time.Second, func(i int) int { return 5000 - i }), 1},
		"between what others ask for": {ids(300, 20*time.Second, func(i int) int {
			if i%4 > 0 {
				return random(i)
			}
			return 5000 + i/4
		}), 1},
		"several at once": {ids(300, time.Second, func(i int) int { return 5000 + i ^ 3 }), 1},
		"several at once, downwards, between what others ask for": {ids(600, time.Second, func(i int) int {
			if i%3 > 0 {
				return random(i)
			}
			return 5000 - i/3 ^ 1
		}), 1},
		"any":            {ids(3000, time.Second, random), 0},
		"any of few":     {ids(3000, time.Second, func(i int) int { return i * i * 7919 % 211 }), 0},
		"some in a list": {ids(300, time.Second, func(i int) int { return 5000 + 3*i }), 0},
		"the same":       {ids(300, time.Second, func(int) int { return 7 }), 0},
		"by and by":      {ids(300, 2*time.Hour, func(i int) int { return 5000 + i }), 0},
		"back again":     {ids(300, time.Second, func(i int) int { return 5000 + i%20 }), 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.l.evidence(detectors(t, "sequence", text)); len(got) != c.want {
				t.Errorf("got %q", got)
			}
		})
	}
	t.Run("a job of each night", func(t *testing.T) {
		var l log
		for night := range 4 {
			for i, o := range ids(300, time.Second, func(i int) int { return i }) {
				o.Time, o.Client.Address = o.Time.Add(time.Duration(night)*24*time.Hour), fmt.Sprint("10.3.0.", night)
				_ = i
				l = append(l, o)
			}
		}
		l.call(0, 80*time.Hour, 5*time.Minute, "10.0.0.9", "other", "go")
		if got := l.evidence(detectors(t, "sequence", text)); len(got) != 1 {
			t.Errorf("got %q", got)
		}
	})
}

func TestReadNumber(t *testing.T) {
	for _, c := range []struct {
		path, query string
		want        int64
		of          string
	}{
		{"/users/17", "", 17, ""}, {"/users/17/orders/4/items", "x=9", 4, ""}, {"/users", "page=3&id=12", 12, "id"}, {"/users", "page=3", 0, ""}, {"/a/1234567890123456789", "", 0, ""},
	} {
		o := &Observation{Path: c.path}
		o.readNumber(c.query)
		if o.Number != c.want || o.numberOf != c.of {
			t.Errorf("%s?%s: %d of %q", c.path, c.query, o.Number, o.numberOf)
		}
	}
}

// The pod that makes the backup is another one each night, and reads what no other reads.
func TestPrecedents(t *testing.T) {
	const text = "key: [source, service]\npeers: [service]\namount: response_bytes\nwindow: 10m\nat_least: 1000000\nwindows: 3\nlearn: 24h"
	world := func() log {
		l := log{}
		for i := range 60 {
			l.call(0, 100*time.Hour, 10*time.Minute, fmt.Sprintf("10.2.0.%d", i), "users", "go")
		}
		return l
	}
	read := func(l *log, at time.Duration, client, agent string) {
		for i := range 10 {
			*l = append(*l, request(at+time.Duration(i)*time.Second, func(o *Observation) { o.Client.Address, o.Agent, o.ResponseBytes = client, agent, 50_000_000 }))
		}
	}
	nights := world()
	for night := range 4 {
		read(&nights, time.Duration(14+24*night)*time.Hour, fmt.Sprintf("10.3.0.%d", night), "backup/2")
	}
	if got := nights.evidence(detectors(t, "volume", text)); got != nil {
		t.Errorf("a backup of each night: %q", got)
	}
	read(&nights, 92*time.Hour, "10.3.1.1", "backup/2")
	if got := nights.evidence(detectors(t, "volume", text)); len(got) != 1 || !strings.HasPrefix(got[0], "source=10.3.1.1 ") {
		t.Errorf("at noon: %q", got)
	}
	builds := world()
	for i := range 60 {
		read(&builds, time.Duration(i)*100*time.Minute, fmt.Sprintf("10.4.0.%d", i), "ci/1")
	}
	if got := builds.evidence(detectors(t, "volume", text)); got != nil {
		t.Errorf("a runner for each build: %q", got)
	}
	read(&builds, 50*time.Hour, "10.3.1.1", "curl/8")
	if got := builds.evidence(detectors(t, "volume", text)); len(got) != 1 {
		t.Errorf("other software: %q", got)
	}
}
