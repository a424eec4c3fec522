package transform

import (
	"bytes"
	"strings"
)

// normalizePath takes ., .. and empty segments out of a path. A slash at the end stays, so / becomes //, and a path
// of which nothing is left becomes empty.
func normalizePath(mem *Memory, s string) string {
	if s == "" || pathStays(s) {
		return s
	}
	return textOf(appendPath(mem.bytes(len(s)+1), s, false))
}

// normalizePathWin is normalizePath of a Windows path: backslashes are slashes, the name of an alternate data stream
// goes (file:stream), and dots and spaces at the end of each segment, as Windows drops both.
func normalizePathWin(mem *Memory, s string) string {
	if s == "" || windowsPathStays(s) {
		return s
	}
	b := appendPath(mem.bytes(len(s)+1), s, true)
	return textOf(trimSegments(cutStream(b)))
}

// pathStays: normalizePath leaves it as it is.
func pathStays(s string) bool {
	switch s {
	case "/":
		return false
	case "//":
		return true
	}
	rooted := s[0] == '/'
	climbs := !rooted // nothing but .. so far
	if rooted {
		s = s[1:]
	}
	for s != "" {
		var segment string
		segment, s, _ = strings.Cut(s, "/")
		switch segment {
		case "", ".":
			return false
		case "..":
			if !climbs {
				return false
			}
		default:
			climbs = false
		}
	}
	return true
}

// windowsPathStays: normalizePathWin leaves it as it is.
func windowsPathStays(s string) bool {
	if strings.IndexByte(s, '\\') >= 0 || !pathStays(s) || strings.IndexByte(lastSegment(s), ':') >= 0 {
		return false
	}
	for s != "" {
		var segment string
		segment, s, _ = strings.Cut(s, "/")
		if len(trimSegment(segment)) < len(segment) {
			return false
		}
	}
	return true
}

// lastSegment is the last segment of a path, without its drive.
func lastSegment[T string | []byte](path T) T {
	end := len(path)
	start := 0
	if end >= 2 && path[1] == ':' && ('a' <= path[0]|0x20 && path[0]|0x20 <= 'z') {
		start = 2
	}
	if end > start && path[end-1] == '/' {
		end--
	}
	from := end
	for from > start && path[from-1] != '/' {
		from--
	}
	return path[from:end]
}

// trimSegment is a segment without the dots and spaces at its end; one that is all dots stays.
func trimSegment[T string | []byte](segment T) T {
	end, dots := len(segment), true
	for end > 0 && (segment[end-1] == '.' || segment[end-1] == ' ') {
		end--
		dots = dots && segment[end] == '.'
	}
	if end == 0 && dots {
		return segment
	}
	return segment[:end]
}

// appendPath appends the segments that are left of a path.
func appendPath(b []byte, s string, windows bool) []byte {
	isSlash := func(c byte) bool { return c == '/' || windows && c == '\\' }
	rooted := isSlash(s[0])
	slash := isSlash(s[len(s)-1])
	if rooted {
		b = append(b, '/')
	}
	first := len(b) // where the first segment begins
	fixed := first  // what is before it can't be left with ..
	for i := 0; i < len(s); i++ {
		start := i
		for i < len(s) && !isSlash(s[i]) {
			i++
		}
		segment := s[start:i]
		switch {
		case segment == "" || segment == ".":
			continue
		case segment == ".." && len(b) > fixed:
			b = b[:max(fixed, bytes.LastIndexByte(b, '/'))]
			continue
		case segment == ".." && rooted:
			continue
		}
		if len(b) > first {
			b = append(b, '/')
		}
		b = append(b, segment...)
		if segment == ".." {
			fixed = len(b)
		}
	}
	if slash && len(b) > 0 {
		b = append(b, '/')
	}
	return b
}

// cutStream cuts the last segment at its first colon.
func cutStream(path []byte) []byte {
	last := lastSegment(path)
	colon := bytes.IndexByte(last, ':')
	if colon < 0 {
		return path
	}
	// last is the end of path but for a slash.
	end := len(path) - len(last) + colon
	if path[len(path)-1] == '/' {
		path[end-1] = '/'
		return path[:end]
	}
	return path[:end]
}

// trimSegments trims each segment; one of which nothing is left goes, with its slash.
func trimSegments(path []byte) []byte {
	out := path[:0] // never ahead of what is read
	wrote := false
	for i := 0; i <= len(path); i++ {
		start := i
		for i < len(path) && path[i] != '/' {
			i++
		}
		segment := path[start:i]
		trimmed := trimSegment(segment)
		if len(trimmed) == 0 && len(segment) > 0 {
			continue
		}
		if wrote {
			out = append(out, '/')
		}
		out = append(out, trimmed...)
		wrote = true
	}
	return out
}
