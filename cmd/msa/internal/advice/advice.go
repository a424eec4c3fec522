// Package advice has what to write into the configuration of servers and proxies, so that their logs show more.
package advice

import (
	"embed"
	"fmt"
	"slices"
)

// Advice is how the log of one product can show more.
type Advice struct {
	Product string
	Note    string // what it brings, and what can't be had
	Snippet string // of the product's configuration; empty if there is nothing to write
}

//go:embed snippets/*.txt
var snippets embed.FS

var products = []struct {
	name, product, note string
	presets             []string
}{
	{"nginx", "nginx", "headers and request bodies; nginx does not log answers. Bodies that nginx writes to a file (client_body_buffer_size) are empty",
		[]string{"nginx", "nginx-json", "ingress-nginx", "nginx-proxy-manager"}},
	{"envoy", "Envoy", "headers; a filter such as tap is needed for bodies", []string{"envoy", "envoy-gateway"}},
	{"istio", "Istio", "headers and who talks to whom; no bodies", []string{"istio"}},
	{"haproxy", "HAProxy", "headers and the beginning of request bodies, under nginx's names, which preset nginx-json reads", []string{"haproxy"}},
	{"traefik", "Traefik", "all headers; no bodies", []string{"traefik"}},
	{"caddy", "Caddy", "Cookie, Set-Cookie and Authorization beside the headers that are logged anyway; no bodies", []string{"caddy"}},
	{"apache", "Apache HTTP Server", "some headers behind the line, which rules see; no bodies", []string{"apache"}},
	{"", "Nano probe", "it cuts bodies after 1,024 bytes unless it is told to keep more: answers that prove an attack are often longer", []string{"nano"}},
}

// For is the advice for the logs that a preset reads; ok is false if there is none.
func For(preset string) (a Advice, ok bool) {
	for _, p := range products {
		if !slices.Contains(p.presets, preset) {
			continue
		}
		a = Advice{Product: p.product, Note: p.note}
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
