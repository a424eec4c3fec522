package e2e

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// A thousand alerts of one client, in one burst, are a handful of messages under the incidents' tag: the first with the
// first alert, the last when the host ends. Each alert says which incident it is part of.
func TestIncidents(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	file := filepath.Join(dir, "incidents")
	config := fileConfig(port, dir, plainFilter) + fmt.Sprintf("[OUTPUT]\n    Name   file\n    Match  msa.incident\n    File   %s\n    Format plain\n", file)
	p := fluentBit(t, dir, config)
	c := tcp(t, port)
	const n = 1000
	var burst bytes.Buffer
	for i := range n {
		fmt.Fprintf(&burst, "%s\n", numbered(t, i))
	}
	if _, err := c.Write(burst.Bytes()); err != nil {
		t.Fatal(err)
	}
	first := object(t, waitLines(t, file, 1, rig.Patience)[0])
	if first["event"] != "begin" || first["alerts"] != 1.0 {
		t.Errorf("the first message is %v after %v alerts", first["event"], first["alerts"])
	}
	waitLines(t, filepath.Join(dir, "alerts"), n, rig.Patience)
	if err := p.Stop(rig.Patience); err != nil {
		t.Fatal(err)
	}
	told := lines(t, file)
	if len(told) < 2 || len(told) > 5 {
		t.Errorf("%d messages of %d alerts", len(told), n)
	}
	if last := object(t, told[len(told)-1]); last["event"] != "end" || last["alerts"] != float64(n) || last["incident_id"] != first["incident_id"] {
		t.Errorf("the last message is %v of incident %v after %v alerts", last["event"], last["incident_id"], last["alerts"])
	}
	for _, line := range lines(t, filepath.Join(dir, "alerts")) {
		if id := object(t, line)["incident_id"]; id != first["incident_id"] {
			t.Fatalf("an alert is part of %v, the incident is %v", id, first["incident_id"])
		}
	}
}
