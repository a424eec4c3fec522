package triage

import (
	"strings"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Fields that ask for what looks like an attack, and values that are nothing but that.

// isMeant reports whether a value is what its field asks for: a password of odd signs, names of columns, paths of a backup, the
// program of a job, a formula, an example of settings in a repository.
func isMeant(tx *mapping.Transaction, m *engine.Match, variable, value string) bool {
	collection, name, _ := strings.Cut(variable, ":")
	if !strings.HasPrefix(collection, "ARGS") || strings.HasSuffix(collection, "_NAMES") {
		return family(m) == "lfi" && strings.HasPrefix(collection, "REQUEST_") && isExampleOfSettings(tx)
	}
	if isProvided(tx, name, value) || family(m) != "xss" && family(m) != "sqli" && isAuthored(tx, name) {
		return true
	}
	switch family(m) {
	case "rce":
		return isList(name, value) || isCoding(name, value) || isCommitted(tx, name) || isPassphrase(name, value) || isPathOfMany(tx, name, value) || isJob(tx, name, value)
	case "sqli":
		return isPassphrase(name, value) || isFormula(name, value) || isCommitted(tx, name)
	case "lfi":
		return isCommitted(tx, name) || isPathOfMany(tx, name, value) || isJob(tx, name, value)
	case "injection-php":
		return isPassphrase(name, value) || isFormula(name, value) || isCommitted(tx, name)
	case "injection-generic", "injection-java", "xss":
		return isCommitted(tx, name)
	}
	return false
}

// lastName is the last part of a name, in lower case: of json.user.password and user[password].
func lastName(name string) string {
	name = strings.ToLower(strings.TrimRight(name, "]0123456789.["))
	return name[strings.LastIndexAny(name, ".[")+1:]
}

var (
	// A password is one word. Of what is one, too, an attack needs more than signs: a call, a comparison, a comment directly behind a
	// quote, a tag, a command behind a separator, a path, an operator.
	passphrase = compile(`^[^\s]{4,64}$`)
	noPassword = compile(`(?i)[a-z_]{2,}\(|\$\(|` + "`" + `[^` + "`" + `]+` + "`" + `|[$#%*@]\{|\{\{|\{%|<[a-z/!?%]|['")]\s*(?:\|\||&&|or|and|xor|union|having|order|group|limit|like|rlike)\b?['"(/*\d\w]*\s*(?:=|<|>|like|select|by)|` +
		`\b(?:or|and|xor)\b[^a-z]{0,4}\w{1,20}['"]?\s*[=<>]|\bunion\b|\bselect\b|\bdrop\b|['"][\s);]*(?:--|#|/\*)|['"][\s)]*;\s*\w|(?:[;|&\n]|%0a)\s*(?:/\w|id\b|ls\b|cat|whoami|uname|sleep|ping|curl|wget|nc\b|ncat|bash|sh\b|cmd|powershell|dir\b|type\b|net\b|python|perl|php|ruby|nslookup|dig\b|env\b|echo|rm\b)|` +
		`\.\.|/(?:etc|proc|bin|usr|tmp|var|dev)/|://|%00|\x00|\$(?:ne|eq|gte?|lte?|n?in|regex|where|exists)\b|\*\)|\)\(|\bjndi:|\w=['"]?\w+['"]?$`)
)

// isPassphrase reports whether a password has odd signs, and nothing that an attack is made of.
func isPassphrase(name, value string) bool {
	return isPasswordName(":"+name) && passphrase.MatchString(value) && !noPassword.MatchString(value)
}

var (
	listNames = setOf(`tags sort sortby sort_by orderby order_by fields cols columns groupby group_by expand props properties attributes attrs embed facets populate dimensions
		metrics`)
	names    = compile(`^\w+(?:\s?[;|,]\s?\w+){1,30}$`)
	commands = compile(`(?i)\b(?:whoami|uname|ifconfig|ipconfig|netstat|ls|cat|pwd|ps|w|sh|bash|nc|wget|curl|python\d?|perl|php|reboot|shutdown|systeminfo|tasklist|ver)\b`)
)

// isList reports whether a value is a list of names, where one is asked for: of the columns, one is often called id.
func isList(name, value string) bool {
	return listNames[lastName(name)] && names.MatchString(value) && !commands.MatchString(value)
}

var codings = setOf("base64 base32 gzip gunzip zip bzip2 xz zstd compress utf-8 utf8 ascii hex")

// isCoding reports whether a value is how something is encoded, which some commands are called like.
func isCoding(name, value string) bool {
	return strings.HasSuffix(lastName(name), "encoding") && codings[strings.ToLower(value)]
}

// committed are the interfaces by which programs write files of a repository, which are code by design, and the members that are these.
// Sources: the REST APIs of GitHub, Gitea and GitLab.
var committed = interfaces{
	{compile(`^/(?:api/v\d/)?repos/[\w.~-]+/[\w.~-]+/(?:contents/[\w./~@%+-]+|git/(?:blobs|trees))$`), compile(`^json\.(?:tree\.\d+\.)?content$`)},
	{compile(`^/(?:api/v\d/)?gists(?:/\w+)?$`), compile(`^json\.files\..+\.content$`)},
	{compile(`^/api/v4/projects/[\w.%-]+/repository/(?:files/[\w.%~+-]+|commits)$`), compile(`^json\.(?:actions\.\d+\.)?content$`)},
	{compile(`^/api/v4/(?:projects/[\w.%-]+/)?snippets(?:/\d+)?$`), compile(`^json\.(?:files\.\d+\.)?content$`)},
}

// authored are the interfaces by which people write articles and notebooks, which quote code and paths, and the members that are these.
// Sources: the REST APIs of WordPress, Confluence, Jira, TheHive, Jupyter, Mattermost, Rocket.Chat and Slack; the forms of MediaWiki
// and TYPO3; the Language Server Protocol.
var authored = interfaces{
	{compile(`^/(?:[\w-]+/)?rest/api/(?:\d|latest)/issue(?:/[\w-]+(?:/comment(?:/\d+)?)?)?$`), compile(`^json\.(?:fields\.(?:description|summary|environment)|body)$`)},
	{compile(`^/api/(?:v4/posts(?:/[a-z0-9]{26}(?:/patch)?)?|v1/chat\.(?:post|send|update)message|chat\.(?:postmessage|update))$`), compile(`^(?:json\.)?(?:message|message\.msg|text|msg)$`)},
	{compile(`^/api/v1/(?:case|alert)/~\d+(?:/(?:observable|artifact|comment|task))?$`), compile(`^json\.(?:data(?:\.\d+)?|message|description|title)$`)},
	{compile(`^/(?:[\w.-]+/){0,5}lsp(?:/[\w.-]+)*$`), compile(`^json\.params\.(?:contentChanges\.\d+|textDocument)\.text$`)},
	{compile(`^/(?:[\w.-]+/){0,3}index\.php(?:/[^?]*)?$`), compile(`^wpTextbox1$`)},
	{compile(`^/(?:[\w-]+/)?typo3/(?:record/(?:commit|edit)|index\.php)$`), compile(`^data\[t[tx]_\w{1,60}\]\[\w{1,30}\]\[(?:bodytext|header|subheader|abstract|teaser|description)\]$`)},
	{compile(`^/(?:[\w-]+/)?wp-json/wp/v2/(?:posts|pages|blocks)(?:/\d+(?:/autosaves)?)?$`), compile(`^json\.(?:content|excerpt)(?:\.raw)?$`)},
	{compile(`^/(?:[\w-]+/)?rest/api/content(?:/\d+)?$`), compile(`^json\.body\.\w+\.value$`)},
	{compile(`^/(?:[\w.@%-]+/){0,3}api/contents/[^?]+\.ipynb$`), compile(`^json\.content\.cells\.\d+\.source(?:\.\d+)?$`)},
}

// isAuthored reports whether a value is such a text, which was taken.
func isAuthored(tx *mapping.Transaction, name string) bool {
	return authored.took(tx, name)
}

// isCommitted reports whether a value is such a file, which was taken.
func isCommitted(tx *mapping.Transaction, name string) bool {
	return committed.took(tx, name)
}

var (
	manyPaths = compile(`(?i)^json\.(?:[\w-]{1,40}\.)*(?:paths?|includes?|excludes?|sources?|dirs|directories|folders|files|filesets?|volumes|mounts|locations|watch(?:es)?|targets?)\.\d{1,4}$`)
	plainPath = compile(`^~?/?(?:[\w.@*+-]+/)*[\w.@*+-]*$`)
)

// isPathOfMany reports whether a value is one of a list of files and folders, as programs are given that save or watch them. Whoever
// wants one file asks for it by itself.
func isPathOfMany(tx *mapping.Transaction, name, value string) bool {
	return tx.Method != "GET" && manyPaths.MatchString(name) && plainPath.MatchString(value) && !strings.Contains(value, "..")
}

var (
	// Source: https://kafka.apache.org/documentation/#connect_rest, and KIP-297 for what settings may refer to.
	connectors = interfaces{{compile(`^/(?:[\w.-]+/)*connectors(?:/[\w.-]+/config)?$`), compile(`^json\.(?:config\.)?[\w.-]+$`)}}
	provided   = compile(`^(?:\$\{\w{1,20}:(?:(?:[\w.-]*/)+[\w-]+\.(?:properties|secrets?|conf|config)|[\w-]{1,40})(?::[\w.-]+)?\}|` +
		`(?i:org\.apache\.kafka\.common\.security\.(?:scram\.scram|plain\.plain|oauthbearer\.oauthbearer)loginmodule required)(?:\s+\w+=(?:"[^"\s]*"|[^\s;"]+))*\s*;?\s*)$`) // also as rules read it, as a command
)

// isProvided reports whether a value is one that a connector of Kafka gets from where its secrets are, or how it logs in.
func isProvided(tx *mapping.Transaction, name, value string) bool {
	return connectors.have(tx, name) && provided.MatchString(value)
}

var (
	jobNames = setOf("command cmd program run script job line")
	// One program by its path, with its arguments, and what becomes of its output: no other command, and no program that runs or fetches
	// what it is told.
	job       = compile(`^\s*(?:[A-Z_]{1,40}=[\w./:-]*\s+){0,4}(?:/[\w.-]{1,80}){2,12}(?:\s+[\w./:=,@%+-]+)*(?:\s*>>?\s*[\w./-]+)?(?:\s*2>\s*(?:&1|[\w./-]+))?\s*$`)
	fetching  = compile(`(?i)/(?:(?:ba|da|z|k|a)?sh|env|nc|ncat|netcat|socat|telnet|curl|wget|python[\d.]*|perl|ruby|node|awk|xargs|busybox|nohup|sudo|base64|chmod|useradd|usermod|cat|tail|head|less)(?:\s|$)|/dev/(?:tcp|udp)|/etc/(?:passwd|shadow|sudoers|cron|ssh)|\.ssh/|\s-e\s`)
	scheduled = compile(`(?:^|["=&]|%22)(?:[\d*/,-]+(?:\s|\+|%20)+){4}[\d*/,a-zA-Z-]+(?:["&]|%22|$)|"@(?:hourly|daily|weekly|monthly|reboot)"`)
)

// isJob reports whether a value is the program of a job, beside the times at which it is run.
func isJob(tx *mapping.Transaction, name, value string) bool {
	return tx.Method != "GET" && jobNames[lastName(name)] && job.MatchString(value) && !fetching.MatchString(value) &&
		scheduled.MatchString(tx.RequestBody.Text[:min(len(tx.RequestBody.Text), maxPayload)])
}

var (
	formulaNames = setOf("expr expression formula calc calculation computed conditionexpression valueextractor")
	formulaCalls = compile(`^(?i)(?:sqrt|cbrt|a?sin|a?cos|a?tan2?|sinh|cosh|tanh|log(?:10|2)?|ln|exp|abs|min|max|pow|power|round|floor|ceil(?:ing)?|trunc|mod|sign|avg|average|sum|count|countif|sumif|median|rand|random|if|ifs|iif|and|or|not|` +
		`timestamp|duration|has|size|extract|regexp_extract|(?:[a-z_]\w*\.)+(?:startswith|endswith|matches|contains|extract|size|get(?:fullyear|month|date|day(?:of(?:week|month|year))?|hours|minutes|seconds))|` + // of CEL
		`concat|concatenate|substr|substring|left|right|mid|len|length|upper|lower|trim|replace|coalesce|ifnull|nullif|date|now|today|year|month|day|datediff|dateadd|text|value|int|float|round(?:up|down))$`)
	formulaToken = compile(`^(?:\s+|\d+(?:\.\d+)?%?|[A-Za-z_][\w.$]*|'[^'"\\;|&<>{}$` + "`" + `]{0,40}'|"[^'"\\;|&<>{}$` + "`" + `]{0,40}"|\|\||&&|[<>=!]=?|<>|[-+*/^(),?:])`)
	keywords     = setOf("select from union where having sleep benchmark exec execute drop insert update delete into waitfor delay case when then else end like rlike between is in null")
)

// isFormula reports whether a value is one of names, numbers and functions that tables have, where a formula is asked for. Two names or
// values beside one another are none, nor is what compares two numbers with one another.
func isFormula(name, value string) bool {
	if !formulaNames[lastName(name)] || len(value) > 512 {
		return false
	}
	rest, depth, isValue, wasText := strings.TrimPrefix(strings.TrimSpace(value), "="), 0, false, false
	for rest != "" {
		token := formulaToken.FindString(rest)
		if token == "" {
			return false
		}
		rest = rest[len(token):]
		switch c := token[0]; {
		case strings.TrimSpace(token) == "":
			continue
		case c == '\'' || c == '"' || isWordByte(c) || c == '_':
			isName := c == '_' || isLetter(c)
			isCall := strings.HasPrefix(strings.TrimLeft(rest, " "), "(")
			if isValue || isName && keywords[strings.ToLower(token)] || isCall && (!isName || !formulaCalls.MatchString(token)) {
				return false
			}
			if isCall {
				continue
			}
			isValue, wasText = true, c == '\'' || c == '"'
		case c == '(':
			if isValue {
				return false
			}
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return false
			}
			isValue = true
		case token == "||" || token == "&&":
			if !wasText { // what a shell reads as well
				return false
			}
			isValue = false
		default:
			isValue = false
		}
	}
	return depth == 0
}

