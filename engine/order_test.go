package engine

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// manyNames are records with names that come twice, that are empty, or that come in an order of their own, in each place
// where a request can have names.
func manyNames() map[string]*mapping.Transaction {
	values := []string{
		"cat /bin/uname", "hello", "1' OR '1'='1", "<script>alert(1)</script>", "../../etc/passwd", "", "union select 1,2",
		"http://198.51.100.7/a.php?x=", "${jndi:ldap://198.51.100.7/a}", "a'b\"c", "; ls -la /tmp", "x=1; echo $HOME", "{{7*7}}",
	}
	names := map[string]func(i int) string{
		"one name":           func(int) string { return "p" },
		"no name":            func(int) string { return "" },
		"two names":          func(i int) string { return []string{"p", "q"}[i%2] },
		"two names and none": func(i int) string { return []string{"p", "", "q"}[i%3] },
		"case":               func(i int) string { return []string{"p", "P"}[i%2] },
		"names of their own": func(i int) string { return fmt.Sprintf("n%d", i*7%13) },
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	escaped := strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B", "#", "%23", ";", "%3B")
	marked := strings.NewReplacer("<", "&lt;", "&", "&amp;")
	all := map[string]*mapping.Transaction{}
	for kind, name := range names {
		for turn := range 3 { // which values stand first
			var query, form, json, xml, cookies []string
			var headers []mapping.Header
			var parts strings.Builder
			for i := range values {
				n, v := name(i), values[(i*5+turn*3)%len(values)]
				query = append(query, n+"="+strings.ReplaceAll(escaped.Replace(v), " ", "+"))
				form = append(form, n+"="+escaped.Replace(v))
				json = append(json, `"`+n+`":"`+quoted.Replace(v)+`"`)
				xml = append(xml, "<v"+n+">"+marked.Replace(v)+"</v"+n+">")
				cookies = append(cookies, n+"="+v)
				headers = append(headers, mapping.Header{Name: "X-" + n, Value: v})
				parts.WriteString("--Qq7\r\nContent-Disposition: form-data; name=\"" + n + "\"; name=\"q\"\r\n\r\n" + v + "\r\n" + formField(n, v))
			}
			for place, tx := range map[string]*mapping.Transaction{
				"query":     get("/?" + strings.Join(query, "&")),
				"form":      postOf("application/x-www-form-urlencoded", strings.Join(form, "&")),
				"JSON":      postOf("application/json", "{"+strings.Join(json, ",")+"}"),
				"XML":       postOf("application/xml", "<a>"+strings.Join(xml, "")+"</a>"),
				"multipart": postOf(multipartType, parts.String()+formLast),
				"cookies":   get("/", mapping.Header{Name: "Cookie", Value: strings.Join(cookies, "; ")}),
				"headers":   get("/", headers...),
			} {
				all[fmt.Sprintf("%s, %s, turn %d", place, kind, turn)] = tx
			}
		}
	}
	return all
}

// The same record gives the same verdict each time, in all of its texts, with the screen and without.
func TestSameVerdict(t *testing.T) {
	tries := 50
	if testing.Short() {
		tries = 5
	}
	for screen, e := range bothCRS(t) {
		for name, tx := range manyNames() {
			first := inspect(t, e, tx)
			for range tries - 1 {
				v := inspect(t, e, tx)
				v.Screened = first.Screened // now and then all rules see it
				if !reflect.DeepEqual(v, first) {
					t.Errorf("screen %s, %s: got\n%s\nand\n%s", screen, name, difference(first, v), difference(v, first))
					break
				}
			}
		}
	}
}

// difference is what one verdict has and another has not.
func difference(a, b Verdict) string {
	if !a.agrees(&b) {
		return fmt.Sprintf("%v, score %d", a.RuleIDs(), a.ScoreIn)
	}
	for i := range a.Matches {
		if !reflect.DeepEqual(a.Matches[i], b.Matches[i]) {
			return fmt.Sprintf("%+v", a.Matches[i])
		}
	}
	return fmt.Sprintf("%+v", a)
}
