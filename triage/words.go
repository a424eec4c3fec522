package triage

import (
	"maps"
	"slices"
)

// attackWords are texts that attacks of a kind have in them, in lower case. Ordinary values have some of them too: what
// each is worth is for the training to find out.
var attackWords = map[string][]string{
	"traversal": {"../", `..\`, "..%2f", "..%5c", "%2e%2e", "..;/", "....//"},
	"system file": {"etc/passwd", "etc/shadow", "etc/hosts", "etc/issue", "etc/group", `etc\passwd`, `etc\hosts`, `etc\issue`, "win.ini", "boot.ini", "system32", "proc/self",
		"proc/version", "web.config", "wp-config", ".htaccess", ".htpasswd", "id_rsa", ".ssh/", "/.env", ".git/", "web-inf", "desktop.ini", "var/log/", ".bash_history"},
	"script":        {"<script", "</script", "javascript:", "vbscript:", "data:text/html", "livescript:", "srcdoc=", "xlink:href"},
	"event handler": {"onerror", "onload", "onmouse", "onfocus", "onclick", "ontoggle", "onanimation", "onpointer", "onbegin", "onstart", "onkey", "onblur", "onscroll", "onresize", "ontransition", "onwheel", "ondrag", "oncopy", "oninput", "onsubmit", "onpage", "onhash", "onafter", "onbefore"},
	"tag":           {"<svg", "<img", "<iframe", "<body", "<input", "<details", "<video", "<audio", "<object", "<embed", "<math", "<style", "<link", "<base", "<form", "<isindex", "<marquee", "<applet", "<meta", "<frame", "<table", "<bgsound", "<xss", "<a "},
	"script call":   {"alert(", "prompt(", "confirm(", "alert`", "prompt`", "confirm`", "eval(", "document.cookie", "document.domain", "document.location", "document.write", "window.location", "fromcharcode", "constructor", "settimeout(", "setinterval(", "expression(", "alert&", "alert%", "[alert]", "print("},
	"union":         {"union select", "union all", "union/*", "union+select", "union\tselect", "union\nselect", "union(select", "union distinct", "intersect select"},
	"select":        {"select ", "select/*", "select+", "(select", "select(", "insert into", "delete from", "drop table", "drop database", "update ", "exec(", "exec ", "declare @", "create table", "alter table", "shutdown", "grant "},
	"sql function": {"sleep(", "benchmark(", "waitfor", "pg_sleep", "extractvalue(", "updatexml(", "load_file(", "concat(", "char(", "chr(", "information_schema", "xp_", "dbms_", "utl_http", "utl_inaddr", "sysobjects", "syscolumns",
		"@@version", "into outfile", "into dumpfile", "group by", "order by", "having ", "version()", "database()", "user()", "ascii(", "substring(", "substr(", "mid(", "count(*", "rand(", "floor(", "convert(", "cast(", "rlike", "procedure analyse", "from dual", "sqlite_", "pg_", "exp(~", "name_const"},
	"tautology":       {"' or ", "\" or ", "or 1=1", "and 1=1", "' and ", "\" and ", "or 'a'='a", "or '1'='1", "'='", "or 1 ", "or true", "'or'", "'or ", "') or", "\") or", "' having", "or 1--", "||'", "'||", "and 1=2", "and '1'='2", " like '"},
	"sql comment":     {"'--", "' --", "--+", "-- ", "';", "/*", "*/", "#", "\"--", "\" --", ")--", "') --", ";--", "--"},
	"command":         {"/bin/", "cmd.exe", "cmd /c", "powershell", "wget ", "curl ", "whoami", "ping ", "ping+", "cat ", "cat$", "cat<", "ls ", "ls+", "uname", "net user", "net view", "ipconfig", "ifconfig", "/dev/tcp", "chmod ", "python -c", "perl -e", "ruby -e", "php -r", "sleep ", "nslookup", "netcat", "nc -", "bash -", "sh -", "/usr/", "echo ", "type ", "dir ", "certutil", "bitsadmin", "systeminfo", "netstat", "ps aux", "tasklist", "mkfifo", "base64 -d", "xargs", "awk ", "${ifs}", "$ifs"},
	"separator":       {";id", "|id", "&id", "; id", "| id", "& id", "$(", "`", "&&", "||", "\nid", "%0aid", ";ls", "|ls", ";cat", "|cat", "|dir", "&dir", ";sleep", "|sleep", ";ping", "|ping", "; cat", "| cat", ";wget", ";curl", "|whoami", ";whoami", "&whoami", ";uname", ";echo", "|echo", "&echo", "|type", ">/", "<(", "|nc", ";nc", "| sh", "|sh", "|bash"},
	"template":        {"{{", "${", "<%", "#{", "{%", "[[${", "*{", "@{", "__class__", "__mro__", "__subclasses__", "__globals__", "__builtins__", "freemarker", ".getclass", "7*7", "config.items", "self.__"},
	"jndi":            {"${jndi", "jndi:", "ldap:/", "ldaps:/", "rmi:/", "${lower", "${upper", "${env", "${::-", "${sys:", "${date"},
	"entity":          {"<!entity", "<!doctype", "system \"", "system '", "xi:include", "xinclude", "public \"", "%xxe", "&xxe"},
	"file scheme":     {"file:/", "php://", "expect://", "phar://", "zip://", "data://", "glob://", "gopher:", "dict:", "jar:", "netdoc:", "ftp://", "sftp://", "tftp://", "ldap://"},
	"php":             {"<?php", "<?=", "base64_decode", "system(", "passthru(", "shell_exec", "phpinfo", "assert(", "file_get_contents", "$_get", "$_post", "$_request", "$_server", "preg_replace", "call_user_func", "fopen(", "include(", "require(", "popen(", "proc_open", "auto_prepend", "allow_url", "str_rot13", "gzinflate", "exec("},
	"java":            {"java.lang", "getruntime", "processbuilder", "ognl", "@java", "class.module", "classloader", "springframework", "t(java", "javax.", "java.util", "java.net", "xstream", "com.sun.", "org.apache", "runtime.exec", "ro0ab", "aced0005", "#context", "#_memberaccess"},
	"inside address":  {"169.254.169.254", "metadata.google", "127.0.0.1", "localhost", "[::1]", "0x7f", "2130706433", "0.0.0.0", "latest/meta-data", ".internal", "burpcollaborator", "oastify", "interact.sh", "nip.io", "xip.io", "localtest.me"},
	"nosql":           {"$ne", "$gt", "$lt", "$where", "$regex", "$nin", "$exists", "[$", "$or", "$func", "this.", "mapreduce"},
	"ldap filter":     {"*)(", "(|(", "(&(", ")(uid", "objectclass", ")(cn", "*))", "(uid=", "(cn="},
	"header line":     {"\r\n", "\n\r", "set-cookie:", "location:", "content-length:", "content-type:", "http/1.1", "%0d%0a", "\r", "transfer-encoding"},
	"shellshock":      {"() {", "(){", "() { :;}"},
	"prototype":       {"__proto__", "constructor.prototype", "constructor[prototype", "[prototype]"},
	"serialized":      {"o:8:", "a:1:{", "a:2:{", "!!python", "!!javax", "cos\nsystem", "c__builtin__", "_$$nd_func$$_", "gasv", "pickle", "node:child_process", "child_process", "require("},
	"process variant": {"{${", "${@", "${_", "$_[", "$$", "%24%7b", "%7b%7b"},
	"long dots":       {"....", "...//", "..../", ".//.", "/./", `\.\`, "/%00", "%00", "\x00"},
	"scanner":         {"sqlmap", "nikto", "acunetix", "nessus", "nuclei", "wfuzz", "masscan", "zgrab", "netsparker", "w3af", "qualys", "burp", "zaproxy", "dirbuster", "gobuster", "feroxbuster", "havij", "wpscan"},
}

// wordKinds are the kinds in a fixed order.
var wordKinds = slices.Sorted(maps.Keys(attackWords))
