package intrusion

import (
	"net/netip"
	"time"
)

// clockwork plans what goes on without visitors.
func (w *world) clockwork() {
	for _, f := range w.fleets {
		for _, p := range f.pods {
			w.watch(p)
		}
	}
	w.platform()
	w.jobs()
	for hour := int64(0); hour*int64(time.Hour) < w.end; hour++ {
		w.plan(hour*int64(time.Hour), w.hour)
	}
}

// watch probes and scrapes a pod for as long as it is there.
func (w *world) watch(p *pod) {
	if p.of.health != nil {
		kubelet := w.byName["kubelet"].pods[p.node.addr.As4()[3]-11]
		w.every(15*time.Second, func(at int64) bool {
			if !p.gone {
				w.try(&flow{}, at, kubelet, p, p.of.health)
			}
			return !p.gone
		})
	}
	if p.of.scrape != nil {
		prometheus := w.byName["prometheus"].pods[0]
		w.every(15*time.Second, func(at int64) bool {
			if !p.gone {
				w.try(&flow{}, at, prometheus, p, p.of.scrape)
			}
			return !p.gone
		})
	}
}

// timer calls an endpoint again and again from each of a service's pods, or from the first of them.
func (w *world) timer(period time.Duration, from, to string, all bool) {
	f, e := w.byName[from], w.endpoint(to)
	n := 1
	if all {
		n = len(f.pods)
	}
	for i := range n {
		w.every(period, func(at int64) bool {
			w.call(w.nobody(), at, f.pods[min(i, len(f.pods)-1)], e)
			return true
		})
	}
}

// nobody is a flow that no visitor began.
func (w *world) nobody() *flow {
	return &flow{
		user: firstCustomer + w.Uint64N(customers), product: w.product(), order: w.Uint64(),
		category: pick(&w.maker, categories...), term: pick(&w.maker, terms...), page: 1, trace: w.Uint64(),
	}
}

func (w *world) platform() {
	w.timer(7*time.Second, "fluent-bit", "loki.push", true)
	w.timer(20*time.Second, "kubelet", "kube-apiserver.nodepods", true)
	w.timer(90*time.Second, "kubelet", "kube-apiserver.event", true)
	w.timer(10*time.Minute, "kubelet", "metadata.zone", true)
	w.timer(10*time.Minute, "kubelet", "metadata.instance", true)
	w.timer(30*time.Second, "prometheus", "kube-apiserver.pods", false)
	w.timer(30*time.Second, "prometheus", "kube-apiserver.endpoints", false)
	w.timer(20*time.Second, "argocd", "kube-apiserver.deployment", true)
	w.timer(3*time.Minute, "argocd", "kube-apiserver.secret", false)
	w.timer(time.Minute, "argocd", "gitea.refs", false)
	w.timer(30*time.Second, "config-server", "kube-apiserver.configmaps", true)
	w.timer(20*time.Second, "grafana", "prometheus.range", true)
	w.timer(time.Minute, "grafana", "prometheus.rules", false)
	w.timer(time.Minute, "grafana", "elasticsearch.health", false)
	w.timer(time.Minute, "gateway", "auth.keys", true)
	w.timer(5*time.Minute, "reports", "warehouse.state", false)
	w.timer(5*time.Second, "reports", "events.poll", false)
	w.timer(30*time.Second, "search", "catalog.all", false)
	for _, java := range []string{"users", "orders", "shipping", "billing"} {
		w.timer(time.Minute, java, "config-server.get", true)
		w.timer(2*time.Minute, java, "vault.renew", true)
	}
	for _, f := range []string{"payments", "auth", "ledger"} {
		w.timer(2*time.Minute, f, "vault.renew", true)
		w.timer(15*time.Minute, f, "vault.read", true)
	}
	w.timer(30*time.Second, "gitea", "jenkins.queue", false)
	w.timer(5*time.Minute, "reports", "grafana.dashboard", false)
	w.timer(15*time.Second, "orders", "billing.invoice", false)
	w.timer(4*time.Minute, "reports", "reports.sales", false)

	// The payment provider tells what was paid.
	hook, provider := w.endpoint("gateway.paid"), w.byName["psp"].pods[0]
	from := &pod{addr: netip.AddrFrom4([4]byte{198, 51, 100, 24}), node: provider.node}
	w.every(6*time.Second, func(at int64) bool {
		f := w.nobody()
		f.agent, f.forward = "PSP-Webhooks/1.0", from.addr.String()
		w.call(f, at, from, hook)
		return true
	})

	// A job with an old password, that nobody looks after.
	login, shipping := w.endpoint("auth.login"), w.byName["shipping"]
	w.every(2*time.Minute, func(at int64) bool {
		f := w.nobody()
		f.login, f.password = "svc-labels", "Sommer-2024"
		w.record(f, at, int64(4*time.Millisecond), shipping.pods[0], w.pod(login.of), login, 401)
		return true
	})
}

