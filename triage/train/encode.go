package main

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
)

// An encoding hides an attack as well as an ordinary text: so both are learned in all of them, and that a value is encoded is
// no evidence by itself.

var encodings = []struct {
	name   string
	encode func(string) string
}{
	{"percent", everyByte("%%%02X")},
	{"percent twice", func(s string) string { return url.QueryEscape(url.QueryEscape(s)) }},
	{"percent, all, twice", func(s string) string { return everyByte("%%%02x")(everyByte("%%%02X")(s)) }},
	{"percent of UTF-16", everyRune("%%u%04x")},
	{"overlong UTF-8", func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			if c < 0x80 {
				fmt.Fprintf(&b, "%%%02x%%%02x", 0xc0|c>>6, 0x80|c&0x3f)
			} else {
				fmt.Fprintf(&b, "%%%02x", c)
			}
		}
		return b.String()
	}},
	{"base64", inBase64},
	{"base64", inBase64},
	{"base64 without padding", func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) }},
	{"base64url", func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) }},
	{"base64 twice", func(s string) string { return inBase64(inBase64(s)) }},
	{"base64 of percent", func(s string) string { return inBase64(url.QueryEscape(s)) }},
	{"base64 of JSON", func(s string) string { return inBase64(inObject("value", s)) }},
	{"base64 of JSON", func(s string) string { return inBase64(inObject("q", s)) }},
	{"JSON with base64", func(s string) string { return inObject("data", inBase64(s)) }},
	{"base32", func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) }},
	{"hexadecimal", func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{"hexadecimal with 0x", func(s string) string { return "0x" + hex.EncodeToString([]byte(s)) }},
	{"escapes of JSON", everyRune(`\u%04x`)},
	{"escapes of JSON, in part", func(s string) string {
		b, err := json.Marshal(s) // it escapes what HTML has, too
		if err != nil {
			panic(err)
		}
		return strings.ReplaceAll(string(b[1:len(b)-1]), "'", `\u0027`)
	}},
	{"escapes of C", everyByte(`\x%02x`)},
	{"octal escapes", everyByte(`\%03o`)},
	{"character references", html.EscapeString},
	{"decimal character references", everyRune("&#%d;")},
	{"hexadecimal character references", everyRune("&#x%X;")},
	{"full width", func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7f {
				return r + 0xfee0
			}
			return r
		}, s)
	}},
	{"UTF-7", func(s string) string {
		var b strings.Builder
		for _, r := range s {
			if r < 0x80 && strings.ContainsRune(`<>"'&;=/\{}$()|#`, r) {
				b.WriteString("+" + base64.RawStdEncoding.EncodeToString([]byte{0, byte(r)}) + "-")
			} else {
				b.WriteRune(r)
			}
		}
		return b.String()
	}},
	{"base64 of UTF-16", func(s string) string {
		var b []byte
		for _, u := range utf16.Encode([]rune(s)) {
			b = append(b, byte(u), byte(u>>8))
		}
		return base64.StdEncoding.EncodeToString(b)
	}},
	{"base64 of gzip", func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(s)) // a buffer takes all
		_ = z.Close()
		return base64.StdEncoding.EncodeToString(b.Bytes())
	}},
	{"base64 of zlib", func(s string) string {
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		_, _ = z.Write([]byte(s))
		_ = z.Close()
		return base64.StdEncoding.EncodeToString(b.Bytes())
	}},
	{"character codes", func(s string) string {
		return "String.fromCharCode(" + strings.Join(codes(s, "%d"), ",") + ")"
	}},
	{"numbers", func(s string) string { return strings.Join(codes(s, "%d"), ",") }},
	{"pairs of digits", func(s string) string { return strings.Join(codes(s, "%02x"), " ") }},
	{"bits", func(s string) string { return strings.Join(codes(s, "%08b"), " ") }},
	{"quoted-printable", everyByte("=%02X")},
	{"data URL", func(s string) string { return "data:text/plain;base64," + inBase64(s) }},
	{"JSON in JSON", func(s string) string { return inObject("a", inObject("b", s)) }},
	{"JSON in percent", func(s string) string { return url.QueryEscape(inObject("b", s)) }},
	{"mixed case", func(s string) string {
		r := rand.New(rand.NewPCG(uint64(hash(s)), 5))
		return strings.Map(func(c rune) rune {
			if c >= 'a' && c <= 'z' && r.IntN(2) == 0 {
				return c - 'a' + 'A'
			}
			return c
		}, s)
	}},
}

