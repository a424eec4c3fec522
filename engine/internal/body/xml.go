package body

import (
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"

	"github.com/modsecurity-for-anylog/msa/engine/internal/order"
)

// XML reads XML 1.0 into the texts and attributes that Coraza's own finds, which closes HTML's empty elements though
// nothing in XML is HTML, and stops at the first fault. This one reads on behind faults, reads UTF-16, and shows what
// the others leave out: values of a document's own entities as texts, and what it draws in from elsewhere.
type XML struct{}

// Names of what is found, as rules have them: XML:/*, XML://@* and XML:external.
const (
	xmlTexts      = "/*"
	xmlAttributes = "//@*"
	xmlExternal   = "external" // markup that names an external entity, a DTD, or what XInclude includes
	xmlBody       = "body"     // the whole text of a body that this or the JSON processor reads: REQUEST_BODY has it not
)

// setText makes the whole text of a body one value, for rules that count in it or look at its names. Coraza's own place for it,
// REQUEST_BODY, is what rules of CRS take for a body that has no arguments.
func setText(v plugintypes.TransactionVariables, text string) {
	v.RequestXML().Set(xmlBody, []string{text})
}

// ProcessRequest fills XML, with the whole text as XML:body. It fails with what is wrong with the document, unless the body is marked as cut.
func (XML) ProcessRequest(body io.Reader, v plugintypes.TransactionVariables, o plugintypes.BodyProcessorOptions) error {
	defer order.Body(v)
	text, err := read(body)
	if err != nil {
		return err
	}
	cut := takeCut(v)
	x := scanXML(text, o.ArgumentLimit)
	setText(v, text)
	col := v.RequestXML()
	col.Set(xmlAttributes, x.attributes.all)
	col.Set(xmlTexts, x.texts.all)
	if len(x.external.all) > 0 {
		col.Set(xmlExternal, x.external.all)
	}
	if cut {
		return nil
	}
	return x.fault
}

// ProcessResponse does nothing, like Coraza's own.
func (XML) ProcessResponse(io.Reader, plugintypes.TransactionVariables, plugintypes.BodyProcessorOptions) error {
	return nil
}

// StartsXML reports whether a text begins like an XML document: with its declaration, a DOCTYPE or an element.
func StartsXML(text string) bool {
	text = strings.TrimLeft(xmlText(text[:min(len(text), 64)]), " \t\r\n")
	return len(text) > 1 && text[0] == '<' && (text[1] == '?' || text[1] == '!' || isNameStart(text[1]))
}

// values are values of one name.
type values struct {
	all []string
	bounded
}

func (v *values) add(value string) {
	if v.isApart(false, value) {
		v.all = append(v.all, value)
		return
	}
	v.join(value)
}

// end adds what is joined.
func (v *values) end() {
	if joined := v.joined(); joined != "" {
		v.all = append(v.all, joined)
	}
}

// xmlScanner finds what stands in a document.
type xmlScanner struct {
	in  string
	pos int

	texts, attributes, external values

	depth int // of open elements
	fault error
}

var (
	errXMLName = errors.New("XML: < is not followed by a name")
	errXMLEnd  = errors.New("XML: an element ends that has not begun")
	errXMLAttr = errors.New("XML: an element has something that is not an attribute")
)

func scanXML(text string, limit int) *xmlScanner {
	x := &xmlScanner{in: xmlText(text)}
	all := []*values{&x.texts, &x.attributes, &x.external}
	for _, v := range all {
		v.limit = limit
	}
	x.scan()
	for _, v := range all {
		v.end()
	}
	return x
}

func (x *xmlScanner) fail(err error) {
	if x.fault == nil {
		x.fault = err
	}
}

func (x *xmlScanner) scan() {
	start := 0 // of the text before the next markup
	for {
		i := strings.IndexByte(x.in[x.pos:], '<')
		if i < 0 {
			break
		}
		x.pos += i
		if next := x.pos + 1; next >= len(x.in) || strings.IndexByte("!?/", x.in[next]) < 0 && !isNameStart(x.in[next]) {
			x.fail(errXMLName) // a text goes on
			x.pos++
			continue
		}
		x.text(x.in[start:x.pos])
		x.markup()
		start = x.pos
	}
	if last := x.in[start:]; last != "<" {
		x.text(last)
	}
}

