package alert

// workloads are the keys of what is known of who talked to whom, none if nothing is.
func (a *Alert) workloads() (o object) {
	client, server := &a.tx.ClientWorkload, &a.tx.ServerWorkload
	o.add("client_workload", client.String())
	o.add("client_account", client.Account)
	o.add("client_impersonates", client.Impersonates)
	o.add("server_workload", server.String())
	o.add("server_account", server.Account)
	return o
}
