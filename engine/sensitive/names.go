package sensitive

import "strings"

// naming is what the name before a value says of it.
type naming uint8

const (
	saysNothing naming = iota
	saysPassword
	saysPass // which may count tests, too
	saysSecret
	saysAWSSecret
	saysAzureKey
	saysSignature
	saysAuthorization

	// The value is masked, but it is no finding of a rule: each login has one, and each page that a session is for.
	saysHidden  // whatever it is: a key, a token
	saysPrivate // the same, and nothing of it is shown: a PIN, a password in another language
	saysSession // it is one word, an id that the server has made: what does not look like one stays
	saysOnce    // the same, good for one form or request only: who has it is not let in
	saysCode    // of OAuth, if it looks like one: products have codes, too
	saysRandom  // if it is random: auth=basic and key=name are none
	saysPhrase  // if it is random or made of several words: authentication=basic is none
)

// isFinding reports whether rules ask for what has such a name.
func (n naming) isFinding() bool { return n > saysNothing && n < saysHidden }

// isWord: what is behind the name was made by a server, in one word.
func (n naming) isWord() bool { return n >= saysSession }

// isSure: whatever is behind the name is a secret, random or not.
func (n naming) isSure() bool { return n != saysNothing && n != saysRandom && n != saysPhrase }

// fit is which part of a name decides.
type fit uint8

const (
	ends     fit = iota // its end: new_password
	whole               // all of it: _token is against forgery
	lastWord            // its last word, or all of it: connect.sid, but not "inside"
	begins              // its beginning: wordpress_logged_in_…
)

