package alert

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/cpu"
)

// As many headers as fit take no time to speak of: whoever sends a request chooses how many there are.
func TestModSecurityOfManyHeaders(t *testing.T) {
	var head strings.Builder
	head.WriteString("GET / HTTP/1.1\r\n")
	for i := 0; head.Len() < 64<<10; i++ {
		fmt.Fprintf(&head, "x%d: %d\r\n", i, i)
	}
	best, limit := cpu.Fastest(10*time.Millisecond, func() { modsecurityHeaders(head.String()) })
	if best > limit {
		t.Errorf("takes %v, and may take %v now", best, limit)
	}
}
