// Package hostile makes exchanges that take long to inspect: as long as limits allow, of what parsers, regular expressions,
// decoders and recognisers of data are slow at.
package hostile

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// As much as is inspected of each, by default.
const (
	body    = 128 << 10
	uri     = 32 << 10
	headers = 64 << 10
)

// Exchanges are all of them, by name.
func Exchanges() map[string]*mapping.Transaction {
	all := base()
	maps.Copy(all, characters())
	maps.Copy(all, mixes())
	return all
}

// Dense are those of which each part is long and of what rules look for: they come to the longest alerts, too.
func Dense() map[string]*mapping.Transaction {
	all := mixes()
	maps.Copy(all, manifests())
	for name, tx := range characters() {
		if strings.HasPrefix(name, "everything") {
			all[name] = tx
		}
	}
	return all
}

// Record is an exchange as a record of the preset nano.
func Record(tx *mapping.Transaction) []byte {
	block := func(first string, all []mapping.Header) string {
		var b strings.Builder
		b.WriteString(first + "\r\n")
		for _, h := range all {
			b.WriteString(h.Name + ": " + h.Value + "\r\n")
		}
		return b.String() + "\r\n"
	}
	fields := []string{
		"SRC_IP", tx.Client.Address, "DST_IP", tx.Server.Address, "METHOD", tx.Method, "URL", tx.URI, "RETCODE", "200",
		"REQ_HEADER", block(tx.Method+" "+tx.URI+" HTTP/1.1", tx.RequestHeaders), "REQ_BODY", tx.RequestBody.Text,
		"RSP_HEADER", block("HTTP/1.1 200 OK", tx.ResponseHeaders), "RSP_BODY", tx.ResponseBody.Text,
	}
	record := msgp.AppendMapHeader(nil, uint32(len(fields)/2))
	for _, text := range fields {
		record = msgp.AppendString(record, text)
	}
	return record
}

// Get is a request as a browser would send it, with whatever is hostile in it.
func Get(uri string, headers ...mapping.Header) *mapping.Transaction {
	return &mapping.Transaction{
		Client: mapping.Endpoint{Address: "10.0.0.1", Port: "40000"}, Server: mapping.Endpoint{Address: "10.0.0.2", Port: "80"},
		Method: "GET", URI: uri, Protocol: "HTTP/1.1", Status: 200,
		RequestHeaders: append([]mapping.Header{
			{Name: "Host", Value: "shop.example"}, {Name: "User-Agent", Value: "Mozilla/5.0"}, {Name: "Accept", Value: "*/*"},
		}, headers...),
		Observed: mapping.Observed{Request: mapping.ObservedHeaders{All: true}},
	}
}

// Post is such a request with a body.
func Post(contentType, body string) *mapping.Transaction {
	tx := Get("/api", mapping.Header{Name: "Content-Type", Value: contentType}, mapping.Header{Name: "Content-Length", Value: "999"})
	tx.Method = "POST"
	tx.RequestBody.Text = body
	return tx
}

const form = "application/x-www-form-urlencoded"

func multipart(value string) *mapping.Transaction {
	return Post("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"+value+"\r\n--b--\r\n")
}

// everywhere is an exchange of a text and nothing else.
func everywhere(text string) *mapping.Transaction {
	tx := Post(form, "q="+Fill(text, body-2))
	tx.URI = "/" + Fill(text, uri/2) + "?q=" + Fill(text, uri/2-4)
	tx.RequestHeaders = append(tx.RequestHeaders, mapping.Header{Name: "Cookie", Value: "q=" + Fill(text, headers)})
	tx.ResponseHeaders = []mapping.Header{{Name: "Content-Type", Value: "text/html"}}
	tx.ResponseBody.Text = Fill(text, body)
	return tx
}

// Fill repeats a text up to a length in bytes.
func Fill(text string, length int) string { return strings.Repeat(text, length/len(text)) }

