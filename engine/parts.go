package engine

import (
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/macro"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"

	"github.com/modsecurity-for-anylog/msa/engine/analysis"
	"github.com/modsecurity-for-anylog/msa/engine/internal/body"
	"github.com/modsecurity-for-anylog/msa/engine/internal/transform"
	"github.com/modsecurity-for-anylog/msa/engine/internal/xss"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// registerOverrides replaces Coraza's slowest operators, transformations and body processors by equivalent ones, those that
// don't capture, though CRS's messages quote it, by ones that do, and those that MSA does without by none. That counts for
// all rule sets that the process compiles from then on.
var registerOverrides = sync.OnceFunc(func() {
	for name, p := range body.Processors {
		plugins.RegisterBodyProcessor(strings.ToLower(name), func() plugintypes.BodyProcessor { return p })
	}
	for _, name := range []string{"rx", "rxGlobal"} { // the latter would also capture what the pattern matches a second time
		plugins.RegisterOperator(name, func(o plugintypes.OperatorOptions) (plugintypes.Operator, error) {
			return newRX(o.Arguments)
		})
	}
	plugins.RegisterAction("allow", func() plugintypes.Action { return &allow{} })
	plugins.RegisterOperator("detectXSS", func(plugintypes.OperatorOptions) (plugintypes.Operator, error) { return detectXSS{}, nil })
	for name, holds := range comparisons {
		plugins.RegisterOperator(name, func(o plugintypes.OperatorOptions) (plugintypes.Operator, error) {
			operand, err := macro.NewMacro(o.Arguments)
			return comparison{operand, holds}, err
		})
	}
	plugins.RegisterOperator("pm", func(o plugintypes.OperatorOptions) (plugintypes.Operator, error) {
		return pm{textmatch.PhrasesOf(analysis.Phrases(o.Arguments))}, nil
	})
	for _, name := range []string{"pmFromFile", "pmf"} {
		plugins.RegisterOperator(name, func(o plugintypes.OperatorOptions) (plugintypes.Operator, error) {
			data, err := readFirst(o.Root, o.Path, o.Arguments)
			return pm{textmatch.PhrasesOf(analysis.PhraseLines(data))}, err
		})
	}
	for _, name := range sensitive.Operators {
		plugins.RegisterOperator(name, func(o plugintypes.OperatorOptions) (plugintypes.Operator, error) {
			op, err := sensitive.NewOperator(name, o.Arguments)
			return sensitiveData{op}, err
		})
	}
	for name, why := range refused {
		plugins.RegisterOperator(name, func(plugintypes.OperatorOptions) (plugintypes.Operator, error) { return nil, why })
	}
	for _, name := range transformations {
		f, ok := transform.LookupMultiMatch(name)
		if !ok {
			continue
		}
		plugins.RegisterTransformation(name, func(value string) (string, bool, error) {
			after, changed := f(value)
			return after, changed, nil
		})
	}
})

// refused are operators with which rules are passed over: those that would give what is in a log to others, and wait for them
// at each record, and one whose six modules the Makefile leaves out by a build tag, so that all builds do the same.
var refused = map[string]error{
	"inspectFile":    errors.New("@inspectFile runs a program, and MSA runs none"),
	"rbl":            errors.New("@rbl asks a name server, and MSA asks none"),
	"validateSchema": errors.New("@validateSchema reads JSON schemas, and MSA has no reader of them"),
}

// transformations are those that can't fail.
var transformations = []string{
	"cmdLine", "compressWhitespace", "cssDecode", "escapeSeqDecode", "htmlEntityDecode", "jsDecode", "lowercase",
	"normalisePath", "normalizePath", "parityEven7bit", "parityOdd7bit", "parityZero7bit", "removeComments", "removeCommentsChar", "removeNulls", "removeWhitespace",
	"replaceComments", "replaceNulls", "sqlHexDecode", "trim", "trimLeft", "trimRight", "uppercase", "urlDecode", "urlDecodeUni", "utf8toUnicode",
}

// newRX makes the operator of that name. Macros in its pattern are expanded, as by ModSecurity and not by Coraza: CRS 3 has a
// rule which would match every charset there is.
func newRX(pattern string) (plugintypes.Operator, error) {
	if rules.HasMacro(pattern) {
		if operand, err := macro.NewMacro(pattern); err == nil { // else it has a %{2} too
			return &expandedRX{operand: operand}, nil
		}
	}
	p, err := textmatch.PatternOf(pattern)
	return rx{p}, err
}

// expandedRX is @rx with macros in its pattern.
type expandedRX struct {
	operand macro.Macro
	pattern textmatch.Passing
}

// Evaluate implements [plugintypes.Operator].
func (o *expandedRX) Evaluate(tx plugintypes.TransactionState, value string) bool {
	p := o.pattern.Pattern(o.operand.Expand(tx))
	return p != nil && rx{p}.Evaluate(tx, value)
}

// rx is the operator of that name, without macros.
type rx struct{ pattern *textmatch.Pattern }

// Evaluate implements [plugintypes.Operator].
func (o rx) Evaluate(tx plugintypes.TransactionState, value string) bool {
	if !tx.Capturing() {
		return o.pattern.MatchString(value)
	}
	captures := o.pattern.Captures(value)
	for i, text := range captures {
		tx.CaptureField(i, text)
	}
	return captures != nil
}

// pm is the operator of that name, and of those that read phrases from a file.
type pm struct{ phrases *textmatch.Phrases }

// Evaluate implements [plugintypes.Operator].
func (o pm) Evaluate(tx plugintypes.TransactionState, value string) bool {
	if !tx.Capturing() {
		return o.phrases.In(value)
	}
	var buf [textmatch.MaxFound]string
	found := o.phrases.Find(buf[:0], value)
	for i, text := range found {
		tx.CaptureField(i, text)
	}
	return len(found) > 0
}

// readFirst reads a file that is in one of some directories, or anywhere if its name says where.
func readFirst(root fs.FS, directories []string, name string) (data []byte, err error) {
	if path.IsAbs(name) {
		return fs.ReadFile(root, name)
	}
	err = fs.ErrNotExist
	for _, d := range directories {
		if data, err = fs.ReadFile(root, path.Join(d, name)); !errors.Is(err, fs.ErrNotExist) {
			return data, err
		}
	}
	return nil, err
}

// detectXSS is the operator of that name. It captures the value, as ModSecurity's does and Coraza's does not: rules of CRS
// tell it, and would tell what some rule before has captured.
type detectXSS struct{}

// Evaluate implements [plugintypes.Operator].
func (detectXSS) Evaluate(tx plugintypes.TransactionState, value string) bool {
	found := xss.Is(value)
	if found {
		tx.CaptureField(0, value)
	}
	return found
}

// comparison is an operator that compares a value with a text. It captures the text, for the same reason.
type comparison struct {
	operand macro.Macro
	holds   func(value, operand string) bool
}

var comparisons = map[string]func(value, operand string) bool{
	"contains":     strings.Contains,
	"containsWord": textmatch.ContainsWord, // Coraza has none
	"streq":        func(value, operand string) bool { return value == operand },
}

// Evaluate implements [plugintypes.Operator].
func (o comparison) Evaluate(tx plugintypes.TransactionState, value string) bool {
	operand := o.operand.Expand(tx)
	found := o.holds(value, operand)
	if found {
		tx.CaptureField(0, operand)
	}
	return found
}

// sensitiveData is one of the operators that find sensitive data. It captures the first finding, masked,
// and how many there are.
type sensitiveData struct{ operator *sensitive.Operator }

// Evaluate implements [plugintypes.Operator].
func (o sensitiveData) Evaluate(tx plugintypes.TransactionState, value string) bool {
	first, n := o.operator.Evaluate(value)
	if n > 0 && tx.Capturing() {
		tx.CaptureField(0, first)
		tx.CaptureField(1, strconv.Itoa(n))
	}
	return n > 0
}
