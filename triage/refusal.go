package triage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// blockWords are what the pages say by which firewalls refuse, or ask whether the client is a human.
// Sources: the default pages of F5, Imperva, Fortinet, Radware, Citrix, Cloudflare, ModSecurity, and of hosters in China.
var blockWords = []string{
	"request blocked", "request has been blocked", "request was blocked", "access denied", "attention required! |", "mod_security", "modsecurity",
	"web application firewall", "the requested url was rejected", "_incapsula_resource", "incapsula incident id", "web page blocked", "unauthorized request blocked",
	"detected unauthorized activity", "blocked by security policy", "blocked by a security policy", "blocked by our security", "blocked for security reasons",
	"verify you are human", "verify you are a human", "verifying you are human", "checking your browser before accessing",
	"aus sicherheitsgründen blockiert", "bloquée pour des raisons de sécurité", "bloqueada por razones de seguridad", "bloqueada por motivos de segurança",
	"访问被拦截", "请求被拦截", "已被拦截", "设置拦截", "疑似攻击", "疑似黑客攻击", "网站防火墙", "网站防护系统", "запрос заблокирован",
}

// Places to which a redirect refuses.
var (
	loginPage = compile(`(?i)(?:^|[/?&=._-])(?:log[-_]?in|log[-_]?on|sign[-_]?in|sessions?/new)(?:$|[/?&=._;#-])`)
	errorPage = compile(`(?i)^(?:https?://[^/?#]*)?(?:/[^?#]{0,200})?/(?:(?:access[-_]?)?(?:blocked|denied)|forbidden|waf[-_]?block(?:ed)?|(?:err(?:or)?|block(?:ed)?)[-_]?(?:pages?)?|40[034]|50[023]|(?:page[-_]?)?not[-_]?found)(?:\.\w{2,5})?/?(?:[?#;]|$)`)
)

const (
	longestBlockPage = 8 << 10 // of a page of a firewall that is sent with 200
	longestRefusal   = 1 << 10 // of an object that says no more than that it was refused
)

var (
	// Statuses of 4xx that say nothing of the request: the client or the network was slow, or gone.
	notRefused = []int{408, 499}

	// Statuses of an application that has read what was sent, and those of what stands before it.
	wasRead = []int{400, 401, 404, 405, 409, 415, 422, 500}
)

func (x *exchange) findRefusal() string {
	status := x.tx.Status
	if said := x.refusesClass(); said != "" {
		return said
	}
	if words := x.blockWord(); words != "" {
		return fmt.Sprintf("%d with a page that blocks (%q)", status, words)
	}
	switch location := x.header("location"); {
	case slices.Contains(notRefused, status), x.mayHaveRun(status), status >= 400 && x.mayHaveAsked(), status == 504 && x.delay().time > 0:
	case status >= 400 && status < 500:
		return fmt.Sprintf("%d: the server refused the request", status)
	case status >= 500 && status < 600 && x.hasDatabaseError():
		return fmt.Sprintf("%d with an error of the database: the query was broken, and gave nothing", status)
	case status >= 500 && status < 600:
		return fmt.Sprintf("%d: the server could not answer", status)
	case status >= 300 && status < 400 && loginPage.MatchString(location) && !x.asksFor(location) && (!x.leadsToLogin() || complaint.MatchString(location)):
		return fmt.Sprintf("%d to the login page", status)
	case status >= 300 && status < 400 && errorPage.MatchString(location):
		return fmt.Sprintf("%d to a page of errors", status)
	case status >= 300 && status < 400 && x.staysHere(location):
		return fmt.Sprintf("%d to this site, and not to where the payload says", status)
	case status/100 == 2 && slices.Equal(x.kinds, []string{"lfi"}) && x.isPageInstead():
		return "the answer is a page, and not the file"
	case x.hasLinesAsText():
		return "a header of the answer has the payload's lines as its text"
	}
	return x.unopened()
}

