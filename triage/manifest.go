package triage

import (
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// kubernetesAPI is the path of an object of Kubernetes, or of a kind that a cluster has been taught.
// Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
var kubernetesAPI = compile(`^/(?:api/v1/(?:namespaces/[a-z0-9.-]+/)?` + coreResource + `|apis/(?:` + shortGroup + `|[a-z0-9-]+(?:\.[a-z0-9-]+)+)/v\d\w*/(?:namespaces/[a-z0-9.-]+/)?[a-z]+)(?:/[\w.:-]+){0,2}(?:\?|$)`)

// Interfaces of others begin with /api/v1, too, and call what they are sent data (https://jsonapi.org): objects of the core of
// Kubernetes have these names, and groups without a dot are its own.
const (
	coreResource = `(?:configmaps|endpoints|events|limitranges|namespaces|nodes|persistentvolume(?:claim)?s|pods|podtemplates|replicationcontrollers|resourcequotas|secrets|serviceaccounts|services)`
	shortGroup   = `apps|batch|autoscaling|policy|extensions`
)

// withData are those that hold files.
var withData = compile(`^/api/v1/(?:namespaces/[a-z0-9.-]+/)?(?:configmaps|secrets)(?:[/?]|$)`)

// manifestField is a field of such an object that is a command, a setting of a program, or a file: of containers, their probes and
// hooks, of steps of Tekton and Argo, of config maps, and the whole object as kubectl keeps it. Fields of a patch in
// the form of JSON are not told apart.
var manifestField = compile(`(?i)^ARGS(?:_GET|_POST)?:json\.(?:(?:.+\.)?(?:(?:init|ephemeral)?containers?|steps|sidecars|template|script|manager)\.(?:\d+\.)?` +
	`(?:(?:command|args)\.\d+|script|source|env\.\d+\.value|(?:(?:liveness|readiness|startup)probe|lifecycle\.(?:poststart|prestop))\.exec\.command\.\d+)` +
	`|metadata\.annotations\.kubectl\.kubernetes\.io/last-applied-configuration)$`)

// dataField is a file in an object that holds some.
var dataField = compile(`(?i)^ARGS(?:_GET|_POST)?:json\.(?:binary)?data\.[\w.-]+$`)

// isManifest reports whether a value of a transaction with Kubernetes is a command by design. What is bad in one, rules about
// Kubernetes know (lateral-movement).
func isManifest(tx *mapping.Transaction, variable string) bool {
	if !strings.HasPrefix(tx.URI, "/api") {
		return false
	}
	return manifestField.MatchString(variable) && kubernetesAPI.MatchString(tx.URI) || dataField.MatchString(variable) && withData.MatchString(tx.URI)
}

// jenkinsJob is where Jenkins is given a job, whose steps are commands by design. That one is made or changed, a rule tells (lateral-movement).
// Source: https://www.jenkins.io/doc/book/using/remote-access-api/
var jenkinsJob = compile(`(?i)^/(?:[\w.%~-]+/)*(?:createitem|job/[^/?]+/config\.xml)(?:\?|$)`)

// isStep reports whether a value is in the definition of such a job.
func isStep(tx *mapping.Transaction, collection string) bool {
	return tx.Method == "POST" && (collection == "REQUEST_XML" || collection == "XML") && jenkinsJob.MatchString(tx.URI)
}

// cloudField is a field of a call of a cloud's interface that is a script by design: a template, what a machine runs when it starts,
// and what an agent is told to run.
// Sources: the API references of CloudFormation, EC2, Systems Manager.
var cloudField = compile(`^ARGS(?:_GET|_POST)?:(?:TemplateBody|UserData|LaunchTemplateData\.UserData|json\.(?:[\w.]+\.)?(?:TemplateBody|UserData|userData|(?:P|p)arameters\.commands(?:\.\d+)?))$`)

// isCloudScript reports whether a value is such a script, in a request that is signed.
func isCloudScript(tx *mapping.Transaction, variable string) bool {
	if tx == nil || !cloudField.MatchString(variable) {
		return false
	}
	by, _ := mapping.HeaderValue(tx.RequestHeaders, "authorization")
	return strings.HasPrefix(by, "AWS4-HMAC-SHA256 Credential=")
}

// What a machine of a cloud runs when it starts, as the interfaces of clouds call it, and how such a script begins.
// Sources: the API references of Compute Engine, Azure, Linode, Scaleway, Vultr, Hetzner; https://cloudinit.readthedocs.io
var (
	startField  = compile(`(?i)^ARGS(?:_GET|_POST)?:json\.(?:[\w-]+\.)*(?:(?:startup|shutdown|init|bootstrap)[_-]?script|script|user[_-]?data|custom[_-]?data|cloud[_-]?(?:init|config))$`)
	startScript = compile(`\A\s*(?:#!\s?/[\w./-]+(?:\s-\w+|\s\w+)?\s*\n|#cloud-config\s)`)
)

// isStartScript reports whether a value is such a script, of somebody who has said who he is and was believed, and none that connects back or
// hides what it runs.
func isStartScript(tx *mapping.Transaction, variable, value string) bool {
	if tx == nil || tx.Method == "GET" || tx.Status/100 != 2 || !startField.MatchString(variable) || !startScript.MatchString(value) || calls.MatchString(value) {
		return false
	}
	for _, name := range []string{"authorization", "x-auth-token", "x-api-key"} {
		if by, _ := mapping.HeaderValue(tx.RequestHeaders, name); by != "" {
			return true
		}
	}
	return false
}

// calls are how a script hands a shell to somebody else.
var calls = compile(`(?i)/dev/(?:tcp|udp)/|\b(?:nc|ncat|netcat)\b[^\n]*\s-\w*[ec]\b|\bmkfifo\b|\bsocat\b[^\n]*\bexec\b|\bsocket\b|base64\s+-{1,2}d\w*\s*\|\s*\w*sh\b`)
