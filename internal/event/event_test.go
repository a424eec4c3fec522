package event

import (
	"bytes"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"
)

func TestRecordIsAnEvent(t *testing.T) {
	when := time.Unix(1717053408, 917000000)
	b, err := AppendRecord([]byte("x"), when, []byte(`{"log":"{\"a\":1}","severity":2}`))
	if err != nil {
		t.Fatal(err)
	}
	head := []byte{'x', 0x92, 0x92, 0xd7, 0, 0x66, 0x58, 0x27, 0xe0, 0x36, 0xa8, 0x4f, 0x40, 0x80}
	if !bytes.HasPrefix(b, head) {
		t.Errorf("event begins %x, want %x", b[:len(head)], head)
	}
	b = b[1:]
	seen := 0
	err = Alerts(append(b, b...), func(a Alert) {
		seen++
		if !a.Time.Equal(when) || a.Text() != `{"a":1}` || a.Get("severity") != "2" || a.Get("host") != "" {
			t.Errorf("read %v %q %q %q", a.Time, a.Text(), a.Get("severity"), a.Get("host"))
		}
	})
	if err != nil || seen != 2 {
		t.Errorf("%d alerts, %v", seen, err)
	}
}

func TestBrokenRecordLeavesNothing(t *testing.T) {
	b, err := AppendRecord([]byte("x"), time.Now(), []byte(`{"a":}`))
	if err == nil || string(b) != "x" {
		t.Errorf("got %q, %v", b, err)
	}
}

func TestAlertsErrors(t *testing.T) {
	good, err := AppendRecord(nil, time.Now(), []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	scalar := msgp.AppendInt(good[:len(good)-6:len(good)-6], 1)
	for name, b := range map[string][]byte{
		"scalar":      {1},
		"three parts": {0x93, 1, 2, 3},
		"no metadata": {0x92, 0x91, 1, 0x80},
		"cut":         good[:len(good)-1],
		"no map":      scalar,
	} {
		t.Run(name, func(t *testing.T) {
			if err := Alerts(b, func(Alert) { t.Error("visited") }); err == nil {
				t.Error("no error")
			}
		})
	}
	seconds := append([]byte{0x92, 0x92}, msgp.AppendInt64(nil, 1717053408)...)
	seconds = append(seconds, 0x80, 0x80)
	if err := Alerts(seconds, func(a Alert) {
		if a.Time.Unix() != 1717053408 {
			t.Errorf("time is %v", a.Time)
		}
	}); err != nil {
		t.Error(err)
	}
}
