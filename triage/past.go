package triage

import (
	"fmt"
	"time"
)

// Past is what earlier records tell of an exchange. The zero value knows nothing.
type Past struct {
	// Median is what the endpoint takes for ordinary requests, 0 where fewer than three clients have shown it.
	Median time.Duration

	Usual      int // clients whose ordinary requests to the endpoint got this very answer
	Everywhere int // endpoints of the service that give this very answer
	Alike      int // different payloads of this client to this endpoint that got this answer, but for their echo; with this one

	Told   bool // the client's true and false conditions got two answers, and this is one of them
	Waited bool // the server has waited for other payloads of this client, at this endpoint
}

// From how many on something is no coincidence.
const (
	enoughClients   = 3 // with the same answer
	enoughEndpoints = 3
	enoughPayloads  = 5
)

// afterAll is the evidence that only other records give: that it worked.
func (x *exchange) afterAll(past Past) string {
	asked, seconds := x.delay()
	switch {
	case past.Told && x.condition != NoCondition:
		return "the answers to this client's true and false conditions differ, and this is one of the two"
	case past.Waited && seconds > 0 && x.refusal() == "" && x.tx.Duration() > 0:
		return fmt.Sprintf("the server has waited for others of this client's payloads, so its answer to %s tells something, too", asked)
	}
	return ""
}

// inVain is the same for an attack that led to nothing. What shows in no answer is not judged by it.
func (x *exchange) inVain(past Past) string {
	switch {
	case x.isBlind():
	case past.Everywhere >= enoughEndpoints && x.tx.Status/100 == 2:
		return fmt.Sprintf("the server answers so to everything: %d endpoints have this answer", past.Everywhere)
	case past.Usual >= enoughClients && x.wouldShow():
		return "the endpoint's usual answer, as ordinary requests get it"
	case past.Alike >= enoughPayloads:
		return fmt.Sprintf("the same answer to %d different payloads of this client", past.Alike)
	}
	return ""
}

// isBlind reports whether the attack may have worked without a trace in the answer.
func (x *exchange) isBlind() bool {
	if _, seconds := x.delay(); seconds > 0 && x.tx.Duration() == 0 {
		return true
	}
	return x.uploadsScript() || blindWords.MatchString(x.lower) || len(x.callbacks()) > 0
}

// wouldShow reports whether the answer would have been another one, had the attack worked: what it asks for is printed.
func (x *exchange) wouldShow() bool {
	for _, kind := range x.kinds {
		switch kind {
		case "lfi":
			return true
		case "xss":
			return x.tx.Method == "GET"
		case "sqli":
			return unionWords.MatchString(x.lower)
		case "rce", "injection-php", "injection-generic", "injection-java":
			return arithmetic.MatchString(x.payload) || printingWords.MatchString(x.lower)
		}
	}
	return false
}
