package triage

import (
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Addresses of the machine itself that no server is asked to go to, or one that is set up to.

// loopback is where a program on somebody's own machine waits for the browser that has logged in (RFC 8252, 7.3), or for
// any; clients of logins are registered with all pages below it, too.
var loopback = compile(`^https?://(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?(?:/[\w./-]*\*?)?$`)

// pageOfClient is where a client of a server of logins names pages of its own, to which browsers are sent: RFC 7591, 2,
// and what others call the same. The server asks none of them.
var pageOfClient = compile(`(?i)(?:redirect_?uri|(?:^|\.)(?:(?:post_?logout_?)?redirect_?uris\.\d+|(?:allowed_?)?(?:logout_?urls|origins|callbacks)\.\d+|web_?origins\.\d+|client_?uri|(?:initiate_?)?login_?uri|tos_?uri|policy_?uri|note_?url|home_?page(?:_?url)?))$`)

var (
	// A page that somebody develops is on their own machine, and tells those who count its visitors where that is.
	// What a service fetches is called otherwise.
	pageInBrowser = compile(`(?i)(?:^|[.\[$])(?:(?:initial_?|page_?)?referr?er|current_?url|document_?(?:url|location|referr?er)|urlref)\]?$`)
	loopbackPage  = compile(`^https?://(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?(?:/[\w./~-]*)?(?:\?[\w=&.,%+:/~-]*)?(?:#[\w=&.,%+:/!?~-]*)?$`)
)

// ownMachine are interfaces by which a service is told of others on its own machine, and of a page's own address, and the
// members that name these.
// Sources: the HTTP APIs of Grafana (data source), Consul (agent, catalog), Keycloak (Admin REST API), Plausible, Umami,
// Segment, Matomo, Google Analytics (Measurement Protocol), Meta's pixel.
var ownMachine = interfaces{
	{compile(`^/(?:[\w-]+/)?api/datasources(?:/(?:uid/)?[\w-]+)?$`), compile(`^json\.url$`)},
	{compile(`^/v1/(?:agent/(?:service|check)/register|catalog/register)$`), compile(`(?i)^json\.(?:service\.)?(?:checks?\.(?:\d+\.)?)?(?:definition\.)?(?:http|h2ping)$`)},
	{compile(`^/(?:auth/)?admin/realms/[\w.-]+/clients(?:/[\w-]+)?$`), compile(`^json\.(?:root|base|admin)Url$`)},
	{compile(`^/api/event$`), compile(`^json\.(?:u|url|r)$`)},
	{compile(`^/api/send$`), compile(`^json\.payload\.url$`)},
	{compile(`^/v1/(?:p|page|t|track|i|identify|b|batch)$`), compile(`\.context\.page\.url$`)},
	{compile(`^/(?:[\w-]+/)*(?:matomo|piwik)\.php$`), compile(`^url$`)},
	{compile(`^/(?:[\w-]+/)*(?:collect|tr)/?$`), compile(`^(?:dl|dr|rl|(?:ep\.)?page_location)$`)},
}

// toBrowser is the one page of a client that may have a query, which it gets back: RFC 6749, 3.1.2. serverOf is where OpenAPI's
// description of a service says that it is.
var (
	toBrowser = compile(`(?i)redirect_?uri$`)
	serverOf  = compile(`^json\.(?:\w+\.){0,3}servers\.\d+\.url$`)
)

// isOwnMachine reports whether an argument is such an address.
func isOwnMachine(tx *mapping.Transaction, name, value string) bool {
	if loopback.MatchString(value) && pageOfClient.MatchString(name) {
		return true
	}
	switch {
	case !loopbackPage.MatchString(value):
		return false
	case pageInBrowser.MatchString(name), toBrowser.MatchString(name), serverOf.MatchString(name):
		return true
	case tx == nil:
		return false
	}
	return ownMachine.have(tx, name)
}

var (
	browserIsLocal = compile(`(?i)^https?://(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?(?:[/?#]|$)`)
	namesAnother   = compile(`(?i)127\.|localhost|169\.254\.|metadata|%5b|\[|0x`)
)

// isLocalPage reports whether a header says that the browser is at a page on its own machine, which names no such address
// again.
func isLocalPage(collection, name, value string) bool {
	if collection != "REQUEST_HEADERS" || !strings.EqualFold(name, "referer") && !strings.EqualFold(name, "origin") || !browserIsLocal.MatchString(value) {
		return false
	}
	_, rest, _ := strings.Cut(value[len("https://"):], "/")
	return !namesAnother.MatchString(rest)
}
