package behavior

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// answer is what became of a login.
type answer int8

const (
	noLogin answer = iota
	refused
	accepted
	unclear // 200, as nearly all forms answer a wrong password, and nothing that tells
)

// isLoginWord reports whether a word of a path, between / . - and _, stands for a login. /v1/authors has none.
func isLoginWord(word string) bool {
	switch word {
	case "login", "logon", "signin", "authenticate", "authentication", "auth", "authorize", "token", "tokens",
		"session", "sessions", "password", "passwd", "credentials", "acs", "otp", "totp", "mfa", "2fa", "passcode":
		return true
	}
	return false
}

// isLoginPair reports whether two words that follow each other stand for one: a code, too, which was sent to somebody,
// shows who he is.
func isLoginPair(before, word string) bool {
	switch before {
	case "sign":
		return word == "in"
	case "log":
		return word == "in" || word == "on"
	case "security":
		return word == "check"
	case "two", "second":
		return word == "factor"
	case "reset", "recovery", "code", "sms", "phone", "pin":
		return word == "verify" || word == "verification" || word == "confirm"
	case "verify", "verification", "confirm", "check":
		return word == "code" || word == "sms" || word == "pin" || word == "phone"
	}
	return false
}

// isLogin reports whether a path is one at which somebody says who he is.
func isLogin(path string) bool {
	before := ""
	for start := 0; start < len(path); start++ {
		end := start
		for end < len(path) && path[end] != '/' && path[end] != '.' && path[end] != '-' && path[end] != '_' {
			end++
		}
		word := path[start:end]
		start = end
		if len(word) < 2 || len(word) > len("authentication") {
			continue
		}
		word = strings.ToLower(word) // which copies nothing if it is so
		switch {
		case isLoginWord(word), isLoginPair(before, word):
			return true
		}
		before = word
	}
	return false
}

var (
	// Calls of WordPress by XML-RPC, each of which has a user and his password.
	xmlLogin = regexp.MustCompile(`<methodName>\s*(?:wp|blogger|metaWeblog|mt)\.\w+\s*</methodName>`)
	// Mutations of Apollo's, Graphene's, Saleor's, Magento's and Shopify's servers.
	graphLogin = regexp.MustCompile(`(?i)\bmutation\b[^"]{0,200}?\b(?:user|customer)?(?:log_?in|sign_?in|token_?auth|token_?create|authenticate|obtain_?token|generateCustomerToken|customerAccessTokenCreate)\w{0,20}\s*\(`)
)

// isLoginCall reports whether the body of a request names a login, where one path is that of all calls.
func isLoginCall(path, body string) bool {
	last := strings.ToLower(path[strings.LastIndexByte(path, '/')+1:])
	body = body[:min(len(body), bodyHead)]
	switch last {
	case "xmlrpc.php":
		return xmlLogin.MatchString(body)
	case "graphql", "gql":
		return graphLogin.MatchString(body)
	}
	return false
}

// bodyHead is how much of a body is read.
const bodyHead = 4 << 10

var (
	loginFails = regexp.MustCompile(`(?i)\b(?:invalid|incorrect|wrong|fail(?:ed|ure)?|denied|unauthori[sz]ed|unknown user|not (?:valid|found|match|recogni[sz]ed|authenticated)|do(?:es)?(?: not|n't) match|try again|bad credentials|locked|too many|forbidden)\b|"(?:ok|success|authenticated|valid)" ?: ?false|type=["']?password`)
	loginWorks = regexp.MustCompile(`(?i)"(?:access_?token|id_?token|refresh_?token|auth_?token|token|jwt|session(?:_?id|_?token)?|api_?key|client_token)" ?: ?["{]|"(?:ok|success|authenticated)" ?: ?true`)
	loginAgain = regexp.MustCompile(`(?i)log-?[io]n|sign-?in|error|fail|invalid|denied|retry`)
	forgotten  = regexp.MustCompile(`(?i)^[^=]*=(?:;|"";|deleted|$)`)
)

// answerOf is what became of a transaction, if it is a login: by its status, or where all answers are 200 or lead
// elsewhere, by what the answer says, where it leads, and whether it gives a cookie that the client did not have.
func answerOf(tx *mapping.Transaction, path string) answer {
	isCall := !isLogin(path)
	switch {
	case isCall && (tx.Status >= 300 || !isLoginCall(path, tx.RequestBody.Text)):
		return noLogin
	case tx.Status == 401 || tx.Status == 403 || tx.Status == 429:
		return refused
	case tx.Method != "POST" && tx.Method != "PUT":
		return noLogin
	case tx.Status == 400 || tx.Status == 422 || tx.Status == 423:
		return refused
	case tx.Status >= 400 || tx.Status < 200:
		return noLogin
	}
	location, hasCookie := "", false
	for _, h := range tx.ResponseHeaders {
		switch {
		case strings.EqualFold(h.Name, "location"):
			location = h.Value
		case strings.EqualFold(h.Name, "set-cookie"):
			hasCookie = hasCookie || !forgotten.MatchString(h.Value)
		}
	}
	if tx.Status >= 300 {
		if loginAgain.MatchString(location) {
			return refused
		}
		return accepted
	}
	body := tx.ResponseBody.Text
	body = body[:min(len(body), bodyHead)]
	switch {
	case loginWorks.MatchString(body):
		return accepted
	case loginFails.MatchString(body):
		return refused
	case hasCookie, isCall:
		return accepted
	}
	return unclear
}

var (
	formUser = regexp.MustCompile(`(?i)(?:^|&)(?:user(?:_?name)?|login|log|email|e-?mail|j_username|userid|user_id|uid|account|username_or_email)=([^&]{1,200})`)
	xmlUser  = regexp.MustCompile(`wp\.getUsersBlogs\s*</methodName>\s*<params>\s*<param>\s*<value>\s*(?:<string>)?([^<]{1,200})`)
	jsonUser = regexp.MustCompile(`(?i)"(?:user(?:_?name)?|login|email|userid|user_id|uid|account)" ?: ?"([^"\\]{1,200})"`)
)

// loginUser is who the request says that he is, "" if it does not.
func loginUser(body string) string {
	body = body[:min(len(body), bodyHead)]
	if m := formUser.FindStringSubmatch(body); m != nil {
		if name, err := url.QueryUnescape(m[1]); err == nil {
			return name
		}
		return m[1]
	}
	if m := xmlUser.FindStringSubmatch(body); m != nil {
		return m[1]
	}
	if m := jsonUser.FindStringSubmatch(body); m != nil {
		return m[1]
	}
	return ""
}
