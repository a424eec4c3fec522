package mapping

import (
	"bytes"
	"strings"
)

// auditLog is an entry of ModSecurity's audit log in its native form, a text of many lines: sections that begin with a
// boundary, which is another one in each entry, and a letter.
//
//	--c7036611-A--
//	[20/Nov/2026:10:11:12.345678 +0000] aG3kPwoA 203.0.113.7 40112 198.51.100.9 443
//	--c7036611-B--
//	POST /comment HTTP/1.1
//	Host: shop.example.com
//
//	--c7036611-C--
//	text=hello
//	--c7036611-Z--
//
// Source: ModSecurity, "ModSecurity 2 Data Formats", "Audit Log".
type auditLog struct {
	time, id                               string
	clientIP, clientPort, hostIP, hostPort string
	request, body, response, responseBody  string
	hasBody                                bool
}

// readAuditLog reads an entry. It is none without the sections A and B.
func readAuditLog(text string) (a auditLog, ok bool) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	first, rest, more := strings.Cut(text, "\n")
	boundary, ok := strings.CutSuffix(first, "A--")
	if !ok || !more || !strings.HasPrefix(boundary, "--") || !strings.HasSuffix(boundary, "-") {
		return a, false
	}
	section := byte('A')
	for {
		content, after, ended := strings.Cut(rest, "\n"+boundary)
		if empty, ok := strings.CutPrefix(rest, boundary); ok {
			content, after, ended = "", empty, true
		}
		a.add(section, content, ended)
		if !ended || len(after) < len("B--") {
			break
		}
		section, rest = after[0], strings.TrimPrefix(after[len("B--"):], "\n")
	}
	if len(boundary) == len("---")+corazaBoundary {
		a.unescape()
	}
	return a, a.clientIP != "" && a.request != ""
}

// AuditLogEntry is how many bytes an entry of an audit log takes at the start of a text, and whether it is there up to its
// end. It is 0 if the text begins with something else.
func AuditLogEntry(text []byte) (n int, whole bool) {
	if !bytes.HasPrefix(text, []byte("--")) {
		return 0, false
	}
	end := bytes.IndexByte(text, '\n')
	if end < 0 {
		return 0, false
	}
	boundary, ok := bytes.CutSuffix(bytes.TrimRight(text[:end], "\r"), []byte("A--"))
	if !ok || len(boundary) > 64 || boundary[len(boundary)-1] != '-' || bytes.ContainsAny(boundary, " \t\"") {
		return 0, false
	}
	last := append(append([]byte("\n"), boundary...), "Z--"...)
	at := bytes.Index(text[end:], last)
	if at < 0 {
		return len(text), false
	}
	n = end + at + len(last)
	if line := bytes.IndexByte(text[n:], '\n'); line >= 0 {
		n += line + 1
	}
	return n, true
}

func (a *auditLog) add(section byte, content string, whole bool) {
	switch section {
	case 'A':
		end := strings.IndexByte(content, ']')
		words := strings.Fields(content[end+1:])
		if end > 0 && len(words) >= 5 {
			a.time, a.id = content[:end+1], words[0]
			a.clientIP, a.clientPort, a.hostIP, a.hostPort = words[1], words[2], words[3], words[4]
		}
	case 'B':
		a.request = endHead(content, whole)
	case 'C', 'I': // I is C without the files in it
		if !a.hasBody {
			a.body, a.hasBody = strings.TrimSuffix(content, "\n"), true
		}
	case 'E':
		a.responseBody = strings.TrimSuffix(content, "\n")
	case 'F':
		a.response = endHead(content, whole)
	}
}

// endHead ends a block of headers with its empty line, which the section's end stands for.
func endHead(content string, whole bool) string {
	head := strings.TrimRight(content, "\n")
	if !whole || head == "" {
		return content
	}
	return head + "\n\n"
}

// corazaBoundary is how long Coraza's boundaries are. It escapes what would end a line.
const corazaBoundary = 16

var (
	corazaBody = strings.NewReplacer(`\\`, `\`, `\r`, "\r", `\n`, "\n")
	corazaHead = strings.NewReplacer(`\\`, `\`) // a line break in a header's value would make another header
)

func (a *auditLog) unescape() {
	a.request = corazaHead.Replace(a.request)
	a.body, a.responseBody = corazaBody.Replace(a.body), corazaBody.Replace(a.responseBody)
}

// values appends what the mapping wants of the entry.
func (a *auditLog) values(m *Mapping, values []parsed) []parsed {
	for _, v := range []struct{ name, value string }{
		{"time", a.time}, {"unique_id", a.id}, {"client_ip", a.clientIP}, {"client_port", a.clientPort},
		{"host_ip", a.hostIP}, {"host_port", a.hostPort}, {"request", a.request}, {"response", a.response},
		{"request_body", a.body}, {"response_body", a.responseBody},
	} {
		if v.value != "" {
			values = m.appendParsed(values, v.name, v.value)
		}
	}
	return values
}
