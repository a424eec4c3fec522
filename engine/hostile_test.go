package engine

import (
	"slices"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/hostile"
)

// fill repeats a text up to a length in bytes.
func fill(text string, length int) string { return hostile.Fill(text, length) }

// No record takes longer than this, whatever is in it.
const longest = 50 * time.Millisecond

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
		"arguments":        {post(form, fill("a=1&", 8000)), []string{"args"}},
		"args":             {args, []string{"args"}},
	} {
		if got := inspect(t, e, c.tx).Uninspected; !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
