package mapping

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Workload is what runs at one end of a connection, as its platform names it. All replicas of
// one are the same workload.
type Workload struct {
	Namespace string
	Kind      string // in lower case: deployment, statefulset, daemonset, job, cronjob, pod, service, node …; "" when the log does not tell
	Name      string

	// Account is whom it authenticates as: NAMESPACE/NAME of a service account, or else a user's name.
	Account string
	// Impersonates is whom it acts as instead, written as Account is.
	Impersonates string
}

// serviceAccountKind is the kind of a workload of which no more is known than its account.
const serviceAccountKind = "serviceaccount"

// String is namespace/kind/name, of which parts may be empty, and "" when nothing is known. Where only a service account
// is known, this is the name: shop/serviceaccount/cart.
func (w Workload) String() string {
	if w.Name == "" {
		namespace, name, ok := strings.Cut(w.Account, "/")
		if !ok {
			return ""
		}
		return namespace + "/" + serviceAccountKind + "/" + name
	}
	return w.Namespace + "/" + w.Kind + "/" + w.Name
}

// ParseWorkload reads what String writes, NAMESPACE/NAME, or a name alone.
func ParseWorkload(s string) (w Workload, ok bool) {
	parts := strings.Split(s, "/")
	switch len(parts) {
	case 1:
		w.Name = parts[0]
	case 2:
		w.Namespace, w.Name = parts[0], parts[1]
	case 3:
		w.Namespace, w.Kind, w.Name = parts[0], strings.ToLower(parts[1]), parts[2]
	}
	return w, w.Name != ""
}

// anyPart stands for every namespace, kind or name.
const anyPart = "*"

// IsLimit reports whether the workload, as a limit, is not every one.
func (w *Workload) IsLimit() bool {
	return w.Name != anyPart || w.Namespace != "" && w.Namespace != anyPart || w.Kind != "" && w.Kind != anyPart
}

// Covers reports whether another workload is the one that this one, as a limit, names: parts of it that are empty or * are
// every one. The kind serviceaccount names an account.
func (w *Workload) Covers(other *Workload) bool {
	namespace, kind, name := other.Namespace, other.Kind, other.Name
	if accountNamespace, account, ok := strings.Cut(other.Account, "/"); ok && (name == "" || w.Kind == serviceAccountKind) {
		namespace, kind, name = accountNamespace, serviceAccountKind, account
	}
	fits := func(limit, part string) bool { return limit == "" || limit == anyPart || limit == part }
	return name != "" && fits(w.Namespace, namespace) && fits(w.Kind, kind) && fits(w.Name, name)
}

// workloadSpec is workload of client or server in a mapping file.
type workloadSpec struct {
	namespace, kind, name field
	pod, service          field
	account, impersonates field
	serviceAccount        field
	of                    []namedField // names by kind
	isSet                 bool
}

func (y *yamlReader) workload(w *workloadSpec) func(ast.Node) error {
	return func(node ast.Node) error {
		w.isSet = true
		return y.members(node, "workload", readers{
			"namespace":       y.fieldInto(&w.namespace),
			"kind":            y.fieldInto(&w.kind),
			"name":            y.fieldInto(&w.name),
			"of":              y.namedFields("of", &w.of),
			"pod":             y.fieldInto(&w.pod),
			"service":         y.fieldInto(&w.service),
			"account":         y.fieldInto(&w.account),
			"service_account": y.fieldInto(&w.serviceAccount),
			"impersonates":    y.fieldInto(&w.impersonates),
		})
	}
}

func (w *workloadSpec) parts(of string) []part {
	all := []part{{of + ".workload.namespace", &w.namespace}, {of + ".workload.kind", &w.kind}, {of + ".workload.name", &w.name}}
	for i := range w.of {
		all = append(all, part{of + ".workload." + w.of[i].name, &w.of[i].field})
	}
	return append(all,
		part{of + ".workload.pod", &w.pod}, part{of + ".workload.service", &w.service},
		part{of + ".workload.account", &w.account},
		part{of + ".workload.service_account", &w.serviceAccount},
		part{of + ".workload.impersonates", &w.impersonates})
}

// workload is what the mapping's own fields tell. What a platform calls it counts before a pod, of which it is the owner,
// and that before the service. isWriter says that it is the pod that wrote the record.
func (m *Mapping) workload(tx *Transaction, spec *workloadSpec) (w Workload, isWriter bool) {
	if !spec.isSet {
		return w, false
	}
	w.Namespace = m.text(tx, &spec.namespace)
	w.Account = account(m.text(tx, &spec.account))
	w.Impersonates = account(m.text(tx, &spec.impersonates))
	w.Kind, w.Name = Owner(m.text(tx, &spec.kind), m.text(tx, &spec.name))
	for i := 0; i < len(spec.of) && w.Name == ""; i++ {
		w.Kind, w.Name = Owner(spec.of[i].lower, m.text(tx, &spec.of[i].field))
	}
	if w.Name == "" {
		w.Kind, w.Name = podOwner(m.text(tx, &spec.pod))
	}
	if w.Name == "" {
		isWriter = m.service(tx, &spec.service, &w)
	}
	if name := m.text(tx, &spec.serviceAccount); w.Account == "" && name != "" {
		w.Account = w.Namespace + "/" + name
	}
	if namespace, _, ok := strings.Cut(w.Account, "/"); ok && w.Namespace == "" {
		w.Namespace = namespace
	}
	if node, ok := strings.CutPrefix(w.Account, "system:node:"); ok && w.Name == "" {
		w.Kind, w.Name = "node", node
	}
	return w, isWriter
}

