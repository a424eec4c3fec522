package pipeline

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// Config is a validated set of properties.
type Config struct {
	Engine      engine.Config
	Alert       alert.Options
	Mapping     string // a comma list of presets and files, and auto at its end
	Workloads   string // of a file; empty for none
	Canaries    string // the same
	AlertTag    string // may hold record accessors; empty for no alerts
	IncidentTag string // empty for no incidents
	PerIncident bool   // nothing but incidents is sent
	FromAlerts  bool   // records are alerts of other instances
	Shards      int    // among which records are divided, uninspected; 0 for none
	Format      alert.Format
	TextKey     string // empty for none
	Annotate    string // empty for off
	Workers     int
	AlertBuffer int // bytes
	Emitter     Emitter
	Behavior    string    // "default" or a file; empty for off
	StatePath   string    // of a file; empty for none
	Trial       bool      // what is learned is neither shared nor kept; StatePath is only read
	Habit       bool      // what many clients do at the same place every day is no evidence of an attack
	Profiler    *Profiler // nil but for measuring

	ByConfidence  bool // alarm where an attack is likely enough
	MinConfidence int  // 0 to 100
}

// tellsIncidents reports whether alerts are put together.
func (c *Config) tellsIncidents() bool {
	return c.IncidentTag != "" && (c.AlertTag != "" || c.PerIncident)
}

// Emitter is where alerts wait that the host has taken and its outputs have not.
type Emitter struct {
	Storage     string // Memory or Filesystem; empty for the host's own
	MemoryLimit int    // bytes
}

// Storages of an emitter.
const (
	Memory     = "memory"
	Filesystem = "filesystem"
)

var screenModes = map[string]engine.ScreenMode{"on": engine.ScreenOn, "off": engine.ScreenOff, "verify": engine.ScreenVerify}

// ParseConfig reads and validates the properties; values returns what was given for
// a property, nil when it was not. Errors name the property and its value.
func ParseConfig(values func(property string) []string) (Config, error) {
	p := parser{values: values}
	when := p.choice("alert_when", "confidence", "threshold", "match")
	per := p.choice("alert_per", "record", "rule", "incident")
	policyAlarms := p.choice("policy_rules", "note", "alarm") == "alarm"
	cfg := Config{
		Mapping:   strings.Join(p.list("mapping"), ","),
		Workloads: p.off("workloads"),
		Canaries:  p.off("canaries"),
		AlertTag:  p.off("alert_tag"),

		IncidentTag: p.off("incident_tag"),
		PerIncident: per == "incident",
		FromAlerts:  p.choice("incidents_from", "records", "alerts") == "alerts",
		Shards:      p.integer("shards", 0, 1<<16),

		Format:    alert.Format(p.choice("alert_format", alert.Formats()...)),
		TextKey:   p.off("alert_text_key"),
		Annotate:  p.off("annotate"),
		Behavior:  p.off("behavior"),
		Habit:     p.boolean("habit"),
		StatePath: p.off("state_path"),
		Workers:   p.integer("workers", 0, 1024),
		Engine: engine.Config{
			Rules:             p.list("rules"),
			ParanoiaLevel:     p.integer("paranoia_level", 1, 4),
			InboundThreshold:  p.integer("inbound_threshold", 1, 1<<20),
			OutboundThreshold: p.integer("outbound_threshold", 1, 1<<20),
			Exclude:           p.list("exclude"),
			BodyLimit:         p.size("body_limit", 1<<10, 1<<30),
			Screen:            screenModes[p.choice("screen", "on", "off", "verify")],
			CacheSize:         p.integer("cache_size", 0, 1<<30),
			Views:             p.boolean("views"),
			PolicyIsEvidence:  policyAlarms,
		},
		Alert: alert.Options{
			PerRule:       per == "rule",
			OnMatch:       when == "match",
			MinSeverity:   p.severity("min_severity"),
			IncludeBodies: p.boolean("include_bodies"),
			Mask:          p.boolean("mask"),
			ByOutcome:     p.boolean("outcome_severity"),
			Internal:      p.networks("internal_networks"),
		},
		AlertBuffer: p.size("alert_buffer", 1<<10, 1<<40),
		Emitter:     Emitter{MemoryLimit: p.size("emitter_mem_buf_limit", 1<<10, 1<<40)},

		ByConfidence:  when == "confidence",
		MinConfidence: p.integer("min_confidence", 0, 100),
	}
	if p.text("emitter_storage_type") != "" {
		cfg.Emitter.Storage = p.choice("emitter_storage_type", Memory, Filesystem)
	}
	// What is below the threshold matters where it is seen.
	cfg.Engine.ScreenAnyMatch = cfg.Alert.OnMatch || cfg.Annotate != ""
	cfg.Engine.Views = cfg.Engine.Views && cfg.ByConfidence
	cfg.Engine.ScreenEvidence = cfg.ByConfidence
	cfg.Engine.LooseIsNote = cfg.ByConfidence
	if cfg.TextKey == "" && cfg.Format.IsText() {
		p.fail("alert_text_key", "off", "leaves nothing of alerts in format %s, which are text", cfg.Format)
	}
	if cfg.PerIncident && cfg.IncidentTag == "" {
		p.fail("incident_tag", "off", "leaves nothing with alert_per incident")
	}
	if cfg.Shards > 0 {
		cfg.AlertTag, cfg.IncidentTag, cfg.PerIncident, cfg.Behavior = "", "", false, ""
		cfg.Engine.Rules = []string{rules.Evidence} // the fewest that there are: none is asked
		if cfg.FromAlerts {
			p.fail("shards", p.text("shards"), "divides records, and with incidents_from alerts there are none")
		}
	}
	if cfg.FromAlerts {
		cfg.Behavior = "" // there is nothing to learn from
		if !cfg.tellsIncidents() {
			p.fail("incidents_from", "alerts", "makes nothing but incidents, and incident_tag or alert_tag is off")
		}
	}
	if cfg.Workers == 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	if err := errors.Join(p.errs...); err != nil {
		return cfg, err
	}
	if _, err := parseTag(cfg.AlertTag); err != nil {
		return cfg, fmt.Errorf("property alert_tag: %w", err)
	}
	if err := checkRuleNames(cfg.Engine.Rules); err != nil {
		return cfg, fmt.Errorf("property rules: %w", err)
	}
	if err := cfg.Engine.Validate(); err != nil {
		return cfg, err
	}
	return cfg, nil
}

