package sensitive

import "strings"

// Mask replaces what Find finds by stars. What tells its kind stays: the issuer and the last four digits of a card, the country
// of an IBAN, the last four digits of an id, the prefix of a token, the domain of an address. A masked text
// stays as it is when it is masked again, and is longer by three bytes for each finding at most.
func Mask(text string) string {
	// What is left may, beside what follows, look like something else, but not for long.
	for range 4 {
		found := Find(text)
		if len(found) == 0 {
			break
		}
		text = mask(text, found)
	}
	return text
}

// MaskNamed is Mask for the value of an argument, a header or a field: with a name of a credential, "ARGS:json.user.password", it is
// masked whatever it looks like.
func MaskNamed(name, value string) string {
	switch meaning(lastName(name)) {
	case saysPassword, saysPass:
		if isPlaceholder(value) {
			return value
		}
		return stars
	case saysSecret, saysAWSSecret, saysAzureKey, saysAuthorization:
		from := pastScheme(value, 0)
		if masked := Mask(value); masked != value || isPlaceholder(value[from:]) || strings.HasSuffix(value, stars) {
			return masked
		}
		return value[:from] + maskOne(Secret, value[from:])
	}
	return Mask(value)
}

// IsCredential reports whether a name is one of a password, a key or a token.
func IsCredential(name string) bool {
	says := meaning(lastName(name))
	return says != saysNothing && says != saysSignature
}

func lastName(name string) string { return name[strings.LastIndexAny(name, ":.")+1:] }

func mask(text string, found []Finding) string {
	var b strings.Builder
	b.Grow(len(text) + 3*len(found))
	end := 0
	for _, f := range found {
		b.WriteString(text[end:f.Start])
		b.WriteString(maskOne(f.Kind, text[f.Start:f.End]))
		end = f.End
	}
	b.WriteString(text[end:])
	return b.String()
}

// maskOne masks one finding. Between what is left of its beginning and its end there are four stars or more.
func maskOne(kind, text string) string {
	switch kind {
	case Card, CNBankCard:
		// The most that PCI DSS, 3.4.1 lets be shown.
		return starred(text, len(text)-len(afterDigits(text, min(6, countDigits(text)-8))), lastGroup(text))
	case IBAN:
		return starred(text, 4, lastGroup(text))
	case CNID, SSN, CNPassport:
		return starred(text, 0, 4)
	case CNMobile:
		return starred(text, len(text)-len(afterDigits(text, countDigits(text)-8)), 4)
	case Email:
		return maskEmail(text)
	case PrivateKey:
		return maskPrivateKey(text)
	case Password:
		return stars
	}
	if len(text) <= 8 {
		return stars
	}
	return text[:4] + stars + stars
}

// starred keeps so many bytes of both ends.
func starred(text string, head, tail int) string {
	return text[:head] + strings.Repeat("*", len(text)-head-tail) + text[len(text)-tail:]
}

func countDigits(text string) (n int) {
	for i := range len(text) {
		if isDigit(text[i]) {
			n++
		}
	}
	// Those of the escaped spaces between groups are none.
	return n - 2*strings.Count(text, "%20")
}

// afterDigits is what follows the first n digits.
func afterDigits(text string, n int) string {
	for i := 0; i < len(text); i++ {
		switch {
		case n == 0:
			return text[i:]
		case text[i] == '%':
			i += 2
		case isDigit(text[i]):
			n--
		}
	}
	return ""
}

// lastGroup is how long the last group of a number is, four at most: nothing separates what stays.
func lastGroup(text string) int {
	n := 0
	for n < 4 && isWord(text[len(text)-1-n]) {
		n++
	}
	return n
}

func maskEmail(text string) string {
	at := max(strings.LastIndexByte(text, '@'), strings.LastIndex(text, "%40"))
	head := ""
	if at >= 3 {
		head = text[:1]
	}
	return head + stars + text[at:]
}

// maskPrivateKey keeps the lines that say what it is.
func maskPrivateKey(text string) string {
	head := strings.Index(text[len(keyBegin):], "-----") + len(keyBegin) + len("-----")
	tail := len(text)
	if end := strings.LastIndex(text, keyEnd); end >= head {
		tail = end
	}
	return text[:head] + stars + text[tail:]
}
