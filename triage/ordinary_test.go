package triage

import (
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
)

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
			if got := isOrdinary(&engine.Match{}, variable, value); got != want {
				t.Errorf("%s: %s: %v", variable, value, got)
			}
		}
	}
}

// What is ordinary to rules of one kind is not to others.
func TestOrdinaryByKind(t *testing.T) {
	for kind, variables := range map[string]map[string]map[string]bool{
		"lfi": {
			"REQUEST_FILENAME": {
				"/assets/config.json":           true,
				"/job/shop/config.xml":          true,
				"/npm/lamps@2.1.0/package.json": true,
				"/.docker/config.json":          false,
				"/app/../config.json":           false,
				"/config.json.bak":              false,
				"/web.config":                   false,
				"/wp-config.php":                false,
			},
			"ARGS:file": {
				"models/lamp-7/adapter_config.json": true,
				"/srv/app/config.json":              false,
				"../config.json":                    false,
			},
			"REQUEST_URI_RAW": {
				"/_static/??/wp-includes/css/a.css,/wp-content/b.css?m=17": true,
				"/js/??lamp.js,shop/cart.js":                               true,
				"/static/??/??/etc/passwd":                                 false,
				"/static/??/etc/passwd":                                    false,
				"/_static/??/a/../../b.css":                                false,
				"/../a??/b.css":                                            false,
			},
			"REQUEST_HEADERS:referer": {"https://shop.example/_static/??/a.css": true},
			"ARGS:u":                  {"/_static/??/a.css": false},
		},
		"protocol": {
			"ARGS_NAMES:a":     {"c2hvcCBsYW1wcyBh\nbmQg\n": true, "c2hvcCBsYW1wcyBh\nhost:a": false, "a\r\nb c": false},
			"REQUEST_FILENAME": {"/c2hvcCBsYW1wcyBh\n": false},
		},
		"rce": {
			"REQUEST_FILENAME": {"/assets/config.json": false},
		},
	} {
		m := &engine.Match{Tags: []string{"attack-" + kind}}
		for variable, values := range variables {
			for value, want := range values {
				if got := isOrdinary(m, variable, value); got != want {
					t.Errorf("%s: %s: %s: %v", kind, variable, value, got)
				}
			}
		}
	}
}

// The name of a scanner in a longer one is none.
func TestNamesOfScanners(t *testing.T) {
	for value, want := range map[string]bool{
		"Mozilla/5.0 (Linux; Android 4.1; VegaMax 2 Build/A1)": true,
		"Mozilla/5.0 (Linux; Android 4.1; Vega Build/A1)":      true,
		"Mozilla/5.0 (compatible; {32097A18-A7VegaE9})":        true,
		"Vega/1.0":                       false,
		"Mozilla/5.0 (compatible; Vega)": false,
		"Mozilla/5.0 (Linux; Android 4.1; VegaMax Build/A1) Vega/1": false,
	} {
		m := &engine.Match{
			Tags: []string{"attack-reputation-scanner"}, Data: "Matched Data: Vega found within REQUEST_HEADERS:User-Agent: " + value,
		}
		if got := isOrdinary(m, "REQUEST_HEADERS:User-Agent", value); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
}
