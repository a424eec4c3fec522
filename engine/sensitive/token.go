package sensitive

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// token is a form of keys and tokens that its issuer publishes: what it begins with, and how many characters of
// which sort follow.
type token struct {
	kind        string
	prefix      string
	least, most int
	allowed     func(byte) bool
}

// tokens by their first byte. Sources: AWS IAM, "Understanding unique ID prefixes"; Google, API keys and OAuth 2.0 client
// secrets as in their consoles; GitHub, "Behind GitHub's new authentication token formats" and "About authentication";
// GitLab, "Token prefixes"; Slack, "Token types"; Stripe, "API keys" and "Webhook signatures".
var tokens = func() (all [256][]token) {
	base32 := func(c byte) bool { return isUpper(c) || c >= '2' && c <= '7' }
	alphanumeric := func(c byte) bool { return isDigit(c) || isLetter(c) }
	for _, t := range []token{
		{AWSKey, "AKIA", 16, 16, base32},
		{AWSKey, "ASIA", 16, 16, base32},
		{AWSKey, "ABIA", 16, 16, base32},
		{AWSKey, "ACCA", 16, 16, base32},
		{GoogleAPI, "AIza", 35, 35, isBase64URL},
		{GCPKey, "GOCSPX-", 28, 28, isBase64URL},
		{GCPKey, "ya29.", 30, 2048, isBase64URL},
		{GitHubToken, "ghp_", 36, 255, alphanumeric},
		{GitHubToken, "gho_", 36, 255, alphanumeric},
		{GitHubToken, "ghu_", 36, 255, alphanumeric},
		{GitHubToken, "ghs_", 36, 255, alphanumeric},
		{GitHubToken, "ghr_", 36, 255, alphanumeric},
		{GitHubToken, "github_pat_", 82, 255, isWord},
		{GitLabToken, "glpat-", 20, 255, isBase64URL},
		{GitLabToken, "gldt-", 20, 255, isBase64URL},
		{GitLabToken, "glrt-", 20, 255, isBase64URL},
		{GitLabToken, "glptt-", 20, 255, isBase64URL},
		{GitLabToken, "glcbt-", 20, 255, isBase64URL},
		{SlackToken, "xoxb-", 20, 255, isBase64URL},
		{SlackToken, "xoxp-", 20, 255, isBase64URL},
		{SlackToken, "xoxa-", 20, 255, isBase64URL},
		{SlackToken, "xoxr-", 20, 255, isBase64URL},
		{SlackToken, "xoxs-", 20, 255, isBase64URL},
		{SlackToken, "xapp-", 20, 255, isBase64URL},
		{StripeKey, "sk_live_", 16, 255, alphanumeric},
		{StripeKey, "sk_test_", 16, 255, alphanumeric},
		{StripeKey, "rk_live_", 16, 255, alphanumeric},
		{StripeKey, "rk_test_", 16, 255, alphanumeric},
		{StripeKey, "whsec_", 32, 64, isBase64},
	} {
		all[t.prefix[0]] = append(all[t.prefix[0]], t)
	}
	return all
}()

// word looks at the word at i, which begins with a letter or an underscore. It returns where to go on.
func (s *scanner) word(i int) int {
	text := s.text
	rest := text[i:]
	for k := range tokens[rest[0]] {
		t := &tokens[rest[0]][k]
		if !strings.HasPrefix(rest, t.prefix) {
			continue
		}
		body := i + len(t.prefix)
		end := s.tokenEnd(t, body)
		if end-body >= t.least && (end == len(text) || !isWord(text[end])) && isVaried(text[body:end]) && !s.isSigned(t.kind, i) {
			return s.add(t.kind, i, end)
		}
	}
	if strings.HasPrefix(rest, "eyJ") {
		if end := s.jwt(i); end > 0 {
			return s.add(JWT, i, end)
		}
	}
	if len(rest) > 3 && isUpper(rest[0]) {
		if isUpper(rest[1]) && isDigit(rest[2]) && isDigit(rest[3]) {
			if end := s.iban(i); end > 0 {
				return s.add(IBAN, i, end)
			}
		}
		if end := wordEnd(text, i); VerifyCNPassport(text[i:end]) && s.alone(i, end) && s.mentions(i, passportWords) {
			return s.add(CNPassport, i, end)
		}
	}
	return wordEnd(text, i)
}

