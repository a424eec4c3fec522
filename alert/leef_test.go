package alert

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The patterns of examples/receivers/syslog-ng.conf read every attribute of alerts and incidents: syslog-ng drops all of a
// line that none of them fits.
func TestPatternsOfSyslogNGReadLEEF(t *testing.T) {
	config, err := os.ReadFile("../examples/receivers/syslog-ng.conf")
	if err != nil {
		t.Fatal(err)
	}
	var patterns []*regexp.Regexp
	for _, quoted := range regexp.MustCompile(`'(\^devTime=.*\$)'`).FindAllStringSubmatch(string(config), -1) {
		patterns = append(patterns, regexp.MustCompile(quoted[1]))
	}
	files, _ := filepath.Glob("testdata/*/leef.txt")
	if len(files) < 3 {
		t.Fatalf("only %d examples of LEEF", len(files))
	}
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, attributes, _ := strings.Cut(strings.TrimSpace(string(line)), "|^|")
		if read := firstRead(patterns, attributes); read != attributes {
			t.Errorf("%s: of\n%s\nthe patterns read\n%s", file, attributes, read)
		}
	}
}

// firstRead is what the first pattern that fits reads of a line, written as the line is.
func firstRead(patterns []*regexp.Regexp, line string) string {
	for _, p := range patterns {
		values := p.FindStringSubmatch(line)
		var read []string
		for i, name := range p.SubexpNames() {
			if i > 0 && i < len(values) && values[i] != "" {
				read = append(read, name+"="+values[i])
			}
		}
		if read != nil {
			return strings.Join(read, leefDelimiter)
		}
	}
	return ""
}
