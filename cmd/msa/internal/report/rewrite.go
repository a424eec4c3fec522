package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
)

// longestText is how much of a text is shown, in bytes: the rest would be at the expense of other alerts.
const longestText = 32 << 10

// rewrite copies a valid JSON object with each text in it as it is shown. The rest stays as it is written, keys in their order.
func rewrite(dst, text []byte, shown func(key, value string) string) []byte {
	key := "" // the last one
	for len(text) > 0 {
		start := bytes.IndexByte(text, '"')
		if start < 0 {
			return append(dst, text...)
		}
		end := start + 1
		for text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		end++
		quoted := text[start:end]
		isKey := bytes.HasPrefix(bytes.TrimLeft(text[end:], " \t\r\n"), []byte{':'})
		dst = append(dst, text[:start]...)
		text = text[end:]
		s := string(quoted[1 : len(quoted)-1])
		if strings.IndexByte(s, '\\') >= 0 {
			if err := json.Unmarshal(quoted, &s); err != nil { // not in valid JSON
				dst = append(dst, quoted...)
				continue
			}
		}
		if isKey {
			key = s
			dst = append(dst, quoted...)
			continue
		}
		as := shown(key, s)
		if as == s {
			dst = append(dst, quoted...)
			continue
		}
		quoted, err := json.Marshal(as)
		if err != nil { // of a string: can't be
			continue
		}
		dst = append(dst, quoted...)
	}
	return dst
}

// shortened is a text of longestText at most, with what is missing.
func shortened(_, s string) string {
	if len(s) <= longestText {
		return s
	}
	n := longestText
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return fmt.Sprintf("%s… (%d more bytes are in the alert)", s[:n], len(s)-n)
}

// masked is what masks the texts of an alert, and shortens them. There is nothing to mask in one that was made with mask on.
func (k *known) masked() func(key, value string) string {
	masker := sensitive.NewMasker(k.URL, k.Head, k.ResponseHead, k.Text, k.Body, k.ResponseBody)
	variables := map[string]string{} // of values that the name tells to be sensitive
	for _, m := range k.Rules {
		if sensitive.IsCredential(m.Variable) {
			variables[m.Value] = m.Variable
		}
	}
	return func(key, value string) string {
		if variable := variables[value]; variable != "" {
			key = variable
		}
		return shortened(key, masker.MaskNamed(key, value))
	}
}

// clean is a line in valid UTF-8.
func clean(text string) []byte { return []byte(strings.ToValidUTF8(text, "\ufffd")) }
