package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Bounds on incidents: those that are kept, and those that are on the page.
const (
	mostIncidents  = 20_000
	shownIncidents = 200
	longestStory   = 4000
)

// incidents are what alerts, and messages about incidents, tell of them.
type incidents struct {
	seen map[string]*incident
	more int // alerts of others
}

type incident struct {
	pageIncident
	told int64 // when the story was, of which later ones are better
}

// pageIncident is one on the page.
type pageIncident struct {
	ID         string `json:"id"`
	Severity   int    `json:"severity"`
	Title      string `json:"title"`
	Text       string `json:"text"`
	Outcome    string `json:"outcome"`
	Confidence int    `json:"confidence"`
	Alerts     int    `json:"alerts"`
	First      int64  `json:"first"`
	Last       int64  `json:"last"`
}

// message is what the report reads of a message about an incident in format msa.
type message struct {
	Kind       string    `json:"kind"`
	ID         string    `json:"incident_id"`
	Severity   string    `json:"severity"`
	Summary    string    `json:"summary"`
	Text       string    `json:"text"`
	Outcome    string    `json:"outcome"`
	Confidence int       `json:"confidence"`
	Alerts     int       `json:"alerts"`
	Message    int64     `json:"message"`
	First      time.Time `json:"first"`
	Last       time.Time `json:"last"`
}

// parseMessage reads a message about an incident; false if the text is none.
func parseMessage(text []byte) (m message, ok bool) {
	err := json.Unmarshal(text, &m)
	return m, err == nil && m.Kind == "incident" && m.ID != ""
}

func (i *incidents) at(id string) *incident {
	if i.seen == nil {
		i.seen = map[string]*incident{}
	}
	one := i.seen[id]
	if one == nil && len(i.seen) < mostIncidents {
		one = &incident{pageIncident: pageIncident{ID: id, Severity: 7, First: undated, Last: undated, Outcome: "failure"}}
		i.seen[id] = one
	}
	return one
}

// add adds an alert of an incident. What it says gives way to what messages say.
func (i *incidents) add(k *known) {
	if k.Incident == "" {
		return
	}
	one := i.at(cut(k.Incident, longestName))
	if one == nil {
		i.more++
		return
	}
	if one.told > 0 {
		return
	}
	if s := int(k.severity()); one.Alerts == 0 || s < one.Severity {
		one.Title = cut(fmt.Sprintf("%s attacks %s: %s", cmp.Or(k.Source, "an unknown client"), cmp.Or(k.Domain, k.Target, "an unknown server"), k.Message), longestLabel)
		one.Severity = s
	}
	one.Alerts++
	one.Confidence = max(one.Confidence, min(k.Confidence, 100))
	one.Outcome = better(one.Outcome, k.Outcome)
	if k.at != undated {
		if one.First == undated {
			one.First = k.at
		}
		one.First, one.Last = min(one.First, k.at), max(one.Last, k.at)
	}
}

// outcomes from the attacker's worst to his best.
var outcomes = []string{"failure", "unknown", "success"}

// better is the better one for the attacker.
func better(a, b string) string {
	return outcomes[max(slices.Index(outcomes, a), slices.Index(outcomes, b), 0)]
}

// tell adds a message about an incident, of which the last counts.
func (i *incidents) tell(m message) {
	one := i.at(cut(m.ID, longestName))
	if one == nil || m.Message < one.told {
		return
	}
	k := known{Severity: m.Severity}
	first := dated(m.First)
	one.pageIncident = pageIncident{
		ID: one.ID, Severity: int(k.severity()), Title: cut(m.Summary, longestLabel), Text: cut(m.Text, longestStory), Outcome: better("failure", m.Outcome),
		Confidence: min(max(m.Confidence, 0), 100), Alerts: max(m.Alerts, 0), First: first, Last: max(first, dated(m.Last)),
	}
	one.told = max(m.Message, 1)
}

// sorted are the worst and newest first; rest is how many there are beside.
func (i *incidents) sorted() (all []pageIncident, rest int) {
	for _, id := range slices.Sorted(maps.Keys(i.seen)) {
		all = append(all, i.seen[id].pageIncident)
	}
	slices.SortStableFunc(all, func(a, b pageIncident) int { return cmp.Or(a.Severity-b.Severity, cmp.Compare(b.Last, a.Last)) })
	if len(all) > shownIncidents {
		all, rest = all[:shownIncidents], len(all)-shownIncidents
	}
	return all, rest
}

// verdict is what became of an alert's attack and how sure it is, "" if the alert does not say.
func (k *known) verdict() string {
	var said []string
	if k.Outcome == "success" || k.Outcome == "failure" {
		said = append(said, k.Outcome)
	}
	if k.Confidence > 0 {
		said = append(said, fmt.Sprintf("%d %% sure", min(k.Confidence, 100)))
	}
	if len(said) == 0 {
		return ""
	}
	return " (" + strings.Join(said, ", ") + ")"
}
