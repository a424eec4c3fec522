package triage

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// gitTransport is what git asks a server of repositories for. A repository that lies open under a web site has no name
// before .git.
// Source: https://git-scm.com/docs/http-protocol
var gitTransport = compile(`^/(?:[\w~-][\w.~-]*/)*[\w~-][\w.~-]*\.git/(?:info/refs|git-(?:upload|receive)-pack|info/lfs(?:/[\w/-]+)?|objects/(?:info/packs|[0-9a-f]{2}/[0-9a-f]+))(?:\?service=git-(?:upload|receive)-pack)?$`)

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

// Names of settings under which applications serve what is for everybody: those of a page in a browser, of a job in Jenkins, of a
// model or a package. Folders that begin with a dot are no such place, and where an argument names a file it is one beside others.
var openFile = compile(`^(?i)/?(?:[\w~%@-][\w.~%@-]*/)*(?:[\w.-]*[\w-])?(?:config\.(?:json|xml)|package\.json)$`)

// joined is a link to several files that a server joins: nginx-http-concat and Tengine name them behind two question marks,
// which a rule takes for dots.
var joined = compile(`^(?:https?://[\w.-]+(?::\d{1,5})?)?(?:/[\w@~-][\w.@~-]*)*/\?\?/?[\w./,@~-]+\.(?:css|js)(?:[?&][\w=&.,-]*)?$`)

// served is what Vite's development server has of the packages that a page is made of: their files, by the path on its
// machine, and what it makes itself.
// Source: https://vite.dev/config/server-options (server.fs), and the plugin API's conventions for virtual modules.
var served = compile(`^(?:/@fs(?:/[\w@~-][\w.@~-]*)+/node_modules(?:/[\w.@~-]+)+\.(?:[cm]?[jt]s|css|map|vue|svelte)|/@fs(?:/[\w.@~-]+)+/vite/deps(?:/[\w.@~-]+)+\.js|/@id/(?:__x00__)?[\w./@:-]+)(?:\?(?:v=[0-9a-f]{4,16}|import))?$`)

// several is a name that stands for several files, which a server joins: in a command, what is behind the comma has other signs.
var several = compile(`^(?:/[\w.~-]+)*/?\{\w+(?:,\w+){1,8}\}\.(?:js|css)$`)

// sentFile is where an interface of files has put one that people read.
var sentFile = compile(`^(?i)\s*file:///(?:[\w.~ -]+/)+[\w.~ -]+\.(?:pdf|docx?|xlsx?|csv|edi|jpe?g|png|tiff?)\s*$`)

// xmlName is what XML begins with that is sent as a form.
const xmlName = "<?xml version"

// lines is a body of base64 in lines, which looks like a form with one name.
var lines = compile(`^[\w+/]{16,}(?:\r?\n[\w+/]+)*=*[\r\n]*$`)

// isOrdinary reports whether a value on which a rule matched is what a protocol has that looks like an attack.
func isOrdinary(tx *mapping.Transaction, m *engine.Match, variable, value string) bool {
	if isFileOfUser(tx, variable) || isEncoded(value) || isCatalogue(value) || isPrompt(tx, variable, value) || isTelemetry(tx, variable, value) || isSearch(tx, variable, value) || isWritten(m, value) {
		return true
	}
	if m.IsShipped() && (isNoise(tx, variable, value) || isEndOfFile(tx, m, variable) || isManifest(tx, variable) || isMeant(tx, m, variable, value)) {
		return true
	}
	collection, name, _ := strings.Cut(variable, ":")
	isArgument := strings.HasPrefix(collection, "ARGS")
	if isArgument && name == "xpath" && xpath.MatchString(value) {
		return true
	}
	switch family(m) {
	case "lfi":
		if isNoFile(tx, m, collection, value) || isArgument && isReference(name, value) || isStep(tx, collection) || isScope(m, value) {
			return true
		}
		if !isArgument && (joined.MatchString(value) || served.MatchString(value)) && !strings.Contains(value, "..") || openFile.MatchString(value) && (!isArgument || value[0] != '/') {
			return true
		}
	case "rfi", "ssrf":
		if collection == "REQUEST_FILENAME" && nameServer.MatchString(value) {
			return true
		}
		if isLocalPage(collection, name, value) || isCloudScript(tx, variable) || collection == "REQUEST_XML" && sentFile.MatchString(value) {
			return true
		}
	case "ldap", "injection-generic":
		if isArgument && (isDirectoryFilter(name, value) || isGraphDocument(name, value)) {
			return true
		}
	case "sqli":
		if isArgument && isGraphDocument(name, value) {
			return true
		}
	case "xss":
		if strings.HasSuffix(collection, "_NAMES") && value == xmlName || collection == "REQUEST_XML" && isPost(tx) || isArgument && isPage(tx, name, value) {
			return true
		}
	case "rce":
		if !isArgument && several.MatchString(value) || isCloudScript(tx, variable) || m.IsShipped() && isStartScript(tx, variable, value) || isStep(tx, collection) && !hasTag(m.Tags, sure) {
			return true
		}
	case "protocol":
		if strings.HasSuffix(collection, "_NAMES") && (lines.MatchString(value) || isExposition(tx, value)) || collection == "REQUEST_BODY" && (isPart(tx, m, value) || isBatch(tx)) {
			return true
		}
		if collection == "REQUEST_HEADERS" && strings.EqualFold(name, "user-agent") && products.MatchString(value) {
			return true
		}
	case "multipart-header":
		if collection == "MULTIPART_PART_HEADERS" && asItIs.MatchString(value) {
			return true
		}
	case "reputation-scanner":
		if isPartOfName(m, value) {
			return true
		}
	}
	if isArgument {
		return isOwnMachine(tx, name, value)
	}
	return strings.HasPrefix(variable, "REQUEST_") && gitTransport.MatchString(value)
}

