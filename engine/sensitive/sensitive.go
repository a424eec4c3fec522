// Package sensitive finds personal data, payment data and credentials in text, and masks them. What it
// looks for has a form that can be checked: a checksum, a published prefix, or a name that stands before it.
package sensitive

// The kinds of what is found.
const (
	Card        = "card"         // number of a payment card
	CNBankCard  = "cn-bank-card" // number of a card of China UnionPay
	IBAN        = "iban"
	CNID        = "cn-id" // number of a Chinese resident identity card
	CNMobile    = "cn-mobile"
	CNPassport  = "cn-passport"
	SSN         = "ssn" // US social security number
	Email       = "email"
	PrivateKey  = "private-key"
	AWSKey      = "aws-key"        // id of an access key
	AWSSecret   = "aws-secret"     // the key itself
	GCPKey      = "gcp-key"        // secrets and tokens of Google's OAuth 2.0
	GoogleAPI   = "google-api-key" // which pages with maps have, too
	AzureKey    = "azure-key"
	AzureSAS    = "azure-sas" // signature of a URL that gives access
	GitHubToken = "github-token"
	GitLabToken = "gitlab-token"
	SlackToken  = "slack-token"
	StripeKey   = "stripe-key"
	JWT         = "jwt"

	OpenAIKey         = "openai-key"
	AnthropicKey      = "anthropic-key"
	HuggingFaceToken  = "huggingface-token"
	NPMToken          = "npm-token"
	PyPIToken         = "pypi-token"
	SendGridKey       = "sendgrid-key"
	VaultToken        = "vault-token"
	DigitalOceanToken = "digitalocean-token"
	DockerToken       = "docker-token"
	DatabricksToken   = "databricks-token"
	ShopifyToken      = "shopify-token"
	TelegramToken     = "telegram-token"
	WebHook           = "webhook" // URL to which whoever knows it may post: of Slack, Discord
	AlibabaKey        = "alibaba-key"
	EncodedKey        = "encoded-key" // private key in base64, as a kubeconfig has it
	PuTTYKey          = "putty-key"
	AgeKey            = "age-key"
	PasswordHash      = "password-hash" // as crypt(3) makes it: shadow(5), bcrypt, Argon2

	PersonID = "person-id" // of one of twenty countries: see personIDs
	Secret   = "secret"    // random text behind a name that says so: api_key=…
	Password = "password"  // whatever stands behind such a name
)

// Finding is a piece of text, from Start up to End in bytes.
type Finding struct {
	Kind       string
	Start, End int
}

// Find finds all kinds, in the order of the text and without overlaps. It takes time in proportion to the text.
func Find(text string) []Finding {
	s := scanner{text: text}
	s.run()
	return s.found
}

// What the scanner does at a byte that begins something.
const (
	pass   = iota
	digit  // a number
	letter // a word
	at     // an e-mail address, or a password before a host
	dashes // a private key
	escape // a percent sign or a backslash
	equals // a value behind a name
	tilde  // a client secret of Azure

	dollar // a hash of a password

	named   // a value behind a name, for masking
	element // of XML
	tagEnd
	segment // of a path
	argument
)

var actions = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= '0' && c <= '9':
			t[c] = digit
		case isWord(byte(c)):
			t[c] = letter
		}
	}
	t['@'], t['-'], t['%'], t['\\'], t['='], t[':'], t['~'], t['$'] = at, dashes, escape, escape, equals, equals, tilde, dollar
	return t
}()

// maskingActions are those for a text without escapes.
var maskingActions = func() [256]uint8 {
	t := actions
	t['='], t[':'], t['%'], t['\\'], t['<'], t['>'], t['/'], t[','] = named, named, pass, pass, element, tagEnd, segment, argument
	return t
}()

// scanner goes through a text once. Each step looks at no more than a bounded stretch around it, or at what it
// then steps over.
type scanner struct {
	text  string
	found []Finding
	done  int // end of the last finding
	edge  int // end of the last escape sequence: what is before belongs to no word behind it

	keyEnd      int // where the next end of a private key is, -1 for nowhere
	keyEndKnown bool

	base64End int // of the last stretch of base64 that was looked at for a token

	// Of masking, which looks at what is plain.
	masking           bool
	levels            []level
	inside            int // where the content of the element begins whose tag is being looked at
	insideSays        naming
	oauth, oauthKnown bool
	isSecret, isKey   answer
	called            int // up to where arguments of a call over XML-RPC were looked for
}

func (s *scanner) run() {
	text, table := s.text, &actions
	if s.masking {
		table = &maskingActions
	}
	for i := 0; i < len(text); {
		switch table[text[i]] {
		case pass:
			i++
		case digit:
			i = s.number(i)
		case letter:
			i = s.word(i)
		case at:
			i = s.address(i, 1)
		case dashes:
			i = s.privateKey(i)
		case escape:
			i = s.escaped(i)
		case equals:
			i = s.value(i, i+1)
		case tilde:
			i = s.azureClientSecret(i)
		case dollar:
			i = s.passwordHash(i)
		case named:
			i = s.named(i)
		case element:
			i = s.element(i)
		case tagEnd:
			i = s.tagEnd(i)
		case segment:
			i = s.segment(i)
		case argument:
			i = s.argument(i)
		}
	}
}

// add notes a finding, and returns where to go on.
func (s *scanner) add(kind string, start, end int) int {
	s.found = append(s.found, Finding{kind, start, end})
	s.done = end
	return end
}

// escaped steps over %20, \n and \u00a0: their letters and digits belong to no word.
func (s *scanner) escaped(i int) int {
	n := escapeLength(s.text, i)
	if n == 0 {
		return i + 1
	}
	s.edge = i + n
	if s.text[i] == '%' {
		switch c := unhex(s.text[i+1])<<4 | unhex(s.text[i+2]); c {
		case '@':
			return s.address(i, n)
		case '=', ':':
			return s.value(i, i+n)
		}
	}
	return i + n
}

// escapeLength is how long the escape sequence at i is, 0 if there is none.
func escapeLength(text string, i int) int {
	switch {
	case i >= len(text):
	case text[i] == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]):
		return 3
	case text[i] == '\\' && i+5 < len(text) && text[i+1] == 'u' && isHex(text[i+2]) && isHex(text[i+3]) && isHex(text[i+4]) && isHex(text[i+5]):
		return 6
	case text[i] == '\\' && i+1 < len(text):
		return 2
	}
	return 0
}

// wordEnd is the end of the word at i: letters, digits and underscores.
func wordEnd(text string, i int) int {
	for i < len(text) && isWord(text[i]) {
		i++
	}
	return i
}

func digitsEnd(text string, i int) int {
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isUpper(c byte) bool  { return c >= 'A' && c <= 'Z' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isWord(c byte) bool   { return isDigit(c) || isLetter(c) || c == '_' }
func isHex(c byte) bool    { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// isBase64URL is of RFC 4648, section 5.
func isBase64URL(c byte) bool { return isWord(c) || c == '-' }

func isBase64(c byte) bool { return isDigit(c) || isLetter(c) || c == '+' || c == '/' }

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// run is the end of the longest stretch at i of bytes that are allowed, of at most most bytes.
func run(text string, i, most int, allowed func(byte) bool) int {
	end := min(len(text), i+most)
	for i < end && allowed(text[i]) {
		i++
	}
	return i
}
