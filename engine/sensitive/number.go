package sensitive

import (
	"strings"
	"time"
)

// number looks at the digits at i, before which no word is. It returns where to go on.
func (s *scanner) number(i int) int {
	text := s.text
	if s.masking && mayBeToken(text[i:]) {
		if end := s.token(i); end > 0 {
			return end
		}
	}
	digits := digitsEnd(text, i)
	word := digits
	if digits < len(text) && isWord(text[digits]) {
		word = wordEnd(text, digits)
	}
	n := digits - i
	switch {
	case word-i == 18 && n >= 17 && s.alone(i, word) && VerifyCNID(text[i:word]):
		return s.add(CNID, i, word)
	case word-i == 9 && n == 8 && isSpanishDNI(text[i:word]) && s.alone(i, word) && (s.isNamed(i, spanishWords) || s.isNamed(i, anyPersonID)):
		return s.add(PersonID, i, word)
	case word != digits:
		return word
	case n == 9 && isSSN(text[i:digits]) && s.alone(i, digits) && s.isNamed(i, ssnWords):
		return s.add(SSN, i, digits)
	case n == 11 || n == 13 || n == 15:
		if isCNMobile(text[i:digits]) && s.aloneOrCountry(i, digits) {
			return s.add(CNMobile, i, digits)
		}
	case n == 3:
		if kind, end := s.groupsOfThree(i); end > 0 {
			return s.add(kind, i, end)
		}
	}
	if end := s.personNumber(i, n); end > 0 {
		return s.add(PersonID, i, end)
	}
	if n >= 8 && n <= 10 {
		if end := s.telegramToken(digits); end > 0 {
			return s.add(TelegramToken, i, end)
		}
	}
	if n >= leastCard && n <= mostCard && s.alone(i, digits) {
		if kind := cardKind(text[i:digits]); kind != "" && (isUsualLength(text[i:digits]) || s.mentions(i, cardWords)) {
			return s.add(kind, i, digits)
		}
	}
	if (n == 4 || n == 6) && s.cardSeparator(digits) > 0 {
		if kind, end := s.groupedCard(i); end > 0 {
			return s.add(kind, i, end)
		}
	}
	return word
}

// alone reports whether a number stands for itself: it is no part of a longer number, of a fraction, of an address,
// or of what was masked before.
func (s *scanner) alone(start, end int) bool {
	return s.freeBefore(start) && s.freeBehind(end)
}

func (s *scanner) freeBefore(start int) bool {
	if start >= 2 && start != s.edge {
		if c := s.text[start-1]; (c == '.' || c == '-') && isDigit(s.text[start-2]) {
			return false
		}
	}
	return !s.isMaskedBefore(start)
}

func (s *scanner) freeBehind(end int) bool {
	rest := s.text[end:]
	if rest == "" {
		return true
	}
	switch rest[0] {
	case '.', '-':
		return len(rest) < 2 || !isDigit(rest[1])
	case '@':
		return false
	case '%':
		return !strings.HasPrefix(rest, "%40")
	}
	return !strings.HasPrefix(rest, stars)
}

// isMaskedBefore reports whether a masked value ends right before i, or before a separator there.
func (s *scanner) isMaskedBefore(i int) bool {
	before := s.text[:i]
	switch {
	case strings.HasSuffix(before, "%20"):
		before = before[:i-3]
	case before != "" && (before[i-1] == ' ' || before[i-1] == '-' || before[i-1] == '+'):
		before = before[:i-1]
	}
	return strings.HasSuffix(before, stars)
}

// aloneOrCountry allows +86- before a number.
func (s *scanner) aloneOrCountry(start, end int) bool {
	if strings.HasSuffix(s.text[:start], "86-") && (start == 3 || !isDigit(s.text[start-4]) || strings.HasSuffix(s.text[:start], "0086-")) {
		return s.freeBehind(end)
	}
	return s.alone(start, end)
}

// separator is how long the one that may stand between groups of digits is: a space, also as it is written in a
// URL, or a dash. 0 for none.
func separator(text string, i int) int {
	switch {
	case i >= len(text):
		return 0
	case text[i] == ' ' || text[i] == '-' || text[i] == '+':
		return 1
	case strings.HasPrefix(text[i:], "%20"):
		return 3
	}
	return 0
}

