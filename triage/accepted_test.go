package triage

import (
	"strings"
	"testing"
)

// What interfaces of administration say when they have done as they were told, and what says nothing of it.
func TestAccepted(t *testing.T) {
	const (
		json = "application/json"
		pods = "/api/v1/namespaces/shop/pods"
		made = `{"kind":"Pod","metadata":{"name":"a","uid":"1"}}`
		id   = `{"Id":"0123456789abcdef0123456789abcdef","Warnings":[]}`
	)
	for name, c := range map[string]struct {
		attempt
		want     Outcome
		evidence string
	}{
		"secrets of a cluster":       {attempt{uri: "/api/v1/secrets?limit=500", mime: json, body: `{"kind":"SecretList","items":[{"metadata":{"name":"a"},"data":{"pin":"MQ=="}}]}`}, Success, "secrets"},
		"no secrets":                 {attempt{uri: "/api/v1/secrets", mime: json, body: `{"kind":"SecretList","items":[]}`}, Unknown, "nothing"},
		"access to a cluster":        {attempt{method: "POST", uri: "/v3/clusters/c-1?action=generateKubeconfig", mime: json, body: `{"baseType":"generateKubeConfigOutput","config":"apiVersion: v1\n"}`}, Success, "access"},
		"passwords of MinIO":         {attempt{method: "POST", uri: "/minio/bootstrap/v1/verify", mime: json, body: `{"MinioEnv":{"MINIO_ROOT_USER":"a"}}`}, Success, "passwords"},
		"keys of SharePoint":         {attempt{uri: "/_layouts/15/a.aspx", mime: "text/plain", body: strings.Repeat("0A", 32) + "|HMACSHA256|"}, Success, "keys"},
		"file of SAP":                {attempt{method: "POST", uri: "/developmentserver/metadatauploader?CONTENTTYPE=MODEL", mime: "text/plain", body: "file written to /a.jsp"}, Success, "written"},
		"shell in a pod":             {attempt{uri: pods + "/web-0/exec?command=sh", status: "101"}, Success, "opened"},
		"pod":                        {attempt{method: "POST", uri: pods, status: "201", mime: json, body: made}, Success, "made"},
		"pod that is tried":          {attempt{method: "POST", uri: pods + "?dryRun=All", status: "201", mime: json, body: made}, Unknown, "nothing"},
		"pod, refused":               {attempt{method: "POST", uri: pods, status: "403", mime: json, body: `{"kind":"Status"}`}, Failure, "403"},
		"object of another":          {attempt{method: "POST", uri: "/api/v1/orders", status: "201", mime: json, body: `{"kind":"order"}`}, Unknown, "nothing"},
		"command of a kubelet":       {attempt{method: "POST", uri: "/run/shop/web-0/web", mime: "text/plain", body: "eyJhbGciOiJSUzI1NiJ9"}, Success, "was run"},
		"container":                  {attempt{method: "POST", uri: "/v1.41/containers/create", status: "201", mime: json, body: id}, Success, "made"},
		"container, no image":        {attempt{method: "POST", uri: "/v1.41/containers/create", status: "404", mime: json, body: `{"message":"No such image"}`}, Failure, "404"},
		"keys of etcd":               {attempt{method: "POST", uri: "/v3/kv/range", mime: json, body: `{"header":{"revision":"7"},"kvs":[{"key":"YQ=="}]}`}, Success, "keys"},
		"no keys of etcd":            {attempt{method: "POST", uri: "/v3/kv/range", mime: json, body: `{"header":{"revision":"7"}}`}, Unknown, "nothing"},
		"check of Consul":            {attempt{method: "PUT", uri: "/v1/agent/service/register"}, Success, "registered"},
		"job of Nomad":               {attempt{method: "PUT", uri: "/v1/jobs", mime: json, body: `{"EvalID":"7"}`}, Success, "taken"},
		"program of Spark":           {attempt{method: "POST", uri: "/v1/submissions/create", mime: json, body: `{"submissionId":"driver-1","success":true}`}, Success, "taken"},
		"program of Spark, not run":  {attempt{method: "POST", uri: "/v1/submissions/create", mime: json, body: `{"message":"no","success":false}`}, Failure, "success"},
		"setting of Spring":          {attempt{method: "POST", uri: "/actuator/env", mime: json, body: `{"spring.datasource.url":"jdbc:x"}`}, Success, "changed"},
		"page that is written":       {attempt{method: "PUT", uri: "/a.jsp/", status: "201"}, Success, "written"},
		"picture that is written":    {attempt{method: "PUT", uri: "/a.png", status: "201"}, Unknown, "nothing"},
		"job of Jenkins":             {attempt{method: "POST", uri: "/job/a/config.xml", mime: "text/plain"}, Success, "written"},
		"account of FortiOS":         {attempt{method: "PUT", uri: "/api/v2/cmdb/system/admin/admin", mime: json, body: `{"status":"success","http_status":200}`}, Success, "changed"},
		"account of FortiOS, denied": {attempt{method: "PUT", uri: "/api/v2/cmdb/system/admin/admin", mime: json, body: `{"status":"error","http_status":403,"error":-14}`}, Failure, "error"},
		"statement of phpMyAdmin":    {attempt{method: "POST", uri: "/phpmyadmin/import.php", mime: json, body: `{"success":true,"message":"ok"}`}, Success, "run"},
		"another interface":          {attempt{method: "POST", uri: "/orders", status: "201", mime: json, body: id}, Unknown, "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			c.kind, c.payload = "container", "a"
			tx, v := c.exchange(t)
			v.Matches[0].Tags = append(v.Matches[0].Tags, "lateral-movement")
			e := Examine(tx, v)
			got, evidence := e.Outcome(Past{})
			if all := strings.Join(evidence, "; "); got != c.want || !strings.Contains(all, c.evidence) {
				t.Errorf("%s, want %s: %q", got, c.want, evidence)
			}
			if e.ShowsWhatIsMeant(evidence) != (c.want == Success) {
				t.Errorf("%q is no word of an interface", evidence)
			}
		})
	}
}
