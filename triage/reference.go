package triage

import (
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Parts of documents that point elsewhere, and files that somebody keeps.

var (
	// A description of a service refers to its other files: https://spec.openapis.org/oas/v3.1.0, "Reference Object".
	schemaFile = compile(`^(?:\.\.?/){0,3}[\w-][\w./-]*\.(?:ya?ml|json)(?:#[\w/.~-]*)?$`)
	// phpBB leads from one page to another that is beside it.
	besides = compile(`^\./\.\./[\w-]+/[\w-]+\.php(?:\?[\w=&.-]*)?$`)
	leads   = compile(`(?i)^(?:redirect|return|next|back|referr?er)(?:_?(?:to|url|uri))?$`)
)

// isReference reports whether an argument is a path that goes up, to what such a document has beside it.
func isReference(name, value string) bool {
	return strings.HasSuffix(name, ".$ref") && schemaFile.MatchString(value) || leads.MatchString(name) && besides.MatchString(value)
}

// graphDocument is one of GraphQL without a text in it, as clients send that have their values beside it: its variables
// begin with a dollar sign, as operators of MongoDB do.
// Source: https://spec.graphql.org, 2.2 and 2.10
var (
	graphDocument = compile(`^\s*(?:query|mutation|subscription)\b[\w\s$:!,()\[\]@=.]*\{[\w\s$:!,(){}\[\]@=.-]*\}\s*$`)
	ofDatabases   = compile(`(?i)\b(?:select|union|sleep|benchmark|waitfor|from\s+\w)`)
)

func isGraphDocument(name, value string) bool {
	return lastName(name) == "query" && graphDocument.MatchString(value) && !ofDatabases.MatchString(value)
}

// filesOfUsers is where people keep files of any kind, which no server runs.
// Source: https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV
var filesOfUsers = compile(`^/(?:[\w-]+/){0,3}remote\.php/(?:dav/(?:files|uploads)|webdav)/[^?#]*$`)

// isFileOfUser reports whether a variable is of the content of such a file.
func isFileOfUser(tx *mapping.Transaction, variable string) bool {
	if tx == nil || tx.Method != "PUT" || !filesOfUsers.MatchString(tx.URI) || goesUp(tx.URI) {
		return false
	}
	collection, _, _ := strings.Cut(variable, ":")
	return isOfBody(tx, variable) || collection == "REQUEST_BODY" || collection == "FILES_TMP_CONTENT"
}
