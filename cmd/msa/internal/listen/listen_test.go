package listen

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/internal/ratelog"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// receiver is an open listener and what came through it.
type receiver struct {
	t       testing.TB
	l       Listener
	rateLog *ratelog.Logger
	log     *rig.Output
	ended   chan struct{}

	mu   sync.Mutex
	cond *sync.Cond
	ids  []string // of the records, in order
	hold bool     // Put waits
	puts int      // calls of Put
	full bool     // there is no room for who can't wait
	size int
}

func open(t testing.TB, address string) *receiver {
	t.Helper()
	r := &receiver{t: t, log: &rig.Output{}, ended: make(chan struct{})}
	r.cond = sync.NewCond(&r.mu)
	log := slog.New(slog.NewTextHandler(r.log, nil))
	r.rateLog = ratelog.New(log)
	var err error
	if r.l, err = Open(address, r.config(log)); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.l.Serve()
		close(r.ended)
	}()
	t.Cleanup(func() {
		r.holdPut(false)
		r.close()
		r.rateLog.Close()
	})
	return r
}

func (r *receiver) config(log *slog.Logger) Config {
	return Config{Put: r.put, Datagram: Limits{Records: 100, Bytes: 2 << 20}, Log: log, RateLog: r.rateLog}
}

func (r *receiver) put(_ netip.AddrPort, e []byte, wait bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.puts++
	if r.full && !wait {
		return false
	}
	for r.hold {
		r.cond.Wait()
	}
	err := event.Alerts(e, func(a event.Alert) {
		r.ids = append(r.ids, strings.Clone(a.Get("id"))) // a view of e
		r.size += len(a.Get("pad"))
	})
	if err != nil {
		r.t.Error(err)
	}
	r.cond.Broadcast()
	return true
}

// holdPut makes Put wait, as it does while the queue is full.
func (r *receiver) holdPut(hold bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hold = hold
	r.cond.Broadcast()
}

// held reports whether a Put waits.
func (r *receiver) held() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.puts > len(r.ids)
}

func (r *receiver) close() {
	r.l.Close()
	<-r.ended
}

func (r *receiver) received() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.ids)
}

// expect waits for exactly these records, in this order.
func (r *receiver) expect(want ...string) {
	r.t.Helper()
	r.waitFor(func() bool { return len(r.received()) >= len(want) })
	if got := r.received(); !slices.Equal(got, want) {
		r.t.Errorf("received %q, want %q", got, want)
	}
}

func (r *receiver) waitFor(done func() bool) {
	r.t.Helper()
	if err := rig.Wait(rig.Patience, func() error {
		if !done() {
			return errors.New("nothing came")
		}
		return nil
	}); err != nil {
		r.t.Errorf("%v; received %.500q, log %s", err, r.received(), r.log)
	}
}

// bad waits for input to be counted under a cause.
func (r *receiver) bad(cause string, want uint64) {
	r.t.Helper()
	r.waitFor(func() bool { return r.rateLog.Total(cause) >= want })
	if got := r.rateLog.Total(cause); got != want {
		r.t.Errorf("%d counted as %q, want %d; log %s", got, cause, want, r.log)
	}
}

