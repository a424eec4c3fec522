package mapping

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/reread"
)

func writeTable(t *testing.T, file, text string, at time.Time) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
}

// The longest network counts, in either form.
func TestWorkloadTable(t *testing.T) {
	for name, text := range map[string]string{
		"CSV": "\ufeffaddress,workload,account\n# ours\n10.0.0.0/8,lan\n10.0.2.0/24, shop/batch\r\n\"10.0.2.7\",shop/Deployment/cart,shop/cart\n2001:db8::/32,edge/proxy\n::ffff:192.0.2.0/120,old\n",
		"JSON": `{"10.0.0.0/8": "lan", "10.0.2.0/24": "shop/batch",
			"10.0.2.7": {"workload": "shop/deployment/cart", "account": "shop/cart"}, "2001:db8::/32": "edge/proxy", "::ffff:192.0.2.0/120": "old"}`,
	} {
		file := filepath.Join(t.TempDir(), "workloads")
		writeTable(t, file, text, time.Unix(1, 0))
		table, err := OpenWorkloadTable(file, func(err error) { t.Error(err) })
		if err != nil {
			t.Fatal(name, err)
		}
		for address, want := range map[string]Workload{
			"10.0.2.7":        {"shop", "deployment", "cart", "shop/cart", ""},
			"::ffff:10.0.2.7": {"shop", "deployment", "cart", "shop/cart", ""},
			"10.0.2.8":        {"shop", "", "batch", "", ""},
			"10.9.9.9":        {"", "", "lan", "", ""},
			"2001:db8::1":     {"edge", "", "proxy", "", ""},
			"192.0.2.1":       {"", "", "old", "", ""},
			"198.51.100.1":    {},
			"no-address":      {},
			"":                {},
		} {
			var w Workload
			if table.fill(&w, address); w != want {
				t.Errorf("%s: %s is %+v, want %+v", name, address, w, want)
			}
		}
		known := Workload{Namespace: "a", Name: "b"}
		if table.fill(&known, "10.0.2.7"); known.Name != "b" || known.Account != "" {
			t.Errorf("%s: what is known becomes %+v", name, known)
		}
	}
	var none *WorkloadTable
	none.fill(new(Workload), "10.0.2.7")
}

// Errors name the file and the line.
func TestWrongWorkloadTables(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.1,a\n10.0.0.2\n":                `:2: expected an address or network`,
		"10.0.0.1,a\n\n10.0.0.300,b\n":          `:3: "10.0.0.300" is not a network`,
		"10.0.0.1,a/b/c/d\n":                    `:1: "a/b/c/d" is not a workload`,
		"10.0.0.1,shop/deployment/\n":           `:1: "shop/deployment/" is not a workload`,
		"10.0.0.1,a\n10.0.0.1,b\n":              `:2: 10.0.0.1/32 stands in it twice`,
		"10.0.0.1,\"a\n":                        `:1: extraneous or missing " in quoted-field`,
		"{\"10.0.0.1\": \"a\",\n \"x\": \"b\"}": `:2: "x" is not a network`,
		"{\"10.0.0.1\": 5}":                     `:1: "" is not a workload`,
		"{\"10.0.0.1\": \"a\"\n":                `:2: the object does not end`,
		"{} {}":                                 `something follows the object`,
	} {
		file := filepath.Join(t.TempDir(), "table")
		writeTable(t, file, text, time.Unix(1, 0))
		_, err := OpenWorkloadTable(file, nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "cannot read workloads "+`"`+file+`"`) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := OpenWorkloadTable("/nowhere/table", nil); err == nil || !strings.Contains(err.Error(), `"/nowhere/table"`) {
		t.Error(err)
	}
}

// A table is read again when its file has changed, and what is broken is told once and changes nothing.
func TestWorkloadTableChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "table")
	writeTable(t, file, "10.0.0.1,first\n", time.Unix(1, 0))
	var reported []string
	table, err := OpenWorkloadTable(file, func(err error) { reported = append(reported, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	table.file.Now = func() time.Time { return now }
	name := func() string {
		var w Workload
		table.fill(&w, "10.0.0.1")
		return w.Name
	}
	later := func() { now = now.Add(reread.Every + time.Second) }

	writeTable(t, file, "10.0.0.1,second\n", time.Unix(2, 0))
	if got := name(); got != "first" {
		t.Errorf("%s, before it is time to look", got)
	}
	later()
	if got := name(); got != "second" {
		t.Errorf("%s after a change", got)
	}
	writeTable(t, file, "10.0.0.1,third\nbroken\n", time.Unix(3, 0))
	for range 3 {
		later()
		if got := name(); got != "second" {
			t.Errorf("%s with a broken file", got)
		}
	}
	if len(reported) != 1 || !strings.Contains(reported[0], file+":2: ") || !strings.Contains(reported[0], "the last good table stays") {
		t.Errorf("reported %q", reported)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		later()
		if got := name(); got != "second" {
			t.Errorf("%s without a file", got)
		}
	}
	if len(reported) != 2 {
		t.Errorf("reported %q", reported)
	}
	writeTable(t, file, "10.0.0.1,fourth\n", time.Unix(3, 0))
	later()
	if got := name(); got != "fourth" || len(reported) != 2 {
		t.Errorf("%s after the file is whole again, reported %q", got, reported)
	}
}

// The table counts after what the log tells and before who wrote the record, and finds a client behind a proxy.
func TestTableAmongOthers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "table")
	writeTable(t, file, "10.0.0.1,client\n192.0.2.1,behind\n10.0.0.2,server\n", time.Unix(1, 0))
	table, err := OpenWorkloadTable(file, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse("x.yaml", []byte("request: {uri: u}\nclient: {address: c, forwarded: f, trusted_proxies: private, workload: {name: n}}\nserver: {address: s}"))
	if err != nil {
		t.Fatal(err)
	}
	for record, want := range map[string][2]string{
		`{"u":"/","c":"10.0.0.1","s":"10.0.0.2","kubernetes":{"pod_name":"nginx-0"}}`: {"client", "server"},
		`{"u":"/","c":"10.0.0.1","s":"10.0.0.3","kubernetes":{"pod_name":"nginx-0"}}`: {"client", "nginx"},
		`{"u":"/","c":"10.0.0.1","n":"named"}`:                                        {"named", ""},
		`{"u":"/","c":"10.0.0.1","n":"proxy","f":"192.0.2.1"}`:                        {"behind", ""},
	} {
		r, _, err := AppendJSON(nil, []byte(record))
		if err != nil {
			t.Fatal(err)
		}
		tx := Transaction{Workloads: table}
		if err := m[0].Map("t", r, &tx); err != nil {
			t.Fatal(err)
		}
		if got := [2]string{tx.ClientWorkload.Name, tx.ServerWorkload.Name}; got != want {
			t.Errorf("%s: %q, want %q", record, got, want)
		}
	}
}
