package sensitive

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestCanaries(t *testing.T) {
	c, line, err := ParseCanaries([]byte("\ufeff# decoys\n4716-2580-5095-8603,card of A. Decoy\nq7Rk2-Decoy-Key_9\n\"Decoy, Ada\",\nada.decoy@bank.example, mail of A. Decoy\r\n"))
	if err != nil {
		t.Fatal(line, err)
	}
	for name, x := range map[string]struct {
		text string
		want []string
	}{
		"as it is":        {"x 4716-2580-5095-8603 y", []string{"card of A. Decoy"}},
		"other signs":     {`{"card":"4716258050958603"}`, []string{"card of A. Decoy"}},
		"other case":      {"Q7RK2-DECOY-KEY_9", []string{"of line 3"}},
		"escaped":         {"v=" + url.QueryEscape("Decoy, Ada") + "&e=ada.decoy%40bank.example", []string{"of line 4", "mail of A. Decoy"}},
		"JSON escapes":    {`\u0034716258050958603`, []string{"card of A. Decoy"}},
		"full-width":      {"４７１６ ２５８０ ５０９５ ８６０３", []string{"card of A. Decoy"}},
		"base64":          {"t=" + base64.StdEncoding.EncodeToString([]byte(`{"user":"ada.decoy@bank.example"}`)), []string{"mail of A. Decoy"}},
		"base64, twice":   {base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte("key q7Rk2-Decoy-Key_9 end")))), []string{"of line 3"}},
		"longer number":   {"14716258050958603 47162580509586031", nil},
		"beginning alone": {"4716258050958", nil},
		"nothing":         {"4716 2580 5095 8604", nil},
		"empty":           {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			c.Find(x.text, func(name, written string) bool {
				got = append(got, name)
				return true
			})
			if !slices.Equal(got, x.want) {
				t.Errorf("found %q, want %q", got, x.want)
			}
		})
	}
	var got []string
	c.Find(strings.Repeat("4716258050958603 ", 3), func(name, _ string) bool {
		got = append(got, name)
		return false
	})
	if len(got) != 1 {
		t.Errorf("%d after the first one was enough", len(got))
	}
}

func TestBrokenCanaries(t *testing.T) {
	for text, want := range map[string]struct {
		line int
		says string
	}{
		"4716258050958603\nabc-12": {2, "needs 8"},
		"a,b,c":                    {1, "3 columns"},
		strings.Repeat("x", 5000):  {1, "longer than"},
	} {
		_, line, err := ParseCanaries([]byte(text))
		if err == nil || line != want.line || !strings.Contains(err.Error(), want.says) {
			t.Errorf("%.20q: line %d, %v", text, line, err)
		}
	}
	if c, _, err := ParseCanaries(nil); err != nil {
		t.Error(err)
	} else {
		c.Find("4716258050958603", func(string, string) bool { t.Error("an empty file has values"); return false })
	}
}
