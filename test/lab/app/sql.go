package app

import (
	"context"
	"crypto/md5" //nolint:gosec // a function that databases have
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
)

// The driver has functions for all databases of the process and tells them nothing of who asks: one query runs at a time.
var queries struct {
	sync.Mutex
	waited time.Duration
}

// dialect are functions of larger databases which attacks try.
func init() {
	text := func(name string, n int32, f func(args []driver.Value) (driver.Value, error)) {
		sqlite.MustRegisterScalarFunction(name, n, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) { return f(args) })
	}
	for _, name := range []string{"sleep", "pg_sleep"} {
		text(name, 1, func(args []driver.Value) (driver.Value, error) {
			seconds, _ := strconv.ParseFloat(fmt.Sprint(args[0]), 64)
			queries.waited += time.Duration(seconds * float64(time.Second))
			return int64(0), nil
		})
	}
	for name, value := range map[string]string{"version": "8.0.36-0ubuntu0.22.04.1", "database": "shop", "user": "shop@localhost", "current_user": "shop@localhost"} {
		text(name, 0, func([]driver.Value) (driver.Value, error) { return value, nil })
	}
	text("md5", 1, func(args []driver.Value) (driver.Value, error) {
		sum := md5.Sum([]byte(fmt.Sprint(args[0]))) //nolint:gosec // see above
		return hex.EncodeToString(sum[:]), nil
	})
	text("load_file", 1, func(args []driver.Value) (driver.Value, error) {
		return machine[strings.TrimPrefix(fmt.Sprint(args[0]), "/")], nil
	})
	xpath := func(args []driver.Value) (driver.Value, error) {
		return nil, fmt.Errorf(tellingError+": '%v'", args[1])
	}
	text("extractvalue", 2, xpath)
	text("updatexml", 3, xpath)
}

const schema = `
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, price REAL, note TEXT);
INSERT INTO products VALUES (1,'lamp',19.9,'warm light'),(2,'shelf',89,'oak'),(3,'chair',45.5,'stackable'),(4,'desk',210,'adjustable'),(5,'O''Brien sofa',799,'two seats');
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, password TEXT, role TEXT, card TEXT);
INSERT INTO users VALUES (1,'admin','5f4dcc3b5aa765d61d83','admin','4111 1111 1111 1111'),(2,'alice','summer2024','customer','5500 0000 0000 0004'),(3,'bob','tr0ub4dor','customer','');
CREATE TABLE visits (visitor TEXT, agent TEXT, address TEXT);
INSERT INTO visits VALUES ('v-1001','Mozilla','10.1.0.7'),('v-1002','Mozilla','10.1.0.8');
`

func (s *Site) openDatabase() error {
	file := filepath.Join(s.Dir, "lab", "shop.db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return fmt.Errorf("cannot open database %q: %w", file, err)
	}
	db.SetMaxOpenConns(1)
	s.db = db
	for _, statement := range []string{schema, "ATTACH ':memory:' AS information_schema",
		"CREATE TABLE information_schema.tables AS SELECT name AS table_name, 'shop' AS table_schema FROM main.sqlite_master"} {
		if _, err := db.Exec(statement); err != nil {
			return fmt.Errorf("cannot set up database %q: %w", file, err)
		}
	}
	return nil
}

// errBadInput is what a strong site says to an input that is not of its place's kind.
var errBadInput = errors.New("invalid input")

// slot is a place of a statement for an input: {like}, {text}, {number} and {word}.
var slot = regexp.MustCompile(`\{(like|text|number|word)\}`)

// fill puts inputs into a statement, each as f makes it.
func fill(template string, inputs []string, f func(kind, input string) string) string {
	i := -1
	return slot.ReplaceAllStringFunc(template, func(s string) string {
		i++
		return f(s[1:len(s)-1], inputs[i])
	})
}

// pasted is the input as careless programs put it into a statement.
func pasted(kind, input string) string {
	switch kind {
	case "like":
		return "'%" + input + "%'"
	case "text":
		return "'" + input + "'"
	}
	return input
}

var (
	hexText = regexp.MustCompile(`\b0x((?:[0-9a-fA-F]{2})+)\b`)
	hash    = regexp.MustCompile(`#[^'\n]*$`)
)

// inDialect reads what MySQL has and SQLite has not: texts in hexadecimal, and comments with #.
func inDialect(statement string) string {
	statement = hexText.ReplaceAllStringFunc(statement, func(m string) string {
		b, err := hex.DecodeString(m[2:])
		if err != nil {
			return m
		}
		return "'" + strings.ReplaceAll(string(b), "'", "''") + "'"
	})
	return hash.ReplaceAllString(statement, "")
}

