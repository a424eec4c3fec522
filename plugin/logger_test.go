package main

import (
	"log/slog"
	"slices"
	"testing"
	"time"
)

func TestLoggerFormat(t *testing.T) {
	l := &logger{}
	log := slog.New(handler{log: l})
	log.Debug("not shown")
	log.Info("plain")
	log.Warn("with values", "n", 1, "text", "two words", "empty", "")
	log.Info("of a record", "a", "\x1b[2J", "b", "\xff", "c", "\u2028", "d", "日本")
	log.With("tag", "a").WithGroup("g").Error("two\nlines", slog.Group("h", "k", "v"))
	want := []line{
		{logInfo, "plain"},
		{logWarn, `with values n=1 text="two words" empty=""`},
		{logInfo, `of a record a="\x1b[2J" b="\xff" c="\u2028" d=日本`},
		{logError, "two"},
		{logError, "lines tag=a g.h.k=v"},
	}
	if !slices.Equal(l.lines, want) {
		t.Errorf("got  %+v\nwant %+v", l.lines, want)
	}
}

func TestLoggerIsBounded(t *testing.T) {
	l := &logger{}
	for range maxLines + 3 {
		l.write(logInfo, "x")
	}
	if len(l.lines) != maxLines || l.dropped != 3 {
		t.Errorf("%d lines and %d dropped, want %d and 3", len(l.lines), l.dropped, maxLines)
	}
}

func TestLimiter(t *testing.T) {
	var l limiter
	now := time.Now()
	for _, c := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {time.Second, false}, {time.Minute, true}, {61 * time.Second, false}} {
		if got := l.allows(now.Add(c.after)); got != c.want {
			t.Errorf("after %v: %v, want %v", c.after, got, c.want)
		}
	}
}
