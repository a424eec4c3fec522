package listen

import (
	"net/netip"
	"testing"
	"time"
)

func TestAssemblerIsBounded(t *testing.T) {
	from := netip.MustParseAddr("192.0.2.1")
	now := time.Now()
	for _, c := range []struct {
		name                 string
		messages, size       int
		wantWaiting, evicted int
	}{
		{"by number", maxIncomplete + 5, 1, maxIncomplete, 5},
		{"by bytes", maxIncompleteBytes/50_000 + 5, 50_000, maxIncompleteBytes / 50_000, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a assembler
			evicted := 0
			for i := range c.messages {
				first := chunked(uint64(i), make([]byte, 2*c.size), c.size)[0]
				_, n, err := a.add(from, first, now)
				if err != nil {
					t.Fatal(err)
				}
				evicted += n
			}
			if a.waiting() != c.wantWaiting || evicted != c.evicted || a.bytes > maxIncompleteBytes {
				t.Errorf("%d wait, %d bytes, %d evicted", a.waiting(), a.bytes, evicted)
			}
			if n := a.expire(now.Add(chunkTimeout - 1)); n != 0 {
				t.Errorf("%d expired too early", n)
			}
			if n := a.expire(now.Add(chunkTimeout)); n != c.wantWaiting || a.bytes != 0 || len(a.messages) != 0 {
				t.Errorf("%d expired, %d bytes and %d messages left", n, a.bytes, len(a.messages))
			}
		})
	}
}

func TestAssemblerTellsSendersApart(t *testing.T) {
	var a assembler
	now := time.Now()
	one, other := chunked(1, []byte("aabb"), 2), chunked(1, []byte("ccdd"), 2)
	for i, c := range []struct {
		from  string
		chunk []byte
		want  string
	}{{"192.0.2.1", one[0], ""}, {"192.0.2.2", other[1], ""}, {"192.0.2.2", other[0], "ccdd"}, {"192.0.2.1", one[1], "aabb"}} {
		whole, _, err := a.add(netip.MustParseAddr(c.from), c.chunk, now)
		if err != nil || string(whole) != c.want {
			t.Errorf("chunk %d: got %q, %v, want %q", i, whole, err, c.want)
		}
	}
}

func TestAssemblerRefusesContradiction(t *testing.T) {
	var a assembler
	from, now := netip.MustParseAddr("192.0.2.1"), time.Now()
	if _, _, err := a.add(from, chunked(1, []byte("aabb"), 2)[0], now); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.add(from, chunked(1, []byte("aabbcc"), 2)[1], now); err == nil || a.waiting() != 0 || a.bytes != 0 {
		t.Errorf("error %v, %d wait, %d bytes", err, a.waiting(), a.bytes)
	}
}
