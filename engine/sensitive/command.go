package sensitive

import (
	"bytes"
	"slices"
	"strings"
)

// Masking also looks for secrets that no equals sign or colon stands before: in the arguments of commands (mysql -psecret, curl -u ann:secret,
// --password secret), in SQL (IDENTIFIED BY 'secret') and in what other protocols say (PASS secret). What tells them is a word, the name of a
// command or of a statement, so this is a second pass that looks at words only, and behind those of a table up to where the command ends.

// command says where the arguments of a command have a secret.
type command struct {
	behind   string   // letters of flags, and the secret is the next argument: -p secret
	attached string   // or behind the letter: -psecret
	user     string   // the next argument, or what is behind the letter, is a user, a colon and the secret: -u ann:secret
	by       byte     // what stands for the colon: -U ann%secret
	flags    []string // whole flags, and the secret is the next argument: /rp secret
	slash    string   // /p:secret
	sub      string   // the first argument, without which nothing of that holds
	line     bool     // it begins a line, in lower case: of a configuration
	at       int      // which argument that is no flag is the secret, from 1
	pairs    bool     // one argument may be the name of the next: config set password secret
	lines    bool     // it may go on in the next line
	userAt   bool     // an argument is ann:secret@host
	oracle   bool     // or ann/secret@host
}

// commands by their names in lower case, without .exe and .py.
var commands = func() map[string]command {
	all := map[string]command{}
	for names, c := range map[string]command{
		"mysql mysqldump mysqlimport mysqlshow mariadb mariadb-dump 7z 7za rar unrar": {attached: "p"},
		"mysqladmin": {attached: "p", pairs: true},
		"sshpass mongo mongosh mongodump mongorestore mongoexport cqlsh rdesktop": {behind: "p", attached: "p"},
		"psexec": {behind: "p", userAt: true},
		"psexec64 paexec smbmap certipy hydra medusa useradd usermod bloodhound-python kerbrute lsassy": {behind: "p"},
		"crackmapexec cme nxc netexec evil-winrm":                                                       {behind: "pH"}, // H has the hash, which is as good
		"docker podman buildah nerdctl az oc":                                                           {sub: "login", behind: "p"},
		"dotnet":                                                                                        {sub: "nuget", behind: "p"},
		"twine":                                                                                         {sub: "upload", behind: "p"},
		"curl":                                                                                          {user: "uU"},
		"etcdctl jenkins-cli":                                                                           {user: "u"},
		"http https":                                                                                    {user: "a"}, // HTTPie
		"lftp":                                                                                          {user: "u", by: ','},
		"zip unzip":                                                                                     {behind: "P", attached: "P"},
		"ipmitool sqlcmd bcp isql osql mosquitto_pub mosquitto_sub": {behind: "P", attached: "P"}, //nolint:misspell // a name
		"redis-cli": {behind: "a", pairs: true},
		"ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd": {behind: "w", attached: "w"},
		"openssl": {behind: "kK"},
		"smbclient rpcclient smbget winexe pth-winexe":      {user: "U", by: '%', userAt: true},
		"snmpwalk snmpget snmpset snmpbulkwalk snmpgetnext": {behind: "cAX"},
		"xfreerdp wfreerdp mstsc":                           {slash: "p"},
		"schtasks":                                          {flags: []string{"rp", "p"}},
		"wpa_passphrase":                                    {at: 2},
		"rabbitmqctl":                                       {at: 3, sub: "add_user"},
		"vault":                                             {at: 2, sub: "login"},
		"mc":                                                {at: 6, sub: "alias"}, // of MinIO
		"setx npm yarn pnpm aws git nmcli heroku": {pairs: true},
		"machine":     {pairs: true, lines: true},            // of .netrc
		"config":      {sub: "set", pairs: true},             // of Redis
		"snmp-server": {sub: "community", at: 2, line: true}, // of routers
		"requirepass masterauth convertto-securestring": {at: 1},
		"wmiexec smbexec dcomexec atexec secretsdump getuserspns getnpusers gettgt getst mssqlclient lookupsid rpcdump samrdump addcomputer": { // of Impacket
			userAt: true, flags: []string{"hashes"}},
		"sqlplus exp imp expdp impdp": {oracle: true},
	} {
		for _, name := range strings.Fields(names) {
			all[name] = c
		}
	}
	return all
}()

