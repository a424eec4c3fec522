package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

const parsers = "[PARSER]\n    Name json\n    Format json\n"

// configure writes a configuration of Fluent Bit, and returns the arguments by which it is used.
func (b *bench) configure(text string) ([]string, error) {
	files := map[string]string{"parsers.conf": parsers, "fluent-bit.conf": text}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return []string{"-q", "-R", filepath.Join(b.dir, "parsers.conf"), "-e", b.plugin, "-c", filepath.Join(b.dir, "fluent-bit.conf")}, nil
}

// measure runs a pipeline on one record and on all. It says how many these are where that is not known yet.
func (b *bench) measure(m *measured, lines [][]byte, filter string, once bool) error {
	one, err := b.through(lines[:1], 1, filter)
	if err != nil {
		return err
	}
	m.one = m.one.least(one)
	if m.records == 0 {
		m.records = len(lines)
		if !once {
			all, err := b.through(lines, 1, filter)
			if err != nil {
				return err
			}
			m.records *= max(1, int(wanted/max(all.processor-one.processor, time.Millisecond)))
		}
	}
	all, err := b.through(lines, m.records/len(lines), filter)
	m.all = m.all.least(all)
	return err
}

// through is what Fluent Bit takes to read a file of lines, so many times each, to its end through a filter.
func (b *bench) through(lines [][]byte, times int, filter string) (cost, error) {
	path := filepath.Join(b.dir, "records.json")
	file, err := os.Create(path)
	if err != nil {
		return cost{}, err
	}
	to := bufio.NewWriterSize(file, 1<<20)
	for range times {
		for _, line := range lines {
			_, _ = to.Write(line) // Flush has the error
			_ = to.WriteByte('\n')
		}
	}
	if err := errors.Join(to.Flush(), file.Close()); err != nil {
		return cost{}, err
	}
	return b.read(path, filter)
}

func (b *bench) read(file, filter string) (cost, error) {
	args, err := b.configure(fmt.Sprintf("[SERVICE]\n    Flush 0.1\n    Grace 1\n[INPUT]\n    Name tail\n    Path %s\n    Read_from_Head on\n    Exit_On_Eof on\n"+
		"    Parser json\n    Buffer_Chunk_Size 256k\n    Buffer_Max_Size 8M\n%s[OUTPUT]\n    Name null\n    Match *\n", file, filter))
	if err != nil {
		return cost{}, err
	}
	cmd := exec.Command(b.fluentBit, args...)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return cost{}, fmt.Errorf("%w: %s", err, out)
	}
	return cost{time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// Rates of datagrams, and for how long each is kept up.
const (
	lowestRate = 500
	step       = 1.25
	kept       = 4 * time.Second
	mayBeLost  = 0.001
	probed     = 300 // datagrams whose alerts are waited for
)

// datagrams finds the rate at which the first datagrams are lost, and how long alerts take at half of it.
func (b *bench) datagrams(s sample) error {
	fmt.Printf("\nDatagrams, %s: each rate for %v.\n\n", s.name, kept)
	rate := float64(lowestRate)
	for ; ; rate *= step {
		lost, err := b.lost(s, rate)
		if err != nil {
			return err
		}
		fmt.Printf("%.0f a second: %.2f %% lost\n", rate, 100*lost)
		if lost > mayBeLost {
			break
		}
	}
	held := rate / step
	for _, flush := range []string{"1", "0.1"} {
		delays, err := b.delays(s, held/2, flush)
		if err != nil {
			return err
		}
		slices.Sort(delays)
		n := len(delays)
		if n == 0 {
			return fmt.Errorf("no alert came")
		}
		fmt.Printf("from datagram to alert at %.0f a second, Flush %s: p50 %v, p99 %v, of %d\n", held/2, flush,
			delays[n/2].Round(time.Millisecond), delays[n*99/100].Round(time.Millisecond), n)
	}
	return nil
}

// host is a Fluent Bit that takes datagrams in and sends alerts to a receiver.
type host struct {
	*rig.Process
	to     net.Conn
	port   int
	alerts net.Listener
	lines  <-chan []byte // that the receiver of alerts gets, until it is closed
}

func (b *bench) listen(flush string) (*host, error) {
	port, err := rig.FreePort()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	args, err := b.configure(fmt.Sprintf("[SERVICE]\n    Flush %s\n    Grace 1\n[INPUT]\n    Name udp\n    Listen 127.0.0.1\n    Port %d\n    Format json\n    Chunk_Size 64\n    Buffer_Size 64\n    Tag nano\n"+
		"%s[OUTPUT]\n    Name null\n    Match nano\n[OUTPUT]\n    Name tcp\n    Match msa.alert\n    Host 127.0.0.1\n    Port %d\n    Format json_lines\n",
		flush, port, msa, l.Addr().(*net.TCPAddr).Port))
	if err != nil {
		return nil, err
	}
	p, err := rig.Start(rig.Root(), b.fluentBit, args...)
	if err != nil {
		return nil, err
	}
	h := &host{Process: p, port: port, alerts: l}
	if err := rig.Wait(rig.Patience, func() error { _, err := rig.UDPQueue(port); return err }); err != nil {
		h.close()
		return nil, fmt.Errorf("%w: %s", err, p.Output())
	}
	if h.to, err = net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", port)); err != nil {
		h.close()
		return nil, err
	}
	// The socket is there before the filter is.
	if _, err := h.to.Write(attack(-1)); err != nil {
		h.close()
		return nil, err
	}
	h.lines = receive(l)
	<-h.lines
	return h, nil
}

