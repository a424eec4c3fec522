package mapping

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// What a node's containers write beside access logs is nobody's failure; a request that no preset reads is one.
func TestNotHTTP(t *testing.T) {
	for line, want := range map[string]error{
		`2026-11-20T10:11:12.000000001Z stdout F Starting worker 1`:                                                                        ErrNotHTTP,
		`{"level":"info","msg":"order created","order":"4711"}`:                                                                            ErrNotHTTP,
		`2026-11-20T10:11:12.000000001Z stdout F {"level":"info","msg":"order created","status":200}`:                                      ErrNotHTTP,
		`I1120 10:11:12.123456       1 leaderelection.go:250] attempting to acquire leader lease kube-system/x...`:                         ErrNotHTTP,
		`[INFO] 10.244.0.1:45535 - 4 "A IN shop.example.com. udp 41 false 512" NOERROR qr,aa,rd 106 0.000172s`:                             ErrNotHTTP,
		`2026-11-20 10:11:12.345 UTC [812] LOG:  checkpoint complete: wrote 200 buffers (1.2%)`:                                            ErrNotHTTP,
		`2026/11/20 10:11:12 [error] 29#29: *1 open() "/srv/x" failed (2: No such file), request: "GET /x HTTP/1.1", host: "a"`:            ErrNotHTTP,
		`[Fri Nov 20 10:11:12.123456 2026] [core:error] [pid 7:tid 8] [client 10.0.0.7:1] AH00126: Invalid URI in request GET /x HTTP/1.1`: ErrNotHTTP,
		"java.lang.IllegalStateException: no\n\tat com.example.Shop.GET(Shop.java:200)":                                                    ErrNotHTTP,
		`Server listening at http://0.0.0.0:8080/ (HTTP/1.1)`:                                                                              ErrNotHTTP,
		``: ErrNotHTTP,
		`calling GET https://shop.example.com/x HTTP/1.1: 200`:                                           ErrUnmapped,
		`{"level":"info","msg":"request completed","did":"GET","what":"/x","got":200}`:                   ErrUnmapped,
		`{"level":"info","msg":"called","verb":"GET","target":"https://shop.example.com/x","code":200}`:  ErrUnmapped,
		`{"log":{"http":{"verb":"POST","target":"https://shop.example.com/x"}},"result":{"code":"404"}}`: ErrUnmapped,
		`{"access":"GET /x?a=b HTTP/1.1","result":200}`:                                                  ErrUnmapped,
	} {
		auto, err := Load("auto")
		if err != nil {
			t.Fatal(err)
		}
		records := []Record{lineRecord("log", line)}
		if line != "" && line[0] == '{' {
			records = append(records, record(t, line))
		}
		for _, r := range records {
			var tx Transaction
			if err := auto.Map("t", r, &tx); !errors.Is(err, want) {
				t.Errorf("%s: got %v by %s, want %v", line, err, tx.Preset, want)
			}
			if _, err := auto.Explain("t", r, &tx); !errors.Is(err, want) {
				t.Errorf("%s: explained as %v, want %v", line, err, want)
			}
		}
	}
}

// Several events in one record are none to inspect, and not passed over in silence either.
func TestListOfEvents(t *testing.T) {
	const request = `{"properties":{"httpMethod":"GET","requestUri":"/x","httpStatus":200}}`
	for text, want := range map[string]struct{ auto, nano string }{
		`{"records":[` + request + `,` + request + `]}`: {"records", "records"},
		`{"Records":[` + request + `]}`:                 {"Records", "Records"},
		`{"logEvents":[{"id":"1","message":"192.0.2.7 - - [20/Nov/2026:10:11:12 +0000] \"GET / HTTP/1.1\" 200 12"}]}`: {"logEvents", "logEvents"},
		`{"records":[{"level":"info","text":"started"}]}`:                                                             {"", "records"},
		`{"records":7}`:   {"", ""},
		`{"records":[7]}`: {"", ""},
	} {
		for _, r := range []Record{record(t, text), lineRecord("log", text)} {
			for name, list := range map[string]string{"auto": want.auto, "nano": want.nano} {
				set, err := Load(name)
				if err != nil {
					t.Fatal(err)
				}
				var tx Transaction
				err = set.Map("t", r, &tx)
				_, explained := set.Explain("t", r, &tx)
				says := strings.Contains(err.Error(), fmt.Sprintf("in the list %q", list)) && errors.Is(err, ErrUnmapped)
				if says != (list != "") || explained.Error() != err.Error() {
					t.Errorf("%s of %q: got %v, explained as %v", name, r, err, explained)
				}
			}
		}
	}
}

// A mapping that does not fit a line says so, whichever it is.
func TestLinesOfAnother(t *testing.T) {
	for _, name := range PresetNames() {
		set, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []Record{lineRecord("log", "some\ttext of something else"), lineRecord("log", `{"a":1}`), record(t, `{"a":1}`), record(t, `{}`)} {
			var tx Transaction
			if err := set.Map("t", r, &tx); !errors.Is(err, ErrUnmapped) {
				t.Errorf("%s: got %v for %q", name, err, r)
			}
		}
	}
}
