package triage

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Suspect is one value of a record, with the rules that matched it.
type Suspect struct {
	Variable string // "ARGS:q"
	Value    string // as the least transforming rule has seen it
	Views    string // how it was read, where only readings matched
	Rules    []int

	place    string
	families []string
	others   int    // suspects of the record
	share    int    // of the value that the longest match is, in eighths
	inWords  int    // matches that begin in the middle of a word: .profile of userinfo.profile
	matched  string // what the first rule found of which it is known where
	located  bool   // it is known where in the value a match is
	before   int    // words of a language before the first match
	after    int    // and behind the last
}

// Suspects are the values of a transaction that are evidence of an attack, in the order of their first match.
func Suspects(tx *mapping.Transaction, v *engine.Verdict) []Suspect { return suspectsBut(nil, tx, v) }

// suspectsBut leaves out what is habit; isHabit may be nil.
func suspectsBut(isHabit func(rule int, variable string) bool, tx *mapping.Transaction, v *engine.Verdict) []Suspect {
	var all []Suspect
	for i := range v.Matches {
		m := &v.Matches[i]
		if !m.IsEvidence() {
			continue
		}
		for _, p := range places(m) {
			variable, reading := readingOf(m, p)
			// What a rule finds in what it has found is where that was.
			if isOrdinary(tx, m, strings.TrimPrefix(variable, "MATCHED_VARS:"), p.Value) || isHabit != nil && m.IsShipped() && isHabit(m.RuleID, variable) {
				continue
			}
			at := slices.IndexFunc(all, func(s Suspect) bool { return s.Variable == variable })
			if at < 0 {
				at = len(all)
				all = append(all, Suspect{Variable: variable, Views: reading, place: placeOf(variable)})
			}
			all[at].add(m, p.Value, reading)
		}
	}
	for i := range all {
		all[i].others = len(all) - 1
		all[i].narrow()
	}
	return all
}

// places are where a rule matched.
func places(m *engine.Match) []engine.Place {
	if len(m.Places) == 0 {
		return []engine.Place{{Variable: m.Variable, Value: m.Value}}
	}
	return m.Places
}

// Variables are those on which a rule matched, in whatever reading of their values.
func Variables(m *engine.Match) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, p := range places(m) {
			variable, _ := readingOf(m, p)
			if !yield(variable) {
				return
			}
		}
	}
}

// readingOf is the variable that a rule matched, and how its value was read if that is another than the value itself.
func readingOf(m *engine.Match, p engine.Place) (variable, reading string) {
	if !m.View {
		return p.Variable, ""
	}
	return splitView(p.Variable)
}

func splitView(name string) (variable, reading string) {
	at := strings.LastIndex(name, " (")
	if at < 0 || !strings.HasSuffix(name, ")") {
		return name, ""
	}
	return name[:at], name[at+2 : len(name)-1]
}

func (s *Suspect) add(m *engine.Match, value, reading string) {
	if !slices.Contains(s.Rules, m.RuleID) {
		s.Rules = append(s.Rules, m.RuleID)
	}
	if len(value) > len(s.Value) {
		s.Value = value
	}
	if reading == "" {
		s.Views = ""
	} else if s.Value == value && s.Views != "" {
		s.Views = reading
	}
	if f := family(m); !slices.Contains(s.families, f) {
		s.families = append(s.families, f)
	}
	if matched, ok := matchedData(m.Data); ok && len(value) > 0 {
		s.locate(matched, value)
	}
}

// locate notes where in a value a rule has found what it looks for.
func (s *Suspect) locate(matched, value string) {
	s.share = max(s.share, min(8, (8*len(matched)+len(value)-1)/len(value)))
	at := strings.Index(value, matched)
	if at < 0 || matched == "" {
		return
	}
	if at > 0 && isWordByte(value[at-1]) && (matched[0] == '.' || isWordByte(matched[0])) {
		s.inWords++
	}
	before, after := wordsBeside(value, at, at+len(matched))
	if !s.located {
		s.located, s.matched, s.before, s.after = true, matched, before, after
	}
	s.before, s.after = min(s.before, before), min(s.after, after)
}

// narrow leaves of a document of GraphQL the string in which the match begins: what a client has put into it is a value like
// any other.
func (s *Suspect) narrow() {
	if !s.located || !document.MatchString(s.Value[:min(len(s.Value), 64)]) {
		return
	}
	at := strings.Index(s.Value, s.matched)
	for _, m := range stringLiteral.FindAllStringIndex(s.Value[:min(len(s.Value), maxRead)], -1) {
		if at < m[0] || at >= m[1] {
			continue
		}
		literal := s.Value[m[0]+1 : m[1]-1]
		if plain, err := strconv.Unquote(s.Value[m[0]:m[1]]); err == nil {
			literal = plain
		}
		if literal != "" {
			s.Value, s.located, s.share = literal, false, 0
			s.locate(s.matched[:min(len(s.matched), len(literal))], literal)
		}
		return
	}
}