// The length of a card's number, ISO/IEC 7812-1.
const (
	leastCard = 13
	mostCard  = 19
)

// shapes are the ways in which numbers of cards are printed, in digits. Others are lists of numbers.
var shapes = [][]int{
	{4, 4, 4, 4, 3}, {4, 4, 4, 4, 2}, {4, 4, 4, 4, 1}, {4, 4, 4, 4}, {4, 6, 5}, {4, 6, 4}, {4, 3, 3, 3}, {6, 13}, {6, 10},
}

// cardSeparator is separator, or a point, which masking knows, too: versions and addresses have no groups of four digits.
func (s *scanner) cardSeparator(i int) int {
	if s.masking && i < len(s.text) && s.text[i] == '.' {
		return 1
	}
	return separator(s.text, i)
}

// groupedCard finds a card's number with the same separator between its groups; end is 0 without one.
func (s *scanner) groupedCard(i int) (kind string, end int) {
	if !s.freeBefore(i) || s.isInList(i) {
		return "", 0
	}
	text := s.text
	for _, shape := range shapes {
		var number [mostCard]byte
		n, at, between := 0, i, ""
		for g, size := range shape {
			if g > 0 {
				width := s.cardSeparator(at)
				if width == 0 || g > 1 && text[at:at+width] != between {
					n = -1
					break
				}
				between = text[at : at+width]
				at += width
			}
			stop := at + size
			if run(text, at, size+1, isDigit) != stop {
				n = -1
				break
			}
			n += copy(number[n:], text[at:stop])
			at = stop
		}
		if n < 0 || at < len(text) && isWord(text[at]) || !s.freeBehind(at) {
			continue
		}
		if kind := cardKind(string(number[:n])); kind != "" {
			return kind, at
		}
	}
	return "", 0
}

// isInList reports whether four hexadecimal digits stand before a group: tables of numbers have many in a row.
func (s *scanner) isInList(i int) bool {
	start := i - 5
	if start < s.done || s.text[i-1] != ' ' || run(s.text, start, 4, isHex) != i-1 {
		return false
	}
	return start == 0 || !isWord(s.text[start-1])
}

// VerifyCard reports whether digits, with spaces or dashes between them or not, are the number of a payment
// card: of a known issuer, of a length that it gives out, and with the right check digit.
func VerifyCard(number string) bool {
	digits, ok := strip(number, mostCard)
	return ok && cardKind(digits) != ""
}

// VerifyCNBankCard is VerifyCard for cards of China UnionPay.
func VerifyCNBankCard(number string) bool {
	digits, ok := strip(number, mostCard)
	return ok && cardKind(digits) == CNBankCard
}

// strip takes out spaces and dashes; ok is false with anything else in it, or with more than most digits.
func strip(number string, most int) (digits string, ok bool) {
	var b strings.Builder
	for i := range len(number) {
		switch c := number[i]; {
		case isDigit(c):
			b.WriteByte(c)
		case c != ' ' && c != '-':
			return "", false
		}
	}
	return b.String(), b.Len() <= most
}

func cardKind(digits string) string {
	kind := issuer(digits)
	if kind == "" || !Luhn(digits) {
		return ""
	}
	return kind
}

