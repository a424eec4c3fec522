// Package warnings is how the command says what MSA logs: a line for each warning, or all of them kept.
package warnings

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

// Warning is a line that MSA would log.
type Warning struct {
	Level      string            `json:"level"` // warning or error
	Message    string            `json:"message"`
	Attributes map[string]string `json:"attributes,omitempty"` // file, line, rule and others

	text string // of the attributes, in their order
}

func (w Warning) String() string { return w.Level + ": " + w.Message + w.text }

func (w *Warning) add(attrs ...slog.Attr) {
	for _, a := range attrs {
		if w.Attributes == nil {
			w.Attributes = map[string]string{}
		}
		w.Attributes[a.Key] = a.Value.String()
		w.text += attrText(a)
	}
}

// Handler is a log handler that prints warnings and errors, and nothing less, one
// a line without the time, as compilers do, or keeps them.
type Handler struct {
	attrs []slog.Attr
	out   *output
}

type output struct {
	mu   sync.Mutex
	w    io.Writer // nil to keep them
	kept []Warning
}

// Print prints to a writer.
func Print(w io.Writer) *Handler { return &Handler{out: &output{w: w}} }

// Keep is for a while in which there are few: it keeps all.
func Keep() *Handler { return Print(nil) }

// All are those that were kept.
func (h *Handler) All() []Warning {
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	return slices.Clone(h.out.kept)
}

// Enabled holds for warnings and errors.
func (*Handler) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle prints a record as one line, or keeps it.
func (h *Handler) Handle(_ context.Context, r slog.Record) error {
	w := Warning{Level: "warning", Message: r.Message}
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

// WithAttrs is a handler with the same output.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{attrs: slices.Concat(h.attrs, attrs), out: h.out}
}

// WithGroup leaves groups out: a line has no room for them.
func (h *Handler) WithGroup(string) slog.Handler { return h }

// attrText quotes what a terminal would obey: it may be an attacker's.
func attrText(a slog.Attr) string {
	text := a.Value.String()
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
		text = strconv.Quote(text)
	}
	return " " + a.Key + "=" + text
}
