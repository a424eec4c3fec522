package analysis

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/rules"
)

// compiler makes conditions of rules.
type compiler struct {
	*constants
	limits            []string // variables of TX that scores are compared with
	inbound, outbound int      // the least scores from which a transaction alarms
	comparesLast      bool     // in phase 5, too

	conditions    []Condition
	planned       []Rule
	index         map[*parsedRule]int32 // in planned, of those that play a part
	ofLinks       map[int][]int32       // see Plan.OfLinks
	unsatisfiable set                   // rules with a condition that is never fulfilled
	unjudged      []Unjudged
}

// compile makes conditions of all rules that may come to matter.
func compile(of *constants) (*compiler, error) {
	c := &compiler{constants: of, index: map[*parsedRule]int32{}, ofLinks: map[int][]int32{}, unsatisfiable: set{}}
	var err error
	if c.limits, c.inbound, c.outbound, err = of.findThresholds(); err != nil {
		return nil, err
	}
	c.comparesLast = slices.ContainsFunc(c.rules, func(p *parsedRule) bool { return p.phase == 5 && p.Role() == rules.Evaluates })
	for _, p := range c.rules {
		c.add(p)
	}
	c.runnable = among(c.runnable, func(p *parsedRule) bool { return !c.unsatisfiable[p] || len(p.links) > 1 })
	c.resolveSetters()
	return c, nil
}

// add makes a rule of what may come to matter, and its conditions.
func (c *compiler) add(p *parsedRule) {
	if c.skipped[p] || c.neverMatches[p] {
		return
	}
	r := Rule{ID: p.id, Scores: -1, Logged: p.Logged()}
	links := p.links
	scoresAt, isBound := -1, true
	for i, l := range p.links {
		in, out, known := c.scoresOf(p, l)
		if in+out == 0 && known || p.phase == 5 && !c.comparesLast { // scores have been compared by then
			continue
		}
		if !known {
			c.unjudged = append(c.unjudged, Unjudged{p.id, "the score that it adds is not known beforehand"})
			in, out = c.inbound, c.outbound
		}
		r.In, r.Out = r.In+in, r.Out+out
		isBound = isBound && scoresAt < 0 // of several links, nobody counts the matches of each
		if scoresAt < 0 {
			scoresAt = i
		}
	}
	if scoresAt >= 0 && scoresAt < len(links)-1 {
		// What the head of a chain sets is set without the rest.
		for _, l := range links[scoresAt+1:] {
			r.Unasked = append(r.Unasked, l.targets...)
		}
		links = links[:scoresAt+1]
	}
	r.Alarms = r.Logged && scoresAt < 0 && p.Role() != rules.Allows
	setsTX := slices.ContainsFunc(p.links, func(l *parsedLink) bool { return len(l.sets) > 0 })
	if scoresAt < 0 && !r.Logged && (!setsTX || c.static[p]) || p.evaluates() {
		return
	}
	if setsTX && scoresAt < 0 && !r.Logged {
		links = links[:1] // the head sets without the rest
	}
	var ofLinks []int32
	for len(links) > 0 {
		indices, last, n := c.addCondition(p, links)
		head := links[0]
		links = links[n:]
		ofLinks = append(ofLinks, c.ofLink(indices))
		for range n - 1 {
			ofLinks = append(ofLinks, -1)
		}
		if len(indices) == 0 {
			c.unsatisfiable[p] = true
			return
		}
		r.Conditions = append(r.Conditions, indices...)
		if last && scoresAt >= 0 {
			r.Scores = indices[len(indices)-1]
			isBound = isBound && c.countsMatches(p, p.links[scoresAt], head, r.Scores)
			times := timesSeen(head.targets)
			r.In, r.Out = r.In*times, r.Out*times
		}
	}
	if !isBound { // it may score for any number of values
		r.In, r.Out = atLeast(r.In, c.inbound), atLeast(r.Out, c.outbound)
	}
	index := int32(len(c.planned))
	for _, i := range r.Conditions {
		c.conditions[i].Rules = append(c.conditions[i].Rules, index)
	}
	c.index[p], c.ofLinks[p.id] = index, ofLinks
	c.planned = append(c.planned, r)
}

