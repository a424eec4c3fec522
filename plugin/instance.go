package main

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// instance is one place where the filter is configured: a [FILTER] section or a
// processor of an input.
//
// Its records come on the engine's thread or, to a processor of a threaded input,
// on that input's. Its alerts leave on the engine's thread only, in a tick, which
// that thread makes as soon as it is back in its event loop.
type instance struct {
	*base
	emitter emitter
	queue   queue
	wake    waker
	woken   atomic.Bool // a tick will come

	lostLog limiter

	// The engine's thread only:
	collectors uint32      // of the emitter, that have been seen running
	finished   bool        // the ends of incidents are told
	full       bool        // the emitter held as much as may wait
	emitted    outstanding // nothing of an emitter that keeps files
	refused    int         // ticks in a row at which the emitter refused
	metricsDue time.Time
}

const (
	// period is how often alerts that the emitter refused are tried again.
	period = 100 * time.Millisecond
	// maxRefused is how many ticks an emitter that refuses is asked again. It does not
	// refuse for want of room, so what keeps it from accepting will hardly pass.
	maxRefused = int(10 * time.Second / period)
	// The first metrics go out soon, so that a look at a new pipeline finds them.
	metricsFirst = time.Second
	metricsEvery = 15 * time.Second
)

// start readies the instance: rules, and the emitter.
func (i *instance) start(f filterInstance) error {
	cfg, p, err := i.compile(f)
	switch {
	case err == nil:
		plugins.use(i.base, &rules{Pipeline: p, config: cfg})
	case plugins.reuse(i.base):
		i.log.Error(fmt.Sprintf("cannot reload: %v; KEEPING THE LAST GOOD RULES AND PROPERTIES", err))
	default:
		return fmt.Errorf("cannot start: %w", err)
	}
	i.queue.limit = i.rules.config.AlertBuffer
	if i.identity.wake < 0 {
		if i.identity.wake, err = newWaker(); err != nil {
			return fmt.Errorf("cannot start: %w", err)
		}
	}
	i.wake = i.identity.wake
	if i.emitter, err = f.newEmitter("emitter_for_"+i.name, i.storage(f), period, i.wake); err != nil {
		return fmt.Errorf("cannot start: %w", err)
	}
	i.metricsDue = time.Now().Add(metricsFirst)
	plugins.emits(i)
	plugins.start(i.base)
	return nil
}

func (i *instance) compile(f filterInstance) (pipeline.Config, *pipeline.Pipeline, error) {
	cfg, err := pipeline.ParseConfig(f.properties().values(i.log))
	if err != nil {
		return cfg, nil, err
	}
	if s := f.storage(); s.found() && s.path == "" && cfg.Emitter.Storage == pipeline.Filesystem {
		return cfg, nil, errors.New("property emitter_storage_type: filesystem needs a storage.path in the [SERVICE] section")
	}
	p, err := pipeline.New(cfg, &plugins.engines, i.log.Logger)
	return cfg, p, err
}

// storage is where the emitter is to keep alerts for outputs: in files if possible,
// unless told otherwise.
func (i *instance) storage(f filterInstance) storage {
	s := f.storage()
	wanted := i.rules.config.Emitter.Storage
	switch {
	case wanted == pipeline.Memory:
		s.path = ""
	case !s.found():
		i.log.Warn("alerts that wait for outputs are kept in memory and lost at exit: " +
			"the host's storage is not where it is expected")
	case s.path == "" && wanted == pipeline.Filesystem: // only after a reload with the last good properties
		i.log.Warn("alerts that wait for outputs are kept in memory and lost at exit: storage.path is no longer set")
	}
	return s
}

// filter inspects a chunk and gives it back annotated, or nil.
func (i *instance) filter(tag string, chunk []byte) []byte {
	res := i.rules.Process(tag, chunk)
	i.put(res)
	if len(res.Incidents)+len(res.Alerts) > 0 && !i.woken.Swap(true) {
		i.wake.wake()
	}
	return res.Chunk
}

