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
		"ARGS:file": {
			"data:text/plain;base64,SGVsbG8sIEFubg==":          true,
			"data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==":   true,
			"data:text/plain;charset=utf-8;base64,SGVsbG8":     true,
			"data:text/html;base64,SGVsbG8=":                   false, // a page, whatever is in it
			"data:image/svg+xml;base64,SGVsbG8=":               false,
			"data:text/plain;base64,PD9waHAgZWNobyAxOw==":      false, // begins with a tag
			"data:text/plain,<script>":                         false,
			"data:text/plain;base64,SGVsbG8= onerror=alert(1)": false,
			"data:,x":                      false,
			"String.fromCharCode(72, 105)": true,
			"fromcharcode(72,105);":        true,
			`{"id": 7, "file": "data:text/plain;base64,SGVsbG8=", "name": "Ann Lee"}`:  true,
			`{"id":"' or 1=1-- ","file":"data:text/plain;base64,SGVsbG8="}`:            false,
			`{"file":"data:text/plain;base64,SGVsbG8=","to":"<b>"}`:                    false,
			"alert(String.fromCharCode(72,105))":                                       false,
			"String.fromCharCode(72,105)(1)":                                           false,
			"eval(String.fromCharCode(97,108,101,114,116,40,49,41))//data:image/png,x": false,
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
