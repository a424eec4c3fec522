package event

import (
	"testing"
	"time"
)

// Alerts come back through the output, and through whatever stored them.
func FuzzAlerts(f *testing.F) {
	chunk, err := AppendRecord(nil, time.Unix(1, 2), []byte(`{"log":"{}","a":[1,{"b":null}]}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(chunk)
	f.Add(append(AppendLine(nil, time.Unix(1, 2), []byte("x")), chunk...))
	f.Add([]byte{0x92, 0x92, 0x01, 0x80, 0x80})
	f.Fuzz(func(t *testing.T, events []byte) {
		rest := len(events)
		_ = Alerts(events, func(a Alert) {
			if rest -= len(a.Fields); rest < 0 {
				t.Fatal("alerts are longer than what they are in")
			}
			_, _ = a.Text(), a.Has("a")
		})
	})
}