// tokenEnd is where the characters of a token end that begin at i. Those of base64 may have other prefixes in them: xoxb-xoxb-xoxb-.
func (s *scanner) tokenEnd(t *token, i int) int {
	if !strings.HasSuffix(t.prefix, "-") {
		return run(s.text, i, t.most, t.allowed)
	}
	if s.base64End < i {
		s.base64End = run(s.text, i, len(s.text), isBase64URL)
	}
	return min(s.base64End, i+t.most)
}

// isSigned: ids of AWS access keys are part of signed requests and URLs, and no secret there. Source: AWS, "Authenticating Requests
// (AWS Signature Version 4)"; version 2 says AWSAccessKeyId.
func (s *scanner) isSigned(kind string, i int) bool {
	before := s.text[:i]
	return kind == AWSKey && (strings.HasSuffix(before, "Credential=") || strings.HasSuffix(before, "AWSAccessKeyId="))
}

// isVaried: no "xxxxxxxx" of an example.
func isVaried(s string) bool {
	var seen [256]bool
	n := 0
	for i := range len(s) {
		if !seen[s[i]] {
			seen[s[i]] = true
			n++
		}
	}
	return n >= 5
}

// The longest header and the longest other part of a JWT that is looked at.
const (
	longestHeader = 4 << 10
	longestPart   = 64 << 10
)

// jwt is the end of the JSON Web Token at i, 0 without one: three parts in base64url (RFC 7519, 7515), of which the
// first is a JSON object that names an algorithm. The third is empty where that is none. Encrypted ones have five (RFC 7516).
func (s *scanner) jwt(i int) int {
	text := s.text
	if i > 0 && text[i-1] == '-' && i != s.edge { // within a longer text in base64url, which has been looked at
		return 0
	}
	dot := run(text, i, longestHeader, isBase64URL)
	if dot >= len(text) || text[dot] != '.' {
		return 0
	}
	end := run(text, dot+1, longestPart, isBase64URL)
	if end == dot+1 || end >= len(text) || text[end] != '.' {
		return 0
	}
	header, err := base64.RawURLEncoding.DecodeString(text[i:dot])
	var fields struct {
		Alg string `json:"alg"`
	}
	if err != nil || json.Unmarshal(header, &fields) != nil || fields.Alg == "" {
		return 0
	}
	for part := 2; part < 5 && end < len(text) && text[end] == '.'; part++ {
		next := run(text, end+1, longestPart, isBase64URL)
		if part > 2 && next == end+1 {
			break // a full stop
		}
		end = next
	}
	return end
}

// VerifyJWT reports whether a text is a JSON Web Token.
func VerifyJWT(text string) bool {
	s := scanner{text: text}
	return strings.HasPrefix(text, "eyJ") && s.jwt(0) == len(text)
}

var passportWords = []string{"passport", "护照"}

// VerifyCNPassport reports whether a text may be the number of a Chinese passport: a letter for its sort and eight digits, or
// E, a letter other than I and O, and seven digits, as the National Immigration Administration numbers them since 2012 and
// 2017. There is no check digit in it.
func VerifyCNPassport(number string) bool {
	if len(number) != 9 || run(number, 2, 7, isDigit) != 9 {
		return false
	}
	switch c := number[1]; number[0] {
	case 'E':
		return isDigit(c) || isUpper(c) && c != 'I' && c != 'O'
	case 'G', 'D', 'S', 'P', 'H':
		return isDigit(c)
	}
	return false
}

