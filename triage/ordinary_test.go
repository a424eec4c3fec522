package triage

import "testing"

func TestOrdinary(t *testing.T) {
	for value, want := range map[string]bool{
		"/shop/cart.git/info/refs?service=git-upload-pack":     true,
		"/shop/cart.git/git-receive-pack":                      true,
		"/shop/team-a/cart.git/info/lfs/objects/batch":         true,
		"/.git/info/refs":                                      false,
		"/app/.git/HEAD":                                       false,
		"/shop/cart.git/config":                                false,
		"/shop/cart.git/info/refs?service=git-upload-pack'or1": false,
		"/../x.git/info/refs":                                  false,
		"/shop/cart.git/info/lfs/../../etc/passwd":             false,
	} {
		if got := isOrdinary("REQUEST_FILENAME", value); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
	for value, want := range map[string]bool{
		"http://127.0.0.1:49152/done":                true,
		"http://localhost:8400":                      true,
		"http://[::1]:5000/signin-oidc":              true,
		"http://127.0.0.1:6379/%0d%0aFLUSHALL":       false,
		"http://127.0.0.1:80@other.example/":         false,
		"http://169.254.169.254/latest/":             false,
		"http://localhost.other.example/signin-oidc": false,
	} {
		if got := isOrdinary("ARGS:redirect_uri", value); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
	if isOrdinary("ARGS:url", "http://127.0.0.1:49152/done") {
		t.Error("an address that the server goes to is no place for a browser")
	}
	if isOrdinary("ARGS:path", "/shop/cart.git/info/refs") {
		t.Error("an argument is no request of git")
	}
}