// longestByChance is how many characters of a text stand in a row at most where bytes come by chance.
const longestByChance = 20

// isNoise reports whether a value is a piece of a body of random bytes, such as one that is encrypted, which some sign at its beginning has
// made a form, JSON or XML. What is a text in it would be longer, or has no such bytes in it, as what somebody hides between them.
func isNoise(tx *mapping.Transaction, variable, value string) bool {
	if tx == nil || !isOfBody(tx, variable) {
		return false
	}
	all, noise := countNoise(value)
	return 4*noise >= all && isRandom(tx.RequestBody.Text)
}

// countNoise is how many characters a text has, and how many of them are none that a text has.
func countNoise(text string) (all, noise int) {
	for _, r := range text {
		all++
		if r == utf8.RuneError || r < ' ' && r != '\t' && r != '\r' && r != '\n' {
			noise++
		}
	}
	return all, noise
}

// isEndOfFile reports whether a rule has found a few signs in the end of a form that is too long to be read as one, where the end of a file is
// that is no text. Rules about programs in files still count.
func isEndOfFile(tx *mapping.Transaction, m *engine.Match, variable string) bool {
	switch family(m) {
	case "sqli", "lfi", "ldap":
	default:
		return false
	}
	found, _ := matchedData(m.Data)
	if tx == nil || variable != "REQUEST_BODY" || len(found) > longestByChance || !strings.HasPrefix(mapping.MediaType(tx.RequestHeaders), "multipart/") {
		return false
	}
	body := tx.RequestBody.Text
	end := body[max(0, len(body)-maxRead):]
	_, noise := countNoise(end)
	return len(body) > maxRead && 8*noise >= len(end)
}

// isRandom reports whether a text is nothing but bytes that came by chance.
func isRandom(body string) bool {
	inRow := 0
	for _, r := range body {
		if r < ' ' || r > '~' {
			inRow = 0
		} else if inRow++; inRow > longestByChance {
			return false
		}
	}
	all, noise := countNoise(body)
	return all > 2*longestByChance && 8*noise >= all
}

// isOfBody reports whether a variable is a part of the body, and none of the query.
func isOfBody(tx *mapping.Transaction, variable string) bool {
	collection, name, _ := strings.Cut(variable, ":")
	switch collection {
	case "REQUEST_XML", "XML", "ARGS_POST", "ARGS_POST_NAMES":
		return true
	case "ARGS", "ARGS_NAMES":
		_, query, _ := strings.Cut(tx.URI, "?")
		for pair := range strings.SplitSeq(query, "&") {
			of, _, _ := strings.Cut(pair, "=")
			if plain, err := url.QueryUnescape(of); err != nil || strings.EqualFold(plain, name) {
				return false
			}
		}
		return true
	}
	return false
}

// partHeader is a line of the head of a part of a form: RFC 7578, 4.8, and those that RFC 2045 has.
var partHeader = compile(`^(?i)[\r\n]+content-(?:disposition|type|transfer-encoding|id|description|location|length)\s*:`)

// asItIs is how programs that are no browsers say that a part of a form is not encoded: RFC 7578, 4.7, allows it still.
var asItIs = compile(`^(?i)content-transfer-encoding:\s*(?:binary|7bit|8bit)\s*$`)

