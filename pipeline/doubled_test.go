package pipeline

import (
	"strings"
	"testing"
)

// Both values of a key that a record has twice are inspected, and the log says so once.
func TestKeyTwice(t *testing.T) {
	p, log := newPipeline(t, "mapping=nano")
	const attack, harmless = "/?q=<script>alert(1)</script>", "/tea"
	for _, uris := range [][2]string{{attack, harmless}, {harmless, attack}, {harmless, harmless}} {
		record := jsonRecord(t, `{"URL":"`+uris[0]+`","METHOD":"GET","SRC_IP":"10.0.0.1","DST_IP":"10.0.0.2","URL":"`+uris[1]+`"}`)
		alerts := len(read(t, p.Process("app", newEvent(1, record))))
		if (alerts > 0) != (uris[0] != uris[1]) {
			t.Errorf("%v: %d alerts", uris, alerts)
		}
	}
	if n := strings.Count(log.String(), "a record has a key twice"); n != 1 || !strings.Contains(log.String(), "key=URL") {
		t.Errorf("said %d times: %s", n, log)
	}
}
