package inspect

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// inspectedAll gives chunks of records to an inspector, and is the alerts' texts, each after the number of its record.
func inspectedAll(t *testing.T, given Properties, appendEvent func(events, record []byte) ([]byte, error), chunks [][]string) (all []string) {
	t.Helper()
	given["alert_text_key"] = []string{event.TextKey}
	in, err := New(given, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	base := 0
	All(in, FileTag, func() (next []string, ok bool) {
		if len(chunks) == 0 {
			return nil, false
		}
		next, chunks = chunks[0], chunks[1:]
		return next, true
	}, func(records []string) (events []byte) {
		for _, r := range records {
			if events, err = appendEvent(events, []byte(r)); err != nil {
				t.Error(err)
			}
		}
		return events
	}, func(records []string, result pipeline.Result) {
		n := 0
		for _, alerts := range result.Alerts {
			if err := event.Alerts(alerts.Events, func(a event.Alert) {
				all = append(all, fmt.Sprintf("%d %s", base+result.Records[n], a.Text()))
				n++
			}); err != nil {
				t.Error(err)
			}
		}
		base += len(records)
	})
	return all
}

// unevenly cuts records into chunks a long one of which is always followed by short ones, which are inspected first.
func unevenly(records []string) (chunks [][]string) {
	for n := 0; len(records) > 0; n++ {
		size := min(len(records), []int{150, 1, 2, 1}[n%4])
		chunks, records = append(chunks, records[:size]), records[size:]
	}
	return chunks
}

// Detectors judge records in their order, however many chunks and workers there are: the records of one client count up
// to a threshold again and again, and the record that reaches it is always the same.
func TestDetectorsSeeRecordsInOrder(t *testing.T) {
	const detectors = `detectors:
  - {name: every-seventh, id: 7, type: distinct, key: [client], field: [path], count: 7, window: 10s, suppress: 10s, severity: error}
`
	began := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	var records []string
	for i := range 700 {
		at := began.Add(time.Duration(i) * time.Second)
		records = append(records, fmt.Sprintf(`{"BEGIN_TIME":%q,"SRC_IP":"10.0.%d.7","DST_IP":"10.0.0.8","METHOD":"GET","URL":"/page%d?name=O'Neill","RETCODE":"200","DOMAIN":"shop"}`,
			at.Format("2006-01-02 15:04:05.000"), i/350, i))
	}
	var want []string
	for _, workers := range []string{"1", "2", "5"} {
		for name, chunks := range map[string][][]string{"all in one chunk": {records}, "uneven chunks": unevenly(records)} {
			fresh := filepath.Join(t.TempDir(), "detectors.yaml") // those of another file would go on where these have ended
			if err := os.WriteFile(fresh, []byte(detectors), 0o600); err != nil {
				t.Fatal(err)
			}
			got := inspectedAll(t, Properties{"behavior": {fresh}, "mapping": {"nano"}, "workers": {workers}}, func(events, record []byte) ([]byte, error) {
				return event.AppendRecord(events, began, record)
			}, chunks)
			if want == nil {
				if want = got; len(want) < 20 || !strings.HasPrefix(want[0], "6 {") {
					t.Fatalf("%d alerts, the first %.100q", len(want), want)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s workers, %s: %d alerts, want %d as with one worker", workers, name, len(got), len(want))
			}
		}
	}
}

// A line #Fields: counts for the lines after it, and for none before it, whatever chunk they are in.
func TestColumnsCountForLaterLines(t *testing.T) {
	var lines []string
	for i := range 300 {
		if i%77 == 0 {
			lines = append(lines, []string{
				"#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status", "#Fields: cs-uri-query cs-uri-stem cs-method c-ip date time sc-status",
			}[i/77%2])
		}
		line := fmt.Sprintf("2026-03-01 10:00:00 10.0.0.7 GET /page%d q=../../etc/passwd 200", i)
		if i/77%2 == 1 {
			line = fmt.Sprintf("q=../../etc/passwd /page%d GET 10.0.0.7 2026-03-01 10:00:00 200", i)
		}
		lines = append(lines, line)
	}
	for _, workers := range []string{"1", "2", "5"} {
		got := inspectedAll(t, Properties{"behavior": {"off"}, "mapping": {"iis"}, "workers": {workers}}, func(events, line []byte) ([]byte, error) {
			return event.AppendLine(events, time.Unix(0, 0), line), nil
		}, unevenly(lines))
		for i, a := range got {
			if want := fmt.Sprintf(`"url":"/page%d?q=../../etc/passwd"`, i); !strings.Contains(a, want) {
				t.Fatalf("%s workers: alert %d has no %s: %.300s", workers, i, want, a)
			}
		}
		if len(got) != 300 {
			t.Errorf("%s workers: %d alerts, want 300", workers, len(got))
		}
	}
}