func (r *receiver) dial() net.Conn {
	r.t.Helper()
	conn, err := net.Dial(r.l.Addr().Network(), r.l.Addr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// arrive writes to a listener that is held in Put, and waits until its system has taken all in.
func (r *receiver) arrive(conn net.Conn, data ...[]byte) {
	r.t.Helper()
	if c, ok := conn.(*net.TCPConn); ok {
		for _, d := range data {
			r.write(conn, d)
		}
		r.waitFor(func() bool { return rig.TakenIn(c) == nil })
		return
	}
	port := r.l.Addr().(*net.UDPAddr).Port
	queue := func() int {
		n, err := rig.UDPQueue(port)
		if err != nil {
			r.t.Fatal(err)
		}
		return n
	}
	for _, d := range data {
		before := queue()
		r.write(conn, d)
		r.waitFor(func() bool { return queue() > before })
	}
}

func (r *receiver) send(data ...[]byte) {
	r.t.Helper()
	conn := r.dial()
	for _, d := range data {
		r.write(conn, d)
	}
}

func (r *receiver) write(conn net.Conn, data []byte) {
	r.t.Helper()
	if _, err := conn.Write(data); err != nil {
		r.t.Fatal(err)
	}
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func zlibbed(b []byte, level int) []byte {
	var out bytes.Buffer
	w, _ := zlib.NewWriterLevel(&out, level)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func padded(id string, size int) []byte {
	return fmt.Appendf(nil, `{"id":%q,"pad":%q}`, id, strings.Repeat("x", size))
}

func chunked(id uint64, b []byte, size int) (chunks [][]byte) {
	pieces := slices.Collect(slices.Chunk(b, size))
	for i, p := range pieces {
		c := fmt.Appendf([]byte{0x1e, 0x0f}, "%08d", id%1e8)
		chunks = append(chunks, append(append(c, byte(i), byte(len(pieces))), p...))
	}
	return chunks
}

func TestDatagrams(t *testing.T) {
	pretty, err := os.ReadFile(filepath.Join("testdata", "pretty.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"compact", []byte(`{"id":"a"}`), []string{"a"}},
		{"pretty-printed", pretty, []string{"pretty"}},
		{"byte order mark", []byte("\xef\xbb\xbf{\"id\":\"a\"}"), []string{"a"}},
		{"leading newline", []byte("\n{\"id\":\"a\"}"), []string{"a"}},
		{"trailing newline and NUL", []byte("{\"id\":\"a\"}\n\x00"), []string{"a"}},
		{"several", []byte("{\"id\":\"a\"}\n{\"id\":\"b\"}{\"id\":\"c\"}"), []string{"a", "b", "c"}},
		{"array", []byte(`[{"id":"a"},{"id":"b"}]`), []string{"a", "b"}},
		{"gzip", gzipped([]byte(`{"id":"a"}`)), []string{"a"}},
		{"gzip of more than 64 KiB", gzipped(padded("a", 1<<20)), []string{"a"}},
		{"gzip of several", gzipped([]byte("{\"id\":\"a\"}\n{\"id\":\"b\"}")), []string{"a", "b"}},
		{"zlib", zlibbed([]byte(`{"id":"a"}`), zlib.DefaultCompression), []string{"a"}},
		{"zlib, fastest", zlibbed([]byte(`{"id":"a"}`), zlib.BestSpeed), []string{"a"}},
		{"zlib, stored", zlibbed([]byte(`{"id":"a"}`), zlib.NoCompression), []string{"a"}},
		{"zlib, best", zlibbed([]byte(`{"id":"a"}`), zlib.BestCompression), []string{"a"}},
		{"largest datagram", padded("a", 65507-19), []string{"a"}},
		{"number as id", []byte(`{"id":17}`), []string{"17"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, "udp://127.0.0.1:0")
			r.send(c.data)
			r.expect(c.want...)
			r.close()
			r.expect(c.want...)
			if strings.Contains(r.log.String(), "lost") {
				t.Errorf("log: %s", r.log)
			}
		})
	}
}

func TestBadDatagrams(t *testing.T) {
	bomb := gzipped(make([]byte, 2<<20+1))
	cut := gzipped([]byte("{\"id\":\"a\"}\n" + string(padded("b", 100))))
	for _, c := range []struct {
		name  string
		data  []byte
		cause string
		want  []string // records that come all the same
	}{
		{"text", []byte("hello"), causeJSON, nil},
		{"UTF-16", []byte("\xff\xfe{\x00\"\x00a\x00"), causeUTF16, nil},
		{"UTF-16, big endian, without a mark", []byte("\x00{\x00\"\x00a"), causeUTF16, nil},
		{"scalar", []byte("17"), causeJSON, nil},
		{"literal that is none", []byte("{\"a\":nul}\n{\"id\":\"a\"}"), causeJSON, []string{"a"}},
		{"cut", []byte(`{"id":"a"`), causeJSON, nil},
		{"one of several", []byte("{\"id\":\"a\"}\n{\"id\":\n{\"id\":\"b\"}"), causeJSON, []string{"a", "b"}},
		{"far too deep", []byte(strings.Repeat(`[{"a":`, 5000)), causeJSON, nil},
		{"gzip header only", []byte("\x1f\x8b\x08"), causeCompressed, nil},
		{"gzip of garbage", append(gzipped(nil)[:10], "garbage"...), causeCompressed, nil},
		{"gzip without its end", cut[:len(cut)-8], causeCompressed, []string{"a", "b"}},
		{"zlib of garbage", []byte("\x78\x9cgarbage"), causeCompressed, nil},
		{"bomb", bomb, causeInflated, nil},
		{"chunk without header", []byte("\x1e\x0f12345678"), causeChunk, nil},
		{"chunk beyond the count", []byte("\x1e\x0f12345678\x02\x02x"), causeChunk, nil},
		{"chunk of none", []byte("\x1e\x0f12345678\x00\x00x"), causeChunk, nil},
		{"chunk of too many", []byte("\x1e\x0f12345678\x00\x81x"), causeChunk, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, "udp://127.0.0.1:0")
			r.send(c.data, []byte(`{"id":"next"}`))
			r.expect(append(c.want, "next")...)
			r.bad(c.cause, 1)
			if !strings.Contains(r.log.String(), "127.0.0.1:") {
				t.Errorf("the sender is not logged: %s", r.log)
			}
		})
	}
}

// What a datagram has too much of is counted, and the next datagram is as any other.
func TestDatagramsAreBounded(t *testing.T) {
	const limit = 100
	records := func(n int) (data []byte, ids []string) {
		for i := range n {
			data = fmt.Appendf(data, "{\"id\":\"%d\"}\n", i)
			ids = append(ids, fmt.Sprint(i))
		}
		return data, ids
	}
	most, ids := records(limit)
	many, _ := records(limit + 7)
	long := slices.Concat(most, padded("x", 2<<20))
	for _, c := range []struct {
		name  string
		data  [][]byte
		cause string
		lost  uint64
	}{
		{"as many as may be", [][]byte{most}, causeRecords, 0},
		{"more", [][]byte{many}, causeRecords, 7},
		{"more, gzip", [][]byte{gzipped(many)}, causeRecords, 7},
		{"more, chunked", chunked(1, many, 500), causeRecords, 7},
		{"more, the last ones broken", [][]byte{append(many, "{]\n{]\n{]\n"...)}, causeRecords, 10},
		{"millions, empty", [][]byte{gzipped(append(most, bytes.Repeat([]byte("{}"), 500_000)...))}, causeRecords, 500_000},
		{"noise", [][]byte{gzipped(append(most, bytes.Repeat([]byte("{]\n"), 500_000)...))}, causeRecords, limit + 1},
		{"long, gzip", [][]byte{gzipped(long)}, causeInflated, 1},
		{"long, chunked", chunked(1, long, 60_000), causeInflated, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, "udp://127.0.0.1:0")
			r.send(append(c.data, []byte(`{"id":"next"}`))...)
			r.expect(append(slices.Clone(ids), "next")...)
			r.bad(c.cause, c.lost)
		})
	}
}

