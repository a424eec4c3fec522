// Package incident tells stories: what one attacker does is one incident, however many alerts it sets off.
//
// Alerts come in the order of their records. Each becomes part of an incident: of the one of its user, workload or client;
// of the one in which this was a victim before, as who was attacked and then attacks is the same attack going on; or of one
// in which other clients do the same thing at the same time. An incident is told when it begins with confidence, and then
// when something new happens; so a thousand alerts give a handful of messages.
//
// Time is that of the records. The same records in the same order give the same incidents.
package incident

import (
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/axiomhq/hyperloglog"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/internal/clock"
	"github.com/modsecurity-for-anylog/msa/triage"
)

const (
	maxOpen  = 100_000 // incidents; of more, the quietest end first
	maxBytes = 64 << 20

	silence  = int64(30 * time.Minute / time.Millisecond) // after which an incident is over
	patience = int64(5 * time.Minute / time.Millisecond)  // between messages, but for what can't wait
	leisure  = 2 * patience                               // the same for more of what is known: targets, alerts
	hour     = int64(time.Hour / time.Millisecond)

	// maxAnHour is how often an incident is told in an hour.
	maxAnHour = 12

	// certain is the confidence from which one alert is enough to tell of an incident; with less it takes several alerts
	// of different things.
	certain      = 60
	doubtful     = 20 // with less than this, an alert is of what was logged for the record
	manyAlerts   = 3
	manyAttempts = 2
)

// Bounds on what an incident keeps.
const (
	maxActors    = 64
	maxAliases   = 4 * maxActors // names by which alerts find it
	maxSteps     = 48
	maxTargets   = 128
	maxEndpoints = 32
	maxHops      = 16
	maxKinds     = 16 // of data
	maxDetectors = 16
	maxSamples   = 10
	maxEvidence  = 3
	maxNews      = 8
	maxNewNames  = 4 // of targets among these: a scan has too many
	maxJoined    = 16
)

// Options say how incidents are told.
type Options struct {
	Path string // of the file of state; empty for none

	// Everything tells of each incident: of those about which nobody was sure, at their end.
	Everything bool
}

// Incidents are those of one file of state. They may be used concurrently, chunk by chunk.
type Incidents struct {
	mu      sync.Mutex
	clock   clock.Clock
	opts    Options
	quiet   *list.List // of *incident that are open, the quietest first
	actors  map[uint64]*incident
	victims generations[[]hit]
	ended   generations[ended] // by the names of attackers
	waves   generations[*wave]
	pending pending
	bytes   int  // of those that are open
	changed bool // since the state was kept
	told    []alert.Incident
}

// New makes incidents without a past.
func New(o Options) *Incidents {
	return &Incidents{
		opts: o, quiet: list.New(), actors: map[uint64]*incident{},
		victims: newGenerations[[]hit](pivotTime, maxVictims), ended: newGenerations[ended](pivotTime, maxEnded), waves: newGenerations[*wave](sameTime, maxWaves),
	}
}

// incident is one that is open, or was a moment ago.
type incident struct {
	Story
	element *list.Element
	seen    int64 // by the clock
	aliases []uint64
	into    *incident // of which it is part now
	isOver  bool
	urgent  bool  // there is news that can't wait
	soon    bool  // there is a new stage
	due     int64 // when what is new is told
	place   int   // in pending, or -1
	bytes   int   // when it was weighed
}

// Story is what is known of an incident, as it is kept.
type Story struct {
	ID, Key     string
	Begin, Last int64 // milliseconds
	Follows     string
	Again       bool     // Follows is of the same attacker, who was not its victim
	Joined      []string // ids of incidents that became part of it
	Actors      []string
	Crowds      []Crowd // of actors that are more than Actors lists
	Direction   string

	Severity, Confidence         int
	Successes, Failures, Unknown int
	Evidence                     []string

	Alerts, Attacks int // attacks are all but sensitive data in answers
	Stages          [tactics]int
	Steps           []Step
	Targets         []Target
	AllTargets      *hyperloglog.Sketch // their names, nil as long as Targets lists all
	Endpoints       []alert.Count
	Hops            []alert.Hop
	Data            []Data
	Detectors       []alert.Count
	Samples         []string

	Parted bool    // its end was told, and nothing has come since
	Told   int     // messages
	ToldAt []int64 // the last maxAnHour
	News   []string
	Tens   int // the last power of ten that the alerts have reached
}

// Step is something that was tried.
type Step struct {
	Tactic     tactic
	What       string
	Alerts     int
	Techniques []string
	Succeeded  bool
}

// Target is who was attacked, with how often that worked and failed.
type Target struct {
	Name                        string
	Alerts, Successes, Failures int
}

// Data is sensitive data of one kind. Different answers are counted.
type Data struct {
	Kind    string
	Answers *hyperloglog.Sketch
}

// Chunk is a time in which nobody else adds records.
type Chunk Incidents

