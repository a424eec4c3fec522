package send

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tinylib/msgp/msgp"
)

const key = "a common secret"

func sha(text string) string {
	sum := sha512.Sum512([]byte(text))
	return hex.EncodeToString(sum[:])
}

func pack(t *testing.T, v any) []byte {
	t.Helper()
	b, err := msgp.AppendIntf(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// shake plays a receiver: it sends HELO, reads PING and answers with what pong makes of it.
func shake(t *testing.T, helo any, pong func(ping []any) any) error {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close()
	go func() {
		defer theirs.Close()
		if b, ok := helo.([]byte); ok {
			if len(b) > 0 {
				_, _ = theirs.Write(b)
			}
			return
		}
		_, _ = theirs.Write(pack(t, helo))
		v, err := msgp.NewReader(theirs).ReadIntf()
		if err != nil {
			return
		}
		_, _ = theirs.Write(pack(t, pong(v.([]any))))
	}()
	f := forward{sharedKey: key, hostname: "probe"}
	return f.handshake(ours, ours)
}

func TestHandshake(t *testing.T) {
	accept := func(key string) func(ping []any) any {
		return func(ping []any) any {
			salt := ping[2].(string)
			if ping[0] != "PING" || ping[1] != "probe" || ping[3] != sha(salt+"probe"+"n1"+key) {
				return []any{"PONG", false, "shared_key mismatch", "aggregator", ""}
			}
			return []any{"PONG", true, "", "aggregator", sha(salt + "aggregator" + "n1" + key)}
		}
	}
	impostor := func([]any) any { return []any{"PONG", true, "", "impostor", sha("x")} }
	helo := []any{"HELO", map[string]any{"nonce": []byte("n1"), "auth": "", "keepalive": true}}
	for _, c := range []struct {
		name string
		helo any
		pong func(ping []any) any
		want string // of the error
	}{
		{"the same key", helo, accept(key), ""},
		{"another key", helo, accept("another"), `the receiver refuses: "shared_key mismatch"`},
		{"one who accepts any key", helo, impostor, `receiver "impostor" does not know the shared key`},
		{"a receiver that could have users", []any{"HELO", map[string]any{"nonce": "n1", "auth": []byte("salt")}}, accept(key), ""},
		{"no nonce", []any{"HELO", map[string]any{}}, accept(key), "HELO has no nonce"},
		{"another protocol", []byte("SSH-2.0-x\r\n"), nil, "no HELO"},
		{"another message", []any{"PONG", true}, accept(key), `expected HELO of 2 values, got "PONG" of 2`},
		{"no answer", []byte{}, nil, "no HELO: EOF"},
		{"a nonce without end", append([]byte{0x92, 0xa4, 'H', 'E', 'L', 'O', 0x81, 0xa5, 'n', 'o', 'n', 'c', 'e', 0xc6, 0x7f, 0xff, 0xff, 0xff}, make([]byte, 100)...), nil, "exceed the limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := shake(t, c.helo, c.pong)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Whatever a receiver says, nothing is read without end.
func FuzzHandshake(f *testing.F) {
	f.Add([]byte("\x92\xa4HELO\x81\xa5nonce\xa2n1\x95\xa4PONG\xc3\xa0\xa1h\xa1d"))
	f.Fuzz(func(t *testing.T, said []byte) {
		shaker := forward{sharedKey: key, hostname: "probe"}
		if err := shaker.handshake(iotest.OneByteReader(bytes.NewReader(said)), io.Discard); err == nil {
			t.Error("one who does not know the key is taken for one who does")
		}
	})
}
