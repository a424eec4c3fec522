package screen

import (
	"fmt"
	"strings"
	"testing"
)

func TestSuspects(t *testing.T) {
	rule := func(id int, target, pattern, severity string) string {
		return fmt.Sprintf("SecRule %s \"@rx %s\" \"id:%d,phase:2,block%s\"\n", target, pattern, id, strings.Replace(critical, "critical", severity, 1))
	}
	for _, c := range []struct {
		name, rules, uri, want string
	}{
		{"one", rule(1, "ARGS", "evil", "critical"), "/?a=evil", "[{1 true}]"},
		{"one that is not enough", rule(1, "ARGS", "evil", "warning"), "/?a=evil", "[]"},
		{"two, each enough", rule(1, "ARGS", "evil", "critical") + rule(2, "ARGS", "ev", "critical"), "/?a=evil", "[{1 false} {2 false}]"},
		{"two, only together", rule(1, "ARGS", "evil", "warning") + rule(2, "ARGS", "ev", "warning"), "/?a=evil", "[{1 true} {2 true}]"},
		{"one enough, one not", rule(1, "ARGS", "evil", "critical") + rule(2, "ARGS", "ev", "warning"), "/?a=evil", "[{1 true} {2 false}]"},
		{"that does not match", rule(1, "ARGS", "evil", "critical") + rule(2, "ARGS", "good", "critical"), "/?a=evil", "[{1 true}]"},
		{"that sets what another looks at", `SecRule ARGS:a "@rx x" "id:1,phase:1,pass,nolog,setvar:tx.seen=1"` + "\n" + rule(2, "TX:SEEN", "1", "critical"), "/?a=x", "[{2 true}]"},
		{"that alarms by itself", `SecRule ARGS "@rx evil" "id:1,phase:2,deny"`, "/?a=evil", "[{1 true}]"},
		{"that can't be judged", `SecRule UNIQUE_ID "@rx x" "id:1,phase:2,deny"`, "/", "[{1 true}]"},
		{"skipped", rule(7, "ARGS", "evil", "critical"), "/?a=evil", "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScreen(t, c.rules, scores, 100)
			source, skip := request(t, c.uri), func(id int) bool { return id == 7 }
			got := s.Suspects(source, skip)
			if fmt.Sprint(got) != c.want {
				t.Errorf("suspects %v, want %s", got, c.want)
			}
			if may, _ := s.MayAlarm(source, skip); may != (got != nil) {
				t.Errorf("an alert may come of it: %v", may)
			}
		})
	}
}

func TestDoubt(t *testing.T) {
	for _, c := range []struct{ name, rules, want string }{
		{"one condition", `SecRule ARGS "@rx x" "id:1,phase:2,deny"`, ""},
		{"a chain about one value", `SecRule ARGS "@rx x" "id:1,phase:2,deny,chain"` + "\n" + `SecRule MATCHED_VAR "@rx y"`, ""},
		{"a chain", `SecRule ARGS "@rx x" "id:1,phase:2,deny,chain"` + "\n" + `SecRule REQUEST_METHOD "@rx GET"`, "it has several conditions, which different values may fulfil"},
		{"what another sets", `SecRule ARGS "@rx x" "id:2,phase:1,pass,nolog,setvar:tx.a=1"` + "\n" + `SecRule TX:a "@eq 2" "id:1,phase:2,deny"`,
			"it looks at what other rules set, of which the screen knows only whether they may match"},
		{"no such rule", `SecRule ARGS "@rx x" "id:3,phase:2,deny"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := newScreen(t, c.rules, scores, 100).Doubt(1); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
