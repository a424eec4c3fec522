package triage

import (
	"cmp"
	"crypto/md5" //nolint:gosec // payloads ask for it
	"encoding/hex"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// deeds are what shows that the attack had its effect, and what nobody gets by chance. An echo of the payload is none: what is
// looked for is never written in the payload itself.
func (x *exchange) deeds() (all []string) {
	for _, find := range []func(*exchange) string{
		(*exchange).computed, (*exchange).computedHeader, (*exchange).written, (*exchange).printed, (*exchange).hashed, (*exchange).markers, (*exchange).databaseTells, (*exchange).dumped, (*exchange).output,
		(*exchange).namesAccount, (*exchange).fillsIn, (*exchange).marked, (*exchange).settings, (*exchange).hashes, (*exchange).polluted, (*exchange).inHeader, (*exchange).splitHeader, (*exchange).operatorSignsIn,
	} {
		if found := find(x); found != "" {
			all = append(all, found)
		}
	}
	return all
}

// traces are effects that those who mean well cause, too, if seldom. Of scripts the echo is the effect.
func (x *exchange) traces() (all []string) {
	for i := range x.v.Matches {
		if m := &x.v.Matches[i]; isSignature(m) {
			all = append(all, m.Message)
		}
	}
	for _, find := range []func(*exchange) string{(*exchange).script, (*exchange).redirect, (*exchange).keys, (*exchange).schema, (*exchange).statementSignsIn} {
		if found := find(x); found != "" {
			all = append(all, found)
		}
	}
	return all
}

// isSignature reports whether a rule has found in the answer what an attack gives.
func isSignature(m *engine.Match) bool { return m.Phase >= 3 && hasTag(m.Tags, "succeeded") }

func hasTag(tags []string, tag string) bool {
	for _, t := range tags {
		if t == tag {
			return true
		}
	}
	return false
}

// arithmetic is a product, sum or difference of two numbers where a template or a shell computes it, with the word
// that stands directly before and behind.
var arithmetic = compile(`(\w*)(?:(?:\{\{|[$#*@%]\{|<%=)\s*\(?|\$\(\(|\$\[|\bexpr |set /a \(?)\s*(\d{1,9})\s*(\\?\*|\+|-| )\s*('?\d{1,9}'?)\s*(?:\)?\s*(?:\}\}|\}|%>)|\)\)|\]|` + "`" + `|\)|\s*(?:[;|&#\n]|$))(\w*)`)

// computed finds the result of an expression of the payload in the answer.
func (x *exchange) computed() string {
	location := x.header("location")
	if x.text == "" && location == "" || !strings.ContainsAny(x.lower, "*+- ") {
		return ""
	}
	for _, m := range arithmetic.FindAllStringSubmatch(x.payload, maxPayloads) {
		result, ok := compute(m[2], strings.TrimPrefix(m[3], `\`), m[4])
		if !ok {
			continue
		}
		expression := strings.TrimSuffix(strings.TrimPrefix(m[0], m[1]), m[5])
		for _, around := range [][2]string{{m[1], m[5]}, {m[1], ""}, {"", ""}} {
			text := around[0] + result + around[1]
			if !strings.Contains(x.payload, text) && x.hasResult(text, expression) {
				return fmt.Sprintf("the answer has %s, the result of %s", result, quoted(expression))
			}
			if !strings.Contains(x.payload, text) && len(text) >= leastInAddress && isPartOfAddress(location, text) {
				return fmt.Sprintf("the answer sends the client to an address with %s, the result of %s", result, quoted(expression))
			}
		}
	}
	return ""
}

// product is one of two numbers, wherever it stands.
var product = compile(`\b(\d{2,6})\s?\*\s?(\d{2,6})\b`)

// computedHeader finds a header of the answer that is nothing but the result of a product of the payload.
func (x *exchange) computedHeader() string {
	if !strings.Contains(x.payload, "*") {
		return ""
	}
	for _, m := range product.FindAllStringSubmatch(x.payload, maxPayloads) {
		result, ok := compute(m[1], "*", m[2])
		if !ok || len(result) < leastWritten || strings.Contains(x.payload, result) {
			continue
		}
		for _, h := range x.tx.ResponseHeaders {
			if strings.TrimSpace(h.Value) == result && !strings.EqualFold(h.Name, "Content-Length") {
				return fmt.Sprintf("the header %s of the answer has %s, the result of %s", quoted(h.Name), result, m[0])
			}
		}
	}
	return ""
}

// scriptArithmetic is a product, sum or difference that a script writes: <?php echo 233*233; ?>
var scriptArithmetic = compile(`(?i)(?:\b(?:echo|print(?:ln)?|die|exit|var_dump|response\.write|puts|console\.log)\b|<%=)[^;\n]{0,80}?\b(\d{2,9})\s*([*+-])\s*(\d{2,9})\b`)

// leastWritten is how many signs the result of a script has at least, beside which others stand.
const leastWritten = 4

// written finds the result of what a script of the payload computes.
func (x *exchange) written() string {
	script := x.payload
	if x.uploadsScript() {
		script += x.bodyStart()
	}
	if !slices.ContainsFunc(x.kinds, runsCode) || !scriptTag.MatchString(script) {
		return ""
	}
	for _, m := range scriptArithmetic.FindAllStringSubmatch(script, maxPayloads) {
		result, ok := compute(m[1], m[2], m[3])
		if !ok || len(result) < leastWritten || strings.Contains(script, result) {
			continue
		}
		if at := strings.Index(x.text, result); at >= 0 && !isDigitAt(x.text, at-1) && !isDigitAt(x.text, at+len(result)) && !strings.Contains(x.text, m[1]+m[2]+m[3]) {
			return fmt.Sprintf("the answer has %s, the result of %s%s%s", result, m[1], m[2], m[3])
		}
	}
	return ""
}

// scriptTag is what begins a script of a page.
var scriptTag = compile(`<\?(?:php|=)|<%`)

func isDigitAt(s string, at int) bool { return at >= 0 && at < len(s) && s[at] >= '0' && s[at] <= '9' }

// leastInAddress is how long a result is at least that stands in an address.
const leastInAddress = 3

// isPartOfAddress reports whether a folder, a file or a value of an address is a text.
func isPartOfAddress(address, text string) bool {
	for part := range strings.FieldsFuncSeq(address, func(r rune) bool { return strings.ContainsRune("/?&=#;", r) }) {
		if part == text {
			return true
		}
	}
	return false
}

// compute is the result of an expression as template languages and shells have it; Python repeats a text.
func compute(left, operator, right string) (string, bool) {
	if strings.HasPrefix(right, "'") {
		n, err := strconv.Atoi(left)
		return strings.Repeat(strings.Trim(right, "'"), min(n, 64)), err == nil && operator == "*" && n <= 64
	}
	a, okA := new(big.Int).SetString(left, 10)
	b, okB := new(big.Int).SetString(right, 10)
	if !okA || !okB {
		return "", false
	}
	switch operator {
	case "*":
		a.Mul(a, b)
	case "+", " ": // a rule may have read a plus as a form has it
		a.Add(a, b)
	default:
		a.Sub(a, b)
	}
	return a.String(), true
}

// Results shorter than certain are found in many a page. They count where they are all that a short answer has of the
// kind, and the expression itself is not there.
const (
	certain     = 5
	longResult  = 7 // no price has so many digits in a row
	shortAnswer = 1 << 10
)

// clientTemplate is what pages have whose templates a browser fills in.
var clientTemplate = compile(`(?i)\bng-(?:app|controller|bind)\b|\bangular\b|\bv-(?:bind|if|for|html|app)\b|\bvue(?:\.|-|js)|\bx-data\b|\bdata-bind\b|handlebars|mustache`)

// isUncomputed reports whether a page has all expressions of the payload as they were sent, and no result of any.
func (x *exchange) isUncomputed() bool {
	if x.tx.Method != "GET" || x.tx.Status/100 != 2 || !x.isHTML() || x.tx.ResponseBody.Truncated || slices.ContainsFunc(x.kinds, func(kind string) bool { return !runsCode(kind) }) {
		return false
	}
	all := arithmetic.FindAllStringSubmatch(x.payload, maxPayloads)
	for _, m := range all {
		expression := strings.TrimSuffix(strings.TrimPrefix(m[0], m[1]), m[5])
		result, ok := compute(m[2], strings.TrimPrefix(m[3], `\`), m[4])
		if !ok || !templateStart.MatchString(expression) || !strings.Contains(x.text, expression) || strings.Contains(x.text, result) {
			return false
		}
	}
	return len(all) > 0 && !clientTemplate.MatchString(x.body)
}

// templateStart is how an expression of a template language begins, and none of a shell.
var templateStart = compile(`^(?:\{\{|[$#*@]\{|<%=)`)

func (x *exchange) hasResult(text, expression string) bool {
	n, first := 0, -1
	for from := 0; ; {
		at := strings.Index(x.text[from:], text)
		if at < 0 {
			break
		}
		at += from
		if standsAlone(x.text, at, at+len(text)) {
			if n++; first < 0 {
				first = at
			}
		}
		from = at + len(text)
	}
	if len(text) >= certain {
		return n > 0
	}
	const rare = 4 // signs, that a short answer has by chance seldom enough to count beside an echo
	return n == 1 && len(x.text) <= shortAnswer && (len(text) >= rare || !strings.Contains(x.text, expression))
}

// standsAlone reports whether text is not a piece of a number, a date, a price or a word. A shell's output may have
// words around the marker that tools put there; then the marker is longer.
func standsAlone(body string, from, to int) bool {
	if to-from >= certain && !unicode.IsDigit(rune(body[from])) {
		return to == len(body) || !unicode.IsDigit(rune(body[to]))
	}
	isPart := func(c byte) bool {
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("_-/:#$%&", c) >= 0
	}
	isPoint := func(c byte) bool { return c == '.' || c == ',' }
	if from > 0 && (isPart(body[from-1]) || isPoint(body[from-1])) && (to-from < longResult || strings.IndexByte("$#", body[from-1]) < 0) {
		return false
	}
	if to < len(body) && isPart(body[to]) && (body[to] != ':' || to+1 < len(body) && isPart(body[to+1])) {
		return false
	}
	return to+1 >= len(body) || !isPoint(body[to]) || body[to+1] < '0' || body[to+1] > '9'
}

var (
	printfCall = compile(`\bprintf\s+["']?([\w.-]{0,40})%[sd]([\w.-]{0,40})["']?\s+["']?([\w.-]{1,40})`)
	echoParts  = compile(`\becho\s+-n\s+["']?([\w.-]{1,40})["']?\s*;\s*echo\s+["']?([\w.-]{1,40})`)
	echoBytes  = compile(`\becho\s+-e\s+["']?((?:\\x[0-9a-fA-F]{2}){5,64})`)
)

// printed finds what a shell puts together: of a form and a word, of two words, or of bytes as numbers.
func (x *exchange) printed() string {
	finds := func(text, command string) string {
		if len(text) < certain || !strings.Contains(x.text, text) || strings.Contains(x.payload, text) {
			return ""
		}
		return fmt.Sprintf("the answer has %s, which %s prints", text, quoted(command))
	}
	found := ""
	if strings.Contains(x.lower, "printf") {
		for _, m := range printfCall.FindAllStringSubmatch(x.payload, maxPayloads) {
			found = cmp.Or(found, finds(m[1]+m[3]+m[2], m[0]))
		}
	}
	if strings.Contains(x.lower, "echo") {
		for _, m := range echoParts.FindAllStringSubmatch(x.payload, maxPayloads) {
			found = cmp.Or(found, finds(m[1]+m[2], m[0]))
		}
		for _, m := range echoBytes.FindAllStringSubmatch(x.payload, maxPayloads) {
			found = cmp.Or(found, finds("-e "+m[1], m[0])) // by a shell whose echo knows no -e
			if text, err := hex.DecodeString(strings.ReplaceAll(m[1], `\x`, "")); err == nil {
				found = cmp.Or(found, finds(string(text), m[0]))
			}
		}
	}
	return found
}

var md5Call = compile(`(?i)\bmd5\(\s*(?:(\d{1,12})|'([^']{1,64})'|"([^"]{1,64})")\s*\)`)

// hashed finds the digest that the payload asks for.
func (x *exchange) hashed() string {
	if !strings.Contains(x.lower, "md5(") && !slices.ContainsFunc(x.kinds, runsCode) {
		return ""
	}
	for _, m := range md5Call.FindAllStringSubmatch(x.payload+"\n"+x.bodyStart(), maxPayloads) {
		sum := md5.Sum([]byte(m[1] + m[2] + m[3])) //nolint:gosec // see above
		if strings.Contains(x.text, hex.EncodeToString(sum[:])) {
			return "the answer has the result of " + quoted(m[0])
		}
	}
	return ""
}

var (
	hexText  = compile(`(?i)\b0x((?:[0-9a-f]{2}){4,32})\b`)
	charText = compile(`(?i)\bn?cha?r\(\s*\d{1,3}\s*(?:,\s*\d{1,3}\s*)*\)(?:\s*(?:\+|\|\||,)\s*n?cha?r\(\s*\d{1,3}\s*\))*`)
	number   = compile(`\d{1,3}`)
)

// lonelyMarker is the length from which one marker without another is enough.
const lonelyMarker = 8

// markers finds in the answer what tools have written in the payload as numbers, so that an echo can't be taken for it.
func (x *exchange) markers() string {
	if x.text == "" || !strings.Contains(x.lower, "select") && !strings.Contains(x.lower, "concat") {
		return ""
	}
	var found []string
	at := 0
	for _, marker := range decodedMarkers(x.payload) {
		i := strings.Index(x.text[at:], marker)
		if i < 0 || strings.Contains(x.payload, marker) {
			continue
		}
		at += i + len(marker)
		if found = append(found, marker); len(found) == 2 || len(marker) >= lonelyMarker {
			return "the answer has " + quoted(strings.Join(found, " … ")) + ", which the query puts together"
		}
	}
	return ""
}

func decodedMarkers(payload string) (all []string) {
	add := func(b []byte) {
		for _, c := range b {
			if c <= ' ' || c > '~' {
				return
			}
		}
		if len(b) >= 4 {
			all = append(all, string(b))
		}
	}
	if strings.Contains(payload, "0x") || strings.Contains(payload, "0X") {
		for _, m := range hexText.FindAllStringSubmatch(payload, 2*maxPayloads) {
			if b, err := hex.DecodeString(m[1]); err == nil {
				add(b)
			}
		}
	}
	for _, m := range charText.FindAllString(payload, 2*maxPayloads) {
		var b []byte
		for _, n := range number.FindAllString(m, -1) {
			if c, err := strconv.ParseUint(n, 10, 8); err == nil {
				b = append(b, byte(c))
			}
		}
		add(b)
	}
	return all
}

// valueError is how databases quote a value that is not of the type asked for: it is what a statement has found.
// Sources: MySQL's ER_XPATH and ER_DUP_ENTRY, PostgreSQL's 22P02, SQL Server's messages 245 and 8114, Oracle's ORA-29257.
var valueError = compile(`(?i)XPATH syntax error: '([^']{2,200})|invalid input syntax for (?:type )?\w[\w ]{0,30}: "([^"]{2,200})"|` +
	`Conversion failed when converting the \w{1,20} value '([^']{2,200})|Duplicate entry '([^']{2,200})' for key|ORA-29257: host ([^\n]{2,200}?) unknown`)

var queries = compile(`\b(?:select|extractvalue|updatexml|cast|convert|version|user|database)\b|@@`)

// databaseTells finds an error that quotes what the payload asked the database for, and not the payload.
func (x *exchange) databaseTells() string {
	if !hasTag(x.kinds, "sqli") || !queries.MatchString(x.lower) {
		return ""
	}
	for _, m := range valueError.FindAllStringSubmatch(x.text, maxPayloads) {
		value := strings.ToLower(strings.Join(m[1:], ""))
		isSent := func(payload string) bool {
			payload = strings.ToLower(payload)
			return strings.Contains(payload, value) || strings.Contains(value, payload)
		}
		if !slices.ContainsFunc(x.payloads, isSent) && !isSent(x.tx.URI) {
			return "an error of the database quotes what the query asked for"
		}
	}
	return ""
}

// bareNames are lines of names or columns of them, as ls and dir print, one of them a file of a site.
const bareNames = `(?m)(?:^|>)(?:[\w-][\w.-]*(?:\n|\t *|  +)){2,20}[\w-]+\.(?:php|html?|jsp|aspx?|js|css|py|pl|sh|sql|conf|ini|log|txt|xml|ya?ml|json)(?:\n|\t|  |<|$)`

// sign is what an answer has that a payload asks for.
type sign struct {
	ask, answer *expression
	what        string
}

// askedAtOnce is how many signs there are to one question whether the payload asks for any of them.
const askedAtOnce = 8

// askedBy gives for each so many signs what matches if one of them is asked for.
func askedBy(signs []sign) []*expression {
	var all []*expression
	for some := range slices.Chunk(signs, askedAtOnce) {
		texts := make([]string, len(some))
		for i := range some {
			texts[i] = some[i].ask.String()
		}
		all = append(all, compile("(?:"+strings.Join(texts, ")|(?:")+")"))
	}
	return all
}

// shows is what of some signs the answer has, and the payload itself has not. asked is that of askedBy.
func (x *exchange) shows(signs []sign, asked []*expression) string {
	if x.text == "" {
		return ""
	}
	isAsked := false
	for i := range signs {
		if i%askedAtOnce == 0 {
			isAsked = asked[i/askedAtOnce].MatchString(x.lower)
		}
		s := &signs[i]
		if !isAsked || !s.ask.MatchString(x.lower) || !s.answer.MatchString(x.text) || s.answer.MatchString(x.payload) {
			continue
		}
		if found := strings.TrimLeft(strings.TrimRight(s.answer.FindString(x.text), blanks+`<"'`), blanks+`>"'`); !x.sent(found) {
			return s.what
		}
	}
	return ""
}

var idOutput = sign{compile(`\bid\b`), compile(`(?:uid|gid|groups)=\d{1,10}\([\w.@\\-]{1,64}\)`), "the answer has the output of id"}

// outputs are what commands print and files hold, beside what rules find in any answer, with what asks for it. Forms as
// in ls(1p), Windows' dir and ipconfig, env(1), uname(1), ps(1), gitrepository-layout(5), the PHP manual, RFC 7468, and
// cloud providers' metadata services.
var outputs = []sign{
	idOutput,
	{compile(`\bls\b`), compile(`(?m)(?:^|>)(?:total \d+\s*$|[-dlbcps][-rwxsStT]{9}[.+@]?\s+\d+ +\S+ +\S+ +[\d,]+ )`), "the answer has the output of ls"},
	{compile(`\b(?:ls|dir)\b`), compile(bareNames), "the answer has the names of files"},
	{compile(`\bdir\b`), compile(`Volume Serial Number is [0-9A-F]{4}-|(?:Volumeseriennummer:|num[ée]ro de s[ée]rie du volume est|n[úu]mero de serie del volumen es|N[úu]mero de S[ée]rie do Volume [ée]|Numero di serie del volume:|卷的序列号是|Серийный номер тома:) [0-9A-F]{4}-|(?:Directory of|Verzeichnis von|R[ée]pertoire de|Directorio de|Pasta de|Directory di) [A-Za-z]:\\`), "the answer has the output of dir"},
	{compile(`\bipconfig\b`), compile(`Windows IP Configuration|Windows-IP-Konfiguration|Configuration IP de Windows|Configuraci[óo]n IP de Windows|Configura[çc][ãa]o de IP do Windows|Configurazione IP di Windows|Настройка протокола IP для Windows|Windows IP 配置`), "the answer has the output of ipconfig"},
	{compile(`\b(?:ifconfig|ip\s+a)`), compile(`\binet (?:addr:)?127\.0\.0\.1\b`), "the answer has the output of ifconfig"},
	{compile(`\b(?:env|printenv|export|set|environ)\b`), compile(`(?:^|[\s\x00>"'])PATH=\S*:?/(?:usr/)?s?bin\b`), "the answer has the environment"},
	{compile(`uname\b|/proc/version`), compile(`\bLinux (?:version \d|\S+ \d+\.\d+\S* (?:.{0,120}GNU/Linux|#\d[^\n<"|]{0,120}\b(?:x86_64|aarch64|armv\dl|i[3-6]86)\b))`), "the answer has the kernel's version"},
	{compile(`\b(?:ver|systeminfo|cmd)\b`), compile(`Microsoft Windows \[Version \d|(?m)(?:^|>)\s*(?:OS Name|Betriebssystemname|Nom du syst[èe]me d.exploitation|Nombre del sistema operativo|Nome do sistema operacional): +Microsoft Windows`), "the answer has the version of Windows"},
	{compile(`\bwhoami\b`), compile(`(?im)(?:^|>)\s*(?:root|www-data|nginx|apache|nobody|nt (?:authority|service)\\[\w $]+|iis apppool\\\w+)\s*(?:$|<)`), "the answer has the output of whoami"},
	{compile(`\bwhoami\b`), compile(`(?i)(?:unknown host|can(?:'t|not) (?:find|resolve|access)|could not (?:resolve host|find):?) ['"]?(?:` + services + `)(?:['":.\s]|$)|` +
		`: ['"]?(?:` + services + `)['"]?: (?:name or service not known|temporary failure in name resolution|no such file|(?:command )?not found|unknown host|no address|non-existent domain|nxdomain)`), "an error of another command quotes the output of whoami"},
	{compile(`\bwhoami\b`), compile(`(?m)^\s*(?:(?:USER|GROUP|PRIVILEGES) INFORMATION|(?:BENUTZER|GRUPPEN|BERECHTIGUNGS)INFORMATIONEN|INFORMATIONS (?:DE L'UTILISATEUR|DE GROUPE)|INFORMACI[ÓO]N DE (?:USUARIO|GRUPO))\s*$|User Name +SID\b|Privilege Name +Description +State`), "the answer has the output of whoami"},
	{compile(`\bps\b`), compile(`(?m)(?:^|[>;])(?:USER +PID|UID +PID| +PID TTY|PID +USER)\b`), "the answer has the list of processes"},
	{compile(`\bnet1?(?:\.exe)?\s+(?:user|view|localgroup|group|share|accounts|start|use|config)\b`), compile(`User accounts for \\\\|The command completed successfully|Server Name +Remark`), "the answer has the output of net"},
	{compile(`\btasklist\b`), compile(`Image Name +PID\b`), "the answer has the list of processes"},
	{compile(`\b(?:ps|get-process)\b`), compile(`Handles +NPM\(K\)`), "the answer has the list of processes"},
	{compile(`\b(?:dir|ls|gci|get-childitem)\b`), compile(`Mode +LastWriteTime +Length +Name`), "the answer has the output of dir"},
	{compile(`\barp\b`), compile(`Interface: [\d.]{7,15} --- 0x|\) at (?:[0-9a-f]{2}:){5}[0-9a-f]{2} `), "the answer has the neighbours of the machine"},
	{compile(`\broute\b`), compile(`IPv4 Route Table|Kernel IP routing table|(?m)^default via [\d.]{7,15} dev `), "the answer has the routes of the machine"},
	{compile(`\breg\s+query\b`), compile(`(?m)(?:^|>)\s*HKEY_(?:LOCAL_MACHINE|CURRENT_USER|USERS|CLASSES_ROOT)\\`), "the answer has keys of the registry"},
	{compile(`\bsc\s+query`), compile(`(?m)(?:^|>)\s*SERVICE_NAME: \S`), "the answer has the list of services"},
	{compile(`\bdf\b`), compile(`(?m)(?:^|>)Filesystem +(?:Size|1K-blocks|512-blocks) +Used `), "the answer has the list of file systems"},
	{compile(`\bmount\b`), compile(`(?m)(?:^|>)\S+ on / type \w+ \(`), "the answer has the list of file systems"},
	{compile(`\b(?:w|uptime|top)\b`), compile(`load averages?: \d+\.\d\d`), "the answer has the load of the machine"},
	{compile(`\b(?:free|meminfo)\b`), compile(`(?m)(?:^|>)Mem(?:: +\d+ +\d+ +\d|Total: +\d+ kB)`), "the answer has the memory of the machine"},
	{compile(`\b(?:cpuinfo|lscpu)\b`), compile(`(?m)(?:^|>)(?:processor\s*: \d+$|Architecture: +\w)`), "the answer has the processors of the machine"},
	{compile(`\blsb_release|hostnamectl`), compile(`(?m)(?:^|>)\s*(?:Distributor ID:\s+\S|Operating System: \S)`), "the answer has the name of the system"},
	{compile(`\bss\b`), compile(`(?m)(?:^|>)(?:Netid +)?State +Recv-Q +Send-Q `), "the answer has the list of connections"},
	{compile(`\bsudo\s+-l\b`), compile(`may run the following commands`), "the answer has the output of sudo"},
	{compile(`\bfind\b`), compile(`(?m)(?:^|>)(?:/(?:bin|boot|dev|etc|home|lib|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)(?:/[^\s<>"]*)?\n){3}`), "the answer has the names of files"},
	{compile(`\bcrontab\b`), compile(`(?m)(?:^|>)[\d*/,-]+ +[\d*/,-]+ +[\d*/,-]+ +[\d*/,-]+ +[\d*/,-]+ +\S`), "the answer has a table of cron"},
	{compile(`\bdocker\b`), compile(`CONTAINER ID +IMAGE +COMMAND`), "the answer has the list of containers"},
	{compile(`smb\.conf\b`), compile(`(?m)^\s*\[global\]\s*$`), "the answer has the settings of Samba"},
	{compile(`setupcomplete\s*=`), compile(`\A\s*success\s*\z`), "the interface says that the setting was changed"},
	{compile(`newbm\.pl\b`), compile(`parent\.window\.ns_reload`), "the script has written the file"},
	{compile(`autodiscover`), compile(`Exchange MAPI/HTTP Connectivity Endpoint[\s\S]{0,400}NT AUTHORITY\\SYSTEM`), "the answer is that of a service behind the login, for the system itself"},
	{compile(`jsp=/app/rest|/app/rest/[\w/:]+;\.jsp`), compile(`<users? (?:count|username)=|<token name="[^"]*"[^<>]{0,100} value=|<server version=`), "the answer is that of an interface behind the login"},
	{compile(`\.log\b|/log/`), compile(`(?m)(?:^|>|")[\w.:-]+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d `), "the answer has an access log"},
	{compile(`etc/(?:issue|os-release)\b`), compile(`\\n \\l|Kernel \\r on|(?m)(?:^|[>"'])PRETTY_NAME=`), "the answer has the name of the system"},
	{compile(`\bconfig\b`), compile(`<Config \{|\bdict_items\(\[|'SECRET_KEY': `), "the answer has the application's settings"},
	{compile(`\bmutation\b[\s\S]*(?:log_?in|sign_?in|otp|token_?auth|authenticate)\w{0,20}\s*\(`), compile(`"(?:access_?)?token"\s*:\s*"[\w.-]{16,}"`), "a login was accepted"},
	{compile(`\bwmic\b`), compile(`(?m)(?:^|>)\s*(?:Caption|CSName|OSArchitecture|Version|Name|ProcessId|CommandLine)=\S`), "the answer has the output of wmic"},
	{compile(`\bkubectl\b`), compile(`(?m)(?:^|>)\s*(?:NAMESPACE +)?NAME +(?:READY|STATUS|TYPE|DATA|COMPLETIONS|DESIRED|CLUSTER-IP|CAPACITY|SECRETS) `), "the answer has the output of kubectl"},
	{compile(`__import__|\bpopen\b|\bsubprocess\b|\bos\.\w`), compile(`\A>>> [^\n]{1,500}\n<span class="`), "the answer has what the console evaluated"},
	{compile(`etc/(?:shadow|master\.passwd)|\bshadow\b`), compile(`(?m)(?:^|[>"'])[\w.-]{1,32}:(?:\$[0-9a-z]{1,2}\$[^:\s]{10,200}|[*!]{1,2}):\d{1,6}:\d*:\d*:`), "the answer has /etc/shadow"},
	{compile(`[;|&$` + "`" + `\n(]|\bcmd\b`), compile(`(?:^|[>\n])(?:/(?:usr/)?bin/)?(?:ba|da|z|a|k)?sh: (?:\d+: |line \d+: |-c: )?[^\n:]{1,100}: (?:command )?not found|` +
		`(?i)is not recognized as an internal or external|ist entweder falsch geschrieben oder|n'est pas reconnu en tant que commande|no se reconoce como un comando|non [èe] riconosciuto come comando|não [ée] reconhecido como um comando|` +
		`не является внутренней или внешней|不是内部或外部命令`), "the answer has the error of a shell"},
	{compile(`config/application\b`), compile(`"password"\s*:\s*"[^"]`), "the answer has the application's settings"},
	{compile(`system-information`), compile(`"software-inventory"\s*:\s*\{`), "the answer is that of an interface behind the login"},
	{compile(`setupwizard\.aspx/`), compile(`(?i)setup wizard`), "the answer is the form that makes an administrator"},
	{compile(`ztp_gate`), compile(`(?i)<title>zero touch provisioning`), "the answer is that of a page behind the login"},
	{compile(`configurationfile\?auth=`), compile(`\A[^<{\s]`), "the answer has the settings of the camera"},
	{compile(`sslvpn_websession`), compile(`\Avar fgt_lang =\s*[^\s{"']`), "the answer has sessions of the VPN"},
	{compile(`initialaccountsetup`), compile(`(?i)create an? admin`), "the answer is the form that makes an administrator"},
	{compile(`spinstall\w{0,4}\.aspx`), machineKeys, "the answer has the keys of the server"},
	{compile(`\bnetstat\b`), compile(`Proto +Recv-Q|Proto +Local Address`), "the answer has the output of netstat"},
	{compile(`\bphpinfo\b`), compile(`(?i)<title>(?:PHP [\d.]+\S* - )?phpinfo\(\)</title>`), "the answer has PHP's settings"},
	{compile(`php://|\.php\b|\.\.[/\\]`), compile(`<\?php\s`), "the answer has source in PHP"},
	{compile(`base64-encode`), compile(`\bPD9waHA[\w+/]{8,}`), "the answer has source in PHP, in base64"},
	{compile(`base64|etc/passwd`), compile(`\bcm9vdDp4OjA6MD[\w+/]{8,}`), "the answer has /etc/passwd, in base64"},
	{compile(`serviceaccount/token`), compile(`(?:\A|[>"'])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}`), "the answer has the token of a service account"},
	{compile(`\.\.[/\\]|^/|file:/`), compile(`<title>Index of /`), "the answer lists a directory"},
	{compile(`\.env\b`), compile(`(?m)(?:^|>|")[A-Z][A-Z0-9_]{2,}=.*\n(?:#.*\n|\s*\n)*[A-Z][A-Z0-9_]{2,}=`), "the answer has a file of settings"},
	{compile(`\.git\b`), compile(`\A(?:ref: refs/heads/\S|DIRC\x00)|(?:^|[>"'])\[core\]\s+repositoryformatversion\b`), "the answer has a file of a git repository"},
	{compile(`\.ssh|id_(?:rsa|ed25519|ecdsa)|\.pem\b|\.key\b`), privateKey, "the answer has a private key"},
	{compile(`\.(?:zip|jar|war|ear)\b`), compile(`\APK\x03\x04`), "the answer has an archive"},
	{compile(`\.sql\b|dump`), compile(`(?m)^(?:-- (?:MySQL|MariaDB|PostgreSQL database) dump|CREATE TABLE |INSERT INTO )`), "the answer has a dump of a database"},
	{compile(`\.(?:sqlite3?|db)\b|\.svn`), compile(`\ASQLite format 3`), "the answer has a database"},
	{compile(`contentstreams|stream\.(?:url|file)`), compile(`"stream"\s*:\s*"[^"]`), "the answer has the file"},
	{compile(`users\.xml|clickhouse`), compile(`<password(?:_sha256_hex|_double_sha1_hex)?>[^<]*</password`), "the answer has hashes of passwords"},
	{compile(`\.htpasswd|passwd`), compile(`(?m)(?:^|[>"'])[\w.-]+:(?:\$apr1\$|\$2[aby]\$|\{SHA\})`), "the answer has hashes of passwords"},
	{compile(`\.aws|credentials`), compile(`(?m)(?:^|[>"'])aws_secret_access_key\s*=`), "the answer has keys of the cloud"},
	{compile(`\.ds_store`), compile(`\A.{0,12}Bud1`), "the answer lists a directory"},
	{compile(`server-status`), compile(`Apache Server Status for`), "the answer has the server's status"},
	{compile(`actuator|/env\b`), compile(`"propertySources"\s*:\s*\[`), "the answer has the application's settings"},
	{compile(`pprof`), compile(`Types of profiles available`), "the answer has the application's profiles"},
	{compile(`web\.config`), compile(`<configuration[\s>]`), "the answer has web.config"},
	{compile(`etc/hosts\b`), compile(`(?m)(?:^|[>"'])(?:127\.0\.0\.1|::1)\s+localhost\b`), "the answer has /etc/hosts"},
	{compile(`etc/group\b`), compile(`(?m)(?:^|[>"'])root:[x*!]?:0:[\w,-]*\s*(?:$|<)`), "the answer has /etc/group"},
	{compile(`etc/(?:fstab|mtab)|proc/(?:self/)?mounts`), compile(`(?m)(?:^|[>"'])\S+\s+/\S*\s+(?:ext[234]|xfs|btrfs|overlay|tmpfs|proc|vfat|swap)\s`), "the answer has the list of file systems"},
	{compile(`etc/crontab|cron\.d/`), compile(`(?m)(?:^|[>"'])[\d*/,-]+\s+[\d*/,-]+\s+[\d*/,-]+\s+[\d*/,-]+\s+[\d*/,-]+\s+\w+\s+\S`), "the answer has a table of cron"},
	{compile(`etc/sudoers`), compile(`(?m)(?:^|[>"'])(?:root|%\w+)\s+ALL\s*=`), "the answer has /etc/sudoers"},
	{compile(`resolv\.conf`), compile(`(?m)(?:^|[>"'])nameserver\s+[\d.:a-f]+\s*(?:$|<)`), "the answer has the settings of name servers"},
	{compile(`proc/(?:self|\d+)/(?:status|limits|maps)`), compile(`(?m)(?:^|[>"'])(?:Name:\s+\S+\s+(?:Umask|State):|Limit\s+Soft Limit|[0-9a-f]{8,16}-[0-9a-f]{8,16} [r-][w-][x-][ps] )`), "the answer has what the system tells of a process"},
	{compile(`authorized_keys|known_hosts|\.pub\b`), compile(`(?m)(?:^|[>"' ])(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-nistp256) AAAA[\w+/]{20,}`), "the answer has public keys"},
	{compile(`\.(?:bash|zsh|sh|ash|mysql|psql|python)_history`), compile(`(?m)^(?:sudo |cd |ls(?: |$)|apt(?:-get)? |yum |vim? |nano |systemctl |service |mysql |psql |ssh |scp |git |docker |cat |exit$)(?:.*\n){2,}`), "the answer has the history of a shell"},
	{compile(`tomcat-users`), compile(`<tomcat-users[\s>]`), "the answer has the users of Tomcat"},
	{compile(`application[\w-]*\.(?:ya?ml|properties)|bootstrap\.ya?ml`), compile(`(?m)(?:^|[>"'])(?:spring|server|management|logging|eureka)(?::\s*\n\s+[\w-]+:|\.[\w.-]+\s*[=:])`), "the answer has the application's settings"},
	{compile(`nginx|apache|httpd|sites-(?:available|enabled)`), compile(`(?m)^\s*(?:(?:worker_processes|worker_connections|server_name|proxy_pass|listen) [^;<\n]{1,100};|<VirtualHost |ServerRoot |DocumentRoot )`), "the answer has the settings of a web server"},
	{compile(`(?:\.\.[/\\]|/etc/|/opt/|[a-z]:\\).*\.(?:ini|cnf|conf|cfg|toml)\b`), compile(`(?m)\A(?:\s*(?:[#;].*)?\n)*\[[\w. -]+\]\s*\n(?:\s*(?:[#;].*)?\n)*[\w.-]+\s*=`), "the answer has a file of settings"},
	{compile(`\.py\b`), compile(`(?m)\A(?:#.*\n|\s*\n)*(?:import [a-z_][\w.]*(?:,| as |$)|from [\w.]+ import )`), "the answer has source in Python"},
	{compile(`\.rb\b`), compile(`(?m)\A(?:#.*\n|\s*\n)*(?:require(?:_relative)? ['"]|class \w+ < \w|module [A-Z]\w*$)`), "the answer has source in Ruby"},
	{compile(`\.(?:jspx?|as[pchm]x?)\b`), compile(`\A\s*<%@\s*(?i:page|import|taglib|webservice|webhandler|control|language)\b`), "the answer has the source of a page"},
	{compile(`web\.xml`), compile(`<web-app[\s>]`), "the answer has web.xml"},
	{compile(`169\.254\.1(?:69\.254|70\.2)|100\.100\.100\.200|meta-?data|a9fe:a9fe|2852039166|0xa9fea9fe`), compile(`"AccessKeyId"\s*:|(?m)(?:^|[>"'])(?:ami-id|instance-id)$|\(ami-id\) Tj|"access_token"\s*:\s*"(?:ya29\.|eyJ)|"azEnvironment"\s*:|"(?:droplet_id|availabilityDomain|privateIp|RoleArn)"\s*:|(?:^|[>"'])(?:i|ami|vpc|subnet|sg|eni)-(?:[0-9a-f]{8}|[0-9a-f]{17})(?:$|[<"'])`), "the answer has metadata of the cloud"},
	{compile(`latest/user-data|user-data`), compile(`(?:^|[>"'])(?:#!/(?:usr/)?bin/|#cloud-config\b)`), "the answer has the settings with which the machine was started"},
	{compile(`\b(?:https?|gopher|dict)://`), compile(`"Config"\s*:\s*\{\s*"Datacenter"|"tagline"\s*:\s*"You Know, for Search"|\bredis_version:\d|"kind"\s*:\s*"(?:Pod|Secret|Node|ConfigMap|Namespace)List"|"MinAPIVersion"\s*:|(?:^|[>"'])STAT (?:pid|version) |(?:^|[>"'])SSH-2\.0-\w|"etcdserver"\s*:|"couchdb"\s*:\s*"Welcome"|<title>Apache Status</title>|Apache Server Status for|(?:^|[>"'])Active connections: \d|` +
		`(?m)(?:^|[>"'])(?:green|yellow|red) +(?:open|close) +\S+ +[\w-]{8,} +\d+ +\d+ |"cluster_name"\s*:\s*"[^"]{1,80}"\s*,\s*"(?:status|cluster_uuid|nodes)"|"Names"\s*:\s*\["/|"ApiVersion"\s*:\s*"1\.|` +
		`"rabbitmq_version"\s*:|"versions__delta"|(?:^|[>"'])\+PONG\b|(?:^|[>"'])-(?:ERR wrong number of arguments for|DENIED Redis)|(?:^|[>"'])# (?:HELP|TYPE) go_|"minion_token"|"nodeInfo"\s*:\s*\{\s*"machineID"`), "the answer is that of a service inside"},
	{compile(`etc/passwd`), compile(`root:[x*!]?:0:0:`), "the answer has /etc/passwd"},
}

// passwordHashes are as crypt(5), PHP, Django and LDAP write them.
var passwordHashes = compile(`\$2[abxy]\$\d\d\$[./\w]{53}|\$[PH]\$[./\w]{31}|\$argon2(?:id?|d)\$v=|\bpbkdf2_sha\d{1,3}\$\d|\$[156]\$(?:rounds=\d{1,9}\$)?[./\w]{2,16}\$[./\w]{22,}|\{SS?HA\}[\w+/=]{20,}`)

// dumps are what queries give, in whatever column.
var dumps = []sign{
	{compile(`\bselect\b`), passwordHashes, "the answer has hashes of passwords"},
	{compile(`\bselect\b.*(?:pass|pwd|hash|md5)`), compile(`(?:[>"':,|~]\s?(?:[0-9a-f]{32}|[0-9a-f]{40}|\*[0-9A-F]{40})\s?(?:$|[<"',|~])(?:[\s\S]{1,400})){2}|(?:^|[>"'\s,])[\w.@-]{2,64}[:~|](?:[0-9a-f]{32}|[0-9a-f]{40}|\*[0-9A-F]{40}|[0-9a-f]{64})(?:$|[<"'\s,])`), "the answer has digests, where passwords were asked for"},
	{compile(`sqlite_(?:master|schema)|show\s+create`), compile(`(?i)CREATE TABLE `), "the answer has the schema of a database"},
	{compile(`\b(?:table|column|schema)_name\b|\btable_schema\b|\bsys(?:objects|columns)\b|\ball_tables\b`), compile(`(?i)\b(?:CHARACTER_SETS,COLLATIONS|pg_catalog\.|innodb_\w+|ALL_PLUGINS)|>\s*[a-z]\w{1,63}(?:,[a-z]\w{1,63}){2,}\s*<`), "the answer has names of tables or columns"},
	{compile(`@@version|\bversion\s*\(|\bbanner\b`), compile(`(?i)\b\d{1,2}\.\d+\.\d+-(?:mariadb|\d+ubuntu|log\b)|PostgreSQL \d+\.\d+[^<"]{0,40} on [\w-]+|Microsoft SQL Server \d{4}|Oracle Database \d+`), "the answer has the version of a database"},
}

// dumped finds what a query of the payload gives.
func (x *exchange) dumped() string {
	if !hasTag(x.kinds, "sqli") {
		return ""
	}
	return x.shows(dumps, askedDumps)
}

// services are accounts that servers of the web run as, for an expression.
const services = `www-data|nginx|apache2?|httpd|nobody|daemon|tomcat\d*|jetty|jboss|wildfly|weblogic|jenkins|confluence|node|www|http|lighttpd|php-fpm|gunicorn|root|postgres|mysql|oracle|ubuntu|ec2-user`

// accounts are those that services run as.
var (
	accounts = setOf("root www-data nginx apache apache2 nobody daemon tomcat tomcat7 tomcat8 tomcat9 jetty jboss wildfly weblogic oracle postgres mysql mssql mongodb redis elasticsearch " +
		"logstash kibana solr jenkins gitlab git jira confluence nexus sonarqube grafana node app www http httpd lighttpd caddy php-fpm uwsgi gunicorn django rails deploy ubuntu debian centos " +
		"ec2-user admin administrator system iusr vagrant docker airflow spark hadoop kafka zabbix nagios asterisk freepbx")
	whoAmI  = compile(`\bwhoami\b`)
	anyTag  = compile(`<[^>]{0,200}>`)
	account = compile(`\A(?:[\w.-]{1,32}\\)?[\w.$-]{1,32}\z`)
)

// longestAccount is how long an answer is at most that is nothing but the name of an account.
const longestAccount = 200

// namesAccount finds an answer that is nothing but the account that the server runs as.
func (x *exchange) namesAccount() string {
	if len(x.text) > longestAccount || !whoAmI.MatchString(x.lower) {
		return ""
	}
	name := strings.ToLower(strings.TrimSpace(anyTag.ReplaceAllString(x.text, "")))
	if !account.MatchString(name) || !accounts[name] && !strings.Contains(name, `\`) || x.sent(name) {
		return ""
	}
	return "the answer has the output of whoami"
}

// placeholder is an expression of a template that runs whoami, with the words before and behind it.
var placeholder = compile(`([^\n{}$<>"']{3,40})[$#*@]?\{[^\n]{0,200}?\bwhoami\b[^\n]{0,100}?\}{1,2}([^\n{}$<>"']{0,12})`)

// fillsIn finds the words of a template around the account that the server runs as.
func (x *exchange) fillsIn() string {
	if !whoAmI.MatchString(x.lower) {
		return ""
	}
	for _, m := range placeholder.FindAllStringSubmatch(x.payload, maxPayloads) {
		_, rest, ok := strings.Cut(x.text, m[1])
		if !ok {
			continue
		}
		name := rest[:len(rest)-len(strings.TrimLeftFunc(rest, func(r rune) bool {
			return r == '-' || r == '_' || r == '\\' || unicode.IsLetter(r) || unicode.IsDigit(r)
		}))]
		if accounts[strings.ToLower(name)] && strings.HasPrefix(strings.TrimLeft(rest[len(name):], blanks), strings.TrimLeft(m[2], blanks)) {
			return "the answer has the output of whoami"
		}
	}
	return ""
}

// setting is a line of a file of settings, and passwordSetting one with a password.
var (
	settingLine     = compile(`(?m)(?:^|>)[ \t]*[A-Za-z_][\w.-]{1,60}[ \t]*=[ \t]*[^\s<>"'()][^\n<>]{0,200}$`)
	passwordSetting = compile(`(?im)(?:^|>)[ \t]*[\w.-]{0,60}(?:password|passwd|_pass|_pwd|secret_?key|secret_access_key)[\w-]{0,16}[ \t]*=[ \t]*[^\s<>"'()=;][^\s<>]{3,200}\s*$`)
)

// loginSetting is a password of a database in WordPress' settings, or one in the address of a service.
var loginSetting = compile(`\bdefine\(\s*['"](?:DB_PASSWORD|(?:SECURE_)?AUTH_KEY)['"]|\b(?:mysql2?|mariadb|postgres(?:ql)?|mongodb(?:\+srv)?|rediss?|amqps?|mssql|smtps?)://[^\s:/@"'<>]{1,64}:[^\s:/@"'<>]{3,64}@[\w.-]+`)

// machineKeys are those by which SharePoint signs, as ToolShell prints them.
var machineKeys = compile(`\A\s*[0-9A-Za-z]{32,}\|HMACSHA\d+\|`)

// privateKey is how one begins (RFC 7468).
var privateKey = compile(`-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----`)

// leastSettings are the lines that make a file of settings.
const leastSettings = 2

// settings finds a password in a file of settings, or in the environment, where the attack reads files or runs commands.
func (x *exchange) settings() string {
	if !x.mayTell() {
		return ""
	}
	if privateKey.MatchString(x.text) && !privateKey.MatchString(x.payload) {
		return "the answer has a private key"
	}
	if found := loginSetting.FindString(x.text); found != "" && !x.sent(found) {
		return "the answer has settings with a password"
	}
	if !passwordSetting.MatchString(x.text) || len(settingLine.FindAllString(x.text, leastSettings)) < leastSettings {
		return ""
	}
	if found := strings.TrimSpace(passwordSetting.FindString(x.text)); !x.sent(strings.TrimPrefix(found, ">")) {
		return "the answer has settings with a password"
	}
	return ""
}

// What JSON would add to the prototype of all objects, and a member of it.
var (
	prototype   = compile(`"(?:__proto__|prototype)"\s*:\s*\{([^{}]{1,500})\}`)
	scalarOfObj = compile(`"(\w{1,40})"\s*:\s*(true|false|\d{1,12}|"[^"\\]{1,80}")`)
)

// polluted finds in an object of the answer what the payload would add to the prototype of all.
func (x *exchange) polluted() string {
	body := x.bodyStart()
	if !strings.Contains(body, "proto") || !strings.HasPrefix(strings.TrimSpace(x.body), "{") || strings.Contains(x.body, "proto") {
		return ""
	}
	for _, m := range prototype.FindAllStringSubmatch(body, maxPayloads) {
		for _, member := range scalarOfObj.FindAllStringSubmatch(m[1], maxPayloads) {
			if name := `"` + member[1] + `"`; strings.Count(body, name) == 1 && hasMember(x.body, name, member[2]) {
				return fmt.Sprintf("the answer has %s of the prototype", quoted(member[1]))
			}
		}
	}
	return ""
}

// hasMember reports whether a text in JSON has a member of that value.
func hasMember(text, name, value string) bool {
	_, rest, ok := strings.Cut(text, name)
	return ok && strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(strings.TrimLeft(rest, blanks), ":"), blanks), value)
}

// hashes finds hashes of passwords in the answer to an attack that reads files, runs commands, or is one on a directory or a
// product.
func (x *exchange) hashes() string {
	if !x.mayTell() && !x.lists() {
		return ""
	}
	if found := passwordHashes.FindString(x.text); found == "" || x.sent(found) {
		return ""
	}
	return "the answer has hashes of passwords"
}

// mayTell reports whether the attack may have a server tell what it has: by its kind, or as a rule knows it as that of a product.
func (x *exchange) mayTell() bool {
	return slices.ContainsFunc(x.kinds, readsFiles) || slices.ContainsFunc(x.v.Matches, func(m engine.Match) bool { return m.Phase < 3 && hasTag(m.Tags, "exploited") })
}

// keys finds the key of a service in an answer that is no page: those have keys that everybody may see.
func (x *exchange) keys() string {
	if x.isHTML() || !hasTag(x.kinds, "sqli") && !x.mayTell() {
		return ""
	}
	for i := range x.v.Matches {
		if m := &x.v.Matches[i]; m.Phase >= 3 && slices.Contains(keyRules, m.RuleID) {
			return m.Message
		}
	}
	return ""
}

// keyRules are those of the pack sensitive-data about keys and tokens that are no client's own.
var keyRules = []int{9700201, 9700203}

// readsFiles reports whether a kind of attack may have a server tell what is in its files.
func readsFiles(kind string) bool {
	return runsCode(kind) || slices.Contains([]string{"lfi", "xxe", "ssrf", "rfi"}, kind)
}

// inHeader finds the output of id in a header of the answer, where exploits put it that see no body.
func (x *exchange) inHeader() string {
	isOutput := func(h mapping.Header) bool { return idOutput.answer.MatchString(h.Value) && !x.sent(h.Value) }
	if idOutput.ask.MatchString(x.lower) && slices.ContainsFunc(x.tx.ResponseHeaders, isOutput) {
		return "a header of the answer has the output of id"
	}
	return ""
}

// output finds what the payload's command or file gives.
func (x *exchange) output() string { return x.shows(outputs, askedOutputs) }

var askedOutputs, askedDumps = askedBy(outputs), askedBy(dumps)

// shellMarks stand around what web shells answer.
var shellMarks = compile(`(?:^|[>;\n])->\|[^|]{1,1000}\|<-`)

// marked finds the answer of a web shell.
func (x *exchange) marked() string {
	if !shellMarks.MatchString(x.text) || shellMarks.MatchString(x.payload) {
		return ""
	}
	return "the answer is marked as web shells mark theirs"
}

var delays = compile(`(?i)\b(?:pg_)?sleep\s*\(\s*(\d{1,3}(?:\.\d{1,3})?)\b|\bwaitfor\s+delay\s+'(\d{1,2}:\d{1,2}:\d{1,2})|\breceive_message\s*\([^,]{1,100},\s*(\d{1,3})\b|` +
	`\bsleep[\s+]+(?:-s(?:econds)?[\s+]+)?(\d{1,3}(?:\.\d{1,3})?)\b|\bping\s+(?:\S+\s+)?-[nc]\s*(\d{1,3})\b|\btimeout\s+/t\s+(\d{1,3})\b|` +
	`\bsleep\s*\(\s*(\d{4,5})L?\s*\)`) // the last in milliseconds, as MongoDB and Java have it

var delayWords = []string{"sleep", "delay", "ping", "timeout", "receive_message"}

// toil is what keeps a database busy for as long as the attacker thinks that he will notice.
var toil = compile(`\b(?:randomblob\( ?|benchmark\( ?|generate_series\( ?\d ?, ?)[1-9]\d{5,}|(?:\b(?:information_schema\.|sysibm\.|all_|sys)\w+|\brdb\$\w+) (?:as )?\w+ ?, ?(?:information_schema\.|sysibm\.|all_|sys|rdb\$)\w+`)

// Much takes a second by itself: a program that asks again when nothing has come, a network that sends again what was lost.
// What asks for less than sureDelay, and for leastDelay at least, is told by more than one exchange.
const (
	leastDelay = time.Second
	sureDelay  = 2 * time.Second
)

// delay is for how long the payload asks the server to wait, 0 if it does not, and its words.
type delay struct {
	asked string
	time  time.Duration
	toil  bool // instead it gives the server work, for some time
}

// isBrief reports whether one exchange that took so long shows little.
func (d delay) isBrief() bool { return d.time < sureDelay }

func (x *exchange) findDelay() (d delay) {
	if hasTag(x.kinds, "sqli") {
		if asked := toil.FindString(x.lower); asked != "" {
			return delay{asked: quoted(asked), toil: true}
		}
	}
	if !slices.ContainsFunc(delayWords, func(word string) bool { return strings.Contains(x.lower, word) }) {
		return d
	}
	for _, m := range delays.FindAllStringSubmatch(x.payload, maxPayloads) {
		seconds := 0.0
		switch {
		case m[2] != "":
			for part := range strings.SplitSeq(m[2], ":") {
				k, _ := strconv.Atoi(part)
				seconds = seconds*60 + float64(k)
			}
		case m[5] != "":
			seconds, _ = strconv.ParseFloat(m[5], 64)
			seconds-- // it waits between its packets
		case m[7] != "":
			seconds, _ = strconv.ParseFloat(m[7], 64)
			seconds /= 1000
		default:
			seconds, _ = strconv.ParseFloat(m[1]+m[3]+m[4]+m[6], 64)
		}
		if n := time.Duration(seconds * float64(time.Second)); n >= leastDelay && n > d.time {
			d = delay{asked: m[0], time: n}
		}
	}
	d.asked = quoted(d.asked)
	return d
}

// precisely is what an exchange takes at most beside the waiting, where its time is what tells.
const precisely = 90 * time.Millisecond

// waited tells a server that waited as it was asked to, or as often as a query has found rows. Much longer than that, it may
// have been busy; and an endpoint that usually takes so long has not waited.
func (x *exchange) waited(past Past) string {
	asks := x.delay()
	took := x.tx.Duration()
	if asks.time == 0 && !asks.toil || x.isUsually(past.Median) {
		return ""
	}
	usually := ""
	if past.Median > 0 {
		usually = ", usually " + inSeconds(past.Median)
	}
	if asks.toil {
		if past.Pace != InPace || x.pace() != Fits {
			return ""
		}
		return fmt.Sprintf("answered after %s%s, as others with the work that %s is", inSeconds(took), usually, asks.asked)
	}
	if took < asks.time {
		if x.wasEnded(past) {
			return fmt.Sprintf("answered after %s%s, when something ended the waiting that %s asks for", inSeconds(took), usually, asks.asked)
		}
		return ""
	}
	const mostRows = 40
	const limit = 30 * time.Second // by which proxies give up, or by twice that
	rows := took / asks.time
	isPrecise := rows <= mostRows && took-rows*asks.time <= precisely && took%limit > precisely
	switch {
	case asks.isBrief() && past.Pace != InPace && (past.Pace == OutOfPace || past.Slowest == 0 || 2*past.Slowest > asks.time || !isPrecise):
		return ""
	case took >= 3*asks.time+5*time.Second && !isPrecise:
		return ""
	}
	times := ""
	if rows > 2 {
		times = fmt.Sprintf(" %d times", rows)
	}
	return fmt.Sprintf("answered after %s%s, as %s asks%s", inSeconds(took), usually, asks.asked, times)
}

// wasEnded reports whether the server waited until something lost its patience, after a number of seconds that people choose.
// It has to be an endpoint that never takes so long otherwise, and that has answered.
func (x *exchange) wasEnded(past Past) bool {
	took := x.tx.Duration()
	isQuick := past.Pace == AllQuick || past.Pace == InPace || past.Slowest > 0 && 4*past.Slowest <= took
	return isRound(took) && isQuick && x.tx.Status/100 == 2
}

// isRound reports whether a time is a number of seconds that people choose for the longest that they want to wait.
func isRound(took time.Duration) bool {
	const step = 5 * time.Second
	return took >= step && took%step <= precisely
}

// isUsually reports whether ordinary requests take about as long as the payload asks for.
func (x *exchange) isUsually(median time.Duration) bool {
	return 2*median >= max(x.delay().time, leastDelay/2)
}

// pace is how the time of an exchange stands to what its payload asks for.
func (x *exchange) pace() Pace {
	const mostFits = 250 * time.Millisecond // beside the waiting
	asks, took := x.delay(), x.tx.Duration()
	switch {
	case took <= 0, took < asks.time && isRound(took):
		return NoPace
	case took < leastDelay/2:
		return Quick
	case asks.toil:
		return Fits
	case asks.time == 0 || took < asks.time || took%asks.time > mostFits:
		return Slow
	}
	return Fits
}

func inSeconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// redirect tells an answer that sends the client to the host that the payload names.
func (x *exchange) redirect() string {
	if x.tx.Status < 300 || x.tx.Status >= 400 {
		return ""
	}
	to := hostOf(x.header("location"))
	if to == "" || strings.EqualFold(to, x.tx.Host) || !slices.ContainsFunc(x.kinds, sendsAway) {
		return ""
	}
	for _, value := range x.payloads {
		// Whoever wants a file does not want to be sent to the host that stands before its path.
		if strings.EqualFold(hostOf(value), to) && !strings.Contains(value, "..") {
			return fmt.Sprintf("the answer sends the client to %s, as the payload says", quoted(to))
		}
	}
	return ""
}

// sendsAway reports whether a kind of attack may be about the host in its payload. Of others the site itself may have named it.
func sendsAway(kind string) bool {
	return !slices.Contains([]string{"sqli", "xss", "lfi", "rce", "ssti", "injection-php", "injection-java"}, kind)
}

// hostOf is the host of a whole URL, or of one without a scheme as browsers read it.
func hostOf(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), `\`, "/")
	if !strings.Contains(s, "//") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

var injectedHeader = compile(`(?:[\r\n]|%0[ad])+([A-Za-z][A-Za-z0-9-]{1,40}):[ \t]*([^\r\n%]{1,200})`)

// splitHeader finds a header of the payload among those of the answer.
func (x *exchange) splitHeader() string {
	for _, value := range x.payloads {
		if !strings.ContainsAny(value, "\r\n") && !strings.Contains(value, "%0") {
			continue
		}
		for _, m := range injectedHeader.FindAllStringSubmatch(value, maxPayloads) {
			if slices.ContainsFunc(x.tx.ResponseHeaders, func(h mapping.Header) bool {
				return strings.EqualFold(h.Name, m[1]) && strings.EqualFold(strings.TrimSpace(h.Value), strings.TrimSpace(m[2]))
			}) {
				return "the answer has the payload's header " + quoted(m[1])
			}
		}
	}
	return ""
}

// schema finds the answer to a query for a GraphQL schema.
func (x *exchange) schema() string {
	asked := strings.Contains(x.tx.RequestBody.Text, "__schema") || strings.Contains(x.tx.URI, "__schema")
	if asked && graphQLSchema.MatchString(x.text) {
		return "the answer has the schema of GraphQL"
	}
	return ""
}

// operatorSignsIn tells a login that was accepted though an operator stood for its password.
func (x *exchange) operatorSignsIn() string {
	if !x.hasOperator() {
		return ""
	}
	return x.signedIn()
}

// filterBreak ends a value in a filter of LDAP, and adds a condition to it.
var filterBreak = compile(`\*?\)\([|&!]?\(?\w+=|\*\)\(`)

// statementSignsIn tells one in which rules saw SQL, or the filter of a directory.
func (x *exchange) statementSignsIn() string {
	if x.hasOperator() || !HasPassword(x.tx.RequestBody.Text) || !hasTag(x.kinds, "sqli") && !filterBreak.MatchString(x.payload) {
		return ""
	}
	if x.isInPasswordsOnly() && !slices.ContainsFunc(x.payloads, addsCondition) && !filterBreak.MatchString(x.payload) {
		return "" // of odd signs, and right
	}
	return x.signedIn()
}

// added is a condition, or another query, behind a quote that ends a password.
var added = compile(`(?i)^[^'"]{0,64}['"](?:[\s)]|/\*[^*]{0,20}\*/)*(?:(?:or|and|xor|having|union|\|\||&&)(?:[\s+(]|/\*[^*]{0,20}\*/)+\S|(?:or|and|xor|\|\||&&)['"(]?\w{1,20}['"]?\s*(?:[=<>]|like\b))`)

func addsCondition(value string) bool { return added.MatchString(value) }

// isInPasswordsOnly reports whether rules have seen SQL nowhere but in a password.
func (x *exchange) isInPasswordsOnly() bool {
	seen := false
	for i := range x.v.Matches {
		m := &x.v.Matches[i]
		if m.Phase >= 3 || !m.IsEvidence() || family(m) != "sqli" {
			continue
		}
		for variable := range Variables(m) {
			if !isPasswordName(variable) {
				return false
			}
			seen = true
		}
	}
	return seen
}

// signedIn tells a login that was accepted.
func (x *exchange) signedIn() string {
	location, cookie := x.header("location"), x.header("set-cookie")
	switch status := x.tx.Status; {
	case status/100 == 3 && cookie != "" && location != "" && !loginPage.MatchString(location) && !complaint.MatchString(location):
		return fmt.Sprintf("the login was accepted: %d to %s, with a cookie", status, quoted(location))
	case status/100 == 2 && sessionToken.MatchString(x.text):
		return "the login was accepted: the answer has a token"
	}
	return ""
}

// hasOperator reports whether the request has an operator of a document database.
func (x *exchange) hasOperator() bool {
	return operatorOfMongo.MatchString(x.tx.URI) || operatorOfMongo.MatchString(x.bodyStart())
}

var (
	operatorOfMongo = compile(`(?:\[|%5[bB]|")(?:\$|%24)(?:ne|gte?|lte?|n?in|regex|exists|where|or)\b`)
	sessionToken    = compile(`(?i)"(?:access_?|auth_?|id_?|session_?|refresh_?)?(?:token|jwt|session_?id)"\s*:\s*"[^"\s]{8,}"`)
	complaint       = compile(`(?i)error|fail|invalid|denied|incorrect|wrong`)
)

var graphQLSchema = compile(`"__schema"\s*:\s*\{`)

// longestQuote is how much of a payload is quoted.
const longestQuote = 60

func quoted(s string) string {
	if len(s) > longestQuote {
		s = strings.ToValidUTF8(s[:longestQuote], "") + "…"
	}
	return s
}