// query runs a statement with inputs: in a weak site they are pasted into it. Whatever it does to the data is undone.
func (v *visit) query(template string, inputs ...string) ([][]string, error) {
	if !v.Weak {
		return v.bound(template, inputs)
	}
	statement := fill(template, inputs, pasted)
	harmless := fill(template, inputs, func(kind, _ string) string {
		return pasted(kind, map[string]string{"number": "1", "word": "name"}[kind])
	})
	rows, err := v.run(inDialect(statement))
	meant := fill(template, inputs, func(kind, input string) string {
		if kind == "word" && literal.MatchString(input) {
			input = "name" // it gives the text that was sent, and nothing of the site's
		}
		return pasted(kind, input)
	})
	if form(meant) == form(harmless) {
		return rows, err
	}
	switch what := "another statement: " + statement; {
	case err == nil && len(rows) > 0:
		v.took("sqli", what)
	case err != nil && strings.Contains(err.Error(), tellingError):
		v.telling = what
	case err == nil:
		v.Ledger.blind(v.id, "sqli", what)
	}
	return rows, err
}

// tellingError begins an error that has what the statement has found.
const tellingError = "XPATH syntax error"

var literal = regexp.MustCompile(`^\s*(?:'(?:[^']|'')*'|"[^"]*")\s*$`)

var wordOnly = regexp.MustCompile(`^[a-z_]{1,20}$`)

func (v *visit) bound(template string, inputs []string) ([][]string, error) {
	var args []any
	var bad error
	statement := fill(template, inputs, func(kind, input string) string {
		switch kind {
		case "like":
			args = append(args, "%"+input+"%")
		case "number":
			if _, err := strconv.Atoi(input); err != nil {
				bad = errBadInput
			}
			args = append(args, input)
		case "word":
			if !wordOnly.MatchString(input) {
				bad = errBadInput
			}
			return input
		default:
			args = append(args, input)
		}
		return "?"
	})
	if bad != nil {
		return nil, bad
	}
	return v.run(statement, args...)
}

func (v *visit) run(statement string, args ...any) ([][]string, error) {
	queries.Lock()
	defer queries.Unlock()
	queries.waited = 0
	defer func() {
		if queries.waited > 0 {
			v.took("sqli", "the database waited")
			v.wait(queries.waited)
		}
	}()
	ctx, cancel := context.WithTimeout(v.r.Context(), 20*time.Second)
	defer cancel()
	tx, err := v.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	rows, err := tx.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all [][]string
	for rows.Next() && len(all) < 200 {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			return nil, err
		}
		line := make([]string, len(cells))
		for i, c := range cells {
			switch value := (*c.(*any)).(type) {
			case nil:
				line[i] = ""
			case []byte:
				line[i] = string(value)
			default:
				line[i] = fmt.Sprint(value)
			}
		}
		all = append(all, line)
	}
	return all, rows.Err()
}

var sqlToken = regexp.MustCompile(`(?s)--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"[^"]*"|[A-Za-z_][\w.]*|\d[\w.]*|\s+|.`)

// form is a statement's sequence of kinds of tokens. A statement whose form an input has changed is another statement.
func form(statement string) string {
	var b strings.Builder
	for _, t := range sqlToken.FindAllString(statement, -1) {
		switch c := t[0]; {
		case strings.TrimSpace(t) == "":
		case strings.HasPrefix(t, "--"), strings.HasPrefix(t, "/*"):
			b.WriteString("#")
		case c == '\'' && len(t) > 1:
			b.WriteString("s ")
		case c >= '0' && c <= '9':
			b.WriteString("n ")
		case c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
			b.WriteString("w ")
		default:
			b.WriteString(t + " ")
		}
	}
	return b.String()
}

// table is rows in HTML.
func (v *visit) table(rows [][]string) string {
	var b strings.Builder
	b.WriteString("<table>")
	for _, row := range rows {
		b.WriteString("<tr>")
		for _, cell := range row {
			b.WriteString("<td>" + html.EscapeString(cell) + "</td>")
		}
		b.WriteString("</tr>\n")
	}
	return b.String() + "</table>"
}

