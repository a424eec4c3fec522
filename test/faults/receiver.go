package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// mood is how a receiver is.
type mood int

const (
	well     mood = iota
	gone          // nobody listens
	slow          // takes a little now and then
	refusing      // breaks off every connection, or answers with 503
	stuck         // takes connections, and reads nothing
)

// tally counts numbered records or alerts.
type tally struct {
	mu    sync.Mutex
	seen  map[int]int
	total int
}

func (t *tally) add(numbers []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = map[int]int{}
	}
	for _, n := range numbers {
		t.seen[n]++
		t.total++
	}
}

// counts are how many have come, and how often one came again.
func (t *tally) counts() (unique, again int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.seen), t.total - len(t.seen)
}

var mark = []byte("/item?seq=")

// numbers are those of alerts in text or msgpack, by their key url: the number ends with &.
func numbers(b []byte) (all []int) {
	for at := 0; ; {
		i := bytes.Index(b[at:], mark)
		if i < 0 {
			return all
		}
		begin := at + i
		at = begin + len(mark)
		end := bytes.IndexByte(b[at:], '&')
		if end < 0 {
			return all
		}
		if n, err := strconv.Atoi(string(b[at : at+end])); err == nil && bytes.Contains(b[max(0, begin-6):begin], []byte("url")) {
			all = append(all, n)
		}
	}
}

// receiver takes alerts by tcp, tls, http or forward.
type receiver struct {
	kind string
	port int
	tls  *tls.Config
	tally

	state    sync.Mutex
	mood     mood
	listener net.Listener
	conns    map[net.Conn]bool
}

func newReceiver(kind string, port int) (*receiver, error) {
	r := &receiver{kind: kind, port: port, mood: gone, conns: map[net.Conn]bool{}}
	if kind == "tls" {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			return nil, err
		}
		r.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	}
	return r, nil
}

// become changes how the receiver is. One that is gone, or refuses, breaks off the connections that it has.
func (r *receiver) become(m mood) error {
	r.state.Lock()
	defer r.state.Unlock()
	for c := range r.conns {
		if m != gone && m != refusing {
			break
		}
		if raw, ok := c.(*net.TCPConn); ok && m == refusing {
			_ = raw.SetLinger(0)
		}
		_ = c.Close()
		delete(r.conns, c)
	}
	r.mood = m
	switch {
	case m == gone && r.listener != nil:
		err := r.listener.Close()
		r.listener = nil
		return err
	case m != gone && r.listener == nil:
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", r.port))
		if err != nil {
			return err
		}
		r.listener = l
		if r.kind == "http" {
			go func() { _ = (&http.Server{Handler: r}).Serve(tracked{l, r}) }()
		} else {
			go r.accept(l)
		}
	}
	return nil
}

func (r *receiver) now() mood {
	r.state.Lock()
	defer r.state.Unlock()
	return r.mood
}

// track has become break the connection off; false if it is to be refused.
func (r *receiver) track(c net.Conn) bool {
	r.state.Lock()
	defer r.state.Unlock()
	if r.mood == refusing && r.kind != "http" {
		if raw, ok := c.(*net.TCPConn); ok {
			_ = raw.SetLinger(0)
		}
		_ = c.Close()
		return false
	}
	r.conns[c] = true
	return true
}

// tracked is a listener whose connections are tracked.
type tracked struct {
	net.Listener
	r *receiver
}

func (t tracked) Accept() (net.Conn, error) {
	c, err := t.Listener.Accept()
	if err == nil {
		t.r.track(c)
	}
	return c, err
}

func (r *receiver) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		if !r.track(c) {
			continue
		}
		go func() {
			defer func() { _ = c.Close() }()
			var in io.ReadWriter = paced{c, r}
			if r.tls != nil {
				in = tls.Server(pacedConn{c, paced{c, r}}, r.tls)
			}
			if r.kind == "forward" {
				r.forward(in)
			} else {
				r.text(in)
			}
		}()
	}
}

// pacedConn is a connection whose reads are as its receiver is.
type pacedConn struct {
	net.Conn
	in paced
}

func (p pacedConn) Read(b []byte) (int, error) { return p.in.Read(b) }

type paced struct {
	io.ReadWriter
	r *receiver
}

func (p paced) Read(b []byte) (int, error) {
	for p.r.now() == stuck {
		time.Sleep(50 * time.Millisecond)
	}
	if p.r.now() == slow {
		time.Sleep(20 * time.Millisecond)
		b = b[:min(len(b), 2048)]
	}
	return p.ReadWriter.Read(b)
}

// text reads lines.
func (r *receiver) text(in io.Reader) {
	var rest []byte
	buffer := make([]byte, 64<<10)
	for {
		n, err := in.Read(buffer)
		rest = append(rest, buffer[:n]...)
		if end := bytes.LastIndexByte(rest, '\n'); end >= 0 {
			r.add(numbers(rest[:end]))
			rest = append([]byte{}, rest[end+1:]...)
		}
		if err != nil {
			return
		}
	}
}

// forward reads messages of the forward protocol and acknowledges them.
func (r *receiver) forward(c io.ReadWriter) {
	in := msgp.NewReader(c)
	for {
		message, err := in.ReadIntf()
		parts, ok := message.([]any)
		if err != nil || !ok || len(parts) < 2 {
			return
		}
		entries, ok := parts[1].([]byte)
		if !ok {
			if entries, err = msgp.AppendIntf(nil, parts[1]); err != nil {
				return
			}
		}
		r.add(numbers(entries))
		option, _ := parts[len(parts)-1].(map[string]any)
		if chunk, ok := option["chunk"].(string); ok {
			answer := msgp.AppendString(msgp.AppendString(msgp.AppendMapHeader(nil, 1), "ack"), chunk)
			if _, err := c.Write(answer); err != nil {
				return
			}
		}
	}
}

// ServeHTTP takes alerts by HTTP.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	for r.now() == stuck {
		time.Sleep(50 * time.Millisecond)
	}
	m := r.now()
	if m == slow {
		time.Sleep(300 * time.Millisecond)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil || m == refusing {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	r.add(numbers(append(body, '\n')))
	w.WriteHeader(http.StatusCreated)
}

func (r *receiver) end() error {
	if r == nil {
		return nil
	}
	if err := r.become(gone); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
