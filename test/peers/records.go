package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/accesslog"
	"github.com/modsecurity-for-anylog/msa/test/crs"
)

// recordSet is one sort of records; next makes one after the other, and nil when there are no more.
type recordSet struct {
	name, preset, doc string
	records           func() (next func() ([]byte, error), err error)
}

// mixAttacks of a hundred records of the mix are attacks.
const mixAttacks = 3

var recordSets = []recordSet{
	{"mix", "nano", "97 % benign, 3 % attacks", func() (func() ([]byte, error), error) {
		g, n := accesslog.New(1), 0
		return func() ([]byte, error) {
			n++
			return nanoRecord(wanted(g, n%100 < mixAttacks))
		}, nil
	}},
	{"benign", "nano", "a shop's traffic with all headers and request bodies", func() (func() ([]byte, error), error) {
		g := accesslog.New(2)
		return func() ([]byte, error) { return nanoRecord(wanted(g, false)) }, nil
	}},
	{"distinct", "nano", "the same, but each value of each record is new", func() (func() ([]byte, error), error) {
		g, again := accesslog.New(3), renewal{}
		return func() ([]byte, error) { return nanoRecord(again.renew(wanted(g, false))) }, nil
	}},
	{"attacks", "nano", "CRS's regression tests that expect a detection, at any paranoia level", crsRecords},
	{"combined", "nginx", "lines of an access log, 97 % benign", func() (func() ([]byte, error), error) {
		g, n := accesslog.New(4), 0
		return func() ([]byte, error) {
			n++
			r := wanted(g, n%100 < mixAttacks)
			return msgp.AppendString(msgp.AppendString(msgp.AppendMapHeader(nil, 1), "log"), r.Combined()), nil
		}, nil
	}},
	{"real", "nano", "real requests, with headers and whole bodies", func() (func() ([]byte, error), error) { return realRecords(0, 0) }},
	{"real-1024", "nano", "the same, bodies cut after 1,024 bytes", func() (func() ([]byte, error), error) { return realRecords(1024, 0) }},
	{"real-mix", "nano", "the same, 3 % attacks", func() (func() ([]byte, error), error) { return realRecords(0, mixAttacks) }},
}

// wanted is the generator's next request that is, or is not, an attack.
func wanted(g *accesslog.Generator, attack bool) accesslog.Request {
	for {
		if r := g.Next(); r.Attack == attack {
			return r
		}
	}
}

func nanoRecord(r accesslog.Request) ([]byte, error) {
	record, _, err := mapping.AppendJSON(nil, r.AppendNano(nil))
	return record, err
}

