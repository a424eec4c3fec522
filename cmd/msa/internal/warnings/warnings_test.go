package warnings

import (
	"bytes"
	"log/slog"
	"maps"
	"testing"
)

// A warning is one line of what a terminal only shows.
func TestWarnings(t *testing.T) {
	var b bytes.Buffer
	w := Print(&b)
	log := slog.New(w)
	log.Info("not shown")
	log.Warn("of a record", "tag", "日本 a", "example", "\x1b[2J\nx")
	log.With("a", 1).Error("bad", "b", "\xff")
	want := "warning: of a record tag=日本 a example=\"\\x1b[2J\\nx\"\nerror: bad a=1 b=\"\\xff\"\n"
	if b.String() != want {
		t.Errorf("it says %s", &b)
	}
	kept := Keep()
	slog.New(kept).With("file", "a.conf").Warn("skipped", "line", 3)
	if got := kept.All(); len(got) != 1 || got[0].Message != "skipped" || got[0].Level != "warning" || !maps.Equal(got[0].Attributes, map[string]string{"file": "a.conf", "line": "3"}) {
		t.Errorf("kept %+v", got)
	}
}
