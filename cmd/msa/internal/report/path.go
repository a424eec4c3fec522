package report

import (
	"regexp"
	"slices"
	"strings"
)

// step is one attack of a path of attacks from host to host.
type step struct {
	From string `json:"from"`
	To   string `json:"to"`
	Rule string `json:"rule"`
	Time string `json:"time"`
}

// pathHead begins the evidence of a detector of type pivot, whatever its name is.
const pathHead = "attacked, then attacking: "

// pathStep is a step as behavior.Step has it. Addresses have neither spaces nor commas in them; if they have, they are no addresses.
var pathStep = regexp.MustCompile(`^([^ ,]{1,64}) → ([^ ,]{1,64}) \((\d{1,10}), (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\)$`)

// parsePath reads the evidence of a pivot. ok is false if it is that of another detector, or no path.
func parsePath(evidence string) (path []step, ok bool) {
	rest, ok := strings.CutPrefix(evidence, pathHead)
	if !ok {
		return nil, false
	}
	for text := range strings.SplitSeq(strings.ReplaceAll(rest, "), ", ")\x00"), "\x00") {
		m := pathStep.FindStringSubmatch(text)
		if m == nil || len(path) > 0 && path[len(path)-1].To != m[1] {
			return nil, false
		}
		path = append(path, step{From: m[1], To: m[2], Rule: m[3], Time: m[4]})
	}
	return path, true
}

// mostPaths bounds the paths that are drawn and listed.
const mostPaths = 100

// paths are those that are part of no longer one.
type paths struct {
	list []([]step)
	more int // that there was no room for
}

func (p *paths) add(path []step) {
	for _, other := range p.list {
		if isPart(path, other) {
			return
		}
	}
	p.list = slices.DeleteFunc(p.list, func(other []step) bool { return isPart(other, path) })
	if len(p.list) >= mostPaths {
		p.more++
		return
	}
	p.list = append(p.list, path)
}

// isPart reports whether a path leads over hosts that the other has one after another, too.
func isPart(path, other []step) bool {
	for i := 0; i+len(path) <= len(other); i++ {
		if slices.EqualFunc(path, other[i:i+len(path)], func(a, b step) bool { return a.From == b.From && a.To == b.To }) {
			return true
		}
	}
	return false
}
