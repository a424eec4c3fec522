package mapping

import "strings"

// parseHeaders reads a raw header block as a probe saw it: a start line, header
// lines, an empty line, perhaps the beginning of the body. Unlike net/http it
// refuses nothing, as a record that is not read is not inspected: line ends may
// be LF, continuation lines are joined, a line without a colon is a header
// without a value, order and duplicates are kept. start is "" when
// the block begins with a header. complete says that the empty line was there, so
// that no header is missing.
func parseHeaders(block string, headers []Header) (start string, out []Header, rest string, complete bool) {
	out = headers
	for first := true; block != ""; {
		line := block
		i := strings.IndexByte(block, '\n')
		if i >= 0 {
			line, block = block[:i], block[i+1:]
		} else {
			block = ""
		}
		line = strings.TrimSuffix(line, "\r")
		switch {
		case line == "" && first:
			continue // some clients send an empty line before the request
		case line == "":
			return start, out, block, true
		case first && isStartLine(line):
			start = line
		case (line[0] == ' ' || line[0] == '\t') && len(out) > len(headers):
			last := &out[len(out)-1]
			last.Value += " " + trimSpace(line)
		default:
			out = append(out, parseHeader(line))
		}
		first = false
	}
	return start, out, "", false
}

func parseHeader(line string) Header {
	from := 0
	if line[0] == ':' {
		from = 1 // HTTP/2 pseudo-header
	}
	i := strings.IndexByte(line[from:], ':')
	if i < 0 {
		return Header{Name: trimSpace(line)}
	}
	return Header{Name: trimSpace(line[:from+i]), Value: trimSpace(line[from+i+1:])}
}

// isStartLine tells a request or status line from a header: a header's name has
// no space in it before the colon.
func isStartLine(line string) bool {
	space := strings.IndexByte(line, ' ')
	if space < 0 {
		return false
	}
	colon := strings.IndexByte(line, ':')
	return colon < 0 || space < colon
}

// splitRequestLine cuts a request line into its three parts. The URI may have
// spaces in it, so method and protocol are taken from the ends.
func splitRequestLine(line string) (method, uri, protocol string) {
	method, uri, _ = strings.Cut(line, " ")
	uri = strings.TrimLeft(uri, " ")
	if i := strings.LastIndexByte(uri, ' '); i >= 0 && strings.HasPrefix(uri[i+1:], "HTTP/") {
		uri, protocol = uri[:i], uri[i+1:]
	} else if strings.HasPrefix(uri, "HTTP/") {
		uri, protocol = "", uri
	}
	return method, uri, protocol
}

func trimSpace(s string) string {
	return strings.Trim(s, " \t")
}