// text adds a text between markup.
func (x *xmlScanner) text(s string) {
	if s = strings.TrimSpace(decodeEntities(newlines(s))); s != "" {
		x.texts.add(s)
	}
}

// until goes behind an end mark, and is what stands before it. Without the mark that is all.
func (x *xmlScanner) until(mark string) string {
	rest := x.in[x.pos:]
	i := strings.Index(rest, mark)
	if i < 0 {
		x.pos = len(x.in)
		return rest
	}
	x.pos += i + len(mark)
	return rest[:i]
}

// markup goes over the markup that is next.
func (x *xmlScanner) markup() {
	const cdata = "<![CDATA["
	switch rest := x.in[x.pos:]; {
	case strings.HasPrefix(rest, "<!--"):
		x.pos += len("<!--")
		x.until("-->")
	case strings.HasPrefix(rest, cdata):
		x.pos += len(cdata)
		if s := strings.TrimSpace(newlines(x.until("]]>"))); s != "" {
			x.texts.add(s)
		}
	case rest[1] == '?':
		x.until("?>")
	case rest[1] == '!':
		x.doctype()
	case rest[1] == '/':
		if x.depth--; x.depth < 0 {
			x.fail(errXMLEnd)
			x.depth = 0
		}
		x.until(">")
	default:
		x.element()
	}
}

// element reads a start tag.
func (x *xmlScanner) element() {
	begin := x.pos
	x.pos++
	name := x.name()
	includes := strings.HasSuffix(strings.ToLower(name), ":include")
	x.depth++
	for {
		x.space()
		switch rest := x.in[x.pos:]; {
		case rest == "":
			return
		case rest[0] == '>' || strings.HasPrefix(rest, "/>"):
			if rest[0] == '/' {
				x.depth--
			}
			x.until(">")
			if includes {
				x.external.add(x.in[begin:x.pos])
			}
			return
		case rest[0] == '<': // the tag has no end
			x.fail(errXMLAttr)
			return
		case !isNameStart(rest[0]):
			x.fail(errXMLAttr)
			x.pos++
		default:
			value := x.attribute()
			includes = includes || strings.EqualFold(name, "include") && strings.Contains(strings.ToLower(value), "/xinclude")
			x.attributes.add(value)
		}
	}
}

// attribute reads an attribute and is its value; that of one without is its name.
func (x *xmlScanner) attribute() string {
	name := x.name()
	x.space()
	if !strings.HasPrefix(x.in[x.pos:], "=") {
		return name[strings.IndexByte(name, ':')+1:]
	}
	x.pos++
	x.space()
	rest := x.in[x.pos:]
	if rest == "" {
		return ""
	}
	if q := rest[0]; q == '"' || q == '\'' {
		x.pos++
		return decodeEntities(newlines(x.until(rest[:1])))
	}
	end := strings.IndexAny(rest, " \t\r\n>")
	if end < 0 {
		end = len(rest)
	}
	if strings.HasSuffix(rest[:end], "/") && strings.HasPrefix(rest[end:], ">") {
		end--
	}
	x.pos += end
	return decodeEntities(rest[:end])
}

// doctype reads a declaration outside of elements, with those in its internal subset.
func (x *xmlScanner) doctype() {
	if !x.declaration() {
		return
	}
	for x.pos < len(x.in) {
		switch rest := x.in[x.pos:]; {
		case strings.HasPrefix(rest, "<!--"):
			x.pos += len("<!--")
			x.until("-->")
		case strings.HasPrefix(rest, "<?"):
			x.until("?>")
		case strings.HasPrefix(rest, "<!"):
			x.declaration()
		case rest[0] == ']' && !strings.HasPrefix(rest, "]]"): // not the end of a conditional section
			x.until(">")
			return
		default:
			x.pos++
		}
	}
}

