package main

import (
	"encoding/json"
	"net/url"
	"sort"
	"strings"
	"unicode/utf8"
)

// nano is the part of a Nano record that transplants change.
type nano map[string]any

func (n nano) text(key string) string { s, _ := n[key].(string); return s }

// payloadOf is the payload of a record of an attack: the value of p in the query or the form, or "".
func payloadOf(record []byte) string {
	var n nano
	if json.Unmarshal(record, &n) != nil {
		return ""
	}
	for _, text := range []string{n.text("URL"), n.text("REQ_BODY")} {
		if _, q, ok := strings.Cut("?"+strings.TrimPrefix(text, "/?"), "?p="); ok {
			if p, err := url.QueryUnescape(q); err == nil {
				return p
			}
			return q
		}
	}
	return ""
}

// transplant puts a payload in the place of a value of a legitimate record. choice decides which; how says where.
func transplant(host []byte, payload string, choice uint32) (record []byte, how string, ok bool) {
	var n nano
	if json.Unmarshal(host, &n) != nil {
		return nil, "", false
	}
	raw := payload // for places that keep text as it is: bytes that are no UTF-8 are lost there, or escaped
	if !utf8.ValidString(payload) && choice%2 == 0 {
		raw = url.QueryEscape(payload)
	}
	places := []func(nano, string, uint32) bool{intoQuery, intoForm, intoJSON, intoCookie, intoHeader, intoPath}
	names := []string{"query", "form", "json", "cookie", "header", "path"}
	for try := range uint32(len(places)) {
		k := (choice + try) % uint32(len(places))
		text := payload
		if names[k] == "json" || names[k] == "header" {
			text = raw
		}
		if places[k](n, text, choice/8) {
			out, err := json.Marshal(n)
			return append(out, '\n'), names[k], err == nil
		}
	}
	return nil, "", false
}

func (n nano) setURL(u string) {
	head := n.text("REQ_HEADER")
	first, rest, _ := strings.Cut(head, "\r\n")
	words := strings.SplitN(first, " ", 2)
	n["URL"] = u
	n["REQ_HEADER"] = words[0] + " " + u + " HTTP/1.1\r\n" + rest
}

func (n nano) setBody(b string) {
	var lines []string
	for _, l := range strings.Split(n.text("REQ_HEADER"), "\r\n") {
		if !strings.HasPrefix(strings.ToLower(l), "content-length:") {
			lines = append(lines, l)
		}
	}
	n["REQ_HEADER"], n["REQ_BODY"] = strings.Join(lines, "\r\n"), b
}

// replaced is a query or a form with one of its values replaced.
func replaced(pairs, payload string, choice uint32, escape func(string) string) string {
	all := strings.Split(pairs, "&")
	at := int(choice) % len(all)
	name, _, _ := strings.Cut(all[at], "=")
	all[at] = name + "=" + escape(payload)
	return strings.Join(all, "&")
}

func intoQuery(n nano, payload string, choice uint32) bool {
	path, query, ok := strings.Cut(n.text("URL"), "?")
	if !ok || !strings.Contains(query, "=") {
		return false
	}
	n.setURL(path + "?" + replaced(query, payload, choice, url.QueryEscape))
	return true
}

func intoForm(n nano, payload string, choice uint32) bool {
	if !strings.Contains(strings.ToLower(n.text("REQ_HEADER")), "content-type: application/x-www-form-urlencoded") || !strings.Contains(n.text("REQ_BODY"), "=") {
		return false
	}
	n.setBody(replaced(n.text("REQ_BODY"), payload, choice, url.QueryEscape))
	return true
}

func intoJSON(n nano, payload string, choice uint32) bool {
	var v any
	if json.Unmarshal([]byte(n.text("REQ_BODY")), &v) != nil {
		return false
	}
	count := 0
	walk(v, func(string) (string, bool) { count++; return "", false })
	if count == 0 {
		return false
	}
	at := int(choice) % count
	v = walk(v, func(string) (string, bool) { at--; return payload, at == -1 })
	out, err := json.Marshal(v)
	if err != nil {
		return false
	}
	n.setBody(string(out))
	return true
}

// walk replaces strings.
func walk(v any, replace func(string) (string, bool)) any {
	switch x := v.(type) {
	case string:
		if with, ok := replace(x); ok {
			return with
		}
	case []any:
		for i := range x {
			x[i] = walk(x[i], replace)
		}
	case map[string]any:
		var keys []string
		for k := range x {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			x[k] = walk(x[k], replace)
		}
	}
	return v
}

// headerLine replaces the value of the header line that choose says.
func (n nano) headerLine(isOne func(name string) bool, choice uint32, with func(name, value string) string) bool {
	lines := strings.Split(n.text("REQ_HEADER"), "\r\n")
	var at []int
	for i, l := range lines[1:] {
		if name, _, ok := strings.Cut(l, ":"); ok && isOne(strings.ToLower(name)) {
			at = append(at, i+1)
		}
	}
	if len(at) == 0 {
		return false
	}
	i := at[int(choice)%len(at)]
	name, value, _ := strings.Cut(lines[i], ":")
	lines[i] = name + ": " + with(name, strings.TrimSpace(value))
	n["REQ_HEADER"] = strings.Join(lines, "\r\n")
	return true
}

func oneLine(s string) string {
	return strings.NewReplacer("\r", " ", "\n", " ", "\x00", "%00").Replace(s)
}

func intoCookie(n nano, payload string, choice uint32) bool {
	return n.headerLine(func(name string) bool { return name == "cookie" }, choice, func(_, value string) string {
		all := strings.Split(value, "; ")
		at := int(choice) % len(all)
		name, _, _ := strings.Cut(all[at], "=")
		text := oneLine(payload)
		if choice%2 == 0 || strings.Contains(text, ";") {
			text = url.QueryEscape(payload)
		}
		all[at] = name + "=" + text
		return strings.Join(all, "; ")
	})
}

func intoHeader(n nano, payload string, choice uint32) bool {
	return n.headerLine(func(name string) bool {
		switch name {
		case "host", "cookie", "content-length", "content-type", "connection", "transfer-encoding", "content-encoding":
			return false
		}
		return true
	}, choice, func(string, string) string { return oneLine(payload) })
}

func intoPath(n nano, payload string, choice uint32) bool {
	path, query, ok := strings.Cut(n.text("URL"), "?")
	all := strings.Split(path, "/")
	if len(all) < 2 {
		return false
	}
	all[1+int(choice)%(len(all)-1)] = url.PathEscape(payload)
	u := strings.Join(all, "/")
	if ok {
		u += "?" + query
	}
	n.setURL(u)
	return true
}
