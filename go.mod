module github.com/modsecurity-for-anylog/msa

go 1.25.0

require (
	github.com/alecthomas/kong v1.17.0
	github.com/corazawaf/coraza-coreruleset/v4 v4.25.0
	github.com/corazawaf/coraza/v3 v3.8.1
	github.com/goccy/go-yaml v1.19.2
	github.com/json-iterator/go v1.1.12
	github.com/tinylib/msgp v1.6.5
)