// names is the one table of names of credentials, in lower case and without dashes and underscores. Of those that fit, the first decides.
// It holds for arguments, cookies, headers, keys of JSON, elements and attributes of XML, and parts of multipart bodies alike.
var names = []struct {
	text string
	fit  fit
	says naming
}{
	{"password", ends, saysPassword},
	{"passwd", ends, saysPassword},
	{"passphrase", ends, saysPassword},
	{"pwd", ends, saysPassword},
	{"pass", whole, saysPass},
	{"userpass", ends, saysPass},
	{"dbpass", ends, saysPass},
	{"awssecretaccesskey", ends, saysAWSSecret},
	{"secretaccesskey", ends, saysAWSSecret},
	{"sharedaccesskey", ends, saysAzureKey},
	{"storageaccountkey", ends, saysAzureKey},
	{"accountkey", ends, saysAzureKey},
	{"secret", ends, saysSecret},
	{"secretkey", ends, saysSecret},
	{"apikey", ends, saysSecret},
	{"accesskey", ends, saysSecret},
	{"privatekey", ends, saysSecret},
	{"signingkey", ends, saysSecret},
	{"encryptionkey", ends, saysSecret},
	{"accesstoken", ends, saysSecret},
	{"authtoken", ends, saysSecret},
	{"refreshtoken", ends, saysSecret},
	{"idtoken", ends, saysSecret},
	{"apitoken", ends, saysSecret},
	{"privatetoken", ends, saysSecret},
	{"bearertoken", ends, saysSecret},
	{"sessiontoken", ends, saysSecret},
	{"token", whole, saysSecret},
	{"sig", whole, saysSignature},
	{"authorization", ends, saysAuthorization},

	// Passwords and what stands for them.
	{"passwords", ends, saysPrivate},
	{"passwordconfirmation", ends, saysPrivate},
	{"passwordconfirm", ends, saysPrivate},
	{"passwordagain", ends, saysPrivate},
	{"passwordrepeat", ends, saysPrivate},
	{"passwordverify", ends, saysPrivate},
	{"passwordhash", ends, saysPrivate},
	{"passwordold", ends, saysPrivate},
	{"passwordnew", ends, saysPrivate},
	{"passwordcurrent", ends, saysPrivate},
	{"passconfirm", ends, saysPrivate},
	{"passconfirmation", ends, saysPrivate},
	{"pwdhash", ends, saysPrivate},
	{"requirepass", ends, saysPrivate}, // of Redis
	{"masterauth", ends, saysPrivate},
	{"storepass", ends, saysPrivate}, // of keytool
	{"keypass", ends, saysPrivate},
	{"rootpass", ends, saysPrivate},
	{"adminpass", ends, saysPrivate},
	{"ftppass", ends, saysPrivate},
	{"sshpass", ends, saysPrivate},
	{"smtppass", ends, saysPrivate},
	{"mailpass", ends, saysPrivate},
	{"loginpass", ends, saysPrivate},
	{"passcode", ends, saysPrivate},
	{"pass", lastWord, saysPrivate},
	{"passw", ends, saysPrivate},
	{"pswd", ends, saysPrivate},
	{"psw", lastWord, saysPrivate},
	{"pw", ends, saysPrivate},
	{"psk", lastWord, saysPrivate}, // of WPA and IPsec
	{"snmpcommunity", ends, saysPrivate},
	{"communitystring", ends, saysPrivate},
	{"passwort", ends, saysPrivate},
	{"kennwort", ends, saysPrivate},
	{"motdepasse", ends, saysPrivate},
	{"mdp", lastWord, saysPrivate},
	{"contrasena", ends, saysPrivate},
	{"contraseña", ends, saysPrivate},
	{"contrasenia", ends, saysPrivate},
	{"motpasse", ends, saysPrivate},
	{"clave", lastWord, saysPrivate},
	{"senha", lastWord, saysPrivate},
	{"parola", lastWord, saysPrivate},
	{"parol", lastWord, saysPrivate},
	{"parool", lastWord, saysPrivate},
	{"hasło", lastWord, saysPrivate},
	{"haslo", lastWord, saysPrivate},
	{"heslo", lastWord, saysPrivate},
	{"lozinka", lastWord, saysPrivate},
	{"jelszó", ends, saysPrivate},
	{"jelszo", ends, saysPrivate},
	{"salasana", ends, saysPrivate},
	{"adgangskode", ends, saysPrivate},
	{"lösenord", ends, saysPrivate},
	{"losenord", ends, saysPrivate},
	{"sifre", lastWord, saysPrivate},
	{"şifre", ends, saysPrivate},
	{"ароль", ends, saysPrivate}, // пароль, with a capital too
	{"كلمةالمرور", ends, saysPrivate},
	{"パスワード", ends, saysPrivate},
	{"비밀번호", ends, saysPrivate},
	{"matkhau", ends, saysPrivate},
	{"mima", lastWord, saysPrivate},
	{"wachtwoord", ends, saysPrivate},
	{"密码", ends, saysPrivate},
	{"口令", ends, saysPrivate},
	{"pin", lastWord, saysPrivate},
	{"pincode", ends, saysPrivate},
	{"otp", lastWord, saysPrivate},
	{"totp", lastWord, saysPrivate},
	{"otpcode", ends, saysPrivate}, // totp_code, too
	{"mfacode", ends, saysPrivate},
	{"2fa", lastWord, saysPrivate},
	{"2facode", ends, saysPrivate},
	{"factorcode", ends, saysPrivate},
	{"smscode", ends, saysPrivate},
	{"verificationcode", ends, saysPrivate},
	{"onetimecode", ends, saysPrivate},
	{"recoverycode", ends, saysPrivate},
	{"recoverycodes", ends, saysPrivate},
	{"backupcode", ends, saysPrivate},
	{"backupcodes", ends, saysPrivate},
	{"unlockcode", ends, saysPrivate},
	{"accesscode", ends, saysPrivate},
	{"logincode", ends, saysPrivate},
	{"resetcode", ends, saysPrivate},
	{"confirmationcode", ends, saysRandom}, // of a booking, too
	{"securitycode", ends, saysPrivate},
	{"cvv", ends, saysPrivate},
	{"cvc", lastWord, saysPrivate},
	{"csc", lastWord, saysPrivate},
	{"ssn", lastWord, saysPrivate},
	{"amzcredential", ends, saysNothing}, // says who signed a URL
	{"credential", ends, saysHidden},
	{"credentials", ends, saysHidden},
	{"secrets", ends, saysHidden},
	{"securityanswer", ends, saysPrivate},
	{"secretanswer", ends, saysPrivate},
	{"mnemonic", ends, saysPrivate}, // the words of a wallet
	{"seedphrase", ends, saysPrivate},
	{"recoveryphrase", ends, saysPrivate},
	{"creds", ends, saysPrivate},
	{"ntlm", lastWord, saysRandom},
	{"nthash", ends, saysRandom},
	{"lmhash", ends, saysRandom},

	// Keys.
	{"subscriptionkey", ends, saysHidden}, // Ocp-Apim-Subscription-Key
	{"functionskey", ends, saysHidden},
	{"masterkey", ends, saysHidden},
	{"sharedkey", ends, saysHidden},     // pre_shared_key
	{"secretkeybase", ends, saysHidden}, // of Rails
	{"jfrogartapi", ends, saysHidden},
	{"authkey", ends, saysHidden},
	{"loggedinkey", ends, saysHidden}, // of WordPress
	{"noncekey", ends, saysHidden},
	{"authsalt", ends, saysHidden},
	{"loggedinsalt", ends, saysHidden},
	{"noncesalt", ends, saysHidden},
	{"hashsalt", ends, saysHidden}, // of Drupal
	{"passwordsalt", ends, saysHidden},
	{"passwordsaltmain", ends, saysHidden}, // of Moodle
	{"sshkey", ends, saysHidden},
	{"hmackey", ends, saysHidden},
	{"consumerkey", ends, saysHidden},
	{"codeverifier", ends, saysHidden},
	{"clientassertion", ends, saysHidden},
	{"samlresponse", ends, saysHidden},
	{"privatekeypem", ends, saysHidden},
	{"appkey", ends, saysHidden},
	{"applicationkey", ends, saysHidden},
	{"licensekey", ends, saysHidden},
	{"emailkey", ends, saysHidden},
	{"wifikey", ends, saysHidden},
	{"xauth", ends, saysHidden},
	{"xadminauth", ends, saysHidden},
	{"xbackendauth", ends, saysHidden},
	{"xcronauth", ends, saysHidden},
	{"xedgeauth", ends, saysHidden},
	{"xgatewayauth", ends, saysHidden},
	{"xinternalauth", ends, saysHidden},
	{"xoriginauth", ends, saysHidden},
	{"xproxyauth", ends, saysHidden},
	{"xserviceauth", ends, saysHidden},
	{"xwebhookauth", ends, saysHidden},
	{"xadminkey", ends, saysHidden},
	{"xcronkey", ends, saysHidden},
	{"xgatewaykey", ends, saysHidden},
	{"xinternalkey", ends, saysHidden},
	{"xoriginkey", ends, saysHidden},
	{"xservicekey", ends, saysHidden},
	{"xwebhookkey", ends, saysHidden},
	{"fastlykey", ends, saysHidden},
	{"authentication", whole, saysPhrase},
	{"authentication", ends, saysRandom},
	{"auth", lastWord, saysRandom},
	{"idempotencykey", ends, saysNothing},
	{"websocketkey", ends, saysNothing},
	{"publickey", ends, saysNothing},
	{"primarykey", ends, saysNothing},
	{"foreignkey", ends, saysNothing},
	{"partitionkey", ends, saysNothing},
	{"rowkey", ends, saysNothing},
	{"sortkey", ends, saysNothing},
	{"rangekey", ends, saysNothing},
	{"routingkey", ends, saysNothing},
	{"cachekey", ends, saysNothing},
	{"surrogatekey", ends, saysNothing},
	{"objectkey", ends, saysNothing}, // of S3
	{"sessionkey", ends, saysSession},
	{"tokenkey", ends, saysSession}, // crowd.token_key
	{"key", lastWord, saysRandom},

	// Tokens: X-Vault-Token, X-Auth-Token, XSRF-TOKEN and their like. Those that say where a list goes on are none.
	{"pagetoken", ends, saysNothing},
	{"continuationtoken", ends, saysNothing},
	{"cursortoken", ends, saysNothing},
	{"synctoken", ends, saysNothing},
	{"usernametoken", ends, saysNothing}, // of WS-Security: a user and a password, which have names of their own
	{"token", ends, saysHidden},
	{"jwt", lastWord, saysHidden},
	{"xsrf", ends, saysOnce},
	{"csrf", ends, saysOnce},
	{"wpnonce", ends, saysOnce},
	{"jenkinscrumb", ends, saysOnce},
	{"signature", ends, saysOnce},
	{"hmac", lastWord, saysOnce},
	{"assertion", ends, saysOnce},
	{"samlart", ends, saysHidden},
	{"wresult", ends, saysHidden},
	{"oauthverifier", ends, saysOnce},
	{"tokenhint", ends, saysOnce},
	{"bearer", lastWord, saysRandom},
	{"refresh", lastWord, saysRandom},

	// What a link in a mail has: who has it needs no password.
	{"reset", lastWord, saysRandom},
	{"invite", lastWord, saysRandom},
	{"invitecode", ends, saysRandom},
	{"activation", lastWord, saysRandom},
	{"activationcode", ends, saysRandom},
	{"confirmcode", ends, saysRandom},
	{"verify", lastWord, saysRandom},
	{"magic", lastWord, saysRandom},

	// Sessions.
	{"possession", ends, saysNothing},
	{"obsession", ends, saysNothing},
	{"session", ends, saysSession}, // laravel_session, ci_session, _gitlab_session
	{"sessionid", ends, saysSession},
	{"sessid", ends, saysSession},
	{"sess", lastWord, saysSession},
	{"sid", lastWord, saysSession}, // connect.sid
	{"ssid", lastWord, saysSession},
	{"sid", ends, saysRandom},           // HSID
	{"sessionidsso", ends, saysSession}, // of Tomcat
	{"sessionhash", ends, saysSession},
	{"sessauth", ends, saysSession}, // of Roundcube
	{"sessionsamesite", ends, saysSession},
	{"aspsessionid", begins, saysSession},
	{"jsessionid", begins, saysSession}, // JSESSIONID.0a1b2c3d of Jenkins
	{"beaker.session", begins, saysSession},
	{"shibsession", begins, saysSession},
	{"sessioncookie", ends, saysSession},
	{"apscookie", begins, saysHidden}, // of FortiGate
	{"nscaaac", ends, saysSession},    // of NetScaler
	{"cfclearance", ends, saysSession},
	{"cfbm", ends, saysSession},
	{"pmaauth", begins, saysHidden},
	{"hadoop.auth", begins, saysHidden},
	{"seraph.rememberme", begins, saysSession},
	{"phpbb", begins, saysRandom},
	{"xfuser", ends, saysHidden},    // of XenForo
	{"frontend", whole, saysRandom}, // of Magento
	{"dokuwiki", whole, saysRandom},
	{"estsauth", begins, saysSession}, // of Entra ID
	{"fedauth", lastWord, saysSession},
	{"rtfa", lastWord, saysSession},
	{"dsid", lastWord, saysSession},
	{"svpncookie", ends, saysSession},
	{"webvpn", lastWord, saysSession},
	{"iplanetdirectorypro", ends, saysSession},
	{"ssocookie", ends, saysSession},
	{"applicationcookie", ends, saysSession},
	{"oauth2proxy", ends, saysSession},
	{"keycloakidentity", ends, saysSession},
	{"identity", lastWord, saysRandom},
	{"cfid", lastWord, saysSession},
	{"castgc", lastWord, saysSession},
	{"tgc", lastWord, saysSession},
	{"sso", lastWord, saysRandom},
	{"phpmyadmin", lastWord, saysRandom},
	{"symfony", lastWord, saysRandom},
	{"cakephp", lastWord, saysRandom},
	{"aspxauth", ends, saysSession},
	{"ticket", lastWord, saysSession}, // of CAS
	{"cftoken", ends, saysSession},
	{"authcookie", ends, saysSession},
	{"rememberme", ends, saysSession},
	{"remembertoken", ends, saysSession},
	{"wordpressloggedin", begins, saysSession},
	{"wordpresssec", begins, saysSession},
	{"rememberweb", begins, saysSession},
	{"typouser", ends, saysSession}, // be_typo_user of TYPO3
	{"typo3installtool", ends, saysSession},
	{"mysapsso", ends, saysSession}, // MYSAPSSO2
	{"sapsessionid", begins, saysSession},
	{"sapcontextid", ends, saysSession},
	{"oamauthncookie", begins, saysSession}, // of Oracle, with the host behind it
	{"oamid", ends, saysRandom},
	{"orawwvapp", begins, saysSession}, // of APEX
	{"smidentity", ends, saysSession},  // of SiteMinder
	{"vouch", lastWord, saysRandom},
	{"vouchcookie", begins, saysSession},
	{"lemonldap", ends, saysRandom},
	{"modauthcas", begins, saysSession},
	{"melloncookie", begins, saysSession},
	{"authtkt", ends, saysSession},
	{"authentikproxy", begins, saysSession},
	{"pomerium", ends, saysRandom},
	{"keycloakidentitylegacy", ends, saysSession},
	{"keycloaksessionlegacy", ends, saysSession},
	{"authsessionidlegacy", ends, saysSession},
	{"idsrv", begins, saysSession},  // of IdentityServer
	{"msisauth", ends, saysSession}, // of AD FS
	{"cadata", begins, saysRandom},  // of Outlook on the web
	{"edgeaccesscookie", ends, saysSession},
	{"aspxformsauth", ends, saysSession},
	{"aspnet.", begins, saysSession}, // .AspNet.Cookies
	{"dotnetnuke", whole, saysRandom},
	{"umbucontext", ends, saysSession}, // of Umbraco
	{"nsctmas", ends, saysSession},
	{"ctxsauthid", ends, saysSession}, // of StoreFront
	{"twfid", ends, saysSession},      // of Sangfor
	{"wpwoocommercesession", begins, saysSession},
	{"wfwafauthcookie", begins, saysSession}, // of Wordfence
	{"wppostpass", begins, saysSession},
	{"wordpress", begins, saysRandom},
	{"prestashop", begins, saysRandom},
	{"mybbuser", ends, saysSession},
	{"smfcookie", begins, saysHidden},
	{"ipssessionfront", ends, saysSession},
	{"moodlesession", begins, saysSession},
	{"bbrouter", ends, saysHidden}, // of Blackboard
	{"mantisstringcookie", ends, saysSession},
	{"logincookie", ends, saysSession}, // of Bugzilla
	{"gerritaccount", ends, saysSession},
	{"ilikegitea", ends, saysSession},
	{"ilikegogs", ends, saysSession},
	{"giteaincredible", ends, saysSession},
	{"gogsincredible", ends, saysSession},
	{"knownsignin", ends, saysSession}, // of GitLab
	{"autologin", ends, saysRandom},    // of Redmine
	{"remember", lastWord, saysRandom}, // of Grafana and Flarum
	{"remembermecookie", ends, saysSession},
	{"splunkd", begins, saysRandom},
	{"jupyterhub", begins, saysRandom},
	{"xqliksession", begins, saysSession},
	{"glideuser", ends, saysSession}, // of ServiceNow
	{"glidesessionstore", ends, saysSession},
	{"unifises", ends, saysSession},
	{"ispcsess", ends, saysSession}, // of ISPConfig
	{"cfauthorization", begins, saysHidden},
	{"otdsticket", ends, saysSession},
	{"userticket", ends, saysSession},
	{"aspnetcore.antiforgery", begins, saysOnce},
	{"aspnetcore", begins, saysSession},

	{"code", whole, saysCode},
	{"authcode", ends, saysOnce},
	{"authorizationcode", ends, saysOnce},
	{"devicecode", ends, saysOnce},
}

