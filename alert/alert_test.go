package alert

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
	"github.com/modsecurity-for-anylog/msa/triage"
)

var defaults = Options{MinSeverity: 7, IncludeBodies: true, Internal: mapping.PrivateNetworks()}

// TestOriginal: with the original MSA's rule file, its sample record gives its sample
// alert, key by key and in order. CRS 4.25 words one message differently.
func TestOriginal(t *testing.T) {
	original, err := os.ReadFile("../test/testdata/nano-attack.alert.json")
	if err != nil {
		t.Fatal(err)
	}
	a := sample(t)
	got, want := pairs(t, a.JSON()), pairs(t, original)
	if len(want) != 23 {
		t.Fatalf("the original has %d keys", len(want))
	}
	for i := range want {
		if want[i].key == "msg" {
			want[i].value = "Remote Command Execution: Unix Shell Code Found" // 932160 in CRS 3: "Remote command execution: Discover Unix Shell code"
		}
		if got[i] != want[i] {
			t.Errorf("key %d is %+v, want %+v", i+1, got[i], want[i])
		}
	}
	var ours []string
	for _, p := range got[23:] {
		ours = append(ours, p.key)
	}
	if s := strings.Join(ours, " "); s != "id timestamp summary rules score_in score_out direction category attack confidence confidence_reasons outcome outcome_evidence uninspected detector evidence tag preset msa_version" {
		t.Errorf("our own keys are %s", s)
	}
}

// sample is the alert of the original MSA's sample record.
func sample(t testing.TB) Alert {
	t.Helper()
	record, err := os.ReadFile("../test/testdata/nano-attack.json")
	if err != nil {
		t.Fatal(err)
	}
	tx := mapped(t, string(record))
	e, err := engine.New(engine.Config{Rules: []string{"crs/REQUEST-932-APPLICATION-ATTACK-RCE"}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 1 << 17})
	if err != nil {
		t.Fatal(err)
	}
	v, err := e.Inspect(tx)
	if err != nil {
		t.Fatal(err)
	}
	var sure triage.Appraisal
	sure.Outcome, sure.OutcomeEvidence = triage.OutcomeOf(tx, &v)
	alerts := New(defaults, nil, tx, &v, sure, "udp.0", time.Now())
	if len(alerts) != 1 {
		t.Fatalf("%d alerts", len(alerts))
	}
	return alerts[0]
}

type pair struct {
	key   string
	value any
}

// pairs are the members of a JSON object in order.
func pairs(t testing.TB, text []byte) []pair {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	var all []pair
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		p := pair{key: key.(string), value: string(v)}
		var s string
		if json.Unmarshal(v, &s) == nil {
			p.value = s
		}
		all = append(all, p)
	}
	return all
}

