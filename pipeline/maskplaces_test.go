package pipeline

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/test/secrets"
)

// tellTransformed are rules that match on every part of a request after what rules do to them, and log what they see.
func tellTransformed() string {
	var b strings.Builder
	for i, t := range []string{
		"t:lowercase", "t:urlDecodeUni", "t:urlDecodeUni,t:htmlEntityDecode,t:jsDecode,t:lowercase", "t:cmdLine", "t:removeWhitespace", "t:compressWhitespace",
		"t:base64Decode", "t:urlDecodeUni,t:base64DecodeExt", "t:normalizePathWin", "t:removeNulls,t:replaceComments", "t:escapeSeqDecode", "t:cssDecode", "t:utf8toUnicode",
	} {
		fmt.Fprintf(&b, `SecRule REQUEST_URI_RAW|ARGS|ARGS_NAMES|REQUEST_HEADERS|REQUEST_COOKIES|REQUEST_BODY|XML:/*|XML://@* "@rx (?s)(.{3,}?)[ \"'<>&].*$" `+
			`"id:%d,phase:2,pass,log,capture,t:none,%s,msg:'m %%{MATCHED_VAR}',`+
			`logdata:'Matched Data: %%{TX.1} found within %%{MATCHED_VAR_NAME}: %%{MATCHED_VAR}',severity:'CRITICAL'"`+"\n", 10+i, t)
	}
	return b.String()
}

// No output has a secret or a form of it that can be decoded, wherever and however it stands in a request, whatever rules see of it.
// The attack beside it stays.
func TestMaskPlaces(t *testing.T) {
	file := filepath.Join(t.TempDir(), "all.conf")
	if err := os.WriteFile(file, []byte(tellAll+tellTransformed()), 0o600); err != nil {
		t.Fatal(err)
	}
	stride := 229
	if testing.Short() {
		stride = 2003
	}
	for _, format := range alert.Formats() {
		p, log := newPipeline(t, "mapping=nano", "rules="+file, "annotate=waf", "alert_format="+format)
		for c := range secrets.Cases(stride) {
			record, err := json.Marshal(c.Record)
			if err != nil {
				t.Fatal(err)
			}
			r := p.Process("t", newEvent(1, jsonRecord(t, string(record))))
			if len(r.Alerts) == 0 {
				t.Fatalf("%s: no alert", c.Name)
			}
			_, verdict, found := strings.Cut(string(r.Chunk), "waf")
			if !found {
				t.Fatal("the record has no verdict")
			}
			for name, output := range map[string]string{"alert": string(r.Alerts[0].Events), "log": log.String(), "verdict": verdict} {
				if secrets.Disclosed(output, c.Value) {
					t.Errorf("%s: %s in %s has it: %.6000q", c.Name, name, format, output)
				}
			}
			if !strings.Contains(string(r.Alerts[0].Events), secrets.Attack) {
				t.Errorf("%s: the attack is hidden in %s", c.Name, format)
			}
		}
		stride += 2 // other cases
	}
}

// The same of what explain shows.
func TestExplainMasksPlaces(t *testing.T) {
	p, _ := newPipeline(t, "mapping=nano", "rules=crs")
	stride := 499
	if testing.Short() {
		stride = 4001
	}
	for c := range secrets.Cases(stride) {
		record, err := json.Marshal(c.Record)
		if err != nil {
			t.Fatal(err)
		}
		x, err := p.Explain("t", jsonRecord(t, string(record)))
		if err != nil || x.Unmapped != nil {
			t.Fatal(err, x.Unmapped)
		}
		outputs := map[string]string{"transaction": x.Masked("", x.Transaction.Describe())}
		for _, m := range x.Matches {
			outputs[fmt.Sprintf("match of %d", m.RuleID)] = m.Message + m.Data + m.Variable + m.Value
		}
		for _, f := range x.Mapping.Fields {
			outputs["field "+f.Part] = x.Masked(f.Part, f.Value)
		}
		for name, output := range outputs {
			if secrets.Disclosed(output, c.Value) {
				t.Errorf("%s: %s has it: %.3000q", c.Name, name, output)
			}
		}
	}
}
