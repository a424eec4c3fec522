package body

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"

	"github.com/modsecurity-for-anylog/msa/engine/internal/order"
)

// Multipart reads forms with files (RFC 7578). Of a body that is valid it makes what Coraza's own makes, in the order of the
// parts. Beyond that it reads on behind a fault, keeps no file, and of a body that is cut it takes the parts that are
// there, the last one to where the text ends.
type Multipart struct{}

// ProcessRequest fills ARGS_POST, the FILES variables and those that begin with MULTIPART. It fails with what is wrong with
// the body as a whole, unless the body is marked as cut.
func (Multipart) ProcessRequest(body io.Reader, v plugintypes.TransactionVariables, o plugintypes.BodyProcessorOptions) error {
	defer order.Body(v)
	text, err := read(body)
	if err != nil {
		return err
	}
	cut := takeCut(v)
	boundary, fault := boundaryOf(o.Mime, text)
	r := multipartReader{text: text, delimiter: "--" + boundary, cut: cut, fault: fault}
	form := multipartForm{v: v, args: NewArguments(v.ArgsPost(), o.ArgumentLimit), depth: o.RequestBodyRecursionLimit, isMixed: isMixed(o.Mime)}
	if err := form.addAll(&r); err != nil {
		return err
	}
	if first := firstBoundary(text); !r.hasPart() && first != "" && first != boundary {
		r = multipartReader{text: text, delimiter: "--" + first, cut: cut, fault: cmp.Or(r.fault, errNoPart)}
		if err := form.addAll(&r); err != nil {
			return err
		}
	}
	if !r.hasPart() {
		readAsItIs(text, "MULTIPART", v, o)
	}
	if form.end() {
		if err := set("1", v.ArgumentsLimitReached()); err != nil {
			return err
		}
	}
	if cut {
		return nil
	}
	if r.fault != nil || r.endless || form.strict {
		err = set("1", v.MultipartStrictError())
	}
	return errors.Join(r.fault, err)
}

// ProcessResponse does nothing: there are no responses of that type.
func (Multipart) ProcessResponse(io.Reader, plugintypes.TransactionVariables, plugintypes.BodyProcessorOptions) error {
	return nil
}

// StartsMultipart reports whether a text begins like a multipart body: with a delimiter and the header that each part of a
// form has.
func StartsMultipart(text string) bool {
	boundary := firstBoundary(text)
	if boundary == "" {
		return false
	}
	const header = "content-disposition"
	_, rest, _ := strings.Cut(text, "\n")
	return len(rest) >= len(header) && strings.EqualFold(rest[:len(header)], header)
}

const multipartPrefix = "multipart/"

// IsMultipart reports whether a Content-Type says that a text is of parts, of a form or not, and the text has one.
func IsMultipart(contentType, text string) bool {
	if !isMultipart(contentType) {
		return false
	}
	_, err := boundaryOf(contentType, text)
	return err == nil
}

func isMultipart(contentType string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(contentType)), multipartPrefix)
}

// isMixed reports whether a Content-Type is of parts that are no fields of a form: documents with what belongs to them
// (RFC 2387), or requests in a batch.
func isMixed(contentType string) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	return isMultipart(contentType) && kind != "multipart/form-data"
}

// boundaryOf is the boundary that the Content-Type tells, or that the text begins with if no part begins with the former.
// err says what is wrong with a Content-Type of that kind; a log may not show one.
func boundaryOf(contentType, text string) (boundary string, err error) {
	kind, params, err := mime.ParseMediaType(contentType)
	switch {
	case !isMultipart(contentType):
		err = nil
	case err != nil:
		err = fmt.Errorf("cannot read Content-Type %q: %w", contentType, err)
	case !strings.HasPrefix(kind, multipartPrefix) || params["boundary"] == "":
		err = errors.New("the Content-Type has no boundary")
	default:
		if boundary = params["boundary"]; strings.Contains(text, "--"+boundary) {
			return boundary, nil
		}
		err = errNoPart
	}
	if first := firstBoundary(text); first != "" {
		boundary = first
	}
	return boundary, err
}

