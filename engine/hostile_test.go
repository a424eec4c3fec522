package engine

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// fill repeats a text up to a length in bytes.
func fill(text string, length int) string { return strings.Repeat(text, length/len(text)) }

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

// hostileTexts are what slow parsers and regular expressions are known for.
var hostileTexts = []string{
	"a", " ", "'", `\'`, "a''", `"`, "`", "(", "<", "<a ", "<a b='", "<!--", "/*", "%", "%25", "%u0041", "&#", "&lt;", "\\", "\\u0041", "../", ";", "$(", "${", "=", ",", "|", "\x00", "\xff", "\n", "1,", "a.", "-", "select ", "union select ", "a=1&", "a[", "{", "@", "javascript:", "x'or 1=1 ", "<?php ", "eval(", "aHR0cDovL2E", "0x41", "ééé", "A",
}

// No record takes longer than this, whatever is in it.
const longest = 50 * time.Millisecond

// hostileRecords are as long as limits allow.
func hostileRecords() map[string]*mapping.Transaction {
	const body = 128 << 10
	all := map[string]*mapping.Transaction{}
	for _, text := range hostileTexts {
		all[fmt.Sprintf("form value of %q", text)] = post("application/x-www-form-urlencoded", "q="+fill(text, body-2))
		all[fmt.Sprintf("JSON string of %q", text)] = post("application/json", jsonOf(map[string]string{"q": fill(text, body/2)}))
		all[fmt.Sprintf("text of %q", text)] = post("text/plain", fill(text, body))
		all[fmt.Sprintf("URI of %q", text)] = get("/" + fill(text, maxURI))
		all[fmt.Sprintf("query of %q", text)] = get("/a?q=" + fill(text, maxURI-5))
		all[fmt.Sprintf("cookie of %q", text)] = get("/", mapping.Header{Name: "Cookie", Value: "q=" + fill(text, maxHeaders)})
		all[fmt.Sprintf("header of %q", text)] = get("/", mapping.Header{Name: "X-A", Value: fill(text, maxHeaders)})
		all[fmt.Sprintf("referer of %q", text)] = get("/", mapping.Header{Name: "Referer", Value: fill(text, maxHeaders)})
		response := get("/")
		response.ResponseHeaders = []mapping.Header{{Name: "Content-Type", Value: "text/html"}}
		response.ResponseBody.Text = fill(text, body)
		all[fmt.Sprintf("response of %q", text)] = response
		everything := post("application/x-www-form-urlencoded", "q="+fill(text, body-2))
		everything.URI = "/" + fill(text, maxURI/2) + "?q=" + fill(text, maxURI/2-4)
		everything.RequestHeaders = append(everything.RequestHeaders, mapping.Header{Name: "Cookie", Value: "q=" + fill(text, maxHeaders)})
		everything.ResponseHeaders, everything.ResponseBody = response.ResponseHeaders, response.ResponseBody
		all[fmt.Sprintf("everything of %q", text)] = everything
	}
	for _, header := range []string{"Host", "User-Agent", "Accept", "Content-Type", "Accept-Encoding", "Range", "X-Forwarded-For", "Content-Length", "Transfer-Encoding", "Cookie"} {
		all[header+" numbered"] = get("/", mapping.Header{Name: header, Value: numbered("%d,", maxHeaders)})
	}
	many := func(name string, format string) []mapping.Header {
		var h []mapping.Header
		for i := 0; len(h)*8 < maxHeaders; i++ {
			h = append(h, mapping.Header{Name: fmt.Sprintf(name, i), Value: fmt.Sprintf(format, i)})
		}
		return h
	}
	all["many headers"] = get("/", many("x%d", "%d")...)
	all["many equal headers"] = get("/", many("Accept", "%d")...)
	all["many cookies"] = get("/", many("Cookie", "a%d=%d")...)
	all["many ranges"] = get("/", many("Range", "bytes=%d-")...)
	all["cookies"] = get("/", mapping.Header{Name: "Cookie", Value: numbered("a%d=b;", maxHeaders)})
	const form = "application/x-www-form-urlencoded"
	all["many args"] = post(form, numbered("a%d=x&", body))
	all["many equal args"] = post(form, fill("a=1&", body))
	all["many empty args"] = post(form, fill("&", body))
	all["many names"] = post(form, numbered("%d&", body))
	all["many values"] = post(form, numbered("a=<%d&", body))
	all["many quotes"] = post(form, numbered("a='%d&", body))
	all["query args"] = get("/?" + numbered("a%d=x&", maxURI-2))
	for _, x := range []string{"[", `{"a":`, `[1,`, `{"a":{"b":[`, `[[],`} {
		all["JSON "+x] = post("application/json", fill(x, body))
		for _, n := range []int{100, 1000, 10000} {
			all[fmt.Sprint("JSON ", n, x)] = post("application/json", strings.Repeat(x, n)+"1"+strings.Repeat("]", n))
		}
	}
	all["JSON nested"] = post("application/json", strings.Repeat(`{"a":`, body/6)+"1"+strings.Repeat("}", body/6))
	all["JSON nested lists"] = post("application/json", strings.Repeat(`[`, body/2)+strings.Repeat("]", body/2))
	all["JSON keys"] = post("application/json", "{"+numbered(`"k%d":1,`, body)+`"a":1}`)
	all["JSON list"] = post("application/json", "["+numbered(`%d,`, body)+`1]`)
	all["JSON short list"] = post("application/json", "["+fill(`1,`, body-10)+`1]`)
	all["JSON lists"] = post("application/json", "["+fill(`[],`, body-10)+`1]`)
	all["JSON deep long keys"] = post("application/json", strings.Repeat(`{"`+fill("k", 1000)+`":`, 100)+"1"+strings.Repeat("}", 100))
	all["JSON deep wide"] = post("application/json", strings.Repeat(`{"`+fill("k", 60)+`":`, 500)+"["+fill("1,", 50000)+"1]"+strings.Repeat("}", 500))
	all["JSON deep wide 1000"] = post("application/json", strings.Repeat(`{"`+fill("k", 1000)+`":`, 30)+"["+fill("1,", 80000)+"1]"+strings.Repeat("}", 30))
	all["XML nested"] = post("text/xml", fill("<a>", body))
	all["XML nested closed"] = post("text/xml", strings.Repeat("<a>", body/7)+strings.Repeat("</a>", body/7))
	all["XML attrs"] = post("text/xml", "<a "+numbered(`b%d="1" `, body-10)+"/>")
	all["XML text"] = post("text/xml", "<a>"+fill("<b>x</b>", body-10)+"</a>")
	all["XML entities"] = post("text/xml", "<a>"+fill("&lt;", body-10)+"</a>")
	all["multipart"] = post("multipart/form-data; boundary=b", fill("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n", body)+"--b--\r\n")
	all["multipart files"] = post("multipart/form-data; boundary=b", fill("--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x.php\"\r\n\r\nx\r\n", body)+"--b--\r\n")
	all["multipart boundaries"] = post("multipart/form-data; boundary=b", fill("--b\r\n", body))
	all["multipart headers"] = post("multipart/form-data; boundary=b", "--b\r\n"+fill("A: b\r\n", body))
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, body)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	all["binary"] = post("application/octet-stream", string(noise))
	all["binary form"] = post(form, string(noise))
	all["binary response"] = get("/")
	all["binary response"].ResponseBody.Text = string(noise)
	return all
}

