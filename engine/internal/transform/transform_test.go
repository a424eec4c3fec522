package transform_test

import (
	"crypto/fips140"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"

	"github.com/modsecurity-for-anylog/msa/engine/internal/transform"
	"github.com/modsecurity-for-anylog/msa/test/crs"
)

// names is all that Coraza v3.8.1 has.
var names = []string{
	"none", "base64Decode", "base64DecodeExt", "base64Encode", "cmdLine", "compressWhitespace", "cssDecode",
	"escapeSeqDecode", "hexDecode", "hexEncode", "htmlEntityDecode", "jsDecode", "length", "lowercase", "md5",
	"normalisePath", "normalisePathWin", "normalizePath", "normalizePathWin", "removeComments", "removeCommentsChar",
	"removeNulls", "removeWhitespace", "replaceComments", "replaceNulls", "sha1", "trim", "trimLeft", "trimRight",
	"uppercase", "urlDecode", "urlDecodeUni", "urlEncode", "utf8toUnicode",
}

// debianChains is the chains of Debian's CRS 3.3 that CRS 4.25 doesn't have.
var debianChains = []string{
	"urlDecodeUni,htmlEntityDecode,lowercase", "urlDecodeUni,cmdLine", "urlDecodeUni,htmlEntityDecode",
	"urlDecodeUni,htmlEntityDecode,compressWhitespace", "utf8toUnicode,urlDecodeUni,normalizePathWin,lowercase",
	"urlDecodeUni,cmdLine,lowercase", "urlDecodeUni,cmdLine,normalizePath,lowercase", "urlDecode,urlDecodeUni",
	"urlDecode,urlDecodeUni,normalizePath,cmdLine", "urlDecodeUni,normalisePath,lowercase",
	"normalisePath,urlDecodeUni,lowercase", "urlDecode,replaceComments,compressWhitespace", "normalisePath,urlDecodeUni",
	"urlDecodeUni,base64Decode", "urlDecodeUni,lowercase,urlDecode,htmlEntityDecode,jsDecode",
	"urlDecodeUni,urlDecode,htmlEntityDecode,jsDecode", "urlDecodeUni,jsDecode,lowercase",
}

