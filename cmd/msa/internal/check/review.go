package check

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/internal/fluentconf"
	"github.com/modsecurity-for-anylog/msa/internal/typo"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// Remark is what there is to say of a section of a Fluent Bit configuration.
type Remark struct {
	Place string `json:"place"`
	Level string `json:"level"` // warning, or error: Fluent Bit would not start, or the section would not work
	Text  string `json:"message"`
}

func (r Remark) String() string { return fmt.Sprintf("%s: %s: %s", r.Place, r.Level, r.Text) }

func (r Remark) isError() bool { return r.Level == "error" }

// review says what in a configuration keeps MSA from working, or its alerts from arriving.
type review struct {
	sections []fluentconf.Section
	remarks  []Remark
}

func (r *review) add(s fluentconf.Section, isError bool, format string, args ...any) {
	level := "warning"
	if isError {
		level = "error"
	}
	remark := Remark{s.Place, level, fmt.Sprintf(format, args...)}
	if !slices.Contains(r.remarks, remark) { // an output may get what several filters tell
		r.remarks = append(r.remarks, remark)
	}
}

// filters are the filter's sections, processors included.
func (r *review) filters() []fluentconf.Section {
	return slices.DeleteFunc(slices.Clone(r.sections), func(s fluentconf.Section) bool { return !s.Is("filter", "msa") })
}

// hostKeys are the keys that Fluent Bit takes of every filter.
var hostKeys = []string{"name", "match", "match_regex", "alias", "log_level", "log_suppress_interval", "condition"}

// properties are those of the filter's section, as the filter gets them; ok is false if it has others, with which Fluent Bit
// would not start.
func (r *review) properties(s fluentconf.Section) (given inspect.Properties, ok bool) {
	given, ok = inspect.Properties{}, true
	var names []string
	for _, p := range pipeline.Properties() {
		names = append(names, p.Name)
		v := s.Keys[p.Name]
		if len(v) > 1 && !p.Multiple {
			r.add(s, true, "%s is given %d times, which Fluent Bit refuses", p.Name, len(v))
			ok, v = false, v[len(v)-1:]
		}
		switch {
		case len(v) > 0 && strings.TrimSpace(v[0]) == "": // the filter asks for the first
			r.add(s, false, "%s is empty, perhaps by a variable that is not set: that is as if it were not given", p.Name)
		case v != nil:
			given[p.Name] = v
		}
	}
	for key := range s.Keys {
		if slices.Contains(hostKeys, key) || slices.Contains(names, key) {
			continue
		}
		meant := ""
		if near := typo.Nearest(key, names); near != "" {
			meant = fmt.Sprintf("; did you mean %s?", near)
		}
		r.add(s, true, "there is no property %q%s", key, meant)
		ok = false
	}
	return given, ok
}

// service reviews what concerns all filters.
func (r *review) service() {
	stored := false
	for _, s := range r.sections {
		if s.Kind != "service" {
			continue
		}
		stored = stored || s.Get("storage.path") != ""
		if isOn(s.Get("daemon")) {
			r.add(s, true, "daemon on: a Go runtime does not survive the fork; run Fluent Bit in the foreground or under systemd")
		}
	}
	if filters := r.filters(); !stored && len(filters) > 0 {
		r.add(filters[0], false, "there is no storage.path in the service: alerts that wait for an output are lost when Fluent Bit ends")
	}
}

// flow reviews what comes to a filter, and where its alerts and incidents go.
func (r *review) flow(f fluentconf.Section, config pipeline.Config) {
	r.inputs(f)
	if !config.PerIncident {
		r.outputs(f, config, config.AlertTag, "alerts", true)
	}
	r.outputs(f, config, config.IncidentTag, "incidents", config.PerIncident || f.Get("incident_tag") != "")
}

// outputs reviews those that take a tag, which one has to if it is wanted.
func (r *review) outputs(f fluentconf.Section, config pipeline.Config, tag, what string, wanted bool) {
	if tag == "" || strings.Contains(tag, "$") { // none, or those of the records
		return
	}
	found := false
	for _, out := range r.sections {
		if out.Kind != "output" || !out.Matches(tag) {
			continue
		}
		found = true
		if out.Is("output", "syslog") {
			r.syslog(out, f, config)
		}
	}
	if !found && wanted {
		r.add(f, false, "no output matches %s: %s go nowhere", tag, what)
	}
}

func (r *review) inputs(f fluentconf.Section) {
	match := strings.TrimSpace(f.Get("match") + f.Get("match_regex"))
	if match == "" && !strings.Contains(f.Place, "processors") {
		r.add(f, true, "the filter has no match: Fluent Bit does not start")
		return
	}
	found, isOpen := false, false
	for _, in := range r.sections {
		if in.Kind != "input" {
			continue
		}
		tag := in.Get("tag")
		if tag == "" || strings.ContainsAny(tag, "*<$") { // as the input or the sender makes it
			isOpen = true
			continue
		}
		if !f.Matches(tag) {
			continue
		}
		found = true
		if isOn(in.Get("threaded")) && in.Get("mem_buf_limit") == "" && !strings.Contains(f.Place, "processors") {
			r.add(in, false, "threaded without Mem_Buf_Limit: it reads faster than rules can be applied, and all that waits is in memory")
		}
	}
	if !found && !isOpen {
		r.add(f, false, "no input has a tag that %s matches: the filter gets nothing", match)
	}
}

const (
	// shortestWhole is what an alert with headers and bodies of some kilobytes needs.
	shortestWhole = 16 << 10
	textKey       = "log" // has the text of alerts, unless alert_text_key is given
	syslogLimit   = 2048  // of Fluent Bit, unless Syslog_MaxSize is given
)

func (r *review) syslog(out, f fluentconf.Section, config pipeline.Config) {
	limit, err := strconv.Atoi(out.Get("syslog_maxsize"))
	if err != nil {
		limit = syslogLimit
	}
	if limit < shortestWhole {
		r.add(out, false, "Syslog_MaxSize is %d: alerts are longer, and would be cut; 60000 fits a datagram", limit)
	}
	switch key := out.Get("syslog_message_key"); {
	case config.TextKey == "" && (key == "" || key == textKey):
		r.add(out, true, "Syslog_Message_Key is %q, and alert_text_key is off in the filter of %s: messages would be empty", key, f.Place)
	case config.TextKey == "":
		r.add(out, false, "alert_text_key is off in the filter of %s, so alerts have no text for syslog", f.Place)
	case key != config.TextKey:
		r.add(out, true, "Syslog_Message_Key is %q, and the text of alerts is under %q: messages would be empty", key, config.TextKey)
	}
	if out.Get("syslog_hostname_key") == "host" && !config.PerIncident && out.Matches(config.AlertTag) && !slices.ContainsFunc(r.sections, func(s fluentconf.Section) bool {
		return s.Is("filter", "modify") && s.Matches(config.AlertTag) && strings.Contains(s.Get("remove"), "host")
	}) {
		r.add(out, false, "Syslog_Hostname_Key is host, which is empty where the log has none: strict receivers refuse such messages; "+
			"fluent-bit.conf has a filter modify that removes it then")
	}
}

func isOn(value string) bool { return regexp.MustCompile(`(?i)^(on|true|yes)$`).MatchString(value) }