// A sender by UDP that is too fast loses records, and nobody waits for it.
func TestDatagramsDoNotWaitForRoom(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0")
	r.mu.Lock()
	r.full = true
	r.mu.Unlock()
	r.send([]byte(`{"id":"a"}{"id":"b"}`))
	r.bad(causeFull, 2)
	r.mu.Lock()
	r.full = false
	r.mu.Unlock()
	r.send([]byte(`{"id":"c"}`))
	r.expect("c")
}

func TestEmptyDatagramIsNothing(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0")
	r.send(nil, []byte{}, []byte(`{"id":"a"}`))
	r.expect("a")
}

func TestIPv6(t *testing.T) {
	for _, address := range []string{"udp://[::1]:0", "tcp://[::1]:0", "udp6://:0"} {
		t.Run(address, func(t *testing.T) {
			if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
				t.Skip("no IPv6 here:", err)
			} else {
				_ = l.Close()
			}
			r := open(t, address)
			r.send([]byte("{\"id\":\"a\"}\n"))
			r.expect("a")
			r.close()
		})
	}
}

func TestBothIPVersions(t *testing.T) {
	r := open(t, "udp://:0")
	_, port, _ := net.SplitHostPort(r.l.Addr().String())
	var want []string
	for _, host := range []string{"127.0.0.1", "::1"} {
		conn, err := net.Dial("udp", net.JoinHostPort(host, port))
		if err != nil {
			t.Skip("no IPv6 here:", err)
		}
		r.write(conn, fmt.Appendf(nil, `{"id":%q}`, host))
		want = append(want, host)
		r.expect(want...)
		_ = conn.Close()
	}
}

