package pipeline

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corazawaf/coraza/v3"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/accesslog"
	"github.com/modsecurity-for-anylog/msa/test/plain"
)

// benchRecords are Nano records: nine benign requests with headers and bodies, and
// the sample attack.
func benchRecords(t testing.TB) []mapping.Record {
	sample, err := os.ReadFile("../test/testdata/nano-attack.json")
	if err != nil {
		t.Fatal(err)
	}
	records := []mapping.Record{jsonRecord(t, string(sample))}
	for i := range 9 {
		uri := fmt.Sprintf("/api/v1/orders/%d?page=%d&sort=created", 1000+i, i)
		records = append(records, jsonRecord(t, strings.NewReplacer(
			"/?t=../../etc/passwd", uri,
			`curl/7.81.0\r\n`, `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nCookie: session=0a1b2c3d; theme=dark\r\nAccept-Language: en\r\n`,
			"403", "200", "Forbidden", "OK",
			"223sdfalkjsflkajf", fmt.Sprintf(`{\"id\":%d,\"state\":\"open\",\"total\":17.5}`, 1000+i),
		).Replace(string(sample))))
	}
	return records
}

func benchChunk(t testing.TB) []byte {
	var chunk []byte
	for i, r := range benchRecords(t) {
		chunk = append(chunk, newEvent(uint32(i), r)...)
	}
	return chunk
}

// noRules finds nothing: what remains is decoding, mapping and passing on.
type noRules struct{}

func (noRules) Inspect(*mapping.Transaction) (engine.Verdict, error) { return engine.Verdict{}, nil }

func rate(b *testing.B, n int) {
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkPass(b *testing.B) {
	p, _ := newPipeline(b, "workers=1")
	p.rules = noRules{}
	chunk := benchChunk(b)
	b.ReportAllocs()
	for b.Loop() {
		p.Process("t", chunk)
	}
	rate(b, 10)
}

func BenchmarkProcess(b *testing.B) {
	p, _ := newPipeline(b, "workers=1")
	chunk := benchChunk(b)
	b.ReportAllocs()
	for b.Loop() {
		p.Process("t", chunk)
	}
	rate(b, 10)
}

// plainCoraza is plain Coraza with transactions for it.
type plainCoraza struct {
	waf          coraza.WAF
	transactions []mapping.Transaction
}

// plainWAF is compiled before any rules of MSA, which replace parts of Coraza for the process.
var plainWAF, plainErr = plain.Coraza("1")

func newPlain(t testing.TB) *plainCoraza {
	if plainErr != nil {
		t.Fatal(plainErr)
	}
	m, err := mapping.Load("nano")
	if err != nil {
		t.Fatal(err)
	}
	p := &plainCoraza{waf: plainWAF}
	for _, r := range benchRecords(t) {
		var tx mapping.Transaction
		if err := m.Map("t", r, &tx); err != nil {
			t.Fatal(err)
		}
		p.transactions = append(p.transactions, tx)
	}
	return p
}

// run inspects all transactions and returns how many rules matched.
func (p *plainCoraza) run() (matched int) {
	for i := range p.transactions {
		t := &p.transactions[i]
		tx := p.waf.NewTransaction()
		tx.ProcessConnection(t.Client.Address, 46152, t.Server.Address, 80)
		tx.ProcessURI(t.URI, t.Method, t.Protocol)
		tx.SetServerName(t.Host)
		for _, h := range t.RequestHeaders {
			tx.AddRequestHeader(h.Name, h.Value)
		}
		tx.ProcessRequestHeaders()
		_, _, _ = tx.WriteRequestBody([]byte(t.RequestBody.Text))
		_, _ = tx.ProcessRequestBody()
		for _, h := range t.ResponseHeaders {
			tx.AddResponseHeader(h.Name, h.Value)
		}
		tx.ProcessResponseHeaders(t.Status, t.ResponseVersion)
		_, _, _ = tx.WriteResponseBody([]byte(t.ResponseBody.Text))
		_, _ = tx.ProcessResponseBody()
		tx.ProcessLogging()
		matched += len(tx.MatchedRules())
		_ = tx.Close()
	}
	return matched
}

func BenchmarkPlainCoraza(b *testing.B) {
	p := newPlain(b)
	b.ReportAllocs()
	for b.Loop() {
		if p.run() == 0 {
			b.Fatal("nothing matched")
		}
	}
	rate(b, 10)
}

// BenchmarkOverhead runs the pipeline and plain Coraza in turn on the same records,
// so that both see the same noise, and changes which goes first, as the second
// pays for the first's garbage. Its metric is the ratio of their median times.
func BenchmarkOverhead(b *testing.B) {
	p, _ := newPipeline(b, "workers=1")
	chunk, peer := benchChunk(b), newPlain(b)
	var ours, theirs []time.Duration
	process := func() {
		start := time.Now()
		if r := p.Process("t", chunk); len(r.Records) != 1 {
			b.Fatalf("%d alerts", len(r.Records))
		}
		ours = append(ours, time.Since(start))
	}
	direct := func() {
		start := time.Now()
		peer.run()
		theirs = append(theirs, time.Since(start))
	}
	for b.Loop() {
		process()
		direct()
		direct()
		process()
	}
	b.ReportMetric(median(ours)/median(theirs), "ratio")
}

// BenchmarkWorkers lets one worker and two inspect the same chunk in turn. Its metric is the ratio of their
// median times. It wants two cores.
func BenchmarkWorkers(b *testing.B) {
	if runtime.GOMAXPROCS(0) < 2 {
		b.Skip("there is one core")
	}
	const records = 1000
	g := accesslog.New(1)
	var chunk []byte
	for i := range records {
		r := g.Next()
		chunk = append(chunk, newEvent(uint32(i), jsonRecord(b, string(r.AppendNano(nil))))...)
	}
	one, _ := newPipeline(b, "workers=1")
	two, _ := newPipeline(b, "workers=2")
	times := map[*Pipeline][]time.Duration{}
	for b.Loop() {
		for _, p := range []*Pipeline{one, two} {
			start := time.Now()
			if p.Process("t", chunk); p.Snapshot().Alerts == 0 {
				b.Fatal("no alerts")
			}
			times[p] = append(times[p], time.Since(start))
		}
	}
	b.ReportMetric(median(times[one])/median(times[two]), "ratio")
}

func median(times []time.Duration) float64 {
	slices.Sort(times)
	return times[len(times)/2].Seconds()
}
