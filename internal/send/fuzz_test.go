package send

import (
	"bufio"
	"bytes"
	"testing"
	"testing/iotest"
)

// A receipt is one for the chunk, or none.
func FuzzAck(f *testing.F) {
	f.Add([]byte("\x81\xa3ack\xa1c"))
	f.Add([]byte("\xdf\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, said []byte) {
		if err := readAck(bufio.NewReader(iotest.OneByteReader(bytes.NewReader(said))), "chunk-1"); err == nil && !bytes.Contains(said, []byte("chunk-1")) {
			t.Error("a receipt for another chunk is taken for one")
		}
	})
}