// checkRuleNames refuses what could only fail later, with ids that are there twice.
func checkRuleNames(names []string) error {
	if len(names) == 0 {
		return errors.New("no rules are named")
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("%q is named twice in %q", name, strings.Join(names, ","))
		}
	}
	return nil
}

// parser reads properties and collects what is wrong with them.
type parser struct {
	values func(string) []string
	errs   []error
}

func (p *parser) fail(name, value, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("property %s: %q %s", name, value, fmt.Sprintf(format, args...)))
}

// text is the last value given, or the default.
func (p *parser) text(name string) string {
	if v := p.values(name); len(v) > 0 {
		return strings.TrimSpace(v[len(v)-1])
	}
	i := slices.IndexFunc(properties[:], func(d Property) bool { return d.Name == name })
	return properties[i].Default
}

// off is a text, with "off" as none.
func (p *parser) off(name string) string {
	if s := p.text(name); !strings.EqualFold(s, "off") {
		return s
	}
	return ""
}

// list is all values, each of which may be a comma list.
func (p *parser) list(name string) []string {
	values := p.values(name)
	if len(values) == 0 {
		values = []string{p.text(name)}
	}
	var all []string
	for _, v := range values {
		for _, s := range strings.Split(v, ",") {
			if s = strings.TrimSpace(s); s != "" {
				all = append(all, s)
			}
		}
	}
	return all
}

func (p *parser) integer(name string, least, most int) int {
	s := p.text(name)
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		p.fail(name, s, "is not a whole number from %d to %d", least, most)
	}
	return n
}

func (p *parser) boolean(name string) bool {
	switch s := p.text(name); strings.ToLower(s) {
	case "on", "true", "yes", "1":
		return true
	case "off", "false", "no", "0":
	default:
		p.fail(name, s, "is neither on nor off")
	}
	return false
}

func (p *parser) size(name string, least, most int) int {
	s := p.text(name)
	n, err := ParseSize(s, least, most)
	if err != nil {
		p.fail(name, s, "%v", err)
	}
	return n
}

// ParseSize reads bytes as Fluent Bit writes them: 128K, 10M, 1G, a B after it allowed. The error goes on after the value.
func ParseSize(s string, least, most int) (int, error) {
	digits := strings.TrimRight(strings.ToUpper(s), "B")
	factor := 1
	if digits != "" {
		if i := strings.IndexByte("KMG", digits[len(digits)-1]); i >= 0 {
			factor, digits = 1<<(10*(i+1)), digits[:len(digits)-1]
		}
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || n > most/factor || n*factor < least {
		return 0, fmt.Errorf("is not a size from %d to %d bytes, such as 128K", least, most)
	}
	return n * factor, nil
}

func (p *parser) choice(name string, choices ...string) string {
	s := p.text(name)
	for _, c := range choices {
		if strings.EqualFold(s, c) {
			return c
		}
	}
	p.fail(name, s, "is not one of %s", strings.Join(choices, ", "))
	return ""
}

func (p *parser) severity(name string) int {
	s := strings.ToLower(p.text(name))
	if s == "" {
		return len(alert.Severities) - 1
	}
	if i := slices.Index(alert.Severities, s); i >= 0 {
		return i
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 7 {
		p.fail(name, s, "is not a severity: one of %s, or 0 to 7", strings.Join(alert.Severities, ", "))
	}
	return n
}

func (p *parser) networks(name string) []netip.Prefix {
	list := p.list(name)
	if len(list) == 0 {
		return mapping.PrivateNetworks()
	}
	var all []netip.Prefix
	for _, s := range list {
		prefix, err := mapping.ParseNetwork(s)
		if err != nil {
			p.fail(name, s, "is not a network such as 10.0.0.0/8")
			continue
		}
		all = append(all, prefix)
	}
	return all
}
