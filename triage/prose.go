package triage

import (
	"strings"
	"unicode/utf8"
)

// People write about commands, queries and attacks, and programs have fields for them. What tells these from an attack is what
// stands around: words of a language before and behind, marks that say "this is code", a statement that is whole, and a name
// that asks for one. None of it proves anything, as an attacker can write words as well: so it only weighs with all the rest,
// and what an answer proves counts whatever the words (Examination.Proof).

// Neutral are words that languages for programs have, too.
var neutral = setOf(`select from where and or union all order by group having limit insert into values update set delete drop table like null
	not case when then else end between exists as is in on join left sleep if do for while echo cat print function var let const return new this
	import class public static void int string true false try catch document alert script`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

// plainWords counts words of natural language, and all that stands between blanks.
func plainWords(text string) (plain, all int) {
	for token := range strings.FieldsSeq(text) {
		all++
		if word := strings.Trim(token, ".,;:!?()\"'"); word != "" && isPlain(word) && !isNeutral(word) {
			plain++
		}
	}
	return plain, all
}

// longestWord is how long a word is at most that is plain.
const longestWord = 20

func isPlain(word string) bool {
	if len(word) > longestWord {
		return false
	}
	for i := range len(word) {
		switch c := word[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= utf8.RuneSelf:
		case (c == '\'' || c == '-') && i > 0 && i < len(word)-1:
		default:
			return false
		}
	}
	return true
}

func isNeutral(word string) bool {
	var lower [longestWord]byte
	for i := range len(word) {
		c := word[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	return neutral[string(lower[:len(word)])]
}

// proseOf is how much of a value is natural language.
func proseOf(value string) string {
	plain, all := plainWords(value)
	switch {
	case plain < 3:
		return "none"
	case 2*plain < all:
		return "some"
	case plain < 8:
		return "phrase"
	case plain < 24:
		return "text"
	default:
		return "article"
	}
}

// near is how much of what stands beside a match is read.
const near = 256

// wordsBeside counts plain words before and behind a match, beside the rest of those in which it begins and ends.
func wordsBeside(value string, from, to int) (before, after int) {
	head, tail := value[max(0, from-near):from], value[to:min(len(value), to+near)]
	if at := strings.LastIndexAny(head, blanks); at >= 0 {
		before, _ = plainWords(head[:at])
	}
	if at := strings.IndexAny(tail, blanks); at >= 0 {
		after, _ = plainWords(tail[at:])
	}
	return before, after
}

const blanks = " \t\r\n"

// codeMarks are how markup says that something is code: Markdown, HTML, MediaWiki, BBCode, and Jira.
var codeMarks = []string{"```", "~~~", "<code", "<pre", "<syntaxhighlight", "[code", "&lt;", "{code}", "{code:", "{noformat}"}

func isMarkedAsCode(value string) bool {
	for _, mark := range codeMarks {
		if strings.Contains(value, mark) {
			return true
		}
	}
	return false
}

// statement is how one of SQL begins that is no part of another.
var statement = compile(`^(?i)[\s(]*(?:select|with\s+\w+\s+as|insert\s+into|update\s+\S+\s+set|delete\s+from|create\s+\w+|alter\s+\w+|show|explain|describe|merge\s+into)\b`)

// isStatement reports whether a value is a whole statement of SQL.
func isStatement(value string, s *shape) bool {
	return s.quotes != "odd" && !s.comment && statement.MatchString(value[:min(len(value), 64)])
}

// filter is a condition of a search, as its users write it: names, operators and values, and nothing that ends a text.
var filter = compile(`^(?i)\s*\(?` + filterTerm + `(?:\s+(?:and|or)\s+(?:not\s+)?\(?` + filterTerm + `\)?){0,8}\)?\s*$`)

const filterTerm = `[a-z_][\w.-]{0,60}(?:\s*(?:==?|!=|<>|<=?|>=?|:)\s*|\s+(?:not\s+)?(?:like|in|contains)\s+|\s+is\s+(?:not\s+)?)(?:'[^'=]*'|"[^"=]*"|[\w.:-]+|\([^()=]*\))`

// isFilter reports whether a value is a whole condition.
func isFilter(value string) bool { return len(value) <= 512 && filter.MatchString(value) }

// Fields by what programs name them.
var (
	queryNames = setOf(`query sql rawsql sqltext sqlquery sqlstatement statement stmt native`)
	codeNames  = setOf(`code script patch diff snippet yaml manifest source content_raw file_content pipeline before_script`)
	textNames  = setOf(`content body text message comment comments description desc note notes about bio html markdown post reply answer summary title subject excerpt signature
		prompt question details readme wptextbox review feedback abstract msg commit_message`)
)

// expects is what the name of a value asks for.
func expects(variable string) string {
	_, key, _ := strings.Cut(variable, ":")
	key = strings.TrimRight(key, "]0123456789._")
	if at := strings.LastIndexAny(key, ".["); at >= 0 {
		key = key[at+1:]
	}
	key = strings.ToLower(key)
	if _, last, ok := strings.Cut(key, "_"); ok && !textNames[key] && !codeNames[key] && !queryNames[key] {
		key = last
	}
	switch {
	case queryNames[key]:
		return "query"
	case codeNames[key]:
		return "code"
	case textNames[key]:
		return "text"
	}
	return "other"
}
