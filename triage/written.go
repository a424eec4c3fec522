package triage

import (
	"strings"

	"github.com/modsecurity-for-anylog/msa/engine"
)

// What programs and people write that has the words of an attack, and can't be one in the form that it has.
var (
	// A sum for a calculator, with nothing but numbers and functions of mathematics.
	arithmeticText = compile(`^(?i)[\s\d.,+*/^%()-]*(?:\b(?:sqrt|cbrt|sin|cos|tan|asin|acos|atan2?|sinh|cosh|tanh|log(?:10|2)?|ln|abs|min|max|pow|round|floor|ceil|mod|pi|avg|sum)\b[\s\d.,+*/^%()-]*)+$|^[\s\d.,+*/^%()-]+$`)

	// A place in a program where an error was, as traces of Java, .NET, Node and Python name it.
	stackFrame = compile(`^(?i)[\w$.<>]{1,80}\s*\((?:[\w$.-]{1,80}\.(?:java|kt|scala|groovy|clj|cs|vb|js|mjs|ts|py|rb|php):\d{1,6}(?::\d{1,6})?|native method|unknown source)\)?$`)

	// Cells of a spreadsheet, whose sheet stands in quotes.
	cells = compile(`^'[\p{L}\p{N} _.-]{1,80}'![A-Za-z]{0,3}\d{0,7}(?::[A-Za-z]{0,3}\d{0,7})?$`)

	// Names of resources that end with a wildcard, which a comment looks like. What would go before a comment to inject something begins with
	// a number, or has a quote.
	wildcard = compile(`^[A-Za-z_][\w.:@+-]*(?:/[\w.:@+-]+)*/\*{1,2}$`)

	// A placeholder of a template that stands in quotes, which is how JSON begins, too.
	quotedTemplate = compile(`^["']\s*\{[{%]`)

	// A picture, whole, and what in one runs or loads something.
	picture       = compile(`^(?i)\s*(?:<\?xml[^<>]{0,100}\?>\s*)?(?:<!--[^<>]{0,200}-->\s*)?<svg[\s>][\s\S]*</svg>\s*$`)
	activePicture = compile(`(?i)<\s*/?\s*(?:[\w-]+:)?(?:script|foreignobject|iframe|object|embed|image|use|a|animate\w*|set|handler|listener|html|body|meta|link|base|form|input|img|video|audio)\b|[\s"'/]on[a-z]{3,}\s*=|script\s*:|href\s*=|<!(?:entity|doctype)|&#|@import|expression\s*\(|url\s*\(\s*["']?\s*(?:[a-z]+:)?//`)

	// Utilities of Thymeleaf, which OGNL's variables look like.
	// Source: https://www.thymeleaf.org/doc/tutorials/3.1/usingthymeleaf.html#appendix-b-expression-utility-objects
	utility = compile(`^(?i)[$*]\{\s*#(?:temporals|dates|calendars|numbers|strings|objects|bools|arrays|lists|sets|maps|aggregates|ids|messages|uris|conversions|fields|themes|execinfo)\.$`)

	// A pattern of file names with a choice of their ends.
	glob = compile(`^(?:[\w.-]+/|\*{1,2}/)*[\w.-]*\*[\w.-]*\{\.?\w{1,8}(?:,\.?\w{1,8}){1,20}\}$`)

	// What an expression needs to reach more than its page.
	reaches = compile(`(?i)getclass|\.class\b|forname|\bt\s*\(|runtime|processbuilder|\bexec\b|@java|\bnew\s`)

	// Traces of Java: the name of what was thrown, and the places that it came through.
	thrown = compile(`(?i)\bcannot invoke "[\w$.,()\[\]<> ]{1,200}" because [^\n]{1,120}? is null|(?:caused by:\s*)?\b(?:[a-z_]\w*\.)+[\w$]*(?:exception|error)\b|\bat\s+(?:[\w$@.-]+/)*[\w$.<>]+\((?:[\w$.-]+:\d+|native method|unknown source)\)`)
	inJava = compile(`(?i)\bjavax?\.|\bcom\.sun\.|\borg\.apache\.|runtime|processbuilder|\bexec\b|getclass|[$#%]\{|<!|ro0ab`)

	// Lines of settings in YAML, of which one may be called as a header of HTTP is.
	// Fields of a mail, and lines of HTTP that are none. Source: IANA's registry of message headers.
	mailField = compile(`^(?i)(?:from|to|cc|bcc|sender|reply-to|subject|date|message-id|in-reply-to|references|mime-version|return-path|received(?:-spf)?|delivered-to|dkim-signature|domainkey-signature|authentication-results|arc-[\w-]{1,40}|list-[\w-]{1,40}|content-[\w-]{1,40}|auto-submitted|comments|keywords|importance|priority|precedence|organization|user-agent|thread-(?:topic|index)|feedback-id|errors-to|x-[\w-]{1,60})$`)
	httpLine  = compile(`(?i)[\r\n]\s*(?:set-cookie|location|transfer-encoding|access-control-|refresh|host)\s*:|\bhttp/\d`)

	yamlLine  = compile(`(?m)^\s*(?:- )?[\w.-]{1,40}:(?: .*)?$|^\s*\{\{-? ?(?:if|else|with|range|end|define|include)\b`)
	yamlStart = compile(`\A\s*(?:---|#.*|(?:- )?[\w.-]{1,40}:(?: .*)?|\{\{-? ?(?:if|with|range|define|include)\b.*)(?:\r?\n|$)`)
)

