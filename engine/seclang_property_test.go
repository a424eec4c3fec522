package engine

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/corazawaf/coraza/v3"

	"github.com/modsecurity-for-anylog/msa/engine/internal/order"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

var (
	seclangFiles = flag.Int("seclang.files", 600, "files of rules that TestRandomRules makes")
	seclangSeed  = flag.Uint64("seclang.seed", 1, "the first of them")
)

// recordsPerFile are the records that each file of rules sees.
const recordsPerFile = 20

// Whatever rules there are, MSA reads them as Coraza does, and finds in each record what Coraza finds, word by word, with
// the screen and without it. A file that fails is made again by -seclang.files 1 -seclang.seed N.
func TestRandomRules(t *testing.T) {
	n := *seclangFiles
	if testing.Short() && n == 600 {
		n = 150
	}
	compared := 0
	for i := range uint64(n) {
		if t.Failed() {
			break
		}
		seed := *seclangSeed + i
		g := &ruleMaker{Rand: rand.New(rand.NewPCG(seed, 0))}
		text := g.file()
		compared += checkRules(t, fmt.Sprintf("seed %d", seed), text, g.records(recordsPerFile), g.IntN(2) == 0)
	}
	if compared < n*2/3 {
		t.Errorf("Coraza has taken only %d of %d files as they are", compared, n)
	}
}

// The same of what values decode to, which Coraza does not see: the screen makes no difference.
func TestRandomRulesOnViews(t *testing.T) {
	n := *seclangFiles / 4
	if testing.Short() {
		n = min(n, 50)
	}
	found := 0
	for i := range uint64(n) {
		if t.Failed() {
			break
		}
		seed := *seclangSeed + i
		g := &ruleMaker{Rand: rand.New(rand.NewPCG(seed, 1)), encodes: true}
		text := g.file()
		cfg, set := randomRules(t, text, g.IntN(2) == 0)
		cfg.Views, cfg.ScreenEvidence = true, !cfg.ScreenAnyMatch
		if e, err := Compile(cfg, set); err == nil { // else nothing of it can be used
			found += checkScreen(t, fmt.Sprintf("seed %d", seed), text, e, g.records(recordsPerFile), cfg.ScreenAnyMatch)
			e.Close()
		}
	}
	if found < n/10 {
		t.Errorf("rules have matched only %d views in %d files", found, n)
	}
}

// The same of chains, whose links look at what the links before them have matched, captured, set and counted: of a few values, so
// that links match together.
func TestRandomChains(t *testing.T) {
	n := *seclangFiles
	if testing.Short() && n == 600 {
		n = 150
	}
	for i := range uint64(n) {
		if t.Failed() {
			break
		}
		seed := *seclangSeed + i
		g := &chainMaker{rand.New(rand.NewPCG(seed, 2))}
		checkRules(t, fmt.Sprintf("seed %d", seed), g.file(), g.records(recordsPerFile), g.IntN(3) == 0)
	}
}

// chainMaker makes chains.
type chainMaker struct{ *rand.Rand }

func (g *chainMaker) one(of ...string) string { return of[g.IntN(len(of))] }

// some is of each of some texts, sometimes, together with a comma before each.
func (g *chainMaker) some(times int, of ...string) (s string) {
	for range g.IntN(times + 1) {
		s += "," + g.one(of...)
	}
	return s
}

func (g *chainMaker) file() string {
	var file strings.Builder
	phase := g.one("1", "2", "2", "5")
	for id := range 1 + g.IntN(3) {
		target := g.head()
		if id > 0 && g.IntN(2) == 0 {
			target = g.link()
		}
		links := 1 + g.IntN(3)
		for n := range links {
			actions := g.actions()
			if n == 0 {
				actions = fmt.Sprintf(",id:%d,phase:%s,pass,%s%s", id+1, phase, g.one("log", "nolog", "nolog"), actions)
			}
			if n+1 < links {
				actions += ",chain"
			}
			fmt.Fprintf(&file, "SecRule %s \"%s\" \"%s\"\n", target, g.operator(), actions[min(1, len(actions)):])
			target = g.link()
		}
	}
	fmt.Fprintf(&file, "SecRule TX:anomaly_score \"%s %%{tx.inbound_anomaly_score_threshold}\" \"id:9,phase:%s,deny,log\"\n", g.one("@ge", "@ge", "@ge", "@lt", "!@ge"), phase)
	return file.String()
}

