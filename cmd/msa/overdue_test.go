package main

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/queue"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/internal/ratelog"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// slowSink takes its first alert once it is let, and the others at once.
type slowSink struct {
	came   atomic.Int32
	taking chan struct{} // the first has come
	let    chan struct{}

	mu     sync.Mutex
	taken  int
	closed bool
	late   int // came after the end
}

func (s *slowSink) Send(event.Alert) {
	if s.came.Add(1) == 1 {
		close(s.taking)
		<-s.let
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken++; s.closed {
		s.late++
	}
}

func (s *slowSink) Close(context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// An alert of another instance that is being sent on when the end comes is sent before nothing is sent any more, and so are
// those behind it.
func TestOverdueAlertsAreSentBeforeTheEnd(t *testing.T) {
	var alerts []byte
	given := inspect.Properties{"mapping": {"nano"}, "rules": {"lateral-movement"}, "behavior": {"off"}, "incident_tag": {"off"}}
	chunk := func(record string) []byte {
		events, err := event.AppendRecord(nil, time.Now(), []byte(record))
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	attack := chunk(`{"SRC_IP":"10.0.0.7","DST_IP":"10.0.0.8","METHOD":"GET","URL":"/latest/meta-data/iam/security-credentials/","RETCODE":"200","DOMAIN":"169.254.169.254"}`)
	inspected(t, given, slices.Repeat([][]byte{attack}, 3), func(r pipeline.Result) {
		for _, a := range r.Alerts {
			alerts = append(alerts, a.Events...)
		}
	})
	if len(alerts) == 0 {
		t.Fatal("there is no alert")
	}

	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.DiscardHandler)
		in, err := inspect.New(inspect.Properties{"incidents_from": {"alerts"}, "alert_tag": {"on"}}, log)
		if err != nil {
			t.Fatal(err)
		}
		sink := &slowSink{taking: make(chan struct{}), let: make(chan struct{})}
		r := &runner{log: log, inspector: in, rateLog: ratelog.New(log), queue: queue.New(1 << 20), sink: sink, inspecting: make(chan struct{})}
		chunks := [][]byte{alerts}
		inspect.All(in, "msa.other", func() ([]byte, bool) {
			if len(chunks) == 0 {
				return nil, false
			}
			first := chunks[0]
			chunks = chunks[1:]
			return first, true
		}, func(chunk []byte) []byte { return chunk }, r.deliver)
		r.lettingGo.Go(r.letGo)
		<-sink.taking // as they have waited long enough
		close(r.inspecting)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r.end()
		}()
		synctest.Wait()
		close(sink.let)
		<-ended
		synctest.Wait()
		if sink.taken < 3 || sink.late > 0 {
			t.Errorf("%d were sent on, of these %d after the end", sink.taken, sink.late)
		}
	})
}

// inspected gives chunks to an inspector of these properties.
func inspected(t *testing.T, given inspect.Properties, chunks [][]byte, done func(pipeline.Result)) {
	t.Helper()
	in, err := inspect.New(given, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	inspect.All(in, inspect.FileTag, func() ([]byte, bool) {
		if len(chunks) == 0 {
			return nil, false
		}
		first := chunks[0]
		chunks = chunks[1:]
		return bytes.Clone(first), true
	}, func(chunk []byte) []byte { return chunk }, func(_ []byte, r pipeline.Result) { done(r) })
}
