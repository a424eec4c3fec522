package behavior

import (
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
)

// shortestCredential is how long a value is that nobody guesses, in bytes.
const shortestCredential = 16

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
		if len(value) >= shortestCredential && sensitive.LetsIn(name, value) {
			return printed("session", value)
		}
	}
	return ""
}

// attemptOf stands for the user and the password of a login, wherever they are in a text: the same for the same ones, as a
// program sends them that is set up wrongly. It is so short that no password can be made of it.
func attemptOf(text string) string {
	return fmt.Sprintf("%04x", xxhash.Sum64String(text[:min(len(text), bodyHead)])&0xffff)
}

func printed(kind, value string) string {
	return fmt.Sprintf("%s %016x", kind, xxhash.Sum64String(value))
}