// statements are words of SQL and of protocols by what stands behind them, which is looked for from the end of the word.
var statements = map[string]func(*scanner, int){
	"identified":             (*scanner).identified,
	"password":               (*scanner).quotedPassword,
	"passwd":                 (*scanner).quotedPassword,
	"passwort":               (*scanner).quotedPassword,
	"kennwort":               (*scanner).quotedPassword,
	"contrase":               (*scanner).quotedPassword, // contraseña
	"passe":                  (*scanner).quotedPassword, // mot de passe
	"psk":                    (*scanner).quotedPassword, // of ipsec.secrets
	"xauth":                  (*scanner).quotedPassword,
	"eap":                    (*scanner).quotedPassword,
	"wp":                     (*scanner).blogCall,
	"metaweblog":             (*scanner).blogCall,
	"blogger":                (*scanner).blogCall,
	"aes_encrypt":            nth(2),
	"aes_decrypt":            nth(2),
	"pgp_sym_encrypt":        nth(2),
	"pgp_sym_decrypt":        nth(2),
	"encryptbypassphrase":    nth(1),
	"decryptbypassphrase":    nth(1),
	"sp_addlogin":            nth(2),
	"sp_password":            nth(2),
	"openrowset":             nth(4),
	"into":                   (*scanner).insertedInto,
	"pass":                   (*scanner).saidLine,
	"auth":                   (*scanner).saidLine,
	"_auth":                  (*scanner).saidLine, // behind gopher's type
	"net":                    (*scanner).netUser,
	"htpasswd":               (*scanner).htpasswd,
	"echo":                   (*scanner).piped,
	"printf":                 (*scanner).piped,
	"passwordauthentication": nth(2), // of Java
	"getconnection":          called(3),
	"mysql_connect":          called(3), // of PHP
	"mysql_pconnect":         called(3),
	"mysqli_connect":         called(3),
	"mysqli":                 called(3),
	"mysqli_real_connect":    called(4),
	"pdo":                    called(3),
	"mssql_connect":          called(3),
	"odbc_connect":           called(3),
	"oci_connect":            called(2),
	"oci_pconnect":           called(2),
	"ibase_connect":          called(3),
	"ldap_bind":              called(3),
	"ftp_login":              called(3),
	"ssh2_auth_password":     called(3),
	"imap_open":              called(3),
	"enable":                 routerLine("enable"),
	"username":               routerLine("username"),
	"tacacs-server":          routerLine("tacacs-server"),
	"radius-server":          routerLine("radius-server"),
}

// How much of what is behind a word is looked at.
const (
	longestCommand   = 1 << 10
	longestStatement = 512
)

// impacket is what distributions put before the names of its programs.
const impacket = "impacket-"

// leads are the first two bytes of words that are looked at, in any case.
var leads = func() (t [256][4]uint64) {
	add := func(word string) {
		for _, first := range []byte{word[0], upper(word[0])} {
			for _, second := range []byte{word[1], upper(word[1])} {
				t[first][second>>6] |= 1 << (second & 63)
			}
		}
	}
	for word := range commands {
		add(word)
	}
	for word := range statements {
		add(word)
	}
	add(impacket)
	return t
}()

// commandPart is of the names of commands and flags.
var commandPart = func() (t [256]bool) {
	for c := range t {
		t[c] = isWord(byte(c)) || c == '-'
	}
	return t
}()

const longestLead = 24 // bytes of a word that may lead to a secret

