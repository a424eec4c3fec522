package mapping

import (
	"embed"
	"fmt"
	"slices"
	"sync"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// presetOrder is the order in which auto tries: those that are recognised by fields that
// nobody else has come first, those that any access log could be come last.
var presetOrder = []string{
	"nano", "nano-sql", "nano-redis", "nano-dns",
	"kubernetes-audit", "gke-audit", "aks-audit", "gcp-lb", "azure-appgw", "azure-frontdoor", "azure-appservice", "aws-waf", "aws-apigw", "aws-lambda",
	"cloudflare", "akamai", "fastly", "hubble", "falco-k8saudit", "modsecurity", "ocsf", "har", "kong", "apisix",
	"tyk", "gravitee", "hasura", "elasticsearch-audit", "minio-audit", "vault-audit", "nextcloud", "keycloak", "knox", "drupal", "bunny",
	"suricata", "zeek", "caddy", "traefik",
	"istio", "envoy-gateway", "envoy", // the JSON of both has the same keys, and Istio's has more
	"packetbeat", "ecs", "opentelemetry", "rails", "pino", "tomcat", "monolog", "logbook", "aspnet", "tower-http", "sentry", "firewall",
	"aws-alb", "aws-elb", "aws-nlb", "aws-s3", "aws-cloudfront", "iis", "haproxy",
	"solr", "sql", "gorouter", "linkerd", "nginx-proxy-manager", "squid", "uvicorn", "uwsgi", "django", "morgan", "gin", "chi", "spring", "hapi", "phoenix", "aem",
	"ingress-nginx", "nginx-json", "nginx", "apache", "cef", anyProgram, "ltsv", AnyNames, AnyText,
}

// anyProgram is the preset that goes by the usual names of fields alone. What another preset skips is not for it.
const anyProgram = "structured"

// AnyNames is the preset that finds the parts of a request under any names. What another preset takes or skips is not for it.
const AnyNames = "fields"

// AnyText is the preset that finds a request in a line of any format. What another preset takes or skips is not for it.
const AnyText = "text"

// moreSpecific are the presets that must be asked first though a record of the tag was one of the named preset's:
// their records look like its own where a line is cut or has less in it, and the tag would stay with it.
var moreSpecific = map[string][]string{
	"apache": {"nginx-proxy-manager", "traefik", "tomcat", "linkerd", "squid", "ingress-nginx", "nginx"},
	"nginx":  {"nginx-proxy-manager", "traefik", "tomcat", "linkerd", "squid", "ingress-nginx"},
	"envoy":  {"istio", "envoy-gateway"},
	"ecs":    {"packetbeat"},
	"ocsf":   {"modsecurity"},
	anyProgram: {"gcp-lb", "azure-appgw", "azure-frontdoor", "azure-appservice", "aws-waf", "aws-apigw", "aws-lambda", "cloudflare", "akamai", "fastly", "hubble", "modsecurity", "ocsf", "har",
		"kong", "apisix", "tyk", "gravitee", "hasura", "elasticsearch-audit", "minio-audit", "vault-audit", "suricata", "zeek", "caddy", "traefik", "istio", "envoy-gateway", "envoy", "packetbeat", "ecs", "opentelemetry", "rails", "pino", "tomcat", "monolog", "logbook", "aspnet",
		"tower-http", "sentry", "firewall", "linkerd", "nginx-proxy-manager", "squid", "ingress-nginx", "nginx-json", "nginx", "apache", "cef"},
}

// presets are all of them, in the order in which they are tried.
var presets = sync.OnceValue(func() []*Mapping {
	var all []*Mapping
	for _, name := range presetOrder {
		all = append(all, presetOf[name]()...)
	}
	return all
})

// presetOf compiles a preset once, when it is asked for: who names one does without the others.
var presetOf = func() map[string]func() []*Mapping {
	all := map[string]func() []*Mapping{}
	for _, name := range presetOrder {
		all[name] = sync.OnceValue(func() []*Mapping { return compilePreset(name) })
	}
	return all
}()

func compilePreset(name string) []*Mapping {
	text, err := PresetText(name)
	if err != nil {
		panic(err) // embedded: can't happen
	}
	all, err := Parse("presets/"+name+".yaml", text)
	if err != nil {
		panic(err) // a test compiles every preset
	}
	for _, one := range all {
		one.Name = name
	}
	return all
}

func presetNames() map[string]bool {
	all := map[string]bool{}
	for _, name := range presetOrder {
		all[name] = true
	}
	return all
}

// Preset is what the embedded file of that name has.
func Preset(name string) ([]*Mapping, error) {
	of, ok := presetOf[name]
	if !ok {
		return nil, fmt.Errorf("no preset %q: %s", name, suggest(name, presetNames()))
	}
	return slices.Clone(of()), nil
}

// PresetNames lists the embedded mappings in the order in which auto tries them.
func PresetNames() []string {
	return append([]string(nil), presetOrder...)
}

// PresetText is the file of the embedded mapping of that name, to build upon.
func PresetText(name string) ([]byte, error) {
	return presetFiles.ReadFile("presets/" + name + ".yaml")
}
