package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"
)

// logger is the log of the instances of an identity: rules that outlive an instance go on writing to it. Records may be
// written on any thread, but the host prints to its log file only from its own threads (on others to stderr), so lines
// wait until flush is called on one.
type logger struct {
	*slog.Logger
	prefix string
	level  slog.LevelVar

	mu      sync.Mutex
	lines   []line
	dropped int
}

type line struct {
	level int // one of C's LOG_*
	text  string
}

// maxLines bounds how many lines wait for a host's thread.
const maxLines = 10_000

// newLogger makes the log of the plugin of this kind and name. It is for a thread of the host.
func newLogger(kind, name string) *logger {
	l := &logger{prefix: "[" + kind + ":msa:" + name + "] "}
	l.takeLevel()
	l.Logger = slog.New(handler{log: l})
	return l
}

// takeLevel takes the host's level, which a reload may have changed. It is for a thread of the host.
func (l *logger) takeLevel() {
	switch level := hostLogLevel(); {
	case level >= logDebug:
		l.level.Set(slog.LevelDebug)
	case level == logInfo:
		l.level.Set(slog.LevelInfo)
	case level == logWarn:
		l.level.Set(slog.LevelWarn)
	default:
		l.level.Set(slog.LevelError)
	}
}

// flush prints the waiting lines.
func (l *logger) flush() {
	l.mu.Lock()
	lines, dropped := l.lines, l.dropped
	l.lines, l.dropped = nil, 0
	l.mu.Unlock()
	for _, ln := range lines {
		hostLog(ln.level, l.prefix+ln.text)
	}
	if dropped > 0 {
		hostLog(logWarn, l.prefix+strconv.Itoa(dropped)+" more lines were not logged")
	}
}

func (l *logger) write(level int, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for text := range strings.SplitSeq(text, "\n") {
		if len(l.lines) == maxLines {
			l.dropped++
			continue
		}
		l.lines = append(l.lines, line{level, text})
	}
}

// handler formats records as the host does its own: text, then key=value.
type handler struct {
	log   *logger
	attrs string // formatted, each after a space
	group string // prefix of keys
}

func (h handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.log.level.Level()
}

func (h handler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message)
	b.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		format(&b, h.group, a)
		return true
	})
	level := logDebug
	switch {
	case r.Level >= slog.LevelError:
		level = logError
	case r.Level >= slog.LevelWarn:
		level = logWarn
	case r.Level >= slog.LevelInfo:
		level = logInfo
	}
	h.log.write(level, b.String())
	return nil
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	b.WriteString(h.attrs)
	for _, a := range attrs {
		format(&b, h.group, a)
	}
	h.attrs = b.String()
	return h
}

func (h handler) WithGroup(name string) slog.Handler {
	if name != "" {
		h.group += name + "."
	}
	return h
}

func format(b *strings.Builder, group string, a slog.Attr) {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, inner := range v.Group() {
			format(b, group, inner)
		}
		return
	}
	if a.Equal(slog.Attr{}) {
		return
	}
	text := v.String()
	if text == "" || strings.ContainsAny(text, " \"=") || strings.ContainsFunc(text, isUnprintable) {
		text = strconv.Quote(text)
	}
	fmt.Fprintf(b, " %s%s=%s", group, a.Key, text)
}

// isUnprintable: a terminal would obey it, and what is in a record may be an attacker's. U+FFFD also stands for what is no UTF-8.
func isUnprintable(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }

// limiter lets something through once a minute.
type limiter struct {
	next atomic.Int64 // Unix nanoseconds
}

func (l *limiter) allows(now time.Time) bool {
	next := l.next.Load()
	return now.UnixNano() >= next && l.next.CompareAndSwap(next, now.Add(time.Minute).UnixNano())
}
