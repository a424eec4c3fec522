// Command pictures makes those of docs/pictures: a terminal with what msa scan prints, as SVG, and the page of msa report on a
// screen and on a phone, by Chromium. They are of what the programs really do with an invented log.
package main

import (
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// largest is how many bytes a picture may have: they are in the repository.
const largest = 150 << 10

func main() {
	if err := pictures(filepath.Join(rig.Root(), "docs", "pictures")); err != nil {
		fmt.Fprintln(os.Stderr, "cannot make pictures:", err)
		os.Exit(1)
	}
}

func pictures(folder string) error {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "msa-pictures-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.WriteFile(filepath.Join(dir, "access.log"), []byte(accessLog()), 0o600); err != nil {
		return err
	}
	text, err := scan(dir, "text")
	if err != nil {
		return err
	}
	alerts, err := scan(dir, "json")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "terminal.svg"), []byte(terminal("msa scan access.log", text)), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "alerts.jsonl"), []byte(alerts), 0o600); err != nil {
		return err
	}
	page := filepath.Join(dir, "page.html")
	if out, err := exec.Command(msa(), "report", filepath.Join(dir, "alerts.jsonl"), "-o", page).CombinedOutput(); err != nil {
		return fmt.Errorf("msa report: %w: %s", err, out)
	}
	for name, size := range map[string]string{"page.png": "1280,1000", "phone.png": "500,1000"} { // Chromium's narrowest window
		file := filepath.Join(folder, name)
		shot := exec.Command(browser, "--headless", "--no-sandbox", "--hide-scrollbars", "--window-size="+size, "--screenshot="+file, "file://"+page)
		if out, err := shot.CombinedOutput(); err != nil {
			return fmt.Errorf("chromium: %w: %s", err, out)
		}
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		if info.Size() > largest {
			return fmt.Errorf("%s has %d bytes, more than %d", name, info.Size(), largest)
		}
	}
	return nil
}

func msa() string { return filepath.Join(rig.Root(), "build", "msa") }

func scan(dir, format string) (string, error) {
	c := exec.Command(msa(), "scan", "--format", format, filepath.Join(dir, "access.log"))
	out, err := c.Output()
	if c.ProcessState == nil || c.ProcessState.ExitCode() != 1 { // there are alerts
		return "", fmt.Errorf("msa scan: %w: %s", err, out)
	}
	return string(out), nil
}

// accessLog is an hour of a shop, with two attackers in it.
func accessLog() string {
	var b strings.Builder
	line := func(minute, second int, client, request string, status, size int, agent string) {
		fmt.Fprintf(&b, "%s - - [28/Nov/2026:10:%02d:%02d +0000] \"%s HTTP/1.1\" %d %d \"-\" %q\n", client, minute, second, request, status, size, agent)
	}
	for i := range 240 {
		line(i/4, i%4*15, fmt.Sprintf("198.51.100.%d", 1+i%40), fmt.Sprintf("GET /products?in=shoes&page=%d", 1+i%60), 200, 4000+i%7*113, "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
		switch i {
		case 60:
			line(15, 2, "203.0.113.9", "GET /products?in=shoes%27%20OR%20%271", 500, 312, "sqlmap/1.9")
			line(15, 3, "203.0.113.9", "GET /products?in=shoes%27%20UNION%20SELECT%20name,pass%20FROM%20users--%20", 200, 61234, "sqlmap/1.9")
		case 140:
			line(35, 8, "192.0.2.77", "GET /download?file=../../../../etc/passwd", 404, 153, "curl/8.5.0")
			line(35, 9, "192.0.2.77", "GET /?q=%3Cscript%3Ealert(1)%3C/script%3E", 404, 153, "curl/8.5.0")
			line(35, 11, "192.0.2.77", "GET /cgi-bin/status?x=;cat%20/etc/passwd", 404, 153, "curl/8.5.0")
		}
	}
	return b.String()
}

const (
	columns    = 150
	charWidth  = 7.3
	lineHeight = 18
)

// terminal draws what was typed and printed.
func terminal(typed, printed string) string {
	lines := []string{"$ " + typed}
	for line := range strings.SplitSeq(strings.TrimRight(printed, "\n"), "\n") {
		runes := []rune(line)
		for len(runes) > columns {
			lines, runes = append(lines, string(runes[:columns])), runes[columns:]
		}
		lines = append(lines, string(runes))
	}
	width, height := int(columns*charWidth)+32, len(lines)*lineHeight+32
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n", width, height, width, height, html.EscapeString(typed))
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="#0d1217"/>`+"\n")
	fmt.Fprintf(&b, `<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="12" fill="#e6ebf1" xml:space="preserve">`+"\n")
	for i, line := range lines {
		fmt.Fprintf(&b, `<text x="16" y="%d">%s</text>`+"\n", 28+i*lineHeight, html.EscapeString(line))
	}
	return b.String() + "</g>\n</svg>\n"
}
