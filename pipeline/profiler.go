package pipeline

import (
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/engine/screen"
	"github.com/modsecurity-for-anylog/msa/internal/stopwatch"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Profiler measures a pipeline at work. It is for one pipeline, whose records are inspected one after the other.
type Profiler struct {
	Watch stopwatch.Watch
	Rules *engine.RuleTimes // nil to measure no single rules: that makes them slower

	// Inspected is told of each transaction what the engine has said. It may be nil.
	Inspected func(*mapping.Transaction, *engine.Verdict)
}

// watch is that of the profiler, nil without one.
func (c *Config) watch() *stopwatch.Watch {
	if c.Profiler == nil {
		return nil
	}
	return &c.Profiler.Watch
}

// profiled is the configuration with what the profiler needs.
func (c Config) profiled() Config {
	if c.Profiler != nil {
		c.Workers = 1
		c.Engine.Watch, c.Engine.RuleTimes = c.watch(), c.Profiler.Rules
	}
	return c
}

// inspected tells the profiler.
func (p *Pipeline) inspected(tx *mapping.Transaction, v *engine.Verdict) {
	if p.cfg.Profiler == nil || p.cfg.Profiler.Inspected == nil {
		return
	}
	p.watch.Enter(stopwatch.Overhead)
	p.cfg.Profiler.Inspected(tx, v)
	p.watch.Enter(stopwatch.Other)
}

// Suspects are the rules that keep a transaction off the fast path.
func (p *Pipeline) Suspects(tx *mapping.Transaction) ([]screen.Suspect, error) {
	return p.engine.Suspects(tx)
}

// ScreenDoubt says why a rule may be suspected in vain, if that is known.
func (p *Pipeline) ScreenDoubt(id int) string { return p.engine.ScreenDoubt(id) }
