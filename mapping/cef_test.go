package mapping

import (
	"slices"
	"testing"
)

// Events in CEF and LEEF are taken apart as their producers put them together.
func TestSecurityEvents(t *testing.T) {
	tests := []struct {
		name, line string
		want       []string // nil if the line is no event
	}{
		{"values with spaces", "CEF:0|v|p|1|2|3|4|msg=two words act=pass", []string{"device_vendor=v", "device_product=p", "msg=two words", "act=pass"}},
		{"escapes", `CEF:0|v|a \| b|1|2|3|4|request=/x?a\=b\\c msg=1\r\n2`, []string{"device_vendor=v", `device_product=a \| b`, `request=/x?a=b\c`, "msg=1\r\n2"}},
		{"an equals sign that nobody escaped", "CEF:0|v|p|1|2|3|4|request=/x?a=b&c=d act=pass", []string{"device_vendor=v", "device_product=p", "request=/x?a=b&c=d", "act=pass"}},
		{"behind a host", "fw1 CEF:1|v|p|1|2|3|4|src=192.0.2.1", []string{"device_vendor=v", "device_product=p", "src=192.0.2.1"}},
		{"a head that ends early", "CEF:0|v|p|1|2|src=192.0.2.1", nil},
		{"in a word", "xCEF:0|v|p|1|2|3|4|src=192.0.2.1", nil},
		{"LEEF 1", "LEEF:1.0|v|p|1|2|src=192.0.2.1\turl=/a b?c=d", []string{"device_vendor=v", "device_product=p", "src=192.0.2.1", "url=/a b?c=d"}},
		{"LEEF 2 with tabs", "LEEF:2.0|v|p|1|2||src=192.0.2.1\turl=/", []string{"device_vendor=v", "device_product=p", "src=192.0.2.1", "url=/"}},
		{"LEEF 2 with a character", "LEEF:2.0|v|p|1|2|^|src=192.0.2.1^url=/", []string{"device_vendor=v", "device_product=p", "src=192.0.2.1", "url=/"}},
		{"LEEF 2 with a number", "LEEF:2.0|v|p|1|2|0x7C|src=192.0.2.1|url=/", []string{"device_vendor=v", "device_product=p", "src=192.0.2.1", "url=/"}},
		{"LEEF whose tabs are spaces", "LEEF:1.0|v|p|1|2|src=192.0.2.1 url=/a b", []string{"device_vendor=v", "device_product=p", "src=192.0.2.1", "url=/a b"}},
		{"no event", "LEEF: a word", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			add := func(key, value string) { got = append(got, key+"="+value) }
			if ok := readCEF(tt.line, add) || readLEEF(tt.line, add); ok != (tt.want != nil) || !slices.Equal(got, tt.want) {
				t.Errorf("got %v %q, want %q", ok, got, tt.want)
			}
		})
	}
}
