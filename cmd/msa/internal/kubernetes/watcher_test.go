package kubernetes

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// patience is how long a test waits for what has to come: how fast the machine is must not matter.
const patience = 2 * time.Minute

// watched is a watcher at work.
type watched struct {
	*Watcher
	t      *testing.T
	tables chan string // each that was written
	pauses chan time.Duration
	broken func() error // of a write

	mu  sync.Mutex
	at  time.Time
	log bytes.Buffer // read after the end
	end func() error
}

func follow(t *testing.T, config Config) *watched {
	t.Helper()
	w := &watched{t: t, tables: make(chan string, 1000), pauses: make(chan time.Duration, 1000), at: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
	var err error
	w.Watcher, err = New(config, os.Getenv, func(table []byte) error {
		if w.broken != nil {
			if err := w.broken(); err != nil {
				return err
			}
		}
		w.tables <- string(table)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.now = func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.at
	}
	w.every = time.Millisecond
	w.pause = func(_ context.Context, d time.Duration) { w.pauses <- d }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx, slog.New(slog.NewTextHandler(&w.log, nil))) }()
	w.end = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := w.end(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// later lets time pass.
func (w *watched) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// shows waits for a table of these rows.
func (w *watched) shows(rows ...string) {
	w.t.Helper()
	want := tableHead + "address,workload,account\n"
	for _, r := range rows {
		want += r + "\n"
	}
	for last := ""; ; {
		select {
		case last = <-w.tables:
			if last == want {
				return
			}
		case <-time.After(patience):
			w.t.Fatalf("the last table is\n%s, want\n%s", last, want)
		}
	}
}

// Pods come, get an address, end, and leave their addresses to others, over TLS with a token.
func TestFollow(t *testing.T) {
	c := newCluster(t, "first-token")
	c.tell("ADDED", runningPod("u1", "cart-6d4cf56db6-aaaaa", "ReplicaSet/cart-6d4cf56db6", "10.0.0.1"))
	c.tell("ADDED", runningPod("u2", "db-0", "StatefulSet/db", "10.0.0.2"))
	c.tell("ADDED", runningPod("u3", "tool", "", "10.0.0.3"))
	config := c.config()
	w := follow(t, config)
	cart, db, tool := "10.0.0.1,shop/deployment/cart,shop/default", "10.0.0.2,shop/statefulset/db,shop/default", "10.0.0.3,shop/pod/tool,shop/default"
	w.shows(cart, db, tool)

	c.tell("ADDED", runningPod("u4", "report-29391840-bbbbb", "Job/report-29391840", ""))
	c.tell("BOOKMARK", object{"metadata": object{}})
	c.tell("MODIFIED", runningPod("u4", "report-29391840-bbbbb", "Job/report-29391840", "10.0.0.4"))
	report := "10.0.0.4,shop/cronjob/report,shop/default"
	w.shows(cart, db, tool, report)

	c.tell("DELETED", runningPod("u3", "tool", "", "10.0.0.3"))
	c.tell("DELETED", runningPod("u4", "report-29391840-bbbbb", "Job/report-29391840", "10.0.0.4"))
	c.tell("ADDED", runningPod("u5", "web-0", "StatefulSet/web", "10.0.0.4"))
	web := "10.0.0.4,shop/statefulset/web,shop/default"
	w.shows(cart, db, tool, web) // the last records of tool may come later than its end
	w.later(afterlife)
	w.shows(cart, db, web)

	// The connection is lost: the watch is resumed where it ended, with the token that the kubelet has renewed.
	c.change(func() { c.token = "second-token" })
	if err := os.WriteFile(config.TokenFile, []byte("second-token"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.change(func() { c.abort = true })
	c.tell("ADDED", runningPod("u6", "cache-0", "StatefulSet/cache", "10.0.0.6"))
	cache := "10.0.0.6,shop/statefulset/cache,shop/default"
	w.shows(cart, db, web, cache)
	if seen := c.seen(); seen != "LCWW" {
		t.Errorf("requests %s, want one list of two pages, and two watches", seen)
	}

	// What has changed since is no longer known: all are listed again, and who is missing has ended.
	c.change(func() {
		c.abort = true
		delete(c.pods, "u2")
		c.add("ADDED", runningPod("u7", "mail-0", "StatefulSet/mail", "10.0.0.7"))
		c.compact()
	})
	mail := "10.0.0.7,shop/statefulset/mail,shop/default"
	w.shows(cart, db, web, cache, mail)
	w.later(afterlife)
	w.shows(cart, web, cache, mail)
	if err := w.end(); err != nil {
		t.Error(err)
	}
	if seen := c.seen(); !strings.HasPrefix(seen, "LCWWWLC") {
		t.Errorf("requests %s, want a second list after a watch that failed", seen)
	}
	if strings.Contains(w.log.String(), "too old") {
		t.Errorf("a usual end of a watch is logged:\n%s", w.log.String())
	}
}

// While the API refuses, it is asked more and more seldom, the reason is logged once, and the table stays.
func TestBackOff(t *testing.T) {
	c := newCluster(t, "")
	c.refusal = 403
	w := follow(t, c.config())
	for i, limit := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		if d, limit := <-w.pauses, limit*time.Second; d < limit/2 || d > limit*3/2 {
			t.Errorf("pause %d is %v, want about %v", i, d, limit)
		}
	}
	c.change(func() {
		c.refusal = 0
		c.add("ADDED", runningPod("u1", "db-0", "StatefulSet/db", "10.0.0.2"))
	})
	w.shows("10.0.0.2,shop/statefulset/db,shop/default")
	c.tell("BOOKMARK", object{"metadata": object{}})
	c.tell("ADDED", runningPod("u2", "db-1", "StatefulSet/db", "10.0.0.3"))
	w.shows("10.0.0.2,shop/statefulset/db,shop/default", "10.0.0.3,shop/statefulset/db,shop/default")
	for len(w.pauses) > 0 {
		<-w.pauses
	}
	c.change(func() { c.abort = true })
	if d := <-w.pauses; d > firstBackoff*3/2 {
		t.Errorf("after an answer the pause is %v", d)
	}
	if err := w.end(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(w.log.String(), "pods is forbidden: there is no right to list them (403)"); n == 0 || n > 2 { // the second sums up
		t.Errorf("logged %d times:\n%s", n, w.log.String())
	}
}

// A table that can't be written is tried again; one that never could be is an error.
func TestWriteFails(t *testing.T) {
	c := newCluster(t, "")
	full := errors.New("no space left")
	w, err := New(c.config(), os.Getenv, func([]byte) error { return full })
	if err != nil {
		t.Fatal(err)
	}
	w.every = time.Millisecond
	if err := w.Run(t.Context(), slog.New(slog.DiscardHandler)); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}

	c = newCluster(t, "")
	again := follow(t, c.config())
	again.shows()
	failed := make(chan struct{})
	tries := 0
	again.Watcher.mu.Lock()
	again.broken = func() error {
		if tries++; tries > 1 {
			return nil
		}
		close(failed)
		return full
	}
	again.Watcher.mu.Unlock()
	c.tell("ADDED", runningPod("u1", "db-0", "StatefulSet/db", "10.0.0.2"))
	<-failed
	again.shows("10.0.0.2,shop/statefulset/db,shop/default")
	if err := again.end(); err != nil || !strings.Contains(again.log.String(), "cannot write the table of workloads") {
		t.Errorf("%v, log %s", err, again.log.String())
	}
}

// What Once writes is what the property workloads reads.
func TestOnce(t *testing.T) {
	c := newCluster(t, "token")
	c.tell("ADDED", runningPod("u1", "cart-6d4cf56db6-aaaaa", "ReplicaSet/cart-6d4cf56db6", "10.0.0.1"))
	file := filepath.Join(t.TempDir(), "workloads.csv")
	w, err := New(c.config(), os.Getenv, func(table []byte) error { return os.WriteFile(file, table, 0o600) })
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := mapping.OpenWorkloadTable(file, func(err error) { t.Error(err) }); err != nil {
		t.Error(err)
	}
}

func TestRefused(t *testing.T) {
	c := newCluster(t, "token")
	others := newCluster(t, "token")
	inCluster := func(name string) string {
		return map[string]string{"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}[name]
	}
	config := c.config()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*Config)) Config {
		changed := config
		change(&changed)
		return changed
	}
	for name, c := range map[string]struct {
		config Config
		getenv func(string) string
		want   string
	}{
		"no pod":                {Config{}, func(string) string { return "" }, "KUBERNETES_SERVICE_HOST is not set"},
		"a pod without a token": {Config{}, inCluster, "cannot read certificates: open " + mountedCA},
		"no URL":                {with(func(c *Config) { c.Server = "127.0.0.1:8001" }), nil, `cannot use server "127.0.0.1:8001": expected https://`},
		"token without TLS":     {Config{Server: "http://127.0.0.1:1", TokenFile: "x"}, nil, "a token is not sent without TLS"},
		"no certificates":       {with(func(c *Config) { c.CAFile = empty }), nil, "there is none in PEM"},
		"no token":              {with(func(c *Config) { c.TokenFile = empty }), nil, "cannot list pods: Unauthorized (401)"},
		"missing token":         {with(func(c *Config) { c.TokenFile += "s" }), nil, "cannot list pods: cannot read token"},
		"another namespace":     {with(func(c *Config) { c.Namespace = "a b" }), nil, "cannot list pods: /api/v1/namespaces/a%20b/pods?"},
		"unknown authority":     {with(func(c *Config) { c.CAFile = "" }), nil, "certificate signed by unknown authority"},
		"another server":        {with(func(c *Config) { c.Server = strings.Replace(others.server.URL, "127.0.0.1", "localhost", 1) }), nil, "certificate is valid for"},
	} {
		w, err := New(c.config, c.getenv, func([]byte) error { return nil })
		if err == nil {
			err = w.Once(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestPods(t *testing.T) {
	at := time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)
	of := func(uid, name string, change func(*pod)) *pod {
		p := &pod{}
		p.Metadata.UID, p.Metadata.Namespace, p.Metadata.Name = uid, "shop", name
		p.Status.StartTime = at
		change(p)
		return p
	}
	onNode := func(p *pod) {
		p.Spec.NodeName, p.Status.HostIP, p.Status.HostIPs = "worker-1", "192.0.2.1", []address{{"192.0.2.1"}, {"2001:db8::1"}}
	}
	for name, c := range map[string]struct {
		pods []*pod
		ends []string
		rows []string
	}{
		"two families": {[]*pod{of("a", "x", func(p *pod) { p.Status.PodIPs = []address{{"10.0.0.10"}, {"fd00::a"}, {""}} })}, nil,
			[]string{"10.0.0.10,shop/pod/x,", "fd00::a,shop/pod/x,"}},
		"a pod of the node's network": {[]*pod{of("a", "proxy", func(p *pod) {
			onNode(p)
			p.Spec.HostNetwork, p.Status.PodIPs = true, []address{{"192.0.2.1"}}
		})}, nil, []string{"192.0.2.1,/node/worker-1,", "2001:db8::1,/node/worker-1,"}},
		"a node of before 1.30": {[]*pod{of("a", "x", func(p *pod) {
			onNode(p)
			p.Status.HostIPs, p.Status.PodIPs = nil, []address{{"10.0.0.10"}}
		})}, nil, []string{"10.0.0.10,shop/pod/x,", "192.0.2.1,/node/worker-1,"}},
		"an address that two say to have is the younger one's": {[]*pod{
			of("b", "old", func(p *pod) { p.Status.PodIPs = []address{{"10.0.0.10"}} }),
			of("a", "new", func(p *pod) { p.Status.PodIPs, p.Status.StartTime = []address{{"10.0.0.10"}}, at.Add(time.Second) }),
		}, nil, []string{"10.0.0.10,shop/pod/new,"}},
		"one that has ended has it no longer, though it is younger": {[]*pod{
			of("a", "old", func(p *pod) { p.Status.PodIPs = []address{{"10.0.0.10"}} }),
			of("b", "new", func(p *pod) { p.Status.PodIPs, p.Status.StartTime = []address{{"10.0.0.10"}}, at.Add(time.Second) }),
		}, []string{"b"}, []string{"10.0.0.10,shop/pod/old,"}},
		"none": {nil, []string{"unknown"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			all := pods{}
			for _, p := range c.pods {
				all.put(p)
			}
			for _, uid := range c.ends {
				all.end(uid, at)
			}
			got := strings.Split(strings.TrimSuffix(strings.TrimPrefix(string(all.table()), tableHead+"address,workload,account\n"), "\n"), "\n")
			if len(c.rows) == 0 {
				c.rows = []string{""}
			}
			if !slices.Equal(got, c.rows) {
				t.Errorf("%q, want %q", got, c.rows)
			}
			if forgotten := all.forget(at.Add(afterlife)); forgotten != (len(c.pods) > 0 && len(c.ends) > 0) || len(all) != len(c.pods)-min(len(c.ends), len(c.pods)) {
				t.Errorf("left are %v", slices.Collect(maps.Keys(all)))
			}
		})
	}
}
