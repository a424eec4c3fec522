package advice

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/coverage"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// mapped is what mapping auto makes of a line.
func mapped(t *testing.T, line string) *mapping.Transaction {
	t.Helper()
	set, err := mapping.Load("auto")
	if err != nil {
		t.Fatal(err)
	}
	var tx mapping.Transaction
	if err := event.Alerts(event.AppendLine(nil, time.Now(), []byte(line)), func(e event.Alert) {
		if err := set.Map("log", e.Fields, &tx); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return &tx
}

func snippet(t *testing.T, preset string) string {
	t.Helper()
	a, ok := For(preset)
	if !ok || a.Snippet == "" {
		t.Fatalf("no snippet for %s", preset)
	}
	return a.Snippet
}

// checkShows compares what a log shows that is written with a snippet with what is said of it.
func checkShows(t *testing.T, preset string, tx *mapping.Transaction) {
	t.Helper()
	a, _ := For(preset)
	log := coverage.Of(tx)
	for _, f := range append(a.Shows, coverage.Query, coverage.Status) {
		if !log.Has(f) {
			t.Errorf("%s: the log does not show %s", preset, f)
		}
	}
	if len(a.Shows) < 4 {
		t.Errorf("%s: only %v", preset, a.Shows)
	}
}

const cookie = "session=1; theme=dark"

func checkHeaders(t *testing.T, preset string, tx *mapping.Transaction) {
	t.Helper()
	described := tx.Describe()
	for _, want := range []string{"POST /a?b=c", "Host: shop.example", "Cookie: " + cookie, "User-Agent: Mozilla/5.0"} {
		if !strings.Contains(strings.ToLower(described), strings.ToLower(want)) {
			t.Errorf("%s: %q is missing in\n%s", tx.Preset, want, described)
		}
	}
	if tx.Preset != preset || tx.Client.Address != "192.0.2.7" && preset != "nginx-json" {
		t.Errorf("preset %s, client %s", tx.Preset, tx.Client.Address)
	}
}

// values are what Envoy and HAProxy would write in place of their operators.
var values = map[string]string{
	"%START_TIME%": "2026-11-20T10:11:12.123Z", "%REQ(:METHOD)%": "POST", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%": "/a?b=c", "%PROTOCOL%": "HTTP/1.1",
	"%RESPONSE_CODE%": "200", "%RESPONSE_FLAGS%": "-", "%BYTES_RECEIVED%": "3", "%BYTES_SENT%": "12", "%DURATION%": "5", "%REQ(:AUTHORITY)%": "shop.example",
	"%REQ(USER-AGENT)%": "Mozilla/5.0", "%REQ(COOKIE)%": cookie, "%DOWNSTREAM_REMOTE_ADDRESS%": "192.0.2.7:4711", "%UPSTREAM_HOST%": "198.51.100.9:80",

	"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]": "2026-11-20T10:11:12Z", "%ci": "192.0.2.7", "%cp": "4711", "%si": "198.51.100.9", "%HM": "POST", "%HV": "HTTP/1.1", "%ST": "200",
	"%B": "12", "%[capture.req.uri,json(utf8s)]": "/a?b=c", "%[capture.req.hdr(0),json(utf8s)]": "shop.example", "%[capture.req.hdr(1),json(utf8s)]": "Mozilla/5.0",
	"%[capture.req.hdr(3),json(utf8s)]": cookie, "%[capture.req.hdr(5),json(utf8s)]": "d=e",
}

var operators = regexp.MustCompile(`%[A-Z_]+(?:\([^)]*\))?%|%\[[^\]]*\]|%[a-zA-Z]+`)

func logged(format string) string {
	return operators.ReplaceAllStringFunc(format, func(operator string) string { return values[operator] })
}

func TestEnvoyAndIstio(t *testing.T) {
	_, fields, _ := strings.Cut(snippet(t, "envoy"), "json_format:\n")
	var members []string
	for line := range strings.Lines(fields) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		members = append(members, fmt.Sprintf("%q:%s", key, value))
	}
	tx := mapped(t, logged("{"+strings.Join(members, ",")+"}"))
	checkHeaders(t, "envoy", tx)
	checkShows(t, "envoy", tx)

	_, format, _ := strings.Cut(snippet(t, "istio"), "accessLogFormat: |\n")
	tx = mapped(t, logged(strings.Join(strings.Fields(format), "")))
	checkHeaders(t, "envoy", tx)
	checkShows(t, "istio", tx)
}

func TestHAProxy(t *testing.T) {
	_, format, _ := strings.Cut(snippet(t, "haproxy"), "log-format '")
	tx := mapped(t, logged(strings.TrimSuffix(strings.TrimSpace(format), "'")))
	checkHeaders(t, "nginx-json", tx)
	checkShows(t, "haproxy", tx)
	if !strings.Contains(tx.Describe(), "d=e") {
		t.Errorf("no body in\n%s", tx.Describe())
	}
}

func TestApache(t *testing.T) {
	if !strings.Contains(snippet(t, "apache"), `\"%{Cookie}i\"`) {
		t.Error("there is no cookie in the format")
	}
	tx := mapped(t, `192.0.2.7 - - [20/Nov/2026:10:11:12 +0000] "POST /a?b=c HTTP/1.1" 200 12 "-" "Mozilla/5.0" "shop.example" "session=1' or 1=1--" "-"`)
	if !strings.Contains(tx.Describe(), "or 1=1") {
		t.Errorf("%s: what is behind the line is lost:\n%s", tx.Preset, tx.Describe())
	}
}

// A real nginx logs with its snippet.
func TestNginx(t *testing.T) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("no nginx on the PATH")
	}
	dir := t.TempDir()
	port := freePort(t)
	config := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr;
