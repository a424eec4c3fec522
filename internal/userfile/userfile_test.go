package userfile

import (
	"errors"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		file, want string
		err        error
	}{
		"plain":                 {"a: b", "a: b", nil},
		"byte order mark":       {"\ufeffa: b", "a: b", nil},
		"UTF-16, little endian": {"\xff\xfea\x00", "", ErrUTF16},
		"UTF-16, big endian":    {"\xfe\xff\x00a", "", ErrUTF16},
	} {
		got, err := Text([]byte(c.file))
		if string(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestMistake(t *testing.T) {
	type part struct {
		Count int
		Share float64
		Off   bool
		Name  string
		Key   []string
	}
	for text, want := range map[string]string{
		"count: many":                    "line 1, column 8: expected a whole number",
		"count: 99999999999999999999999": "line 1, column 8: 99999999999999999999999 is too large a number",
		"share: much":                    "line 1, column 8: expected a number",
		"off: maybe":                     "line 1, column 6: expected true or false",
		"key: client":                    "line 1, column 6: expected a list, such as [a, b]",
		"- a":                            "line 1, column 1: expected keys and values, such as {a: b}",
		"cuont: 5":                       `line 1, column 1: there is no key "cuont"`,
		"name: a\n\tcount: 5":            "line 2, column 1: a tab: YAML is indented by spaces",
		"name: [":                        "line 1, column 7: sequence end token ']' not found",
		"name: a\nname: b":               `line 2, column 1: mapping key "name" already defined at [1:1]`,
	} {
		var v part
		err := Mistake(yaml.UnmarshalWithOptions([]byte(text), &v, yaml.Strict()))
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
	if err := errors.New("another"); !errors.Is(Mistake(err), err) {
		t.Error("another error was changed")
	}
}
