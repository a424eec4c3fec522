package mapping

import "testing"

func TestFirstClient(t *testing.T) {
	const any, last = "{address: [a, b]}", "{address: {field: [a, b], pick: last}}"
	for _, c := range []struct{ name, client, record, want string }{
		{"a text with commas", any, `{"a":"10.0.0.1, 8.8.8.8, 9.9.9.9"}`, "8.8.8.8"},
		{"a list", any, `{"a":["10.0.0.1","8.8.8.8","9.9.9.9"]}`, "8.8.8.8"},
		{"a list with ports", any, `{"a":["10.0.0.1:1","[2001:db8::1]:2"]}`, "2001:db8::1"},
		{"a list of texts with commas", any, `{"a":["10.0.0.1, 10.0.0.2","8.8.8.8"]}`, "8.8.8.8"},
		{"inside only", any, `{"a":["10.0.0.1","10.0.0.2"]}`, "10.0.0.1"},
		{"one", any, `{"a":["10.0.0.1"]}`, "10.0.0.1"},
		{"no address first", any, `{"a":["-","unknown","8.8.8.8"]}`, "8.8.8.8"},
		{"an empty list", any, `{"a":[],"b":"10.0.0.1"}`, "10.0.0.1"},
		{"a list of nothing", any, `{"a":["-",null],"b":["10.0.0.1","8.8.8.8"]}`, "8.8.8.8"},
		{"the last one", last, `{"a":["8.8.8.8","10.0.0.1"]}`, "10.0.0.1"},
		{"the first one", "{address: {field: a, pick: first}}", `{"a":["10.0.0.1","8.8.8.8"]}`, "10.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tx Transaction
			if err := parseOne(t, "request: {uri: u}\nclient: "+c.client).Map("t", record(t, `{"u":"/",`+c.record[1:]), &tx); err != nil {
				t.Fatal(err)
			}
			if tx.Client.Address != c.want {
				t.Errorf("the client is %q, want %q", tx.Client.Address, c.want)
			}
		})
	}
}
