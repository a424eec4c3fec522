package alert

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// parseCEF reads a line as a receiver does: byte by byte, a key being the word before a = that is not escaped.
func parseCEF(line string) (header []string, extension map[string]string, err error) {
	rest := line
	for len(header) < 7 {
		var field []byte
		i := 0
		for ; i < len(rest) && rest[i] != '|'; i++ {
			if rest[i] == '\\' {
				i++
				if i == len(rest) || rest[i] != '\\' && rest[i] != '|' {
					return nil, nil, fmt.Errorf("header: \\ before neither \\ nor | in %q", rest)
				}
			}
			field = append(field, rest[i])
		}
		if i == len(rest) {
			return nil, nil, fmt.Errorf("header ends after %d fields", len(header))
		}
		header = append(header, string(field))
		rest = rest[i+1:]
	}
	extension = map[string]string{}
	var key string
	var value []byte
	begin := 0 // of what may be the next key, in value
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; c {
		case '\\':
			i++
			if i == len(rest) {
				return nil, nil, fmt.Errorf("extension ends in \\")
			}
			switch rest[i] {
			case '\\', '=':
				value = append(value, rest[i])
			case 'n':
				value = append(value, '\n')
			case 'r':
				value = append(value, '\r')
			default:
				return nil, nil, fmt.Errorf("extension: \\%c", rest[i])
			}
		case '=':
			if key != "" {
				if begin == 0 {
					return nil, nil, fmt.Errorf("two = after %s", key)
				}
				extension[key] = string(value[:begin-1])
			}
			key = string(value[begin:])
			if _, twice := extension[key]; twice || !regexp.MustCompile(`^[a-zA-Z0-9]+$`).MatchString(key) {
				return nil, nil, fmt.Errorf("key %q", key)
			}
			value, begin = nil, 0
		case ' ':
			value = append(value, c)
			begin = len(value)
		default:
			value = append(value, c)
		}
	}
	extension[key] = string(value)
	return header, extension, nil
}

// parseLEEF reads a line as a receiver does, and then undoes the escapes in its values.
func parseLEEF(line string) (header []string, attributes map[string]string, err error) {
	parts := strings.SplitN(line, "|", 7)
	if len(parts) != 7 || len(parts[5]) != 1 {
		return nil, nil, fmt.Errorf("header %q", parts)
	}
	attributes = map[string]string{}
	for _, one := range strings.Split(parts[6], parts[5]) {
		key, escaped, ok := strings.Cut(one, "=")
		if _, twice := attributes[key]; !ok || twice {
			return nil, nil, fmt.Errorf("attribute %q", one)
		}
		var value []byte
		for i := 0; i < len(escaped); i++ {
			if escaped[i] != '\\' {
				value = append(value, escaped[i])
				continue
			}
			known := false
			for escape, c := range map[string]byte{`\\`: '\\', `\n`: '\n', `\r`: '\r', `\t`: '\t', `\x5e`: '^'} {
				if strings.HasPrefix(escaped[i:], escape) {
					value, i, known = append(value, c), i+len(escape)-1, true
					break
				}
			}
			if !known {
				return nil, nil, fmt.Errorf("escape in %q", escaped[i:])
			}
		}
		attributes[key] = string(value)
	}
	return parts[:6], attributes, nil
}

// hostile is an alert all texts of which are an attacker's.
func hostile(text string) Alert {
	m := match(1, 2, "attack-"+text)
	m.Message, m.Value, m.Variable = text, text, text
	return Alert{
		Match: m, Rules: []engine.Match{m}, Tag: text, Direction: text, Detector: text, Evidence: text, Uninspected: []string{text},
		Kubernetes: Kubernetes{Pod: text}, time: time.UnixMilli(1),
		tx: &mapping.Transaction{
			URI: text, Method: text, Host: text, Preset: text, Client: mapping.Endpoint{Address: text, Port: text}, Server: mapping.Endpoint{Address: text, Port: text},
			Alert: mapping.AlertFields{Host: text, RequestHeader: "User-Agent: " + text},
		},
	}
}

