// Package alertfile reads files of alerts, as msa scan prints them or syslog has them.
package alertfile

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listen"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
)

// alertHead begins an alert, wherever the line of a syslog begins, and incidentHead a message about an incident.
const (
	alertHead    = `{"rule_id"`
	incidentHead = `{"incident_id"`
)

// IsIncident reports whether a text that Text has found is a message about an incident.
func IsIncident(text string) bool { return strings.HasPrefix(text, incidentHead) }

// isHead reports whether text is an alert or a message about an incident.
func isHead(text string) bool {
	return strings.HasPrefix(text, alertHead) || strings.HasPrefix(text, incidentHead)
}

// Text is the alert of one line: as scan prints it, a record that has it as text under log, or a line of syslog that
// ends with it. What is none is left as it is, if it is JSON.
func Text(line string) (string, error) {
	text := strings.TrimSpace(line)
	if !strings.HasPrefix(text, "{") {
		i := strings.Index(text, alertHead)
		if i < 0 {
			i = strings.Index(text, incidentHead)
		}
		if i < 0 {
			return "", ErrNoAlert
		}
		return text[i:], nil
	}
	if isHead(text) {
		return text, nil
	}
	var record struct {
		Text string `json:"log"`
	}
	if err := json.Unmarshal([]byte(text), &record); err == nil && isHead(record.Text) {
		return record.Text, nil
	}
	return text, nil
}

// ErrNoAlert is of lines that are none.
var ErrNoAlert = errors.New("not an alert in format msa")

// ToldBroken is how many lines that are not alerts are told of; the others are counted.
const ToldBroken = 3

var errLongLine = fmt.Errorf("it is longer than %d bytes", listen.MaxRecord)

// Read reads files of alerts, one a line, and gives the text of each to add. broken is told of lines that are none, which
// may be for add to say.
func Read(s *logfile.Files, add func(text string) error, broken func(file string, line int, err error)) {
	s.Expand()
	for _, name := range s.Names {
		r, err := s.Open(name)
		if err != nil {
			s.Fault(err)
			continue
		}
		in := bufio.NewReaderSize(r.In, logfile.ReadSize)
		for n := 1; ; n++ {
			line, isLong, readErr := readLine(in)
			switch {
			case isLong:
				broken(r.Name, n, errLongLine)
			case strings.TrimSpace(line) != "":
				text, err := Text(line)
				if err == nil {
					err = add(text)
				}
				if err != nil {
					broken(r.Name, n, err)
				}
			}
			if readErr != nil {
				if !errors.Is(readErr, io.EOF) {
					s.Fault(fmt.Errorf("cannot read %q: %w", r.Name, readErr))
				}
				break
			}
		}
		r.Close()
	}
}

// readLine reads to the end of the line. Of one that is longer than a record may be, the rest is passed over.
func readLine(in *bufio.Reader) (line string, isLong bool, err error) {
	var text []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(text)+len(part) > listen.MaxRecord {
			isLong, text = true, nil
		}
		if !isLong {
			text = append(text, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return string(text), isLong, err
		}
	}
}