// numbered repeats a text with a number in it, up to a length in bytes.
func numbered(format string, length int) string {
	var b strings.Builder
	for i := 0; b.Len() < length; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()[:length]
}

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// texts are what slow parsers and regular expressions are known for.
var texts = []string{
	"a", " ", "'", `\'`, "a''", `"`, "`", "(", "<", "<a ", "<a b='", "<!--", "/*", "%", "%25", "%u0041", "&#", "&lt;", "\\", "\\u0041", "../", ";", "$(", "${", "=", ",", "|", "\x00", "\xff", "\n", "1,", "a.", "-", "select ", "union select ", "a=1&", "a[", "{", "@", "javascript:", "x'or 1=1 ", "<?php ", "eval(", "aHR0cDovL2E", "0x41", "ééé", "A",
}

// base are as long as limits allow.
func base() map[string]*mapping.Transaction {
	all := map[string]*mapping.Transaction{}
	for _, text := range texts {
		all[fmt.Sprintf("form value of %q", text)] = Post(form, "q="+Fill(text, body-2))
		all[fmt.Sprintf("JSON string of %q", text)] = Post("application/json", jsonOf(map[string]string{"q": Fill(text, body/2)}))
		all[fmt.Sprintf("text of %q", text)] = Post("text/plain", Fill(text, body))
		all[fmt.Sprintf("URI of %q", text)] = Get("/" + Fill(text, uri))
		all[fmt.Sprintf("query of %q", text)] = Get("/a?q=" + Fill(text, uri-5))
		all[fmt.Sprintf("cookie of %q", text)] = Get("/", mapping.Header{Name: "Cookie", Value: "q=" + Fill(text, headers)})
		all[fmt.Sprintf("header of %q", text)] = Get("/", mapping.Header{Name: "X-A", Value: Fill(text, headers)})
		all[fmt.Sprintf("referer of %q", text)] = Get("/", mapping.Header{Name: "Referer", Value: Fill(text, headers)})
		response := Get("/")
		response.ResponseHeaders = []mapping.Header{{Name: "Content-Type", Value: "text/html"}}
		response.ResponseBody.Text = Fill(text, body)
		all[fmt.Sprintf("response of %q", text)] = response
		all[fmt.Sprintf("everything of %q", text)] = everywhere(text)
	}
	for _, header := range []string{"Host", "User-Agent", "Accept", "Content-Type", "Accept-Encoding", "Range", "X-Forwarded-For", "Content-Length", "Transfer-Encoding", "Cookie"} {
		all[header+" numbered"] = Get("/", mapping.Header{Name: header, Value: numbered("%d,", headers)})
	}
	many := func(name string, format string) []mapping.Header {
		var h []mapping.Header
		for i := 0; len(h)*8 < headers; i++ {
			h = append(h, mapping.Header{Name: fmt.Sprintf(name, i), Value: fmt.Sprintf(format, i)})
		}
		return h
	}
	all["many headers"] = Get("/", many("x%d", "%d")...)
	all["many equal headers"] = Get("/", many("Accept", "%d")...)
	all["many cookies"] = Get("/", many("Cookie", "a%d=%d")...)
	all["many ranges"] = Get("/", many("Range", "bytes=%d-")...)
	all["cookies"] = Get("/", mapping.Header{Name: "Cookie", Value: numbered("a%d=b;", headers)})
	all["many args"] = Post(form, numbered("a%d=x&", body))
	all["many equal args"] = Post(form, Fill("a=1&", body))
	all["many empty args"] = Post(form, Fill("&", body))
	all["many names"] = Post(form, numbered("%d&", body))
	all["many values"] = Post(form, numbered("a=<%d&", body))
	all["many quotes"] = Post(form, numbered("a='%d&", body))
	all["query args"] = Get("/?" + numbered("a%d=x&", uri-2))
	for _, x := range []string{"[", `{"a":`, `[1,`, `{"a":{"b":[`, `[[],`} {
		all["JSON "+x] = Post("application/json", Fill(x, body))
		for _, n := range []int{100, 1000, 10000} {
			all[fmt.Sprint("JSON ", n, x)] = Post("application/json", strings.Repeat(x, n)+"1"+strings.Repeat("]", n))
		}
	}
	all["JSON nested"] = Post("application/json", strings.Repeat(`{"a":`, body/6)+"1"+strings.Repeat("}", body/6))
	all["JSON nested lists"] = Post("application/json", strings.Repeat(`[`, body/2)+strings.Repeat("]", body/2))
	all["JSON keys"] = Post("application/json", "{"+numbered(`"k%d":1,`, body)+`"a":1}`)
	all["JSON list"] = Post("application/json", "["+numbered(`%d,`, body)+`1]`)
	all["JSON short list"] = Post("application/json", "["+Fill(`1,`, body-10)+`1]`)
	all["JSON lists"] = Post("application/json", "["+Fill(`[],`, body-10)+`1]`)
	all["JSON deep long keys"] = Post("application/json", strings.Repeat(`{"`+Fill("k", 1000)+`":`, 100)+"1"+strings.Repeat("}", 100))
	all["JSON deep wide"] = Post("application/json", strings.Repeat(`{"`+Fill("k", 60)+`":`, 500)+"["+Fill("1,", 50000)+"1]"+strings.Repeat("}", 500))
	all["JSON deep wide 1000"] = Post("application/json", strings.Repeat(`{"`+Fill("k", 1000)+`":`, 30)+"["+Fill("1,", 80000)+"1]"+strings.Repeat("}", 30))
	all["XML nested"] = Post("text/xml", Fill("<a>", body))
	all["XML nested closed"] = Post("text/xml", strings.Repeat("<a>", body/7)+strings.Repeat("</a>", body/7))
	all["XML attrs"] = Post("text/xml", "<a "+numbered(`b%d="1" `, body-10)+"/>")
	all["XML text"] = Post("text/xml", "<a>"+Fill("<b>x</b>", body-10)+"</a>")
	all["XML entities"] = Post("text/xml", "<a>"+Fill("&lt;", body-10)+"</a>")
	all["multipart"] = Post("multipart/form-data; boundary=b", Fill("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n", body)+"--b--\r\n")
	all["multipart files"] = Post("multipart/form-data; boundary=b", Fill("--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x.php\"\r\n\r\nx\r\n", body)+"--b--\r\n")
	all["multipart boundaries"] = Post("multipart/form-data; boundary=b", Fill("--b\r\n", body))
	all["multipart headers"] = Post("multipart/form-data; boundary=b", "--b\r\n"+Fill("A: b\r\n", body))
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, body)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	all["binary"] = Post("application/octet-stream", string(noise))
	all["binary form"] = Post(form, string(noise))
	all["binary response"] = Get("/")
	all["binary response"].ResponseBody.Text = string(noise)
	return all
}

