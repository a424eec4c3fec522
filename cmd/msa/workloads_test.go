package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const onePod = `{"metadata":{"uid":"u1","resourceVersion":"8","namespace":"shop","name":"cart-6d4cf56db6-aaaaa"},
	"spec":{"serviceAccountName":"cart"},"status":{"podIPs":[{"ip":"10.0.2.7"}]}}`

// kubectlProxy lists no pod, and then tells of one.
func kubectlProxy(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !r.URL.Query().Has("watch") {
			_, _ = fmt.Fprint(w, `{"metadata":{"resourceVersion":"7"},"items":[]}`)
			return
		}
		_, _ = fmt.Fprintf(w, `{"type":"ADDED","object":%s}`, onePod)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const emptyTable = "# Written by msa workloads, from the Kubernetes API.\naddress,workload,account\n"

func TestWorkloads(t *testing.T) {
	table := filepath.Join(t.TempDir(), "workloads.csv")
	is := func(want string) error {
		if text, err := os.ReadFile(table); err != nil || string(text) != want {
			return fmt.Errorf("the table is %q, want %q: %w", text, want, err)
		}
		return nil
	}
	server := kubectlProxy(t)
	once := command(t, "msa", "workloads", "--server", server, "--output", table, "--once")
	if code := once.run(""); code != 0 {
		t.Errorf("exit code %d: %s", code, once.stderr.String())
	}
	if err := is(emptyTable); err != nil {
		t.Error(err)
	}

	p := command(t, "msa", "workloads", "--server", server, "--output", table)
	p.start()
	p.until(func() error { return is(emptyTable + "10.0.2.7,shop/deployment/cart,shop/cart\n") })
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != 0 || p.stderr.String() != "" {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

func TestWorkloadsErrors(t *testing.T) {
	for want, args := range map[string][]string{
		"this is not a pod: give --server":   {"KUBERNETES_SERVICE_HOST=", "--output", "x"},
		"cannot write file":                  {"--output", filepath.Join(t.TempDir(), "missing", "x"), "--server", kubectlProxy(t)},
		"cannot list pods: ":                 {"--output", "x", "--server", "http://127.0.0.1:1", "--once"},
		"missing flags: --output=FILE\nUsag": {},
	} {
		at := 0
		if len(args) > 0 && strings.HasPrefix(args[0], "KUBERNETES") {
			at = 1
		}
		p := command(t, "msa", append(append(append([]string{}, args[:at]...), "workloads"), args[at:]...)...)
		if code := p.run(""); code == 0 || !strings.Contains(p.stderr.String(), want) {
			t.Errorf("%v: exit code %d: %s", args, code, p.stderr.String())
		}
	}
}
