package mapping

import (
	"errors"
	"io"
	"strings"

	"github.com/tidwall/gjson"
	"go.yaml.in/yaml/v3"
)

// Requests in YAML, such as the manifests that go to Kubernetes, become the JSON of what is in them, as those in binary
// formats do. Answers stay text, which is what rules about answers look at.

// yamlLimit is the longest body that is read as YAML, in bytes. A longer one is inspected as it stands.
const yamlLimit = 64 << 10

// isYAML reports whether a media type is YAML's: RFC 9512, and what was used before it.
func isYAML(kind string) bool {
	switch kind {
	case "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/vnd.yaml":
		return true
	}
	return strings.HasSuffix(kind, "+yaml")
}

// readYAML makes JSON of a body whose Content-Type is YAML's. Of one that is cut in the middle of something, or wrong at
// its end, the last line follows as a text.
func (b *Body) readYAML(headers []Header) {
	if b.Coded || b.Text == "" || len(b.Text) > yamlLimit || !isYAML(MediaType(headers)) || gjson.Valid(b.Text) {
		return
	}
	json, ok := yamlBody(b.Text, "")
	if lastLine := strings.LastIndexByte(strings.TrimRight(b.Text, "\r\n"), '\n') + 1; !ok && lastLine > 0 {
		json, ok = yamlBody(b.Text[:lastLine], b.Text[lastLine:])
	}
	if ok {
		b.Text = view(json)
	}
}

// yamlBody is a stream of documents: several become a list. What is not a value of them follows: tags that are not
// YAML's own, which may name what a parser is to make, and the rest.
func yamlBody(text, rest string) (json []byte, ok bool) {
	w := yamlWriter{room: 2 * len(text)}
	documents := 0
	for decoder := yaml.NewDecoder(strings.NewReader(text)); ; {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			break
		} else if err != nil || len(document.Content) != 1 {
			return nil, false
		}
		root := document.Content[0]
		switch {
		case root.Kind == yaml.MappingNode || root.Kind == yaml.SequenceNode:
			documents++
			w.json = append(w.json, ',')
			if !w.value(root, 0) {
				return nil, false
			}
		case root.ShortTag() != "!!null": // any text is a single value
			return nil, false
		}
	}
	if documents == 0 {
		return nil, false
	}
	if rest != "" {
		w.others = append(w.others, rest)
	}
	for _, s := range w.others {
		w.json = appendJSONString(append(w.json, ','), s)
	}
	if documents+len(w.others) == 1 {
		return w.json[1:], true
	}
	w.json[0] = '['
	return append(w.json, ']'), true
}

// yamlWriter writes documents as JSON, each behind a comma.
type yamlWriter struct {
	json   []byte
	others []string // tags
	room   int      // bytes of JSON after which aliases are no longer what they stand for
}

// value appends a node. It is not ok if that is nested too deeply.
func (w *yamlWriter) value(n *yaml.Node, depth int) (ok bool) {
	if depth == MaxJSONDepth {
		return false
	}
	if n.Kind == yaml.AliasNode && len(w.json) < w.room {
		return w.value(n.Alias, depth+1)
	}
	w.tag(n)
	switch n.Kind {
	case yaml.MappingNode:
		return w.items(n.Content, depth, true)
	case yaml.SequenceNode:
		return w.items(n.Content, depth, false)
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!str" && gjson.Valid(n.Value) {
		w.json = append(w.json, n.Value...)
	} else {
		w.json = appendJSONString(w.json, n.Value)
	}
	return true
}

// items appends the members of a mapping, each behind its key, or the elements of a list.
func (w *yamlWriter) items(all []*yaml.Node, depth int, isMapping bool) (ok bool) {
	begin, end := byte('['), byte(']')
	if isMapping {
		begin, end = '{', '}'
	}
	w.json = append(w.json, begin)
	for i, n := range all {
		switch {
		case isMapping && i%2 == 1:
			w.json = append(w.json, ':')
		case i > 0:
			w.json = append(w.json, ',')
		}
		if isMapping && i%2 == 0 {
			w.json = appendJSONString(w.json, strings.Join(w.words(nil, n, depth), " "))
		} else if !w.value(n, depth+1) {
			return false
		}
	}
	w.json = append(w.json, end)
	return true
}

// words appends the texts of a key: mostly it is one, but YAML has keys that are mappings and lists, too.
func (w *yamlWriter) words(all []string, n *yaml.Node, depth int) []string {
	w.tag(n)
	if len(n.Content) == 0 || depth == MaxJSONDepth {
		return append(all, n.Value)
	}
	for _, e := range n.Content {
		all = w.words(all, e, depth+1)
	}
	return all
}

// tag keeps the tag of a node, if it is not YAML's own.
func (w *yamlWriter) tag(n *yaml.Node) {
	if n.Style&yaml.TaggedStyle != 0 && !isPlainTag(n.ShortTag()) {
		w.others = append(w.others, n.ShortTag())
	}
}

// isPlainTag reports whether a tag says only what kind of value it is.
func isPlainTag(tag string) bool {
	switch tag {
	case "!", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq", "!!set", "!!omap", "!!binary", "!!timestamp", "!!merge":
		return true
	}
	return false
}
