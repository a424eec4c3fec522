package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

// alert is what msa scan prints, as far as it is judged here.
type alert struct {
	Line            int      `json:"line"`
	RuleID          string   `json:"rule_id"`
	Message         string   `json:"msg"`
	Detector        string   `json:"detector"`
	Confidence      int      `json:"confidence"`
	Outcome         string   `json:"outcome"`
	OutcomeEvidence []string `json:"outcome_evidence"`
}

// scan runs msa scan with its defaults over a file.
func scan(msa, file string, flags ...string) ([]alert, error) {
	cmd := exec.Command(msa, append(append([]string{"scan"}, flags...), file)...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 1) {
		return nil, fmt.Errorf("cannot scan %q: %w\n%s", file, err, &log)
	}
	var all []alert
	in := bufio.NewReader(&out)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var a alert
			if err := json.Unmarshal(line, &a); err != nil {
				return nil, fmt.Errorf("cannot read an alert of %q: %w", file, err)
			}
			all = append(all, a)
		}
		if errors.Is(err, io.EOF) {
			return all, nil
		}
	}
}

// share is how many of a number.
type share struct{ N, Of int }

func (s *share) count(yes bool) {
	s.Of++
	if yes {
		s.N++
	}
}

func (s share) String() string {
	if s.Of == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d (%.1f %%)", s.N, s.Of, 100*s.fraction())
}

func (s share) fraction() float64 {
	if s.Of == 0 {
		return 1
	}
	return float64(s.N) / float64(s.Of)
}

// figures say how MSA did.
type figures struct {
	Benign    share // ordinary use, flagged by rules
	Hard      share // use of the hardest kind, flagged by rules
	Detectors share // flagged by a detector
	Worked    share // attacks that worked, found
	All       share // attacks, found; only those written by hand are known to be attacks if they did not work
	Success   share // said, and right
	Failure   share // said, and right
	Recall    share // attacks that worked, called success
	Refused   share // attacks that did not work, called failure
	Blind     int   // attacks that changed what the site did and gave nothing: no outcome is right or wrong

	Messages int // that incidents make of all alerts

	Evidence map[verdictOf]share `json:"-"` // of what was said

	Kinds     map[string]*figures    `json:",omitempty"`
	Campaigns map[string]*campaign   `json:",omitempty"`
	Misjudged map[string][]misjudged `json:",omitempty"`
}

// campaign is what one attacker does.
type campaign struct {
	Records, Worked, Alerts int
	Success                 int // alerts that say so
}

// misjudged is a record about which MSA and the truth differ.
type misjudged struct {
	Truth Truth
	Said  string
	By    []string
	URL   string
}

// byCampaign are kinds of attacks of which each single request is ordinary: these are found as a whole, or not.
var byCampaign = map[string]bool{"login": true, "scan": true}

// judge compares alerts with the truth.
func judge(truths []Truth, records []nano, alerts []alert) *figures {
	f := &figures{Kinds: map[string]*figures{}, Campaigns: map[string]*campaign{}, Misjudged: map[string][]misjudged{}}
	rules, detected := map[int]alert{}, map[int]bool{}
	for _, a := range alerts {
		if a.Detector != "" {
			detected[a.Line] = true
		} else {
			rules[a.Line] = a
		}
		if a.Line > 0 && a.Line <= len(truths) {
			c := f.campaign(truths[a.Line-1].Campaign)
			c.Alerts++
			if a.Outcome == "success" {
				c.Success++
			}
		}
	}
	for i, t := range truths {
		c := f.campaign(t.Campaign)
		c.Records++
		if t.Worked {
			c.Worked++
		}
		a, found := rules[t.Line]
		f.record(t, a, found, detected[t.Line], records[i].Method+" "+records[i].URL)
	}
	return f
}

func (f *figures) campaign(name string) *campaign {
	if f.Campaigns[name] == nil {
		f.Campaigns[name] = &campaign{}
	}
	return f.Campaigns[name]
}

func (f *figures) record(t Truth, a alert, found, detected bool, url string) {
	miss := func(what string) {
		f.Misjudged[what] = append(f.Misjudged[what], misjudged{t, a.RuleID + " " + a.Message + ", confidence " + fmt.Sprint(a.Confidence), a.OutcomeEvidence, url})
	}
	switch {
	case t.Shows || t.Purpose == around:
		return
	case t.Purpose == benign:
		if t.Kind == "hard" {
			f.Hard.count(found)
		} else {
			f.Benign.count(found)
		}
		f.Detectors.count(detected)
		if found {
			miss(t.Kind + " benign, flagged")
		}
		if found && a.Outcome == "success" {
			f.Success.count(false)
			f.weigh(a, false)
			miss("benign, called success")
		}
		return
	case t.Purpose == probing && !t.Worked && !found:
		return // nobody knows whether it was an attempt
	}
	if f.Kinds[t.Kind] == nil {
		f.Kinds[t.Kind] = &figures{}
	}
	if t.Blind {
		f.Blind++
		f.Kinds[t.Kind].Blind++
	}
	for _, of := range []*figures{f, f.Kinds[t.Kind]} {
		of.attack(t, a, found)
	}
	if found && !t.Blind && !byCampaign[t.Kind] && a.Outcome != "unknown" {
		f.weigh(a, t.Worked == (a.Outcome == "success"))
	}
	switch {
	case byCampaign[t.Kind]:
	case !found && t.Worked:
		miss(t.Kind + ": worked, not found")
	case !found && t.Purpose == attack:
		miss(t.Kind + ": did not work, not found")
	case found && a.Outcome == "success" && !t.Worked && !t.Blind:
		miss(t.Kind + ": did not work, called success")
	case found && a.Outcome == "failure" && t.Worked:
		miss(t.Kind + ": worked, called failure")
	case found && a.Outcome == "unknown" && t.Worked:
		miss(t.Kind + ": worked, unknown")
	case found && a.Outcome == "unknown" && !t.Blind:
		miss(t.Kind + ": did not work, unknown")
	}
}

