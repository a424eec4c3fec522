package alert

import "github.com/modsecurity-for-anylog/msa/mapping"

// Kubernetes is the workload that a record is of, as Fluent Bit's kubernetes filter has added it.
type Kubernetes struct {
	Namespace, Pod, Container, Node string
	App                             string // the label app.kubernetes.io/name, or app
}

var kubernetesFields = []struct {
	accessors []mapping.Accessor
	of        func(*Kubernetes) *string
}{
	{accessors("$kubernetes['namespace_name']"), func(k *Kubernetes) *string { return &k.Namespace }},
	{accessors("$kubernetes['pod_name']"), func(k *Kubernetes) *string { return &k.Pod }},
	{accessors("$kubernetes['container_name']"), func(k *Kubernetes) *string { return &k.Container }},
	{accessors("$kubernetes['host']"), func(k *Kubernetes) *string { return &k.Node }},
	{accessors("$kubernetes['labels']['app.kubernetes.io/name']", "$kubernetes['labels']['app']"), func(k *Kubernetes) *string { return &k.App }},
}

func accessors(list ...string) (all []mapping.Accessor) {
	for _, s := range list {
		a, err := mapping.ParseAccessor(s)
		if err != nil {
			panic(err) // they are constants
		}
		all = append(all, a)
	}
	return all
}

var kubernetesKey = accessors("kubernetes")[0]

// KubernetesOf reads a record, and is zero if the filter has not added anything.
func KubernetesOf(record mapping.Record) (k Kubernetes) {
	if _, ok := record.Lookup(kubernetesKey); !ok {
		return k
	}
	for _, f := range kubernetesFields {
		for _, a := range f.accessors {
			if text, ok := record.Text(a); ok && text != "" {
				*f.of(&k) = text
				break
			}
		}
	}
	return k
}