// Begin begins a chunk, which End must end.
func (s *Incidents) Begin() *Chunk {
	s.mu.Lock()
	return (*Chunk)(s)
}

// End ends the chunk.
func (c *Chunk) End() { c.mu.Unlock() }

// Record says that a record has come, and when that was. It returns what is to be told, mostly nothing.
func (c *Chunk) Record(at time.Time) []alert.Incident {
	s := (*Incidents)(c)
	s.clock.At(at.UnixMilli())
	now := s.clock.Now
	for e := s.quiet.Front(); e != nil; e = s.quiet.Front() {
		inc := e.Value.(*incident)
		if inc.seen+silence >= now {
			break
		}
		s.end(inc, now)
	}
	for len(s.pending) > 0 && s.pending[0].due <= now {
		s.tell(s.pending[0], update, now)
	}
	return s.taken()
}

// Alert makes an alert part of an incident, of which it returns the id, and what is to be told. The alert's record must have
// been given to Record.
func (c *Chunk) Alert(f *alert.Facts) (id string, told []alert.Incident) {
	s := (*Incidents)(c)
	s.changed = true
	inc := s.find(f)
	inc.seen = s.clock.Now
	s.quiet.MoveToBack(inc.element)
	s.extend(inc, f)
	s.mayTell(inc, f.Time.UnixMilli())
	s.weigh(inc)
	for s.bytes > maxBytes && s.quiet.Len() > 1 { // it is the last of them
		s.end(s.quiet.Front().Value.(*incident), s.clock.Now)
	}
	return inc.ID, s.taken()
}

// Finish tells the end of all incidents, as the process may end. Should it not, they go on with the next alert.
func (s *Incidents) Finish() []alert.Incident {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.quiet.Front(); e != nil; e = e.Next() {
		s.part(e.Value.(*incident), s.clock.Now)
	}
	return s.taken()
}

// Open is how many incidents are open.
func (s *Incidents) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.quiet.Len()
}

func (s *Incidents) taken() []alert.Incident {
	told := s.told
	s.told = nil
	return told
}

// begin makes an incident.
func (s *Incidents) begin(key string, f *alert.Facts) *incident {
	if s.quiet.Len() >= maxOpen {
		s.end(s.quiet.Front().Value.(*incident), s.clock.Now)
	}
	at := f.Time.UnixMilli()
	sum := sha256.Sum256([]byte(key + " " + strconv.FormatInt(at, 10)))
	inc := &incident{place: -1, Story: Story{
		ID: hex.EncodeToString(sum[:16]), Key: key, Begin: at, Last: at, Severity: f.Severity, Direction: f.Direction,
	}}
	inc.element = s.quiet.PushBack(inc)
	return inc
}

// remove takes an incident out of all that is open.
func (s *Incidents) remove(inc *incident) {
	inc.isOver = true
	s.bytes -= inc.bytes
	inc.bytes = 0
	s.quiet.Remove(inc.element)
	s.pending.remove(inc)
	for _, key := range inc.aliases {
		if s.actors[key] == inc {
			delete(s.actors, key)
		}
	}
	inc.aliases = nil
}

// end ends an incident, and tells that. For long it is known who attacked and who was attacked in it, and no more of it.
func (s *Incidents) end(inc *incident, now int64) {
	for _, key := range inc.aliases {
		s.ended.set(key, ended{inc.ID, inc.Last}, now)
	}
	s.remove(inc)
	s.part(inc, now)
	inc.Story = Story{}
}

// part tells that nothing more is known to come, once.
func (s *Incidents) part(inc *incident, now int64) {
	if !inc.Parted && (inc.Told > 0 || s.opts.Everything) {
		s.tell(inc, end, now)
	}
	inc.Parted = true
}

// extend adds an alert to an incident, and notes what is new.
func (s *Incidents) extend(inc *incident, f *alert.Facts) {
	at := f.Time.UnixMilli()
	inc.Begin, inc.Last = min(inc.Begin, at), max(inc.Last, at)
	inc.Alerts++
	inc.Parted = false
	if inc.Direction != f.Direction {
		inc.Direction = "" // of several
	}
	if !f.IsData {
		if f.Confidence >= doubtful {
			inc.Attacks++
		}
		inc.Severity = min(inc.Severity, f.Severity)
		inc.Confidence = max(inc.Confidence, f.Confidence)
	}
	isSample := inc.addOutcome(f)
	isSample = inc.addSteps(f) || isSample
	isSample = inc.addTarget(f) || isSample
	inc.addData(f)
	if f.Detector != "" {
		inc.Detectors, _ = addCount(inc.Detectors, f.Detector, maxDetectors)
		isSample = true
	}
	if (isSample || len(inc.Samples) < maxSamples/2) && len(inc.Samples) < maxSamples {
		inc.Samples = append(inc.Samples, f.ID)
	}
	if next := max(1, inc.Tens) * 10; inc.Alerts >= next {
		for inc.Tens = next; inc.Tens*10 <= inc.Alerts; inc.Tens *= 10 {
		}
		inc.note(grouped(inc.Tens) + " alerts")
	}
}

