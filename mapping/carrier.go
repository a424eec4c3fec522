package mapping

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/tinylib/msgp/msgp"
)

// What writes a log is often not what carries it: Docker, journald, syslog daemons and cloud services put the line,
// or the JSON object, of a program into a field of a record of their own, and the next one puts that into another.
// carriers are the names of these fields. A record is opened once, whichever mappings ask for what is in it.
//
// Sources: Docker's json-file driver and Fluent Bit (log), Fluentd and Filebeat (message), journald (MESSAGE), GELF
// (full_message, short_message), rsyslog (msg), Azure ($properties['log'], LogEntry), Google Cloud (textPayload,
// jsonPayload), ECS ($event['original']), Fluent Bit's kubernetes filter (log_processed), Promtail (line), Splunk (event), OTLP (body),
// LogDNA (_line), Wazuh (full_log), exports of Elasticsearch (_source),
// Oracle Cloud (logContent).
var carriers = []string{
	"log", "log_processed", "message", "MESSAGE", "full_message", "short_message", "_message", "msg", "event", "line", "payload",
	"textPayload", "jsonPayload", "structured", "LogEntry", "LogMessage", "properties", "body", "Body", "stringValue",
	"_raw", "raw", "Message", "@message", "content", "text", "data", "original", "_line", "full_log", "_source", "logContent",
}

var isCarrier = func() map[string]int {
	m := map[string]int{}
	for i, name := range carriers {
		m[name] = i
	}
	return m
}()

const (
	maxCarriers     = 32 // names
	maxCarried      = 16 // log events in one record
	maxCarriedDepth = 5  // one in the other
)

// carried is a log event in a field of a record, or of another log event.
type carried struct {
	text   string   // as found; "" of an object that is no text
	lines  []string // the text, then without one prefix after the other
	object Record   // the JSON object that it is, nil if it is none
	before string   // what stands before that
	beside []string // what is left of the line of key=value that it was a value of
	broken error    // why it is none, though it begins like one
	origin origin
	parent int // index of the event that it was found in, -1 for the record
	until  int // index of the first event that is not in it
}

// opened is what was found in the record that is being mapped.
type opened struct {
	record Record // the last one whose carriers were looked through
	from   int    // its events, up to until
	until  int
	events []carried
	lines  []string
	buf    []byte // of objects
}

func (o *opened) forget() {
	clear(o.events)
	clear(o.lines)
	*o = opened{events: o.events[:0], lines: o.lines[:0], buf: o.buf[:0]}
}

// carriedBy are the log events in a record.
func (o *opened) carriedBy(r Record) (from, until int) {
	if o.record == nil || unsafe.SliceData(o.record) != unsafe.SliceData(r) {
		o.record, o.from = r, len(o.events)
		o.openFields(r, -1, 0)
		o.until = len(o.events)
	}
	return o.from, o.until
}

// openFields opens the carriers of a record, in the order of their list.
func (o *opened) openFields(r Record, parent, depth int) {
	if depth == maxCarriedDepth {
		return
	}
	var found [maxCarriers]Record
	hasAny := false
	_ = r.fields(func(key []byte, value Record) {
		if i, ok := isCarrier[string(key)]; ok && (isText(value) || isMap(value) || isArray(value)) {
			found[i], hasAny = value, true
		}
	})
	if !hasAny {
		return
	}
	for _, value := range found[:len(carriers)] {
		switch {
		case value == nil:
		case isMap(value):
			o.add(carried{object: value, parent: parent}, depth)
		default:
			if s, ok := carriedText(value); ok {
				o.openText(s, parent, depth)
			}
		}
	}
}

func isText(r Record) bool {
	t := msgp.NextType(r)
	return t == msgp.StrType || t == msgp.BinType
}

// carriedText is a text. journald writes one with control characters in it as the list of its bytes.
func carriedText(v Record) (string, bool) {
	if !isArray(v) {
		return v.text()
	}
	var text []byte
	bytes := true
	ok := eachElement(v, func(e Record) {
		n, _, err := msgp.ReadIntBytes(e)
		bytes = bytes && err == nil && n >= 0 && n <= 255
		text = append(text, byte(n))
	})
	return view(text), ok && bytes && len(text) > 0
}

// text is the log events that a text is: itself, and what is in it.
func (o *opened) text(s string) (from, until int) {
	for i := range o.events {
		if e := &o.events[i]; len(e.text) == len(s) && unsafe.StringData(e.text) == unsafe.StringData(s) {
			return i, e.until
		}
	}
	from = len(o.events)
	o.openText(s, -1, 0)
	return from, len(o.events)
}

func (o *opened) openText(s string, parent, depth int) {
	if strings.TrimSpace(s) == "" {
		return
	}
	e := carried{text: s, parent: parent}
	first := len(o.lines)
	o.lines = layers(o.lines, s, &e.origin)
	e.lines = o.lines[first:len(o.lines):len(o.lines)]
	i := slices.IndexFunc(e.lines, func(line string) bool { return strings.HasPrefix(line, "{") })
	if i >= 0 {
		if e.object, e.broken = o.openJSON(e.lines[i]); !strings.HasPrefix(e.lines[i], `{"`) {
			e.broken = nil
		}
	}
	if e.object == nil && e.broken == nil {
		e.object, e.before = o.openBehind(s)
	}
	at := len(o.events)
	o.add(e, depth)
	if e.object == nil && len(o.events) > at {
		o.openPair(at, depth)
	}
}

