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
// GitLab, "Token prefixes"; Slack, "Token types" and "Incoming webhooks"; Stripe, "API keys" and "Webhook signatures"; npm, "New token
// format"; PyPI, "API tokens"; Vault, "Tokens"; DigitalOcean, "API tokens"; Docker, "Access tokens"; Databricks, "Personal access tokens";
// Shopify, "Access tokens"; Alibaba Cloud, "AccessKey pair"; age, its specification; the others as their consoles make them. Those of the
// kind Secret are masked, but no finding of a rule.
var tokens = func() (all [256][]token) {
	base32 := func(c byte) bool { return isUpper(c) || c >= '2' && c <= '7' }
	alphanumeric := func(c byte) bool { return isDigit(c) || isLetter(c) }
	dotted := func(c byte) bool { return alphanumeric(c) || c == '.' }
	dottedBase64 := func(c byte) bool { return isBase64URL(c) || c == '.' }
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
		{GitLabToken, "glsoat-", 20, 255, isBase64URL},
		{GitLabToken, "glimt-", 20, 255, isBase64URL},
		{GitLabToken, "glagent-", 20, 255, isBase64URL},
		{GitLabToken, "gloas-", 20, 255, isBase64URL},
		{GitLabToken, "glft-", 20, 255, isBase64URL},
		{GitLabToken, "GR1348941", 20, 20, isBase64URL},
		{AnthropicKey, "sk-ant-", 40, 255, isBase64URL},
		{OpenAIKey, "sk-proj-", 40, 255, isBase64URL},
		{OpenAIKey, "sk-svcacct-", 40, 255, isBase64URL},
		{OpenAIKey, "sk-admin-", 40, 255, isBase64URL},
		{OpenAIKey, "sk-", 48, 48, alphanumeric}, // with T3BlbkFJ in it
		{HuggingFaceToken, "hf_", 34, 40, alphanumeric},
		{NPMToken, "npm_", 36, 36, alphanumeric},
		{PyPIToken, "pypi-", 60, 400, isBase64URL},
		{SendGridKey, "SG.", 66, 66, dottedBase64},
		{VaultToken, "hvs.", 24, 255, isBase64URL},
		{VaultToken, "hvb.", 24, 255, isBase64URL},
		{VaultToken, "hvr.", 24, 255, isBase64URL},
		{DigitalOceanToken, "dop_v1_", 64, 64, isHex},
		{DigitalOceanToken, "doo_v1_", 64, 64, isHex},
		{DigitalOceanToken, "dor_v1_", 64, 64, isHex},
		{DockerToken, "dckr_pat_", 27, 27, isBase64URL},
		{DockerToken, "dckr_oat_", 27, 40, isBase64URL},
		{DatabricksToken, "dapi", 32, 32, isHex},
		{ShopifyToken, "shpat_", 32, 32, isHex},
		{ShopifyToken, "shpca_", 32, 32, isHex},
		{ShopifyToken, "shppa_", 32, 32, isHex},
		{ShopifyToken, "shpss_", 32, 32, isHex},
		{WebHook, "hooks.slack.com/services/T", 30, 80, func(c byte) bool { return alphanumeric(c) || c == '/' }},
		{WebHook, "hooks.slack.com/workflows/T", 30, 120, func(c byte) bool { return alphanumeric(c) || c == '/' }},
		{WebHook, "discord.com/api/webhooks/", 60, 120, func(c byte) bool { return isBase64URL(c) || c == '/' }},
		{WebHook, "discordapp.com/api/webhooks/", 60, 120, func(c byte) bool { return isBase64URL(c) || c == '/' }},
		{AlibabaKey, "LTAI", 12, 20, alphanumeric},
		{AgeKey, "AGE-SECRET-KEY-1", 58, 58, func(c byte) bool { return isDigit(c) || isUpper(c) }},
		// The beginning of -----BEGIN … PRIVATE KEY in base64.
		{EncodedKey, "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0", 40, longestKey, isBase64},
		{EncodedKey, "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVkt", 40, longestKey, isBase64},
		{EncodedKey, "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0", 40, longestKey, isBase64},
		{EncodedKey, "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ", 40, longestKey, isBase64},

		{Secret, "glsa_", 41, 41, isWord}, // Grafana
		{Secret, "glc_", 32, 400, isBase64},
		{Secret, "lin_api_", 40, 40, alphanumeric}, // Linear
		{Secret, "ntn_", 40, 50, alphanumeric},     // Notion
		{Secret, "secret_", 43, 43, alphanumeric},
		{Secret, "NRAK-", 27, 27, alphanumeric},   // New Relic
		{Secret, "atlasv1.", 60, 70, isBase64URL}, // HCP Terraform, behind the token's id
		{Secret, "dp.pt.", 40, 44, alphanumeric},  // Doppler
		{Secret, "dp.st.", 40, 64, dotted},
		{Secret, "sq0atp-", 22, 60, isBase64URL}, // Square
		{Secret, "sq0csp-", 43, 60, isBase64URL},
		{Secret, "rubygems_", 48, 48, isHex},
		{Secret, "figd_", 40, 60, isBase64URL},    // Figma
		{Secret, "PMAK-", 59, 59, isBase64URL},    // Postman
		{Secret, "ATATT3", 100, 400, isBase64URL}, // Atlassian
		{Secret, "ATCTT3", 100, 400, isBase64URL},
		{Secret, "sbp_", 40, 40, isHex},                                           // Supabase
		{Secret, "tskey-", 20, 100, isBase64URL},                                  // Tailscale
		{Secret, "EAA", 100, 400, alphanumeric},                                   // Meta
		{Secret, "EAAAE", 59, 59, isBase64URL},                                    // Square
		{Secret, "1//0", 40, 200, isBase64URL},                                    // to renew tokens of Google's
		{Secret, "1/", 49, 49, func(c byte) bool { return isHex(c) || c == ':' }}, // Asana
		{Secret, "CLOJARS_", 60, 60, isHex},
		{Secret, "fo1_", 43, 43, isBase64URL}, // Fly.io
		{Secret, "fm2_", 60, 1024, isBase64},
		{Secret, "pscale_", 40, 100, isBase64URL}, // PlanetScale: pscale_tkn_, pscale_pw_
		{Secret, "duffel_", 48, 60, isBase64URL},
		{Secret, "pat-eu1-", 36, 36, isBase64URL}, // HubSpot
		{Secret, "pat-na1-", 36, 36, isBase64URL},
		{Secret, "pat", 79, 79, dotted},        // Airtable
		{Secret, "cio", 32, 32, alphanumeric},  // crates.io
		{Secret, "sntrys_", 60, 400, isBase64}, // Sentry
		{Secret, "sntryu_", 64, 64, isHex},
		{Secret, "AKCp", 60, 80, alphanumeric},  // Artifactory
		{Secret, "aio_", 28, 28, alphanumeric},  // Adafruit IO
		{Secret, "pplx-", 48, 48, alphanumeric}, // Perplexity
		{Secret, "gsk_", 52, 52, alphanumeric},  // Groq
		{Secret, "xai-", 80, 80, alphanumeric},
		{Secret, "r8_", 37, 37, alphanumeric},  // Replicate
		{Secret, "pnu_", 36, 36, alphanumeric}, // Prefect
		{Secret, "pul-", 40, 40, isHex},        // Pulumi
		{Secret, "bkua_", 40, 40, isHex},       // Buildkite
		{Secret, "EZAK", 54, 54, alphanumeric}, // EasyPost
		{Secret, "EZTK", 54, 54, alphanumeric},
		{Secret, "xkeysib-", 81, 81, isBase64URL},   // Brevo
		{Secret, "key-", 32, 32, isHex},             // Mailgun
		{Secret, "SK", 32, 32, isHex},               // Twilio
		{Secret, "nfp_", 36, 40, alphanumeric},      // Netlify
		{Secret, "dt0c01.", 80, 100, dotted},        // Dynatrace
		{Secret, "ops_eyJ", 100, 2048, isBase64URL}, // 1Password
		{Secret, "gAAAAA", 60, 4096, isBase64URL},   // Fernet: Keystone's tokens, Airflow's values
		{Secret, "CfDJ8", 40, 8192, isBase64URL},    // Data Protection of ASP.NET Core: its cookies and tokens
		{Secret, "base64url.bearer.authorization.k8s.io.", 8, 4096, isBase64URL},
		{Secret, "v1.local.", 40, 4096, isBase64URL}, // PASETO
		{Secret, "v2.local.", 40, 4096, isBase64URL},
		{Secret, "v3.local.", 40, 4096, isBase64URL},
		{Secret, "v4.local.", 40, 4096, isBase64URL},
		{Secret, "v1.public.", 40, 4096, isBase64URL},
		{Secret, "v2.public.", 40, 4096, isBase64URL},
		{Secret, "v3.public.", 40, 4096, isBase64URL},
		{Secret, "v4.public.", 40, 4096, isBase64URL},
		{Secret, "MDA", 60, 4096, func(c byte) bool { return isBase64(c) || isBase64URL(c) }}, // macaroons
		{Secret, "sb_secret_", 31, 40, isBase64URL},                                           // Supabase
		{Secret, "HRKU-", 36, 80, isBase64URL},                                                // Heroku
		{Secret, "oy2", 43, 43, alphanumeric},                                                 // NuGet
		{Secret, "ATBB", 32, 40, isBase64URL},                                                 // Bitbucket
		{Secret, "shippo_live_", 40, 40, isHex},
		{Secret, "shippo_test_", 40, 40, isHex},
		{Secret, "sl.", 100, 2048, dottedBase64},                                           // Dropbox
		{Secret, "SWMTKN-1-", 70, 80, isBase64URL},                                         // Docker Swarm
		{Secret, "K10", 70, 160, func(c byte) bool { return alphanumeric(c) || c == ':' }}, // RKE2, k3s
		{Secret, "tfp_", 40, 70, isBase64URL},                                              // Typeform
		{Secret, "CFPAT-", 43, 43, isBase64URL},                                            // Contentful
		{Secret, "rdme_", 60, 80, alphanumeric},                                            // ReadMe
		{Secret, "FLWSECK-", 32, 40, isBase64URL},                                          // Flutterwave
		{Secret, "FLWSECK_TEST-", 12, 40, isBase64URL},
		{Secret, "sk-or-v1-", 64, 64, isHex},         // OpenRouter
		{Secret, "sk-", 32, 32, isHex},               // DeepSeek
		{Secret, "v1.0-", 160, 180, isBase64URL},     // Cloudflare's origin CA
		{Secret, "cmVmdGtuOj", 54, 54, alphanumeric}, // Artifactory
		{Secret, "sgp_", 40, 60, isWord},             // Sourcegraph
		{Secret, "CCIPAT_", 60, 70, isWord},          // CircleCI
		{Secret, "sk.eyJ", 60, 300, dottedBase64},    // Mapbox
		{Secret, "AKID", 32, 32, alphanumeric},       // Tencent Cloud
		{Secret, "AKLT", 40, 60, isBase64},           // Volcano Engine
		{Secret, "ABSK", 100, 160, isBase64},         // Amazon Bedrock
		{Secret, "ico-", 32, 32, alphanumeric},       // Infracost
		{Secret, "lsv2_", 40, 60, isWord},            // LangSmith
		{Secret, "phx_", 40, 50, alphanumeric},       // PostHog
		{Secret, "re_", 33, 33, isWord},              // Resend
		{Secret, "s-s4t2ud-", 64, 64, isHex},         // 42
		{Secret, "AQVN", 32, 40, isBase64URL},        // Yandex Cloud
		{Secret, "hooks.zapier.com/hooks/catch/", 10, 60, func(c byte) bool { return alphanumeric(c) || c == '/' }},
		{Secret, "webhook.office.com/webhookb2/", 80, 250, func(c byte) bool { return isBase64URL(c) || c == '/' || c == '@' }},
	} {
		all[t.prefix[0]] = append(all[t.prefix[0]], t)
	}
	return all
}()