// Documents of GraphQL, which JSON is not: after the brace comes a name.
var (
	document      = compile(`^\s*(?:(?:query|mutation|subscription)\b[^{]{0,60})?\{\s*(?:$|[A-Za-z_.])`)
	stringLiteral = compile(`"(?:[^"\\]|\\.)*"`)
)

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// matchedData is what CRS's rules log of what they have found: "Matched Data: x found within ARGS:q: …".
func matchedData(data string) (string, bool) {
	rest, ok := strings.CutPrefix(data, "Matched Data: ")
	if !ok {
		return "", false
	}
	found, _, ok := strings.Cut(rest, " found within ")
	return found, ok
}

// family is the kind of attack that a rule is about, as CRS tags it.
func family(m *engine.Match) string {
	for _, t := range m.Tags {
		if f, ok := strings.CutPrefix(t, "attack-"); ok {
			return f
		}
	}
	return "other"
}

// placeOf is where in a request or an answer a variable is.
func placeOf(variable string) string {
	collection, key, _ := strings.Cut(variable, ":")
	switch collection {
	case "ARGS", "ARGS_GET", "ARGS_POST":
		if strings.HasPrefix(key, "json") {
			return "json"
		}
		return "arg"
	case "ARGS_NAMES", "ARGS_GET_NAMES", "ARGS_POST_NAMES":
		return "argname"
	case "REQUEST_COOKIES":
		return "cookie"
	case "REQUEST_COOKIES_NAMES":
		return "cookiename"
	case "REQUEST_HEADERS", "REQUEST_HEADERS_NAMES":
		switch strings.ToLower(key) {
		case "user-agent", "referer", "content-type":
			return strings.ToLower(key)
		}
		return "header"
	case "REQUEST_FILENAME", "REQUEST_BASENAME", "REQUEST_URI", "REQUEST_URI_RAW", "REQUEST_LINE", "QUERY_STRING":
		return "path"
	case "FILES", "FILES_NAMES", "MULTIPART_PART_HEADERS":
		return "file"
	case "REQUEST_BODY":
		return "body"
	case "XML":
		return "xml"
	case "RESPONSE_BODY", "RESPONSE_HEADERS", "RESPONSE_STATUS":
		return "answer"
	}
	return "other"
}

// maxRead bounds what of a value is read for words of attacks.
const maxRead = 4 << 10

// Each calls yield with the features of the suspect. The bytes are only good for the call.
func (s *Suspect) Each(yield func(feature []byte)) {
	var buf [96]byte
	say := func(parts ...string) {
		b := buf[:0]
		for i, p := range parts {
			if i > 0 {
				b = append(b, ' ')
			}
			b = append(b, p...)
		}
		yield(b)
	}
	say("in", s.place)
	for _, id := range s.Rules {
		rule := strconv.Itoa(id)
		say("rule", rule)
		say("rule", rule, "in", s.place)
	}
	for _, f := range s.families {
		say("family", f)
		say("family", f, "in", s.place)
	}
	say("rules", bucket(len(s.Rules), 1, 2, 3, 4, 6, 9))
	say("rules", bucket(len(s.Rules), 1, 2, 3, 4, 6, 9), "in", s.place)
	say("families", bucket(len(s.families), 1, 2, 3, 4))
	say("others", bucket(s.others, 0, 1, 2, 4, 8, 16))
	say("share", strconv.Itoa(s.share))
	if s.inWords == len(s.Rules) {
		say("inside words")
	}
	if s.Views != "" {
		last := s.Views[strings.LastIndexByte(s.Views, ' ')+1:]
		say("view", last)
		say("view", last, "in", s.place)
	}
	value := s.Value
	if len(value) > maxRead {
		value = value[:maxRead]
	}
	shape := shapeOf(value)
	say("length", bucket(len(s.Value), 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096))
	say("length", bucket(len(s.Value), 16, 64, 256, 1024), "in", s.place)
	say("form", shape.form)
	say("form", shape.form, "in", s.place)
	say("special", eighths(shape.special, len(value)))
	say("digits", eighths(shape.digits, len(value)))
	say("spaces", bucket(shape.spaces, 0, 1, 3, 8, 20))
	say("name", nameForm(s.Variable))
	if shape.invalid {
		say("bytes")
	}
	if shape.opens {
		say("quote first")
	}
	say("quotes", shape.quotes)
	if shape.comment {
		say("comment last")
	}
	asks, prose := expects(s.Variable), proseOf(value)
	say("prose", prose)
	if s.located {
		say("before", bucket(s.before, 0, 1, 2, 4), "after", bucket(s.after, 0, 1, 2, 4))
	}
	isCode, isWhole := isMarkedAsCode(value), isStatement(value, &shape)
	for _, f := range s.families {
		say("prose", prose, "family", f)
		if asks == "text" || asks == "code" {
			say("expects", asks, "prose", prose, "family", f)
		}
		if s.located {
			say("before", bucket(s.before, 0, 1, 2, 4), "family", f)
			say("after", bucket(s.after, 0, 1, 2, 4), "family", f)
		}
		if isCode {
			say("code in text", f)
		}
	}
	if isWhole {
		say("statement", asks)
	}
	if isFilter(value) {
		say("filter")
	}
	seen := words.find(value)
	n := 0
	for k, found := range seen {
		if found {
			n++
			say("word", wordKinds[k])
			say("word", wordKinds[k], "prose", prose)
			if shape.form == "json" || shape.form == "html" || len(value) > 256 {
				say("word", wordKinds[k], "inside")
			}
		}
	}
	say("words", bucket(n, 0, 1, 2, 3, 4, 6))
}