// jobs are builds: someone pushes, and what follows takes a few minutes.
func (w *world) jobs() {
	hook, refs, commits := w.endpoint("jenkins.hook"), w.endpoint("gitea.refs"), w.endpoint("gitea.commits")
	manifest, blob, deployment := w.endpoint("registry.manifest"), w.endpoint("registry.blob"), w.endpoint("kube-apiserver.deployment")
	gitea, jenkins := w.byName["gitea"], w.byName["jenkins"]
	w.timer(45*time.Second, "jenkins", "gitea.commits", false)
	w.every(4*time.Minute, func(at int64) bool {
		agent := w.pod(jenkins)
		w.call(w.nobody(), at, w.pod(gitea), hook)
		step := func(after time.Duration, from *pod, to *endpoint) {
			w.plan(at+int64(after)+w.Int64N(int64(after/2)), func(at int64) { w.call(w.nobody(), at, from, to) })
		}
		step(2*time.Second, agent, refs)
		step(3*time.Second, agent, commits)
		for i := range 4 {
			step(time.Duration(10+5*i)*time.Second, agent, manifest)
			step(time.Duration(12+5*i)*time.Second, agent, blob)
		}
		for i := range 12 {
			step(time.Duration(90+5*i)*time.Second, agent, deployment)
		}
		return true
	})
}

// hour is what happens once in each: rollouts, more pods for a while, an export, and services that have
// trouble. None of it touches the pods that an intruder would use, so that these keep their addresses.
func (w *world) hour(at int64) {
	minute := func(m float64) int64 { return at + int64(m*float64(time.Minute)) }
	rolled := []string{"cart", "pricing", "notifications", "catalog", "inventory", "mailer", "ledger", "fraud"}
	for i, m := range []float64{9, 27, 38} {
		n := w.IntN(len(rolled))
		f := w.byName[rolled[n]]
		rolled = append(rolled[:n], rolled[n+1:]...)
		w.plan(minute(m+float64(i)*w.Float64()), func(at int64) { w.rollout(f, at) })
	}
	web := w.byName["web"]
	for i := range 3 {
		w.plan(minute(18+0.5*float64(i)), func(at int64) { w.grow(web, at) })
		w.plan(minute(44+2*float64(i)), func(int64) {
			last := len(web.pods) - 1
			web.pods[last].gone = true
			delete(w.inUse, web.pods[last].addr)
			web.pods = web.pods[:last]
		})
	}
	w.troubles = w.troubles[:0]
	for _, name := range []string{"payments", "recommendations", "inventory", "elasticsearch"} {
		first := minute(5 + 50*w.Float64())
		w.troubles = append(w.troubles, trouble{w.byName[name], first, first + int64(w.between(20, 50))*int64(time.Second), 0.25, pick(&w.maker, 500, 503, 503, 504)})
	}
	w.plan(minute(22+3*w.Float64()), w.export)
}

// rollout replaces the pods of a service one after the other.
func (w *world) rollout(f *fleet, at int64) {
	for i := range f.pods {
		w.plan(at+int64(i)*int64(25*time.Second), func(at int64) {
			old := f.pods[i]
			old.gone = true
			delete(w.inUse, old.addr)
			f.pods[i] = w.begin(f, at)
		})
	}
}

// grow adds a pod.
func (w *world) grow(f *fleet, at int64) { f.pods = append(f.pods, w.begin(f, at)) }

// begin starts a pod: its node pulls the image and tells so, and the pod reads what it needs.
func (w *world) begin(f *fleet, at int64) *pod {
	n := w.IntN(nodeCount)
	p := w.place(f, &w.nodes[n])
	kubelet := w.byName["kubelet"].pods[n]
	for _, name := range []string{"registry.manifest", "registry.blob", "registry.blob", "kube-apiserver.event"} {
		took, _ := w.call(w.nobody(), at, kubelet, w.endpoint(name))
		at += took
	}
	for _, name := range []string{"vault.login", "vault.read"} {
		took, _ := w.call(w.nobody(), at, p, w.endpoint(name))
		at += took
	}
	w.watch(p)
	return p
}

// export is the bulk read that is in order: reports takes all orders and customers, page by page, and gives
// them to the warehouse.
func (w *world) export(at int64) {
	reports := w.byName["reports"].pods[1]
	orders, users, load := w.endpoint("orders.export"), w.endpoint("users.page"), w.endpoint("warehouse.load")
	left := int(1500 * w.scale)
	var page func(at int64)
	page = func(at int64) {
		f := w.nobody()
		to := orders
		if left%3 == 0 {
			to = users
		}
		took, _ := w.call(f, at, reports, to)
		if left%10 == 0 {
			more, _ := w.call(w.nobody(), at+took, reports, load)
			took += more
		}
		if left--; left > 0 {
			w.plan(at+took+w.Int64N(int64(200*time.Millisecond)), page)
		}
	}
	page(at)
}