func TestChunks(t *testing.T) {
	whole := padded("a", 200_000)
	for _, c := range []struct {
		name   string
		chunks [][]byte
		want   string
	}{
		{"in order", chunked(1, whole, 8180), "a"},
		{"gzip", chunked(2, gzipped(randomPad("a", 300_000)), 8180), "a"},
		{"one", chunked(3, []byte(`{"id":"a"}`), 8180), "a"},
		{"as many as may be", chunked(4, padded("a", 128*1000-19), 1000), "a"},
		{"sent twice", slices.Concat(chunked(5, whole, 8180)[:3], chunked(5, whole, 8180)), "a"},
	} {
		for _, order := range []string{"forward", "backward", "shuffled"} {
			t.Run(c.name+" "+order, func(t *testing.T) {
				r := open(t, "udp://127.0.0.1:0")
				chunks := slices.Clone(c.chunks)
				switch order {
				case "backward":
					slices.Reverse(chunks)
				case "shuffled":
					rand.Shuffle(len(chunks), func(i, j int) { chunks[i], chunks[j] = chunks[j], chunks[i] })
				}
				if c.name == "sent twice" && order != "forward" {
					return // what comes after the whole would be a new message
				}
				r.send(chunks...)
				r.expect(c.want)
			})
		}
	}
}

// randomPad does not shrink much when it is compressed.
func randomPad(id string, size int) []byte {
	pad := make([]byte, size)
	for i := range pad {
		pad[i] = 'A' + byte(rand.IntN(26))
	}
	return fmt.Appendf(nil, `{"id":%q,"pad":%q}`, id, pad)
}

func TestInterleavedChunks(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0")
	a, b := chunked(1, padded("a", 20_000), 8000), chunked(2, padded("b", 20_000), 8000)
	r.send(a[0], b[0], b[1], a[1], b[2], a[2])
	r.expect("b", "a")
}

func TestMissingChunksAreCounted(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0")
	began := time.Now()
	r.send(chunked(1, padded("a", 20_000), 8000)[1:]...)
	r.send([]byte(`{"id":"b"}`))
	r.expect("b")
	r.bad(causeIncomplete, 1)
	if took := time.Since(began); took < chunkTimeout {
		t.Errorf("given up after %v", took)
	}
}

