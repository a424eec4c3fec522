package mapping

import "strings"

// Names that Kubernetes generates end in characters of its own alphabet, which has no vowels, so that they are no words,
// and none that look alike. A ReplicaSet's hash is a decimal number of 32 bits in a part of it.
// Source: k8s.io/apimachinery/pkg/util/rand.
const (
	randomLetters = "bcdfghjklmnpqrstvwxz2456789"
	randomLength  = 5
	hexDigitsOnly = "0123456789abcdef"
)

// podOwner is what a pod is a replica of, by its name:
//
//	cart-6d4cf56db6-x2x9z       of a Deployment, by its ReplicaSet
//	backup-29391840-x2x9z       of a CronJob, by its Job; the number is the minute, or in former releases the second
//	fluent-bit-x2x9z            of a DaemonSet or a Job, which the name does not tell
//	cart-db-0                   of a StatefulSet
//
// Any other pod is its own.
func podOwner(pod string) (kind, name string) {
	if pod == "" {
		return "", ""
	}
	rest, last := cutLast(pod)
	switch {
	case rest == "":
	case isDigits(last, 1, 4):
		return "statefulset", rest
	case len(last) == randomLength:
		name, middle := cutLast(rest)
		switch {
		case name != "" && isScheduled(middle):
			return "cronjob", name
		case name != "" && isTemplateHash(middle):
			return "deployment", name
		case strings.Trim(last, randomLetters) == "":
			return "", rest
		}
	}
	return "pod", pod
}

// Owner is what a workload belongs to, by its kind and name: the Deployment of a ReplicaSet, the CronJob of a Job, the
// owner of a pod. Of any other it is the workload itself, with the kind in lower case.
func Owner(kind, name string) (string, string) {
	if name == "" {
		return "", ""
	}
	kind = strings.ToLower(kind)
	of, suffix := cutLast(name)
	switch {
	case kind == "pod":
		return podOwner(name)
	case kind == "replicaset" && of != "" && isTemplateHash(suffix):
		return "deployment", of
	case kind == "job" && of != "" && isScheduled(suffix):
		return "cronjob", of
	}
	return kind, name
}

func cutLast(s string) (before, after string) {
	i := strings.LastIndexByte(s, '-')
	if i < 0 {
		return "", s
	}
	return s[:i], s[i+1:]
}

func isDigits(s string, least, most int) bool {
	return len(s) >= least && len(s) <= most && strings.Trim(s, "0123456789") == ""
}

// isScheduled: 29391840, the minutes since 1970, or 1763510400, seconds.
func isScheduled(s string) bool { return isDigits(s, 8, 8) || isDigits(s, 10, 10) && s[0] == '1' }

// isTemplateHash: 6d4cf56db6. What has no digit in it may be a word.
func isTemplateHash(s string) bool {
	return len(s) >= 6 && len(s) <= 10 && strings.Trim(s, hexDigitsOnly) == "" && strings.ContainsAny(s, "0123456789")
}
