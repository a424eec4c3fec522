package pipeline

import (
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
