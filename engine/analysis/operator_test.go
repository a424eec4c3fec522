package analysis

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/corazawaf/libinjection-go"

	"github.com/modsecurity-for-anylog/msa/engine/internal/sqli"
	"github.com/modsecurity-for-anylog/msa/engine/internal/xss"
	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// randomText is one of an alphabet, made of the pieces and of single bytes.
func randomText(random *rand.Rand, l textmatch.Level, pieces []string) string {
	var b strings.Builder
	for range random.IntN(7) {
		p := pieces[random.IntN(len(pieces))]
		if random.IntN(2) == 0 {
			p = string([]byte{byte(random.IntN(128))})
		}
		if textmatch.LevelOf(p) <= l {
			b.WriteString(p)
		}
	}
	return b.String()
}

// What a text fulfils is among what texts of its level may fulfil, for all of CRS's conditions.
func TestConditionsOfLevels(t *testing.T) {
	set, err := rules.Load([]string{rules.CRS})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := New(Config{Directives: set.Directives, Inbound: 5, Outbound: 4})
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{"0x", "--", "..", "//", "http://", "on", "=", "select", "union", "1", "a", "e", "or", "0b1", "passwd", "etc/", "nc", "sh"}
	levels := make([]textmatch.LevelSet, len(plan.Conditions))
	for i := range plan.Conditions {
		levels[i] = plan.Conditions[i].Operator.Levels()
		pieces = append(pieces, plan.Conditions[i].Operator.Literals...)
	}
	random := rand.New(rand.NewPCG(1, 7))
	fulfilled := 0
	for l := range textmatch.Levels {
		for range 1500 {
			text := randomText(random, l, pieces)
			at := textmatch.LevelOf(text)
			for i := range plan.Conditions {
				c := &plan.Conditions[i]
				isPossible := at == textmatch.Levels || levels[i].Has(at)
				if c.Kind != OnValues || isPossible && random.IntN(8) > 0 {
					continue
				}
				if !c.Operator.matches(text) {
					continue
				}
				if fulfilled++; !isPossible {
					t.Errorf("%q fulfils the condition of the rules %v, though none of its level may", text, c.Rules)
				}
			}
		}
	}
	if fulfilled == 0 {
		t.Error("nothing was fulfilled")
	}
}

// The quick answers of the operators of libinjection are its own.
func TestQuickAnswers(t *testing.T) {
	pieces := []string{"union", "select", "or", "and", "not", "is", "in", "1", "0", "0x", "0b1", "e", "1e5", "f", "d", "_", "sleep", "x", "n", "q", "u", "sp_password",
		"onload", "style", "=", "<", "script", ">", "href", "javascript", ":", "/", " ", "'", `"`, "`", "!", "--", "xmlns", "\x00"}
	random := rand.New(rand.NewPCG(3, 4))
	for n := range 200_000 {
		text := randomText(random, textmatch.Level(n%int(textmatch.Levels+1)), pieces)
		want, _ := libinjection.IsSQLi(text)
		if got := sqli.Is(text); got != want {
			t.Errorf("SQL in %q: %v, but libinjection says %v", text, got, want)
		}
		if got, want := xss.Is(text), libinjection.IsXSS(text); got != want {
			t.Errorf("a script in %q: %v, but libinjection says %v", text, got, want)
		}
	}
}

func TestPhrasesOfOperand(t *testing.T) {
	for _, c := range []struct {
		operand string
		want    []string
	}{
		{"Wget  curl ", []string{"wget", "curl"}},
		{"cmd|2E|EXE", []string{"cmd.exe"}},
		{"|4D5A|", []string{"mz"}},
		{"|FFD8ff|x |00|", []string{"\xff\xd8\xffx", "\x00"}},
		{`a\;b \: c\\d \"`, []string{"a;b", ":", `c\d`, `"`}},
		// what ModSecurity can't read stands for itself
		{`..\ a\b x\`, []string{`..\`, `a\b`, `x\`}},
		{"a|b c|2e |2g| |2| || a||b", []string{"a|b", "c|2e", "|2g|", "|2|", "||", "ab"}},
	} {
		if got := Phrases(c.operand); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.operand, got, c.want)
		}
	}
}

// Addresses are compared as net.ParseIP reads them, of a list or a file; what of a list is no address counts for nothing.
func TestAddresses(t *testing.T) {
	files := func(_, name string) ([]byte, error) {
		return []byte("# bad\n 192.0.2.0/24 \n\n2001:db8::/32, 10.0.0.1\nnobody\n"), nil
	}
	for _, operator := range []string{"@ipMatch 192.0.2.0/24, 2001:db8::/32,10.0.0.1,10.0.0.300,nobody", "@ipMatchFromFile list", "@ipMatchF list"} {
		directives, err := rules.Parse("own.conf", `SecRule REMOTE_ADDR "`+operator+`" "id:1,phase:1,deny"`)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := New(Config{Directives: directives, Inbound: 5, Outbound: 4, ReadFile: files})
		if err != nil || len(plan.Unjudged) > 0 || len(plan.Conditions) != 1 {
			t.Fatalf("%s: %v, %d conditions, error %v", operator, plan.Unjudged, len(plan.Conditions), err)
		}
		for value, want := range map[string]bool{
			"192.0.2.7": true, "192.0.3.7": false, "2001:DB8::1": true, "2001:db9::1": false, "10.0.0.1": true, "::ffff:10.0.0.1": true, "10.0.0.2": false,
			"10.0.0.300": false, "nobody": false, "": false, "10.0.0.01": false, "10.0.0.1 ": false, "fe80::1%eth0": false,
		} {
			lower := textmatch.LowerContentOf(value)
			if got, _ := plan.Conditions[0].Judge(value, &lower); got != want {
				t.Errorf("%s: %q is %v", operator, value, got)
			}
		}
	}
}