// forms are what is sent to become somebody who can log in, or to be nobody any more. Who has done so is asked to log in.
var forms = compile(`(?i)^[^?#]*[/_.-](?:regist(?:er|ration)|signup|sign[-_]up|join|(?:log|sign)[-_]?(?:out|off)|passwords?|forgot\w*|recover\w*|reset\w*|activat\w+|confirm\w*|verif\w+|invit\w+|set-?up|install)(?:$|[/_.?#-])`)

// leadsToLogin reports whether the login page is where a form leads that was accepted.
func (x *exchange) leadsToLogin() bool { return x.tx.Method == "POST" && forms.MatchString(x.tx.URI) }

// hasLinesAsText reports whether the lines that the payload would add to the answer's head stand in one of its headers: their ends are
// escaped, or gone.
func (x *exchange) hasLinesAsText() bool {
	for _, value := range x.payloads {
		for _, m := range injectedHeader.FindAllStringSubmatch(value, maxPayloads) {
			name := strings.ToLower(m[1])
			isText := func(h mapping.Header) bool {
				text := strings.ToLower(h.Value)
				return strings.Contains(text, name+":") || strings.Contains(text, name+"%3a")
			}
			if !slices.ContainsFunc(x.tx.ResponseHeaders, func(h mapping.Header) bool { return strings.EqualFold(h.Name, m[1]) }) &&
				slices.ContainsFunc(x.tx.ResponseHeaders, isText) {
				return true
			}
		}
	}
	return false
}

// asksFor reports whether a payload names the host of an address: that is no login of the site, whatever the host is called.
func (x *exchange) asksFor(location string) bool {
	to := hostOf(location)
	return to != "" && slices.ContainsFunc(x.payloads, func(value string) bool { return strings.EqualFold(hostOf(value), to) })
}

// staysHere reports whether the client is sent to a page of the site, by a payload that is nothing but the address of another one.
func (x *exchange) staysHere(location string) bool {
	to := hostOf(location)
	return location != "" && (to == "" || strings.EqualFold(to, x.tx.Host)) && slices.Equal(x.kinds, []string{"generic"}) &&
		len(x.payloads) > 0 && !slices.ContainsFunc(x.payloads, func(p string) bool {
		host := hostOf(p)
		return host == "" || strings.Contains(location, host)
	})
}

// blockWord is what a page says that blocks, "" if it does not. A long one is an article about it.
func (x *exchange) blockWord() string {
	isError := x.tx.Status >= 400 && x.tx.Status < 600
	isNotice := x.isHTML() || len(x.body) <= longestRefusal && strings.HasPrefix(x.body, "{")
	if !isError && (len(x.body) > longestBlockPage || !isNotice) {
		return ""
	}
	if x.header("cf-mitigated") == "challenge" {
		return "challenge"
	}
	page := strings.ToLower(x.body)
	at := slices.IndexFunc(blockWords, func(words string) bool { return strings.Contains(page, words) })
	if at < 0 || x.sent(blockWords[at]) {
		return ""
	}
	return blockWords[at]
}

// What is read, and so run, before anybody knows what to answer: lookups of a logger, serialized objects, and functions in the
// environment. Then the answer is that to a request which makes no sense otherwise.
var (
	lookup     = compile(`\$\{(?:jndi:|[^{}]{0,20}\$\{)|jndi:(?:ldap|rmi|dns|iiop|corba)`)
	serialized = compile(`(?i)(?:^|[\s=:,"'])(?:rO0AB|AAEAAAD/////|gA[J-U]|BAh)[\w+/=]|\x00\x05sr\x00|\b[OC]:\+?\d{1,3}:"|!!(?:javax?\.|python/)|!ruby/|\bcom\.sun\.rowset\.|springframework\.context\.support\.|[\x02-\x0c](?:posix|nt|os|subprocess|builtins)[^\w\s]|\bc(?:os|posix|nt|subprocess|builtins)\n|"@(?:type|class)"|objectdataprovider`)
	function   = compile(`\(\)\s*\{`)

	// Pictures and documents that programs of ExifTool, ImageMagick and Ghostscript run while they look what they are.
	picturesThatRun = compile(`(?i)\(metadata\s*\(\w{1,40} "|\bpush graphic-context\b|%pipe%|<image>\s*<read filename=`)
)

