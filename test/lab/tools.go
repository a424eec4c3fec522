package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// tool is a campaign of a program that is installed, or not.
type tool struct {
	name string
	args []string // TARGET is the site's address, HOST and PORT its parts; USERS, PASSWORDS and OUT are files of the campaign
}

// toolTime is how long a campaign may take. What it did until then counts.
const toolTime = 100 * time.Second

func sqlmap(name string, args ...string) tool {
	return tool{"sqlmap, " + name, append([]string{"sqlmap", "--batch", "--disable-coloring", "--flush-session", "--output-dir=OUT", "--time-sec=2", "--threads=1", "--timeout=15"}, args...)}
}

func commix(name string, args ...string) tool {
	return tool{"commix, " + name, append([]string{"commix", "--batch", "--ignore-stdin", "--output-dir=OUT", "--os-cmd=id", "--time-sec=1"}, args...)}
}

func wapiti(modules string) tool {
	return tool{"wapiti, " + modules, []string{"wapiti", "-u", "http://TARGET/sitemap", "--scope", "domain", "-m", modules, "--flush-session", "--no-bugreport", "--store-session", "OUT", "--store-config", "OUT", "-f", "json", "-o", "OUT/report.json", "--max-scan-time", "90"}}
}

// installed are the campaigns of tools, of Debian's packages of their names.
var installed = []tool{
	sqlmap("a number", "-u", "http://TARGET/item?id=1", "--dump", "-T", "users"),
	sqlmap("a text", "-u", "http://TARGET/search?q=lamp", "--dump", "-T", "users"),
	sqlmap("a form", "-u", "http://TARGET/orders", "--data=page=1&name=lamp", "-p", "name", "--tables"),
	sqlmap("JSON", "-u", "http://TARGET/api/items", "--data={\"filter\":\"lamp\",\"limit\":20}", "--tables"),
	sqlmap("a cookie", "-u", "http://TARGET/", "--cookie=visitor=v-1001", "--level=2", "-p", "visitor", "--technique=BT", "--banner"),
	sqlmap("a log-in", "-u", "http://TARGET/login", "--data=user=alice&password=x", "-p", "user", "--current-user"),
	commix("a parameter", "-u", "http://TARGET/ping?addr=db.example.com"),
	commix("a form", "-u", "http://TARGET/convert", "--data=to=png&name=a", "-p", "name"),
	commix("without output", "-u", "http://TARGET/backup?name=a", "--technique=t"),
	wapiti("exec,file"),
	wapiti("sql,blindsql"),
	wapiti("xss,permanentxss"),
	wapiti("redirect,crlf,ssrf,xxe"),
	wapiti("backup,htaccess,shellshock,methods"),
	{"hydra, a form", []string{"hydra", "-I", "-t", "4", "-l", "alice", "-P", "PASSWORDS", "-s", "PORT", "HOST", "http-post-form", "/signin:user=^USER^&password=^PASS^:not right"}},
	{"hydra, Basic", []string{"hydra", "-I", "-t", "4", "-L", "USERS", "-P", "PASSWORDS", "-s", "PORT", "HOST", "http-get", "/basic"}},
	{"wfuzz, all attacks", []string{"wfuzz", "-t", "4", "-z", "file,/usr/share/wfuzz/wordlist/Injections/All_attack.txt", "http://TARGET/profile?color=red&name=FUZZ"}},
	{"wfuzz, SQL", []string{"wfuzz", "-t", "4", "-z", "file,/usr/share/wfuzz/wordlist/Injections/SQL.txt", "http://TARGET/search?q=FUZZ"}},
	{"wfuzz, SQL in numbers", []string{"wfuzz", "-t", "4", "-z", "file,/usr/share/wfuzz/wordlist/Injections/SQL.txt", "http://TARGET/item?id=FUZZ"}},
	{"wfuzz, scripts", []string{"wfuzz", "-t", "4", "-z", "file,/usr/share/wfuzz/wordlist/Injections/XSS.txt", "http://TARGET/error?msg=FUZZ"}},
	{"wfuzz, paths", []string{"wfuzz", "-t", "4", "-z", "file,/usr/share/wfuzz/wordlist/vulns/dirTraversal-nix.txt", "http://TARGET/download?file=FUZZ"}},
	{"ffuf, names", []string{"ffuf", "-s", "-t", "4", "-w", "/usr/share/dirb/wordlists/small.txt", "-u", "http://TARGET/FUZZ"}},
	{"ffuf, attacks", []string{"ffuf", "-s", "-t", "4", "-w", "/usr/share/wfuzz/wordlist/Injections/All_attack.txt", "-u", "http://TARGET/ping?addr=127.0.0.1FUZZ"}},
	{"nmap, scripts", []string{"nmap", "-Pn", "-sT", "-n", "-p", "PORT", "--script", "+http-enum,+http-git,+http-passwd,+http-shellshock,+http-phpself-xss,+http-sql-injection,+http-stored-xss,+http-unsafe-output-escaping,+http-config-backup,+http-vhosts,+http-csrf,+http-backup-finder",
		"--script-args", "http-shellshock.uri=/cgi-bin/status,httpspider.url=/sitemap,httpspider.maxpagecount=40,http-passwd.root=/static/", "HOST"}},
	{"gobuster, names", []string{"gobuster", "dir", "-q", "-z", "-t", "4", "-w", "/usr/share/wfuzz/wordlist/general/common.txt", "-u", "http://TARGET/"}},
}

