package alert

import (
	"fmt"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// Finding is what a detector has found in many records, with what is known of the last of these.
type Finding struct {
	Detector string
	ID       int // rule_id of the alert
	Severity int // 0 (emergency) to 7 (debug)
	Message  string
	Tags     []string
	Key      string // whose behaviour it is: client=10.0.0.1 service=users
	Evidence string // 31 events in 5m

	Client, Server     mapping.Endpoint
	ClientWorkload     mapping.Workload
	ServerWorkload     mapping.Workload
	Host, Method, Path string
	Status             int
	Time               time.Time
	Direction          string
	Tag, Preset        string
	Outcome            triage.Outcome // empty where it tells of none; the evidence is that of the finding
}

// Of makes an alert of a finding.
func Of(f Finding) Alert {
	m := engine.Match{
		RuleID: f.ID, Message: f.Message, Severity: f.Severity, Tags: f.Tags,
		Data: f.Evidence, Variable: "detector:" + f.Detector, Value: f.Key,
	}
	a := Alert{
		Match: m, Rules: []engine.Match{m},
		Direction: f.Direction, Tag: f.Tag, Detector: f.Detector, Evidence: f.Evidence,
		tx: &mapping.Transaction{
			Preset: f.Preset, Client: f.Client, Server: f.Server,
			ClientWorkload: f.ClientWorkload, ServerWorkload: f.ServerWorkload, Host: f.Host, Method: f.Method, URI: f.Path, Status: f.Status,
		},
		time:       f.Time,
		Confidence: triage.Stated(f.Severity), Outcome: f.Outcome,
	}
	if f.Outcome != "" {
		a.OutcomeEvidence = []string{f.Evidence}
	}
	return a
}

// matched is the alert's evidence in words: a rule's, or a detector's.
func (a *Alert) matched() string {
	if a.Detector == "" {
		return a.Match.Matched()
	}
	return fmt.Sprintf("Detector `%s': %s (%s)", a.Detector, a.Evidence, a.Match.Value)
}
