package app

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"reflect"
	"regexp"
	"strings"
)

// accounts are the passwords of the weak sites' users; the others' are unlike any list's.
var accounts = map[string]string{"admin": "letmein", "alice": "summer2024", "bob": "qwerty123", "carol": "Tr0ub4dor&3-horse"}

// wrongs is after how many wrong passwords a site that is not weak refuses a user.
const wrongs = 5

// isRight compares a password. The ledger has it as a success of guessing: who tries many knows by himself whether he guesses.
func (v *visit) isRight(user, password string) (right, locked bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	want, known := accounts[user]
	if !v.Weak {
		if want += "-7Kd9"; v.guesses[user] >= wrongs {
			return false, true
		}
	}
	if !known || password != want {
		v.guesses[user]++
		return false, false
	}
	v.took("login", "password of "+user)
	return true, false
}

func (v *visit) session(user string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	token := fmt.Sprintf("s%08x", v.id*2654435761)
	v.sessions[token] = user
	return token
}

// login: SQL behind a form; a right one is redirected.
func (v *visit) login() {
	if v.r.Method != http.MethodPost {
		v.page(http.StatusOK, "Log in", `<form method="post"><input name="user"><input name="password" type="password"></form>`)
		return
	}
	rows, err := v.query("SELECT name, role FROM users WHERE name = {text} AND password = {text}", v.param("user"), v.param("password"))
	switch {
	case err != nil:
		v.page(http.StatusInternalServerError, "Error", "<p>An error occurred.</p>")
	case len(rows) == 0:
		v.page(http.StatusOK, "Log in", "<p class=error>Unknown name or wrong password.</p><form method=\"post\"><input name=\"user\"><input name=\"password\" type=\"password\"></form>")
	default:
		http.SetCookie(v.w, &http.Cookie{Name: "session", Value: v.session(rows[0][0])})
		v.w.Header().Set("Location", "/account")
		v.page(http.StatusFound, "Found", "<p>Welcome.</p>")
	}
}

// signIn: 200 in either case.
func (v *visit) signIn() {
	user := v.param("user")
	right, locked := v.isRight(user, v.param("password"))
	switch {
	case locked:
		v.page(http.StatusTooManyRequests, "Sign in", "<p>Too many attempts. Try again later.</p>")
	case !right:
		v.page(http.StatusOK, "Sign in", "<p class=error>Sorry, "+html.EscapeString(user)+", this is not right.</p><form method=post><input name=user><input name=password></form>")
	default:
		http.SetCookie(v.w, &http.Cookie{Name: "session", Value: v.session(user)})
		v.page(http.StatusOK, "Account", "<h1>Hello "+html.EscapeString(user)+"</h1><p>Your orders, addresses and payments.</p><a href=/logout>Log out</a>")
	}
}

// basic: 401 in HTTP's own scheme.
func (v *visit) basic() {
	user, password, _ := v.r.BasicAuth()
	right, locked := v.isRight(user, password)
	switch {
	case locked:
		v.text(http.StatusForbidden, "text/plain", "locked\n")
	case !right:
		v.w.Header().Set("WWW-Authenticate", `Basic realm="shop"`)
		v.text(http.StatusUnauthorized, "text/plain", "401\n")
	default:
		v.text(http.StatusOK, "text/plain", "42 orders today\n")
	}
}

// apiSession: 401 in JSON.
func (v *visit) apiSession() {
	right, locked := v.isRight(v.field("user"), v.field("password"))
	switch {
	case locked:
		v.json(http.StatusTooManyRequests, map[string]any{"error": "locked"})
	case !right:
		v.json(http.StatusUnauthorized, map[string]any{"error": "invalid_credentials"})
	default:
		v.json(http.StatusOK, map[string]any{"token": v.session(v.field("user"))})
	}
}

// person is a document of the document database.
type person map[string]any

var people = []person{
	{"name": "admin", "password": "letmein", "role": "admin", "email": "admin@example.com"},
	{"name": "alice", "password": "summer2024", "role": "customer", "email": "alice@example.com"},
	{"name": "bob", "password": "qwerty123", "role": "customer", "email": "bob@example.com"},
}

// matches reports whether a document is one that a query with operators asks for, and whether it has operators at all.
func (p person) matches(query map[string]any) (matches, operators bool) {
	matches = true
	for key, want := range query {
		if key == "$where" {
			operators = true
			matches = matches && isTrueScript(fmt.Sprint(want))
			continue
		}
		if key == "$or" {
			operators = true
			one := false
			if list, ok := want.([]any); ok {
				for _, q := range list {
					if sub, ok := q.(map[string]any); ok {
						m, _ := p.matches(sub)
						one = one || m
					}
				}
			}
			matches = matches && one
			continue
		}
		conditions, isObject := want.(map[string]any)
		if !isObject {
			matches = matches && reflect.DeepEqual(p[key], want)
			continue
		}
		operators = true
		for operator, value := range conditions {
			matches = matches && holds(operator, p[key], value)
		}
	}
	return matches, operators
}