// mayHaveRun reports whether a status says nothing of an attack that leaves no trace in the answer, as what it is about comes before
// the status is known. A server that fails may do so by what a command has done.
func (x *exchange) mayHaveRun(status int) bool {
	switch {
	case !slices.Contains(wasRead, status):
		return false
	case lookup.MatchString(x.lower), x.tx.Method == "POST" && picturesThatRun.MatchString(x.bodyStart()):
		return true
	case status != 500 || !slices.ContainsFunc(x.kinds, runsCode):
		return false
	}
	return serialized.MatchString(x.payload) || function.MatchString(x.payload) || blindWords.MatchString(x.lower)
}

// mayHaveAsked reports whether a short error is about what another server said, or did not: it was asked, as the payload says.
func (x *exchange) mayHaveAsked() bool {
	return slices.ContainsFunc(x.kinds, reachesOut) && len(x.body) <= longestRefusal && upstream.MatchString(x.text)
}

// upstream is what an interface says that has asked another server, and did not get what it wants.
var upstream = compile(`(?i)\bupstream (?:response|server|returned|request)|(?:remote|target) (?:server|host) (?:returned|responded|refused)|returned (?:status|http|a) ?[1-5]?\d?\d?|\bECONN(?:REFUSED|RESET)\b|connection (?:refused|reset|timed out)`)

// runsCode reports whether a kind of attack is about code that the server would run.
func runsCode(kind string) bool {
	return slices.Contains([]string{"rce", "injection-php", "injection-java", "injection-generic", "ssti"}, kind)
}

// fileErrors are what the runtimes of PHP, Python, Node, Go, Java, Ruby and .NET say of a file that they could not open. What a command says
// is none: it ran.
var fileErrors = compile(`(?i:failed to open stream): [\w ]{1,60}|\[Errno (?:2|13|20|21|36)\] [\w ]{1,60}|\b(?:ENOENT|EACCES|EISDIR|ENAMETOOLONG): [\w ]{1,60}|` +
	`\bopen [^\s"<]{1,200}: (?:no such file or directory|permission denied)|\b(?:FileNotFound|NoSuchFile)Exception\b|` +
	`(?:No such file or directory|Permission denied) @ rb_sysopen|Could not find (?:file|a part of the path) '|wrapper is disabled in the server configuration|` +
	`open_basedir restriction in effect`)

// entityErrors are what parsers of XML say that read no entities from elsewhere.
// Sources: Xerces, .NET's XmlReader, Python's defusedxml, libxml2, Woodstox.
var entityErrors = compile(`(?i)DOCTYPE is (?:disallowed|not allowed)|DTD is prohibited|\b(?:Entities|DTD|ExternalReference)Forbidden\b|disallow-doctype-decl|` +
	`Entity '\w{1,40}' (?:not defined|failed to parse)|External Entity: Failed to read|reference '\w{1,40}' but undefined|Undeclared general entity|accessExternal(?:DTD|Schema)`)

// classErrors are what deserializers say of a class that they don't make objects of.
// Sources: fastjson, Jackson, XStream, ObjectInputFilter, SnakeYAML, PyYAML, .NET's BinaryFormatter, Hessian, Kryo.
var classErrors = compile(`(?i)autotype is not support|prevented for security reasons|\bForbiddenClassException\b|filter status: REJECTED|could not determine a constructor for the tag|` +
	`\bunauthorized deserialization\b|(?:class|type)\b[^\n]{0,120} is not (?:in the )?(?:allow|white)-?\s?list|not allowed to be deserialized|deserialization of [^\n]{1,120} is not (?:allowed|permitted|supported)|` +
	`Global tag is not allowed|Class is not registered: |PolymorphicTypeValidator[^\n]{0,80} denied|denied resolution of all subtypes|blocked (?:class|type)`)

// refusesClass is what shows that an object was not made, as its class is none of those that may be.
func (x *exchange) refusesClass() string {
	if !slices.ContainsFunc(x.payloads, namesClass) || !classErrors.MatchString(x.text) {
		return ""
	}
	if found := classErrors.FindString(x.text); !x.sent(found) {
		return fmt.Sprintf("the class is refused (%q)", quoted(found))
	}
	return ""
}

