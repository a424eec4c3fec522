package mapping

import (
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/test/cpu"
)

// However a record is nested, named and folded, it is read in one pass.
func TestMappingTime(t *testing.T) {
	arguments := parseOne(t, "request: {uri: u, body: d}\nargs: {d: d}")
	blocks := parseOne(t, "request: {uri: u, headers: {raw: h}}")
	for name, c := range map[string]struct {
		m    *Mapping
		make func(size int) Record
	}{
		"nested": {arguments, nested},
		"a long name of many": {arguments, func(size int) Record {
			b := msgp.AppendMapHeader(nil, 1)
			b = msgp.AppendString(b, "d")
			b = msgp.AppendMapHeader(b, 1)
			b = msgp.AppendString(b, strings.Repeat("k", size))
			b = msgp.AppendArrayHeader(b, uint32(size/20))
			for range size / 20 {
				b = msgp.AppendInt(b, 7)
			}
			return b
		}},
		"a folded header": {blocks, func(size int) Record {
			b := msgp.AppendMapHeader(nil, 2)
			b = msgp.AppendString(msgp.AppendString(b, "u"), "/")
			return msgp.AppendString(msgp.AppendString(b, "h"), "GET / HTTP/1.1\r\nA: b\r\n"+strings.Repeat(" c\r\n", size))
		}},
	} {
		var tx Transaction
		growth := cpu.Growth(6000, func(size int) {
			if err := c.m.Map("t", c.make(size), &tx); err != nil {
				t.Fatal(err)
			}
		})
		if growth > cpu.MostGrowth {
			t.Errorf("%s: takes %.0f times as long", name, growth)
		}
	}
}
