package sensitive

import "strings"

// The kinds of what is counted only: many of them together are more than each is.
const (
	PersonRecord = "person-record" // JSON object with a name and a way to reach or identify its bearer
	SQLRow       = "sql-row"       // row of an INSERT or COPY
)

// What a JSON object says of a person.
const (
	hasName = 1 << iota
	hasContact
)

// personKeys are keys in lower case, without dashes and underscores.
var personKeys = map[string]uint8{
	"name": hasName, "fullname": hasName, "firstname": hasName, "lastname": hasName, "givenname": hasName, "familyname": hasName,
	"surname": hasName, "username": hasName, "realname": hasName, "customername": hasName, "nickname": hasName, "displayname": hasName,
	"姓名":    hasName,
	"email": hasContact, "mail": hasContact, "emailaddress": hasContact, "phone": hasContact, "phonenumber": hasContact,
	"mobile": hasContact, "mobilephone": hasContact, "telephone": hasContact, "tel": hasContact, "cell": hasContact,
	"idcard": hasContact, "idnumber": hasContact, "idno": hasContact, "idcardno": hasContact, "ssn": hasContact,
	"passport": hasContact, "passportnumber": hasContact, "passportno": hasContact, "nationalid": hasContact,
	"身份证": hasContact, "身份证号": hasContact, "手机": hasContact, "手机号": hasContact, "邮箱": hasContact, "电话": hasContact,
}

const longestPersonKey = 32

// deepest is how many objects in one another are told apart.
const deepest = 64

// CountPersons counts the JSON objects in a text that have a name, and an address, a telephone number or
// the number of an identity document with it, in themselves or in an object within. It reads as much as there is of JSON that is cut.
func CountPersons(text string) int {
	if strings.IndexByte(text, '{') < 0 {
		return 0
	}
	var said [deepest]uint8
	depth, n := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			depth++
			if depth < deepest {
				said[depth] = 0
			}
		case '}':
			if depth > 0 && depth < deepest {
				if said[depth] == hasName|hasContact {
					n++
				} else if depth > 1 {
					said[depth-1] |= said[depth] & hasContact
				}
			}
			depth = max(0, depth-1)
		case '"':
			end := stringEnd(text, i+1)
			if depth > 0 && depth < deepest && isKey(text, end) {
				said[depth] |= saysOfPerson(text[i+1 : end])
			}
			i = end
		}
	}
	return n
}

// stringEnd is where the quote is that ends a JSON string, or the end of the text.
func stringEnd(text string, i int) int {
	for ; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return len(text)
}

// isKey: a colon follows the quote at i.
func isKey(text string, i int) bool {
	for i++; i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r'); i++ {
		continue
	}
	return i < len(text) && text[i] == ':'
}

// saysOfPerson is what a key says, in any case and with dashes and underscores or without.
func saysOfPerson(key string) uint8 {
	var buf [longestPersonKey]byte
	if len(key) > len(buf) {
		return 0
	}
	plain := buf[:0]
	for i := range len(key) {
		c := key[i]
		if isUpper(c) {
			c |= 0x20
		}
		if c != '_' && c != '-' && c != ' ' {
			plain = append(plain, c)
		}
	}
	return personKeys[string(plain)]
}

// CountRows counts the rows of data in a dump of an SQL database: what stands between parentheses behind VALUES of an
// INSERT or REPLACE, and lines between COPY … FROM stdin and \. (pg_dump).
func CountRows(text string) (n int) {
	for i := 0; i < len(text); {
		at, copied := nextStatement(text, i)
		switch {
		case at < 0:
			return n
		case copied:
			rows, end := copiedRows(text, at)
			n += rows
			i = end
		default:
			rows, end := insertedRows(text, at)
			n += rows
			i = end
		}
	}
	return n
}

// nextStatement is the end of the next "insert into", "replace into" or "from stdin;", -1 for none.
func nextStatement(text string, i int) (end int, copied bool) {
	for ; i < len(text); i++ {
		switch text[i] | 0x20 {
		case 'i':
			if foldedPrefix(text[i:], "into ") && (foldedSuffix(text[:i], "insert ") || foldedSuffix(text[:i], "replace ")) {
				return i + len("into "), false
			}
		case 'f':
			if foldedPrefix(text[i:], "from stdin;") {
				return i + len("from stdin;"), true
			}
		}
	}
	return -1, false
}

func foldedPrefix(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

func foldedSuffix(text, suffix string) bool {
	return len(text) >= len(suffix) && strings.EqualFold(text[len(text)-len(suffix):], suffix)
}

// insertedRows counts the lists in parentheses behind VALUES, up to what ends them.
func insertedRows(text string, i int) (n, end int) {
	const near = 4 << 10 // names of a table and its columns
	head := text[i:min(len(text), i+near)]
	k := 0
	for ; k < len(head) && !foldedPrefix(head[k:], "values"); k++ {
		if head[k] == ';' {
			return 0, i + k
		}
	}
	if k == len(head) {
		return 0, i + k
	}
	i += k + len("values")
	depth := 0
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'' || c == '"':
			i = sqlStringEnd(text, i)
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			if depth--; depth == 0 {
				n++
			}
		case depth == 0 && c != ',' && c > ' ':
			return n, i
		}
	}
	return n, i
}

// sqlStringEnd is where the quote is that ends the string that begins at i; a quote that is doubled does not, nor one behind a
// backslash (MySQL).
func sqlStringEnd(text string, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			if i+1 >= len(text) || text[i+1] != quote {
				return i
			}
			i++
		}
	}
	return len(text)
}

// copiedRows counts the lines up to the one that says \.
func copiedRows(text string, i int) (n, end int) {
	for i < len(text) {
		line, _, _ := strings.Cut(text[i:], "\n")
		i += len(line) + 1
		switch strings.TrimRight(line, "\r") {
		case `\.`:
			return n, i
		case "":
		default:
			n++
		}
	}
	return n, len(text)
}
