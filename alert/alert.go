// Package alert makes alerts: one flat record of what matched, on which
// transaction.
package alert

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// Version is MSA's, and in every alert.
const Version = "0.1.0"

// engineName is what the original MSA calls its engine; receivers filter by it.
const engineName = "modsecurity"

// Severities are the names of severities 0 to 7, as syslog has them.
var Severities = []string{"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"}

// unsetSeverity stands for rules that state none: warning.
const unsetSeverity = 4

// Options say what becomes an alert and what is in it.
type Options struct {
	OnMatch       bool // alarm on any match, not only where the threshold was reached
	MinSeverity   int  // least severe that alarms: 0 (emergency) to 7 (debug)
	PerRule       bool // one alert for each rule instead of one for the record
	IncludeBodies bool
	Mask          bool // sensitive values
	ByOutcome     bool // success raises the severity, failure lowers it
	Internal      []netip.Prefix
}

// Alert is one alert. Its strings are views into the record.
type Alert struct {
	Match     engine.Match // stands for all
	Rules     []engine.Match
	ScoreIn   int
	ScoreOut  int
	Direction string // east-west, inbound, outbound, external; empty when an address is unknown
	Tag       string // of the record

	Kubernetes Kubernetes // what the record is of, zero if it does not say

	Confidence        int      // 0 to 100: how sure it is that this is an attack
	ConfidenceReasons []string // what weighed most

	Outcome         triage.Outcome // empty means unknown
	OutcomeEvidence []string       // what shows it, or why it is unknown

	byOutcome bool

	Detector, Evidence string // of an alert about many records, with what was found

	Uninspected []string // parts of the record that are longer than what is inspected

	Incident string // id of the incident that it is part of, empty where there are none

	tx       *mapping.Transaction
	time     time.Time
	bodies   bool
	masked   *shown // instead of what is in tx
	internal []netip.Prefix
	id       string // once it is settled
	settled  object // format msa without ids, once it is
	text     []byte // its JSON
	idsAt    int    // where in it the ids come
}

// shown is the text of an exchange that an alert has.
type shown struct {
	message, forward, source, host, domain, uri, method string

	requestHead, requestBody, responseHead, responseBody string
}

// New makes the alerts of one record: none, one, or one for each rule. at is the
// time of the event, which is used when the record has none of its own. The masker is the transaction's; without one
// it is made where there is something to mask.
func New(o Options, masker *sensitive.Masker, tx *mapping.Transaction, v *engine.Verdict, sure triage.Appraisal, tag string, at time.Time) []Alert {
	if len(v.Matches) == 0 || !v.Alarm && !o.OnMatch {
		return nil
	}
	a := Alert{
		ScoreIn:   v.ScoreIn,
		ScoreOut:  v.ScoreOut,
		Direction: Direction(o.Internal, tx.Client.Address, tx.Server.Address),
		Tag:       tag,

		Confidence:        sure.Confidence,
		ConfidenceReasons: sure.Reasons,
		Outcome:           sure.Outcome,
		OutcomeEvidence:   sure.OutcomeEvidence,
		byOutcome:         o.ByOutcome,

		Uninspected: v.Uninspected,

		tx:       tx,
		time:     tx.Time,
		bodies:   o.IncludeBodies,
		internal: o.Internal,
	}
	if a.time.IsZero() {
		a.time = at.UTC()
	}
	// An attack that failed is still one: a severity that the outcome has lowered silences nothing.
	isSevere := func(s int) bool { return min(severity(s), a.final(s)) <= o.MinSeverity }
	alone := func(m engine.Match) bool { return !m.Evaluates() && isSevere(m.Severity) }
	if !o.PerRule {
		if top := v.Top(); !v.Alarm && top.Evaluates() || !isSevere(v.MostSevere()) {
			return nil
		}
	} else if !slices.ContainsFunc(v.Matches, alone) {
		return nil
	}
	a.Match, a.Rules = *v.Top(), v.Matches
	if o.Mask {
		if masker == nil {
			masker = NewMasker(tx)
		}
		a.quote(false)
		a.mask(masker)
	}
	a.quote(true)
	if !o.PerRule {
		return []Alert{a}
	}
	var all []Alert
	rules := a.Rules
	for i, m := range rules {
		if alone(m) {
			a.Match, a.Rules = m, rules[i:i+1]
			all = append(all, a)
		}
	}
	return all
}