// crsRecords are in an order that has all sorts everywhere.
func crsRecords() (func() ([]byte, error), error) {
	stages, err := crs.Stages()
	if err != nil {
		return nil, err
	}
	nano, _ := crs.KindNamed("nano")
	var all [][]byte
	for i := range stages {
		if stages[i].Expect.Detection() {
			all = append(all, nano.Record(crs.Respond(&stages[i])))
		}
	}
	rand.New(rand.NewPCG(5, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return each(all), nil
}

// realFolder is the environment variable that names a folder of records of real requests in JSON, a line each:
// legit.jsonl and malicious.jsonl, as triage/train reads them.
const realFolder = "MSA_WCP"

// errNoRecords: a set has none here.
var errNoRecords = fmt.Errorf("%s names no folder of real requests", realFolder)

// realEvery is which lines are taken, as those of a site stand together.
const realEvery = 25

// realRecords are of real requests, with bodies of so many bytes at most, 0 for all, and so many attacks of a hundred.
func realRecords(longestBody, attacks int) (func() ([]byte, error), error) {
	dir := os.Getenv(realFolder)
	if dir == "" {
		return nil, errNoRecords
	}
	legit, err := everyLine(filepath.Join(dir, "legit.jsonl"), realEvery)
	if err != nil {
		return nil, err
	}
	malicious := legit
	if attacks > 0 {
		if malicious, err = everyLine(filepath.Join(dir, "malicious.jsonl"), realEvery); err != nil {
			return nil, err
		}
	}
	n := 0
	return func() ([]byte, error) {
		from := legit
		if n++; n%100 < attacks {
			from = malicious
		}
		line, err := from()
		if line == nil || err != nil {
			return nil, err
		}
		if line, err = cutBodies(line, longestBody); err != nil {
			return nil, err
		}
		record, _, err := mapping.AppendJSON(nil, line)
		return record, err
	}, nil
}

// everyLine gives every nth line of a file, and nil at its end.
func everyLine(file string, n int) (func() ([]byte, error), error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", realFolder, err)
	}
	lines := bufio.NewReaderSize(f, 1<<20)
	return func() ([]byte, error) {
		for i := 1; ; i++ {
			line, err := lines.ReadBytes('\n')
			switch {
			case errors.Is(err, io.EOF):
				return nil, f.Close()
			case err != nil:
				return nil, fmt.Errorf("cannot read %q: %w", file, err)
			case i == n:
				return line, nil
			}
		}
	}, nil
}

// cutBodies cuts the bodies of a record of Nano.
func cutBodies(line []byte, longest int) ([]byte, error) {
	if longest == 0 {
		return line, nil
	}
	var record map[string]string
	if err := json.Unmarshal(line, &record); err != nil {
		return nil, err
	}
	for _, key := range []string{"REQ_BODY", "RSP_BODY"} {
		record[key] = record[key][:min(len(record[key]), longest)]
	}
	return json.Marshal(record)
}

// renewal makes each value of a request one that no request had before, and as harmless as it was. What stays
// are words of the protocol: method, version, Connection, and lengths.
type renewal struct{ n uint64 }

func (n *renewal) renew(r accesslog.Request) accesslog.Request {
	n.n++
	mark := "n" + strconv.FormatUint(n.n, 10)
	path, query, asks := strings.Cut(r.URI, "?")
	if strings.HasPrefix(path, "/") {
		r.URI = "/" + mark + path
	}
	if asks {
		r.URI += "?" + renewPairs(query, "&", mark)
	}
	r.Time = r.Time.Add(time.Duration(n.n) * time.Second) // Date of the response
	headers := make([]accesslog.Header, 0, len(r.Headers))
	jsonBody := false
	for _, h := range r.Headers {
		switch strings.ToLower(h.Name) {
		case "connection", "content-length":
		case "host":
			h.Value = mark + "." + h.Value
		case "content-type":
			jsonBody = strings.Contains(h.Value, "json")
			h.Value += "; version=" + mark
		case "cookie":
			h.Value = renewPairs(h.Value, "; ", mark)
		case "origin":
			h.Value = strings.Replace(h.Value, "://", "://"+mark+".", 1)
		case "referer":
			separator := "?"
			if strings.Contains(h.Value, "?") {
				separator = "&"
			}
			h.Value += separator + "n=" + mark
		case "user-agent":
			h.Value += " " + mark + "/1.0"
		case "accept":
			h.Value += ", application/x-" + mark
		case "accept-encoding", "accept-language":
			h.Value += ", x-" + mark
		case "range":
			h.Value = fmt.Sprintf("bytes=%d-", n.n)
		default:
			h.Value += " " + mark
		}
		headers = append(headers, h)
	}
	switch {
	case r.Body == "":
	case jsonBody:
		r.Body = jsonNumber.ReplaceAllString(r.Body, "${1}${2}"+strconv.FormatUint(n.n, 10)+"${3}")
		r.Body = jsonString.ReplaceAllString(r.Body, `"${1}`+mark+`"${2}`)
	default:
		r.Body = renewPairs(r.Body, "&", mark)
	}
	for i := range headers {
		if strings.EqualFold(headers[i].Name, "Content-Length") {
			headers[i].Value = strconv.Itoa(len(r.Body))
		}
	}
	r.Headers = headers
	return r
}

// Values of JSON: what comma or bracket follow.
var (
	jsonString = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"(\s*[,}\]])`)
	jsonNumber = regexp.MustCompile(`([:,\[]\s*)([1-9][0-9]*)(\s*[,}\]])`)
)

// renewPairs renews the values of pairs; names without one stay.
func renewPairs(text, separator, mark string) string {
	pairs := strings.Split(text, separator)
	for i, p := range pairs {
		if strings.Contains(p, "=") {
			pairs[i] = p + mark
		}
	}
	return strings.Join(pairs, separator)
}

// batch is the same records in two files: as MSA's input, and as the peers'.
type batch struct {
	chunk, exchanges string
	records, bytes   int // bytes of the chunk
}

// write makes n batches of some size each; there are fewer when the records end.
func (s *recordSet) write(dir string, n, size int) ([]batch, error) {
	next, err := s.records()
	if err != nil {
		return nil, err
	}
	m, err := mapping.Load(s.preset)
	if err != nil {
		return nil, err
	}
	var all []batch
	for i := range n {
		var chunk []byte
		for range size {
			record, err := next()
			if err != nil {
				return nil, fmt.Errorf("cannot make a record of %q: %w", s.name, err)
			}
			if record == nil {
				break
			}
			chunk = appendEvent(chunk, record)
		}
		transactions, err := mapAll(m, chunk)
		if err != nil {
			return nil, fmt.Errorf("cannot map a record of %q: %w", s.name, err)
		}
		if len(transactions) < size {
			break
		}
		exchanges := appendNumber(nil, len(transactions))
		for _, tx := range transactions {
			exchanges = appendExchange(exchanges, tx)
		}
		base := filepath.Join(dir, fmt.Sprintf("%s-%d", s.name, i))
		b := batch{base + ".chunk", base + ".exchanges", len(transactions), len(chunk)}
		if err := os.WriteFile(b.chunk, chunk, 0o600); err != nil {
			return nil, err
		}
		if err := os.WriteFile(b.exchanges, exchanges, 0o600); err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

const eventTime = 1717053408

// appendEvent adds a record to a chunk in Fluent Bit's form: [[time, metadata], record].
func appendEvent(chunk, record []byte) []byte {
	chunk = msgp.AppendArrayHeader(chunk, 2)
	chunk = msgp.AppendArrayHeader(chunk, 2)
	chunk = msgp.AppendInt(chunk, eventTime)
	chunk = msgp.AppendMapHeader(chunk, 0)
	return append(chunk, record...)
}

// eventHead is what stands before each record.
var eventHead = len(appendEvent(nil, nil))

// mapAll reads the records of a chunk.
func mapAll(m *mapping.Set, chunk []byte) ([]*mapping.Transaction, error) {
	var all []*mapping.Transaction
	for len(chunk) > 0 {
		rest, err := msgp.Skip(chunk)
		if err != nil {
			return nil, err
		}
		tx := new(mapping.Transaction)
		if err := m.Map("peers", mapping.Record(chunk[eventHead:len(chunk)-len(rest)]), tx); err != nil {
			return nil, err
		}
		all = append(all, tx)
		chunk = rest
	}
	return all, nil
}

// alarming is the set of those records of batches that alarm at paranoia level 1.
func alarming(of *result, batches []batch) (recordSet, error) {
	var all [][]byte
	for n, s := range of.samples["off"] {
		chunk, err := os.ReadFile(batches[n].chunk)
		if err != nil {
			return recordSet{}, err
		}
		for i := 0; len(chunk) > 0; i++ {
			rest, err := msgp.Skip(chunk)
			if err != nil {
				return recordSet{}, err
			}
			if slices.Contains(s.alarms, i) {
				all = append(all, chunk[eventHead:len(chunk)-len(rest)])
			}
			chunk = rest
		}
	}
	return recordSet{"alarming", of.set.preset, "those of the attacks that alarm at paranoia level 1", func() (func() ([]byte, error), error) {
		return each(all), nil
	}}, nil
}

// each gives one record after the other, and nil at their end.
func each(all [][]byte) func() ([]byte, error) {
	return func() ([]byte, error) {
		if len(all) == 0 {
			return nil, nil
		}
		record := all[0]
		all = all[1:]
		return record, nil
	}
}