// put has alerts and incidents wait until the host takes them.
func (i *instance) put(res pipeline.Result) {
	for _, a := range slices.Concat(res.Incidents, res.Alerts) {
		if len(a.Events) > 0 && !i.queue.push(run{a.Tag, a.Events, a.Count}) {
			i.lose(a.Count, "too many wait already (alert_buffer)")
		}
	}
}

// tick lets alerts and metrics leave. It runs on the engine's thread, between the
// host's other work.
func (i *instance) tick(now time.Time) {
	i.wake.clear()
	i.put(i.rules.Overdue(now))
	i.drain()
	if now.Before(i.metricsDue) {
		return
	}
	i.metricsDue = now.Add(metricsEvery)
	if rs := plugins.readings(i.base); len(rs) > 0 {
		if err := i.emitter.sendMetrics(rs); err != nil {
			i.log.Warn(err.Error())
		}
	}
}

// drain emits what waits.
func (i *instance) drain() {
	i.woken.Store(false) // before looking: what is put in from now on wakes again
	running := i.emitter.running()
	i.collectors |= running
	stopping := running != i.collectors
	if stopping && !i.finished {
		i.finished = true
		i.put(i.rules.Finish()) // at a reload, too, which nobody can tell from the end; what goes on is told again
	}

	sent, refused := false, false
	pending := i.pending()
	for {
		// The limit is kept here and not with the emitter's mem_buf_limit: an emitter
		// that is at its limit when the host begins to stop accepts nothing ever after.
		// In files the host itself keeps to its limits.
		full := !stopping && pending >= i.rules.config.Emitter.MemoryLimit
		if full && !i.full {
			i.emitter.flush()
		}
		i.full = full
		if full {
			refused = true
			break
		}
		r, ok := i.queue.take()
		if !ok {
			break
		}
		if !i.emitter.append(r.tag, r.events) {
			if i.refused++; i.refused < maxRefused {
				i.queue.putBack(r)
				refused = true
				break
			}
			i.refused = 0
			i.queue.done(r)
			i.lose(r.count, "the host refuses them")
			continue
		}
		i.refused = 0
		i.queue.done(r)
		sent = true
		if !i.emitter.inFiles {
			i.emitted.add(r)
			pending = i.pending()
		}
	}
	i.queue.setRefused(refused)
	if refused {
		i.woken.Store(true) // the next try is after a period, not with each chunk
	}
	// When the host stops it dispatches its chunks once, waits a second, and ends as
	// soon as nothing is on its way to an output. Chunks of the emitter don't count,
	// so what is emitted now has to be on its way by then.
	if sent && stopping {
		i.emitter.flush()
	}
}

// pending is how many bytes the emitter holds in memory alone.
func (i *instance) pending() int {
	if i.emitter.inFiles {
		return 0
	}
	n := i.emitter.pending()
	i.emitted.keep(n)
	return n
}

// stop ends the instance. The emitter may be gone already.
func (i *instance) stop() {
	if i.rules != nil {
		i.rules.SaveState() // the rules outlive the instance, in case of a reload; the process may end
	}
	plugins.leave(i.base)
	i.wake.clear()
	if n := i.queue.waiting(); n > 0 {
		i.identity.lost.Add(uint64(n))
		i.log.Error(fmt.Sprintf("lost %d alerts: they were still waiting at exit", n))
	}
	if n := i.emitted.count; n > 0 {
		i.identity.lost.Add(uint64(n))
		i.log.Error(fmt.Sprintf("lost %d alerts: no output had taken them at exit, and they were kept in memory "+
			"(emitter_storage_type)", n))
	}
}

// lose counts alerts that will never be emitted.
func (i *instance) lose(n int, why string) {
	total := i.identity.lost.Add(uint64(n))
	if i.lostLog.allows(time.Now()) {
		i.log.Error(fmt.Sprintf("losing alerts, %d so far: %s", total, why))
	}
}
