package mapping

import "testing"

func TestWorkloadText(t *testing.T) {
	for want, w := range map[string]Workload{
		"":                            {},
		"shop/deployment/cart":        {Namespace: "shop", Kind: "deployment", Name: "cart", Account: "shop/other"},
		"shop//cart":                  {Namespace: "shop", Name: "cart"},
		"//cart":                      {Name: "cart"},
		"shop/serviceaccount/default": {Namespace: "x", Account: "shop/default"},
	} {
		if got := w.String(); got != want {
			t.Errorf("%+v is %q, want %q", w, got, want)
		}
	}
	if got := (Workload{Account: "jane@example.com", Namespace: "shop"}).String(); got != "" {
		t.Errorf("a user is the workload %q", got)
	}
}

// Replicas of one workload are one.
func TestPodOwner(t *testing.T) {
	for pod, want := range map[string][2]string{
		"":                                {"", ""},
		"cart-6d4cf56db6-x2x9z":           {"deployment", "cart"},
		"cart-api-7b5c9d8f4-zz4kq":        {"deployment", "cart-api"},
		"backup-29391840-x2x9z":           {"cronjob", "backup"},
		"backup-1763510400-x2x9z":         {"cronjob", "backup"},
		"fluent-bit-x2x9z":                {"", "fluent-bit"},
		"cart-db-0":                       {"statefulset", "cart-db"},
		"cart-db-112":                     {"statefulset", "cart-db"},
		"cart":                            {"pod", "cart"},
		"my-proxy":                        {"pod", "my-proxy"},
		"front-store":                     {"pod", "front-store"}, // five letters, but a word
		"kube-apiserver-node1":            {"pod", "kube-apiserver-node1"},
		"kube-proxy-ip-10-0-0-1.internal": {"pod", "kube-proxy-ip-10-0-0-1.internal"},
		"-0":                              {"pod", "-0"},
		"a-facade-x2x9z":                  {"", "a-facade"}, // a word, though of hexadecimal digits
	} {
		if kind, name := podOwner(pod); kind != want[0] || name != want[1] {
			t.Errorf("%s is of %q %q, want %q", pod, kind, name, want)
		}
	}
}

func TestOwner(t *testing.T) {
	for in, want := range map[[2]string][2]string{
		{"ReplicaSet", "cart-6d4cf56db6"}:   {"deployment", "cart"},
		{"ReplicaSet", "cart"}:              {"replicaset", "cart"},
		{"Job", "backup-29391840"}:          {"cronjob", "backup"},
		{"Job", "migrate"}:                  {"job", "migrate"},
		{"Deployment", "cart-6d4cf56db6"}:   {"deployment", "cart-6d4cf56db6"},
		{"Pod", "cart-6d4cf56db6-x2x9z"}:    {"deployment", "cart"},
		{"StatefulSet", ""}:                 {"", ""},
		{"", "cart"}:                        {"", "cart"},
		{"CronJob", "backup-29391840"}:      {"cronjob", "backup-29391840"},
		{"ReplicaSet", "-6d4cf56db6"}:       {"replicaset", "-6d4cf56db6"},
		{"replicaset", "cart-web-9f8d7c6b"}: {"deployment", "cart-web"},
	} {
		if kind, name := Owner(in[0], in[1]); kind != want[0] || name != want[1] {
			t.Errorf("%q is of %q %q, want %q", in, kind, name, want)
		}
	}
}

func TestServiceName(t *testing.T) {
	for s, want := range map[string][3]string{
		"outbound|80||cart.shop.svc.cluster.local":        {"shop", "service", "cart"},
		"outbound|80|v2|cart.shop.svc.cluster.local":      {"shop", "service", "cart"},
		"outbound_.8080_.v2_.cart.shop.svc.cluster.local": {"shop", "service", "cart"},
		"outbound|443||api.example.com":                   {"", "service", "api.example.com"},
		"inbound|8080||":                                  {},
		"PassthroughCluster":                              {},
		"httproute/shop/cart-route/rule/0":                {"shop", "httproute", "cart-route"},
		"httproute/shop/cart-route/rule/0/backend/1":      {"shop", "httproute", "cart-route"},
		"shop/cart/80/da39a3ee5e":                         {"shop", "service", "cart"},
		"a/b":                                             {},
		"cart.shop.svc.cluster.local":                     {"shop", "service", "cart"},
		"cart.shop.svc:8080":                              {"shop", "service", "cart"},
		"shop.cart.80":                                    {"shop", "service", "cart"},
		"shop-cart-80":                                    {"shop", "service", "cart"},
		"shop-cart-80@kubernetes":                         {"shop", "service", "cart"},
		"default-cart-api-80":                             {"default", "service", "cart-api"},
		"kube-system-dashboard-443":                       {"kube-system", "service", "dashboard"},
		"team-a-cart-80":                                  {"", "service", "team-a-cart"},
		"cart@docker":                                     {"", "service", "cart"},
		"cart":                                            {"", "service", "cart"},
		"upstream-default-backend":                        {},
		"dashboard@internal":                              {"", "service", "dashboard"},
	} {
		if namespace, kind, name := serviceName(s); [3]string{namespace, kind, name} != want {
			t.Errorf("%s is %q %q %q, want %q", s, namespace, kind, name, want)
		}
	}
}

