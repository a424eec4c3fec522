package triage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// collectors are the interfaces that take nothing but logs and traces, and the members that quote what somebody else has sent
// or run: the attack is in another exchange, which has an alert of its own.
// Sources: the HTTP interfaces of Loki, OTLP/HTTP, Splunk's collector, Elasticsearch, GELF, ServiceNow's MID servers.
var collectors = interfaces{
	{compile(`^/loki/api/v1/push$`), compile(`\.streams\.\d+\.values\.\d+\.1$`)},
	{compile(`^/(?:[\w-]+/)?v1/(?:logs|traces)$`), compile(`(?i)\.resource(?:logs|spans)\..*(?:value|name|body|message)$`)},
	{compile(`^/services/collector(?:/event|/raw)?(?:/1\.0)?$`), compile(`\.(?:event|fields)(?:\.|$)`)},
	{compile(`^/(?:[\w.-]+/)?_bulk$`), ofDocument},
	{compile(`^/ecc_queue\.do$`), compile(`^json\.(?:name|payload|output|error_string)$`)},
	{compile(`^/gelf$`), compile(`^json\.(?:short_message|full_message|_\w+)$`)},
}

// shipped are those of other interfaces.
// Sources: those of Datadog, Sentry and Elasticsearch; the webhooks of GitHub, GitLab and Gitea, which quote who has written
// about a change.
var shipped = interfaces{
	{compile(`^/(?:api/)?v[12]/(?:logs|input(?:/\w+)?)$`), compile(`^json(?:\.\d+)?\.message$`)},
	{compile(`^/(?:[\w-]+/)?api/\d+/(?:store|envelope)/$`), compile(`^json\.(?:exception|request|breadcrumbs|message|logentry|transaction|culprit|extra|contexts|tags|spans|threads|stacktrace)(?:\.|$)`)},
	{compile(`^/(?:[\w.-]+/)?_doc(?:/[\w-]+)?$`), ofDocument},
	{compile(`^/(?:[\w.-]+/){0,4}(?:web)?-?hooks?(?:/[\w.-]+){0,3}$`), compile(`^json\.(?:(?:pull_request|issue|comment|review|discussion|release|head_commit|object_attributes|merge_request|commits\.\d+)\.(?:title|body|message|description|note|last_commit\.message))$`)},
}

var ofDocument = compile(`\.(?:message|msg|log|event\.original|(?:url|http\.request)\.(?:original|path|query|full|body(?:\.content)?|referrer)|error\.(?:message|stack_trace)|exception(?:\.\w+)*|stack_?trace|user_agent(?:\.original)?)$`)

// reportMember are members of the reports that browsers send, which quote the code of a page that was not run.
// Source: https://www.w3.org/TR/CSP3/#reporting
var reportMember = compile(`(?i)^json\.(?:csp-report|(?:\d+\.)?body)\.(?:script-sample|sample|original-policy|originalpolicy)$`)

// isTelemetry reports whether a value is such a quotation. What a logger looks up, it does in what is shipped as well.
func isTelemetry(tx *mapping.Transaction, variable, value string) bool {
	collection, member, _ := strings.Cut(variable, ":")
	if tx != nil && slices.Contains([]string{"XML", "REQUEST_XML", "REQUEST_BODY"}, collection) {
		return isShipping(tx) && !lookup.MatchString(strings.ToLower(value))
	}
	if tx == nil || !strings.HasPrefix(member, "json") || collection != "ARGS" && collection != "ARGS_POST" || lookup.MatchString(strings.ToLower(value)) {
		return false
	}
	if reportMember.MatchString(member) {
		return slices.Contains([]string{"application/csp-report", "application/reports+json"}, mapping.MediaType(tx.RequestHeaders))
	}
	return isShipped(tx, member)
}

// inserted is a statement of ClickHouse in the address, whose rows are the body. Nobody can make another server answer as
// it does.
// Source: https://clickhouse.com/docs/interfaces/http
var inserted = compile(`(?i)[?&]query=insert(?:\+|%20)into(?:\+|%20)[\w.%+(),` + "`" + `-]{1,200}format(?:\+|%20)json\w*(?:&|$)`)

func isInserted(tx *mapping.Transaction) bool {
	return inserted.MatchString(tx.URI) && slices.ContainsFunc(tx.ResponseHeaders, func(h mapping.Header) bool {
		return strings.HasPrefix(strings.ToLower(h.Name), "x-clickhouse-")
	})
}

// isShipping reports whether the body as a whole is what is shipped: of a webhook it is not, whose other members are its own.
func isShipping(tx *mapping.Transaction) bool {
	if tx.Method == "PATCH" {
		return jobTrace.MatchString(pathOf(tx))
	}
	return tx.Method == "POST" && (collectors.at(pathOf(tx)) != nil || isInserted(tx))
}

// jobTrace is where GitLab's runners send what a job has printed.
var jobTrace = compile(`^/api/v4/jobs/\d+/trace$`)

func isShipped(tx *mapping.Transaction, member string) bool {
	if tx.Method != "POST" {
		return false
	}
	path := pathOf(tx)
	of := cmp.Or(collectors.at(path), shipped.at(path))
	return of != nil && of.MatchString(member) || isInserted(tx)
}

// interfaces are known by their paths, and have members of one kind.
type interfaces []struct{ path, member *expression }

// at is what the members of the first of them are that is at a path, nil if none is.
func (all interfaces) at(path string) *expression {
	for i := range all {
		if all[i].path.MatchString(path) {
			return all[i].member
		}
	}
	return nil
}

// have reports whether the first of them that a request is for has a member.
func (all interfaces) have(tx *mapping.Transaction, member string) bool {
	of := all.at(pathOf(tx))
	return of != nil && of.MatchString(member)
}

// took reports whether such a member was written, and taken. Who sends a form is sent on then, if not to log in.
func (all interfaces) took(tx *mapping.Transaction, member string) bool {
	location, _ := mapping.HeaderValue(tx.ResponseHeaders, "Location")
	isTaken := tx.Status/100 == 2 || tx.Status/100 == 3 && location != "" && !loginPage.MatchString(location)
	return tx.Method != "GET" && isTaken && !goesUp(tx.URI) && all.have(tx, member)
}

// pathOf is the path of a request, as it was sent.
func pathOf(tx *mapping.Transaction) string {
	path, _, _ := strings.Cut(tx.URI, "?")
	return path
}