// tricky is values where implementations differ, and those that our own could get wrong. Each goes through all
// transformations.
var tricky = map[string][]string{
	"any": {
		"", " ", "a", "A", "\x00", "\xff", "hello", "Hello, World!", "aaaaaaaa", "aaaaaaaaa", "AAAAAAAZ", "@@@@@@@@[[[[[[[[", "`{`{`{`{`{`{",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
		"/index.php?id=1&name=x+y%20z", "https://example.com/a/b?c=d#e", strings.Repeat("x", 1000),
	},
	"case": {
		"ÄÖÜ", "äöü", "ß", "İI", "ıi", "ſS", "KK", "ȺȾ", "ⱥ", "ÀBC\xff", "ABC\xff", "abc\xff", "abc\xef", "\xef\xbf\xbd", "\xef\xbf", "A\xef\xbf\xbd",
		"ΑΣ", "ǅ", "ა", "Ა", "𐐀", "𐐨", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80", "a\u0300", "AAAAAAAAÄ", "aaaaaaaaä", "ZZZZZZZZz[@`{",
	},
	"percent": {
		"%", "%%", "%4", "%41", "%4g", "%g4", "%41%", "%41%4", "a+b", "+", "++%2b", "%00", "%u", "%U", "%u0", "%u00", "%u004", "%u0041", "%U0041",
		"%u004g", "%ug041", "%u0g41", "%uff1c", "%uFF1C", "%uff00", "%uff5f", "%uff1f", "%uff01%uff5e", "%u0027", "%u2019", "%u02bc", "%u2122", "%u2123",
		"%uffff", "%u%41", "%u%u0041", "%u41%41", "%%41", "%%u0041", "%u00%41", "%2541", "100%", "100%ab", "%u0100%u0101", "%a", "%uff", "%u00411",
	},
	"escape": {
		`\`, `a\`, `\\`, `\\\`, `\a\b\f\n\r\t\v\?\'\"\\`, `\A\B`, `\x41`, `\X41`, `\x4`, `\x`, `\xg1`, `\x4g`, `\u0041`, `\U0041`, `\u004`, `\u`, `\u00g1`,
		`\uff1c`, `\uFf1C`, `\uff00`, `\uff5f`, `\uff5e`, `\uff01`, `\u{41}`, `\u{}`, `\u{0ff01}`, `\u{ff5e}`, `\u{ff5f}`, `\u{1ff01}`, `\u{0000041}`, `\u{000041}`,
		`\u{41`, `\u{4g}`, `\u{`, `\U{41}`, `\1`, `\12`, `\101`, `\1011`, `\377`, `\400`, `\777`, `\477`, `\08`, `\8`, `\9`, `\18`, `\0`, `\00`, `\000`, `\0000`,
		"\\\n", "a\\\nb", `\41 `, `\41  b`, "\\41\vb", "\\41\tb", "\\41\x85b", `\000041b`, `\0000041`, `\41414141`, `\110000`, `\10ffff`, `\d800`, `\ffffff`, `\0 0`, `\0\0\0\0\0`,
		`\5c 5c`, `\z\y`, "\\\xff", "\\é", `\u00ff`, `\x80`, `\80`, `\ff`, `\(`, `\;`, `\"`, `ja\vascript`, `\0x`, `\x0`, `\ff01`, `\ff5e`, `\ff5f`, `\00ff1`,
		`\u{41}\u{42}`, `\u{fF1c}`, `\uFF1`, `\377\378`, `\38`, `\3\8`, `\0\`,
	},
	"html": {
		"&", "&&", "&amp", "&amp;", "&AMP", "&Amp;", "&lt;script&gt;", "&ltscript", "&notit;", "&notin;", "&notX", "&no", "&not", "&#", "&#;", "&#x", "&#x;", "&#X41", "&#x41;",
		"&#65", "&#65;", "&#0", "&#0;", "&#00", "&#x0", "&#128;", "&#x80", "&#159;", "&#129;", "&#xd800;", "&#x10ffff;", "&#x110000;", "&#99999999999999999999;",
		"&#4294967361;", "&#-1", "&# 65;", "&#x g", "&NotEqualTilde;", "&nGt;", "&nLt;", "&fjlig;", "&a=1&b=2", "&copy=1", "&order=1", "&ordf", "&frac12", "&frac123", "&sup1;",
		"&CounterClockwiseContourIntegral;", "&CounterClockwiseContourIntegra;", "&nope;", "&gt", "&gt;", "&g;", "&1;", "&;", "& ;", "&lt&gt&amp", "&ampamp;", "&&lt;", "&a&lt;",
		"&acE;", "&Gt;&Lt;", "a&#x41", "&yumlx", "&tab;", "&Tab;", "&NewLine;", "&colon;", "&lpar;", "&lt\xff", "\xff&lt", "&é", "&#٣;",
	},
	"space": {
		"a b", "a  b", " a", "a ", "  ", "\t", "a\tb", "a \tb", "\v\f\r\n", "a\u0085b", "a\u00a0b", "\u00a0 ", " \u00a0", "\xa0", "a\xa0b", "\x85", "à", "Å", "ą", "你", "\xe4\xbd\xa0 ",
		"\xe0\xa0", "\xe0\xa0a", "\xc2\xa0", "\xc2", "\xc2 \xa0", "\u2003", "a\u2028b", "\u3000", "a\xffb", "a \xff b", "a\xef\xbf\xbdb", "\xef\xbf\xbd \xef", " a b c d e f g h i j k", "abcdefgh  ",
		"abcdefghi j  k", "abcdefgh\u00a0", "\x1f\x20\x21", "\x08\x09\x0a\x0b\x0c\x0d\x0e", "\x1c\x1d", "a\x00b", "\x00\x00", "a\x00\x00b\x00", "\t a \t", " \u00a0a", "\xa0\xa0 \xa0", "\ufeff",
	},
	"command line": {
		`C:\Windows\System32\cmd.exe`, `c^m^d`, `"c"'m'd`, "cat /etc/passwd", "cat  /etc", "cat ,/etc", "a (b)", "a  (b)", ` "/`, ` /`, `/ /`, `,`, `,;`, ` ,`, `;`, `a;b`, "a,b c", `a "b`, `a " b`, `a "" b`,
		"/", "//", " (", "((", " ( (", "a/b", "A/B", "a /B", "\t/", "\n(", `' /`, "a\vb", "a\fb", `\ /`, `x ^/y`, "  /  /", "ab cd/ef gh/ij", "abc ", "abc  ", "é É",
	},
	"comment": {
		"/**/", "/*", "*/", "/*/", "/*a*/", "a/*b*/c", "a/*b*/", "a/*b", "a/*b*/#", "/*a*//*b*/", "/**//**/x", "/*--*/", "/*-->", "/*-->a", "<!--", "<!-", "<!--a-->", "<!--a-->b", "<!--a*/b", "--", "-", "a--b", "a-b",
		"-->", "->", "a-->b", "#", "a#b", "a#", "/", "a/", "a*", "<", "<!", "--a/*", "/*a*/--", "/*a*/-b", "/*a*/--b", "/*/*a*/*/", "/***/", "/*a**/", "//*", "/**", "*/*", "**/", "-- -", "a<!--b", "<!--->", "<!---->", "---", "--->", "/#*",
		"/*a*/\x00", "*//*", "a/ *b* /", "/*\x00*/",
	},
	"path": {
		".", "..", "...", "./", "../", ".../", "/.", "/..", "/./", "/../", "//", "///", "////", "a/", "a//", "/a", "//a", "a/.", "a/./", "a/..", "a/../", "a/../b", "a/../..", "a/../../b", "../..", "../../", "../a/..", "../a/../..",
		"/a/b/../../../c", "/a/./b//c/", "a/b/..", "a/b/../", "/..a", "/a..", "..a", ".a", "a.", "a..", "a ", "a. ", " ", " .", ". ", "./ ", "/ ", "/ /", " /", " / ", "a /b", "a./b.", "a/ /b", "a/. /b", "/a. /", "/.../", "/... /", ". .", ".. ", ".. /a",
		`\`, `\\`, `a\b`, `..\..\`, `\..\a`, `a\`, `a\.`, `C:`, `C:\`, `C:a`, `C:/`, `C:\a`, `c:a:b`, `C::`, `1:a`, "a:b", "a:b/", "a:b/c", "a:b/c:d", "a/b:c", "a/b:c/", "a/b:c//", ":a", "/:a", "a/:b", "a/:b/", "C:/:a", "::$DATA", "file.txt::$DATA",
		`C:\a\..\b.txt:$DATA\`, "a. :b", "a:.", "a/b :c/", "z:/..", "Z:/../..", "[:a", "{:a", "@:a", "http://a//b/../c", "a/b/c/../../d", "/a/..", "/a/../", "/a/../..", "a/b:", "a:/", "/..:a", "..:a/", "..:", " :a", "/ :a", "./:a",
	},
	"encoding": {
		"YWJj", "YWJjZA==", "YWJjZA", "YWJjZ", "Y", "YW", "YW=", "=", "=YW", "YW=JjYW", "YW\nJj", "YW\r\nJj", "YW Jj", "Y.W.J.j", "YW!Jj", "+/+/", "-_-_", "YW-_", "\xffYWJj", "YWJj\xff", "YW\x85Jj", "YW\xa0Jj", "PHNjcmlwdD4", "\nYW", "YWJj@", "YWJj{",
		"61", "616", "6g", "6A6b", "deadBEEF", "0x41", "6 1", "g", "zz", "é", "😀", "\U0010ffff", "\U00100000", "\U000fffff", "\uffff", "\u0080", "a\x80b", "aé", "aaaaaaaaé", "aaaaaaaé", "\xf0\x9f\x98", "\xed\xa0\x80\xed\xb0\x80",
		strings.Repeat("a", 99), strings.Repeat("a", 100), "a*b-c_d.e~f", "12345",
	},
}

// hostile is what a value may repeat to make a transformation slow.
var hostile = []string{
	"%", "%u", "%u00", "%4", "+", "&", "&a", "&#", "&#x", "&#1", "&lt", "&no", "&a;", "a", "A", "é", "É", "\xff", "A\xff", "Ⱥ", "\\", `\0`, `\u{`, `\u{0`, `\x`, `\1`, " ", "  a", "\t", "\u00a0", "\xa0", "\x00", "/", "//", "/*", "*/", "/**/",
	"<!--", "<!-", "-", "--", "-->", "/*-", "../", "a/../", "a/", "./", "..", ".", " .", ". /", " /", ":", "a:/", `\..`, `a\..\`, "(", " (", "\" ", ",", "^", "=", "YW=", "YWJj", "\n", "41", "[", "/..", "a/b/c/../../",
}

// plain is values that a transformation must leave alone without an allocation, with the names of those that leave
// none.
var plain = []string{
	"hello", "alice@example.com", "12.5", "a-b_c", "id", "some words of text", "/shop/items/list", "a/b/", "../a", "A/B",
	"application/json", "text/html; charset=utf-8", "x=1&y=2", "rock & roll", "50%", "naïve café",
}

// alwaysNew is transformations that are not expected to leave a value as it is.
var alwaysNew = []string{"base64Decode", "base64DecodeExt", "base64Encode", "hexEncode", "length", "md5", "sha1"}

func trickyValues() []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(tricky)) {
		all = append(all, tricky[name]...)
	}
	for _, h := range hostile {
		all = append(all, h, h+h, h+h+h, strings.Repeat(h, 50), h+"a", "a"+h, h+" ", "/"+h, `\`+h)
	}
	return append(all, plain...)
}

// captures is, by transaction, what the operator of each rule saw.
var captures sync.Map

var transactions atomic.Int64

type capture struct{ seen [][]string }

type captureOperator int

func (o captureOperator) Evaluate(tx plugintypes.TransactionState, value string) bool {
	c, _ := captures.Load(tx.ID())
	seen := &c.(*capture).seen[o]
	*seen = append(*seen, value)
	return false
}

func init() {
	plugins.RegisterOperator("msa_capture", func(o plugintypes.OperatorOptions) (plugintypes.Operator, error) {
		n, err := strconv.Atoi(o.Arguments)
		return captureOperator(n), err
	})
}

// oracle asks Coraza, and ours, what becomes of values.
type oracle struct {
	waf    coraza.WAF
	chains []subject
	count  atomic.Int64 // values compared
}

type subject struct {
	chain string
	each  []func(string) string
	multi []func(string) (string, bool) // nil: the rule has no multiMatch
}

func newOracle(t testing.TB, chains []string) *oracle {
	t.Helper()
	o := &oracle{}
	var rules strings.Builder
	for _, chain := range chains {
		s := subject{chain: chain}
		var multi []func(string) (string, bool)
		actions := ""
		for _, name := range strings.Split(chain, ",") {
			f, ok := transform.Lookup(name)
			if !ok {
				t.Fatalf("Lookup(%q) is unknown", name)
			}
			m, _ := transform.LookupMultiMatch(name)
			s.each, multi = append(s.each, f), append(multi, m)
			actions += ",t:" + name
		}
		for _, flag := range []string{"", ",multiMatch"} {
			if flag != "" {
				s.multi = multi
			}
			fmt.Fprintf(&rules, "SecRule ARGS \"@msa_capture %d\" \"id:%d,phase:1,pass,nolog%s%s\"\n", len(o.chains), len(o.chains)+1, flag, actions)
			o.chains = append(o.chains, s)
		}
	}
	var err error
	if o.waf, err = coraza.NewWAF(coraza.NewWAFConfig().WithDirectives("SecRuleEngine On\n" + rules.String())); err != nil {
		t.Fatal(err)
	}
	return o
}

// compare gives the values to Coraza as one argument each of one transaction.
func (o *oracle) compare(t testing.TB, values []string) {
	t.Helper()
	id := strconv.FormatInt(transactions.Add(1), 10)
	c := &capture{seen: make([][]string, len(o.chains))}
	captures.Store(id, c)
	defer captures.Delete(id)
	tx := o.waf.NewTransactionWithID(id)
	defer tx.Close()
	for _, v := range values {
		tx.AddGetRequestArgument("v", v) // values of one name keep their order
	}
	tx.ProcessRequestHeaders()
	for i, s := range o.chains {
		seen := c.seen[i]
		for _, v := range values {
			for n, got := range s.stages(v) {
				if len(seen) == 0 {
					t.Fatalf("%s of %q: Coraza's rule sees nothing, ours %q (value %d)", s.chain, v, got, n)
				}
				if seen[0] != got {
					t.Fatalf("%s, multiMatch %t, of %q: got %q (value %d), Coraza's rule sees %q", s.chain, s.multi != nil, v, got, n, seen[0])
				}
				seen = seen[1:]
				o.count.Add(1)
			}
		}
		if len(seen) != 0 {
			t.Fatalf("%s, multiMatch %t, of %q: Coraza's rule sees more: %q", s.chain, s.multi != nil, values, seen)
		}
	}
}

// batches compares values, not too many in a transaction (Coraza takes 1,000 arguments at most).
func (o *oracle) batches(t testing.TB, values []string) {
	t.Helper()
	for batch := range slices.Chunk(values, 200) {
		o.compare(t, batch)
	}
}

// stages is what the rule sees of a value.
func (s subject) stages(value string) []string {
	if s.multi == nil {
		for _, f := range s.each {
			value = f(value)
		}
		return []string{value}
	}
	all := []string{value}
	for _, f := range s.multi {
		if next, changed := f(value); changed {
			all = append(all, next)
			value = next
		}
	}
	return all
}

// ruleChains is the distinct chains of CRS 4.25, and Debian's.
func ruleChains(t testing.TB) []string {
	t.Helper()
	seen := map[string]bool{}
	for _, c := range debianChains {
		seen[c] = true
	}
	files, err := fs.Glob(coreruleset.FS, "@owasp_crs/*.conf")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		b, err := fs.ReadFile(coreruleset.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chainsOf(string(b)) {
			seen[c] = true
		}
	}
	if len(seen) < 50 {
		t.Fatalf("%d chains in %d files of the rule set", len(seen), len(files))
	}
	return slices.Sorted(maps.Keys(seen))
}

var (
	continuation   = regexp.MustCompile(`\\\n\s*`)
	comment        = regexp.MustCompile(`(?m)^\s*#.*$`)
	transformation = regexp.MustCompile(`[",]\s*t:(\w+)`)
)

// chainsOf is the chains of the rules of a file.
func chainsOf(text string) []string {
	var all []string
	text = continuation.ReplaceAllString(comment.ReplaceAllString(text, ""), "")
	for line := range strings.Lines(text) {
		var chain []string
		for _, m := range transformation.FindAllStringSubmatch(line, -1) {
			if chain = append(chain, m[1]); strings.EqualFold(m[1], "none") {
				chain = nil
			}
		}
		if chain != nil {
			all = append(all, strings.Join(chain, ","))
		}
	}
	return all
}

// requestValues is the values of the regression tests' requests, as sent and as decoded.
func requestValues(t testing.TB) []string {
	t.Helper()
	stages, err := crs.Stages()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range stages {
		path, query, _ := strings.Cut(s.Request.URI, "?")
		seen[s.Request.URI], seen[path], seen[s.Request.Body] = true, true, true
		for _, h := range s.Request.Headers {
			seen[h.Name], seen[h.Value] = true, true
		}
		for _, list := range []string{query, s.Request.Body} {
			for _, pair := range strings.Split(list, "&") {
				name, value, _ := strings.Cut(pair, "=")
				for _, v := range []string{name, value} {
					seen[v] = true
					if decoded, err := url.QueryUnescape(v); err == nil {
						seen[decoded] = true
					}
				}
			}
		}
	}
	maps.DeleteFunc(seen, func(v string, _ bool) bool { return len(v) > 10_000 })
	if len(seen) < 5_000 {
		t.Fatalf("%d values in the corpus", len(seen))
	}
	return slices.Sorted(maps.Keys(seen))
}

// mutate makes a value of two others.
func mutate(r *rand.Rand, values, tokens []string) string {
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	cut := func(s string) string { // a part of it, mostly short
		if len(s) > 60 {
			i := r.IntN(len(s) - 40)
			return s[i : i+r.IntN(40)]
		}
		return s
	}
	b := []byte(cut(pick(values)))
	for range 1 + r.IntN(4) {
		i := 0
		if len(b) > 0 {
			i = r.IntN(len(b))
		}
		switch r.IntN(7) {
		case 0:
			if len(b) > 0 {
				b[i] = byte(r.IntN(256))
			}
		case 1:
			b = slices.Insert(b, i, []byte(pick(tokens))...)
		case 2:
			b = append(b, pick(tokens)...)
		case 3:
			b = slices.Delete(b, i, min(len(b), i+1+r.IntN(3)))
		case 4:
			b = b[:i]
		case 5:
			b = slices.Insert(b, i, []byte(cut(pick(values)))...)
		case 6:
			b = slices.Concat(b[i:], b[:i])
		}
	}
	return string(b)
}

// tokens is short pieces that mean something to a transformation.
func tokens() []string {
	var all []string
	for _, v := range trickyValues() {
		if len(v) <= 8 {
			all = append(all, v)
		}
	}
	for c := range 256 {
		all = append(all, string([]byte{byte(c)}))
	}
	return all
}

func TestTransformation(t *testing.T) {
	all := slices.Concat(names, ruleChains(t))
	o := newOracle(t, all)
	values := trickyValues()
	t.Run("tricky", func(t *testing.T) { o.batches(t, values) })

	corpus := requestValues(t)
	t.Run("corpus", func(t *testing.T) { halves(t, corpus, o.batches) })

	t.Run("mutations", func(t *testing.T) {
		n := 40_000
		if testing.Short() {
			n = 2_000
		}
		seeds, tokens := slices.Concat(values, corpus), tokens()
		mutations := make([]string, n)
		r := rand.New(rand.NewPCG(4, 25))
		for i := range mutations {
			mutations[i] = mutate(r, seeds, tokens)
		}
		halves(t, mutations, o.batches)
	})
	t.Logf("%d transformations and chains, %d values, %d comparisons", len(all), len(values)+len(corpus), o.count.Load())
}

// halves works on two halves at a time.
func halves(t *testing.T, values []string, work func(testing.TB, []string)) {
	t.Helper()
	t.Run("half", func(t *testing.T) {
		for _, part := range [][]string{values[:len(values)/2], values[len(values)/2:]} {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				work(t, part)
			})
		}
	})
}

// TestTransformationMutations gives more values to fewer rules: the single transformations.
func TestTransformationMutations(t *testing.T) {
	n := 340_000
	if testing.Short() {
		n = 10_000
	}
	seeds, tokens := slices.Concat(trickyValues(), requestValues(t)), tokens()
	var total atomic.Int64
	t.Run("", func(t *testing.T) {
		for part := range uint64(len(names)) {
			name := names[part]
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				o := newOracle(t, []string{name})
				r := rand.New(rand.NewPCG(3, part))
				for range n / len(names) / 200 {
					values := make([]string, 200)
					for i := range values {
						values[i] = mutate(r, seeds, tokens)
					}
					o.compare(t, values)
				}
				total.Add(o.count.Load())
			})
		}
	})
	t.Logf("%d comparisons", total.Load())
}

