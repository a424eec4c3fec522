package sensitive

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/cpu"
)

// hostile are texts that, repeated, are what a recogniser likes best or nearly likes.
var hostile = []string{
	// numbers, tokens and keys
	"4242 ", "4242424242424242", "1", "13812345678 ", "123 45 6788 ", "a@", "@", "a", "a.b@c.", ":a@", "://a:b", "eyJ.", "eyJ-", "eyJhbGciOiJub25lIn0.", "eyJhbGciOiJub25lIn0.a.",
	"-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----AAAA", "-----BEGIN+PRIVATE+KEY-----A-----END ", "-----BEGIN PRIVATE KEY-----A-----END ", "-", "-----END ",
	"GB82", "GB82 ", "E12345678 ", "8Q~", "~", "DE89370400440532013000 ", "ann@mail.example ", "4111111111111111,", "ghp_", "AKIA", "xoxb-", "ya29.", "glpat-xoxb-",
	// escapes
	"%", "%20", "\\", "\\u0041", "%25", "%2525252525", "&amp;amp;", "&amp;", "&#x26;", "&aaaaaaaaa;", ";", "\\\\", "\\\"", "%5C%22", "\\ud83d\\ude00", "%u0041", "ann%40mail.example%20",
	// values and their names
	"password=", "password:\"", "api_key=", "x-api-key: a1", "token='", "sig=", "&sv=&sig=a", "Authorization: ", "authorization:authorization:", "x authorization: digest a=b ", "Digest a=\"",
	"sid=../", "sid=a ", "sid=/a", "sid=abcd********", "code=", "code=1", "code=a1b2c3d4e5f6g7h8 ", "code='", "password=x&", "password=****&", "password=${", "pass=1 ", "pin=;a", "pin=a;a;a;a;", "pin:a\n",
	"\"password\":[", "\"password\":{\"a\":", "\"session\":[\"", "a[b][c]", "[", "]", "[[[[[[[[[[[[[[[[[[[[=", "a.b.c.d.e.f.g.h=", "wordpress_logged_in_=/ ", "é=", "_",
	"name=\"pin\"", "name=pin value=", "name=\"pin\">", "form-data; name=\"pin\"\n\n", "form-data; name=\"sid\"\n\n/", "{\"name\":\"pin\",\"value\":${",
	"<password>", "<password>a</password>", "<sid>/", "<sid><a>", "<sid><![CDATA[/", "<password a='", "<pin ", "<pin/>", "<a>", "/token/", "/token/a1", "/token/a1b2c3d4e5f6g7h8i9", "http://a:b@", "http://a:%40", "%3A%2F%2F",
	"\"value\":\"a\",\"name\":\"pin\",", "value=a name=pin ", "value='a' name='pin' ", "[[\"pin\",\"", "f(\"pin\",'a',", "f( 'pin' , 'a' );", "f(                'pin',                ", "authentication: basic ", "authentication=a-b-c ", "s:3:\"pin\";s:1:\"", "a:5432:a:b:", "oracle:a/b@", "a:b@tcp(", "<td>pin</td><td>a</td></tr>",
	"<td>pin</td> <td>a</td> ", "pin: a\n ", "pin:\n pin:\n  ", "\"kty\":\"d\":\"", "kind: Secret\ndata:\n a", "2|1:0|10:=", "=s:aaaaaaaa.", "$pin: a ",
	// commands and statements
	"mysql -pa ", "mysql ", "curl -u a:b ", "curl -sku \"", "--password a ", "--password --password ", "net user a b ", "net use ", "net \\a ", "echo a|sudo -S ", "echo a ", "echo 'a|", "htpasswd -b a ", "psexec.py a:b@c ",
	"machine password ", "config set pin a ", "docker login -p a ", "docker ", "openrowset(", "openrowset('a',", "aes_decrypt(a,'b", "identified by ", "identified by 'a' ", "identified ", "password 'a' ", "password (", "password is 1",
	"insert into a(pin)values('", "insert into a(pin,b)values('a','b'),", "into ", "into a(", "AUTH a\n", "AUTH a\\n", "PASS ", "insert into a(pin) values('b') ", "net use /", "\nPASS a", "curl${IFS}", "curl+-u+a:b+", "redis-cli -a ",
	"wp.a</", "wp.a</>b</", "enable password a\n", "#enable a ", "#enable secret ", "enable secret level 5 a\n", "username a secret 5 b\n", "\nusername a ", "new PDO('a','b',", "mysqli('a'", "mysqli([(", "password 0 a ", "password 7 0a0b0c ", "vault login ", "lftp -u a,b ", "\"type\":\"pin\",", "type=pin value=a ", "$krb5", "$ANSIBLE_VAULT;\n 0a", "1//0", "1/", "acme_", "a_aB3dE5fG7",
	"密码：a\n", "4111.", "4111.1111.1111.1111.", "MDA", "a                :",
	// base64
	"V", "QUFB", "VVVV/VVVV-", "eyJwYXNzd29yZCI6Imh1bnRlcjIifQ ", "eyJwYXNzd29yZCI6Imh1bnRlcjIifQ/", "/", "//", "+",
	// objects, rows, and other bytes
	"{\"name\":", "{", "\"", "{\"", "insert into ", "insert into a values('", "insert into a values(", "copy a from stdin;\n", "\"name\":\"a\",\"email\":\"b\"}",
	"\xff", "卡", "ſ", "\u2028", "😀", "\n", "'", "${", "****",
}

// However hostile, a text takes a few times as long as any other of its length, for rules as well as for masking.
func TestHostile(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const (
		long = 128 << 10
		most = 16 // times as long
	)
	for name, work := range map[string]func(string){
		"rules":   func(text string) { count(text) },
		"masking": func(text string) { NewMasker(text).Mask(text) },
	} {
		usual := strings.Repeat(`{"id":10042,"name":"running shoes","price":"89.90","updated":"2026-03-02T09:00:00Z","image":"/i/10042.webp"},`, long/110)
		for _, piece := range hostile {
			text := strings.Repeat(piece, long/len(piece))
			ratio := 0.0
			for range 5 { // what else the machine does takes caches away
				if ratio = float64(threadTime(work, text)) / float64(threadTime(work, usual)); ratio <= most {
					break
				}
			}
			if ratio > most {
				t.Errorf("%s: %q takes %.0f times as long as usual", name, piece, ratio)
			}
		}
	}
}

// threadTime is the processor time that work takes on this thread.
func threadTime(work func(string), text string) time.Duration {
	start := cpu.Time()
	work(text)
	return cpu.Time() - start
}
