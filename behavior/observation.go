package behavior

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Observation is what detectors look at of one record. Its strings are its own.
type Observation struct {
	Time           time.Time
	Client, Server mapping.Endpoint
	ClientWorkload mapping.Workload
	ServerWorkload mapping.Workload
	Host           string // without the port
	Method         string
	Path           string // without the query
	Agent          string
	User           string // who the request says it is for: of Basic, or the subject of a JWT
	Credential     string // stands for the token or the session of a client whose workload is known
	Token          string // stands for the credential of which the log itself has an id
	Attempt        string // stands for what a login says
	Status         int
	RequestBytes   int64 // as far as the log tells, see mapping.Transaction.Sizes
	ResponseBytes  int64
	QueryBytes     int64  // of the query, in which data can leave too
	Number         int64  // the id that is asked for: the last number in the path, or else in the query
	Direction      string // as in alerts
	Tag, Preset    string

	Alarm    bool
	Attack   bool // the alarm is about an attack, not about a policy or about what an answer holds
	Severity int  // of the alarm
	Message  string
	Rules    []int
	RuleTags []string

	Sensitive int      // matches of rules with the tag sensitive-data
	Fields    []string // values of the accessors of Detectors.Accessors, in their order

	endpoint string // template of the path

	clientWorkload, serverWorkload string // in one text

	forwarded string // the last address of X-Forwarded-For that is not the client
	hasNumber bool
	numberOf  string // the parameter of the query that Number is of
	answer    answer // of a login
	// answerHash is the same for answers to logins that look the same.
	answerHash uint64
	try        uint32 // stands for user and password of Basic, 0 for none

	// Who acts: a workload that the log names, whom a proxy sends it for, or the client's address.
	source   string
	sourceID uint64
	isNamed  bool
	bySource *client // nil before the detectors look
	merged   uint32  // a life of the client that turned out to be none of its own; 0 if none did
	byClient *client // the client's address, which the log may name as a workload too

	// What several detectors ask for is worked out once.
	roleID uint64   // 0 if it is not known yet
	sums   []uint64 // of fields, by their place; the same. nil where no detector looks at it
}

// isInternal reports whether both ends are inside.
func (o *Observation) isInternal() bool { return o.Direction == "east-west" }

// role is what the client does with the service, as far as it tells workloads apart.
func (o *Observation) role() uint64 {
	if o.roleID == 0 {
		o.roleID = hash(o.agentID(), o.target())
	}
	return o.roleID
}

func (o *Observation) agentID() uint64 { return hash(0, o.agentName()) }

// be makes the source somebody.
func (o *Observation) be(source string, isNamed bool) {
	o.source, o.sourceID, o.isNamed = source, hash(0, source), isNamed
}

// actor is whom the request is for, from wherever it comes, or else who sends it.
func (o *Observation) actor() string {
	if o.User != "" {
		return o.User
	}
	return o.source
}

// target is the workload that the log names as the server, or else the service.
func (o *Observation) target() string {
	if o.serverWorkload != "" {
		return o.serverWorkload
	}
	return o.service()
}

// destination is where the client got to: the workload that the log names as the server, of which it does not matter which
// replica that is, or else the address.
func (o *Observation) destination() string {
	if o.serverWorkload != "" {
		return o.serverWorkload
	}
	return o.Server.Address
}

func (o *Observation) isRefused() bool { return o.answer == refused }

// service is what the client wanted: the host that it named, or the server's address if it named none.
func (o *Observation) service() string {
	if o.Host == "" {
		return o.Server.Address
	}
	return o.Host
}

// ClientIP is the client's address, the zero one if it is none.
func (o *Observation) ClientIP() netip.Addr {
	ip, _ := mapping.ParseAddress(o.Client.Address)
	return ip
}

func (o *Observation) agentName() string {
	name, _, _ := strings.Cut(o.Agent, "/")
	return name
}

// field is one that keys, values and conditions may name.
type field struct {
	name  string
	of    func(o *Observation) string
	place int // among all that the detectors know
}

var fields = []field{
	{name: "source", of: func(o *Observation) string { return o.source }},
	{name: "actor", of: (*Observation).actor},
	{name: "target", of: (*Observation).target},
	{name: "client", of: func(o *Observation) string { return o.Client.Address }},
	{name: "destination", of: (*Observation).destination},
	{name: "server", of: func(o *Observation) string { return o.Server.Address }},
	{name: "server_port", of: func(o *Observation) string { return o.Server.Port }},
	{name: "client_workload", of: func(o *Observation) string { return o.clientWorkload }},
	{name: "server_workload", of: func(o *Observation) string { return o.serverWorkload }},
	{name: "account", of: func(o *Observation) string { return o.ClientWorkload.Account }},
	{name: "service", of: (*Observation).service},
	{name: "host", of: func(o *Observation) string { return o.Host }},
	{name: "method", of: func(o *Observation) string { return o.Method }},
	{name: "path", of: func(o *Observation) string { return o.Path }},
	{name: "endpoint", of: func(o *Observation) string { return o.endpoint }},
	{name: "agent", of: func(o *Observation) string { return o.Agent }},
	{name: "agent_name", of: (*Observation).agentName},
	{name: "user", of: func(o *Observation) string { return o.User }},
	{name: "credential", of: func(o *Observation) string { return o.Credential }},
	{name: "attempt", of: func(o *Observation) string { return o.Attempt }},
	{name: "token", of: func(o *Observation) string { return o.Token }},
	{name: "status", of: func(o *Observation) string { return strconv.Itoa(o.Status) }},
	{name: "direction", of: func(o *Observation) string { return o.Direction }},
	{name: "tag", of: func(o *Observation) string { return o.Tag }},
	{name: "preset", of: func(o *Observation) string { return o.Preset }},
	{name: "rule", of: func(o *Observation) string {
		if len(o.Rules) == 0 {
			return ""
		}
		return strconv.Itoa(o.Rules[0])
	}},
}

// hash continues a hash with one more text, so that ("a", "b") and ("ab", "") differ.
func hash(h uint64, text string) uint64 {
	return mixed(h, xxhash.Sum64String(text))
}

// mixed continues a hash with the sum of one more text.
func mixed(h, sum uint64) uint64 {
	h ^= sum
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// sum is that of the value of a field, by which it goes into a hash.
func (o *Observation) sum(f *field) uint64 {
	if o.sums == nil {
		return xxhash.Sum64String(f.of(o))
	}
	sum := &o.sums[f.place]
	if *sum == 0 {
		*sum = xxhash.Sum64String(f.of(o))
	}
	return *sum
}

// names is a list of fields.
type names []field

func (n names) hash(o *Observation, h uint64) uint64 {
	for i := range n {
		h = mixed(h, o.sum(&n[i]))
	}
	return h
}

// sums are those of the values, of which hash is made for any beginning.
func (n names) sums(o *Observation) (all []uint64) {
	for i := range n {
		all = append(all, o.sum(&n[i]))
	}
	return all
}

// empty reports whether a field has no value: what can't be told apart is not counted together.
func (n names) empty(o *Observation) bool {
	for _, f := range n {
		if f.of(o) == "" {
			return true
		}
	}
	return false
}

// list is the names.
func (n names) list() string {
	var all []string
	for _, f := range n {
		all = append(all, f.name)
	}
	return strings.Join(all, ", ")
}

// text is client=10.0.0.1 service=users.
func (n names) text(o *Observation) string {
	var b strings.Builder
	for i, f := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%s", f.name, f.of(o))
	}
	return b.String()
}
