package engine

import "strings"

// isUserAgent reports whether a value is products and comments (RFC 9110, 10.1.5), each of words: "Opera/9.80 (J2ME/MIDP; U; id)
// Presto/2.4". The parts of its comments are separated as commands of a shell are, and some are called as commands are: the
// Indonesian language, a screen that can be touched. No shell runs a comment: a bracket behind a word is an error. So
// such a value isn't read as an argument, unless a part looks like a command for other reasons.
func isUserAgent(value string) bool {
	depth, comments, start := 0, 0, 0
	for i := range len(value) {
		switch value[i] {
		case '(', ')', ';':
			if depth == 0 && value[i] != '(' || comments == 0 && !isProduct(value[:i]) || !isAgentPart(value[start:i], depth > 0) {
				return false
			}
			start = i + 1
		}
		switch value[i] {
		case '(':
			depth++
			comments++
		case ')':
			depth--
		}
	}
	return depth == 0 && comments > 0 && isAgentPart(value[start:], false)
}

// isProduct reports whether a text ends behind a product with a version, to which a comment may be added: "alert(1)" is a call.
func isProduct(text string) bool {
	_, version, ok := strings.Cut(text, "/")
	return ok && version != "" && (version[0] >= '0' && version[0] <= '9' || version[0] >= 'A' && version[0] <= 'Z') && strings.HasSuffix(text, " ")
}

// isAgentPart reports whether a part of a user agent is words, of which the first in a comment has a capital, a digit or a mark
// in it, as names of systems have and commands don't. Languages have two letters.
func isAgentPart(part string, inComment bool) bool {
	part = strings.Trim(part, " ")
	if isAddress(strings.TrimPrefix(part, "+")) {
		return true
	}
	for word := range strings.SplitSeq(part, " ") {
		if word == "" {
			continue
		}
		if strings.IndexByte("-./~", word[0]) >= 0 && !strings.HasPrefix(word, ".NET") || strings.Contains(word, "..") || strings.Contains(word, "//") || !isOf(word, &plainBytes) {
			return false
		}
		if inComment && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" && word != "compatible" && (len(word) != 2 || len(part) != 2) {
			return false
		}
		inComment = false // what follows is told to the first word
	}
	return true
}

// isAddress reports whether a text is a link to a page, as robots leave them, without a query.
func isAddress(text string) bool {
	host, ok := strings.CutPrefix(text, "http://")
	if !ok {
		host, ok = strings.CutPrefix(text, "https://")
	}
	return ok && isPlain(host)
}
