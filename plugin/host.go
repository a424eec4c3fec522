package main

// #include "host.h"
import "C"

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"runtime/cgo"
	"slices"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// filterInstance is the host's side of an instance while it is initialised.
type filterInstance struct {
	ins    *C.struct_flb_filter_instance
	config *C.struct_flb_config
}

// id tells the configurations of the process apart: a reload makes a new one.
func (f filterInstance) id() uintptr { return uintptr(unsafe.Pointer(f.config)) }

func (f filterInstance) name() string { return C.GoString(C.msa_filter_name(f.ins)) }

func (f filterInstance) setContext(h cgo.Handle) {
	C.msa_filter_set_context(f.ins, C.uintptr_t(h))
}

func (f filterInstance) property(key string) string {
	k := C.CString(key)
	defer C.free(unsafe.Pointer(k))
	return C.GoString(C.msa_property(f.ins, k))
}

func (f filterInstance) properties() hostProperties {
	return hostProperties{list: C.msa_property_list(f.ins), first: f.property}
}

// hostOutput is the host's side of an output while it is initialised.
type hostOutput struct {
	plugin *C.struct_proxy_output
}

// id tells instances apart.
func (h hostOutput) id() uintptr { return uintptr(unsafe.Pointer(h.plugin.instance)) }

func (h hostOutput) name() string { return C.GoString(C.msa_output_name(h.plugin.instance)) }

func (h hostOutput) property(key string) string {
	return output.FLBPluginConfigKey(unsafe.Pointer(h.plugin), key)
}

func (h hostOutput) properties() hostProperties {
	p := hostProperties{first: h.property}
	if value := h.property(forwardTo); value != "" {
		key, v := C.CString(forwardTo), C.CString(value)
		defer C.free(unsafe.Pointer(key))
		defer C.free(unsafe.Pointer(v))
		p.list = C.msa_output_property_list(h.plugin.instance, key, v)
	}
	return p
}

// hotReload tells whether the host may be reloaded.
func hotReload() bool { return C.msa_hot_reload() != 0 }

// hostProperties are what was given to a plugin.
type hostProperties struct {
	list  *C.struct_list          // nil where it could not be found
	first func(key string) string // a property's first value, empty where it was not given
}

// maxValues bounds how many values of one property are read.
const maxValues = 1024

// values gives a function that reads a property's values, for pipeline.ParseConfig.
func (h hostProperties) values(log *logger) func(property string) []string {
	multiple := make(map[string]bool)
	for _, p := range pipeline.Properties() {
		multiple[p.Name] = p.Multiple
	}
	return func(property string) []string {
		first := h.first(property)
		if first == "" {
			if slices.ContainsFunc(h.keys(), func(key string) bool { return strings.EqualFold(key, property) }) {
				log.Warn(fmt.Sprintf("property %s is empty, perhaps by a variable that is not set: that is as if it were not given", property))
			}
			return nil
		}
		if multiple[property] {
			var all [maxValues]*C.char
			if n := h.collect(property, first, all[:]); n > 0 {
				return goStrings(all[:n])
			}
			log.Warn(fmt.Sprintf("cannot read all values of property %q in this version of the host: "+
				"only the first counts; give the others in one comma list", property))
		}
		return []string{first}
	}
}

// collect finds all values of a property and returns how many there are, -1 where they can't be read.
func (h hostProperties) collect(property, first string, all []*C.char) int {
	if h.list == nil {
		return -1
	}
	key, value := C.CString(property), C.CString(first)
	defer C.free(unsafe.Pointer(key))
	defer C.free(unsafe.Pointer(value))
	return int(C.msa_property_values(h.list, key, value, &all[0], C.int(len(all))))
}

// keys are the names of what was given; none where they could not be read.
func (h hostProperties) keys() []string {
	var all [maxValues]*C.char
	if h.list == nil {
		return nil
	}
	return goStrings(all[:max(0, C.msa_property_keys(h.list, &all[0], maxValues))])
}

func goStrings(all []*C.char) []string {
	texts := make([]string, len(all))
	for i := range texts {
		texts[i] = C.GoString(all[i])
	}
	return texts
}

// newEmitter makes the hidden input through which an instance emits. Every period,
// and when woken, it calls back msaTick on the engine's thread.
func (f filterInstance) newEmitter(alias string, s storage, period time.Duration, wake waker) (emitter, error) {
	name := C.CString(alias)
	defer C.free(unsafe.Pointer(name))
	var failed *C.char
	e := emitter{config: f.config, inFiles: s.path != ""}
	files := C.int(0)
	if e.inFiles {
		files = 1
	}
	if e.in = C.msa_emitter_create(f.config, name, s.cio, files, C.long(period), C.int(wake), &e.ours, &failed); e.in == nil {
		return emitter{}, fmt.Errorf("cannot create emitter %q: %s failed", alias, C.GoString(failed))
	}
	return e, nil
}

