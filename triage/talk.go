package triage

import (
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// What is asked of a language model, and what it answers. It tells what files and commands look like, and has read none.
// Sources: the HTTP interfaces of OpenAI, Anthropic, Google, Ollama, which others have as well.
var (
	modelPath   = compile(`^/(?:[\w.-]+/)*(?:chat/completions|completions|messages|responses|models/[\w.:-]+:(?:stream)?generatecontent|model/[\w.:%-]+/(?:converse|invoke)|embeddings|api/(?:chat|generate))$`)
	modelAsked  = compile(`"(?:messages|prompt|contents|input)"\s*:`)
	modelSays   = compile(`"choices"\s*:\s*\[|"candidates"\s*:\s*\[|"role"\s*:\s*"(?:assistant|model)"|"done"\s*:\s*(?:true|false)|"embedding"\s*:\s*["[]|"type"\s*:\s*"(?:text|output_text|content_block_delta)"`)
	modelAnswer = compile(`^(?:application/(?:json|x-ndjson)|text/event-stream)$`)
)

// isTalk reports whether an exchange is one with a language model.
func isTalk(tx *mapping.Transaction) bool {
	if tx == nil || tx.Method != "POST" {
		return false
	}
	start := func(text string) string { return text[:min(len(text), maxPayload)] }
	return modelPath.MatchString(strings.ToLower(pathOf(tx))) && modelAsked.MatchString(start(tx.RequestBody.Text)) &&
		modelAnswer.MatchString(mapping.MediaType(tx.ResponseHeaders)) && modelSays.MatchString(start(tx.ResponseBody.Text))
}

// prompted are the members that are read to a model: what is said, and what tools are for. Addresses among them are fetched.
var (
	prompted = compile(`^json\.(?:messages|input|inputs|contents|prompt|system|system_?instruction|systemInstruction|instructions|tools|functions)(?:\.|$)`)
	linked   = compile(`(?i)ur[il](?:\.|$)`)
)

// isPrompt reports whether a value is what a language model was asked, which has answered. What it is told is run by nobody.
func isPrompt(tx *mapping.Transaction, variable, value string) bool {
	collection, member, _ := strings.Cut(variable, ":")
	return tx != nil && (collection == "ARGS" || collection == "ARGS_POST") && prompted.MatchString(member) && !linked.MatchString(member) &&
		!lookup.MatchString(strings.ToLower(value)) && isTalk(tx)
}

// repositoryFile is the address of a file in a repository: of GitLab, Gitea, GitHub, Bitbucket, and of GitLab's interface.
var repositoryFile = compile(`^/(?:[\w.~-]+/){2,6}(?:-/(?:raw|blob|blame)/|(?:raw|src|blame)/(?:branch|tag|commit)/|(?:raw|blob|blame)/(?:refs/heads/|(?:main|master|develop|HEAD|[0-9a-f]{40})/)|repos/[\w.~-]+/(?:raw|browse)/)` +
	`(?:[\w.~@%+-]+/)*[\w.~@%+-]+(?:\?(?:ref_type|inline|at|raw|plain)=[\w./-]{0,80})?$|` +
	`^/api/v\d/projects/[\w%.-]+/repository/(?:files/[\w%.~+-]+(?:/raw)?|blobs/[0-9a-f]{40}(?:/raw)?)(?:\?ref=[\w./-]{1,80})?$`)

// isRepositoryFile reports whether an answer is a file of a repository, which is about a system and not of one.
func isRepositoryFile(tx *mapping.Transaction) bool {
	return tx != nil && tx.Method == "GET" && !goesUp(tx.URI) && repositoryFile.MatchString(tx.URI)
}

// isTold reports whether what the answer has says nothing of the server that gives it.
func isTold(tx *mapping.Transaction) bool {
	return isTalk(tx) || isRepositoryFile(tx) || isTranslated(tx) || isRetold(tx)
}

// retold is what interfaces give that keep what others have said or done: the logs of jobs (GitLab, AWX, Jenkins, GitHub), threads
// of a chat (Mattermost), events of Sentry, findings of Nessus.
// Sources: their HTTP interfaces.
var retold = compile(`^/(?:[\w.~-]+/){1,8}-/jobs/\d+/(?:trace(?:\.json)?|raw)$|^/api/v4/projects/[\w.%-]+/jobs/\d+/trace$|` +
	`^/api/v2/(?:jobs|ad_hoc_commands|project_updates|job_events)/\d+/(?:stdout|job_events|children)/?$|` +
	`^/(?:[\w.~%-]+/)*job/[\w.~%-]+/(?:\d+|last\w*build)/(?:console(?:text|full)?|logtext/progressive(?:text|html))$|` +
	`^/repos/[\w.~-]+/[\w.~-]+/actions/(?:runs|jobs)/\d+/logs$|^/api/v4/(?:channels/[a-z0-9]{26}/posts|posts/[a-z0-9]{26}/thread)$|` +
	`^/scans/\d+/hosts/\d+/plugins/\d+$|^/api/0/projects/[\w.~-]+/[\w.~-]+/(?:events|issues)/[\w-]+/$`)

// isRetold reports whether an answer is such a thing.
func isRetold(tx *mapping.Transaction) bool {
	return tx != nil && tx.Method == "GET" && !goesUp(tx.URI) && retold.MatchString(strings.ToLower(pathOf(tx)))
}

// isTranslated reports whether an answer is a catalogue of texts: what programs say, and none of them has said.
func isTranslated(tx *mapping.Transaction) bool {
	return tx != nil && tx.Method == "GET" && isCatalogue(tx.ResponseBody.Text[:min(len(tx.ResponseBody.Text), maxPayload)])
}
