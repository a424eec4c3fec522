package app

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

var (
	entity    = regexp.MustCompile(`<!ENTITY\s+(%\s+)?([\w.-]+)\s+(?:SYSTEM|PUBLIC\s+["'][^"']*["'])\s+["']([^"']+)["']\s*>`)
	plainText = regexp.MustCompile(`<!ENTITY\s+([\w.-]+)\s+["']([^"']*)["']\s*>`)
	included  = regexp.MustCompile(`<(?:\w+:)?include\b[^>]*\bhref=["']([^"']+)["'][^>]*/?>`)
)

var errDoctype = errors.New("DOCTYPE is not allowed")

// values are the texts of a document's elements by their names. A weak site reads entities from where they are said to be.
func (v *visit) values(document string) (map[string]string, error) {
	entities := map[string]string{}
	if strings.Contains(document, "<!DOCTYPE") {
		if !v.Weak {
			return nil, errDoctype
		}
		for _, m := range plainText.FindAllStringSubmatch(document, 20) {
			entities[m[1]] = m[2]
		}
		for _, m := range entity.FindAllStringSubmatch(document, 20) {
			text, ok := v.resource(m[3])
			if !ok && m[1] == "" {
				return nil, fmt.Errorf("cannot load entity %q", m[2])
			}
			entities[m[2]] = text
		}
	}
	if v.Weak {
		document = included.ReplaceAllStringFunc(document, func(m string) string {
			text, _ := v.resource(included.FindStringSubmatch(m)[1])
			return html.EscapeString(text)
		})
	}
	d := xml.NewDecoder(strings.NewReader(document))
	d.Entity = entities
	all := map[string]string{}
	var name string
	for {
		t, err := d.Token()
		switch t := t.(type) {
		case xml.StartElement:
			name = t.Name.Local
		case xml.CharData:
			all[name] += strings.TrimSpace(string(t))
		case xml.EndElement:
			name = ""
		}
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// resource is what an entity names: a file of the site's machine, or another server's answer.
func (v *visit) resource(url string) (string, bool) {
	if name, ok := strings.CutPrefix(url, "file://"); ok {
		text, ok := machine[strings.TrimPrefix(strings.ToLower(strings.TrimPrefix(name, "/c:")), "/")]
		if ok {
			v.Ledger.blind(v.id, "xxe", "read "+name) // until the answer shows it
		}
		return text, ok
	}
	if strings.HasPrefix(url, "http") {
		_, body, err := v.Fetch(v.id, url)
		if err == nil {
			v.took("xxe", "asked "+url)
		}
		return string(body), err == nil
	}
	return "", false
}

// answer is XML that may show what an entity has read.
func (v *visit) answer(kind, before, text, after string) {
	for _, name := range slices.Sorted(maps.Keys(machine)) {
		if file := strings.TrimSpace(machine[name]); strings.Contains(text, file) {
			v.took("xxe", "showed "+name)
		}
	}
	v.text(http.StatusOK, kind, before+html.EscapeString(text)+after)
}

// apiOrder: XML to XML that repeats what was ordered.
func (v *visit) apiOrder() {
	all, err := v.values(string(v.body))
	if err != nil {
		v.text(http.StatusBadRequest, "application/xml", "<error>"+html.EscapeString(err.Error())+"</error>")
		return
	}
	if sku := all["sku"]; sku != "" {
		if _, err := v.query("SELECT name FROM products WHERE name = {text}", sku); err != nil {
			v.text(http.StatusInternalServerError, "application/xml", "<error>database</error>")
			return
		}
	}
	v.answer("application/xml", "<order><state>accepted</state><note>", all["note"], "</note></order>")
}

// soap: XML to XML, a site that is not weak answers with 200 and a fault.
func (v *visit) soap() {
	all, err := v.values(string(v.body))
	before, after := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`, "</s:Body></s:Envelope>"
	if err != nil {
		v.text(http.StatusOK, "text/xml", before+"<s:Fault><faultstring>invalid request</faultstring></s:Fault>"+after)
		return
	}
	v.answer("text/xml", before+"<price>", all["article"], " 19.90</price>"+after)
}

// feed: XML that is taken and not shown.
func (v *visit) feed() {
	if _, err := v.values(string(v.body)); err != nil {
		v.json(http.StatusBadRequest, map[string]any{"error": "invalid feed"})
		return
	}
	v.json(http.StatusAccepted, map[string]any{"queued": true})
}
