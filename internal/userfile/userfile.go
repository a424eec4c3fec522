// Package userfile has what is common to the files that people write: how editors save them, and how mistakes in YAML are
// told.
package userfile

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ErrUTF16 is for a file that an editor of Windows has saved as "Unicode".
var ErrUTF16 = errors.New("the file is in UTF-16: save it as UTF-8")

// Text is the text of a file without the byte order mark of UTF-8, which some editors write.
func Text(file []byte) ([]byte, error) {
	if bytes.HasPrefix(file, []byte("\xff\xfe")) || bytes.HasPrefix(file, []byte("\xfe\xff")) {
		return nil, ErrUTF16
	}
	return bytes.TrimPrefix(file, []byte("\ufeff")), nil
}

// Mistake is an error of the YAML library as one line, which names the place: "line 7, column 5: …". The lines of the file
// around it, which the library shows, are left out. Other errors stay as they are.
func Mistake(err error) error {
	m := place.FindStringSubmatch(fmt.Sprint(err))
	if m == nil {
		return err
	}
	text := m[3]
	for _, w := range words {
		text = w.pattern.ReplaceAllString(text, w.plain)
	}
	return fmt.Errorf("line %s, column %s: %s", m[1], m[2], strings.ReplaceAll(text, "\t", `\t`))
}

// place is the head of the library's messages.
var place = regexp.MustCompile(`^\[(\d+):(\d+)\] ([^\n]*)`)

// words say plainly what the library says of Go's types.
var words = []struct {
	pattern *regexp.Regexp
	plain   string
}{
	{regexp.MustCompile(`^unknown field (".*")$`), "there is no key $1"},
	{regexp.MustCompile(`^cannot unmarshal (\S+) into Go value of type \S+ \( overflow \)$`), "$1 is too large a number"},
	{regexp.MustCompile(`^cannot unmarshal \S+ into Go (?:struct field \S+|value) of type u?int\d*$`), "expected a whole number"},
	{regexp.MustCompile(`^cannot unmarshal \S+ into Go (?:struct field \S+|value) of type float\d*$`), "expected a number"},
	{regexp.MustCompile(`^cannot unmarshal \S+ into Go (?:struct field \S+|value) of type bool$`), "expected true or false"},
	{regexp.MustCompile(`^cannot unmarshal \S+ into Go (?:struct field \S+|value) of type string$`), "expected text"},
	{regexp.MustCompile(`^(?:\w+) was used where sequence is expected$`), "expected a list, such as [a, b]"},
	{regexp.MustCompile(`^(?:\w+) was used where mapping is expected$`), "expected keys and values, such as {a: b}"},
	{regexp.MustCompile(`^found character '\t' that cannot start any token$`), "a tab: YAML is indented by spaces"},
}
