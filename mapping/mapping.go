// Package mapping turns log records into HTTP transactions. It knows msgpack and
// HTTP as logs write it, and neither the rule engine nor Fluent Bit. The mapping
// language is described in docs/mapping.md.
package mapping

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Mapping is one compiled mapping, safe for concurrent use.
type Mapping struct {
	Name        string // in alerts, as preset
	Description string
	Source      string // page that documents the fields

	detect, when   []condition
	session        sessionSpec
	unwrap         field // maps whose keys count as the record's
	none           words // texts that mean that there is no value
	hidden         words // texts in place of a value that the log does not show
	parse          []parseStep
	adds           bool // the format fields adds what the others do not find
	time, endTime  timeSpec
	duration       durationSpec
	bytes          field // of the whole exchange, both ways
	client, server endpointSpec
	request        requestSpec
	response       responseSpec
	args           []namedField
	alert          alertSpec
	exclude        []string
	writerIsOther  bool // the pod that wrote the record need not be the server
	writerAddress  field

	slots    map[string]int // top-level keys that any field asks for
	metadata int            // the slot of the event's metadata, -1 when nobody asks for them
	writers  int            // the slot of what collectors tell of the record's writer
	prefixes []*prefixSpec  // of keys of the record itself
	columns  w3cColumns
}

// words are a few texts that are compared with nearly every value.
type words []string

func (w words) has(s string) bool {
	for _, one := range w {
		if one == s {
			return true
		}
	}
	return false
}

// What Map fails with, beside what is wrong with a record's bytes.
var (
	// ErrUnmapped says that a record has nothing that the mapping could make a
	// request of.
	ErrUnmapped = errors.New("record has nothing where the mapping looks for a request")
	// ErrSkipped says that a record is not one to inspect: the mapping's when
	// leaves it out, it is about the log itself, or no request was made.
	ErrSkipped = errors.New("record is not one to inspect")
)

