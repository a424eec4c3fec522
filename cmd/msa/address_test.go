package main

import "testing"

func TestOutputAddress(t *testing.T) {
	for _, c := range []struct{ send, format, want string }{
		{"", "", "stdout"},
		{"siem:601", "", "gelf://siem:601"},
		{"siem", "", "gelf://siem:12202"},
		{"192.0.2.1", "syslog", "syslog+udp://192.0.2.1:12202"},
		{"2001:db8::1", "gelf", "gelf://[2001:db8::1]:12202"},
		{"[2001:db8::1]", "gelf", "gelf://[2001:db8::1]:12202"},
		{"[2001:db8::1]:601", "gelf", "gelf://[2001:db8::1]:601"},
		{"syslog+tcp://siem:601", "", "syslog+tcp://siem:601"},
	} {
		run := runCommand{Send: c.send, Format: c.format}
		got, err := run.outputAddress(&process{getenv: func(string) string { return "" }})
		if err != nil || got != c.want {
			t.Errorf("-s %q -u %q is %q, %v, want %q", c.send, c.format, got, err, c.want)
		}
	}
}
