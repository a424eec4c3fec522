package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestTableIsCurrent(t *testing.T) {
	want, err := table()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../" + output)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("engine/internal/sqli/%s is not of the libinjection in use: run go generate ./engine/internal/sqli", output)
	}
}

// A text that is taken for no injection has harmless tokens, commas, dots and colons, and no fingerprint is of these alone.
func TestFingerprints(t *testing.T) {
	all, err := entries()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range all {
		if !isFingerprint(e.key) {
			continue
		}
		n++
		if strings.Trim(e.key[1:], strings.ToUpper(harmless)+",.:?") == "" {
			t.Errorf("%s is a fingerprint of texts that are taken for no injection", e.key[1:])
		}
	}
	if n < 1000 {
		t.Errorf("there are %d fingerprints", n)
	}
}
