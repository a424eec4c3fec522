package main

import (
	"net/url"
	"strings"
)

// What people write who write about programs and attacks, and what programs send that have fields for code: it looks like attacks
// to patterns, and the words around, the marks of code, and the field are what tells it from them.

// lower is a word.
func (w writer) word() string { return plainWords[w.r.IntN(len(plainWords))] }

// query is a whole statement, as people and programs write it for a report.
func (w writer) query() string {
	a, b, c := w.word(), w.word(), w.word()
	return w.pick(
		"SELECT "+a+", "+b+" FROM "+c+" WHERE "+a+" = '"+w.word()+"' AND "+b+" >= "+w.n(900)+" ORDER BY "+b+" DESC LIMIT "+w.n(99),
		"SELECT COUNT(*), "+a+" FROM `"+b+"` WHERE `"+c+"` IN ('"+w.word()+"', '"+w.word()+"') OR "+c+" IS NULL GROUP BY "+a+" HAVING COUNT(*) > "+w.n(9),
		"select x."+a+", sum(y."+b+") as total\nfrom "+c+" x\nleft join "+w.word()+" y on y."+c+"_id = x.id\nwhere x.created_at between '2026-01-0"+w.n(9)+"' and current_date\ngroup by 1\norder by 2 desc",
		"WITH t AS (SELECT id, "+a+" FROM "+b+" WHERE "+a+" <> '') SELECT t.id, concat(t."+a+", ' ', u."+c+") FROM t JOIN "+c+" u USING (id) UNION ALL SELECT 0, 'all'",
		"UPDATE "+a+" SET "+b+" = "+b+" + 1, "+c+" = NOW() WHERE id = "+w.n(9999), "INSERT INTO "+a+" ("+b+", "+c+") VALUES ('"+w.name()[:3]+"', "+w.n(99)+"), ('x', NULL)",
		"DELETE FROM "+a+" WHERE "+b+" < DATE_SUB(NOW(), INTERVAL "+w.n(90)+" DAY)", "SHOW TABLES LIKE '"+a+"%'", "EXPLAIN ANALYZE SELECT * FROM "+a+" WHERE "+b+" LIKE '%"+c+"%'", "SELECT version(), current_database(), now()",
		"CREATE TABLE IF NOT EXISTS "+a+" (id INT PRIMARY KEY, "+b+" VARCHAR(255) NOT NULL DEFAULT '')", "ALTER TABLE "+a+" ADD COLUMN "+b+" text; ", "SELECT * FROM "+a+";")
}