// longestName is how far before a value its name is looked for.
const longestName = 80

// tail is an index of the last two letters of a name, in any case.
func tail(a, b byte) int { return int(a&0x1f)<<5 | int(b&0x1f) }

// findingNames and maskedNames are the entries of the table by tail; heads are those that are told by their beginning, by their first
// letter. A search for findings passes over the others without the price of looking at them.
var findingNames, maskedNames, heads = func() (findings, all [1 << 10][]int, begin [1 << 5][]int) {
	for i, n := range names {
		at := tail(n.text[len(n.text)-2], n.text[len(n.text)-1])
		if n.fit == begins {
			begin[n.text[0]&0x1f] = append(begin[n.text[0]&0x1f], i)
			continue
		}
		all[at] = append(all[at], i)
		if n.says.isFinding() {
			findings[at] = append(findings[at], i)
		}
	}
	return findings, all, begin
}()

// findingOf is what a name says that a rule may ask for.
func findingOf(name string) naming {
	if len(name) < 3 {
		return saysNothing
	}
	return decided(name, findingNames[tail(name[len(name)-2], name[len(name)-1])])
}

// meaning says what a name is the name of.
func meaning(name string) naming {
	for len(name) > 0 && (isDigit(name[len(name)-1]) || name[len(name)-1] == '_' || name[len(name)-1] == '-') { // password2
		name = name[:len(name)-1]
	}
	if len(name) < 2 {
		return saysNothing
	}
	return decided(name, maskedNames[tail(name[len(name)-2], name[len(name)-1])])
}

