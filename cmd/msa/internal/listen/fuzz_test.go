package listen

import (
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"
)

// Datagrams of a sender, in GELF's chunks or not: what is incomplete is given up, and its memory given back.
func FuzzDatagrams(f *testing.F) {
	whole := chunked(1, gzipped([]byte(`{"id":"a"}`)), 20)
	f.Add(whole[0], whole[1], whole[len(whole)-1])
	f.Add(whole[1], whole[1], []byte{0x1e, 0x0f})
	f.Add(chunked(2, []byte(`{"id":"a"}`), 2)[0], []byte(`{"id":"b"}`), []byte{0x78, 0x9c, 1})
	log := slog.New(slog.DiscardHandler)
	conn, err := net.ListenUDP("udp", nil) // for its address, in the log
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	from := netip.MustParseAddrPort("192.0.2.1:1")
	f.Fuzz(func(t *testing.T, first, second, third []byte) {
		u := newUDP(discarding(log), conn)
		for _, b := range [][]byte{first, second, third} {
			u.datagram(b, from)
		}
		u.expire(time.Now().Add(2 * chunkTimeout))
		if a := &u.chunks; a.bytes != 0 || len(a.messages) != 0 || a.order.Len() != 0 {
			t.Errorf("%d bytes of %d messages, %d in order, wait for ever", a.bytes, len(a.messages), a.order.Len())
		}
	})
}
