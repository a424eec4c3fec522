package main

import (
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// A key file that is read gives a mapping that is one.
func FuzzKeyFile(f *testing.F) {
	f.Add("url : the url\nsrc_ip:$x\n# c\n")
	f.Add("url:a\"b\\c\nmethod:\xff\u2028\n")
	f.Add("method : [URL, _URL]\nurl: {x: y}\n")
	f.Fuzz(func(t *testing.T, text string) {
		yaml, err := keyMapping("keys", text)
		if err != nil {
			return
		}
		all, err := mapping.Parse("keys", []byte(yaml))
		if err != nil || len(all) != 1 {
			t.Errorf("the mapping is none: %v\n%s", err, yaml)
		}
	})
}
