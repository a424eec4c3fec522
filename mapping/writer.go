package mapping

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// writerAccessor is the key under which the pod that wrote a record stands, as collectors add it.
var writerAccessor = []Accessor{{key: "kubernetes"}}

// writer is who a record's collector says has written it.
type writer struct {
	Workload

	address, label string // its pod's; a kind that a label tells of
}

// writer reads server, other, or {address: …} of another one.
func (y *yamlReader) writer(m *Mapping) func(ast.Node) error {
	return func(node ast.Node) error {
		if _, long := mappingValues(y.plain(node)); !long {
			return choice(y, "writer", &m.writerIsOther, map[string]bool{"server": false, "other": true})(node)
		}
		m.writerIsOther = true
		return y.members(node, "writer", readers{"address": y.fieldInto(&m.writerAddress)})
	}
}

// writer reads what Fluent Bit's kubernetes filter, Fluentd's, Vector's source kubernetes_logs and Beats' processor
// add_kubernetes_metadata add. It is the zero one without any of them.
func (m *Mapping) writer(tx *Transaction) (w writer) {
	if !isMap(tx.scan[m.writers]) {
		return w
	}
	w.address, _ = splitAddress(m.text(tx, &m.writerAddress))
	var pod string
	_ = tx.scan[m.writers].fields(func(key []byte, v Record) {
		switch string(key) {
		case "namespace_name", "namespace", "pod_namespace":
			w.Namespace = nameIn(v)
		case "pod_name", "pod":
			pod = nameIn(v)
			if ip, ok := v.Lookup(Accessor{key: "ip"}); ok && isMap(v) {
				w.address, _ = ip.text()
			}
		case "pod_ip":
			w.address, _ = v.text()
		case "deployment", "statefulset", "daemonset", "cronjob":
			w.Kind, w.Name = view(key), nameIn(v)
		case "pod_owner": // ReplicaSet/cart-6d4cf56db6
			kind, name, _ := strings.Cut(nameIn(v), "/")
			w.Kind, w.Name = Owner(kind, name)
		case "ownerReferences":
			if one, ok := v.element(0); ok && isMap(one) {
				kind, _ := one.Text(Accessor{key: "kind"})
				w.Kind, w.Name = Owner(kind, nameIn(one))
			}
		case "labels":
			w.readLabels(v)
		}
	})
	if w.Name == "" {
		if w.Kind, w.Name = podOwner(pod); w.Kind == "" || w.Kind == "pod" && w.label != "" {
			w.Kind = w.label
		}
	}
	return w
}

// readLabels finds the labels that the controllers of Kubernetes put on their pods, for kinds that a pod's name does not
// tell.
func (w *writer) readLabels(labels Record) {
	if !isMap(labels) {
		return
	}
	_ = labels.fields(func(key []byte, _ Record) {
		switch string(key) {
		case "pod-template-generation":
			w.label = "daemonset"
		case "job-name", "batch.kubernetes.io/job-name":
			w.label = "job"
		}
	})
}

// nameIn is a text, or the name in a map.
func nameIn(v Record) string {
	if isMap(v) {
		s, _ := v.Text(Accessor{key: "name"})
		return s
	}
	s, _ := v.text()
	return s
}

// fillWorkloads finds out who talks to whom: by the mapping's fields, by one's own table, and by who wrote the record. Of a
// client behind a proxy only the table tells: what the log has is the proxy's.
func (m *Mapping) fillWorkloads(tx *Transaction, behindProxy bool) {
	if !behindProxy {
		tx.ClientWorkload, _ = m.workload(tx, &m.client.workload)
	}
	server, isWriter := m.workload(tx, &m.server.workload)
	tx.ServerWorkload = server
	tx.Workloads.fill(&tx.ClientWorkload, tx.Client.Address)
	tx.Workloads.fill(&tx.ServerWorkload, tx.Server.Address)
	w := m.writer(tx)
	if w.Name == "" {
		return
	}
	switch {
	case w.address != "" && w.address == tx.Client.Address:
		tx.ClientWorkload.fillWith(w.Workload)
	case isWriter, !m.writerIsOther, w.address != "" && w.address == tx.Server.Address:
		tx.ServerWorkload.fillWith(w.Workload)
	}
}

// fillWith adds what is known from elsewhere. An account alone is less than a name.
func (w *Workload) fillWith(other Workload) {
	if w.Name == "" {
		w.Namespace, w.Kind, w.Name = other.Namespace, other.Kind, other.Name
	}
}
