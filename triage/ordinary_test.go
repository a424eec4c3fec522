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
	if isOrdinary("ARGS:path", "/shop/cart.git/info/refs") {
		t.Error("an argument is no request of git")
	}
}