// withTools records the campaigns of all tools that are installed, with ordinary use between them.
func withTools(dir string, log io.Writer) (recording, error) {
	return recorded(dir, "tools", realClock{}, func(l *lab, home string) {
		l.benignUse(300)
		missing := map[string]bool{}
		for _, t := range installed {
			if _, err := exec.LookPath(t.args[0]); err != nil {
				if !missing[t.args[0]] {
					_, _ = fmt.Fprintf(log, "%s is not installed: its campaigns are left out\n", t.args[0])
				}
				missing[t.args[0]] = true
				continue
			}
			both(func(weak bool) {
				took, n, err := l.run(t, weak, filepath.Join(home, "tools"))
				if err != nil { // other campaigns tell enough
					_, _ = fmt.Fprintln(log, err)
				}
				_, _ = fmt.Fprintf(log, "%-40s %5d exchanges in %s\n", variant(t.name, weak), n, took.Round(time.Second))
				l.benignUse(20)
			})
		}
	})
}

// run runs a tool against a site.
func (l *lab) run(t tool, weak bool, folder string) (time.Duration, int, error) {
	site, server := l.site(weak)
	p := party{campaign: variant(t.name, weak), purpose: probing, weak: weak, client: l.newClient("198.20"), server: server, port: "80"}
	address, end, err := l.listen(site, func() party { return p })
	if err != nil {
		return 0, 0, err
	}
	defer end()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return 0, 0, fmt.Errorf("cannot make the folder %q: %w", folder, err)
	}
	out, err := os.MkdirTemp(folder, "campaign-")
	if err != nil {
		return 0, 0, fmt.Errorf("cannot make a folder for %s: %w", t.name, err)
	}
	for name, lines := range map[string][]string{"USERS": {"admin", "alice", "bob"}, "PASSWORDS": passwords} {
		if err := os.WriteFile(filepath.Join(out, name), []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			return 0, 0, fmt.Errorf("cannot write a list for %s: %w", t.name, err)
		}
	}
	u := url.URL{Host: address}
	expand := strings.NewReplacer("TARGET", address, "HOST", u.Hostname(), "PORT", u.Port(), "USERS", filepath.Join(out, "USERS"), "PASSWORDS", filepath.Join(out, "PASSWORDS"), "OUT", out)
	args := make([]string, len(t.args))
	for i, a := range t.args {
		args[i] = expand.Replace(a)
	}
	ctx, cancel := context.WithTimeout(context.Background(), toolTime)
	defer cancel()
	before, begun := l.count(), time.Now()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = out
	cmd.Env = append(os.Environ(), "HOME="+out)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	text, err := cmd.CombinedOutput()
	n := l.count() - before
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && ctx.Err() == nil || n == 0 {
		return 0, 0, fmt.Errorf("cannot run %s: %w\n%s", t.name, err, text)
	}
	return time.Since(begun), n, nil
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.records)
}

// newHome is a folder for the sites' machines; their shell runs as another user, who has to reach it.
func newHome() (string, error) {
	home, err := os.MkdirTemp("", "lab-")
	if err != nil {
		return "", fmt.Errorf("cannot make a folder for the sites: %w", err)
	}
	if err := os.Chmod(home, 0o755); err != nil { //nolint:gosec // see above
		return "", fmt.Errorf("cannot open the folder of the sites: %w", err)
	}
	return home, nil
}