// namesClass reports whether a value is an object of a class, or the name of one.
func namesClass(value string) bool {
	return serialized.MatchString(value) || className.MatchString(value)
}

var className = compile(`(?i)\b(?:com|org|java|javax|system)(?:\.\w{1,40}){2,8}|py/(?:object|reduce|type)`)

// unopened is what shows that the application did not open the file that it was told to.
func (x *exchange) unopened() string {
	isFile := hasTag(x.kinds, "lfi") || hasTag(x.kinds, "rfi") || hasTag(x.kinds, "injection-php")
	for _, e := range []struct {
		asked bool
		says  *expression
		what  string
	}{{isFile, fileErrors, "the file could not be opened"}, {hasTag(x.kinds, "xxe"), entityErrors, "the parser reads no entities"}} {
		if !e.asked || !e.says.MatchString(x.text) {
			continue
		}
		if found := e.says.FindString(x.text); !x.sent(found) {
			return fmt.Sprintf("%s (%q)", e.what, strings.TrimRight(found, " "))
		}
	}
	return ""
}

// Members of an object by which interfaces say that a request has failed, in an answer with 2xx.
var (
	errorMembers   = setOf("error errors err exception fault error_description error_message errormessage errormsg errmsg")
	successMembers = setOf("success succeeded ok issuccess successful")
	statusMembers  = setOf("code status statuscode status_code http_status httpstatus errcode errorcode error_code")
	messageMembers = setOf("message msg detail reason description error errmsg error_message errormsg")
	resultMembers  = setOf("data result results items rows records content output response payload list value values hits body token")
	failures       = setOf("error fail failed failure denied forbidden unauthorized rejected refused invalid blocked")
)

// mostMembers is how many an object has at most that only says that a request has failed.
const mostMembers = 8

// attempted is what an error says of something that was done as the payload says, and ended in an error: a command, a query, a
// request to another host.
var attempted = compile(`(?i)\b(?:sh|bash|zsh|cmd|ash|dash): |command not found|: not found\b|not recognized as an internal|exit (?:code|status)|\bECONN\w+|\bE(?:TIMEDOUT|HOSTUNREACH|PIPE|AI_AGAIN)\b|ENOTFOUND|getaddrinfo|` +
	`timed? ?out|connection (?:refused|reset|closed)|connect(?:ion)? (?:to|failed|error)|could not (?:connect|resolve)|unreachable|dial tcp|name or service not known|no such host|` +
	`remote (?:server|host)|upstream|returned? (?:status|http|[1-5]\d\d)|status (?:code )?[1-5]\d\d|certificate|TLS|SSL`)

// fetched is what an interface says that has asked the address, and can't use what it got.
var fetched = compile(`(?i)\b(?:response|reply|content|json|image|xml|html|mime|feed|parse|decode|size)\b`)

// notAllowed is what an interface says that does not ask the address it was told to.
var notAllowed = compile(`(?i)\b(?:not|un)[- ]?(?:allowed|permitted|supported)|unsupported|disallowed|forbidden|denied|blocked|rejected|invalid|must (?:be|use)|only https?\b|ungültig|unzulässig|nicht (?:erlaubt|zulässig)|no (?:permitid|válid)\w*|non (?:autoris|permess|valid)\w*|interdit|não permitid\w*|запрещ|недопуст|不允许|无效|禁止`)

// errorInside is what shows that an application refused, or failed, where it says so in an answer with 2xx. What a database says of
// a query is no refusal of it, nor is the answer to a condition that may not hold.
func (x *exchange) errorInside() string {
	isOpen := x.condition == False || x.condition == Open || x.delay().time > 0 || x.delay().toil
	if x.tx.Status/100 != 2 || isOpen || x.isBroken() || x.mayHaveRun(500) || blindWords.MatchString(x.lower) {
		return ""
	}
	switch {
	case x.isErrorPage():
		return "the page is one of errors, by its title"
	case x.isLoginAgain():
		return "the login was refused: the page asks for it again"
	case x.areLoginsRefused():
		return "the logins were refused"
	case x.isEmptyShell():
		return "the answer is the page that an application of one page sends for any path"
	}
	if said := x.foundNothing(); said != "" {
		return fmt.Sprintf("the search found nothing (%q)", said)
	}
	if said := x.complains(); said != "" {
		return fmt.Sprintf("the page says that it was refused (%q)", said)
	}
	return x.errorObject()
}

