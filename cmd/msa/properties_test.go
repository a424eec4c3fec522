package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

func TestEveryPropertyIsAFlag(t *testing.T) {
	for _, spell := range []func(string) string{
		func(name string) string { return name },
		func(name string) string { return strings.ReplaceAll(name, "_", "-") },
	} {
		var cli struct{ kong.Plugins }
		cli.Plugins = kong.Plugins{newPropertyFlags()}
		parser, err := kong.New(&cli)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(nil); err != nil {
			t.Fatal(err)
		}
		if given := givenProperties(cli.Plugins); len(given) > 0 {
			t.Errorf("without flags: %v", given)
		}
		var args []string
		want := inspect.Properties{}
		for _, p := range pipeline.Properties() {
			flag := "--" + spell(p.Name)
			args = append(args, flag, "a,b")
			want[p.Name] = []string{"a,b"}
			if p.Multiple {
				args = append(args, flag+"=c")
				want[p.Name] = []string{"a,b", "c"}
			}
		}
		if _, err := parser.Parse(args); err != nil {
			t.Fatal(err)
		}
		if given := givenProperties(cli.Plugins); !maps.EqualFunc(given, want, slices.Equal) {
			t.Errorf("got  %v\nwant %v", given, want)
		}
	}
}

func TestEmptyValueIsGiven(t *testing.T) {
	var cli struct{ kong.Plugins }
	cli.Plugins = kong.Plugins{newPropertyFlags()}
	parser, err := kong.New(&cli)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"--mapping="}); err != nil {
		t.Fatal(err)
	}
	given := givenProperties(cli.Plugins)
	if v, ok := given["mapping"]; !ok || v[0] != "" || given.Or("mapping") != "" || given.Or("rules") != "crs" {
		t.Errorf("got %v", given)
	}
}
