package sensitive

import (
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Examples that look like the real thing are put together here, so that nobody who searches this file
// for lost keys finds one.
var (
	awsID       = "AKIA" + "IOSFODNN7EXAMPLE"
	awsSecret   = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
	googleKey   = "AIza" + "SyA1b2C3d4E5f6G7h8I9j0KlMnOpQrStUvW"
	googleOAuth = "GOCSPX-" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8v"
	azureKey    = strings.Repeat("Ab3/Xy9+", 10) + "Ab3/Xw=="
	azureAAD    = "Zk7" + "8Q~" + "aBcDeFgHiJkLmNoPqRsTuVwXyZ012345.-"
	gitHub      = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
	gitHubFine  = "github_pat_" + strings.Repeat("11ABCDEFG0", 8) + "_x"
	gitLab      = "glpat-" + "Zx9yW8vU7tS6rQ5pO4nM"
	slack       = "xoxb-" + "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"
	stripe      = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
	jwt         = encode(`{"alg":"HS256","typ":"JWT"}`) + "." + encode(`{"sub":"1234567890","name":"Ann"}`) + ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
	jwtNone     = encode(`{"alg":"none"}`) + "." + encode(`{"sub":"1"}`) + "."
	rsaKey      = "-----BEGIN RSA PRIVATE " + "KEY-----\n" + strings.Repeat("MIIEpAIBAAKCAQEA0Zx9yW8vU7tS6rQ5pO4nMlKjIhGfEdCbAz1234567890+/ab\n", 12) + "-----END RSA PRIVATE KEY-----"
)

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// each is one text of each kind: what stands around it, and what is found.
var each = []struct{ kind, before, value, behind string }{
	{Card, "", "4111111111111111", ""},
	{Card, `{"card":"`, "4111 1111 1111 1111", `"}`},
	{Card, "pay ", "5105-1051-0510-5100", " now"},
	{Card, "n=", "4111+1111+1111+1111", "&x=1"},
	{Card, "n=", "4111%201111%201111%201111", "&x=1"},
	{Card, "card%3D", "4111111111111111", "%26x"},
	{Card, `a\n`, "4111111111111111", `\n`},
	{Card, "Amex ", "378282246310005", "."},
	{Card, "Amex ", "3782 822463 10005", ","},
	{Card, "", "2223000000000007", " "},
	{Card, "", "6011000990139424", ";"},
	{Card, "", "30569309025904", "\n"},
	{Card, "", "3530111333300000", "\t"},
	{Card, "card number ", "4000000000006", ""},
	{Card, "卡号", "4111111111111111", "，"},
	{Card, "12 ", "4111 1111 1111 1111", " 1226"},
	{CNBankCard, "", "6222021234567890128", ""},
	{CNBankCard, "银行卡：", "6217 0012 3456 7893", "。"},
	{CNBankCard, "", "622202 1234567890128", ""},
	{IBAN, "", "GB82WEST12345698765432", ""},
	{IBAN, "to ", "DE89 3704 0044 0532 0130 00", " please"},
	{IBAN, `"`, "FR1420041010050500013M02606", `"`},
	{IBAN, "", "NO9386011117947", ","},
	{CNID, "", "11010519491231002X", ""},
	{CNID, "身份证号", "440306198502141018", "，"},
	{CNID, "id=", "11010519491231002x", "&"},
	{CNMobile, "", "13812345678", ""},
	{CNMobile, "tel:", "+86-13812345678"[4:], ""},
	{CNMobile, "+86 ", "138 1234 5678", " "},
	{CNMobile, "", "8613812345678", ","},
	{CNMobile, "", "199-1234-5678", "\n"},
	{CNPassport, "passport: ", "E12345678", ""},
	{CNPassport, "护照号码", "EA1234567", "。"},
	{SSN, "", "219-09-9998", ""},
	{SSN, "SSN ", "219 09 9998", "."},
	{Email, "", "ann@mail.example", ""},
	{Email, "<", "Ann.Lee+x@shop.co.uk", ">"},
	{Email, "q=", "ann%40mail.example", "&"},
	{Email, "to ", "13812345678@139.com", "."},
	{PrivateKey, "x ", rsaKey, "\n"},
	{PrivateKey, `"`, strings.ReplaceAll(rsaKey, "\n", `\n`), `"`},
	{PrivateKey, "", rsaKey[:400], ""},
	{AWSKey, "id=", awsID, "\n"},
	{AWSSecret, "aws_secret_access_key = ", awsSecret, "\n"},
	{AWSSecret, `"SecretAccessKey":"`, awsSecret, `"`},
	{GoogleAPI, "key=", googleKey, "&"},
	{GCPKey, `"client_secret":"`, googleOAuth, `"`},
	{AzureKey, "AccountName=a;AccountKey=", azureKey, ";EndpointSuffix=x"},
	{AzureSAS, "?sv=2024-01-01&sig=", "Ab3%2FXy9%2B" + strings.Repeat("Ab3x", 8) + "Ab3%3D", "&se=x"},
	{AzureKey, "secret: ", azureAAD, ""},
	{GitHubToken, "token ", gitHub, ""},
	{GitHubToken, "", gitHubFine, ""},
	{GitLabToken, "PRIVATE-TOKEN: ", gitLab, "\r\n"},
	{SlackToken, "", slack, ""},
	{StripeKey, "", stripe, ""},
	{JWT, "Authorization: Bearer ", jwt, "\r\n"},
	{JWT, `"access_token":"`, jwt, `"`},
	{JWT, "", jwtNone, " "},
	{Secret, "api_key=", "Zx9yW8vU7tS6rQ5pO4nM", "&"},
	{Secret, `"apiKey" : "`, "Zx9yW8vU7tS6rQ5pO4nM", `"`},
	{Secret, "Authorization: Basic ", "YW5uOmh1bnRlcjI=", "\r\n"},
	{Secret, "X-Api-Key: ", "Zx9yW8vU7tS6rQ5pO4nM", "\r\n"},
	{Password, "?user=ann&password=", "hunter2", "&x=1"},
	{Password, `{"password":"`, `a \" b`, `"}`},
	{Password, `{\"password\":\"`, "hunter2", `\"}`},
	{Password, "%22password%22%3A%22", "hunter2", "%22"},
	{Password, "DB_PASSWORD='", "hun ter2", "'"},
	{Password, "postgres://ann:", "hunter2", "@db.internal:5432/x"},
	{Password, "pass=", "hunter2", ";"},
	{SSN, `{"ssn":"`, "471201134", `"}`},
	{SSN, "SSN ", "471201134", ""},
	{SSN, "social security number ", "471.20.1134", ""},
	{OpenAIKey, "key: ", "sk-proj-" + random(60), "\n"},
	{OpenAIKey, "", "sk-" + random(20) + "T3BlbkFJ" + random(20), " "},
	{AnthropicKey, "", "sk-ant-api03-" + random(90) + "AA", `"`},
	{HuggingFaceToken, "token=", "hf_" + strings.Repeat("QwErTyUiOp", 4)[:34], "&"},
	{NPMToken, "_authToken=", "npm_" + random(36), "\n"},
	{PyPIToken, "", "pypi-AgEIcHlwaS5vcmc" + random(100), ""},
	{SendGridKey, "", "SG." + random(22) + "." + random(43), ";"},
	{VaultToken, "X-Vault-Token: ", "hvs." + random(90), "\r\n"},
	{DigitalOceanToken, "", "dop_v1_" + strings.Repeat("0123456789abcdef", 4), ""},
	{DockerToken, "", "dckr_pat_" + random(27), ""},
	{DatabricksToken, "", "dapi" + "0f1e2d3c4b5a69788796a5b4c3d2e1f0", ""},
	{ShopifyToken, "", "shpat_" + "0f1e2d3c4b5a69788796a5b4c3d2e1f0", ""},
	{TelegramToken, "bot ", "123456789:AA" + random(33), ""},
	{WebHook, "https://", "hooks.slack.com/services/T" + "0ABCDEFGH/B0ABCDEFGH/" + random(24), `"`},
	{AlibabaKey, "", "LTAI" + "5tQ7wE9rT1yU3iO5pA7s", ""},
	{EncodedKey, "client-key-data: ", base64.StdEncoding.EncodeToString([]byte("-----BEGIN RSA PRIVATE " + "KEY-----\n" + random(200)))[:240], "\n"},
	{PuTTYKey, "Comment: a\n", "Private-Lines: 2\n" + random(64) + "\n" + random(40) + "\n", "Private-MAC: 0"},
	{AgeKey, "", "AGE-SECRET-KEY-1" + strings.ToUpper(random(58)), "\n"},
	{PasswordHash, "root:", "$6$saltsalt$" + random(86), ":19000:0:99999:7:::"},
	{PasswordHash, "root:", "$y$j9T$saltsalt$" + random(43), ":19000:"},
	{PasswordHash, `"hash":"`, "$2b$12$" + random(53), `"`},
	{PersonID, "", "RSSMRA80A01H501U", ""},
}

// random is a text that looks so.
func random(n int) string {
	return strings.Repeat("Zx9yW8vU7tS6rQ5pO4nMlK3jI2hG1fE0dC", n/34+1)[:n]
}

// texts are what the cases make together with what is around them.
func texts() (all []string) {
	for _, c := range each {
		all = append(all, c.before+c.value+c.behind)
	}
	return all
}

func TestFind(t *testing.T) {
	for _, c := range each {
		t.Run(c.kind, func(t *testing.T) {
			text := c.before + c.value + c.behind
			want := []Finding{{c.kind, len(c.before), len(c.before) + len(c.value)}}
			if got := Find(text); !slices.Equal(got, want) {
				t.Errorf("%q: found %v, want %v", text, got, want)
			}
			if k := kindIndex(c.kind); k < 0 {
				t.Error("rules can't ask for it")
			} else if list := literals[c.kind]; list != nil && !slices.ContainsFunc(list, func(l string) bool { return strings.Contains(strings.ToLower(text), l) }) {
				t.Errorf("%q has none of the texts that it must have", text)
			}
		})
	}
}

func TestNearMisses(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"wrong check digit", "4111111111111112"},
		{"no issuer", "1111111111111117"},
		{"length that the issuer does not have", "411111111111116"},
		{"article number (EAN-13) with the check digit of a card", "4000000000006"},
		{"64-bit id with the check digit of a card", "4611686018427387904 4611686018427387903 4611686018427387901"},
		{"part of a longer number", "41111111111111110000"},
		{"part of a longer word", "x4111111111111111 4111111111111111_a"},
		{"fraction", "0.4111111111111111 3.13812345678"},
		{"groups that no card has", "41 11 11 11 11 11 11 11"},
		{"environment", "PWD=/root OLDPWD=/"},
		{"table of code points", "5538 552E 555C 552C 5052 5058 5074 5096 5098 509A"},
		{"list of numbers", "1000 2000 3000 4000 5000"},
		{"UUID of digits", "41111111-1111-4111-8111-111111111111 12345678-4111-1111-1111-111122223333"},
		{"UUID", "550e8400-e29b-41d4-a716-446655440000"},
		{"order numbers", "ORD-2024-000123456 SO4000123456789 1234567890123456"},
		{"times", "1717053408 1717053408123 1717053408123456 1717053408123456789 20240530 20240530121212"},
		{"hash", "d41d8cd98f00b204e9800998ecf8427e e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"commit", "commit 5815877b511379c77049d897fc74e545297f9ac29 index 1234567..89abcde"},
		{"trace", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
		{"versions", "v1.2.3-4 10.0.19045.3803 Chrome/126.0.6478.127"},
		{"addresses", "192.168.100.200:4111 2001:db8::4111:1111 00:1b:44:11:3a:b7"},
		{"prices", "1,299.00 4111.11 EUR 13812.345678 $411,111,111"},
		{"foreign telephone numbers", "+49 30 1234567 +1 555-123-4567 (0)30 1234567"},
		{"mobile number of no block", "12012345678 10012345678 14012345678"},
		{"ids like telephone numbers", "x13812345678 138123456789 1381234567"},
		{"resident id of no place", "990105194912310026"},
		{"resident id of no day", "110105194913310025"},
		{"resident id of the future", "110105209912310024"},
		{"resident id with a wrong check character", "110105194912310021"},
		{"IBAN with a wrong check", "GB82WEST12345698765433"},
		{"IBAN of no country", "ZZ82WEST12345698765432"},
		{"IBAN in a longer word", "GB82WEST12345698765432X"},
		{"SSN of no area", "000-12-3456 666-12-3456 900-12-3456"},
		{"SSN of no group or serial", "219-00-9998 219-09-0000"},
		{"SSN from an advertisement", "078-05-1120"},
		{"SSN in a longer number", "1219-09-9998 219-09-99981 12-219-09-9998"},
		{"numbers like an SSN", "219 09 9998 219.09.9998 219099998"},
		{"passport without a word", "E12345678"},
		{"not a passport's number", "passport EI1234567 passport E1234567"},
		{"image for good screens", "logo@2x.png sprite@3x.svg"},
		{"package", "npm i core@1.2.3 @babel/core react@latest"},
		{"host without a domain", "ssh root@db1 git@github.com:a/b.git"},
		{"decorator", "@Override @media"},
		{"public key", "-----BEGIN PUBLIC KEY-----\n" + strings.Repeat("MIIBIjANBgkq", 20) + "\n-----END PUBLIC KEY-----"},
		{"certificate", "-----BEGIN CERTIFICATE-----\n" + strings.Repeat("MIIBIjANBgkq", 20) + "\n-----END CERTIFICATE-----"},
		{"private key in documentation", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"},
		{"AWS account", "arn:aws:iam::123456789012:user/x AROAIOSFODNN7EXAMPLE"},
		{"id of a key in a signed URL", "X-Amz-Credential=" + awsID + "%2F20260302 AWSAccessKeyId=" + awsID},
		{"prefix alone", "AKIA ghp_ glpat- sk_live_ xoxb- AIza eyJ"},
		{"token of an example", "ghp_" + strings.Repeat("x", 36)},
		{"longer than a key", awsID + "A"},
		{"40 characters without a name", awsSecret},
		{"dotted words", "eyJ.eyJ.eyJ eyJabc.def.ghi"},
		{"base64 of JSON that is no token", encode(`{"a":"b"}`) + "." + encode(`{"c":1}`) + ".abc"},
		{"names without values", "password= password&token= api_key="},
		{"forms", `<input type="password" name="password" id="password">`},
		{"prose", "Password: must have eight characters. The password is wrong. secret: none"},
		{"code", "if (password == other) password = readLine()"},
		{"placeholders", `password=$PASSWORD "password":"string" password=null password=******** api_key={{API_KEY_1234567890}}`},
		{"tests", "pass=12 fail=0"},
		{"token against forgery", "_token=Zx9yW8vU7tS6rQ5pO4nM csrf_token=Zx9yW8vU7tS6rQ5pO4nM"},
		{"token of a page", "page_token=Zx9yW8vU7tS6rQ5pO4nM nextPageToken=Zx9yW8vU7tS6rQ5pO4nM"},
		{"word behind a name", "secret=squirrel token=abc apikey=none"},
		{"keys by their prefix alone", "sk-learn sk-0123456789012345678901234567890123456789012345ab npm_config_registry hf_hub SG.1 hvs.a dapi v1 LTAI age-secret-key-1 pypi-server"},
		{"hashes that are cut", "$2b$12$R9h/cIPz0gi.URNNX3kh2O $6$salt$abc $1$ $100$5$"},
		{"prices", "$5$ off, $6$ more"},
		{"nine digits without a name", `{"id":"471201134"} missing 471201134 lesson 471201134`},
		{"URL with a port", "http://host:8080/a:b@c https://a.example/x@y"},
	} {
		if got := Find(c.text); len(got) > 0 {
			t.Errorf("%s: %s %q in %q", c.name, got[0].Kind, c.text[got[0].Start:got[0].End], c.text)
		}
	}
}

func TestMask(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"4111111111111111", "411111******1111"},
		{"a 4111 1111 1111 1111 b", "a 4111 11********1111 b"},
		{"3782 822463 10005", "3782 82******0005"},
		{"card 4000000000006", "card 40000****0006"},
		{"4111%201111%201111%201111", "4111%2011************1111"},
		{"GB82WEST12345698765432", "GB82**************5432"},
		{"11010519491231002X", "**************002X"},
		{"13812345678 +86 138 1234 5678", "138****5678 +86 138******5678"},
		{"219-09-9998", "*******9998"},
		{"passport E12345678", "passport *****5678"},
		{"ann@mail.example", "a****@mail.example"},
		{"q=ann%40mail.example", "q=a****%40mail.example"},
		{gitHub, "ghp_********"},
		{jwt, "eyJh********"},
		{"?password=hunter2&a=b", "?password=****&a=b"},
		{"Authorization: Basic YW5uOmh1bnRlcjI=\r\n", "Authorization: Basic ****\r\n"},
		{"postgres://ann:hunter2@db.internal/x", "postgres://ann:****@db.internal/x"},
		{rsaKey, "-----BEGIN RSA PRIVATE KEY-----****-----END RSA PRIVATE KEY-----"},
		{"4111111111111111,5105105105105100", "411111******1111,510510******5100"},
		{"4242 4242 4242 4242 4242 4242 4242 4242", "4242 42********4242 4242 42********4242"},
		{"nothing", "nothing"},
	} {
		if got := Mask(c.text); got != c.want {
			t.Errorf("%q is masked as %q, want %q", c.text, got, c.want)
		}
	}
	for _, c := range each {
		text := c.before + c.value + c.behind
		checkMask(t, text)
		if masked := Mask(text); strings.Contains(masked, c.value) || !strings.HasPrefix(masked, c.before) || !strings.HasSuffix(masked, c.behind) {
			t.Errorf("%q is masked as %q", text, masked)
		}
	}
}