// firstBoundary is the boundary of a text that begins with a delimiter, "" for another text.
func firstBoundary(text string) string {
	const longest = 200 // RFC 2046 allows 70
	line, _, ok := strings.Cut(text[:min(len(text), longest)], "\n")
	line = strings.TrimRight(line, " \t\r")
	if !ok || len(line) <= 2 || !strings.HasPrefix(line, "--") {
		return ""
	}
	return line[2:]
}

var (
	errNoPart    = errors.New("the body has no part")
	errDelimiter = errors.New("something stands behind a delimiter")
	errHeader    = errors.New("a part has a broken header")
	errUnended   = errors.New("the headers of a part have no end")
	errBehind    = errors.New("parts stand behind the last delimiter")
)

// part is one of a body's parts.
type part struct {
	headers []header
	data    string
}

// header is a name and its value; a line that has none is a value without a name.
type header struct{ name, value string }

func (h header) String() string {
	if h.name == "" {
		return h.value
	}
	return h.name + ": " + h.value
}

// multipartReader cuts a body into parts.
type multipartReader struct {
	text      string
	delimiter string // with its hyphens
	cut       bool

	pos     int
	newline string // that stands before delimiters, once one was found
	ended   bool   // by the last delimiter
	endless bool   // a part is not followed by a delimiter
	fault   error  // the first
}

// hasPart reports whether a delimiter was found.
func (r *multipartReader) hasPart() bool { return r.newline != "" }

func (r *multipartReader) fail(err error) {
	if r.fault == nil {
		r.fault = err
	}
}

// next is the next part, ok is false when there is none.
func (r *multipartReader) next() (p part, ok bool) {
	if !r.hasPart() {
		if !r.first() {
			r.fail(errNoPart)
			return p, false
		}
	}
	for r.ended {
		// Nobody should read on. Should somebody do it, these are parts.
		_, found := r.data()
		if !found {
			return p, false
		}
		r.fail(errBehind)
		r.line()
	}
	if r.pos >= len(r.text) {
		r.endless = true
		return p, false
	}
	hasData := false
	p.headers, hasData = r.headers()
	if hasData {
		found := false
		if p.data, found = r.data(); !found {
			r.endless = true
			return p, true
		}
	}
	r.line()
	return p, true
}

// first goes behind the first line that is a delimiter and nothing else.
func (r *multipartReader) first() bool {
	for line := range strings.Lines(r.text) {
		if rest, ok := strings.CutPrefix(line, r.delimiter); ok && (isBlank(rest) || isBlank(strings.TrimPrefix(rest, "--"))) {
			r.newline = "\r\n"
			if strings.HasSuffix(rest, "\n") && !strings.HasSuffix(rest, "\r\n") {
				r.newline = "\n"
			}
			r.line()
			return true
		}
		r.pos += len(line)
	}
	return false
}

func isBlank(s string) bool { return strings.Trim(s, " \t\r\n") == "" }

// isDelimiter reports whether what stands at a place may follow a delimiter.
func (r *multipartReader) isDelimiter(at int) bool {
	rest := r.text[at:]
	return rest == "" || strings.IndexByte(" \t\r\n", rest[0]) >= 0 || strings.HasPrefix(rest, "--") || r.cut && rest == "-"
}

// line goes behind the delimiter that is next, and its line.
func (r *multipartReader) line() {
	r.pos += len(r.delimiter)
	end := strings.IndexByte(r.text[r.pos:], '\n') + 1
	if end == 0 {
		end = len(r.text) - r.pos
	}
	line := strings.TrimSuffix(strings.TrimSuffix(r.text[r.pos:r.pos+end], "\n"), "\r")
	rest := strings.TrimRight(line, " \t\r")
	r.pos += end
	r.ended = rest == "--" || r.cut && rest == "-"
	if rest != "" && !r.ended || strings.Contains(line, "\r") {
		r.fail(errDelimiter)
	}
}