// commanded adds what the arguments of commands have, to what was found in a text.
func commanded(text string, levels []level, found []Finding) []Finding {
	s := scanner{text: text, masking: true, levels: levels}
	var buf [longestLead]byte
	for i := 0; i < len(text); {
		if !commandPart[text[i]] {
			i++
			continue
		}
		start, end := i, i+1
		for end < len(text) && commandPart[text[end]] {
			end++
		}
		i = end
		if end-start < 2 || end-start > longestLead && text[start] != '-' {
			continue
		}
		if set := &leads[text[start]]; text[start] != '-' && set[text[start+1]>>6]&(1<<(text[start+1]&63)) == 0 {
			continue
		}
		if text[start] == '-' && start > 0 && !isBlank(text[start-1]) && !isQuote(text[start-1]) {
			continue
		}
		if text[start] == '-' {
			i = s.namedFlag(start, end)
			continue
		}
		for k := start; k < end; k++ {
			buf[k-start] = lower(text[k])
		}
		word := bytes.TrimPrefix(buf[:end-start], []byte(impacket))
		if behind := statements[string(word)]; behind != nil {
			behind(&s, end)
			continue
		}
		if c, ok := commands[string(word)]; ok && (!c.line || !isUpper(text[start]) && (start == 0 || text[start-1] == '\n')) {
			i = s.arguments(&c, start, end)
		}
	}
	return merged(found, s.found)
}

