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
	return series(a.Match.RuleID, category(a.Match.Tags), a.outcome(), orElse(tx.ServerWorkload.String(), withoutPort(orElse(a.shown().domain, tx.Server.Address))))
}

// Series says where the alert is counted.
func (f *Facts) Series() Series {
	return series(f.Rule, f.Kind, string(f.Outcome), orElse(f.ServerWorkload, f.Service))
}

func series(rule int, category, outcome, service string) Series {
	return Series{Rule: rule, Category: orElse(category, "none"), Outcome: orElse(outcome, string(triage.Unknown)), Service: orElse(fact(service), "unknown")}
}
