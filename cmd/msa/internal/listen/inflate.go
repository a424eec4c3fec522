package listen

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// inflater decompresses datagrams, one after another.
type inflater struct {
	gzip gzip.Reader
	zlib io.ReadCloser
	out  bytes.Buffer
}

// isGzip and isZlib look at the magic bytes; JSON begins with neither.
func isGzip(b []byte) bool { return len(b) >= 2 && b[0] == 0x1f && b[1] == 0x8b }

func isZlib(b []byte) bool {
	return len(b) >= 2 && b[0]&0x0f == 8 && b[0]>>4 <= 7 && (int(b[0])<<8|int(b[1]))%31 == 0
}

// errInflated says that a datagram is longer than it may be.
var errInflated = errors.New("too long")

// inflate decompresses b if it is compressed, to limit bytes at most. The result is valid until the
// next call. With an error it is what came before the fault, which may hold whole
// records.
func (f *inflater) inflate(b []byte, limit int) ([]byte, error) {
	if f.out.Cap() > 1<<20 {
		f.out = bytes.Buffer{} // one huge datagram must not be held for ever
	}
	f.out.Reset()
	var in io.Reader
	switch {
	case isGzip(b):
		if err := f.gzip.Reset(bytes.NewReader(b)); err != nil {
			return nil, fmt.Errorf("cannot read gzip header: %w", err)
		}
		in = &f.gzip
	case isZlib(b):
		var err error
		if f.zlib == nil {
			f.zlib, err = zlib.NewReader(bytes.NewReader(b))
		} else {
			err = f.zlib.(zlib.Resetter).Reset(bytes.NewReader(b), nil)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read zlib header: %w", err)
		}
		in = f.zlib
	default:
		return atMost(b, limit)
	}
	if _, err := f.out.ReadFrom(io.LimitReader(in, int64(limit)+1)); err != nil && f.out.Len() <= limit {
		return f.out.Bytes(), fmt.Errorf("cannot decompress: %w", err)
	}
	return atMost(f.out.Bytes(), limit)
}

func atMost(b []byte, limit int) ([]byte, error) {
	if len(b) > limit {
		return b[:limit], fmt.Errorf("%w: more than %d bytes", errInflated, limit)
	}
	return b, nil
}