// program is a piece of code as people post it.
func (w writer) program() string {
	a, b := w.word(), w.word()
	return w.pick(w.query(),
		"ls -la /var/"+a+" && cat "+b+".conf | grep -i "+w.word(), "for f in *.log; do gzip \"$f\"; done; echo done", "sudo apt-get update && sudo apt-get install -y "+a, "#!/bin/bash\nset -e\nexport PATH=$PATH:/opt/"+a+"/bin\ncurl -fsSL https://example.org/"+b+".sh | sh\n",
		"cd ../"+a+" && npm run build; cp -r dist/* /srv/www/", "docker exec -it "+a+" sh -c 'id; env | sort'", "kubectl get pods -n "+a+" -o json | jq '.items[] | .metadata.name'", "ssh root@10.0.0."+w.n(250)+" 'systemctl restart "+a+"; tail -f /var/log/syslog'",
		"Get-Process | Where-Object { $_.CPU -gt "+w.n(99)+" } | Select-Object Name", "ping -c 4 "+a+".example.org; nslookup "+a+".example.org", "find / -name '*."+a+"' -exec rm {} \\;", "crontab -l | { cat; echo '0 5 * * * /usr/bin/"+a+"'; } | crontab -",
		"<?php\n$"+a+" = $_POST['"+a+"'] ?? '';\n$stmt = $pdo->prepare('SELECT * FROM "+b+" WHERE id = ?');\necho htmlspecialchars($"+a+");\n", "<?php include 'header.php'; foreach ($"+a+" as $x) { print($x); } ?>", "function "+a+"($x) { return file_get_contents(__DIR__ . '/../"+b+".json'); }",
		"document.getElementById('"+a+"').addEventListener('click', () => { alert('"+b+"'); });", "setTimeout(function () { console.log("+a+" && "+b+"); }, 1000);", "const "+a+" = await fetch('/api/"+b+"'); eval(x); window.location.href = '/';", "<div onclick=\"show('"+a+"')\"><img src=\"/"+b+".png\"></div>",
		"import os, subprocess\nprint(os.listdir('/tmp'))\nsubprocess.run(['"+a+"', '-l'], check=True)", "with open('/etc/hosts') as f:\n    for line in f: print(line)", "exec(compile(source, '"+a+"', 'exec'))",
		"{{ "+a+"."+b+" | default('x') }} {% for i in "+a+" %}{{ i * 2 }}{% endfor %}", "${"+a+"."+b+"} and #{"+a+" + 1}", "<%= "+a+"."+b+".map { |x| x * 3 } %>",
		"java.lang.IllegalStateException: "+a+"\n\tat org.apache.catalina."+a+".invoke(X.java:"+w.n(900)+")\n\tat java.util."+b+".run(Y.java:12)", "Runtime.getRuntime().exec(\""+a+"\");", "location /"+a+" { proxy_pass http://127.0.0.1:8080; root /var/www/"+b+"; }",
		"C:\\Users\\"+a+"\\Documents\\..\\Desktop\\"+b+".txt", "/etc/"+a+"/"+b+".conf", "~/.ssh/config", "../"+a+"/"+b+".h", "/etc/passwd", "C:\\Windows\\System32\\drivers\\etc\\hosts", "' OR '1'='1", "1 UNION SELECT username, password FROM "+a, "<script>alert(1)</script>", "../../../etc/passwd", "; cat /etc/passwd", "admin' --", "sleep(5)")
}

// sentences are of a language, with an end.
func (w writer) sentences(n int) string {
	var all []string
	for range n {
		s := make([]string, 5+w.r.IntN(9))
		for i := range s {
			s[i] = w.word()
		}
		s[0] = strings.ToUpper(s[0][:1]) + s[0][1:]
		all = append(all, strings.Join(s, " ")+w.pick(".", ".", "?", "!", ":", ", isn't it?"))
	}
	return strings.Join(all, " ")
}

// marked is code as markup shows that it is code.
func (w writer) marked(code string) string {
	html := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(code)
	return w.pick("```"+w.pick("", "sql", "bash", "php", "js", "python")+"\n"+code+"\n```", "`"+code+"`", "<pre><code>"+html+"</code></pre>", "<code>"+html+"</code>", "<syntaxhighlight lang=\"sql\">\n"+code+"\n</syntaxhighlight>", "[code]\n"+code+"\n[/code]", "    "+strings.ReplaceAll(code, "\n", "\n    "))
}

// article is prose about programs, as long as people write it.
func (w writer) article() string {
	var b strings.Builder
	b.WriteString(w.pick("", "# "+w.text(3)+"\n\n", "<p>", "Hi "+w.name()+",\n\n", "> "+w.sentences(1)+"\n\n"))
	for range 1 + w.r.IntN(3) {
		b.WriteString(w.sentences(1 + w.r.IntN(3)))
		b.WriteString(w.pick("\n\n"+w.marked(w.program())+"\n\n", " "+w.marked(w.program())+" ", " "+w.pick("type", "run", "an attacker may send", "never use", "see", "it says")+" "+w.program()+" "+w.pick("into the form", "and wait", "in the log", "on the server", "and it worked")+"; "))
	}
	b.WriteString(w.sentences(1 + w.r.IntN(2)))
	return b.String()
}