func TestListenErrors(t *testing.T) {
	taken := open(t, "tcp://127.0.0.1:0").l.Addr().String()
	for _, c := range []struct{ address, want string }{
		{"15155", `cannot listen on "15155": expected udp://host:port or tcp://host:port`},
		{"http://:80", `cannot listen on "http://:80": scheme "http" is not one of udp, udp4, udp6, tcp, tcp4, tcp6`},
		{"udp://:99999", `cannot listen on "udp://:99999": address 99999: invalid port`},
		{"tcp://" + taken, `cannot listen on "tcp://` + taken + `": bind: address already in use`},
	} {
		_, err := Open(c.address, Config{Log: slog.New(slog.DiscardHandler)})
		if err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

func TestStreams(t *testing.T) {
	pretty, err := os.ReadFile(filepath.Join("testdata", "pretty.json"))
	if err != nil {
		t.Fatal(err)
	}
	const a, b, c = `{"id":"a"}`, `{"id":"b"}`, `{"id":"c","n":{"x":[1,{"y":"}"}]}}`
	for _, test := range []struct {
		name, stream string
		want         []string
	}{
		{"newlines", a + "\n" + b + "\n" + c + "\n", []string{"a", "b", "c"}},
		{"CR LF", a + "\r\n" + b + "\r\n" + c + "\r\n", []string{"a", "b", "c"}},
		{"NULs", a + "\x00" + b + "\x00" + c + "\x00", []string{"a", "b", "c"}},
		{"nothing between", a + b + c, []string{"a", "b", "c"}},
		{"array", "[" + a + ",\n" + b + "," + c + "]", []string{"a", "b", "c"}},
		{"byte order mark and newline", "\xef\xbb\xbf\n" + a, []string{"a"}},
		{"pretty-printed", string(pretty) + string(pretty) + a, []string{"pretty", "pretty", "a"}},
		{"longer than the first buffer", string(padded("a", 100_000)) + b + string(padded("c", 1_000_000)), []string{"a", "b", "c"}},
	} {
		for _, size := range []int{1, 7, 1000, len(test.stream)} {
			if len(test.stream)/size > 1000 {
				continue
			}
			t.Run(fmt.Sprintf("%s in pieces of %d", test.name, size), func(t *testing.T) {
				r := open(t, "tcp://127.0.0.1:0")
				conn := r.dial()
				for piece := range slices.Chunk([]byte(test.stream), size) {
					r.write(conn, piece)
				}
				r.expect(test.want...) // while the connection is open: nothing waits for more
				_ = conn.Close()
				r.close()
				if strings.Contains(r.log.String(), "lost") {
					t.Errorf("log: %s", r.log)
				}
			})
		}
	}
}

func TestBadStreams(t *testing.T) {
	for _, c := range []struct {
		name, stream string
		bad          uint64
		want         []string
	}{
		{"text line", "hello\n{\"id\":\"a\"}\n", 1, []string{"a"}},
		{"broken record, newline", "{\"id\":\"a\"}\n{\"id\":\"x}\n{\"id\":\"b\"}\n", 1, []string{"a", "b"}},
		{"broken record, NUL", "{\"id\":\"a\"}\x00{\"id\" \"x\"}\x00{\"id\":\"b\"}\x00", 1, []string{"a", "b"}},
		{"record cut in the middle", "{\"id\":\"x\",\"q\":[1,\n{\"id\":\"a\"}\n{\"id\":\"b\"}\n", 1, []string{"a", "b"}},
		{"record cut by the end", "{\"id\":\"a\"}\n{\"id\":", 1, []string{"a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, "tcp://127.0.0.1:0")
			conn := r.dial()
			r.write(conn, []byte(c.stream))
			_ = conn.Close()
			r.expect(c.want...)
			r.bad(causeJSON, c.bad)
		})
	}
}

func TestStreamInUTF16(t *testing.T) {
	r := open(t, "tcp://127.0.0.1:0")
	r.send([]byte("{\x00\"\x00a\x00"))
	r.bad(causeUTF16, 1)
}

func TestRecordBeyondTheLimit(t *testing.T) {
	r := open(t, "tcp://127.0.0.1:0")
	r.send(padded("fits", MaxRecord-22), []byte("\n"), padded("long", MaxRecord), []byte("\n{\"id\":\"next\"}\n"))
	r.expect("fits", "next")
	r.bad(causeJSON, 1)
	if !strings.Contains(r.log.String(), "record is longer than 16777216 bytes") {
		t.Errorf("log: %s", r.log)
	}
}

func TestManyClients(t *testing.T) {
	const clients, each = 100, 50
	r := open(t, "tcp://127.0.0.1:0")
	var all sync.WaitGroup
	for i := range clients {
		conn := r.dial()
		all.Go(func() {
			for n := range each {
				record := fmt.Sprintf("{\"id\":\"%d/%d\"}", i, n)
				for _, piece := range []string{record[:5], record[5:]} {
					if _, err := io.WriteString(conn, piece); err != nil {
						t.Error(err)
						return
					}
				}
			}
			_ = conn.Close()
		})
	}
	all.Wait()
	r.waitFor(func() bool { return len(r.received()) >= clients*each })
	next := map[string]int{}
	for _, id := range r.received() {
		client, n, _ := strings.Cut(id, "/")
		if n != fmt.Sprint(next[client]) {
			t.Fatalf("client %s: record %s came where %d should", client, n, next[client])
		}
		next[client]++
	}
	if got := len(r.received()); got != clients*each {
		t.Errorf("received %d, want %d", got, clients*each)
	}
}

func TestCloseTakesInWhatHasArrived(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			const n = 200 // of which a new connection's buffer holds all
			r := open(t, network+"://127.0.0.1:0")
			r.holdPut(true) // all of it waits in the kernel
			conn := r.dial()
			var want []string
			var data [][]byte
			for i := range n {
				id := fmt.Sprintf("%03d", i)
				want = append(want, id)
				data = append(data, padded(id, 200))
			}
			r.write(conn, data[0])
			r.waitFor(r.held)
			r.arrive(conn, data[1:]...)
			r.l.Close()
			// What is sent after that must not keep the listener busy for ever.
			stop, late := make(chan struct{}), make(chan struct{}, 1)
			var sending sync.WaitGroup
			sending.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						_, _ = conn.Write(padded("late", 200))
						select {
						case late <- struct{}{}:
						default:
						}
					}
				}
			})
			<-late
			r.holdPut(false)
			<-r.ended
			close(stop)
			sending.Wait()
			if got := r.received(); len(got) < n || !slices.Equal(got[:n], want) {
				t.Errorf("received %d records, want %d at least", len(got), n)
			}
		})
	}
}

