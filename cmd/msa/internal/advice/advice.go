// Package advice has what to write into the configuration of servers and proxies, so that their logs show more.
package advice

import (
	"embed"
	"fmt"
	"slices"

	"github.com/modsecurity-for-anylog/msa/internal/coverage"
)

// Advice is how the log of one product can show more.
type Advice struct {
	Product string
	Note    string           // what it brings, and what can't be had
	Snippet string           // of the product's configuration; empty if there is nothing to write
	Shows   []coverage.Field // that a log has which is written so, beside the query and the status
}

//go:embed snippets/*.txt
var snippets embed.FS

var products = []struct {
	name, product, note string
	presets             []string
	shows               []coverage.Field
}{
	{"nginx", "nginx", "headers and request bodies; nginx does not log answers. Bodies that nginx writes to a file (client_body_buffer_size) are empty",
		[]string{"nginx", "nginx-json", "ingress-nginx", "nginx-proxy-manager"}, slices.Concat(headers("accept", "content-type", "content-length"), []coverage.Field{coverage.RequestBody, coverage.ResponseHeaders, coverage.Time})},
	{"envoy", "Envoy", "headers; a filter such as tap is needed for bodies", []string{"envoy", "envoy-gateway"}, append(headers("content-type"), coverage.Time)},
	{"istio", "Istio", "headers and who talks to whom; no bodies", []string{"istio"}, append(headers("content-type"), coverage.Time)},
	{"haproxy", "HAProxy", "headers and the beginning of request bodies, under nginx's names, which preset nginx-json reads", []string{"haproxy"}, append(headers("content-type"), coverage.RequestBody)},
	{"traefik", "Traefik", "all headers; no bodies", []string{"traefik"}, []coverage.Field{coverage.RequestHeaders, coverage.ResponseHeaders}},
	{"caddy", "Caddy", "Cookie, Set-Cookie and Authorization beside the headers that are logged anyway; no bodies", []string{"caddy"}, []coverage.Field{coverage.RequestHeaders, coverage.ResponseHeaders}},
	{"apache", "Apache HTTP Server", "some headers behind the line, which rules see; no bodies", []string{"apache"}, nil},
	{"", "Nano probe", "it cuts bodies after 1,024 bytes unless it is told to keep more: answers that prove an attack are often longer", []string{"nano"}, nil},
}

// headers are the fields of those that all snippets have, and others.
func headers(others ...string) (all []coverage.Field) {
	for _, name := range append([]string{"host", "user-agent", "referer", "cookie"}, others...) {
		all = append(all, coverage.HeaderField(name))
	}
	return all
}

// For is the advice for the logs that a preset reads; ok is false if there is none.
func For(preset string) (a Advice, ok bool) {
	for _, p := range products {
		if !slices.Contains(p.presets, preset) {
			continue
		}
		a = Advice{Product: p.product, Note: p.note, Shows: p.shows}
		if p.name != "" {
			text, err := snippets.ReadFile("snippets/" + p.name + ".txt")
			if err != nil {
				panic(fmt.Sprintf("no snippet of %s", p.name)) // the table above is wrong
			}
			a.Snippet = string(text)
		}
		return a, true
	}
	return Advice{}, false
}
