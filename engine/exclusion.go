package engine

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// exclusion is one value of the property exclude: which rules, and where.
type exclusion struct {
	rules    string // id, "first-last", or a tag
	tag      bool
	path     string // only for URIs that begin so
	variable string // only for this variable: "ARGS:name"
}

var (
	idOrRange = regexp.MustCompile(`^\d+(-\d+)?$`)
	tagName   = regexp.MustCompile(`^[A-Za-z][\w./:-]*$`)
	pathName  = regexp.MustCompile(`^/[^\s"'\\,]*$`)
	variable  = regexp.MustCompile(`^[A-Z_]+(:[^\s"'\\,|]+)?$`)
)

// parseExclusion reads 942100, 920000-920999 or a tag, each with @/path or @VARIABLE:name after it.
func parseExclusion(s string) (exclusion, error) {
	var e exclusion
	rules, where, limited := strings.Cut(s, "@")
	e.rules, e.tag = rules, !idOrRange.MatchString(rules)
	if e.tag && !tagName.MatchString(rules) {
		return e, fmt.Errorf("%q is no rule id, range or tag", rules)
	}
	if first, last, ok := strings.Cut(rules, "-"); ok && !e.tag {
		from, _ := strconv.Atoi(first)
		if to, _ := strconv.Atoi(last); to < from {
			return e, fmt.Errorf("range %s is empty", rules)
		}
	}
	switch {
	case !limited:
	case pathName.MatchString(where):
		e.path = where
	case variable.MatchString(where):
		e.variable = where
	default:
		return e, fmt.Errorf("%q is neither a path (/…) nor a variable (ARGS:name)", where)
	}
	return e, nil
}

// before is the directive that must stand before the rules, "" if there is none.
func (e exclusion) before(id int) string {
	if e.path == "" {
		return ""
	}
	ctl := "ruleRemoveById"
	if e.tag {
		ctl = "ruleRemoveByTag"
	}
	return fmt.Sprintf(`SecRule REQUEST_FILENAME "@beginsWith %s" "id:%d,phase:1,pass,nolog,t:none,ctl:%s=%s"`, e.path, id, ctl, e.rules)
}

// after is the directive that must stand after the rules, "" if there is none.
func (e exclusion) after() string {
	switch {
	case e.path != "":
		return ""
	case e.variable != "" && e.tag:
		return fmt.Sprintf(`SecRuleUpdateTargetByTag "%s" "!%s"`, e.rules, e.variable)
	case e.variable != "":
		return fmt.Sprintf(`SecRuleUpdateTargetById %s "!%s"`, e.rules, e.variable)
	case e.tag:
		return "SecRuleRemoveByTag " + e.rules
	default:
		return "SecRuleRemoveById " + e.rules
	}
}

// excluded are the ids of the rules that a mapping excludes by ids, ranges and tags.
func (e *Engine) excluded(list []string) []int {
	if len(list) == 0 {
		return nil
	}
	key := strings.Join(list, " ")
	if ids, ok := e.excludes.Load(key); ok {
		return ids.([]int)
	}
	ids := []int{} // those of one tag are many, and so are kept
	for id, r := range e.rules {
		for _, s := range list {
			if r.isNamed(id, s) {
				ids = append(ids, id)
				break
			}
		}
	}
	e.excludes.Store(key, ids)
	return ids
}

// isNamed reports whether an id, a range of ids or a tag names the rule.
func (r *rule) isNamed(id int, name string) bool {
	first, last, isRange := strings.Cut(name, "-")
	from, err := strconv.Atoi(first)
	if err != nil {
		return slices.Contains(r.tags, name)
	}
	to := from
	if isRange {
		to, err = strconv.Atoi(last)
	}
	return err == nil && id >= from && id <= to
}