// everyByte writes each byte of a text so.
func everyByte(format string) func(string) string {
	return func(s string) string { return strings.Join(codes(s, format), "") }
}

func codes(s, format string) []string {
	all := make([]string, len(s))
	for i := range len(s) {
		all[i] = fmt.Sprintf(format, s[i])
	}
	return all
}

// everyRune writes each character of a text so.
func everyRune(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, format, r)
		}
		return b.String()
	}
}

func inBase64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func inObject(key, value string) string {
	b, err := json.Marshal(map[string]any{"n": 1, key: value})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// encoded is a text in one of the encodings. choice decides in which.
func encoded(text string, choice uint32) (value, name string) {
	e := encodings[int(choice)%len(encodings)]
	return e.encode(text), e.name
}

// ordinary is a text of which no attack is made, though some have its words and signs.
func (w writer) ordinary() string {
	word := func() string { return w.pick(plainWords...) }
	switch w.r.IntN(16) {
	case 0, 1:
		return w.text(2 + w.r.IntN(14))
	case 2:
		return w.pick("It's "+w.text(3)+"; isn't it?", "We don't "+word()+" the "+word()+" & the "+word()+" (yet).", "\""+w.text(3)+"\" - "+w.name(), "Where is order #"+w.n(9999)+" of "+w.name()+"?", word()+" <3 "+word()+" > "+word(), "Select "+word()+" from the menu, then delete it from the list.",
			"Insert coin into "+word()+"; drop the table at the door.", "union of "+word()+" and "+word()+" or "+word()+"?", w.n(9)+" + "+w.n(9)+" = "+w.n(18)+", and "+w.n(9)+" > "+w.n(4), "Sleep ("+w.n(9)+" h), then call or echo back", "The script has an <b>alert</b> in it", "Let's order by phone -- "+w.n(9)+" of them")
	case 3:
		return w.pick("Le café n'est pas d'ici, c'est l'été", "Grüße aus Zürich & 'München'", "¿Dónde está el "+word()+"? ¡Aquí!", "日本語の文章です。'"+word()+"'", "Привет, "+word()+"! Где мой заказ №"+w.n(99)+"?", "שלום "+word(), "naïve — “quoted” … "+word(), "💡 "+w.text(3)+" 🎉", "zażółć gęślą jaźń; "+word())
	case 4, 5:
		return w.object(w.anything())
	case 6:
		return w.pick(w.uuid(), w.hex(32), w.hex(40), w.hex(64), strings.ToUpper(w.hex(16)), w.jwt(), inBase64(w.hex(24)), w.n(99999999), "ord_"+w.hex(12), "A"+w.n(99)+"-"+w.n(9999)+"/"+w.n(9), w.hex(8)+":"+w.hex(24))
	case 7:
		return "https://www.example.org/" + word() + "/" + w.n(99) + w.pick("", "?utm_source="+word()+"&id="+w.n(99), "#"+word(), "?next=%2F"+word()+"&q="+word()+"+"+word(), "?redirect_uri=https%3A%2F%2Fapp.example.org%2Fcb")
	case 8:
		return "<p>" + w.text(6) + "</p>" + w.pick("", "<b>"+word()+"</b>", "<br/><i>"+word()+"</i>", "<ul><li>"+word()+"</li></ul>")
	case 9:
		return word() + "=" + w.n(99) + "&" + word() + "=" + word() + "&" + word() + "[]=" + w.n(9)
	case 10:
		return w.name() + w.pick("", " <"+word()+"@example.org>", ", "+w.n(99)+" "+word()+" St.", "; "+word())
	case 11:
		return w.pick("/home/"+word()+"/"+word()+".txt", "C:\\Users\\"+word()+"\\"+word()+".docx", "./"+word()+"/"+word()+".js", "s3://"+word()+"/"+word()+"/"+w.n(9999)+".csv")
	case 12:
		return "<" + word() + " id=\"" + w.n(99) + "\"><item>" + w.text(2) + "</item></" + word() + ">"
	case 13:
		if w.r.IntN(4) == 0 { // a mail that is quoted
			return w.text(3) + "\n\n" + w.pick("From: ", "> From: ", "Von: ") + w.name() + "\n" + w.pick("To: ", "> To: ", "Subject: ") + w.text(2) + w.pick("\n", "\n\n", "\nDate: Mon, 4 May 2026\n") + w.text(6)
		}
		return w.pick(w.logLine(), w.logLine(), w.pick("engine", "precision", "user_agent", "variables_order", "memory_limit", "output_buffering")+" = "+w.n(99), w.text(2)+"; "+w.pick("find", "type", "sort", "cat", "id", "head", "more", "set", "date", "host", "sleep", "which", "time", "who", "cut", "split", "test", "watch", "tree", "less", "man", "make", "ping", "curl", "echo")+" "+w.text(2), w.text(2)+" | "+w.pick("type", "id", "host", "cat", "time", "top", "find", "more", "sort", "date")+" "+w.text(1))
	case 14:
		return w.pick("price > "+w.n(90)+" and stock = true", "name:"+word()+" AND (status:open OR status:new)", "created >= 2026-01-0"+w.n(9)+" or owner = me", word()+" = '"+word()+"' and "+word()+" != "+w.n(99), "a && b || !c", "x => x * "+w.n(9), "SUM(A1:A"+w.n(9)+")*2", "f(x) = x^2; g(y) = y / "+w.n(9), "#"+w.hex(6)+"; margin: 0 auto", "SELECT "+word()+" FROM our "+word()+" range", "git commit -m \""+w.text(3)+"\"", "Hello {{name}}, your ${item} ships <today>", "Dear ${first_name}, {{ order.id }}", "$"+w.n(99)+".99 | €"+w.n(90)+" | £"+w.n(9))
	default:
		return w.text(1) + w.pick("", " "+w.n(99), ","+w.text(1), "-"+w.n(9999), "_"+w.text(1))
	}
}

// anything is what programs send each other.
func (w writer) anything() any {
	switch w.r.IntN(6) {
	case 0:
		return map[string]any{"id": w.r.IntN(9999), "name": w.name(), "tags": []string{w.text(1), w.text(1)}, "active": true}
	case 1:
		return map[string]any{"event": "view", "props": map[string]any{"url": "https://shop.example.org/" + w.text(1) + "?a=1&b=2", "title": w.text(4), "ref": nil}, "ts": strconv.Itoa(w.r.IntN(1e9))}
	case 2:
		return map[string]any{"filter": map[string]any{w.pick("price", "age", "created", "stock"): map[string]any{w.pick("$gt", "$lt", "$gte", "gte", "$in", "eq"): w.r.IntN(99)}}, "sort": "-" + w.text(1), "limit": w.r.IntN(50)}
	case 3:
		return map[string]any{"message": w.text(9), "user": map[string]any{"name": w.name(), "email": "a@example.org"}}
	case 4:
		return []any{w.r.IntN(9), w.text(1), map[string]any{"x": w.text(2)}, nil}
	default:
		return map[string]any{"query": "{ " + w.service() + "(id: \"" + w.n(99) + "\") { id name } }", "variables": map[string]any{"n": w.r.IntN(9)}}
	}
}

// ordinaryEncoded writes n records with ordinary texts, most of them in an encoding, and which each is. Every other one
// stands in the place of a value of a host, whose own suspects are learned from or measured on with it: so it is one of
// those that are.
func ordinaryEncoded(n int, all []job) (records [][]byte, labels []string) {
	w := writer{rand.New(rand.NewPCG(19, 29))}
	of := map[bool][]job{}
	for _, h := range all {
		of[isHeldOut(h.group)] = append(of[isHeldOut(h.group)], h)
	}
	for i := range n {
		label := "encoded " + strconv.Itoa(i%5)
		hosts := of[isHeldOut(label)]
		value := w.ordinary()
		if w.r.IntN(4) > 0 {
			value, _ = encoded(value, w.r.Uint32())
		}
		record := alone(value, w.r.Uint32())
		if w.r.IntN(2) == 0 && len(hosts) > 0 {
			if with, _, ok := transplant(hosts[w.r.IntN(len(hosts))].record, value, w.r.Uint32()); ok {
				record = with
			}
		}
		records, labels = append(records, record), append(labels, label)
	}
	return records, labels
}
