package mapping

import "testing"

// A key is there twice in one map only: what carries a log event has keys of its own, with the same names and other values.
func TestDoubledKey(t *testing.T) {
	for _, c := range []struct{ name, record, want string }{
		{"Docker", `{"log":"{\"time\":\"10:11\",\"method\":\"GET\",\"remote_addr\":\"192.0.2.7\",\"path\":\"/a\",\"status\":200}","time":"10:12"}`, ""},
		{"an event in an event", `{"log":"{\"time\":\"a\",\"log\":{\"time\":\"b\",\"method\":\"GET\",\"remote_addr\":\"192.0.2.7\",\"path\":\"/a\",\"status\":200}}","time":"c"}`, ""},
		{"an event under a key of its own", `{"host":"a","message":{"message":"b","method":"GET","remote_addr":"192.0.2.7","path":"/a","status":200}}`, ""},
		{"in the event", `{"log":"{\"method\":\"GET\",\"remote_addr\":\"192.0.2.7\",\"path\":\"/a\",\"path\":\"/b\",\"status\":200}","time":"10:12"}`, "path"},
		{"in the record", `{"method":"GET","remote_addr":"192.0.2.7","path":"/a","path":"/b","status":200}`, "path"},
		{"thrice", `{"method":"GET","remote_addr":"192.0.2.7","path":"/a","path":"/b","path":"/c","status":200}`, "path"},
		{"in a map of the record", `{"method":"GET","remote_addr":"192.0.2.7","path":"/a","status":200,"response":{"headers":1,"headers":2}}`, "headers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Load("auto")
			if err != nil {
				t.Fatal(err)
			}
			var tx Transaction
			if err := s.Map("t", record(t, c.record), &tx); err != nil {
				t.Fatal(err)
			}
			if got := tx.DoubledKey(); got != c.want || (got == "") != (len(tx.Args) == 0) {
				t.Errorf("got %q with the arguments %v, want %q", got, tx.Args, c.want)
			}
		})
	}
}
