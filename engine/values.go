package engine

import (
	"strings"
	"unicode/utf8"

	"github.com/corazawaf/coraza/v3/types"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/internal/interpreter"
	"github.com/modsecurity-for-anylog/msa/engine/internal/order"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// pair is a value and its name.
type pair struct{ key, value string }

// values are those of a request that several variables are made of, and that views are made of. Each time that Coraza is
// asked for them it makes a copy.
type values struct {
	filename           string
	get, post, cookies []pair
	xml                []types.MatchData
	processor          string           // of the body
	request, response  []mapping.Header // as many as are inspected
}

// source is what the screen is asked about, views are made of, and rules are interpreted on.
type source interface {
	interpreter.Source
	read() *values
}

// valuesOf are the values that Coraza has read.
func valuesOf(tx transaction, t *mapping.Transaction) values {
	vars := tx.Variables()
	return values{
		request: inspected(t.RequestHeaders), response: inspected(t.ResponseHeaders),
		filename: vars.RequestFilename().Get(),
		get:      pairsOf(vars.ArgsGet().FindAll()), post: pairsOf(vars.ArgsPost().FindAll()), cookies: pairsOf(order.FindAll(vars.RequestCookies())),
		xml: vars.RequestXML().FindAll(), processor: vars.RequestBodyProcessor().Get(),
	}
}

func pairsOf(all []types.MatchData) []pair {
	if len(all) == 0 {
		return nil
	}
	pairs := make([]pair, len(all))
	for i, m := range all {
		pairs[i] = pair{m.Key(), m.Value()}
	}
	return pairs
}

// each visits the pairs of a variable that is made of the values, and is false for another one.
func (of *values) each(v variables.RuleVariable, visit func(key, value string)) bool {
	switch v { // arguments of the path, which Coraza has among the others, nobody sets
	case variables.Args:
		visitPairs(visit, of.get, of.post)
	case variables.ArgsNames:
		visitNames(visit, of.get, of.post)
	case variables.ArgsGet:
		visitPairs(visit, of.get)
	case variables.ArgsGetNames:
		visitNames(visit, of.get)
	case variables.ArgsPost:
		visitPairs(visit, of.post)
	case variables.ArgsPostNames:
		visitNames(visit, of.post)
	case variables.RequestCookies:
		visitPairs(visit, of.cookies)
	case variables.RequestCookiesNames:
		visitNames(visit, of.cookies)
	default:
		return of.eachHeader(v, visit)
	}
	return true
}

func visitPairs(visit func(key, value string), all ...[]pair) {
	for _, pairs := range all {
		for _, p := range pairs {
			visit(p.key, p.value)
		}
	}
}

// visitNames visits a name for each value, as Coraza does.
func visitNames(visit func(key, value string), all ...[]pair) {
	for _, pairs := range all {
		for _, p := range pairs {
			visit(p.key, p.key)
		}
	}
}

// inspected are the headers that are inspected.
func inspected(headers []mapping.Header) (all []mapping.Header) {
	if addHeaders(headers, discardHeader) {
		return headers
	}
	addHeaders(headers, func(name, value string) { all = append(all, mapping.Header{Name: name, Value: value}) })
	return all
}

// headers are those that a variable is of.
func (of *values) headers(v variables.RuleVariable) (headers []mapping.Header, ok bool) {
	switch v {
	case variables.RequestHeaders, variables.RequestHeadersNames:
		return of.request, true
	case variables.ResponseHeaders, variables.ResponseHeadersNames:
		return of.response, true
	}
	return nil, false
}

// eachHeader visits the headers of a variable, and is false for one that is of no headers.
func (of *values) eachHeader(v variables.RuleVariable, visit func(key, value string)) bool {
	headers, ok := of.headers(v)
	names := v == variables.RequestHeadersNames || v == variables.ResponseHeadersNames
	for _, h := range headers {
		switch {
		case h.Name == "": // Coraza has none without
		case names:
			visit(h.Name, h.Name)
		default:
			visit(h.Name, h.Value)
		}
	}
	return ok
}

// count is how many headers a variable has, or has of a name in any case, and is not ok for one that is of no headers.
func (of *values) count(v variables.RuleVariable, key string) (n int, ok bool) {
	headers, ok := of.headers(v)
	lower := strings.ToLower(key)
	for _, h := range headers {
		if h.Name != "" && (key == "" || isNamed(h.Name, lower)) {
			n++
		}
	}
	return n, ok
}

// isNamed reports whether a header is that of a name, which is in lower case as Coraza has it.
func isNamed(name, lower string) bool {
	if !isASCII(name) {
		return strings.ToLower(name) == lower
	}
	return len(name) == len(lower) && strings.EqualFold(name, lower)
}

func isASCII(text string) bool {
	var all byte
	for i := range len(text) {
		all |= text[i]
	}
	return all < utf8.RuneSelf
}
