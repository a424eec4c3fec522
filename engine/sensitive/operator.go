package sensitive

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Operator is one of the operators for rules: verifyCC, verifySSN, verifyIBAN, verifyCNID and detectSensitive. It may be
// used concurrently. verifyCPF and verifySVNR are ModSecurity's for numbers of Brazil and Austria.
type Operator struct {
	kinds      []int // indices of what is counted
	least      int
	candidates *regexp.Regexp // what may be one, nil where the package's own search decides
	verify     func(string) bool
}

// Operators are the names of the operators, as rules have them.
var Operators = []string{"verifyCC", "verifyCPF", "verifySSN", "verifySVNR", "verifyIBAN", "verifyCNID", "detectSensitive"}

// NewOperator makes an operator of a rule; its name is in any case.
//
// Those that verify take a pattern that selects candidates, as ModSecurity's @verifyCC and @verifySSN do: a value matches when one of
// the candidates, digits in it and nothing else counted, has the right checksum. Without a pattern Find selects.
//
// detectSensitive takes a comma list of kinds and groups of them, and how many different findings there must be at least: 1, if that is
// not said. One that documentation has for an example is none by itself; in a list it counts.
func NewOperator(name, operand string) (*Operator, error) {
	o := &Operator{least: 1}
	switch strings.ToLower(name) {
	case "verifycc":
		o.of(Card, CNBankCard)
		o.verify = func(s string) bool { return Luhn(only(s, isDigit)) }
	case "verifycpf":
		o.verify = func(s string) bool { return isDigits(s, 11, isCPF) }
	case "verifysvnr":
		o.verify = func(s string) bool { return isDigits(s, 10, isSVNR) }
	case "verifyssn":
		o.of(SSN)
		o.verify = func(s string) bool { return isSSN(only(s, isDigit)) }
	case "verifyiban":
		o.of(IBAN)
		o.verify = func(s string) bool {
			return VerifyIBAN(only(strings.ToUpper(s), func(c byte) bool { return isDigit(c) || isUpper(c) }))
		}
	case "verifycnid":
		o.of(CNID)
		o.verify = func(s string) bool {
			return VerifyCNID(only(s, func(c byte) bool { return isDigit(c) || c|0x20 == 'x' }))
		}
	case "detectsensitive":
		return o, o.parse(operand)
	default:
		return nil, fmt.Errorf("there is no operator %s for sensitive data", name)
	}
	if operand == "" {
		if len(o.kinds) == 0 {
			return nil, fmt.Errorf("%s needs a pattern", name)
		}
		return o, nil
	}
	var err error
	o.candidates, err = regexp.Compile("(?sm)" + operand) // as Coraza reads patterns
	return o, err
}

func (o *Operator) of(list ...string) {
	for _, kind := range list {
		o.kinds = append(o.kinds, kindIndex(kind))
	}
}

// parse reads "card,cn-bank-card 5".
func (o *Operator) parse(operand string) error {
	fields := strings.Fields(operand)
	if len(fields) == 0 || len(fields) > 2 {
		return fmt.Errorf("operand %q is not a comma list of kinds and a number", operand)
	}
	if len(fields) == 2 {
		n, err := strconv.Atoi(fields[1])
		if err != nil || n < 1 {
			return fmt.Errorf("operand %q: %q is not a number above 0", operand, fields[1])
		}
		o.least = n
	}
	for _, kind := range strings.Split(fields[0], ",") {
		if group, ok := groups[kind]; ok {
			o.of(group...)
			continue
		}
		if !slices.Contains(kinds[:], kind) {
			all := slices.Concat(kinds[:], slices.Sorted(maps.Keys(groups)))
			return fmt.Errorf("operand %q: %q is not one of %s", operand, kind, strings.Join(all, ", "))
		}
		o.of(kind)
	}
	return nil
}

// isDigits reports whether a text has n digits, and whether these hold.
func isDigits(s string, n int, holds func(string) bool) bool {
	digits := only(s, isDigit)
	return len(digits) == n && holds(digits)
}

