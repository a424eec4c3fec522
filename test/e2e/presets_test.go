package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/presets"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// stockParsers is the parsers.conf that comes with Fluent Bit: $FLUENT_BIT_PARSERS, or where packages put it.
func stockParsers(t *testing.T) string {
	t.Helper()
	places := []string{os.Getenv("FLUENT_BIT_PARSERS"), "/etc/fluent-bit/parsers.conf", "/fluent-bit/etc/parsers.conf"}
	if path, ok := rig.FluentBit(); ok {
		if path, err := filepath.EvalSymlinks(path); err == nil {
			places = append(places, filepath.Join(filepath.Dir(path), "../etc/fluent-bit/parsers.conf"))
		}
	}
	for _, name := range places {
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	t.Skip("no parsers.conf of Fluent Bit: set $FLUENT_BIT_PARSERS")
	return ""
}

// Every preset reads what tail and its users' parser make of the product's file, by its name and
// by auto: the records that must alarm do, and no others.
func TestPresets(t *testing.T) {
	if _, ok := rig.FluentBit(); !ok {
		t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	parsers := stockParsers(t)
	products, err := presets.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{"name", "auto"} {
		t.Run(way, func(t *testing.T) {
			dir := t.TempDir()
			var config strings.Builder
			fmt.Fprintf(&config, "[SERVICE]\n    Flush 0.5\n    Grace 5\n    Parsers_File %s\n", parsers)
			total := 0
			for _, p := range products {
				lines, _ := p.Lines()
				if len(lines) == 0 {
					t.Fatalf("%s has no lines of a file", p.Preset)
				}
				total += len(lines)
				file := filepath.Join(dir, p.Preset+".log")
				if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&config, "[INPUT]\n    Name tail\n    Path %s\n    Tag product.%s\n    Read_From_Head On\n    Buffer_Chunk_Size 256k\n    Buffer_Max_Size 256k\n", file, p.Preset)
				if p.Parser != "none" {
					fmt.Fprintf(&config, "    Parser %s\n", p.Parser)
				}
				if way == "name" {
					fmt.Fprintf(&config, "[FILTER]\n    Name msa\n    Match product.%[1]s\n    Behavior off\n    Alert_When threshold\n    Mapping %[1]s\n", p.Preset)
				}
			}
			if way == "auto" {
				config.WriteString("[FILTER]\n    Name msa\n    Match product.*\n    Behavior off\n    Alert_When threshold\n")
			}
			for name, match := range map[string]string{"records": "product.*", "alerts": "msa.alert"} {
				fmt.Fprintf(&config, "[OUTPUT]\n    Name file\n    Match %s\n    File %s\n    Format plain\n", match, filepath.Join(dir, name))
			}
			p := fluentBit(t, dir, config.String())
			waitLines(t, filepath.Join(dir, "records"), total, rig.Patience)
			if err := p.Stop(rig.Patience); err != nil { // with which all that there is is written
				t.Fatal(err)
			}
			got := map[string][]map[string]any{}
			for _, line := range lines(t, filepath.Join(dir, "alerts")) {
				alert := object(t, line)
				tag := fmt.Sprint(alert["tag"])
				got[tag] = append(got[tag], alert)
			}
			for _, product := range products {
				_, fire := product.Lines()
				alerts := got["product."+product.Preset]
				if len(alerts) != len(fire) {
					t.Errorf("%s: %d alerts, want %d: %v", product.Preset, len(alerts), len(fire), urls(alerts))
					continue
				}
				for i, c := range fire {
					if alerts[i]["preset"] != product.Preset {
						t.Errorf("%s, %s: mapped by %v", product.Preset, c.Name, alerts[i]["preset"])
					}
					for _, id := range c.Rules {
						if !slices.Contains(ruleIDs(alerts[i]), id) {
							t.Errorf("%s, %s: rules %v, without %d", product.Preset, c.Name, ruleIDs(alerts[i]), id)
						}
					}
				}
			}
			if strings.Contains(p.Output(), "pass uninspected") {
				t.Errorf("some records were not inspected:\n%s", tail(p.Output(), 30))
			}
		})
	}
}

func urls(alerts []map[string]any) []any {
	var all []any
	for _, a := range alerts {
		all = append(all, a["url"], a["rule_id"])
	}
	return all
}

func ruleIDs(alert map[string]any) []int {
	var ids []int
	rules, _ := alert["rules"].([]any)
	for _, r := range rules {
		if m, ok := r.(map[string]any); ok {
			id, _ := m["id"].(float64)
			ids = append(ids, int(id))
		}
	}
	return ids
}