func (g *chainMaker) head() string {
	return g.one("ARGS:a", "ARGS:a", "ARGS", "ARGS:a|ARGS:b", "ARGS|ARGS:/^a/", "ARGS_NAMES", "&ARGS:a", "ARGS|!ARGS:b", "REQUEST_HEADERS:host", "ARGS_GET:a|ARGS:a", "ARGS:a|ARGS:A")
}

func (g *chainMaker) link() string {
	return g.one("MATCHED_VAR", "MATCHED_VAR", "MATCHED_VARS", "MATCHED_VARS", "MATCHED_VAR_NAME", "MATCHED_VARS_NAMES", "TX:k", "TX:k", "TX:0", "TX:1", "TX:2", "TX:/^k/", "TX:k|TX:k2", "&TX:k", "TX:1|MATCHED_VAR", "ARGS:b", "TX:x", "TX:/^x/", "TX:anomaly_score")
}

func (g *chainMaker) operator() string {
	return g.one("", "", "", "!") + g.one("@rx .", "@rx .", "@rx (.)", "@rx ^(x)?(y)?", "@rx (?i)^a", "@streq x", "@streq y", "@streq ab", "@streq AB", "@streq %{MATCHED_VAR}", "@streq %{TX.1}", "@streq %{TX.k}", "@rx ^%{MATCHED_VAR}",
		"@pm x ab", "@within x y", "@beginsWith x", "@endsWith y", "@ge 1", "@eq 2", "@ge 3", "@lt 2", "@contains b")
}

func (g *chainMaker) actions() string {
	return g.some(2, "multiMatch", "capture", "capture", "t:none", "t:lowercase", "t:removeWhitespace", "t:lowercase,t:length", "t:urlDecode") +
		g.some(2, "setvar:tx.k=%{MATCHED_VAR}", "setvar:tx.k2=%{TX.1}", "setvar:tx.k=+1", "setvar:tx.k=1", "setvar:tx.k2=%{tx.k}", "setvar:'tx.%{MATCHED_VAR}=1'", "setvar:'tx.k_%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'",
			"setvar:tx.anomaly_score=+2", "setvar:tx.anomaly_score=+3", "setvar:tx.anomaly_score=+3", "setvar:tx.anomaly_score=-1", "setvar:tx.anomaly_score=+%{tx.k}", "setvar:tx.anomaly_score=4", "setvar:tx.inbound_anomaly_score_pl1=+3")
}

func (g *chainMaker) records(n int) (all []*mapping.Transaction) {
	for range n {
		query := ""
		for range g.IntN(4) {
			query += "&" + g.one("a", "a", "b", "A", "x") + "=" + g.one("x", "y", "xy", "AB", "ab", "x%20y", "1", "2", "")
		}
		all = append(all, &mapping.Transaction{Method: "GET", URI: "/?" + query[min(1, len(query)):], Protocol: "HTTP/1.1", Status: 200,
			RequestHeaders: []mapping.Header{{Name: "Host", Value: g.one("x", "AB", "x y")}}})
	}
	return all
}

// Small rules, all of them: each target, asked by each operator, negated or not.
func TestAllSmallRules(t *testing.T) {
	g := &ruleMaker{Rand: rand.New(rand.NewPCG(7, 7))}
	records := g.records(40)
	for _, target := range smallTargets {
		var text strings.Builder
		id := 0
		for _, op := range smallOperators {
			for _, not := range []string{"", "!"} {
				for _, actions := range []string{"", ",t:lowercase", ",multiMatch,t:urlDecode,t:lowercase"} {
					id++
					fmt.Fprintf(&text, "SecRule %s \"%s%s\" \"id:%d,phase:%d,pass,log%s\"\n", target, not, op, id, 2+id%2*2, actions)
				}
			}
		}
		checkRules(t, target, text.String(), records, true)
	}
}

