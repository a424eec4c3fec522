package sensitive

import "strings"

// ibanLengths are the lengths of account numbers by country. Source: SWIFT, IBAN Registry (ISO 13616).
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28,
	"CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
	"FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
	"IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
	"LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28,
	"NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
	"SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26,
	"UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

// longestIBAN is that of ISO 13616: 34.
const longestIBAN = 34

// iban is the end of the account number at i, written in one piece or in groups of four; 0 without one.
func (s *scanner) iban(i int) int {
	text := s.text
	length := ibanLengths[strings.ToUpper(text[i:i+2])]
	if length == 0 {
		return 0
	}
	var number [longestIBAN]byte
	at, n := i, 0
	for n < length {
		if n > 0 && n%4 == 0 {
			if width := separator(text, at); width > 0 {
				at += width
			}
		}
		if at >= len(text) || !isDigit(text[at]) && !isLetter(text[at]) || !s.masking && !isDigit(text[at]) && !isUpper(text[at]) {
			return 0
		}
		number[n] = upper(text[at])
		n, at = n+1, at+1
	}
	if at < len(text) && isWord(text[at]) || !s.alone(i, at) || !VerifyIBAN(string(number[:n])) {
		return 0
	}
	return at
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 0x20
	}
	return c
}

// VerifyIBAN reports whether a text is an international bank account number, ISO 13616, in capital letters, with
// spaces or dashes or none: as long as its country has it, and with a remainder of 1 by ISO 7064, MOD 97-10.
func VerifyIBAN(number string) bool {
	if strings.IndexByte(number, ' ') >= 0 || strings.IndexByte(number, '-') >= 0 {
		number = only(number, func(c byte) bool { return c != ' ' && c != '-' })
	}
	if len(number) < 4 || len(number) != ibanLengths[number[:2]] {
		return false
	}
	rest := 0
	for i := range len(number) {
		switch c := number[(i+4)%len(number)]; {
		case isDigit(c):
			rest = (rest*10 + int(c-'0')) % 97
		case isUpper(c):
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}
