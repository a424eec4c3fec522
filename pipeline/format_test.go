package pipeline

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/alert"
)

// isOf reports whether a record is an alert of a format.
func isOf(f alert.Format, record map[string]any) bool {
	switch f {
	case alert.ECS:
		e, _ := record["event"].(map[string]any)
		return e["kind"] == "alert"
	case alert.OCSF:
		return record["class_uid"] == int64(2004)
	case alert.CEF, alert.LEEF:
		text, _ := record["log"].(string)
		return strings.HasPrefix(text, strings.ToUpper(string(f))+":") && len(record) == 6
	case alert.ModSecurity:
		transaction, _ := record["transaction"].(map[string]any)
		return transaction["messages"] != nil
	case alert.Falco:
		return record["source"] == "msa" && record["output_fields"] != nil
	default:
		return record["alert_engine"] == "modsecurity"
	}
}

// Rules' alerts and detectors' are written in the format that was asked for, and in no other.
func TestAlertFormat(t *testing.T) {
	for _, f := range alert.Formats() {
		p, _ := newPipeline(t, "mapping=nano", "alert_format="+f)
		all := read(t, p.Process("t", newEvent(1, request(t, "/?a=../../etc/passwd"))))
		all = append(all, refusals(t, 5, "alert_format="+f)...)
		if len(all) != 2 {
			t.Fatalf("%s: %d alerts", f, len(all))
		}
		for _, record := range all {
			for _, other := range alert.Formats() {
				if isOf(alert.Format(other), record) != (f == other) {
					t.Errorf("alert_format %s gives %v", f, record)
				}
			}
		}
	}
}

// Without its text, nothing would be left of an alert that is text.
func TestTextNeedsKey(t *testing.T) {
	for _, f := range alert.Formats() {
		_, err := ParseConfig(given("alert_text_key=off", "alert_format="+f))
		if refused := err != nil; refused != alert.Format(f).IsText() {
			t.Errorf("alert_format %s without a text key: %v", f, err)
		} else if refused && (!strings.Contains(err.Error(), "alert_text_key") || !strings.Contains(err.Error(), f)) {
			t.Errorf("%q names neither the property nor the format", err)
		}
	}
}
