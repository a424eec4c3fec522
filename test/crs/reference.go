package crs

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental"
	"github.com/corazawaf/coraza/v3/types"
)

// referenceSettings is what plain Coraza needs beside its recommended configuration:
// CRS 4.25 has no default action for phases 3 to 5, without which its response rules
// log nothing.
const referenceSettings = `
SecDefaultAction "phase:3,log,auditlog,pass"
SecDefaultAction "phase:4,log,auditlog,pass"
SecDefaultAction "phase:5,log,auditlog,pass"
SecAction "id:900000,phase:1,pass,nolog,t:none,setvar:tx.blocking_paranoia_level=4"
`

// Reference runs the stages through plain Coraza, with the configuration that it
// recommends, as an HTTP server would: without mapping, pipeline or engine. A stage
// that fails here can't be expected of a log.
func Reference(stages []Stage) ([]Result, error) {
	settings, err := os.ReadFile(settingsFile())
	if err != nil {
		return nil, err
	}
	var logs errorLogs
	waf, err := coraza.NewWAF(coraza.NewWAFConfig().
		WithRootFS(coreruleset.FS).
		WithErrorCallback(logs.add).
		WithDirectives("Include @coraza.conf-recommended").
		WithDirectives(referenceSettings).
		WithDirectives(string(settings)).
		WithDirectives("Include @crs-setup.conf.example").
		WithDirectives("Include @owasp_crs/*.conf"))
	if err != nil {
		return nil, err
	}
	if c, ok := waf.(experimental.WAFCloser); ok {
		defer func() { _ = c.Close() }() // frees memory only
	}
	results := make([]Result, len(stages))
	parallel(len(stages), func(i int) {
		r := &results[i]
		r.Stage = &stages[i]
		r.Err = serve(waf, Respond(r.Stage))
		r.IDs, r.Log = logs.take(r.Name)
		r.judge()
	})
	return results, nil
}

// errorLogs collects what transactions log, by their id.
type errorLogs struct {
	mu  sync.Mutex
	ids map[string][]int
	log map[string][]string
}

func (l *errorLogs) add(m types.MatchedRule) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ids == nil {
		l.ids, l.log = map[string][]int{}, map[string][]string{}
	}
	tx := m.TransactionID()
	l.ids[tx] = append(l.ids[tx], m.Rule().ID())
	l.log[tx] = append(l.log[tx], m.ErrorLog())
}

func (l *errorLogs) take(tx string) ([]int, []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer delete(l.ids, tx)
	defer delete(l.log, tx)
	return slices.Clone(l.ids[tx]), l.log[tx]
}

// serve runs an exchange through all phases, as a server's connector does.
func serve(waf coraza.WAF, e Exchange) (err error) {
	tx := waf.NewTransactionWithID(e.Name)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("coraza: %v", r)
			return
		}
		if closing := tx.Close(); err == nil {
			err = closing
		}
	}()
	tx.ProcessConnection(clientAddress, clientPort, serverAddress, serverPort)
	tx.ProcessURI(e.Request.URI, e.Request.Method, e.Request.Version)
	host, _, _ := strings.Cut(e.header("Host"), ":")
	tx.SetServerName(host)
	for _, h := range e.Request.Headers {
		tx.AddRequestHeader(h.Name, strings.Trim(h.Value, " \t"))
	}
	tx.ProcessRequestHeaders()
	if _, _, err := tx.WriteRequestBody([]byte(e.Request.Body)); err != nil {
		return err
	}
	if _, err := tx.ProcessRequestBody(); err != nil {
		return err
	}
	for _, h := range e.Response.Headers {
		tx.AddResponseHeader(h.Name, h.Value)
	}
	tx.ProcessResponseHeaders(e.Response.Status, "HTTP/1.1")
	if tx.IsResponseBodyProcessable() {
		if _, _, err := tx.WriteResponseBody([]byte(e.Response.Body)); err != nil {
			return err
		}
	}
	if _, err := tx.ProcessResponseBody(); err != nil {
		return err
	}
	tx.ProcessLogging()
	return nil
}