// hard are such messages, beside kinds.
var hard = []kind{
	{"article about programs", func(w writer) message {
		return w.json(w.pick("POST", "PUT", "PATCH"), w.pick("/wp-json/wp/v2/posts/"+w.n(900), "/api/articles/"+w.n(99), "/repos/x/y/issues/"+w.n(900)+"/comments", "/t/"+w.n(99)+"/posts.json", "/rest/api/content/"+w.n(9999)),
			map[string]any{"title": w.text(4), w.pick("content", "body", "text", "raw", "comment", "description", "html"): w.article()})
	}},
	{"article in a form", func(w writer) message {
		return w.form(w.pick("/w/index.php?action=submit", "/wp-admin/post.php", "/forum/posting.php?mode=reply", "/blog/save", "/account/profile"), "title", w.text(3), w.pick("content", "wpTextbox1", "message", "body", "text", "about", "answer"), w.article(), "token", w.hex(32))
	}},
	{"prompt", func(w writer) message {
		return w.json("POST", w.pick("/v1/chat/completions", "/api/generate", "/assistant/ask"), map[string]any{"model": "m-" + w.n(9), "messages": []any{map[string]any{"role": "user", "content": w.pick("Explain ", "What does this do: ", "Fix ", w.sentences(1)+" ") + w.pick(w.program(), w.marked(w.program())) + w.pick(" and how to change it", "", ". "+w.sentences(2))}}})
	}},
	{"snippet", func(w writer) message {
		return w.json("POST", w.pick("/api/snippets", "/gists", "/pastes", "/api/v4/snippets", "/functions/"+w.word()+"/code", "/notebooks/"+w.n(99)+"/cells"), map[string]any{"language": w.pick("php", "sql", "bash", "js"), w.pick("code", "content", "source", "script"): w.program() + "\n" + w.program() + "\n"})
	}},
	{"commit", func(w writer) message {
		return w.json("POST", "/api/v4/projects/"+w.n(90)+"/repository/commits", map[string]any{"branch": "main", "commit_message": w.text(5), "actions": []any{map[string]any{"action": "update", "file_path": w.word() + "/" + w.word() + ".sh", "content": w.program() + "\n" + w.article()}}})
	}},
	{"raw file", func(w writer) message {
		name := w.pick(".sh", ".sql", ".md", ".py", ".php", ".yml", ".patch", ".txt")
		return message{w.pick("PUT", "POST"), w.pick("/git/raw/", "/dav/", "/repos/a/b/contents/", "/files/") + w.word() + name, w.pick("text/plain", "application/octet-stream", "text/x-shellscript", "application/sql"), w.program() + "\n" + w.program() + "\n" + w.query() + ";\n", nil}
	}},
	{"patch", func(w writer) message {
		return w.json("POST", "/api/reviews", map[string]any{"summary": w.text(5), w.pick("diff", "patch"): "--- a/" + w.word() + "/x.php\n+++ b/" + w.word() + "/x.php\n@@ -" + w.n(90) + ",3 +" + w.n(90) + ",4 @@\n-" + w.program() + "\n+" + w.program() + "\n"})
	}},
	{"console of a database", func(w writer) message {
		if w.r.IntN(2) == 0 {
			return w.form(w.pick("/phpmyadmin/import.php", "/dbadmin/sql", "/adminer.php?db=x&sql="), "db", w.word(), w.pick("sql_query", "query", "sql"), w.query(), "token", w.hex(32))
		}
		return w.json("POST", w.pick("/api/dataset", "/api/v1/sqllab/execute/", "/api/queries/"+w.n(99)+"/results", "/api/ds/query", "/v1/statement", "/bigquery/v2/projects/p/queries", "/sqleditor/query_tool/start/"+w.n(99)), map[string]any{w.pick("sql", "query", "rawSql", "statement", "native"): w.query(), "database": w.r.IntN(9)})
	}},
	{"search about programs", func(w writer) message {
		token := w.pick("/etc/"+w.word(), "/etc/"+w.word()+".conf", "C:\\"+w.pick("Program Files", "Windows", "Users")+"\\"+w.word(), "char("+w.n(99)+")", "alert()", "prompt()", "<"+w.pick("script", "iframe", "img", "div", "style")+"> tag", "${"+w.word()+"}", "{{ "+w.word()+" }}", "sleep("+w.n(9)+" "+w.word()+")", "or "+w.n(9), "../ "+w.word(), "drop table "+w.word(), "select * from "+w.word(), "union select", "system("+w.word()+")", "cat "+w.word()+".txt", "rm -rf", "ping "+w.word(), "http://localhost:"+w.n(9999), "127.0.0.1:"+w.n(9999), "exec()", "eval()", "onclick", "javascript:", "chmod "+w.n(777), "/bin/sh", "~/.ssh", "php.ini", "web.config", ".htaccess", "$_GET", "' or 1=1", "document.cookie", "__proto__", "phpinfo()", "whoami")
		q := w.pick(token+" "+w.text(1+w.r.IntN(3)), w.pick("what is ", "how to use ", "why does ", w.word()+" ")+token+" "+w.text(1+w.r.IntN(2)), w.text(2)+" "+token)
		return message{"GET", "/" + w.pick("search", "find", "docs", "questions") + "?" + w.pick("q", "query", "s", "term", "text") + "=" + url.QueryEscape(q), "", "",
			[]string{"Referer: https://www.example.org/search?q=" + url.QueryEscape(w.pick(token, w.text(1))+" "+w.text(1+w.r.IntN(2)))}}
	}},
	{"settings", func(w writer) message {
		return w.json(w.pick("POST", "PUT"), w.pick("/admin/settings", "/api/config/"+w.word(), "/api/v1/jobs", "/api/alerts", "/webhooks"), map[string]any{
			"log_path": "/var/log/" + w.word() + "/" + w.word() + ".log", "data_dir": "/usr/share/" + w.word(), "command": w.pick("/usr/bin/"+w.word()+" --"+w.word()+" "+w.n(99), "/bin/sh -c 'exec "+w.word()+"'", "python3 -m "+w.word(), "sleep "+w.n(9)+" && "+w.word()),
			"url": w.pick("http://10."+w.n(250)+".0."+w.n(250)+":8080/"+w.word(), "http://"+w.word()+".internal/hook", "https://"+w.word()+".example.org/hook", "http://192.168.1."+w.n(250)+"/"), "footer_html": "<a href=\"/" + w.word() + "\">" + w.text(1) + "</a> &copy; 2026", "password": w.pick("p'w;d--1", "x&y|z$1", "a\"b`c")})
	}},
	{"settings as lines", func(w writer) message {
		lines := "name: " + w.word() + "\nkind: " + w.pick("Ingress", "Report", "Job") + "\nspec:\n"
		for range 3 + w.r.IntN(5) {
			lines += w.pick("", "  ", "  - ") + w.pick("host: "+w.word()+".example.org", "location: /"+w.word(), "content-type: application/json", "refresh: "+w.n(99), "path: /etc/"+w.word()+"/"+w.word()+".conf", "command: [\"/bin/sh\", \"-c\", \""+w.word()+"\"]", w.word()+": "+w.text(2), "image: "+w.word()+":1."+w.n(9), "to: "+w.word()+"@example.org", "from: "+w.name()) + "\n"
		}
		if w.r.IntN(2) == 0 {
			return message{w.pick("PUT", "POST"), "/" + w.pick("report/", "config/", "apply?name=") + w.word(), w.pick("application/yaml", "text/yaml", "application/x-yaml", "text/plain"), lines, nil}
		}
		return w.json("POST", "/api/"+w.pick("files", "charts", "pipelines"), map[string]any{"name": w.word() + ".yml", w.pick("content", "yaml", "values", "data"): lines})
	}},
	{"log lines of attacks", func(w writer) message {
		return w.json("POST", w.pick("/services/collector/event", "/loki/api/v1/push", "/_bulk", "/ingest"), map[string]any{"sourcetype": w.word(), "event": map[string]any{"message": w.pick("GET /", "sshd: ", "audit: cmd=", "blocked ", "query: ") + w.program(), "cmd": "/bin/bash -c " + w.word(), "host": "node-" + w.n(9), "path": "/var/log/" + w.word()}})
	}},
}
