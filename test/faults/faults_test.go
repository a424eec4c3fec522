package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

func TestNumbers(t *testing.T) {
	packed, err := msgp.AppendIntf(nil, map[string]any{"url": "/item?seq=7&f=x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		want       []int
	}{
		{"JSON", `{"url":"/item?seq=12&f=x","value":"/item?seq=12&"}` + "\n" + `{"url":"/item?seq=3&"}`, []int{12, 3}},
		{"another key", `{"URL":"/item?seq=12&"}`, nil},
		{"cut", `{"url":"/item?seq=12`, nil},
		{"msgpack", string(packed), []int{7}},
	} {
		if got := numbers([]byte(c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// A receiver counts what it has taken, and nothing of what it has refused.
func TestReceiver(t *testing.T) {
	port, err := rig.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	r, err := newReceiver("http", port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.end() })
	post := func() int {
		t.Helper()
		answer, err := http.Post(fmt.Sprintf("http://127.0.0.1:%d", port), "text/plain", strings.NewReader(`{"url":"/item?seq=1&"}`))
		if err != nil {
			return 0
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	for _, c := range []struct {
		mood          mood
		status        int
		unique, again int
	}{{gone, 0, 0, 0}, {refusing, 503, 0, 0}, {well, 201, 1, 0}, {well, 201, 1, 1}, {gone, 0, 1, 1}} {
		if err := r.become(c.mood); err != nil {
			t.Fatal(err)
		}
		status := post()
		if unique, again := r.counts(); status != c.status || unique != c.unique || again != c.again {
			t.Errorf("mood %d: status %d, %d taken, %d again, want %+v", c.mood, status, unique, again, c)
		}
	}
}

// Without a fault everything arrives, and is counted.
func TestCalm(t *testing.T) {
	program, ok := rig.FluentBit()
	if !ok {
		t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	if testing.Short() {
		t.Skip("short: waits for metrics")
	}
	if failed, err := one(program, faults[0]); err != nil || failed {
		t.Errorf("failed %v: %v", failed, err)
	}
}
