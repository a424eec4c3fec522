package triage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/engine"
)

// acceptance is how an interface of administration answers that it has done as it was told.
type acceptance struct {
	methods  string // one of these, between spaces
	path     *expression
	statuses []int
	answer   *expression // nil where the status tells
	what     string
}

// acceptances are those of the interfaces that intruders use to go on: what they are asked for is done once they have said so, whether
// anything of it is in the answer or not.
// Sources: the API references of Kubernetes, Docker, etcd, Consul, Nomad, Vault, Spark, YARN, Solr, Elasticsearch, Spring Boot, Jenkins, Salt,
// Jupyter, GitLab, Gitea, RabbitMQ, Keycloak, FortiOS, BIG-IP, phpMyAdmin, Rancher, MinIO, Tomcat, Nacos, Harbor, Ray, Prometheus,
// Grafana, Node-RED, Jolokia, NiFi, Distribution, Redfish; RFC 9110 (PUT), RFC 4918 (MOVE, COPY).
var acceptances = []acceptance{
	{" GET POST ", compile(`^/api/v1/namespaces/[a-z0-9.-]+/pods/[^/]+/(?:exec|attach|portforward)$`), []int{101}, nil, "the connection to the container was opened"},
	{" POST ", compile(`^/run/[a-z0-9.-]+/[a-z0-9.-]+/[a-z0-9.-]+$`), []int{200}, compile(`\A\s*[^\s<{]`), "the command was run in the container"},
	{" POST ", kubernetesAPI, []int{201}, nil, "the object was made"},
	{" GET ", compile(`^/api/v1/(?:namespaces/[^/]+/)?secrets(?:/[^/]+)?$`), []int{200}, compile(`"kind"\s*:\s*"Secret(?:List)?"[\s\S]*"data"\s*:\s*\{\s*"`), "the answer has secrets"},
	{" POST ", compile(`^/v3/clusters/[^/]+$`), []int{200}, compile(`"generateKubeConfigOutput"|"config"\s*:\s*"apiVersion: v1\\n`), "the answer gives access to the cluster"},
	{" PUT PATCH ", kubernetesAPI, []int{200}, compile(`"metadata"\s*:\s*\{`), "the object was changed"},
	{" POST ", compile(`^(?:/api/endpoints/\d+/docker)?(?:/v\d[\d.]{1,6})?(?:/libpod)?/containers/(?:create|[^/]+/exec)$`), []int{201}, compile(`(?i)\A\s*\{\s*"id"\s*:\s*"[0-9a-f]{12,64}"`), "the interface has made it"},
	{" POST ", compile(`^(?:/api/endpoints/\d+/docker)?(?:/v\d[\d.]{1,6})?(?:/libpod)?/(?:containers/[^/]+/start|exec/[^/]+/start)$`), []int{101, 200, 204}, nil, "it was started"},
	{" POST ", compile(`^/v3(?:alpha|beta)?/kv/range$`), []int{200}, compile(`"kvs"\s*:\s*\[\s*\{`), "the answer has keys and their values"},
	{" POST ", compile(`^/v3(?:alpha|beta)?/(?:kv/(?:put|deleterange|txn)|auth/[\w/]+)$`), []int{200}, compile(`"revision"\s*:`), "the change was made"},
	{" PUT ", compile(`^/v1/agent/(?:service|check)/register$`), []int{200}, compile(`\A\s*\z`), "the service or check was registered"},
	{" PUT ", compile(`^/v1/(?:kv/.+|event/fire/.+|acl/token|acl/policy)$`), []int{200}, compile(`\A\s*(?:true\b|\{\s*"(?:ID|AccessorID|SecretID)")`), "the change was made"},
	{" GET ", compile(`^/v1/kv/`), []int{200}, compile(`\A\s*\[\s*\{[^\[\]]{0,400}"Value"\s*:\s*"`), "the answer has keys and their values"},
	{" GET PUT POST ", compile(`^/manager/(?:html|text/\w+|status|jmxproxy)`), []int{200}, compile(`Tomcat Web Application Manager|\AOK - |Server Status`), "the login was accepted"},
	{" GET ", compile(`^/api/(?:overview|whoami|users|vhosts|nodes|queues|definitions)$`), []int{200}, compile(`"rabbit(?:mq)?_version"\s*:|"management_version"\s*:|\A\s*\{\s*"name"\s*:\s*"\w+"\s*,\s*"tags"`), "the login was accepted"},
	{" POST ", compile(`^/(?:[\w.-]+/){0,3}log-?in$`), []int{200}, compile(`(?i)\A\s*\{\s*"message"\s*:\s*"logged in"`), "the login was accepted"},
	{" PUT POST ", compile(`^/v1/(?:jobs|job/[^/]+(?:/dispatch|/plan)?)$`), []int{200}, compile(`"EvalID"\s*:\s*"`), "the job was taken"},
	{" PUT POST ", compile(`^/v1/auth/token/create(?:-orphan|/[^/]+)?$`), []int{200}, compile(`"client_token"\s*:\s*"`), "a token was given"},
	{" POST ", compile(`^/v1/submissions/create$`), []int{200}, compile(`"success"\s*:\s*true`), "the program was taken"},
	{" POST ", compile(`^/ws/v1/cluster/apps$`), []int{202}, nil, "the program was taken"},
	{" POST ", compile(`^/(?:[\w.-]+/){0,3}config$`), []int{200}, compile(`"responseHeader"\s*:\s*\{\s*"status"\s*:\s*0\b`), "the configuration was changed"},
	{" PUT POST DELETE ", compile(`^/(?:_snapshot/|_scripts/|_security/|_ingest/|[\w.*-]+$)`), []int{200}, compile(`\A\s*\{\s*"acknowledged"\s*:\s*true`), "the change was made"},
	{" POST ", compile(`^/(?:[\w.-]+/){0,3}(?:env|refresh)$`), []int{200}, compile(`\A\s*(?:\{\s*"[\w.-]+\.[\w.-]+"\s*:|\[\s*"[\w.-]+\.[\w.-]+")`), "the setting was changed"},
	{" POST ", compile(`^/(?:[\w.-]+/){0,3}gateway/(?:routes/[^/]+|refresh)$`), []int{201}, nil, "the route was made"},
	{" PUT MOVE COPY ", compile(`\.(?:jspx?|jspf|php\d?|phtml|phar|aspx?|ashx|asmx|cfm|war)/?$`), []int{201, 204}, nil, "the file was written"},
	{" POST ", compile(`^/(?:[\w.%-]+/)*(?:createitem|job/[^/]+/config\.xml)$`), []int{200}, compile(`\A\s*\z`), "the job was written"},
	{" POST ", compile(`^/(?:[\w.%-]+/)*job/[^/]+/build(?:withparameters)?$`), []int{201}, nil, "the job was started"},
	{" POST ", compile(`^/(?:run)?$`), []int{200}, compile(`\A\s*\{\s*"return"\s*:\s*\[\s*\{\s*"(?:jid|[\w.-]+)"\s*:`), "the command was run"},
	{" POST ", compile(`^/(?:[\w.%-]+/){0,4}api/(?:terminals|kernels|sessions)$`), []int{200, 201}, compile(`\A\s*\{\s*"(?:name|id)"\s*:`), "it was started"},
	{" POST ", compile(`^/api/v\d/.*(?:tokens?|keys)$`), []int{200, 201}, compile(`"(?:token|sha1|secret)"\s*:\s*"[^"*]{8}`), "a token was given"},
	{" GET POST ", compile(`^/certsrv/certfnsh\.asp$`), []int{200}, compile(`Certificate Issued|locDispositionIssued|certnew\.cer\?ReqID=`), "the certificate was issued"},
	{" PUT POST ", compile(`^/api/v4/projects/[^/]+/repository/files/`), []int{200, 201}, compile(`"file_path"\s*:\s*"`), "the file was written"},
	{" POST PUT ", compile(`^/(?:[\w-]+/)?flows?(?:/[\w.-]+)?$`), []int{200, 204}, compile(`\A\s*(?:\{\s*"(?:id|rev)"\s*:|\z)`), "the flow was taken"},
	{" GET POST ", compile(`^/(?:[\w.-]+/){0,4}jolokia(?:/|$)`), []int{200}, compile(`"type"\s*:\s*"exec"[\s\S]*"status"\s*:\s*200`), "the operation was run"},
	{" GET ", compile(`^/v2/_catalog$`), []int{200}, compile(`"repositories"\s*:\s*\[\s*"`), "the answer lists the repositories"},
	{" POST ", compile(`^/nifi-api/process-groups/[^/]+/processors$`), []int{201}, nil, "the processor was made"},
	{" POST PUT PATCH DELETE ", compile(`^/redfish/v1/`), []int{200, 201, 202, 204}, nil, "it was done"},
	{" POST ", compile(`^/nacos/v\d/auth/users?/?$`), []int{200}, compile(`(?i)create user ok`), "the account was made"},
	{" POST ", compile(`^/api/v2\.0/users$`), []int{201}, nil, "the account was made"},
	{" POST ", compile(`^/api/jobs/?$`), []int{200}, compile(`"(?:job_id|submission_id)"\s*:\s*"`), "the job was taken"},
	{" POST PUT ", compile(`^/api/v\d/admin/tsdb/\w+$`), []int{200, 204}, nil, "it was done"},
	{" PUT ", compile(`^/api/users/[^/]+$`), []int{201, 204}, nil, "the account was made"},
	{" POST ", compile(`^/(?:auth/)?admin/realms/[^/]+/(?:users|clients)$`), []int{201}, nil, "the account was made"},
	{" PUT POST ", compile(`^/api/v2/cmdb/`), []int{200}, compile(`"status"\s*:\s*"success"`), "the configuration was changed"},
	{" GET POST ", compile(`^/minio/bootstrap/v1/verify$`), []int{200}, compile(`"MINIO_(?:ROOT|SECRET|ACCESS)_\w+"\s*:\s*"`), "the answer has passwords of the server"},
	{" GET ", compile(`^/_layouts/1\d/\w+\.aspx$`), []int{200}, machineKeys, "the answer has the keys of the server"},
	{" POST ", compile(`^/developmentserver/metadatauploader$`), []int{200}, compile(`(?i)\bfile written to\b`), "the file was written"},
	{" POST ", compile(`^/mgmt/tm/util/bash$`), []int{200}, compile(`"kind"\s*:\s*"tm:util:bash:runstate"`), "the command was run"},
	{" POST PATCH ", compile(`^/mgmt/tm/auth/user`), []int{200}, compile(`"kind"\s*:\s*"tm:auth:user`), "the account was made"},
	{" POST ", compile(`^/(?:[\w.-]+/){0,3}(?:import|sql)\.php$`), []int{200}, compile(`\A\s*\{[^{}]{0,40}"success"\s*:\s*true`), "the statement was run"},
}