// seconds are the second bytes of tokens by the first: most words are none by these.
var seconds = func() (all [256][4]uint64) {
	for first := range tokens {
		for _, t := range tokens[first] {
			all[first][t.prefix[1]>>6] |= 1 << (t.prefix[1] & 63)
		}
	}
	return all
}()

// mayBeToken reports whether a word may begin with the prefix of a token.
func mayBeToken(rest string) bool {
	return len(rest) > 1 && seconds[rest[0]][rest[1]>>6]&(1<<(rest[1]&63)) != 0
}

// word looks at the word at i, which begins with a letter or an underscore. It returns where to go on.
func (s *scanner) word(i int) int {
	text := s.text
	rest := text[i:]
	if mayBeToken(rest) {
		if end := s.token(i); end > 0 {
			return end
		}
	}
	if s.masking {
		if end := s.discordToken(i); end > 0 {
			return s.add(Secret, i, end)
		}
		if end := s.prefixed(i); end > 0 {
			return s.add(Secret, i, end)
		}
	}
	if strings.HasPrefix(rest, "bot") && len(rest) > 3 && isDigit(rest[3]) { // of a URL of Telegram's Bot API
		return s.number(i + 3)
	}
	if strings.HasPrefix(rest, "eyJ") {
		if end := s.jwt(i); end > 0 {
			return s.add(JWT, i, end)
		}
	}
	if s.masking && len(rest) > 3 && isLetter(rest[1]) && isDigit(rest[2]) && isDigit(rest[3]) && (!isUpper(rest[0]) || !isUpper(rest[1])) {
		if end := s.iban(i); end > 0 {
			return s.add(IBAN, i, end)
		}
	}
	if len(rest) > 3 && isUpper(rest[0]) {
		if end := s.puttyKey(i); end > 0 {
			return s.add(PuTTYKey, i, end)
		}
		if isUpper(rest[1]) && isDigit(rest[2]) && isDigit(rest[3]) {
			if end := s.iban(i); end > 0 {
				return s.add(IBAN, i, end)
			}
		}
		end := wordEnd(text, i)
		if VerifyCNPassport(text[i:end]) && s.alone(i, end) && s.mentions(i, passportWords) {
			return s.add(CNPassport, i, end)
		}
		if end = s.letteredID(i, end); end > 0 {
			return s.add(PersonID, i, end)
		}
	}
	return wordEnd(text, i)
}