// decided is what the first entry says that fits.
func decided(name string, entries []int) naming {
	if len(entries) == 0 {
		return saysNothing
	}
	var buf [longestName]byte
	plain := plainName(buf[:0], name)
	for _, i := range entries {
		n := &names[i]
		if len(plain) < len(n.text) || string(plain[len(plain)-len(n.text):]) != n.text {
			continue
		}
		switch n.fit {
		case whole:
			if len(name) != len(n.text) {
				continue
			}
		case lastWord:
			if at := len(name) - len(n.text); at > 0 && !isBoundary(name, at) {
				continue
			}
		}
		return n.says
	}
	return saysNothing
}

// begun is what the beginning of a name says.
func begun(name string) naming {
	if name == "" || len(heads[name[0]&0x1f]) == 0 {
		return saysNothing
	}
	var buf [longestName]byte
	plain := plainName(buf[:0], name[:min(len(name), 32)])
	for _, i := range heads[name[0]&0x1f] {
		if text := names[i].text; len(plain) >= len(text) && string(plain[:len(text)]) == text {
			return names[i].says
		}
	}
	return saysNothing
}

// endsInHash: a name that is made from that of a site: SESS… of Drupal, DW… of DokuWiki, and that of Joomla, which is nothing else.
func endsInHash(name string) bool {
	start := len(name) - lengthOfHash
	return start >= 0 && start < 8 && run(name, start, lengthOfHash, isHex) == len(name) && (start == 0 || !isDigit(name[start-1]))
}

