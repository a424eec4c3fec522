package main

import (
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Exchanges are what the peers get: a number of them, and each one's connection, request and
// response. A number has 4 bytes, least first; a text is its length, its bytes and a NUL, so that C can
// use it where it is.

// appendExchange appends a transaction. What the log does not tell is what MSA takes instead.
func appendExchange(b []byte, tx *mapping.Transaction) []byte {
	b = appendText(b, tx.Client.Address)
	b = appendPort(b, tx.Client.Port)
	b = appendText(b, tx.Server.Address)
	b = appendPort(b, tx.Server.Port)
	b = appendText(b, or(tx.Method, "GET"))
	b = appendText(b, or(tx.URI, "/"))
	b = appendText(b, or(tx.Protocol, "HTTP/1.1"))
	b = appendText(b, tx.Host)
	b = appendHeaders(b, tx.RequestHeaders)
	b = appendText(b, tx.RequestBody.Text)
	b = appendNumber(b, tx.Status)
	b = appendText(b, or(tx.ResponseVersion, "HTTP/1.1"))
	b = appendHeaders(b, tx.ResponseHeaders)
	return appendText(b, tx.ResponseBody.Text)
}

func appendNumber(b []byte, n int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(n)) }

func appendText(b []byte, s string) []byte {
	b = appendNumber(b, len(s))
	b = append(b, s...)
	return append(b, 0)
}

func appendPort(b []byte, port string) []byte {
	n, _ := strconv.Atoi(port) // 0 without one
	return appendNumber(b, n)
}

func appendHeaders(b []byte, headers []mapping.Header) []byte {
	b = appendNumber(b, len(headers))
	for _, h := range headers {
		b = appendText(b, h.Name)
		b = appendText(b, h.Value)
	}
	return b
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

var errShort = errors.New("the exchanges end too early")

// reader reads exchanges; its texts are views of the file. It panics with errShort where that ends too early.
type reader string

func (r *reader) take(n int) string {
	if n < 0 || n > len(*r) {
		panic(errShort)
	}
	s := (*r)[:n]
	*r = (*r)[n:]
	return string(s)
}

func (r *reader) number() int {
	s := r.take(4)
	return int(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
}

func (r *reader) text() string {
	s := r.take(r.number())
	r.take(1)
	return s
}

func (r *reader) headers(add func(name, value string)) {
	for range r.number() {
		name := r.text()
		add(name, r.text())
	}
}
