// Package main is another Go output of Fluent Bit's, with a runtime of its own: it counts bytes.
package main

/*
#include <stdlib.h>
#include <stddef.h>

struct proxy_def { int type, proxy, flags; char *name, *description; int event_type; };
*/
import "C"

import (
	"fmt"
	"os"
	"unsafe"
)

const (
	output  = 2
	goProxy = 11
	ok      = 1
)

//export FLBPluginRegister
func FLBPluginRegister(def unsafe.Pointer) C.int {
	d := (*C.struct_proxy_def)(def)
	d._type, d.proxy, d.name, d.description = output, goProxy, C.CString("second"), C.CString("A second Go plugin")
	return 0
}

//export FLBPluginInit
func FLBPluginInit(unsafe.Pointer) C.int { return ok }

//export FLBPluginFlushCtx
func FLBPluginFlushCtx(_, data unsafe.Pointer, size C.int, tag *C.char) C.int {
	garbage := make([][]byte, 100) // for its collector
	for i := range garbage {
		garbage[i] = C.GoBytes(data, size)
	}
	fmt.Fprintf(os.Stderr, "second: flushed %d bytes\n", len(garbage[0]))
	return ok
}

//export FLBPluginExit
func FLBPluginExit() C.int { return ok }

func main() {}