// TestTransformationCodePoints: each code point, in each way to write it.
func TestTransformationCodePoints(t *testing.T) {
	for _, c := range []struct{ name, format string }{
		{"urlDecodeUni", "%%u%04x"}, {"jsDecode", `\u%04X`}, {"jsDecode", `\u{%x}`}, {"cssDecode", `\%x`}, {"htmlEntityDecode", "&#%d;"}, {"htmlEntityDecode", "&#x%X"},
		{"utf8toUnicode", "%c"}, {"lowercase", "%c"}, {"uppercase", "%c"}, {"removeWhitespace", "%c"}, {"compressWhitespace", "%c"},
	} {
		t.Run(c.name+" "+c.format, func(t *testing.T) {
			t.Parallel()
			o := newOracle(t, []string{c.name})
			var values []string
			for code := rune(0); code <= 0x110001; code++ {
				if code > 0xffff && (strings.Contains(c.format, "04") || code < 0x10ff00 && code%61 > 0) {
					continue
				}
				if v := fmt.Sprintf(c.format, code); len(values) == 0 || len(values[len(values)-1]) > 500 {
					values = append(values, v)
				} else {
					values[len(values)-1] += "," + v
				}
			}
			o.batches(t, values)
		})
	}
}

// TestTransformationBytes: each pair of bytes.
func TestTransformationBytes(t *testing.T) {
	var values []string
	for a := range 256 {
		for b := range 256 {
			values = append(values, string([]byte{byte(a), byte(b)}))
		}
	}
	o := newOracle(t, names)
	halves(t, values, o.batches)
}