// search: a text in LIKE, in a long page; a weak site shows the database's error, with 500.
func (v *visit) search() {
	q := v.param("q")
	rows, err := v.query("SELECT name, price, note FROM products WHERE name LIKE {like}", q)
	if err != nil {
		v.longPage(http.StatusInternalServerError, "Error", "<h1>Database error</h1><pre>"+html.EscapeString(err.Error())+"</pre>")
		return
	}
	v.longPage(http.StatusOK, "Search", fmt.Sprintf("<h1>%d results for %s</h1>%s", len(rows), html.EscapeString(q), v.table(rows)))
}

// item: a number; a weak site shows the database's error as part of a page with 200.
func (v *visit) item() {
	rows, err := v.query("SELECT id, name, price FROM products WHERE id = {number}", v.param("id"))
	switch {
	case errors.Is(err, errBadInput):
		v.page(http.StatusBadRequest, "Bad request", "<p>There is no such number.</p>")
	case err != nil:
		v.page(http.StatusOK, "Item", "<b>Warning</b>: SQLite3::query(): Unable to prepare statement: "+html.EscapeString(err.Error()))
	case len(rows) == 0:
		v.page(http.StatusOK, "Item", "<p>We do not have this item.</p>")
	default:
		v.page(http.StatusOK, "Item", v.table(rows))
	}
}

// itemByPath: a number in the path; errors are hidden.
func (v *visit) itemByPath() {
	rows, err := v.query("SELECT name, note FROM products WHERE id = ({number})", strings.TrimPrefix(v.r.URL.Path, "/items/"))
	if err != nil || len(rows) == 0 {
		v.page(http.StatusNotFound, "Not found", "<p>Not found.</p>")
		return
	}
	v.page(http.StatusOK, "Item", v.table(rows))
}

// apiItems: a filter and an order in JSON.
func (v *visit) apiItems() {
	sort := v.field("sort")
	if sort == "" {
		sort = "name"
	}
	rows, err := v.query("SELECT name, price FROM products WHERE name LIKE {like} ORDER BY {word}", v.field("filter"), sort)
	switch {
	case errors.Is(err, errBadInput):
		v.json(http.StatusUnprocessableEntity, map[string]any{"error": "sort must be a column"})
	case err != nil:
		v.json(http.StatusInternalServerError, map[string]any{"error": err.Error()})
	default:
		v.json(http.StatusOK, map[string]any{"items": rows, "total": len(rows)})
	}
}

// report: a text of JSON in base64.
func (v *visit) report() {
	id := decodedField(v.param("data"), "id")
	rows, err := v.query("SELECT name, note FROM products WHERE name = {text}", id)
	if err != nil {
		v.page(http.StatusInternalServerError, "Error", "<p>The report could not be made.</p>")
		return
	}
	v.page(http.StatusOK, "Report", v.table(rows))
}

// export: an identifier, and CSV.
func (v *visit) export() {
	column := v.param("column")
	rows, err := v.query("SELECT id, {word} FROM products", column)
	if err != nil {
		v.text(http.StatusBadRequest, "text/plain", "cannot export: "+err.Error()+"\n")
		return
	}
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(strings.Join(row, ";") + "\n")
	}
	v.text(http.StatusOK, "text/csv", b.String())
}

// orders: a text in a form that is posted, two columns, in a list.
func (v *visit) orders() {
	rows, err := v.query("SELECT name, price FROM products WHERE (name = {text} AND price > 0)", v.param("name"))
	if err != nil {
		v.page(http.StatusInternalServerError, "Error", "<p>SQLSTATE[HY000]: General error: "+html.EscapeString(err.Error())+"</p>")
		return
	}
	v.page(http.StatusOK, "Orders", v.table(rows))
}

// home greets a visitor who was there before, by a cookie: a blind injection.
func (v *visit) home() {
	greeting := "Welcome."
	if visitor := v.cookie("visitor"); visitor != "" {
		if rows, err := v.query("SELECT agent FROM visits WHERE visitor = {text}", visitor); err == nil && len(rows) > 0 {
			greeting = "Welcome back."
		}
	}
	v.page(http.StatusOK, "Shop", "<h1>"+greeting+"</h1><p>Lamps, shelves and chairs.</p>")
}

// visits keeps who was there, by a header: an injection into INSERT.
func (v *visit) visits() {
	address := v.r.Header.Get("X-Forwarded-For")
	if address == "" {
		address = "10.0.0.1"
	}
	if _, err := v.query("INSERT INTO visits (visitor, agent, address) VALUES ('v', 'a', {text})", address); err != nil {
		v.json(http.StatusInternalServerError, map[string]any{"error": "internal"})
		return
	}
	v.json(http.StatusOK, map[string]any{"ok": true})
}
