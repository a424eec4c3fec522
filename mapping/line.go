package mapping

import (
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/tinylib/msgp/msgp"
)

// parseStep opens records that are one string.
type parseStep struct {
	field    field // whatever carries a log event, unless it is set
	format   format
	patterns []pattern
	regex    *regexp.Regexp
	groups   []int        // slots of the regex's groups, -1 where nobody wants them
	columns  columnLayout // of format w3c
	ends     string       // how the line must end, which is cheaper to find than a pattern
	contains string       // what the line must have in it, likewise

	unescaped bool // quotes between quotes are not escaped
}

type format int

const (
	formatJSON format = iota + 1
	formatPattern
	formatHAProxy
	formatRegex
	formatW3C
	formatCombined
	formatCommon
	formatLogfmt
	formatAuditLog
	formatCEF
	formatLEEF
	formatRequest
	formatLTSV
	formatFields
)

// namedPatterns are the lines of well-known formats. Sources: AWS, "Access logs for your Application Load
// Balancer"; HAProxy's Configuration Manual, "HTTP log format".
var namedPatterns = map[string][]string{
	"alb": {
		albHead + ` $ssl_cipher $ssl_protocol $target_group_arn "$trace_id" "$domain_name" "$chosen_cert_arn" $matched_rule_priority $request_creation_time "$actions_executed"`,
		albHead, // lines of former years end earlier
	},
	"haproxy": {
		haproxyHead + `{$captured_request_headers} {$captured_response_headers} "$request"`,
		haproxyHead + `{$captured_request_headers} "$request"`,
		haproxyHead + `"$request"`,
	},
}

const albHead = `$type $time $elb $client_port $target_port $request_processing_time $target_processing_time $response_processing_time ` +
	`$elb_status_code $target_status_code $received_bytes $sent_bytes "$request" "$user_agent"`

const haproxyHead = `$client [$accept_date] $frontend $backend/$server $timers $status $bytes_read ` +
	`$captured_request_cookie $captured_response_cookie $termination_state $connections $queues `

// parsed is one value of a line.
type parsed struct {
	slot  int
	value string
}

func (y *yamlReader) parseSteps(into *[]parseStep) func(ast.Node) error {
	return func(node ast.Node) error {
		return y.each(node, func(n ast.Node) error {
			step, err := y.parseStep(n)
			*into = append(*into, step)
			return err
		})
	}
}

func (y *yamlReader) parseStep(node ast.Node) (step parseStep, err error) {
	var name string
	var nameNode, patternNode ast.Node
	var patterns []string
	formats := map[string]format{
		"json": formatJSON, "pattern": formatPattern, "regex": formatRegex, "w3c": formatW3C,
		"combined": formatCombined, "common": formatCommon, "alb": formatPattern, "haproxy": formatHAProxy, "logfmt": formatLogfmt, "auditlog": formatAuditLog,
		"cef": formatCEF, "leef": formatLEEF, "request": formatRequest, "ltsv": formatLTSV,
		"fields": formatFields,
	}
	err = y.members(node, "parse", readers{
		"field": func(n ast.Node) error {
			return y.accessors(n, &step.field.anyOf)
		},
		"format": func(n ast.Node) error {
			nameNode = n
			if err := choice(y, "format", &step.format, formats)(n); err != nil {
				return err
			}
			name, err = y.text(n)
			return err
		},
		"pattern": func(n ast.Node) (err error) {
			patternNode = n
			patterns, err = y.texts(n)
			return err
		},
		"ends":     y.textInto(&step.ends),
		"contains": y.textInto(&step.contains),
		"decode":   y.decode(&step.field.decode),
		"escape":   choice(y, "escape", &step.unescaped, map[string]bool{"backslash": false, "none": true}),
		"columns": func(n ast.Node) error {
			all, err := y.texts(n)
			for _, s := range all {
				step.columns.names = append(step.columns.names, strings.Fields(s)...)
			}
			return err
		},
		"separator": func(n ast.Node) (err error) {
			step.columns.quoted = true
			if step.columns.separator, err = y.text(n); err == nil && (len(step.columns.separator) != 1 || step.columns.separator == `"`) {
				return positioned(n, "a separator is one character that is no quote, not %q", step.columns.separator)
			}
			return err
		},
	})
	if err != nil {
		return step, err
	}
	step.field.plain = step.field.decode == nil
	if len(step.field.anyOf) == 0 && step.field.decode != nil {
		return step, positioned(node, "decode needs field")
	}
	if nameNode == nil {
		return step, positioned(node, "parse needs format: %s", suggest("", formats))
	}
	wantsPattern := name == "pattern" || name == "regex"
	switch {
	case wantsPattern && len(patterns) == 0:
		return step, positioned(nameNode, "format %s needs pattern", name)
	case !wantsPattern && patternNode != nil:
		return step, positioned(patternNode, "format %s has no pattern of its own: format pattern or regex takes one", name)
	case (step.columns.names != nil || step.columns.separator != "") && step.format != formatW3C:
		return step, positioned(nameNode, "columns and separator are for format w3c only")
	case step.format == formatRegex:
		if len(patterns) > 1 {
			return step, positioned(patternNode, "format regex takes one pattern; more are more steps")
		}
		if step.regex, err = regexp.Compile(patterns[0]); err != nil {
			return step, positioned(patternNode, "cannot read pattern %q: %w", patterns[0], err)
		}
		return step, nil
	case !wantsPattern:
		patterns = namedPatterns[name]
	}
	for _, text := range patterns {
		p, err := parsePattern(text)
		if err != nil {
			return step, positioned(patternNode, "%w", err)
		}
		for i := range p.parts {
			p.parts[i].quoted = p.parts[i].quoted && !step.unescaped
			// In a pattern of one's own any may be.
			p.parts[i].spaces = wantsPattern || strings.Contains(p.parts[i].name, "user") || strings.HasPrefix(p.parts[i].name, "captured_")
		}
		step.patterns = append(step.patterns, p)
	}
	return step, nil
}