// TestTransformationEncodings: each byte and each octal number, as a value of its own.
func TestTransformationEncodings(t *testing.T) {
	var values []string
	for c := range 512 {
		for _, format := range []string{`\%o`, `\%03o`, `\x%02x`, `\X%02X`, "%%%02x", "%%%02X", `\%c`, "%02x", "%c%[1]c%[1]c%[1]c"} {
			values = append(values, fmt.Sprintf(format, c))
		}
	}
	newOracle(t, names).batches(t, values)
}

// openReferences is the names of characters that HTML knows without a semicolon: Latin-1's, and ten more.
const openReferences = `nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3
	acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig
	Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave
	Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave
	iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml
	amp lt gt quot AMP LT GT QUOT COPY REG`

func TestTransformationReferences(t *testing.T) {
	var values []string
	for _, name := range strings.Fields(openReferences) {
		values = append(values, "&"+name, "&"+name+";", "&"+name+"x", "&"+name+"=", "&"+name[:len(name)-1], "&"+strings.ToUpper(name), "&"+name[1:])
		f, _ := transform.Lookup("htmlEntityDecode")
		if v := "&" + name; f(v) == v {
			t.Errorf("htmlEntityDecode leaves %q", v)
		}
	}
	newOracle(t, []string{"htmlEntityDecode"}).batches(t, values)
}

