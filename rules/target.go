package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Target is what a rule looks at: ARGS, ARGS:q, ARGS:/^q/, &ARGS for how many there are, or !ARGS:q for what the targets
// of ARGS before it do not look at.
type Target struct {
	Variable  string // in lower case
	Key       string // a name, or a pattern of names; empty for all
	IsPattern bool
	Count     bool
	Except    bool
}

// String is the target as Coraza reads it.
func (t Target) String() string {
	var b strings.Builder
	switch {
	case t.Except:
		b.WriteByte('!')
	case t.Count:
		b.WriteByte('&')
	}
	b.WriteString(strings.ToUpper(t.Variable))
	switch {
	case t.IsPattern:
		b.WriteString(":/" + t.Key + "/")
	case !isXPath(t.Variable) && strings.ContainsAny(t.Key, "/|'"): // Coraza has no other way to write them
		b.WriteString(":/(?i)^" + strings.ReplaceAll(regexp.QuoteMeta(t.Key), "/", `\/`) + "$/")
	case t.Key != "":
		b.WriteString(":" + t.Key)
	}
	return b.String()
}

// isXPath reports whether what follows a variable is a path within a document.
func isXPath(variable string) bool { return variable == "xml" || variable == "json" }

// ofEnvironment are variables of ModSecurity about who has logged in that Coraza does not have, or can't hold. CGI has them in
// the environment, so they are ENV:remote_user and ENV:auth_type here, which the engine fills.
var ofEnvironment = set("remote_user", "auth_type")

// IsOfEnvironment reports whether the target is one of them.
func (t Target) IsOfEnvironment() bool {
	return t.Variable == "env" && ofEnvironment[strings.ToLower(t.Key)]
}

var errTarget = errors.New("cannot read target")

// targetReader reads a list of targets the way Coraza does, whose grammar has its own idea of keys: a slash in one
// without quotes begins a pattern, which ends at the next slash or with the list, its last character left out then.
type targetReader struct {
	text string
	at   int
}

// parseTargets reads ARGS|!ARGS:x|REQUEST_COOKIES:/re/|&TX:a.
func parseTargets(text string) ([]Target, error) {
	r := targetReader{text: text}
	var all []Target
	for r.at < len(r.text) {
		t, err := r.target()
		if err != nil {
			return nil, err
		}
		if ofEnvironment[t.Variable] {
			t.Variable, t.Key = "env", t.Variable
		}
		if !isKnown(t.Variable) && !persistent[t.Variable] {
			return nil, fmt.Errorf("it looks at %s, which Coraza does not have", strings.ToUpper(t.Variable))
		}
		all = append(all, t)
	}
	return all, nil
}

// withoutMarks takes away what says that a target is an exception, or counted.
var withoutMarks = strings.NewReplacer("!", "", "&", "")

func (r *targetReader) target() (t Target, err error) {
	start := r.at
	for r.at < len(r.text) && !strings.ContainsRune(":.|", rune(r.text[r.at])) {
		r.at++
	}
	name := strings.TrimSpace(r.text[start:r.at])
	t.Except, t.Count = strings.Contains(name, "!"), strings.Contains(name, "&")
	t.Variable = strings.ToLower(strings.TrimSpace(withoutMarks.Replace(name)))
	if t.Variable == "" {
		return t, fmt.Errorf("%w %q", errTarget, shorten(r.text[start:]))
	}
	if r.at < len(r.text) && r.text[r.at] != '|' { // libmodsecurity takes a dot for a colon, as there is one in macros
		r.at++
		if r.at == len(r.text) {
			return t, fmt.Errorf("%w %q", errTarget, r.text[start:])
		}
		if err := r.key(&t); err != nil {
			return t, err
		}
	}
	if r.at < len(r.text) {
		r.at++ // the bar
	}
	return t, nil
}