// token is the end of the token at i, 0 without one.
func (s *scanner) token(i int) int {
	text := s.text
	for k := range tokens[text[i]] {
		t := &tokens[text[i]][k]
		if !strings.HasPrefix(text[i:], t.prefix) || t.kind == Secret && !s.masking {
			continue
		}
		body := i + len(t.prefix)
		end := s.tokenEnd(t, body)
		if end-body >= t.least && (end == len(text) || !isWord(text[end])) && isVaried(text[body:end]) && !s.isSigned(t.kind, i) && holds(t, text[body:end]) {
			return s.add(t.kind, i, end)
		}
	}
	return 0
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

// discordToken is the end of the token of a bot at i, 0 without one: its number in base64, a time and a signature, with points between.
// Source: Discord, "Authentication".
func (s *scanner) discordToken(i int) int {
	text := s.text
	if c := text[i]; c < 'M' || c > 'O' { // of a number, whatever its first digit
		return 0
	}
	dot := run(text, i, 30, isBase64URL)
	if dot-i < 22 || dot == len(text) || text[dot] != '.' || i > 0 && isBase64URL(text[i-1]) {
		return 0
	}
	id, err := base64.RawURLEncoding.DecodeString(text[i:dot])
	if err != nil || digitsEnd(string(id), 0) != len(id) {
		return 0
	}
	second := run(text, dot+1, 8, isBase64URL)
	if second-dot < 6 || second == len(text) || text[second] != '.' {
		return 0
	}
	end := run(text, second+1, 64, isBase64URL)
	if end-second < 26 {
		return 0
	}
	return end
}

// prefixed is the end of a token of any service at i, 0 without one: nearly all begin with words in lower case and an underscore, so that
// scanners find them, and what follows is random in letters of both cases and digits, which names, hashes and UUIDs are not.
func (s *scanner) prefixed(i int) int {
	const (
		longestPrefix = 24
		leastBody     = 32
		leastOfEach   = 3 // upper case, lower case, digits
		bits          = 4.0
	)
	text := s.text
	prefix := run(text, i, longestPrefix, func(c byte) bool { return isDigit(c) || isLetter(c) && !isUpper(c) || c == '_' })
	k := strings.LastIndexByte(text[i:prefix], '_')
	if k < 2 {
		return 0
	}
	body := i + k + 1
	end := run(text, body, longestPart, func(c byte) bool { return isDigit(c) || isLetter(c) })
	if end-body < leastBody || end < len(text) && isWord(text[end]) {
		return 0
	}
	upper, lower, digits := 0, 0, 0
	for _, c := range []byte(text[body:end]) {
		switch {
		case isDigit(c):
			digits++
		case isUpper(c):
			upper++
		default:
			lower++
		}
	}
	if min(upper, lower, digits) < leastOfEach || entropy(text[body:min(end, body+mostCounted)]) < bits {
		return 0
	}
	return end
}

// holds reports whether a token has what its prefix alone does not tell.
func holds(t *token, body string) bool {
	switch {
	case t.kind == OpenAIKey && t.prefix == "sk-":
		return strings.Contains(body, "T3BlbkFJ")
	case t.prefix == "MDA": // the length of the first packet, four digits, and its name: location
		return body[5:13] == "Y2F0aW9u"
	case t.prefix == "1/":
		return body[16] == ':' && digitsEnd(body, 0) == 16
	case t.prefix == "re_":
		return body[8] == '_' && isRandom(body)
	case t.kind == Secret && strings.HasSuffix(t.prefix, "-"):
		return isRandom(body)
	case t.kind == SendGridKey:
		return strings.IndexByte(body, '.') == 22 && strings.Count(body, ".") == 1
	case t.prefix == "pat":
		return body[14] == '.' && run(body, 15, 64, isHex) == len(body)
	case t.kind == DatabricksToken, t.kind == AlibabaKey:
		return entropy(body) >= 2.5 && run(body, 0, len(body), isLetter) < len(body)
	}
	return true
}

// puttyKey is the end of the private half of a key in PuTTY's format at i, 0 without one. Source: PuTTY manual, appendix C.
func (s *scanner) puttyKey(i int) int {
	const head = "Private-Lines: "
	if !strings.HasPrefix(s.text[i:], head) {
		return 0
	}
	body := digitsEnd(s.text, i+len(head))
	end := run(s.text, body, longestKey, isKeyText)
	if k := strings.Index(s.text[body:end], "Private"); k > 0 { // Private-MAC
		end = body + k
	}
	if countKeyText(s.text[body:end]) < leastKey {
		return 0
	}
	return end
}

// hashSchemes are what crypt(3) and its like write between the first two dollar signs.
var hashSchemes = map[string]bool{
	"2a": true, "2b": true, "2y": true, "2x": true, "1": true, "apr1": true, "5": true, "6": true, "7": true, "y": true, "gy": true,
	"argon2id": true, "argon2i": true, "argon2d": true,
}

// passwordHash looks at the dollar sign at i: a hash as crypt(3) writes it. It returns where to go on.
func (s *scanner) passwordHash(i int) int {
	text := s.text
	scheme := run(text, i+1, 10, func(c byte) bool { return isDigit(c) || isLetter(c) })
	if s.masking {
		if end := s.crackable(i); end > 0 {
			return s.add(Password, i, end)
		}
	}
	if scheme >= len(text) || text[scheme] != '$' || !hashSchemes[text[i+1:scheme]] {
		return i + 1
	}
	end := run(text, i, 200, func(c byte) bool { return isWord(c) || strings.IndexByte("$./=,-+", c) >= 0 })
	parts := strings.Split(text[i+1:end], "$")
	last := len(parts[len(parts)-1])
	is := false
	switch parts[0] {
	case "2a", "2b", "2y", "2x":
		is = len(parts) == 3 && len(parts[1]) == 2 && last == 53
	case "1", "apr1": // of Apache
		is = len(parts) == 3 && last == 22
	case "5":
		is = len(parts) >= 3 && last == 43
	case "6":
		is = len(parts) >= 3 && last == 86
	case "7", "y", "gy":
		is = len(parts) >= 3 && last >= 40
	case "argon2id", "argon2i", "argon2d":
		is = len(parts) >= 5 && last >= 20
	}
	if !is {
		return i + 1
	}
	return s.add(PasswordHash, i, end)
}

// crackable is the end of what a password has encrypted, whose dollar sign is at i, and which tells the password to who has time: a ticket
// of Kerberos as hashcat takes it, or a vault of Ansible. It is 0 for anything else.
func (s *scanner) crackable(i int) int {
	text, vault := s.text, "$ANSIBLE_VAULT;"
	switch {
	case strings.HasPrefix(text[i:], "$krb5"):
		if end := run(text, i, longestPart, func(c byte) bool { return c > ' ' && !isQuote(c) && c != '<' && c != '&' }); end-i > 2*lengthOfHash {
			return end
		}
	case strings.HasPrefix(text[i:], vault):
		end := s.lineEnd(i)
		for end < len(text) {
			start := run(text, end, 40, isSpace)
			next := run(text, start, longestPart, isHex)
			if next == start || s.lineEnd(next) != next {
				break
			}
			end = next
		}
		return end
	}
	return 0
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
	if s.masking && strings.HasPrefix(text[i:], "-us") {
		if end := digitsEnd(text, i+len("-us")); end > i+len("-us") && s.isMailchimp(i) {
			return s.add(Secret, i-lengthOfHash, end)
		}
	}
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

// lengthOfHash is that of MD5 in hexadecimal, which names and keys have.
const lengthOfHash = 32

// isMailchimp: a key of Mailchimp's is before i, where the name of its data center is.
func (s *scanner) isMailchimp(i int) bool {
	start := i - lengthOfHash
	return start >= s.done && run(s.text, start, lengthOfHash, isHex) == i && (start == 0 || !isWord(s.text[start-1]))
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
