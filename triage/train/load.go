package main

import (
	"bufio"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// set is what is learned from and measured on.
type set struct {
	index   map[string]int32
	names   []string
	samples []sample
}

// sample is one record.
type sample struct {
	kind     string // of attack, or "legit"
	how      string // place of a transplant, or "as it is"
	group    string // site or payload: what is not seen as a whole
	attack   bool
	test     bool // of a source that is not learned from
	suspects []suspect
	text     string
}

type suspect struct {
	features []int32
	attack   bool
}

// isHeldOut: one group in five is not learned from.
func (s *sample) isHeldOut() bool { return s.test || isHeldOut(s.group) }

func isHeldOut(group string) bool { return hash(group)%5 == 0 }

// source is the directory that an attack is from.
func (s *sample) source() string {
	source, _, _ := strings.Cut(s.kind, " ")
	return source
}

func hash(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}

func (s *set) attacks() (n int) {
	for i := range s.samples {
		if s.samples[i].attack {
			n++
		}
	}
	return n
}

// job is a record to inspect.
type job struct {
	record    []byte
	host      []byte // of a transplant
	kind, how string
	group     string
	attack    bool
	test      bool
}

// Seeds of what is written to be learned from.
const (
	learnedBenign  = 7
	learnedAttacks = 13
)

// load reads the records of directories, inspects them, and makes transplants of their attacks. Of the directories that are
// only for testing nothing is learned.
func load(dirs, test []string, every int) (*set, error) {
	s := &set{index: map[string]int32{}}
	var jobs []job
	var hosts []job
	for _, dir := range dirs {
		legit, sites, err := readPair(dir, "legit", every)
		if err != nil {
			return nil, err
		}
		for i, r := range legit {
			hosts = append(hosts, job{record: r, kind: "legit", how: "as it is", group: sites[i]})
		}
	}
	made, kinds := benign(12000/every*len(dirs), learnedBenign)
	for i, r := range made {
		hosts = append(hosts, job{record: r, kind: kinds[i], how: "as it is", group: kinds[i]})
	}
	jobs = append(jobs, hosts...)
	texts, labels := ordinaryEncoded(24000/every*len(dirs), hosts)
	for i, r := range texts {
		jobs = append(jobs, job{record: r, kind: labels[i], how: "as it is", group: labels[i]})
	}
	payloads, names := written(9000/every*len(dirs), learnedAttacks)
	for i, p := range payloads {
		of := job{kind: "written " + names[i], group: p, attack: true}
		of.record, of.how = alone(p, hash("alone"+p)), "as it is"
		jobs = append(jobs, of)
		jobs = append(jobs, moved(of, p, hosts, 2)...)
		jobs = append(jobs, hidden(of, p, hosts, 2)...)
		jobs = append(jobs, worded(of, p, hosts)...)
	}
	for i, dir := range slices.Concat(dirs, test) {
		isTest := i >= len(dirs)
		ofMany := every
		if i > 0 {
			ofMany = 1 // the others are small
		}
		attacks, kinds, err := readPair(dir, "malicious", ofMany)
		if err != nil {
			return nil, err
		}
		source := filepath.Base(dir)
		for i, r := range attacks {
			p := payloadOf(r)
			of := job{record: r, kind: source + " " + kinds[i], how: "as it is", group: p, attack: true, test: isTest}
			jobs = append(jobs, of)
			if p != "" {
				jobs = append(jobs, moved(of, p, hosts, 2)...)
				jobs = append(jobs, hidden(of, p, hosts, 1)...)
				jobs = append(jobs, worded(of, p, hosts)...)
			}
		}
	}
	s.samples = make([]sample, len(jobs))
	e, err := engine.New(engine.Config{
		Rules: []string{"crs", "evidence"}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10,
		Screen: engine.ScreenOn, ScreenEvidence: true, CacheSize: 1 << 16, Views: true,
	})
	if err != nil {
		return nil, err
	}
	m, err := mapping.Load("nano")
	if err != nil {
		return nil, err
	}
	var known sync.Map
	feed := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			in := &inspector{e: e, m: m}
			for i := range feed {
				j := &jobs[i]
				found := in.suspects(j.record)
				of := in.variables(j.host, &known)
				sm := sample{kind: j.kind, how: j.how, group: j.group, attack: j.attack, test: j.test}
				if isHeldOut(j.group) {
					sm.text = string(j.record[:min(len(j.record), 4096)])
				}
				mu.Lock()
				for k := range found {
					x := suspect{attack: j.attack && !of[found[k].Variable]}
					found[k].Each(func(f []byte) { x.features = append(x.features, s.feature(f)) })
					sm.suspects = append(sm.suspects, x)
				}
				mu.Unlock()
				s.samples[i] = sm
			}
		}()
	}
	for i := range jobs {
		feed <- i
	}
	close(feed)
	wg.Wait()
	return s, nil
}

