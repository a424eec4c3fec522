package alert

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// ErrNotAlert says that a record is no alert in format msa.
var ErrNotAlert = errors.New("no alert in format msa")

// ErrIsIncident says that a record is a message about an incident.
var ErrIsIncident = errors.New("a message about an incident")

// Reader reads alerts in format msa that others have made.
type Reader struct {
	// Standing is the phase of a rule, 0 if it is not known, and whether a match of it is evidence of an attack.
	Standing func(rule int) (phase int, isEvidence bool)
	Internal []netip.Prefix
}

// Facts are what an alert says: what Alert.Facts said where it was made. Errors are ErrIsIncident, and others of what is
// ErrNotAlert.
func (r *Reader) Facts(record mapping.Record) (Facts, error) {
	if msgp.NextType(record) != msgp.MapType {
		return Facts{}, ErrNotAlert
	}
	fields, _, err := msgp.ReadMapStrIntfBytes(record, nil)
	if err != nil {
		return Facts{}, fmt.Errorf("%w: %w", ErrNotAlert, err)
	}
	w := written(fields)
	if w.text("kind") == "incident" {
		return Facts{}, ErrIsIncident
	}
	rule, err := strconv.Atoi(w.text("rule_id"))
	if err != nil || w.text("alert_engine") != engineName || w.text("id") == "" {
		return Facts{}, ErrNotAlert
	}
	at, err := time.Parse(time.RFC3339, w.text("timestamp"))
	if err != nil {
		return Facts{}, fmt.Errorf("%w: cannot read timestamp %q", ErrNotAlert, shorten(oneLine(w.text("timestamp")), longestFact))
	}
	severity, err := strconv.Atoi(w.text("severity"))
	if err != nil || severity < 0 || severity >= len(Severities) {
		return Facts{}, fmt.Errorf("%w: cannot read severity %q", ErrNotAlert, shorten(oneLine(w.text("severity")), longestFact))
	}
	uri, server := w.text("url"), w.text("dst_ip")
	_, path, _ := splitURI(uri)
	f := Facts{
		ID: fact(w.text("id")), Time: at.UTC(),
		Client: w.text("src_ip"), ClientWorkload: w.text("client_workload"), Account: w.text("client_account"),
		Server: server, ServerWorkload: w.text("server_workload"), Direction: w.text("direction"),
		Service: fact(withoutPort(orElse(w.text("domain"), server))), Method: fact(w.text("method")), Path: fact(path), Request: requestHash(uri),
		Kind: w.text("category"), Rule: rule, Detector: w.text("detector"),
		Severity: severity, Confidence: w.int("confidence"), Outcome: triage.Outcome(w.text("outcome")),
	}
	f.Forwarded = forwardedFor(f.Client, w.text("forward"), r.Internal)
	matches := w.matches()
	var tags []string
	if i := slices.IndexFunc(matches, func(m engine.Match) bool { return m.RuleID == rule }); i >= 0 {
		tags = matches[i].Tags
	}
	f.tell(tags, w.text("msg"), w.text("evidence"), w.texts("outcome_evidence"))
	f.addData(matches, func(m *engine.Match) (inAnswer, isEvidence bool) {
		phase, isEvidence := r.Standing(m.RuleID)
		return phase >= 3 || phase == 0 && strings.HasPrefix(m.Variable, "RESPONSE_"), isEvidence
	})
	return f, nil
}

// written is an alert as a record has it.
type written map[string]any

func (w written) text(key string) string {
	s, _ := w[key].(string)
	return s
}

func (w written) int(key string) int {
	switch n := w[key].(type) {
	case int64:
		return int(n)
	case uint64:
		return int(min(n, 1<<31))
	case float64: // as some writers of JSON have all numbers
		return int(n)
	}
	return 0
}

func (w written) texts(key string) (all []string) {
	list, _ := w[key].([]any)
	for _, v := range list {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// matches are what is under rules.
func (w written) matches() (all []engine.Match) {
	list, _ := w["rules"].([]any)
	for _, v := range list {
		m, _ := v.(map[string]any)
		one := written(m)
		all = append(all, engine.Match{
			RuleID: one.int("id"), Message: one.text("msg"), Tags: one.texts("tags"), Variable: one.text("variable"), Value: one.text("value"),
		})
	}
	return all
}

// addData adds the sensitive data in the answer, and settles whether that is all.
func (f *Facts) addData(matches []engine.Match, of func(m *engine.Match) (inAnswer, isEvidence bool)) {
	f.IsData = f.Detector == ""
	for i := range matches {
		m := &matches[i]
		inAnswer, isEvidence := of(m)
		f.IsData = f.IsData && !slices.Contains(m.Tags, "canary") // which nobody reads by accident
		switch {
		case !slices.Contains(m.Tags, "sensitive-data"):
			f.IsData = f.IsData && !isEvidence
		case inAnswer:
			value := m.Value[:min(len(m.Value), hashedData)]
			f.Data = append(f.Data, Datum{dataKind(m.Message), xxhash.Sum64String(value)})
		}
	}
}

// tell says in words what was tried, and what shows that it worked, by the tags and the message of the rule that stands for
// all.
func (f *Facts) tell(tags []string, message, evidence string, outcomeEvidence []string) {
	f.Techniques = techniquesOf(tags)
	if f.What = kindNames[f.Kind]; f.What == "" || f.Detector != "" || isOwn(tags) {
		f.What = fact(orElse(message, "rule "+strconv.Itoa(f.Rule)))
	}
	switch {
	case f.Detector != "":
		f.Evidence = sentence(evidence, longestEvidence)
	case f.Outcome == triage.Success && len(outcomeEvidence) > 0:
		f.Evidence = sentence(outcomeEvidence[0], longestEvidence)
	}
}

// forwardedFor is the address outside for which a client that is inside is a proxy.
func forwardedFor(client, forward string, internal []netip.Prefix) string {
	if in, _ := isInside(internal, client); in {
		return outside(forward, internal)
	}
	return ""
}

// AppendIdentified appends an alert that a record is as an event of Fluent Bit, with the id of its incident. Under textKey,
// unless it is empty, stands the whole alert as one text.
func AppendIdentified(dst, rawTime []byte, record mapping.Record, incident, textKey string) []byte {
	dst = msgp.AppendArrayHeader(dst, 2)
	dst = msgp.AppendArrayHeader(dst, 2)
	dst = append(dst, rawTime...)
	dst = msgp.AppendMapHeader(dst, 0)

	var entries []byte
	n := uint32(0)
	size, rest, _ := msgp.ReadMapHeaderBytes(record) // it was read before
	for range size {
		key, value, _ := msgp.ReadStringZC(rest)
		end, _ := msgp.Skip(value)
		if k := string(key); k != "incident_id" && (k != textKey || textKey == "") {
			entries = append(entries, rest[:len(rest)-len(end)]...)
			n++
		}
		if string(key) == "id" {
			entries = msgp.AppendString(msgp.AppendString(entries, "incident_id"), incident)
			n++
		}
		rest = end
	}
	if textKey != "" {
		var text bytes.Buffer
		whole := append(msgp.AppendMapHeader(nil, n), entries...)
		_, _ = msgp.UnmarshalAsJSON(&text, whole) // of a map that is well-formed
		entries = msgp.AppendString(msgp.AppendString(entries, textKey), text.String())
		n++
	}
	return append(msgp.AppendMapHeader(dst, n), entries...)
}
