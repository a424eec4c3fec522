package engine

import (
	"errors"
	"strconv"
	"sync"

	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"

	"github.com/modsecurity-for-anylog/msa/engine/internal/body"
	"github.com/modsecurity-for-anylog/msa/engine/screen"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
)

// replaceParts replaces those of Coraza's parts that take longest by ones that find the same, and those that reach out of the
// process by none. That counts for all rule sets that the process compiles from then on.
var replaceParts = sync.OnceFunc(func() {
	plugins.RegisterBodyProcessor("json", func() plugintypes.BodyProcessor { return body.JSON{} })
	plugins.RegisterBodyProcessor("urlencoded", func() plugintypes.BodyProcessor { return body.Form{} })
	plugins.RegisterOperator("rx", func(o plugintypes.OperatorOptions) (plugintypes.Operator, error) {
		p, err := screen.PatternOf(o.Arguments)
		return rx{p}, err
	})
	for _, name := range sensitive.Operators {
		plugins.RegisterOperator(name, func(o plugintypes.OperatorOptions) (plugintypes.Operator, error) {
			op, err := sensitive.NewOperator(name, o.Arguments)
			return sensitiveData{op}, err
		})
	}
	for name, why := range reachingOut {
		plugins.RegisterOperator(name, func(plugintypes.OperatorOptions) (plugintypes.Operator, error) { return nil, why })
	}
	for _, name := range transformations {
		f, ok := screen.MultiMatchTransformation(name)
		if !ok {
			continue
		}
		plugins.RegisterTransformation(name, func(value string) (string, bool, error) {
			after, changed := f(value)
			return after, changed, nil
		})
	}
})

// reachingOut are operators that would give what is in a log to others, and wait for them at each record. Rules with them are
// passed over.
var reachingOut = map[string]error{
	"inspectFile": errors.New("@inspectFile runs a program, and MSA runs none"),
	"rbl":         errors.New("@rbl asks a name server, and MSA asks none"),
}

// transformations are those that can't fail.
var transformations = []string{
	"cmdLine", "compressWhitespace", "cssDecode", "escapeSeqDecode", "htmlEntityDecode", "jsDecode", "lowercase",
	"normalisePath", "normalizePath", "removeComments", "removeCommentsChar", "removeNulls", "removeWhitespace",
	"replaceComments", "replaceNulls", "trim", "trimLeft", "trimRight", "uppercase", "urlDecode", "urlDecodeUni", "utf8toUnicode",
}

// rx is the operator of that name.
type rx struct{ pattern *screen.Pattern }

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
