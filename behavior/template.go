package behavior

import (
	"slices"
	"strings"
)

// templates learns which parts of paths vary, and puts names in their place: /users/123 is /users/{id}. What is an
// id by its looks is one at once; a place where more than maxChildren names were seen becomes {any}. The places that were not
// seen for the longest time make room for others. Those that vary do so among themselves: who asks for many new paths
// has none of them forgotten.
type templates struct {
	named  *table[children] // by hash of the template up to there
	varied *table[bool]     // the same, of {any}
}

// children are hashes of the names that were seen at a place.
type children []uint64

func (c *children) possible() bool { return len(*c) <= maxChildren }

const (
	maxChildren  = 40
	maxTemplates = 20_000 // places of either sort
	maxSegments  = 16     // what is deeper is cut

	always = int64(1) << 62 // is how long they are kept
)

func newTemplates() *templates {
	return &templates{newTable[children](maxTemplates), newTable[bool](maxTemplates)}
}

// savedTemplates are templates as they are kept.
type savedTemplates struct {
	Named  saved[children]
	Varied saved[bool]
}

func (t *templates) save() savedTemplates { return savedTemplates{t.named.save(), t.varied.save()} }

func (t *templates) restore(s savedTemplates) (dropped int) {
	return t.named.restore(s.Named) + t.varied.restore(s.Varied)
}

func (t *templates) evicted() uint64 { return t.named.evicted + t.varied.evicted }

// of is the template of a path of a service, without its query. Names are learned if learn says so.
func (t *templates) of(service, path string, learn bool, now int64, buf []byte) []byte {
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
			name, next = t.child(h, segment, learn, now)
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
func (t *templates) child(place uint64, segment string, learn bool, now int64) (name string, h uint64) {
	const varies = "{any}"
	if t.varied.touch(place, now, always) {
		return varies, hash(place, varies)
	}
	h = hash(place, segment)
	if !learn {
		t.named.touch(place, now, always)
		return segment, h
	}
	all, _ := t.named.get(place, now, always)
	switch {
	case slices.Contains(*all, h):
	case len(*all) < maxChildren:
		*all = append(*all, h)
	default:
		t.named.forget(place)
		t.varied.get(place, now, always)
		return varies, hash(place, varies)
	}
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
