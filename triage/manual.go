package triage

import (
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Pages about systems and programs have what commands print and files hold, for everybody who reads them. Such a page is
// asked for by its address alone, and has the lines as an example, marked as code, in a text.
var (
	plainAddress = compile(`^/[\w/.,:()'~+%-]*(?:\?(?:\w{1,20}=\d{1,12})(?:&\w{1,20}=\d{1,12}){0,3})?$`)
	example      = compile(`(?is)<(?:pre|code|samp|kbd)\b`)
	exampleEnds  = compile(`(?is)</(?:pre|code|samp|kbd)\s*>`)
)

const (
	leastProse   = 12 // words of a language that a page has at least which is about something
	mostExamples = 8  // of one form
)

// isManual reports whether what rules have found is such an example in an answer, and nothing in the request asks for it.
func isManual(tx *mapping.Transaction, v *engine.Verdict) bool {
	if tx == nil || tx.Method != "GET" || tx.RequestBody.Text != "" || tx.Status != 200 || strings.Contains(tx.URI, "..") || !plainAddress.MatchString(tx.URI) {
		return false
	}
	found := false
	for i := range v.Matches {
		m := &v.Matches[i]
		if !m.IsEvidence() {
			continue
		}
		if !isSignature(m) || !isExample(tx, m) {
			return false
		}
		found = true
	}
	return found
}

// isExample reports whether a page has what a rule has found as an example in a text, and nowhere else.
func isExample(tx *mapping.Transaction, m *engine.Match) bool {
	kind, _ := mapping.HeaderValue(tx.ResponseHeaders, "content-type")
	text, ok := matchedData(m.Data)
	page := tx.ResponseBody.Text[:min(len(tx.ResponseBody.Text), 2*bodyEnd)]
	if !ok || text == "" || !strings.HasPrefix(strings.ToLower(kind), "text/html") || !slices.ContainsFunc(places(m), func(p engine.Place) bool { return p.Variable == "RESPONSE_BODY" }) {
		return false
	}
	pieces := strings.SplitN(page, text, mostExamples+2)
	if len(pieces) < 2 || len(pieces) > mostExamples+1 {
		return false
	}
	before := ""
	for _, piece := range pieces[:len(pieces)-1] {
		before += piece
		if len(example.FindAllStringSubmatch(before, -1)) <= len(exampleEnds.FindAllStringSubmatch(before, -1)) {
			return false
		}
	}
	plain, _ := plainWords(anyTag.ReplaceAllString(notText.ReplaceAllString(page, " "), " "))
	return plain >= leastProse
}

// notText is what a page marks as code, and what is for its browser.
var notText = compile(`(?is)<(?:pre|code|samp|kbd)\b.*?</(?:pre|code|samp|kbd)\s*>|<script\b.*?</script\s*>|<style\b.*?</style\s*>|<title\b.*?</title\s*>|<(?:nav|footer|header)\b.*?</(?:nav|footer|header)\s*>`)
