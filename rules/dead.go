package rules

import (
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

// dead says of a link what of it is never there, where some rule says how answers are read or none does; "" if all is there.
func (l *Link) dead(parsesAnswers bool) string {
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
		return ""
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
