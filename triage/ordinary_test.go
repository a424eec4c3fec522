package triage

import "testing"

func TestOrdinary(t *testing.T) {
	for variable, values := range map[string]map[string]bool{
		"REQUEST_FILENAME": {
			"/shop/cart.git/info/refs?service=git-upload-pack":     true,
			"/shop/cart.git/git-receive-pack":                      true,
			"/shop/team-a/cart.git/info/lfs/objects/batch":         true,
			"/.git/info/refs":                                      false,
			"/app/.git/HEAD":                                       false,
			"/shop/cart.git/config":                                false,
			"/shop/cart.git/info/refs?service=git-upload-pack'or1": false,
			"/../x.git/info/refs":                                  false,
			"/shop/cart.git/info/lfs/../../etc/passwd":             false,
		},
		"ARGS:redirect_uri": {
			"http://127.0.0.1:49152/done":                true,
			"http://localhost:8400":                      true,
			"http://[::1]:5000/signin-oidc":              true,
			"http://127.0.0.1:6379/%0d%0aFLUSHALL":       false,
			"http://127.0.0.1:80@other.example/":         false,
			"http://169.254.169.254/latest/":             false,
			"http://localhost.other.example/signin-oidc": false,
		},
		"ARGS:url":  {"http://127.0.0.1:49152/done": false}, // where the server goes to, and no browser waits
		"ARGS:path": {"/shop/cart.git/info/refs": false},    // no request of git
	} {
		for value, want := range values {
			if got := isOrdinary(variable, value); got != want {
				t.Errorf("%s: %s: %v", variable, value, got)
			}
		}
	}
}
