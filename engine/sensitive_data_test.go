package engine

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
	"github.com/modsecurity-for-anylog/msa/test/accesslog"
)

// sensitiveDataEngine is one with that pack, and with the screen's word on every transaction compared
// with what all rules find.
func sensitiveDataEngine(t testing.TB) *Engine {
	t.Helper()
	cfg := config("sensitive-data")
	cfg.Screen, cfg.CacheSize = ScreenVerify, 1000
	e := newEngine(t, cfg)
	if w := e.Warnings(); len(w) > 0 {
		t.Fatal(w)
	}
	return e
}

// answered is a response to a request for a path.
func answered(path, body string) *mapping.Transaction {
	tx := response(body)
	tx.URI = path
	return tx
}

// response is an exchange in which a server says that.
func response(body string) *mapping.Transaction {
	tx := get("/api/export")
	tx.ResponseHeaders = []mapping.Header{{Name: "Content-Type", Value: "text/plain"}}
	tx.ResponseBody.Text = body
	tx.Observed.ResponseBody = true
	return tx
}

// times is a text so many times, with %d as a number.
func times(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// checked are so many different numbers with a check digit: prefix, four digits that count, the digit that
// makes valid true, a line each.
func checked(n int, prefix, digits string, valid func(string) bool) string {
	var all []string
	for i := range n {
		for _, check := range digits {
			if s := prefix + fmt.Sprintf("%04d", i) + string(check); valid(s) {
				all = append(all, s)
				break
			}
		}
	}
	return strings.Join(all, "\n")
}

// luhn and cnid are the checks anew, so that those of the rules have something to be compared with.
func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i]-'0') << (i % 2)
		sum += d/10 + d%10
	}
	return sum%10 == 0
}

func cnid(s string) bool {
	sum := 0
	for i := range 18 {
		d := 10
		if s[i] != 'X' {
			d = int(s[i] - '0')
		}
		sum += d * (1 << (17 - i) % 11)
	}
	return sum%11 == 1
}

