package engine

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

func TestScratch(t *testing.T) {
	for _, src := range [][]string{{"crs"}, {"crs/REQUEST-932-APPLICATION-ATTACK-RCE"}, {"/etc/modsecurity/crs/crs-setup.conf", "/usr/share/modsecurity-crs/rules"}, {"/tmp/orig/modsecurity.conf"}} {
		start := time.Now()
		e, err := New(Config{Rules: src, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 131072})
		if err != nil {
			t.Error(src, err)
			continue
		}
		fmt.Println(src, time.Since(start), e.RuleCount(), len(e.warnings), e.evaluates)
		for i, w := range e.warnings {
			if i < 40 {
				fmt.Println("  ", w)
			}
		}
		fmt.Println(e.absence)
		tx := &mapping.Transaction{URI: "/?t=../../etc/passwd", Method: "GET", Protocol: "HTTP/1.1", RequestHeaders: []mapping.Header{{"Host", "192.168.1.55"}, {"User-Agent", "curl/7.81.0"}, {"Accept", "*/*"}}, Observed: mapping.Observed{RequestHeaders: true}}
		v, err := e.Inspect(tx)
		fmt.Println(err, v.Alarm, v.ScoreIn, v.ScoreOut)
		for _, m := range v.Matches {
			fmt.Println("  ", m.RuleID, m.Message, m.Severity, m.role, m.Matched())
		}
		tx = &mapping.Transaction{URI: "/index.html?a=b", Method: "GET"}
		v, err = e.Inspect(tx)
		fmt.Println(err, v.Alarm, v.ScoreIn, v.Matches)
	}
	_ = os.Args
}
