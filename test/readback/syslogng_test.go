package readback

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/alert"
)

// syslogNG is the program, with what has to stand before and behind it: syslog-ng can't be installed beside rsyslog, so $SYSLOG_NG
// may be a directory in which Debian's syslog-ng-core, and the packages that it needs, are unpacked.
func syslogNG(t *testing.T) (path string, env, args []string) {
	root := os.Getenv("SYSLOG_NG")
	if root == "" {
		path, err := exec.LookPath("syslog-ng")
		if err != nil {
			t.Skip("no syslog-ng: install syslog-ng-core, or unpack it and set $SYSLOG_NG to where")
		}
		return path, nil, nil
	}
	modules, _ := filepath.Glob(filepath.Join(root, "usr/lib/syslog-ng/*/libjson-plugin.so"))
	if len(modules) != 1 {
		t.Fatalf("no syslog-ng in $SYSLOG_NG: %s", root)
	}
	dir := filepath.Dir(modules[0])
	libraries := []string{filepath.Dir(dir)}
	for _, pattern := range []string{"usr/lib/*-linux-gnu", "lib/*-linux-gnu"} {
		more, _ := filepath.Glob(filepath.Join(root, pattern))
		libraries = append(libraries, more...)
	}
	return filepath.Join(root, "usr/sbin/syslog-ng"), []string{"LD_LIBRARY_PATH=" + strings.Join(libraries, ":")}, []string{"--module-path=" + dir}
}

// syslog-ng reads JSON by json-parser, and CEF and LEEF by csv-parser and kv-parser.
func TestSyslogNG(t *testing.T) {
	path, env, args := syslogNG(t)
	receive := func(t *testing.T, dir string) *receiver {
		r := newReceiver(t)
		config := r.example(t, dir, "syslog-ng.conf")
		r.run(t, dir, path, env, append(args, "-F", "--no-caps", "-f", config, "--persist-file="+filepath.Join(dir, "persist"),
			"--pidfile="+filepath.Join(dir, "pid"), "--control="+filepath.Join(dir, "control"))...)
		return r
	}
	eachSender(t, receive, func(t *testing.T, m message, text func(string) string) string {
		format := formatOf(m.Alert)
		switch {
		case format != "":
			same(t, format, asTexts(readLists(m.Alert)), asTexts(object(t, text(format))))
		case m.Header["format"] == "CEF:0":
			format = "cef"
			unescape := strings.NewReplacer(`\\`, `\`, `\=`, `=`)
			for key, v := range m.Alert {
				m.Alert[key] = unescape.Replace(v.(string))
			}
			same(t, format, m.Alert, any(cefExtension(tagOf(text(format)))))
			same(t, format, m.Header, map[string]string{
				"format": "CEF:0", "vendor": "MSA", "product": "ModSecurity for Anylog", "version": alert.Version,
				"id": "77", "name": "A file = of passwords", "severity": "3",
			})
		default:
			format = "leef"
			unescape := strings.NewReplacer(`\\`, `\`, `\x5e`, `^`)
			for key, v := range m.Alert {
				m.Alert[key] = unescape.Replace(v.(string))
			}
			same(t, format, m.Alert, any(leefAttributes(tagOf(text(format)))))
			same(t, format, m.Header, map[string]string{
				"format": "LEEF:2.0", "vendor": "MSA", "product": "ModSecurity for Anylog", "version": alert.Version, "id": "77", "delimiter": "^",
			})
		}
		return format
	})
}

// asTexts is JSON as syslog-ng 3 reads it, and 4 does not: numbers are texts, a list of texts is one text with commas in between, and quotes
// around those with a space. Lists of
// objects are left as they are.
func asTexts(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for key, inner := range v {
			o[key] = asTexts(inner)
		}
		return o
	case []any:
		var texts []string
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return v
			}
			if strings.Contains(s, " ") {
				s = strconv.Quote(s)
			}
			texts = append(texts, s)
		}
		return strings.Join(texts, ",")
	case float64:
		if v == float64(int64(v)) {
			return strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatFloat(v, 'f', 6, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return v
}

// readLists reads the lists of objects, which syslog-ng 3 has as JSON in a text.
func readLists(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for key, inner := range v {
			o[key] = readLists(inner)
		}
		return o
	case string:
		var list []map[string]any
		if json.Unmarshal([]byte(v), &list) == nil {
			all := make([]any, len(list))
			for i := range list {
				all[i] = list[i]
			}
			return all
		}
	}
	return v
}
