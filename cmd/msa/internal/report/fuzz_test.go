package report

import (
	"strings"
	"testing"
)

// A page of whatever alerts is a page: it has the elements that it has with any alert, and its script can read it.
func FuzzReport(f *testing.F) {
	f.Add(`{"rule_id":"930100","time":"2026-03-02 10:00:00","src_ip":"10.0.0.1","url":"/</script><script>","rules":[{"id":930100,"msg":"<b>","value":"x"}]}`)
	f.Add(`{"rule_id":"1","detector":"pivot","evidence":"attacked, then attacking: a → b (1, 2026-03-02 10:00:00), b → c (1, 2026-03-02 10:00:01)","rules":[{"id":1}]}`)
	f.Add("{\"rule_id\":\"\xff\",\"rules\":[{}],\"url\":\"4111 1111 1111 1111\"}")
	plain := pageOf(f, reportOf(f, Options{Size: plenty, Mask: true}, `{"rule_id":"1","rules":[{"id":1}]}`))
	f.Fuzz(func(t *testing.T, line string) {
		r := New(Options{Size: plenty, Mask: true})
		if r.Add(line) != nil {
			return
		}
		page := pageOf(t, r)
		for _, element := range []string{"<script", "</script", "<style", "<img", "<b>"} {
			if got, want := strings.Count(page, element), strings.Count(plain, element); got != want {
				t.Errorf("%d of %s, want %d", got, element, want)
			}
		}
		dataOf(t, page)
		if n := len(alertsOf(t, page)); n != 1 {
			t.Errorf("%d alerts of one", n)
		}
	})
}
