package intrusion

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// flow is what the exchanges of one user's step have in common, however many services it goes through.
type flow struct {
	at       int64
	user     uint64 // number of the customer
	product  uint64
	order    uint64 // its number; orders are known by the UUID made of it
	category string
	term     string
	page     int
	login    string // what was typed: name and password
	password string
	token    string // "Bearer ..." of the user, "" for a visitor
	trace    uint64
	agent    string // of the program outside
	browser  bool
	forward  string // X-Forwarded-For

	// One row of a list.
	item, other uint64
}

// template is text with {fields}, for paths and bodies.
type template []part

type part struct {
	text  string
	field func(m *maker, f *flow, b []byte) []byte

	// Or a list of rows, with commas between them.
	rows        template
	least, most int
	separator   string
}

// compile reads a template. {3-20 row} is a list of 3 to 20 times the row of that name; a brace that
// no name follows is one of JSON.
func compile(s string) template {
	var t template
	text := ""
	flush := func() {
		if text != "" {
			t = append(t, part{text: text})
			text = ""
		}
	}
	for s != "" {
		open := strings.IndexByte(s, '{')
		if open < 0 {
			text += s
			break
		}
		text += s[:open]
		s = s[open:]
		end := 1 + strings.IndexAny(s[1:], "{}")
		if end == 0 {
			text += s
			break
		}
		name := s[1:end]
		if s[end] == '{' {
			name = ""
		}
		switch count, row, list := strings.Cut(name, " "); {
		case fields[name] != nil:
			flush()
			t = append(t, part{field: fields[name]})
		case list && rows[row].text != "":
			flush()
			p := part{rows: compile(rows[row].text), separator: rows[row].separator}
			if _, err := fmt.Sscanf(count, "%d-%d", &p.least, &p.most); err != nil {
				panic(fmt.Sprintf("cannot read list %q: %v", name, err))
			}
			t = append(t, p)
		case name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") == "":
			panic(fmt.Sprintf("unknown field %q", name))
		default:
			text += "{"
			s = s[1:]
			continue
		}
		s = s[end+1:]
	}
	flush()
	return t
}

// render appends what a template says. Rows that the probe would cut are not written but counted: unseen
// is how many bytes they would take.
func (t template) render(m *maker, f *flow, b []byte) (out []byte, unseen int) {
	begin := len(b)
	for i := range t {
		p := &t[i]
		switch {
		case p.field != nil:
			b = p.field(m, f, b)
		case p.rows == nil:
			b = append(b, p.text...)
		default:
			n, from := m.between(p.least, p.most), len(b)
			for row := range n {
				if len(b)-begin > nanoBody {
					unseen += (len(b) - from) / row * (n - row)
					break
				}
				if row > 0 {
					b = append(b, p.separator...)
				}
				f.item, f.other = m.product(), f.user+uint64(row)
				b, _ = p.rows.render(m, f, b)
			}
		}
	}
	return b, unseen
}

// row is one element of a list.
type row struct{ text, separator string }

