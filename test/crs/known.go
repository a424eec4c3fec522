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

// Reasons of nanoDifferences that several stages share.
const (
	raw      = "its body is of a type that is no form, or of none: MSA reads it as what it is, and plain Coraza as a form"
	external = "it has an external entity or XInclude, on which CRS has no rule: one of MSA's own matches"
	part     = "MSA reads on behind the fault of a part's header, and finds what is in the parts"
	cut      = "its body does not parse, which is no finding for MSA"
)

// nanoDifferences are the stages, passed or not, for which other rules match through
// the Nano record than in plain Coraza.
var nanoDifferences = map[string]string{
	"920240-4":  cut,
	"920420-5":  raw,
	"920420-6":  raw,
	"920420-7":  raw,
	"920420-15": raw,
	"920420-16": raw,
	"920420-17": raw,
	"920420-21": raw,
	"920640-1":  raw,
	"920640-4":  raw,
	"920640-7":  raw,
	"920640-8":  raw,
	"920640-10": raw,
	"920660-9":  raw,
	"921110-6":  raw,
	"922130-1":  part,
	"922130-2":  part,
	"922130-7":  part,
	"932180-3":  raw,
	"941130-2":  external,
	"941130-4":  external,
	"941130-5":  external,
	"941130-6":  external,
	"941130-9":  external,
	"941130-10": external,
	"941130-11": external,
	"941130-12": external,
	"941130-14": external,
	"941130-15": external,
	"941130-16": external,
	"942100-10": external,
	"942151-1":  external,
	"955260-1":  raw,
	"956100-10": raw,
	"956100-11": raw,
	"956110-4":  raw,
}