func TestCloseTakesInClientsThatWait(t *testing.T) {
	l, err := Open("tcp://127.0.0.1:0", Config{})
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{t: t, l: l, log: &rig.Output{}, ended: make(chan struct{})}
	r.cond = sync.NewCond(&r.mu)
	log := slog.New(slog.NewTextHandler(r.log, nil))
	r.rateLog = ratelog.New(log)
	defer r.rateLog.Close()
	l.(*tcp).Config = r.config(log)
	for range 50 { // nobody accepts yet
		r.send([]byte(`{"id":"a"}`))
	}
	l.Close()
	l.Serve()
	if got := len(r.received()); got != 50 {
		t.Errorf("received %d records, want 50; log %s", got, r.log)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("still listens")
	}
}

func TestCloseIsQuickWhenIdle(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		r := open(t, network+"://127.0.0.1:0")
		if network == "tcp" {
			r.send([]byte(`{"id":"a"}`)) // and stays connected
			r.expect("a")
		}
		r.close()
	}
}

// How long the end waits for a sender: a pause, longer for the rest of a record, and for what has arrived always.
func TestEndingDeadline(t *testing.T) {
	start := time.Now()
	for _, c := range []struct {
		name     string
		ending   ending
		after    time.Duration // the end began
		inRecord bool
		want     time.Duration // after start; 0 is over
	}{
		{"idle", ending{}, 0, false, pause},
		{"in a record", ending{}, 0, true, finish},
		{"much has arrived", ending{arrived: 1000}, 0, false, finish},
		{"more has arrived than can be read in the time", ending{arrived: 1000, by: start.Add(lastReads)}, 2 * lastReads, false, 2*lastReads + finish},
		{"it goes on without a pause", ending{arrived: -1000, by: start.Add(lastReads)}, lastReads / 2, false, lastReads/2 + pause},
		{"almost over", ending{by: start.Add(lastReads)}, lastReads - time.Millisecond, true, lastReads},
		{"over", ending{by: start.Add(lastReads)}, lastReads + 1, true, 0},
	} {
		got, ok := c.ending.deadline(start.Add(c.after), c.inRecord)
		if ok != (c.want != 0) || ok && !got.Equal(start.Add(c.want)) {
			t.Errorf("%s: until %v, %v; want %v", c.name, got.Sub(start), ok, c.want)
		}
	}
}

