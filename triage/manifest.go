package triage

import (
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// kubernetesAPI is the path of an object of Kubernetes, or of a kind that a cluster has been taught.
// Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
var kubernetesAPI = compile(`^/(?:api/v\d\w*|apis/[a-z0-9][a-z0-9.-]*/v\d\w*)/(?:namespaces/[a-z0-9.-]+/)?[a-z]+(?:/[\w.:-]+){0,2}(?:\?|$)`)

// manifestField is a field of such an object that is a command, a setting of a program, or a file: of containers, their probes and
// hooks, of steps of Tekton and Argo, of config maps, and the whole object as kubectl keeps it. Fields of a patch in
// the form of JSON are not told apart.
var manifestField = compile(`(?i)^ARGS(?:_GET|_POST)?:json\.(?:(?:.+\.)?(?:(?:init|ephemeral)?containers?|steps|sidecars|template|script|manager)\.(?:\d+\.)?` +
	`(?:(?:command|args)\.\d+|script|source|env\.\d+\.value|(?:(?:liveness|readiness|startup)probe|lifecycle\.(?:poststart|prestop))\.exec\.command\.\d+)` +
	`|(?:binary)?data\.[\w.-]+|metadata\.annotations\.kubectl\.kubernetes\.io/last-applied-configuration)$`)

// isManifest reports whether a value of a transaction with Kubernetes is a command by design. What is bad in one, rules about
// Kubernetes know (lateral-movement).
func isManifest(tx *mapping.Transaction, variable string) bool {
	return strings.HasPrefix(tx.URI, "/api") && manifestField.MatchString(variable) && kubernetesAPI.MatchString(tx.URI)
}
