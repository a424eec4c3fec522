package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

func TestTableIsCurrent(t *testing.T) {
	got, err := os.ReadFile("../" + output)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, table(pipeline.Properties())) {
		t.Error("plugin/properties_gen.h is older than pipeline.Properties: run go generate ./plugin")
	}
}

func TestEveryTypeHasANumber(t *testing.T) {
	for _, p := range pipeline.Properties() {
		if _, ok := types[p.Type]; !ok {
			t.Errorf("property %s has type %d, which Fluent Bit's table lacks", p.Name, p.Type)
		}
	}
}

func TestCString(t *testing.T) {
	for in, want := range map[string]string{
		`plain`:    `"plain"`,
		`a "b" \c`: `"a \"b\" \\c"`,
		"é1":       `"\303\2511"`,
		"\n":       `"\012"`,
		"what??)":  `"what\?\?)"`,
	} {
		if got := cString(in); got != want {
			t.Errorf("cString(%q) = %s, want %s", in, got, want)
		}
	}
}
