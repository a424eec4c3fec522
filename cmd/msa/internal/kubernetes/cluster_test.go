package kubernetes

import (
	"cmp"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

type object = map[string]any

// running is a pod as the API has it, of a ReplicaSet or whatever the owner is, KIND/NAME.
func runningPod(uid, name, owner, ip string) object {
	metadata := object{"uid": uid, "namespace": "shop", "name": name}
	if kind, name, ok := strings.Cut(owner, "/"); ok {
		metadata["ownerReferences"] = []object{{"kind": "Other", "name": "other"}, {"kind": kind, "name": name, "controller": true}}
	}
	status := object{"startTime": "2026-11-28T10:00:00Z"}
	if ip != "" {
		status["podIP"], status["podIPs"] = ip, []object{{"ip": ip}}
	}
	return object{"metadata": metadata, "spec": object{"serviceAccountName": "default"}, "status": status}
}

// pageOf is how many pods the server lists at once.
const pageOf = 2

// cluster is an API server that has pods, and speaks of them as the real one does.
type cluster struct {
	t      *testing.T
	server *httptest.Server
	token  string // that it wants to see, "" for none

	mu       sync.Mutex
	pods     map[string]object
	history  []object // events; the version after each is its index + 1
	oldest   int      // version from which it can still tell what changed
	news     chan struct{}
	refusal  int    // status of all answers, 0 for none
	abort    bool   // break off the watches that there are
	requests string // L for a list, C for its next page, W for a watch
}

func newCluster(t *testing.T, token string) *cluster {
	c := &cluster{t: t, token: token, pods: map[string]object{}, news: make(chan struct{})}
	if token == "" {
		c.server = httptest.NewServer(c)
	} else {
		c.server = httptest.NewUnstartedServer(c)
		c.server.EnableHTTP2 = true
		c.server.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that don't trust it
		c.server.StartTLS()
	}
	t.Cleanup(c.server.Close)
	t.Cleanup(func() { c.change(func() { c.abort = true }) }) // a server waits for its answers
	return c
}

// config is how the server is reached, with the files that a pod has.
func (c *cluster) config() Config {
	if c.token == "" {
		return Config{Server: c.server.URL}
	}
	dir := c.t.TempDir()
	config := Config{Server: c.server.URL, TokenFile: filepath.Join(dir, "token"), CAFile: filepath.Join(dir, "ca.crt")}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.server.Certificate().Raw})
	for name, text := range map[string][]byte{config.TokenFile: []byte(c.token + "\n"), config.CAFile: ca} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	return config
}

// change changes something, and tells the watches.
func (c *cluster) change(something func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	something()
	close(c.news)
	c.news = make(chan struct{})
}

// tell adds an event about a pod.
func (c *cluster) tell(kind string, pod object) {
	c.change(func() { c.add(kind, pod) })
}

func (c *cluster) add(kind string, pod object) {
	metadata := pod["metadata"].(object)
	metadata["resourceVersion"] = strconv.Itoa(len(c.history) + 1)
	c.history = append(c.history, object{"type": kind, "object": pod})
	switch uid, _ := metadata["uid"].(string); kind {
	case "ADDED", "MODIFIED":
		c.pods[uid] = pod
	case "DELETED":
		delete(c.pods, uid)
	}
}

// compact forgets what has changed, as the real one does after some minutes.
func (c *cluster) compact() { c.oldest = len(c.history) }

func (c *cluster) seen() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	refusal, token := c.refusal, c.token
	query := r.URL.Query()
	kind := "L"
	switch {
	case query.Has("watch"):
		kind = "W"
	case query.Has("continue"):
		kind = "C"
	}
	c.requests += kind
	c.mu.Unlock()
	switch {
	case token != "" && r.Header.Get("Authorization") != "Bearer "+token:
		refuse(w, http.StatusUnauthorized, "Unauthorized")
	case refusal != 0:
		refuse(w, refusal, "pods is forbidden: there is no right to list them")
	case r.URL.Path != "/api/v1/pods" || query.Get("fieldSelector") != "status.phase!=Succeeded,status.phase!=Failed":
		refuse(w, http.StatusNotFound, r.URL.String())
	case kind == "W":
		c.watch(w, r)
	default:
		c.list(w, query.Get("continue"))
	}
}

func refuse(w http.ResponseWriter, code int, message string) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(object{"kind": "Status", "code": code, "message": message})
}

func (c *cluster) list(w http.ResponseWriter, from string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first, _ := strconv.Atoi(from)
	var all []object
	for _, p := range c.pods {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b object) int {
		return cmp.Compare(fmt.Sprint(a["metadata"].(object)["uid"]), fmt.Sprint(b["metadata"].(object)["uid"]))
	})
	last := min(first+pageOf, len(all))
	metadata := object{"resourceVersion": strconv.Itoa(len(c.history))}
	if last < len(all) {
		metadata["continue"] = strconv.Itoa(last)
	}
	_ = json.NewEncoder(w).Encode(object{"kind": "PodList", "metadata": metadata, "items": all[first:last]})
}

// watch tells what has changed since the version, until the client goes.
func (c *cluster) watch(w http.ResponseWriter, r *http.Request) {
	version, err := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	if err != nil || r.URL.Query().Get("allowWatchBookmarks") != "true" || r.URL.Query().Get("timeoutSeconds") < "300" {
		refuse(w, http.StatusBadRequest, r.URL.String())
		return
	}
	out := json.NewEncoder(w)
	for {
		c.mu.Lock()
		gone, abort, news := version < c.oldest, c.abort, c.news
		told := slices.Clone(c.history[min(version, len(c.history)):])
		c.abort = false
		c.mu.Unlock()
		switch {
		case abort:
			panic(http.ErrAbortHandler)
		case gone:
			_ = out.Encode(object{"type": "ERROR", "object": object{"kind": "Status", "code": 410, "message": "too old resource version"}})
			return
		}
		for _, e := range told {
			if out.Encode(e) != nil {
				return
			}
		}
		version += len(told)
		w.(http.Flusher).Flush()
		select {
		case <-news:
		case <-r.Context().Done():
			return
		}
	}
}
