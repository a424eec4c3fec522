package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/types"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/pipeline"
	"github.com/modsecurity-for-anylog/msa/test/plain"
)

// A party is a process of its own, so that its garbage and its memory are its own. It reads commands
// and answers each with a line, as modsecurity.c does:
//
//	open PRESET   seconds that it takes to load the rules
//	run FILE      seconds of processor time, seconds by the clock, and the indices of the records that alarm
//	memory        bytes resident
//	cleared       records that were inspected since open, and those of them that the screen has cleared
type party interface {
	open(preset string) error
	// load readies records, and returns what inspects them and says which ones alarm.
	load(data []byte) (inspect func() ([]int, error), err error)
}

// parties are those that are Go, by the name that they are started with.
var parties = map[string]func(workers int) party{
	"coraza":     func(int) party { return &plainCoraza{} },
	"screen-on":  func(workers int) party { return &msa{screen: "on", workers: workers} },
	"screen-off": func(workers int) party { return &msa{screen: "off", workers: workers} },
	"engine":     func(int) party { return &inspector{} },
}

// paranoiaLevel is CRS's for all parties, which inherit the environment.
func paranoiaLevel() string { return cmp.Or(os.Getenv("PARANOIA_LEVEL"), "1") }

// serve obeys commands until there are no more.
func serve(p party, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		command, operand, _ := strings.Cut(lines.Text(), " ")
		var answer string
		var err error
		switch command {
		case "open":
			start := time.Now()
			err = p.open(operand)
			answer = strconv.FormatFloat(time.Since(start).Seconds(), 'f', 9, 64)
		case "run":
			answer, err = run(p, operand)
		case "memory":
			answer, err = memory()
		case "cleared":
			s := p.(*msa).pipeline.Snapshot()
			answer = fmt.Sprint(s.Records, s.Screened)
		default:
			err = errors.New("no such command")
		}
		if err != nil {
			return fmt.Errorf("cannot %s %q: %w", command, operand, err)
		}
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

func run(p party, file string) (answer string, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	inspect, err := p.load(data)
	if err != nil {
		return "", err
	}
	cpu, start := processorTime(), time.Now()
	alarms, err := inspect()
	answer = fmt.Sprintf("%.9f %.9f", (processorTime() - cpu).Seconds(), time.Since(start).Seconds())
	for _, i := range alarms {
		answer += " " + strconv.Itoa(i)
	}
	return answer, err
}

// processorTime is what the process has used on all cores. Other than the clock's, it is not that of
// whoever else uses the machine.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it can't fail for the process itself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func memory() (string, error) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return "", err
	}
	var size, resident int
	if _, err := fmt.Sscan(string(b), &size, &resident); err != nil {
		return "", err
	}
	return strconv.Itoa(resident * os.Getpagesize()), nil
}

// msa is the whole pipeline, from a chunk to alerts, without detectors over many records, which the others don't have.
type msa struct {
	screen   string
	workers  int
	pipeline *pipeline.Pipeline
}

func (m *msa) open(preset string) error {
	if m.pipeline != nil {
		m.pipeline.Close()
	}
	values := map[string][]string{"mapping": {preset}, "screen": {m.screen}, "workers": {strconv.Itoa(m.workers)}, "behavior": {"off"}, "paranoia_level": {paranoiaLevel()}}
	cfg, err := pipeline.ParseConfig(func(name string) []string { return values[name] })
	if err != nil {
		return err
	}
	m.pipeline, err = pipeline.New(cfg, nil, slog.New(slog.DiscardHandler))
	return err
}

func (m *msa) load(data []byte) (func() ([]int, error), error) {
	return func() ([]int, error) {
		before := m.pipeline.Snapshot()
		r := m.pipeline.Process("peers", data)
		after := m.pipeline.Snapshot()
		for cause, n := range after.Errors {
			if n > before.Errors[cause] {
				return nil, fmt.Errorf("%d records were not inspected: %v", n, cause)
			}
		}
		return r.Records, nil
	}, nil
}

// inspector is MSA's engine alone, with the screen on: records are mapped already.
type inspector struct {
	engine  *engine.Engine
	mapping *mapping.Set
}

func (e *inspector) open(preset string) error {
	if e.engine != nil {
		if err := e.engine.Close(); err != nil {
			return err
		}
	}
	values := map[string][]string{"paranoia_level": {paranoiaLevel()}}
	cfg, err := pipeline.ParseConfig(func(name string) []string { return values[name] })
	if err != nil {
		return err
	}
	if e.mapping, err = mapping.Load(preset); err != nil {
		return err
	}
	e.engine, err = engine.New(cfg.Engine)
	return err
}

func (e *inspector) load(data []byte) (func() ([]int, error), error) {
	transactions, err := mapAll(e.mapping, data)
	if err != nil {
		return nil, err
	}
	return func() (alarms []int, err error) {
		for i, tx := range transactions {
			v, err := e.engine.Inspect(tx)
			if err != nil {
				return nil, err
			}
			if v.Alarm {
				alarms = append(alarms, i)
			}
		}
		return alarms, nil
	}, nil
}

// plainCoraza is Coraza without MSA.
type plainCoraza struct {
	waf coraza.WAF
}

func (p *plainCoraza) open(string) (err error) {
	p.waf, err = plain.Coraza(paranoiaLevel())
	return err
}

func (p *plainCoraza) load(data []byte) (func() ([]int, error), error) {
	r := reader(data)
	return func() (alarms []int, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%v", p)
			}
		}()
		for i := range r.number() {
			if p.inspect(&r) {
				alarms = append(alarms, i)
			}
		}
		if len(r) > 0 {
			return nil, fmt.Errorf("%d bytes follow the exchanges", len(r))
		}
		return alarms, nil
	}, nil
}

func (p *plainCoraza) inspect(r *reader) (alarm bool) {
	tx := p.waf.NewTransaction()
	client, clientPort, server, serverPort := r.text(), r.number(), r.text(), r.number()
	method, uri, protocol, host := r.text(), r.text(), r.text(), r.text()
	tx.ProcessConnection(client, clientPort, server, serverPort)
	tx.ProcessURI(uri, method, protocol)
	tx.SetServerName(host)
	r.headers(tx.AddRequestHeader)
	tx.ProcessRequestHeaders()
	_, _, _ = tx.WriteRequestBody([]byte(r.text())) // fails for bodies kept on disk only
	_, _ = tx.ProcessRequestBody()                  // what a body lacks is in REQBODY_ERROR
	status, version := r.number(), r.text()
	r.headers(tx.AddResponseHeader)
	tx.ProcessResponseHeaders(status, version)
	_, _, _ = tx.WriteResponseBody([]byte(r.text()))
	_, _ = tx.ProcessResponseBody()
	tx.ProcessLogging()
	alarm = alarms(tx.MatchedRules())
	_ = tx.Close()
	return alarm
}

// alarms reports whether one of the rules is CRS's that compare the score with a threshold.
func alarms(matched []types.MatchedRule) bool {
	for _, m := range matched {
		if id := m.Rule().ID(); id == 949110 || id == 959100 {
			return true
		}
	}
	return false
}