// quote cuts what the alert tells of its matches.
func (a *Alert) quote(masked bool) {
	a.Match, a.Rules = quote([]engine.Match{a.Match}, masked)[0], quote(a.Rules, masked)
}

// shown is the text of the exchange as the alert has it.
func (a *Alert) shown() *shown {
	if a.masked != nil {
		return a.masked
	}
	tx := a.tx
	s := &shown{
		message: tx.Alert.Message, forward: tx.Alert.Forward, source: tx.Alert.Source, host: tx.Alert.Host,
		domain: orElse(tx.Alert.Domain, tx.Host), uri: tx.URI, method: tx.Method,
		requestHead:  orElse(tx.Alert.RequestHeader, requestHead(tx)),
		responseHead: orElse(tx.Alert.ResponseHeader, responseHead(tx)),
	}
	if a.bodies {
		s.requestBody, s.responseBody = tx.Alert.RequestBody, tx.Alert.ResponseBody
	}
	return s
}

// Masked is the alert without sensitive values.
func (a Alert) Masked() Alert {
	a.mask(NewMasker(a.tx))
	return a
}

// mask masks each text of the alert. Rules see values that are transformed, and without the names that say
// what they are: so what is found in the exchange is looked for in the matches, too.
func (a *Alert) mask(masker *sensitive.Masker) {
	s := *a.shown()
	for _, text := range []*string{
		&s.message, &s.forward, &s.source, &s.host, &s.domain, &s.uri, &s.method,
		&s.requestHead, &s.requestBody, &s.responseHead, &s.responseBody,
	} {
		*text = masker.Mask(*text)
	}
	a.masked = &s
	a.Evidence = masker.Mask(a.Evidence)
	a.ConfidenceReasons = MaskTexts(masker, a.ConfidenceReasons) // they quote messages of rules, which may quote the record
	a.OutcomeEvidence = MaskTexts(masker, a.OutcomeEvidence)
	a.Rules = MaskMatches(masker, a.Rules)
	maskMatch(masker, &a.Match)
}

// MaskTexts is texts without sensitive values.
func MaskTexts(masker *sensitive.Masker, texts []string) []string {
	masked := slices.Clone(texts)
	for i, text := range masked {
		masked[i] = masker.Mask(text)
	}
	return masked
}

// NewMasker makes what masks the texts that tell of a transaction.
func NewMasker(tx *mapping.Transaction) *sensitive.Masker {
	return sensitive.NewMasker(tx.URI, orElse(tx.Alert.RequestHeader, requestHead(tx)), orElse(tx.Alert.ResponseHeader, responseHead(tx)),
		tx.Alert.Message, tx.RequestBody.Text, tx.ResponseBody.Text)
}

// MaskMatches is what matched on a transaction, without sensitive values.
func MaskMatches(masker *sensitive.Masker, matches []engine.Match) []engine.Match {
	masked := slices.Clone(matches)
	for i := range masked {
		maskMatch(masker, &masked[i])
	}
	return masked
}

func maskMatch(masker *sensitive.Masker, m *engine.Match) {
	words, isPlain := plainData(m)
	if m.Data != "" && sensitive.IsCredential(m.Variable) {
		m.Data = maskedData // it would be a part of what the value is
	}
	if name, secret, ok := strings.Cut(m.Value, "="); ok && m.View && secret != "" && sensitive.IsCredential(name) {
		// A part of the exchange as nothing else has it: where the secret ends, nobody knows.
		shown := name + "=" + maskedData
		m.Message = strings.ReplaceAll(m.Message, m.Value, shown)
		m.Value, m.Data = shown, maskedData
	}
	m.Value = masker.MaskNamed(m.Variable, m.Value)
	m.Message, m.Data, m.Variable = masker.Mask(m.Message), maskData(masker, m.Data), masker.Mask(m.Variable)
	if isPlain {
		m.Data = words + m.Variable
	}
}