// TestTransformationRuleSets: each transformation that a rule set names is known.
func TestTransformationRuleSets(t *testing.T) {
	for _, chain := range ruleChains(t) {
		for _, name := range strings.Split(chain, ",") {
			if _, ok := transform.Lookup(name); !ok {
				t.Errorf("Lookup(%q) is unknown", name)
			}
		}
	}
	files, _ := filepath.Glob("/usr/share/modsecurity-crs/rules/*.conf")
	known := ruleChains(t)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, chain := range chainsOf(string(b)) {
			if !slices.Contains(known, chain) && !slices.Contains(names, chain) {
				t.Errorf("%s: chain %s is not compared", file, chain)
			}
		}
	}
}

func TestTransformationName(t *testing.T) {
	for _, name := range names {
		for _, spelled := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			if f, ok := transform.Lookup(spelled); !ok || f == nil {
				t.Errorf("Lookup(%q) is unknown", spelled)
			}
		}
	}
	for _, name := range []string{"", "urldecode ", "sqlHexEncode"} {
		if _, ok := transform.Lookup(name); ok {
			t.Errorf("Lookup(%q) is known", name)
		}
		if _, ok := transform.LookupMultiMatch(name); ok {
			t.Errorf("LookupMultiMatch(%q) is known", name)
		}
	}
}

