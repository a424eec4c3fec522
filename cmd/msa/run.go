package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listen"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/queue"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/internal/ratelog"
	"github.com/modsecurity-for-anylog/msa/internal/send"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

const (
	// runTag is the tag of records that have come over the network.
	runTag = "msa.run"
	// waiting is how many bytes of records may wait to be inspected, half of them of one sender.
	waiting = 128 << 20
	// maxDatagramBytes bounds --datagram-bytes: it is what a datagram may unpack to before it is looked at.
	maxDatagramBytes = 64 << 20
	// lastDelivery is how long alerts may take at the end to reach a receiver that
	// does not answer.
	lastDelivery = 5 * time.Second
)

// textKey is where the pipeline puts an alert's JSON text.
var textKey = []string{event.TextKey}

type runCommand struct {
	Listen    []string `placeholder:"ADDRESS" sep:"none" help:"Receive JSON records at udp://HOST:PORT or tcp://HOST:PORT; may be repeated (default: udp://:15155)"`
	Records   int      `name:"datagram-records" default:"256" placeholder:"N" help:"Records read from one datagram, at most; what follows is lost, and counted (default: 256)"`
	Bytes     string   `name:"datagram-bytes" default:"2M" placeholder:"SIZE" help:"Bytes read from one unpacked datagram, at most; what follows is lost, and counted (default: 2M)"`
	Output    string   `placeholder:"ADDRESS" help:"Send alerts to gelf://HOST:PORT, syslog+udp://HOST:PORT, syslog+tcp://…, syslog+tls://…, unix:///PATH, forward://HOST:PORT (Fluent Bit, Fluentd), forward+tls://…, http://…, https://… or stdout (the default)"`
	Syslog    string   `name:"syslog-format" placeholder:"FORMAT" help:"Format of syslog messages: rfc5424 (the default, except at unix sockets) or rfc3164"`
	Header    string   `name:"http-header" placeholder:"HEADER" help:"Header of HTTP requests, such as Authorization: Bearer …"`
	SharedKey string   `placeholder:"KEY" help:"Secret shared with the receiver at forward://…"`
	Hostname  string   `short:"p" placeholder:"NAME" help:"Name of this host in syslog and GELF (default: the system's)"`
	TLSCA     string   `name:"tls-ca" placeholder:"FILE" help:"Certificates in PEM to trust for TLS (default: the system's)"`
	TLSCert   string   `name:"tls-cert" placeholder:"FILE" help:"Certificate in PEM to show to the receiver"`
	TLSKey    string   `name:"tls-key" placeholder:"FILE" help:"Key of --tls-cert in PEM"`
	TLSServer string   `name:"tls-server-name" placeholder:"NAME" help:"Name in the receiver's certificate (default: the host of --output)"`

	ListenPort string `short:"l" group:"Flags of the original MSA" placeholder:"PORT" help:"Receive at this port (environment: LISTEN_PORT)"`
	TCP        bool   `short:"t" group:"Flags of the original MSA" help:"Receive by TCP instead of UDP"`
	Send       string `short:"s" group:"Flags of the original MSA" placeholder:"HOST:PORT" help:"Send alerts there (environment: OUTPUT)"`
	Format     string `short:"u" group:"Flags of the original MSA" placeholder:"FORMAT" help:"Format for -s: gelf (the default) or syslog"`
	RulesFile  string `short:"c" group:"Flags of the original MSA" placeholder:"FILE" help:"Rules, as --rules (environment: RULEPATH)"`
	KeyFile    string `short:"k" group:"Flags of the original MSA" placeholder:"FILE" help:"File with names of fields, one a line: name : key"`
	All        bool   `short:"a" group:"Flags of the original MSA" help:"Include bodies in alerts; only a program called uniwaf omits them without this flag"`
	Foreground bool   `short:"r" group:"Flags of the original MSA" help:"Stay in the foreground, as always"`

	kong.Plugins
}

// Run inspects until SIGTERM or SIGINT.
func (c *runCommand) Run(p *process) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(signals)
	log := slog.New(slog.NewTextHandler(p.stderr, nil))

	var keys *keyFile
	if c.KeyFile != "" {
		var err error
		if keys, err = importKeyFile(c.KeyFile); err != nil {
			return err
		}
		defer keys.remove()
	}
	r, err := c.start(p, keys, log)
	if err != nil {
		return err
	}
	for s := range signals {
		if s != syscall.SIGHUP {
			log.Info("shutting down; what was received is still inspected", "signal", s)
			break
		}
		r.reloading.Go(func() { r.reload(keys) })
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.end()
	}()
	for {
		select {
		case <-ended:
			return nil
		case s := <-signals:
			if s != syscall.SIGHUP {
				log.Error("exiting at once; what waits is lost", "signal", s)
				return exitCode(exitFailed)
			}
		}
	}
}

// runner is everything between the sockets.
type runner struct {
	log        *slog.Logger
	properties inspect.Properties
	inspector  *inspect.Inspector
	rateLog    *ratelog.Logger
	queue      *queue.Queue
	sink       send.Sink
	listeners  []listen.Listener
	receiving  sync.WaitGroup
	inspecting chan struct{}
	lettingGo  sync.WaitGroup
	reloading  sync.WaitGroup
}