// data is the text up to the next delimiter, or without one to the end.
func (r *multipartReader) data() (data string, found bool) {
	rest := r.text[r.pos:]
	if strings.HasPrefix(rest, r.delimiter) && r.isDelimiter(r.pos+len(r.delimiter)) {
		return "", true
	}
	mark := r.newline + r.delimiter
	for from := 0; ; {
		i := strings.Index(rest[from:], mark)
		if i < 0 {
			break
		}
		i += from
		if r.isDelimiter(r.pos + i + len(mark)) {
			r.pos += i + len(r.newline)
			return rest[:i], true
		}
		from = i + 1
	}
	r.pos = len(r.text)
	if r.cut {
		rest = withoutBeginning(rest, mark)
	}
	return rest, false
}

// withoutBeginning takes the beginning of a mark off the end of a text.
func withoutBeginning(text, mark string) string {
	for n := min(len(mark), len(text)); n > 0; n-- {
		if strings.HasSuffix(text, mark[:n]) {
			return text[:len(text)-n]
		}
	}
	return text
}

// headers reads the headers of a part, and reports whether data follow.
func (r *multipartReader) headers() (all []header, ok bool) {
	for r.pos < len(r.text) {
		rest := r.text[r.pos:]
		if strings.HasPrefix(rest, r.delimiter) && r.isDelimiter(r.pos+len(r.delimiter)) {
			r.fail(errUnended)
			return all, false
		}
		line, _, whole := strings.Cut(rest, "\n")
		r.pos += len(line)
		if whole {
			r.pos++
		}
		line = strings.TrimSuffix(line, "\r")
		switch {
		case line == "" && whole:
			return all, true
		case line == "":
		case line[0] == ' ' || line[0] == '\t':
			if len(all) == 0 {
				r.fail(errHeader)
				all = append(all, header{value: strings.TrimSpace(line)})
				continue
			}
			last := &all[len(all)-1]
			last.value += " " + strings.Trim(line, " \t")
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				name, value = "", line
			}
			if name == "" || !isHeaderName(name) {
				r.fail(errHeader)
			}
			all = append(all, header{textproto.CanonicalMIMEHeaderKey(name), strings.Trim(value, " \t")})
		}
	}
	r.fail(errUnended)
	return all, true
}

