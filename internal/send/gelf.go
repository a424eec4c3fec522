package send

import (
	"cmp"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"strings"

	jsoniter "github.com/json-iterator/go"

	"github.com/modsecurity-for-anylog/msa/internal/event"
)

// Limits of GELF over UDP. Source: https://go2docs.graylog.org/current/getting_in_log_data/gelf.html
const (
	gelfDatagram = 8192
	gelfHeader   = 12
	gelfChunks   = 128
	gelfChunk    = gelfDatagram - gelfHeader
)

// gelf writes alerts as GELF 1.1: the alert's JSON object, its names as they are
// because receivers of the original MSA know them, with what GELF demands added.
type gelf struct {
	hostname string
}

// pack is an alert in one datagram, or in several.
func (g gelf) pack(a event.Alert) ([][]byte, error) {
	object, added := gelfObject(a, g.hostname), gelfFields(a)
	object, ok := shorten(object, gelfChunks*gelfChunk-len(added))
	if !ok {
		return nil, errTooLong
	}
	message := append([]byte(strings.TrimSuffix(object, "}")), added...)
	if len(message) <= gelfDatagram {
		return [][]byte{message}, nil
	}
	return gelfSplit(message, rand.Uint64()), nil
}

// gelfObject is the alert as a JSON object with a host: receivers refuse messages
// without.
func gelfObject(a event.Alert, hostname string) string {
	text := a.Text()
	host := `"host":` + quote(hostname)
	switch {
	case !strings.HasPrefix(text, "{") || !strings.HasSuffix(text, "}"):
		return "{" + host + `,"full_message":` + quote(text) + "}"
	case !a.Has("host"):
		return "{" + host + strings.TrimPrefix(","+text[1:], ",}")
	case a.Get("host") == "":
		// Quotes inside of strings are escaped, so that this is the key.
		return strings.Replace(text, `"host":""`, host, 1)
	}
	return text
}

// gelfFields is the end of a GELF object: what the format demands beside a host.
func gelfFields(a event.Alert) []byte {
	message := cmp.Or(a.Get("msg"), a.Get("summary"))
	if message == "" {
		message = "rule " + ruleID(a)
	}
	b := append([]byte(`,"version":"1.1","short_message":`), quote(clip(message, 1024))...)
	b = append(b, `,"timestamp":`...)
	b = strconv.AppendInt(b, a.Time.Unix(), 10)
	b = a.Time.AppendFormat(b, ".000000")
	b = append(b, `,"level":`...)
	b = strconv.AppendInt(b, int64(severity(a)), 10)
	return append(b, '}')
}

// gelfSplit cuts a message into chunks.
func gelfSplit(message []byte, id uint64) (chunks [][]byte) {
	count := (len(message) + gelfChunk - 1) / gelfChunk
	for i := range count {
		part := message[i*gelfChunk : min((i+1)*gelfChunk, len(message))]
		c := append(make([]byte, 0, gelfHeader+len(part)), 0x1e, 0x0f)
		c = binary.BigEndian.AppendUint64(c, id)
		c = append(c, byte(i), byte(count))
		chunks = append(chunks, append(c, part...))
	}
	return chunks
}

var plainJSON = jsoniter.Config{}.Froze() // "<" stays "<"

// quote writes a JSON string, in valid UTF-8.
func quote(s string) string {
	text, err := plainJSON.MarshalToString(strings.ToValidUTF8(s, "\ufffd"))
	if err != nil {
		return `""` // can't happen with a string
	}
	return text
}

// clip keeps at most limit bytes of a text, whole characters.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}