// bind finds the places in the scan that the step fills.
func (s *parseStep) bind(m *Mapping) {
	for i := range s.patterns {
		for j := range s.patterns[i].parts {
			part := &s.patterns[i].parts[j]
			part.slot = m.slotOf(part.name)
		}
	}
	if s.regex != nil {
		for _, name := range s.regex.SubexpNames() {
			s.groups = append(s.groups, m.slotOf(name))
		}
	}
}

// slotOf is where the mapping wants a key's value, or -1.
func (m *Mapping) slotOf(key string) int {
	if i, ok := m.slots[key]; ok && key != "" {
		return i
	}
	return -1
}

// openLine parses the record's text if it has one. It fails with ErrSkipped for lines that
// tell of the log itself; a line that no step understands leaves the record as it is.
func (m *Mapping) openLine(tag string, r Record, tx *Transaction) error {
	for i := range m.parse {
		step := &m.parse[i]
		if step.format == formatFields && m.adds {
			continue
		}
		if step.format == formatFields && m.findFields(r, tx) {
			return nil
		}
		from, until := m.events(r, tx, step)
		for j := from; j < until; j++ {
			if done, err := m.openEvent(tag, step, r, j, tx); done || err != nil {
				return err
			}
		}
	}
	return nil
}

// events are the log events in the field of a step, or in whatever field carries one.
func (m *Mapping) events(r Record, tx *Transaction, step *parseStep) (from, until int) {
	if len(step.field.anyOf) == 0 {
		return tx.opened.carriedBy(r)
	}
	text, p := m.value(tx, &step.field)
	if p != present {
		return 0, 0
	}
	return tx.opened.text(text)
}

// openEvent tries a step on a log event. done says that the record has been understood.
func (m *Mapping) openEvent(tag string, step *parseStep, r Record, event int, tx *Transaction) (done bool, err error) {
	e := &tx.opened.events[event]
	if !step.mayRead(e) {
		return false, nil
	}
	switch step.format {
	case formatJSON:
		if e.object == nil {
			return false, nil
		}
		err = m.scan(e.object, tx)
		tx.event = event
		if done = err == nil && m.isOf(e.object, r, tx); done {
			tx.leftOver = append(tx.leftOver, leftBefore(e.before, len(e.before))...)
		}
		return done, err
	case formatFields:
		if e.object != nil {
			if done = m.findFields(e.object, tx); done {
				tx.leftOver = append(tx.leftOver, leftBefore(e.before, len(e.before))...)
			}
		}
		for i := len(e.lines) - 1; !done && i >= 0; i-- {
			line := e.lines[i]
			mayBePairs, labelsFirst := e.object == nil && i == len(e.lines)-1, hasMarkedEnds(line)
			done = labelsFirst && m.findLabelled(line, tx) || mayBePairs && m.findPairs(line, tx) || !labelsFirst && m.findLabelled(line, tx)
		}
		if done {
			tx.event = event
			tx.leftOver = append(tx.leftOver, e.beside...)
		}
		return done, nil
	}
	if e.text == "" {
		return false, nil
	}
	if step.format == formatW3C && m.directive(tag, e.lines[len(e.lines)-1], !tx.explaining) {
		return false, ErrSkipped
	}
	values, rest, ok := step.matchAny(m, tag, e.lines, tx.parsed[:0])
	tx.parsed = values[:0]
	if !ok {
		return false, nil
	}
	for _, v := range values {
		start := len(tx.scratch)
		tx.scratch = msgp.AppendString(tx.scratch, v.value)
		tx.scan[v.slot] = Record(tx.scratch[start:len(tx.scratch):len(tx.scratch)])
	}
	tx.event = event
	tx.leftOver = append(append(tx.leftOver, rest...), e.beside...)
	return true, nil
}

