package mapping

import (
	"bytes"
	"strings"
)

// doubled is the value of a key that a map has twice. The last one counts, as in Fluent Bit; who reads the log or the
// request otherwise may have gone by this one.
type doubled struct {
	key   string
	value Record
}

// maxDoubled bounds how many of a record are noted.
const maxDoubled = 64

// note keeps a value that another one of the same key replaces.
func (tx *Transaction) note(key []byte, earlier, value Record) {
	if bytes.Equal(earlier, value) || len(tx.doubled) == maxDoubled {
		return
	}
	for _, d := range tx.doubled {
		if &d.value[0] == &earlier[0] {
			return // several fields look there
		}
	}
	tx.doubled = append(tx.doubled, doubled{view(key), earlier})
}

// DoubledKey is the first key that a map of the record has twice with different values, of those that the mapping looks at; ""
// if there is none. The earlier values are arguments of that name.
func (tx *Transaction) DoubledKey() string {
	if len(tx.doubled) == 0 {
		return ""
	}
	return tx.doubled[0].key
}

// addDoubled adds the earlier values of keys that are there twice as arguments, an argument for each line: a block of headers
// would else be an argument with line ends, which is an attack of its own.
func (m *Mapping) addDoubled(tx *Transaction) {
	for _, d := range tx.doubled {
		text, ok := d.value.text()
		if !ok {
			m.flatten(tx, d.key, d.value, 0)
			continue
		}
		for text != "" {
			var line string
			if len(tx.Args) < maxArgs {
				line, text, _ = strings.Cut(text, "\n")
			} else {
				line, text = strings.NewReplacer("\r\n", " ", "\n", " ").Replace(text), "" // the name once, not for each line
			}
			if line = strings.TrimSuffix(line, "\r"); !m.none.has(line) && !m.hidden.has(line) {
				tx.addArg(d.key, line)
			}
		}
	}
}
