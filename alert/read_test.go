package alert

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// bodyOf is the record of an event.
func bodyOf(t *testing.T, event []byte) mapping.Record {
	t.Helper()
	_, b, err := msgp.ReadArrayHeaderBytes(event)
	if err == nil {
		b, err = msgp.Skip(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return mapping.Record(b)
}

// What is read of an alert is what it said where it was made, by forward and, as Kafka has it, by JSON.
func TestFactsAreReadBack(t *testing.T) {
	inside := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	tx := func(change func(tx *mapping.Transaction)) *mapping.Transaction {
		tx := &mapping.Transaction{
			Time: time.Date(2026, 3, 2, 12, 0, 0, 917e6, time.UTC), Method: "GET", URI: "http://shop.example:8080/cart/find?q=1%27--&card=4111111111111111", Host: "shop.example:8080",
			Client: mapping.Endpoint{Address: "10.0.0.7", Port: "4711"}, Server: mapping.Endpoint{Address: "10.0.0.9", Port: "80"}, Status: 200,
		}
		if change != nil {
			change(tx)
		}
		return tx
	}
	injection := engine.Match{RuleID: 942100, Message: "SQL Injection Attack", Severity: 2, Phase: 2, Tags: []string{"attack-sqli", "mitre/T1190"}, Variable: "ARGS:q", Value: "1'--"}
	card := engine.Match{RuleID: 9700411, Message: "Sensitive data: payment card number in a response", Severity: 3, Phase: 4, Tags: []string{"sensitive-data", "attack-disclosure"}, Variable: "RESPONSE_BODY", Value: "4111111111111111"}
	asked := engine.Match{RuleID: 9700410, Message: "Sensitive data: payment card number in a request", Severity: 3, Phase: 1, Tags: []string{"sensitive-data"}, Variable: "REQUEST_URI", Value: "4111111111111111"}
	policy := engine.Match{RuleID: 911100, Message: "Method is not allowed by policy", Severity: 2, Phase: 1, Tags: []string{"attack-generic"}, Policy: true, Variable: "REQUEST_METHOD", Value: "PUT"}
	canary := engine.Match{RuleID: 9700900, Message: "Canary value vault in a response", Severity: 0, Phase: 3, Tags: []string{"sensitive-data", "canary"}, Variable: "RESPONSE_HEADERS:x", Value: "****"}
	standing := func(rule int) (int, bool) { // of an instance with the same rules, but no canaries
		for _, m := range []engine.Match{injection, card, asked, policy} {
			if m.RuleID == rule {
				return m.Phase, m.IsEvidence()
			}
		}
		return 0, true
	}
	sure := triage.Appraisal{Confidence: 93, Reasons: []string{"it is what it is"}, Outcome: triage.Success, OutcomeEvidence: []string{"the answer\nhas a dump", "more"}}
	finding := Of(Finding{
		Detector: "login-brute-force", ID: 9702001, Severity: 3, Message: "Many refused logins", Tags: []string{"T1110.001"}, Key: "source=a", Evidence: "31 refused",
		Client: mapping.Endpoint{Address: "10.0.0.7"}, Host: "users", Method: "POST", Path: "/login", Time: time.Date(2026, 3, 2, 12, 0, 1, 0, time.UTC), Direction: "east-west",
	})
	reader := Reader{Standing: standing, Internal: inside}
	for name, a := range map[string]Alert{
		"attack": New(Options{MinSeverity: 7, Mask: true, Internal: inside}, nil, tx(nil), &engine.Verdict{Alarm: true, ScoreIn: 5, Matches: []engine.Match{policy, injection}}, sure, "t", time.Time{})[0],
		"workloads": New(Options{MinSeverity: 7, Internal: inside}, nil, tx(func(tx *mapping.Transaction) {
			tx.ClientWorkload = mapping.Workload{Namespace: "shop", Kind: "deployment", Name: "web", Account: "shop/web"}
			tx.ServerWorkload = mapping.Workload{Namespace: "shop", Name: "cart"}
		}), &engine.Verdict{Alarm: true, Matches: []engine.Match{injection}}, sure, "t", time.Time{})[0],
		"behind a proxy": New(Options{MinSeverity: 7, Internal: inside}, nil, tx(func(tx *mapping.Transaction) {
			tx.Alert.Forward = "198.51.100.4, 203.0.113.9, 10.1.1.1"
		}), &engine.Verdict{Alarm: true, Matches: []engine.Match{injection}}, sure, "t", time.Time{})[0],
		"data":              New(Options{MinSeverity: 7, Mask: true, Internal: inside}, nil, tx(nil), &engine.Verdict{Alarm: true, Matches: []engine.Match{policy, card, asked}}, triage.Appraisal{}, "t", time.Time{})[0],
		"data of an attack": New(Options{MinSeverity: 7, Internal: inside}, nil, tx(nil), &engine.Verdict{Alarm: true, Matches: []engine.Match{injection, card}}, sure, "t", time.Time{})[0],
		"canary":            New(Options{MinSeverity: 7, Internal: inside}, nil, tx(nil), &engine.Verdict{Alarm: true, Matches: []engine.Match{canary}}, sure, "t", time.Time{})[0],
		"detector":          finding,
	} {
		t.Run(name, func(t *testing.T) {
			want := a.Facts()
			body := bodyOf(t, a.AppendEvent(nil, []byte{0xcb, 0x41, 0xd9, 0x98, 0, 0, 0, 0, 0}, MSA, "log"))
			byJSON, _, err := mapping.AppendJSON(nil, a.JSON())
			if err != nil {
				t.Fatal(err)
			}
			for way, record := range map[string]mapping.Record{"forward": body, "JSON": byJSON} {
				if got, err := reader.Facts(record); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("by %s: %v\n%+v\nwas\n%+v", way, err, got, want)
				}
			}
			if got := want.Series(); got != a.Series() {
				t.Errorf("it is counted as %+v, and was as %+v", got, a.Series())
			}
			const id = "7f3a09c1d2b7496e8a1c5d90e4f7b263"
			again := bodyOf(t, AppendIdentified(nil, []byte{0xcb, 0x41, 0xd9, 0x98, 0, 0, 0, 0, 0}, bodyOf(t, AppendIdentified(nil, []byte{0}, body, "earlier", "log")), id, "log"))
			fields, _, err := msgp.ReadMapStrIntfBytes(again, nil)
			if err != nil || fields["incident_id"] != id || strings.Count(string(again), id) != 2 || strings.Contains(string(again), "earlier") {
				t.Errorf("sent on, it is of incident %v, %v", fields["incident_id"], err)
			}
			text, _, err := mapping.AppendJSON(nil, []byte(fields["log"].(string)))
			if err != nil || strings.Count(string(text), id) != 1 {
				t.Errorf("as a text it is %v, %v", fields["log"], err)
			}
			if got, err := reader.Facts(again); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("sent on, it says %+v, %v", got, err)
			}
		})
	}
}

