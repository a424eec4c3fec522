package intrusion

import "strconv"

var (
	firstNames = []string{"Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jonas", "Karla", "Leo", "Mia", "Noah", "Olivia", "Paul", "Rosa", "Simon", "Tilda", "Viktor"}
	lastNames  = []string{"Adler", "Berger", "Conrad", "Dietz", "Ebert", "Fuchs", "Graf", "Huber", "Jansen", "Keller", "Lang", "Moser", "Neumann", "Otto", "Peters", "Richter", "Schmitt", "Thoma", "Vogel", "Winter"}
	cities     = []string{"Aachen", "Bremen", "Dresden", "Erfurt", "Freiburg", "Hamburg", "Jena", "Kassel", "Leipzig", "Mainz", "Potsdam", "Ulm"}
	streets    = []string{"Gartenweg", "Hauptstr.", "Lindenallee", "Marktplatz", "Ringstr.", "Schulgasse", "Seeweg", "Waldstr."}
	tiers      = []string{"basic", "basic", "basic", "silver", "gold"}
	categories = []string{"shoes", "jackets", "shirts", "lamps", "chairs", "bags", "watches", "tents", "bikes", "toys"}
	adjectives = []string{"Blue", "Light", "Warm", "Classic", "Small", "Large", "Soft", "Green", "Sturdy", "Slim", "Red", "Folding"}
	terms      = []string{"running+shoes", "rain+jacket", "desk+lamp", "tent", "blue+shirt", "kids+bike", "leather+bag", "watch", "garden+chair", "wool+socks", "backpack", "headlamp", "sandals"}
	praises    = []string{"Fits well and arrived quickly.", "Good quality for the price.", "The colour is a bit darker than in the picture.", "Would buy again.", "My daughter loves it.", "Sturdy, and light enough to carry."}
	logLines   = []string{"request completed", "cache refreshed", "connection pool resized", "message consumed", "price list loaded", "session renewed", "job finished"}
	passwords  = []string{"Sommer", "Garten", "Fahrrad", "Kaffee", "Kolibri", "Laterne", "Holunder", "Nordwind"}
)

func of(words []string, n uint64) string { return words[n%uint64(len(words))] }

func appendName(b []byte, user uint64, between string) []byte {
	b = append(append(b, of(firstNames, mix(user))...), between...)
	return append(b, of(lastNames, mix(user+1))...)
}

func appendMail(b []byte, user uint64) []byte {
	b = strconv.AppendUint(appendName(b, user, "."), user%97, 10)
	return append(append(b, "@mail.example."...), of([]string{"com", "org", "net"}, mix(user+2))...)
}

func appendStreet(b []byte, user uint64) []byte {
	b = append(append(b, of(streets, mix(user+4))...), ' ')
	return strconv.AppendUint(b, 1+mix(user+4)>>8%120, 10)
}

// appendPhone writes a number that belongs to nobody: 555-01xx is for fiction.
func appendPhone(b []byte, user uint64) []byte {
	n := mix(user + 6)
	b = strconv.AppendUint(append(b, "+1-"...), 201+n%700, 10)
	return append(append(b, "-555-01"...), byte('0'+n>>20%10), byte('0'+n>>30%10))
}

func appendSKU(b []byte, product uint64) []byte {
	b = append(append(b, of([]string{"SH", "JK", "LM", "CH", "BG", "TN"}, mix(product))...), '-')
	return strconv.AppendUint(b, product*7, 10)
}

func appendTitle(b []byte, product uint64) []byte {
	b = append(append(b, of(adjectives, mix(product+1))...), ' ')
	return append(b, of(categories, mix(product+2))...)
}

func appendPrice(b []byte, product uint64) []byte { return appendCents(b, 499+mix(product+3)%20_000) }

func appendCents(b []byte, cents uint64) []byte {
	b = strconv.AppendUint(b, cents/100, 10)
	return append(b, '.', byte('0'+cents/10%10), byte('0'+cents%10))
}

func appendHex(b []byte, n uint64, digits int) []byte {
	for range digits {
		b = append(b, "0123456789abcdef"[n&15])
		n >>= 4
	}
	return b
}

func appendUUID(b []byte, n uint64) []byte {
	high, low := mix(n), mix(n+1)
	b = append(appendHex(b, high, 8), '-')
	b = append(appendHex(b, high>>32, 4), "-4"...)
	b = append(appendHex(b, high>>48, 3), '-', "89ab"[low&3])
	b = append(appendHex(b, low>>2, 3), '-')
	return appendHex(b, low>>14, 12)
}