// isPart reports whether a rule has found such a line, in the end of a form that is too long to be read as one.
func isPart(tx *mapping.Transaction, m *engine.Match, value string) bool {
	if !strings.HasPrefix(mapping.MediaType(tx.RequestHeaders), "multipart/") {
		return false
	}
	kind, _ := mapping.HeaderValue(tx.RequestHeaders, "content-type")
	_, boundary, _ := strings.Cut(kind, "boundary=")
	boundary, _, _ = strings.Cut(strings.TrimPrefix(boundary, `"`), `"`)
	boundary, _, _ = strings.Cut(boundary, ";")
	found, _ := matchedData(m.Data)
	return boundary != "" && strings.Contains(value, "--"+boundary) && partHeader.MatchString(found)
}

// nameServer is where PowerDNS has its zones, whatever the machine is called.
// Source: https://doc.powerdns.com/authoritative/http-api/server.html
var nameServer = compile(`^/api/v\d/servers/localhost(?:/(?:zones|config|statistics|search-data|cache)(?:/[\w.=-]+)*/?)?$`)

// xpath is a place in a configuration, as PAN-OS has it; a rule sees it without its quotes.
var xpath = compile(`^/[\w-]+(?:/[\w@*-]+(?:\[@name=['"]?[\w .:/-]{1,80}['"]?\])?)*$`)

// products are those of which a user agent is made, such as lua-resty-http/0.17, in which a rule sees a protocol.
var products = compile(`^[\w.+-]+/[\w.+-]+(?: [\w.+-]+/[\w.+-]+){0,5}$`)

// isBatch reports whether a body is a batch of requests, each of which is a part. They are read as arguments.
// Source: OData 4.01, 11.7
func isBatch(tx *mapping.Transaction) bool {
	const start = 512
	return mapping.MediaType(tx.RequestHeaders) == "multipart/mixed" && batchPart.MatchString(tx.RequestBody.Text[:min(len(tx.RequestBody.Text), start)])
}

var batchPart = compile(`(?i)\A\s*--[^\r\n]{1,100}\r?\ncontent-type:\s*(?:application/http|multipart/mixed)\b`)

// exposition is what Prometheus' text format has: lines that describe metrics, and their values.
var exposition = compile(`\A# (?:TYPE|HELP) [A-Za-z_:][\w:]*(?:[ {\n]|$)`)

// isExposition reports whether a name is metrics that were pushed, which look like a form with one.
func isExposition(tx *mapping.Transaction, value string) bool {
	return tx != nil && tx.Method != "GET" && exposition.MatchString(value) && strings.HasPrefix(tx.RequestBody.Text, "# ")
}

// post is a call by which a program for authors writes a page or changes one. Whoever may do so may send markup.
// Source: https://codex.wordpress.org/XML-RPC_WordPress_API
var post = compile(`^\s*(?:<\?xml[^<>]{0,100}\?>\s*)?<methodcall>\s*<methodname>\s*(?:metaweblog\.(?:new|edit)post|(?:wp|blogger)\.(?:new|edit)(?:post|page))\s*</methodname>`)

func isPost(tx *mapping.Transaction) bool {
	return tx.Method == "POST" && post.MatchString(strings.ToLower(tx.RequestBody.Text[:min(len(tx.RequestBody.Text), 512)]))
}

// isAllOrdinary reports whether a rule that comes with MSA matched nothing but that.
func isAllOrdinary(tx *mapping.Transaction, m *engine.Match) bool {
	return m.IsShipped() && !slices.ContainsFunc(places(m), func(p engine.Place) bool {
		variable, _ := readingOf(m, p)
		return !isOrdinary(tx, m, variable, p.Value)
	})
}

var dotInScope = compile(`(?i)\w\.profile\b`)

// isScope reports whether what a rule takes for the settings of a shell is the end of a name, as scopes of OpenID have it
// (userinfo.profile).
func isScope(m *engine.Match, value string) bool {
	found, _ := matchedData(m.Data)
	return found == ".profile" && !strings.Contains(value, "..") &&
		!strings.Contains(strings.ToLower(dotInScope.ReplaceAllString(value, "")), found)
}

// isPartOfName reports whether the name of a scanner is in a user agent as a part of other names only: of a telephone, such as
// Vegas or "Vega Build/1", or of a number in hexadecimal.
func isPartOfName(m *engine.Match, value string) bool {
	found, ok := matchedData(m.Data)
	if !ok || found == "" {
		return false
	}
	for rest := value; ; {
		at := strings.Index(rest, found)
		if at < 0 {
			return true
		}
		behind := rest[at+len(found):]
		isPart := at > 0 && isLetter(rest[at-1]) || behind != "" && isLetter(behind[0]) || strings.HasPrefix(behind, " Build/")
		if !isPart {
			return false
		}
		rest = behind
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
