package behavior

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/internal/typo"
	"github.com/modsecurity-for-anylog/msa/internal/userfile"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Default is the name of the detectors that MSA comes with.
const Default = "default"

//go:embed default.yaml
var defaults []byte

// Spec is one detector as a file has it. Durations are Go's, and d for days.
type Spec struct {
	Name        string         `yaml:"name"`
	ID          int            `yaml:"id"` // rule_id of its alerts
	Type        string         `yaml:"type"`
	Description string         `yaml:"description"`
	Severity    string         `yaml:"severity"`
	Tags        []string       `yaml:"tags"`
	Where       conditionSpec  `yaml:"where"`
	Unless      conditionSpecs `yaml:"unless"`
	Key         []string       `yaml:"key"`
	MaxKeys     int            `yaml:"max_keys"`
	Suppress    duration       `yaml:"suppress"` // alerts of the same key
	Disabled    bool           `yaml:"disabled"`

	Window duration `yaml:"window"` // threshold, distinct, volume, pivot
	Count  int      `yaml:"count"`  // threshold, distinct
	Field  []string `yaml:"field"`  // distinct, first_seen: what is counted or new

	Peers []string `yaml:"peers"` // volume, sequence: what others have in common that set precedents

	Amount  string  `yaml:"amount"`   // volume: response_bytes, request_bytes, query_bytes, sensitive or events
	AtLeast int64   `yaml:"at_least"` // volume: less never alarms
	Factor  float64 `yaml:"factor"`   // volume: how far from the past
	Windows int     `yaml:"windows"`  // volume: of the past, before it counts

	Learn      duration `yaml:"learn"`       // first_seen, off_hours, volume: before anything alarms
	Settle     duration `yaml:"settle"`      // first_seen: a new key learns so long
	Forget     duration `yaml:"forget"`      // first_seen, off_hours, volume: what was not seen for so long
	CommonFrom int      `yaml:"common_from"` // first_seen: what so many keys have is nothing special

	accessors map[string]mapping.Accessor
}

// duration is a time.Duration in YAML.
type duration time.Duration

// longestDays bounds durations: more can't be counted.
const longestDays = 100 * 365

var inDays = regexp.MustCompile(`^(\d+)d$`)

// UnmarshalYAML reads 90s, 5m, 24h and 30d.
func (d *duration) UnmarshalYAML(node ast.Node) error {
	token := node.GetToken()
	s := strings.TrimSpace(token.Value)
	var v time.Duration
	var err error
	if m := inDays.FindStringSubmatch(s); m != nil {
		var days int
		days, err = strconv.Atoi(m[1])
		v = time.Duration(min(days, longestDays+1)) * 24 * time.Hour
	} else {
		v, err = time.ParseDuration(s)
	}
	if err != nil || v < 0 || v > longestDays*24*time.Hour {
		return fmt.Errorf("line %d, column %d: %q is not a duration of up to 100 years such as 90s, 5m, 24h or 30d",
			token.Position.Line, token.Position.Column, s)
	}
	*d = duration(v)
	return nil
}

func (d duration) milliseconds() int64 { return int64(time.Duration(d) / time.Millisecond) }

// String is 5m, where time.Duration's is 5m0s, and nothing for none.
func (d duration) String() string {
	if d == 0 {
		return ""
	}
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Load reads detectors: Default, or a YAML file. Errors name file, line and detector.
func Load(source string) ([]Spec, error) {
	text := defaults
	if source != Default {
		var err error
		text, err = os.ReadFile(source)
		switch {
		case errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(source, "./"):
			return nil, fmt.Errorf("%q is neither default nor off, nor a file", source)
		case err != nil:
			return nil, fmt.Errorf("cannot read detectors %q: %w", source, err)
		}
	}
	specs, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("cannot read detectors %q: %w", source, err)
	}
	return specs, nil
}

// file is a YAML file of detectors.
type file struct {
	Include   string `yaml:"include"` // default: those of MSA come first, and those of the same name replace them
	Detectors []Spec `yaml:"detectors"`
}

// unmarshal reads YAML. At some texts that are none the library panics.
func unmarshal(text []byte, to any) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("cannot read it as YAML: %v", v)
		}
	}()
	text, err = userfile.Text(text)
	if err != nil {
		return err
	}
	return userfile.Mistake(yaml.UnmarshalWithOptions(text, to, yaml.Strict()))
}