// manyLogins are the rules about many logins in one request.
var manyLogins = []int{9703150, 9703151}

// badLogin is what an answer says to each that is refused.
var badLogin = compile(`(?i)(?:invalid|incorrect|wrong|bad|unknown) (?:\w+ )?(?:credentials?|password|user(?:name)?|login|pin|code|token)|faultstring`)

// areLoginsRefused reports whether an answer to many logins refuses, and has no token and no account.
func (x *exchange) areLoginsRefused() bool {
	return slices.ContainsFunc(x.v.Matches, func(m engine.Match) bool { return slices.Contains(manyLogins, m.RuleID) }) && !x.tx.ResponseBody.Truncated &&
		badLogin.MatchString(strings.ReplaceAll(x.text, "_", " ")) && !sessionToken.MatchString(x.text) && !strings.Contains(x.text, "isAdmin")
}

// emptyShell is a page of which a script makes everything else.
var emptyShell = compile(`(?i)<div id="?(?:root|app|__next|___gatsby|q-app)"?>\s*</div>`)

// isEmptyShell reports whether the page has nothing of the path that was asked for, nor of what a command or file gives.
func (x *exchange) isEmptyShell() bool {
	return x.kind == "text/html" && !x.tx.ResponseBody.Truncated && len(x.body) <= longestBlockPage && pageHead.MatchString(x.body) && emptyShell.MatchString(x.body) &&
		slices.ContainsFunc(x.kinds, runsCode) && !slices.ContainsFunc(x.kinds, func(kind string) bool { return kind == "xss" || reachesOut(kind) })
}

// nothingFound is what a page says of a search without a result, in some languages.
var nothingFound = compile(`(?i)\b(?:no (?:results?|matches|hits|items|products|entries|records)(?: (?:were|was))? ?(?:found|match\w*|for)?|nothing (?:was )?found|0 (?:results?|hits|treffer|ergebnisse)|(?:did not|didn['’]t) match any|` +
	`kein\w* (?:\w+ )?(?:treffer|ergebnis\w*|artikel|produkte|einträge)|nichts gefunden|aucun\w* résultats?|(?:sin|ningún) resultados?|no se (?:han )?encontr\w+|nenhum resultado|nessun risultato|geen resultaten|inga (?:träffar|resultat))|` +
	`\b0 [\p{L}]{3,20} (?:gefunden|found|trouvés?|encontrad\w+)|ничего не найдено|没有找到|未找到|无结果|見つかりません`)

// foundNothing is what a search says that repeats the payload and has no result: it was text to look for.
func (x *exchange) foundNothing() string {
	if x.tx.Method != "GET" || !x.isHTML() || x.tx.ResponseBody.Truncated || slices.ContainsFunc(x.kinds, func(kind string) bool { return kind == "xss" || reachesOut(kind) }) {
		return ""
	}
	if !slices.ContainsFunc(x.payloads, func(p string) bool { return len(p) >= certain && strings.Contains(x.text, p) }) || !nothingFound.MatchString(x.text) {
		return ""
	}
	return strings.TrimSpace(nothingFound.FindString(x.text))
}

// longestComplaint is how much text a page has at most that says no more than that something was refused.
const longestComplaint = 300

// isForbidden is what a short page says to who may not, and functionsOff what PHP says that runs no commands, or makes no objects.
var (
	isForbidden  = compile(`(?i)\bnot (?:authori[sz]ed|permitted|allowed)\b|\b(?:unauthori[sz]ed|permission denied|forbidden)\b|keine berechtigung|nicht (?:berechtigt|autorisiert)|non autoris\w+|no (?:está )?autorizad\w+|não autorizad\w+|доступ запрещ`)
	functionsOff = compile(`(?:shell_exec|exec|system|passthru|popen|proc_open|eval)\(\) has been disabled for security reasons|unserialize\(\): Error at offset \d+`)
)

