package textmatch

// MayMatchAtLevel reports whether texts of the level of this one may match a pattern.
func MayMatchAtLevel(pattern, text string) bool {
	l := LevelOf(text)
	p, err := PatternOf(pattern)
	return l == Levels || err != nil || p.Levels().Has(l)
}
