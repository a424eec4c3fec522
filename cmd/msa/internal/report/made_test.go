package report

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/behavior"
)

// made is an alert of a test: what it does not say is as in most.
type made map[string]any

func (m made) line(t testing.TB) string {
	t.Helper()
	a := made{
		"rule_id": "942100", "alert_engine": "modsecurity", "time": "2026-03-02 10:00:00", "src_ip": "10.0.1.1", "dst_ip": "10.0.2.2", "src_port": "4000", "dst_port": "80",
		"domain": "shop.example", "url": "/search?q=1", "method": "GET", "msg": "SQL Injection Attack Detected via libinjection", "severity": "2",
		"req_header": "GET /search?q=1 HTTP/1.1\r\nHost: shop.example\r\n\r\n", "req_body": "", "rules": rulesOf(942100, "SQL Injection Attack Detected via libinjection", "ARGS:q", ""),
		"direction": "east-west", "category": "sqli", "attack": []string{"CAPEC-66"}, "detector": "", "evidence": "", "tag": "nano",
	}
	for key, value := range m {
		a[key] = value
	}
	// rule_id is the first key, by which lines of syslog are told.
	id, err := json.Marshal(a["rule_id"])
	if err != nil {
		t.Fatal(err)
	}
	delete(a, "rule_id")
	rest, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"rule_id":%s,%s`, id, rest[1:])
}

func rulesOf(id int, message, variable, data string) []map[string]any {
	return []map[string]any{{"id": id, "msg": message, "severity": 2, "variable": variable, "value": "1' or 1=1--", "data": data, "tags": []string{"attack-sqli"}}}
}

// pivot is an alert about a path, with the words of the detector.
func pivot(at time.Time, hosts ...string) made {
	var steps []string
	for i := range hosts[1:] {
		steps = append(steps, behavior.Step{From: hosts[i], To: hosts[i+1], Time: at.Add(time.Duration(i) * 5 * time.Minute), Rule: 942100 + i}.String())
	}
	n := len(hosts)
	evidence := pathHead + strings.Join(steps, ", ")
	return made{
		"rule_id": "9702040", "time": at.Add(time.Duration(n) * 5 * time.Minute).Format(time.DateTime), "src_ip": hosts[n-2], "dst_ip": hosts[n-1], "msg": "A host that was attacked attacks others",
		"rules": rulesOf(9702040, "A host that was attacked attacks others", "detector:pivot", evidence), "category": "", "attack": []string{"T1210"}, "detector": "pivot", "evidence": evidence,
	}
}

// network is a day of alerts among so many hosts in networks of 25, with two paths.
func largeNetwork(t testing.TB, hosts, alerts int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	host := func(i int) string { return fmt.Sprintf("10.7.%d.%d", i/25, 10+i%25) }
	kinds := []struct {
		id       int
		severity string
		message  string
		category string
	}{
		{942100, "2", "SQL Injection Attack Detected via libinjection", "sqli"}, {930120, "2", "OS File Access Attempt", "lfi"}, {941100, "2", "XSS Attack Detected via libinjection", "xss"},
		{9701360, "3", "Spring Boot Actuator: environment, memory, traces, sessions or routes read", "actuator"}, {9700100, "3", "Sensitive data: payment card number in a response", "disclosure"},
		{913100, "4", "Found User-Agent associated with security scanner", "reputation-scanner"}, {9700402, "5", "Sensitive data: credentials in clear text in a query string", "disclosure"},
	}
	var all []string
	for i := range alerts {
		// Few attack many, most of them hosts near to them; each host is attacked at least once.
		from := r.IntN(10) * hosts / 10
		to := (from + r.IntN(1+r.IntN(hosts))) % hosts
		if i < hosts {
			to = i
		}
		if from == to {
			from = (to + 1) % hosts
		}
		k := kinds[min(r.IntN(len(kinds)), r.IntN(len(kinds)))]
		m := made{
			"rule_id": fmt.Sprint(k.id), "time": at.Add(time.Duration(r.IntN(86400)) * time.Second).Format(time.DateTime), "src_ip": host(from), "dst_ip": host(to),
			"msg": k.message, "severity": k.severity, "category": k.category, "rules": rulesOf(k.id, k.message, "RESPONSE_BODY", "1 of card in RESPONSE_BODY"), "url": fmt.Sprintf("/p/%d", i),
		}
		if i%40 == 0 {
			m["src_ip"], m["direction"] = fmt.Sprintf("198.51.100.%d", i%200), "inbound"
		}
		all = append(all, m.line(t))
	}
	return append(all, pivot(at, "198.51.100.40", host(30), host(80), host(130), host(180)).line(t), pivot(at.Add(8*time.Hour), host(3), host(60), host(111)).line(t))
}
