package transform

// urlDecode decodes %HH, and + as a space. A percent sign without two digits stays.
func urlDecode(mem *Memory, s string) string {
	return decodePercent(mem, s, func(s string, i int) (byte, int) {
		if b, ok := hexByte(s, i+1); ok {
			return b, 3
		}
		return 0, 0
	})
}

// urlDecodeUni is urlDecode and decodes IIS's %uHHHH as well, to the nearest ASCII character or the low byte.
func urlDecodeUni(mem *Memory, s string) string {
	return decodePercent(mem, s, func(s string, i int) (byte, int) {
		if i+1 < len(s) && s[i+1]|0x20 == 'u' {
			high, ok := hexByte(s, i+2)
			low, ok2 := hexByte(s, i+4)
			if !ok || !ok2 {
				return 0, 0
			}
			code := int(high)<<8 | int(low)
			switch {
			case code < len(nearestASCII) && nearestASCII[code] != 0:
				return nearestASCII[code], 6
			case 0xff01 <= code && code <= 0xff5e: // full width forms of ! to ~
				return low + 0x20, 6
			}
			return low, 6
		}
		if b, ok := hexByte(s, i+1); ok {
			return b, 3
		}
		return 0, 0
	})
}

// decodePercent decodes + and what decode reads at a percent sign: a byte and the size of its encoding, 0 where it is
// none.
func decodePercent(mem *Memory, s string, decode func(s string, i int) (byte, int)) string {
	start := indexEither(s, '%', '+')
	if start < 0 {
		return s
	}
	for ; start < len(s) && s[start] != '+'; start++ {
		if s[start] == '%' {
			if _, size := decode(s, start); size > 0 {
				break
			}
		}
	}
	if start == len(s) {
		return s
	}
	b := mem.filled(len(s))
	n := copy(b, s[:start])
	for i := start; i < len(s); n++ {
		c := s[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			if decoded, size := decode(s, i); size > 0 {
				b[n] = decoded
				i += size
				continue
			}
		}
		b[n] = c
		i++
	}
	return textOf(b[:n])
}

// nearestASCII is what Windows' code page 20127 makes of U+00A0 to U+2122, 0 for what is not in it (the full width
// forms are, and are computed): the section 20127 of ModSecurity's unicode.mapping.
var nearestASCII = func() (table [0x2123]byte) {
	for _, line := range []string{ // an ASCII character, and what becomes it
		" \u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006",
		"!\u00a1",
		"\"\u02ba\u030e\u201c\u201d\u201e",
		"$\u00a4",
		"'\u02b9\u02bc\u02c8\u2018\u2019\u2032",
		",\u00b8\u201a",
		"-\u00ad\u2010\u2011\u2013\u2014",
		".\u00b7\u2022\u2026",
		"1\u00b9",
		"2\u00b2",
		"3\u00b3",
		"<\u00ab\u2039",
		">\u00bb\u203a",
		"AÀÁÂÃÄÅÆĀĂĄǍǞ",
		"C\u00a9ÇĆĈĊČ",
		"DÐĎĐƉ",
		"EÈÉÊËĒĔĖĘĚ",
		"FƑ",
		"GĜĞĠĢǤǦ",
		"HĤĦ",
		"IÌÍÎÏĨĪĬĮİƗǏ",
		"JĴ",
		"KĶǨ",
		"LĹĻĽŁ",
		"NÑŃŅŇ",
		"OÒÓÔÕÖØŌŎŐŒƟƠǑǪǬ",
		"R\u00aeŔŖŘ",
		"SŚŜŞŠ",
		"TŢŤŦƮ\u2122",
		"UÙÚÛÜŨŪŬŮŰŲƯǓǕǗǙǛ",
		"WŴ",
		"Y\u00a5ÝŶŸ",
		"ZŹŻŽ",
		"^\u02c4\u02c6\u0302",
		"_\u02cd\u0331\u0332",
		"`\u02cb\u0300\u2035",
		"a\u00aaàáâãäåæāăąǎǟ",
		"bƀ",
		"c\u00a2çćĉċč",
		"dďđ",
		"eèéêëēĕėęě",
		"fƒ",
		"gĝğġģǥǧɡ",
		"hĥħ",
		"iìíîïĩīĭįıǐ",
		"jĵǰ",
		"kķǩ",
		"lĺļľłƚ",
		"nñńņň",
		"o\u00baòóôõöøōŏőœơǒǫǭ",
		"rŕŗř",
		"sśŝşš",
		"tţťŧƫ",
		"uùúûüũūŭůűųưǔǖǘǚǜ",
		"wŵ",
		"yýÿŷ",
		"zżžƶ",
		"|\u00a6",
		"~\u02dc\u0303",
	} {
		for _, r := range line[1:] {
			table[r] = line[0]
		}
	}
	return table
}()

// urlEncode encodes all but ASCII letters, digits and *, a space as +.
func urlEncode(mem *Memory, s string) string {
	size := 0
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) || c == ' ' {
			size++
		} else {
			size += 3
		}
	}
	start := 0
	for start < len(s) && isUnreserved(s[start]) {
		start++
	}
	if start == len(s) {
		return s
	}
	b := mem.bytes(size)
	b = append(b, s[:start]...)
	for i := start; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ':
			b = append(b, '+')
		case isUnreserved(c):
			b = append(b, c)
		default:
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return textOf(b)
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '*'
}

// HasBrokenEscape reports whether a text has a percent sign without two hexadecimal digits behind it.
func HasBrokenEscape(v string) bool {
	for i := 0; i < len(v); i++ {
		if v[i] != '%' {
			continue
		}
		if _, ok := hexByte(v, i+1); !ok {
			return true
		}
		i += 2
	}
	return false
}