// start opens everything, or nothing.
func (c *runCommand) start(p *process, keys *keyFile, log *slog.Logger) (_ *runner, err error) {
	listenAt, err := c.listenAddresses(p)
	if err != nil {
		return nil, err
	}
	datagram, err := c.datagramLimits()
	if err != nil {
		return nil, err
	}
	output, err := c.outputAddress(p)
	if err != nil {
		return nil, err
	}
	r := &runner{log: log, queue: queue.New(waiting), inspecting: make(chan struct{})}
	if r.properties, err = c.properties(p, keys); err != nil {
		return nil, err
	}
	config, err := r.properties.Config()
	if err != nil {
		return nil, err
	}
	if r.inspector, err = inspect.New(r.properties, log); err != nil {
		return nil, err
	}
	r.rateLog = ratelog.New(log)
	defer func() {
		if err != nil {
			r.abandon()
		}
	}()
	sending, err := c.sending()
	if err != nil {
		return nil, err
	}
	sending.Buffer, sending.Stdout, sending.Log, sending.RateLog = config.AlertBuffer, p.stdout, log, r.rateLog
	for _, address := range listenAt {
		l, err := listen.Open(address, listen.Config{Put: r.queue.Lane().Put, Datagram: datagram, Log: log, RateLog: r.rateLog})
		if err != nil {
			return nil, err
		}
		r.listeners = append(r.listeners, l)
	}
	if r.sink, err = send.Open(output, sending); err != nil {
		return nil, err
	}
	log.Info("listening", "at", strings.Join(r.work(config.FromAlerts), ", "), "output", send.Shown(output),
		"rules", r.properties.Or("rules"), "mapping", r.mapping(keys), "version", versionText())
	return r, nil
}

// sending is what flags say of how alerts are delivered.
func (c *runCommand) sending() (s send.Config, err error) {
	s = send.Config{
		Hostname: c.Hostname,
		Syslog:   c.Syslog,
		Header:   c.Header,
		Shared:   c.SharedKey,
		TLS:      send.TLS{CAFile: c.TLSCA, CertFile: c.TLSCert, KeyFile: c.TLSKey, ServerName: c.TLSServer},
	}
	if s.Hostname == "" {
		if s.Hostname, err = os.Hostname(); err != nil {
			return s, fmt.Errorf("cannot find this host's name, which --hostname can give: %w", err)
		}
	}
	return s, nil
}

// work begins to receive, inspect and send, and is where it listens.
func (r *runner) work(fromAlerts bool) (at []string) {
	go func() {
		defer close(r.inspecting)
		inspect.All(r.inspector, runTag, r.queue.Take, func(chunk []byte) []byte { return chunk }, r.deliver)
	}()
	if fromAlerts {
		r.lettingGo.Go(r.letGo)
	}
	for _, l := range r.listeners {
		r.receiving.Go(l.Serve)
		at = append(at, l.Addr().Network()+"://"+l.Addr().String())
	}
	return at
}

func (r *runner) mapping(keys *keyFile) string {
	if keys != nil {
		return keys.path
	}
	return r.properties.Or("mapping")
}

// abandon undoes a start that failed.
func (r *runner) abandon() {
	r.queue.Close()
	for _, l := range r.listeners {
		l.Close()
		l.Serve()
	}
	r.inspector.Close()
	r.rateLog.Close()
}

func (r *runner) deliver(_ []byte, result pipeline.Result) {
	for _, alerts := range slices.Concat(result.Alerts, result.Incidents) {
		err := event.Alerts(alerts.Events, func(a event.Alert) {
			a.Tag = alerts.Tag
			r.sink.Send(a)
		})
		if err != nil {
			r.rateLog.Add(slog.LevelError, "alerts lost", "broken alert", 1, "error", err)
		}
	}
}

// letGo sends alerts of other instances on that have waited long enough, until what is received has been inspected.
func (r *runner) letGo() {
	each := time.NewTicker(time.Second)
	defer each.Stop()
	for {
		select {
		case <-r.inspecting:
			return
		case now := <-each.C:
			r.deliver(nil, r.inspector.Overdue(now))
		}
	}
}

// reload compiles rules and mapping anew; bad ones leave the old in force.
func (r *runner) reload(keys *keyFile) {
	began := time.Now()
	err := error(nil)
	if keys != nil {
		err = keys.load()
	}
	if err == nil {
		err = r.inspector.Load(r.properties)
	}
	if err != nil {
		r.log.Error("cannot reload; the old rules stay", "error", err)
		return
	}
	r.log.Info("reloaded", "rules", r.properties.Or("rules"), "mapping", r.mapping(keys), "took", time.Since(began).Round(time.Millisecond))
}

// end takes in what has arrived, inspects it and sends its alerts.
func (r *runner) end() {
	for _, l := range r.listeners {
		l.Close()
	}
	r.receiving.Wait()
	r.queue.Close()
	<-r.inspecting
	r.reloading.Wait() // or what is loaded would come when nothing can take it any more
	r.lettingGo.Wait() // or what it sends would come when nothing is sent any more
	r.deliver(nil, r.inspector.Finish())
	ctx, cancel := context.WithTimeout(context.Background(), lastDelivery)
	defer cancel()
	r.sink.Close(ctx)
	s := r.inspector.Snapshot()
	r.inspector.Close()
	r.rateLog.Close()
	failed, causes := inspect.Failures(s)
	r.log.Info("ended", "records", s.Records, "alerts", s.Alerts, "not_inspected", failed, "causes", strings.Join(causes, ", "))
}
