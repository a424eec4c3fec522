package triage

import (
	"net/netip"
	"strings"
)

// behindWord is a single word and what ends it for a shell, as in a.png; wget … | sh. Scripts begin with a command, and texts with
// more words.
const behindWord = `^(?i)[^\s;|&<>` + "`" + `$]*['")]{0,2}\s*(?:[;|&\n]{1,2}|\$\(|` + "`" + `)\s*(?:sudo\s+|busybox\s+|(?:cmd(?:\.exe)?|start)\s+/[bc]\s+|(?:/usr)?/bin/)?`

// Commands that connect back, hide what they run or make an account, and those that fetch something from an address.
var (
	dropper = compile(behindWord + `(?:` + strings.Join([]string{
		`(?:nc|ncat|netcat)(?:\.exe)?\b[^\n]*\s-\w*[ec]\b`,
		`(?:nc|ncat|netcat)(?:\.exe)?\s+(?:-\w+\s+)*\d{1,3}(?:\.\d{1,3}){3}\s+\d{2,5}\b`,
		`(?:bash|sh|zsh|exec)\b[^\n]*/dev/(?:tcp|udp)/`,
		`(?:powershell|pwsh)(?:\.exe)?\b[^\n]*?\s-e(?:c|nc|ncodedcommand)?\s+['"]?[a-z0-9+/]{20}`,
		`(?:powershell|pwsh)(?:\.exe)?\b[^\n]*?(?:download(?:string|file|data)|invoke-webrequest|\biwr\b|\biex\b|invoke-expression)`,
		`certutil(?:\.exe)?\s[^\n]*-(?:urlcache|decode)`,
		`bitsadmin(?:\.exe)?\s[^\n]*/transfer`,
		`mshta(?:\.exe)?\s+(?:https?|vbscript|javascript):`,
		`regsvr32(?:\.exe)?\s[^\n]*/i:`,
		`net1?(?:\.exe)?\s+(?:user|localgroup)\s[^\n]*/add\b`,
		`(?:python[\d.]*|perl|ruby|php)\s+-\w+\s[^\n]*socket`,
		`mkfifo\s+/tmp/`,
		`(?:nslookup|dig|host|ping|curl|wget)\s[^\n]*\.(?:oast\.\w{2,6}|oastify\.com|burpcollaborator\.net|interact\.sh|dnslog\.\w{2,4}|ceye\.io)\b`,
	}, "|") + `)`)

	fetches = compile(behindWord + `(?:wget|curl|tftp|ftpget)\b[^\n|;&]*?\b(?:(?:https?|ftp)://)?(\d{1,3}(?:\.\d{1,3}){3})\b`)
)

// longestDropper is how long a value is at most of which all is an attack.
const longestDropper = 2 << 10

// isDropper reports whether a value is such a command, and its field is neither for code nor for text. What is fetched from a host of
// one's own is not told apart from what a job does.
func isDropper(variable, value string) bool {
	if len(value) > longestDropper || !strings.ContainsAny(value, ";|&\n$`") {
		return false
	}
	if what := expects(variable); what == "code" || what == "text" {
		return false
	}
	if dropper.MatchString(value) {
		return true
	}
	from := fetches.FindAllStringSubmatch(value, 1)
	if from == nil {
		return false
	}
	address, err := netip.ParseAddr(from[0][1])
	return err == nil && !address.IsPrivate() && !address.IsLoopback() && !address.IsLinkLocalUnicast()
}
