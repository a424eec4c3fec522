package main

// Headers of clients, in the order in which they send them.
var (
	firefox = [][2]string{{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}, {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		{"Accept-Language", "en-US,en;q=0.5"}, {"Accept-Encoding", "gzip, deflate"}}
	chrome = [][2]string{{"User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"}, {"Accept", "*/*"},
		{"sec-ch-ua", `"Chromium";v="131", "Not_A Brand";v="24"`}, {"Accept-Language", "de-DE,de;q=0.9,en;q=0.8"}}
	safari = [][2]string{{"User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"}, {"Accept", "*/*"}, {"Accept-Language", "fr-FR,fr;q=0.9"}}
	curl   = [][2]string{{"User-Agent", "curl/8.5.0"}, {"Accept", "*/*"}}
	python = [][2]string{{"User-Agent", "python-requests/2.31.0"}, {"Accept-Encoding", "gzip, deflate"}, {"Accept", "*/*"}}
	golang = [][2]string{{"User-Agent", "Go-http-client/1.1"}}
)

var browsers = [][][2]string{firefox, chrome, safari}
