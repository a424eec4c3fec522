package behavior

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// awaited is what would show that an attack has worked, until it is seen.
type awaited struct {
	Text, Service, Client string
	At                    int64
	Until                 int64 // by the clock of records, if what is seen later shows nothing; or 0
	Seen                  bool
	Told                  bool // once is enough

	// The attack's record, while it is judged.
	chunk uint64
	index int
}

// scripts are pieces of pages that clients have sent to a service.
type scripts struct{ All [4]awaited }

// Sequel is that a later record shows that an attack has worked.
type Sequel struct {
	Index    int // of the record
	Of       *SequelKind
	Key      string // client=10.0.0.1 service=users
	Evidence string
}

// Proof is that a record shows that the attack of another one, which is judged in the same chunk, has worked.
type Proof struct {
	Index    int // of the attack's record
	Evidence string
}

// SequelKind is one kind of them. They need no settings, and so stand in no file of detectors.
type SequelKind struct {
	ID          int
	Name        string
	Description string
	Tags        []string
}

var (
	calledBack    = SequelKind{9702061, "called-back", "A server asked the address that an attack told it to ask", []string{"T1190"}}
	uploadFetched = SequelKind{9702062, "upload-fetched", "A script that was uploaded is there, and was asked for", []string{"T1505.003"}}
	scriptStored  = SequelKind{9702063, "script-stored", "A script that an attack has sent stands in a page for others", []string{"T1189"}}
)

// SequelKinds are all of them.
func SequelKinds() []*SequelKind { return []*SequelKind{&calledBack, &uploadFetched, &scriptStored} }

// sequelSeverity is that of an attack that has worked.
const sequelSeverity = 1

// Alert is the alert of it, at its record.
func (s *Sequel) Alert(tx *mapping.Transaction, internal []netip.Prefix, tag string, at time.Time) alert.Alert {
	if !tx.Time.IsZero() {
		at = tx.Time
	}
	path := pathOf(tx)
	return alert.Of(alert.Finding{
		Detector: s.Of.Name, ID: s.Of.ID, Severity: sequelSeverity, Message: s.Of.Description, Tags: s.Of.Tags, Key: s.Key, Evidence: s.Evidence,
		Client: tx.Client, Server: tx.Server, ClientWorkload: tx.ClientWorkload, ServerWorkload: tx.ServerWorkload,
		Host: tx.Host, Method: tx.Method, Path: path, Status: tx.Status, Time: at,
		Direction: alert.Direction(internal, tx.Client.Address, tx.Server.Address), Tag: tag, Preset: tx.Preset, Outcome: triage.Success,
	})
}

const (
	callsBackWithin = 10 * int64(time.Minute/time.Millisecond)
	isFetchedWithin = 24 * hour
)

// signKey is where a sign is awaited: a call by who makes it, a file by where it is asked for.
func signKey(kind triage.SignKind, where, text string) uint64 {
	return hash(hash(uint64(kind), where), text)
}

// expect waits for what would show that the present attack has worked, and tells what was there before: a log has what is
// answered first, and that is the call, while the attack's own answer waits for it.
func (r *Recollection) expect(signs []triage.Sign) (calledBack string) {
	x := r.x
	for _, s := range signs {
		a := awaited{Text: cut(s.Text), Service: x.service(), Client: x.client, At: r.now, chunk: r.chunk, index: r.index}
		switch s.Kind {
		case triage.CallsBack:
			if x.server == "" || r.asksAnyway(s.Text) {
				continue
			}
			if called := r.calledBack(s.Text); called != "" {
				calledBack = called
			}
			one, _ := r.awaited.get(signKey(s.Kind, x.server, s.Text), r.now, forgetAwaited)
			a.Told = one.Told
			*one = a
		case triage.IsFetched:
			one, _ := r.awaited.get(signKey(s.Kind, x.service(), s.Text), r.now, forgetAwaited)
			*one = a
		case triage.IsStored:
			all, _ := r.scripts.get(r.place, r.now, forgetAwaited)
			one := all.find(a.Text)
			if one == nil {
				copy(all.All[1:], all.All[:])
				one = &all.All[0]
				*one = awaited{}
			}
			a.Told = one.Told
			*one = a
		}
	}
	return calledBack
}

// isDue reports whether a call is still awaited.
func (a *awaited) isDue(at, now int64) bool {
	return !a.Seen && now-a.At <= callsBackWithin && (a.Until == 0 || at <= a.Until)
}