// Parse reads the text of a YAML file.
func Parse(text []byte) ([]Spec, error) {
	var f file
	if err := unmarshal(text, &f); err != nil {
		return nil, err
	}
	var all []Spec
	switch f.Include {
	case "":
	case Default:
		var err error
		if all, err = Parse(defaults); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("include: %q is not %q", f.Include, Default)
	}
	if f.Include == "" && len(f.Detectors) == 0 {
		return nil, errors.New("there is no detector in it; behavior off turns them off")
	}
	own := map[string]bool{}
	for i := range f.Detectors {
		s := f.Detectors[i]
		if err := s.complete(); err != nil {
			name := s.Name
			if name == "" {
				name = fmt.Sprintf("number %d", i+1)
			}
			return nil, fmt.Errorf("detector %s: %w", name, err)
		}
		if own[s.Name] {
			return nil, fmt.Errorf("detector %s: there are two of that name", s.Name)
		}
		own[s.Name] = true
		if at := slices.IndexFunc(all, func(o Spec) bool { return o.Name == s.Name }); at >= 0 {
			all[at] = s
		} else {
			all = append(all, s)
		}
	}
	ids := map[int]string{}
	for _, s := range all {
		if other, ok := ids[s.ID]; ok {
			return nil, fmt.Errorf("detector %s: has the id %d, as has %s", s.Name, s.ID, other)
		}
		ids[s.ID] = s.Name
	}
	return slices.DeleteFunc(all, func(s Spec) bool { return s.Disabled }), nil
}

// types says for each type of detector which keys it needs, and which it may have beside those that all have.
var types = map[string]struct{ needs, may []string }{
	"threshold":  {needs: []string{"key", "count", "window"}},
	"distinct":   {needs: []string{"key", "count", "window", "field"}},
	"volume":     {needs: []string{"key", "window", "amount", "at_least"}, may: []string{"factor", "windows", "learn", "forget", "peers"}},
	"logins":     {needs: []string{"key", "count", "window"}, may: []string{"forget", "field"}},
	"sequence":   {needs: []string{"key", "count", "window"}, may: []string{"peers"}},
	"first_seen": {needs: []string{"key", "field", "learn"}, may: []string{"settle", "forget", "common_from"}},
	"beacon":     {needs: []string{"key", "field", "count", "window", "learn"}, may: []string{"settle", "forget", "common_from"}},
	"pivot":      {needs: []string{"window"}},
	"off_hours":  {needs: []string{"key", "learn"}, may: []string{"forget"}},
}

var detectorName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// The most that a detector may be asked to count one by one.
const maxCount = 100_000

