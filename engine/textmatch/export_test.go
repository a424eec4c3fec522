package textmatch

import (
	"regexp"
	"regexp/syntax"
)

// HasEnding reports whether a pattern is matched by way of its ending.
func HasEnding(p *Pattern) bool { return p.ending != nil && p.ending() != nil }

// Endings are those of a pattern from each of its parts on, useful or not.
func Endings(pattern string) (all []func(text string) bool) {
	re, err := regexp.Compile("(?sm)" + pattern)
	if err != nil || asksForBytes(pattern) {
		return nil
	}
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil || tree.Op != syntax.OpConcat {
		return nil
	}
	for i := 1; i < len(tree.Sub); i++ {
		s := newSeam(tree, i)
		if s == nil {
			continue
		}
		if e := s.ending(tree.Flags); e != nil {
			all = append(all, func(text string) bool { found, _ := e.in(text); return found })
		}
	}
	return all
}

// MayMatchAtLevel reports whether texts of the level of this one may match a pattern.
func MayMatchAtLevel(pattern, text string) bool {
	l := LevelOf(text)
	return l == Levels || levelsOfPattern(pattern).Has(l)
}
