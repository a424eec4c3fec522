package triage

import (
	"net/url"
	"strings"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

var (
	// windowsProgram is a program or library of Windows by its whole name, as inventories and settings of printers have it.
	// Nobody reads such a file to learn something.
	windowsProgram = compile(`^(?i)[a-z]:[\\/](?:[\w .()-]+[\\/])*[\w ()-][\w .()-]*\.(?:dll|sys|drv|ocx|cpl|msc|mui|exe)$`)

	// ofRepository are the pages that cgit and gitweb have of a repository, which has a name before .git.
	// Source: https://git.zx2c4.com/cgit/tree/cmd.c
	ofRepository = compile(`^/(?:[\w~-][\w.~-]*/)*[\w~-][\w.~-]*\.git/(?:about|atom|blame|blob|commit|diff|log|patch|plain|rawdiff|refs|shortlog|snapshot|stats|summary|tag|tree)(?:/[\w.~@+-]+)*/?(?:\?[\w=&;./-]{0,200})?$`)

	// ofKernel are the folders of sysfs(5), which is at /sys.
	ofKernel = compile(`(?i)/sys/(?:block|bus|class|dev|devices|firmware|fs|hypervisor|kernel|module|power)(?:/|$)`)

	// atRoot is a folder at the root of a system; systemFolder is one with files that attackers read, wherever it is.
	atRoot       = compile(`^(?i)(?:~|bin|boot|dev|home|opt|root|run|srv|sys|tmp|usr|var)$`)
	systemFolder = compile(`^(?i)(?:etc|proc|web-inf|meta-inf|win(?:dows|nt))$`)
)

// isNoFile reports whether a rule about files has matched what names no file of the system: the interface /v1/sys of a service,
// a program of Windows, or a path that goes up and stays where it is.
func isNoFile(tx *mapping.Transaction, m *engine.Match, collection, value string) bool {
	found, _ := matchedData(m.Data)
	isArgument := strings.HasPrefix(collection, "ARGS")
	switch {
	case strings.HasPrefix(collection, "REQUEST_") && strings.Contains(found, ".git/"):
		return ofRepository.MatchString(value) && !strings.Contains(value, "..")
	case found == "/sys/":
		return strings.HasPrefix(collection, "REQUEST_") && !strings.Contains(value, "..") && !ofKernel.MatchString(value)
	case !strings.Contains(found, ".."):
		return isArgument && !strings.Contains(value, "..") && (windowsProgram.MatchString(value) || isObject(value))
	case isArgument:
		return staysInside(value) || isObject(value)
	case collection == "REQUEST_URI_RAW" || collection == "REQUEST_URI" || collection == "QUERY_STRING":
		return queryStaysInside(tx, value)
	}
	return false
}

// isObject reports whether a program of Windows is named as its object manager does, such as in counters of performance. Rules take the
// question marks for dots.
// Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/kernel/object-names
func isObject(value string) bool {
	rest, ok := strings.CutPrefix(value, `\??\`)
	if !ok {
		rest, ok = strings.CutPrefix(value, `\..\`)
	}
	return ok && !strings.Contains(rest, "..") && windowsProgram.MatchString(rest)
}

// queryStaysInside reports whether all values of a query stay inside or are searched for, and the path does not go up at all.
func queryStaysInside(tx *mapping.Transaction, uri string) bool {
	path, query, _ := strings.Cut(uri, "?")
	if goesUp(path) {
		return false
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(value)
		if err != nil || goesUp(value) && !staysInside(value) && !isSearch(tx, "ARGS:"+name, value) {
			return false
		}
	}
	return true
}

// goesUp reports whether a text has dots in a row, written as such or as an escape.
func goesUp(text string) bool {
	return strings.Contains(text, "..") || strings.Contains(strings.ToLower(text), "%2e")
}

// staysInside reports whether a path, or a link, that goes up stays in the folder that it begins with, and this is none of the
// system's, nor any below it. The letter of a drive is where it begins.
func staysInside(path string) bool {
	if strings.ContainsAny(path, "%\x00\n;") {
		return false
	}
	depth, up, least := 0, false, 1
	if _, rest, ok := strings.Cut(path, "://"); ok {
		_, path, _ = strings.Cut(rest, "/")
		depth = 1 // the host is what it begins with
	}
	for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		switch {
		case segment == ".":
		case segment == "..":
			up = true
			if depth--; depth < least {
				return false
			}
		case strings.Trim(segment, ".") == "":
			return false
		default:
			switch depth++; {
			case depth == 1 && segment == "home":
				least = 2 // the folder of one user
			case systemFolder.MatchString(segment), depth == 1 && atRoot.MatchString(segment), least == 2 && segment[0] == '.':
				return false
			}
		}
	}
	return up
}

// isDirectoryFilter reports whether a setting is a whole filter of LDAP (RFC 4515), as directories are searched by.
func isDirectoryFilter(name, value string) bool {
	name = strings.TrimRight(strings.ToLower(name), "]0123456789.[")
	if !strings.HasSuffix(name, "filter") || len(value) < 2 || value[0] != '(' {
		return false
	}
	depth := 0
	for i, c := range []byte(value) {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 && i < len(value)-1 {
				return false
			}
		case 0, '\n', '\'', '"', ';':
			return false
		}
	}
	return depth == 0
}