// note remembers something new until it is told.
func (inc *incident) note(news string) {
	if len(inc.News) < maxNews && !slices.Contains(inc.News, news) {
		inc.News = append(inc.News, news)
	}
}

// noteTarget remembers a new target, and leaves room for what is new besides.
func (inc *incident) noteTarget(name string) {
	const what = "new target: "
	n := 0
	for _, news := range inc.News {
		if strings.HasPrefix(news, what) {
			n++
		}
	}
	if n < maxNewNames {
		inc.note(what + name)
	}
}

// addSteps counts what was tried, and reports whether that is new.
func (inc *incident) addSteps(f *alert.Facts) (isNew bool) {
	for _, t := range tacticsOf(f) {
		if inc.Stages[t]++; inc.Stages[t] == 1 && inc.Alerts > 1 {
			inc.note("new stage: " + tacticNames[t].name)
			inc.soon = true
		}
		i := slices.IndexFunc(inc.Steps, func(s Step) bool { return s.Tactic == t && s.What == f.What })
		if i < 0 {
			if len(inc.Steps) == maxSteps {
				continue
			}
			inc.Steps = append(inc.Steps, Step{Tactic: t, What: f.What, Techniques: f.Techniques})
			i, isNew = len(inc.Steps)-1, true
		}
		inc.Steps[i].Alerts++
		inc.Steps[i].Succeeded = inc.Steps[i].Succeeded || f.Outcome == triage.Success
	}
	return isNew
}

// addOutcome counts what became of an attack, and reports whether it is the first that worked.
func (inc *incident) addOutcome(f *alert.Facts) (isFirst bool) {
	switch {
	case f.IsData:
	case f.Outcome == triage.Success:
		inc.Successes++
		if f.Evidence != "" && len(inc.Evidence) < maxEvidence && !slices.Contains(inc.Evidence, f.Evidence) {
			inc.Evidence = append(inc.Evidence, f.Evidence)
		}
		if inc.Successes == 1 {
			inc.worked()
			return true
		}
	case f.Outcome == triage.Failure:
		inc.Failures++
	case f.Detector == "": // what a detector has seen is neither
		inc.Unknown++
	}
	return false
}

// worked notes the first success.
func (inc *incident) worked() {
	inc.note("it worked: " + strings.Join(first(inc.Evidence, 1), ""))
	inc.urgent = true
}

// addTarget counts who was attacked and where, and reports whether he is new.
func (inc *incident) addTarget(f *alert.Facts) (isNew bool) {
	name := f.ServerWorkload
	if name == "" {
		name = f.Service
	}
	if f.IsData || name == "" {
		return false
	}
	if f.Path != "" {
		inc.Endpoints, _ = addCount(inc.Endpoints, name+" "+f.Path, maxEndpoints)
	}
	i := slices.IndexFunc(inc.Targets, func(t Target) bool { return t.Name == name })
	if i < 0 {
		if i = inc.room(name, f.Outcome == triage.Success); i < 0 {
			return false
		}
		inc.Targets[i] = Target{Name: name}
		if isNew = true; i > 0 {
			inc.noteTarget(name)
		}
	}
	t := &inc.Targets[i]
	t.Alerts++
	switch f.Outcome {
	case triage.Success:
		t.Successes++
	case triage.Failure:
		t.Failures++
	}
	return isNew
}

// room is where one more target may stand, -1 if there is none. One on which something worked takes the place of another
// on which nothing did.
func (inc *incident) room(name string, worked bool) int {
	if len(inc.Targets) < maxTargets {
		inc.Targets = append(inc.Targets, Target{})
		return len(inc.Targets) - 1
	}
	inc.countTarget(name)
	if !worked {
		return -1
	}
	return slices.IndexFunc(inc.Targets, func(t Target) bool { return t.Successes == 0 })
}

func (inc *incident) addData(f *alert.Facts) {
	for _, d := range f.Data {
		i := slices.IndexFunc(inc.Data, func(other Data) bool { return other.Kind == d.Kind })
		if i < 0 {
			if len(inc.Data) == maxKinds {
				continue
			}
			inc.Data = append(inc.Data, Data{d.Kind, hyperloglog.New()})
			i = len(inc.Data) - 1
		}
		inc.Data[i].Answers.InsertHash(d.Hash)
	}
}

// addCount counts one more of a name, if there is room for it.
func addCount(all []alert.Count, name string, most int) (_ []alert.Count, isNew bool) {
	for i := range all {
		if all[i].Name == name {
			all[i].N++
			return all, false
		}
	}
	if len(all) == most {
		return all, false
	}
	return append(all, alert.Count{Name: name, N: 1}), true
}
