package rules

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Operator is what a rule asks of each value.
type Operator struct {
	Name    string // as Coraza writes it: "beginsWith"
	Operand string
	Negated bool
}

// String is the operator as it stands in a rule.
func (o Operator) String() string {
	text := "@" + o.Name
	if o.Negated {
		text = "!" + text
	}
	if o.Operand != "" {
		text += " " + o.Operand
	}
	return text
}

// Function is the operator's name, with ! where it is negated.
func (o Operator) Function() string {
	if o.Negated {
		return "!" + o.Name
	}
	return o.Name
}

// operatorNames are Coraza's and MSA's operators as they want to be written; ModSecurity does not mind the case.
var operatorNames = byLowerCase("beginsWith", "contains", "containsWord", "detectSensitive", "detectSQLi", "detectXSS", "endsWith", "eq", "ge",
	"geoLookup", "gt", "inspectFile", "ipMatch", "ipMatchF", "ipMatchFromDataset", "ipMatchFromFile", "le", "lt", "noMatch", "pm", "pmf",
	"pmFromDataset", "pmFromFile", "rbl", "restpath", "rx", "rxGlobal", "streq", "strmatch", "unconditionalMatch", "validateByteRange", "validateNid",
	"validateSchema", "validateUrlEncoding", "validateUtf8Encoding", "verifyCC", "verifyCNID", "verifyCPF", "verifyIBAN", "verifySSN", "verifySVNR", "within")

func byLowerCase(names ...string) map[string]string {
	all := map[string]string{}
	for _, n := range names {
		all[strings.ToLower(n)] = n
	}
	return all
}

// parseOperator reads an operator: what does not begin with @ or !@ is a regular expression.
func parseOperator(text string) Operator {
	var o Operator
	rest, negated := strings.CutPrefix(text, "!")
	o.Negated = negated
	name, isNamed := strings.CutPrefix(rest, "@")
	if !isNamed {
		o.Name, o.Operand = "rx", strings.TrimSpace(rest)
		return o
	}
	end := strings.IndexAny(name, " \t\n")
	if end >= 0 {
		name, o.Operand = name[:end], strings.TrimSpace(name[end:])
	}
	o.Name = name
	if known, ok := operatorNames[strings.ToLower(name)]; ok {
		o.Name = known
	}
	if o.Name == "streq" && o.Operand == "" { // Coraza refuses it
		o.Name, o.Operand = "rx", emptyText
	}
	return o
}

// emptyText is a pattern of an empty text.
const emptyText = `\A\z`

// IsEmptyText reports whether only an empty text, or one of white space, fulfils the operator.
func (o Operator) IsEmptyText() bool {
	switch o.Function() {
	case "rx":
		return o.Operand == emptyText || o.Operand == "^$" || o.Operand == `^\s*$`
	case "!rx":
		return o.Operand == "." || o.Operand == ".+"
	}
	return false
}

// looksMisspelt reports whether a regular expression was most probably meant to be another operator: "! @contains a".
func looksMisspelt(text string) bool {
	rest := strings.TrimLeft(strings.TrimPrefix(text, "!"), " \t")
	return rest != strings.TrimPrefix(text, "!") && (strings.HasPrefix(rest, "@") || strings.HasPrefix(rest, "!@"))
}

// Networks are the addresses and networks of a list with commas between, as @ipMatch reads it, and what of the list is
// neither: Coraza passes over that.
func Networks(list string) (all []*net.IPNet, unread []string) {
	for _, item := range strings.Split(list, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		text := item
		switch {
		case strings.Contains(item, "/"):
		case strings.Contains(item, ":"):
			text += "/128"
		case strings.Contains(item, "."):
			text += "/32"
		}
		_, network, err := net.ParseCIDR(text)
		if err != nil {
			unread = append(unread, item)
			continue
		}
		all = append(all, network)
	}
	return all, unread
}

// misread says what of the operand counts for something else than it looks like; "" if all of it counts.
func (o Operator) misread() string {
	switch o.Name {
	case "ipMatch":
		all, unread := Networks(o.Operand)
		switch {
		case len(unread) == 0:
		case len(all) == 0:
			return fmt.Sprintf("no address is in @ipMatch %s: it is no list of addresses and networks with commas between", o.Operand)
		default:
			return fmt.Sprintf("@ipMatch passes over %s: no address or network", strings.Join(unread, ", "))
		}
	case "eq", "ge", "gt", "le", "lt":
		if _, err := strconv.Atoi(o.Operand); err != nil && !HasMacro(o.Operand) {
			return fmt.Sprintf("%q is no number: @%s compares with 0", o.Operand, o.Name)
		}
	}
	return ""
}
