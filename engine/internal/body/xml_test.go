package body

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// Of well-formed XML without HTML's elements both make the same.
func TestXML(t *testing.T) {
	ours, corazas := wafs(t, "XML")
	for _, body := range []string{
		`<a/>`, `<a>1</a>`, `<a b="1" c='2'><d>3</d> 4 </a>`, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>1</a>\n",
		`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body x:y="1"><m>text</m></s:Body></s:Envelope>`,
		`<a><![CDATA[<b> & ]] > ]]></a>`, `<a>x<!-- <b>y</b> -->z</a>`, `<a>&lt;&amp;&#65;&#x42;&unknown; & &quot;&apos;</a>`,
		`<a b="&lt;&#39;"/>`, "<a>1\r\n2\r3</a>", `<a b=1 c>x</a>`, `<a><b>1</a>`, `<!DOCTYPE a><a>1</a>`, `<é>ü</é>`, `<a>`, `<a>1`,
		`<methodCall><methodName>m.n</methodName><p><value><string>x</string></value></p></methodCall>`,
	} {
		got, gotErr := variablesOf(t, ours, "text/xml", body, false)
		want, wantErr := variablesOf(t, corazas, "text/xml", body, false)
		if !slices.Equal(got, want) || gotErr != wantErr {
			t.Errorf("%s:\ngot  %q, error %q\nwant %q, error %q", body, got, gotErr, want, wantErr)
		}
	}
}

// Elements that HTML leaves empty have content in XML.
func TestXMLIsNoHTML(t *testing.T) {
	ours, _ := wafs(t, "XML")
	for _, name := range []string{"link", "param", "meta", "input", "col", "base", "br", "hr", "img", "area", "frame"} {
		got, failed := variablesOf(t, ours, "text/xml", "<a><"+name+">1</"+name+"><b>2</b></a>", false)
		if want := []string{"REQUEST_XML:/*=1", "REQUEST_XML:/*=2"}; failed == "1" || !slices.Equal(got, want) {
			t.Errorf("%s: error %q, got %q", name, failed, got)
		}
	}
}

// What follows a fault is seen, and the fault is told, unless the document is cut.
func TestBrokenXML(t *testing.T) {
	ours, _ := wafs(t, "XML")
	const attack = "REQUEST_XML:/*=' OR 1=1"
	for _, before := range []string{"<a><1></1>", "</a>", `<a !b="1">`, `<a <b>`, "<a>< "} {
		body := before + "<q>' OR 1=1</q>"
		if got, failed := variablesOf(t, ours, "text/xml", body, false); failed != "1" || !slices.Contains(got, attack) {
			t.Errorf("%s: error %q, got %q", body, failed, got)
		}
		if got, failed := variablesOf(t, ours, "text/xml", body, true); failed == "1" || !slices.Contains(got, attack) {
			t.Errorf("%s, cut: error %q, got %q", body, failed, got)
		}
	}
	whole := `<a b="c"><![CDATA[d]]>` + strings.TrimPrefix(attack, "REQUEST_XML:/*=")
	if got, failed := variablesOf(t, ours, "text/xml", whole, true); failed == "1" || !slices.Contains(got, attack) {
		t.Errorf("cut within a text: error %q, got %q", failed, got)
	}
}

