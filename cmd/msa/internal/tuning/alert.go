package tuning

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/alertfile"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
)

// Alert is what is needed to know of an alert in format msa.
type Alert struct {
	detector          string // of a detector's alert
	id                int    // of the detector
	source            string // address of the client
	method, url       string
	scoreIn, scoreOut int
	matches           []match // one for each rule, without those that only add up

	prefix  string // of the path, as far as it can be written in an exclusion
	isWhole bool   // it is the path
}

// match is one rule that matched.
type match struct {
	rule                     int
	message, variable, value string
}

var (
	detectorName = regexp.MustCompile(`^[A-Za-z][\w.-]*$`)
)

// Parse reads the text of an alert.
func Parse(text string) (*Alert, error) {
	var a struct {
		ID       string `json:"rule_id"`
		Detector string `json:"detector"`
		Source   string `json:"src_ip"`
		Method   string `json:"method"`
		URL      string `json:"url"`
		ScoreIn  int    `json:"score_in"`
		ScoreOut int    `json:"score_out"`
		Rules    []struct {
			ID       int    `json:"id"`
			Message  string `json:"msg"`
			Variable string `json:"variable"`
			Value    string `json:"value"`
		} `json:"rules"`
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return nil, err
	}
	if len(a.Rules) == 0 {
		return nil, alertfile.ErrNoAlert
	}
	k := &Alert{source: a.Source, method: a.Method, url: a.URL, scoreIn: a.ScoreIn, scoreOut: a.ScoreOut}
	k.prefix, k.isWhole = pathPrefix(a.URL)
	if a.Detector != "" {
		k.detector, k.id = a.Detector, a.Rules[0].ID
		return k, nil
	}
	seen := map[int]bool{}
	for _, r := range a.Rules {
		if r.ID > 0 && !seen[r.ID] && !onlyEvaluates(r.ID, r.Variable) {
			seen[r.ID] = true
			k.matches = append(k.matches, match{r.ID, r.Message, engine.InRules(r.Variable), r.Value})
		}
	}
	if len(k.matches) == 0 {
		return nil, fmt.Errorf("%w: no rule in it has found anything", alertfile.ErrNoAlert)
	}
	return k, nil
}

// Mask masks sensitive values, as the alert may have been made with mask off.
func (a *Alert) Mask() {
	masker := sensitive.NewMasker(a.url)
	a.url = masker.Mask(a.url)
	a.prefix, a.isWhole = pathPrefix(a.url)
	for i := range a.matches {
		m := &a.matches[i]
		m.message, m.value = masker.Mask(m.message), masker.MaskNamed(m.variable, m.value)
	}
}

// onlyEvaluates reports whether a rule compares the score with the threshold, or reports it: without these nothing
// alarms any more, or nothing changes.
func onlyEvaluates(rule int, variable string) bool {
	switch rule / 1000 {
	case 949, 959, 980:
		return true
	}
	return strings.HasPrefix(variable, "TX:") && strings.Contains(strings.ToLower(variable), "anomaly_score")
}

// pathSegment has what neither SecLang nor the property exclude, nor fluent-bit.conf gives a meaning, and what is in a
// path as rules see it as it is in the log: no escapes, and no stars of masked values.
var pathSegment = regexp.MustCompile(`^[A-Za-z0-9._~:+=-]+$`)

// pathPrefix is the path of a URL up to the first segment that an exclusion can't hold. It ends with a slash
// unless it is the whole path; "" if there is none.
func pathPrefix(url string) (prefix string, whole bool) {
	if i := strings.Index(url, "://"); i >= 0 && !strings.HasPrefix(url, "/") {
		url = url[i+len("://"):]
		slash := strings.IndexByte(url, '/')
		if slash < 0 {
			return "", false
		}
		url = url[slash:]
	}
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i]
	}
	if !strings.HasPrefix(url, "/") {
		return "", false
	}
	prefix = "/"
	for rest := url[1:]; rest != ""; {
		segment, after, more := strings.Cut(rest, "/")
		if segment == "." || segment == ".." || !pathSegment.MatchString(segment) {
			return prefix, false
		}
		prefix += segment
		if more {
			prefix += "/"
		}
		rest = after
	}
	return prefix, true
}
