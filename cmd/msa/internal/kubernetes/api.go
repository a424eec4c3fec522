package kubernetes

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// What the kubelet mounts into a pod that has a token.
const (
	mountedToken = "/var/run/secrets/kubernetes.io/serviceaccount/token" //nolint:gosec // a path
	mountedCA    = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
)

// Config is how the API server is reached. What is empty is as a pod of the cluster finds it.
type Config struct {
	Server    string // URL
	TokenFile string
	CAFile    string // PEM
	Namespace string // "" for all
}

// api is a client of the API server, for pods.
type api struct {
	pods      string // URL of the collection
	tokenFile string // "" for none
	client    http.Client
}

func newAPI(c Config, getenv func(string) string) (*api, error) {
	if c.Server == "" {
		host := getenv("KUBERNETES_SERVICE_HOST")
		if host == "" {
			return nil, errors.New("cannot find the Kubernetes API: KUBERNETES_SERVICE_HOST is not set, so this is not a pod: " +
				"give --server, for example that of kubectl proxy, http://127.0.0.1:8001")
		}
		c.Server = "https://" + net.JoinHostPort(host, cmp.Or(getenv("KUBERNETES_SERVICE_PORT"), "443"))
		c.TokenFile, c.CAFile = cmp.Or(c.TokenFile, mountedToken), cmp.Or(c.CAFile, mountedCA)
	}
	server, err := url.Parse(c.Server)
	if err != nil || server.Host == "" || server.Scheme != "https" && server.Scheme != "http" {
		return nil, fmt.Errorf("cannot use server %q: expected https://HOST:PORT or http://HOST:PORT", c.Server)
	}
	if c.TokenFile != "" && server.Scheme == "http" {
		return nil, fmt.Errorf("cannot use server %q: a token is not sent without TLS", c.Server)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = answerTimeout
	// A connection that has died without a word is found by pings.
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: answerTimeout, PingTimeout: answerTimeout / 2}
	if c.CAFile != "" {
		pool, err := authorities(c.CAFile)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	collection := server.JoinPath("api/v1/pods")
	if c.Namespace != "" {
		collection = server.JoinPath("api/v1/namespaces", c.Namespace, "pods")
	}
	return &api{pods: collection.String(), tokenFile: c.TokenFile, client: http.Client{Transport: transport}}, nil
}

func authorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("cannot read certificates %q: there is none in PEM", file)
	}
	return pool, nil
}

const (
	answerTimeout = 30 * time.Second
	listTimeout   = 2 * time.Minute // of one page
	pageSize      = "500"
	// maxStatus bounds what is read of an answer that refuses.
	maxStatus = 64 << 10
	// running leaves out pods that have ended, whose addresses others may have. One that ends is then as one that is deleted.
	running = "status.phase!=Succeeded,status.phase!=Failed"
)

// status is how the API server says that something went wrong.
// Source: k8s.io/apimachinery/pkg/apis/meta/v1, Status.
type status struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (s *status) Error() string {
	return fmt.Sprintf("%s (%d)", cmp.Or(s.Message, http.StatusText(s.Code)), s.Code)
}

// isGone reports whether the server no longer knows the version from which it was asked.
func isGone(err error) bool {
	var s *status
	return errors.As(err, &s) && s.Code == http.StatusGone
}

// isLost reports whether a watch ended without an answer of the server's, so that it can be resumed.
func isLost(err error) bool {
	var refused *status
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	return !errors.As(err, &refused) && !errors.As(err, &syntax) && !errors.As(err, &kind)
}

// get asks for the pods. The caller closes the body.
func (a *api) get(ctx context.Context, query url.Values) (io.ReadCloser, error) {
	query.Set("fieldSelector", running)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.pods+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	if a.tokenFile != "" {
		token, err := os.ReadFile(a.tokenFile) // each time, as the kubelet renews it
		if err != nil {
			return nil, fmt.Errorf("cannot read token: %w", err)
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	answer, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusOK {
		return answer.Body, nil
	}
	defer func() { _ = answer.Body.Close() }() // it was only read
	refused := status{}
	_ = json.NewDecoder(io.LimitReader(answer.Body, maxStatus)).Decode(&refused) // a proxy says nothing that could be read
	refused.Code = answer.StatusCode
	return nil, &refused
}

// list gives each pod to a function, and is the version of which the list is.
func (a *api) list(ctx context.Context, each func(*pod)) (version string, err error) {
	for next := ""; ; {
		var page struct {
			Metadata struct {
				ResourceVersion string `json:"resourceVersion"`
				Continue        string `json:"continue"`
			} `json:"metadata"`
			Items []pod `json:"items"`
		}
		if err := a.page(ctx, next, &page); err != nil {
			return "", fmt.Errorf("cannot list pods: %w", err)
		}
		for i := range page.Items {
			each(&page.Items[i])
		}
		if next = page.Metadata.Continue; next == "" {
			return page.Metadata.ResourceVersion, nil
		}
	}
}

func (a *api) page(ctx context.Context, from string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	query := url.Values{"limit": {pageSize}}
	if from != "" {
		query.Set("continue", from)
	}
	body, err := a.get(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // it was only read
	return json.NewDecoder(body).Decode(into)
}

// Types of events. Of others, as BOOKMARK, only the version of the object counts.
const (
	added    = "ADDED"
	modified = "MODIFIED"
	deleted  = "DELETED"
	failure  = "ERROR" // a status
)

type event struct {
	Type   string          `json:"type"`
	Object json.RawMessage `json:"object"`
}

// watch gives each change since a version to a function, until the server ends it, which it does in time.
func (a *api) watch(ctx context.Context, version string, lasting time.Duration, each func(kind string, p *pod)) error {
	ctx, cancel := context.WithTimeout(ctx, lasting+answerTimeout)
	defer cancel()
	body, err := a.get(ctx, url.Values{
		"watch":               {"true"},
		"resourceVersion":     {version},
		"allowWatchBookmarks": {"true"},
		"timeoutSeconds":      {fmt.Sprint(int(lasting.Seconds()))},
	})
	if err != nil {
		return fmt.Errorf("cannot watch pods: %w", err)
	}
	defer func() { _ = body.Close() }() // it was only read
	for decoder := json.NewDecoder(body); ; {
		var e event
		if err := decoder.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("cannot watch pods: %w", err)
		}
		if e.Type == failure {
			var s status
			if err := json.Unmarshal(e.Object, &s); err != nil {
				return fmt.Errorf("cannot watch pods: %w", err)
			}
			return fmt.Errorf("cannot watch pods: %w", &s)
		}
		var p pod
		if err := json.Unmarshal(e.Object, &p); err != nil {
			return fmt.Errorf("cannot read pod: %w", err)
		}
		each(e.Type, &p)
	}
}