// TestTransformationAllocations: none where a value stays the same text, else one, or what HTML's library needs.
func TestTransformationAllocations(t *testing.T) {
	stays := 0
	for _, name := range names {
		f, _ := transform.Lookup(name)
		for _, v := range slices.Concat(slices.Concat(slices.Collect(maps.Values(tricky))...), plain) {
			after := f(v)
			limit := 1.0
			switch {
			case after == v && !slices.Contains(alwaysNew, name) && (name != "hexDecode" || v != ""):
				if name == "htmlEntityDecode" && strings.Contains(v, ";") {
					continue // whether &nope; is a reference, only the library knows
				}
				limit = 0
				stays++
				if len(v) > 0 && unsafe.StringData(after) != unsafe.StringData(v) {
					t.Errorf("%s of %q is another copy of it", name, v)
				}
			case name == "htmlEntityDecode":
				limit = 4 // in golang.org/x/net/html
			}
			if got := testing.AllocsPerRun(5, func() { f(v) }); got > limit {
				t.Errorf("%s of %q: %v allocations, want %v", name, v, got, limit)
			}
		}
	}
	if stays < 8_000 {
		t.Errorf("%d values stay the same", stays)
	}
}

// TestMultiMatchTransformation names the differences that a comparison of the texts would not find.
func TestMultiMatchTransformation(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("no sha1 in FIPS mode")
	}
	for _, c := range []struct {
		name, value, after string
		changed            bool
	}{
		{"htmlEntityDecode", "&#0", "\uFFFD", false},
		{"htmlEntityDecode", "&#65", "A", true},
		{"removeWhitespace", "a\xff", "a\uFFFD", false},
		{"removeWhitespace", "a \xff", "a\uFFFD", true},
		{"urlDecode", "50%", "50%", true},
		{"urlDecodeUni", "50%", "50%", false},
		{"base64Decode", "", "", true},
		{"length", "1", "1", true},
		{"hexDecode", "", "", true},
		{"hexDecode", "4", "4", false},
		{"cmdLine", "a/b", "a/b", false},
		{"normalizePath", "/", "//", true},
		{"removeComments", "a/*b*/", "a\x00", true},
	} {
		f, _ := transform.LookupMultiMatch(c.name)
		if after, changed := f(c.value); after != c.after || changed != c.changed {
			t.Errorf("%s of %q: got %q, %t, want %q, %t", c.name, c.value, after, changed, c.after, c.changed)
		}
	}
}

