package mapping

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// U+FFFD stands for one to three bytes that a log could not write, so that a body may be longer than its Content-Length.
func TestCutBody(t *testing.T) {
	lost := strings.Repeat("\ufffdPNG", 4) // 24 bytes, of 16 to 24
	for _, c := range []struct {
		name        string
		body        string
		length      int // -1 without Content-Length
		limit       int
		isTruncated bool
	}{
		{"whole", "a=1&b=2", 7, 1024, false},
		{"shorter than its length", "a=1&b=2", 8, 1024, true},
		{"longer than its length", "a=1&b=2", 5, 1024, false},
		{"of the limit, no length", "a=1&b=2", -1, 7, true},
		{"below the limit, no length", "a=1&b=2", -1, 8, false},
		{"of the limit and of its length", "a=1&b=2", 7, 7, false},
		{"of the limit, longer in truth", "a=1&b=2", 9, 7, true},
		{"longer than the limit: this log has another", "a=1&b=2", 7, 5, false},
		{"bytes were lost", lost, 16, 1024, false},
		{"bytes were lost, longer than the limit", lost, 16, 16, false},
		{"bytes were lost, cut at the limit", lost, 20, 16, true},
		{"bytes were lost, and there are fewer", lost, 25, 1024, true},
		{"bytes were lost, no length, limit", lost, -1, 16, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var headers []Header
			if c.length >= 0 {
				headers = []Header{{"Content-Length", strconv.Itoa(c.length)}}
			}
			b := bodySpec{limit: c.limit, encoding: encodingAuto}
			if got := b.read(nil, nil, c.body, headers); got.Truncated != c.isTruncated || got.Text != c.body {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// encode is a text in a content coding.
func encode(t testing.TB, coding, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "raw":
		w, err = flate.NewWriter(&b, flate.BestCompression)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		w, err = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	}
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const attackText = "id=1' UNION SELECT name, secret FROM accounts-- "

// A body behind the head, in one field, is the body in alerts, too, and the head is shown as it is read.
func TestBodyBehindHead(t *testing.T) {
	head, body := "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n", "b=c"
	for name, c := range map[string]struct{ decode, value string }{
		"as it is":  {"", head + body},
		"in base64": {", decode: base64", base64.StdEncoding.EncodeToString([]byte(head + body))},
	} {
		all, err := Parse("raw.yaml", []byte("name: raw\nrequest:\n  headers:\n    raw: {field: all"+c.decode+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		value, _ := json.Marshal(map[string]string{"all": c.value})
		var tx Transaction
		if err := all[0].Map("t", record(t, string(value)), &tx); err != nil {
			t.Fatal(err)
		}
		if tx.Alert.RequestHeader != head || tx.Alert.RequestBody != body || tx.RequestBody.Text != body {
			t.Errorf("%s: head %q, body %q, inspected %q", name, tx.Alert.RequestHeader, tx.Alert.RequestBody, tx.RequestBody.Text)
		}
	}
}

func TestContentCodings(t *testing.T) {
	for _, c := range []struct{ header, coding string }{
		{"gzip", "gzip"}, {"x-gzip", "gzip"}, {"GZIP", "gzip"}, {"deflate", "zlib"}, {"deflate", "raw"}, {"br", "br"}, {"zstd", "zstd"},
		{"identity, gzip", "gzip"},
	} {
		coded := encode(t, c.coding, attackText)
		if got := open(coded, c.header, false); got != (Body{Text: attackText}) {
			t.Errorf("%s: got %+v", c.header, got)
		}
		if got := open(base64.StdEncoding.EncodeToString([]byte(coded)), c.header, false); got != (Body{Text: attackText}) {
			t.Errorf("%s in base64: got %+v", c.header, got)
		}
		if got := open(attackText, c.header, false); got != (Body{Text: attackText}) {
			t.Errorf("%s that somebody has decoded: got %+v", c.header, got)
		}
	}
	twice := encode(t, "br", encode(t, "gzip", attackText))
	if got := open(twice, "gzip, br", false); got.Text != attackText {
		t.Errorf("two codings: got %+v", got)
	}
}

// What the log has cut is opened as far as it goes.
func TestCutContentCoding(t *testing.T) {
	var text strings.Builder
	for i := range 5000 {
		text.WriteString(strconv.Itoa(i*i) + " ")
	}
	for coding, header := range map[string]string{"gzip": "gzip", "zlib": "deflate", "raw": "deflate", "br": "br"} {
		coded := encode(t, coding, text.String())
		got := open(coded[:len(coded)/2], header, true)
		if !got.Truncated || got.Text == "" || !strings.HasPrefix(text.String(), got.Text) || got.IsUnread() {
			t.Errorf("%s: truncated %v, unread %v, %d bytes", coding, got.Truncated, got.IsUnread(), len(got.Text))
		}
	}
}

func TestUnreadableContentCoding(t *testing.T) {
	lost := strings.ToValidUTF8(encode(t, "gzip", attackText), "\ufffd")
	for name, c := range map[string]struct{ text, header string }{
		"bytes were lost":        {lost, "gzip"},
		"an unknown coding":      {encode(t, "gzip", attackText), "compress"},
		"more than anybody does": {encode(t, "gzip", attackText), "gzip, gzip, gzip, gzip"},
	} {
		if got := open(c.text, c.header, false); got.Text != c.text || !got.Coded || !got.IsUnread() {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	broken := []byte(encode(t, "gzip", strings.Repeat(attackText, 100)))
	broken[len(broken)-8] ^= 1 // the check sum
	if got := open(string(broken), "gzip", false); !got.IsUnread() || got.Coded || !strings.HasPrefix(got.Text, attackText) {
		t.Errorf("a broken end: %v, %d bytes", got.IsUnread(), len(got.Text))
	}
}

// Little that becomes much is opened to the bound only.
func TestContentCodingBound(t *testing.T) {
	for coding, header := range map[string]string{"gzip": "gzip", "zlib": "deflate", "br": "br", "zstd": "zstd"} {
		got := open(encode(t, coding, strings.Repeat("a", 64*maxOpened)), header, false)
		if len(got.Text) != maxOpened || !got.Truncated || !got.IsUnread() {
			t.Errorf("%s: %d bytes, truncated %v, unread %v", coding, len(got.Text), got.Truncated, got.IsUnread())
		}
	}
}

func FuzzContentCoding(f *testing.F) {
	for coding, header := range map[string]string{"gzip": "gzip", "zlib": "deflate", "raw": "deflate", "br": "br", "zstd": "zstd"} {
		f.Add(encode(f, coding, attackText), header)
	}
	f.Fuzz(func(t *testing.T, text, header string) {
		got := open(text, header, false)
		if len(got.Text) > max(maxOpened, len(text)) {
			t.Errorf("%d bytes of %d", len(got.Text), len(text))
		}
		if got.Coded && got.Text != text {
			t.Errorf("not opened, and changed to %q", got.Text)
		}
	})
}

// A key that is there twice has two values, and somebody may have gone by either.
func TestKeyTwice(t *testing.T) {
	all, err := Parse("test", []byte("request: {uri: [u, \"$r['uri']\"], method: \"$r['method']\", headers: {raw: h}, body: b}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, record, key string
		uri               string
		args              []Arg
	}{
		{"once", `{"u":"/a"}`, "", "/a", nil},
		{"the same value", `{"u":"/a","u":"/a"}`, "", "/a", nil},
		{"two values", `{"u":"/?q=<script>","u":"/a"}`, "u", "/a", []Arg{{"u", "/?q=<script>"}}},
		{"three values", `{"u":"/1","u":"/2","u":"/3"}`, "u", "/3", []Arg{{"u", "/1"}, {"u", "/2"}}},
		{"in an object", `{"r":{"uri":"/1","uri":"/2","method":"GET"}}`, "uri", "/2", []Arg{{"uri", "/1"}}},
		{"an object", `{"r":{"uri":"/1"},"r":{"uri":"/2"}}`, "r", "/2", []Arg{{"r.uri", "/1"}}},
		{"lines", `{"u":"/a","h":"Host: x\r\nA: b\r\n\r\n","h":"Host: x\r\n\r\n"}`, "h", "/a", []Arg{{"h", "Host: x"}, {"h", "A: b"}}},
		{"nobody looks there", `{"u":"/a","x":"1","x":"2"}`, "", "/a", nil},
		{"without a value", `{"u":"-","u":"/a"}`, "u", "/a", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			record, _, err := AppendJSON(nil, []byte(c.record))
			if err != nil {
				t.Fatal(err)
			}
			var tx Transaction
			for range 2 { // the second time with the memory of the first
				if err := all[0].Map("t", Record(record), &tx); err != nil {
					t.Fatal(err)
				}
				if tx.DoubledKey() != c.key || tx.URI != c.uri || len(tx.Args) != len(c.args) {
					t.Fatalf("key %q, URI %q, args %q", tx.DoubledKey(), tx.URI, tx.Args)
				}
				for i := range c.args {
					if tx.Args[i] != c.args[i] {
						t.Errorf("args %q", tx.Args)
					}
				}
			}
		})
	}
}
