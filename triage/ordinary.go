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

// Values that are nothing but a text in an encoding: they are judged by what they decode to, which is a view of its own, and what
// rules say of the encoding itself is no evidence. A document that browsers run is more than that.
var (
	dataURL   = compile(`^(?i)` + objectStart + `data:(?:(?:` + inertType + `)(?:;\s?[\w-]{1,20}=[\w.-]{1,40}){0,3})?;base64,([\w+/=\s-]*)` + objectEnd + `$`)
	charCodes = compile(`^(?i)` + objectStart + `(?:string\.)?fromcharcode\(\s*\d{1,7}(?:\s*,\s*\d{1,7})*\s*\);?` + objectEnd + `$`)
)

const (
	inertType = `image/(?:png|jpe?g|gif|webp|bmp|avif|heic|tiff|x-icon|vnd\.[\w.-]+)|audio/[\w.+-]+|video/[\w.+-]+|font/[\w.+-]+|text/(?:plain|csv|calendar|vcard|css|markdown)|` +
		`application/(?:pdf|json|zip|gzip|octet-stream|msword|vnd\.[\w.+-]+|x-font-[\w-]+|font-[\w-]+)`

	// Such a text may stand in an object of JSON, beside numbers and words.
	objectStart = `\s*(?:\{\s*(?:` + objectField + `,\s*)*"[\w-]+"\s*:\s*")?`
	objectEnd   = `(?:"\s*(?:,\s*` + objectField + `)*\})?\s*`
	objectField = `"[\w-]+"\s*:\s*(?:-?\d+|true|false|null|"[\w .,@-]*")\s*`
)

// isEncoded reports whether a value is such a text. A tag, as of PHP, makes a page of whatever a server includes.
func isEncoded(value string) bool {
	if m := dataURL.FindAllStringSubmatch(value, 1); m != nil {
		return !strings.HasPrefix(strings.ToLower(m[0][1]), "pd")
	}
	return charCodes.MatchString(value)
}

// isOrdinary reports whether a value on which rules matched is what a protocol has that looks like an attack.
func isOrdinary(variable, value string) bool {
	if isEncoded(value) {
		return true
	}
	if collection, name, _ := strings.Cut(variable, ":"); strings.HasPrefix(collection, "ARGS") {
		return strings.HasSuffix(name, "redirect_uri") && loopback.MatchString(value)
	}
	return strings.HasPrefix(variable, "REQUEST_") && gitTransport.MatchString(value)
}