// merged are findings in their order, those in one that overlap.
func merged(found, more []Finding) []Finding {
	if len(more) == 0 {
		return found
	}
	all := slices.Concat(found, more)
	slices.SortFunc(all, func(a, b Finding) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	n := 0
	for _, f := range all {
		last := max(0, n-1)
		switch {
		case n == 0 || f.Start >= all[last].End:
			all[n] = f
			n++
		case f.End > all[last].End: // neither has the other in it
			all[last].Kind, all[last].End = Password, f.End
		}
	}
	return all[:n]
}

// namedFlag looks at --password secret, from start to end without its value.
func (s *scanner) namedFlag(start, end int) int {
	says := meaning(strings.TrimLeft(s.text[start:end], "-"))
	if !says.isSure() || end >= len(s.text) || !isBlank(s.text[end]) {
		return end
	}
	w := words{s: s, i: end, opening: start, most: end + longestCommand}
	w.plus = s.text[end] == '+'
	if from, until, ok := w.next(); ok && s.text[from] != '-' {
		s.hideValue(from, until)
		return max(end, until)
	}
	return end
}

// hideValue hides an argument unless it is none of a secret.
func (s *scanner) hideValue(from, until int) {
	if from < until && from >= s.done && !isPlaceholder(s.text[from:until]) {
		s.hide(saysPassword, from, until)
	}
}

// words are the arguments of a command.
type words struct {
	s                *scanner
	i, opening, most int
	plus             bool // a plus sign is a blank: in a form
	lines            bool
}

// wordsBehind are the arguments behind the name of a command, which ends at i; ok is false if something else stands there.
func (s *scanner) wordsBehind(i int) (w words, ok bool) {
	if i >= len(s.text) || !isBlank(s.text[i]) {
		return words{}, false
	}
	return words{s: s, i: i, opening: i, most: i + longestCommand, plus: s.text[i] == '+'}, true
}

// blankLength is that of a blank at i, also as injections write it.
func (w *words) blankLength(i int) int {
	text := w.s.text
	switch {
	case text[i] == ' ' || text[i] == '\t' || w.plus && text[i] == '+' || w.lines && (text[i] == '\n' || text[i] == '\r'):
		return 1
	case strings.HasPrefix(text[i:], "${IFS}"):
		return len("${IFS}")
	case strings.HasPrefix(text[i:], "$IFS"):
		return len("$IFS")
	}
	return 0
}

// next is the next argument, without its quotes. There is none behind what ends the command.
func (w *words) next() (from, until int, ok bool) {
	text := w.s.text
	end := min(len(text), w.most)
	for w.i < end {
		n := w.blankLength(w.i)
		if n == 0 {
			break
		}
		w.i += n
	}
	if w.i >= end || isSeparator(text[w.i]) {
		return 0, 0, false
	}
	from = w.i
	if isQuote(text[from]) {
		if !w.s.ends(from, w.opening) && w.s.levels != nil && w.s.levels[from] == 0 {
			return 0, 0, false
		}
		until = w.s.quoteEnd(from)
		if until >= end || text[until] != text[from] {
			return 0, 0, false
		}
		w.i = until + 1
		return from + 1, until, true
	}
	k := from
	for k < end && w.blankLength(k) == 0 && !isSeparator(text[k]) {
		if isQuote(text[k]) {
			if k != from+2 && text[k-1] != '=' && text[k-1] != ':' || text[from] != '-' && text[k-1] != '=' {
				w.most = k // it ends the string that the command is in
				break
			}
			if k = w.s.quoteEnd(k); k >= end {
				break
			}
		}
		k++
	}
	k = min(k, end)
	w.i = k
	return from, k, k > from
}

// isSeparator: it ends a command.
func isSeparator(c byte) bool {
	return c == ';' || c == '|' || c == '&' || c == '\n' || c == '\r' || c == ')' || c == '<' || c == '>'
}

// arguments looks for the secrets of a command, and returns where it ends.
func (s *scanner) arguments(c *command, start, end int) int {
	text := s.text
	w := words{s: s, i: end, opening: start, most: end + longestCommand, lines: c.lines}
	for _, suffix := range []string{".exe", ".py", ".jar"} {
		if foldedPrefix(text[end:], suffix) {
			w.i += len(suffix)
		}
	}
	if w.i >= len(text) || w.blankLength(w.i) == 0 && text[w.i] != '+' {
		return end
	}
	w.plus = text[w.i] == '+'
	plain := 0
	hideNext, hideUser := false, byte(0)
	named := false
	for {
		from, until, ok := w.next()
		if !ok {
			return max(end, w.i)
		}
		word := text[from:until]
		switch {
		case hideNext && word[:min(1, len(word))] != "-":
			s.hideValue(from, until)
			hideNext = false
			continue
		case hideUser != 0:
			s.hideBehind(hideUser, from, until)
			hideUser = 0
			continue
		case named:
			s.hideValue(from, until)
			named = false
			continue
		}
		hideNext, named = false, false
		switch {
		case word == "":
		case word[0] == '-':
			hideNext, hideUser = s.flagged(c, from, until)
		case c.pairs && isPairName(word):
			named = true
		case c.slash != "" && len(word) > 3 && word[0] == '/' && word[2] == ':' && strings.IndexByte(c.slash, word[1]) >= 0:
			s.hideValue(from+3, until)
		case word[0] == '/':
			hideNext = slices.Contains(c.flags, word[1:])
		default:
			plain++
			switch {
			case plain == 1 && c.sub != "" && word != c.sub:
				return end
			case plain == c.at:
				s.hideValue(from, until)
			case c.userAt:
				if at := strings.LastIndexByte(word, '@'); at > 0 {
					s.hideBehind(':', from, from+at)
				}
			case c.oracle:
				if at := strings.LastIndexByte(word, '@'); at > 0 {
					s.hideBehind('/', from, from+at)
				}
			}
		}
	}
}

// isPairName: an argument that is the name of the next.
func isPairName(word string) bool {
	return meaning(lastName(word)).isSure()
}

// flagged looks at a flag. It reports whether the next argument is a secret, or what stands before the one in it.
func (s *scanner) flagged(c *command, from, until int) (next bool, behind byte) {
	word := s.text[from:until]
	if len(word) < 2 {
		return false, 0
	}
	letter, by := word[1], byte(':')
	if c.by != 0 {
		by = c.by
	}
	if letter == '-' {
		name, _, hasValue := strings.Cut(word[2:], "=")
		switch {
		case hasValue:
			return false, 0
		case c.user != "" && isUserFlag(name):
			return false, by
		}
		return meaning(name).isSure() || name == "oauth2-bearer", 0
	}
	if len(word) == 2 {
		switch {
		case strings.IndexByte(c.behind, letter) >= 0:
			return true, 0
		case strings.IndexByte(c.user, letter) >= 0:
			return false, by
		}
		return false, 0
	}
	switch {
	case c.user != "" && isUserFlag(word[1:]):
		return false, by
	case strings.IndexByte(c.attached, letter) >= 0:
		start, end := from+2, until
		if isQuote(s.text[start]) && s.text[end-1] == s.text[start] {
			start, end = start+1, end-1
		}
		s.hideValue(start, end)
	case strings.IndexByte(c.user, letter) >= 0:
		s.hideBehind(by, from+2, until)
	case strings.IndexByte(c.user, word[len(word)-1]) >= 0 && run(word, 1, len(word), isLetter) == len(word): // -sku
		return false, by
	default:
		return slices.Contains(c.flags, word[1:]) || meaning(word[1:]).isSure(), 0 // -password, of PowerShell and X
	}
	return false, 0
}

// isUserFlag: a flag in one word whose argument is ann:secret.
func isUserFlag(name string) bool { return name == "user" || name == "proxy-user" || name == "auth" }

// hideBehind hides what is behind the first of a separator: ann:secret.
func (s *scanner) hideBehind(separator byte, from, until int) {
	if k := strings.IndexByte(s.text[from:until], separator); k >= 0 {
		s.hideValue(from+k+1, until)
	}
}

// pastBlanks steps over blanks.
func (s *scanner) pastBlanks(i int) int {
	return run(s.text, i, 16, isBlank)
}

// quotedAt is the text in quotes at i, also between two dollar signs and with N before it, as SQL has them.
func (s *scanner) quotedAt(i int) (from, until int, ok bool) {
	text := s.text
	if i+1 < len(text) && text[i]|0x20 == 'n' && text[i+1] == '\'' {
		i++
	}
	switch {
	case i >= len(text):
		return 0, 0, false
	case isQuote(text[i]):
		until = s.quoteEnd(i)
		return i + 1, until, until < len(text)
	case strings.HasPrefix(text[i:], "$$"):
		k := strings.Index(text[i+2:min(len(text), i+longestStatement)], "$$")
		return i + 2, i + 2 + k, k >= 0
	}
	return 0, 0, false
}

// identified is of IDENTIFIED [WITH plugin] BY 'secret'.
func (s *scanner) identified(i int) {
	text := s.text
	stretch := text[i:min(len(text), i+100)]
	for k := range len(stretch) {
		if stretch[k] == ';' {
			return
		}
		if foldedPrefix(stretch[k:], "by") && k > 0 && isBlank(stretch[k-1]) {
			at := s.pastBlanks(i + k + len("by"))
			if foldedPrefix(text[at:], "password") {
				at = s.pastBlanks(at + len("password"))
			}
			if from, until, ok := s.quotedAt(at); ok {
				s.hideValue(from, until)
			}
			return
		}
	}
}

// quotedPassword is of PASSWORD 'secret' and PASSWORD('secret') of SQL, LIKE too, of prose: the password is: secret, and of routers: password
// 0 secret.
func (s *scanner) quotedPassword(i int) {
	text := s.text
	if strings.HasPrefix(text[i:], "ña") {
		i += len("ña")
	}
	at := s.pastBlanks(i)
	if from, until, ok := s.routerPassword(at); ok && at > i {
		s.hideValue(from, until)
		return
	}
	if at < len(text) && text[at] == '(' {
		at = s.pastBlanks(at + 1)
	}
	if foldedPrefix(text[at:], "like ") {
		at = s.pastBlanks(at + len("like"))
	}
	if from, until, ok := s.quotedAt(at); ok && at > i {
		if from < until && !isQuote(text[i-1]) && !strings.ContainsAny(text[from:until], "%,=<>") {
			s.hideValue(from, until)
		}
		return
	}
	verb := verbLength(text[at:])
	if verb == 0 || at == i {
		return
	}
	at += verb
	if at < len(text) && text[at] == ':' {
		at++
	}
	from := s.pastBlanks(at)
	until := run(text, from, longestName, func(c byte) bool { return c > ' ' && c != '<' && c != '"' })
	if from > at && until-from >= leastKnown && strings.ContainsAny(text[from:until], "0123456789") {
		s.hideValue(from, until)
	}
}

// verbLength is that of a verb of prose that a password may follow: is, of some languages. It is 0 for no such thing.
func verbLength(text string) int {
	for _, verb := range []string{"is", "ist", "lautet", "est", "es"} {
		if foldedPrefix(text, verb) && len(text) > len(verb) && (isBlank(text[len(verb)]) || text[len(verb)] == ':') {
			return len(verb)
		}
	}
	return 0
}

// routerPassword is the password behind the number at i that says how it is written: 0 for as it is, 7 for scrambled. Others are hashes.
func (s *scanner) routerPassword(i int) (from, until int, ok bool) {
	text := s.text
	if i+1 >= len(text) || text[i] != '0' && text[i] != '7' || text[i+1] != ' ' {
		return 0, 0, false
	}
	from = i + 2
	until = run(text, from, longestName, func(c byte) bool { return c > ' ' && c != '<' && c != '"' })
	return from, until, until > from && (text[i] == '0' || until-from >= leastKnown && run(text, from, until-from, isHex) == until)
}

// routerLine is of a line of a router's configuration that begins with a command: enable secret 5 …, username ann
// privilege 15 secret …. What stands behind the secret tells it from prose.
func routerLine(command string) func(*scanner, int) {
	const mostBefore = 10 // words before the secret
	return func(s *scanner, i int) {
		text, start := s.text, i-len(command)
		prompt := strings.TrimRight(text[:start], " ")
		isLine := start == 0 || text[start-1] == '\n' || text[start-1] == '\r' || strings.HasSuffix(prompt, "#") && start <= len(prompt)+1
		if !isLine || text[start:i] != command || i == len(text) || !isBlank(text[i]) {
			return
		}
		isForm := text[i] == '+'
		blank := func(c byte) bool { return c == ' ' || c == '\t' || isForm && c == '+' }
		at := i
		next := func() (from, until int) {
			from = run(text, at, mostBlanks, blank)
			at = run(text, from, longestName, func(c byte) bool { return c > ' ' && c != '<' && c != '"' && (!isForm || c != '+' && c != '&') })
			return from, at
		}
		if command == "username" {
			if from, until := next(); isOneOf(text[from:until], []string{"and", "or"}) {
				return
			}
		}
		isNamed := false
		for n := 0; n < mostBefore && !isNamed; n++ {
			from, until := next()
			isNamed = isOneOf(text[from:until], []string{"secret", "password", "key"})
		}
		if !isNamed {
			return
		}
		from, until := next()
		if text[from:until] == "level" {
			next()
			from, until = next()
		}
		value, end := from, until
		if until == from+1 && isDigit(text[from]) { // how it is written
			value, end = next()
		}
		if value == end { // a secret of one digit
			value, end = from, until
		}
		if from, until = next(); from == until || isOneOf(text[from:until], behindSecret) {
			s.hideValue(value, end)
		}
	}
}

// behindSecret are words that follow a secret of a router.
var behindSecret = []string{"encrypted", "pbkdf2", "level", "privilege", "role", "nt-encrypted", "mschap"}

// blogCall is of the procedures of WordPress and other blogs over XML-RPC, whose arguments have no names: behind that of the user stands the
// password. The name of the procedure goes on at i.
func (s *scanner) blogCall(i int) {
	const most = 2 << 10
	text := s.text
	end := run(text, i, longestName, func(c byte) bool { return isLetter(c) || c == '.' })
	if i == end || text[i] != '.' || !strings.HasPrefix(text[end:], "</") || end < s.called {
		return
	}
	left := 3 // behind the blog and the user
	switch text[i:end] {
	case ".getUsersBlogs", ".getProfile":
		left = 2
	}
	if foldedSuffix(text[:i], "blogger") { // behind the key of an application, too
		left++
	}
	for k, from := end, 0; k < min(len(text), end+most); k++ {
		s.called = k
		switch {
		case text[k] == '>':
			from = k + 1
		case text[k] == '<' && from > 0 && strings.HasPrefix(text[k:], "</") && text[from-2] != '/':
			value, start := strings.TrimSpace(text[from:k]), from
			if from = 0; value == "" || value == "params" { // the name of the list, where several are called at once
				continue
			}
			if left--; left == 0 {
				s.hideValue(start, k)
				return
			}
		}
	}
}

// nth looks for the nth text in quotes behind the word, among the arguments of a function or procedure.
func nth(n int) func(*scanner, int) {
	return func(s *scanner, i int) {
		text, arguments, depth := s.text, 1, 0
		for k := i; k < min(len(text), i+longestStatement); k++ {
			switch c := text[k]; {
			case c == '(' || c == '[':
				depth++
			case c == ')' || c == ']':
				if depth--; depth <= 0 {
					return
				}
			case (c == ',' || c == ';') && depth <= 1:
				arguments++
			case isQuote(c):
				from, until, ok := s.quotedAt(k)
				if !ok {
					return
				}
				if arguments == n && depth <= 1 {
					s.hideValue(from, until)
					return
				}
				k = until
			}
		}
	}
}

// called is nth behind a name that is a function's where a parenthesis follows.
func called(n int) func(*scanner, int) {
	argument := nth(n)
	return func(s *scanner, i int) {
		if at := s.pastBlanks(i); at < len(s.text) && s.text[at] == '(' {
			argument(s, at)
		}
	}
}

// insertedInto is of INSERT INTO users (name, password) VALUES ('ann', 'secret').
func (s *scanner) insertedInto(i int) {
	const mostColumns = 64
	text := s.text
	end := min(len(text), i+4*longestStatement)
	open := strings.IndexByte(text[i:end], '(')
	if open < 0 {
		return
	}
	open += i
	closed := strings.IndexByte(text[open:end], ')')
	if closed < 0 {
		return
	}
	closed += open
	var secret uint64
	for n, name := range strings.SplitN(text[open+1:closed], ",", mostColumns) {
		if isPairName(strings.Trim(name, " \t\r\n`\"'[]+")) {
			secret |= 1 << n
		}
	}
	at := run(text, closed+1, 16, func(c byte) bool { return isBlank(c) || isSpace(c) })
	if secret == 0 || !foldedPrefix(text[at:], "values") {
		return
	}
	column, depth := 0, 0
	for k := at + len("values"); k < end; k++ {
		switch c := text[k]; {
		case c == '(':
			if depth++; depth == 1 {
				column = 0
			}
		case c == ')':
			depth--
		case c == ',' && depth == 1:
			column++
		case isQuote(c):
			from, until, ok := s.quotedAt(k)
			if !ok {
				return
			}
			if depth > 0 && column < mostColumns && secret&(1<<column) != 0 {
				s.hideValue(from, until)
			}
			k = until
		case depth == 0 && c != ',' && !isBlank(c) && !isSpace(c): // behind the rows
			return
		}
	}
}

// saidLine is of PASS secret (FTP, POP3, IRC) and AUTH secret (Redis, SMTP), at the beginning of a line or behind the type of gopher.
func (s *scanner) saidLine(i int) {
	text := s.text
	start := i
	for start > 0 && commandPart[text[start-1]] {
		start--
	}
	isBehindType := start > 0 && text[start-1] == '/' && text[start] == '_'
	if !isUpper(text[i-1]) || start > 0 && text[start-1] != '\n' && !isBehindType {
		return
	}
	from := s.pastBlanks(i)
	if from == i { // as Redis counts: $6\r\nsecret
		count := run(text, i, 2, isSpace)
		if count == i || count == len(text) || text[count] != '$' {
			return
		}
		from = run(text, digitsEnd(text, count+1), 2, isSpace)
	}
	until := run(text, from, longestStatement, func(c byte) bool { return c != '\n' && c != '\r' })
	for _, mechanism := range []string{"LOGIN", "PLAIN", "NTLM", "CRAM-MD5", "XOAUTH2", "TLS", "SSL"} {
		if foldedPrefix(text[from:until], mechanism) {
			from = s.pastBlanks(from + len(mechanism))
		}
	}
	s.hideValue(from, until)
}

// netUser is of net user ann secret /add, and net use z: \\host\share secret /user:ann.
func (s *scanner) netUser(i int) {
	text := s.text
	w, ok := s.wordsBehind(i)
	if !ok {
		return
	}
	sub := ""
	const most = 12 // arguments
	n := 0
	for range most {
		from, until, ok := w.next()
		if !ok || from == until {
			return
		}
		word := text[from:until]
		switch {
		case n == 0:
			if sub = strings.ToLower(word); sub != "user" && sub != "use" {
				return
			}
		case word[0] == '/' || word[0] == '\\' || strings.HasSuffix(word, ":"):
			continue
		case sub == "user" && n == 2, sub == "use":
			s.hideValue(from, until)
			return
		}
		n++
	}
}

// htpasswd is of htpasswd -b file ann secret, and -nb ann secret.
func (s *scanner) htpasswd(i int) {
	text := s.text
	w, ok := s.wordsBehind(i)
	if !ok {
		return
	}
	isGiven, left := false, 3
	for {
		from, until, ok := w.next()
		if !ok || from == until {
			return
		}
		if text[from] == '-' {
			isGiven = isGiven || strings.IndexByte(text[from:until], 'b') > 0
			if strings.IndexByte(text[from:until], 'n') > 0 {
				left = 2
			}
			continue
		}
		if left--; left == 0 {
			if isGiven {
				s.hideValue(from, until)
			}
			return
		}
	}
}

// piped is of echo secret | sudo -S, and echo ann:secret | chpasswd, and what else reads secrets so.
func (s *scanner) piped(i int) {
	text := s.text
	w, ok := s.wordsBehind(i)
	if !ok {
		return
	}
	from, until, ok := w.next()
	for ok && from < until && text[from] == '-' {
		from, until, ok = w.next()
	}
	if !ok {
		return
	}
	bar := run(text, w.i, 8, isBlank)
	if bar >= len(text) || text[bar] != '|' {
		return
	}
	reader := text[run(text, bar+1, 8, isBlank):]
	reader = reader[:min(len(reader), 60)]
	reader, _, _ = strings.Cut(reader, "\n")
	isUserToo := false
	switch {
	case strings.Contains(reader, "chpasswd"):
		isUserToo = true
	case strings.HasPrefix(reader, "sudo") && strings.Contains(reader, "-S"), strings.HasPrefix(reader, "passwd"), strings.HasPrefix(reader, "kinit"), strings.HasPrefix(reader, "vncpasswd"),
		strings.HasPrefix(reader, "smbpasswd"), strings.HasPrefix(reader, "cryptsetup"), strings.Contains(reader, "-stdin"), strings.Contains(reader, "--with-token"),
		strings.Contains(reader, "--passphrase-fd"), strings.Contains(reader, "-pass stdin"):
	default:
		return
	}
	if isUserToo {
		s.hideBehind(':', from, until)
		return
	}
	s.hideValue(from, until)
}
