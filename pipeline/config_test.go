package pipeline

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// given makes properties of name=value.
func given(properties ...string) func(string) []string {
	return func(name string) []string {
		var all []string
		for _, p := range properties {
			if key, value, _ := strings.Cut(p, "="); key == name {
				all = append(all, value)
			}
		}
		return all
	}
}

func TestDefaults(t *testing.T) {
	cfg, err := ParseConfig(given())
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Mapping != "auto" || len(cfg.Engine.Rules) != 1 || cfg.Engine.Rules[0] != "crs" || cfg.Engine.ParanoiaLevel != 1 ||
		cfg.Engine.InboundThreshold != 5 || cfg.Engine.OutboundThreshold != 4 || cfg.AlertTag != "msa.alert" || cfg.TextKey != "log" || cfg.Format != alert.MSA ||
		cfg.Annotate != "" || !cfg.Alert.IncludeBodies || !cfg.Alert.Mask || cfg.Alert.PerRule || cfg.Alert.OnMatch || cfg.Alert.MinSeverity != 7 ||
		len(cfg.Alert.Internal) != 8 || cfg.Workers < 1 || cfg.Engine.BodyLimit != 128<<10 || cfg.AlertBuffer != 10<<20 ||
		!cfg.ByConfidence || cfg.MinConfidence != 40 || !cfg.Engine.Views || cfg.Engine.PolicyIsEvidence {
		t.Errorf("got %+v", cfg)
	}
}

func TestParseConfig(t *testing.T) {
	for _, c := range []struct {
		property string
		ok       func(Config) bool // nil: refused
	}{
		{"rules=crs, /a/*.conf", func(c Config) bool { return len(c.Engine.Rules) == 2 && c.Engine.Rules[1] == "/a/*.conf" }},
		{"rules=crs,own.conf,crs", nil},
		{"rules=", nil},
		{"paranoia_level=4", func(c Config) bool { return c.Engine.ParanoiaLevel == 4 }},
		{"paranoia_level=5", nil},
		{"paranoia_level=high", nil},
		{"inbound_threshold=0", nil},
		{"exclude=942100@/x,attack-sqli", func(c Config) bool { return len(c.Engine.Exclude) == 2 }},
		{"exclude=942100@\"", nil},
		{"alert_tag=off", func(c Config) bool { return c.AlertTag == "" }},
		{"alert_tag=msa.$TAG[x]", nil},
		{"alert_format=ECS", func(c Config) bool { return c.Format == alert.ECS }},
		{"alert_format=xml", nil},
		{"alert_per=rule", func(c Config) bool { return c.Alert.PerRule }},
		{"alert_per=chunk", nil},
		{"alert_text_key=off", func(c Config) bool { return c.TextKey == "" }},
		{"alert_when=Match", func(c Config) bool { return c.Alert.OnMatch }},
		{"min_severity=error", func(c Config) bool { return c.Alert.MinSeverity == 3 }},
		{"min_severity=2", func(c Config) bool { return c.Alert.MinSeverity == 2 }},
		{"min_severity=9", nil},
		{"annotate=waf", func(c Config) bool { return c.Annotate == "waf" }},
		{"include_bodies=False", func(c Config) bool { return !c.Alert.IncludeBodies }},
		{"include_bodies=maybe", nil},
		{"internal_networks=100.64.0.0/10, 10.0.0.1", func(c Config) bool {
			return len(c.Alert.Internal) == 2 && c.Alert.Internal[1].String() == "10.0.0.1/32"
		}},
		{"internal_networks=10.0.0.0/33", nil},
		{"workers=3", func(c Config) bool { return c.Workers == 3 }},
		{"workers=-1", nil},
		{"body_limit=64k", func(c Config) bool { return c.Engine.BodyLimit == 64<<10 }},
		{"body_limit=1MB", func(c Config) bool { return c.Engine.BodyLimit == 1<<20 }},
		{"body_limit=1T", nil},
		{"body_limit=", nil},
		{"body_limit=9999999999999G", nil},
		{"alert_buffer=1G", func(c Config) bool { return c.AlertBuffer == 1<<30 }},
		{"screen=verify", func(c Config) bool { return c.Engine.Screen == engine.ScreenVerify }},
		{"screen=maybe", nil},
		{"mask=off", func(c Config) bool { return !c.Alert.Mask }},
		{"mask=maybe", nil},
	} {
		t.Run(c.property, func(t *testing.T) {
			cfg, err := ParseConfig(given(c.property))
			name, value, _ := strings.Cut(c.property, "=")
			switch {
			case c.ok != nil && (err != nil || !c.ok(cfg)):
				t.Errorf("got %+v, %v", cfg, err)
			case c.ok == nil && err == nil:
				t.Error("was accepted")
			case c.ok == nil && (!strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), strings.TrimPrefix(strings.Trim(value, `"`), "msa."))):
				t.Errorf("%q names neither the property nor the value", err)
			}
		})
	}
}

// Who asks for a format that there is not reads which there are.
func TestFormatsAreNamed(t *testing.T) {
	_, err := ParseConfig(given("alert_format=xml"))
	if err == nil {
		t.Fatal("was accepted")
	}
	for _, f := range alert.Formats() {
		if !strings.Contains(err.Error(), f) {
			t.Errorf("%q does not name %s", err, f)
		}
	}
}

func TestEveryPropertyIsKnown(t *testing.T) {
	asked := map[string]bool{}
	if _, err := ParseConfig(func(name string) []string { asked[name] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, p := range Properties() {
		if !asked[p.Name] {
			t.Errorf("%s is documented and not read", p.Name)
		}
		if p.Description == "" {
			t.Errorf("%s has no description", p.Name)
		}
		delete(asked, p.Name)
	}
	if len(asked) > 0 {
		t.Errorf("read and not documented: %v", asked)
	}
}

func TestTag(t *testing.T) {
	r, _, err := mapping.AppendJSON(nil, []byte(`{"host":"h1","k":{"ns":"prod"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ template, want string }{
		{"msa.alert", "msa.alert"},
		{"msa.$TAG", "msa.udp.0"},
		{"msa.$TAG[1].x", "msa.0.x"},
		{"msa.$TAG[7]", "msa."},
		{"msa.$host.$k['ns']", "msa.h1.prod"},
		{"$host,$k['ns']", "h1,prod"},
		{"$k['ns'] $host$TAG", "prod h1udp.0"},
		{"$none", ""},
	} {
		tag, err := parseTag(c.template)
		if err != nil {
			t.Fatal(err)
		}
		if got := tag.expand("udp.0", r); got != c.want {
			t.Errorf("%s: got %q, want %q", c.template, got, c.want)
		}
	}
}
