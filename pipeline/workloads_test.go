package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// The property workloads says in alerts which workload an address is.
func TestWorkloads(t *testing.T) {
	file := filepath.Join(t.TempDir(), "workloads.csv")
	if err := os.WriteFile(file, []byte("10.0.0.0/24,shop/deployment/web,shop/web\n10.0.0.2,shop/statefulset/users\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, _ := newPipeline(t, "mapping=nano", "workloads="+file)
	alerts := read(t, p.Process("t", newEvent(1, request(t, "/?a=../../etc/passwd"))))
	if len(alerts) != 1 || alerts[0]["client_workload"] != "shop/deployment/web" || alerts[0]["client_account"] != "shop/web" ||
		alerts[0]["server_workload"] != "shop/statefulset/users" {
		t.Errorf("alerts %v", alerts)
	}
	r, _, err := mapping.AppendJSON(nil, []byte(`{"URL":"/","METHOD":"GET","SRC_IP":"10.0.0.1"}`))
	if err != nil {
		t.Fatal(err)
	}
	x, err := p.Explain("t", r)
	if err != nil || x.Transaction.ClientWorkload.String() != "shop/deployment/web" {
		t.Errorf("explained as %+v, %v", x.Transaction.ClientWorkload, err)
	}

	if err := os.WriteFile(file, []byte("192.168.1.0/33,shop/web\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := ParseConfig(given("workloads=" + file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(cfg, nil, nil); err == nil || !strings.Contains(err.Error(), "property workloads: ") || !strings.Contains(err.Error(), file+":1: ") {
		t.Errorf("a broken table: %v", err)
	}
}
