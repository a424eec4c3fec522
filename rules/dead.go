package rules

import (
	"fmt"
	"slices"
	"strings"
)

// neverFilled are variables that Coraza accepts and that neither it nor MSA ever fills; the others of ModSecurity it
// refuses. Rules that look at nothing else never match, or always, and look as if they worked.
var neverFilled = set("env", "full_request", "json", "multipart_boundary_quoted", "multipart_boundary_whitespace",
	"multipart_crlf_lf_lines", "multipart_data_after", "multipart_data_before", "multipart_file_limit_exceeded", "multipart_header_folding",
	"multipart_invalid_header_folding", "multipart_invalid_part", "multipart_invalid_quoting", "multipart_lf_line", "multipart_missing_semicolon",
	"multipart_unmatched_boundary", "path_info", "res_body_error", "res_body_error_msg", "res_body_processor_error", "res_body_processor_error_msg",
	"sessionid", "userid")

// parsedAnswers are filled where a rule says how answers are read.
var parsedAnswers = set("response_args", "response_xml")

// xmlKeys are what there is of an XML body: its texts, its attributes, the whole of it, and what it has of other files.
var xmlKeys = set("", "/*", "//@*", "body", "external")

// isNeverFilled reports whether a target has no value in any transaction.
func (t Target) isNeverFilled(parsesAnswers bool) bool {
	isXML := t.Variable == "xml" || t.Variable == "request_xml"
	return neverFilled[t.Variable] && !t.IsOfEnvironment() || parsedAnswers[t.Variable] && !parsesAnswers || isXML && !t.IsPattern && !xmlKeys[t.Key]
}

// parsesAnswers reports whether the link says how answers are read.
func (l *Link) parsesAnswers() bool {
	return slices.ContainsFunc(l.Values("ctl"), func(ctl string) bool { return strings.HasPrefix(strings.ToLower(ctl), "responsebodyprocessor=") })
}

// knownFrom is the phase from which a variable has values: before it, rules look at nothing. It is 1 for most.
func knownFrom(variable string) int {
	switch {
	case variable == "response_body" || variable == "response_args" || variable == "response_xml":
		return 4
	case strings.HasPrefix(variable, "response_") || variable == "status_line":
		return 3
	case strings.HasPrefix(variable, "args_post") || strings.HasPrefix(variable, "files") || strings.HasPrefix(variable, "multipart_") ||
		slices.Contains([]string{"request_body", "request_body_length", "reqbody_error", "reqbody_processor_error", "xml", "request_xml", "json"}, variable):
		return 2
	}
	return 1
}

// tooEarly says of a link of a rule in a phase that all it looks at is only known later; "" if some is known.
func (l *Link) tooEarly(phase int) string {
	from := 5
	var names []string
	for _, t := range l.Targets {
		if !t.Except {
			names, from = append(names, t.String()), min(from, knownFrom(t.Variable))
		}
	}
	if len(names) == 0 || phase == 0 || from <= phase {
		return ""
	}
	return fmt.Sprintf("it sees nothing in phase %d: it is phase %d that shows %s", phase, from, strings.Join(names, " and "))
}

// dead says of a link what of it is never there, where some rule says how answers are read or none does; "" if all is there.
func (l *Link) dead(parsesAnswers bool, phase int) string {
	var names []string
	alive := l.IsAction()
	for _, t := range l.Targets {
		switch {
		case t.Except:
		case t.isNeverFilled(parsesAnswers):
			names = append(names, t.String())
		default:
			alive = true
		}
	}
	list := strings.Join(names, " and ")
	switch {
	case len(names) == 0:
		return l.tooEarly(phase)
	case alive:
		return "it sees nothing of " + list + ", which MSA never has"
	case l.Operator.Negated || slices.ContainsFunc(l.Targets, func(t Target) bool { return t.Count }):
		return "it always finds " + list + " empty, which MSA never has"
	}
	return "it can never match: MSA never has " + list
}

// unusable says why a link can't be applied, if that is known; "" otherwise.
func (l *Link) unusable() string {
	switch {
	case l.unreadable != nil:
		return l.unreadable.Error()
	case l.Operator.Name == "geoLookup", slices.ContainsFunc(l.Targets, func(t Target) bool { return t.Variable == "geo" }):
		return "there is no database of addresses for @geoLookup and GEO"
	}
	return ""
}
