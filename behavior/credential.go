package behavior

import (
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// shortestCredential is how long a value is that nobody guesses, in bytes.
const shortestCredential = 16

// sessionCookies are names of cookies whose values let in whoever has them, as frameworks call them, in lower case.
var sessionCookies = map[string]bool{
	"session": true, "sessionid": true, "session_id": true, "sid": true, "connect.sid": true, "jsessionid": true, "phpsessid": true, "asp.net_sessionid": true,
	"laravel_session": true, "_session_id": true, "ci_session": true, "next-auth.session-token": true, "__secure-next-auth.session-token": true,
	"access_token": true, "auth_token": true, "id_token": true, "jwt": true, "token": true, ".aspnetcore.cookies": true,
}

// credentialOf stands for the bearer token or, without one, for the session's cookie with which a request comes: the same
// for the same one, and nothing that it could be made of again. "" if there is none.
func credentialOf(authorization, cookies string) string {
	scheme, value, _ := strings.Cut(authorization, " ")
	if strings.EqualFold(scheme, "bearer") {
		if value = strings.TrimSpace(value); len(value) >= shortestCredential {
			return printed("token", value)
		}
	}
	for cookies != "" {
		var one string
		one, cookies, _ = strings.Cut(cookies, ";")
		name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
		if len(value) >= shortestCredential && (sessionCookies[name] || sessionCookies[strings.ToLower(name)]) {
			return printed("session", value)
		}
	}
	return ""
}

func printed(kind, value string) string {
	return fmt.Sprintf("%s %016x", kind, xxhash.Sum64String(value))
}
