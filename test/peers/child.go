package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// child is a party's process.
type child struct {
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	opened string // preset
}

// startChild starts a party that is Go, on as many cores as it has workers.
func startChild(name string, workers int) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "-party", name, "-workers", fmt.Sprint(workers))
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", workers))
	return start(name, cmd)
}

func start(name string, cmd *exec.Cmd) (*child, error) {
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c := &child{name: name, cmd: cmd, in: in, out: bufio.NewReader(out)}
	// It may not outlive a killed parent: Pdeathsig is about the thread that started it, which is main's.
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	return c, nil
}

// ask sends a command and reads the answer into values.
func (c *child) ask(command string, values ...any) (rest string, err error) {
	if _, err := fmt.Fprintln(c.in, command); err != nil {
		return "", fmt.Errorf("%s: %s: %w", c.name, command, err)
	}
	line, err := c.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%s: %s: %w", c.name, command, err)
	}
	r := strings.NewReader(line)
	if _, err := fmt.Fscan(r, values...); err != nil {
		return "", fmt.Errorf("%s: %s: it answers %q", c.name, command, line)
	}
	return line[len(line)-r.Len():], nil
}

// sample is what one party has done with one batch.
type sample struct {
	round, records int
	cpu, wall      float64 // seconds
	alarms         []int   // indices of records
}

func (c *child) run(file string) (s sample, err error) {
	rest, err := c.ask("run "+file, &s.cpu, &s.wall)
	for _, f := range strings.Fields(rest) {
		var i int
		if _, err := fmt.Sscan(f, &i); err != nil {
			return s, fmt.Errorf("%s: %q is not an index", c.name, f)
		}
		s.alarms = append(s.alarms, i)
	}
	return s, err
}

// open loads the rules anew, and returns the seconds that it takes.
func (c *child) open(preset string) (seconds float64, err error) {
	_, err = c.ask("open "+preset, &seconds)
	c.opened = preset
	return seconds, err
}

func (c *child) memory() (bytes float64, err error) {
	_, err = c.ask("memory", &bytes)
	return bytes, err
}

// cleared counts records since open, and those that the screen has cleared.
func (c *child) cleared() (seen, cleared float64, err error) {
	_, err = c.ask("cleared", &seen, &cleared)
	return seen, cleared, err
}

// stop ends it.
func (c *child) stop() {
	_ = c.in.Close()
	_ = c.cmd.Wait() // what it failed at has been said
}
