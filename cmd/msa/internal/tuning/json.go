package tuning

import (
	"io"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
)

// tuned is what tune proposes, for programs. What is of the log is there with --log only.
type tuned struct {
	Alerts    int             `json:"alerts"`
	Left      int             `json:"left"` // alerts that no proposal silences
	Proposals []tunedProposal `json:"proposals"`
	Without   map[string]int  `json:"without_proposal,omitempty"` // alerts, by why they have none
	Log       *tunedLog       `json:"log,omitempty"`              // with all proposals
	Habits    []string        `json:"habits,omitempty"`           // what MSA has learned to be no attack
}

type tunedProposal struct {
	Exclude  []string    `json:"exclude,omitempty"` // values of the property; none with --format seclang, which may be narrower
	SecLang  string      `json:"seclang"`
	Detector string      `json:"detector,omitempty"`
	Rules    []tunedRule `json:"rules,omitempty"`
	Silences int         `json:"silences"` // alerts, by it alone
	More     int         `json:"more"`     // of these, those that no proposal before it silences
	Sources  []string    `json:"sources"`
	Examples []string    `json:"examples"`
	Log      *tunedLog   `json:"log,omitempty"`
}

type tunedRule struct {
	ID      int    `json:"id"`
	Message string `json:"msg"`
}

// tunedLog counts records of the log that alarm.
type tunedLog struct {
	Records  uint64       `json:"records"`
	Alarming int          `json:"alarming"` // without exclusions
	Silenced int          `json:"silenced"`
	MayBe    []tunedDoubt `json:"attacks_that_may_be_lost,omitempty"`
}

// tunedDoubt is a record in which other rules have found something that no longer suffices.
type tunedDoubt struct {
	Place string `json:"place"`
	Rules []int  `json:"rules"`
}

// PrintJSON prints the same for programs.
func (t *Tuning) PrintJSON(w io.Writer, habits []string) error {
	out := tuned{Alerts: len(t.alerts), Left: t.left(), Proposals: []tunedProposal{}, Without: t.notes, Habits: habits}
	for i, p := range t.proposals {
		one := tunedProposal{
			SecLang: p.seclang(t.FirstID + i), Detector: p.detector, Silences: len(p.silenced), More: p.fresh,
			Sources: sources(p.silenced), Examples: t.examples(p),
		}
		if !t.both {
			one.Exclude = p.excludes()
		}
		for _, rule := range p.rules {
			one.Rules = append(one.Rules, tunedRule{rule, t.message(rule)})
		}
		if t.before != nil {
			one.Log = t.inLog(t.after[i], p)
		}
		out.Proposals = append(out.Proposals, one)
	}
	if t.all != nil {
		out.Log = t.inLog(t.all, nil)
	}
	return listing.JSON(w, out)
}

// inLog is what a trial has silenced.
func (t *Tuning) inLog(after *trial, p *proposal) *tunedLog {
	silenced, weak := after.silenced(t.before, p)
	found := &tunedLog{Records: t.before.records, Alarming: len(t.before.alarms), Silenced: len(silenced)}
	for _, n := range weak {
		doubt := tunedDoubt{Place: t.before.places[n]}
		for _, m := range others(t.before.alarms[n], p) {
			doubt.Rules = append(doubt.Rules, m.rule)
		}
		found.MayBe = append(found.MayBe, doubt)
	}
	return found
}
