package behavior

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/internal/clock"
	"github.com/modsecurity-for-anylog/msa/internal/state"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// Memory is what earlier records tell of one: how its endpoint answers and how long that takes, what the same client has
// tried there, what would show that an attack has worked, and what so many clients do every day that it is none. Each part
// is bounded, and what was not seen for long is forgotten. It may be used concurrently; its order is that of the records.
type Memory struct {
	mu        sync.Mutex
	clock     clock.Clock
	templates *templates
	buf       []byte
	changed   bool   // since it was kept
	chunk     uint64 // number of the one that is judged, from 1 on
	path      string // of the file in which it is kept; empty for none
	dropped   int    // values of that file that can't be

	endpoints *table[endpoint]
	services  *table[service]
	clean     *table[uint8]    // ordinary requests of a client to a service, up to trusted
	attempts  *table[attempts] // of a client at an endpoint
	contrasts *table[contrast] // of a client's conditions of one form at an endpoint
	awaited   *table[awaited]  // by what would show that an attack worked
	scripts   *table[scripts]  // stored in a service
	habits    *table[habit]
	sessions  *table[bool] // that began and have not ended
}

const (
	maxEndpoints = 20_000
	maxServices  = 5_000
	maxPairs     = 100_000
	maxAttempts  = 10_000
	maxAwaited   = 5_000
	maxScripts   = 500
	maxHabits    = 20_000
	maxSessions  = 10_000

	hour            = int64(time.Hour / time.Millisecond)
	forgetEndpoints = 14 * 24 * hour
	forgetAttempts  = hour
	forgetAwaited   = 24 * hour
	forgetSessions  = 7 * 24 * hour
)

// NewMemory remembers nothing.
func NewMemory() *Memory {
	return &Memory{
		templates: newTemplates(),
		endpoints: newTable[endpoint](maxEndpoints), services: newTable[service](maxServices), clean: newTable[uint8](maxPairs),
		attempts: newTable[attempts](maxAttempts), contrasts: newTable[contrast](maxAttempts),
		awaited: newTable[awaited](maxAwaited), scripts: newTable[scripts](maxScripts), habits: newTable[habit](maxHabits),
		sessions: newTable[bool](maxSessions),
	}
}

// memories are those of the process: pipelines that keep theirs in the same file have the same one.
var memories state.Shared[*Memory]

// OpenMemory returns what is kept in a file, or is open already. A state that is damaged is set aside, and so is warned of.
// With path empty it ends with the process.
func OpenMemory(path string, warn func(error)) (*Memory, func(), error) {
	isIt := func(m *Memory) bool { return m.path == path }
	return memories.Open(state.Wanted[*Memory]{
		Is: isIt, Precedes: isIt, Warn: warn,
		New: func(before *Memory) (*Memory, error) {
			if before != nil { // nobody has it any more
				return before, nil
			}
			m := NewMemory()
			if path != "" {
				if err := load(path, m.decode, &m.dropped); err != nil {
					warn(err)
				}
			}
			m.path = path
			return m, nil
		},
	})
}

// ReadMemory returns what is kept in a file, if there is one. It shares nothing and leaves the file as it is.
func ReadMemory(path string) (*Memory, error) {
	m := NewMemory()
	if path == "" {
		return m, nil
	}
	if err := state.At(path).Read(m.decode); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return m, nil
}

// memorySection is where it is in the file.
const memorySection = "/memory"

// keptMemory is the memory as it is kept. What is about minutes is not.
type keptMemory struct {
	Now       int64
	Paths     savedTemplates
	Endpoints saved[endpoint]
	Services  saved[service]
	Clean     saved[uint8]
	Awaited   saved[awaited]
	Scripts   saved[scripts]
	Habits    saved[habit]
	Sessions  saved[bool]
}

// SaveState writes it to its file, if it has one and there is anything new.
func (m *Memory) SaveState() error {
	m.mu.Lock()
	if m.path == "" || !m.changed {
		m.mu.Unlock()
		return nil
	}
	section, err := state.Encode(keptMemory{
		m.clock.Now, m.templates.save(), m.endpoints.save(), m.services.save(), m.clean.save(), m.awaited.save(), m.scripts.save(), m.habits.save(),
		m.sessions.save(),
	})
	m.changed = err != nil
	m.mu.Unlock()
	if err != nil {
		return fmt.Errorf("cannot keep what is usual: %w", err)
	}
	return state.At(m.path).Change(func(all state.Sections) { all[memorySection] = section })
}