events {}
http {
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  %[2]s
  server { listen 127.0.0.1:%[3]d; location / { proxy_pass http://unix:%[1]s/up:/; } }
  server { listen unix:%[1]s/up; access_log off; location / { return 204; } }
}`, dir, strings.Replace(snippet(t, "nginx"), "/var/log/nginx/msa.log", "/dev/stdout", 1), port)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(t.Context(), program, "-p", dir, "-c", file)
	server.Stdout, server.Stderr = in, os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		_ = server.Wait()
		cancel() // nobody will answer
		close(ended)
	}()
	defer func() {
		_ = server.Process.Kill()
		<-ended
	}()
	_ = in.Close()
	ask(ctx, t, port)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	tx := mapped(t, line)
	checkHeaders(t, "nginx-json", tx)
	checkShows(t, "nginx-json", tx)
	if described := tx.Describe(); !strings.Contains(described, `quote=" or 1=1`) {
		t.Errorf("no body in\n%s", described)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// ask sends a request as soon as somebody listens.
func ask(ctx context.Context, t *testing.T, port int) {
	t.Helper()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("http://127.0.0.1:%d/a?b=c", port), strings.NewReader(`quote=" or 1=1`))
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "shop.example"
		request.Header = http.Header{"Cookie": {cookie}, "User-Agent": {"Mozilla/5.0"}, "Content-Type": {"application/x-www-form-urlencoded"}}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// Each preset in the table is one, and where there is nothing to say nothing is said.
func TestFor(t *testing.T) {
	for _, p := range products {
		for _, preset := range p.presets {
			if _, err := mapping.Preset(preset); err != nil {
				t.Errorf("%s: %v", p.product, err)
			}
			if a, ok := For(preset); !ok || a.Note == "" || (a.Snippet == "") != (p.name == "") {
				t.Errorf("%s: %+v, %v", preset, a, ok)
			}
		}
	}
	if a, ok := For("zeek"); ok {
		t.Errorf("advice for zeek: %+v", a)
	}
}
