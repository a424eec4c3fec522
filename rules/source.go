// Package rules reads SecLang, the rule language of ModSecurity: from the embedded Core Rule Set, from files, globs and
// directories. It is the only reader: what a rule looks at, asks and does is typed, everybody else asks it, and what is
// handed to Coraza is written anew of what was read, so that there is one reading.
//
// The grammar is Coraza's, its quirks included, but where Coraza refuses what ModSecurity loads, or reads it as something
// that nobody can want: see split, tokens, [Target], [Action] and settler.
package rules

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"

	"github.com/modsecurity-for-anylog/msa/internal/userfile"
)

// Set is what a list of sources held, in order.
type Set struct {
	Directives []*Directive      // settings, markers, data sets, and rules with their chains
	Warnings   []Warning         // what was passed over
	Files      []string          // files read, as a user would find them
	Sum        [sha256.Size]byte // of all files read, the data files that rules name included
}

// Warning says what was passed over, and where.
type Warning struct {
	File string
	Line int
	Rule int // id, or 0
	Text string
}

// String is the warning as one line of a log.
func (w Warning) String() string {
	where := w.File
	if where == "" && w.Rule == 0 {
		return w.Text
	}
	if w.Line > 0 {
		where = fmt.Sprintf("%s:%d", w.File, w.Line)
	}
	if w.Rule != 0 {
		return fmt.Sprintf("%s: rule %d: %s", where, w.Rule, w.Text)
	}
	return where + ": " + w.Text
}

// CRS is the name of the embedded Core Rule Set as a source. "crs/NAME" is one
// of its files alone.
const CRS = "crs"

// Packs are the names of MSA's own rule sets, which are sources too.
var Packs = []string{"exploited", "lateral-movement", "sensitive-data"}

// crsFiles are the embedded files in the order in which CRS wants to be loaded.
var crsFiles = []string{"@coraza.conf-recommended", "@crs-setup.conf.example", "@owasp_crs/*.conf"}

// crsAdditions is the file of the rules that MSA adds to CRS.
const crsAdditions = "crs-additions.conf"

// maxIncludes bounds files that include each other.
const maxIncludes = 1000

// Load reads the sources: crs, crs/NAME, a pack, a file, a glob or a directory each.
func Load(sources []string) (*Set, error) {
	l := &loader{seen: map[string]bool{}}
	for _, s := range sources {
		if err := l.source(s); err != nil {
			return nil, fmt.Errorf("cannot load rules %q: %w", s, err)
		}
	}
	copy(l.set.Sum[:], l.sum())
	s := settler{warn: l.warn}
	var err error
	if l.set.Directives, err = s.settle(l.read); err != nil {
		return nil, fmt.Errorf("cannot load rules: %w", err)
	}
	return &l.set, nil
}

// Parse reads directives from a text that is no file of its own.
func Parse(file, text string) ([]*Directive, error) {
	all, err := split(file, text)
	if err != nil {
		return nil, err
	}
	s := settler{warn: func(*Directive, string) {}}
	return s.settle(all)
}

// Setting is a directive that is no rule, as it stands.
func Setting(file, text string) *Directive {
	name, args, _ := strings.Cut(text, " ")
	return &Directive{Name: strings.ToLower(name), Args: args, File: file, written: name}
}

type loader struct {
	set      Set
	read     []*Directive
	seen     map[string]bool // absolute paths read
	hash     bytes.Buffer
	includes int
}

func (l *loader) sum() []byte {
	s := sha256.Sum256(l.hash.Bytes())
	return s[:]
}

func (l *loader) source(s string) error {
	switch {
	case s == "":
		return errors.New("name is empty")
	case s == CRS:
		return l.crs()
	case s == Evidence || slices.Contains(Packs, s):
		return l.file(FS, packDir+s+".conf")
	}
	if name, ok := strings.CutPrefix(s, CRS+"/"); ok { // of the embedded rules, or of a directory of that name
		err := l.crsFile(name)
		if onDisk, _ := filepath.Glob(s); len(onDisk) == 0 || !errors.Is(err, errNoMatch) {
			return err
		}
	}
	path, err := filepath.Abs(s)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return l.directory(path)
	case err == nil:
		return l.file(osFS{}, path)
	case strings.ContainsAny(s, "*?["):
		return l.glob(osFS{}, path)
	case !strings.ContainsAny(s, "/."):
		return fmt.Errorf("no rule set of that name (there are: %s, %s), and no file", CRS, strings.Join(Packs, ", "))
	default:
		return err
	}
}

