package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

func TestReferenceIsCurrent(t *testing.T) {
	want, err := reference(pipeline.Properties(), details)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../" + output)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/configuration.md is older than pipeline.Properties: run go generate ./pipeline")
	}
}

// A property without details, or details of another, are refused.
func TestEveryPropertyHasDetails(t *testing.T) {
	all := pipeline.Properties()
	if _, err := reference(all[1:], details); err == nil {
		t.Error("details of a property that there is not are taken")
	}
	if _, err := reference(all, append(details[1:len(details):len(details)], details[0])); err == nil || !strings.Contains(err.Error(), "mapping") {
		t.Errorf("details in another order: %v", err)
	}
	for _, p := range all {
		if typeNames[p.Type] == "" {
			t.Errorf("property %s has type %d, which has no name", p.Name, p.Type)
		}
	}
}

// Every example is a value that the property takes, and not its default; as many as it may have.
func TestExamples(t *testing.T) {
	for i, p := range pipeline.Properties() {
		values := strings.Split(details[i].example, "\n")
		if len(values) > 1 && !p.Multiple || values[0] == p.Default && len(values) == 1 {
			t.Errorf("%s: the example is %q", p.Name, values)
		}
		if _, err := pipeline.ParseConfig(func(name string) []string {
			if name == p.Name {
				return values
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
}