// received is what of a text arrives: tabs are as the format has them.
func received(text string, most int, tab string) string {
	var b strings.Builder
	n := 0
	for _, r := range text { // an invalid byte is U+FFFD here
		if n++; n > most {
			break
		}
		switch {
		case r == '\t':
			b.WriteString(tab)
		case r == '\n' || r == '\r':
			b.WriteRune(r)
		case r < 32:
			b.WriteRune(rune('␀') + r)
		case r == 127:
			b.WriteRune('␡')
		case r >= 0x80 && r <= 0x9f || r == 0x2028 || r == 0x2029:
			b.WriteRune('�')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func checkLine(t *testing.T, line string) {
	t.Helper()
	if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) {
		t.Errorf("not one line of text: %q", line)
	}
}

func checkCEF(t *testing.T, text string) {
	t.Helper()
	a := hostile(text)
	line := a.cef()
	checkLine(t, line)
	header, got, err := parseCEF(line)
	if err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	name := strings.NewReplacer("\n", " ", "\r", " ").Replace(received(text, longestName, " "))
	if text == "" {
		name = "rule 1"
	}
	if want := []string{"CEF:0", vendorName, productName, Version, "1", name, "8"}; fmt.Sprint(header) != fmt.Sprint(want) {
		t.Errorf("header is %q, want %q", header, want)
	}
	for key, most := range map[string]int{
		"cat": longestValue, "request": longestValue, "requestMethod": longestValue, "dhost": longestValue, "reason": longestValue,
		"cs2": longestList, "cs4": longestList, "cs5": longestList, "flexString1": longestValue, "flexString2": longestValue,
	} {
		if want := received(text, most, " "); got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	if text != "" && (got["cs2Label"] != "direction" || got["rt"] != "1" || got["cs1"] != "1") {
		t.Errorf("what is no attacker's is %q", got)
	}
}

func checkLEEF(t *testing.T, text string) {
	t.Helper()
	a := hostile(text)
	line := a.leef()
	checkLine(t, line)
	header, got, err := parseLEEF(line)
	if err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	if want := []string{"LEEF:2.0", vendorName, productName, Version, "1", "^"}; fmt.Sprint(header) != fmt.Sprint(want) {
		t.Errorf("header is %q, want %q", header, want)
	}
	for key, most := range map[string]int{
		"cat": longestValue, "msg": longestName, "method": longestValue, "domain": longestValue, "url": longestValue,
		"direction": longestValue, "detector": longestValue, "evidence": longestValue, "tag": longestValue, "preset": longestValue,
	} {
		if want := received(text, most, "\t"); got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	if got["devTime"] != "1" || got["sev"] != "8" || got["rules"] != "1" {
		t.Errorf("what is no attacker's is %q", got)
	}
}

var hostileTexts = []string{
	"", "a", `\`, `\\`, `|`, `\|`, "=", `\=`, `\n`, "a\nb\r\nc", "\t", " ", "a ", " a", "x src=6.6.6.6 y", "x^src=6.6.6.6^", `\x5e`, "^",
	"a|b|10|src=6.6.6.6", "\x00\x07\x1b[31m\x7f", "\xff\xfe", "\u0085\u2028\u2029", "ä€𝄞", "CEF:0|a|b|c|d|e|9|", strings.Repeat("ä", 5000), strings.Repeat("=", 2000),
}

func TestHostileTexts(t *testing.T) {
	for _, text := range hostileTexts {
		checkCEF(t, text)
		checkLEEF(t, text)
	}
}

func FuzzCEF(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text)
	}
	f.Fuzz(checkCEF)
}

func FuzzLEEF(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text)
	}
	f.Fuzz(checkLEEF)
}

// What is no address goes where names go, and IPv6 where CEF has it.
func TestTextAddresses(t *testing.T) {
	for _, c := range []struct{ address, cef, leef string }{
		{"10.0.0.1", "src", "src"}, {"fd00::1", "c6a2", "src"}, {"web.svc", "shost", "srcName"},
	} {
		a := ofDetector()
		a.tx.Client.Address = c.address
		_, extension, err := parseCEF(a.cef())
		if err != nil || extension[c.cef] != c.address {
			t.Errorf("CEF has %v, %v", extension, err)
		}
		_, attributes, err := parseLEEF(a.leef())
		if err != nil || attributes[c.leef] != c.address {
			t.Errorf("LEEF has %v, %v", attributes, err)
		}
	}
}

// Beside the text a record has the keys that outputs route by, and no others.
func TestTextRecord(t *testing.T) {
	a := ofDetector()
	for f, text := range map[Format]string{CEF: a.cef(), LEEF: a.leef()} {
		want := map[string]any{"log": text, "severity": "3", "rule_id": "9600010", "src_ip": "10.0.0.7", "dst_ip": "fd00::55", "incident_id": a.Incident}
		if got := event(t, &a, f, "log"); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", f, got, want)
		}
	}
}

func TestSentSeverity(t *testing.T) {
	for severity, want := range []string{"10", "9", "8", "7", "5", "3", "2", "1"} {
		a := ofDetector()
		a.Match.Severity = severity
		header, _, err := parseCEF(a.cef())
		if err != nil || header[6] != want {
			t.Errorf("severity %d in CEF: %q, %v", severity, header, err)
		}
		_, attributes, err := parseLEEF(a.leef())
		if err != nil || attributes["sev"] != want {
			t.Errorf("severity %d in LEEF: %q, %v", severity, attributes["sev"], err)
		}
	}
}
