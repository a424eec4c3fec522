package report

import (
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// mostPlaces bounds the different URLs that are told apart of one finding; the URLs are the attackers', too.
const mostPlaces = 10_000

// places are the URLs of a finding: how many different ones, and what they have in common.
type places struct {
	seen map[uint64]struct{} // hashes of the URLs
	path []string            // segments, where they differ placeholder
	rest bool                // paths have different lengths
}

const placeholder = "{…}"

func (p *places) add(url string) {
	if p.seen == nil {
		p.seen = map[uint64]struct{}{}
	}
	if len(p.seen) < mostPlaces {
		p.seen[xxhash.Sum64String(url)] = struct{}{}
	}
	path, _, _ := strings.Cut(url, "?")
	segments := strings.Split(cut(path, longestName), "/")
	if p.path == nil {
		p.path = segments
		return
	}
	if len(segments) != len(p.path) {
		p.rest = true
		p.path = p.path[:min(len(p.path), len(segments))]
	}
	for i := range p.path {
		if p.path[i] != segments[i] {
			p.path[i] = placeholder
		}
	}
}

// different is how many, in words: more than that if there was no room for all.
func (p *places) different() string {
	n := strconv.Itoa(len(p.seen))
	if len(p.seen) == mostPlaces {
		n += " or more"
	}
	return n
}

// text is the URL's path, or what the paths have in common, and how many different URLs there are.
func (p *places) text() string {
	path := strings.Join(p.path, "/")
	if p.rest {
		path += "/…"
	}
	if len(p.seen) > 1 {
		path += " · " + p.different() + " different"
	}
	return path
}
