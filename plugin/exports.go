// Package main is MSA's filter as a native Fluent Bit plugin, and its output by the
// Go proxy, in one library: the only package that knows C. Build it with -buildmode=c-shared.
//
// The calls from C are in this file, those to C in host.go and host.c.
package main

// #cgo CFLAGS: -std=gnu11 -Wall -Wextra
// #cgo LDFLAGS: -ldl -lpthread
// #include "host.h"
import "C"

import (
	"bytes"
	"fmt"
	"runtime/cgo"
	"runtime/debug"
	"time"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"
)

//go:generate go run ./genproperties

func main() {}

// Each call below ends in printing what was logged meanwhile: its thread is one
// of the host's, which those that write log records mostly are not.

//export msaInit
func msaInit(ins *C.struct_flb_filter_instance, config *C.struct_flb_config) (ret C.int) {
	ret = -1
	f := filterInstance{ins: ins, config: config}
	i := &instance{base: plugins.join(filterKind, f.id(), f.name())}
	i.waiting = i.queue.waiting
	defer i.log.flush()
	defer func() {
		if v := recover(); v != nil {
			i.panicked(v, debug.Stack())
			plugins.leave(i.base)
		}
	}()
	if err := i.start(f); err != nil {
		i.log.Error(err.Error())
		plugins.leave(i.base)
		return -1
	}
	f.setContext(cgo.NewHandle(i))
	return 0
}

//export msaFilter
func msaFilter(context C.uintptr_t, data unsafe.Pointer, size C.size_t, tag *C.char, tagLen C.int,
	out *unsafe.Pointer, outSize *C.size_t, input *C.struct_flb_input_instance) (ret C.int) {
	ret = C.FILTER_NOTOUCH
	i, ok := valueOf[*instance](cgo.Handle(context))
	if !ok || size == 0 || plugins.owns(emitter{in: input}) {
		return ret
	}
	defer i.log.flush()
	defer func() {
		if v := recover(); v != nil {
			ret = C.FILTER_NOTOUCH
			i.panicked(v, debug.Stack())
		}
	}()
	// The host frees data after the call, the pipeline keeps what it reads.
	chunk := bytes.Clone(unsafe.Slice((*byte)(data), size))
	annotated := i.filter(C.GoStringN(tag, tagLen), chunk)
	if len(annotated) == 0 { // also because modified to nothing would drop the records
		return ret
	}
	p := C.msa_copy(unsafe.Pointer(&annotated[0]), C.size_t(len(annotated)))
	if p == nil {
		i.identity.memory.Add(1)
		i.fail(fmt.Sprintf("cannot annotate %d bytes of records: out of memory; they pass as they are", len(annotated)))
		return ret
	}
	*out, *outSize = p, C.size_t(len(annotated)) // the host's to free
	return C.FILTER_MODIFIED
}

//export msaTick
func msaTick(in *C.struct_flb_input_instance, config *C.struct_flb_config) {
	i := plugins.byEmitter(emitter{in: in})
	if i == nil {
		return
	}
	defer i.log.flush()
	defer func() {
		if v := recover(); v != nil {
			i.panicked(v, debug.Stack())
		}
	}()
	i.tick(time.Now())
}

//export msaExit
func msaExit(context C.uintptr_t) C.int {
	i, ok := valueOf[*instance](cgo.Handle(context))
	if !ok {
		return 0
	}
	defer i.log.flush()
	defer func() {
		if v := recover(); v != nil {
			i.panicked(v, debug.Stack())
		}
	}()
	cgo.Handle(context).Delete()
	i.stop()
	return 0
}

//export msaOutputRegister
func msaOutputRegister(def unsafe.Pointer) C.int {
	return C.int(output.FLBPluginRegister(def, "msa", "Inspect log records with a web application firewall and deliver alerts"))
}

//export msaOutputUnregister
func msaOutputUnregister(def unsafe.Pointer) { output.FLBPluginUnregister(def) }

//export msaOutputInit
func msaOutputInit(plugin *C.struct_proxy_output) (ret C.int) {
	ret = output.FLB_ERROR
	h := hostOutput{plugin: plugin}
	o := &outputInstance{base: plugins.join(outputKind, h.id(), h.name())}
	defer o.log.flush()
	defer func() {
		if v := recover(); v != nil {
			o.panicked(v, debug.Stack())
			plugins.leave(o.base)
		}
	}()
	if err := o.start(h.properties()); err != nil {
		o.log.Error(err.Error())
		plugins.leave(o.base)
		return ret
	}
	// fluent-bit-go never forgets a context; of a handle, it does not matter.
	output.FLBPluginSetContext(unsafe.Pointer(plugin), cgo.NewHandle(o))
	return output.FLB_OK
}

//export msaOutputFlush
func msaOutputFlush(context unsafe.Pointer, data unsafe.Pointer, size C.size_t, tag *C.char) (ret C.int) {
	ret = output.FLB_ERROR
	handle, _ := output.FLBPluginGetContext(context).(cgo.Handle)
	o, ok := valueOf[*outputInstance](handle)
	if !ok {
		return ret
	}
	defer o.log.flush()
	defer func() {
		if v := recover(); v != nil {
			ret = output.FLB_RETRY // the host would drop the chunk
			o.panicked(v, debug.Stack())
		}
	}()
	if o.flush(C.GoString(tag), bytes.Clone(unsafe.Slice((*byte)(data), size))) {
		return output.FLB_OK
	}
	return output.FLB_RETRY
}

//export msaOutputExit
func msaOutputExit(context unsafe.Pointer) C.int {
	handle, _ := output.FLBPluginGetContext(context).(cgo.Handle)
	o, ok := valueOf[*outputInstance](handle)
	if !ok {
		return output.FLB_OK
	}
	defer o.log.flush()
	defer func() {
		if v := recover(); v != nil {
			o.panicked(v, debug.Stack())
		}
	}()
	handle.Delete()
	C.free(context) // which fluent-bit-go allocates and leaves to the end of the process
	o.stop()
	return output.FLB_OK
}

// valueOf is what is behind a handle, which is nothing where that isn't ours.
func valueOf[T any](handle cgo.Handle) (v T, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	v, ok = handle.Value().(T)
	return v, ok
}
