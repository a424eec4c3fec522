// Command peers measures MSA beside plain Coraza and libmodsecurity on the same records, and prints a
// table and ratios.
//
//	[PARANOIA_LEVEL=n] go run ./test/peers [-rounds n] [-batch n] [set ...]
//
// Each party is a process of its own. They take turns: in each round all inspect the same batch, and the next
// round begins with another party, so that what else the machine does hits all alike. Times on one core are
// processor time, on several cores that of the clock. MSA's caches are filled by other records of the same sort
// before, and each round's records are new to it, unless it says otherwise.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

func main() {
	party := flag.String("party", "", "be that party, for the command itself")
	workers := flag.Int("workers", 1, "of the party")
	rounds := flag.Int("rounds", 8, "how often each party inspects a batch of each set")
	size := flag.Int("batch", 240, "records of a batch")
	warmUp := flag.Int("warm-up", 20, "batches that fill the caches")
	flag.Parse()
	var err error
	if *party != "" {
		err = serve(parties[*party](*workers), os.Stdin, os.Stdout)
	} else {
		err = compare(options{*rounds, *size, *warmUp, flag.Args()})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

type options struct {
	rounds, size, warmUp int
	sets                 []string // all when empty
}

// coldEvery: a pipeline with empty caches is made anew for each measurement, which takes time.
const coldEvery = 4

// comparison is one run.
type comparison struct {
	options
	dir         string
	cores       int
	plain       *child
	modsecurity *child // nil without the library
	off, on     *child
	cold        *child
	engine      *child
	many        *child // screen on, on all cores; nil on one

	results []*result
	starts  []float64 // seconds to load the rules, in fresh processes
	footing footprint
	workers scaling
}

// result is what was measured on one set.
type result struct {
	set     recordSet
	records int
	bytes   int
	samples map[string][]sample // by column, in the order of rounds
	cleared float64             // share of the records that the screen clears
}

func compare(o options) error {
	dir, err := os.MkdirTemp("", "msa-peers-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	c := &comparison{options: o, dir: dir, cores: runtime.NumCPU()}
	defer c.stop()
	if err := c.start(); err != nil {
		return err
	}
	for i := range recordSets {
		s := recordSets[i]
		if len(o.sets) > 0 && !slices.Contains(o.sets, s.name) {
			continue
		}
		r, all, measured, err := c.measure(s)
		if errors.Is(err, errNoRecords) {
			fmt.Printf("%s is not measured: %v\n", s.name, err)
			continue
		}
		if err != nil {
			return err
		}
		switch s.name {
		case "attacks":
			s, err := alarming(r, measured)
			if err != nil {
				return err
			}
			if _, _, _, err := c.measure(s); err != nil {
				return err
			}
		case "mix":
			if err := c.measureWorkers(all); err != nil {
				return err
			}
		case "distinct":
			if err := c.measureMemory(all); err != nil {
				return err
			}
		}
	}
	c.report(os.Stdout)
	return c.disagreement()
}

func (c *comparison) start() error {
	program, err := buildModSecurity(c.dir)
	if err == nil {
		c.modsecurity, err = startModSecurity(program, fmt.Sprintf(modsecurityRules, paranoiaLevel()))
	}
	if err != nil {
		fmt.Println("libmodsecurity is not measured:", err)
	}
	for _, p := range []struct {
		child   **child
		name    string
		workers int
	}{
		{&c.plain, "coraza", 1}, {&c.off, "screen-off", 1}, {&c.on, "screen-on", 1},
		{&c.cold, "screen-on", 1}, {&c.engine, "engine", 1}, {&c.many, "screen-on", c.cores},
	} {
		if p.child == &c.many && c.cores == 1 {
			continue
		}
		if *p.child, err = startChild(p.name, p.workers); err != nil {
			return err
		}
	}
	_, err = c.plain.open("")
	return err
}

func (c *comparison) stop() {
	for _, child := range []*child{c.plain, c.modsecurity, c.off, c.on, c.cold, c.engine, c.many} {
		if child != nil {
			child.stop()
		}
	}
}

// buildModSecurity builds the C party.
func buildModSecurity(dir string) (program string, err error) {
	program = filepath.Join(dir, "modsecurity")
	source := filepath.Join(rig.Root(), "test", "peers", "modsecurity.c")
	cc := exec.Command("cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-o", program, source, "-lmodsecurity")
	if out, err := cc.CombinedOutput(); err != nil {
		return "", fmt.Errorf("it can't be built (packages libmodsecurity-dev and modsecurity-crs): %s", firstLine(out, err))
	}
	if _, err := os.Stat("/usr/share/modsecurity-crs/rules"); err != nil {
		return "", fmt.Errorf("package modsecurity-crs: %w", err)
	}
	return program, nil
}

// startModSecurity starts it with a configuration, which is written beside the program.
func startModSecurity(program, config string) (*child, error) {
	rules := program + ".conf"
	if err := os.WriteFile(rules, []byte(config), 0o600); err != nil {
		return nil, err
	}
	return start("libmodsecurity", exec.Command(program, rules))
}

func firstLine(out []byte, err error) string {
	if line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n"); line != "" {
		return line
	}
	return err.Error()
}

// modsecurityRules are the settings of ModSecurity's modsecurity.conf-recommended, which Debian does not
// package for version 3, as far as they are about what is inspected; and Debian's Core Rule Set.
const modsecurityRules = `SecRuleEngine DetectionOnly
SecAuditEngine Off
SecRequestBodyAccess On
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\+|/)|text/)xml" "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecRequestBodyLimitAction ProcessPartial
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,deny,status:400,msg:'Failed to parse request body.',severity:2"
SecPcreMatchLimit 100000
SecPcreMatchLimitRecursion 100000
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml
SecResponseBodyLimit 524288
SecResponseBodyLimitAction ProcessPartial
SecArgumentSeparator &
SecCookieFormat 0
SecStatusEngine Off
Include /etc/modsecurity/crs/crs-setup.conf
SecAction "id:900000,phase:1,pass,nolog,setvar:tx.paranoia_level=%s"
Include /usr/share/modsecurity-crs/rules/*.conf
`

// turn is one party's measurement of a batch.
type turn struct {
	columns []string // more than one: that often in a row
	child   *child
	peer    bool // reads exchanges
	fresh   bool // with empty caches
}

func (c *comparison) turns() []turn {
	all := []turn{
		{[]string{"plain"}, c.plain, true, false},
		{[]string{"off"}, c.off, false, false},
		{[]string{"on", "again"}, c.on, false, false},
		{[]string{"engine"}, c.engine, false, false},
		{[]string{"cold"}, c.cold, false, true},
	}
	if c.modsecurity != nil {
		all = append(all, turn{[]string{"modsecurity"}, c.modsecurity, true, false})
	}
	if c.many != nil {
		all = append(all, turn{[]string{"many"}, c.many, false, false})
	}
	return all
}

// measure lets all parties inspect the records of a set. It returns all batches, and those that were measured.
func (c *comparison) measure(s recordSet) (r *result, all, measured []batch, err error) {
	all, err = s.write(c.dir, c.warmUp+c.rounds, c.size)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(all) == 0 {
		return nil, nil, nil, fmt.Errorf("set %q has less than %d records", s.name, c.size)
	}
	// Sets that end have fewer to warm up with.
	warm := min(c.warmUp, max(1, len(all)/4))
	r = &result{set: s, samples: map[string][]sample{}}
	c.results = append(c.results, r)
	turns := c.turns()
	for _, t := range turns {
		if t.child == c.plain || t.child == c.modsecurity {
			if _, err := t.child.run(all[0].exchanges); err != nil {
				return nil, nil, nil, err
			}
			continue
		}
		first := t.child.opened == ""
		seconds, err := t.child.open(s.preset)
		if err != nil {
			return nil, nil, nil, err
		}
		if first && (t.child == c.on || t.child == c.cold) {
			c.starts = append(c.starts, seconds)
		}
		few := warm
		if t.child == c.off || t.fresh {
			few = 1
		}
		for _, b := range all[:few] {
			if _, err := t.child.run(b.chunk); err != nil {
				return nil, nil, nil, err
			}
		}
	}
	seen, cleared, err := c.on.cleared()
	if err != nil {
		return nil, nil, nil, err
	}
	measured = all[warm:min(len(all), warm+c.rounds)]
	for round, b := range measured {
		r.records += b.records
		r.bytes += b.bytes
		for i := range turns {
			if err := c.take(r, turns[(i+round)%len(turns)], round, b); err != nil {
				return nil, nil, nil, err
			}
		}
	}
	seenNow, clearedNow, err := c.on.cleared()
	if err != nil {
		return nil, nil, nil, err
	}
	r.cleared = (clearedNow - cleared) / (seenNow - seen)
	return r, all, measured, nil
}

func (c *comparison) take(r *result, t turn, round int, b batch) error {
	if t.fresh {
		if round%coldEvery != 0 {
			return nil
		}
		if _, err := t.child.open(r.set.preset); err != nil {
			return err
		}
	}
	file := b.chunk
	if t.peer {
		file = b.exchanges
	}
	for _, column := range t.columns {
		s, err := t.child.run(file)
		if err != nil {
			return err
		}
		s.round, s.records = round, b.records
		r.samples[column] = append(r.samples[column], s)
	}
	return nil
}
