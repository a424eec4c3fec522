package alert

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"time"
)

// Incident is what is told of an incident at one moment. Its texts are of one line.
type Incident struct {
	ID      string // of 32 characters
	Event   string // begin, update or end
	News    []string
	Message int      // number of it among those of the incident, from 1 on
	Follows string   // id of an earlier incident, of which the attacker of this one was a victim, or else the attacker
	Joined  []string // ids of incidents that became part of this one

	Time        time.Time // of the message
	First, Last time.Time // of its alerts
	Key         string    // user, workload or client, with its name
	Actors      []string  // who takes part, the first first
	MoreActors  int       // beside these

	Severity, Confidence int
	Outcome              string
	Evidence             []string
	Direction            string

	Alerts     int
	Successes  int
	Stages     []Stage // in ATT&CK's order of tactics
	Targets    []Target
	AllTargets int // how many there are, listed or not
	Endpoints  []Count
	Hops       []Hop
	Data       []Count // different answers with sensitive data, by its kind
	Detectors  []Count
	Samples    []string // ids of alerts

	Title, Text string
}

// Count is how many there are of something.
type Count struct {
	Name string
	N    int
}

// Stage is a tactic of MITRE ATT&CK.
type Stage struct {
	ID, Tactic string // TA0001, initial-access
	Alerts     int
	What       []Count // was tried
	Techniques []string
	Succeeded  bool
}

// Target is who was attacked.
type Target struct {
	Name    string
	Alerts  int
	Outcome string
}

// Hop is a step of an attacker from one host to the next.
type Hop struct {
	From, To string
	Time     time.Time
}

// pendingLength is that of ids of incidents.
const pendingLength = 32

// Pending stands for an incident's id in an alert of which that is not known yet: what is put in order is written before.
// Nobody who writes records knows it.
var Pending = newPending()

func newPending() string {
	b := make([]byte, pendingLength/2)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

// SetIncident writes an incident's id, of 32 characters, where Pending stands in events of alerts.
func SetIncident(events []byte, id string) {
	for {
		i := bytes.Index(events, []byte(Pending))
		if i < 0 {
			return
		}
		copy(events[i:], id)
		events = events[i+len(Pending):]
	}
}

// AppendEvent appends the incident as an event of Fluent Bit, as Alert's does.
func (i *Incident) AppendEvent(dst []byte, format Format, textKey string) []byte {
	record, text := inFormat(i, format)
	return appendEvent(dst, AppendTime(nil, i.Time), format, record, text, textKey)
}

// JSON is the incident in format msa.
func (i *Incident) JSON() []byte { return i.msa().JSON() }

// incidentKind tells records of incidents from those of alerts.
const incidentKind = "incident"

// incidentRule stands where formats want a rule.
const incidentRule = "Incident"

func (i *Incident) msaText() string { return "" }

// msa is the incident in format msa.
func (i *Incident) msa() object {
	o := object{{"incident_id", i.ID}, {"kind", incidentKind}, {"event", i.Event}, {"message", i.Message}, {"news", i.News}}
	o.set("timestamp", rfc3339(i.Time))
	o.set("summary", i.Title)
	o.set("text", i.Text)
	o.set("severity", strconv.Itoa(i.Severity))
	return append(o, i.own()...)
}

// own is what no schema but MSA's own has a place for.
func (i *Incident) own() object {
	o := object{
		{"confidence", i.Confidence}, {"outcome", i.Outcome}, {"outcome_evidence", i.Evidence},
		{"first", rfc3339(i.First)}, {"last", rfc3339(i.Last)}, {"key", i.Key}, {"actors", i.Actors}, {"more_actors", i.MoreActors},
		{"direction", i.Direction}, {"alerts", i.Alerts}, {"successes", i.Successes},
		{"stages", objects(i.Stages, func(s Stage) object {
			return object{{"id", s.ID}, {"tactic", s.Tactic}, {"alerts", s.Alerts}, {"succeeded", s.Succeeded}, {"what", counts(s.What)}, {"techniques", s.Techniques}}
		})},
		{"targets", objects(i.Targets, func(t Target) object { return object{{"name", t.Name}, {"alerts", t.Alerts}, {"outcome", t.Outcome}} })},
		{"all_targets", i.AllTargets}, {"endpoints", counts(i.Endpoints)},
		{"hops", objects(i.Hops, func(h Hop) object { return object{{"from", h.From}, {"to", h.To}, {"time", rfc3339(h.Time)}} })},
		{"data", counts(i.Data)}, {"detectors", counts(i.Detectors)}, {"samples", i.Samples}, {"follows", i.Follows}, {"joined", i.Joined}, {"msa_version", Version},
	}
	return o
}

func objects[T any](all []T, of func(T) object) []object {
	list := make([]object, len(all))
	for i, v := range all {
		list[i] = of(v)
	}
	return list
}

func counts(all []Count) []object {
	return objects(all, func(c Count) object { return object{{"name", c.Name}, {"count", c.N}} })
}

func rfc3339(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