// Tokens that no rule asks for are masked by what they begin with, of any service.
func TestMaskOfServices(t *testing.T) {
	const (
		mixed = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"
		hex   = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	)
	for _, parts := range [][2]string{
		{"sb_secret_", mixed[:22] + "_" + mixed[:8]}, {"HRKU-", "AA" + mixed + mixed[:26]}, {"oy2", "b3kibtktkasyml65twksv35szfwjguv3fdxl2z3xnhz"[:43]}, {"ATBB", mixed},
		{"shippo_live_", hex + hex[:8]}, {"sl.", "B" + strings.Repeat(mixed, 4)}, {"SWMTKN-1-", "jgbda2n1h8jdhpo71hvvbitra2llz7i6qr6eqm9z9a1b2c3d4e-jgbda2n1h8jdhpo71hvvbitra"},
		{"v4.local.", mixed + mixed}, {"v2.public.", mixed + mixed}, {"MDAxY2xvY2F0aW9uIHB5cGkub3Jn", mixed + mixed}, {"tfp_", mixed + mixed[:27]}, {"CFPAT-", mixed + mixed[:11]},
		{"rdme_", strings.ToLower(mixed + mixed + mixed[:6])}, {"FLWSECK-", hex + "-X"}, {"sk-or-v1-", hex + hex}, {"sk-", hex}, {"v1.0-", hex[:24] + "-" + strings.Repeat(hex, 4) + hex[:18]},
		{"cmVmdGtuOj", "AxOjE3" + mixed + mixed[:16]}, {"sgp_", hex[:16] + "_" + hex + hex[:8]}, {"CCIPAT_", mixed[:22] + "_" + hex + hex[:8]}, {"sk.eyJ", mixed + mixed[:20] + "." + mixed[:22]},
		{"AKID", mixed}, {"AKLT", mixed + mixed[:12]}, {"ABSK", strings.Repeat(mixed, 4)}, {"ico-", mixed}, {"lsv2_pt_", hex + "_" + hex[:10]}, {"phx_", mixed + mixed[:11]},
		{"re_", mixed[:8] + "_" + mixed[:24]}, {"s-s4t2ud-", hex + hex}, {"AQVN", mixed + mixed[:4]}, {"K10", hex + hex + "::server:" + hex}, {"hooks.zapier.com/hooks/catch/", "1234567/aB3dE5f"},
		{"webhook.office.com/webhookb2/", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0@0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/IncomingWebhook/" + hex + "/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"},
		{"EAAAE", mixed + mixed[:27]}, {"1//0", mixed + mixed}, {"1/", "1234567890123456:" + hex},
		// of a service that nobody here knows
		{"newservice_live_", mixed + "Ab12"}, {"acme_", mixed + mixed},
	} {
		value := parts[0] + parts[1]
		for _, text := range []string{"use " + value + " now", "q=" + value + "&z=1", `{"note":"` + value + `"}`, "q=" + strings.ReplaceAll(value, "/", "%2F") + "&z=1"} {
			masked := Mask(text)
			if tail := parts[1][len(parts[1])-6:]; strings.Contains(masked, tail) {
				t.Errorf("%q is masked as %q", text, masked)
			}
			if len(Find(text)) > 0 {
				t.Errorf("%q is a finding of rules", text)
			}
		}
	}
	for _, text := range []string{
		"/assets/app_0f1e2d3c4b5a69788796a5b4c3d2e1f0.js", "build_" + hex + hex, "img_3f2b8c9a-1b2c-4d5e-8f90-123456789abc", "utm_campaign=SummerSale2026ForAllOfOurBestCustomers",
		"SELECT very_long_name_of_a_column_that_has_no_digit FROM t", "get_User2ByEmailAddressAndPassword3", "sha256_" + strings.ToUpper(hex), "1/1200000000000000/f 1/2 1//2", "fr_FR_UTF8_very_long_locale_name_0123456789",
		"pod_cart-6d4cf56db6-x2x9z_7f0a1b2c-0000-11ee-8001-0242ac110002", "report_2026-11-29_FinalVersionForTheBoard2.pdf",
	} {
		if got := Mask(text); got != text {
			t.Errorf("%q is masked as %q", text, got)
		}
	}
}

func TestMaskNamed(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"ARGS:password", "hunter2", "****"},
		{"ARGS_GET:user_pwd", "a b=c&d", "****"},
		{"REQUEST_HEADERS:Authorization", "Basic YW5uOmh1bnRlcjI=", "Basic ****"},
		{"ARGS:api_key", "short", "****"},
		{"ARGS:access_token", jwt, "eyJh********"},
		{"ARGS:q", "hunter2", "hunter2"},
		{"ARGS:q", "4111111111111111", "411111******1111"},
		{"ARGS:password", "", ""},
	} {
		got := MaskNamed(c.name, c.value)
		if got != c.want || MaskNamed(c.name, got) != got {
			t.Errorf("%s %q is masked as %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

func TestMasker(t *testing.T) {
	m := NewMasker("/?password=Hunter22&pwd=abc", "Authorization: Bearer "+jwt, `{"passwords": [ "Winter-23", {"other key": "Summer-24"} ]}`)
	for _, c := range []struct{ name, text, want string }{
		{"", strings.ToLower(jwt), "eyJh********"},
		{"", "x hunter22 HUNTER22", "x **** ****"},
		{"ARGS:q (json)", "Winter-23", "****"}, // of a list
		{"ARGS:q (json)", "summer-24", "****"},
		{"ARGS:q (json)", "other key", "other key"},
		{"", "abc", "abc"}, // too short to be told from a word
		{"ARGS:pwd", "abc", "****"},
		{"ARGS:json.token", "Zx9yW8vU", "****"},
		{"ARGS:q", "4111111111111111", "411111******1111"},
		{"ARGS:q", "nothing", "nothing"},
	} {
		if got := m.MaskNamed(c.name, c.text); got != c.want {
			t.Errorf("%s %q is masked as %q, want %q", c.name, c.text, got, c.want)
		}
	}
	if !IsCredential("ARGS:json.0.token") || IsCredential("ARGS:tokens") || IsCredential("ARGS:sig") {
		t.Error("names of credentials are told wrongly")
	}
}

// checkMask checks what holds for all texts.
func checkMask(t *testing.T, text string) {
	t.Helper()
	a := analyse(text)
	for _, of := range []struct {
		text  string
		found []Finding
	}{{text, Find(text)}, {a.text, a.found}} {
		end := 0
		for _, f := range of.found {
			if f.Start < end || f.End <= f.Start || f.End > len(of.text) {
				t.Fatalf("%q: findings %v overlap or are out of order", text, of.found)
			}
			end = f.End
		}
	}
	masked := Mask(text)
	if again := Mask(masked); again != masked {
		t.Fatalf("%q is masked as %q, and again as %q", text, masked, again)
	}
	if !a.isSensitive(nil) && masked != text {
		t.Fatalf("%q has nothing in it and is masked as %q", text, masked)
	}
	if len(masked) > 2*len(text) {
		t.Fatalf("%q grows to %q", text, masked)
	}
	for _, f := range analyse(masked).found {
		switch f.Kind {
		case Card, CNBankCard, IBAN, CNID, SSN, CNMobile, Email:
			t.Fatalf("%q is masked as %q, with a %s in it", text, masked, f.Kind)
		}
	}
	if utf8.ValidString(text) && !utf8.ValidString(masked) {
		t.Fatalf("%q is masked as %q, which is no UTF-8", text, masked)
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range texts() {
		f.Add(s)
	}
	f.Add("4242 4242 4242 4242 4242 4242 4242 4242 4242 4242 4242 4242 4242 4242")
	f.Fuzz(checkMask)
}

// The same on texts that are put together from pieces of each kind, which a fuzzer takes long to come upon.
func TestMaskOfMixtures(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := append(texts(), "****", "*", " ", "-", "4242 ", "1381", "@", "=", ":", "\"", "password=", "eyJ", "%20", "\\", ".", "+", "://", "key=a8f5f167f44f4964e6c998dee827110c", "value=", "<key>", "</")
	n := 60_000
	if testing.Short() {
		n = 5000
	}
	for range n {
		var b strings.Builder
		for range 1 + r.IntN(5) {
			p := pieces[r.IntN(len(pieces))]
			if r.IntN(3) == 0 { // a part of it
				p = p[r.IntN(len(p)):]
			}
			b.WriteString(p)
		}
		checkMask(t, strings.ToValidUTF8(b.String(), ""))
	}
}

func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name   string
		verify func(string) bool
		yes    []string
		no     []string
	}{
		{"card", VerifyCard, []string{"4111 1111 1111 1111", "378282246310005", "6222021234567890128"}, []string{"", "4111", "4111111111111112", "4111x1111111111111", "0000000000000000"}},
		{"UnionPay", VerifyCNBankCard, []string{"6222021234567890128"}, []string{"4111111111111111"}},
		{"IBAN", VerifyIBAN, []string{"GB82 WEST 1234 5698 7654 32", "MT84MALT011000012345MTLCAST001S"}, []string{"", "GB8", "GB82 WEST 1234 5698 7654 3", "gb82west12345698765432"}},
		{"resident id", VerifyCNID, []string{"11010519491231002X", "11010519491231002x", "440306198502141018"}, []string{"", "11010519491231002", "110105194912310020", "00010519491231002X"}},
		{"mobile", VerifyCNMobile, []string{"13812345678", "+86 138 1234 5678", "0086-13812345678", "19912345678"}, []string{"", "12812345678", "8713812345678", "1381234567"}},
		{"SSN", VerifySSN, []string{"219-09-9998", "219 09 9998", "219099998"}, []string{"", "219-09 9998", "21-909-9998", "666-09-9998"}},
		{"passport", VerifyCNPassport, []string{"E12345678", "EA1234567", "G12345678"}, []string{"", "A12345678", "EI1234567", "e12345678"}},
		{"JWT", VerifyJWT, []string{jwt, jwtNone}, []string{"", "eyJ", jwt + " ", "x" + jwt, encode(`{"alg":""}`) + ".a.b"}},
		{"e-mail", VerifyEmail, []string{"a@b.co", "a@xn--bcher-kva.xn--p1ai"}, []string{"", "a", "@b.co", "a@b", "a@.co", "a@b..co", "a b@c.de", "a@-b.co"}},
	} {
		for _, s := range c.yes {
			if !c.verify(s) {
				t.Errorf("%s: %q is refused", c.name, s)
			}
		}
		for _, s := range c.no {
			if c.verify(s) {
				t.Errorf("%s: %q is taken", c.name, s)
			}
		}
	}
}

func BenchmarkFindNothing(b *testing.B) {
	text := strings.Repeat(`{"id":10042,"name":"running shoes","price":"89.90","stock":17,"updated":"2026-03-02T09:00:00Z","image":"/i/10042.webp"},`, 84)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if len(Find(text)) > 0 {
			b.Fatal("found something")
		}
	}
}

// Counting is what an operator does with a value that it has not seen.
func BenchmarkCountNothing(b *testing.B) {
	text := strings.Repeat(`{"id":10042,"name":"running shoes","price":"89.90","stock":17,"updated":"2026-03-02T09:00:00Z","image":"/i/10042.webp"},`, 84)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if count(text) != &nothing {
			b.Fatal("found something")
		}
	}
}
