package alertfile

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listen"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
)

func TestText(t *testing.T) {
	for line, want := range map[string]string{
		`{"rule_id":"1"}`:                           `{"rule_id":"1"}`,
		` {"incident_id":"a"} ` + "\r\n":            `{"incident_id":"a"}`,
		`<161>1 - h msa - - - {"rule_id":"1"}`:      `{"rule_id":"1"}`,
		`<161>1 - h msa - - - {"incident_id":"a"}`:  `{"incident_id":"a"}`,
		`{"log":"{\"rule_id\":\"1\"}","host":"h"}`:  `{"rule_id":"1"}`,
		`{"@timestamp":"2026-11-28","event":{}}`:    `{"@timestamp":"2026-11-28","event":{}}`,
		`{"log":"GET / HTTP/1.1","rule_id":"late"}`: `{"log":"GET / HTTP/1.1","rule_id":"late"}`,
	} {
		if got, err := Text(line); err != nil || got != want {
			t.Errorf("%s: %s, %v", line, got, err)
		}
	}
	if _, err := Text("hello"); err == nil {
		t.Error("a line of text is an alert")
	}
}

// Lines that are no alerts, or longer than a record may be, are told of with their numbers, and the others are read.
func TestRead(t *testing.T) {
	input := "hello\n\n" + `{"rule_id":"1"}` + "\n" + strings.Repeat("x", listen.MaxRecord+1) + "\n" + `{"rule_id":"2"}`
	in := &logfile.Files{Names: []string{"-", "/nowhere/x"}, Stdin: strings.NewReader(input), Stderr: io.Discard}
	var texts, broken []string
	Read(in, func(text string) error {
		texts = append(texts, text)
		return nil
	}, func(_ string, line int, err error) { broken = append(broken, fmt.Sprint(line, " ", err)) })
	if !slices.Equal(texts, []string{`{"rule_id":"1"}`, `{"rule_id":"2"}`}) {
		t.Errorf("read %q", texts)
	}
	if want := []string{"1 " + ErrNoAlert.Error(), "4 " + errLongLine.Error()}; !slices.Equal(broken, want) || in.Unreadable != 1 {
		t.Errorf("broken %q, %d unreadable", broken, in.Unreadable)
	}
}