// issuers are the ranges of first digits that card schemes have, and the lengths of their numbers. Sources: ISO/IEC 7812
// assigns the first digit; Visa's, Mastercard's, American Express's, Discover's, JCB's, UnionPay's and Mir's published
// ranges for merchants.
var issuers = []struct {
	first, last  string // of equal length
	least, most  int    // digits of the number
	usual, other int    // lengths that are in wide use; others are so rare that a number is more likely to be something else
	kind         string
}{
	{"4", "4", 13, 19, 16, 16, Card},         // Visa: 13, 16, 19
	{"51", "55", 16, 16, 16, 16, Card},       // Mastercard
	{"2221", "2720", 16, 16, 16, 16, Card},   // Mastercard
	{"34", "34", 15, 15, 15, 15, Card},       // American Express
	{"37", "37", 15, 15, 15, 15, Card},       // American Express
	{"6011", "6011", 16, 19, 16, 16, Card},   // Discover
	{"644", "659", 16, 19, 16, 16, Card},     // Discover, RuPay
	{"300", "305", 14, 19, 14, 16, Card},     // Diners Club
	{"3095", "3095", 14, 19, 14, 16, Card},   // Diners Club
	{"36", "36", 14, 19, 14, 14, Card},       // Diners Club
	{"38", "39", 14, 19, 14, 16, Card},       // Diners Club
	{"3528", "3589", 16, 19, 16, 16, Card},   // JCB
	{"2200", "2204", 16, 19, 16, 16, Card},   // Mir
	{"5018", "5018", 13, 19, 16, 16, Card},   // Maestro
	{"5020", "5020", 13, 19, 16, 16, Card},   // Maestro
	{"5038", "5038", 13, 19, 16, 16, Card},   // Maestro
	{"5893", "5893", 13, 19, 16, 16, Card},   // Maestro
	{"6304", "6304", 13, 19, 16, 16, Card},   // Maestro
	{"6759", "6763", 13, 19, 16, 16, Card},   // Maestro
	{"62", "62", 16, 19, 16, 19, CNBankCard}, // UnionPay
}

// issuer is the kind of card of which a number may be, "" without one.
func issuer(digits string) string {
	for i := range issuers {
		r := &issuers[i]
		if !inRange(digits, r.first, r.last) || len(digits) < r.least || len(digits) > r.most {
			continue
		}
		if r.first == "4" && len(digits) != 13 && len(digits) != 16 && len(digits) != 19 {
			continue
		}
		return r.kind
	}
	return ""
}

func inRange(digits, first, last string) bool {
	return len(digits) >= len(first) && digits[:len(first)] >= first && digits[:len(last)] <= last
}

// isUsualLength reports whether a card's number is as long as most of its issuer. One in ten numbers has the right
// check digit, so of the rare lengths many would be article numbers (EAN-13) or ids of 64 bits.
func isUsualLength(digits string) bool {
	for i := range issuers {
		if r := &issuers[i]; inRange(digits, r.first, r.last) {
			return len(digits) == r.usual || len(digits) == r.other
		}
	}
	return false
}

var cardWords = []string{"card", "pan\"", "pan=", "visa", "卡"}

// mentions reports whether one of some words, in lower case, stands shortly before i.
func (s *scanner) mentions(i int, words []string) bool {
	const near = 40
	before := strings.ToLower(s.text[max(0, i-near):i])
	for _, w := range words {
		if strings.Contains(before, w) {
			return true
		}
	}
	return false
}