// declaration reads one declaration, such as <!ENTITY …>, up to its end or to the bracket before others.
func (x *xmlScanner) declaration() (open bool) {
	begin := x.pos
	x.pos += len("<!")
	keyword := strings.ToUpper(x.name())
	var literals []string
	outside := false // it names something elsewhere
	for x.pos < len(x.in) && !open {
		switch c := x.in[x.pos]; {
		case c == '>':
			x.pos++
			x.declared(keyword, x.in[begin:x.pos], outside, literals)
			return false
		case c == '"' || c == '\'':
			x.pos++
			literals = append(literals, x.until(string(c)))
		case isNameStart(c):
			word := strings.ToUpper(x.name())
			outside = outside || word == "SYSTEM" || word == "PUBLIC"
		default:
			open = c == '['
			x.pos++
		}
	}
	x.declared(keyword, x.in[begin:x.pos], outside, literals)
	return open
}

// declared notes a declaration that is outside, or the values of an entity that is not.
func (x *xmlScanner) declared(keyword, markup string, outside bool, literals []string) {
	switch {
	case outside && (keyword == "DOCTYPE" || keyword == "ENTITY"):
		x.external.add(markup)
	case keyword == "ENTITY":
		for _, l := range literals {
			x.text(l)
		}
	}
}

func (x *xmlScanner) space() {
	for x.pos < len(x.in) && strings.IndexByte(" \t\r\n", x.in[x.pos]) >= 0 {
		x.pos++
	}
}

// name reads a name.
func (x *xmlScanner) name() string {
	start := x.pos
	for x.pos < len(x.in) && (isNameStart(x.in[x.pos]) || strings.IndexByte("-.0123456789", x.in[x.pos]) >= 0) {
		x.pos++
	}
	return x.in[start:x.pos]
}

func isNameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == ':' || c >= utf8.RuneSelf
}

// newlines makes line ends what XML makes of them.
func newlines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// decodeEntities replaces references to characters, by number or by a name of HTML's. Others stay.
func decodeEntities(s string) string {
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s
	}
	var b strings.Builder
	for i >= 0 {
		b.WriteString(s[:i])
		s = s[i:]
		end := strings.IndexByte(s[:min(len(s), longestEntity)], ';')
		text, ok := "", false
		if end > 0 {
			text, ok = entity(s[1:end])
		}
		if ok {
			b.WriteString(text)
			s = s[end+1:]
		} else {
			b.WriteByte('&')
			s = s[1:]
		}
		i = strings.IndexByte(s, '&')
	}
	b.WriteString(s)
	return b.String()
}

const longestEntity = 32 // bytes, with leading zeros

func entity(name string) (text string, ok bool) {
	digits, isNumber := strings.CutPrefix(name, "#")
	if !isNumber {
		if name == "apos" {
			return "'", true // XML has it, HTML 4 has not
		}
		text, ok = xml.HTMLEntity[name]
		return text, ok
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune {
		return "", false
	}
	return string(rune(n)), true
}

// xmlText is a document's text in UTF-8, whatever it is in: UTF-16 is known by the NULs beside its first characters. A log
// may have lost its byte order mark.
func xmlText(s string) string {
	head := s
	for _, mark := range []string{"\xef\xbb\xbf", "\xfe\xff", "\xff\xfe", "\ufffd\ufffd", "\u00fe\u00ff", "\u00ff\u00fe"} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			head = rest
			break
		}
	}
	var order binary.ByteOrder
	switch {
	case strings.HasPrefix(head, "\x00<\x00"):
		order = binary.BigEndian
	case len(head) > 3 && head[0] == '<' && head[1] == 0 && head[3] == 0:
		order = binary.LittleEndian
	default:
		return head
	}
	units := make([]uint16, len(head)/2)
	for i := range units {
		units[i] = order.Uint16([]byte(head[2*i : 2*i+2]))
	}
	return string(utf16.Decode(units))
}
