package engine

import (
	_ "unsafe" // for go:linkname
)

// corazaUsesFiles says whether Coraza may write files of its own: it would keep each upload of a logged request in the
// directory for temporary files, and refuse to start where that can't be written. It has a build tag against that,
// no_fs_access, which whoever builds MSA without its Makefile would not know of. The name is Coraza's, in
// internal/environment; TestNoFiles fails if it is another one's in a later version.
//
//go:linkname corazaUsesFiles github.com/corazawaf/coraza/v3/internal/environment.HasAccessToFS
var corazaUsesFiles bool

func init() { corazaUsesFiles = false }
