package rules

import (
	"slices"
	"strings"
	"testing"
)

// settledText are the directives of a text, and what was said of them.
func settledText(t *testing.T, text string) (all []*Directive, said []string) {
	t.Helper()
	all, err := split("f.conf", text)
	if err != nil {
		t.Fatal(err)
	}
	s := settler{warn: func(_ *Directive, text string) { said = append(said, text) }}
	if all, err = s.settle(all); err != nil {
		t.Fatal(err)
	}
	return all, said
}

// parsed is the rule of a text, and what was said of it.
func parsed(t *testing.T, text string) (*Rule, []string) {
	t.Helper()
	all, said := settledText(t, text)
	if len(all) != 1 || !all[0].IsRule() {
		t.Fatalf("%d directives of %s", len(all), text)
	}
	return all[0].Rule, said
}

// Actions are cut where Coraza cuts them, and written such that Coraza reads them as ModSecurity does.
func TestActions(t *testing.T) {
	for in, want := range map[string]string{
		"id:1,setvar:tx.a,pass":                               "id:1,setvar:tx.a=1,pass",
		"id:1, SetVar : 'tx.a' ,pass":                         "id:1,setvar:'tx.a=1',pass",
		"id:1,setvar:!tx.a,setvar:'!tx.b'":                    "id:1,setvar:!tx.a=1,setvar:'!tx.b=1'",
		"id:1,setvar:tx.%{tx.0}":                              "id:1,setvar:tx.%{tx.0}=1",
		"id:1,setvar:tx.a=,setvar:'tx.b=c'":                   "id:1,setvar:tx.a=,setvar:'tx.b=c'",
		"id:1,msg:'a, setvar:tx.a',t:none":                    "id:1,msg:'a, setvar:tx.a',t:none",
		`id:1,msg:'a\', setvar:tx.a',t:none`:                  `id:1,msg:'a\', setvar:tx.a',t:none`,
		`id:1,msg:'C:\\',nolog`:                               `id:1,msg:'C:\\',nolog`,
		"id:1,,t:None,":                                       "id:1,t:none",
		"id:1,deny,setvar:tx.a=1,allow":                       "id:1,allow,setvar:tx.a=1",
		"id:1,msg:'%{TX.a} of %{SCRIPT_UID}'":                 "id:1,msg:'%{tx.a} of {script_uid}'",
		"id:1,phase:REQUEST":                                  "id:1,phase:request",
		"id:1,CTL:ruleremovebyid=7":                           "id:1,ctl:ruleRemoveById=7",
		"id:1,ctl:ruleEngine=On":                              "id:1,ctl:ruleEngine=DetectionOnly",
		"id:1,ctl:auditLogParts=+E,ctl:auditEngine=On":        "id:1",
		"id:1,setvar:ip.n=+1,setvar:'!session.%{ip.m}'":       "id:1,setvar:tx.ip.n=+1,setvar:'!tx.session.%{tx.ip.m}=1'",
		"id:1,setvar:'tx.a=%{ARGS:b}%{IP:n}',msg:'%{none:a}'": "id:1,setvar:'tx.a=%{ARGS.b}%{tx.IP.n}',msg:'{none:a}'",
		"id:1,msg:'%{ARGS:/a/}%{args.b c}%{args.d[]}'":        "id:1,msg:'{args:/a/}{args.b c}%{args.d[]}'",
		"id:1,ctl:ruleRemoveTargetByTag=t;!Args:/Ab/":         "id:1,ctl:ruleRemoveTargetByTag=t;ARGS:/ab/",
		"id:1,ctl:ruleRemoveTargetById=7-9;IP.n":              "id:1,ctl:ruleRemoveTargetById=7-9;TX:ip.n",
		"id:1,ctl:'ruleRemoveById=7,9 12'":                    "id:1,ctl:'ruleRemoveById=7',ctl:'ruleRemoveById=9',ctl:'ruleRemoveById=12'",
		"id:1,ctl:'ruleRemoveTargetById=7;ARGS:a,TX:b'":       "id:1,ctl:'ruleRemoveTargetById=7;ARGS:a',ctl:'ruleRemoveTargetById=7;TX:b'",
		"id:1,exec:/bin/a,initcol:ip=%{REMOTE_ADDR}":          "id:1",
		"id:1,msg:it's so,nolog":                              `id:1,msg:'it\'s so',nolog`,
		`id:1,msg:it\'s so,nolog`:                             `id:1,msg:it\'s so,nolog`,
		"id:1,setvar:tx.a='b,c',nolog":                        "id:1,setvar:tx.a='b,c',nolog",
		"id:1,expirevar:ip.n=60,logdata:'%{IP.n}'":            "id:1,logdata:'%{tx.IP.n}'",
	} {
		r, _ := parsed(t, `SecAction "`+in+`"`)
		got, _ := strings.CutPrefix(joinActions(r.Links[0].Actions), "log,auditlog,")
		got, _ = strings.CutPrefix(got, "pass,")
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	for text, want := range map[string]string{
		`SecRule ARGS "@rx a" "id:1,exec:/bin/a"`:                                                                      "exec is left out: MSA runs no programs",
		`SecRule ARGS "@rx a" "id:1,setenv:A=%{ARGS}"`:                                                                 "setenv is left out: MSA does not change its environment",
		`SecAction "id:1,ctl:ruleRemoveTargetById=7;ARG:a"`:                                                            "ctl is left out: ruleRemoveTargetById=7;ARG:a: it looks at ARG, which Coraza does not have",
		`SecAction "id:1,ctl:ruleRemoveTargetByTag=t"`:                                                                 `ctl is left out: ruleRemoveTargetByTag=t: cannot read target ""`,
		`SecAction "id:1,ctl:ruleRemoveTargetById=1;ARGS:%{MATCHED_VAR_NAME}"`:                                         "ctl is left out: ruleRemoveTargetById=1;ARGS:%{MATCHED_VAR_NAME}: there are no macros there",
		`SecAction "id:1,ctl:ruleRemoveById=7,ctl:ruleRemoveByTag=t"`:                                                  "ctl has no effect on rules that are not there: 7 t",
		`SecAction "id:1,ctl:ruleRemoveTargetById=7-9;ARGS:a"`:                                                         "ctl has no effect on rules that are not there: 7-9",
		`SecAction "id:7,tag:t,msg:'m',ctl:ruleRemoveById=6-8,ctl:ruleRemoveByTag=t,ctl:ruleRemoveTargetByMsg=m;ARGS"`: "",
		`SecRule ARGS_POST|FILES "@rx a" "id:1,phase:1"`:                                                               "it sees nothing in phase 1: it is phase 2 that shows ARGS_POST and FILES",
		`SecRule ARGS|ARGS_POST "@rx a" "id:1,phase:1"`:                                                                "",
		`SecRule ARGS_POST|!ARGS_POST:a "@rx a" "id:1,phase:2"`:                                                        "",
		`SecRule RESPONSE_STATUS "@rx a" "id:1,phase:2"`:                                                               "it sees nothing in phase 2: it is phase 3 that shows RESPONSE_STATUS",
		`SecRule RESPONSE_BODY "@rx a" "id:1,phase:3"`:                                                                 "it sees nothing in phase 3: it is phase 4 that shows RESPONSE_BODY",
		`SecRule &RESPONSE_HEADERS:a "@eq 0" "id:1,phase:5"`:                                                           "",
		`SecAction "id:1,ctl:ruleRemoveById=attack-sqli"`:                                                              "ctl is left out: ruleRemoveById=attack-sqli: it names no id",
		`SecRule IP:n "@gt 5" "id:1"`:                                                                                  "collections such as IP are empty at the start of each record, so rules can't count with them (detectors count across records): 1",
		`SecRule ARGS "! @contains a" "id:1"`:                                                                          `"! @contains a" is a regular expression: is the space before @ intended?`,
		`SecRule ARGS " @contains a" "id:1"`:                                                                           `" @contains a" is a regular expression: is the space before @ intended?`,
		`SecRule ARGS "!@contains a" "id:1"`:                                                                           "",
		`SecRule ARGS "! a@b" "id:1"`:                                                                                  "",
		`SecRule PATH_INFO "@rx a" "id:1"`:                                                                             "it can never match: MSA never has PATH_INFO",
		`SecRule PATH_INFO|ARGS "@rx a" "id:1"`:                                                                        "it sees nothing of PATH_INFO, which MSA never has",
		`SecRule PATH_INFO "!@rx a" "id:1"`:                                                                            "it always finds PATH_INFO empty, which MSA never has",
		`SecRule &ENV "@eq 0" "id:1"`:                                                                                  "it always finds &ENV empty, which MSA never has",
		`SecRule XML:/a/b "@rx a" "id:1"`:                                                                              "it can never match: MSA never has XML:/a/b",
		`SecRule XML:/*|XML://@* "@rx a" "id:1"`:                                                                       "",
		`SecRule ARGS "@rx a" "id:1,msg:'it's so',nolog"`:                                                              "the quote of msg is not closed: all that follows is part of its value",
		`SecRule ARGS "@rx a" "id:1,msg:it's so,nolog"`:                                                                "",
		`SecRule ARGS "@rx a" "id:1,msg:'a,nolog"`:                                                                     "the quote of msg is not closed: all that follows is part of its value",
		`SecRule REMOTE_ADDR "@ipMatch 10.0.0.300, ::1,fe80::/10" "id:1"`:                                              "@ipMatch passes over 10.0.0.300: no address or network",
		`SecRule REMOTE_ADDR "!@ipMatch 10.0.0.1 10.0.0.2" "id:1"`:                                                     "no address is in @ipMatch 10.0.0.1 10.0.0.2: it is no list of addresses and networks with commas between",
		`SecRule &ARGS "@gt many" "id:1"`:                                                                              `"many" is no number: @gt compares with 0`,
		`SecRule &ARGS "@gt %{tx.n}" "id:1"`:                                                                           "",
		`SecRule &ARGS "@eq -1" "id:1"`:                                                                                "",
		`SecRule ARGS "@rx ^%{REMOTE_ADDR}$" "id:1"`:                                                                   "",
		`SecRule ARGS "@rx ^%{a}$" "id:1"`:                                                                             "",
	} {
		_, said := parsed(t, text)
		if got := strings.Join(said, "; "); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestRule(t *testing.T) {
	r, _ := parsed(t, `SecRule ARGS "@Rx (a)" "id:'7',phase:3,tag:a,tag:'b,c',msg:'id: 9',nolog,log,t:lowercase,t:none,t:trim,setvar:TX.A=+1,chain"
SecRule TX:1 "a" "setvar:!tx.b"`)
	if r.ID != 7 || r.Phase != 3 || !slices.Equal(r.Tags(), []string{"a", "b,c"}) || r.Message() != "id: 9" || !r.Logged() {
		t.Errorf("got %+v, tags %q, message %q, logged %v", r, r.Tags(), r.Message(), r.Logged())
	}
	if got := r.Links[0].Transformations(); !slices.Equal(got, []string{"trim"}) {
		t.Errorf("got transformations %q", got)
	}
	if got := r.Sets(); !slices.Equal(got, []Assignment{{"a", "+1", false}, {"b", "1", true}}) {
		t.Errorf("got assignments %v", got)
	}
}

func TestUnusable(t *testing.T) {
	for text, want := range map[string]string{
		`SecRule REMOTE_ADDR "@geoLookup" "id:1"`:   "there is no database of addresses for @geoLookup and GEO",
		`SecRule &GEO "@eq 0" "id:1"`:               "there is no database of addresses for @geoLookup and GEO",
		`SecRule SCRIPT_UID|ARGS "@eq 0" "id:1"`:    "it looks at SCRIPT_UID, which Coraza does not have",
		`SecRule REMOTE_ADDR "@ipMatch ::1" "id:1"`: "",
	} {
		if r, _ := parsed(t, text); r.Unusable != want {
			t.Errorf("%s: got %q, want %q", text, r.Unusable, want)
		}
	}
}

func TestLogged(t *testing.T) {
	for actions, want := range map[string]bool{
		"id:1": true, "id:1,nolog": false, "id:1,nolog,auditlog": true, "id:1,noauditlog": true, "id:1,nolog,log": true, "id:1,msg:',nolog,'": true,
	} {
		if r, _ := parsed(t, `SecAction "`+actions+`"`); r.Logged() != want {
			t.Errorf("%s: got %v", actions, r.Logged())
		}
	}
}

// Ids and tags only count in CRS's own rules.
func TestRole(t *testing.T) {
	for _, c := range []struct {
		file, text string
		want       Role
	}{
		{"own.conf", `SecRule ARGS "@rx a" "id:980500"`, Detects},
		{"own.conf", `SecRule ARGS "@rx a" "id:1,tag:reporting"`, Detects},
		{"own.conf", `SecRule REMOTE_ADDR "@rx a" "id:1,allow:request"`, Allows},
		{"own.conf", `SecRule ARGS "@rx a" "id:1,tag:'anomaly-evaluation'"`, Detects},
		{"own.conf", `SecRule ARGS "@rx a" "id:920500,setvar:tx.inbound_anomaly_score_pl1=+5"`, Scores},
		{"own.conf", `SecRule TX:BLOCKING_INBOUND_ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:1"`, Evaluates},
		{"own.conf", `SecRule TX:anomaly_score "@ge 5" "id:1"`, Detects},
		{"own.conf", `SecAction "id:980170,phase:5,ver:'OWASP_CRS/4.25.0'"`, Reports},
		{"/etc/crs/RESPONSE-980-CORRELATION.conf", `SecAction "id:980130,phase:5"`, Reports},
		{"/etc/crs/RESPONSE-999-EXCLUSION-RULES-AFTER-CRS.conf", `SecAction "id:980130,phase:5"`, Detects},
		{"own.conf", `SecRule TX:ANOMALY_SCORE "@lt %{tx.inbound_anomaly_score_threshold}" "id:1"`, Detects},
		{"own.conf", `SecRule ARGS "@rx a" "id:1,tag:'anomaly-evaluation',ver:'OWASP_CRS/3.3.5'"`, Evaluates},
		{"own.conf", `SecRule ARGS "@rx a" "id:920500,ver:'OWASP_CRS/3.3.5',setvar:tx.anomaly_score=+5"`, Noise},
	} {
		all, err := Parse(c.file, c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := all[0].Rule.Role(); got != c.want {
			t.Errorf("%s: %s: got %d, want %d", c.file, c.text, got, c.want)
		}
	}
}
