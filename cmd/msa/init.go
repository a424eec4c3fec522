package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/starter"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

type initCommand struct {
	Log       string `arg:"" help:"File of records or lines, as for scan."`
	Directory string `short:"d" default:"." help:"Where the files are written (default: the working directory)."`
	Records   int    `default:"1000" help:"How many records are looked at (default: 1000)."`
}

// Help says what is written.
func (*initCommand) Help() string {
	return `Looks at the first records of a log and writes msa.conf, a pipeline for Fluent Bit that reads this log and sends alerts to syslog. Of a log that no preset reads, it also drafts a mapping from names and values of the fields, msa-mapping.yaml, to be looked at. Files that are there are left alone.

Exit code: 0; 1 if the log can't be read as HTTP, or if a file is there already; 2 if the log can't be read.`
}

const (
	starterPipeline = "msa.conf"
	starterMapping  = "msa-mapping.yaml"
)

// Run writes the files.
func (c *initCommand) Run(p *process) error {
	records, err := c.sample(p)
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
	switch {
	case 2*read < len(records):
		mappingName, err = c.draft(p, records)
		if err != nil {
			return fmt.Errorf("presets read %d of %d records, and %w", read, len(records), err)
		}
	case len(names) == 1:
		mappingName = names[0]
	default:
		mappingName = "auto"
	}
	if 2*read >= len(records) {
		tell(p.stdout, "%d of %d records are read by %s", read, len(records), strings.Join(names, ", "))
	}
	path, err := filepath.Abs(c.Log)
	if err != nil {
		return fmt.Errorf("cannot name %q: %w", c.Log, err)
	}
	if err := c.write(p, starterPipeline, fmt.Appendf(nil, starterText, path, mappingName)); err != nil {
		return err
	}
	tell(p.stdout, "Next: msa check %[1]s, then fluent-bit -e flb-filter_msa.so -c %[1]s", filepath.Join(c.Directory, starterPipeline))
	return nil
}

const starterText = `# Alerts of this log by syslog, RFC 5424, to UDP port 514 of 127.0.0.1.

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
`

// sample reads the first records.
func (c *initCommand) sample(p *process) ([]mapping.Record, error) {
	files := &logfile.Files{Names: []string{c.Log}, Stdin: p.stdin, Stderr: p.stderr}
	var records []mapping.Record
	for len(records) < c.Records {
		b, ok := files.Next()
		if !ok {
			break
		}
		if err := event.Alerts(b.Events, func(a event.Alert) { records = append(records, a.Fields) }); err != nil {
			return nil, fmt.Errorf("cannot read %q: %w", c.Log, err)
		}
	}
	switch {
	case files.Unreadable > 0:
		return nil, exitCode(exitUsage)
	case len(records) == 0:
		return nil, fmt.Errorf("cannot look at %q: there are no records in it", c.Log)
	}
	return records[:min(len(records), c.Records)], nil
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
func (c *initCommand) draft(p *process, records []mapping.Record) (string, error) {
	d, err := starter.Guess(opened(records))
	if err != nil {
		return "", err
	}
	text, err := d.YAML(strings.TrimSuffix(filepath.Base(c.Log), filepath.Ext(c.Log)))
	if err != nil {
		return "", err
	}
	file := filepath.Join(c.Directory, starterMapping)
	parsed, err := mapping.Parse(file, text)
	if err != nil {
		return "", err
	}
	_, read := mappedBy(mapping.NewSet(parsed, false), records)
	if read == 0 {
		return "", errors.New("a mapping drafted from its fields reads none")
	}
	if err := c.write(p, starterMapping, text); err != nil {
		return "", err
	}
	tell(p.stdout, "no preset reads this log; the mapping in %s reads %d of %d records:", file, read, len(records))
	for _, part := range d.Parts() {
		tell(p.stdout, "  %s", part)
	}
	if file, err = filepath.Abs(file); err != nil {
		return "", fmt.Errorf("cannot name %q: %w", starterMapping, err)
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
func (c *initCommand) write(p *process, name string, text []byte) error {
	file := filepath.Join(c.Directory, name)
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
	tell(p.stdout, "wrote %s", file)
	return nil
}
