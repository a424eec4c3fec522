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
	return exampleKeys[value] || keyKinds[kind] && isMadeByHand(value)
}

// exampleKeys are those that services publish in their documentation, and those of emulators, which all copies share: Stripe,
// Azurite, Cosmos DB's emulator, GitHub, Telegram, SendGrid and Databricks.
var exampleKeys = map[string]bool{
	"sk_test_4eC39HqLyj" + "WDarjtT1zdp7dc": true, "sk_test_BQokikJOvBi" + "I2HlWgH4olfQ2": true,
	"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==": true,
	"C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==": true,
	"ghp_16C7e42F292c6912" + "E7710c838347Ae178B4a":                                            true, "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcK": true,
	"SG.ngeVfQFYQlKU0ufo8x5d1A." + "TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr": true, "dapi1234567890ab1cde" + "2f3ab456c7d89efa": true,
}

// keyKinds are the kinds of keys and tokens in whose place documentation puts words.
var keyKinds = func() map[string]bool {
	all := map[string]bool{}
	for _, group := range []string{"cloud-key", "service-token"} {
		for _, kind := range groups[group] {
			all[kind] = true
		}
	}
	return all
}()

// isMadeByHand reports whether a key was made by hand: it says so, or has one character again and again.
func isMadeByHand(value string) bool {
	const repeated = 8
	for i, n := 1, 1; i < len(value); i++ {
		if value[i] != value[i-1] {
			n = 0
		}
		if n++; n >= repeated {
			return true
		}
	}
	value = strings.ToLower(value)
	return strings.Contains(value, "example") || strings.Contains(value, "your-") || strings.Contains(value, "your_") || strings.Contains(value, "placeholder")
}