// attack counts one that was attempted.
func (f *figures) attack(t Truth, a alert, found bool) {
	if byCampaign[t.Kind] {
		return
	}
	if t.Purpose == attack {
		f.All.count(found)
	}
	if t.Worked {
		f.Worked.count(found)
		f.Recall.count(found && a.Outcome == "success")
	} else if !t.Blind {
		f.Refused.count(found && a.Outcome == "failure")
	}
	if !found || t.Blind {
		return
	}
	switch a.Outcome {
	case "success":
		f.Success.count(t.Worked)
	case "failure":
		f.Failure.count(!t.Worked)
	}
}

// unfound are campaigns that began with an attempt and of which nothing was told.
func (f *figures) unfound() (names []string) {
	for _, name := range slices.Sorted(maps.Keys(f.Campaigns)) {
		if c := f.Campaigns[name]; c.Alerts == 0 && name != "ordinary use" && name != "the site's machine" {
			names = append(names, name)
		}
	}
	return names
}

// print prints figures for people.
func (f *figures) print(w io.Writer, title string) {
	_, _ = fmt.Fprintf(w, "\n%s\n%s\n", title, strings.Repeat("=", len(title)))
	for _, line := range []struct {
		what string
		share
	}{
		{"benign, flagged by rules", f.Benign}, {"hardest benign, flagged by rules", f.Hard}, {"benign, flagged by detectors", f.Detectors}, {"attacks that worked, found", f.Worked}, {"hand-written attacks, found", f.All},
		{"success, correct", f.Success}, {"worked, recognised", f.Recall}, {"failure, correct", f.Failure}, {"failed, recognised", f.Refused},
	} {
		_, _ = fmt.Fprintf(w, "%-30s %s\n", line.what, line.share)
	}
	_, _ = fmt.Fprintf(w, "%-30s %d\n\n", "blind: neither right nor wrong", f.Blind)
	_, _ = fmt.Fprintf(w, "%-16s %-24s %-24s %-24s %-24s %s\n", "kind", "worked, found", "success, correct", "worked, recognised", "failure, correct", "failed, recognised")
	for _, kind := range slices.Sorted(maps.Keys(f.Kinds)) {
		if k := f.Kinds[kind]; !byCampaign[kind] {
			_, _ = fmt.Fprintf(w, "%-16s %-24s %-24s %-24s %-24s %s\n", kind, k.Worked, k.Success, k.Recall, k.Failure, k.Refused)
		}
	}
}

// printCampaigns prints what was told of each campaign.
func (f *figures) printCampaigns(w io.Writer) {
	_, _ = fmt.Fprintf(w, "\n%-40s %8s %8s %8s %8s\n", "campaign", "records", "worked", "alerts", "success")
	total := campaign{}
	for _, name := range slices.Sorted(maps.Keys(f.Campaigns)) {
		c := f.Campaigns[name]
		_, _ = fmt.Fprintf(w, "%-40s %8d %8d %8d %8d\n", name, c.Records, c.Worked, c.Alerts, c.Success)
		total.Alerts += c.Alerts
	}
	_, _ = fmt.Fprintf(w, "%d campaigns, %d alerts, %d messages of incidents; nothing was told of: %s\n", len(f.Campaigns), total.Alerts, f.Messages, strings.Join(f.unfound(), "; "))
}

// printMisjudged prints the records about which MSA and the truth differ.
func (f *figures) printMisjudged(w io.Writer, each int) {
	for _, what := range slices.Sorted(maps.Keys(f.Misjudged)) {
		all := f.Misjudged[what]
		_, _ = fmt.Fprintf(w, "\n## %s: %d\n", what, len(all))
		for _, m := range all[:min(len(all), each)] {
			_, _ = fmt.Fprintf(w, "%d %s | %.160s | %s | truth: %.100s | %s\n", m.Truth.Line, m.Truth.Campaign, m.URL, m.Said, m.Truth.What, strings.Join(m.By, "; "))
		}
	}
}