// isWritten reports whether what a rule has matched is written so.
func isWritten(m *engine.Match, value string) bool {
	found, _ := matchedData(m.Data)
	switch family(m) {
	case "sqli":
		return arithmeticText.MatchString(value) || quotedTemplate.MatchString(found) || cells.MatchString(value) || wildcard.MatchString(value)
	case "xss":
		return picture.MatchString(value) && !activePicture.MatchString(value)
	case "rce", "injection-php", "injection-generic", "injection-java":
		return stackFrame.MatchString(found) || found == ";function" || utility.MatchString(found) && !reaches.MatchString(value) ||
			glob.MatchString(value) && strings.HasPrefix(found, "{") || hasTag(m.Tags, "language-java") && isAboutJava(value) || (hasTag(m.Tags, "language-java") || standsInTrace(found, value)) && isTrace(value)
	case "protocol":
		return isSetting(found, value) || isMail(value)
	}
	return false
}

// isMail reports whether a value is a mail as a whole (RFC 5322), as interfaces take that send or check one. What is
// injected stands behind a value, and not behind the beginning of a mail.
func isMail(value string) bool {
	head, _, _ := strings.Cut(strings.ReplaceAll(value, "\r\n", "\n"), "\n\n")
	named := map[string]bool{}
	for line := range strings.Lines(head) {
		name, _, ok := strings.Cut(line, ":")
		switch folded := line[0] == ' ' || line[0] == '\t'; {
		case folded && len(named) > 0:
		case !ok || folded || !mailField.MatchString(name):
			return false
		default:
			named[strings.ToLower(name)] = true
		}
	}
	return named["from"] && len(named) >= leastFields && !httpLine.MatchString(value)
}

// leastFields is how many fields the head of a mail has at least.
const leastFields = 3

// leastLines is how many lines tell a form.
const leastLines = 2

// isTrace reports whether all that a value has of Java stands in a trace.
func isTrace(value string) bool {
	return len(thrown.FindAllStringSubmatch(value, leastLines)) == leastLines && !inJava.MatchString(thrown.ReplaceAllString(value, ""))
}

// standsInTrace reports whether what a rule has found stands in the lines of a trace only.
func standsInTrace(found, value string) bool {
	return found != "" && strings.Contains(value, found) && !strings.Contains(thrown.ReplaceAllString(value, ""), found)
}

// leastWords is how many words of a language a sentence has at least.
const leastWords = 5

// isAboutJava reports whether a text names classes of Java, and has nothing by which one is called, made or read.
func isAboutJava(value string) bool {
	if strings.ContainsAny(value, "({[<=;$#%@*\\") {
		return false
	}
	plain, all := plainWords(value)
	return plain >= leastWords && 2*plain >= all
}

// isSetting reports whether a line that a header of HTTP could be is one of a file of settings.
func isSetting(found, value string) bool {
	return strings.TrimSpace(found) == "host:" && !strings.Contains(value, "\r") && !strings.Contains(strings.ToLower(value), "http/") &&
		yamlStart.MatchString(value) && len(yamlLine.FindAllStringSubmatch(value, leastLines)) == leastLines
}
