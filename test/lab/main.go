// Command lab attacks applications of its own and measures what MSA says of it: `make lab`.
//
// An application with weaknesses, and the same without, write down by themselves what an attack did to them. A recorder
// before them writes Nano records, whole and with bodies cut at 1,024 bytes, and `msa scan` reads these with its defaults.
// Everything is bound to 127.0.0.1 and ends with the command. docs/lab.md says what the figures mean.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("dir", "build/lab", "folder for recordings, truth and figures")
	msa := flag.String("msa", "build/msa", "the command to measure")
	tools := flag.Bool("tools", true, "also run the tools that are installed: sqlmap, wapiti, hydra, wfuzz, ffuf, nmap, commix")
	misjudged := flag.Int("misjudged", 0, "print so many records of each kind about which MSA and the truth differ")
	outcome := flag.String("outcome", "", "write the table of evidence, of all but tools, into this document")
	shown := flag.String("shown", "", "write into this file of how many attacks by hand the outcome is told, by what a log shows of the answer, and do nothing else")
	flag.Parse()
	var err error
	if *shown != "" {
		err = writeShown(*dir, *msa, *shown)
	} else {
		err = run(*dir, *msa, *tools, *misjudged, *outcome)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

func run(dir, msa string, tools bool, each int, document string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the folder %q: %w", dir, err)
	}
	hand, err := byHand(dir)
	if err != nil {
		return err
	}
	byPrograms, err := byProgram(dir)
	if err != nil {
		return err
	}
	parts := []recording{hand, byPrograms}
	if tools {
		byTools, err := withTools(dir, os.Stdout)
		if err != nil {
			return err
		}
		parts = append(parts, byTools)
	}
	all, always := map[string]*figures{}, &figures{}
	for _, r := range parts {
		for _, form := range []string{"whole", "cut"} {
			f, err := r.measure(msa, form)
			if err != nil {
				return err
			}
			title := r.name + ", " + form
			all[title] = f
			f.print(os.Stdout, title)
			if form == "whole" {
				incidents, err := scan(msa, r.file(form), "--alert-per", "incident")
				if err != nil {
					return err
				}
				f.Messages = len(incidents)
				f.printCampaigns(os.Stdout)
				f.printEvidence(os.Stdout)
				if r.name != "tools" { // who send something else each time
					always.add(f)
				}
			}
			f.printMisjudged(os.Stdout, each)
		}
	}
	if document != "" {
		if err := always.writeEvidence(document); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write figures: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, "figures.json"), text, 0o644)
}

// recording is a file of records, the same with bodies cut, and the truth.
type recording struct {
	name, dir string
	truths    []Truth
	records   []nano
}

func (r recording) file(form string) string { return filepath.Join(r.dir, r.name+"."+form+".jsonl") }

// record writes what a laboratory has recorded.
func record(l *lab, dir, name string) (recording, error) {
	r := recording{name: name, dir: dir}
	if err := l.write(r.file("whole"), r.file("cut"), r.file("truth")); err != nil {
		return r, err
	}
	r.records = l.records
	for id := range r.records {
		r.truths = append(r.truths, l.truth(id+1))
	}
	return r, nil
}

// measure compares what MSA says of a recording with the truth.
func (r recording) measure(msa, form string, flags ...string) (*figures, error) {
	alerts, err := scan(msa, r.file(form), flags...)
	if err != nil {
		return nil, err
	}
	return judge(r.truths, r.records, alerts), nil
}

// byHand records the hand-written campaigns and ordinary use before, between and after them: always the same.
func byHand(dir string) (recording, error) {
	return recorded(dir, "hand", newSetClock(), func(l *lab, _ string) {
		l.benignOnce()
		l.benignUse(600)
		l.attackByHand(l.benignUse)
		l.benignUse(400)
	})
}

// recorded records what happens in a laboratory that has a folder of its own meanwhile.
func recorded(dir, name string, c clock, happens func(l *lab, home string)) (recording, error) {
	home, err := newHome()
	if err != nil {
		return recording{}, err
	}
	defer func() { _ = os.RemoveAll(home) }()
	l, err := newLab(home, c)
	if err != nil {
		return recording{}, err
	}
	defer l.close()
	happens(l, home)
	return record(l, dir, name)
}