func TestFactsOfOtherRecords(t *testing.T) {
	whole := `{"rule_id":"942100","alert_engine":"modsecurity","id":"0f","timestamp":"2026-03-02T12:00:00.917Z","severity":"2"}`
	reader := Reader{Standing: func(int) (int, bool) { return 0, true }}
	for name, c := range map[string]struct {
		record string
		want   error
	}{
		"alert":           {whole, nil},
		"incident":        {`{"incident_id":"7f","kind":"incident"}`, ErrIsIncident},
		"log":             {`{"URL":"/","SRC_IP":"10.0.0.1"}`, ErrNotAlert},
		"nothing":         {`{}`, ErrNotAlert},
		"another's":       {strings.Replace(whole, "modsecurity", "suricata", 1), ErrNotAlert},
		"without an id":   {strings.Replace(whole, `"0f"`, `""`, 1), ErrNotAlert},
		"without a rule":  {strings.Replace(whole, `942100`, `many`, 1), ErrNotAlert},
		"broken time":     {strings.Replace(whole, `2026-03-02T`, ``, 1), ErrNotAlert},
		"broken severity": {strings.Replace(whole, `"2"`, `"8"`, 1), ErrNotAlert},
		"no map":          {`[1]`, ErrNotAlert},
	} {
		record, _, err := mapping.AppendJSON(nil, []byte(c.record))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := reader.Facts(record); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// Whom a proxy inside stands for is known where the log has no address of the server, too.
func TestForwardedFor(t *testing.T) {
	for client, want := range map[string]string{"10.0.0.2": "203.0.113.5", "fd00::1": "203.0.113.5", "198.51.100.7": "", "": ""} {
		if got := forwardedFor(client, "10.0.0.9, 203.0.113.5", mapping.PrivateNetworks()); got != want {
			t.Errorf("%s: got %q", client, got)
		}
	}
}
