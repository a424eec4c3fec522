// Package kubernetes writes the table of workloads (the property workloads) from the Kubernetes API: which pod of what
// has which address.
//
// It is a small part of what client-go's reflectors do: a list of the pods, in pages, is that of a version; a watch tells what
// has changed since, and resumes from the last version when it breaks off; a version that the server no longer knows
// (410 Gone) is a reason to list again. It reads pods, and nothing else.
// Source: kubernetes.io/docs/reference/using-api/api-concepts, "Efficient detection of changes".
package kubernetes

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/ratelog"
)

const (
	// writeEvery bounds how often the table is written: a rollout is many changes.
	writeEvery = 2 * time.Second
	// A watch lasts between this time and twice as long, so that those of all nodes don't end together.
	watchLasts = 5 * time.Minute

	firstBackoff = time.Second
	maxBackoff   = time.Minute
)

// Watcher keeps the table up to date.
type Watcher struct {
	api     *api
	write   func(table []byte) error
	version string // of the API server's data that is in pods; "" asks for a list

	mu      sync.Mutex
	pods    pods
	changed bool   // since the table was written
	written []byte // the table as it was written, nil before

	now   func() time.Time
	every time.Duration
	pause func(context.Context, time.Duration)
}

// New makes a watcher that gives each table that is new to write.
func New(c Config, getenv func(string) string, write func(table []byte) error) (*Watcher, error) {
	api, err := newAPI(c, getenv)
	if err != nil {
		return nil, err
	}
	return &Watcher{api: api, write: write, pods: pods{}, now: time.Now, every: writeEvery, pause: pause}, nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Once writes the table as it is now.
func (w *Watcher) Once(ctx context.Context) error {
	if err := w.list(ctx); err != nil {
		return err
	}
	return w.save()
}

// Run keeps the table up to date until the context ends. What goes wrong is logged, and the table stays as it is; only one that
// could never be written is an error.
func (w *Watcher) Run(ctx context.Context, log *slog.Logger) error {
	logged := ratelog.New(log)
	defer logged.Close()
	ctx, cancel := context.WithCancel(ctx)
	var following sync.WaitGroup
	following.Go(func() { w.follow(ctx, logged) })
	defer following.Wait()
	defer cancel()
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := w.save()
		if err != nil && w.written == nil {
			return err
		}
		if err != nil {
			logged.Add(slog.LevelError, "cannot write the table of workloads", "file", 1, "error", err)
		}
	}
}

// follow lists and watches. It pauses longer and longer while that leads to nothing.
func (w *Watcher) follow(ctx context.Context, logged *ratelog.Logger) {
	for backoff := firstBackoff; ctx.Err() == nil; {
		told, err := w.step(ctx)
		if told {
			backoff = firstBackoff
		}
		if told && err == nil { // the server ends each watch in time
			continue
		}
		if err != nil && ctx.Err() == nil && !isGone(err) {
			logged.Add(slog.LevelWarn, "cannot watch the cluster's pods; the table of workloads stays as it is", "kubernetes", 1, "error", err)
		}
		w.pause(ctx, backoff/2+rand.N(backoff))
		backoff = min(2*backoff, maxBackoff)
	}
}

// step lists if there is no version to watch from, and watches. It reports whether the watch told anything.
func (w *Watcher) step(ctx context.Context) (told bool, err error) {
	if w.version == "" {
		if err := w.list(ctx); err != nil {
			return false, err
		}
	}
	err = w.api.watch(ctx, w.version, watchLasts+rand.N(watchLasts), func(kind string, p *pod) {
		told = true
		w.apply(kind, p)
	})
	if err != nil && !isLost(err) {
		w.version = ""
	}
	return told, err
}

// list replaces all pods.
func (w *Watcher) list(ctx context.Context) error {
	running := pods{}
	version, err := w.api.list(ctx, running.put)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for uid := range w.pods {
		if running[uid] == nil {
			w.pods.end(uid, now)
		}
	}
	maps.Copy(w.pods, running)
	w.version, w.changed = version, true
	return nil
}

func (w *Watcher) apply(kind string, p *pod) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch kind {
	case added, modified:
		w.pods.put(p)
		w.changed = true
	case deleted:
		w.pods.end(p.Metadata.UID, w.now())
		w.changed = true
	}
	w.version = p.Metadata.ResourceVersion
}

// save writes the table if it is another one.
func (w *Watcher) save() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if forgotten := w.pods.forget(w.now()); !w.changed && !forgotten {
		return nil
	}
	w.changed = true
	if table := w.pods.table(); !bytes.Equal(table, w.written) {
		if err := w.write(table); err != nil {
			return err
		}
		w.written = table
	}
	w.changed = false
	return nil
}
