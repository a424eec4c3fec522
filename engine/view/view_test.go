package view

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppend(t *testing.T) {
	for _, c := range []struct{ value, kind, text string }{
		{"%252e%252e%252fetc", "percent", "../etc"},
		{"%25u002e%25u002e/etc", "percent", "../etc"},
		{"..\xc0\xafetc\xc0\xafpasswd", "folded", "../etc/passwd"},
		{"\xe0\x80\xae\xe0\x80\xae/etc", "folded", "../etc"},
		{"\xfc\x80\x80\x80\x80\xae\xfc\x80\x80\x80\x80\xae/etc", "folded", "../etc"},
		{"%bg%qfetc", "folded", "/etc"},
		{"..%c1%9cwin.ini", "folded", `..\win.ini`},
		{"..\uff0fetc\u2215x", "folded", "../etc/x"},
		{"..\ufffd\ufffdetc\ufffd\ufffdpasswd", "folded", "../etc/passwd"},
		{"0x2e0x2e0x2fetc", "folded", "../etc"},
		{"??/??/etc", "folded", "../../etc"},
		{"..\x01/etc", "folded", "../etc"},
		{`\u0027 or \x31=1`, "escapes", `' or 1=1`},
		{`..\/..\/etc`, "escapes", "../../etc"},
		{"&lt;script&gt;", "html", "<script>"},
		{"&amp;lt;script&amp;gt;", "html", "<script>"},
		{"<\x00b\x00>\x00\xe9\x00\xe8\x00", "utf-16", "<b>éè"},
		{"Li4vLi4vZXRjL3Bhc3N3ZA==", "base64", "../../etc/passwd"},
		{"PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pj8_", "base64", "<script>alert(1)</script>??"},
		{"2e2e2f2e2e2f6574632f706173737764", "hex", "../../etc/passwd"},
		{`{"a":[{"b":"1' or 1=1 --"}]}`, "json", "1' or 1=1 --"},
		{"https://x.example/?a=1&next=%3Cscript%3E", "query", "<script>"},
		{"eyJhbGciOiJub25lIn0.eyJzdWIiOiInIG9yIDE9MSAtLSJ9.x", "jwt", `{"sub":"' or 1=1 --"}`},
		{"eyJhbGciOiJub25lIn0.eyJzdWIiOiInIG9yIDE9MSAtLSJ9.x", "jwt, json", "' or 1=1 --"},
		{"Li4lMjUyZi4uJTI1MmZldGM=", "base64, percent", "../../etc"},
		{"eval(String.fromCharCode(60,115, 99,0x3e))", "codes", "<sc>"},
		{"CHAR(39)+CHAR(32)+CHAR(111)+CHAR(114)", "codes", "' or"},
		{"chr(39)||chr(32)||chr(111)||chr(114)", "codes", "' or"},
		{"60 115 99 114 105 112 116 62 97 60 47 115 62", "numbers", "<script>a</s>"},
		{"3c 73 63 72 69 70 74 3e 61 3c 2f 73 3e", "numbers", "<script>a</s>"},
		{"00111100 01110011 01100011 01110010 01101001 01110000 01110100 00111110 01100001 01100001 01100001 01100001", "numbers", "<script>aaaa"},
		{"+ADw-script+AD4-alert(1)", "utf-7", "<script>alert(1)"},
		{"=3Cscript=3Ealert=281=29", "quoted-printable", "<script>alert(1)"},
		{`\u{3c}script\u{3e}`, "escapes", "<script>"},
		{`\074script\076`, "escapes", "<script>"},
		{`\3c script\3e x`, "escapes", "<script>x"},
		{"PABzAGMAcgBpAHAAdAA+AGEA", "base64", "<script>a"},
		{"H4sIAAAAAAACA7MpTi7KLCixS8xJLSrRMNS00YcKAAB27ib+GQAAAA==", "base64", "<script>alert(1)</script>"},
		{"data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "base64", "<script>alert(1)</script>"},
		{"eJyzKU4uyiwosUvMSS0q0TDUtNGHCgAAdfMI6A==", "base64", "<script>alert(1)</script>"},
		{"FYXC6LROF4XC4L3FORRS64DBONZXOZA=", "base32", "../../../etc/passwd"},
		{"Li4vLi4vZXRjL3Bhc3N3ZA%3D%3D", "percent, base64", "../../etc/passwd"},
		{"%c1%b2%c1%af%c1%af%c1%b4%c0%a0%c1%af%c1%ae", "overlong", "root on"},
		{"e3s3Kjd9fQ==", "base64", "{{7*7}}"},
		{"PHNjcmlwdD5hbGVydCgxKT5 PmFsZXJ0KDIyKTwvc2NyaXB0Pg==", "base64", "<script>alert(1)>~>alert(22)</script>"},
		{"7b 7b 37 2a 37 7d 7d 20", "numbers", "{{7*7}} "},
		{"00111011 01101001 01100100 00100000", "numbers", ";id "},
		{"..2f..2Fetc2fpasswd", "folded", "../../etc/passwd"},
		{"/\ufffd\ufffd/\ufffd\ufffd/etc", "folded", "/../../etc"},
		{"/\ufffd.\ufffd./\ufffd.\ufffd./etc", "folded", "/../../etc"},
		{"\ufffd.\ufffd.\ufffd\\etc", "folded", "..\\etc"},
		{"..\ufffd/..\ufffd/etc", "folded", "../../etc"},
		{"..\ufffd..\ufffdetc", "folded", "../../etc"},
		{`{ item(name: "lamp' OR '1'='1") { id } }`, "graphql", "lamp' OR '1'='1"},
		{`mutation { add(text: "\u003cb\u003e \"x\"", n: 2) { id } }`, "graphql", `<b> "x"`},
		{"<fpevcg>nyreg(7)</fpevcg>", "rot13", "<script>alert(7)</script>"},
		{"' HAVBA FRYRPG 1", "rot13", "' UNION SELECT 1"},
		{"dwssap/cte/../..", "reversed", "../../etc/passwd"},
		{">tpircs/<)7(trela>tpircs<", "reversed", "<script>alert(7)</script>"},
		{"TzoxOiJBIjoxOntzOjQ6IgBBAGIiO2k6MTt9", "base64", "O:1:\"A\":1:{s:4:\"\x00A\x00b\";i:1;}"},
		{`{"a":"PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg"}`, "json, base64", "<script>alert(1)</script>"},
	} {
		if got := Append(nil, c.value); !slices.Contains(got, View{c.kind, c.text}) {
			t.Errorf("%q: got %q, want %s %q", c.value, got, c.kind, c.text)
		}
	}
}

// Ordinary values have none.
func TestNoView(t *testing.T) {
	for _, value := range []string{
		"", "a", "hello world", "2026-10-10T13:55:36Z", "order-4711", "name@example.org", "1,299.00", "en-GB,en;q=0.9", "/a/b/c.html", "O'Brien",
		"3f0e7c1d", "aGVsbG8", "what? how?", "it's 50% off", "CHAR(10)", "user (1)", "2026-11-20 10:11:12", "10, 20, 30", "0a:1b:2c:3d:4e:5f", "32, 34, 36, 38, 40, 42, 44, 46", "Vitamin C+A", "for(i in a)", "rock 'n' roll", "Uryyb, 'jbeyq'", "wait... what", "<b>dlrow</b>",
	} {
		if got := Append(nil, value); len(got) > 0 {
			t.Errorf("%q: got %q", value, got)
		}
	}
	for _, value := range []string{"hello world", "order-4711", "name@example.org", "O'Brien", "/a/b/c.html", "it's the <b>one</b> that \"we\" like.."} {
		if n := testing.AllocsPerRun(10, func() { Append(nil, value) }); n > 0 {
			t.Errorf("%q: %v allocations", value, n)
		}
	}
}

// A value has so many views, none longer than itself by much, however it nests.
func FuzzAppend(f *testing.F) {
	for _, s := range []string{"%25%32%35%32%65", "\xc0\xae\xf8\x80", "{\"a\":\"{\\\"b\\\":\\\"%2e\\\"}\"}", "a=b&c=d%3De", "&amp;amp;lt;", "ey.ey.", "\x00a\x00b", "%u", "0x", "?/",
		`":\\\\\\\\\\\\\\\\\\\\\"{\"b<":\"%2e`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		views := Append(nil, value)
		if len(views) > MaxViews {
			t.Fatalf("%d views", len(views))
		}
		for i, v := range views {
			if v.Text == value || v.Text == "" || slices.ContainsFunc(views[:i], func(w View) bool { return w.Text == v.Text }) {
				t.Fatalf("%q says nothing new", v)
			}
			// A wrong byte becomes U+FFFD, of three; a character reference may stand for two characters.
			if len(v.Text) > utf8.UTFMax*len(value) {
				t.Fatalf("%d bytes of %d", len(v.Text), len(value))
			}
			of := strings.TrimPrefix(v.Kind, "percent, ") // what rules read by themselves is no view yet
			if strings.Count(of, ",") >= maxDepth {
				t.Fatalf("%q is read too often", v.Kind)
			}
		}
	})
}

// A value with no reading but the one it has costs no allocation, though it has signs that decoders look at; and one with
// views costs little more than their texts.
func TestAppendAllocates(t *testing.T) {
	for _, c := range []struct {
		value string
		most  float64
	}{
		{"plain words of a sentence, and more", 0},
		{"a=1; b=22; c=333; name=value; other=thing", 0},
		{"%3Cb%3E%253Cscript%253E", 12},
	} {
		var views []View
		views = Append(views, c.value)
		if n := testing.AllocsPerRun(50, func() { views = Append(views[:0], c.value) }); n > c.most {
			t.Errorf("%q: %v allocations for %d views, may be %v", c.value, n, len(views), c.most)
		}
	}
}