// azureClientSecret looks at the tilde at i: a client secret of Microsoft Entra ID has a digit and Q before it, three characters
// before these, and 31 to 34 behind. Source: Microsoft Purview, sensitive information type "Azure AD client secret".
func (s *scanner) azureClientSecret(i int) int {
	text := s.text
	allowed := func(c byte) bool { return isBase64URL(c) || c == '.' || c == '~' }
	start := i - 5
	if start < s.done || text[i-1] != 'Q' || !isDigit(text[i-2]) || run(text, start, 3, allowed) != i-2 ||
		start > 0 && start != s.edge && allowed(text[start-1]) {
		return i + 1
	}
	end := run(text, i+1, 35, allowed)
	if n := end - i - 1; n < 31 || n > 34 {
		return i + 1
	}
	return s.add(AzureKey, start, end)
}

const (
	keyBegin = "-----BEGIN "
	keyEnd   = "-----END "

	formKeyBegin = "-----BEGIN+" // in a form, a space is a plus sign
	formKeyEnd   = "-----END+"

	// longestKey bounds where the end of a private key is looked for: 16384 bits of RSA are 13 KiB.
	longestKey = 20 << 10
	// leastKey is how much of a key there must be: the shortest, of Ed25519, has 64 characters. Logs cut them.
	leastKey = 40
)

// privateKey looks at the dash at i: a private key as in RFC 7468, RFC 4880 or OpenSSH's PROTOCOL.key. One without an end
// is cut off.
func (s *scanner) privateKey(i int) int {
	text := s.text
	if !strings.HasPrefix(text[i:], keyBegin) && (!s.masking || !strings.HasPrefix(text[i:], formKeyBegin)) {
		dashes := run(text, i, len(text), func(c byte) bool { return c == '-' })
		return max(i+1, dashes-5) // the last five may begin a key
	}
	label := i + len(keyBegin)
	labelEnd := run(text, label, 64, isKeyLabel)
	if !strings.Contains(text[label:labelEnd], "PRIVATE KEY") && (!s.masking || !strings.Contains(text[label:labelEnd], "PRIVATE+KEY")) ||
		!strings.HasPrefix(text[labelEnd:], "-----") {
		return labelEnd
	}
	body := labelEnd + len("-----")
	end := s.nextKeyEnd(body)
	if end < 0 || end-body > longestKey { // it is cut
		allowed := isKeyText
		if s.masking { // also what says how it is encrypted
			allowed = func(c byte) bool { return isKeyText(c) || c == ':' || c == ',' || c == '-' }
		}
		end = run(text, body, longestKey, allowed)
	}
	if strings.Contains(text[body:end], stars) || countKeyText(text[body:end]) < leastKey {
		return body
	}
	if strings.HasPrefix(text[end:], keyEnd) || s.masking && strings.HasPrefix(text[end:], formKeyEnd) {
		end = run(text, end+len(keyEnd), 64, isKeyLabel)
		end = run(text, end, 5, func(c byte) bool { return c == '-' })
	}
	return s.add(PrivateKey, i, end)
}

// nextKeyEnd is where the next end of a key is, -1 for nowhere. It is searched for once.
func (s *scanner) nextKeyEnd(from int) int {
	if !s.keyEndKnown || s.keyEnd >= 0 && s.keyEnd < from {
		end := keyEnd
		if s.masking { // and in a form
			end = strings.TrimSuffix(keyEnd, " ")
		}
		s.keyEnd, s.keyEndKnown = strings.Index(s.text[from:], end), true
		if s.keyEnd >= 0 {
			s.keyEnd += from
		}
	}
	return s.keyEnd
}

// isKeyLabel is of what a key says that it is, with + for a space in a form.
func isKeyLabel(c byte) bool { return isUpper(c) || isDigit(c) || c == ' ' || c == '+' }

// isKeyText: base64, white space, and \n as JSON writes it.
func isKeyText(c byte) bool {
	return isBase64(c) || c == '=' || c == '\n' || c == '\r' || c == ' ' || c == '\t' || c == '\\'
}

func countKeyText(s string) (n int) {
	for i := range len(s) {
		if isBase64(s[i]) {
			n++
		}
	}
	return n
}
