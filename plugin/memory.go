package main

import "github.com/modsecurity-for-anylog/msa/internal/memorylimit"

// goShare is what Go may have of the memory of the host's control group: the host needs the rest.
const goShare = 0.6

// Without a limit that can be read, Go's memory is not limited: nobody has to hear of that.
func init() { _ = memorylimit.Follow(goShare) }
