package app

// shop is where the site's own files are on its machine.
const shop = "var/www/shop"

// machine are the files of the site's machine by their paths. Names, keys and hashes are invented.
var machine = map[string]string{
	"etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\n" +
		"www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nshop:x:1000:1000:Shop,,,:/home/shop:/bin/bash\n",
	"etc/shadow":        "root:$6$Zk2vQ0fWbq$0c1q3J0mE5oT9sXw7RrZl1y8uHk4nGd2aPfVbYtCeMiLjNsOx6Q:19700:0:99999:7:::\ndaemon:*:19700:0:99999:7:::\n",
	"etc/hosts":         "127.0.0.1\tlocalhost\n127.0.1.1\tshop-7d9f\n10.2.0.5\tdb.internal\n",
	"etc/hostname":      "shop-7d9f\n",
	"etc/issue":         "Debian GNU/Linux 12 \\n \\l\n",
	"proc/version":      "Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP\n",
	"proc/self/environ": "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin\x00HOSTNAME=shop-7d9f\x00DB_PASSWORD=tulip-4711\x00",
	"root/.ssh/id_rsa":  "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAlaboratoryonlynotakeyatall0000000000000000000000\n-----END RSA PRIVATE KEY-----\n",
	"windows/win.ini":   "; for 16-bit app support\r\n[fonts]\r\n[extensions]\r\n[mci extensions]\r\n[files]\r\n[Mail]\r\nMAPI=1\r\n",
	"boot.ini":          "[boot loader]\r\ntimeout=30\r\ndefault=multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS\r\n[operating systems]\r\nmulti(0)disk(0)rdisk(0)partition(1)\\WINDOWS=\"Windows\"\r\n",
	"var/log/nginx/access.log": "10.1.0.7 - - [02/Mar/2026:08:00:01 +0000] \"GET / HTTP/1.1\" 200 5123 \"-\" \"Mozilla/5.0\"\n" +
		"10.1.0.8 - - [02/Mar/2026:08:00:04 +0000] \"GET /search?q=lamp HTTP/1.1\" 200 7201 \"-\" \"Mozilla/5.0\"\n",

	shop + "/.env":                    "APP_ENV=production\nAPP_KEY=base64:bGFib3JhdG9yeQ==\nDB_HOST=db.internal\nDB_PASSWORD=tulip-4711\n",
	shop + "/.git/HEAD":               "ref: refs/heads/main\n",
	shop + "/.git/config":             "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n[remote \"origin\"]\n\turl = git@code.example.com:shop/web.git\n",
	shop + "/.htpasswd":               "admin:$apr1$x7Yz0qk1$u3QmL5c1oQ0vS2dJ8wTn00\n",
	shop + "/config.php":              "<?php\n$db_host = 'db.internal';\n$db_user = 'shop';\n$db_password = 'tulip-4711';\n?>\n",
	shop + "/index.php":               "<?php\nrequire 'config.php';\ninclude('pages/' . $_GET['name']);\n?>\n",
	shop + "/backup.sql":              "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\nCREATE TABLE users (id int, name text, password text);\nINSERT INTO users VALUES (1,'admin','c0ffee');\n",
	shop + "/WEB-INF/web.xml":         "<?xml version=\"1.0\"?>\n<web-app version=\"3.0\"><servlet><servlet-name>shop</servlet-name></servlet></web-app>\n",
	shop + "/server-status":           "<html><head><title>Apache Status</title></head><body><h1>Apache Server Status for shop</h1><dl><dt>Server uptime: 3 days</dt></dl></body></html>\n",
	shop + "/actuator/env":            `{"activeProfiles":["prod"],"propertySources":[{"name":"systemEnvironment","properties":{"DB_PASSWORD":{"value":"tulip-4711"}}}]}`,
	shop + "/phpinfo.php":             "<!DOCTYPE html><html><head><title>PHP 8.2.7 - phpinfo()</title></head><body><h1>PHP Version 8.2.7</h1></body></html>\n",
	shop + "/robots.txt":              "User-agent: *\nDisallow: /admin\n",
	shop + "/static/site.css":         "body{font:16px sans-serif}nav a{margin:1em}\n",
	shop + "/static/site.js":          "document.documentElement.className='js';\n",
	shop + "/static/docs/manual.txt":  "Chapter 1. How to use the shop.\n",
	shop + "/files/price-list.txt":    "lamp 19.90\nshelf 89.00\nchair 45.50\n",
	shop + "/files/terms.txt":         "Goods can be returned within 30 days.\n",
	shop + "/files/2026/march.csv":    "day,orders\n1,17\n2,23\n",
	shop + "/pages/about.html":        "<h1>About us</h1><p>A shop for furniture since 1987.</p>",
	shop + "/pages/contact.html":      "<h1>Contact</h1><p>Write to shop@example.com.</p>",
	shop + "/pages/imprint.html":      "<h1>Imprint</h1><p>Example Ltd.</p>",
	shop + "/images/lamp.png":         "\x89PNG\r\n\x1a\n lamp",
	shop + "/images/shelf.png":        "\x89PNG\r\n\x1a\n shelf",
	"inetpub/logs/app-2026-03-01.log": "08:00 started\r\n08:01 ready\r\n",
	"inetpub/logs/app-2026-03-02.log": "08:00 started\r\n08:02 ready\r\n",

	"lab/bin/ping": "#!/bin/sh\nn=4\nwhile [ $# -gt 0 ]; do case $1 in -c|-n|-W|-w|-i) [ $1 = -c ] || [ $1 = -n ] && n=$2; shift 2;; -*) shift;; *) host=$1; shift;; esac; done\n" +
		"[ -n \"$host\" ] || { echo 'ping: usage error: Destination address required' >&2; exit 1; }\n" +
		"echo \"PING $host ($host) 56(84) bytes of data.\"\necho \"64 bytes from $host: icmp_seq=1 ttl=64 time=0.042 ms\"\n" +
		"[ \"$n\" -gt 1 ] 2>/dev/null && echo $((n-1)) >>\"$LAB_WAITS\"\necho \"$n packets transmitted, $n received, 0% packet loss\"\n",
	"lab/bin/sleep":    "#!/bin/sh\necho \"${1%s}\" >>\"$LAB_WAITS\"\n",
	"lab/bin/curl":     "#!/bin/sh\nfor a; do case $a in http*) echo \"$a\" >>\"$LAB_CALLS\";; esac; done\n",
	"lab/bin/wget":     "#!/bin/sh\nfor a; do case $a in http*) echo \"$a\" >>\"$LAB_CALLS\";; esac; done\n",
	"lab/bin/nslookup": "#!/bin/sh\necho \"Server:\t\t10.0.0.2\"; echo \"Address:\t10.0.0.2#53\"; echo; echo \"** server can't find ${1}: NXDOMAIN\"\n",
	"lab/bin/convert":  "#!/bin/sh\necho \"converted $1\"\n",
	"lab/bin/tar":      "#!/bin/sh\nexit 0\n",
}