// badSigns is what a page says that refuses what was typed.
var badSigns = compile(`(?i)\b(?:(?:invalid|illegal|forbidden|disallowed|unexpected|bad) (?:characters?|input|signs?|symbols?)|(?:ungültige|unzulässige|unerlaubte|verbotene) (?:zeichen|eingabe\w*)|caract[èe]res? (?:non autorisés?|interdits?|invalides?)|caracteres? (?:no (?:permitidos?|válidos?)|inválidos?)|caratteri non (?:validi|ammessi))`)

// complains is what a short page says of a value, or of an address, that it does not take.
func (x *exchange) complains() string {
	if x.tx.ResponseBody.Truncated || len(x.body) > longestBlockPage {
		return ""
	}
	if says := functionsOff.FindString(x.text); says != "" && !x.sent(says) {
		return says
	}
	if !x.isHTML() && x.kind != "text/plain" {
		return ""
	}
	text := strings.TrimSpace(anyTag.ReplaceAllString(x.text, " "))
	if len(text) > longestComplaint {
		return ""
	}
	says := badSigns.FindString(text)
	if says == "" && !slices.ContainsFunc(x.kinds, reachesOut) {
		says = isForbidden.FindString(text)
	}
	if says == "" && slices.ContainsFunc(x.kinds, reachesOut) && !fetched.MatchString(text) && !attempted.MatchString(text) {
		says = notAllowed.FindString(text)
	}
	if says == "" || x.sent(says) {
		return ""
	}
	return says
}

// errorTitle is that of a page which says that something has failed.
var errorTitle = compile(`(?i)<title[^<>]{0,100}>\s*(?:(?:http |error[ :-]*)?(?:4\d\d|50\d)\b|(?:(?:http|system|server|application|internal server|runtime) )?error\s*[!.]?\s*</|` +
	`(?:the )?(?:(?:page|file|document|resource|site)(?: was)? )?(?:not found|cannot be found|nicht gefunden|introuvable|no encontrada)\b|(?:access|permission|request) (?:denied|forbidden|rejected)|forbidden\b|bad request\b|` +
	`系统(?:发生)?错误|页面(?:不存在|未找到|错误))`)

// isErrorPage reports whether the page that was sent with 2xx is one of errors, and of this server. What an attack gives may be behind
// a cut, and pages of errors repeat scripts as others do.
func (x *exchange) isErrorPage() bool {
	return x.isHTML() && !x.tx.ResponseBody.Truncated && len(x.body) <= longestBlockPage && errorTitle.MatchString(x.body) &&
		!slices.ContainsFunc(x.kinds, reachesOut) && !hasTag(x.kinds, "xss") && !strings.Contains(x.lower, "://")
}

// What a page has that asks for a login once more.
var (
	passwordField = compile(`(?i)<input\b[^<>]{0,300}\btype\s*=\s*["']?password\b`)
	loginRefused  = compile(`(?i)\b(?:invalid|incorrect|wrong|unknown|bad|failed|failure|mismatch|(?:do(?:es)?|did) ?(?:not|n[o'’]t) (?:match|exist)|not (?:found|recogni[sz]ed|valid|correct)|try again|falsch\w*|ungültig\w*|nicht (?:korrekt|richtig|gültig)|stimm\w+ nicht|no (?:es|son) (?:correct|válid)\w*|incorrect\w*|inválid\w*|invalide\w*|errat\w+)\b|` +
		`неверн|错误|不正确|无效|正しくありません`)
)

// isLoginAgain reports whether a page refuses what would have let a client in.
func (x *exchange) isLoginAgain() bool {
	wants := func(kind string) bool {
		return slices.Contains([]string{"sqli", "ldap", "injection-generic", "generic"}, kind)
	}
	isBypass := hasTag(x.kinds, "sqli") || x.hasOperator() || filterBreak.MatchString(x.payload)
	if x.tx.Method != "POST" || !isBypass || slices.ContainsFunc(x.kinds, func(kind string) bool { return !wants(kind) }) || unionWords.MatchString(x.lower) {
		return false
	}
	return HasPassword(x.tx.RequestBody.Text) && x.isHTML() && passwordField.MatchString(x.body) && loginRefused.MatchString(anyTag.ReplaceAllString(x.text, " "))
}

