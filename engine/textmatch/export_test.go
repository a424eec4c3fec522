package textmatch

// MayMatchAtLevel reports whether texts of the level of this one may match a pattern.
func MayMatchAtLevel(pattern, text string) bool {
	l := LevelOf(text)
	return l == Levels || levelsOfPattern(pattern).Has(l)
}
