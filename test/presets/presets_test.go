package presets

import (
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Every record of every product is mapped as it must be, by the preset's name and by
// auto, and raises what it must and nothing else.
func TestPresets(t *testing.T) {
	products, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{Rules: []string{"crs"}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10})
	if err != nil {
		t.Fatal(err)
	}
	var tested []string
	for _, p := range products {
		tested = append(tested, p.Preset)
		t.Run(p.Preset, func(t *testing.T) {
			byName, err := mapping.Load(p.Preset)
			if err != nil {
				t.Fatal(err)
			}
			fires, silent := false, false
			remembers, err := mapping.Load("auto")
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range p.Records {
				t.Run(c.Name, func(t *testing.T) {
					auto, err := mapping.Load("auto") // which has seen nothing yet
					if err != nil {
						t.Fatal(err)
					}
					r, err := c.MsgPack(p.Parser)
					if err != nil {
						t.Fatal(err)
					}
					for way, set := range map[string]*mapping.Set{"by name": byName, "auto": auto, "auto, later": remembers} {
						var tx mapping.Transaction
						err := set.Map(p.Preset, r, &tx)
						if c.Skipped {
							if !errors.Is(err, mapping.ErrSkipped) {
								t.Errorf("%s: got %v for a record to skip", way, err)
							}
							continue
						}
						if err != nil {
							t.Errorf("%s: %v", way, err)
							continue
						}
						if err := tx.NotText(); err != nil {
							t.Errorf("%s: %v", way, err)
						}
						if tx.Preset != p.Preset {
							t.Errorf("%s took %s", way, tx.Preset)
						}
						c.compare(t, way, &tx)
						v, err := e.Inspect(&tx)
						if err != nil {
							t.Fatal(err)
						}
						c.judge(t, way, v)
					}
				})
				fires = fires || len(c.Rules) > 0
				silent = silent || len(c.Rules) == 0 && !c.Skipped
			}
			if !fires || !silent {
				t.Error("there must be a record that fires and one that stays silent")
			}
		})
	}
	for _, name := range mapping.PresetNames() {
		if !slices.Contains(tested, name) {
			t.Errorf("preset %s has no records", name)
		}
	}
}

// A tag whose records were of one product does not stay with it when those of another come.
func TestTagsDoNotStick(t *testing.T) {
	products, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range products {
		for _, second := range products {
			auto, err := mapping.Load("auto")
			if err != nil {
				t.Fatal(err)
			}
			var tx mapping.Transaction
			var before string
			var last []byte // of its records that is mapped
			for _, c := range first.Records {
				r, err := c.MsgPack(first.Parser)
				if err != nil {
					t.Fatal(err)
				}
				if auto.Map("tag", r, &tx) == nil {
					before, last = tx.Preset, r
				}
			}
			for _, c := range second.Records {
				if isW3C(second.Preset) && c.Record == "" {
					continue // whose columns the lines before it tell
				}
				r, err := c.MsgPack(second.Parser)
				if err != nil {
					t.Fatal(err)
				}
				if last != nil {
					_ = auto.Map("tag", last, &tx)
				}
				if err := auto.Map("tag", r, &tx); err == nil && tx.Preset != second.Preset && (!isW3C(second.Preset) && !isTabbed(second, c) || tx.Preset != "text") {
					t.Errorf("after records of %s, %s of %s is mapped by %s", before, c.Name, second.Preset, tx.Preset)
				}
			}
		}
	}
}

// isTabbed reports whether a record is a line of Zeek: the lines before it, of any log in columns, tell its columns, too.
func isTabbed(p Product, c Case) bool {
	return p.Preset == "zeek" && strings.HasPrefix(c.Name, "tab-separated")
}

func isW3C(preset string) bool { return preset == "iis" || preset == "aws-cloudfront" }

func (c *Case) compare(t *testing.T, way string, tx *mapping.Transaction) {
	t.Helper()
	same := func(what, got, want string) {
		t.Helper()
		if want != "" && got != want {
			t.Errorf("%s: %s is %q, want %q", way, what, got, want)
		}
	}
	endpoint := func(what string, got mapping.Endpoint, want string) {
		t.Helper()
		text := got.Address
		if _, port, err := net.SplitHostPort(want); err == nil && port != "" {
			text = net.JoinHostPort(got.Address, got.Port)
		}
		same(what, text, want)
	}
	x := &c.Expect
	endpoint("client", tx.Client, x.Client)
	endpoint("server", tx.Server, x.Server)
	same("client workload", tx.ClientWorkload.String(), x.ClientWorkload)
	same("server workload", tx.ServerWorkload.String(), x.ServerWorkload)
	same("account", tx.ClientWorkload.Account, x.Account)
	same("method", tx.Method, x.Method)
	same("uri", tx.URI, x.URI)
	same("protocol", tx.Protocol, x.Protocol)
	same("host", tx.Host, x.Host)
	same("body", tx.RequestBody.Text, x.Body)
	same("response body", tx.ResponseBody.Text, x.ResponseBody)
	if x.Status != 0 && tx.Status != x.Status {
		t.Errorf("%s: status is %d, want %d", way, tx.Status, x.Status)
	}
	if x.Time != "" {
		want, err := time.Parse(time.RFC3339Nano, x.Time)
		if err != nil {
			t.Fatal(err)
		}
		if d := tx.Time.Sub(want); d > time.Millisecond || d < -time.Millisecond {
			t.Errorf("%s: time is %v, want %v", way, tx.Time, want)
		}
	}
	if took := tx.Duration(); x.Took != 0 && took != x.Took {
		t.Errorf("%s: it took %v, want %v", way, took, x.Took)
	}
	for name, want := range x.Headers {
		if got := values(tx, name); !slices.Contains(got, want) {
			t.Errorf("%s: header %s is %q, want %q", way, name, got, want)
		}
	}
	for _, name := range x.Absent {
		if got := values(tx, name); len(got) > 0 {
			t.Errorf("%s: header %s is %q", way, name, got)
		}
	}
	for name, want := range x.Args {
		if !slices.Contains(tx.Args, mapping.Arg{Name: name, Value: want}) {
			t.Errorf("%s: args are %q, want %s=%q", way, tx.Args, name, want)
		}
	}
}

func values(tx *mapping.Transaction, name string) []string {
	var all []string
	for _, h := range tx.RequestHeaders {
		if strings.EqualFold(h.Name, name) {
			all = append(all, h.Value)
		}
	}
	return all
}

func (c *Case) judge(t *testing.T, way string, v engine.Verdict) {
	t.Helper()
	var got []int
	for _, m := range v.Matches {
		got = append(got, m.RuleID)
	}
	for _, id := range c.Rules {
		if !slices.Contains(got, id) {
			t.Errorf("%s: rules %v, without %d", way, got, id)
		}
	}
	if v.Alarm != (len(c.Rules) > 0) {
		t.Errorf("%s: alarm %v, rules %v", way, v.Alarm, got)
	}
}
