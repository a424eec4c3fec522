// Package presets has records of the products that MSA has presets for, and what must become of
// them: one file for each preset.
package presets

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// Product is a file of cases.
type Product struct {
	Preset  string `yaml:"-"`
	Parser  string `yaml:"parser"` // of Fluent Bit, that its users have with tail; "none" for none
	Records []Case `yaml:"records"`
}

// Case is one record.
type Case struct {
	Name    string `yaml:"name"`
	Line    string `yaml:"line"`   // as the product writes it into a file
	Record  JSON   `yaml:"record"` // what the parser makes of it, or a record that comes from elsewhere
	Skipped bool   `yaml:"skipped"`
	Rules   []int  `yaml:"rules"` // that must match; with none nothing may
	Expect  Expect `yaml:"expect"`
}

// Expect are parts of the transaction; what is empty is not compared.
type Expect struct {
	Client         string            `yaml:"client"` // address, or address:port
	Server         string            `yaml:"server"`
	ClientWorkload string            `yaml:"client_workload"` // namespace/kind/name
	ServerWorkload string            `yaml:"server_workload"`
	Account        string            `yaml:"account"` // of the client
	Method         string            `yaml:"method"`
	URI            string            `yaml:"uri"`
	Protocol       string            `yaml:"protocol"`
	Host           string            `yaml:"host"`
	Status         int               `yaml:"status"`
	Time           string            `yaml:"time"` // RFC 3339
	Took           time.Duration     `yaml:"took"`
	Headers        map[string]string `yaml:"headers"`
	Absent         []string          `yaml:"absent"` // headers that must not be there
	Args           map[string]string `yaml:"args"`
	Body           string            `yaml:"body"`
	ResponseBody   string            `yaml:"response_body"`
}

// JSON is YAML kept as JSON.
type JSON string

// UnmarshalYAML converts.
func (j *JSON) UnmarshalYAML(node ast.Node) error {
	text, err := yaml.YAMLToJSON([]byte(node.String()))
	*j = JSON(strings.TrimSpace(string(text)))
	return err
}

// Load reads all files.
func Load() ([]Product, error) {
	files, err := filepath.Glob(filepath.Join(rig.Root(), "test", "presets", "*.yaml"))
	if err != nil {
		return nil, err
	}
	var all []Product
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		p := Product{Preset: strings.TrimSuffix(filepath.Base(file), ".yaml")}
		if err := yaml.UnmarshalWithOptions(text, &p, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", file, err)
		}
		all = append(all, p)
	}
	return all, nil
}

// MsgPack is the record as Fluent Bit's parser would hand it on.
func (c *Case) MsgPack(parser string) (mapping.Record, error) {
	text := string(c.Record)
	if text == "" {
		if parser != "json" {
			b := msgp.AppendMapHeader(nil, 1)
			b = msgp.AppendString(b, "log")
			return msgp.AppendString(b, c.Line), nil
		}
		text = c.Line
	}
	r, _, err := mapping.AppendJSON(nil, []byte(text))
	return r, err
}

// Lines are the records that are lines of a file, and of these the ones that must alarm.
func (p *Product) Lines() (lines []string, alarms []Case) {
	for _, c := range p.Records {
		if c.Line == "" {
			continue
		}
		lines = append(lines, c.Line)
		if len(c.Rules) > 0 {
			alarms = append(alarms, c)
		}
	}
	return lines, alarms
}