func (m *Memory) decode(all state.Sections) error {
	section, ok := all[memorySection]
	if !ok {
		return nil
	}
	var k keptMemory
	if err := state.Decode(section, &k); err != nil {
		return fmt.Errorf("what is usual: %w", err)
	}
	m.clock.Restore(k.Now)
	m.dropped = m.templates.restore(k.Paths) + m.endpoints.restore(k.Endpoints) + m.services.restore(k.Services) + m.clean.restore(k.Clean) + m.awaited.restore(k.Awaited) +
		m.scripts.restore(k.Scripts) + m.habits.restore(k.Habits) + m.sessions.restore(k.Sessions)
	return nil
}

// Evicted is how many of what it remembers made room for others.
func (m *Memory) Evicted() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.templates.evicted() + m.endpoints.evicted + m.services.evicted + m.clean.evicted + m.attempts.evicted + m.contrasts.evicted +
		m.awaited.evicted + m.scripts.evicted + m.habits.evicted + m.sessions.evicted
}

// Exchange is what is remembered of one record. Its strings are its own.
type Exchange struct {
	time                               int64 // milliseconds
	client, server, host, method, path string
	status                             int
	answer                             look
	session                            uint64 // 0 for none
	begins                             bool   // the session
}

// Read fills an exchange. at is the time of the event, for records without a time of their own. It may be called
// concurrently.
func (x *Exchange) Read(tx *mapping.Transaction, at time.Time) {
	*x = Exchange{status: tx.Status, answer: lookAt(tx)}
	if !tx.Time.IsZero() {
		at = tx.Time
	}
	x.time = at.UnixMilli()
	if tx.Session != "" {
		// Clients may choose the id: whoever takes that of his first session for other requests is not overlooked.
		x.session, x.begins = hash(hash(hash(hash(0, tx.Session), tx.Client.Address), tx.Method), tx.URI), tx.SessionBegins
	}
	own([]string{tx.Client.Address, tx.Server.Address, tx.Host, tx.Method, pathOf(tx)}, []*string{&x.client, &x.server, &x.host, &x.method, &x.path})
}

// service is what the client wanted, as detectors see it.
func (x *Exchange) service() string {
	if x.host == "" {
		return x.server
	}
	return x.host
}

// Recollection is the memory while the records of a chunk are judged, one after the other, in their order. Nobody else
// has it meanwhile.
type Recollection struct {
	*Memory
	x     *Exchange
	now   int64
	place uint64 // hash of the service
	at    uint64 // hash of service, method and endpoint
	pair  uint64 // hash of service and client
	index int
	calls bool // it is a call that an attack has made

	found  []Sequel
	proofs []Proof
}

// Recollect begins to judge the records of a chunk. Done must follow.
func (m *Memory) Recollect() *Recollection {
	m.mu.Lock()
	m.chunk++
	return &Recollection{Memory: m}
}

// Done ends it. What was found of attacks that earlier records began is in the order of the records.
func (r *Recollection) Done() ([]Sequel, []Proof) {
	r.changed = true
	r.mu.Unlock()
	return r.found, r.proofs
}

// WasTold reports whether the record only ends an exchange that was judged when it began.
func (r *Recollection) WasTold(x *Exchange) bool {
	if x.session == 0 {
		return false
	}
	if x.begins {
		r.sessions.get(x.session, x.time, forgetSessions)
		return false
	}
	began := r.sessions.peek(x.session) != nil
	r.sessions.forget(x.session)
	return began
}

// Turn goes on to the next record. Page is the body of its answer, asked for where a script is awaited in it; it may be nil.
func (r *Recollection) Turn(index int, x *Exchange, page func() string) {
	r.x, r.index, r.calls = x, index, false
	r.now = r.clock.At(x.time)
	name := x.service()
	r.buf = r.templates.of(name, x.path, x.status < 400, r.now, r.buf)
	r.place = hash(0, name)
	r.at = hash(hash(r.place, x.method), string(r.buf))
	r.pair = hash(r.place, x.client)
	r.await(page)
}

