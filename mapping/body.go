package mapping

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// readBody makes a body of what was logged: de-chunked if it really is chunked,
// from base64 if its length proves that it is, and marked when the headers promise
// more than the log holds.
func readBody(logged string, headers []Header, enc encoding) Body {
	if logged == "" {
		return Body{}
	}
	length := -1
	if v, ok := header(headers, "content-length"); ok {
		if n, err := strconv.Atoi(v); err == nil && n >= 0 {
			length = n
		}
	}
	text := logged
	if decoded, ok := decodeBase64(logged, length, enc); ok {
		text = decoded
	}
	if te, ok := header(headers, "transfer-encoding"); ok && strings.Contains(strings.ToLower(te), "chunked") {
		if data, whole, ok := dechunk(text); ok {
			return Body{Text: data, Truncated: !whole}
		}
	}
	return Body{Text: text, Truncated: length > len(text)}
}

// decodeBase64 decodes a body that the log keeps in base64. With encoding auto
// it does so only when the decoded length is the one that Content-Length
// says and the logged length is not: plain text can look like base64.
func decodeBase64(logged string, contentLength int, enc encoding) (string, bool) {
	switch enc {
	case encodingText:
		return "", false
	case encodingAuto:
		if contentLength <= 0 || contentLength == len(logged) || contentLength != base64Len(logged) {
			return "", false
		}
	}
	decoded, err := base64.StdEncoding.DecodeString(logged)
	if err != nil {
		if decoded, err = base64.RawStdEncoding.DecodeString(strings.TrimRight(logged, "=\r\n")); err != nil {
			return "", false
		}
	}
	return view(decoded), true
}

func base64Len(s string) int {
	return len(strings.TrimRight(s, "=")) * 3 / 4
}

// dechunk undoes the chunked transfer coding (RFC 9112, 7.1). ok is false when
// the text is not chunked at all; whole is false when it ends before the last chunk.
func dechunk(s string) (data string, whole, ok bool) {
	var b strings.Builder
	for first := true; ; first = false {
		line, rest, found := strings.Cut(s, "\n")
		size, _, _ := strings.Cut(strings.TrimSuffix(line, "\r"), ";")
		n, err := strconv.ParseUint(trimSpace(size), 16, 31)
		if !found || err != nil {
			return b.String(), false, !first
		}
		if n == 0 {
			return b.String(), true, true
		}
		if uint64(len(rest)) <= n {
			// The log ends within the chunk. With one chunk only, nothing but
			// its size line says that this is chunked: that must do.
			b.WriteString(rest)
			return b.String(), false, true
		}
		b.WriteString(rest[:n])
		s = rest[n:]
		switch {
		case strings.HasPrefix(s, "\r\n"):
			s = s[2:]
		case strings.HasPrefix(s, "\n"):
			s = s[1:]
		default:
			return "", false, false // the size was no size
		}
	}
}
