package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// show writes a msgpack value down so that every byte of a string, the order of
// keys and the type of numbers can be seen.
func show(t testing.TB, b []byte) (text string, rest []byte) {
	t.Helper()
	var err error
	switch typ := msgp.NextType(b); typ {
	case msgp.MapType:
		n, b, err := msgp.ReadMapHeaderBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		parts := make([]string, n)
		for i := range parts {
			var key, value string
			key, b = show(t, b)
			value, b = show(t, b)
			parts[i] = key + ":" + value
		}
		return "{" + strings.Join(parts, ",") + "}", b
	case msgp.ArrayType:
		n, b, err := msgp.ReadArrayHeaderBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		parts := make([]string, n)
		for i := range parts {
			parts[i], b = show(t, b)
		}
		return "[" + strings.Join(parts, ",") + "]", b
	case msgp.StrType:
		var v []byte
		v, rest, err = msgp.ReadStringZC(b)
		text = fmt.Sprintf("%+q", v)
	case msgp.IntType:
		var v int64
		v, rest, err = msgp.ReadInt64Bytes(b)
		text = strconv.FormatInt(v, 10)
	case msgp.UintType:
		var v uint64
		v, rest, err = msgp.ReadUint64Bytes(b)
		text = strconv.FormatUint(v, 10)
	case msgp.Float64Type:
		var v float64
		v, rest, err = msgp.ReadFloat64Bytes(b)
		text = "float " + strconv.FormatFloat(v, 'g', -1, 64)
	case msgp.BoolType:
		var v bool
		v, rest, err = msgp.ReadBoolBytes(b)
		text = strconv.FormatBool(v)
	case msgp.NilType:
		rest, err = msgp.ReadNilBytes(b)
		text = "nil"
	default:
		t.Fatalf("unexpected msgpack type %v", typ)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text, rest
}

func TestAppendJSON(t *testing.T) {
	long := strings.Repeat("x", 300)
	huge := strings.Repeat("y", 70000)
	for _, c := range []struct{ name, json, want, rest string }{
		{"empty object", `{}`, `{}`, ""},
		{"scalars", `{"a":"b","c":true,"d":false,"e":null}`, `{"a":"b","c":true,"d":false,"e":nil}`, ""},
		{"nested", `{"a":[1,{"b":[]}],"c":{}}`, `{"a":[1,{"b":[]}],"c":{}}`, ""},
		{"pretty", "\n {\r\n\t\"a\" : [ 1 ,\n 2 ] }\n", `{"a":[1,2]}`, "\n"},
		{"byte order mark", "\xef\xbb\xbf{\"a\":1}", `{"a":1}`, ""},
		{"rest", `{"a":1}{"b":2}`, `{"a":1}`, `{"b":2}`},
		{"duplicate keys", `{"a":1,"b":2,"a":3}`, `{"a":1,"b":2,"a":3}`, ""},
		{"integers", `[0,-1,9223372036854775807,-9223372036854775808,18446744073709551615]`,
			`[0,-1,9223372036854775807,-9223372036854775808,18446744073709551615]`, ""},
		{"integers beyond 64 bits", `[18446744073709551616,-9223372036854775809,99999999999999999999999]`,
			`[float 1.8446744073709552e+19,float -9.223372036854776e+18,float 1e+23]`, ""},
		{"fractions", `[0.5,1e3,-2.5E-3]`, `[float 0.5,float 1000,float -0.0025]`, ""},
		{"beyond float64", `[1e400]`, `["1e400"]`, ""},
		{"dash for no number", `{"time":-,"t":[-, 1],"u": - }`, `{"time":"-","t":["-",1],"u":"-"}`, ""},
		{"leading zeros", `{"status":000,"n":007}`, `{"status":0,"n":7}`, ""},
		{"escapes", `"\"\\\/\b\f\n\r\t"`, `"\"\\/\b\f\n\r\t"`, ""},
		{"NUL", `"a\u0000b"`, `"a\x00b"`, ""},
		{"unicode", `"\u00e9\u20AC\ud83d\ude00é"`, `"\u00e9\u20ac\U0001f600\u00e9"`, ""},
		{"lone surrogates", `"\ud800 \udc00\ud83dx"`, `"\xed\xa0\x80 \xed\xb0\x80\xed\xa0\xbdx"`, ""},
		{"two high surrogates", `"\ud83d\ud83d\ude00"`, `"\xed\xa0\xbd\U0001f600"`, ""},
		{"invalid UTF-8", "\"a\xff\xc3(\xed\xa0\x80\"", `"a\xff\xc3(\xed\xa0\x80"`, ""},
		{"control characters", "\"a\tb\x01\x7f\r\"", `"a\tb\x01\x7f\r"`, ""},
		{"nginx's escapes", `"\x22\x5C\xff\x0A"`, `"\"\\\xff\n"`, ""},
		{"unknown escapes", `"\q\xg0\u12g4\u12"`, `"\\q\\xg0\\u12g4\\u12"`, ""},
		{"long string", `"` + long + `"`, `"` + long + `"`, ""},
		{"long escaped string", `"\n` + long + `"`, `"\n` + long + `"`, ""},
		{"huge string", `"` + huge + `"`, `"` + huge + `"`, ""},
		{"huge escaped string", `"` + huge + `\n"`, `"` + huge + `\n"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, rest, err := AppendJSON([]byte("before"), []byte(c.json))
			if err != nil {
				t.Fatal(err)
			}
			value, ok := bytes.CutPrefix(out, []byte("before"))
			if !ok {
				t.Fatalf("what dst held is lost: %q", out)
			}
			got, left := show(t, value)
			if got != c.want || len(left) > 0 {
				t.Errorf("got  %.200s and %d bytes more\nwant %.200s", got, len(left), c.want)
			}
			if string(rest) != c.rest {
				t.Errorf("rest is %q, want %q", rest, c.rest)
			}
		})
	}
}

func TestAppendJSONErrors(t *testing.T) {
	deep := strings.Repeat("[", MaxJSONDepth)
	for _, c := range []struct{ name, json, want string }{
		{"empty", "", "at byte 0: ends where a value should be"},
		{"only white space", " \n", "at byte 2: ends where a value should be"},
		{"not JSON", "hello", `at byte 0: unexpected "h" where a value should be`},
		{"cut in a string", `{"a":"b`, "at byte 7: ends in a string"},
		{"cut in an escape", `{"a":"\`, "at byte 7: ends in a string"},
		{"cut after a key", `{"a"`, "at byte 4: ends where a colon should be"},
		{"cut in a literal", `[tru`, `at byte 1: unexpected "t" where a value should be`},
		{"newline in a string", "{\"a\":\"b\nc\"}", "at byte 7: line ends in a string"},
		{"NUL in a string", "[\"b\x00\"]", "at byte 3: line ends in a string"},
		{"trailing comma", `{"a":1,}`, `at byte 7: unexpected "}" where a key should be`},
		{"no comma", `[1 2]`, `at byte 3: unexpected "2" where a comma or ] should be`},
		{"single quotes", `{'a':1}`, `at byte 1: unexpected "'" where a key should be`},
		{"minus before a letter", `[-x]`, `at byte 2: unexpected "x" where a digit should be`},
		{"two points", `[1.2.3]`, `at byte 1: "1.2.3" is not a number`},
		{"too deep", deep + "[", "at byte 1000: nested deeper than 1000"},
		{"far too deep", strings.Repeat(`{"a":`, 10000), "at byte 5000: nested deeper than 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, rest, err := AppendJSON([]byte("before"), []byte(c.json))
			if err == nil {
				t.Fatal("no error")
			}
			var bad *JSONError
			if got := strings.TrimPrefix(err.Error(), "invalid JSON "); got != c.want || !errors.As(err, &bad) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if string(out) != "before" || string(rest) != c.json {
				t.Errorf("out is %q, rest %q", out, rest)
			}
		})
	}
	if _, _, err := AppendJSON(nil, []byte(deep+strings.Repeat("]", MaxJSONDepth))); err != nil {
		t.Errorf("depth %d: %v", MaxJSONDepth, err)
	}
}

func TestAppendJSONManyMembers(t *testing.T) {
	const n = math.MaxUint16 + 1
	for _, c := range []struct {
		name, json string
		read       func([]byte) (uint32, []byte, error)
	}{
		{"object", `{"k":[` + strings.Repeat(`{"a":0},`, 2) + `1]` + strings.Repeat(`,"b":2`, n-1) + "}", msgp.ReadMapHeaderBytes},
		{"array", "[0" + strings.Repeat(",1", n-1) + "]", msgp.ReadArrayHeaderBytes},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, _, err := AppendJSON(nil, []byte(c.json))
			if err != nil {
				t.Fatal(err)
			}
			if got, _, err := c.read(out); err != nil || got != n {
				t.Errorf("%d members, %v; want %d", got, err, n)
			}
			if rest, err := msgp.Skip(out); err != nil || len(rest) > 0 {
				t.Errorf("%d bytes too many, %v", len(rest), err)
			}
		})
	}
}

// split runs a splitter over stream, which arrives in pieces of size bytes.
func split(s *JSONSplitter, stream string, size int) (records, causes []string) {
	var data []byte
	for {
		piece := min(size, len(stream))
		data, stream = append(data, stream[:piece]...), stream[piece:]
		for {
			record, n, err := s.Next(data, stream == "")
			var bad *JSONError
			switch {
			case errors.As(err, &bad):
				causes = append(causes, bad.Cause)
			case record != nil:
				records = append(records, string(record))
			}
			data = data[n:]
			if record == nil && err == nil {
				break
			}
		}
		if stream == "" {
			return records, causes
		}
	}
}

func TestJSONSplitter(t *testing.T) {
	const a, b, c = `{"a":1}`, `{"b":"}{\"[\\"}`, `{"c":[{},[1,null],{"d":true}]}`
	pretty := "{\n  \"a\": {\n    \"b\": [\n      1,\n      2\n    ]\n  }\n}"
	all := []string{a, b, c}
	for _, test := range []struct {
		name, stream string
		want, causes []string
	}{
		{"nothing", "", nil, nil},
		{"white space", "\n\n \x00", nil, nil},
		{"newlines", a + "\n" + b + "\n" + c + "\n", all, nil},
		{"carriage returns", a + "\r\n" + b + "\r\n" + c, all, nil},
		{"NULs", a + "\x00" + b + "\x00" + c + "\x00", all, nil},
		{"nothing between", a + b + c, all, nil},
		{"leading newline and BOM", "\n\xef\xbb\xbf" + a + "\xef\xbb\xbf" + b + c, all, nil},
		{"array", "[" + a + "," + b + ",\n" + c + "]\n", all, nil},
		{"arrays", "[" + a + "]\n[" + b + "," + c + "]", all, nil},
		{"pretty-printed", pretty + "\n" + pretty, []string{pretty, pretty}, nil},
		{"text line", a + "\nhello {}\n" + b, []string{a, b}, []string{`unexpected "h" where a record should begin`}},
		{"two text lines", "x\ny\n" + a, []string{a}, []string{`unexpected "x" where a record should begin`, `unexpected "y" where a record should begin`}},
		{"scalar", "17\n" + a, []string{a}, []string{`unexpected "1" where a record should begin`}},
		{"text without a line's end", a + " hello " + b, []string{a}, []string{`unexpected "h" where a record should begin`}},
		{"half a BOM", "\xef\xbb" + a, nil, []string{`unexpected "\xef" where a record should begin`}},
		{"no end", a + `{"b":1`, []string{a}, []string{"ends in a record"}},
		{"string without end", a + "\n{\"x\":\"y\n" + b, []string{a, b}, []string{"line ends in a string"}},
		{"string without end, NULs", a + "\x00{\"x\":\"y\x00" + b, []string{a, b}, []string{"line ends in a string"}},
		{"escape at a line's end", "{\"x\":\"y\\\n" + b, []string{b}, []string{"line ends in a string"}},
		{"no brace", "{\"x\":1\n" + a + "\n" + b, []string{a, b}, []string{`unexpected "{" where a comma or } should be`}},
		{"no bracket", "{\"x\":[1\n" + a, []string{a}, []string{`unexpected "{" where a comma or ] should be`}},
		{"cut after a comma", "{\"x\":1,\n" + a, []string{a}, []string{`unexpected "{" where a key should be`}},
		{"cut after a colon", "{\"x\":\n" + a + "\n" + b + "\n" + c, all, []string{`unexpected "{" where a comma or } should be`}},
		{"cut after a colon at the end", "{\"x\":\n" + a + "\n", []string{a}, []string{"ends in a record"}},
		{"no colon", "{\"x\" 1}\n" + a, []string{a}, []string{`unexpected "1" where a colon should be`}},
		{"bad value", "{\"x\":'1'}" + a, nil, []string{`unexpected "'" where a value should be`}},
		{"brace too many", a + "}\n" + b, []string{a, b}, []string{`unexpected "}" where a record should begin`}},
		{"rest of a broken record is quiet", "{\n\"a\": 1\n\"b\": 2,\n\"c\": 3\n}\n" + a + "\nx", []string{a},
			[]string{`unexpected "\"" where a comma or } should be`, `unexpected "x" where a record should begin`}},
		{"too deep", strings.Repeat(`{"a":`, 10000) + "\n" + a, []string{a}, []string{"nested deeper than 1000"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, size := range []int{math.MaxInt, 1, 2, 7} {
				records, causes := split(&JSONSplitter{}, test.stream, size)
				if !slices.Equal(records, test.want) || !slices.Equal(causes, test.causes) {
					t.Errorf("pieces of %d: got %q and %q\nwant %q and %q", size, records, causes, test.want, test.causes)
				}
			}
		})
	}
}

func TestJSONSplitterLimit(t *testing.T) {
	const limit = 20
	fits := `{"a":"` + strings.Repeat("x", limit-8) + `"}`
	long := `{"a":"` + strings.Repeat("x", limit) + `"}`
	for _, size := range []int{math.MaxInt, 1, 7} {
		records, causes := split(&JSONSplitter{Limit: limit}, fits+"\n"+long+"\n"+fits+long+fits, size)
		if !slices.Equal(records, []string{fits, fits}) ||
			!slices.Equal(causes, []string{"record is longer than 20 bytes", "record is longer than 20 bytes"}) {
			t.Errorf("pieces of %d: got %q and %q", size, records, causes)
		}
	}
}

func TestJSONSplitterInRecord(t *testing.T) {
	var s JSONSplitter
	for _, c := range []struct {
		data string
		want bool
	}{{"\n", false}, {`{"a"`, true}, {`{"a":1}`, false}} {
		s.Next([]byte(c.data), false)
		if got := s.InRecord(); got != c.want {
			t.Errorf("after %q: %v", c.data, got)
		}
	}
}

func FuzzAppendJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-2.5e3,"\ud83d\ude00\x22",null]}`, "\xef\xbb\xbf[true,false]", `"\`, `{"a":{"a":{}}}`, "[18446744073709551616]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, rest, err := AppendJSON(nil, in)
		if err != nil {
			if json.Valid(in) && !strings.Contains(err.Error(), "nested deeper") {
				t.Fatalf("cannot read valid JSON %q: %v", in, err)
			}
			return
		}
		if left, err := msgp.Skip(out); err != nil || len(left) > 0 {
			t.Fatalf("%q became broken msgpack %x: %d bytes left, %v", in, out, len(left), err)
		}
		if !bytes.HasSuffix(in, rest) {
			t.Fatalf("rest %q is no end of %q", rest, in)
		}
	})
}

func FuzzJSONSplitter(f *testing.F) {
	f.Add("{\"a\":1}\n{\"b\":\"\n{\"c\":[1,{}]}\x00{}", 3, 0)
	f.Add("[{},{\"a\":\n{}}]\xef\xbb\xbf{}", 1, 5)
	f.Fuzz(func(t *testing.T, stream string, size, limit int) {
		if size < 1 || limit < 0 {
			return
		}
		records, causes := split(&JSONSplitter{Limit: limit}, stream, math.MaxInt)
		pieces, pieceCauses := split(&JSONSplitter{Limit: limit}, stream, size)
		if !slices.Equal(records, pieces) || !slices.Equal(causes, pieceCauses) {
			t.Fatalf("whole: %q %q\npieces of %d: %q %q", records, causes, size, pieces, pieceCauses)
		}
		for _, r := range records {
			_, rest, err := AppendJSON(nil, []byte(r))
			if err == nil && len(rest) > 0 {
				t.Fatalf("record %q goes on with %q", r, rest)
			}
		}
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	record := []byte(`{"BEGIN_TIME":"2024-05-30 07:16:48.917","SRC_IP":"192.168.1.105","DST_IP":"192.168.1.55","SRC_PORT":46152,` +
		`"HTTP_RESPONSE":0.792,"METHOD":"GET","URL":"/?t=../../etc/passwd","REQ_HEADER":"GET /?t=../../etc/passwd HTTP/1.1\r\nHost: 192.168.1.55\r\n` +
		`User-Agent: curl/7.81.0\r\nAccept: */*\r\n\r\n","REQ_BODY":"","RSP_BODY":"223sdfalkjsflkajf","L7_PROTOCOL":"http"}`)
	var out []byte
	b.SetBytes(int64(len(record)))
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if out, _, err = AppendJSON(out[:0], record); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkJSONSplitter(b *testing.B) {
	data := []byte(strings.Repeat(`{"METHOD":"GET","URL":"/?t=../../etc/passwd","REQ_HEADER":"GET / HTTP/1.1\r\nHost: 192.168.1.55\r\n\r\n","N":[1,2]}`+"\n", 100))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var s JSONSplitter
		for rest, records := data, 0; ; records++ {
			record, n, err := s.Next(rest, true)
			if err != nil {
				b.Fatal(err)
			}
			if rest = rest[n:]; record == nil {
				if records != 100 {
					b.Fatal(records)
				}
				break
			}
		}
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