// shape is what a value looks like from afar.
type shape struct {
	form            string
	special, digits int
	spaces          int
	invalid         bool   // not UTF-8
	opens           bool   // begins with what ends a text in some language
	quotes          string // none, paired, or odd: a text that was begun and not ended, or ended and not begun
	comment         bool   // ends so that what follows it is a comment of SQL
}

func shapeOf(value string) (s shape) {
	letters, dashes := 0, 0
	for i := range len(value) {
		switch c := value[i]; {
		case c >= '0' && c <= '9':
			s.digits++
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= utf8.RuneSelf:
			letters++
		case c == ' ' || c == '+':
			s.spaces++
		case strings.IndexByte("-_.,:~|", c) >= 0:
			dashes++
		default:
			s.special++
		}
	}
	s.invalid = !utf8.ValidString(value)
	trimmed := strings.TrimSpace(value)
	s.opens = trimmed != "" && strings.IndexByte(`'");|&$<{(%-`, trimmed[0]) >= 0
	single, double := strings.Count(trimmed, "'"), strings.Count(trimmed, `"`)
	switch {
	case single+double == 0:
		s.quotes = "none"
	case single%2 == 0 && double%2 == 0:
		s.quotes = "paired"
	default:
		s.quotes = "odd"
	}
	s.comment = strings.HasSuffix(trimmed, "--") || strings.HasSuffix(trimmed, "-- -") || strings.HasSuffix(trimmed, "#") || strings.HasSuffix(trimmed, "/*")
	lower := strings.ToLower(trimmed[:min(len(trimmed), 16)])
	switch {
	case trimmed == "":
		s.form = "empty"
	case (trimmed[0] == '{' || trimmed[0] == '[') && strings.ContainsAny(trimmed, `":`):
		s.form = "json"
	case strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://"):
		s.form = "link"
	case strings.HasPrefix(lower, "mozilla/"):
		s.form = "browser"
	case strings.HasPrefix(lower, "%7b") || strings.HasPrefix(lower, "%5b"):
		s.form = "escaped json"
	case letters == 0 && s.special == 0:
		s.form = "numbers"
	case s.special == 0 && s.spaces == 0:
		s.form = "token"
	case s.special*10 <= len(value) && s.spaces*4 <= len(value) && s.spaces > 2:
		s.form = "prose"
	case strings.Count(trimmed, "<") > 3 && strings.Count(trimmed, ">") > 3:
		s.form = "html"
	case strings.Count(trimmed, "=") > 1 && strings.Count(trimmed, "&") > 0:
		s.form = "query"
	case len(trimmed) > 40 && s.spaces == 0 && s.special*12 <= len(value):
		s.form = "opaque"
	default:
		s.form = "other"
	}
	return s
}

// nameForm is what the name of a value looks like; which name it is says nothing that holds elsewhere.
func nameForm(variable string) string {
	_, key, ok := strings.Cut(variable, ":")
	digits, upper, lower := 0, 0, 0
	for i := range len(key) {
		switch c := key[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		}
	}
	switch {
	case !ok || key == "":
		return "none"
	case strings.HasPrefix(key, "_"):
		return "underscore"
	case digits > 3 && digits*3 > len(key):
		return "numbered"
	case len(key) > 24:
		return "long"
	case strings.Count(key, ".") > 1:
		return "nested"
	default:
		return "short"
	}
}

// bucket is the first bound that n does not exceed, or "more".
func bucket(n int, bounds ...int) string {
	for _, b := range bounds {
		if n <= b {
			return strconv.Itoa(b)
		}
	}
	return "more"
}

func eighths(n, of int) string {
	if of == 0 {
		return "0"
	}
	return strconv.Itoa(8 * n / of)
}

// lexicon finds words of attacks.
type lexicon struct {
	automaton *textmatch.Automaton
	kind      []int // by word
}

var words = newLexicon()

func newLexicon() *lexicon {
	l := &lexicon{}
	var all []string
	for k, kind := range wordKinds {
		for _, w := range attackWords[kind] {
			all = append(all, w)
			l.kind = append(l.kind, k)
		}
	}
	l.automaton = textmatch.NewAutomaton(all)
	return l
}

// find tells of which kinds there is a word in a value.
func (l *lexicon) find(value string) []bool {
	seen := make([]bool, len(wordKinds))
	l.automaton.Each(strings.ToLower(value), func(w, _ int) bool {
		seen[l.kind[w]] = true
		return true
	})
	return seen
}
