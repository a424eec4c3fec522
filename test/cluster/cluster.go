// Package cluster makes two days of the traffic of a company's cluster, as a probe writes it, with an intruder in some
// sixty stages. It is unlike package intrusion in what makes false alarms: pods come and go with the load and with each
// deployment, and their addresses go to others; builds, backups and reports are new pods each time; everybody from outside comes
// through two load balancers; some of what runs is broken, and fails all day. No record names a workload.
//
// It was written from a list of what such clusters do, and shares no code or name with package intrusion. The same
// options give the same records.
package cluster

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Record is one exchange.
type Record struct {
	Time                   time.Time
	Client, Server         string
	Port                   int
	Method, URL, Host      string
	Agent, Forwarded, Auth string
	Body, Answer           string
	Type                   string // of the answer's body; JSON if empty
	Headers                string // more of the answer's, with line ends
	Status                 int
	Sent, Received         int // bytes of the bodies, if they are more than what is logged
	Chunked                bool

	Stage string // of the intruder, "" for everybody else
	Noise bool   // somebody on the Internet who tries what everybody tries
}

// Options choose what is made.
type Options struct {
	Seed  uint64
	Start time.Time // midnight of a working day
	Hours int       // the intruder begins after 25
	Load  float64   // 1 is some 5 records a second
	Quiet bool      // no intruder
}

// Generator makes records in the order of their time.
type Generator struct {
	o        Options
	r        *rand.Rand
	minute   int
	ready    []Record
	services []*service
	free     []address // that no pod has now, those released first in front
	next     int       // of addresses that were never given
	jobs     []*pod
	planned  map[int][]plan // by the minute
	stages   []Stage
	broken   *pod
}

// plan is a record that comes later.
type plan struct {
	Record
	to string
}

// Stage is something that the intruder does.
type Stage struct {
	Name    string
	Start   time.Time
	Actors  []string // addresses from which it comes
	Records int
}

type address struct {
	text  string
	since int // the minute at which it became free
}

type service struct {
	name  string
	agent string // of its calls
	least int    // replicas at night
	most  int    // at noon
	calls []call
	pods  []*pod
	every int // minutes between its deployments
}

// call is what a pod of a service does again and again.
type call struct {
	to     string
	rate   float64 // a minute, at noon
	method string
	path   string // # is an id, ~ a word
	bytes  int    // of the answer, about
	sent   int
	status int // 200
}

type pod struct {
	address string
	service *service
	until   int // minute at which it goes; 0 for those that stay
	pinned  bool
}

func (p *pod) gone(minute int) bool { return p.until > 0 && minute >= p.until }

// New makes a generator.
func New(o Options) *Generator {
	g := &Generator{o: o, r: rand.New(rand.NewPCG(o.Seed, 77)), planned: map[int][]plan{}}
	if g.o.Load == 0 {
		g.o.Load = 1
	}
	g.services = landscape()
	// Those that call nobody come first: the others read their secrets from one of them.
	order := slices.Clone(g.services)
	slices.SortStableFunc(order, func(a, b *service) int { return len(a.agent) - len(b.agent) })
	for _, s := range order {
		for range s.least {
			g.start(s, 0)
		}
		s.pods[0].pinned = true // so that the intruder finds somebody
	}
	g.broken = &pod{address: g.give(0)}
	if !o.Quiet {
		g.plan()
	}
	return g
}

// Stages are what the intruder does.
func (g *Generator) Stages() []Stage { return g.stages }

