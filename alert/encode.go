package alert

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// AppendEvent appends the alert as an event of Fluent Bit, [[time, {}], {…}].
// rawTime is the time of the record's event in msgpack. Under textKey, unless it
// is empty, stands the whole alert as one text, in place of a key of the format that has the
// same name. Bytes that are not UTF-8 stay as they are, but in the text, where they become U+FFFD.
func (a *Alert) AppendEvent(dst, rawTime []byte, format Format, textKey string) []byte {
	record, text := inFormat(a, format)
	return appendEvent(dst, rawTime, format, record, text, textKey)
}

// formatted is what has each format: an alert, an incident.
type formatted interface {
	msa() object
	msaText() string // empty: it is the object's JSON
	ecs() object
	ocsf() object
	modsecurity() object
	falco() object
	cef() string
	leef() string
	textObject() object // beside CEF and LEEF
}

// inFormat is an alert or an incident in a format: the record, and the text if that is not the record's JSON.
func inFormat(of formatted, format Format) (record object, text string) {
	switch format {
	case ECS:
		return of.ecs(), ""
	case OCSF:
		return of.ocsf(), ""
	case CEF:
		return of.textObject(), of.cef()
	case LEEF:
		return of.textObject(), of.leef()
	case ModSecurity:
		return of.modsecurity(), ""
	case Falco:
		return of.falco(), ""
	default:
		return of.msa(), of.msaText()
	}
}

// appendEvent appends [[time, {}], record], with the text under textKey.
func appendEvent(dst, rawTime []byte, format Format, record object, text, textKey string) []byte {
	if textKey != "" {
		if text == "" {
			text = string(record.JSON())
		}
		record = record.without(textKey)
		if format == Falco {
			record = append(record, falcoHeaders...)
		}
		record.set(textKey, text)
	}
	dst = slices.Grow(dst, 2<<10+2*len(text))
	dst = msgp.AppendArrayHeader(dst, 2)
	dst = msgp.AppendArrayHeader(dst, 2)
	dst = append(dst, rawTime...)
	dst = msgp.AppendMapHeader(dst, 0)
	return record.appendMsgpack(dst)
}

// msa is the alert in format msa.
func (a *Alert) msa() object {
	o := a.settled
	if o == nil {
		o = a.unidentified()
	}
	return slices.Concat(o[:originalKeys], a.ids(), o[originalKeys:])
}

func (a *Alert) ids() object {
	ids := object{{"id", a.uid()}}
	ids.add("incident_id", a.Incident)
	return ids
}

// msaText is the JSON of format msa, if what it has beside ids is there already.
func (a *Alert) msaText() string {
	if a.text == nil {
		return ""
	}
	ids := a.ids().JSON()
	return string(slices.Concat(a.text[:a.idsAt], []byte(","), ids[1:len(ids)-1], a.text[a.idsAt:]))
}

// unidentified is the alert in format msa, but without its ids.
func (a *Alert) unidentified() object {
	o := make(object, 0, 52)
	a.each(o.set)
	return o
}

// JSON is the alert in format msa as one JSON object, in valid UTF-8, its keys in order.
func (a *Alert) JSON() []byte { return a.msa().JSON() }

// lastSecond is the last of an EventTime, in 2106: the two after it are -1 and -2, where a group of events begins and ends.
const lastSecond = math.MaxUint32 - 2

// AppendTime appends a time as Fluent Bit's EventTime, extension 0: seconds and
// nanoseconds, big-endian. A time that it can't hold becomes the nearest that it can.
func AppendTime(dst []byte, t time.Time) []byte {
	if s := t.Unix(); s < 0 || s > lastSecond {
		t = time.Unix(min(max(s, 0), lastSecond), 0)
	}
	dst = append(dst, 0xd7, 0x00)
	dst = binary.BigEndian.AppendUint32(dst, uint32(t.Unix()))
	return binary.BigEndian.AppendUint32(dst, uint32(t.Nanosecond()))
}

// AppendVerdict appends a verdict as a msgpack map for the record itself: the strings
// alert ("true" or "false"), rule_id, msg and severity, which filters such as
// rewrite_tag can match, the numbers score_in and score_out, and rules, the ids of all matches. client_workload and
// server_workload are there if they are known. The masker is the transaction's, nil where nothing is masked.
func AppendVerdict(dst []byte, masker *sensitive.Masker, v *engine.Verdict, tx *mapping.Transaction, alarmed bool) []byte {
	top := *v.Top()
	if masker != nil {
		top.Message = masker.Mask(top.Message)
	}
	workloads := with("client_workload", tx.ClientWorkload.String())
	workloads.add("server_workload", tx.ServerWorkload.String())
	dst = msgp.AppendMapHeader(dst, uint32(7+len(workloads)))
	dst = msgp.AppendString(dst, "alert")
	dst = msgp.AppendString(dst, strconv.FormatBool(alarmed))
	dst = msgp.AppendString(dst, "rule_id")
	dst = msgp.AppendString(dst, strconv.Itoa(top.RuleID))
	dst = msgp.AppendString(dst, "msg")
	dst = msgp.AppendString(dst, top.Message)
	dst = msgp.AppendString(dst, "severity")
	dst = msgp.AppendString(dst, strconv.Itoa(severity(top.Severity)))
	dst = msgp.AppendString(dst, "score_in")
	dst = msgp.AppendInt(dst, v.ScoreIn)
	dst = msgp.AppendString(dst, "score_out")
	dst = msgp.AppendInt(dst, v.ScoreOut)
	dst = msgp.AppendString(dst, "rules")
	dst = msgp.AppendArrayHeader(dst, uint32(len(v.Matches)))
	for _, m := range v.Matches {
		dst = msgp.AppendInt(dst, m.RuleID)
	}
	for _, w := range workloads {
		dst = appendValue(msgp.AppendString(dst, w.key), w.value)
	}
	return dst
}
