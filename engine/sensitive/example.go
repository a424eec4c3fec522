package sensitive

import "strings"

// exampleCards are numbers of cards that issuers and payment services publish for tests: Visa, Mastercard, American Express and others in
// PayPal's, Stripe's and Adyen's documentation of test cards.
var exampleCards = map[string]bool{
	"4111111111111111": true, "4242424242424242": true, "4012888888881881": true, "4000056655665556": true, "4000000000000002": true,
	"4000000000000077": true, "4000002500003155": true, "4000002760003184": true, "4222222222222": true, "5555555555554444": true,
	"5105105105105100": true, "5200828282828210": true, "5454545454545454": true, "2223003122003222": true, "2223000048400011": true,
	"378282246310005": true, "371449635398431": true, "378734493671000": true, "6011111111111117": true, "6011000990139424": true,
	"6011000000000004": true, "3530111333300000": true, "3566002020360505": true, "30569309025904": true, "38520000023237": true,
	"36227206271667": true, "6200000000000005": true, "6205500000000000004": true,
}

// isExample reports whether a finding is one that documentation has for an example.
func isExample(kind, value string) bool {
	switch kind {
	case Card, CNBankCard:
		return exampleCards[only(value, isDigit)]
	case AWSKey:
		return strings.HasSuffix(value, "EXAMPLE")
	case AWSSecret:
		return strings.HasSuffix(value, "EXAMPLEKEY")
	}
	return false
}