// mayRead reports whether a line is worth trying, by what is cheap to see. All its layers end as it does. What is no text
// always is.
func (s *parseStep) mayRead(e *carried) bool {
	if e.text == "" {
		return true
	}
	whole := e.lines[0]
	return strings.HasSuffix(whole, s.ends) && strings.Contains(whole, s.contains) &&
		(s.format != formatRequest || e.object == nil && anyRequest.MatchString(whole))
}

// matchAny appends the values that a line has for the mapping, and tells what of it no field has. The line is tried
// as it is, then without its prefixes; what is lenient tries it without all prefixes first, as these would pass for
// values.
func (s *parseStep) matchAny(m *Mapping, tag string, lines []string, values []parsed) (out []parsed, rest []string, ok bool) {
	try := func(line string, how leniency) bool {
		if s.format != formatRegex && s.format != formatAuditLog {
			line, _, _ = strings.Cut(line, "\n") // what follows belongs to something else
		}
		out, rest, ok = s.match(m, tag, line, how, values)
		ok = ok && (s.isEvent() || m.clientFits(out))
		return ok
	}
	for i := range lines {
		line := lines[i]
		if s.format == formatLogfmt {
			line = lines[len(lines)-1-i] // the pairs in a prefix are a syslog daemon's
		}
		if s.format != formatRequest && try(line, strictly) {
			return out, rest, true
		}
	}
	for _, how := range s.leniencies() {
		for i := len(lines) - 1; i >= 0; i-- {
			if try(lines[i], how) {
				return out, rest, true
			}
		}
	}
	return values, nil, false
}

// isEvent reports whether a line has a head that tells its format, so that no value can be taken for another: not even a client whose address
// somebody has masked.
func (s *parseStep) isEvent() bool { return s.format == formatCEF || s.format == formatLEEF }

// clientFits reports whether what stands where the mapping has the client is an address, a list of addresses, or the
// name of a host. If it is none, something else stands before the line.
func (m *Mapping) clientFits(values []parsed) bool {
	for _, slot := range m.client.address.slots {
		i := slices.IndexFunc(values, func(v parsed) bool { return v.slot == slot.index })
		if i < 0 || m.none.has(values[i].value) {
			continue
		}
		client, _ := splitAddress(values[i].value)
		return isAddressList(client) || isHostName(client) || isNobody(client)
	}
	return true
}

// leniencies are the ways to read a line that does not fit strictly.
func (s *parseStep) leniencies() []leniency {
	if len(s.patterns) > 0 || s.format == formatRequest {
		return []leniency{loosely, cut}
	}
	return nil
}

