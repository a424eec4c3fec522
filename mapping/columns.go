package mapping

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// columnLayout is what a log in columns says of the lines that follow.
type columnLayout struct {
	names     []string
	separator string // "" for tabs, or else spaces
	quoted    bool   // a text with separators in it stands between quotes, as in CSV
	date      string // of lines that have only a time
	path      string // the name of the log, as Zeek has it
}

// fileDirectives begin the lines of such a log that are about the log. Sources: W3C, "Extended Log File Format",
// WD-logfile-960323; Zeek, "Log Formats and Inspection"; the heads of
// Exchange's logs.
var fileDirectives = []string{
	"#Version:", "#Fields:", "#Software:", "#Start-Date:", "#End-Date:", "#Date:", "#Remark:", "#Log-type:",
	"#separator", "#set_separator", "#empty_field", "#unset_field", "#path", "#open", "#close", "#fields", "#types",
}

// announcesColumns reports whether a chunk has a line that says what columns those after it have.
func announcesColumns(chunk string) bool {
	return strings.Contains(chunk, "#Fields:") || strings.Contains(chunk, "#fields")
}

// directive learns the columns of #Fields: and #fields, the day of #Date:, and which log #path says that it is. It
// reports whether the line is about the log.
func (m *Mapping) directive(tag, line string, learn bool) bool {
	if !strings.HasPrefix(line, "#") || !slices.ContainsFunc(fileDirectives, func(d string) bool { return strings.HasPrefix(line, d) }) {
		return false
	}
	if !learn {
		return true
	}
	layout, _ := m.columns.of(tag)
	if names, ok := strings.CutPrefix(line, "#Fields:"); ok {
		next := columnLayout{names: strings.Fields(names), date: layout.date}
		if strings.IndexByte(names, ',') > 0 && !strings.Contains(trimSpace(names), " ") { // Exchange
			next.names, next.separator, next.quoted = strings.Split(trimSpace(names), ","), ",", true
		}
		m.columns.learn(tag, next)
	} else if names, ok := strings.CutPrefix(line, "#fields"); ok && len(names) > 1 {
		m.columns.learn(tag, columnLayout{names: strings.Split(names[1:], names[:1]), separator: names[:1], path: layout.path})
	} else if path, ok := strings.CutPrefix(line, "#path"); ok && len(path) > 1 {
		layout.path = trimSpace(path[1:])
		m.columns.learn(tag, layout)
	} else if date, ok := strings.CutPrefix(line, "#Date:"); ok {
		layout.date, _, _ = strings.Cut(trimSpace(date), " ")
		m.columns.learn(tag, layout)
	}
	return true
}

// matchColumns appends the values of the columns that the mapping wants.
func (m *Mapping) matchColumns(layout columnLayout, line string, values []parsed) ([]parsed, bool) {
	fields, ok := layout.split(line)
	if !ok {
		return values, false
	}
	for i, name := range layout.names {
		values = m.appendParsed(values, name, fields[i])
	}
	if layout.date != "" && !slices.Contains(layout.names, "date") {
		values = m.appendParsed(values, "date", layout.date)
	}
	if layout.path != "" && !slices.Contains(layout.names, "_path") {
		values = m.appendParsed(values, "_path", layout.path)
	}
	return values, true
}

// split parts a line into as many fields as there are columns.
func (c *columnLayout) split(line string) ([]string, bool) {
	n := len(c.names)
	if n == 0 {
		return nil, false
	}
	if c.quoted {
		fields := quotedFields(line, c.separator)
		return fields, len(fields) == n
	}
	if c.separator != "" {
		fields := strings.Split(line, c.separator)
		return fields, len(fields) == n
	}
	if strings.Count(line, "\t")+1 == n {
		return strings.Split(line, "\t"), true
	}
	fields := strings.Split(line, " ")
	if len(fields) == n && !strings.Contains(line, ` "`) {
		return fields, c.fit(fields)
	}
	if fields = quotedFields(strings.TrimRight(line, " "), " "); len(fields) == n {
		return fields, c.fit(fields)
	}
	return c.withSpaces(fields)
}