var (
	smallTargets   = []string{"ARGS", "ARGS:a", "ARGS:/^a/", "&ARGS", "&ARGS:b", "ARGS|!ARGS:a", "ARGS|!ARGS:/a/", "REQUEST_COOKIES", "REQUEST_HEADERS:x-a", "ARGS_NAMES", "XML:/*", "RESPONSE_BODY", "TX:a", "MATCHED_VAR", "REQUEST_URI|QUERY_STRING"}
	smallOperators = []string{"@rx ^$", "@rx a", "@rx (?i)^A.?$", "@streq a", "@contains a", "@beginsWith ab", "@endsWith b", "@within a ab evil", "@pm evil ab", "@eq 0", "@eq 1", "@gt 1", "@lt 2", "@unconditionalMatch", "@noMatch"}
)

// checkRules compares what Coraza, MSA and its screen find. It returns 1 if Coraza takes the file as it is, 0 otherwise: then only
// the screen is compared.
func checkRules(t *testing.T, name, text string, records []*mapping.Transaction, anyMatch bool) int {
	t.Helper()
	cfg, set := randomRules(t, text, anyMatch)
	e, err := Compile(cfg, set)
	if err != nil {
		return 0 // nothing of it can be used
	}
	defer e.Close()
	for _, w := range e.Warnings() {
		if strings.Contains(w.Text, "another way") {
			t.Errorf("%s: %v\n%s", name, w, text)
		}
	}
	checkScreen(t, name, text, e, records, anyMatch)
	plain := plainCoraza(t, e, cfg, set, text)
	if plain == nil {
		return 0
	}
	for _, tx := range records {
		ours, theirs, ok := differ(func() Verdict { return verdictOf(t, e.Evaluate, tx) }, func() Verdict { return verdictOf(t, plain.Evaluate, tx) })
		if ok {
			t.Fatalf("%s: MSA finds\n%s\nand Coraza\n%s\nin %s\nwith\n%s", name, ours, theirs, record(tx), text)
		}
	}
	if err := closeWAF(plain.waf); err != nil {
		t.Fatal(err)
	}
	return 1
}

// randomRules are rules that stand in a file of their own.
func randomRules(t *testing.T, text string, anyMatch bool) (Config, *rules.Set) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "random.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Rules: []string{file}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 4 << 10,
		Screen: ScreenOn, ScreenAnyMatch: anyMatch, CacheSize: 64}
	set, err := rules.Load(cfg.Rules)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return cfg, set
}

// checkScreen compares what an engine finds with its screen and without it. It returns how many matches are in views.
func checkScreen(t *testing.T, name, text string, e *Engine, records []*mapping.Transaction, anyMatch bool) (inViews int) {
	t.Helper()
	for _, tx := range records {
		off := func() Verdict { return verdictOf(t, e.Evaluate, tx) }
		on := func() Verdict { return verdictOf(t, e.Inspect, tx) }
		v, w := on(), off()
		if v.Screened == ScreenCleared && len(v.Matches) == 0 {
			if w.Alarm && !e.fast.evidence || (anyMatch || !e.evaluates) && len(w.Matches) > 0 || e.fast.evidence && w.HasEvidence() {
				t.Fatalf("%s: cleared, and without the screen\n%s\nin %s\nwith\n%s", name, brief(&w), record(tx), text)
			}
		} else if with, without, ok := differ(on, off); ok {
			t.Fatalf("%s: with the screen\n%s\nwithout\n%s\nin %s\nwith\n%s", name, with, without, record(tx), text)
		}
		for _, m := range w.Matches {
			if m.View {
				inViews++
			}
		}
	}
	return inViews
}

