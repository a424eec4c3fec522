package triage

import (
	"strings"
)

// gitTransport is what git asks a server of repositories for. A repository that lies open under a web site has no name
// before .git.
// Source: https://git-scm.com/docs/http-protocol
var gitTransport = compile(`^/(?:[\w~-][\w.~-]*/)*[\w~-][\w.~-]*\.git/(?:info/refs|git-(?:upload|receive)-pack|info/lfs(?:/[\w/-]+)?|objects/(?:info/packs|[0-9a-f]{2}/[0-9a-f]+))(?:\?service=git-(?:upload|receive)-pack)?$`)

// isOrdinary reports whether a value on which rules matched is a request of a protocol that looks like an attack.
func isOrdinary(variable, value string) bool {
	return strings.HasPrefix(variable, "REQUEST_") && gitTransport.MatchString(value)
}