func only(s string, allowed func(byte) bool) string {
	var b strings.Builder
	for i := range len(s) {
		if allowed(s[i]) {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// Match reports whether a value matches.
func (o *Operator) Match(value string) bool {
	_, n := o.Evaluate(value)
	return n >= o.least
}

// Evaluate counts the different findings in a value, and returns the first of them masked. Fewer than the operator asks for are none.
func (o *Operator) Evaluate(value string) (first string, n int) {
	if o.candidates != nil {
		return o.selected(value)
	}
	t := countsOf(value)
	if t == &nothing {
		return "", 0
	}
	at := -1
	for _, k := range o.kinds {
		counted := t.count[k]
		if o.least > 1 || o.verify != nil {
			counted += t.examples[k]
		}
		if counted > 0 && (at < 0 || t.at[k] < at) {
			first, at = t.first[k], t.at[k]
		}
		n += counted
	}
	if n < o.least {
		return "", 0
	}
	return first, n
}

// selected counts the candidates that hold.
func (o *Operator) selected(value string) (first string, n int) {
	seen := map[string]bool{}
	for _, at := range o.candidates.FindAllStringIndex(value, -1) {
		candidate := value[at[0]:at[1]]
		bare := bareNumber(candidate)
		if seen[bare] || !o.verify(candidate) {
			continue
		}
		seen[bare] = true
		if n++; n == 1 {
			first = MaskCandidate(candidate)
		}
	}
	return first, n
}

// MaskCandidate masks what a pattern has selected, which may be more than the number, or have other separators.
func MaskCandidate(text string) string {
	if found := Find(text); len(found) > 0 {
		return mask(text, found)
	}
	if len(text) <= 8 {
		return stars
	}
	return strings.Repeat("*", len(text)-4) + text[len(text)-4:]
}

// Literals are texts of which a value that matches has one, in any case; nil where there are no such texts.
func (o *Operator) Literals() []string {
	if o.candidates != nil {
		return nil
	}
	var all []string
	for _, k := range o.kinds {
		list := literals[kinds[k]]
		if list == nil {
			return nil
		}
		all = append(all, list...)
	}
	return all
}

// literals are what each finding of a kind has in it or near it.
var literals = map[string][]string{
	CNPassport: {"passport", "护照"},
	Email:      {"@", "%40"},
	PrivateKey: {"private key"},
	AWSKey:     {"akia", "asia", "abia", "acca"},
	GCPKey:     {"gocspx-", "ya29."},
	GoogleAPI:  {"aiza"},

	GitHubToken: {"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"},
	GitLabToken: {"glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-", "glimt-", "glagent-", "gloas-", "glft-", "gr1348941"},
	SlackToken:  {"xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"},
	StripeKey:   {"sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"},
	JWT:         {"eyj"},
	SQLRow:      {"into ", "from stdin;"},

	OpenAIKey:         {"sk-proj-", "sk-svcacct-", "sk-admin-", "t3blbkfj"},
	AnthropicKey:      {"sk-ant-"},
	HuggingFaceToken:  {"hf_"},
	NPMToken:          {"npm_"},
	PyPIToken:         {"pypi-"},
	SendGridKey:       {"sg."},
	VaultToken:        {"hvs.", "hvb.", "hvr."},
	DigitalOceanToken: {"dop_v1_", "doo_v1_", "dor_v1_"},
	DockerToken:       {"dckr_pat_", "dckr_oat_"},
	DatabricksToken:   {"dapi"},
	ShopifyToken:      {"shpat_", "shpca_", "shppa_", "shpss_"},
	TelegramToken:     {":aa"},
	WebHook:           {"hooks.slack.com/", "/api/webhooks/"},
	AlibabaKey:        {"ltai"},
	EncodedKey:        {"ls0tls1crudjtib"},
	PuTTYKey:          {"private-lines:"},
	AgeKey:            {"age-secret-key-1"},
	PasswordHash:      {"$1$", "$5$", "$6$", "$7$", "$y$", "$gy$", "$2a$", "$2b$", "$2y$", "$argon2"},
}