func TestAccount(t *testing.T) {
	for s, want := range map[string]string{
		"system:serviceaccount:shop:cart":                         "shop/cart",
		"system:serviceaccount:shop":                              "system:serviceaccount:shop",
		"spiffe://cluster.local/ns/shop/sa/cart":                  "shop/cart",
		"spiffe://cluster.local/ns/shop/sa/cart;Hash=00":          "shop/cart",
		"cluster.local/ns/shop/sa/cart":                           "shop/cart",
		"cart.shop.serviceaccount.identity.linkerd.cluster.local": "shop/cart",
		"jane@example.com":                                        "jane@example.com",
		"spiffe://example.org/workload":                           "spiffe://example.org/workload",
		"":                                                        "",
	} {
		if got := account(s); got != want {
			t.Errorf("%s is %q, want %q", s, got, want)
		}
	}
}

// Who talks to whom, by the mapping's fields and by who wrote the record.
func TestWorkloads(t *testing.T) {
	const uri = "request: {uri: u}\n"
	const pod = `"kubernetes":{"namespace_name":"shop","pod_name":"cart-6d4cf56db6-x2x9z","pod_ip":"10.0.0.7"}`
	for _, c := range []struct {
		name, yaml, record string
		client, server     Workload
	}{
		{"names", uri + "client: {workload: {namespace: ns, kind: k, name: n, account: a, impersonates: i}}",
			`{"u":"/","ns":"shop","k":"ReplicaSet","n":"web-6d4cf56db6","a":"system:serviceaccount:shop:web","i":"jane"}`,
			Workload{"shop", "deployment", "web", "shop/web", "jane"}, Workload{}},
		{"by kind", uri + "server: {workload: {namespace: ns, of: {deployment: d, statefulset: s}, pod: p}}", `{"u":"/","ns":"shop","s":"db","p":"db-0"}`,
			Workload{}, Workload{"shop", "statefulset", "db", "", ""}},
		{"pod before service", uri + "server: {workload: {pod: p, service: s}}", `{"u":"/","p":"cart-6d4cf56db6-x2x9z","s":"shop-cart-80"}`,
			Workload{}, Workload{"", "deployment", "cart", "", ""}},
		{"the service that names one", uri + "server: {workload: {service: [a, b]}}", `{"u":"/","a":"inbound|80||","b":"outbound_.80_._.cart.shop.svc.cluster.local"}`,
			Workload{}, Workload{"shop", "service", "cart", "", ""}},
		{"the account has the namespace", uri + "client: {workload: {name: n, account: a}}", `{"u":"/","n":"web","a":"spiffe://td/ns/shop/sa/web"}`,
			Workload{"shop", "", "web", "shop/web", ""}, Workload{}},
		{"a node", uri + "client: {workload: {account: a}}", `{"u":"/","a":"system:node:worker-1"}`,
			Workload{"", "node", "worker-1", "system:node:worker-1", ""}, Workload{}},
		{"the writer", uri, `{"u":"/",` + pod + `}`, Workload{}, Workload{"shop", "deployment", "cart", "", ""}},
		{"the writer of a line", "request: {uri: u}\nparse: {field: log, format: json}", `{"log":"{\"u\":\"/\"}",` + pod + `}`,
			Workload{}, Workload{"shop", "deployment", "cart", "", ""}},
		{"the writer is less than a field", uri + "server: {workload: {service: s}}", `{"u":"/","s":"shop-web-80",` + pod + `}`,
			Workload{}, Workload{"shop", "service", "web", "", ""}},
		{"a writer that is neither", uri + "writer: other", `{"u":"/",` + pod + `}`, Workload{}, Workload{}},
		{"a writer that is the client", uri + "writer: other\nclient: {address: c}", `{"u":"/","c":"10.0.0.7",` + pod + `}`,
			Workload{"shop", "deployment", "cart", "", ""}, Workload{}},
		{"a writer that is the server", uri + "writer: other\nserver: {address: s}", `{"u":"/","s":"10.0.0.7",` + pod + `}`,
			Workload{}, Workload{"shop", "deployment", "cart", "", ""}},
		{"a writer that goes on from the client's address", uri + "writer: {address: l}\nclient: {address: c}\nserver: {workload: {service: s}}",
			`{"u":"/","c":"10.0.0.7:1","l":"10.0.0.7:2","s":"outbound|80||web.shop.svc.cluster.local","kubernetes":{"namespace_name":"shop","pod_name":"cart-0"}}`,
			Workload{"shop", "statefulset", "cart", "", ""}, Workload{"shop", "service", "web", "", ""}},
		{"a gateway, which goes on from its own", uri + "writer: {address: l}\nclient: {address: c}\nserver: {workload: {service: s}}",
			`{"u":"/","c":"192.0.2.1:1","l":"10.0.0.7:2","s":"outbound|80||web.shop.svc.cluster.local","kubernetes":{"namespace_name":"edge","pod_name":"gateway-0"}}`,
			Workload{}, Workload{"shop", "service", "web", "", ""}},
		{"a sidecar's request from without", uri + "writer: other\nserver: {workload: {service: s}}", `{"u":"/","s":"inbound|8080||",` + pod + `}`,
			Workload{}, Workload{"shop", "deployment", "cart", "", ""}},
		{"a label tells the kind", uri, `{"u":"/","kubernetes":{"namespace_name":"x","pod_name":"agent-x2x9z","labels":{"pod-template-generation":"1"}}}`,
			Workload{}, Workload{"x", "daemonset", "agent", "", ""}},
		{"an owner", uri, `{"u":"/","kubernetes":{"namespace_name":"x","pod_name":"p","ownerReferences":[{"kind":"Job","name":"b-29391840"}]}}`,
			Workload{}, Workload{"x", "cronjob", "b", "", ""}},
		{"Vector", uri, `{"u":"/","kubernetes":{"pod_namespace":"x","pod_name":"p-0","pod_owner":"StatefulSet/p"}}`,
			Workload{}, Workload{"x", "statefulset", "p", "", ""}},
		{"Beats", uri, `{"u":"/","kubernetes":{"namespace":"x","pod":{"name":"p-6d4cf56db6-x2x9z","ip":"10.0.0.9"},"deployment":{"name":"p"}}}`,
			Workload{}, Workload{"x", "deployment", "p", "", ""}},
		{"kubernetes is no map", uri, `{"u":"/","kubernetes":"yes"}`, Workload{}, Workload{}},
		{"behind a proxy", uri + "client: {address: c, forwarded: f, trusted_proxies: private, workload: {account: a}}",
			`{"u":"/","c":"10.0.0.1","f":"192.0.2.1","a":"spiffe://td/ns/edge/sa/gateway"}`, Workload{}, Workload{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Parse("x.yaml", []byte(c.yaml))
			if err != nil {
				t.Fatal(err)
			}
			r, _, err := AppendJSON(nil, []byte(c.record))
			if err != nil {
				t.Fatal(err)
			}
			var tx Transaction
			if err := m[0].Map("t", r, &tx); err != nil {
				t.Fatal(err)
			}
			if tx.ClientWorkload != c.client || tx.ServerWorkload != c.server {
				t.Errorf("client %+v, server %+v, want %+v and %+v", tx.ClientWorkload, tx.ServerWorkload, c.client, c.server)
			}
		})
	}
}

func TestWorkloadCovers(t *testing.T) {
	cart := Workload{"shop", "deployment", "cart", "shop/default", ""}
	for limit, want := range map[string]bool{
		"cart": true, "shop/cart": true, "shop/deployment/cart": true, "shop/Deployment/cart": true, "shop/*": true, "*/deployment/*": true,
		"shop//cart": true, "//cart": true, "other/cart": false, "shop/statefulset/cart": false, "carts": false,
		"shop/serviceaccount/default": true, "shop/serviceaccount/cart": false,
	} {
		w, ok := ParseWorkload(limit)
		if !ok || !w.IsLimit() || w.Covers(&cart) != want {
			t.Errorf("%s: %v", limit, !want)
		}
		if w.Covers(&Workload{}) {
			t.Errorf("%s covers what is not known", limit)
		}
	}
	account, _ := ParseWorkload("ci/runner")
	if !account.Covers(&Workload{Account: "ci/runner"}) {
		t.Error("an account alone is not a workload")
	}
	for _, s := range []string{"", "a/b/c/d", "shop/", "shop/deployment/"} {
		if _, ok := ParseWorkload(s); ok {
			t.Errorf("%q is a workload", s)
		}
	}
}