// Luhn reports whether the last of some digits is the check digit of the others, ISO/IEC 7812-1, annex B. Numbers of zeros
// alone, of which that is true, are none.
func Luhn(digits string) bool {
	sum, zeros := 0, true
	for i := range len(digits) {
		c := digits[len(digits)-1-i]
		if !isDigit(c) {
			return false
		}
		d := int(c - '0')
		zeros = zeros && d == 0
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && !zeros
}

// VerifyCNID reports whether a text is the number of a Chinese resident identity card, GB 11643-1999: six digits of the
// place (GB/T 2260), eight of the day of birth, three that count, and a check character by ISO 7064, MOD 11-2.
func VerifyCNID(number string) bool {
	if len(number) != 18 || run(number, 0, 17, isDigit) != 17 {
		return false
	}
	sum := 0
	for i := range 17 {
		sum += int(number[i]-'0') * cnidWeights[i]
	}
	check := "10X98765432"[sum%11]
	if last := number[17]; last != check && (check != 'X' || last != 'x') {
		return false
	}
	return provinces[(number[0]-'0')*10+number[1]-'0'] && isBirthday(number[6:14])
}

// cnidWeights are 2 to the power of 17 down to 1, modulo 11.
var cnidWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

// provinces are the first two digits of GB/T 2260, with 83 for Taiwan's and 91 for foreigners' permanent residence.
var provinces = func() (all [100]bool) {
	for _, r := range [][2]int{{11, 15}, {21, 23}, {31, 37}, {41, 46}, {50, 54}, {61, 65}, {71, 71}, {81, 83}, {91, 91}} {
		for n := r[0]; n <= r[1]; n++ {
			all[n] = true
		}
	}
	return all
}()

// isBirthday: a day since 1900 that is past.
func isBirthday(digits string) bool {
	day, err := time.Parse("20060102", digits)
	return err == nil && day.Year() >= 1900 && day.Before(time.Now())
}

// VerifyCNMobile reports whether digits are a mobile number of mainland China, with 86 or 0086 before it or not: eleven
// digits that begin with a block of the numbering plan of the Ministry of Industry and Information Technology.
func VerifyCNMobile(number string) bool {
	digits, ok := strip(strings.TrimPrefix(number, "+"), 15)
	return ok && isCNMobile(digits)
}

func isCNMobile(digits string) bool {
	switch len(digits) {
	case 13:
		if digits[:2] != "86" {
			return false
		}
		digits = digits[2:]
	case 15:
		if digits[:4] != "0086" {
			return false
		}
		digits = digits[4:]
	case 11:
	default:
		return false
	}
	if digits[0] != '1' {
		return false
	}
	switch digits[1] {
	case '3', '5', '7', '8':
		return digits[:3] != "154" && digits[:3] != "179"
	case '4':
		return digits[2] >= '5'
	case '6':
		return strings.IndexByte("2567", digits[2]) >= 0
	case '9':
		return digits[2] != '4'
	}
	return false
}

// groupsOfThree finds numbers that begin with three digits and a separator: 078-05-1120, 138 1234 5678. end is 0 without one.
func (s *scanner) groupsOfThree(i int) (kind string, end int) {
	text := s.text
	width := idSeparator(text, i+3)
	if width == 0 || !s.aloneOrCountry(i, i) {
		return "", 0
	}
	between := text[i+3 : i+3+width]
	second := i + 3 + width
	n := digitsEnd(text[:min(len(text), second+5)], second) - second
	third := second + n + width
	if n != 2 && n != 4 || third > len(text) || text[second+n:third] != between {
		return "", 0
	}
	if digitsEnd(text[:min(len(text), third+5)], third) != third+4 {
		return "", 0
	}
	end = third + 4
	if end < len(text) && isWord(text[end]) || !s.freeBehind(end) {
		return "", 0
	}
	digits := text[i:i+3] + text[second:second+n] + text[third:end]
	switch {
	case n == 4 && between != "." && between != "/" && isCNMobile(digits):
		return CNMobile, end
	case n == 2 && isSSN(digits) && s.freeBefore(i) && (between == "-" || s.isNamed(i, ssnWords)):
		return SSN, end
	}
	return "", 0
}

var ssnWords = []string{"ssn", "social security"}

var spanishWords = []string{"dni", "nif", "documento", "número de identidad"}

// telegramToken is the end of what is behind the number of a bot, a colon and its token, 0 if it is none. Source: Telegram Bot
// API, "Authorizing your bot".
func (s *scanner) telegramToken(i int) int {
	switch rest := s.text[i:]; {
	case strings.HasPrefix(rest, ":"):
		i++
	case len(rest) > 3 && strings.EqualFold(rest[:3], "%3a"):
		i += 3
	default:
		return 0
	}
	end := run(s.text, i, 36, isBase64URL)
	if end-i != 35 || !strings.HasPrefix(s.text[i:], "AA") || !isVaried(s.text[i:end]) {
		return 0
	}
	return end
}

// VerifySSN reports whether a text is a US social security number, with dashes or spaces after the third and the fifth
// digit or none: no area 000, 666 or 900 to 999, no group 00, no serial 0000, and none of those that the Social Security
// Administration has withdrawn as they were in advertisements. Source: SSA, Social Security Number Randomization (2011).
func VerifySSN(number string) bool {
	if len(number) == 11 && number[3] == number[6] && (number[3] == '-' || number[3] == ' ') {
		number = number[:3] + number[4:6] + number[7:]
	}
	return isSSN(number)
}

func isSSN(digits string) bool {
	if len(digits) != 9 || run(digits, 0, 9, isDigit) != 9 {
		return false
	}
	area, group, serial := digits[:3], digits[3:5], digits[5:]
	switch {
	case area == "000", area == "666", area[0] == '9', group == "00", serial == "0000":
		return false
	case digits == "078051120", digits == "219099999", digits == "123456789":
		return false
	}
	return true
}