// packSensitive is what the ids of the pack sensitive-data are thousands of.
const packSensitive = 9700

// plainData is what a rule of the pack sensitive-data logs before the name of the variable, which may be anything: how many
// of which kinds, or fixed words. ok is false for all that may hold a value.
func plainData(m *engine.Match) (words string, ok bool) {
	words, ok = strings.CutSuffix(m.Data, m.Variable)
	if !ok || m.RuleID/1000 != packSensitive {
		return "", false
	}
	what, ok := strings.CutSuffix(words, " in ")
	return words, ok && (what == "password or secret" || what == "the head of a dump" || sensitive.IsCount(what))
}

// maskedData stands for what a rule logs of a credential.
const maskedData = "****"

// maskData masks what a rule logs. In the words of CRS, that is a piece of a value, and the value.
func maskData(masker *sensitive.Masker, data string) string {
	piece, rest, ok := cutPiece(data)
	if !ok {
		return masker.Mask(data)
	}
	return beforePiece + masker.MaskPiece(piece) + behindPiece + masker.Mask(rest)
}

func severity(s int) int {
	if s == engine.SeverityUnset {
		return unsetSeverity
	}
	return s
}

// Severity is the alert's, 0 (emergency) to 7 (debug).
func (a *Alert) Severity() int { return a.final(a.Match.Severity) }

// What an attack that worked is at least, and one that failed at most.
const (
	successSeverity = 1 // alert
	failureSeverity = 5 // notice
)

// final is a rule's severity after what became of the attack.
func (a *Alert) final(of int) int {
	switch s := severity(of); {
	case !a.byOutcome, s == 0 && a.Match.Certain:
		return s
	case a.Outcome == triage.Success:
		return min(s, successSeverity)
	case a.Outcome == triage.Failure:
		return max(s, failureSeverity)
	default:
		return s
	}
}

// outcome is unknown of what nobody has appraised, such as many records.
func (a *Alert) outcome() string { return orElse(string(a.Outcome), string(triage.Unknown)) }

// timestamp is the time of the event as RFC 3339 has it, with milliseconds.
func (a *Alert) timestamp() string { return rfc3339(a.time) }

// originalKeys are those of the original MSA.
const originalKeys = 23

// each calls yield with the keys of format msa but id, and their values in order: strings,
// ints, lists of strings, and lists of matches. The first 23 are those of the original
// MSA, all strings.
func (a *Alert) each(yield func(key string, value any)) {
	tx, s := a.tx, a.shown()
	status := tx.Alert.Status
	if status == "" && tx.Status > 0 {
		status = strconv.Itoa(tx.Status)
	}
	yield("rule_id", strconv.Itoa(a.Match.RuleID))
	yield("alert_engine", engineName)
	yield("time", a.time.Format(time.DateTime))
	yield("message", s.message)
	yield("forward", s.forward)
	yield("retcode", status)
	yield("source", s.source)
	yield("src_ip", tx.Client.Address)
	yield("dst_ip", tx.Server.Address)
	yield("geoip", tx.Alert.GeoIP)
	yield("src_port", tx.Client.Port)
	yield("dst_port", tx.Server.Port)
	yield("host", s.host)
	yield("domain", s.domain)
	yield("url", s.uri)
	yield("method", s.method)
	yield("msg", a.Match.Message)
	yield("matched", a.matched())
	yield("severity", strconv.Itoa(a.Severity()))
	yield("req_header", s.requestHead)
	yield("req_body", s.requestBody)
	yield("rsp_header", s.responseHead)
	yield("rsp_body", s.responseBody)

	yield("timestamp", a.timestamp())
	yield("summary", a.summary())
	yield("rules", a.Rules)
	yield("score_in", a.ScoreIn)
	yield("score_out", a.ScoreOut)
	yield("direction", a.Direction)
	yield("category", category(a.Match.Tags))
	yield("attack", attacks(a.Rules))
	yield("confidence", a.Confidence)
	yield("confidence_reasons", a.ConfidenceReasons)
	yield("outcome", a.outcome())
	yield("outcome_evidence", a.OutcomeEvidence)
	yield("uninspected", a.Uninspected)
	yield("detector", a.Detector)
	yield("evidence", a.Evidence)
	if k := a.Kubernetes; k != (Kubernetes{}) {
		yield("kubernetes_namespace", k.Namespace)
		yield("kubernetes_pod", k.Pod)
		yield("kubernetes_container", k.Container)
		yield("kubernetes_node", k.Node)
		yield("kubernetes_app", k.App)
	}
	for _, m := range a.workloads() {
		yield(m.key, m.value)
	}
	yield("tag", a.Tag)
	yield("preset", tx.Preset)
	yield("msa_version", Version)
}