// isBoundary: a word of a name begins at i, user_pin or userPin.
func isBoundary(name string, i int) bool {
	return !isLetter(name[i-1]) && !isDigit(name[i-1]) || isUpper(name[i]) && !isUpper(name[i-1])
}

// plainName appends the end of a name in lower case, without dashes and underscores.
func plainName(dst []byte, name string) []byte {
	if len(name) > longestName {
		name = name[len(name)-longestName:]
	}
	for i := range len(name) {
		c := name[i]
		if isUpper(c) {
			c |= 0x20
		}
		if c != '-' && c != '_' {
			dst = append(dst, c)
		}
	}
	return dst
}

// lastName is the part of a variable's name that says what its value is: password of ARGS:json.user.password.0 and of
// ARGS:user[password][].
func lastName(name string) string {
	for end := len(name); ; {
		for end > 0 && (name[end-1] == ']' || isQuote(name[end-1])) {
			end--
		}
		start, isNumber := end, true
		for start > 0 && name[start-1] != '.' && name[start-1] != '[' && name[start-1] != ':' {
			start--
			isNumber = isNumber && isDigit(name[start])
		}
		if start == 0 || !isNumber {
			for start < end && isQuote(name[start]) {
				start++
			}
			return name[start:end]
		}
		end = start - 1
	}
}