// openPair opens the access line that is a value of a line of key=value, as loggers write what a server logs through them.
func (o *opened) openPair(at, depth int) {
	lines := o.events[at].lines
	line := lines[len(lines)-1]
	if depth+1 >= maxCarriedDepth || !strings.Contains(line, `="`) || !strings.Contains(line, `\"`) {
		return
	}
	access, isOfPairs := "", false
	var own origin
	var others []string
	_, before, rest := readLogfmt(line, func(key, value string) {
		_, carries := isCarrier[key]
		if carries && access == "" {
			if _, ok := readAccessLine(value); ok {
				access = value
				return
			}
		}
		switch key {
		case "time", "ts", "timestamp":
			own.stamp = value
		default:
			isOfPairs = isOfPairs || strings.HasPrefix(value, "/") || strings.HasPrefix(value, "http") || isMethod(value)
		}
		others = append(others, value)
	})
	if access == "" || isOfPairs {
		return
	}
	child := len(o.events)
	o.openText(access, at, depth+1)
	if len(o.events) == child {
		return
	}
	e := &o.events[child]
	if e.origin.stamp == "" {
		e.origin.stamp = own.stamp
	}
	e.beside = leftBefore(before, len(before))
	for _, one := range append(others, strings.Join(rest, " ")) {
		e.beside = appendLeftOver(e.beside, one)
	}
	o.events[at].until = len(o.events)
}

// add keeps an event, and those in it.
func (o *opened) add(e carried, depth int) {
	if len(o.events) == maxCarried {
		return
	}
	at := len(o.events)
	o.events = append(o.events, e)
	if e.object != nil {
		o.openFields(e.object, at, depth+1)
	}
	o.events[at].until = len(o.events)
}

// jsonEnds are what may follow an object: Monolog has what its processors add there.
var jsonEnds = words{"", "[]", "{}"}

// openBehind reads the JSON object at the end of a text, and returns what stands before it, in which there may be
// braces, too; nil when there is none.
func (o *opened) openBehind(text string) (object Record, before string) {
	begin := strings.IndexByte(text, '{')
	for n := 0; begin >= 0 && n < maxLayers; n++ {
		if object, _ = o.openJSON(text[begin:]); object != nil {
			return object, text[:begin]
		}
		next := strings.Index(text[begin+1:], `{"`)
		if next < 0 {
			break
		}
		begin += 1 + next
	}
	return nil, ""
}

// openJSON reads the JSON object that a text begins with; nil when it is none.
func (o *opened) openJSON(text string) (Record, error) {
	start := len(o.buf)
	out, rest, err := AppendJSON(o.buf, []byte(text))
	if err != nil {
		// A collector may have cut the line.
		if whole, ok := CompleteJSON(text); ok {
			out, rest, err = AppendJSON(o.buf, []byte(whole))
		}
	}
	if err != nil || !jsonEnds.has(strings.TrimSpace(string(rest))) {
		return nil, err
	}
	o.buf = out
	return Record(out[start:len(out):len(out)]), nil
}

// broken is why a text in the record that begins like JSON can't be read, nil if there is none.
func (o *opened) broken(r Record) error {
	from, until := o.carriedBy(r)
	for i := from; i < until; i++ {
		if e := &o.events[i]; e.broken != nil {
			return fmt.Errorf("cannot read text %q: %w", clip([]byte(e.text)), e.broken)
		}
	}
	return nil
}

// isIn reports whether a log event was found in a value of the record.
func (o *opened) isIn(event int, v Record) bool {
	for event >= 0 && o.events[event].parent >= 0 {
		event = o.events[event].parent
	}
	if event < 0 {
		return false
	}
	if text := o.events[event].text; text != "" {
		s, ok := v.text()
		return ok && unsafe.StringData(s) == unsafe.StringData(text)
	}
	return unsafe.SliceData(o.events[event].object) == unsafe.SliceData(v)
}

// fillOrigin takes from whoever carried the log event what the event itself does not tell: when, and where.
func (m *Mapping) fillOrigin(r Record, tx *Transaction) {
	for at := tx.event; at >= 0; {
		e := &tx.opened.events[at]
		m.takeOrigin(tx, e.origin)
		carrier := r
		if at = e.parent; at >= 0 {
			carrier = tx.opened.events[at].object
		}
		m.takeOrigin(tx, carrierOrigin(carrier))
	}
}

func (m *Mapping) takeOrigin(tx *Transaction, o origin) {
	if tx.Time.IsZero() && o.stamp != "" && len(o.stamp) <= longestTime {
		tx.Time, _ = parseTime(o.stamp, m.time.zoneOrUTC())
	}
	if tx.Alert.Host == "" && isHostName(o.host) {
		tx.Alert.Host = o.host
	}
}

// carrierOrigin is what the fields of a record beside its log event tell.
func carrierOrigin(r Record) origin {
	var o origin
	_ = r.fields(func(key []byte, value Record) {
		switch string(key) {
		case "time", "timestamp", "@timestamp":
			o.stamp, _ = value.text()
		case "host", "hostname", "_HOSTNAME":
			o.host, _ = value.text()
		}
	})
	return o
}
