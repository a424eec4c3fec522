package behavior

import (
	"slices"
	"strings"
)

// templates learns which parts of paths vary, and puts names in their place: /users/123 is /users/{id}. What is an
// id by its looks is one at once; a place where more than maxChildren names were seen becomes {any}.
type templates struct {
	Children map[uint64][]uint64 // hashes of the names seen, by hash of the template up to there; none where there are more than maxChildren
}

const (
	maxChildren  = 40
	maxTemplates = 20_000 // places that are learned
	maxSegments  = 16     // what is deeper is cut
)

func newTemplates() *templates { return &templates{map[uint64][]uint64{}} }

// of is the template of a path of a service, without its query. Names are learned if learn says so.
func (t *templates) of(service, path string, learn bool, buf []byte) []byte {
	out := buf[:0]
	h := hash(0, service)
	for n := 0; path != ""; n++ {
		path = strings.TrimPrefix(path, "/")
		segment, rest, _ := strings.Cut(path, "/")
		path = rest
		if n == maxSegments {
			return append(out, "/{more}"...)
		}
		name := kindOf(segment)
		next := hash(h, name)
		if name == "" && segment != "" {
			name, next = t.child(h, segment, learn)
		}
		out = append(append(out, '/'), name...)
		h = next
	}
	if len(out) == 0 {
		return append(out, '/')
	}
	return out
}

// child is the segment, or {any} where there are too many of them, with the hash of the template up to there.
func (t *templates) child(place uint64, segment string, learn bool) (name string, h uint64) {
	const varies = "{any}"
	all, known := t.Children[place]
	if known && len(all) == 0 { // gob makes no difference between nil and none
		return varies, hash(place, varies)
	}
	h = hash(place, segment)
	switch {
	case !learn || !known && len(t.Children) >= maxTemplates, slices.Contains(all, h):
		return segment, h
	case len(all) >= maxChildren:
		t.Children[place] = nil
		return varies, hash(place, varies)
	}
	t.Children[place] = append(all, h)
	return segment, h
}

// kindOf is {id} and the like for a segment that is no name by its looks, "" for others.
func kindOf(s string) string {
	var digits, letters, hex, other, upper int
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			digits++
			hex++
		case 'a' <= c && c <= 'f':
			letters++
			hex++
		case 'A' <= c && c <= 'F':
			letters++
			hex++
			upper++
		case 'g' <= c && c <= 'z':
			letters++
		case 'G' <= c && c <= 'Z':
			letters++
			upper++
		default:
			other++
		}
	}
	n := len(s)
	switch {
	case digits == 0 && n < 40:
		if strings.Contains(s, "@") || strings.Contains(s, "%40") {
			return "{email}"
		}
		return ""
	case digits == n:
		return "{id}"
	case n == 36 && hex == 32 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-':
		return "{uuid}"
	case hex == n && n >= 8:
		return "{hex}"
	case n == 10 && s[4] == '-' && s[7] == '-' && digits == 8:
		return "{date}"
	case strings.Contains(s, "@") || strings.Contains(s, "%40"):
		return "{email}"
	case n >= 40, n >= 16 && digits >= 4 && (upper > 0 && letters > upper || other == 0), letters <= 4 && digits >= 3 && digits*2 > n:
		return "{id}" // a token, ORD-10023
	}
	return ""
}