// match appends the values that the line has for the mapping.
func (s *parseStep) match(m *Mapping, tag, line string, how leniency, values []parsed) (out []parsed, rest []string, ok bool) {
	switch s.format {
	case formatRegex:
		at := s.regex.FindStringSubmatchIndex(line)
		if at == nil {
			return values, nil, false
		}
		for i, slot := range s.groups {
			if slot >= 0 && at[2*i] >= 0 {
				values = append(values, parsed{slot, line[at[2*i]:at[2*i+1]]})
			}
		}
		return values, appendLeftOver(leftBefore(line, at[0]), line[at[1]:]), true
	case formatW3C:
		layout := s.columns
		if learned, ok := m.columns.of(tag); ok {
			layout = learned
		}
		values, ok = m.matchColumns(layout, line, values)
		return values, nil, ok
	case formatCombined, formatCommon:
		a, ok := readAccessLine(line)
		if !ok || s.format == formatCombined && !a.hasReferer && !a.hasAgent && !a.cut {
			return values, nil, false
		}
		values = a.values(m, values)
		return values, a.rest, true
	case formatLogfmt:
		pairs, before, rest := readLogfmt(line, func(key, value string) { values = m.appendParsed(values, key, value) })
		return values, appendLeftOver(leftBefore(before, len(before)), strings.Join(rest, " ")), pairs > 1 && len(values) > 0
	case formatLTSV:
		pairs := readLTSV(line, func(key, value string) { values = m.appendParsed(values, key, value) })
		return values, nil, pairs > 2 && len(values) > 0
	case formatCEF:
		ok := readCEF(line, func(key, value string) { values = m.appendParsed(values, key, value) })
		return values, nil, ok
	case formatLEEF:
		ok := readLEEF(line, func(key, value string) { values = m.appendParsed(values, key, value) })
		return values, nil, ok
	case formatRequest:
		a, ok := readAnyLine(line, how)
		if !ok {
			return values, nil, false
		}
		return a.values(m, values), a.rest, true
	case formatAuditLog:
		a, ok := readAuditLog(line)
		if !ok {
			return values, nil, false
		}
		return a.values(m, values), nil, true
	case formatHAProxy:
		client, _, _ := strings.Cut(line, " ")
		if colon := strings.LastIndexByte(client, ':'); colon >= 0 { // IPv6 has no brackets here
			values = m.appendParsed(values, "client_ip", client[:colon])
			values = m.appendParsed(values, "client_port", client[colon+1:])
		}
	}
	for i := range s.patterns {
		if out, left, ok := s.patterns[i].match(line, how, values); ok {
			rest = appendLeftOver(nil, left)
			if s.format == formatHAProxy {
				out, rest = m.appendCaptured(out, rest, line)
			}
			return out, rest, true
		}
	}
	return values, nil, false
}

// leftBefore is what is left over of a line before a place in it. Prefixes are no part of the line.
func leftBefore(line string, at int) []string {
	var left []string
	for from, n := 0, 0; n < maxLayers; n++ {
		left = left[:0]
		for _, one := range strings.Split(line[from:at], "\n") {
			left = appendLeftOver(left, strings.TrimSuffix(one, "\r"))
		}
		if left = slices.DeleteFunc(left, headField.MatchString); len(left) == 0 {
			return nil
		}
		rest, ok := peel(line[from:], &origin{})
		rest = strings.TrimLeft(rest, " \t")
		if !ok || len(line)-len(rest) > at {
			return left
		}
		from = len(line) - len(rest)
	}
	return left
}

// headField is the number of a process as Ruby's Logger has it, NetScaler's time, and who writes for Akka.
var headField = regexp.MustCompile(`^(?:#\d+\]|\d\d/\d\d/\d{4}:\d\d:\d\d:\d\d|\[[\w.]+\.ActorSystemImpl\([\w-]+\)\])$`)

// capturedHeaders are the request's in HAProxy's line, before those of the response if there are any.
var capturedHeaders = regexp.MustCompile(` \{([^{}]*)\} (?:\{[^{}]*\} )?"`)

var decodeCaptured = decodeHexAfter("#")

// appendCaptured takes the headers that HAProxy has captured, of which the line does not have the names: what looks like a host or an agent is
// one, and rules see the others as what is left over.
func (m *Mapping) appendCaptured(values []parsed, rest []string, line string) ([]parsed, []string) {
	found := capturedHeaders.FindStringSubmatch(line)
	if found == nil || m.slotOf("captured_agent") < 0 {
		return values, rest
	}
	var agent, host string
	for _, value := range strings.Split(found[1], "|") {
		switch value = decodeCaptured(value); {
		case agent == "" && anyAgent.MatchString(value):
			agent = value
			values = m.appendParsed(values, "captured_agent", value)
		case host == "" && anyDomain.MatchString(value):
			host = value
			values = m.appendParsed(values, "captured_host", value)
		default:
			rest = appendLeftOver(rest, value)
		}
	}
	return values, rest
}

func (m *Mapping) appendParsed(values []parsed, name, value string) []parsed {
	if slot := m.slotOf(name); slot >= 0 {
		values = append(values, parsed{slot, value})
	}
	return values
}