// ofAdministration are the tags of rules about such interfaces.
var ofAdministration = []string{"lateral-movement", "exploited"}

// accepted is what shows that such an interface has done as it was told. Who administers it is answered so, too.
func (x *exchange) accepted() string {
	tells := func(m engine.Match) bool {
		return m.Phase < 3 && m.IsEvidence() && (runsCode(family(&m)) || slices.ContainsFunc(ofAdministration, func(tag string) bool { return hasTag(m.Tags, tag) }))
	}
	path, query, _ := strings.Cut(x.tx.URI, "?")
	if x.tx.Status/100 > 2 || !slices.ContainsFunc(x.v.Matches, tells) || strings.Contains(query, "dryRun=All") {
		return ""
	}
	if x.tx.Status == 101 && slices.ContainsFunc(x.v.Matches, func(m engine.Match) bool { return hasTag(m.Tags, "attack-tunnel") }) {
		return "101: the connection was opened"
	}
	path = strings.ToLower(path)
	for i := range acceptances {
		a := &acceptances[i]
		if !slices.Contains(a.statuses, x.tx.Status) || !strings.Contains(a.methods, " "+x.tx.Method+" ") || !a.path.MatchString(path) {
			continue
		}
		if a.answer == nil || x.tx.Observed.ResponseBody && !x.tx.ResponseBody.IsUnread() && a.answer.MatchString(x.body) {
			return fmt.Sprintf("%d: %s", x.tx.Status, a.what)
		}
	}
	return ""
}
