package sensitive

import (
	"strings"
	"testing"
)

func BenchmarkMasker(b *testing.B) {
	for _, c := range []struct{ name, piece string }{
		{"plain", `{"id":10042,"name":"running shoes","price":"89.90","stock":17,"updated":"2026-03-02T09:00:00Z","image":"/i/10042.webp"},`},
		{"escaped", `%7B%22id%22%3A10042%2C%22name%22%3A%22running%20shoes%22%7D%2C`},
		{"ibans", "DE89370400440532013000 "},
		{"names", "password=hunter2&"},
		{"base64", "eyJwYXNzd29yZCI6Imh1bnRlcjIifQ "},
	} {
		b.Run(c.name, func(b *testing.B) {
			text := strings.Repeat(c.piece, (128<<10)/len(c.piece))
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				NewMasker(text).Mask(text)
			}
		})
	}
}
