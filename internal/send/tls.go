package send

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// TLS says whom to trust and who we are.
type TLS struct {
	CAFile     string // PEM; the system's authorities if empty
	CertFile   string // PEM, our certificate; none if empty
	KeyFile    string // PEM, its key
	ServerName string // in the receiver's certificate; its host if empty

	loaded *tls.Config // what the files said, once they were read
}

// Load reads the files, which then need not be there any more.
func (t TLS) Load() (TLS, error) {
	c, err := t.read()
	t.loaded = c
	return t, err
}

// isGiven reports whether anything is said of TLS.
func (t TLS) isGiven() bool {
	return t.CAFile != "" || t.CertFile != "" || t.KeyFile != "" || t.ServerName != ""
}

// client is the configuration for a receiver.
func (t TLS) client(host string) (*tls.Config, error) {
	c := t.loaded
	if c == nil {
		var err error
		if c, err = t.read(); err != nil {
			return nil, err
		}
	}
	c = c.Clone()
	if c.ServerName == "" {
		c.ServerName = host
	}
	return c, nil
}

func (t TLS) read() (*tls.Config, error) {
	c := &tls.Config{ServerName: t.ServerName, MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read CA file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("cannot read CA file %q: no certificate in PEM", t.CAFile)
		}
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		return nil, errors.New("client certificate and its key go together")
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read client certificate %q: %w", t.CertFile, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