func TestUninspected(t *testing.T) {
	e := withCRS(t)
	const form = "application/x-www-form-urlencoded"
	response := get("/")
	response.ResponseHeaders = []mapping.Header{{Name: "X", Value: fill("a", maxHeaders)}}
	response.ResponseBody.Text = fill("a", 128<<10+1)
	args := get("/")
	args.Args = []mapping.Arg{{Name: "q", Value: fill("a", 128<<10+1)}}
	for name, c := range map[string]struct {
		tx   *mapping.Transaction
		want []string
	}{
		"all inspected":    {post(form, fill("a", 128<<10)), nil},
		"URI":              {get("/" + fill("a", maxURI)), []string{"uri"}},
		"headers":          {get("/", mapping.Header{Name: "X", Value: fill("a", maxHeaders)}), []string{"request_headers"}},
		"body":             {post(form, fill("a", 128<<10+1)), []string{"request_body"}},
		"binary":           {post(form, fill("\xff", 20<<10)), []string{"request_body"}},
		"other characters": {post(form, fill("é", 128<<10)), nil},
		"response":         {response, []string{"response_headers", "response_body"}},
		"arguments":        {post(form, fill("a=1&", 8000)), []string{"args"}},
		"args":             {args, []string{"args"}},
	} {
		if got := inspect(t, e, c.tx).Uninspected; !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
