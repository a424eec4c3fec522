package triage

import (
	"strings"
)

// gitTransport is what git asks a server of repositories for. A repository that lies open under a web site has no name
// before .git.
// Source: https://git-scm.com/docs/http-protocol
var gitTransport = compile(`^/(?:[\w~-][\w.~-]*/)*[\w~-][\w.~-]*\.git/(?:info/refs|git-(?:upload|receive)-pack|info/lfs(?:/[\w/-]+)?|objects/(?:info/packs|[0-9a-f]{2}/[0-9a-f]+))(?:\?service=git-(?:upload|receive)-pack)?$`)

// loopback is where a program on somebody's own machine waits for the browser that has logged in: RFC 8252, 7.3.
var loopback = compile(`^http://(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?(?:/[\w./-]*)?$`)

// isOrdinary reports whether a value on which rules matched is what a protocol has that looks like an attack.
func isOrdinary(variable, value string) bool {
	if collection, name, _ := strings.Cut(variable, ":"); strings.HasPrefix(collection, "ARGS") {
		return strings.HasSuffix(name, "redirect_uri") && loopback.MatchString(value)
	}
	return strings.HasPrefix(variable, "REQUEST_") && gitTransport.MatchString(value)
}