// manifests are in YAML, as long as a body is that is read as such.
func manifests() map[string]*mapping.Transaction {
	const most = body / 2
	all := map[string]*mapping.Transaction{}
	for name, text := range map[string]string{
		"keys":       numbered("a%d: 1\n", most-10),
		"empty keys": Fill("? \n", most),
		"nested":     Fill("- ", 8000) + "a",
		"deep keys":  strings.Repeat("{", 4000) + "a" + strings.Repeat("}", 4000),
		"flow":       "[" + Fill("{a: [", most-1),
		"texts":      Fill("- |\n  a\n", most),
		"tags":       Fill("- !a &b c\n", most),
		"aliases":    "- &a [" + Fill("b, ", most/2) + "]\n" + Fill("- *a\n", most/2-10),
		"commands":   Fill("- $(cat /etc/passwd); ls ' or 1=1\n", most),
	} {
		all["YAML "+name] = Post("application/yaml", text)
	}
	return all
}

// pieces are characters of one to four bytes that something folds, normalises or takes for others, and what recognisers of
// attacks, of data and of secrets look for.
var pieces = []string{
	"\u2028", "\u017f", "\u212a", "é", "\u00a0", "\u0085", "😀", "𝒔", "ﬀ", "ſ<", "ſ'", "\u2028'", "a\u2028", " \u2028", "\u212aſ", "ſ=", "(ſ", "\u3000", "＜", "％27",
	"\xc3", "\xe2\x80", "\xf0\x9f", "\u0301", "ı", "İ",
	"DE89370400440532013000 ", "4000000000000002 ", "a@b.cc ", "110101199003070011 ", "078-05-1120 ", "eyJhbGciOiJIUzI1NiJ9.e30.x ", "AKIAIOSFODNN7EXAMPLE ",
	"Bearer 0123456789abcdef0123 ", "password=x1y2z3 ", "token: a1b2c3d4 ", "-----BEGIN PRIVATE KEY-----", "user[password]=", "%2570assword%253D", "\"secret\":\"a\",",
	"sh -c ", "/bin/sh ", "`id` ", "$(id) ", "ls;", "b[\"')a", "c\\a\\t ", "cat ", "e''t''c", "\"\"", "cmd.exe ", "\\\\", "[[", "||", "&&", "${jndi:", "order by ",
	"' or '", "1=1 ", "/**/", "<svg onload=", "<img src=", "on a=", "\r\n", "php://", "http://a@", "%0d%0a", "{{", "#{", "<%", "__proto__", "require(", "'1 sleep(",
}