// service takes the first alternative that names a service. It reports whether that is the one that the record's writer
// stands before: Istio's sidecars write so of what comes in.
func (m *Mapping) service(tx *Transaction, f *field, w *Workload) (isWriter bool) {
	for _, slot := range f.slots {
		v, ok := tx.at(slot)
		if !ok {
			continue
		}
		s, ok := element(v, pickFirst).text()
		if !ok || m.none.has(s) {
			continue
		}
		isWriter = isWriter || strings.HasPrefix(s, "inbound|")
		if namespace, kind, name := serviceName(s); name != "" {
			w.Namespace, w.Kind, w.Name = first(w.Namespace, namespace), kind, name
			break
		}
	}
	return isWriter
}

const serviceKind = "service"

// serviceName reads what proxies call the service that they send a request to, "" for what is none:
//
//	outbound|80|v2|cart.shop.svc.cluster.local       Istio, Envoy's cluster
//	outbound_.80_._.cart.shop.svc.cluster.local      Istio, the name in TLS
//	httproute/shop/cart/rule/0                       Envoy Gateway
//	shop/cart/80/da39a3ee5e                          Contour
//	cart.shop.svc.cluster.local:80                   in DNS
//	shop.cart.80                                     Kong
//	shop-cart-80, shop-cart-80@kubernetes            ingress-nginx, Traefik
//	cart@docker, cart                                others
func serviceName(s string) (namespace, kind, name string) {
	if strings.HasPrefix(s, "outbound") {
		if i := strings.LastIndexAny(s, "|_"); i >= 0 {
			s = strings.TrimPrefix(s[i+1:], ".")
		}
		if _, _, ok := strings.Cut(s, ".svc"); !ok {
			return "", serviceKind, s // of a ServiceEntry: outside of the cluster
		}
	}
	switch {
	case strings.HasPrefix(s, "inbound"), s == "PassthroughCluster", s == "BlackHoleCluster",
		strings.HasPrefix(s, "upstream-default-backend"):
		return "", "", ""
	case strings.Contains(s, "/"):
		return slashedService(s)
	}
	s, provider, _ := strings.Cut(s, "@")
	if host, _, ok := strings.Cut(s, ".svc"); ok {
		name, namespace, _ = strings.Cut(host, ".")
		return namespace, serviceKind, name
	}
	if parts := strings.Split(s, "."); len(parts) == 3 && isPort(parts[2]) {
		return parts[0], serviceKind, parts[1]
	}
	bare := withoutServicePort(s)
	if bare == s && provider != "kubernetes" && provider != "kubernetescrd" {
		return "", serviceKind, s
	}
	return dashedService(bare)
}

// slashedService reads KIND/NAMESPACE/NAME/rule/N and NAMESPACE/NAME/PORT/HASH.
func slashedService(s string) (namespace, kind, name string) {
	parts := strings.Split(s, "/")
	switch {
	case len(parts) >= 4 && parts[3] == "rule":
		return parts[1], parts[0], parts[2]
	case len(parts) >= 3 && isPort(parts[2]):
		return parts[0], serviceKind, parts[1]
	}
	return "", "", ""
}

// withoutServicePort cuts -80 off.
func withoutServicePort(s string) string {
	if i := strings.LastIndexByte(s, '-'); i > 0 && isPort(s[i+1:]) {
		return s[:i]
	}
	return s
}

func isPort(s string) bool { return s != "" && len(s) <= 5 && strings.Trim(s, "0123456789") == "" }

// clusterNamespaces have a hyphen in their names, and are in nearly every cluster.
var clusterNamespaces = []string{"kube-system", "kube-public", "ingress-nginx", "cert-manager", "istio-system"}

// dashedService parts NAMESPACE-NAME. Either may have hyphens itself: what can't be told stays together, as a wrong
// namespace would be worse than none.
func dashedService(s string) (namespace, kind, name string) {
	for _, known := range clusterNamespaces {
		if name, ok := strings.CutPrefix(s, known+"-"); ok {
			return known, serviceKind, name
		}
	}
	namespace, name, ok := strings.Cut(s, "-")
	if ok && (namespace == "default" || strings.IndexByte(name, '-') < 0) {
		return namespace, serviceKind, name
	}
	return "", serviceKind, s
}

// account is the service account in the forms in which platforms write it, as NAMESPACE/NAME; any other name is itself:
//
//	system:serviceaccount:shop:cart                                  Kubernetes
//	spiffe://cluster.local/ns/shop/sa/cart                           SPIFFE, Istio
//	cart.shop.serviceaccount.identity.linkerd.cluster.local          Linkerd
func account(s string) string {
	if rest, ok := strings.CutPrefix(s, "system:serviceaccount:"); ok {
		if namespace, name, ok := strings.Cut(rest, ":"); ok && name != "" {
			return namespace + "/" + name
		}
		return s
	}
	if _, rest, ok := strings.Cut(s, "/ns/"); ok {
		if namespace, name, ok := strings.Cut(rest, "/sa/"); ok && name != "" && strings.IndexByte(namespace, '/') < 0 {
			if i := strings.IndexAny(name, "/;,"); i >= 0 { // what follows it in X-Forwarded-Client-Cert
				name = name[:i]
			}
			return namespace + "/" + name
		}
	}
	if id, _, ok := strings.Cut(s, ".serviceaccount.identity."); ok {
		if name, namespace, ok := strings.Cut(id, "."); ok {
			return namespace + "/" + name
		}
	}
	return s
}
