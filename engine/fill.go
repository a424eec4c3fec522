package engine

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/internal/transform"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// Variables that Coraza accepts and does not fill, though a log has what they are made of. Few rules look at them, so they
// are filled only for sets that have one.

// filled are these variables.
var filled = []string{"env", "full_request_length", "remote_host", "status_line", "urlencoded_error"}

// needsMore reports whether a rule looks at one of them, or tells it.
func (r *rule) needsMore() bool {
	return slices.ContainsFunc(r.links, func(l *rules.Link) bool {
		return slices.ContainsFunc(l.Targets, func(t rules.Target) bool { return slices.Contains(filled, t.Variable) }) ||
			slices.ContainsFunc(l.Macros(), func(name string) bool { return slices.Contains(filled, rules.VariableOf(name)) })
	})
}

// fillRequest fills those of a request.
func fillRequest(tx transaction, t *mapping.Transaction, uri string) {
	set := func(v variables.RuleVariable, value string) {
		if s, ok := tx.Collection(v).(settable); ok {
			s.Set(value)
		}
	}
	set(variables.RemoteHost, t.Client.Address) // as ModSecurity has it: it asks no name server either
	if env, ok := tx.Collection(variables.Env).(collection.Map); ok {
		kind, user := authorized(t)
		for name, value := range map[string]string{"auth_type": kind, "remote_user": user} {
			if value != "" {
				env.Set(name, []string{value})
			}
		}
	}
	length := len(or(t.Method, "GET")) + len(uri) + len(or(t.Protocol, "HTTP/1.1")) + len("  \r\n\r\n") + len(t.RequestBody.Text)
	addHeaders(t.RequestHeaders, func(name, value string) { length += len(name) + len(value) + len(": \r\n") })
	set(variables.FullRequestLength, strconv.Itoa(length))
	_, query, _ := strings.Cut(uri, "?")
	broken := transform.HasBrokenEscape(query) || isForm(t) && transform.HasBrokenEscape(t.RequestBody.Text)
	set(variables.UrlencodedError, map[bool]string{false: "0", true: "1"}[broken])
}

// authorized are the kind of the credentials that a request shows, and their user, who is told for the kind Basic only.
func authorized(t *mapping.Transaction) (kind, user string) {
	credentials, _ := mapping.HeaderValue(t.RequestHeaders, "authorization")
	kind, shown, _ := strings.Cut(strings.TrimSpace(credentials), " ")
	if !strings.EqualFold(kind, "basic") {
		return kind, ""
	}
	text, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(shown)) // as far as it goes
	user, _, _ = strings.Cut(string(text), ":")
	return kind, user
}

// isForm reports whether a body is one of a form in a URL's encoding.
func isForm(t *mapping.Transaction) bool {
	return slices.ContainsFunc(t.RequestHeaders, func(h mapping.Header) bool {
		return isContentType(h) && strings.HasPrefix(strings.ToLower(h.Value), "application/x-www-form-urlencoded")
	})
}

// fillStatus fills the status line of the response.
func fillStatus(tx transaction, t *mapping.Transaction) {
	if s, ok := tx.Collection(variables.StatusLine).(settable); ok && t.Status != 0 {
		s.Set(strings.TrimSpace(or(t.ResponseVersion, "HTTP/1.1") + " " + strconv.Itoa(t.Status) + " " + http.StatusText(t.Status)))
	}
}