// Ordinary learns from a record that does not alarm.
func (r *Recollection) Ordinary() {
	u, _ := r.endpoints.get(r.at, r.now, forgetEndpoints)
	u.learn(r.pair, r.x.answer)
	r.everywhere(r.x.answer.print)
	if r.x.status > 0 && r.x.status < 400 && !r.calls {
		if n, _ := r.clean.get(r.pair, r.now, forgetEndpoints); *n < trusted {
			*n++
		}
	}
}

// Attack is what earlier records tell of one with an attack. It learns from that, too.
func (r *Recollection) Attack(e *triage.Examination) triage.Past {
	var past triage.Past
	u := r.endpoints.peek(r.at)
	if u != nil {
		past.Median, past.Usual, past.Varies = u.median(), u.clients(r.x.answer.print), u.varies()
		past.Slowest = u.slowest()
	}
	key := hash(r.series(), r.x.client)
	tried, _ := r.attempts.get(key, r.now, forgetAttempts)
	past.Pace = r.pace(tried, e.Pace())
	a := e.Attempt(past)
	if u != nil {
		past.Longer = u.longer(a.Length)
	}
	past.Everywhere = r.everywhere(r.x.answer.print)
	if !a.Refused {
		past.Alike = tried.learn(a)
	}
	past.Responds, past.Broke, past.Decides = tried.varies(), tried.Broke, tried.Oracle[1] != 0
	past.Opened = a.Spot != 0 && slices.Contains(tried.Broken[:], a.Spot)
	if tried.Broke = tried.Broke || a.Breaks; a.Breaks && a.Spot != 0 && !past.Opened {
		tried.broken(a.Spot)
		r.prove(&tried.pending, triage.BrokeAndDid, a.Spot)
	}
	if a.Lists && a.Length > 0 && past.Usual < few {
		var others bool
		if past.More, others = tried.gotMore(a.Length); others {
			r.prove(&tried.listed, triage.GotMore, 0)
		}
		tried.listed.add(r.chunk, r.index, a.Answer)
	}
	if a.Completes && a.Spot != 0 && !past.Opened {
		tried.pending.add(r.chunk, r.index, a.Spot)
	}
	if a.Condition != triage.NoCondition && !a.Refused {
		c, _ := r.contrasts.get(key^a.Form*mix, r.now, forgetAttempts)
		switch {
		case a.Waits:
			past.Waited = r.waits(c, a)
		case a.Answer != 0:
			r.contrast(&past, tried, c, key, a)
		}
	}
	past.CalledBack = r.expect(a.Signs)
	return past
}

// waits learns whether the server waited for a condition, and reports whether it did for another one of this form.
func (r *Recollection) waits(c *contrast, a triage.Attempt) (before bool) {
	before = c.Waited
	switch {
	case a.Waited && !before:
		r.prove(&c.pending, triage.WaitedForAnother, 0)
	case !before:
		c.pending.add(r.chunk, r.index, 0)
	}
	c.Waited = before || a.Waited
	return before
}

// contrast learns the answer to a condition, and tells what it shows beside those to others of this form.
func (r *Recollection) contrast(past *triage.Past, tried *attempts, c *contrast, key uint64, a triage.Attempt) {
	past.Odd = a.Condition == triage.Open && r.x.status/100 == 2 && c.isOdd(a.Answer)
	told := c.learn(a, tried.has)
	if !told {
		c.pending.add(r.chunk, r.index, answerTo(a.Condition, a.Answer))
	}
	if !told && a.Lead != 0 { // the same before another form: where a statement can be broken
		c, _ = r.contrasts.get(key^a.Lead*mix, r.now, forgetAttempts)
		if told = c.learn(a, tried.has) && tried.Broke; !told {
			c.pending.add(r.chunk, r.index, answerTo(a.Condition, a.Answer))
		}
		past.Held = tried.Broke && a.Condition == triage.Open && c.holds(a.Answer)
	}
	if told {
		tried.Oracle, tried.OracleLead = c.Answers, a.Lead
		r.prove(&c.pending, triage.ToldApart, answerTo(triage.True, c.Answers[1]))
		r.prove(&c.pending, triage.ToldApart, answerTo(triage.False, c.Answers[0]))
	}
	past.Told = tried.tells(a)
}