// rows are the elements of the lists that bodies have.
var rows = map[string]row{
	"product":   {`{"id":{item},"sku":"{itemsku}","name":"{itemname}","price":{itemprice},"currency":"EUR","image":"/media/{item}/320.webp"}`, ","},
	"line":      {`{"product":{item},"sku":"{itemsku}","name":"{itemname}","quantity":{digit},"price":{itemprice}}`, ","},
	"order":     {`{"id":"{uuid}","placed":"{past}","status":"{state}","total":{amount},"currency":"EUR","items":{digit}}`, ","},
	"customer":  {`{"id":{other},"name":"{othername}","email":"{othermail}","city":"{city}","since":"{day}","segment":"{tier}"}`, ","},
	"review":    {`{"id":"{hexshort}","rating":{digit},"title":"{itemname}","text":"{praise}","author":"{first}","date":"{day}"}`, ","},
	"hit":       {`{"_index":"products-v7","_id":"{item}","_score":{ratio},"_source":{"sku":"{itemsku}","name":"{itemname}","price":{itemprice}}}`, ","},
	"log":       {`["{epoch}000000{two}1","info {service}: {logline} after {amount} ms, trace {hexlong}"]`, ","},
	"id":        {`{item}`, ","},
	"score":     {`{"product":{item},"score":{ratio}}`, ","},
	"quote":     {`{"product":{item},"net":{itemprice},"discount":0,"tax":"standard"}`, ","},
	"invoice":   {`{"number":"R-2026-{serial}","date":"{day}","amount":{amount},"paid":true}`, ","},
	"sample":    {`[{epoch},"{ratio}"]`, ","},
	"pod":       {`{"metadata":{"name":"{service}-{hexshort}-{hexfour}","namespace":"shop","resourceVersion":"{serial}","labels":{"app":"{service}"}},"status":{"phase":"Running","podIP":"{podip}"}}`, ","},
	"configmap": {`{"metadata":{"name":"{service}-settings","namespace":"shop","resourceVersion":"{serial}"},"data":{"log.level":"info","pool.size":"{two}"}}`, ","},
	"layer":     {`{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:{hexlong}{hexlong}","size":{serial}}`, ","},
	"commit":    {`{"sha":"{hexlong}{hexfour}{hexfour}","message":"Update translations","author":"{first}","date":"{past}"}`, ","},
	"event":     {`{"id":"{uuid}","type":"page.viewed","user":{user},"product":{item},"at":"{now}"}`, ","},
	"ledger":    {`{"entry":{serial},"account":"{two}00","amount":{amount},"booked":"{day}"}`, ","},
	"export":    {`{"order":"{uuid}","customer":{other},"email":"{othermail}","total":{amount},"placed":"{past}","items":[{"product":{item},"quantity":{digit}}]}`, ","},
	"metric":    {"http_server_requests_total{code=\"200\",route=\"r{digit}{digit}\"} {serial}\n", ""},
}

// fields are what a template may have in braces.
var fields = newFields()