func verdictOf(t *testing.T, inspect func(*mapping.Transaction) (Verdict, error), tx *mapping.Transaction) Verdict {
	t.Helper()
	v, err := inspect(tx)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// differ reports whether two evaluations say another thing, and what. Coraza goes through the values of some variables in an
// order that is another one each time, see the package order: what they say of a record may vary then, in the same way.
func differ(one, other func() Verdict) (a, b string, ok bool) {
	v, w := one(), other()
	v.Screened, w.Screened = NotScreened, NotScreened
	if reflect.DeepEqual(v, w) {
		return "", "", false
	}
	const times = 60
	said := map[string]bool{}
	for range times {
		v := one()
		said[brief(&v)] = true
	}
	for range times {
		if w = other(); said[brief(&w)] {
			return "", "", false
		}
	}
	return brief(&v), brief(&w), true
}

// brief and record are for people who look for what differs.
func brief(v *Verdict) string {
	var b strings.Builder
	for _, m := range v.Matches {
		fmt.Fprintf(&b, "  %d %s=%q %q %q %v\n", m.RuleID, m.Variable, m.Value, m.Message, m.Data, m.Places)
	}
	return fmt.Sprintf("%s  alarm %v, score %d and %d, panics %v", b.String(), v.Alarm, v.ScoreIn, v.ScoreOut, v.Panics)
}

func record(tx *mapping.Transaction) string {
	return fmt.Sprintf("%s %s from %s %q %q, %d %q %q", tx.Method, tx.URI, tx.Client.Address, tx.RequestHeaders, tx.RequestBody.Text, tx.Status, tx.ResponseHeaders, tx.ResponseBody.Text)
}

// plainCoraza is an engine whose rules Coraza has read itself, behind MSA's settings; nil if it refuses them, or if MSA has
// left something out.
func plainCoraza(t *testing.T, e *Engine, cfg Config, set *rules.Set, text string) *Engine {
	t.Helper()
	if slices.ContainsFunc(e.Warnings(), func(w rules.Warning) bool {
		return strings.Contains(w.Text, "skipped") || strings.Contains(w.Text, "regular expression")
	}) {
		return nil
	}
	var b strings.Builder
	for _, u := range before(cfg, set, nil) {
		b.WriteString(u.text())
	}
	for phase := 1; phase <= 5; phase++ {
		fmt.Fprintf(&b, "SecDefaultAction \"phase:%d,log,auditlog,pass\"\n", phase)
	}
	limit := cfg.BodyLimit + 2*mapping.MaxJSONDepth
	waf, err := newWAF(coraza.NewWAFConfig().WithDirectives(b.String() + text).WithRequestBodyLimit(limit).WithRequestBodyInMemoryLimit(limit).WithResponseBodyLimit(limit))
	if err != nil {
		return nil
	}
	if err := order.Targets(waf); err != nil {
		t.Fatal(err)
	}
	return &Engine{waf: waf, rules: e.rules, absence: e.absence, evaluates: e.evaluates, fillsMore: e.fillsMore, argumentLimit: e.argumentLimit, paranoia: e.paranoia, bodyLimit: e.bodyLimit}
}

// ruleMaker makes rules and records of few words, so that they have to do with each other.
type ruleMaker struct {
	*rand.Rand
	id      int
	markers int
	bodies  bool // many of the rules say how bodies are read, and many others may keep them from it
	encodes bool // many values are encoded once more than rules decode
}

func (g *ruleMaker) one(of ...string) string { return of[g.IntN(len(of))] }

func (g *ruleMaker) maybe(percent int) bool { return g.IntN(100) < percent }

func (g *ruleMaker) file() string {
	var b strings.Builder
	var pending []string
	g.bodies = g.maybe(25)
	for range 1 + g.IntN(9) {
		switch n := g.IntN(100); {
		case n < 6:
			b.WriteString(g.setting() + "\n")
		case n < 18 || g.bodies && n < 40:
			fmt.Fprintf(&b, "SecAction \"%s\"\n", g.actions(&pending, false))
		default:
			for links := 1 + g.IntN(5)/3; links > 0; links-- {
				fmt.Fprintf(&b, "SecRule %s \"%s\"", g.targets(), g.operator())
				if links == 1 || g.id == 0 {
					links = 1
				}
				actions := g.actions(&pending, links > 1)
				fmt.Fprintf(&b, " \"%s\"\n", actions)
				for ; links > 1; links-- {
					fmt.Fprintf(&b, "    SecRule %s \"%s\" \"%s\"\n", g.targets(), g.operator(), g.linkActions(links > 2))
				}
			}
		}
		if len(pending) > 0 && g.maybe(40) {
			b.WriteString("SecMarker " + pending[0] + "\n")
			pending = pending[1:]
		}
	}
	for _, m := range pending {
		if g.maybe(90) {
			b.WriteString("SecMarker " + m + "\n")
		}
	}
	if g.maybe(25) {
		b.WriteString(`SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:949,phase:` + g.one("2", "4", "5") + `,deny,log,msg:'%{tx.anomaly_score}'"` + "\n")
	}
	return b.String()
}

func (g *ruleMaker) setting() string {
	id := fmt.Sprint(1 + g.IntN(9))
	return g.one("SecRuleRemoveById "+id, "SecRuleRemoveById "+id+"-9", "SecRuleRemoveByTag t1", `SecRuleUpdateTargetByTag "t1" "!ARGS:a"`, `SecRuleUpdateTargetByTag t2 "!TX:a|ARGS:b"`)
}

func (g *ruleMaker) targets() string {
	n := 1
	if g.maybe(30) {
		n += 1 + g.IntN(2)
	}
	var all []string
	for range n {
		t := g.target()
		all = append(all, t)
		if strings.HasSuffix(t, "a/b") { // to Coraza all behind the slash is a pattern, which MSA gives it in lower case
			break
		}
	}
	return strings.Join(all, "|")
}

// wholeBody is REQUEST_BODY as rules of one's own look at it; Coraza leaves it empty for JSON and XML.
const wholeBody = "REQUEST_BODY|XML:body"

func (g *ruleMaker) target() string {
	if g.bodies && g.maybe(40) {
		return g.one("ARGS_POST", "ARGS_POST:a", wholeBody, "XML:/*", "FILES", "REQBODY_PROCESSOR", "RESPONSE_BODY", "RESPONSE_ARGS", "REQUEST_METHOD")
	}
	switch g.IntN(10) {
	case 0, 1, 2:
		return g.one("", "", "", "&", "!") + g.one("ARGS", "ARGS_GET", "ARGS_POST", "REQUEST_COOKIES", "REQUEST_HEADERS", "ARGS_NAMES") + ":" + g.one("a", "A", "b", "x-a", "/^a/", "/b|c/", "'/a/'", "/a\\/b/", "a/b")
	case 3, 4:
		return g.one("TX:a", "TX:b", "TX:A1", "&TX:a", "&TX:b", "TX:/^a/", "TX:0", "TX:1", "&TX:1", "TX", "&TX", "!TX:a", "TX:a-b", "TX:anomaly_score", "TX:paranoia_level")
	case 5:
		return g.one("MATCHED_VAR", "MATCHED_VARS", "MATCHED_VAR_NAME", "MATCHED_VARS_NAMES", "&MATCHED_VARS", "HIGHEST_SEVERITY")
	case 6:
		return g.one("&", "", "") + g.one("REQUEST_URI", "REQUEST_METHOD", "QUERY_STRING", "REQUEST_FILENAME", "REQUEST_BASENAME", "REQUEST_LINE", "REQUEST_PROTOCOL", "REMOTE_ADDR", wholeBody, "REQBODY_PROCESSOR", "REQUEST_BODY_LENGTH", "ARGS_COMBINED_SIZE", "STATUS_LINE", "REMOTE_HOST", "URLENCODED_ERROR")
	case 7:
		return g.one("", "", "&") + g.one("RESPONSE_STATUS", "RESPONSE_BODY", "RESPONSE_HEADERS", "RESPONSE_HEADERS:x-a", "RESPONSE_HEADERS_NAMES", "RESPONSE_CONTENT_TYPE", "RESPONSE_CONTENT_LENGTH", "RESPONSE_PROTOCOL")
	case 8:
		return g.one("XML:/*", "XML://@*", "FILES", "FILES_NAMES", "FILES_SIZES", "MULTIPART_PART_HEADERS", "REQBODY_ERROR", "MULTIPART_STRICT_ERROR", "REQUEST_HEADERS_NAMES", "REQUEST_COOKIES_NAMES", "ARGS_GET_NAMES", "ARGS_POST_NAMES")
	}
	return g.one("ARGS", "ARGS", "ARGS|!ARGS:b", "REQUEST_COOKIES", "REQUEST_HEADERS", "REQUEST_HEADERS|!REQUEST_HEADERS:x-a", "ARGS_NAMES", "&ARGS", "&REQUEST_COOKIES")
}

func (g *ruleMaker) word() string {
	return g.one("a", "b", "ab", "evil", "1", "2", "0", "5", "x", "GET", "a b", "'", "%41", "&lt;", "0x61", "/a/../b", "A", "")
}

func (g *ruleMaker) macro() string {
	return g.one("%{tx.a}", "%{TX.b}", "%{tx.0}", "%{tx.1}", "%{MATCHED_VAR}", "%{matched_var_name}", "%{args.a}", "%{REQUEST_HEADERS.x-a}", "%{rule.id}", "%{tx.critical_anomaly_score}", "%{tx.inbound_anomaly_score_threshold}")
}

func (g *ruleMaker) operator() string {
	not := g.one("", "", "", "!")
	operand := g.word()
	if g.maybe(20) {
		operand = g.one("", operand) + g.macro()
	}
	if g.bodies && g.maybe(40) {
		return not + g.one("@contains ab", "@contains evil", "@streq POST", "@rx .", "@contains 2")
	}
	switch g.IntN(8) {
	case 0, 1:
		return not + g.one("@rx ", "@rx ", "") + g.one("a", "^a", "(a)(b)?", "^(.*)$", "(?i)evil", `\d+`, "^$", "[^a-z]", "x|y|evil", `a\"b`, `^\s*$`, "(?:ab){1,2}", `\x61`, "union.+select", ".", "^%{tx.a}$", "%{tx.1}", "^(?:%{tx.b}|1)", "%{MATCHED_VAR}")
	case 2:
		return not + g.one("@pm ", "@pm ") + g.one("evil", "a b", "evil ab x", "GET POST")
	case 3:
		return not + g.one("@eq ", "@ge ", "@gt ", "@le ", "@lt ") + g.one("0", "1", "2", "5", "200", g.macro())
	case 4:
		return not + g.one("@detectSQLi", "@detectXSS", "@validateUrlEncoding", "@validateUtf8Encoding", "@validateByteRange 32-126", "@unconditionalMatch", "@noMatch", "@ipMatch 192.0.2.0/24")
	}
	if operand == "" {
		operand = "a"
	}
	return not + g.one("@streq", "@contains", "@containsWord", "@beginsWith", "@endsWith", "@within", "@strmatch") + " " + operand
}

var allTransformations = []string{
	"none", "none", "lowercase", "uppercase", "urlDecode", "urlDecodeUni", "htmlEntityDecode", "trim", "trimLeft", "trimRight", "compressWhitespace", "removeWhitespace", "replaceComments", "removeComments",
	"removeCommentsChar", "removeNulls", "replaceNulls", "cmdLine", "cssDecode", "jsDecode", "hexEncode", "hexDecode", "base64Decode", "base64DecodeExt", "base64Encode", "length", "md5", "sha1", "normalizePath",
	"normalisePathWin", "utf8toUnicode", "escapeSeqDecode", "urlEncode", "sqlHexDecode", "parityEven7bit", "parityZero7bit",
}

// actions are those of a rule's head.
func (g *ruleMaker) actions(pending *[]string, chain bool) string {
	g.id++
	phases, jumps := []string{"1", "2", "2", "2", "3", "4", "5", "request", "'2'"}, 1
	if g.bodies {
		phases, jumps = []string{"1", "1", "2", "3", "4"}, 3
	}
	all := []string{fmt.Sprintf(g.one("id:%d", "id:'%d'"), g.id), "phase:" + g.one(phases...)}
	if g.bodies && g.maybe(70) {
		all = append(all, "nolog")
	} else {
		all = append(all, g.one("pass", "deny", "block", "log,deny,status:403", "nolog,pass", "nolog", "pass,nolog,auditlog", "log", "noauditlog"))
	}
	if g.maybe(50) {
		all = append(all, g.one("tag:'t1'", "tag:t2", "tag:'t1,t2'", "tag:reporting", "tag:'anomaly-evaluation'"))
	}
	if g.maybe(40) {
		all = append(all, g.one("msg:'plain'", "msg:'id: 3, nolog'", `msg:'it\'s'`, "msg:'%{MATCHED_VAR} of %{tx.a}'", "msg:plain", `msg:'b\\'`, "logdata:'%{tx.0}'", "severity:CRITICAL", "severity:'2'", "ver:'1'"))
	}
	if g.maybe(8 * jumps) {
		*pending = append(*pending, fmt.Sprintf("M%d", g.markers))
		all = append(all, "skipAfter:"+fmt.Sprintf("M%d", g.markers))
		g.markers++
	} else if g.maybe(6 * jumps) {
		all = append(all, "skip:"+g.one("1", "2", "3"))
	}
	if g.maybe(5) {
		all = append(all, g.one("allow", "allow:phase", "allow:request"))
	}
	if chain {
		all = append(all, "chain")
	}
	text := strings.Join(append(all, g.common()...), ",")
	return text
}

func (g *ruleMaker) linkActions(chain bool) string {
	all := g.common()
	if chain {
		all = append(all, "chain")
	}
	if len(all) == 0 {
		all = []string{"t:none"}
	}
	return strings.Join(all, ",")
}

// common are actions that a link of a chain may have too.
func (g *ruleMaker) common() (all []string) {
	for range g.IntN(4) * g.IntN(2) {
		all = append(all, "t:"+allTransformations[g.IntN(len(allTransformations))])
	}
	if g.maybe(8) {
		all = append(all, "multiMatch")
	}
	if g.maybe(20) {
		all = append(all, "capture")
	}
	for g.maybe(30) && !g.bodies || g.maybe(10) {
		name := g.one("tx.a", "tx.b", "TX.A", "tx.a1", "'tx.a-b", "tx.anomaly_score", "tx.anomaly_score", "tx.r%{rule.id}", "tx.a%{matched_var_name}", "tx.a%{tx.0}")
		if g.maybe(3) {
			name = "tx.%{matched_var}"
		}
		value := g.one("=1", "=+1", "=-1", "=", "=evil", "=+5", "=%{tx.0}", "=%{MATCHED_VAR}", "=+%{tx.critical_anomaly_score}", "=%{tx.b}")
		if g.maybe(8) {
			name = strings.Replace(name, "tx", "!tx", 1)
		}
		quote := ""
		if strings.HasPrefix(name, "'") {
			quote = "'"
		}
		all = append(all, "setvar:"+name+value+quote)
	}
	if g.bodies && g.maybe(50) {
		all = append(all, "ctl:"+g.one("requestBodyProcessor=JSON", "requestBodyProcessor=XML", "requestBodyProcessor=URLENCODED", "requestBodyProcessor=MULTIPART", "requestBodyAccess=Off",
			"forceRequestBodyVariable=On", "responseBodyAccess=Off", "responseBodyProcessor=JSON", "forceResponseBodyVariable=Off"))
	}
	if g.maybe(12) {
		id := fmt.Sprint(1 + g.IntN(9))
		all = append(all, "ctl:"+g.one("ruleRemoveById="+id, "ruleRemoveById="+id+"-9", "ruleRemoveByTag=t1", "ruleRemoveTargetById="+id+";ARGS:a", "ruleRemoveTargetById="+id+";ARGS",
			"ruleRemoveTargetByTag=t2;REQUEST_HEADERS:x-a", "ruleRemoveTargetById="+id+";TX:a", "ruleEngine=Off", "ruleEngine=DetectionOnly", "forceRequestBodyVariable=On", "requestBodyAccess=Off", "auditLogParts=+E", "ruleRemoveByMsg=plain"))
	}
	return all
}

func (g *ruleMaker) value() string {
	return g.one("a", "b", "ab", "evil", "1", "2", "5", "", "x", "A", "aB", "1' or '1'='1", "<script>alert(1)</script>", "%2561", "0x6161", "/a/../b", "YWI=", "a b", "ab;id")
}

func (g *ruleMaker) records(n int) (all []*mapping.Transaction) {
	for range n {
		tx := &mapping.Transaction{
			Method: g.one("GET", "GET", "POST"), Protocol: "HTTP/1.1", Host: "a.example", Status: 200,
			Observed: mapping.Observed{}, RequestHeaders: []mapping.Header{{Name: "Host", Value: "a.example"}},
		}
		tx.Client.Address = g.one("192.0.2.1", "198.51.100.1")
		var query []string
		for range g.IntN(4) {
			query = append(query, g.one("a", "b", "A", "abc", "c")+"="+queryEscape(g.encoded(g.value())))
		}
		tx.URI = g.one("/", "/a", "/a/b.php") + "?" + strings.Join(query, "&")
		if g.maybe(40) {
			tx.RequestHeaders = append(tx.RequestHeaders, mapping.Header{Name: g.one("X-A", "x-a"), Value: g.value()})
		}
		if g.maybe(30) {
			tx.RequestHeaders = append(tx.RequestHeaders, mapping.Header{Name: "Cookie", Value: "a=" + g.one("1", "ab", "evil") + "; b=2"})
		}
		if g.bodies && g.maybe(70) {
			tx.Method = "POST"
		}
		if tx.Method == "POST" {
			kind := g.IntN(4)
			tx.RequestHeaders = append(tx.RequestHeaders, mapping.Header{Name: "Content-Type", Value: []string{"application/x-www-form-urlencoded", "application/json", "text/xml", "multipart/form-data; boundary=q"}[kind]})
			v := g.one("ab", "evil", "1")
			tx.RequestBody.Text = []string{"a=" + v + "&d=2", `{"a":"` + v + `"}`, `<a b="` + v + `">` + v + `</a>`,
				"--q\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" + v + "\"\r\n\r\nx\r\n--q--\r\n"}[kind]
		}
		if g.maybe(50) {
			tx.ResponseHeaders = []mapping.Header{{Name: "Content-Type", Value: "text/html"}, {Name: "X-A", Value: g.value()}}
			tx.ResponseBody.Text = g.one("<html>", "evil", "ab", "")
			tx.Status = 200 + 300*g.IntN(2)
		}
		all = append(all, tx)
	}
	return all
}

// encoded is a value as it stands in a record.
func (g *ruleMaker) encoded(value string) string {
	if !g.encodes || value == "" || g.maybe(40) {
		return value
	}
	return fmt.Sprintf("%%2525%02x%s", value[0], value[1:])
}

// queryEscape escapes what would end a value, and leaves what rules may find escaped.
func queryEscape(s string) string {
	return strings.NewReplacer(" ", "+", "&", "%26", "#", "%23", "<", "%3C").Replace(s)
}