// quotedFields parts a line at separators, of which those between quotes are none. A quote in such a text is doubled.
func quotedFields(line, separator string) []string {
	var fields []string
	for {
		field, rest, more := strings.Cut(line, separator)
		if end := closingQuote(line, separator); end > 0 {
			field = strings.ReplaceAll(line[1:end], `""`, `"`)
			rest, more = strings.CutPrefix(line[end+1:], separator)
		}
		fields = append(fields, field)
		if !more {
			return fields
		}
		line = rest
	}
}

// closingQuote is where the text ends that a line begins with between quotes: at a quote that is not doubled, with a separator
// or nothing behind it. It is 0 if there is none.
func closingQuote(line, separator string) int {
	if !strings.HasPrefix(line, `"`) {
		return 0
	}
	for i := 1; i < len(line); i++ {
		if line[i] != '"' {
			continue
		}
		behind := line[i+1:]
		if behind == "" || strings.HasPrefix(behind, separator) {
			return i
		}
		if behind[0] == '"' {
			i++
		}
	}
	return 0
}

// withSpaces finds the column with spaces in it, when a line has more words than columns: most often the user's
// name. The others must have what their names say.
func (c *columnLayout) withSpaces(words []string) ([]string, bool) {
	more := len(words) - len(c.names)
	if more <= 0 || more > 64 {
		return nil, false
	}
	wide := slices.Index(c.names, "cs-username")
	for i := -1; i < len(c.names); i++ {
		if i >= 0 {
			wide = i
		}
		if wide < 0 {
			continue
		}
		fields := append(slices.Clone(words[:wide]), strings.Join(words[wide:wide+more+1], " "))
		fields = append(fields, words[wide+more+1:]...)
		if c.shows(wide) && c.fit(fields) {
			return fields, true
		}
	}
	return nil, false
}

// columnFits says of columns that can't have just anything whether a value fits.
var columnFits = map[string]func(string) bool{
	"c-ip": isAddress, "s-ip": isAddress, "cs-method": isToken,
	"sc-status": isNumber, "s-port": isNumber, "sc-substatus": isNumber, "sc-win32-status": isNumber,
	"sc-bytes": isNumber, "cs-bytes": isNumber, "time-taken": isNumber,
}

func isToken(s string) bool { return strings.IndexByte(s, ' ') < 0 }

// fit reports whether the columns have what fits.
func (c *columnLayout) fit(fields []string) bool {
	for i, name := range c.names {
		if fits, ok := columnFits[name]; ok && fields[i] != "-" && !fits(fields[i]) {
			return false
		}
	}
	return true
}

// shows reports whether a column behind another can't have just anything: what fits there is in its place.
func (c *columnLayout) shows(wide int) bool {
	return slices.ContainsFunc(c.names[wide+1:], func(name string) bool { return columnFits[name] != nil })
}

// w3cColumns has what logs in columns announced, by tag.
type w3cColumns struct {
	byTag sync.Map // string to columnLayout
	tags  atomic.Int32
}

func (c *w3cColumns) of(tag string) (columnLayout, bool) {
	v, ok := c.byTag.Load(tag)
	if !ok {
		return columnLayout{}, false
	}
	return v.(columnLayout), true
}

func (c *w3cColumns) learn(tag string, layout columnLayout) {
	if _, known := c.byTag.Load(tag); !known {
		if c.tags.Add(1) > maxTags {
			c.byTag.Clear() // tags of daily files: those of long ago don't come again
			c.tags.Store(1)
		}
	}
	kept := columnLayout{separator: strings.Clone(layout.separator), quoted: layout.quoted, date: strings.Clone(layout.date), path: strings.Clone(layout.path)} // the line is borrowed
	for _, name := range layout.names {
		kept.names = append(kept.names, strings.Clone(name))
	}
	c.byTag.Store(strings.Clone(tag), kept)
}
