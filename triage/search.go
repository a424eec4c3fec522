package triage

import (
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// searched are interfaces to which users send queries in a language of their own, and the members that are such queries: who looks
// for an attack in logs or in tickets writes its words there.
// Sources: the HTTP interfaces of Loki, GitHub, GitLab, Jira, Confluence, Elasticsearch, Graylog, Datadog, Log Analytics, Defender, Salesforce, Parse,
// MongoDB's Data API.
var searched = interfaces{
	{compile(`^/(?:[\w-]+/)*loki/api/v1/(?:query|query_range|tail|series|labels?|patterns|index/\w+|label/[\w.-]+/values|detected_\w+)$`), compile(`^(?:query|match(?:\[\])?)$`)},
	{compile(`^/(?:[\w-]+/)?rest/api/(?:\d|latest)/(?:search(?:/jql|/approximate-count)?|jql/\w+)$`), compile(`^(?:json\.)?jql$`)},
	{compile(`^/(?:[\w.-]+/)*(?:search/code|-/search|api/v4/(?:(?:projects|groups)/[\w.%-]+/)?search)$`), compile(`^(?:q|search|query)$`)},
	{compile(`^/(?:[\w-]+/)?rest/api/(?:content/)?search$`), compile(`^cql$`)},
	{compile(`^/(?:[\w.*,@<>{}%-]+/)?_(?:search|count|async_search)(?:/template)?$`), compile(`^json\.(?:[\w.@-]+\.)?(?:query|value|term|terms|match|match_phrase|wildcard|prefix|regexp|must|must_not|filter|should)(?:\.[\w.@-]+)?$`)},
	{compile(`^/(?:[\w-]+/)*internal/(?:bsearch|search(?:/\w+){0,2})$`), compile(`^json\.(?:batch\.\d+\.request\.)?params\.body\.(?:[\w.@-]+\.)?(?:query|value|term|terms|match|match_phrase|wildcard|prefix|regexp)(?:\.[\w.@-]+)?$`)},
	{compile(`^/api/(?:search/universal/(?:relative|absolute|keyword)|views/search)(?:/\w+)?$`), compile(`^(?:query|json\.(?:queries\.\d+\.)?query(?:\.query_string)?)$`)},
	{compile(`^/api/v[12]/logs(?:-queries/list|/events/search|/analytics/aggregate)$`), compile(`^json\.(?:filter\.)?query$`)},
	{compile(`^/(?:v\d/workspaces/[\w-]+/query|api/(?:advancedhunting|advancedqueries)/run|security/runhuntingquery)$`), compile(`^json\.[qQ]uery$`)},
	{compile(`^/services/data/v\d{2}\.\d/(?:query|queryall|search|tooling/query)/?$`), compile(`^q$`)},
	{compile(`^/(?:[\w-]+/)?parse/(?:classes/\w+|users|roles|installations|aggregate/\w+)$`), compile(`^(?:where|pipeline)$`)},
	{compile(`^/(?:[\w.-]+/)*action/(?:find|findone|aggregate|updateone|updatemany|deleteone|deletemany)$`), compile(`^json\.(?:filter|pipeline)(?:\.[\w.$-]+)?$`)},
}

// runsInQuery is what in a query runs code, or is looked up.
var runsInQuery = compile(`(?i)\$where|\$function|\$accumulator|__proto__|jndi:|\$\{`)

// isSearch reports whether a value is such a query.
func isSearch(tx *mapping.Transaction, variable, value string) bool {
	collection, member, _ := strings.Cut(variable, ":")
	if tx == nil || collection != "ARGS" && collection != "ARGS_GET" && collection != "ARGS_POST" {
		return false
	}
	return isSearched(tx, member) && !runsInQuery.MatchString(value)
}

func isSearched(tx *mapping.Transaction, member string) bool {
	if strings.Contains(member, "script") { // of Elasticsearch, which runs it
		return false
	}
	of := searched.at(strings.ToLower(pathOf(tx)))
	return of != nil && of.MatchString(member)
}