func newFields() map[string]func(m *maker, f *flow, b []byte) []byte {
	number := func(of func(*maker, *flow) uint64) func(*maker, *flow, []byte) []byte {
		return func(m *maker, f *flow, b []byte) []byte { return strconv.AppendUint(b, of(m, f), 10) }
	}
	text := func(of func(*maker, *flow) string) func(*maker, *flow, []byte) []byte {
		return func(m *maker, f *flow, b []byte) []byte { return append(b, of(m, f)...) }
	}
	moment := func(layout string, of func(*maker, *flow) int64) func(*maker, *flow, []byte) []byte {
		return func(m *maker, f *flow, b []byte) []byte {
			return m.start.Add(time.Duration(of(m, f))).AppendFormat(b, layout)
		}
	}
	const day = 24 * int64(time.Hour)
	past := func(m *maker, _ *flow) int64 { return -m.Int64N(90 * day) }
	return map[string]func(*maker, *flow, []byte) []byte{
		"user":     number(func(_ *maker, f *flow) uint64 { return f.user }),
		"name":     func(_ *maker, f *flow, b []byte) []byte { return appendName(b, f.user, " ") },
		"email":    func(_ *maker, f *flow, b []byte) []byte { return appendMail(b, f.user) },
		"city":     text(func(_ *maker, f *flow) string { return of(cities, mix(f.user+3)) }),
		"street":   func(_ *maker, f *flow, b []byte) []byte { return appendStreet(b, f.user) },
		"zip":      number(func(_ *maker, f *flow) uint64 { return 10000 + mix(f.user+5)%89999 }),
		"phone":    func(_ *maker, f *flow, b []byte) []byte { return appendPhone(b, f.user) },
		"tier":     text(func(_ *maker, f *flow) string { return of(tiers, mix(f.user+7)) }),
		"first":    text(func(m *maker, _ *flow) string { return pick(m, firstNames...) }),
		"username": func(_ *maker, f *flow, b []byte) []byte { return append(b, f.login...) },
		"password": func(_ *maker, f *flow, b []byte) []byte { return append(b, f.password...) },
		"token":    text(func(_ *maker, f *flow) string { return strings.TrimPrefix(f.token, "Bearer ") }),

		"other":     number(func(_ *maker, f *flow) uint64 { return f.other }),
		"othername": func(_ *maker, f *flow, b []byte) []byte { return appendName(b, f.other, " ") },
		"othermail": func(_ *maker, f *flow, b []byte) []byte { return appendMail(b, f.other) },

		"product":   number(func(_ *maker, f *flow) uint64 { return f.product }),
		"sku":       func(_ *maker, f *flow, b []byte) []byte { return appendSKU(b, f.product) },
		"title":     func(_ *maker, f *flow, b []byte) []byte { return appendTitle(b, f.product) },
		"price":     func(_ *maker, f *flow, b []byte) []byte { return appendPrice(b, f.product) },
		"item":      number(func(_ *maker, f *flow) uint64 { return f.item }),
		"itemsku":   func(_ *maker, f *flow, b []byte) []byte { return appendSKU(b, f.item) },
		"itemname":  func(_ *maker, f *flow, b []byte) []byte { return appendTitle(b, f.item) },
		"itemprice": func(_ *maker, f *flow, b []byte) []byte { return appendPrice(b, f.item) },
		"category":  text(func(_ *maker, f *flow) string { return f.category }),
		"term":      text(func(_ *maker, f *flow) string { return f.term }),
		"page":      number(func(_ *maker, f *flow) uint64 { return uint64(f.page) }),
		"praise":    text(func(m *maker, _ *flow) string { return pick(m, praises...) }),

		"order": func(_ *maker, f *flow, b []byte) []byte { return appendUUID(b, f.order) },
		"uuid":  func(m *maker, _ *flow, b []byte) []byte { return appendUUID(b, m.Uint64()) },
		"state": text(func(m *maker, _ *flow) string {
			return pick(m, "paid", "packed", "sent", "sent", "delivered", "delivered")
		}),
		"amount": func(m *maker, _ *flow, b []byte) []byte { return appendCents(b, 900+m.Uint64N(30_000)) },

		"digit":    number(func(m *maker, _ *flow) uint64 { return 1 + m.Uint64N(5) }),
		"two":      number(func(m *maker, _ *flow) uint64 { return 10 + m.Uint64N(90) }),
		"serial":   number(func(m *maker, _ *flow) uint64 { return 100_000 + m.Uint64N(800_000) }),
		"ratio":    func(m *maker, _ *flow, b []byte) []byte { return appendCents(b, m.Uint64N(1500)) },
		"hexfour":  func(m *maker, _ *flow, b []byte) []byte { return appendHex(b, m.Uint64(), 4) },
		"hexshort": func(m *maker, _ *flow, b []byte) []byte { return appendHex(b, m.Uint64(), 8) },
		"hexlong": func(m *maker, _ *flow, b []byte) []byte {
			return appendHex(appendHex(b, m.Uint64(), 16), m.Uint64(), 16)
		},
		"service": text(func(m *maker, _ *flow) string { return services[m.IntN(inside)].name }),
		"logline": text(func(m *maker, _ *flow) string { return pick(m, logLines...) }),
		"podip": func(m *maker, _ *flow, b []byte) []byte {
			return fmt.Appendf(b, "10.42.%d.%d", m.between(1, nodeCount), m.between(2, 200))
		},

		"now":       moment("2006-01-02T15:04:05.000Z", func(_ *maker, f *flow) int64 { return f.at }),
		"past":      moment("2006-01-02T15:04:05Z", past),
		"day":       moment("2006-01-02", past),
		"yesterday": moment("2006-01-02", func(_ *maker, f *flow) int64 { return f.at - day }),
		"epoch": func(m *maker, f *flow, b []byte) []byte {
			return strconv.AppendInt(b, m.start.Unix()+f.at/int64(time.Second), 10)
		},
	}
}

func (m *maker) product() uint64 { return firstProduct + m.popular.Uint64() }

// bearer is a token such as auth and kube-apiserver give: a JWT for a subject that nobody signed.
func bearer(subject string, seed uint64, issued time.Time) string {
	claims := fmt.Sprintf(`{"iss":"https://auth.shop.example","sub":"%s","iat":%d,"exp":%d}`, subject, issued.Unix(), issued.Add(time.Hour).Unix())
	var signature []byte
	for i := range uint64(8) {
		n := mix(seed + i)
		for range 8 {
			signature = append(signature, byte(n))
			n >>= 8
		}
	}
	e := base64.RawURLEncoding
	return "Bearer " + e.EncodeToString([]byte(`{"alg":"RS256","kid":"k1","typ":"JWT"}`)) + "." + e.EncodeToString([]byte(claims)) + "." + e.EncodeToString(signature)
}
