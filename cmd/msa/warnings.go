package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// warning is a line that MSA would log.
type warning struct {
	Level      string            `json:"level"` // warning or error
	Message    string            `json:"message"`
	Attributes map[string]string `json:"attributes,omitempty"` // file, line, rule and others

	text string // of the attributes, in their order
}

func (w warning) String() string { return w.Level + ": " + w.Message + w.text }

func (w *warning) add(attrs ...slog.Attr) {
	for _, a := range attrs {
		if w.Attributes == nil {
			w.Attributes = map[string]string{}
		}
		w.Attributes[a.Key] = a.Value.String()
		w.text += attrText(a)
	}
}

// warnings is a log handler that prints warnings and errors, and nothing less, one
// a line without the time, as compilers do, or keeps them.
type warnings struct {
	attrs []slog.Attr
	out   *warningsOutput
}

type warningsOutput struct {
	mu   sync.Mutex
	w    io.Writer // nil to keep them
	kept []warning
}

// newWarnings prints to a writer.
func newWarnings(w io.Writer) *warnings { return &warnings{out: &warningsOutput{w: w}} }

// keepWarnings is for a while in which there are few: it keeps all.
func keepWarnings() *warnings { return newWarnings(nil) }

// all are those that were kept.
func (h *warnings) all() []warning {
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	return slices.Clone(h.out.kept)
}

func (*warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (h *warnings) Handle(_ context.Context, r slog.Record) error {
	w := warning{Level: "warning", Message: r.Message}
	if r.Level >= slog.LevelError {
		w.Level = "error"
	}
	w.add(h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		w.add(a)
		return true
	})
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	if h.out.w == nil {
		h.out.kept = append(h.out.kept, w)
		return nil
	}
	_, err := fmt.Fprintln(h.out.w, w)
	return err
}

func (h *warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &warnings{attrs: slices.Concat(h.attrs, attrs), out: h.out}
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
