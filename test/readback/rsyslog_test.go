package readback

import (
	"maps"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/alert"
)

// rsyslog reads JSON by mmjsonparse and CEF by mmnormalize, each key and value as the alert has it; LEEF arrives as it was sent.
func TestRsyslog(t *testing.T) {
	path, err := exec.LookPath("rsyslogd")
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/rsyslogd"); err != nil {
			t.Skip("no rsyslogd: install rsyslog")
		}
	}
	receive := func(t *testing.T, dir string) *receiver {
		r := newReceiver(t)
		r.otherPort = r.port // it tells by itself what it gets
		config := r.example(t, dir, "rsyslog.conf")
		r.run(t, dir, path, nil, "-n", "-f", config, "-i", filepath.Join(dir, "rsyslog.pid"))
		return r
	}
	eachSender(t, receive, func(t *testing.T, m message, text func(string) string) string {
		leef, _ := m.Alert["text"].(string)
		format := formatOf(m.Alert)
		switch {
		case format != "":
			same(t, format, m.Alert, object(t, text(format)))
		case strings.Contains(leef, "LEEF:2.0|"):
			format = "leef"
			same(t, format, strings.TrimLeft(leef, " \ufeff"), text(format))
		default:
			format = "cef"
			extension := cefExtension(tagOf(text(format)))
			got, _ := m.Alert["Extensions"].(map[string]any)
			if at, ok := got["t"]; ok { // liblognorm before 2.0.7
				delete(got, "t")
				got["rt"] = at
			}
			same(t, format, got, extension)
			header := maps.Clone(m.Alert)
			delete(header, "Extensions")
			same(t, format, header, map[string]any{
				"DeviceVendor": "MSA", "DeviceProduct": "ModSecurity for Anylog", "DeviceVersion": alert.Version,
				"SignatureID": "77", "Name": "A file = of passwords", "Severity": "3",
			})
		}
		return format
	})
}
