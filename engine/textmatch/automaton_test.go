package textmatch_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// contained is the plain way to find which texts are in a value.
func contained(texts []string, value string) []int {
	var all []int
	lower := lowerASCII(value)
	for i, t := range texts {
		if strings.Contains(lower, lowerASCII(t)) {
			all = append(all, i)
		}
	}
	return all
}

func found(a *textmatch.Automaton, value string) []int {
	var all []int
	a.Each(value, func(t, _ int) bool {
		all = append(all, t)
		return true
	})
	slices.Sort(all)
	return slices.Compact(all)
}

func checkAutomaton(t testing.TB, texts []string, a *textmatch.Automaton, value string) {
	t.Helper()
	if got, want := found(a, value), contained(texts, value); !slices.Equal(got, want) {
		t.Fatalf("of %q in %q: found %v, want %v", texts, value, got, want)
	}
}

func TestAutomaton(t *testing.T) {
	all := make([]byte, 256)
	for b := range all {
		all[b] = byte(b)
	}
	bytes := strings.Split(string(all[:128]), "")
	for b := 128; b < 256; b++ {
		bytes = append(bytes, string([]byte{byte(b)}))
	}
	long := strings.Repeat("a", 2000)
	for _, c := range []struct {
		name   string
		texts  []string
		values []string
	}{
		{"no texts", nil, []string{"", "a"}},
		{"an empty text", []string{"", "a"}, []string{"", "a", "b"}},
		{"the classic", []string{"he", "she", "his", "hers"}, []string{"ushers", "HiS", "h", ""}},
		{"texts in texts", []string{"a", "aa", "aaa", "baab", "ab"}, []string{"aaaa", "baaab", "baab", "AABAA"}},
		{"a text twice", []string{"x", "X", "x"}, []string{"x", "X", "y"}},
		{"letters next to letters in ASCII", []string{"@[", "`{", "az"}, []string{"`{", "@[", "AZ", "@{", "`["}},
		{"a failed start", []string{"abcd", "bce", "cf"}, []string{"abce", "abcf", "abcd", "abbcecf"}},
		{"beyond ASCII", []string{"é", "\xff\x00", "\u212a"}, []string{"É", "é", "\xff\x00", "K", "k", "\xc3\xa9"}},
		{"every byte", bytes, []string{string(all), "A", "a", "\x00", ""}},
		{"a long text", []string{long, long + "b"}, []string{long, long[1:], long + "B", strings.Repeat("A", 5000)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := textmatch.NewAutomaton(c.texts)
			for _, v := range c.values {
				checkAutomaton(t, c.texts, a, v)
			}
		})
	}
}

func TestAutomatonStops(t *testing.T) {
	for _, texts := range [][]string{{"", "a"}, {"a", "b"}} {
		n := 0
		textmatch.NewAutomaton(texts).Each("abab", func(int, int) bool { n++; return false })
		if n != 1 {
			t.Errorf("%q: visit was called %d times after it returned false", texts, n-1)
		}
	}
}

func TestAutomatonOfRandomTexts(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	text := func(alphabet string, most int) string {
		b := make([]byte, random.IntN(most+1))
		for i := range b {
			b[i] = alphabet[random.IntN(len(alphabet))]
		}
		return string(b)
	}
	for _, alphabet := range []string{"ab", "aAbBcC", "abcdefghXYZ<>\x00\xff\xc3\xa9"} {
		for range 200 {
			texts := make([]string, random.IntN(30))
			for i := range texts {
				texts[i] = text(alphabet, 6)
			}
			a := textmatch.NewAutomaton(texts)
			for range 20 {
				checkAutomaton(t, texts, a, text(alphabet, 60))
			}
		}
	}
}

// crsTexts are the literals of CRS, of paranoia level 1 or of all levels.
func crsTexts(t testing.TB, paranoia string) []string {
	var all []string
	for _, r := range rxRules(t, rules.CRS) {
		if set, ok := textmatch.Literals(r.pattern); ok && (paranoia == "" || r.paranoia == paranoia) {
			all = append(all, set...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestAutomatonOfCRS(t *testing.T) {
	texts := crsTexts(t, "")
	a := textmatch.NewAutomaton(texts)
	t.Logf("%d texts take %d KiB", len(texts), a.Size()>>10)
	if a.Size() > 8<<20 {
		t.Errorf("%d texts take %d bytes", len(texts), a.Size())
	}
	values, err := crsValues()
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for n := range 2 { // at the same time
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := n; i < len(values); i += 16 {
				if got, want := found(a, values[i]), contained(texts, values[i]); !slices.Equal(got, want) {
					t.Errorf("in %q: found %v, want %v", values[i], got, want)
					return
				}
			}
		}()
	}
	wait.Wait()
}

func TestAutomatonDoesNotAllocate(t *testing.T) {
	a := textmatch.NewAutomaton([]string{"select", "union", "<script"})
	n := 0
	visit := func(int, int) bool { n++; return true }
	if allocs := testing.AllocsPerRun(100, func() { a.Each("/?q=1 UNION SELECT <b>", visit) }); allocs != 0 || n == 0 {
		t.Errorf("%v allocations, %d texts found", allocs, n)
	}
}

func FuzzAutomaton(f *testing.F) {
	f.Add("he\nshe\nhers", "uSHErs")
	f.Add("\n\xff\xfe\nA", "a\xff\xfe")
	f.Fuzz(func(t *testing.T, texts, value string) {
		list := strings.Split(texts, "\n")
		checkAutomaton(t, list, textmatch.NewAutomaton(list), value)
	})
}

// benchValues are values as they are in ordinary logs.
var benchValues = []struct{ name, value string }{
	{"url", "/wp-content/themes/twentytwenty/assets/css/font-inter.css?ver=1.2&utm_source=newsletter&utm_campaign=spring_2026&id=8812733&page=2"},
	{"user agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.87"},
	{"argument", "spring_2026"},
	{"json", strings.Repeat(`{"user":{"id":48213,"name":"Anna Schmidt","email":"anna.schmidt@example.com"},"items":[{"sku":"A-1001","qty":2,"price":19.99},{"sku":"B-7","qty":1,"price":249.00}],"note":"Please leave the parcel with the neighbour."}`, 8)},
}

func BenchmarkAutomaton(b *testing.B) {
	a := textmatch.NewAutomaton(crsTexts(b, "1"))
	n := 0
	visit := func(int, int) bool { n++; return true }
	for _, v := range benchValues {
		b.Run(v.name, func(b *testing.B) {
			n = 0
			b.SetBytes(int64(len(v.value)))
			b.ReportAllocs()
			for b.Loop() {
				a.Each(v.value, visit)
			}
			b.ReportMetric(float64(n)/float64(b.N), "visits/op")
		})
	}
}

func BenchmarkNewAutomaton(b *testing.B) {
	texts := crsTexts(b, "1")
	b.ReportAllocs()
	for b.Loop() {
		textmatch.NewAutomaton(texts)
	}
}