// crs reads CRS, with the rules that MSA adds to it before those that evaluate the score.
func (l *loader) crs() error {
	for _, pattern := range crsFiles {
		names, err := fs.Glob(coreruleset.FS, pattern)
		if err != nil {
			return err
		}
		for _, name := range names {
			if strings.HasPrefix(filepath.Base(name), "REQUEST-949-") {
				if err := l.file(FS, packDir+crsAdditions); err != nil {
					return err
				}
			}
			if err := l.file(coreruleset.FS, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// crsFile reads a file of CRS by its name, or those whose names fit a pattern. Where there is none, the error is errNoMatch.
func (l *loader) crsFile(name string) error {
	name = strings.TrimSuffix(name, ".conf")
	err := l.glob(coreruleset.FS, "@owasp_crs/"+name+".conf")
	if errors.Is(err, errNoMatch) {
		all, _ := fs.Glob(coreruleset.FS, "@owasp_crs/*.conf")
		for i, f := range all {
			all[i] = strings.TrimSuffix(filepath.Base(f), ".conf")
		}
		return fmt.Errorf("%w, on disk or of CRS, which has %s", errNoMatch, strings.Join(all, ", "))
	}
	return err
}

// directory reads a directory's .conf files by name, but what others build upon
// first. A file that another one included already is not read again.
func (l *loader) directory(dir string) error {
	files, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.conf"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("directory has no .conf file")
	}
	slices.SortStableFunc(files, func(a, b string) int { return setupRank(a) - setupRank(b) })
	for _, f := range files {
		if l.seen[f] {
			continue
		}
		if err := l.file(osFS{}, f); err != nil {
			return err
		}
	}
	return nil
}

func setupRank(file string) int {
	switch filepath.Base(file) {
	case "modsecurity.conf", "coraza.conf":
		return 0
	case "crs-setup.conf":
		return 1
	default:
		return 2
	}
}

func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

var errNoMatch = errors.New("no file matches")

func (l *loader) glob(root fs.FS, pattern string) error {
	var files []string
	var err error
	if root == (osFS{}) {
		files, err = filepath.Glob(pattern)
	} else {
		files, err = fs.Glob(root, pattern)
	}
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errNoMatch
	}
	for _, f := range files {
		if err := l.file(root, f); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) file(root fs.FS, path string) error {
	if l.includes++; l.includes > maxIncludes {
		return fmt.Errorf("%s: more than %d files: do they include each other?", path, maxIncludes)
	}
	text, err := fs.ReadFile(root, path)
	if err != nil {
		return err
	}
	l.seen[path] = true
	l.set.Files = append(l.set.Files, path)
	l.hash.WriteString(path)
	l.hash.WriteByte(0)
	l.hash.Write(text)
	if text, err = userfile.Text(text); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	directives, err := split(path, string(text))
	if err != nil {
		return err
	}
	for i := 0; i < len(directives); i++ {
		d := directives[i]
		switch d.Name {
		case "include", "includeoptional":
			if err := l.include(root, d); err != nil {
				return fmt.Errorf("%s:%d: cannot include %s: %w", d.File, d.Line, d.Args, err)
			}
		default:
			if strings.HasPrefix(d.Name, "<") {
				i = l.section(directives, i)
				continue
			}
			if err := l.directive(d); err != nil {
				return err
			}
			l.data(d)
		}
	}
	return nil
}

// readsFile are the operators whose operand names a file.
var readsFile = set("pmf", "pmFromFile", "ipMatchF", "ipMatchFromFile")

// data makes the data files that a rule names part of the set's sum, and says what of a list of addresses is none. A file that
// can't be read is the compiler's to report.
func (l *loader) data(d *Directive) {
	if !d.IsRule() || IsEmbedded(d.File) {
		return
	}
	operator := d.Rule.Links[0].Operator
	if !readsFile[operator.Name] {
		return
	}
	for _, f := range strings.Fields(operator.Operand) {
		if !filepath.IsAbs(f) {
			f = filepath.Join(filepath.Dir(d.File), f)
		}
		text, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		l.hash.WriteString(f)
		l.hash.WriteByte(0)
		l.hash.Write(text)
		if !strings.HasPrefix(operator.Name, "ipMatch") {
			continue
		}
		if _, unread := Networks(strings.Join(DataLines(text), ",")); len(unread) > 0 {
			l.warn(d, fmt.Sprintf("%s: no address or network, and passed over: %s", f, shorten(strings.Join(unread, ", "))))
		}
	}
}

// DataLines are the lines of a data file, without white space around them and without comments.
func DataLines(data []byte) (all []string) {
	sc := bufio.NewScanner(bytes.NewReader(data))
	for sc.Scan() {
		if line := strings.TrimSpace(sc.Text()); line != "" && line[0] != '#' {
			all = append(all, line)
		}
	}
	return all
}

func (l *loader) include(root fs.FS, d *Directive) error {
	pattern := strings.Trim(d.Args, `"'`)
	if root == (osFS{}) && !filepath.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(d.File), pattern)
	}
	if root == (osFS{}) {
		if info, err := os.Stat(pattern); err == nil && info.IsDir() {
			return l.directory(pattern)
		}
	}
	err := l.glob(root, pattern)
	if errors.Is(err, errNoMatch) && (d.Name == "includeoptional" || strings.ContainsAny(pattern, "*?[")) {
		l.warn(d, fmt.Sprintf("no file matches %s", pattern))
		return nil
	}
	return err
}

// section passes over an Apache section. What stands in <IfModule> applies; other
// sections hold for some hosts or paths only, which a log does not tell apart.
func (l *loader) section(directives []*Directive, i int) int {
	d := directives[i]
	name := strings.Trim(d.Name, "<>")
	if name == "ifmodule" || strings.HasPrefix(name, "/") {
		return i
	}
	for end := i + 1; end < len(directives); end++ {
		if strings.Trim(directives[end].Name, "<>") == "/"+name {
			l.warn(d, fmt.Sprintf("section %s is skipped, with the %d directives in it", d.Text(), end-i-1))
			return end
		}
	}
	l.warn(d, fmt.Sprintf("section %s is not closed", d.Text()))
	return i
}

// warn says something of a directive, but of MSA's own, which nobody has to be told.
func (l *loader) warn(d *Directive, text string) {
	if IsEmbedded(d.File) {
		return
	}
	l.set.Warnings = append(l.set.Warnings, Warning{File: d.File, Line: d.Line, Rule: d.ID(), Text: text})
}

// FS is where Coraza finds the data files that rules name: embedded for CRS and packs, else the host's.
var FS fs.FS = dataFS{}

type dataFS struct{}

// Evidence is the pack that alert_when confidence adds to the Core Rule Set.
const Evidence = "evidence"

// IsEvidence reports whether a file is that pack.
func IsEvidence(file string) bool { return file == packDir+Evidence+".conf" }

// packDir is where the packs are in FS.
const packDir = "@msa/"

// IsEmbedded reports whether a file is one of CRS's or of the packs that MSA brings, and not the user's: their names begin
// with an @.
func IsEmbedded(file string) bool { return strings.HasPrefix(file, "@") }

//go:embed packs
var packs embed.FS

// embedded is the file system that has an embedded file, and the file's name in it.
func embedded(name string) (fs.FS, string) {
	if pack, ok := strings.CutPrefix(name, packDir); ok {
		return packs, "packs/" + pack
	}
	return coreruleset.FS, name
}

func (dataFS) Open(name string) (fs.File, error) {
	if IsEmbedded(name) {
		root, name := embedded(name)
		return root.Open(name)
	}
	return os.Open(name)
}

func (d dataFS) ReadFile(name string) ([]byte, error) {
	if IsEmbedded(name) {
		root, name := embedded(name)
		return fs.ReadFile(root, name)
	}
	return os.ReadFile(name)
}

// osFS is the host's file system with absolute paths, which os.DirFS refuses.
type osFS struct{}

func (osFS) Open(name string) (fs.File, error) { return os.Open(name) }