// complete checks a detector, and sets what it leaves out.
func (s *Spec) complete() error {
	if !detectorName.MatchString(s.Name) {
		return fmt.Errorf("name %q is not made of a-z, 0-9 and -", s.Name)
	}
	kind, ok := types[s.Type]
	if !ok {
		return fmt.Errorf("type %q is not one of threshold, distinct, volume, first_seen, beacon, logins, sequence, pivot, off_hours", s.Type)
	}
	given := map[string]bool{
		"key": len(s.Key) > 0, "count": s.Count != 0, "window": s.Window != 0, "field": len(s.Field) > 0,
		"amount": s.Amount != "", "at_least": s.AtLeast != 0, "factor": s.Factor != 0, "windows": s.Windows != 0,
		"peers": len(s.Peers) > 0, "learn": s.Learn != 0, "settle": s.Settle != 0, "forget": s.Forget != 0, "common_from": s.CommonFrom != 0,
	}
	for _, name := range kind.needs {
		if !given[name] {
			return fmt.Errorf("%s is missing, which a %s detector needs", name, s.Type)
		}
		delete(given, name)
	}
	for _, name := range kind.may {
		delete(given, name)
	}
	for name, has := range given {
		if has {
			return fmt.Errorf("%s has no meaning for a %s detector", name, s.Type)
		}
	}
	switch {
	case s.ID < 1:
		return errors.New("id is missing: the rule_id of its alerts, such as 9702100")
	case s.Count < 0 || s.Count > maxCount:
		return fmt.Errorf("count %d is not between 1 and %d", s.Count, maxCount)
	case s.Type == "logins" && len(s.Field) > 0 && s.Count > exactly:
		return fmt.Errorf("count %d is more than %d, the most different values of a logins detector with field", s.Count, exactly)
	case s.Window < 0 || s.Window != 0 && time.Duration(s.Window) < time.Second:
		return errors.New("window is shorter than a second")
	case s.Factor < 0, s.AtLeast < 0, s.Windows < 0, s.CommonFrom < 0, s.MaxKeys < 0:
		return errors.New("a number is negative")
	}
	if s.Type == "volume" && !slices.Contains(amounts, s.Amount) {
		return fmt.Errorf("amount %q is not one of %s", s.Amount, strings.Join(amounts, ", "))
	}
	if s.Severity == "" {
		s.Severity = "warning"
	}
	if !slices.Contains(alert.Severities, s.Severity) {
		return fmt.Errorf("severity %q is not one of %s", s.Severity, strings.Join(alert.Severities, ", "))
	}
	set(&s.MaxKeys, 100_000)
	set(&s.Factor, 8)
	set(&s.Windows, 6)
	set(&s.Suppress, max(s.Window, duration(time.Hour)))
	set(&s.Forget, 30*duration(24*time.Hour))
	s.accessors = map[string]mapping.Accessor{}
	for _, name := range slices.Concat(s.Key, s.Field, s.Peers) {
		if err := s.know(name); err != nil {
			return err
		}
	}
	for _, c := range s.allConditions() {
		for name, value := range c {
			if _, err := newCondition(name, value); err != nil {
				return err
			}
			if strings.HasPrefix(name, "$") {
				if err := s.know(name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// unknownRules says which ids and tags of its conditions none of these rules has.
func (s *Spec) unknownRules(all []engine.Named) (warnings []string) {
	for _, spec := range s.allConditions() {
		for _, name := range []string{"rule", "rule_tag"} {
			if spec[name] == nil {
				continue
			}
			for _, value := range valuesOf(spec[name]) {
				c, err := conditionOf(name, []string{value})
				if err != nil || slices.ContainsFunc(all, func(n engine.Named) bool {
					return c(&Observation{Rules: []int{n.ID}, RuleTags: n.Tags})
				}) {
					continue
				}
				warning := fmt.Sprintf("detector %s: %s %q fits no rule that is loaded", s.Name, name, value)
				if nearest := engine.NearestTag(value, all); name == "rule_tag" && nearest != "" {
					warning += fmt.Sprintf("; did you mean %q?", nearest)
				}
				warnings = append(warnings, warning)
			}
		}
	}
	return warnings
}

func set[T int | float64 | duration](v *T, instead T) {
	if *v == 0 {
		*v = instead
	}
}

// allConditions are what must hold, and what must not.
func (s *Spec) allConditions() []conditionSpec { return append(slices.Clone(s.Unless), s.Where) }

// uses reports whether some of these names are in the key, in what is counted, in peers or in conditions.
func (s *Spec) uses(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return s.names(name) || slices.Contains(s.Peers, name) ||
			slices.ContainsFunc(s.allConditions(), func(c conditionSpec) bool { return c[name] != nil })
	})
}

// names reports whether a field is one of the key or of what is counted.
func (s *Spec) names(field string) bool {
	return slices.Contains(s.Key, field) || slices.Contains(s.Field, field)
}

// know finds out whether there is such a field.
func (s *Spec) know(name string) error {
	if strings.HasPrefix(name, "$") {
		a, err := mapping.ParseAccessor(name)
		if err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
		s.accessors[name] = a
		return nil
	}
	if !slices.ContainsFunc(fields, func(f field) bool { return f.name == name }) {
		var all []string
		for _, f := range fields {
			all = append(all, f.name)
		}
		if near := typo.Nearest(name, all); near != "" {
			return fmt.Errorf("there is no field %q; did you mean %q?", name, near)
		}
		return fmt.Errorf("there is no field %q, but %s, and record accessors such as $kubernetes['pod_name']", name, strings.Join(all, ", "))
	}
	return nil
}