// attack is the record of one, with a number by which its alert is known.
func attack(n int) []byte {
	return fmt.Appendf(nil, `{"METHOD":"GET","URL":"/?probe=%d&t=../../etc/passwd","DOMAIN":"shop.example","SRC_IP":"198.51.100.7","RETCODE":"404"}`, n)
}

func (h *host) close() {
	if h.to != nil {
		_ = h.to.Close()
	}
	_ = h.Stop(rig.Patience)
	_ = h.alerts.Close()
}

// send sends datagrams at a rate, for a time; each is the next line, or what instead makes of it.
func (h *host) send(s sample, rate float64, d time.Duration, instead func(n int, line []byte) []byte) (sent int, err error) {
	start := time.Now()
	for {
		passed := time.Since(start)
		if passed >= d {
			return sent, nil
		}
		for due := int(passed.Seconds() * rate); sent < due; sent++ {
			line := s.lines[sent%len(s.lines)]
			if instead != nil {
				line = instead(sent, line)
			}
			if _, err := h.to.Write(line); err != nil {
				return sent, err
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// lost is the share of datagrams that the kernel drops at a rate.
func (b *bench) lost(s sample, rate float64) (float64, error) {
	h, err := b.listen("1")
	if err != nil {
		return 0, err
	}
	defer h.close()
	go func() {
		for range h.lines { //nolint:revive // they are read, so that the output does not wait
		}
	}()
	sent, err := h.send(s, rate, kept, nil)
	if err != nil {
		return 0, err
	}
	dropped, err := rig.UDPDrops(h.port)
	return float64(dropped) / float64(sent), err
}

// receive is what comes in lines, on however many connections.
func receive(l net.Listener) <-chan []byte {
	lines := make(chan []byte)
	go func() {
		var open sync.WaitGroup
		defer func() { open.Wait(); close(lines) }()
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer func() { _ = c.Close() }()
				r := bufio.NewScanner(c)
				r.Buffer(nil, 4<<20)
				for r.Scan() {
					lines <- slices.Clone(r.Bytes())
				}
			})
		}
	}()
	return lines
}

var probe = regexp.MustCompile(`probe=(\d+)`)

// delays are the times from datagrams with attacks to their alerts, while others are sent at a rate.
func (b *bench) delays(s sample, rate float64, flush string) ([]time.Duration, error) {
	h, err := b.listen(flush)
	if err != nil {
		return nil, err
	}
	defer h.close()
	const seconds = 15
	every := max(1, int(rate*seconds)/probed)
	begun := make([]time.Time, probed+1)
	delays, done := make([]time.Duration, 0, probed), make(chan struct{})
	go func() {
		defer close(done)
		deadline := time.After(rig.Patience)
		for seen := map[int]bool{}; len(seen) < probed; {
			select {
			case line := <-h.lines:
				m := probe.FindSubmatch(line)
				if m == nil {
					continue
				}
				if n, _ := strconv.Atoi(string(m[1])); !seen[n] {
					seen[n] = true
					delays = append(delays, time.Since(begun[n]))
				}
			case <-deadline:
				return
			}
		}
	}()
	if _, err := h.send(s, rate, seconds*time.Second, func(n int, line []byte) []byte {
		if n%every != 0 || n/every >= probed {
			return line
		}
		begun[n/every] = time.Now()
		return attack(n / every)
	}); err != nil {
		return nil, err
	}
	<-done
	return delays, nil
}
