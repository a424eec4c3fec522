package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listen"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// port checks a port of the original's flags and environment.
func port(from, value string) (string, error) {
	if n, err := strconv.ParseUint(value, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("cannot read %s %q: not a port, 1 to 65535", from, value)
	}
	return value, nil
}

// listenAddresses says where to receive: --listen and -l, else LISTEN_PORT, else
// UDP port 15155 as in the original.
func (c *runCommand) listenAddresses(p *process) ([]string, error) {
	scheme := "udp://:"
	if c.TCP {
		scheme = "tcp://:"
	}
	addresses := c.Listen
	value, from := c.ListenPort, "--listen-port"
	if len(addresses) == 0 && value == "" {
		value, from = p.getenv("LISTEN_PORT"), "LISTEN_PORT"
		if value == "" {
			value = "15155"
		}
	}
	if value == "" {
		return addresses, nil
	}
	value, err := port(from, value)
	if err != nil {
		return nil, err
	}
	return append(addresses, scheme+value), nil
}

// datagramLimits are what one datagram may hold.
func (c *runCommand) datagramLimits() (listen.Limits, error) {
	if c.Records < 1 {
		return listen.Limits{}, fmt.Errorf("cannot read --datagram-records %d: it is not above 0", c.Records)
	}
	n, err := pipeline.ParseSize(c.Bytes, 1<<10, maxDatagramBytes)
	if err != nil {
		return listen.Limits{}, fmt.Errorf("cannot read --datagram-bytes: %q %w", c.Bytes, err)
	}
	return listen.Limits{Records: c.Records, Bytes: n}, nil
}

// outputAddress says where alerts go: --output or -s, else OUTPUT, else stdout.
func (c *runCommand) outputAddress(p *process) (string, error) {
	scheme := ""
	switch c.Format {
	case "", "gelf":
		scheme = "gelf://"
	case "syslog":
		scheme = "syslog+udp://"
	default:
		return "", fmt.Errorf("cannot read --format %q: it is neither gelf nor syslog", c.Format)
	}
	switch {
	case c.Output != "" && c.Send != "":
		return "", errors.New("--output and --send both say where alerts go")
	case c.Output != "":
		return c.Output, nil
	}
	to := c.Send
	if to == "" {
		to = p.getenv("OUTPUT")
	}
	switch {
	case to == "":
		return "stdout", nil
	case to == "stdout", strings.Contains(to, "://"):
		return to, nil
	}
	if _, _, err := net.SplitHostPort(to); err != nil {
		to = net.JoinHostPort(strings.Trim(to, "[]"), originalPort)
	}
	return scheme + to, nil
}

// originalPort is where the original MSA sends alerts when no port is given.
const originalPort = "12202"

// properties are the pipeline's, with what the original's flags and environment
// say. keys is nil without a key file.
func (c *runCommand) properties(p *process, keys *keyFile) (inspect.Properties, error) {
	given := givenProperties(c.Plugins, "shards") // the command sends no records on
	switch {
	case c.RulesFile != "":
		given["rules"] = append(given["rules"], c.RulesFile)
	case given["rules"] == nil && p.getenv("RULEPATH") != "":
		given["rules"] = []string{p.getenv("RULEPATH")}
	}
	if keys != nil {
		if given["mapping"] != nil {
			return nil, errors.New("--mapping and --key-file both say which field is which")
		}
		given["mapping"] = []string{keys.mapping}
	}
	if p.uniwaf && !c.All && given["include_bodies"] == nil {
		given["include_bodies"] = []string{"off"}
	}
	if p.uniwaf {
		for name, asOriginal := range map[string]string{"alert_when": "threshold", "views": "off", "outcome_severity": "off", "incident_tag": "off"} {
			if given[name] == nil {
				given[name] = []string{asOriginal}
			}
		}
	}
	given["alert_text_key"] = textKey
	return given, nil
}
