package behavior

import (
	"math/bits"
	"strings"
	"time"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// look is what an answer looks like from afar.
type look struct {
	print  uint64 // hash of status, type and body; 0 where the log shows no body, or a refusal
	isPage bool   // HTML
	length int    // of the whole body; 0 as with print
	took   time.Duration
}

// bodyEnd is how much of each end of a longer body is read.
const bodyEnd = 32 << 10

// lookAt looks at an answer.
func lookAt(tx *mapping.Transaction) look {
	a := look{took: tx.Duration()}
	kind := ""
	for _, h := range tx.ResponseHeaders {
		if strings.EqualFold(h.Name, "content-type") {
			kind, _, _ = strings.Cut(h.Value, ";")
			break
		}
	}
	a.isPage = strings.EqualFold(kind, "text/html")
	body := tx.ResponseBody.Text
	if body == "" || tx.Status >= 400 { // a refusal says by itself what it is
		return a
	}
	a.length = len(body)
	h := hash(uint64(tx.Status), kind)
	if len(body) > 2*bodyEnd {
		h, body = hash(h, body[len(body)-bodyEnd:]), body[:bodyEnd]
	}
	if tx.ResponseBody.Truncated { // what differs may be behind the cut
		_, whole := tx.Sizes()
		if whole <= int64(len(tx.ResponseBody.Text)) {
			a.length = 0
			return a
		}
		a.length = int(whole)
		h ^= uint64(whole)
	}
	if a.print = hash(h, body); a.print == 0 {
		a.print = 1
	}
	return a
}

// endpoint is how one answers ordinary requests.
type endpoint struct {
	Took    [times]uint16 // how often it took so long, by powers of two of microseconds
	Clients fewClients    // who have taught it
	Longest int           // answer
	Filters fewClients    // who have asked it with operators, without getting more than others
	Answers [4]sameAnswer
}

func (u *endpoint) possible() bool { return u.Longest >= 0 }

// times is how many powers of two of microseconds are told apart: up to half a minute.
const times = 26

// sameAnswer is one that several requests got.
type sameAnswer struct {
	Print   uint64
	Count   uint16
	Clients fewClients
}

// fewClients are hashes of the first that were seen: enough to tell many from one.
type fewClients [3]uint64

func (f *fewClients) add(client uint64) {
	for i := range f {
		if f[i] == client {
			return
		}
		if f[i] == 0 {
			f[i] = client
			return
		}
	}
}

func (f *fewClients) len() (n int) {
	for n < len(f) && f[n] != 0 {
		n++
	}
	return n
}

// mostCounted is from where on a histogram is halved, so that what is new counts.
const mostCounted = 1 << 12

func (u *endpoint) learn(client uint64, a look) {
	u.Clients.add(client)
	u.Longest = max(u.Longest, a.length)
	if a.took > 0 {
		n := &u.Took[min(bits.Len64(uint64(a.took/time.Microsecond)), times-1)]
		if *n++; *n >= mostCounted {
			for i := range u.Took {
				u.Took[i] /= 2
			}
		}
	}
	if a.print == 0 {
		return
	}
	least := &u.Answers[0]
	for i := range u.Answers {
		s := &u.Answers[i]
		if s.Print == a.print {
			s.Count = min(s.Count+1, mostCounted)
			s.Clients.add(client)
			return
		}
		if s.Count < least.Count {
			least = s
		}
	}
	if least.Count > 0 { // it makes room when others are seen as often
		least.Count--
		return
	}
	*least = sameAnswer{Print: a.print, Count: 1}
	least.Clients.add(client)
}

// leastTimes is how often the time was seen before it says what is usual.
const leastTimes = 8

// median is what the endpoint takes, 0 while fewer clients than count have shown it.
func (u *endpoint) median() time.Duration {
	if u.Clients.len() < len(u.Clients) {
		return 0
	}
	sum := 0
	for _, n := range u.Took {
		sum += int(n)
	}
	if sum < leastTimes {
		return 0
	}
	half := 0
	for i, n := range u.Took {
		if half += int(n); 2*half >= sum {
			return time.Duration(3<<i/4) * time.Microsecond // the middle of 2^(i-1) to 2^i
		}
	}
	return 0
}

// slowest is what the endpoint has taken at most, where its median is known.
func (u *endpoint) slowest() time.Duration {
	if u.median() > 0 {
		for i := len(u.Took) - 1; i >= 0; i-- {
			if u.Took[i] > 0 {
				return time.Duration(1<<i) * time.Microsecond
			}
		}
	}
	return 0
}

// longer is how long its longest answer is, if enough clients have had answers and none of such a length; 0 otherwise.
func (u *endpoint) longer(length int) int {
	const least = 32 // bytes that are more than a date or a name
	if u.Clients.len() < len(u.Clients) || length < u.Longest+max(least, u.Longest/16) {
		return 0
	}
	return u.Longest
}

// varies reports whether there are several answers.
func (u *endpoint) varies() bool { return u.Answers[1].Print != 0 }

// clients is how many got an answer, as far as they are told apart.
func (u *endpoint) clients(fingerprint uint64) int {
	for i := range u.Answers {
		if s := &u.Answers[i]; fingerprint != 0 && s.Print == fingerprint {
			return s.Clients.len()
		}
	}
	return 0
}

// service is what all endpoints of one answer alike.
type service struct{ Answers [4]sameAnswer } // their Clients are endpoints

// everywhere learns an answer of a service, and tells how many of its endpoints have given it.
func (r *Recollection) everywhere(fingerprint uint64) int {
	if fingerprint == 0 {
		return 0
	}
	s, _ := r.services.get(r.place, r.now, forgetEndpoints)
	least := &s.Answers[0]
	for i := range s.Answers {
		a := &s.Answers[i]
		if a.Print == fingerprint {
			a.Count = min(a.Count+1, mostCounted)
			a.Clients.add(r.at)
			return a.Clients.len()
		}
		if a.Count < least.Count {
			least = a
		}
	}
	if least.Count > 0 {
		least.Count--
		return 1
	}
	*least = sameAnswer{Print: fingerprint, Count: 1}
	least.Clients.add(r.at)
	return 1
}

// attempts are a client's attacks on an endpoint.
type attempts struct {
	Answers    [4]tried
	Oracle     [2]uint64 // the answers that tell false from true
	OracleLead uint64    // what stood before these conditions
	Broke      bool      // by one of the payloads
	Broken     [4]uint64 // where these are injected, and how
	Least      int       // length of an answer to payloads that ask for all that there is
	listed     pending   // these
	pending    pending   // that completed the statement, before one broke it
	Paces      paces
}

// paces are how long a client's attacks took, beside what they ask for.
type paces struct {
	Quick, Fit uint8
	Slow       bool    // one took long that did not ask for it
	pending    pending // that took as long as they ask for
}

// learn tells how long they take. Several have to take as long as they ask for, and others be quick.
func (p *paces) learn(pace triage.Pace) triage.Paces {
	const several, most = 2, 100
	switch pace {
	case triage.Quick:
		p.Quick = min(p.Quick+1, most)
	case triage.Fits:
		p.Fit = min(p.Fit+1, most)
	case triage.Slow:
		p.Slow = true
	}
	switch {
	case p.Slow:
		return triage.OutOfPace
	case p.Fit >= several && p.Quick > 0:
		return triage.InPace
	case p.Fit == 0 && p.Quick > several:
		return triage.AllQuick
	}
	return triage.NoPaces
}

// pending are records of the chunk that is judged, of which another one may show that they are attacks that worked.
type pending struct {
	chunk uint64
	count int
	all   [16]answered
}

// answered is a record, and what tells those that are proven: the answer, or where something is injected.
type answered struct {
	index int
	by    uint64
}

func (p *pending) add(chunk uint64, index int, by uint64) {
	if p.chunk != chunk {
		*p = pending{chunk: chunk}
	}
	if p.count < len(p.all) {
		p.all[p.count] = answered{index, by}
		p.count++
	}
}

// tried is an answer, with the payloads that led to it.
type tried struct {
	Answer   uint64
	Payloads [5]uint64
}

// learn tells how many different payloads have got the same answer, with this one.
func (t *attempts) learn(a triage.Attempt) int {
	if a.Answer == 0 {
		return 0
	}
	for i := range t.Answers {
		s := &t.Answers[i]
		if s.Answer == 0 {
			s.Answer = a.Answer
		}
		if s.Answer != a.Answer {
			continue
		}
		for n := range s.Payloads {
			if s.Payloads[n] == 0 || s.Payloads[n] == a.Payload {
				s.Payloads[n] = a.Payload
				return s.count()
			}
		}
		return len(s.Payloads)
	}
	copy(t.Answers[:], t.Answers[1:]) // the oldest makes room
	t.Answers[len(t.Answers)-1] = tried{a.Answer, [5]uint64{a.Payload}}
	return 1
}

// tells reports whether the answer to a condition is the one that tells what it is. One that holds by its form and is answered
// as one that does not is part of a statement that could not run; and so may be any that begins in another way and is
// answered so.
func (t *attempts) tells(a triage.Attempt) bool {
	return a.Condition != triage.True && t.Oracle[0] == a.Answer && t.OracleLead == a.Lead || a.Condition != triage.False && t.Oracle[1] == a.Answer
}

// broken notes where a payload broke the statement.
func (t *attempts) broken(spot uint64) {
	for i := range t.Broken {
		if t.Broken[i] == spot {
			return
		}
		if t.Broken[i] == 0 {
			t.Broken[i] = spot
			return
		}
	}
}

// gotMore reports whether an answer has more than the shortest to payloads that ask for all, and whether it is this one that
// shows so of those before.
func (t *attempts) gotMore(length int) (more, others bool) {
	const clearly = 16 // bytes
	if t.Least == 0 {
		t.Least = length
	}
	more, others = length >= t.Least+clearly, length+clearly <= t.Least
	t.Least = min(t.Least, length)
	return more, others
}

// varies reports whether the client got several answers.
func (t *attempts) varies() bool { return t.Answers[1].Answer != 0 }

// has reports whether another payload got an answer, too.
func (t *attempts) has(answer uint64) bool {
	for i := range t.Answers {
		if t.Answers[i].Answer == answer {
			return t.Answers[i].Payloads[1] != 0
		}
	}
	return false
}

func (t *tried) count() (n int) {
	for n < len(t.Payloads) && t.Payloads[n] != 0 {
		n++
	}
	return n
}

// contrast is what a client's conditions of one form were answered.
type contrast struct {
	Answers [2]uint64 // to false and true ones
	Counts  [2]uint8
	Varies  bool    // conditions that end alike got different answers: they tell nothing
	Common  uint64  // the answer to open ones
	Times   uint8   // that it was given
	pending pending // ones that may be true
	Waited  bool    // the server, for one of them
}

// isOdd learns the answer to an open condition, and reports whether it is not the one that those before it got. Most guesses
// are wrong.
func (c *contrast) isOdd(answer uint64) bool {
	const often = 4
	switch {
	case c.Common == answer:
		c.Times = min(c.Times+1, 100)
	case c.Times >= often:
		return true
	default:
		c.Common, c.Times = answer, 1
	}
	return false
}

// holds reports whether an answer is that to a true condition, or to none that is false.
func (c *contrast) holds(answer uint64) bool {
	if c.Counts[1] > 0 {
		return c.Answers[1] == answer
	}
	return c.Counts[0] > 0 && c.Answers[0] != answer
}

// learn reports whether the answers tell true from false: they differ, and one was given twice, to these or to another
// payload, so that it does not change by itself.
func (c *contrast) learn(a triage.Attempt, isGivenAgain func(answer uint64) bool) bool {
	k := 0
	switch a.Condition {
	case triage.True:
		k = 1
	case triage.False:
	default:
		return c.tells(isGivenAgain)
	}
	if c.Counts[k] > 0 && c.Answers[k] != a.Answer {
		c.Varies = true
	}
	c.Answers[k], c.Counts[k] = a.Answer, min(c.Counts[k]+1, 100)
	return c.tells(isGivenAgain)
}

func (c *contrast) tells(isGivenAgain func(answer uint64) bool) bool {
	return !c.Varies && c.Counts[0] > 0 && c.Counts[1] > 0 && c.Answers[0] != c.Answers[1] &&
		(c.Counts[0]+c.Counts[1] > 2 || isGivenAgain(c.Answers[0]) || isGivenAgain(c.Answers[1]))
}
