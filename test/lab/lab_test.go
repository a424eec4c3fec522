package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/modsecurity-for-anylog/msa/internal/coverage"
	"github.com/modsecurity-for-anylog/msa/test/lab/app"
)

// bound is between what a share has to be.
type bound struct {
	what  string
	of    func(*figures) share
	least float64
	most  float64
	known int // cases below which the figure would say nothing
}

// TestHandWritten runs the hand-written campaigns and ordinary use, and holds what MSA says of them against the truth.
func TestHandWritten(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	r, err := byHand(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("truth", func(t *testing.T) { checkTruth(t, r) })
	r.holds(t, map[string]float64{"whole": 0.89, "cut": 0.85}, []bound{
		{"ordinary use, flagged", func(f *figures) share { return f.Benign }, 0, 0.005, 1500},
		{"hard use, flagged", func(f *figures) share { return f.Hard }, 0, 0.28, 150},
		{"ordinary use, flagged by detectors", func(f *figures) share { return f.Detectors }, 0, 0.002, 1500},
		{"attacks that worked, found", func(f *figures) share { return f.Worked }, 0.96, 1, 400},
		{"attacks, found", func(f *figures) share { return f.All }, 0.89, 1, 1500},
		{"success, correct", func(f *figures) share { return f.Success }, 0.98, 1, 200},
		{"failure, correct", func(f *figures) share { return f.Failure }, 0.985, 1, 400},
		{"failed, recognised", func(f *figures) share { return f.Refused }, 0.42, 1, 900},
		{"attacks that worked", func(f *figures) share { return f.Recall }, 0, 1, 400},
	})
	t.Run("table", func(t *testing.T) { checkShown(t, r) })
}

// checkShown: what internal/coverage says of a log that shows of the answer no more than an access log does.
func checkShown(t *testing.T, r recording) {
	msa, err := command()
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.outcome(msa, []coverage.Field{coverage.Status, coverage.Time})
	if err != nil {
		t.Fatal(err)
	}
	want := coverage.OutcomeOf(coverage.Log{Status: true, Time: true})
	const near = 10
	if far := func(a, b int) bool { return max(a-b, b-a) > near }; far(got.Worked, want.Worked) || far(got.Success, want.Success) ||
		far(got.Failed, want.Failed) || far(got.Failure, want.Failure) {
		t.Errorf("run go run ./test/lab -shown internal/coverage/outcomes.txt: measured %q, and %q in the table", got, want)
	}
}

// TestPrograms does the same with programs that ask, compare and go on as tools do.
func TestPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	r, err := byProgram(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	worked := map[string]int{}
	for _, truth := range r.truths {
		if truth.Worked && !truth.Weak {
			t.Errorf("line %d: %s worked on the strong site: %s", truth.Line, truth.Campaign, truth.What)
		}
		if truth.Worked {
			worked[truth.Campaign]++
		}
	}
	for _, p := range programs() {
		if n := worked[variant(p.name, true)]; n < 2 {
			t.Errorf("%s: %d attacks worked", p.name, n)
		}
	}
	r.holds(t, map[string]float64{"whole": 0.95, "cut": 0.85}, []bound{
		{"ordinary use, flagged", func(f *figures) share { return f.Benign }, 0, 0.005, 600},
		{"attacks that worked, found", func(f *figures) share { return f.Worked }, 0.96, 1, 80},
		{"success, correct", func(f *figures) share { return f.Success }, 0.99, 1, 75},
		{"failure, correct", func(f *figures) share { return f.Failure }, 0.99, 1, 80},
	})
}

// built is the folder of the command to measure, once it is built.
var built string

var command = sync.OnceValues(func() (string, error) {
	var err error
	if built, err = os.MkdirTemp("", "lab-msa-"); err != nil {
		return "", err
	}
	msa := filepath.Join(built, "msa")
	build := exec.Command("go", "build", "-o", msa, "./cmd/msa")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return msa, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(status)
}

// holds compares what MSA says of a recording with bounds, and how much of what worked it calls so in each form of the records.
func (r recording) holds(t *testing.T, recall map[string]float64, bounds []bound) {
	t.Helper()
	msa, err := command()
	if err != nil {
		t.Fatal(err)
	}
	for form, least := range recall {
		t.Run(form, func(t *testing.T) {
			f, err := r.measure(msa, form)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range append(bounds, bound{"worked, recognised", func(f *figures) share { return f.Recall }, least, 1, 1}) {
				got := b.of(f)
				t.Logf("%s: %s", b.what, got)
				if got.fraction() < b.least || got.fraction() > b.most || got.Of < b.known {
					t.Errorf("%s: %s, want between %.1f and %.1f %% of at least %d", b.what, got, 100*b.least, 100*b.most, b.known)
				}
			}
		})
	}
}

// checkTruth: attacks work on the weak site, of each kind, and on it alone; and a second run is the same.
func checkTruth(t *testing.T, r recording) {
	worked, failed := map[string]int{}, map[string]int{}
	for _, truth := range r.truths {
		switch {
		case truth.Purpose != attack:
		case truth.Worked && !truth.Weak && truth.Kind != "upload":
			t.Errorf("line %d: %s worked on the strong site: %s", truth.Line, truth.Kind, truth.What)
		case truth.Worked:
			worked[truth.Kind]++
		case truth.Weak:
			failed[truth.Kind]++
		}
	}
	for kind, n := range worked {
		if n < 2 || failed[kind] == 0 && n > 8 {
			t.Errorf("%s: %d worked and %d did not on the weak site", kind, n, failed[kind])
		}
	}
	if len(worked) < 16 {
		t.Errorf("only %d kinds worked", len(worked))
	}
	again, err := byHand(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if len(again.truths) != len(r.truths) {
		t.Fatalf("%d records, and %d in a second run", len(r.truths), len(again.truths))
	}
	for i := range r.truths {
		if r.truths[i] != again.truths[i] || r.records[i].ReqHeader != again.records[i].ReqHeader || r.records[i].Begin != again.records[i].Begin {
			t.Fatalf("line %d differs in a second run:\n%+v\n%+v", i+1, r.truths[i], again.truths[i])
		}
	}
}

func TestJudge(t *testing.T) {
	worked, blind := app.Effect{Worked: true}, app.Effect{Blind: true}
	truths := []Truth{
		{Campaign: "use", Purpose: benign, Kind: "ordinary"}, {Campaign: "use", Purpose: benign, Kind: "ordinary"}, {Campaign: "use", Purpose: benign, Kind: "hard"},
		{Campaign: "a", Purpose: attack, Kind: "sqli", Effect: worked}, {Campaign: "a", Purpose: attack, Kind: "sqli", Effect: worked}, {Campaign: "a", Purpose: attack, Kind: "sqli"},
		{Campaign: "a", Purpose: attack, Kind: "sqli", Effect: blind}, {Campaign: "b", Purpose: probing}, {Campaign: "b", Purpose: probing, Kind: "lfi", Effect: worked}, {Campaign: "b", Purpose: around},
		{Campaign: "c", Purpose: attack, Kind: "login", Effect: worked}, {Campaign: "d", Purpose: attack, Kind: "rce"},
	}
	for i := range truths {
		truths[i].Line = i + 1
	}
	f := judge(truths, make([]nano, len(truths)), []alert{
		{Line: 1, Outcome: "success"}, {Line: 2, Detector: "bulk-read"}, {Line: 4, Outcome: "success"}, {Line: 5, Outcome: "failure"}, {Line: 6, Outcome: "failure"}, {Line: 7, Outcome: "success"}, {Line: 12, Outcome: "success"},
	})
	for _, c := range []struct {
		what string
		got  share
		want share
	}{
		{"benign", f.Benign, share{1, 2}}, {"hard", f.Hard, share{0, 1}}, {"detectors", f.Detectors, share{1, 3}}, {"worked", f.Worked, share{2, 3}}, {"all", f.All, share{5, 5}},
		{"success", f.Success, share{1, 3}}, {"recall", f.Recall, share{1, 3}}, {"failure", f.Failure, share{1, 2}}, {"refused", f.Refused, share{1, 2}},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
	if f.Blind != 1 || strings.Join(f.unfound(), " ") != "b c" {
		t.Errorf("%d blind, unfound %v", f.Blind, f.unfound())
	}
}

// Evidence of one kind counts as one, whatever of the record it names.
func TestEvidence(t *testing.T) {
	f := &figures{}
	for _, e := range []struct {
		outcome, text string
		right         bool
	}{
		{"success", "10.2.0.31 asked admin.internal while it answered", true}, {"success", "10.0.0.1 asked b.example, 2s after 10.0.0.9 told shop to", true},
		{"success", "answered after 5.03 s, usually 0.02 s, as sleep(5) asks", false}, {"failure", "403: the server refused the request", true}, {"failure", "404: the server refused the request", false},
		{"failure", "the same answer to 7 different payloads of this client", true}, {"success", "The answer has /etc/passwd", true}, {"success", "the answer has 49, the result of {{7*7}}", true},
		{"failure", `the answer says that it failed ("error: no file")`, true}, {"failure", `the answer says that it failed ("success: false")`, true},
	} {
		f.weigh(alert{Outcome: e.outcome, OutcomeEvidence: []string{e.text, e.text}}, e.right)
	}
	want := `| said | evidence | right | wrong |
|---|---|---:|---:|
| success | the server asked the payload's address | 2 | 0 |
| success | the answer has /etc/passwd | 1 | 0 |
| success | the answer has the result of an expression | 1 | 0 |
| success | the server waited as it was asked to | 0 | 1 |
| failure | a status of 4xx | 1 | 1 |
| failure | the answer says that it failed | 2 | 0 |
| failure | the same answer to many payloads of this client | 1 | 0 |
`
	if got := f.evidenceTable(); got != want {
		t.Errorf("got\n%s", got)
	}
	both := &figures{}
	both.add(f)
	both.add(f)
	if got := both.Evidence[verdictOf{"failure", "a status of 4xx"}]; got != (share{2, 4}) {
		t.Errorf("of two parts: %v", got)
	}
	file := filepath.Join(t.TempDir(), "doc.md")
	if err := os.WriteFile(file, []byte("a\n"+tableBegins+"old\n"+tableEnds+"b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.writeEvidence(file); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(file); string(got) != "a\n"+tableBegins+want+tableEnds+"b\n" {
		t.Errorf("got %s", got)
	}
}
