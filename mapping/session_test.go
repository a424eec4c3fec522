package mapping

import (
	"strings"
	"testing"
)

// The audit log tells of a shell in a container twice: when it begins and when it ends.
func TestSession(t *testing.T) {
	const event = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a1","stage":"STAGE","verb":"create","requestURI":"/api/v1/namespaces/shop/pods/web-0/exec?command=sh",` +
		`"user":{"username":"system:serviceaccount:shop:web","extra":{"authentication.kubernetes.io/credential-id":["JTI=7"],"authentication.kubernetes.io/pod-uid":["u-1"]}},"sourceIPs":["10.1.0.7"],"responseStatus":{"code":101}}`
	all, err := Preset("kubernetes-audit")
	if err != nil {
		t.Fatal(err)
	}
	m := all[0]
	var tx Transaction
	for stage, begins := range map[string]bool{"ResponseStarted": true, "ResponseComplete": false} {
		if err := m.Map("", record(t, strings.ReplaceAll(event, "STAGE", stage)), &tx); err != nil {
			t.Fatal(err)
		}
		if tx.Session != "a1" || tx.SessionBegins != begins || tx.Credential != "u-1" {
			t.Errorf("%s: session %q, begins %v, credential %q", stage, tx.Session, tx.SessionBegins, tx.Credential)
		}
	}
	for _, short := range []string{"/api/v1/namespaces/shop/pods?watch=true", "/api/v1/namespaces/shop/configmaps/proxy-rules"} {
		text := strings.ReplaceAll(strings.ReplaceAll(event, "STAGE", "ResponseStarted"), "/api/v1/namespaces/shop/pods/web-0/exec?command=sh", short)
		if err := m.Map("", record(t, text), &tx); err == nil {
			t.Errorf("the beginning of %s is inspected, as its end is", short)
		}
	}
	for _, wrong := range []string{"session: {id: a}", "session: {begins: [b]}", "session: {id: a, begins: []}", "session: {id: a, begins: [b], ends: [c]}"} {
		if _, err := Parse("x.yaml", []byte("name: x\nrequest: {uri: u}\n"+wrong)); err == nil || !strings.Contains(err.Error(), "session") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// Google's audit log tells so by the first and the last entry of an operation; most have both in one.
func TestSessionOfGKE(t *testing.T) {
	const entry = `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.core.v1.pods.exec.create","resourceName":"core/v1/namespaces/shop/pods/web-0/exec"},"operation":{"id":"o1",ENDS}}`
	all, err := Preset("gke-audit")
	if err != nil {
		t.Fatal(err)
	}
	var tx Transaction
	for ends, begins := range map[string]bool{`"first":true`: true, `"last":true`: false, `"first":true,"last":true`: false} {
		if err := all[0].Map("", record(t, strings.ReplaceAll(entry, "ENDS", ends)), &tx); err != nil {
			t.Fatal(err)
		}
		if tx.Session != "o1" || tx.SessionBegins != begins {
			t.Errorf("%s: session %q, begins %v", ends, tx.Session, tx.SessionBegins)
		}
	}
}
