package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/modsecurity-for-anylog/msa/internal/atomicfile"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// nanoFields are the names of a key file and the Nano fields they stand beside.
var nanoFields = map[string]string{
	"begin_time": "BEGIN_TIME",
	"src_ip":     "SRC_IP",
	"dst_ip":     "DST_IP",
	"forward":    "FORWARD",
	"retcode":    "RETCODE",
	"src_port":   "SRC_PORT",
	"dst_port":   "DST_PORT",
	"req_header": "REQ_HEADER",
	"req_body":   "REQ_BODY",
	"rsp_header": "RSP_HEADER",
	"rsp_body":   "RSP_BODY",
	"url":        "URL",
	"method":     "METHOD",
	"message":    "message",
	"domain":     "DOMAIN",
}

// keyFile is a key file of the original MSA as a mapping. Each line is
// "name : key", where the key is the one that records have instead of Nano's.
type keyFile struct {
	path    string
	mapping string // path of the mapping
	loading sync.Mutex
}

// importKeyFile writes the mapping into a temporary file.
func importKeyFile(path string) (*keyFile, error) {
	dir, err := os.MkdirTemp("", "msa-")
	if err != nil {
		return nil, fmt.Errorf("cannot import key file %q: %w", path, err)
	}
	k := &keyFile{path: path, mapping: filepath.Join(dir, "keys.yaml")}
	if err := k.load(); err != nil {
		k.remove()
		return nil, err
	}
	return k, nil
}

// load reads the key file again. With an error the mapping stays as it was.
func (k *keyFile) load() error {
	k.loading.Lock() // or what was read first might be written last
	defer k.loading.Unlock()
	text, err := os.ReadFile(k.path)
	if err != nil {
		return fmt.Errorf("cannot read key file: %w", err)
	}
	yaml, err := keyMapping(k.path, string(text))
	if err != nil {
		return err
	}
	if err := atomicfile.Write(k.mapping, 0o600, func(w io.Writer) error { // at once: another reload may read it meanwhile
		_, err := io.WriteString(w, yaml)
		return err
	}); err != nil {
		return fmt.Errorf("cannot import key file %q: %w", k.path, err)
	}
	return nil
}

func (k *keyFile) remove() {
	if k != nil {
		_ = os.RemoveAll(filepath.Dir(k.mapping))
	}
}

// keyMapping is the text of a mapping in which a key file's keys come before Nano's.
func keyMapping(path, text string) (string, error) {
	preset, err := mapping.PresetText("nano")
	if err != nil {
		return "", fmt.Errorf("cannot import key file %q: %w", path, err)
	}
	keys := map[string]string{} // what comes before a field of Nano's
	text = strings.TrimPrefix(text, "\ufeff")
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		fail := func(format string, args ...any) (string, error) {
			return "", fmt.Errorf("cannot read key file %s:%d: %s", path, i+1, fmt.Sprintf(format, args...))
		}
		name, key, ok := strings.Cut(line, ":")
		if !ok {
			return fail("expected name : key, not %q", line)
		}
		name, key = strings.TrimSpace(name), strings.TrimSpace(key)
		field, ok := nanoFields[strings.ToLower(name)]
		switch {
		case !ok:
			return fail("unknown name %q", name)
		case key == "":
			return fail("%s has no key", name)
		case key == field || key == "_"+field:
			continue
		case key[0] == '$' && strings.Contains(key, "["):
			return fail("key %q looks like a record accessor", key)
		case key[0] == '$':
			key = "$" + key // one key whose name begins with $
		}
		quoted, err := json.Marshal(key) // which is YAML too
		if err != nil {
			return fail("%v", err)
		}
		keys[field] += string(quoted) + ", "
	}
	var pairs []string
	for field, before := range keys {
		fields := fmt.Sprintf("%s, _%s]", field, field)
		pairs = append(pairs, fields, before+fields)
	}
	return strings.NewReplacer(pairs...).Replace(string(preset)), nil // at once: keys may look like fields
}
