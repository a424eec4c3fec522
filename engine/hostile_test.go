package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/hostile"
)

// fill repeats a text up to a length in bytes.
func fill(text string, length int) string { return hostile.Fill(text, length) }

// No record takes longer than this, whatever is in it.
const longest = 50 * time.Millisecond

// An attack behind as many arguments as rules see apart is found, wherever these are.
func TestAttackBehindManyArguments(t *testing.T) {
	const (
		form     = "application/x-www-form-urlencoded"
		attack   = "1' UNION SELECT password FROM users-- "
		inQuery  = "1'%20UNION%20SELECT%20password%20FROM%20users--%20"
		boundary = "--AbC\r\n"
		field    = boundary + "Content-Disposition: form-data; name=\"a\"\r\n\r\n"
	)
	many := strings.Repeat("a=1&", 1005)
	mapped := get("/?" + many)
	mapped.Args = []mapping.Arg{{Name: "b", Value: "1"}, {Name: "c", Value: attack}}
	engines := bothCRS(t)
	for name, tx := range map[string]*mapping.Transaction{
		"query":   get("/?" + many + "b=" + inQuery),
		"mapping": mapped,
		"form":    post(form, many+"b="+inQuery),
		"JSON":    post("application/json", "["+strings.Repeat("1,", 1005)+`{"a":"`+attack+`"}]`),
		"parts":   post("multipart/form-data; boundary=AbC", strings.Repeat(field+"1\r\n", 1005)+field+attack+"\r\n--AbC--\r\n"),
	} {
		for kind, e := range engines {
			if v := inspect(t, e, tx); !v.Alarm || len(v.Uninspected) > 0 {
				t.Errorf("%s, %s: alarm %v, uninspected %q", name, kind, v.Alarm, v.Uninspected)
			}
		}
	}
}

func TestUninspected(t *testing.T) {
	e := withCRS(t)
	const form = "application/x-www-form-urlencoded"
	response := get("/")
	response.ResponseHeaders = []mapping.Header{{Name: "X", Value: fill("a", maxHeaders)}}
	response.ResponseBody.Text = fill("a", 128<<10+1)
	args := get("/")
	args.Args = []mapping.Arg{{Name: "q", Value: fill("a", 128<<10+1)}}
	for name, c := range map[string]struct {
		tx   *mapping.Transaction
		want []string
	}{
		"all inspected":    {post(form, fill("a", 128<<10)), nil},
		"URI":              {get("/" + fill("a", maxURI)), []string{"uri"}},
		"headers":          {get("/", mapping.Header{Name: "X", Value: fill("a", maxHeaders)}), []string{"request_headers"}},
		"body":             {post(form, fill("a", 128<<10+1)), []string{"request_body"}},
		"binary":           {post(form, fill("\xff", 20<<10)), []string{"request_body"}},
		"other characters": {post(form, fill("é", 128<<10)), nil},
		"response":         {response, []string{"response_headers", "response_body"}},
		"arguments":        {post(form, fill("a=1&", 8000)), nil},
		"args":             {args, []string{"args"}},
	} {
		if got := inspect(t, e, c.tx).Uninspected; !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