// ofLink is the condition that was made of a link, -1 if that is not one of single values, or is one of links behind it, too.
func (c *compiler) ofLink(indices []int) int32 {
	if len(indices) != 1 || c.conditions[indices[0]].Kind != OnValues || len(c.conditions[indices[0]].then) > 0 {
		return -1
	}
	return int32(indices[0])
}

// countsMatches reports whether it is known how often a link matches at most that scores: for each of the values that its
// condition finds, or once. The head of the condition may be a link before it.
func (c *compiler) countsMatches(p *parsedRule, l, head *parsedLink, condition int) bool {
	kind := c.conditions[condition].Kind
	switch {
	case len(l.targets) == 0, kind == OnValues && l == head:
		return true
	case l.Has("multimatch") || len(l.targets) > 1:
		return false
	case kind == OnCount || l.targets[0].Count:
		return true
	case kind == OnValues && l.looksAtMatchedVars():
		return l == p.links[1] // a link between has found the same values again
	case kind == OnValues && l.targets[0].Variable == "matched_var":
		return true
	}
	return l.targets[0].Variable == "tx" && l.targets[0].Key != "" && l.targets[0].Pattern == nil
}

// timesSeen is how often targets have the same value at most: ARGS:q|ARGS have it twice.
func timesSeen(targets []Target) int {
	all, named := map[string]int{}, map[[2]string]int{} // by variable, and by its keys
	for _, t := range targets {
		switch {
		case t.Except:
		case t.Key == "" || t.Pattern != nil:
			all[t.Variable]++
		default:
			named[[2]string{t.Variable, t.Key}]++
		}
	}
	times := 1
	for _, n := range all {
		times = max(times, n)
	}
	for of, n := range named {
		times = max(times, n+all[of[0]])
	}
	return times
}

// atLeast is what a score comes to that may be added any number of times.
func atLeast(score, threshold int) int {
	if score == 0 {
		return 0
	}
	return max(score, threshold)
}

// evaluates: it compares a score with a threshold, or reports scores.
func (p *parsedRule) evaluates() bool {
	role := p.Role()
	return role == rules.Evaluates || role == rules.Reports
}

// standardThresholds are those that are always set.
var standardThresholds = map[string]bool{"inbound_anomaly_score_threshold": true, "outbound_anomaly_score_threshold": true}

