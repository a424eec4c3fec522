package kubernetes

import (
	"bytes"
	"encoding/csv"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// pod is what the table needs of a pod.
// Source: k8s.io/api/core/v1, Pod.
type pod struct {
	Metadata struct {
		UID             string `json:"uid"`
		Namespace       string `json:"namespace"`
		Name            string `json:"name"`
		ResourceVersion string `json:"resourceVersion"`
		OwnerReferences []struct {
			Kind       string `json:"kind"`
			Name       string `json:"name"`
			Controller bool   `json:"controller"`
		} `json:"ownerReferences"`
	} `json:"metadata"`
	Spec struct {
		NodeName           string `json:"nodeName"`
		HostNetwork        bool   `json:"hostNetwork"`
		ServiceAccountName string `json:"serviceAccountName"`
	} `json:"spec"`
	Status struct {
		HostIP    string    `json:"hostIP"`
		HostIPs   []address `json:"hostIPs"` // from Kubernetes 1.30 on
		PodIPs    []address `json:"podIPs"`
		StartTime time.Time `json:"startTime"`
	} `json:"status"`
}

type address struct {
	IP string `json:"ip"`
}

// workload is what the pod is a replica of, by the names that mappings give to pods of logs.
func (p *pod) workload() string {
	kind, name := "pod", p.Metadata.Name
	for _, o := range p.Metadata.OwnerReferences {
		if o.Controller {
			kind, name = o.Kind, o.Name
		}
	}
	kind, name = mapping.Owner(kind, name)
	return p.Metadata.Namespace + "/" + kind + "/" + name
}

// row says who has an address.
type row struct {
	workload, account string

	since time.Time // the pod began
	gone  time.Time // zero while it runs
}

// isBefore reports whether the address is rather this one's than another's, that has had it too.
func (r row) isBefore(other row) bool {
	if r.gone.IsZero() != other.gone.IsZero() {
		return r.gone.IsZero()
	}
	return r.since.After(other.since)
}

// afterlife is how long an address is still that of a pod that has ended, unless another one gets it: its last records come
// later than its end.
const afterlife = 5 * time.Minute

// replica is a pod of the table. A pod of the node's network has no address of its own.
type replica struct {
	addresses []netip.Addr
	row       row
	node      row
	hosts     []netip.Addr // of the node
}

// pods are those of the cluster, by their UIDs.
type pods map[string]*replica

// put adds a pod or what has become of it.
func (all pods) put(p *pod) {
	r := &replica{row: row{workload: p.workload(), since: p.Status.StartTime}}
	if name := p.Spec.ServiceAccountName; name != "" {
		r.row.account = p.Metadata.Namespace + "/" + name
	}
	if !p.Spec.HostNetwork {
		r.addresses = parsed(p.Status.PodIPs)
	}
	if p.Spec.NodeName != "" {
		r.node = row{workload: "/node/" + p.Spec.NodeName, since: p.Status.StartTime}
		if r.hosts = parsed(p.Status.HostIPs); r.hosts == nil {
			r.hosts = parsed([]address{{p.Status.HostIP}})
		}
	}
	all[p.Metadata.UID] = r
}

func parsed(addresses []address) (all []netip.Addr) {
	for _, a := range addresses {
		if ip, err := netip.ParseAddr(a.IP); err == nil { // one that is not yet there is empty
			all = append(all, ip)
		}
	}
	return all
}

// end says that a pod has ended.
func (all pods) end(uid string, now time.Time) {
	if r := all[uid]; r != nil && r.row.gone.IsZero() {
		r.row.gone, r.node.gone = now, now
	}
}

// forget removes the pods that have ended a while ago.
func (all pods) forget(now time.Time) (some bool) {
	before := len(all)
	maps.DeleteFunc(all, func(_ string, r *replica) bool { return !r.row.gone.IsZero() && now.Sub(r.row.gone) >= afterlife })
	return len(all) < before
}

const tableHead = "# Written by msa workloads, from the Kubernetes API.\n"

// table is the file of the property workloads.
func (all pods) table() []byte {
	rows := map[netip.Addr]row{}
	add := func(addresses []netip.Addr, r row) {
		for _, a := range addresses {
			if other, ok := rows[a]; !ok || r.isBefore(other) {
				rows[a] = r
			}
		}
	}
	for _, uid := range slices.Sorted(maps.Keys(all)) { // so that the same pods make the same table
		add(all[uid].addresses, all[uid].row)
		add(all[uid].hosts, all[uid].node)
	}
	text := bytes.NewBufferString(tableHead)
	w := csv.NewWriter(text) // which can't fail
	_ = w.Write([]string{"address", "workload", "account"})
	for _, a := range slices.SortedFunc(maps.Keys(rows), netip.Addr.Compare) {
		_ = w.Write([]string{a.String(), rows[a].workload, rows[a].account})
	}
	w.Flush()
	return text.Bytes()
}