// isHeaderName reports whether a name has no other bytes than RFC 9110's tokens have, and spaces.
func isHeaderName(name string) bool {
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("!#$%&'*+-.^_`|~ ", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// multipartForm makes variables of parts.
type multipartForm struct {
	v       plugintypes.TransactionVariables
	args    *Arguments // whose limit is also one of parts
	files   bounded    // contents of those beyond it
	depth   int        // of JSON
	isMixed bool       // parts without a name are documents

	size   int
	strict bool // some part is not as it should be
}

// addAll adds all parts.
func (f *multipartForm) addAll(of *multipartReader) error {
	for p, ok := of.next(); ok; p, ok = of.next() {
		d, data := readDisposition(p.header("Content-Disposition")), p.decoded()
		isField := len(d.files) == 0 && d.name != ""
		if !f.args.isApart(!isField, d.name, data) {
			f.join(d, data)
			continue
		}
		if err := f.add(p, d, data); err != nil {
			return err
		}
	}
	return nil
}

// join puts a part to those that rules see as one.
func (f *multipartForm) join(d disposition, data string) {
	f.args.join(d.name)
	for _, file := range d.files {
		f.args.join(file)
	}
	if len(d.files) > 0 {
		f.files.join(data)
		return
	}
	f.args.join(data)
}

// end adds these, and reports whether there were more than the limit.
func (f *multipartForm) end() (more bool) {
	if files := f.files.joined(); files != "" {
		f.v.FilesTmpContent().Add("", files)
	}
	return f.args.End()
}

// add adds a part. Each name has memory of its own: see Form.
func (f *multipartForm) add(p part, d disposition, data string) error {
	v := f.v
	twice := false
	for i, h := range p.headers {
		twice = twice || h.name != "" && slices.ContainsFunc(p.headers[:i], func(o header) bool { return o.name == h.name })
		if !f.isMixed { // rules have opinions on those of forms
			v.MultipartPartHeaders().Add(OwnName(d.name), h.String())
		}
	}
	var err error
	if twice || d.twice {
		err = set("1", v.MultipartDuplicatePartHeader())
	}
	if d.quoted {
		err = errors.Join(err, set("1", v.MultipartInvalidQuoting()))
	}
	f.strict = f.strict || twice || d.twice || d.quoted || d.broken
	v.MultipartName().Add(OwnName(d.name), d.name)
	for _, file := range d.files {
		v.MultipartFilename().Add(OwnName(d.name), file)
	}
	if d.extended {
		v.MultipartFilenameCharset().Add(OwnName(d.name), d.charset)
		v.MultipartFilenameLanguage().Add(OwnName(d.name), d.language)
	}
	f.size += len(data)
	for _, file := range d.files {
		v.Files().Add(OwnName(d.name), file) // by the field, as ModSecurity has them; Coraza gives them no name
		v.FilesSizes().Add(OwnName(d.name), strconv.Itoa(len(data)))
		v.FilesTmpContent().Add(OwnName(file), data)
	}
	if len(d.files) > 0 {
		v.FilesNames().Add("", d.name)
		if StartsXML(data) {
			f.addXML(xmlExternal, scanXML(data, f.args.limit).external.all)
		}
	}
	switch {
	case f.isMixed && d.name == "" && len(d.files) == 0:
		f.document(p.header("Content-Type"), data)
	case len(d.files) == 0 || d.broken && !d.isFile:
		v.ArgsPost().Add(OwnName(d.name), data)
	}
	return errors.Join(err, set(strconv.Itoa(f.size), v.FilesCombinedSize()))
}

// document adds a part that has no name: arguments if it is JSON, texts if it is XML, the query and the body of a request in
// a batch (OData 4.01, 11.7.7), and else the content of a file.
func (f *multipartForm) document(contentType, data string) {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case kind == "application/http":
		head, content, _ := strings.Cut(strings.ReplaceAll(data, "\r\n", "\n"), "\n\n")
		line, _, _ := strings.Cut(head, "\n")
		if target := strings.Fields(line); len(target) > 1 {
			_, query, _ := strings.Cut(target[1], "?")
			f.args.AddForm(query)
		}
		if strings.TrimSpace(content) != "" {
			f.document("", content)
		}
	case StartsJSON(data):
		_ = flatten(data, f.depth, f.args)
	case StartsXML(data) && kind != "text/html":
		x := scanXML(data, f.args.limit)
		f.addXML(xmlAttributes, x.attributes.all)
		f.addXML(xmlTexts, x.texts.all)
		f.addXML(xmlExternal, x.external.all)
	default:
		f.v.FilesTmpContent().Add("", data)
	}
}

func (f *multipartForm) addXML(name string, texts []string) {
	for _, text := range texts {
		f.v.RequestXML().Add(OwnName(name), text)
	}
}

// decoded is the part's data, as far as they can be decoded.
func (p part) decoded() string {
	if !strings.EqualFold(p.header("Content-Transfer-Encoding"), "quoted-printable") {
		return p.data
	}
	data, _ := io.ReadAll(quotedprintable.NewReader(strings.NewReader(p.data)))
	return string(data)
}

func (p part) header(name string) string {
	for _, h := range p.headers {
		if h.name == name {
			return h.value
		}
	}
	return ""
}

// disposition is what a Content-Disposition says of a part. Programs differ in which of several names of a file they take,
// so rules see each.
type disposition struct {
	name              string
	files             []string
	charset, language string
	extended          bool // the file has a name with charset and language (RFC 5987)
	isFile            bool // nobody can take it for anything else

	broken bool // it is not as it should be
	twice  bool // a parameter is there twice
	quoted bool // an extended name stands in quotes
}

func readDisposition(value string) disposition {
	var d disposition
	if value == "" {
		return d
	}
	params := parameters(value)
	kind, parsed, err := mime.ParseMediaType(value)
	if err != nil {
		// Whatever a program makes of it: the first name, and the content both as a file's and as a value.
		d.broken, d.twice = true, hasTwice(params)
		d.name, _ = find(params, "name")
		if file, ok := find(params, "filename"); ok {
			d.addFile(file)
		}
		return d
	}
	if kind == "form-data" {
		d.name = parsed["name"]
	}
	d.isFile = true
	d.readFile(params, parsed["filename"])
	return d
}

// readFile reads the names of the file; plain is the one that package mime has found.
func (d *disposition) readFile(params []header, plain string) {
	extended, isExtended := findRaw(params, "filename*")
	raw, isRaw := find(params, "filename")
	continued := isContinued(params)
	d.broken = continued
	if !isExtended {
		if continued && isRaw {
			d.addFile(raw)
		}
		d.addFile(plain)
		return
	}
	if text, ok := unquoteParameter(extended); ok {
		extended, d.quoted = text, true
	}
	parts := strings.SplitN(extended, "'", 3)
	if len(parts) != 3 {
		d.broken = true
		d.addFile(plain)
		return
	}
	d.charset, d.language, d.extended = parts[0], parts[1], true
	file, bad := decodePercent(parts[2])
	d.broken = d.broken || bad
	d.addFile(file)
	d.addFile(raw)
}

func (d *disposition) addFile(name string) {
	if name != "" && !slices.Contains(d.files, name) {
		d.files = append(d.files, name)
	}
}

// parameters are those of a header, as they stand there.
func parameters(value string) []header {
	var all []header
	start, quoted := 0, false
	add := func(end int) {
		if name, v, ok := strings.Cut(value[start:end], "="); ok {
			all = append(all, header{strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(v)})
		}
	}
	for i := 0; i < len(value); i++ {
		switch {
		case value[i] == '\\' && quoted:
			i++
		case value[i] == '"':
			quoted = !quoted
		case value[i] == ';' && !quoted:
			add(i)
			start = i + 1
		}
	}
	add(len(value))
	return all
}

func findRaw(params []header, name string) (string, bool) {
	for _, p := range params {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

func find(params []header, name string) (string, bool) {
	value, ok := findRaw(params, name)
	if text, quoted := unquoteParameter(value); quoted {
		value = text
	}
	return value, ok
}

func hasTwice(params []header) bool {
	seen := map[string]bool{}
	for _, p := range params {
		if seen[p.name] {
			return true
		}
		seen[p.name] = true
	}
	return false
}

// isContinued reports whether a file's name comes in pieces: filename*0, filename*1* (RFC 2231).
func isContinued(params []header) bool {
	for _, p := range params {
		if digits, ok := strings.CutPrefix(strings.TrimSuffix(p.name, "*"), "filename*"); ok && digits != "" && strings.Trim(digits, "0123456789") == "" {
			return true
		}
	}
	return false
}

// unquoteParameter takes off quotes and backslashes, ok is false where there are no quotes.
func unquoteParameter(s string) (text string, ok bool) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s, false
	}
	s = s[1 : len(s)-1]
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), true
}

// decodePercent decodes what can be decoded; bad says that something can't.
func decodePercent(s string) (text string, bad bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			if n, err := strconv.ParseUint(s[i+1:min(i+3, len(s))], 16, 8); err == nil && i+2 < len(s) {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
			bad = true
		}
		b.WriteByte(s[i])
	}
	return b.String(), bad
}

// OwnName is a name in memory of its own, the empty one too: Coraza tells values that it has transformed apart by the
// address of their names.
func OwnName(name string) string {
	if name == "" {
		return strings.Clone(" ")[:0]
	}
	return strings.Clone(name)
}
