// Package secrets has sensitive values of every kind for tests, none of them anybody's. They are put together from parts, so that
// who searches sources for lost keys finds none.
package secrets

import (
	"encoding/base64"
	"strings"
)

// Sample is a sensitive value in a text that says what it is.
type Sample struct {
	Kind  string
	Text  string // with the value in it
	Value string
}

// All are samples of every kind.
func All() []Sample {
	encode := base64.RawURLEncoding.EncodeToString
	var all []Sample
	for _, s := range []struct{ kind, before, value, behind string }{
		{"card", "card ", "4111111111111111", ""},
		{"card", "card ", "5105 1051 0510 5100", "."},
		{"cn-bank-card", "", "6222021234567890128", ""},
		{"iban", "", "GB82WEST12345698765432", ""},
		{"cn-id", "", "11010519491231002X", ""},
		{"cn-mobile", "tel ", "13812345678", ""},
		{"cn-passport", "passport ", "E12345678", ""},
		{"ssn", "", "219-09-9998", ""},
		{"email", "", "ann.lee@mail.example", ""},
		{"private-key", "", "-----BEGIN PRIVATE " + "KEY-----\n" + strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n", 20) + "-----END PRIVATE KEY-----", "\n"},
		{"aws-key", "", "AKIA" + "IOSFODNN7EXAMPLE", ""},
		{"aws-secret", "aws_secret_access_key = ", "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY", "\n"},
		{"gcp-key", "", "GOCSPX-" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8v", ""},
		{"google-api-key", "", "AIza" + "SyA1b2C3d4E5f6G7h8I9j0KlMnOpQrStUvW", ""},
		{"azure-key", "AccountKey=", strings.Repeat("Ab3/Xy9+", 10) + "Ab3/Xw==", ";x"},
		{"azure-sas", "sv=2024-01-01&sig=", strings.Repeat("Ab3x", 10) + "Ab3=", "&x"},
		{"github-token", "", "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a", ""},
		{"gitlab-token", "", "glpat-" + "Zx9yW8vU7tS6rQ5pO4nM", ""},
		{"slack-token", "", "xoxb-" + "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx", ""},
		{"stripe-key", "", "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", ""},
		{"jwt", "", encode([]byte(`{"alg":"HS256"}`)) + "." + encode([]byte(`{"sub":"1234567890"}`)) + ".SflKxwRJSMeKKF2QT4fwpM", ""},
		{"secret", "api_key=", "Zx9yW8vU7tS6rQ5pO4nM", ""},
		{"secret", "Authorization: Basic ", "YW5uOmh1bnRlcjI=", "\r\n"},
		{"password", "password=", "Hunter2-and-more", "&a=b"},
		{"password", "mysql://root:", "Hunter2-and-more", "@db.internal/x"},
	} {
		all = append(all, Sample{s.kind, s.before + s.value + s.behind, s.value})
	}
	return all
}
