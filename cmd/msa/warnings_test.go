package main

import (
	"bytes"
	"log/slog"
	"testing"
)

// A warning is one line of what a terminal only shows.
func TestWarnings(t *testing.T) {
	var b bytes.Buffer
	w := newWarnings(&b)
	log := slog.New(w)
	log.Info("not shown")
	log.Warn("of a record", "tag", "日本 a", "example", "\x1b[2J\nx")
	log.With("a", 1).Error("bad", "b", "\xff")
	want := "warning: of a record tag=日本 a example=\"\\x1b[2J\\nx\"\nerror: bad a=1 b=\"\\xff\"\n"
	if b.String() != want || w.count() != 2 {
		t.Errorf("%d lines:\n%s", w.count(), &b)
	}
}
