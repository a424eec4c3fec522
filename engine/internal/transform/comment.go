package transform

import "strings"

// replaceComments makes one space of each C comment, closed or not.
func replaceComments(mem *Memory, s string) string {
	start := strings.Index(s, "/*")
	if start < 0 {
		return s
	}
	b := mem.bytes(len(s))
	for start >= 0 {
		b = append(b, s[:start]...)
		b = append(b, ' ')
		s = s[start+2:]
		end := strings.Index(s, "*/")
		if end < 0 {
			return textOf(b)
		}
		s = s[end+2:]
		start = strings.Index(s, "/*")
	}
	return textOf(append(b, s...))
}

// commentByte is what a comment's mark begins with.
var commentByte = [256]bool{'/': true, '*': true, '<': true, '-': true, '#': true}

// openComment is the length of what begins a comment at i, 0 if nothing does: /*, <!--, and to the end of the value
// -- and #.
func openComment(s string, i int) (size int, toEnd bool) {
	switch s[i] {
	case '/':
		if i+1 < len(s) && s[i+1] == '*' {
			return 2, false
		}
	case '<':
		if strings.HasPrefix(s[i:], "<!--") {
			return 4, false
		}
	case '-':
		if i+1 < len(s) && s[i+1] == '-' {
			return 2, true
		}
	case '#':
		return 1, true
	}
	return 0, false
}

// removeComments removes C's, SQL's, HTML's and the shell's comments. A comment that is not closed becomes a space.
// The character behind a closed one is copied unread, as NUL if there is none; either end closes either comment.
func removeComments(mem *Memory, s string) string {
	start := 0
	for start < len(s) {
		if commentByte[s[start]] {
			if size, _ := openComment(s, start); size > 0 {
				break
			}
		}
		start++
	}
	if start == len(s) {
		return s
	}
	b := mem.bytes(len(s))
	b = append(b, s[:start]...)
	for i := start; i < len(s); {
		size, toEnd := openComment(s, i)
		if toEnd {
			break
		}
		if size == 0 {
			b = append(b, s[i])
			i++
			continue
		}
		for i += size; ; i++ {
			if i >= len(s) {
				return textOf(append(b, ' '))
			}
			if strings.HasPrefix(s[i:], "*/") {
				i += 2
				break
			}
			if strings.HasPrefix(s[i:], "-->") {
				i += 3
				break
			}
		}
		if i < len(s) {
			b = append(b, s[i])
		} else {
			b = append(b, 0)
		}
		i++
	}
	return textOf(b)
}

// removeCommentsChar removes the marks of comments, and leaves what they hold.
func removeCommentsChar(mem *Memory, s string) string {
	start := 0
	for start < len(s) && (!commentByte[s[start]] || commentMark(s, start) == 0) {
		start++
	}
	if start == len(s) {
		return s
	}
	b := mem.bytes(len(s))
	b = append(b, s[:start]...)
	for i := start; i < len(s); {
		if size := commentMark(s, i); size > 0 {
			i += size
			continue
		}
		b = append(b, s[i])
		i++
	}
	return textOf(b)
}

// commentMark is the length of the mark at i that begins or ends a comment, 0 if there is none.
func commentMark(s string, i int) int {
	switch s[i] {
	case '*':
		if i+1 < len(s) && s[i+1] == '/' {
			return 2
		}
	case '-':
		if strings.HasPrefix(s[i:], "-->") {
			return 3
		}
		fallthrough
	case '/', '<', '#':
		size, _ := openComment(s, i)
		return size
	}
	return 0
}
