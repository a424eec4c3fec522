package alert

import "github.com/modsecurity-for-anylog/msa/triage"

// Series are what metrics tell alerts apart by. Attackers choose the host that they ask for: whoever counts by service has
// to bound how many there may be.
type Series struct {
	Rule     int
	Category string // "none" where the rule has none
	Outcome  string
	Service  string // the workload that was attacked, the host that the client asked for, or its address; "unknown"
}

// Series says where an alert is counted.
func (a *Alert) Series() Series {
	tx := a.tx
	return Series{
		Rule: a.Match.RuleID, Category: orElse(category(a.Match.Tags), "none"), Outcome: orElse(string(a.Outcome), string(triage.Unknown)),
		Service: orElse(fact(orElse(tx.ServerWorkload.String(), withoutPort(orElse(a.shown().domain, tx.Server.Address)))), "unknown"),
	}
}