// errorObject is what an object tells of an error that has no result.
func (x *exchange) errorObject() string {
	body := strings.TrimSpace(x.body)
	if last := strings.LastIndexByte(body, '\n'); last >= 0 && isObjects(body) {
		body = body[last+1:] // the end of what was done
	}
	if x.tx.ResponseBody.Truncated || len(body) > longestRefusal || !strings.HasPrefix(body, "{") || !gjson.Valid(body) || attempted.MatchString(x.text) {
		return ""
	}
	if slices.ContainsFunc(x.kinds, reachesOut) && (!notAllowed.MatchString(x.text) || fetched.MatchString(x.text)) {
		return ""
	}
	said, members, hasMessage, hasResult := "", 0, false, false // a message is a text, or the number of an error
	gjson.Parse(body).ForEach(func(key, value gjson.Result) bool {
		name := strings.ToLower(key.String())
		members++
		hasMessage = hasMessage || messageMembers[name] && value.Type == gjson.String || errorMembers[name] && value.Type == gjson.Number && value.Num != 0
		hasResult = hasResult || resultMembers[name] && hasContent(value)
		if said == "" && tellsError(name, value) {
			said = key.String() + ": " + value.String()
		}
		return true
	})
	name, _, _ := strings.Cut(strings.ToLower(said), ":")
	if said == "" || hasResult || members > mostMembers || statusMembers[name] && !hasMessage {
		return ""
	}
	return fmt.Sprintf("the answer says that it failed (%q)", quoted(said))
}

// isObjects reports whether a text is objects, a line each.
func isObjects(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "{") || !gjson.Valid(line) {
			return false
		}
	}
	return true
}

// tellsError reports whether a member of an object says that a request has failed.
func tellsError(name string, value gjson.Result) bool {
	switch {
	case errorMembers[name]:
		return hasContent(value) && value.Type != gjson.Number
	case successMembers[name]:
		return value.Type == gjson.False || value.String() == "0"
	case name == "code" && value.Type == gjson.Number && isCodeOfGRPC[value.Int()]:
		return true
	case statusMembers[name] && value.Type == gjson.String && failures[strings.ToLower(value.String())]:
		return true
	case statusMembers[name]:
		code := value.Int()
		if code >= 10000 && code <= 99999 { // 40101 is one of 401
			code /= 100
		}
		return code >= 400 && code < 600
	}
	return false
}

// isCodeOfGRPC has the codes by which gRPC refuses: what is invalid, is not found or not allowed. Others are of its own faults.
var isCodeOfGRPC = map[int64]bool{3: true, 5: true, 7: true, 9: true, 11: true, 12: true, 16: true}

// hasContent reports whether a value is more than the mark of none.
func hasContent(value gjson.Result) bool {
	switch value.Type {
	case gjson.Null, gjson.False:
		return false
	case gjson.String:
		return strings.TrimSpace(value.String()) != ""
	case gjson.JSON:
		return len(strings.Trim(value.Raw, "[]{} \t\r\n")) > 0
	}
	return true
}

// dotFiles are paths that a server sends as they are, if at all. A page in their place is what an application of one page answers to any path.
var (
	dotFiles = compile(`/\.(?:env|git|svn|hg|bzr|aws|ssh|docker|kube|npmrc|pypirc|netrc|htpasswd|ds_store|bash_history|vscode)(?:[./]|$)`)
	pageHead = compile(`(?i)\A\s*(?:<!doctype html|<html)\b`)
)

func (x *exchange) isPageInstead() bool {
	path, _, _ := strings.Cut(strings.ToLower(x.tx.URI), "?")
	return dotFiles.MatchString(path) && x.kind == "text/html" && pageHead.MatchString(x.body)
}