// requestHead is the head of a request whose log has its headers one by one, as it was sent or
// nearly so; "" without any header.
func requestHead(tx *mapping.Transaction) string {
	if len(tx.RequestHeaders) == 0 {
		return ""
	}
	return strings.TrimSpace(tx.Method+" "+tx.URI+" "+tx.Protocol) + "\r\n" + headerLines(tx.RequestHeaders)
}

func responseHead(tx *mapping.Transaction) string {
	if len(tx.ResponseHeaders) == 0 {
		return ""
	}
	return strings.TrimSpace(tx.ResponseVersion+" "+strconv.Itoa(tx.Status)) + "\r\n" + headerLines(tx.ResponseHeaders)
}

func headerLines(headers []mapping.Header) string {
	n := len("\r\n")
	for _, h := range headers {
		n += len(h.Name) + len(": ") + len(h.Value) + len("\r\n")
	}
	var b strings.Builder
	b.Grow(n)
	for _, h := range headers {
		b.WriteString(h.Name)
		b.WriteString(": ")
		b.WriteString(h.Value)
		b.WriteString("\r\n")
	}
	b.WriteString("\r\n")
	return b.String()
}

func orElse(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// category is the kind of attack as CRS tags it: sqli of attack-sqli.
func category(tags []string) string {
	for _, t := range tags {
		if kind, ok := strings.CutPrefix(t, "attack-"); ok {
			return kind
		}
	}
	return ""
}

// attacks are the attack patterns that the rules name: CAPEC-126 of CRS's
// capec/1000/255/153/126, and MITRE ATT&CK techniques (T1190).
func attacks(matches []engine.Match) []string {
	all := []string{}
	for _, m := range matches {
		for _, t := range m.Tags {
			id := ""
			if rest, ok := strings.CutPrefix(t, "capec/"); ok {
				id = "CAPEC-" + rest[strings.LastIndexByte(rest, '/')+1:]
			} else if name := t[strings.LastIndexByte(t, '/')+1:]; isTechnique(name) {
				id = strings.ToUpper(name)
			}
			if id != "" && !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
	}
	return all
}

// isTechnique: T1190, T1059.004.
func isTechnique(s string) bool {
	if len(s) < 5 || s[0] != 'T' && s[0] != 't' {
		return false
	}
	return strings.Trim(s[1:5], "0123456789") == "" && (len(s) == 5 || s[5] == '.' && strings.Trim(s[6:], "0123456789") == "")
}

// Direction tells from the addresses who talks to whom.
func Direction(internal []netip.Prefix, client, server string) string {
	from, ok1 := isInside(internal, client)
	to, ok2 := isInside(internal, server)
	switch {
	case !ok1 || !ok2:
		return ""
	case from && to:
		return "east-west"
	case to:
		return "inbound"
	case from:
		return "outbound"
	default:
		return "external"
	}
}

// isInside reports whether an address is in one of the networks, known is false for what is no address.
func isInside(internal []netip.Prefix, address string) (in, known bool) {
	ip, err := mapping.ParseAddress(address)
	if err != nil {
		return false, false
	}
	return slices.ContainsFunc(internal, func(p netip.Prefix) bool { return p.Contains(ip) }), true
}