// isOfNames: the values of ARGS_NAMES and its like are names.
func isOfNames(variable string) bool {
	collection, _, _ := strings.Cut(variable, ":")
	return strings.HasSuffix(collection, "_NAMES")
}

// nameOf is what the name of a variable, a header or a field says.
func nameOf(variable string) naming {
	if isOfNames(variable) {
		return saysNothing
	}
	variable, _, _ = strings.Cut(variable, " (") // how a view has read it: ARGS:password (base64)
	last := lastName(variable)
	says := meaning(last)
	if says.isSure() {
		return says
	}
	// The beginning may have dots in it: .AspNetCore.Cookies.
	if begun := begun(strings.TrimLeft(variable[strings.LastIndexByte(variable, ':')+1:], "._-")); begun != saysNothing {
		return begun
	}
	if says == saysNothing && endsInHash(last) {
		return saysRandom
	}
	return says
}

// IsCredential reports whether a name is one of a password, a key or a token.
func IsCredential(name string) bool {
	says := nameOf(name)
	return says.isSure() && says != saysSignature && says != saysCode
}

// LetsIn reports whether a cookie is one of those whose value lets in whoever has it: that of a session, a key or a token.
func LetsIn(cookie, value string) bool {
	switch nameOf(cookie) {
	case saysSession, saysSecret:
		return true
	case saysRandom, saysPhrase:
		return isRandom(value)
	default:
		return strings.HasPrefix(value, "eyJ") && strings.Count(value, ".") == 2 // a JSON Web Token
	}
}
