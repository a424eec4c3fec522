package screen

import (
	"fmt"
	"strings"
	"testing"
)

// What is remembered of names is what was found out about them, in each variable for itself, whatever came before.
func TestNames(t *testing.T) {
	const rules = `SecRule ARGS_NAMES|REQUEST_COOKIES_NAMES|!ARGS_NAMES:/^evilok/ "@rx evil" "id:1,phase:2,block` + critical + `"
SecRule ARGS:/^k\d/|ARGS_GET:q|REQUEST_COOKIES:c|!REQUEST_COOKIES:c "@rx bad" "id:2,phase:2,block` + critical + `"
SecRule REQUEST_HEADERS:X-Own|REQUEST_HEADERS_NAMES "@rx bad" "id:3,phase:2,block` + critical + `"`
	long := strings.Repeat("n", longestName)
	for uri, want := range map[string]bool{
		"/?evil=1": true, "/?evilok=1": false, "/?a=evil": false, "/?good=1&evil=2": true,
		"/?k1=bad": true, "/?k1=good": false, "/?k=bad": false, "/?x=1&k2=bad": true, "/?q=bad": true, "/?bad=bad": false,
		"/?" + long + "evil=1": true, "/?" + long + "=evil": false, "/?k1" + long + "=bad": true,
		"/ cookie evil=1": true, "/ cookie c=bad": false, "/ cookie k1=bad": false, "/?k1=good cookie k1=bad": false,
		"/ header X-Own: bad": true, "/ header X-Other: bad": false, "/ header x-bad: good": true,
	} {
		for _, others := range []int{0, 3 * mostNames} {
			s := newScreen(t, rules, scores, 1<<10)
			var fresh freshNames
			for range 2 { // as it is found out, and as it is remembered
				if got, _ := s.MayAlarm(requestOf(t, uri), noRule); got != want {
					t.Fatalf("%s: %v", uri, got)
				}
				for i := range others {
					s.names.find(argumentNames, fmt.Sprint(i), &fresh)
				}
			}
		}
	}
	all := newScreen(t, rules, scores, 1<<10)
	for range 3 {
		for _, c := range []struct {
			uri  string
			want bool
		}{{"/?k1=1&a=2&evilok=3", false}, {"/?a=2&evil=1", true}, {"/?evil=2 cookie a=1", true}, {"/?a=1 cookie evil=1", true}, {"/?k1=1 cookie k1=bad", false}, {"/?a=1&k1=bad", true}} {
			if got, _ := all.MayAlarm(requestOf(t, c.uri), noRule); got != c.want {
				t.Fatalf("%s: %v", c.uri, got)
			}
		}
	}
}

// requestOf is a request of a URI, and of a cookie or a header behind it.
func requestOf(t *testing.T, text string) Source {
	if uri, cookie, ok := strings.Cut(text, " cookie "); ok {
		return request(t, uri, "Cookie", cookie)
	}
	if uri, header, ok := strings.Cut(text, " header "); ok {
		name, value, _ := strings.Cut(header, ": ")
		return request(t, uri, name, value)
	}
	return request(t, text)
}