func FuzzTransformations(f *testing.F) {
	o := newOracle(f, slices.Concat(names, ruleChains(f)))
	for _, v := range trickyValues() {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, value string) { o.compare(t, []string{value}) })
}

// BenchmarkTransformation: a plain value of each kind, and one that changes.
func BenchmarkTransformation(b *testing.B) {
	const text, agent = "alice.smith@example.com-2026", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
	changes := map[string]string{
		"cmdLine": `cat "/etc/passwd"; Echo ^x`, "compressWhitespace": "union  all \t select", "cssDecode": `ja\76 asc\ript alert`, "escapeSeqDecode": `cat\x20/etc\057passwd\n`, "hexDecode": "616263646566616263646566",
		"htmlEntityDecode": "&lt;script&gt;alert(&#49;)", "jsDecode": `\u0061lert\x28\50 1`, "lowercase": "SELECT Name FROM Users", "normalizePath": "/a/b/../../etc/./passwd", "normalizePathWin": `..\..\windows\win.ini::$DATA`,
		"removeComments": "union/*x*/select-- x", "removeCommentsChar": "union/*x*/select-- x", "removeNulls": "sel\x00ect name", "removeWhitespace": "union all select 1", "replaceComments": "union/*x*/all/**/select", "replaceNulls": "sel\x00ect name",
		"trim": " select ", "trimLeft": " select", "trimRight": "select ", "uppercase": "select name from users", "urlDecode": "a%20b+c%3cscript%3e", "urlDecodeUni": "a%20b+c%u003cscript%3e", "urlEncode": "a b<c>", "utf8toUnicode": "naïve café ＜script",
	}
	for _, name := range names {
		f, _ := transform.Lookup(name)
		values := []struct{ kind, value string }{{"plain", text}, {"agent", agent}, {"changed", changes[name]}}
		if values[2].value == "" {
			values = values[:2]
		}
		for _, v := range values {
			b.Run(name+"/"+v.kind, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					f(v.value)
				}
			})
		}
	}
}
