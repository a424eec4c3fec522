package pipeline

import (
	"os"
	"strings"
	"testing"
)

// README's table has properties with their defaults; docs/configuration.md, which is generated, has all.
func TestReadmeProperties(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| property | default | meaning |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := map[string]string{}
	for _, row := range strings.Split(table, "\n") {
		cells := strings.Split(row, "|")
		if len(cells) < 4 {
			t.Fatalf("row %q", row)
		}
		rows[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
	}
	for _, p := range Properties() {
		if got, ok := rows[p.Name]; ok && got != p.Default {
			t.Errorf("%s: README says %q; the default is %q", p.Name, got, p.Default)
		}
		delete(rows, p.Name)
	}
	if len(rows) > 0 {
		t.Errorf("README has properties that there are not: %v", rows)
	}
}