// storage is where inputs of the host keep their chunks.
type storage struct {
	cio  unsafe.Pointer // nil where it was not found
	path string         // of the files; empty for none
}

// storage is that of the configuration.
func (f filterInstance) storage() storage {
	var path [C.MAX_STORAGE_PATH]C.char
	cio := C.msa_storage_find(f.config, &path[0])
	return storage{cio: cio, path: C.GoString(&path[0])}
}

func (s storage) found() bool { return s.cio != nil }

// emitter is the hidden input. The host destroys it after an instance that is a
// [FILTER] and before one that is a processor, so it must not be used in cb_exit.
type emitter struct {
	in     *C.struct_flb_input_instance
	config *C.struct_flb_config
	ours   C.uint32_t // set of our collectors

	inFiles bool // it keeps chunks in files
}

// id tells emitters, and other inputs, apart.
func (e emitter) id() uintptr { return uintptr(unsafe.Pointer(e.in)) }

// append emits events under a tag. It runs the host's filters on them, so it is for
// the engine's thread and not for inside of cb_filter: there it could make room for
// the alerts by dropping the very chunk that is being filtered.
func (e emitter) append(tag string, events []byte) bool {
	t := C.CString(tag)
	defer C.free(unsafe.Pointer(t))
	return C.msa_emitter_append(e.in, t, C.size_t(len(tag)), unsafe.Pointer(&events[0]), C.size_t(len(events))) == 0
}

// pending is how many bytes the emitter holds for outputs that have not taken them.
func (e emitter) pending() int { return int(C.msa_emitter_pending(e.in)) }

// running is a set of the emitter's collectors, without ours, that run. The host
// pauses them when it stops, and never else: the emitter has no limit of its own.
func (e emitter) running() uint32 { return uint32(C.msa_emitter_running(e.in) &^ e.ours) }

// flush dispatches chunks to the outputs without waiting for the flush interval.
func (e emitter) flush() { C.msa_flush(e.config) }

// waker is a file descriptor, an eventfd, through which any thread has the engine's
// call back msaTick at once.
type waker int

func newWaker() (waker, error) {
	fd := C.msa_wake_create()
	if fd < 0 {
		return -1, errors.New("cannot create an eventfd: too many open files")
	}
	return waker(fd), nil
}

// wake and clear ignore errors: an eventfd's can only mean that it is as it should be.

func (w waker) wake() { _, _ = syscall.Write(int(w), []byte{1, 7: 1}) }

func (w waker) clear() { _, _ = syscall.Read(int(w), make([]byte, 8)) }

// hostLogLevel is one of C's LOG_*: the host prints this level and the lower ones.
func hostLogLevel() int { return int(C.msa_log_level()) }

// hostLog prints a line at a level of C's LOG_*.
func hostLog(level int, text string) {
	t := C.CString(text)
	defer C.free(unsafe.Pointer(t))
	C.msa_log(C.int(level), t)
}

const (
	logError = C.LOG_ERROR
	logWarn  = C.LOG_WARN
	logInfo  = C.LOG_INFO
	logDebug = C.LOG_DEBUG
)

// metricsTag is the tag of the metrics, which prometheus_exporter and others match.
const metricsTag = "msa.metrics"

// sendMetrics emits the readings as one set of Fluent Bit metrics: the exporter
// shows one set for each emitter, and two would repeat each metric's help.
func (e emitter) sendMetrics(readings []reading) error {
	var strings []unsafe.Pointer
	defer func() {
		for _, s := range strings {
			C.free(s)
		}
	}()
	text := func(s string) *C.char {
		c := C.CString(s)
		strings = append(strings, unsafe.Pointer(c))
		return c
	}
	set := C.msa_metrics_begin()
	if set == nil {
		return errors.New("cannot create metrics: out of memory")
	}
	for _, m := range metrics {
		subsystem, name, help := text(m.subsystem), text(m.name), text(m.help)
		switch {
		case m.causes != nil:
			c := C.msa_counter(set, subsystem, name, help, text(cmp.Or(m.label, "cause")))
			for _, r := range readings {
				causes := m.causes(r)
				for _, cause := range slices.Sorted(maps.Keys(causes)) {
					C.msa_counter_set(c, C.double(causes[cause]), text(r.instance), text(cause))
				}
			}
		case m.gauge:
			g := C.msa_gauge(set, subsystem, name, help)
			for _, r := range readings {
				C.msa_gauge_set(g, C.double(m.value(r)), text(r.instance))
			}
		default:
			c := C.msa_counter(set, subsystem, name, help, nil)
			for _, r := range readings {
				C.msa_counter_set(c, C.double(m.value(r)), text(r.instance), nil)
			}
		}
	}
	tag := text(metricsTag)
	if C.msa_metrics_send(set, e.in, tag, C.size_t(len(metricsTag))) != 0 {
		return errors.New("cannot emit metrics: the host refused them")
	}
	return nil
}
