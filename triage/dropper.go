package triage

import (
	"net/netip"
	"strings"
)

// A command that fetches a program, connects back, hides what it runs or makes an account, behind a single word and what ends that for
// a shell: a.png; wget … | sh. Scripts begin with a command, and texts with more words.
var (
	behindWord = `^(?i)[^\s;|&<>` + "`" + `$]{0,64}['")]{0,2}\s*(?:[;|&\n]{1,2}|\$\(|` + "`" + `)\s*(?:sudo\s+|busybox\s+|(?:cmd(?:\.exe)?|start)\s+/[bc]\s+|(?:/usr)?/bin/)?`

	dropper = compile(behindWord + `(?:` + strings.Join([]string{
		`(?:nc|ncat|netcat)(?:\.exe)?\b[^\n]{0,120}\s-\w*[ec]\b`,
		`(?:nc|ncat|netcat)(?:\.exe)?\s+(?:-\w+\s+)*\d{1,3}(?:\.\d{1,3}){3}\s+\d{2,5}\b`,
		`(?:bash|sh|zsh|exec)\b[^\n]{0,80}/dev/(?:tcp|udp)/`,
		`(?:powershell|pwsh)(?:\.exe)?\b[^\n]{0,120}?\s-e(?:c|nc|ncodedcommand)?\s+['"]?[a-z0-9+/]{20}`,
		`(?:powershell|pwsh)(?:\.exe)?\b[^\n]{0,200}?(?:download(?:string|file|data)|invoke-webrequest|\biwr\b|\biex\b|invoke-expression)`,
		`certutil(?:\.exe)?\s[^\n]{0,80}-(?:urlcache|decode)`,
		`bitsadmin(?:\.exe)?\s[^\n]{0,80}/transfer`,
		`mshta(?:\.exe)?\s+(?:https?|vbscript|javascript):`,
		`regsvr32(?:\.exe)?\s[^\n]{0,80}/i:`,
		`net1?(?:\.exe)?\s+(?:user|localgroup)\s[^\n]{0,120}/add\b`,
		`(?:python[\d.]*|perl|ruby|php)\s+-\w+\s[^\n]{0,80}socket`,
		`mkfifo\s+/tmp/`,
		`(?:nslookup|dig|host|ping|curl|wget)\s[^\n]{0,120}\.(?:oast\.\w{2,6}|oastify\.com|burpcollaborator\.net|interact\.sh|dnslog\.\w{2,4}|ceye\.io)\b`,
	}, "|") + `)`)

	fetches = compile(behindWord + `(?:wget|curl|tftp|ftpget)\b[^\n|;&]{0,120}?\b(?:(?:https?|ftp)://)?(\d{1,3}(?:\.\d{1,3}){3})\b`)
)

// longestDropper is how long a value is at most of which all is an attack.
const longestDropper = 2 << 10

// isDropper reports whether a value is that, and its field is neither for code nor for text. What is fetched from a host of one's own is not told apart from
// what a job does.
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
	for _, m := range fetches.FindAllStringSubmatch(value, 1) {
		address, err := netip.ParseAddr(m[1])
		return err == nil && !address.IsPrivate() && !address.IsLoopback() && !address.IsLinkLocalUnicast()
	}
	return false
}