func TestSensitiveData(t *testing.T) {
	const (
		card   = "4716258050958603"
		bank   = "6222021234567890128"
		id     = "11010519491231002X"
		ssn    = "219-09-9998"
		jwt    = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI%d.c2lnbmF0dXJl"
		random = "Zx9yW8vU7tS6rQ5pO4nM"
	)
	awsID, gitHub := "AKIA"+"Z7QWERTYUIOPASDF", "ghp_"+"16C7e42F292c6912E7710c838347Ae178B4b"
	google := "AIza" + "SyA1b2C3d4E5f6G7h8I9j0KlMnOpQrStUvW"
	key := "-----BEGIN PRIVATE " + "KEY-----\n" + strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n", 20) + "-----END PRIVATE KEY-----\n"
	cards := func(n int) string { return checked(n, "47162580509", "0123456789", luhn) }
	cnids := func(n int) string { return checked(n, "1101051949123", "0123456789X", cnid) }
	referer := func(url string) *mapping.Transaction { return get("/", mapping.Header{Name: "Referer", Value: url}) }
	cookie := func(text string) *mapping.Transaction { return get("/", mapping.Header{Name: "Cookie", Value: text}) }
	form := func(body string) *mapping.Transaction { return post("application/x-www-form-urlencoded", body) }
	text := func(body string) *mapping.Transaction { return post("text/csv", body) }
	json := func(body string) *mapping.Transaction { return post("application/json", body) }
	sent := func(path, body string) *mapping.Transaction {
		tx := json(body)
		tx.URI = path
		return tx
	}
	located := func(url string) *mapping.Transaction {
		return &mapping.Transaction{URI: "/", Status: 302, ResponseHeaders: []mapping.Header{{Name: "Location", Value: url}}}
	}
	logged := func(name, value string) *mapping.Transaction {
		return &mapping.Transaction{URI: "/", Args: []mapping.Arg{{Name: name, Value: value}}}
	}
	tested := map[int]bool{}
	e := sensitiveDataEngine(t)
	for _, c := range []struct {
		rule          int
		fires, silent *mapping.Transaction
		also          []int // rules that fire with it
	}{
		{9700100, response(`{"pan":"` + card + `"}`), response(`{"order":"4111111111111112"}`), nil},
		{9700101, response(cards(5)), response(cards(4)), []int{9700100}},
		{9700102, response("卡号：" + bank), response("订单号：6222021234567890129"), nil},
		{9700103, response(ibans(5)), response(ibans(4)), nil},
		{9700110, response(`{"idCard":"` + id + `"}`), response(`{"idCard":"110105194912310021"}`), nil},
		{9700111, response(times(5, "219-09-999%d\n")), response(times(4, "219-09-999%d\n")), []int{9700112}},
		{9700112, response("SSN " + ssn), response("part 900-09-9998, call 219-099-9998"), nil},
		{9700113, response(`{"passport":"E12345678"}`), response(`{"sku":"E12345678"}`), nil},
		{9700114, response(`{"cpf":"529.982.247-25"}`), response(`{"order":"52998224725"}`), nil},
		{9700120, response(times(10, "1381234567%d\n")), response(times(9, "1381234567%d\n")), nil},
		{9700121, response(times(20, "ann%d@mail.example\n")), response(times(19, "ann%d@mail.example\n") + "ann0@mail.example\nann1@mail.example"), nil},
		{9700122, response("[" + times(20, `{"name":"Ann %d","phone":"1"},`)), response("[" + times(50, `{"id":%d,"name":"Shoes"},`)), nil},
		{9700200, response(key), response(strings.ReplaceAll(key, "PRIVATE", "PUBLIC")), nil},
		{9700201, response(`{"AccessKeyId":"` + awsID + `"}`), response("https://b.s3.example/x?X-Amz-Credential=" + awsID + "%2F20260302"), nil},
		{9700202, response(`{"key":"` + google + `"}`), response(`<!DOCTYPE html><script src="//maps.example/api/js?key=` + google + `"></script>`), nil},
		{9700203, response("GITHUB_TOKEN: " + gitHub), response("ghp_" + strings.Repeat("x", 36)), nil},
		{9700203, answered("/v1/kv/data/app", `{"token":"`+gitHub+`"}`), answered("/v1/auth/kubernetes/login", `{"token":"`+gitHub+`"}`), nil},
		{9700204, response(times(5, strings.ReplaceAll(jwt, "%d", "%dMTIz")+"\n")), response(`{"access_token":"` + fmt.Sprintf(jwt, 1) + `","id_token":"` + fmt.Sprintf(jwt, 2) + `"}`), nil},
		{9700205, response("DB_PASSWORD=hunter2\nAPI_KEY=" + random + "\nMAIL_PASSWORD=hunter3\n"), response("Password: must have eight characters\npassword=\nPASSWORD=${PW}\nDB_PASSWORD=hunter2\n"), nil},
		{9700207, response("root:$6$saltsalt$" + strings.Repeat("aB3./", 17) + "x:19000:0:99999:7:::"), response("$6$ and more"), nil},
		{9700208, located("/pay?token=" + gitHub), located("/login?next=/orders/4111111111111111"), nil},
		{9700300, response("-- MySQL dump 10.13  Distrib 8.0.36\n"), response("How to read -- MySQL dump files\n"), nil},
		{9700301, response("INSERT INTO u VALUES " + times(10, "(%d,'a'),")), response("INSERT INTO u VALUES " + times(9, "(%d,'a'),") + ";"), nil},
		{9700400, get("/pay?n=4716+2580+5095+8603"), get("/pay?n=4111+1111+1111+1111"), nil},
		{9700401, get("/p?id=" + id), get("/p?id=110105194912310021&from=2026-03-02&ssn=900-09-9998"), nil},
		{9700402, get("/login?user=ann&password=hunter2"), get("/login?user=ann&password=&password_reset=1&bypass=yes&passenger=ann"), nil},
		{9700403, get("/repo?access_token=" + gitHub), get("/repo?access_token=" + random), nil},
		{9700404, get("/a?t=" + fmt.Sprintf(jwt, 1)), get("/a?t=eyJhbGciOiJIUzI1NiJ9"), nil},
		{9700405, referer("https://a.example/login?password=hunter2"), referer("https://a.example/reset?password=&token=" + random), nil},
		{9700406, cookie("a=1; card=" + card), cookie("_ga=GA1.2.1234567890.1717053408; card=4111111111111112"), nil},
		{9700407, get("/cards/" + card + "/limits"), get("/orders/4111111111111112"), nil},
		{9700410, json(`{"file":` + strconv.Quote(key) + `}`), json(`{"file":"-----BEGIN PRIVATE KEY-----\n"}`), nil},
		{9700411, text(cards(5)), form("card=4111111111111111&holder=Ann&cvc=123"), nil},
		{9700412, text(times(20, `{"name":"Ann %d","email":"a"}`+"\n")), text(times(19, `{"name":"Ann %d","email":"a"}`+"\n")), nil},
		{9700413, text("-- PostgreSQL database dump\n"), text("-- about a PostgreSQL database dump\n"), nil},
		{9700414, json(`{"prompt":"deploy with ` + gitHub + `"}`), json(`{"prompt":"tokens begin with ghp_"}`), nil},
		{9700414, json(`{"file":"` + gitHub + `"}`), sent("/api/v4/jobs/request", `{"token":"`+gitHub+`"}`), nil},
		{9700414, sent("/api/v4/projects/1/issues", `{"token":"`+gitHub+`"}`), sent("/v1/auth/token/renew", `{"token":"`+gitHub+`"}`), nil},
		{9700415, text(times(3, "u%d:$2b$12$"+strings.Repeat("aB3./", 10)+"x%[1]dz\n")), text("u:$2b$12$" + strings.Repeat("aB3./", 10) + "xyz\n"), nil},
	} {
		t.Run(strconv.Itoa(c.rule), func(t *testing.T) {
			tested[c.rule] = true
			v := inspect(t, e, c.fires)
			want := append([]int{c.rule}, c.also...)
			slices.Sort(want)
			if got := ids(v); !slices.Equal(got, want) || !v.Alarm {
				t.Errorf("got %v, alarm %v; want %v", got, v.Alarm, want)
			}
			if v.Screened == ScreenWrong {
				t.Error("the screen was wrong")
			}
			for _, m := range v.Matches {
				if m.Data == "" || strings.Contains(m.Data, "%{") || strings.Contains(m.Data, "11111111") || m.Severity < 2 || m.Severity > 5 {
					t.Errorf("rule %d: data %q, severity %d", m.RuleID, m.Data, m.Severity)
				}
			}
			// Fewer are still one.
			if v := inspect(t, e, c.silent); len(ids(v)) > 0 && !slices.Equal(ids(v), c.also) || v.Screened == ScreenWrong {
				t.Errorf("a near miss: %v, screened %v", ids(v), v.Screened)
			}
		})
	}
	// What only stands in another part of an exchange, or is written otherwise, fires too.
	for _, c := range []struct {
		name  string
		tx    *mapping.Transaction
		rules []int
	}{
		{"card that a log has for an argument", logged("sql.args", card), []int{9700400}},
		{"name of an argument in capitals", get("/?API_Secret=abcd&user_PWD=abc"), []int{9700402}},
		{"five resident ids", response(cnids(5)), []int{9700110, 9700111}},
		{"AWS secret by its name", response("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYzYxWvUtSrQ"), []int{9700201}},
		{"hashes of passwords", response(times(3, `{"user":"a%d","password":"$2b$12$R9h/cIPz0gi.URNNX3kh2O"}`)), []int{}},
		{"different hashes of passwords", response(times(3, `{"user":"a","password":"$2b$12$R9h/cIPz0gi.URNNX3kh%d"}`)), []int{9700205}},
		{"pg_dump", response("--\n-- PostgreSQL database dump\n--\nCOPY public.u (id) FROM stdin;\n" + times(10, "%d\tAnn\n") + "\\.\n"), []int{9700300, 9700301}},
		{"cards in JSON", json(`[{"pan":"` + strings.ReplaceAll(cards(5), "\n", `"},{"pan":"`) + `"}]`), []int{9700411}},
		{"published cards in JSON", json(`[{"pan":"4111111111111111"},{"pan":"4242424242424242"},{"pan":"5555555555554444"},{"pan":"378282246310005"},{"pan":"6011111111111117"}]`), []int{9700411}},
		{"cards in an uploaded file", post("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"c.csv\"\r\n\r\n"+cards(5)+"\r\n--b--\r\n"), []int{9700411}},
		{"social security numbers by their key", response(`{"ssn":"471201134"}`), []int{9700112}},
		{"id in a query by its name", get("/p?cpf=52998224725"), []int{9700401}},
		{"key in Set-Cookie", &mapping.Transaction{URI: "/", ResponseHeaders: []mapping.Header{{Name: "Set-Cookie", Value: "t=" + gitHub}}}, []int{9700208}},
		{"published card", response(`{"pan":"4111 1111 1111 1111"}`), nil},
		{"published key", response(`{"AccessKeyId":"AKIA` + `IOSFODNN7EXAMPLE"}`), nil},
		{"file of SQLite", response("SQLite format 3\x00\x10\x00"), []int{9700300}},
	} {
		v := inspect(t, e, c.tx)
		if got := ids(v); !slices.Equal(got, c.rules) && len(got)+len(c.rules) > 0 || v.Screened == ScreenWrong {
			t.Errorf("%s: got %v, screened %v; want %v", c.name, got, v.Screened, c.rules)
		}
	}

	set, err := rules.Load([]string{"sensitive-data"})
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../docs/sensitive-data.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range set.Directives {
		id := d.ID()
		if !tested[id] {
			t.Errorf("rule %d has no test", id)
		}
		if id < 9_700_000 || id > 9_700_999 {
			t.Errorf("rule %d is not of this pack's ids", id)
		}
		_, row, found := strings.Cut(string(docs), fmt.Sprintf("\n| %d | ", id))
		row, _, _ = strings.Cut(row, "\n")
		severity, _ := d.Rule.Links[0].Action("severity")
		if !found || !strings.HasSuffix(row, "| "+severity+" |") {
			t.Errorf("rule %d is not in the documentation, or with another severity: %q", id, row)
		}
	}
	if open := e.Unjudged(); len(open) > 0 {
		t.Errorf("rules cost the fast path: %v", open)
	}
}

// ibans are so many different ones.
func ibans(n int) string {
	list := []string{"GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606", "NO9386011117947", "NL91ABNA0417164300"}
	return strings.Join(list[:n], "\n")
}

// Everyday traffic stays silent.
func TestSensitiveDataOnShop(t *testing.T) {
	e := sensitiveDataEngine(t)
	set, err := mapping.Load("nano")
	if err != nil {
		t.Fatal(err)
	}
	g := accesslog.New(11)
	n := 3000
	if testing.Short() {
		n = 300
	}
	var tx mapping.Transaction
	for range n {
		r := g.Next()
		record, _, err := mapping.AppendJSON(nil, r.AppendNano(nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := set.Map("t", record, &tx); err != nil {
			t.Fatal(err)
		}
		if v := inspect(t, e, &tx); len(v.Matches) > 0 || v.Screened == ScreenWrong {
			t.Errorf("%s %s: %v, screened %v", r.Kind, r.URI, ids(v), v.Screened)
		}
	}
}
