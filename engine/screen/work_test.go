package screen

import (
	"math"
	"strings"
	"testing"
)

// Work is the same whatever is remembered, and grows with what is done to a value, not only with its length.
func TestWork(t *testing.T) {
	s := newScreen(t, `SecRule ARGS "@rx (?i)select.+from" "id:1,phase:2,block,t:urlDecodeUni`+critical+`"
SecRule ARGS "@rx (?i)union.+all" "id:2,phase:2,block,t:lowercase`+critical+`"
SecRule ARGS "@detectSQLi" "id:3,phase:2,block`+critical+`"`, scores, 1<<10)
	ask := func(value string) int {
		uri := "/?x=" + value
		first := s.Ask(request(t, uri), noRule, math.MaxInt).Work
		if again := s.Ask(request(t, uri), noRule, math.MaxInt).Work; again != first {
			t.Errorf("%.20q: %d work, and %d once it is remembered", value, first, again)
		}
		return first
	}
	short, long := ask("abc"), ask(strings.Repeat("abc", 1000))
	if long < 50*short {
		t.Errorf("3 bytes are %d work, 3,000 only %d", short, long)
	}
	if dense := ask(strings.Repeat("SELECT+union%20", 200)); dense <= long {
		t.Errorf("3,000 bytes of no interest are %d work, others %d", long, dense)
	}
}

// The screen stops where there would be more work than there may be.
func TestWorkHasAnEnd(t *testing.T) {
	s := newScreen(t, `SecRule ARGS "@rx (?i)select.+from" "id:1,phase:2,block`+critical+`"`, scores, 1<<10)
	value := strings.Repeat("select%20", 5000)
	whole := s.Ask(request(t, "/?x="+value), noRule, math.MaxInt)
	if whole.MayAlarm {
		t.Fatal("it may alarm")
	}
	for _, most := range []int{0, whole.Work / 2, whole.Work - 1} {
		if a := s.Ask(request(t, "/?x="+value), noRule, most); a.Work <= most || !a.MayAlarm {
			t.Errorf("at most %d: %d work, may alarm %v", most, a.Work, a.MayAlarm)
		}
	}
	if a := s.Ask(request(t, "/?x="+value), noRule, whole.Work); a.MayAlarm || a.Work != whole.Work {
		t.Errorf("with as much as it takes: may alarm %v, %d work", a.MayAlarm, a.Work)
	}
}
