package app

import (
	"net/http"
	"regexp"
)

var (
	itemField = regexp.MustCompile(`\bitem\s*\(\s*name\s*:\s*"((?:[^"\\]|\\.)*)"`)
	usersName = regexp.MustCompile(`\busers\s*\{`)
)

// graphQL has items, users for whoever asks a weak site, and its schema.
func (v *visit) graphQL() {
	query := v.field("query")
	if query == "" {
		query = v.param("query")
	}
	switch m := itemField.FindStringSubmatch(query); {
	case regexp.MustCompile(`\b__(?:schema|type)\b`).MatchString(query):
		if !v.Weak {
			v.json(http.StatusOK, map[string]any{"errors": []any{map[string]any{"message": "GraphQL introspection is not allowed"}}})
			return
		}
		v.took("graphql", "the schema was read")
		v.json(http.StatusOK, map[string]any{"data": map[string]any{"__schema": map[string]any{
			"queryType": map[string]any{"name": "Query"}, "types": []any{
				map[string]any{"kind": "OBJECT", "name": "User", "fields": []any{map[string]any{"name": "password"}, map[string]any{"name": "email"}}},
				map[string]any{"kind": "OBJECT", "name": "Item", "fields": []any{map[string]any{"name": "name"}}}}}}})
	case m != nil:
		rows, err := v.query("SELECT name, price FROM products WHERE name = {text}", m[1])
		if err != nil {
			v.json(http.StatusOK, map[string]any{"data": nil, "errors": []any{map[string]any{"message": err.Error()}}})
			return
		}
		v.json(http.StatusOK, map[string]any{"data": map[string]any{"item": rows}})
	case usersName.MatchString(query) && v.Weak:
		v.json(http.StatusOK, map[string]any{"data": map[string]any{"users": []any{map[string]any{"name": "alice"}, map[string]any{"name": "bob"}}}})
	case usersName.MatchString(query):
		v.json(http.StatusOK, map[string]any{"data": nil, "errors": []any{map[string]any{"message": "not authorized"}}})
	default:
		v.json(http.StatusOK, map[string]any{"data": map[string]any{"shop": map[string]any{"name": "Example Shop"}}})
	}
}
