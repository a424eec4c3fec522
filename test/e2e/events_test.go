package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// Events in a list are records of their own behind the filter that docs/mapping.md shows.
func TestListOfEvents(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(rig.Root(), "docs", "mapping.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`(?m)^    \[FILTER\]\n        Name +lua\n(?:^        .*\n)+`).FindString(string(text))
	if shown == "" {
		t.Fatal("docs/mapping.md shows no filter lua")
	}
	dir := t.TempDir()
	got := filepath.Join(dir, "got")
	event := func(n int) string {
		return fmt.Sprintf(`{"remote_addr":"192.0.2.7","request_method":"GET","request_uri":"/?n=%d&t=../../etc/passwd","status":200,"body_bytes_sent":12,"server_protocol":"HTTP/1.1"}`, n)
	}
	p := fluentBit(t, dir, "[SERVICE]\n    Flush 0.2\n[INPUT]\n    Name dummy\n    Samples 1\n    Tag azure\n    Dummy {\"records\":["+event(1)+","+event(2)+"]}\n"+
		strings.ReplaceAll(shown, "\n    ", "\n")[len("    "):]+
		"[FILTER]\n    Name msa\n    Match azure\n    Mapping auto\n[OUTPUT]\n    Name file\n    Match msa.alert\n    File "+got+"\n    Format plain\n")
	if err := waitReceived(t, got, 2, rig.Patience); err != nil {
		if strings.Contains(p.Output(), "lua") && strings.Contains(p.Output(), "not found") {
			t.Skip("this Fluent Bit has no filter lua")
		}
		t.Error(err)
	}
}
