package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// host is a Fluent Bit that reads a file of numbered records, and delivers the alerts of every tenth.
type host struct {
	program, dir, in string
	rules            string
	storage          string            // folder; "" for memory alone
	properties       map[string]string // of the filter
	output           map[string]string // of the alerts' output
	more             string            // sections of the configuration
	inputs           int               // 0 is one
	prefix, env      []string          // what starts it
	plugins          []string

	process  *rig.Process
	receiver *receiver
	other    *receiver // of rewrite_tag, to compare with
	admin    int
	exporter int
	written  atomic.Int64
	kills    int
	died     bool
	printed  string
	past     map[string]float64 // metrics, once it has settled
}

// every is which records are attacks.
const every = 10

// start starts Fluent Bit, with the receiver as it is.
func (h *host) start() error {
	if h.admin == 0 {
		for _, port := range []*int{&h.admin, &h.exporter} {
			var err error
			if *port, err = rig.FreePort(); err != nil {
				return err
			}
		}
	}
	config := filepath.Join(h.dir, "fluent-bit.yaml")
	if err := os.WriteFile(config, []byte(h.config()), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(h.dir, "parsers.conf"), []byte("[PARSER]\n    Name js\n    Format json\n"), 0o600); err != nil {
		return err
	}
	for i := range max(1, h.inputs) {
		f, err := os.OpenFile(h.input(i), os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return err
		}
		_ = f.Close()
	}
	argv := append(slices.Clone(h.prefix), h.program, "-Y", "-e", filepath.Join(rig.Root(), "build", "flb-filter_msa.so"))
	for _, p := range h.plugins {
		argv = append(argv, "-e", p)
	}
	argv = append(append([]string{"/usr/bin/env"}, h.env...), append(argv, "-c", config)...)
	p, err := rig.Start(rig.Root(), argv[0], argv[1:]...)
	if err != nil {
		return err
	}
	h.process = p
	return p.WaitOutput("rules loaded", 60*time.Second)
}

func (h *host) input(i int) string { return fmt.Sprintf("%s.%d", h.in, i) }

func (h *host) config() string {
	var b strings.Builder
	section := func(indent string, keys map[string]string) {
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			fmt.Fprintf(&b, "%s%s: %s\n", indent, k, strconv.Quote(keys[k]))
		}
	}
	fmt.Fprintf(&b, "service:\n  flush: 0.5\n  grace: 5\n  http_server: on\n  http_listen: 127.0.0.1\n  http_port: %d\n  hot_reload: on\n"+
		"  scheduler.base: 1\n  scheduler.cap: 2\n  parsers_file: %s/parsers.conf\n", h.admin, h.dir)
	storage := "memory"
	if h.storage != "" {
		fmt.Fprintf(&b, "  storage.path: %s\n  storage.sync: normal\n", h.storage)
		storage = "filesystem"
	}
	b.WriteString("pipeline:\n  inputs:\n")
	for i := range max(1, h.inputs) {
		fmt.Fprintf(&b, "    - name: tail\n      path: %s\n      parser: js\n      tag: nano.%d\n      refresh_interval: 1\n      read_from_head: true\n"+
			"      buffer_max_size: 4M\n      db: %s.db\n      storage.type: %s\n", h.input(i), i, h.input(i), storage)
	}
	b.WriteString("  filters:\n")
	if h.other != nil {
		fmt.Fprintf(&b, "    - name: rewrite_tag\n      match: nano.*\n      rule: $ATTACK ^1$ other true\n      emitter_storage.type: %s\n", storage)
	}
	b.WriteString("    - name: msa\n      match: nano.*\n      alias: it\n")
	section("      ", mapsOf(map[string]string{"mapping": "nano", "rules": h.rules, "behavior": "off", "alert_text_key": "off"}, h.properties))
	b.WriteString("  outputs:\n")
	fmt.Fprintf(&b, "    - name: file\n      match: nano.*\n      path: %s\n      file: records\n", h.dir)
	fmt.Fprintf(&b, "    - name: prometheus_exporter\n      match: msa.metrics\n      host: 127.0.0.1\n      port: %d\n", h.exporter)
	for match, r := range map[string]*receiver{"msa.alert": h.receiver, "other": h.other} {
		if r == nil {
			continue
		}
		keys := map[string]string{"name": r.kind, "match": match, "host": "127.0.0.1", "port": fmt.Sprint(r.port), "retry_limit": "no_limits"}
		switch r.kind {
		case "tls":
			keys["name"], keys["tls"], keys["tls.verify"], keys["format"] = "tcp", "on", "off", "json_lines"
		case "tcp", "http":
			keys["format"] = "json_lines"
		case "forward":
			keys["require_ack_response"] = "on"
		}
		b.WriteString("    - alias: to-" + match + "\n")
		section("      ", mapsOf(keys, h.output))
	}
	b.WriteString(h.more)
	return b.String()
}

func mapsOf(all ...map[string]string) map[string]string {
	one := map[string]string{}
	for _, m := range all {
		maps.Copy(one, m)
	}
	return one
}

// receive has alerts go to a receiver.
func (h *host) receive(kind string, m mood) error {
	port, err := rig.FreePort()
	if err != nil {
		return err
	}
	if h.receiver, err = newReceiver(kind, port); err != nil {
		return err
	}
	return h.receiver.become(m)
}