func TestRecordBegunAtTheEndMayBeCompleted(t *testing.T) {
	r := open(t, "tcp://127.0.0.1:0")
	conn := r.dial()
	r.holdPut(true)
	r.write(conn, []byte(`{"id":"a"}{"id":`))
	r.waitFor(r.held)
	r.l.Close()
	r.arrive(conn, []byte(`"b"}`))
	r.holdPut(false)
	r.expect("a", "b")
	<-r.ended
}

func TestKernelDropsAreCounted(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0")
	supported := false
	_ = r.l.(*udp).raw.Control(func(fd uintptr) { _, supported = kernelDrops(fd) })
	if !supported {
		t.Skip("the kernel does not say what it drops")
	}
	r.holdPut(true)
	conn := r.dial()
	datagram := padded("x", 60_000)
	const n = 2000 // 120 MB, several times the buffer
	for range n {
		r.write(conn, datagram)
	}
	r.holdPut(false)
	r.close()
	dropped := r.rateLog.Total(causeKernel)
	if got := uint64(len(r.received())); dropped == 0 || got+dropped != n {
		t.Errorf("%d received and %d dropped of %d", got, dropped, n)
	}
	r.waitFor(func() bool { return strings.Contains(r.log.String(), "datagrams dropped by the kernel") })
}

func TestUnfinishedRecordsAreBoundedTogether(t *testing.T) {
	if testing.Short() {
		t.Skip("sends 300 MB")
	}
	r := open(t, "tcp://127.0.0.1:0")
	unfinished := padded("x", MaxRecord-30)
	unfinished = unfinished[:len(unfinished)-2]
	var conns []net.Conn
	for range 20 {
		conn := r.dial()
		conns = append(conns, conn)
		_, _ = conn.Write(unfinished) // fails where the other side gives up
	}
	r.waitFor(func() bool { return r.rateLog.Total(causeMemory) > 0 })
	for _, c := range conns {
		_ = c.Close()
	}
	r.waitFor(func() bool { return r.l.(*tcp).buffers.Load() == 0 })
	r.send([]byte("{\"id\":\"next\"}\n"))
	r.expect("next")
}

// discarding takes in everything and keeps nothing.
func discarding(log *slog.Logger) Config {
	return Config{Put: func(netip.AddrPort, []byte, bool) bool { return true }, Datagram: Limits{Records: 100, Bytes: 2 << 20}, Log: log, RateLog: ratelog.New(log)}
}

func FuzzDatagram(f *testing.F) {
	f.Add([]byte(`{"id":"a"}`))
	f.Add(gzipped([]byte(`{"id":"a"}`)))
	f.Add(zlibbed([]byte(`[{"id":"a"}]`), zlib.BestSpeed))
	f.Add(chunked(1, []byte(`{"id":"a"}`), 5)[0])
	log := slog.New(slog.DiscardHandler)
	conn, err := net.ListenUDP("udp", nil) // for its address, in the log
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	u := newUDP(discarding(log), conn)
	from := netip.MustParseAddrPort("192.0.2.1:1")
	f.Fuzz(func(_ *testing.T, b []byte) { u.datagram(b, from) })
}

func BenchmarkDatagram(b *testing.B) {
	record := padded("a", 1100)
	for name, data := range map[string][]byte{"plain": record, "gzip": gzipped(record), "zlib": zlibbed(record, zlib.DefaultCompression)} {
		b.Run(name, func(b *testing.B) {
			log := slog.New(slog.DiscardHandler)
			u := newUDP(discarding(log), nil)
			from := netip.MustParseAddrPort("192.0.2.1:1")
			b.ReportAllocs()
			for b.Loop() {
				u.datagram(data, from)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
