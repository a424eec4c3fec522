// Genconfiguration writes docs/configuration.md, the reference of all properties.
package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

const output = "../docs/configuration.md"

func main() {
	text, err := reference(pipeline.Properties(), details)
	if err == nil {
		err = os.WriteFile(output, text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "genconfiguration:", err)
		os.Exit(1)
	}
}

var typeNames = map[pipeline.PropertyType]string{
	pipeline.String: "text",
	pipeline.Int:    "whole number",
	pipeline.Bool:   "on or off",
	pipeline.Size:   "bytes, with `K`, `M` or `G`",
}

// reference is the document; every property has its detail, in the same order.
func reference(properties []pipeline.Property, details []detail) ([]byte, error) {
	if len(properties) != len(details) {
		return nil, fmt.Errorf("there are %d properties, and details of %d", len(properties), len(details))
	}
	var b bytes.Buffer
	b.WriteString(wrapped(head))
	b.WriteString("| property | default | meaning |\n|---|---|---|\n")
	for _, p := range properties {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", p.Name, p.Name, p.Default, strings.TrimSuffix(p.Description, "."))
	}
	for i, p := range properties {
		d := details[i]
		if d.name != p.Name {
			return nil, fmt.Errorf("the details of %s stand where those of %s should", d.name, p.Name)
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", p.Name, wrapped(strings.TrimSuffix(p.Description, ".")+"."))
		for value := range strings.SplitSeq(d.example, "\n") {
			fmt.Fprintf(&b, "    %-20s %s\n", title(p.Name), value)
		}
		fmt.Fprintf(&b, "\nType: %s%s. %s Flag: %s\n\n%s\n", typeNames[p.Type], repeatedly(p), defaultOf(p), flag(p, d), wrapped(d.text))
	}
	return b.Bytes(), nil
}

// title is a property as fluent-bit.conf has it: Alert_Tag.
func title(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "_")
}

func repeatedly(p pipeline.Property) string {
	if p.Multiple {
		return "; may be given many times, or as a comma list"
	}
	return ""
}

func defaultOf(p pipeline.Property) string {
	if p.Default == "" {
		return "No default."
	}
	return "Default: `" + p.Default + "`."
}

// flag is the property as a flag, and where it has no effect.
func flag(p pipeline.Property, d detail) string {
	text := "`--" + strings.ReplaceAll(p.Name, "_", "-") + "`"
	if d.unused != "" {
		text += ", without effect in `" + strings.ReplaceAll(d.unused, " ", "`, `") + "`"
	}
	return text + "."
}

const head = `<!-- Written by genconfiguration from pipeline.Properties: run go generate ./pipeline -->

# Configuration

The filter, the [output](output.md) and the command ` + "`msa`" + ` have the same properties under the same names; the output's page lists what it has besides these. In Fluent Bit they are keys of the filter, in either
case, and ` + "`fluent-bit -e build/flb-filter_msa.so -F msa -h`" + ` lists them:

    [FILTER]
        Name         msa
        Match        nano
        Mapping      nano
        Rules        crs, /etc/msa/rules
        Alert_Tag    msa.alert

` + "```yaml" + `
pipeline:
  filters:
    - name: msa
      match: nano
      mapping: nano
      rules:
        - crs
        - /etc/msa/rules
      alert_tag: msa.alert
` + "```" + `

They are flags of ` + "`msa run`, `scan`, `explain`, `check`, `tune`, `bench` and `replay`" + `, with dashes or underscores, and keys of ` + "`with`" + ` in the cases of ` + "`msa test`" + `:

    $ msa check --mapping nano --rules crs --paranoia-level 2 --exclude 920350
    ok: ...
    ...

An invalid value is an error that names the property and the value, and nothing starts:

    $ msa check --paranoia-level 7
    msa: property paranoia_level: "7" is not a whole number from 1 to 4

An unknown property is an error, too. So is one that takes one value and is given more than once, in Fluent Bit; the command takes the last. An empty value, as of a variable that is not set, is in Fluent Bit as if it were not given, with a warning. Relative paths start at the working directory of the process.

`

// lineLength is that of the project's prose, in characters.
const lineLength = 120

// wrapped sets the paragraphs of a text anew whose lines are too long. Tables, code and lists stay as they are.
func wrapped(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, paragraph := range paragraphs {
		isLong := slices.ContainsFunc(strings.Split(paragraph, "\n"), func(line string) bool { return utf8.RuneCountInString(line) > lineLength })
		if isLong && !strings.ContainsAny(paragraph[:1], "| -`") {
			paragraphs[i] = filled(strings.Fields(paragraph))
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

func filled(words []string) string {
	var b strings.Builder
	length := 0
	for i, word := range words {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case length+1+n > lineLength:
			b.WriteByte('\n')
			length = 0
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += n
	}
	return b.String()
}