// record is one of Nano's.
func record(n int) string {
	attack, flag := "", "0"
	if n%every == 0 {
		attack, flag = "f=../../etc/passwd", "1"
	}
	return fmt.Sprintf(`{"METHOD":"GET","URL":"/item?seq=%d&%s","url":"/item?seq=%d&","DOMAIN":"h","SRC_IP":"10.0.0.1","DST_IP":"10.0.0.2","RETCODE":"200","ATTACK":"%s"}`, n, attack, n, flag)
}

// write writes records at a rate for a while, to the inputs in turn.
func (h *host) write(rate int, how time.Duration) error { return h.writeAs(rate, how, record) }

func (h *host) writeAs(rate int, how time.Duration, text func(n int) string) error {
	var files []*os.File
	for i := range max(1, h.inputs) {
		f, err := os.OpenFile(h.input(i), os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		files = append(files, f)
	}
	const pieces = 20 // a second
	ticks := time.NewTicker(time.Second / pieces)
	defer ticks.Stop()
	for range int(how * pieces / time.Second) {
		var b bytes.Buffer
		for range rate / pieces {
			b.WriteString(text(int(h.written.Add(1))) + "\n")
		}
		if _, err := files[int(h.written.Load())/(rate/pieces)%len(files)].Write(b.Bytes()); err != nil {
			return err
		}
		<-ticks.C
	}
	return nil
}

// kill kills Fluent Bit as the kernel would, and starts it again.
func (h *host) kill() error {
	h.kills++
	if err := h.process.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-h.process.Done()
	h.printed += h.process.Output()
	return h.start()
}

// reload has Fluent Bit reload by HTTP, which it can't hear of while it reloads.
func (h *host) reload() error {
	return rig.Wait(time.Minute, func() error {
		r, err := http.Post(fmt.Sprintf("http://127.0.0.1:%d/api/v2/reload", h.admin), "application/json", strings.NewReader("{}"))
		if err != nil {
			return err
		}
		return r.Body.Close()
	})
}

// metrics are the sums of MSA's over their labels.
func (h *host) metrics() (map[string]float64, error) {
	r, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", h.exporter))
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	all := map[string]float64{}
	for _, m := range regexp.MustCompile(`(?m)^(msa_\w+)(?:\{[^}]*\})? (\S+)`).FindAllStringSubmatch(string(text), -1) {
		v, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return nil, err
		}
		all[m[1]] += v
	}
	return all, nil
}

// quiet is how long nothing has to happen until it is taken for the end; metrics come every 15 seconds.
const quiet = 18 * time.Second

// settle waits until nothing happens any more.
func (h *host) settle() error {
	if h.past != nil {
		return nil
	}
	if err := h.receiver.become(well); err != nil {
		return err
	}
	var last string
	since, end := time.Now(), time.Now().Add(3*time.Minute)
	for time.Since(since) < quiet && time.Now().Before(end) {
		if !h.process.Running() {
			h.died = true
			return nil
		}
		delivered, again := h.receiver.counts()
		m, err := h.metrics()
		if err != nil && h.kills == 0 {
			return err
		}
		now := fmt.Sprint(delivered, again, m["msa_records_total"], m["msa_alerts_total"], m["msa_alerts_lost_total"])
		if h.other != nil {
			n, _ := h.other.counts()
			now += fmt.Sprint(n)
		}
		if now != last {
			last, since = now, time.Now()
		}
		time.Sleep(200 * time.Millisecond)
	}
	m, err := h.metrics()
	if err != nil {
		return err
	}
	h.past = m
	return nil
}

// counts are what became of records and alerts.
type counts struct{ records, passed, due, made, delivered, again, lost int }

// uncounted are alerts that were made, and neither delivered nor counted as lost; without counters, those that were due.
func (c counts) uncounted(killed bool) int {
	made := c.due
	if !killed {
		made = min(made, c.made)
	}
	return made - c.delivered - c.lost
}

func (h *host) count() counts {
	c := counts{records: int(h.written.Load()), made: int(h.past["msa_alerts_total"]), lost: int(h.past["msa_alerts_lost_total"])}
	c.due = c.records / every
	c.delivered, c.again = h.receiver.counts()
	text, _ := os.ReadFile(filepath.Join(h.dir, "records"))
	var out tally
	out.add(numbers(text))
	c.passed, _ = out.counts()
	return c
}

// end stops everything.
func (h *host) end() {
	if h.process != nil && h.process.Running() {
		if err := h.process.Stop(30 * time.Second); err != nil && !errors.Is(err, os.ErrProcessDone) {
			fmt.Fprintln(os.Stderr, "faults:", err)
		}
	}
	_ = h.receiver.end()
	_ = h.other.end()
}

// tail is the end of what Fluent Bit printed.
func (h *host) tail() string {
	if h.process == nil {
		return ""
	}
	lines := slices.DeleteFunc(strings.Split(h.printed+h.process.Output(), "\n"), func(l string) bool { return strings.Contains(l, "HTTP status=201") })
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}

// said counts lines of Fluent Bit's that have a text.
func (h *host) said(text string) int { return strings.Count(h.printed+h.process.Output(), text) }
