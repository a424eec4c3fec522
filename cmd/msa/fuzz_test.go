package main

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/engine"
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

// Alerts that are read back give exclusions that are ones, and SecLang that loads.
func FuzzTune(f *testing.F) {
	f.Add(`{"rule_id":"942100","src_ip":"10.0.0.1","method":"GET","url":"/a/b?q=1","score_in":5,"rules":[{"id":942100,"msg":"m","variable":"ARGS:q","value":"1"}]}`)
	f.Add(`<12>1 x {"rule_id":"1","detector":"scan","url":"http://h/a","rules":[{"id":9702000}]}`)
	f.Add(`{"log":"{\"rule_id\":\"930100\",\"url\":\"/~a/%41\",\"rules\":[{\"id\":930100,\"variable\":\"REQUEST_URI\"}]}"}`)
	config, err := inspect.Properties{}.Config()
	if err != nil {
		f.Fatal(err)
	}
	scores, err := newScoreModel(config)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line string) {
		text, err := alertText(line)
		if err != nil {
			return
		}
		a, err := parseAlert(text)
		if err != nil {
			return
		}
		for _, both := range []bool{false, true} {
			p := &proposer{
				scoreModel: scores, alerts: []*parsedAlert{a}, both: both, broad: true,
				chained: func(int) bool { return false }, isInside: func(netip.Addr) bool { return false },
			}
			for _, one := range p.propose(10) {
				if !both {
					if _, err := engine.ParseExclusions(one.excludes()); err != nil {
						t.Errorf("%q is no exclusion: %v", one.excludes(), err)
					}
					continue
				}
				if one.detector != "" {
					continue
				}
				e, err := engine.New(engine.Config{Rules: []string{file(t, "x.conf", one.seclang(10000))}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 1 << 17})
				if err != nil || len(e.Warnings()) > 0 {
					t.Fatalf("%s\ndoes not load: %v %v", one.seclang(10000), err, e.Warnings())
				}
				if strings.Contains(one.seclang(10000), "\r") {
					t.Error("a line end of the alert's")
				}
				_ = e.Close()
			}
		}
	})
}