// settingsExample is a file with the names of settings, for everybody.
var settingsExample = compile(`(?i)/\.env[._-]?(?:example|sample|dist|template|tpl|default)(?:/raw)?(?:\?|$)`)

// isExampleOfSettings reports whether such a file of a repository is asked for.
func isExampleOfSettings(tx *mapping.Transaction) bool {
	return isRepositoryFile(tx) && settingsExample.MatchString(tx.URI)
}

var (
	catalogueLine  = compile(`^\s*(?:#.*|(?:#~ )?(?:msgctxt|msgid(?:_plural)?|msgstr(?:\[\d\])?)\s+".*"|".*")?\s*$`)
	catalogueEntry = compile(`(?m)^msgid(?:_plural)? "`)
)

// isCatalogue reports whether a text is a catalogue of translations, which has the texts of programs and of their errors.
// Source: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
func isCatalogue(text string) bool {
	if len(catalogueEntry.FindAllStringSubmatch(text[:min(len(text), maxPayload)], leastLines)) < leastLines {
		return false
	}
	for line := range strings.Lines(text) {
		if !catalogueLine.MatchString(strings.TrimRight(line, "\r\n")) && !strings.HasPrefix(line, `"`) && !strings.HasPrefix(line, "msg") {
			return false
		}
	}
	return true
}

