package ratelog

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestOneLineAMinuteForEachCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lines
		logger := New(slog.New(slog.NewTextHandler(&out, nil)))
		count := func() int { return strings.Count(out.String(), "\n") }

		for i := range 100 {
			logger.Add(slog.LevelWarn, "cannot read record", "not JSON", 1, "last", i)
		}
		if want := `msg="cannot read record" cause="not JSON" count=1 last=0` + "\n"; count() != 1 || !strings.HasSuffix(out.String(), want) {
			t.Errorf("at first: %q", out.String())
		}
		logger.Add(slog.LevelWarn, "cannot read record", "too long", 2)
		if count() != 2 {
			t.Errorf("another cause waited: %q", out.String())
		}
		time.Sleep(Interval + 2*time.Second)
		synctest.Wait()
		if want := `cause="not JSON" count=99 last=99` + "\n"; count() != 3 || !strings.HasSuffix(out.String(), want) {
			t.Errorf("after a minute: %q", out.String())
		}
		logger.Add(slog.LevelWarn, "cannot read record", "not JSON", 5)
		logger.Add(slog.LevelWarn, "cannot read record", "not JSON", 0)
		logger.Close()
		if want := `cause="not JSON" count=5` + "\n"; count() != 4 || !strings.HasSuffix(out.String(), want) {
			t.Errorf("at the end: %q", out.String())
		}
		if got := logger.Total("not JSON"); got != 105 {
			t.Errorf("total is %d, want 105", got)
		}
	})
}
