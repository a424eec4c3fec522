package engine

import "testing"

func TestUserAgent(t *testing.T) {
	for value, want := range map[string]bool{
		"Opera/9.80 (J2ME/MIDP; Opera Mini/5.1/22.4; U; id) Presto/2.5.25 Version/10.54":          true,
		"Mozilla/5.0 (Linux; U; Android 4.1; id; Tablet_7 Build/A1) Browser/8.7 Mobile":           true,
		"Mozilla/5.0 (Windows; U; Windows NT 5.1; rm; rv:1.9) Gecko/2009 Firefox/3.5":             true,
		"Mozilla/5.0 (Windows NT 6.3; Trident/7.0; Touch; rv:11.0) like Gecko":                    true,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0": true,
		"Mozilla/5.0 (compatible; Crawler/2.0; +https://crawler.example/about)":                   true,
		"Player/12.1 (Windows; Microsoft Windows 7 Home Edition (Build 7601)) WebKit/7600":        true,
		"Debian APT-HTTP/1.3 (1.0.1)": true,
		"Mozilla/5.0 (Windows; U; Windows NT 6.0; id; rv:1.9) Gecko/2009 Firefox/3.5 (.NET CLR 3.5)": true,
		"Phone20/R7CA Profile/MIDP-2.1 Mozilla/5.0 (Java; U; Id; phone20)":                           true,
		"prompt(1)":                                   false,
		"1/alert (1)":                                 false,
		"a/1(1)":                                      false,
		"() { :;}; id":                                false,
		"Mozilla/5.0 (X11; whoami)":                   false,
		"Mozilla/5.0 (X11; id; uname -a)":             false,
		"Mozilla/5.0 (X11; id; cat /etc/hosts)":       false,
		"Mozilla/5.0 (X11; wget http://a.example/b)":  false,
		"Mozilla/5.0 (X11; ls ../../etc)":             false,
		"Mozilla/5.0 (X11); id":                       false,
		"Mozilla/5.0 (X11; U; $(id))":                 false,
		"Mozilla/5.0 (X11; U; `id`)":                  false,
		"Mozilla/5.0 (X11; Linux x86_64' or '1'='1)":  false,
		"Mozilla/5.0 (X11; id":                        false,
		"Mozilla/5.0 X11; id)":                        false,
		"(a; id)":                                     false,
		"a; id":                                       false,
		"curl a.example":                              false, // no comment
		"Mozilla/5.0 (X11; +http://a.example/?q=<b>)": false,
		"Mozilla/5.0 (X11; U;\nid)":                   false,
		"Mozilla/5.0 (X11; id|sh)":                    false,
		"Mozilla/5.0 (X11; sleep 5)":                  false,
		"Mozilla/5.0 (X11; ./a)":                      false,
	} {
		if got := isUserAgent(value); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
}
