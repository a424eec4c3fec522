package crs

// Known failures, by stage. The tests fail when one of these passes, and when any
// other fails.

// serverFailures expect what some server makes of a request before a rule sees it. A
// log has the request as it came, and the rule is right: plain Coraza fails too.
var serverFailures = map[string]string{
	"920181-1": "httpd removes Content-Length from a chunked request; here both are there, which is what rule 920181 is about",
	"920620-1": "httpd joins two Content-Type headers; here there are two, which is what rule 920620 is about",
	"921140-1": "the server refuses a header with a bare CR in it; here it is there, which is what rule 921140 is about",
}

// nanoFailures pass in plain Coraza, and fail through the Nano record.
var nanoFailures = map[string]string{}

// nanoDifferences are the stages, passed or not, for which other rules match through
// the Nano record than in plain Coraza.
var nanoDifferences = map[string]string{
	"920430-6": "its request line is GET / 1.1: the record is taken for HTTP/0.9, and matches 920430; the test expects a refusal",
}
