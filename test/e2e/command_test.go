package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// runCommand sends records through "msa run" and returns its alerts.
func runCommand(t *testing.T, records [][]byte) []string {
	t.Helper()
	port := freePort(t)
	cmd := exec.Command(filepath.Join(rig.Root(), "build/msa"), "run", "--listen", fmt.Sprintf("tcp://127.0.0.1:%d", port), "--output", "stdout")
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := tcp(t, port)
	for _, r := range records {
		if _, err := fmt.Fprintf(c, "%s\n", r); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	// It closes its side when it has read all.
	if _, err := io.Copy(io.Discard, c); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("msa run: %v\n%s", err, log.String())
	}
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

// What is written in README as a command does what README says.
func TestScan(t *testing.T) {
	scan := exec.Command(filepath.Join(rig.Root(), "build/msa"), "scan", "-")
	scan.Stdin = bytes.NewReader(bytes.Join([][]byte{sample(t, "/index.html"), numbered(t, 1)}, []byte("\n")))
	out, err := scan.Output()
	if scan.ProcessState.ExitCode() != 1 {
		t.Fatalf("exit code %d, %v", scan.ProcessState.ExitCode(), err)
	}
	alerts := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(alerts) != 1 || object(t, alerts[0])["line"] != 2.0 {
		t.Errorf("got %s", out)
	}
}