// awaitWhile waits for the server to ask a host while it answers the present record: later it may have other reasons.
func (r *Recollection) awaitWhile(host string) {
	x := r.x
	if x.server == "" || x.answer.took <= 0 || r.asksAnyway(host) {
		return
	}
	if one, isNew := r.awaited.get(signKey(triage.CallsBack, x.server, host), r.now, forgetAwaited); isNew || one.Until > 0 || one.Seen || r.now-one.At > callsBackWithin {
		*one = awaited{Text: cut(host), Service: x.service(), Client: x.client, At: r.now, Until: x.time + x.answer.took.Milliseconds(), Told: one.Told, chunk: r.chunk, index: r.index}
	}
}

// asksAnyway reports whether the server of the present record asks a host time and again: once more shows nothing.
func (r *Recollection) asksAnyway(host string) bool {
	calls := r.clean.peek(hash(hash(0, host), r.x.server))
	return calls != nil && *calls >= trusted
}

// calledBack tells a server that asked a host while it answered the present record.
func (r *Recollection) calledBack(host string) string {
	x, pair := r.x, hash(hash(0, host), r.x.server)
	if x.server == "" || r.clean.peek(pair) == nil || r.asksAnyway(host) {
		return ""
	}
	if last := r.clean.used(pair); last < x.time || last > x.time+x.answer.took.Milliseconds() {
		return ""
	}
	r.clean.forget(pair) // what an attack makes is no use
	return fmt.Sprintf("%s asked %s while it answered", x.server, host)
}

func (s *scripts) find(text string) *awaited {
	for i := range s.All {
		if s.All[i].Text == text {
			return &s.All[i]
		}
	}
	return nil
}

// await looks in the present record for what is awaited.
func (r *Recollection) await(page func() string) {
	x := r.x
	if r.awaited.len() > 0 {
		for _, host := range [...]string{x.host, x.server} {
			if a := r.awaited.peek(signKey(triage.CallsBack, x.client, host)); host != "" && a != nil && a.isDue(x.time, r.now) {
				r.calls = true
				r.tell(&calledBack, a, fmt.Sprintf("%s asked %s, %s after %s told %s to", x.client, host, since(a.At, r.now), a.Client, a.Service))
			}
		}
		if (x.method == "GET" || x.method == "POST") && x.status/100 == 2 {
			name := strings.ToLower(x.path[strings.LastIndexByte(x.path, '/')+1:])
			if a := r.awaited.peek(signKey(triage.IsFetched, x.service(), name)); a != nil && !a.Seen && r.now-a.At <= isFetchedWithin {
				r.tell(&uploadFetched, a, fmt.Sprintf("%s was fetched with %d, %s after %s uploaded %s", x.path, x.status, since(a.At, r.now), a.Client, a.Text))
			}
		}
	}
	if !x.answer.isPage || page == nil || x.status/100 != 2 {
		return
	}
	all := r.scripts.peek(r.place)
	if all == nil {
		return
	}
	text := ""
	for i := range all.All {
		a := &all.All[i]
		if a.Text == "" || a.Seen || r.now-a.At > isFetchedWithin {
			continue
		}
		if text == "" {
			text = page()
		}
		sign := triage.Sign{Kind: triage.IsStored, Text: a.Text}
		if sign.Shows(text) {
			r.tell(&scriptStored, a, fmt.Sprintf("the page %s has the script that %s sent %s before: %s", x.path, a.Client, since(a.At, r.now), a.Text))
		}
	}
}

// tell notes that the present record shows that an attack has worked. Where the attack's own alert is still to be made, it
// says so, too.
func (r *Recollection) tell(kind *SequelKind, a *awaited, evidence string) {
	a.Seen = true
	if a.chunk == r.chunk {
		r.proofs = append(r.proofs, Proof{a.index, evidence})
	}
	if a.Told || a.Until > 0 { // of what is doubtful there is no alert of its own
		return
	}
	a.Told = true
	key := fmt.Sprintf("client=%s service=%s", r.x.client, r.x.service())
	r.found = append(r.found, Sequel{r.index, kind, key, evidence})
}

// since is the time between two records.
func since(then, now int64) time.Duration {
	return (time.Duration(now-then) * time.Millisecond).Round(time.Second)
}
