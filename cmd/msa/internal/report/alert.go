package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// known is what the report reads of an alert in format msa. Everything else of it is only shown.
type known struct {
	RuleID    string   `json:"rule_id"`
	Time      string   `json:"time"`
	Source    string   `json:"src_ip"`
	Target    string   `json:"dst_ip"`
	Domain    string   `json:"domain"`
	URL       string   `json:"url"`
	Method    string   `json:"method"`
	Message   string   `json:"msg"`
	Severity  string   `json:"severity"`
	Direction string   `json:"direction"`
	Category  string   `json:"category"`
	Attack    []string `json:"attack"`
	Detector  string   `json:"detector"`
	Evidence  string   `json:"evidence"`
	Namespace string   `json:"kubernetes_namespace"`
	Rules     []match  `json:"rules"`

	Incident   string `json:"incident_id"`
	Confidence int    `json:"confidence"`
	Outcome    string `json:"outcome"`

	// Only to find what is sensitive.
	Head         string `json:"req_header"`
	Body         string `json:"req_body"`
	ResponseHead string `json:"rsp_header"`
	ResponseBody string `json:"rsp_body"`
	Text         string `json:"message"`

	at int64 // seconds since 1970, undated if the time is none
}

// match is one rule that matched.
type match struct {
	ID       int      `json:"id"`
	Message  string   `json:"msg"`
	Severity int      `json:"severity"`
	Variable string   `json:"variable"`
	Value    string   `json:"value"`
	Data     string   `json:"data"`
	Tags     []string `json:"tags"`
}

// undated is the time of an alert without one.
const undated = -1

var errNoAlert = errors.New("not an alert in format msa")

// parse reads an alert in format msa, a JSON object in valid UTF-8.
func parse(text []byte) (*known, error) {
	var k known
	if err := json.Unmarshal(text, &k); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoAlert, err)
	}
	if k.RuleID == "" || len(k.Rules) == 0 {
		if other := otherFormat(text); other != "" {
			return nil, fmt.Errorf("%w, but looks like %s: the report needs alert_format msa", errNoAlert, other)
		}
		return nil, errNoAlert
	}
	k.at = undated
	if at, err := time.Parse(time.DateTime, k.Time); err == nil {
		k.at = dated(at)
	}
	if k.Target == "" {
		k.Target = k.Domain
	}
	return &k, nil
}

// dated is a time in seconds since 1970, undated if it is none at which a log can have been written.
func dated(at time.Time) int64 {
	if year := at.UTC().Year(); year < 1970 || year >= 2100 {
		return undated
	}
	return at.Unix()
}

// otherFormat names the format that an alert may be in, "" if it looks like none.
func otherFormat(text []byte) string {
	var o struct {
		ECS   json.RawMessage `json:"ecs"`
		Class json.RawMessage `json:"class_uid"`
	}
	switch err := json.Unmarshal(text, &o); {
	case err == nil && o.ECS != nil:
		return "ecs"
	case err == nil && o.Class != nil:
		return "ocsf"
	}
	return ""
}

// severity is 0 (emergency) to 7 (debug). What states none is a warning.
func (k *known) severity() uint8 {
	if len(k.Severity) != 1 || k.Severity[0] < '0' || k.Severity[0] > '7' {
		return 4
	}
	return k.Severity[0] - '0'
}

// kinds say what found an alert, in the order of the page's filter.
var kinds = []string{"attack", "lateral movement", "sensitive data", "detector"}

const (
	kindAttack = iota
	kindLateral
	kindSensitive
	kindDetector
)

// Rule packs are told by the thousands of their ids.
const (
	packSensitive = 9700
	packLateral   = 9701
)

func (k *known) kind() int {
	if k.Detector != "" {
		return kindDetector
	}
	id, err := strconv.Atoi(k.RuleID)
	switch {
	case err != nil:
		return kindAttack
	case id/1000 == packSensitive:
		return kindSensitive
	case id/1000 == packLateral:
		return kindLateral
	}
	return kindAttack
}

// directions are those of alerts; 0 is unknown.
var directions = []string{"", "east-west", "inbound", "outbound", "external"}

func (k *known) direction() uint8 {
	for i, d := range directions {
		if d == k.Direction {
			return uint8(i)
		}
	}
	return 0
}

// label is what an alert's row says of it: the request, or what a detector saw.
func (k *known) label() string {
	if k.Detector != "" {
		return cut(k.Evidence, longestLabel)
	}
	verdict := k.verdict()
	return cut(strings.TrimSpace(k.Method+" "+k.URL), longestLabel-len(verdict)) + verdict
}

// inside tells for the source and the target whether they are inside, by the direction if there is one, else by the
// default of internal_networks. A server without an address is inside: its log is ours.
func (k *known) inside() (source, target bool) {
	switch k.Direction {
	case "east-west":
		return true, true
	case "inbound":
		return false, true
	case "outbound":
		return true, false
	case "external":
		return false, false
	}
	return isInside(k.Source), isInside(k.Target)
}

func isInside(address string) bool {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return true
	}
	ip = ip.Unmap()
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast()
}

// Longest texts of rows and of lists, in characters. An alert that is opened has more.
const (
	longestLabel = 200
	longestName  = 120
)

// cut is the first so many characters of a text, and an ellipsis if there are more.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}