func landscape() []*service {
	get := func(to, path string, rate float64, bytes int) call {
		return call{to: to, rate: rate, method: "GET", path: path, bytes: bytes, status: 200}
	}
	post := func(to, path string, rate float64, sent int) call {
		return call{to: to, rate: rate, method: "POST", path: path, bytes: 200, sent: sent, status: 200}
	}
	return []*service{
		{name: "web", agent: "node-fetch/1.0", least: 3, most: 7, every: 520, calls: []call{get("gateway", "/api/items/#", 6, 4000), post("gateway", "/api/cart", 1, 300)}},
		{name: "gateway", agent: "Envoy/1.29", least: 3, most: 6, every: 900, calls: []call{get("catalog", "/items/#", 4, 3000), get("users", "/users/#", 3, 900), post("cart", "/carts/#/items", 1, 300), get("orders", "/orders/#", 1, 2000), post("auth", "/introspect", 3, 120)}},
		{name: "catalog", agent: "Go-http-client/1.1", least: 2, most: 6, every: 700, calls: []call{get("pricing", "/prices/#", 3, 300), get("search", "/query?q=~", 1, 6000), get("images", "/meta/#", 1, 500)}},
		{name: "users", agent: "okhttp/4.11.0", least: 2, most: 4, every: 800, calls: []call{post("auth", "/introspect", 2, 120), get("userdb", "/rows/users/#", 3, 1200)}},
		{name: "orders", agent: "Java-http-client/17.0.9", least: 2, most: 5, every: 610, calls: []call{get("inventory", "/stock/#", 2, 200), post("payments", "/charges", 0.5, 500), get("orderdb", "/rows/orders/#", 3, 2500), post("notifications", "/mails", 0.4, 2000)}},
		{name: "cart", agent: "okhttp/4.11.0", least: 2, most: 4, every: 650, calls: []call{get("pricing", "/prices/#", 2, 300), get("inventory", "/stock/#", 1, 200)}},
		{name: "search", agent: "python-httpx/0.27", least: 2, most: 4, every: 980, calls: []call{post("elastic", "/items/_search", 2, 400)}},
		{name: "payments", agent: "Java-http-client/17.0.9", least: 2, most: 3, every: 1300, calls: []call{post("ledger", "/entries", 0.8, 300), post("api.cardbank.example", "/v2/charges", 0.4, 600)}},
		{name: "inventory", agent: "Go-http-client/1.1", least: 2, most: 3, every: 990, calls: []call{get("stockdb", "/rows/stock/#", 2, 300)}},
		{name: "shipping", agent: "Go-http-client/1.1", least: 2, most: 3, every: 1010, calls: []call{get("orders", "/orders/#", 0.7, 2000), post("api.parcels.example", "/labels", 0.2, 900)}},
		{name: "notifications", agent: "python-requests/2.31", least: 2, most: 4, every: 740, calls: []call{get("users", "/users/#/mail", 1, 120), post("smtp.mailer.example", "/v3/mail/send", 0.5, 2500)}},
		{name: "recommendations", agent: "python-requests/2.31", least: 2, most: 5, every: 450, calls: []call{get("catalog", "/items/#", 2, 3000), get("orders", "/orders/#/lines", 0.5, 900)}},
		{name: "reviews", agent: "axios/1.6", least: 2, most: 4, every: 560, calls: []call{get("users", "/users/#", 1, 900), get("catalog", "/items/#", 1, 3000)}},
		{name: "auth", agent: "Go-http-client/1.1", least: 3, most: 4, every: 1200, calls: []call{get("userdb", "/rows/credentials/#", 1.5, 400)}},
		{name: "images", agent: "Go-http-client/1.1", least: 2, most: 4, every: 870, calls: []call{get("objects", "/images/#.jpg", 2, 90_000)}},
		{name: "pricing", agent: "Go-http-client/1.1", least: 2, most: 3, every: 930},
		{name: "reports", agent: "python-requests/2.31", least: 1, most: 1, every: 1440, calls: []call{get("orders", "/orders/export?day=#", 0.05, 400_000)}},
		{name: "ledger", agent: "Java-http-client/17.0.9", least: 2, most: 2, every: 1440, calls: []call{get("ledgerdb", "/rows/entries/#", 1, 700)}},
		{name: "crm", agent: "okhttp/3.14.9", least: 1, most: 1, every: 2880, calls: []call{get("users", "/users/#", 0.3, 900)}},
		{name: "admin", agent: "Mozilla/5.0", least: 1, most: 1, every: 2880, calls: []call{get("orders", "/orders/#", 0.1, 2000), get("users", "/users/#", 0.1, 900), get("crm", "/customers/#", 0.1, 1500)}},
		{name: "vault", least: 2, most: 2, every: 2880}, {name: "elastic", least: 3, most: 3, every: 2880}, {name: "objects", least: 2, most: 2, every: 2880},
		{name: "userdb", least: 2, most: 2, every: 2880}, {name: "orderdb", least: 2, most: 2, every: 2880}, {name: "stockdb", least: 1, most: 1, every: 2880},
		{name: "ledgerdb", least: 1, most: 1, every: 2880}, {name: "git", least: 1, most: 1, every: 2880}, {name: "artifacts", least: 1, most: 1, every: 2880},
		{name: "kubernetes", least: 1, most: 1, every: 2880}, {name: "jenkins", least: 1, most: 1, every: 2880}, {name: "consul", least: 1, most: 1, every: 2880},
	}
}