// pages are the interfaces by which authors write pages, and the members that are these. Who may do so may send markup.
// Sources: the REST API of WordPress, the Admin API of Ghost and of Shopify, the forms of Drupal, TYPO3, Joomla.
var pages = interfaces{
	{compile(`^/(?:[\w-]+/)?wp-json/wp/v2/(?:posts|pages|blocks|templates|template-parts|navigation|widgets|global-styles)(?:/[\w/-]+)?$`), compile(`^json\.(?:content|excerpt|title|instance)(?:\.(?:raw|rendered))?(?:\.\w+)?$`)},
	{compile(`^/(?:[\w-]+/)?wp-admin/(?:post|customize)\.php$`), compile(`^(?:content|excerpt|post_title|customized)$`)},
	{compile(`^/ghost/api/(?:v\d/|canary/)?admin/(?:posts|pages|snippets|settings)(?:/\w+)?/?$`), compile(`^json\.\w+\.\d+\.(?:html|lexical|mobiledoc|codeinjection_\w+|value)$`)},
	{compile(`^/admin/api/[\d-]+/themes/\d+/assets\.json$`), compile(`^json\.asset\.value$`)},
	{compile(`^/(?:[\w-]+/)?node/(?:\d+/edit|add/[\w-]+)$`), compile(`^(?:body|field_\w+)\[\d+\]\[(?:value|summary)\]$`)},
	{compile(`^/typo3/(?:index\.php|record/edit)$`), compile(`^data\[\w+\]\[\w+\]\[\w+\]$`)},
	{compile(`^/administrator/index\.php$`), compile(`^jform\[\w+\]$`)},
}

// stealing is what a script has that takes a session, or runs without anybody's doing. Themes have it among much else.
var stealing = compile(`(?i)document\s*\.\s*cookie|document\[['"]cookie|(?:local|session)storage\b|<[^>]{0,200}[\s"'/]on(?:error|load\w*|toggle|begin|focus\w*|pointer\w+|mouse\w+|animation\w+|wheel)\s*=`)

// longestStolen is how long a page is at most that is nothing but such a script.
const longestStolen = 1 << 10

// isPage reports whether a value is a page that was taken. What rules say of code without markup weighs with the rest.
func isPage(tx *mapping.Transaction, name, value string) bool {
	if tx.Method == "GET" || tx.Status < 200 || tx.Status >= 400 || !strings.Contains(value, "<") {
		return false
	}
	if to, _ := mapping.HeaderValue(tx.ResponseHeaders, "location"); loginPage.MatchString(to) {
		return false
	}
	return pages.have(tx, name) && (len(value) > longestStolen || !stealing.MatchString(value))
}
