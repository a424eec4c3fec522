package behavior

import (
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// maxText bounds the texts of an observation, in bytes.
const maxText = 256

// Source is a record with what the rules said of it.
type Source struct {
	Transaction *mapping.Transaction
	Verdict     *engine.Verdict
	Record      mapping.Record
	Tag         string
	At          time.Time // of the event, for records without a time of their own
	Internal    []netip.Prefix
}

// Read fills an observation, which keeps nothing of the source but the tag. It may be called concurrently.
func (d *Detectors) Read(s Source, o *Observation) {
	tx, v := s.Transaction, s.Verdict
	*o = Observation{
		Time: tx.Time, Status: tx.Status, Tag: s.Tag, Preset: tx.Preset,
		Direction: alert.Direction(s.Internal, tx.Client.Address, tx.Server.Address),
		Alarm:     v.Alarm, Rules: v.RuleIDs(),
		RequestBytes: int64(len(tx.RequestBody.Text)), ResponseBytes: int64(len(tx.ResponseBody.Text)),
	}
	if o.Time.IsZero() {
		o.Time = s.At
	}
	var agent, authorization string
	for _, h := range tx.RequestHeaders {
		switch {
		case strings.EqualFold(h.Name, "user-agent"):
			agent = h.Value
		case strings.EqualFold(h.Name, "content-length"):
			o.RequestBytes = length(h.Value, o.RequestBytes)
		case d.usesUser && strings.EqualFold(h.Name, "authorization"):
			authorization = h.Value
		}
	}
	for _, h := range tx.ResponseHeaders {
		if strings.EqualFold(h.Name, "content-length") {
			o.ResponseBytes = length(h.Value, o.ResponseBytes)
		}
	}
	o.User = userOf(authorization)
	path, _, _ := strings.Cut(tx.URI, "?")
	if i := strings.Index(path, "://"); i >= 0 { // absolute form
		if _, rest, ok := strings.Cut(path[i+3:], "/"); ok {
			path = "/" + rest
		} else {
			path = "/"
		}
	}
	texts := []*string{&o.Client.Address, &o.Client.Port, &o.Server.Address, &o.Server.Port, &o.Host, &o.Method, &o.Path, &o.Agent}
	own([]string{tx.Client.Address, tx.Client.Port, tx.Server.Address, tx.Server.Port, tx.Host, tx.Method, path, agent}, texts)
	o.ClientWorkload, o.ServerWorkload = ownWorkload(&tx.ClientWorkload), ownWorkload(&tx.ServerWorkload)
	o.clientWorkload, o.serverWorkload = o.ClientWorkload.String(), o.ServerWorkload.String()
	for i := range v.Matches {
		m := &v.Matches[i]
		o.RuleTags = append(o.RuleTags, m.Tags...)
		if slices.Contains(m.Tags, "sensitive-data") {
			o.Sensitive++
		}
	}
	if v.Alarm {
		if o.Severity = v.MostSevere(); o.Severity == engine.SeverityUnset {
			o.Severity = 4
		}
		// Of the rules the one that stands for all comes first.
		top := v.Top().RuleID
		if i := slices.Index(o.Rules, top); i > 0 {
			o.Rules[0], o.Rules[i] = o.Rules[i], o.Rules[0]
		}
	}
	if len(d.accessors) > 0 {
		o.Fields = make([]string, len(d.accessors))
		for i, a := range d.accessors {
			text, _ := s.Record.Text(a)
			o.Fields[i] = strings.Clone(text[:min(len(text), maxText)])
		}
	}
}

// own copies texts, all into one piece of memory.
func own(texts []string, to []*string) {
	n := 0
	for _, t := range texts {
		n += min(len(t), maxText)
	}
	var b strings.Builder
	b.Grow(n)
	for _, t := range texts {
		b.WriteString(t[:min(len(t), maxText)])
	}
	all := b.String()
	for i, t := range texts {
		n := min(len(t), maxText)
		*to[i], all = all[:n], all[n:]
	}
}

// ownWorkload copies one, if anything is known of it.
func ownWorkload(w *mapping.Workload) (copied mapping.Workload) {
	if *w != (mapping.Workload{}) {
		own([]string{w.Namespace, w.Kind, w.Name, w.Account, w.Impersonates},
			[]*string{&copied.Namespace, &copied.Kind, &copied.Name, &copied.Account, &copied.Impersonates})
	}
	return copied
}

func length(value string, instead int64) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil || n < 0 {
		return instead
	}
	return n
}

// userOf is the user name of Basic authorization, or the subject of a bearer token that is a JWT. Nothing is
// verified: who guesses is of interest too.
func userOf(authorization string) string {
	scheme, rest, _ := strings.Cut(authorization, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case strings.EqualFold(scheme, "basic"):
		text, err := base64.StdEncoding.DecodeString(rest)
		if err != nil {
			return ""
		}
		name, _, _ := strings.Cut(string(text), ":")
		return name[:min(len(name), maxText)]
	case strings.EqualFold(scheme, "bearer"):
		parts := strings.Split(rest, ".")
		if len(parts) != 3 {
			return ""
		}
		text, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err != nil {
			return ""
		}
		var claims struct {
			Subject string `json:"sub"`
		}
		if err := json.Unmarshal(text, &claims); err != nil {
			return ""
		}
		return claims.Subject[:min(len(claims.Subject), maxText)]
	}
	return ""
}