// host is what clients call a service.
func host(name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	if name == "kubernetes" {
		return "kubernetes.default.svc"
	}
	return name + ".prod.svc.cluster.local"
}

func (g *Generator) service(name string) *service {
	i := slices.IndexFunc(g.services, func(s *service) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return g.services[i]
}

// give is an address that was free for some minutes: often one that a pod had a short time ago.
func (g *Generator) give(minute int) string {
	if i := slices.IndexFunc(g.free, func(a address) bool { return a.since+12 <= minute }); i >= 0 {
		a := g.free[i].text
		g.free = slices.Delete(g.free, i, i+1)
		return a
	}
	g.next++
	return fmt.Sprintf("10.42.%d.%d", g.next/200, g.next%200+10)
}

// start starts a pod. It reads its secret, as each does.
func (g *Generator) start(s *service, minute int) {
	p := &pod{address: g.give(minute), service: s}
	s.pods = append(s.pods, p)
	if s.agent != "" {
		g.emit(minute, Record{Client: p.address, Method: "GET", URL: "/v1/secret/data/" + s.name + "/config", Agent: s.agent, Status: 200, Received: 700}, "vault")
	}
}

func (g *Generator) stop(s *service, i, minute int) {
	g.free = append(g.free, address{s.pods[i].address, minute})
	s.pods = slices.Delete(s.pods, i, i+1)
}

// load is how busy it is, from 0.25 at night to 1 at noon.
func (g *Generator) load(minute int) float64 {
	return 0.25 + 0.75*math.Pow(math.Sin(math.Pi*float64((minute+24*60-3*60)%(24*60))/(24*60)), 2)
}

// Next is the next record, false after the last.
func (g *Generator) Next() (Record, bool) {
	for len(g.ready) == 0 {
		if g.minute >= g.o.Hours*60 {
			return Record{}, false
		}
		g.tick()
	}
	r := g.ready[0]
	g.ready = g.ready[1:]
	return r, true
}

// tick makes a minute.
func (g *Generator) tick() {
	m := g.minute
	g.scale(m)
	for _, s := range g.services {
		for _, p := range s.pods {
			for i := range s.calls {
				c := &s.calls[i]
				for range g.times(c.rate * g.load(m) * g.o.Load) {
					g.call(p.address, s.agent, c, m)
				}
			}
		}
	}
	g.visitors(m)
	g.platform(m)
	g.batch(m)
	for _, p := range g.planned[m] {
		g.emit(m, p.Record, p.to)
	}
	delete(g.planned, m)
	slices.SortStableFunc(g.ready, func(a, b Record) int { return a.Time.Compare(b.Time) })
	g.minute++
}

// times is how often something of a mean happens.
func (g *Generator) times(mean float64) (n int) {
	for limit, p := math.Exp(-mean), g.r.Float64(); p > limit; n++ {
		p *= g.r.Float64()
	}
	return n
}

// scale starts and stops pods with the load, and deploys.
func (g *Generator) scale(m int) {
	for i, s := range g.services {
		want := s.least + int(math.Round(float64(s.most-s.least)*(g.load(m)-0.25)/0.75))
		if m > 0 && (m+i*37)%s.every == 0 {
			for k := len(s.pods) - 1; k >= 0; k-- { // all of them are new, but who must stay
				if !s.pods[k].pinned {
					g.stop(s, k, m)
				}
			}
		}
		for len(s.pods) < want {
			g.start(s, m)
		}
		if len(s.pods) > want && m%7 == 0 && !s.pods[len(s.pods)-1].pinned {
			g.stop(s, len(s.pods)-1, m)
		}
	}
}

var words = []string{"lamp", "chair", "blue+sofa", "desk", "mirror", "carpet", "oak+table", "shelf", "garden", "clock"}

// fill puts ids and words into a path.
func (g *Generator) fill(path string) string {
	path = strings.ReplaceAll(path, "~", words[g.r.IntN(len(words))])
	for strings.Contains(path, "#") {
		path = strings.Replace(path, "#", strconv.Itoa(100_000+g.r.IntN(800_000)), 1)
	}
	return path
}

func (g *Generator) call(client, agent string, c *call, m int) {
	r := Record{Client: client, Method: c.method, URL: g.fill(c.path), Agent: agent, Status: c.status, Sent: g.about(c.sent), Received: g.about(c.bytes), Chunked: g.r.IntN(3) == 0}
	switch g.r.IntN(400) {
	case 0:
		r.Status = 404
	case 1:
		r.Status = 500
	}
	g.emit(m, r, c.to)
}

// about is a size that varies, now and then by much.
func (g *Generator) about(n int) int {
	f := math.Exp(g.r.NormFloat64() * 0.5)
	return int(float64(n) * f)
}

// emit adds a record of a minute, to a service or a host outside.
func (g *Generator) emit(m int, r Record, to string) {
	if r.Time.IsZero() {
		r.Time = g.o.Start.Add(time.Duration(m)*time.Minute + time.Duration(g.r.IntN(60_000))*time.Millisecond)
	}
	g.address(&r, to)
	g.ready = append(g.ready, r)
}

// address fills in where a record goes to.
func (g *Generator) address(r *Record, to string) {
	if r.Host == "" {
		r.Host = host(to)
	}
	if s := g.service(to); s != nil && r.Server == "" {
		r.Server = s.pods[int(uint(r.Time.UnixNano()/1e6)%uint(len(s.pods)))].address
	}
	if r.Server == "" {
		r.Server = fmt.Sprintf("203.0.113.%d", 1+len(to)*7%250) // outside
	}
	if r.Port == 0 {
		r.Port = map[string]int{"vault": 8200, "elastic": 9200, "kubernetes": 443, "consul": 8500}[to]
		if r.Port == 0 {
			r.Port = 8080
		}
	}
}

// visitors come through two load balancers.
func (g *Generator) visitors(m int) {
	balancer := func() string { return fmt.Sprintf("10.41.0.%d", 2+g.r.IntN(2)) }
	visit := func(r Record) {
		r.Client = balancer()
		if r.Agent == "" {
			r.Agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"
		}
		if r.Status == 0 {
			r.Status = 200
		}
		r.Host = "www.shop.example"
		g.emit(m, r, "web")
	}
	for range g.times(60 * g.load(m) * g.o.Load) {
		who := fmt.Sprintf("198.51.%d.%d", g.r.IntN(40), g.r.IntN(250))
		r := Record{Method: "GET", URL: g.fill("/item/#"), Forwarded: who, Received: g.about(20_000), Chunked: true}
		switch g.r.IntN(40) {
		case 0, 1:
			r.Method, r.URL, r.Body = "POST", "/login", "user="+words[g.r.IntN(len(words))]+strconv.Itoa(g.r.IntN(900))+"&password=x"
			r.Status, r.Headers, r.Received = 302, "Location: /account\r\nSet-Cookie: sid="+strconv.FormatUint(g.r.Uint64(), 36)+"; HttpOnly\r\n", 0
			if g.r.IntN(12) == 0 {
				r.Status, r.Headers, r.Answer, r.Type = 200, "", "<p>Wrong password</p>", "text/html"
			}
		case 2:
			r.URL, r.Status, r.Received = g.fill("/old/~/#.html"), 404, 900
		case 3:
			r.URL = g.fill("/search?q=~+~")
		}
		visit(r)
	}
	if g.r.IntN(4) == 0 { // a crawler
		visit(Record{Method: "GET", URL: g.fill("/item/#"), Forwarded: "192.0.2.66", Agent: "Mozilla/5.0 (compatible; Googlebot/2.1)", Received: 20_000})
	}
	if m%97 == 0 { // everybody's scanners
		from := fmt.Sprintf("192.0.2.%d", 100+g.r.IntN(100))
		for _, path := range []string{"/.env", "/wp-login.php", "/.git/config", "/phpmyadmin/", "/actuator/health", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/cgi-bin/test.cgi", "/backup.zip"} {
			visit(Record{Method: "GET", URL: path, Forwarded: from, Agent: "Mozilla/5.0 zgrab/0.x", Status: 404, Received: 500, Noise: true})
		}
	}
}

// nodes run the pods.
func node(i int) string { return fmt.Sprintf("10.40.0.%d", 10+i) }

const nodes = 6

func jwt(account string) string {
	return "Bearer eyJhbGciOiJSUzI1NiJ9." + base64URL(`{"sub":"system:serviceaccount:prod:`+account+`"}`) + ".c2lnbmF0dXJl"
}

// platform is what the cluster does for itself.
func (g *Generator) platform(m int) {
	for _, s := range g.services {
		for k, p := range s.pods {
			if (m+k)%3 == 0 {
				g.emit(m, Record{Client: node(k % nodes), Server: p.address, Host: p.address, Method: "GET", URL: "/healthz", Agent: "kube-probe/1.29", Status: 200, Received: 2}, s.name)
			}
			if m%5 == 0 {
				g.emit(m, Record{Client: "10.42.250.5", Server: p.address, Host: p.address, Method: "GET", URL: "/metrics", Agent: "Prometheus/2.50", Status: 200, Received: 40_000}, s.name)
			}
		}
	}
	for i := range nodes {
		g.emit(m, Record{Client: node(i), Method: "PUT", URL: "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-" + strconv.Itoa(i), Agent: "kubelet/v1.29", Status: 200, Sent: 400, Received: 500}, "kubernetes")
		if g.r.IntN(30) == 0 {
			g.emit(m, Record{Client: node(i), Method: "GET", URL: "/api/v1/namespaces/prod/secrets/" + g.services[g.r.IntN(20)].name, Agent: "kubelet/v1.29", Status: 200, Received: 900}, "kubernetes")
		}
	}
	for _, name := range []string{"gateway", "search", "shipping"} { // those that ask for their peers
		for _, p := range g.service(name).pods {
			if g.r.IntN(6) == 0 {
				g.emit(m, Record{Client: p.address, Method: "GET", URL: "/api/v1/namespaces/prod/endpoints/" + name, Agent: name + "/v1 (linux/amd64) kubernetes/$Format", Auth: jwt(name), Status: 200, Received: 1500}, "kubernetes")
			}
		}
	}
	if hour := m / 60 % 24; hour >= 8 && hour < 18 && g.r.IntN(25) == 0 { // somebody at work
		g.emit(m, Record{Client: "10.9.0.5", Method: "GET", URL: "/api/v1/namespaces/prod/pods?limit=500", Agent: "kubectl/v1.29.1 (linux/amd64) kubernetes/bc401b9", Status: 200, Received: 90_000}, "kubernetes")
	}
	// What is broken fails all day.
	if m%2 == 0 {
		g.emit(m, Record{Client: g.broken.address, Method: "POST", URL: "/login", Body: `{"username":"legacy-sync","password":"x"}`, Agent: "Wget/1.20", Status: 401, Answer: `{"error":"invalid credentials"}`}, "auth")
	}
	if s := g.service("reviews"); g.r.IntN(2) == 0 {
		g.emit(m, Record{Client: s.pods[0].address, Method: "GET", URL: g.fill("/v1/ratings/#"), Agent: s.agent, Status: 404, Received: 20}, "catalog")
	}
}

// job is a pod for one task.
func (g *Generator) job(m, minutes int) string {
	p := &pod{address: g.give(m), until: m + minutes}
	g.jobs = append(g.jobs, p)
	return p.address
}

// at is somewhere between two minutes.
func (g *Generator) at(m int, minutes float64) time.Time {
	return g.o.Start.Add(time.Duration(m)*time.Minute + time.Duration(g.r.Float64()*minutes*float64(time.Minute)))
}

// later plans a record.
func (g *Generator) later(r Record, to string) {
	m := int(r.Time.Sub(g.o.Start) / time.Minute)
	g.planned[m] = append(g.planned[m], plan{r, to})
}

// batch is builds, backups, reports and exchanges with partners.
func (g *Generator) batch(m int) {
	for i := len(g.jobs) - 1; i >= 0; i-- {
		if g.jobs[i].gone(m) {
			g.free = append(g.free, address{g.jobs[i].address, m})
			g.jobs = slices.Delete(g.jobs, i, i+1)
		}
	}
	minute := m % (24 * 60)
	if (m+5)%23 == 0 && (minute > 7*60 && minute < 20*60 || m%4 == 0) {
		g.build(m)
	}
	if minute == 2*60 {
		g.backup(m)
	}
	if m%60 == 17 {
		p := g.job(m, 5)
		for range 12 {
			g.later(Record{Time: g.at(m, 4), Client: p, Method: "GET", URL: g.fill("/orders/export?part=#"), Agent: "python-requests/2.31", Status: 200, Received: g.about(300_000)}, "orders")
		}
		g.later(Record{Time: g.at(m+4, 1), Client: p, Method: "PUT", URL: g.fill("/reports/#.csv"), Agent: "python-requests/2.31", Status: 200, Sent: g.about(2_000_000)}, "objects")
	}
	if m%60 == 40 { // the partner's feed
		g.emit(m, Record{Client: g.service("inventory").pods[0].address, Method: "POST", URL: "/feeds/stock", Agent: "Go-http-client/1.1", Status: 202, Sent: g.about(12_000_000)}, "feeds.partner.example")
	}
	if minute == 4*60 { // all accounts, in their order
		p := g.job(m, 40)
		for i := range 1200 {
			g.later(Record{Time: g.o.Start.Add(time.Duration(m)*time.Minute + time.Duration(i)*1500*time.Millisecond), Client: p, Method: "GET", URL: "/accounts/" + strconv.Itoa(1+i), Agent: "Java-http-client/17.0.9", Status: 200, Received: 700}, "ledger")
		}
	}
}

func (g *Generator) build(m int) {
	p := g.job(m, 9)
	agent := func(s string, r Record) Record { r.Client, r.Agent = p, s; return r }
	for range 3 {
		g.later(agent("git/2.43.0", Record{Time: g.at(m, 1), Method: "POST", URL: "/shop/" + g.services[g.r.IntN(20)].name + ".git/git-upload-pack", Status: 200, Sent: 900, Received: g.about(40_000_000), Chunked: true}), "git")
	}
	for range 25 {
		g.later(agent("npm/10.2", Record{Time: g.at(m+1, 3), Method: "GET", URL: g.fill("/~-#.tgz"), Status: 200, Received: g.about(400_000)}), "registry.npmjs.example")
	}
	for range 10 {
		g.later(agent("buildkit/0.13", Record{Time: g.at(m+2, 3), Method: "GET", URL: g.fill("/v2/base/blobs/#"), Status: 200, Received: g.about(20_000_000)}), "artifacts")
	}
	for i := range 18 { // tests call what is and what is not there
		status := []int{200, 200, 404, 401, 400, 201}[i%6]
		g.later(agent("axios/1.6", Record{Time: g.at(m+4, 3), Method: "GET", URL: g.fill([]string{"/orders/#", "/users/#", "/carts/#", "/no/such"}[i%4]), Status: status, Received: 400}), []string{"orders", "users", "cart"}[i%3])
	}
	g.later(agent("buildkit/0.13", Record{Time: g.at(m+7, 1), Method: "PUT", URL: g.fill("/v2/shop/blobs/uploads/#"), Status: 201, Sent: g.about(80_000_000)}), "artifacts")
}

func (g *Generator) backup(m int) {
	p := g.job(m, 50)
	for i := range 240 {
		to := []string{"orderdb", "userdb", "ledgerdb", "elastic"}[i%4]
		g.later(Record{Time: g.at(m, 40), Client: p, Method: "GET", URL: g.fill("/dump/#"), Agent: "backup/3.1", Status: 200, Received: g.about(8_000_000), Chunked: true}, to)
		if i%4 == 0 {
			g.later(Record{Time: g.at(m+1, 45), Client: p, Method: "PUT", URL: g.fill("/night/#.zst"), Agent: "backup/3.1", Status: 200, Sent: g.about(20_000_000)}, "backups.s3.cloud.example")
		}
	}
}

// nanoBody is how much of a body the probe keeps.
const nanoBody = 1024

// JSON is the record as a Nano probe writes it.
func (r *Record) JSON() []byte {
	q := r.Method + " " + r.URL + " HTTP/1.1\r\nHost: " + r.Host + "\r\nUser-Agent: " + r.Agent + "\r\nAccept: */*\r\n"
	if r.Agent == "" {
		q = strings.Replace(q, "User-Agent: \r\n", "", 1)
	}
	if r.Forwarded != "" {
		q += "X-Forwarded-For: " + r.Forwarded + "\r\n"
	}
	if r.Auth != "" {
		q += "Authorization: " + r.Auth + "\r\n"
	}
	sent, received := max(r.Sent, len(r.Body)), max(r.Received, len(r.Answer))
	if r.Method != "GET" && r.Method != "DELETE" {
		kind := "application/json"
		if strings.Contains(r.Body, "=") && !strings.HasPrefix(r.Body, "{") {
			kind = "application/x-www-form-urlencoded"
		}
		q += "Content-Type: " + kind + "\r\n"
		if r.Chunked && sent > 0 {
			q += "Transfer-Encoding: chunked\r\n"
		} else {
			q += "Content-Length: " + strconv.Itoa(sent) + "\r\n"
		}
	}
	kind := r.Type
	if kind == "" {
		kind = "application/json"
	}
	a := fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Type: %s\r\n%s", r.Status, kind, r.Headers)
	if r.Chunked && r.Method == "GET" {
		a += "Transfer-Encoding: chunked\r\n"
	} else {
		a += "Content-Length: " + strconv.Itoa(received) + "\r\n"
	}
	forward := "0.0.0.0"
	if r.Forwarded != "" {
		forward = r.Forwarded
	}
	text, err := json.Marshal(map[string]string{
		"BEGIN_TIME": r.Time.Format("2006-01-02 15:04:05.000"), "SRC_IP": r.Client, "DST_IP": r.Server, "SRC_PORT": "40000", "DST_PORT": strconv.Itoa(r.Port),
		"RETCODE": strconv.Itoa(r.Status), "METHOD": r.Method, "URL": r.URL, "DOMAIN": r.Host, "FORWARD": forward, "AGENT": r.Agent,
		"BYTES":      strconv.Itoa(sent + received + len(q) + len(a) + 4),
		"REQ_HEADER": q + "\r\n", "REQ_BODY": cut(r.Body), "RSP_HEADER": a + "\r\n", "RSP_BODY": cut(r.Answer),
	})
	if err != nil { // of texts there is none
		panic(err)
	}
	return text
}

func cut(s string) string { return s[:min(len(s), nanoBody)] }
