package incident

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/internal/state"
)

// Incidents that are large are fewer: the quietest end before all take more than maxBytes, and the sum is that of those which
// are open.
func TestBytes(t *testing.T) {
	s := New(Options{})
	const n, long = 80, 1 << 20
	watch(s, many(n, time.Second, func(i int, f *alert.Facts) {
		f.Client, f.Service, f.Rule = address(i), fmt.Sprint("host", i), 942000+i
		f.Path = "/" + strings.Repeat("x", long)
	})...)
	if want := maxBytes / (long + 4096); s.Open() < want || s.Open() > want+2 {
		t.Errorf("%d incidents of a megabyte are open, want %d", s.Open(), want)
	}
	if last := s.quiet.Back().Value.(*incident); last.Alerts != 1 || last.Endpoints[0].Name != "host79 /"+strings.Repeat("x", long) {
		t.Errorf("the last is %+v", last.Key)
	}
	pass(s, 2*time.Hour)
	if s.Open() != 0 || s.bytes != 0 {
		t.Errorf("%d incidents are open after two hours, of %d bytes", s.Open(), s.bytes)
	}
}

// What joins, ends and is kept leaves the sum as it is.
func TestBytesAddUp(t *testing.T) {
	s := busy()
	check := func(s *Incidents) {
		t.Helper()
		sum := 0
		for e := s.quiet.Front(); e != nil; e = e.Next() {
			sum += e.Value.(*incident).bytes
		}
		if sum != s.bytes || sum == 0 {
			t.Errorf("%d incidents take %d bytes, and together %d", s.Open(), sum, s.bytes)
		}
	}
	check(s)
	text, err := state.Encode(s.kept())
	if err != nil {
		t.Fatal(err)
	}
	back := New(Options{})
	if _, err := back.decode(text); err != nil {
		t.Fatal(err)
	}
	check(back)
}