var alwaysTrue = regexp.MustCompile(`(?:return\s+true|\|\|\s*(?:true|1\s*==?=?\s*1|'1'\s*==?=?\s*'1)|^\s*(?:true|1)\s*$|this\.\w+\s*!=)`)

func isTrueScript(script string) bool { return alwaysTrue.MatchString(script) }

func holds(operator string, has, value any) bool {
	text := fmt.Sprint(has)
	switch operator {
	case "$ne":
		return !reflect.DeepEqual(has, value)
	case "$gt", "$gte":
		return text > fmt.Sprint(value)
	case "$lt", "$lte":
		return text < fmt.Sprint(value)
	case "$exists":
		return has != nil
	case "$regex":
		re, err := regexp.Compile(fmt.Sprint(value))
		return err == nil && re.MatchString(text)
	case "$in", "$nin":
		found := false
		if list, ok := value.([]any); ok {
			for _, v := range list {
				found = found || reflect.DeepEqual(has, v)
			}
		}
		return found == (operator == "$in")
	}
	return false
}

// find asks the document database. A site that is not weak takes texts only.
func (v *visit) find(query map[string]any) ([]person, error) {
	if !v.Weak {
		for key, value := range query {
			if _, ok := value.(string); !ok || strings.HasPrefix(key, "$") {
				return nil, errBadInput
			}
		}
	}
	var found []person
	asked := false
	for _, p := range people {
		matches, operators := p.matches(query)
		asked = asked || operators
		if matches {
			found = append(found, p)
		}
	}
	if asked && len(found) > 0 {
		v.took("nosqli", fmt.Sprintf("%d documents by operators", len(found)))
	} else if asked {
		v.Ledger.blind(v.id, "nosqli", "operators, and no document")
	}
	return found, nil
}

// apiLogin: a query of documents as the client sends it.
func (v *visit) apiLogin() {
	var query map[string]any
	if json.Unmarshal(v.body, &query) != nil {
		v.json(http.StatusBadRequest, map[string]any{"error": "invalid JSON"})
		return
	}
	found, err := v.find(query)
	switch {
	case err != nil:
		v.json(http.StatusBadRequest, map[string]any{"error": "name and password must be strings"})
	case len(found) == 0:
		v.json(http.StatusUnauthorized, map[string]any{"error": "invalid_credentials"})
	default:
		v.json(http.StatusOK, map[string]any{"token": v.session(fmt.Sprint(found[0]["name"])), "role": found[0]["role"]})
	}
}

var operatorParam = regexp.MustCompile(`^(\w+)\[(\$\w+)\]$`)

// apiUsers: a query of documents in parameters, as frameworks parse them.
func (v *visit) apiUsers() {
	query := map[string]any{}
	for key, values := range v.r.URL.Query() {
		if m := operatorParam.FindStringSubmatch(key); m != nil {
			query[m[1]] = map[string]any{m[2]: values[0]}
			continue
		}
		query[key] = values[0]
	}
	found, err := v.find(query)
	if err != nil {
		found = nil // an answer like that to any other query that finds nothing
	}
	list := []map[string]any{}
	for _, p := range found {
		list = append(list, map[string]any{"name": p["name"], "email": p["email"]})
	}
	v.json(http.StatusOK, map[string]any{"users": list})
}

var ldapTerm = regexp.MustCompile(`\(([\w-]+)=([^()]*)\)`)

// people: a directory's filter around the name.
func (v *visit) people() {
	name := v.param("name")
	if !v.Weak {
		name = strings.NewReplacer(`\`, `\5c`, "*", `\2a`, "(", `\28`, ")", `\29`).Replace(name)
	}
	filter := "(&(objectClass=person)(cn=" + name + "))"
	if strings.Trim(ldapTerm.ReplaceAllString(filter, ""), "()&|!") != "" {
		v.page(http.StatusInternalServerError, "People", "<p>Bad search filter</p>") // as directories say
		return
	}
	terms := ldapTerm.FindAllStringSubmatch(filter, -1)
	var found []string
	for _, p := range people {
		ok := true
		for _, t := range terms[:min(len(terms), 2)] { // what follows is another filter, which servers ignore
			if value := strings.ReplaceAll(regexp.QuoteMeta(t[2]), `\*`, ".*"); t[1] == "cn" {
				matched, err := regexp.MatchString("^"+value+"$", fmt.Sprint(p["name"]))
				ok = ok && err == nil && matched
			}
		}
		if ok {
			found = append(found, html.EscapeString(fmt.Sprint(p["name"], " ", p["email"])))
		}
	}
	if v.Weak && len(found) > 0 && (len(terms) > 2 || strings.ContainsAny(name, "*()")) {
		v.took("ldapi", "filter "+filter)
	}
	v.page(http.StatusOK, "People", "<ul><li>"+strings.Join(found, "</li><li>")+"</li></ul>")
}
