package sensitive

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/secrets"
)

// No secret is left, in whatever encoding and place, and what is beside it stays to be seen.
func TestPlaces(t *testing.T) {
	stride := 1
	if testing.Short() {
		stride = 17
	}
	n, failed := 0, 0
	for c := range secrets.Cases(stride) {
		n++
		if !discloses(c) {
			t.Fatalf("%s: the secret is not in it, or not found: %q", c.Name, c.Record)
		}
		m := NewMasker(c.Record["URL"], c.Record["REQ_HEADER"], c.Record["REQ_BODY"], c.Record["RSP_BODY"])
		for field, text := range c.Record {
			masked := m.Mask(text)
			if secrets.Disclosed(masked, c.Value) {
				t.Errorf("%s: %s\n%q\nis masked as\n%q", c.Name, field, text, masked)
				failed++
			}
			if strings.Contains(text, secrets.Attack) && !strings.Contains(masked, secrets.Attack) {
				t.Errorf("%s: the attack is hidden\n%q\nis masked as\n%q", c.Name, text, masked)
				failed++
			}
		}
		if failed > 60 {
			t.Fatal("and so on")
		}
	}
	t.Logf("%d cases", n)
}

func discloses(c secrets.Case) bool {
	for _, text := range c.Record {
		if secrets.Disclosed(text, c.Value) {
			return true
		}
	}
	return false
}
