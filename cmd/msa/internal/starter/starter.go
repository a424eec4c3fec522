package starter

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Job is what to look at, and where the files go.
type Job struct {
	Log       string // a file, a directory or a pattern
	Directory string
	Records   int // that are looked at, at most

	Stdout, Stderr io.Writer
}

// ErrUnreadable is that the log can't be read, as Stderr says by then.
var ErrUnreadable = errors.New("the log can't be read")

const (
	pipelineFile = "msa.conf"
	mappingFile  = "msa-mapping.yaml"
)

type writer struct{ Job }

// Write makes a pipeline for a log, and a mapping if no preset reads it. Files that are there stay as they are.
func Write(job Job) error {
	if job.Log == "-" {
		return errors.New("cannot write a pipeline for standard input: name the log that Fluent Bit is to follow")
	}
	w := &writer{job}
	records, err := w.sample()
	if err != nil {
		return err
	}
	auto, err := mapping.Load("auto")
	if err != nil {
		return err
	}
	byPreset, read := mappedBy(auto, records)
	names := slices.Sorted(maps.Keys(byPreset))
	mappingName := ""
	// Where presets guess, a mapping of one's own tells more; of a line, only if a first one names the columns.
	needsDraft := 2*read < len(records) || 2*byPreset[mapping.AnyText] > read && isTable(records)
	if needsDraft || 2*byPreset[mapping.AnyNames] > read {
		if mappingName, err = w.draft(records); err != nil && needsDraft {
			return fmt.Errorf("presets read %d of %d records: %w", read, len(records), err)
		}
	}
	if mappingName == "" {
		w.tell("%d of %d records are read by %s", read, len(records), strings.Join(names, ", "))
		if mappingName = "auto"; len(names) == 1 {
			mappingName = names[0]
		}
	}
	path, err := w.tailed()
	if err != nil {
		return err
	}
	if err := w.write(pipelineFile, fmt.Appendf(nil, pipelineText, path, mappingName)); err != nil {
		return err
	}
	w.tell("Next: msa check %[1]s, then fluent-bit -e flb-filter_msa.so -c %[1]s", filepath.Join(w.Directory, pipelineFile))
	return nil
}

// tailed is the path that Fluent Bit follows: of a directory, the files in it.
func (w *writer) tailed() (string, error) {
	path, err := filepath.Abs(w.Log)
	if err != nil {
		return "", fmt.Errorf("cannot name %q: %w", w.Log, err)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "*")
	}
	return path, nil
}

const pipelineText = `# Alerts and incidents of this log by syslog, RFC 5424, to UDP port 514 of 127.0.0.1.

[SERVICE]
    Flush         1
    # With a directory, alerts that wait for a receiver outlive Fluent Bit.
    # storage.path /var/lib/fluent-bit/storage

[INPUT]
    Name             tail
    Path             %[1]s
    Tag              access
    Buffer_Max_Size  256k
    Mem_Buf_Limit    50M

[FILTER]
    Name         msa
    Match        access
    Mapping      %[2]s
    Rules        crs
    Alert_Tag    msa.alert

# An empty host, or one with a space in it, would break the syslog header: without host, it is -.
[FILTER]
    Name      modify
    Match     msa.alert
    Condition Key_Value_Does_Not_Match host ^[!-~]+$
    Remove    host

[OUTPUT]
    Name                 syslog
    Match                msa.alert
    Host                 127.0.0.1
    Port                 514
    Mode                 udp
    Syslog_Format        rfc5424
    Syslog_MaxSize       60000
    Syslog_Message_Key   log
    Syslog_Severity_Key  severity
    Syslog_Hostname_Key  host
    Syslog_Appname_Key   alert_engine
    Syslog_Msgid_Key     rule_id

# What one attacker does, in a handful of messages.
[OUTPUT]
    Name                  syslog
    Match                 msa.incident
    Host                  127.0.0.1
    Port                  514
    Mode                  udp
    Syslog_Format         rfc5424
    Syslog_MaxSize        60000
    Syslog_Message_Key    log
    Syslog_Severity_Key   severity
    Syslog_Appname_Preset msa
    Syslog_Msgid_Key      kind
`

// sample reads the first records.
func (w *writer) sample() ([]mapping.Record, error) {
	files := &logfile.Files{Names: []string{w.Log}, Stderr: w.Stderr}
	var records []mapping.Record
	for len(records) < w.Records {
		b, ok := files.Next()
		if !ok {
			break
		}
		if err := event.Alerts(b.Events, func(a event.Alert) { records = append(records, a.Fields) }); err != nil {
			return nil, fmt.Errorf("cannot read %q: %w", w.Log, err)
		}
	}
	switch {
	case files.Unreadable > 0:
		return nil, ErrUnreadable
	case len(records) == 0:
		return nil, fmt.Errorf("cannot look at %q: there are no records in it", w.Log)
	}
	return records[:min(len(records), w.Records)], nil
}

// mappedBy counts the records that each mapping reads.
func mappedBy(set *mapping.Set, records []mapping.Record) (by map[string]int, all int) {
	by = map[string]int{}
	var tx mapping.Transaction
	for _, r := range records {
		if set.Map(inspect.FileTag, r, &tx) == nil {
			by[tx.Preset]++
			all++
		}
	}
	return by, all
}

// draft writes a mapping of the records, and is the name of its file.
func (w *writer) draft(records []mapping.Record) (string, error) {
	fields := opened(records)
	var columns *table
	if len(fields) == 0 {
		columns, fields = readTable(lines(records))
	}
	d, err := Guess(fields)
	if err != nil {
		return "", err
	}
	d.table = columns
	text, err := d.YAML(strings.TrimSuffix(filepath.Base(w.Log), filepath.Ext(w.Log)))
	if err != nil {
		return "", err
	}
	file := filepath.Join(w.Directory, mappingFile)
	parsed, err := mapping.Parse(file, text)
	if err != nil {
		return "", err
	}
	_, read := mappedBy(mapping.NewSet(parsed, false), records)
	if read == 0 {
		return "", errors.New("a mapping drafted from its fields reads none")
	}
	if err := w.write(mappingFile, text); err != nil {
		return "", err
	}
	w.tell("no preset reads this log; the mapping in %s reads %d of %d records:", file, read, len(records))
	for _, part := range d.Parts() {
		w.tell("  %s", part)
	}
	if file, err = filepath.Abs(file); err != nil {
		return "", fmt.Errorf("cannot name %q: %w", mappingFile, err)
	}
	return file, nil
}

// opened are the records as maps. Those that are a text are taken for JSON in it.
func opened(records []mapping.Record) []map[string]any {
	var all []map[string]any
	for _, r := range records {
		fields, _, err := msgp.ReadMapStrIntfBytes(r, nil)
		if err != nil {
			continue
		}
		if text, ok := fields["log"].(string); ok && len(fields) == 1 {
			decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
			decoder.UseNumber()
			inner := map[string]any{}
			if decoder.Decode(&inner) != nil {
				continue
			}
			fields = inner
		}
		all = append(all, fields)
	}
	return all
}

// write makes a file that is not there yet.
func (w *writer) write(name string, text []byte) error {
	file := filepath.Join(w.Directory, name)
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("cannot write %q: it is there already", file)
	}
	if err != nil {
		return fmt.Errorf("cannot write file: %w", err)
	}
	_, err = f.Write(text)
	if err := cmp.Or(err, f.Close()); err != nil {
		return fmt.Errorf("cannot write %q: %w", file, err)
	}
	w.tell("wrote %s", file)
	return nil
}

func (w *writer) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(w.Stdout, format+"\n", args...) // nothing is left to do if that fails
}
