package sqli

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/corazawaf/libinjection-go"
)

// Texts that libinjection takes for injections may be such, whatever parts they are made of.
func TestMayBe(t *testing.T) {
	words := []string{
		"1", "0", "12", "json", "data", "path", "concat", "utl_inaddr", "get_host_address", "0x1f", "0b01", "1.5", "1e5", "1e", "1.e", "2f", "1d", ".5", "a", "id", "shop", "Käse", "union", "SELECT", "from", "or", "and", "xor", "not",
		"like", "is", "null", "group", "by", "order", "having", "limit", "in", "boolean", "mode", "sleep", "user", "user_lock", "sys", "stragg", "begin", "declare",
		"waitfor", "delay", "into", "outfile", "dumpfile", "case", "when", "collate", "binary", "int", "convert", "div", "mod", "exec", "alter", "table", "between",
	}
	between := []string{
		" ", "", "", "\t", "\n", ".", ",", ":", "::", "=", "==", "+", "-", "--", "/", "/*", "*/", "*", "%", "<", ">", "<>", "!", "!=", "^", "~", "?", "&", "&&", "|", "||",
		"'", "\"", "`", "(", ")", ";", "#", "@", "$", "\\", "{", "}", "[", "]", "_",
	}
	random := rand.New(rand.NewPCG(1, 2))
	injections, cleared := 0, 0
	for range 500_000 {
		var b strings.Builder
		plain := random.IntN(2) == 0 // of what is taken for no injection
		for range 1 + random.IntN(7) {
			b.WriteString(words[random.IntN(len(words))])
			of := between
			if plain {
				of = between[:31]
			}
			if random.IntN(4) == 0 { // links, and names with dots
				of = []string{".", ".", ":", "://", ":/"}
			}
			b.WriteString(of[random.IntN(len(of))])
		}
		text := b.String()
		if random.IntN(4) == 0 { // how objects, addresses of mail and lists begin
			begins := []string{`{"`, `{ "`, "{", "{``", "[", `["`, "a@", "a.b@", "user@", "utl_inaddr.get_host_address@", "x$y."}
			text = begins[random.IntN(len(begins))] + text
			if random.IntN(3) == 0 {
				text += []string{"]", `"}`, "@user(1)", "/*!1*/"}[random.IntN(4)]
			}
		}
		is, fingerprint := libinjection.IsSQLi(text)
		may := mayBe(text)
		switch {
		case is && !may:
			t.Fatalf("%q is an injection (%s), and not taken for one", text, fingerprint)
		case is:
			injections++
		case !may:
			cleared++
		}
	}
	if injections < 10_000 || cleared < 10_000 {
		t.Errorf("%d injections and %d texts that are told before: too few to prove anything", injections, cleared)
	}
}

// Ordinary values are told without libinjection.
func TestMayBeIsOfUse(t *testing.T) {
	for _, text := range []string{
		"[672813,322073]", `{"id":"shop","n":[1,"a b"],"t":"(c)"}`, "ann.lee@mail.example", "GS2.1.s1772442000$o24$g1$t1772442060",
		"", "blue", "union", "2024-07-11T09:22:33.123", "f81d4fae-7de1-11d0-a765-00a0c91e6bf6", "/assets/js/main.min.js?v=1.120.0", "a=b&c=12&d=%20x",
		"image/webp,image/svg+xhtml", "json.data.table.0.index", "https://shop.example/select?from=(where)&union=all;", "GA1.2.1119521684.1728881553", "3f2b9c0d1e", "https://www.shop.example:8443/p/61113532653?ref=mail",
	} {
		if mayBe(text) {
			t.Errorf("%q may be an injection", text)
		}
	}
}

// Injections that look like something else at first.
func TestMayBeDisguised(t *testing.T) {
	for _, text := range []string{"like://not(by)waitfor.begin convert://null", "xor:or(sys%null://or://", "1.e$xor~0.", "a@user(1)like(2", `{"a":{` + "``"} {
		if is, _ := libinjection.IsSQLi(text); is && !mayBe(text) {
			t.Errorf("%q is taken for no injection", text)
		}
	}
}