// pace learns how long a client's attack on an endpoint took, and tells how long they take.
func (r *Recollection) pace(tried *attempts, pace triage.Pace) triage.Paces {
	all := tried.Paces.learn(pace)
	switch {
	case all == triage.InPace:
		r.prove(&tried.Paces.pending, triage.KeepsPace, 0)
	case pace == triage.Fits:
		tried.Paces.pending.add(r.chunk, r.index, 0)
	}
	return all
}

// answerTo is an answer together with whether it is one to a condition that does not hold. Of an open one it is found out.
func answerTo(c triage.Condition, answer uint64) uint64 {
	if c == triage.False {
		return answer ^ mix
	}
	return answer
}

// Doubtful is what earlier records tell of one that is too little evidence of an attack. Ordinary follows, or Attack where it is
// proven to be one.
func (r *Recollection) Doubtful(e *triage.Examination) triage.Past {
	var past triage.Past
	if u := r.endpoints.peek(r.at); u != nil {
		past.Median = u.median()
		if e.Lists() {
			if u.Filters.len() < len(u.Filters) { // from then on it is what the endpoint is for
				past.Longer = u.longer(r.x.answer.length)
			}
			u.Filters.add(r.pair)
		}
	}
	for _, host := range e.Callbacks() {
		if past.CalledBack = r.calledBack(host); past.CalledBack != "" {
			return past
		}
		r.awaitWhile(host)
	}
	return past
}

// prove says of records before, whose alerts are not made yet, that their attacks have worked: of those that are told by what
// they have in common, or of all with 0. The others go on waiting.
func (r *Recollection) prove(p *pending, evidence string, by uint64) {
	if p.chunk != r.chunk {
		return
	}
	waiting := *p
	p.count = 0
	for _, a := range waiting.all[:waiting.count] {
		if by == 0 || a.by == by {
			r.proofs = append(r.proofs, Proof{a.index, evidence})
		} else {
			p.add(r.chunk, a.index, a.by)
		}
	}
}

// series is where the attacks of a client are compared. A payload that is a part of the path makes no other place.
func (r *Recollection) series() uint64 {
	if name := strings.LastIndexByte(r.x.path, '/') + 1; strings.ContainsAny(r.x.path[name:], "% '\"()+") {
		return hash(hash(r.place, r.x.method), r.x.path[:name])
	}
	return r.at
}

// few clients make no answer usual.
const few = 2

// mix spreads the bits of a number over a hash.
const mix = 0x9e3779b97f4a7c15

// IsHabit reports whether it is habit at this place that a rule matches a variable.
func (r *Recollection) IsHabit(rule int, variable string) bool {
	h := r.habits.peek(r.habitKey(rule, variable))
	return h != nil && h.holds(r.now)
}

func (r *Recollection) habitKey(rule int, variable string) uint64 {
	return hash(r.at^uint64(rule)*mix, variable)
}

// maxTaught bounds what one record teaches.
const maxTaught = 32

// Teach learns what has matched on a record that was answered with success, if its client does ordinary things as well.
func (r *Recollection) Teach(matches []engine.Match) {
	x := r.x
	if x.status < 200 || x.status >= 400 || x.client == "" {
		return
	}
	if n := r.clean.peek(r.pair); n == nil || *n < trusted {
		return
	}
	client := hash(0, network(x.client))
	taught := 0
	for i := range matches {
		m := &matches[i]
		if !m.IsEvidence() || !m.IsShipped() {
			continue
		}
		for variable := range triage.Variables(m) {
			if taught++; taught > maxTaught {
				return
			}
			h, isNew := r.habits.get(r.habitKey(m.RuleID, variable), r.now, forgetHabits)
			if isNew {
				h.Rule, h.Variable, h.Service, h.Endpoint = m.RuleID, cut(variable), cut(x.service()), cut(x.method+" "+string(r.buf))
			}
			h.learn(client, r.now)
		}
	}
}

// cut is a copy of a text, or of its beginning.
func cut(s string) string { return strings.Clone(s[:min(len(s), maxText)]) }
