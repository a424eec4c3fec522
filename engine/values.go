package engine

import (
	"strings"
	"unicode/utf8"

	"github.com/corazawaf/coraza/v3/types"
	"github.com/corazawaf/coraza/v3/types/variables"

	"github.com/modsecurity-for-anylog/msa/engine/screen"
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
	processor          string // of the body
}

// source is what the screen is asked about, and views are made of.
type source interface {
	screen.Source
	read() *values
}

// valuesOf are the values that Coraza has read.
func valuesOf(tx transaction) values {
	vars := tx.Variables()
	return values{
		filename: vars.RequestFilename().Get(),
		get:      pairsOf(vars.ArgsGet().FindAll()), post: pairsOf(vars.ArgsPost().FindAll()), cookies: pairsOf(vars.RequestCookies().FindAll()),
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
		return false
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

// headersOf are the headers that a variable is of, as they were mapped.
func headersOf(t *mapping.Transaction, v variables.RuleVariable) (headers []mapping.Header, ok bool) {
	switch v {
	case variables.RequestHeaders, variables.RequestHeadersNames:
		return t.RequestHeaders, true
	case variables.ResponseHeaders, variables.ResponseHeadersNames:
		return t.ResponseHeaders, true
	}
	return nil, false
}

// eachHeader visits the headers of a variable, and is false for one that is of no headers.
func eachHeader(t *mapping.Transaction, v variables.RuleVariable, visit func(key, value string)) bool {
	headers, ok := headersOf(t, v)
	names := v == variables.RequestHeadersNames || v == variables.ResponseHeadersNames
	addHeaders(headers, func(name, value string) {
		switch {
		case name == "": // Coraza has none without
		case names:
			visit(name, name)
		default:
			visit(name, value)
		}
	})
	return ok
}

// countHeaders is how many headers a variable has, or has of a name in any case.
func countHeaders(t *mapping.Transaction, v variables.RuleVariable, key string) (n int, ok bool) {
	lower := strings.ToLower(key)
	ok = eachHeader(t, v, func(name, _ string) {
		if key == "" || isNamed(name, lower) {
			n++
		}
	})
	return n, ok
}

// isNamed reports whether a header is that of a name, which is in lower case as Coraza has it.
func isNamed(name, lower string) bool {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return strings.ToLower(name) == lower
		}
	}
	return len(name) == len(lower) && strings.EqualFold(name, lower)
}
