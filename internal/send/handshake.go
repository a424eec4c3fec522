package send

import (
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/tinylib/msgp/msgp"
)

// handshakeSize is the most that a message of the handshake may have.
const handshakeSize = 16 << 10

// handshake shows the receiver that we know the shared key, and has it show the same. The receiver begins with HELO; PING and
// PONG are the answers. Neither key goes over the wire: what does is a SHA-512 of it and of what both sides have made up.
func (f *forward) handshake(r io.Reader, w io.Writer) error {
	nonce, err := readHelo(msgp.NewReader(io.LimitReader(r, handshakeSize)))
	if err != nil {
		return err
	}
	salt := rand.Text()
	b := msgp.AppendArrayHeader(nil, 6)
	for _, s := range []string{"PING", f.hostname, salt, digest(salt, f.hostname, nonce, f.sharedKey), "", ""} { // no user, no password
		b = msgp.AppendString(b, s)
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	host, shown, err := readPong(msgp.NewReader(io.LimitReader(r, handshakeSize)))
	if err != nil {
		return err
	}
	if want := digest(salt, host, nonce, f.sharedKey); subtle.ConstantTimeCompare([]byte(shown), []byte(want)) == 0 {
		return fmt.Errorf("receiver %q does not know the shared key", host)
	}
	return nil
}

func digest(parts ...string) string {
	h := sha512.New()
	for _, p := range parts {
		_, _ = io.WriteString(h, p) // can't fail
	}
	return hex.EncodeToString(h.Sum(nil))
}

// readHelo reads ["HELO", {"nonce": …, "auth": …}]. What auth is for, users' passwords, Fluent Bit sends without any users too.
func readHelo(m *msgp.Reader) (nonce string, err error) {
	if err := readKind(m, 2, "HELO"); err != nil {
		return "", err
	}
	n, err := m.ReadMapHeader()
	for ; n > 0 && err == nil; n-- {
		var key string
		if key, err = readText(m); err != nil {
			break
		}
		if key == "nonce" {
			nonce, err = readText(m)
		} else {
			err = m.Skip()
		}
	}
	if err == nil && nonce == "" {
		err = errors.New("HELO has no nonce")
	}
	return nonce, err
}

// readPong reads ["PONG", accepted, reason, host, digest].
func readPong(m *msgp.Reader) (host, shown string, err error) {
	if err := readKind(m, 5, "PONG"); err != nil {
		return "", "", err
	}
	accepted, err := m.ReadBool()
	if err != nil {
		return "", "", err
	}
	var texts [3]string
	for i := range texts {
		if texts[i], err = readText(m); err != nil {
			return "", "", err
		}
	}
	if !accepted {
		return "", "", fmt.Errorf("the receiver refuses: %.200q", texts[0])
	}
	return texts[1], texts[2], nil
}

// readKind reads the beginning of a message.
func readKind(m *msgp.Reader, size uint32, want string) error {
	n, err := m.ReadArrayHeader()
	if err != nil {
		return fmt.Errorf("no %s: %w", want, err)
	}
	got, err := readText(m)
	if err != nil {
		return fmt.Errorf("no %s: %w", want, err)
	}
	if n != size || got != want {
		return fmt.Errorf("expected %s of %d values, got %.20q of %d", want, size, got, n)
	}
	return nil
}

// readText reads a string, which some receivers write as bytes.
func readText(m *msgp.Reader) (string, error) {
	m.SetMaxStringLength(handshakeSize)
	t, err := m.NextType()
	switch {
	case err != nil:
		return "", err
	case t == msgp.NilType:
		return "", m.ReadNil()
	case t == msgp.BinType:
		n, err := m.ReadBytesHeader()
		if err != nil || n > handshakeSize {
			return "", errors.Join(err, fmt.Errorf("%d bytes exceed the limit of %d", n, handshakeSize))
		}
		b := make([]byte, n)
		_, err = m.ReadFull(b)
		return string(b), err
	}
	return m.ReadString()
}