func mapped(t testing.TB, text string) *mapping.Transaction {
	t.Helper()
	r, _, err := mapping.AppendJSON(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Load("nano")
	if err != nil {
		t.Fatal(err)
	}
	tx := new(mapping.Transaction)
	if err := m.Map("t", r, tx); err != nil {
		t.Fatal(err)
	}
	return tx
}

func match(id, severity int, tags ...string) engine.Match {
	return engine.Match{RuleID: id, Severity: severity, Message: "m", Operator: "rx", Operand: "o", Variable: "ARGS:a", Value: "v", Tags: tags}
}

func TestNew(t *testing.T) {
	verdict := func(alarm bool, m ...engine.Match) *engine.Verdict { return &engine.Verdict{Alarm: alarm, Matches: m} }
	with := func(change func(*Options)) Options {
		o := defaults
		change(&o)
		return o
	}
	perRule := with(func(o *Options) { o.PerRule = true })
	for _, c := range []struct {
		name string
		o    Options
		v    *engine.Verdict
		want []int
	}{
		{"nothing", defaults, verdict(false), nil},
		{"below the threshold", defaults, verdict(false, match(1, 2)), nil},
		{"below the threshold, on match", with(func(o *Options) { o.OnMatch = true }), verdict(false, match(1, 2)), []int{1}},
		{"threshold reached", defaults, verdict(true, match(1, 4), match(2, 2)), []int{2}},
		{"not severe enough", with(func(o *Options) { o.MinSeverity = 2 }), verdict(true, match(1, 3)), nil},
		{"just severe enough", with(func(o *Options) { o.MinSeverity = 2 }), verdict(true, match(1, 3), match(2, 2)), []int{2}},
		{"a rule without severity is a warning", with(func(o *Options) { o.MinSeverity = 4 }), verdict(true, match(1, engine.SeverityUnset)), []int{1}},
		{"per rule", perRule, verdict(true, match(1, 4), match(2, 2)), []int{1, 2}},
		{"per rule, severe enough", with(func(o *Options) { o.PerRule, o.MinSeverity = true, 3 }), verdict(true, match(1, 4), match(2, 2)), []int{2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []int
			for _, a := range New(c.o, nil, mapped(t, `{"URL":"/"}`), c.v, triage.Appraisal{}, "t", time.Now()) {
				got = append(got, a.Match.RuleID)
				if c.o.PerRule != (len(a.Rules) == 1) && len(c.v.Matches) > 1 {
					t.Errorf("%d rules in the alert", len(a.Rules))
				}
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func values(t testing.TB, o Options, record string, m ...engine.Match) map[string]any {
	t.Helper()
	alerts := New(o, nil, mapped(t, record), &engine.Verdict{Alarm: true, Matches: m, ScoreIn: 5}, triage.Appraisal{}, "a.tag", time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)))
	if len(alerts) != 1 {
		t.Fatalf("%d alerts", len(alerts))
	}
	var out map[string]any
	if err := json.Unmarshal(alerts[0].JSON(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestKeys(t *testing.T) {
	record := `{"URL":"/a","METHOD":"GET","SRC_IP":"10.0.0.1","DST_IP":"8.8.8.8","DOMAIN":"d","REQ_BODY":"rq","RSP_BODY":"rs","RETCODE":200,"REQ_HEADER":"h: ÿ\n"}`
	got := values(t, defaults, record, match(942100, 2, "attack-sqli", "capec/1000/152/248/66", "ATTACK.MITRE/T1190", "attack-generic"), match(2, 3, "capec/1000/152/248/66"))
	for key, want := range map[string]any{
		"rule_id": "942100", "severity": "2", "time": "2026-01-02 02:04:05", "retcode": "200", "domain": "d",
		"req_body": "rq", "rsp_body": "rs", "req_header": "h: ÿ\n", "score_in": 5.0, "direction": "outbound",
		"category": "sqli", "attack": []any{"CAPEC-66", "T1190"}, "tag": "a.tag", "preset": "nano", "msa_version": Version,
		"message": "", "forward": "", "source": "", "geoip": "", "src_port": "",
	} {
		if !reflect.DeepEqual(got[key], want) {
			t.Errorf("%s is %#v, want %#v", key, got[key], want)
		}
	}
	without := defaults
	without.IncludeBodies = false
	if got := values(t, without, record, match(1, 2)); got["req_body"] != "" || got["rsp_body"] != "" {
		t.Error("bodies are in the alert")
	}
}

func TestIsTechnique(t *testing.T) {
	for s, want := range map[string]bool{
		"T1190": true, "t1190": true, "T1059.004": true,
		"": false, "T119": false, "T119x": false, "X1190": false, "T11900": false, "T1059x004": false, "T1059-004": false, "T1059.00x": false,
	} {
		if got := isTechnique(s); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}

func TestDirection(t *testing.T) {
	own := []netip.Prefix{netip.MustParsePrefix("100.64.0.0/10")}
	for _, c := range []struct {
		internal             []netip.Prefix
		client, server, want string
	}{
		{mapping.PrivateNetworks(), "10.1.1.1", "192.168.0.1", "east-west"},
		{mapping.PrivateNetworks(), "fd00::1", "::ffff:10.0.0.1", "east-west"},
		{mapping.PrivateNetworks(), "fe80::1%eth0", "127.0.0.1", "east-west"},
		{mapping.PrivateNetworks(), "1.1.1.1", "172.31.0.1", "inbound"},
		{mapping.PrivateNetworks(), "172.16.0.1", "2001:db8::1", "outbound"},
		{mapping.PrivateNetworks(), "1.1.1.1", "8.8.8.8", "external"},
		{mapping.PrivateNetworks(), "", "8.8.8.8", ""},
		{mapping.PrivateNetworks(), "10.0.0.1", "x", ""},
		{own, "100.64.1.1", "10.0.0.1", "outbound"},
	} {
		if got := Direction(c.internal, c.client, c.server); got != c.want {
			t.Errorf("%s to %s: got %q, want %q", c.client, c.server, got, c.want)
		}
	}
}

// The event and its JSON text say the same, whatever bytes the record holds.
func TestAppendEvent(t *testing.T) {
	tx := mapped(t, `{"URL":"/\\\"\u0000\u0007<>&","SRC_IP":"10.0.0.1","REQ_BODY":"`+"\xff\xfe"+`"}`)
	a := New(defaults, nil, tx, &engine.Verdict{Alarm: true, Matches: []engine.Match{match(1, 2, "x"), match(2, 2)}}, triage.Appraisal{}, "t", time.Now())[0]
	at := AppendTime(nil, time.Unix(1717053408, 917))
	event := a.AppendEvent(nil, at, MSA, "log")

	head := append([]byte{0x92, 0x92}, at...)
	if !bytes.HasPrefix(event, append(head, 0x80)) {
		t.Fatalf("event begins % x", event[:16])
	}
	body, rest, err := msgp.ReadMapStrIntfBytes(event[len(head)+1:], nil)
	if err != nil || len(rest) != 0 {
		t.Fatalf("cannot read event: %v, %d bytes left", err, len(rest))
	}
	var fromJSON map[string]any
	if err := json.Unmarshal([]byte(body["log"].(string)), &fromJSON); err != nil {
		t.Fatal(err)
	}
	if body["req_body"] != "\xff\xfe" || fromJSON["req_body"] != "\ufffd" {
		t.Errorf("bytes are %q, in JSON %q", body["req_body"], fromJSON["req_body"])
	}
	if fromJSON["url"] != "/\\\"\x00\a<>&" {
		t.Errorf("URL is %q", fromJSON["url"])
	}
	if len(fromJSON) != len(body)-1 || len(body["rules"].([]any)) != 2 {
		t.Errorf("%d keys in JSON, %d in the event", len(fromJSON), len(body))
	}
	if again, _, err := msgp.ReadMapStrIntfBytes(a.AppendEvent(nil, at, MSA, "")[len(head)+1:], nil); err != nil || again["log"] != nil {
		t.Errorf("text key is there though it is off: %v", err)
	}
}

func TestAppendVerdict(t *testing.T) {
	v := engine.Verdict{Matches: []engine.Match{match(1, 4), match(2, 2)}, ScoreIn: 8}
	tx := mapping.Transaction{ClientWorkload: mapping.Workload{Namespace: "ci", Name: "runner"}}
	got, _, err := msgp.ReadMapStrIntfBytes(AppendVerdict(nil, nil, &v, &tx, true), nil)
	want := map[string]any{"client_workload": "ci//runner", "alert": "true", "rule_id": "2", "msg": "m", "severity": "2", "score_in": int64(8), "score_out": int64(0), "rules": []any{int64(1), int64(2)}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

// Where the log has no header block, the alert's is made of the headers that it has.
func TestHeadOfFields(t *testing.T) {
	got := values(t, defaults, `{"URL":"/a?b","METHOD":"GET","AGENT":"curl","DOMAIN":"d"}`, match(1, 2))
	if want := "GET /a?b\r\nHost: d\r\nUser-Agent: curl\r\n\r\n"; got["req_header"] != want || got["rsp_header"] != "" {
		t.Errorf("req_header %q, rsp_header %q", got["req_header"], got["rsp_header"])
	}
}

// A rule's logdata is in the alert, where there is any.
func TestData(t *testing.T) {
	with, without := match(1, 2), match(2, 2)
	with.Data = "card: 3"
	got := values(t, defaults, `{"URL":"/"}`, with, without)["rules"].([]any)
	if first, second := got[0].(map[string]any), got[1].(map[string]any); first["data"] != "card: 3" || len(second) != 6 {
		t.Errorf("rules are %v", got)
	}
	a := New(defaults, nil, mapped(t, `{"URL":"/"}`), &engine.Verdict{Alarm: true, Matches: []engine.Match{with, without}}, triage.Appraisal{}, "t", time.Now())[0]
	at := AppendTime(nil, time.Unix(1, 0))
	event, _, err := msgp.ReadMapStrIntfBytes(a.AppendEvent(nil, at, MSA, "")[2+len(at)+1:], nil)
	if err != nil {
		t.Fatal(err)
	}
	got = event["rules"].([]any)
	if first, second := got[0].(map[string]any), got[1].(map[string]any); first["data"] != "card: 3" || len(second) != 6 {
		t.Errorf("rules of the event are %v", got)
	}
}

func TestMask(t *testing.T) {
	const record = `{"URL":"/?password=hunter2","METHOD":"GET","message":"hunter2x","REQ_HEADER":"GET / HTTP/1.1\r\nX-Card: 4111111111111111\r\n\r\n","REQ_BODY":"a@mail.example"}`
	m := match(1, 2)
	m.Variable, m.Value, m.Data, m.Message = "ARGS:password", "hunter2", "Matched Data: hunt found", "card 4111111111111111"
	other := match(2, 3)
	other.Value = "HUNTER2"
	masking := defaults
	masking.Mask = true
	got := values(t, masking, record, m, other)
	for key, want := range map[string]any{
		"url": "/?password=****", "msg": "card 411111******1111", "req_body": "****@mail.example",
		"matched": "Matched \"Operator `Rx' with parameter `o' against variable `ARGS:password' (Value: `****' )",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	if h := got["req_header"].(string); !strings.Contains(h, "X-Card: 411111******1111\r\n") {
		t.Errorf("req_header is %q", h)
	}
	all := got["rules"].([]any)
	if first, second := all[0].(map[string]any), all[1].(map[string]any); first["value"] != "****" || first["data"] != "****" || second["value"] != "****" {
		t.Errorf("rules are %v", all)
	}
	if m.Value != "hunter2" {
		t.Error("the verdict was changed")
	}
	if got := values(t, defaults, record, m); got["url"] != "/?password=hunter2" || got["req_body"] != "a@mail.example" {
		t.Errorf("masked without being asked: %v", got)
	}
}

// What the rules of the pack sensitive-data say of a finding is the same with masking: how many of which kinds, and where.
func TestCountsAreNotMasked(t *testing.T) {
	set, err := rules.Load([]string{"sensitive-data"})
	if err != nil {
		t.Fatal(err)
	}
	masked := func(id int, variable, data string) string {
		m := match(id, 3)
		m.Variable, m.Value, m.Data = variable, "hunter2", data
		maskMatch(sensitive.NewMasker("/?password=secret&token=password"), &m)
		return m.Data
	}
	n := 0
	for _, d := range set.Directives {
		logdata, ok := d.Rule.Links[0].Action("logdata")
		if !ok {
			t.Errorf("rule %d logs nothing", d.ID())
		}
		for _, variable := range []string{"RESPONSE_BODY", "REQUEST_URI_RAW", "ARGS_GET:q", "ARGS_GET:pwd", "ARGS_POST:json.token", "REQUEST_COOKIES:PHPSESSID", "RESPONSE_HEADERS:Set-Cookie"} {
			data := strings.NewReplacer("%{TX.1}", "3", "%{MATCHED_VAR_NAME}", variable).Replace(logdata)
			if strings.Contains(data, "%{") {
				t.Fatalf("rule %d logs more: %q", d.ID(), logdata)
			}
			if logdata == "%{TX.1} in %{MATCHED_VAR_NAME}" || !strings.HasSuffix(data, " in "+variable) { // its variable is no credential
				variable = "REQUEST_FILENAME"
			}
			if got := masked(d.ID(), variable, data); got != data {
				t.Errorf("rule %d: %q is masked as %q", d.ID(), data, got)
			}
			if again := sensitive.NewMasker().MaskNamed("data", data); again != data { // as the report does
				t.Errorf("rule %d: %q is masked as %q", d.ID(), data, again)
			}
			n++
		}
	}
	if n < 200 {
		t.Errorf("only %d texts", n)
	}
	for _, c := range []struct {
		id             int
		variable, data string
		want           string
	}{
		{9700402, "ARGS_GET:pin", "4916 in ARGS_GET:pin", "****"},
		{9700402, "ARGS_GET:pin", "password or secret 4916 in ARGS_GET:pin", "****"},
		{9700414, "ARGS_GET:pin", "1 of card, x4916 in ARGS_GET:pin", "****"},
		{9700414, "ARGS_GET:pin", "1 of card in ARGS_GET:pin: 4916", "****"},
		{100_001, "ARGS_GET:pin", "4916 of card in ARGS_GET:pin", "****"},
		{9700414, "ARGS:4716258050958603", "1 of card in ARGS:4716258050958603", "1 of card in ARGS:471625******8603"},
	} {
		if got := masked(c.id, c.variable, c.data); got != c.want {
			t.Errorf("rule %d, %q is masked as %q, want %q", c.id, c.data, got, c.want)
		}
	}
}

// What became of the attack changes the severity of the alert, and no rule's own. Success lets an alert pass min_severity;
// failure silences none, as who has set it for severe rules wants to hear of refused attacks, too.
func TestSeverityByOutcome(t *testing.T) {
	by := defaults
	by.ByOutcome = true
	strict := by
	strict.MinSeverity = 4
	v := &engine.Verdict{Alarm: true, Matches: []engine.Match{match(1, 2), match(2, 6)}}
	for name, c := range map[string]struct {
		o       Options
		outcome triage.Outcome
		want    int
	}{
		"success":                {by, triage.Success, 1},
		"failure":                {by, triage.Failure, 5},
		"unknown":                {by, triage.Unknown, 2},
		"off":                    {defaults, triage.Success, 2},
		"failure, not of notice": {strict, triage.Failure, 5},
		"success of what would":  {strict, triage.Success, 1},
	} {
		alerts := New(c.o, nil, mapped(t, `{"URL":"/"}`), v, triage.Appraisal{Outcome: c.outcome}, "t", time.Now())
		if len(alerts) != 1 || alerts[0].Severity() != c.want || alerts[0].Rules[0].Severity != 2 {
			t.Errorf("%s: %+v", name, alerts)
		}
	}
	noticed := &engine.Verdict{Alarm: true, Matches: []engine.Match{match(1, 6)}}
	for outcome, want := range map[triage.Outcome]int{triage.Success: 1, triage.Failure: 0, triage.Unknown: 0} {
		if alerts := New(strict, nil, mapped(t, `{"URL":"/"}`), noticed, triage.Appraisal{Outcome: outcome}, "t", time.Now()); len(alerts) != want {
			t.Errorf("a rule that informs, %s: %d alerts", outcome, len(alerts))
		}
	}
}
