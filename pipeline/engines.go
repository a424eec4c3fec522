package pipeline

import (
	"reflect"
	"sync"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/incident"
	"github.com/modsecurity-for-anylog/msa/rules"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// Engines shares compiled rule sets between the pipelines of a process, so that two
// with the same rules hold them once; and incidents, so that what several of them see of one attacker is one. The
// zero value is ready.
type Engines struct {
	mu  sync.Mutex
	all []*sharedEngine

	incidents incident.Shared
}

type sharedEngine struct {
	*engine.Engine
	cfg  engine.Config
	set  *rules.Set
	uses int
}

// get compiles the rules, or finds that they are compiled already: the same
// settings, and the same text in the same files.
func (e *Engines) get(cfg engine.Config) (*sharedEngine, error) {
	set, err := rules.Load(cfg.Rules)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.all {
		if s.set.Sum == set.Sum && reflect.DeepEqual(s.cfg, cfg) {
			s.uses++
			return s, nil
		}
	}
	compiled, err := engine.Compile(cfg, set)
	if err != nil {
		return nil, err
	}
	go prepare(compiled)
	s := &sharedEngine{Engine: compiled, cfg: cfg, set: set, uses: 1}
	e.all = append(e.all, s)
	return s, nil
}

// prepare prepares an engine, and what judges its findings, beside the records that come already.
func prepare(e *engine.Engine) {
	defer func() { _ = recover() }() // a pattern that panics does so again where a record needs it, and is told there
	e.Prepare()
	triage.Prepare()
}

// put gives an engine back; the last user closes it.
func (e *Engines) put(s *sharedEngine) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.uses--; s.uses > 0 {
		return nil
	}
	for i, other := range e.all {
		if other == s {
			e.all = append(e.all[:i], e.all[i+1:]...)
			break
		}
	}
	return s.Close()
}
