package report

import (
	"strconv"
	"strings"

	"github.com/axiomhq/hyperloglog"
	"github.com/cespare/xxhash/v2"

	"github.com/modsecurity-for-anylog/msa/internal/sketch"
)

// exactPlaces is up to how many the different URLs of one finding are counted exactly; the URLs are the attackers', too.
const exactPlaces = 1000

// places are the URLs of a finding: how many different ones, and what they have in common.
type places struct {
	seen *hyperloglog.Sketch
	path []string // segments, where they differ placeholder
	rest bool     // paths have different lengths
}

const placeholder = "{…}"

func (p *places) add(url string) {
	if p.seen == nil {
		p.seen = sketch.New()
	}
	p.seen.InsertHash(xxhash.Sum64String(url))
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

// text is the URL's path, or what the paths have in common, and how many different URLs there are.
func (p *places) text() string {
	path := strings.Join(p.path, "/")
	if p.rest {
		path += "/…"
	}
	switch n := int(p.seen.Estimate()); {
	case n > exactPlaces:
		path += " · about " + strconv.Itoa(n) + " different"
	case n > 1:
		path += " · " + strconv.Itoa(n) + " different"
	}
	return path
}