// Load reads mappings: a comma list of names of presets and of mapping files. auto, alone or at its end, stands for all
// presets.
func Load(names string) (*Set, error) {
	list := strings.Split(names, ",")
	last := len(list) - 1
	isAuto := strings.TrimSpace(list[last]) == "auto"
	if isAuto {
		list = list[:last]
	}
	var named []*Mapping
	for _, name := range list {
		some, err := load(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		named = append(named, some...)
	}
	return NewSet(named, isAuto), nil
}

func load(nameOrFile string) ([]*Mapping, error) {
	if all, err := Preset(nameOrFile); err == nil {
		return all, nil
	}
	text, err := os.ReadFile(nameOrFile)
	if err != nil {
		switch {
		case nameOrFile == "":
			return nil, errors.New("no mapping is named: auto, a preset or a file")
		case nameOrFile == "auto":
			return nil, errors.New("auto stands at the end of a list, as it is all presets")
		case !strings.ContainsAny(nameOrFile, "/.") && errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("cannot find mapping %q: no file, and no preset: %s", nameOrFile, suggest(nameOrFile, presetNames()))
		}
		return nil, fmt.Errorf("cannot read mapping: %w", err)
	}
	return Parse(nameOrFile, text)
}

// Parse compiles the mappings of a file's text, one for each YAML document; errors name the
// file and the line.
func Parse(file string, text []byte) ([]*Mapping, error) {
	docs, err := documents(text)
	if err == nil && len(docs) == 0 {
		err = errors.New("the file is empty")
	}
	var all []*Mapping
	for i := 0; err == nil && i < len(docs); i++ {
		m := &Mapping{slots: map[string]int{}, none: words{"", "-"}}
		if err = m.readDocument(docs[i]); err != nil {
			break
		}
		if m.Name == "" {
			m.Name = file
		}
		for _, f := range m.fields() {
			f.slots = m.compile(f.anyOf)
			for _, alternatives := range f.join {
				f.joined = append(f.joined, m.compile(alternatives))
			}
		}
		for i := range m.parse {
			m.parse[i].field.slots = m.compile(m.parse[i].field.anyOf)
		}
		for i := range m.parse {
			m.parse[i].bind(m) // now that all keys are known
		}
		m.adds = len(m.parse) > 1 && m.parse[len(m.parse)-1].format == formatFields
		m.prefixes, m.metadata, m.writers = m.topPrefixes(), m.slotOf(metadataKey), m.compile(writerAccessor)[0].index
		all = append(all, m)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read mapping %q: %w", file, err)
	}
	return all, nil
}

// Map fills tx with what a record of a tag tells, replacing what it held. It fails with
// ErrUnmapped, ErrSkipped, or what is wrong with the record's bytes.
func (m *Mapping) Map(tag string, r Record, tx *Transaction) error {
	tx.opened.forget()
	if err := m.read(tag, r, tx); err != nil {
		return err
	}
	if m.adds {
		m.addFields(r, tx)
	}
	if !allHold(m.when, tx) {
		return m.leftOut(tx)
	}
	return m.fill(r, tx)
}

// leftOut is the error for a record that when leaves out: a record of another kind is not understood, and that must
// be said.
func (m *Mapping) leftOut(tx *Transaction) error {
	if m.detects(tx) || m.hasRequest(tx) || m.hasArgs(tx) {
		return ErrSkipped
	}
	return ErrUnmapped
}

// read keeps the values of the fields that the mapping asks for.
func (m *Mapping) read(tag string, r Record, tx *Transaction) error {
	tx.reset(m)
	if err := m.scan(r, tx); err != nil {
		return err
	}
	if len(m.parse) == 0 {
		return nil
	}
	var err error
	if !m.hasTarget(tx) { // or somebody has parsed it already
		err = m.openLine(tag, r, tx)
	}
	for _, slot := range m.request.body.field.slots { // what was found in body is not what body holds
		if v := tx.scan[slot.index]; v != nil && len(slot.path) == 0 && tx.opened.isIn(tx.event, v) {
			tx.scan[slot.index] = nil
		}
	}
	return err
}

// hasRequest reports whether the record has fields of a request.
func (m *Mapping) hasRequest(tx *Transaction) bool { return hasAny(tx, m.request.all) }

// hasTarget reports whether the record has what was asked for. A map of that name is something else, unless it is of parameters.
func (m *Mapping) hasTarget(tx *Transaction) bool {
	for _, f := range m.request.targets {
		if v, ok := f.object(tx); ok && (f == &m.request.query || !isMap(v)) {
			return true
		}
	}
	return false
}

// isOf reports whether a log event in a record has a field of a request, or an argument: the record may have one of that name, too.
func (m *Mapping) isOf(event, r Record, tx *Transaction) bool {
	isOf := func(f *field) bool {
		for _, slot := range f.slots {
			if v, ok := tx.at(slot); ok && !isNil(v) && (event.has(v) || !r.has(v)) {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(m.request.all, isOf) || slices.ContainsFunc(m.args, func(a namedField) bool { return isOf(&a.field) })
}

// hasAny reports whether the record has one of the fields.
func hasAny(tx *Transaction, fields []*field) bool {
	for _, f := range fields {
		if _, ok := f.object(tx); ok {
			return true
		}
	}
	return false
}

// hasArgs reports whether the record has a field that is an argument.
func (m *Mapping) hasArgs(tx *Transaction) bool {
	for i := range m.args {
		if _, ok := m.args[i].object(tx); ok {
			return true
		}
	}
	return false
}

// scan finds the mapping's keys in one pass over a record.
func (m *Mapping) scan(r Record, tx *Transaction) error {
	i := 0
	err := r.fields(func(key []byte, value Record) {
		k := tx.keys.at(i, key, m)
		i++
		if k.slot >= 0 && (!k.additional || tx.scan[k.slot] == nil) {
			if earlier := tx.scan[k.slot]; earlier != nil && r.has(earlier) {
				tx.note(key, earlier, value)
			}
			tx.scan[k.slot] = value
		}
		if k.prefix != nil {
			if k.additional {
				key = key[1:]
			}
			tx.prefixed = append(tx.prefixed, prefixedKey{k.prefix, view(key), value})
		}
	})
	if m.metadata >= 0 {
		tx.scan[m.metadata] = tx.Metadata // whatever a key of the record is called
	}
	for _, slot := range m.unwrap.slots {
		if v, ok := tx.at(slot); ok {
			m.unwrapMap(tx, v)
		}
	}
	return err
}

// unwrapMap takes the keys of a map, or of a list of pairs, for keys of the record.
func (m *Mapping) unwrapMap(tx *Transaction, v Record) {
	add := func(key []byte, value Record) {
		if slot, ok := m.slots[string(key)]; ok && tx.scan[slot] == nil {
			tx.scan[slot] = value
		}
		if p := m.prefixOf(key); p != nil {
			tx.prefixed = append(tx.prefixed, prefixedKey{p, view(key), value})
		}
	}
	if isMap(v) {
		_ = v.fields(add)
		return
	}
	eachElement(v, func(e Record) {
		if name, value, ok := pair(e); ok {
			add([]byte(name), otlpValue(value))
		}
	})
}

// keyCache has the keys of the record before, as most records of a log have the same
// keys in the same order: comparing with what was there is faster than looking up.
type keyCache struct {
	of   *Mapping
	keys []rememberedKey
}

type rememberedKey struct {
	key        []byte
	slot       int         // where the mapping wants the value, or -1
	additional bool        // _name, which counts as name if there is no such key: GELF's additional fields
	prefix     *prefixSpec // by which it is a header, or nil
}

const (
	maxRememberedKeys = 256
	maxRememberedKey  = 128 // bytes
)

// at is what the mapping wants of the i-th key of a record.
func (k *keyCache) at(i int, key []byte, m *Mapping) rememberedKey {
	if i < len(k.keys) && string(k.keys[i].key) == string(key) {
		return k.keys[i]
	}
	slot, prefix := m.slotOf(view(key)), m.prefixOf(key)
	additional := slot < 0 && prefix == nil && len(key) > 1 && key[0] == '_'
	if additional {
		slot, prefix = m.slotOf(view(key[1:])), m.prefixOf(key[1:])
	}
	switch {
	case len(key) > maxRememberedKey, i >= maxRememberedKeys, i > len(k.keys):
		return rememberedKey{slot: slot, additional: additional, prefix: prefix} // not remembered, as one before it may be
	case i < len(k.keys):
	case i < cap(k.keys):
		k.keys = k.keys[:i+1] // with the memory of a former key
	default:
		k.keys = append(k.keys, rememberedKey{})
	}
	r := &k.keys[i]
	r.key, r.slot, r.additional, r.prefix = append(r.key[:0], key...), slot, additional, prefix
	return *r
}

// detects reports whether the record that was read is one of the mapping's.
func (m *Mapping) detects(tx *Transaction) bool {
	return allHold(m.detect, tx)
}

func (m *Mapping) fill(r Record, tx *Transaction) error {
	tx.Time = m.time.read(m, tx)
	tx.Client = m.endpoint(tx, &m.client)
	tx.Server = m.endpoint(tx, &m.server)
	loggedRequest := m.fillRequest(tx)
	loggedResponse := m.fillResponse(tx)
	m.fillArgs(tx)
	if tx.URI == "" && len(tx.RequestHeaders) == 0 && loggedRequest == "" && loggedResponse == "" && len(tx.Args) == 0 {
		if err := m.findNotText(tx); err != nil {
			return err
		}
		if m.hasRequest(tx) {
			return ErrSkipped // the fields are there: a connection without a request
		}
		return ErrUnmapped
	}
	for _, s := range tx.leftOver {
		tx.addArg(leftOverName, s)
	}
	tx.notText = m.findNotText(tx)
	m.fillWorkloads(tx, m.forwarded(tx))
	m.fillSession(tx)
	tx.RequestBody = m.request.body.read(m, tx, loggedRequest, tx.RequestHeaders)
	tx.RequestBody.readYAML(tx.RequestHeaders)
	tx.ResponseBody = m.response.body.read(m, tx, loggedResponse, tx.ResponseHeaders)
	m.observe(tx)
	m.fillAlert(tx, loggedRequest, loggedResponse)
	m.fillOrigin(r, tx)
	if len(tx.doubled) > 0 {
		m.addDoubled(tx)
	}
	return nil
}

// leftOverName is the argument that has what is left over of a line.
const leftOverName = "log.rest"

// fillRequest reads the request's head and returns its body as logged.
func (m *Mapping) fillRequest(tx *Transaction) (body string) {
	spec := &m.request
	head := m.headerBlock(tx, &spec.headers, tx.RequestHeaders, &tx.Observed.Request)
	method, uri, protocol := splitRequestLine(head.start)
	if protocol == "" && method != "" && uri != "" && tx.Observed.Request.All {
		protocol = "HTTP/0.9" // a whole request line without a version
	}
	lineMethod, lineURI, lineProtocol := splitRequestLine(m.text(tx, &spec.line))
	if logged := m.uri(tx); logged != "" && head.start != "" && protocol == "" {
		head.headers = append(head.headers, parseHeader(head.start)) // a header with a space in its name
		method, uri = "", ""
	}

	tx.Method = first(m.text(tx, &spec.method), first(lineMethod, method))
	tx.URI = first(m.uri(tx), first(lineURI, uri))
	if strings.HasPrefix(uri, tx.URI) {
		tx.URI = uri // a probe may cut the field and not the block
	}
	tx.Protocol = httpVersion(first(m.text(tx, &spec.protocol), first(lineProtocol, protocol)))
	tx.RequestHeaders = head.headers
	m.addCookies(tx)

	host := m.text(tx, &spec.host)
	if h, ok := HeaderValue(tx.RequestHeaders, "host"); ok {
		host = h
	}
	if tx.URI != uri {
		host = tx.originForm(host)
	}
	tx.Host = withoutPort(host)
	logged, p := m.bodyText(tx, &spec.body)
	tx.Observed.RequestBody = p != absent && p != hidden || head.rest != ""
	return first(logged, head.rest)
}

// fillResponse reads the response's head and returns its body as logged.
func (m *Mapping) fillResponse(tx *Transaction) (body string) {
	spec := &m.response
	head := m.headerBlock(tx, &spec.headers, tx.ResponseHeaders, &tx.Observed.Response)
	version, rest, _ := strings.Cut(head.start, " ")
	tx.ResponseVersion = httpVersion(first(m.text(tx, &spec.protocol), version))
	code, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	tx.Status = status(first(m.text(tx, &spec.status), code))
	tx.ResponseHeaders = head.headers
	logged, p := m.bodyText(tx, &spec.body)
	tx.Observed.ResponseBody = p != absent && p != hidden || head.rest != ""
	return first(logged, head.rest)
}

// fillAlert reads what only alerts show. The bodies are those that the log has, also behind the heads.
func (m *Mapping) fillAlert(tx *Transaction, loggedRequest, loggedResponse string) {
	verbatim := func(f *field) string {
		if f.isSet() {
			return m.verbatim(tx, f)
		}
		return ""
	}
	tx.Alert = AlertFields{
		Message: verbatim(&m.alert.message),
		Forward: verbatim(&m.alert.forward),
		Source:  verbatim(&m.alert.source),
		Host:    verbatim(&m.alert.host),
		Domain:  verbatim(&m.alert.domain),
		GeoIP:   verbatim(&m.alert.geoip),
		Status:  shownStatus(verbatim(&m.response.status), tx.Status),
	}
	tx.Alert.RequestHeader, tx.Alert.RequestBody = m.loggedParts(tx, &m.request.headers.raw, &m.request.body, loggedRequest)
	tx.Alert.ResponseHeader, tx.Alert.ResponseBody = m.loggedParts(tx, &m.response.headers.raw, &m.response.body, loggedResponse)
}

// loggedParts are a head and a body as the log has them, the body behind the head if it has no field of its own.
func (m *Mapping) loggedParts(tx *Transaction, raw *field, b *bodySpec, logged string) (head, body string) {
	if raw.isSet() {
		if head = m.verbatim(tx, raw); raw.decode != nil {
			head = m.text(tx, raw)
		}
	}
	if before, ok := strings.CutSuffix(head, logged); ok && !b.field.isSet() {
		return before, logged
	}
	return head, m.loggedBody(tx, b)
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
