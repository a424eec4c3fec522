package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// What incidents and counters keep of a record is no part of the memory that the next one gets: that of JSON in a line is the
// transaction's own.
func TestMemoryOfRecordsIsNotKept(t *testing.T) {
	p := unshared(t, nil, "workers=1", "behavior=off")
	defer p.Close()
	process := func(host, path string) {
		line := fmt.Sprintf(`{"remote_addr":"203.0.113.7","method":"GET","path":%q,"host":%q,"status":200}`, path, host)
		p.Process("t", newEvent(1000, msgp.AppendString(msgp.AppendString(msgp.AppendMapHeader(nil, 1), "log"), line)))
	}
	const host, path = "bücher.example", "/?t=../../../../etc/passwd"
	process(host, path)
	process(strings.Repeat("h", len(host)), "/"+strings.Repeat("x", len(path)-1))

	var targets []string
	for _, message := range incidents(t, p.Finish().Incidents) {
		for _, target := range message["targets"].([]any) {
			targets = append(targets, target.(map[string]any)["name"].(string))
		}
	}
	if len(targets) != 1 || targets[0] != host {
		t.Errorf("the incident's targets are %q", targets)
	}
	if n := p.Snapshot().AlertsByService[host]; n != 1 {
		t.Errorf("%d alerts are counted for the service; all are %v", n, p.Snapshot().AlertsByService)
	}
}
