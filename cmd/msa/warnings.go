package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// warnings is a log handler that prints warnings and errors, and nothing less, one
// a line without the time, as compilers do.
type warnings struct {
	attrs string
	out   *warningsOutput
}

type warningsOutput struct {
	mu sync.Mutex
	w  io.Writer
	n  int
}

func newWarnings(w io.Writer) *warnings { return &warnings{out: &warningsOutput{w: w}} }

// count is how many were printed.
func (h *warnings) count() int {
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	return h.out.n
}

func (*warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (h *warnings) Handle(_ context.Context, r slog.Record) error {
	line := "warning: "
	if r.Level >= slog.LevelError {
		line = "error: "
	}
	line += r.Message + h.attrs
	r.Attrs(func(a slog.Attr) bool {
		line += attrText(a)
		return true
	})
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	h.out.n++
	_, err := fmt.Fprintln(h.out.w, line)
	return err
}

func (h *warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := &warnings{attrs: h.attrs, out: h.out}
	for _, a := range attrs {
		with.attrs += attrText(a)
	}
	return with
}

func (h *warnings) WithGroup(string) slog.Handler { return h }

// attrText quotes what a terminal would obey: it may be an attacker's.
func attrText(a slog.Attr) string {
	text := a.Value.String()
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
		text = strconv.Quote(text)
	}
	return " " + a.Key + "=" + text
}
