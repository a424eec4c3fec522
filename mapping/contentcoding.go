package mapping

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Bounds of what a body in a content coding (RFC 9110, 8.4) is opened to: of 1 KiB of gzip may come 1 MiB.
const (
	maxOpened  = 1 << 20 // bytes; the rest counts as unread
	maxCodings = 3       // in one another
	maxWindow  = 8 << 20 // of zstd, RFC 8878's advice
)

// open undoes the content codings of a body that was logged as it was sent, or in base64. What can't be undone is the text
// that somebody has decoded before, or else unread.
func open(logged, codings string, cut bool) Body {
	names := codingNames(codings)
	if at := slices.Index(names, "aws-chunked"); at >= 0 {
		if data, whole, ok := joinSigned(logged); ok {
			logged, cut = data, cut || !whole
			names = slices.Delete(names, at, at+1)
		}
	}
	if len(names) == 0 {
		return Body{Text: logged, Truncated: cut}
	}
	if body, ok := undo(logged, names); ok {
		body.Truncated = body.Truncated || cut
		return body
	}
	if decoded, ok := decodeBase64(logged); ok {
		if body, ok := undo(decoded, names); ok {
			body.Truncated = body.Truncated || cut
			return body
		}
	}
	return Body{Text: logged, Truncated: cut, Coded: !isPlain(logged)}
}

// A chunk that a client of S3 has signed, and the trailers that these clients send: sums of what they have sent.
// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
var (
	chunkSignature = regexp.MustCompile(`;chunk-signature=[0-9a-f]{64}$`)
	sumTrailers    = regexp.MustCompile(`^(?:x-amz-(?:checksum-\w{1,20}|trailer-signature):[\w+/=]{1,128}\r?\n)*(?:\r?\n)*$`)
)

// joinSigned undoes the chunks of aws-chunked.
func joinSigned(s string) (data string, whole, ok bool) {
	return joinChunks(s, func(line string) string { return chunkSignature.ReplaceAllString(line, "") }, sumTrailers.MatchString)
}

// codingNames are the codings of a header, in the order in which they were applied.
func codingNames(header string) []string {
	var names []string
	for name := range strings.SplitSeq(header, ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != "identity" {
			names = append(names, strings.TrimPrefix(name, "x-"))
		}
	}
	return names
}

// undo undoes all codings. ok is false when it can't undo any byte.
func undo(text string, names []string) (body Body, ok bool) {
	if len(names) > maxCodings {
		return Body{}, false
	}
	body.Text = text
	for _, name := range slices.Backward(names) {
		out, err := decode(body.Text, name)
		switch {
		case err == nil:
		case len(out) == 0:
			return Body{}, false
		case errors.Is(err, io.ErrUnexpectedEOF):
			body.Truncated = true // the log ends within the coded text
		default:
			body.Truncated, body.Unread = true, true
		}
		body.Text = out
	}
	return body, true
}

var errTooLong = errors.New("the body is longer than what is opened")

// decode undoes one coding, as far as that goes.
func decode(text, name string) (string, error) {
	in := strings.NewReader(text)
	var r io.Reader
	var err error
	switch name {
	case "gzip":
		r, err = gzip.NewReader(in)
	case "deflate": // zlib's by the standard, and raw as some send it
		if r, err = zlib.NewReader(in); err != nil {
			r, err = flate.NewReader(strings.NewReader(text)), nil
		}
	case "br":
		r = brotli.NewReader(in)
	case "zstd":
		d := zstdDecoders.Get().(*zstd.Decoder)
		defer func() {
			_ = d.Reset(nil)
			zstdDecoders.Put(d)
		}()
		r, err = d, d.Reset(in)
	default:
		err = errors.New("unknown coding " + name)
	}
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	_, err = out.ReadFrom(io.LimitReader(r, maxOpened+1))
	if out.Len() > maxOpened {
		out.Truncate(maxOpened)
		err = errTooLong
	}
	return view(out.Bytes()), err
}

// zstdDecoders are kept, as each has tables of some size.
var zstdDecoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		panic(err) // the options are wrong
	}
	return d
}}

// isPlain reports whether something is text all in all: of what is compressed, more than half of the characters are none.
func isPlain(s string) bool {
	const most = 8 // one in so many
	all, strange := 0, 0
	for _, c := range s {
		all++
		if c == utf8.RuneError || c < ' ' && c != '\t' && c != '\r' && c != '\n' || c == 0x7f {
			strange++
		}
	}
	return strange*most <= all
}
