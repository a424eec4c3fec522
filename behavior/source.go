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
	Attack      bool // the rules or the confidence say that an alarm is about an attack
}

// Read fills an observation, which keeps nothing of the source but the tag. It may be called concurrently.
func (d *Detectors) Read(s Source, o *Observation) {
	tx, v := s.Transaction, s.Verdict
	*o = Observation{} // field by field: a literal would be made beside it and copied
	o.Time, o.Status, o.Tag, o.Preset = tx.Time, tx.Status, s.Tag, tx.Preset
	o.Direction = alert.Direction(s.Internal, tx.Client.Address, tx.Server.Address)
	o.Alarm, o.Attack, o.Rules = v.Alarm, v.Alarm && s.Attack, v.RuleIDs()
	o.RequestBytes, o.ResponseBytes = tx.Sizes()
	if o.Time.IsZero() {
		o.Time = s.At
	}
	var agent, authorization, cookies, forwarded string
	for _, h := range tx.RequestHeaders {
		switch {
		case strings.EqualFold(h.Name, "user-agent"):
			agent = h.Value
		case strings.EqualFold(h.Name, "x-forwarded-for"):
			forwarded = h.Value
		case (d.usesUser || d.usesCredential) && strings.EqualFold(h.Name, "authorization"):
			authorization = h.Value
		case d.usesCredential && strings.EqualFold(h.Name, "cookie"):
			cookies = h.Value
		}
	}
	o.User = userOf(authorization)
	_, query, _ := strings.Cut(tx.URI, "?")
	o.QueryBytes = int64(len(query))
	path := pathOf(tx)
	texts := []*string{&o.Client.Address, &o.Client.Port, &o.Server.Address, &o.Server.Port, &o.Host, &o.Method, &o.Path, &o.Agent}
	own([]string{tx.Client.Address, tx.Client.Port, tx.Server.Address, tx.Server.Port, tx.Host, tx.Method, path, agent}, texts)
	o.ClientWorkload, o.ServerWorkload = ownWorkload(&tx.ClientWorkload), ownWorkload(&tx.ServerWorkload)
	o.clientWorkload, o.serverWorkload = o.ClientWorkload.String(), o.ServerWorkload.String()
	if d.usesCredential && o.clientWorkload != "" {
		o.Credential = credentialOf(authorization, cookies)
	}
	if d.usesToken && tx.Credential != "" {
		o.Token = printed("token", tx.Credential)
	}
	o.forwarded = lastHop(forwarded, o.Client.Address)
	o.readNumber(query)
	if isBasic := len(authorization) > 6 && strings.EqualFold(authorization[:6], "basic "); isBasic && tx.Status == 401 {
		o.answer, o.try = refused, uint32(hash(0, authorization)|1)
	} else if o.answer = answerOf(tx, o.Path); o.answer != noLogin {
		o.answerHash = hash(uint64(tx.Status), strconv.Itoa(len(tx.ResponseBody.Text)))
		if o.User == "" {
			o.User = strings.Clone(loginUser(tx.RequestBody.Text))
		}
	}
	switch {
	case !d.usesAttempt || o.answer == noLogin:
	case o.try != 0:
		o.Attempt = attemptOf(authorization)
	case tx.RequestBody.Text != "":
		o.Attempt = attemptOf(tx.RequestBody.Text)
	}
	if o.User == "" && o.answer == noLogin { // whoever passes a login on is not whom it is for
		o.User = first(o.ClientWorkload.Impersonates, o.ClientWorkload.Account)
	}
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

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// lastHop is the last address of X-Forwarded-For, "" if that is the client itself or none.
func lastHop(forwarded, client string) string {
	if forwarded == "" {
		return ""
	}
	last := strings.TrimSpace(forwarded[strings.LastIndexByte(forwarded, ',')+1:])
	ip, err := mapping.ParseAddress(last)
	if err != nil || ip.String() == client {
		return ""
	}
	return ip.String()
}

// maxDigits is how long an id is at most.
const maxDigits = 18

// Parameters of queries that count up in any case.
var counters = []string{"page", "p", "offset", "limit", "start", "skip", "from", "size", "count", "per_page", "pagesize", "page_size", "cursor", "since", "until", "ts", "t", "time", "timestamp", "_", "v", "version", "rev", "seq", "sequence", "startindex", "index"}

// readNumber finds the id that is asked for.
func (o *Observation) readNumber(query string) {
	for path := o.Path; path != ""; {
		i := strings.LastIndexByte(path, '/')
		if n, ok := number(path[i+1:]); ok {
			o.Number, o.hasNumber = n, true
			return
		}
		path = path[:max(i, 0)]
	}
	for query != "" {
		var one string
		one, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(one, "=")
		n, ok := number(value)
		if ok && !slices.ContainsFunc(counters, func(c string) bool { return strings.EqualFold(c, name) }) {
			o.Number, o.hasNumber, o.numberOf = n, true, strings.Clone(name[:min(len(name), maxText)])
			return
		}
	}
}

// number is a text of digits only.
func number(s string) (n int64, ok bool) {
	if s == "" || len(s) > maxDigits {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}

// pathOf is the path that was asked for, without its query.
func pathOf(tx *mapping.Transaction) string {
	path, _, _ := strings.Cut(tx.URI, "?")
	if i := strings.Index(path, "://"); i >= 0 { // absolute form
		if _, rest, ok := strings.Cut(path[i+3:], "/"); ok {
			return "/" + rest
		}
		return "/"
	}
	return path
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