// Rules see what a document draws in from elsewhere.
func TestXMLExternal(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       []string
	}{
		{"an entity", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>`, []string{`<!ENTITY x SYSTEM "file:///etc/hostname">`}},
		{"a public one", `<!DOCTYPE a [ <!ENTITY x PUBLIC "p" "http://198.51.100.7/x"> ]><a/>`, []string{`<!ENTITY x PUBLIC "p" "http://198.51.100.7/x">`}},
		{"of parameters", `<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://198.51.100.7/e.dtd'> %p;]><a/>`, []string{`<!ENTITY % p SYSTEM 'http://198.51.100.7/e.dtd'>`}},
		{"behind a comment", `<!DOCTYPE a [<!-- > ]> --><!ENTITY x SYSTEM "f">]><a/>`, []string{`<!ENTITY x SYSTEM "f">`}},
		{"in a section", `<!DOCTYPE a [<![INCLUDE[<!ENTITY x SYSTEM "f">]]>]><a/>`, []string{`<!ENTITY x SYSTEM "f">`}},
		{"a bracket in a literal", `<!DOCTYPE a [<!ENTITY y "]>"><!ENTITY x SYSTEM "f">]><a/>`, []string{`<!ENTITY x SYSTEM "f">`}},
		{"small letters", `<!doctype a [<!entity x system "f">]><a/>`, []string{`<!entity x system "f">`}},
		{"a DTD", `<!DOCTYPE a SYSTEM "http://198.51.100.7/e.dtd"><a/>`, []string{`<!DOCTYPE a SYSTEM "http://198.51.100.7/e.dtd">`}},
		{"a DTD and an entity", `<!DOCTYPE a SYSTEM "e.dtd" [<!ENTITY x SYSTEM "f">]><a/>`, []string{`<!DOCTYPE a SYSTEM "e.dtd" [`, `<!ENTITY x SYSTEM "f">`}},
		{"XInclude", `<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include parse="text" href="file:///etc/hostname"/></a>`, []string{`<xi:include parse="text" href="file:///etc/hostname"/>`}},
		{"XInclude by default", `<include xmlns="http://www.w3.org/2001/XInclude" href="f"/>`, []string{`<include xmlns="http://www.w3.org/2001/XInclude" href="f"/>`}},
		{"cut", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/ho`, []string{`<!ENTITY x SYSTEM "file:///etc/ho`}},
		{"nothing", `<!DOCTYPE a [<!ELEMENT a (#PCDATA)><!ENTITY c "Example Ltd">]><a href="SYSTEM">include</a>`, nil},
		{"a word in a literal", `<!DOCTYPE a [<!ENTITY c " SYSTEM ">]><a/>`, nil},
		{"an element of that name", `<project><include href="b.xml"/></project>`, nil},
		{"a comment", `<a><!-- <!ENTITY x SYSTEM "f"> --></a>`, nil},
	} {
		if got := scanXML(c.body, 0).external.all; !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		for name, other := range inUTF16(c.body) {
			if got := scanXML(other, 0).external.all; !slices.Equal(got, c.want) {
				t.Errorf("%s, %s: got %q, want %q", c.name, name, got, c.want)
			}
		}
	}
}

// inUTF16 is a text in UTF-16, as logs may have it.
func inUTF16(text string) map[string]string {
	var big, little []byte
	for _, u := range utf16.Encode([]rune(text)) {
		big, little = append(big, byte(u>>8), byte(u)), append(little, byte(u), byte(u>>8))
	}
	return map[string]string{
		"UTF-16BE": string(big), "UTF-16BE with a mark": "\xfe\xff" + string(big),
		"UTF-16LE": string(little), "UTF-16LE with a mark": "\xff\xfe" + string(little), "UTF-16LE whose mark was lost": "\ufffd\ufffd" + string(little),
	}
}

// The values of a document's own entities are texts like others.
func TestXMLEntities(t *testing.T) {
	got := scanXML(`<!DOCTYPE a [<!ENTITY x "&#60;script>">]><a>&x;</a>`, 0)
	if want := []string{"<script>", "&x;"}; !slices.Equal(got.texts.all, want) {
		t.Errorf("got %q, want %q", got.texts.all, want)
	}
}

// Values beyond the limit are seen too.
func TestXMLLimit(t *testing.T) {
	x := scanXML(strings.Repeat(`<a b="1">2</a>`, 50)+`<a b="attack in an attribute">attack in a text</a>`, 10)
	for name, all := range map[string][]string{"an attribute": x.attributes.all, "a text": x.texts.all} {
		if len(all) != 12 || all[10] != "attack in "+name {
			t.Errorf("%s: got %q", name, all)
		}
	}
}

func FuzzXML(f *testing.F) {
	f.Add(`<a b="1">x &lt; <![CDATA[y]]></a>`)
	f.Add(`<!DOCTYPE a [<!ENTITY x SYSTEM "f">]><a>&x;</a>`)
	ours, _ := wafs(f, "XML")
	f.Fuzz(func(t *testing.T, body string) {
		if body == "" {
			return
		}
		got, failed := variablesOf(t, ours, "text/xml", body, false)
		want, ok := strictly(body)
		if !ok {
			return
		}
		if failed == "1" || !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q, error %q\nwant %q", body, got, failed, want)
		}
	})
}

// strictly is what a document has, by package encoding/xml; ok is false for one that is not well-formed, or has what this
// processor treats otherwise on purpose.
func strictly(body string) (all []string, ok bool) {
	if !utf8.ValidString(body) || strings.Contains(body, "<!") || strings.Contains(body, "\x00") || strings.HasPrefix(body, "\ufeff") {
		return nil, false
	}
	var texts, attributes []string
	d := xml.NewDecoder(strings.NewReader(body))
	d.Entity = xml.HTMLEntity
	depth, elements := 0, 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, false
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			elements++
			for _, a := range token.Attr {
				attributes = append(attributes, "REQUEST_XML://@*="+a.Value)
			}
			if strings.Contains(strings.ToLower(token.Name.Local), "include") {
				return nil, false
			}
		case xml.EndElement:
			if depth--; depth < 0 {
				return nil, false
			}
		case xml.CharData:
			if s := strings.TrimSpace(string(token)); s != "" {
				texts = append(texts, fmt.Sprint("REQUEST_XML:/*=", s))
			}
		}
	}
	all = append(texts, attributes...)
	slices.Sort(all)
	return all, depth == 0 && elements > 0
}
