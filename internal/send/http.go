package send

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/modsecurity-for-anylog/msa/internal/event"
)

// httpRequest is up to where alerts are sent in one request.
const httpRequest = 1 << 20

// jsonLines posts alerts as JSON, one a line.
type jsonLines struct {
	url    string
	header [2]string // name and value; empty for none
	client *http.Client
}

func newHTTP(address string, config Config) (Transport, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("cannot be read as a URL") // what is wrong may be in a password
	}
	if u.Hostname() == "" {
		return nil, errors.New("no host")
	}
	tls, err := config.TLS.client(u.Hostname())
	if err != nil {
		return nil, err
	}
	j := &jsonLines{url: address, client: &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: tls, MaxIdleConnsPerHost: 8},
		Timeout:   deliveryTimeout,
		// A redirected POST becomes a GET without alerts, and our header would go to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if config.Header != "" {
		name, value, ok := strings.Cut(config.Header, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, errors.New("the header is not of the form Name: value")
		}
		j.header = [2]string{strings.TrimSpace(name), strings.TrimSpace(value)}
		if !isToken(j.header[0]) || strings.ContainsFunc(j.header[1], isControl) {
			return nil, fmt.Errorf("the header %q has characters that HTTP does not allow", j.header[0])
		}
	}
	return j, nil
}

// isToken reports whether a header may have this name (RFC 9110, section 5.6.2).
func isToken(name string) bool {
	const allowed = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	return name != "" && strings.Trim(name, allowed) == ""
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// Deliver: see Transport.
func (j *jsonLines) Deliver(ctx context.Context, alerts []event.Alert) error {
	var body []byte
	for i, a := range alerts {
		body = append(append(body, a.Text()...), '\n')
		if len(body) >= httpRequest || i == len(alerts)-1 {
			if err := j.post(ctx, body); err != nil {
				return err
			}
			body = nil // the transport may read on after the answer
		}
	}
	return nil
}

func (j *jsonLines) post(ctx context.Context, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, j.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	if j.header[0] != "" {
		r.Header.Set(j.header[0], j.header[1])
	}
	answer, err := j.client.Do(r)
	if of := (*url.Error)(nil); errors.As(err, &of) {
		return of.Err // without the address, which may have a secret in it
	}
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("the receiver answers %s: %q", answer.Status, clip(string(said), 200))
	}
	return err
}

// Close: see Transport.
func (j *jsonLines) Close() { j.client.CloseIdleConnections() }