// moved are n transplants of a payload into hosts.
func moved(of job, payload string, hosts []job, n int) (all []job) {
	for n := range n {
		h := &hosts[int(hash(fmt.Sprint(n, payload)))%len(hosts)]
		if with, how, ok := transplant(h.record, payload, hash(fmt.Sprint("how", n, payload))); ok {
			of.record, of.host, of.how = with, h.record, how
			all = append(all, of)
		}
	}
	return all
}

// worded is a payload among words in a host, for one payload in three: behind the beginning of a text, as in the search of a shop,
// or, where words behind it do it no harm, in the middle of one.
func worded(of job, payload string, hosts []job) []job {
	choice := hash("worded" + payload)
	if choice%3 != 0 || len(payload) > maxHidden {
		return nil
	}
	w := writer{rand.New(rand.NewPCG(uint64(choice), 29))}
	text := w.text(1+w.r.IntN(3)) + w.pick(" ", "") + payload
	if strings.ContainsAny(payload, "<{") {
		text = w.pick("", w.text(1+w.r.IntN(9))+" ", w.sentences(1+w.r.IntN(3))+" ") + payload + w.pick("", " "+w.text(1+w.r.IntN(9)), " "+w.sentences(1+w.r.IntN(3)))
	}
	all := moved(of, text, hosts, 1)
	for i := range all {
		all[i].how = "among words"
	}
	return all
}

// maxHidden is the longest payload that is hidden in encodings, which make it longer.
const maxHidden = 400

// hidden are n encodings of a payload, every other one transplanted.
func hidden(of job, payload string, hosts []job, n int) (all []job) {
	if len(payload) > maxHidden {
		return nil
	}
	for n := range n {
		choice := hash(fmt.Sprint("hidden", n, payload))
		value, name := encoded(payload, choice/2)
		of.record, of.host, of.how = alone(value, choice), nil, "encoded: "+name
		if choice%2 == 0 {
			h := &hosts[int(hash(fmt.Sprint("in", n, payload)))%len(hosts)]
			if with, _, ok := transplant(h.record, value, choice/2); ok {
				of.record, of.host = with, h.record
			}
		}
		all = append(all, of)
	}
	return all
}

func (s *set) feature(f []byte) int32 {
	if i, ok := s.index[string(f)]; ok {
		return i
	}
	i := int32(len(s.names))
	s.index[string(f)] = i
	s.names = append(s.names, string(f))
	return i
}

type inspector struct {
	e  *engine.Engine
	m  *mapping.Set
	tx mapping.Transaction
	b  []byte
}

func (in *inspector) suspects(line []byte) []triage.Suspect {
	var err error
	in.b, _, err = mapping.AppendJSON(in.b[:0], line)
	if err != nil {
		return nil
	}
	if err := in.m.Map("nano", mapping.Record(in.b), &in.tx); err != nil {
		return nil
	}
	v, err := in.e.Inspect(&in.tx)
	if err != nil {
		return nil
	}
	all := triage.Suspects(&in.tx, &v)
	for i := range all {
		all[i].Value, all[i].Variable = strings.Clone(all[i].Value), strings.Clone(all[i].Variable)
	}
	return all
}

// variables are those of a record on which rules match. They are looked for once: a host has many transplants.
func (in *inspector) variables(record []byte, known *sync.Map) map[string]bool {
	if record == nil {
		return nil
	}
	if of, ok := known.Load(&record[0]); ok {
		return of.(map[string]bool)
	}
	of := map[string]bool{}
	for _, x := range in.suspects(record) {
		of[x.Variable] = true
	}
	known.Store(&record[0], of)
	return of
}

func readPair(dir, name string, every int) (records [][]byte, labels []string, err error) {
	rf, err := os.Open(filepath.Join(dir, name+".jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rf.Close() }()
	lf, err := os.Open(filepath.Join(dir, name+".labels"))
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = lf.Close() }()
	r, l := bufio.NewReaderSize(rf, 1<<20), bufio.NewScanner(lf)
	for n := 0; ; n++ {
		line, err := r.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			return records, labels, nil
		}
		if !l.Scan() {
			return nil, nil, fmt.Errorf("%s: fewer labels than records", lf.Name())
		}
		if hash(fmt.Sprint(n))%uint32(every) == 0 {
			records = append(records, line)
			labels = append(labels, l.Text())
		}
	}
}
