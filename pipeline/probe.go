package pipeline

import (
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/screen"
	"github.com/modsecurity-for-anylog/msa/internal/stopwatch"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Probe measures a pipeline at work. It is for one pipeline, whose records are inspected one after the other.
type Probe struct {
	Watch stopwatch.Watch
	Rules *engine.RuleTimes // nil to measure no single rules: that makes them slower

	// Inspected is told of each transaction what the engine has said. It may be nil.
	Inspected func(*mapping.Transaction, *engine.Verdict)
}

// watch is that of the probe, nil without one.
func (c *Config) watch() *stopwatch.Watch {
	if c.Probe == nil {
		return nil
	}
	return &c.Probe.Watch
}

// probed is the configuration with what the probe needs.
func (c Config) probed() Config {
	if c.Probe != nil {
		c.Workers = 1
		c.Engine.Watch, c.Engine.RuleTimes = c.watch(), c.Probe.Rules
	}
	return c
}

// inspected tells the probe.
func (p *Pipeline) inspected(tx *mapping.Transaction, v *engine.Verdict) {
	if p.cfg.Probe == nil || p.cfg.Probe.Inspected == nil {
		return
	}
	p.watch.Enter(stopwatch.Overhead)
	p.cfg.Probe.Inspected(tx, v)
	p.watch.Enter(stopwatch.Other)
}

// Suspects are the rules that keep a transaction off the fast path.
func (p *Pipeline) Suspects(tx *mapping.Transaction) ([]screen.Suspect, error) {
	return p.engine.Suspects(tx)
}

// ScreenDoubt says why a rule may be suspected in vain, if that is known.
func (p *Pipeline) ScreenDoubt(id int) string { return p.engine.ScreenDoubt(id) }