// comparedWithScores are the variables of TX that scores are compared with: CRS 3 and 4's, and those that rules name.
func (c *program) comparedWithScores() []string {
	all := slices.Sorted(maps.Keys(standardThresholds))
	for _, p := range c.rules {
		if p.Role() != rules.Evaluates {
			continue
		}
		for _, name := range rules.MacrosOf(p.links[0].operand) {
			if name, ok := strings.CutPrefix(name, "tx."); ok && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// findThresholds finds the least scores from which a transaction alarms, as the configuration has them or lower, where rules
// such as those of crs-setup.conf set them, and the names of TX that have them.
func (c *constants) findThresholds() (names []string, inbound, outbound int, err error) {
	names, inbound, outbound = c.comparedWithScores(), c.cfg.Inbound, c.cfg.Outbound
	for _, name := range names {
		limit := &inbound
		if strings.Contains(name, "outbound") {
			limit = &outbound
		}
		n, err := strconv.Atoi(c.cfg.TX[name])
		if err != nil && !standardThresholds[name] {
			return nil, 0, 0, fmt.Errorf("scores are compared with tx.%s, which no rule sets to a number", name)
		}
		if err == nil {
			*limit = min(*limit, n)
		}
		for _, p := range c.rules {
			if c.skipped[p] {
				continue
			}
			for _, a := range p.assignments() {
				if !p.sets(Target{Variable: "tx", Key: name}) || a.name != name && !strings.Contains(a.name, "%{") {
					continue
				}
				value, known := c.expand(a.value)
				n, err := strconv.Atoi(value)
				if !known || err != nil || value[0] == '+' || value[0] == '-' || a.name != name {
					return nil, 0, 0, fmt.Errorf("rule %d sets tx.%s to what is not known beforehand", p.id, name)
				}
				*limit = min(*limit, n)
			}
		}
	}
	return names, inbound, outbound, nil
}

// scoresOf is what a link adds to the anomaly scores.
func (c *compiler) scoresOf(p *parsedRule, l *parsedLink) (in, out int, known bool) {
	known = true
	for _, a := range l.sets {
		if !strings.Contains(a.name, "anomaly_score") || isOfSeverity(a.name) {
			continue
		}
		value, ok := c.expandAt(p, a.value)
		n, err := strconv.Atoi(strings.TrimPrefix(value, "+"))
		n = max(n, 0)
		switch {
		case sumsUp(a.value) || slices.Contains(c.limits, a.name):
			// What it sums up is counted already.
		case !ok || err != nil:
			known = false
		case strings.Contains(a.name, "outbound"):
			out += n
		default:
			in += n
		}
	}
	return in, out, known
}

// sumsUp: the value is made of scores, and not of what a match of some severity counts.
func sumsUp(value string) bool {
	return slices.ContainsFunc(rules.MacrosOf(value), func(name string) bool {
		return strings.Contains(name, "anomaly_score") && !isOfSeverity(strings.TrimPrefix(name, "tx."))
	})
}

// isOfSeverity: the variable of TX says what a match of some severity counts.
func isOfSeverity(name string) bool {
	severity, ok := strings.CutSuffix(name, "_anomaly_score")
	return ok && slices.Contains([]string{"critical", "error", "warning", "notice"}, severity)
}

// Populated is the phase from which a variable has its values.
func Populated(v variables.RuleVariable) int {
	switch v {
	case variables.Args, variables.ArgsNames, variables.ArgsPost, variables.ArgsPostNames, variables.ArgsCombinedSize,
		variables.Files, variables.FilesNames, variables.FilesSizes, variables.FilesCombinedSize, variables.FilesTmpNames, variables.FilesTmpContent,
		variables.RequestBody, variables.RequestBodyLength, variables.ReqbodyError, variables.ReqbodyErrorMsg, variables.ReqbodyProcessorError,
		variables.ReqbodyProcessorErrorMsg, variables.MultipartStrictError, variables.MultipartPartHeaders, variables.MultipartName, variables.MultipartFilename,
		variables.XML, variables.RequestXML, variables.ReqbodyProcessor, variables.UrlencodedError, variables.InboundDataError:
		return 2
	case variables.ResponseHeaders, variables.ResponseHeadersNames, variables.ResponseStatus, variables.ResponseProtocol,
		variables.ResponseContentType, variables.StatusLine:
		return 3
	case variables.ResponseBody, variables.ResponseContentLength, variables.ResponseXML, variables.OutboundDataError, variables.ResponseArgs:
		return 4
	}
	return 1
}

// IsSteady reports whether a variable depends on the transaction alone: not on the time, on other rules
// or on the way there.
func IsSteady(v variables.RuleVariable) bool {
	switch v {
	case variables.TX, variables.Rule, variables.MatchedVar, variables.MatchedVarName, variables.MatchedVars, variables.MatchedVarsNames,
		variables.Duration, variables.UniqueID, variables.Env, variables.HighestSeverity, variables.Geo, variables.FilesTmpNames, variables.MultipartName,
		variables.Time, variables.TimeDay, variables.TimeEpoch, variables.TimeHour, variables.TimeMin, variables.TimeMon, variables.TimeSec, variables.TimeWday, variables.TimeYear,
		variables.Unknown:
		return false
	}
	return true
}