// key reads what is behind a colon.
func (r *targetReader) key(t *Target) error {
	rest := r.text[r.at:]
	switch {
	case isXPath(t.Variable):
		t.Key = upTo(rest, '|')
		r.at += len(t.Key)
		if t.Key = strings.TrimSpace(t.Key); len(t.Key) > 1 && t.Key[0] == '/' && t.Key[len(t.Key)-1] == '/' {
			if r.at == len(r.text) {
				t.Key = t.Key[:len(t.Key)-1]
			} else {
				t.Key, t.IsPattern = t.Key[1:len(t.Key)-1], true
			}
		}
		return nil
	case strings.HasPrefix(rest, `'/`) && len(rest) > 2:
		r.at += 2
		if err := r.pattern(t); err != nil {
			return err
		}
		if r.at == len(r.text) || r.text[r.at] != '\'' {
			return fmt.Errorf("%w: a quote is not closed in %q", errTarget, shorten(rest))
		}
		r.at++
		return nil
	case rest[0] == '\'':
		end := strings.IndexByte(rest[1:], '\'')
		if end < 0 {
			return fmt.Errorf("%w: a quote is not closed in %q", errTarget, shorten(rest))
		}
		t.Key = rest[1 : 1+end]
		r.at += end + 2
		return nil
	}
	plain := upTo(rest, '|')
	if name, _, ok := strings.Cut(plain, "/"); ok && r.at+len(name)+1 < len(r.text) {
		r.at += len(name) + 1
		if err := r.pattern(t); err != nil {
			return err
		}
		t.Key = name + t.Key
		return nil
	}
	t.Key = strings.TrimSuffix(plain, "/")
	r.at += len(plain)
	t.Key = strings.TrimSpace(t.Key)
	return nil
}

// pattern reads up to the slash that ends a pattern.
func (r *targetReader) pattern(t *Target) error {
	t.IsPattern = true
	start := r.at
	for escaped := false; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '/' && !escaped:
			t.Key = lowerPattern(r.text[start:r.at])
			r.at++
			return nil
		case c == '\\':
			escaped = !escaped
		default:
			escaped = false
		}
	}
	t.Key = lowerPattern(r.text[start : len(r.text)-1]) // see targetReader
	return nil
}

// lowerPattern is a pattern of names in lower case, as Coraza keeps names. ModSecurity does not mind the case of either;
// Coraza puts patterns into lower case too, but leaves out those of ARGS, and makes \s of \S.
func lowerPattern(pattern string) string {
	var b strings.Builder
	inClass := false
	for rest := pattern; rest != ""; {
		n := 1
		switch {
		case rest[0] == '\\' && len(rest) > 1:
			class, denies := deniedClasses[rest[1]]
			switch {
			case !denies && (unicode.IsUpper(rune(rest[1])) || rest[1] == 'p'): // \B, \pL: nothing in lower case is the same
				return pattern
			case denies && inClass:
				b.WriteString(class)
			case denies:
				b.WriteString("[" + class + "]")
			default:
				b.WriteString(rest[:2])
			}
			rest = rest[2:]
			continue
		case inClass && strings.HasPrefix(rest, "[:"):
			n = max(strings.Index(rest, ":]")+2, 1)
		case rest[0] == '[':
			inClass = true
		case rest[0] == ']':
			inClass = false
		case strings.HasPrefix(rest, "(?P<"):
			b.WriteString("(?<")
			rest = rest[4:]
			continue
		}
		b.WriteString(rest[:n])
		rest = rest[n:]
	}
	return strings.ToLower(b.String())
}

// deniedClasses are those that are written with an upper-case letter, by their other names.
var deniedClasses = map[byte]string{'D': "[:^digit:]", 'S': "[:^space:]", 'W': "[:^word:]"}

func upTo(s string, end byte) string {
	if i := strings.IndexByte(s, end); i >= 0 {
		return s[:i]
	}
	return s
}

// joinTargets is the text of a list.
func joinTargets(all []Target) string {
	texts := make([]string, len(all))
	for i, t := range all {
		texts[i] = t.String()
	}
	return strings.Join(texts, "|")
}