func characters() map[string]*mapping.Transaction {
	all := map[string]*mapping.Transaction{}
	for _, text := range pieces {
		all[fmt.Sprintf("multipart of %q", text)] = multipart(Fill(text, body-100))
		all[fmt.Sprintf("XML of %q", text)] = Post("text/xml", "<a>"+Fill(text, body-7)+"</a>")
		all[fmt.Sprintf("form value of %q", text)] = Post(form, "q="+Fill(text, body-2))
		all[fmt.Sprintf("JSON string of %q", text)] = Post("application/json", jsonOf(map[string]string{"q": Fill(text, body/2)}))
		all[fmt.Sprintf("everything of %q", text)] = everywhere(text)
	}
	return all
}

// words of attacks of a kind, of which random texts are made.
var words = map[string]string{
	"commands": `b c a t s h n r m l i p y o e d " ' ) [ \ ; | & $ ( { ` + "`" + ` ? * / < > @ ! ~ -`,
	"letters":  "a b c d e f g h i j k l m n o p q r s t u v w x y z",
	"two":      "é ſ ı İ \u00a0 \u0085 \u0301 ß",
	"three":    "\u2028 \u212a \u3000 ＜ ＇ ﬀ ẞ",
	"four":     "😀 𝒔 \U00010400",
	"SQL":      `' or and union select 1 = ( ) -- /* */ # " ; , from where sleep( benchmark( if like`,
	"scripts":  `< > script on load = ( ) ' " / javascript : & # ; style img src eval \ u x 0 window [ ]`,
	"paths":    `../ / . .. etc passwd % 2e 25 \ c: win ini proc self`,
	"escapes":  `%00 %41 %u0041 &#x41; &lt; \x41 \u0041 \101 %c0%ae + \61 \0000062`,
	"data":     "4000000000000002 DE89370400440532013000 a@b.cc eyJhbGciOiJIUzI1NiJ9.e30.x password= token: secret 078-05-1120 , ; \" & =",
}

// mixes are random texts of words, the same in each run.
func mixes() map[string]*mapping.Transaction {
	kinds := maps.Clone(words)
	kinds["all"] = strings.Join(slices.Sorted(maps.Values(words)), " ")
	all := map[string]*mapping.Transaction{}
	random := rand.New(rand.NewPCG(3, 4))
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		list := strings.Split(kinds[kind], " ")
		for _, separator := range []string{"", " "} {
			var b strings.Builder
			for b.Len() < body-200 {
				b.WriteString(list[random.IntN(len(list))] + separator)
			}
			text, name := b.String(), fmt.Sprintf("%s parted by %q", kind, separator)
			all["form of "+name] = Post(form, "q="+strings.NewReplacer("&", "a", ";", "b").Replace(text))
			all["JSON of "+name] = Post("application/json", jsonOf(map[string]string{"q": text}))
			all["multipart of "+name] = multipart(text)
			all["URI of "+name] = Get("/?q=" + text[:uri/2])
			all["fields of "+name] = Post(form, "a="+strings.ReplaceAll(text, " ", "&b="))
		}
	}
	// Of these all is inspected, at a length that no limit of work shortens.
	for _, text := range []string{"' or count(//*)=1 or '", "' union select /* ", "AUTH a\\n", "insert into a(pin) values('b') "} {
		all[fmt.Sprintf("shorter form of %q", text)] = Post(form, "q="+Fill(text, body/8))
	}
	return all
}
