package main

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/internal/ratelog"
	"github.com/modsecurity-for-anylog/msa/internal/send"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// outputInstance is one [OUTPUT] section. A chunk that it takes is inspected, and is done
// when its alerts are delivered; until then the host keeps it and brings it again.
//
// Chunks come on the threads of the host's workers, at the same time, or without
// workers on the engine's thread, which then waits for us.
type outputInstance struct {
	*base
	transport send.Transport
	rateLog   *ratelog.Logger
	engine    int // the engine's thread

	mu   sync.Mutex
	held []delivery // oldest first
	size int        // bytes of held
	down time.Time  // until when nobody tries to deliver
	wait time.Duration

	blockedLog, retryLog, fullLog limiter
	reloadLog                     atomic.Bool
}

const (
	// patience is how long a worker tries to deliver before the host is asked to bring
	// the chunk again, which may take minutes.
	patience = 5 * time.Second
	// workerDelivery is how long all of a worker's attempts may take, and engineDelivery how long the engine's
	// only one may, as nothing else moves meanwhile.
	workerDelivery = 10 * time.Second
	engineDelivery = 2 * time.Second
	firstWait      = 100 * time.Millisecond
	maxWait        = 30 * time.Second
)

// delivery is the alerts of a chunk that could not be delivered. It is not inspected
// again, or the detectors would see its records twice.
type delivery struct {
	chunk  chunkID
	alerts []event.Alert
	size   int // bytes
}

// chunkID tells chunks apart.
type chunkID struct {
	tag  string
	size int
	hash uint64
}

var chunkSeed = maphash.MakeSeed()

// start readies the output: rules, and where alerts go.
func (o *outputInstance) start(given hostProperties) error {
	r, err := o.compile(given)
	switch {
	case err == nil:
		plugins.use(o.base, r)
	case plugins.reuse(o.base):
		o.log.Error(fmt.Sprintf("cannot reload: %v; KEEPING THE LAST GOOD RULES AND PROPERTIES", err))
	default:
		return fmt.Errorf("cannot start: %w", err)
	}
	o.rateLog = ratelog.New(o.log.Logger)
	config := o.rules.to.config
	config.Log, config.RateLog = o.log.Logger, o.rateLog
	if o.transport, err = send.NewTransport(o.rules.to.address, config); err != nil {
		o.rateLog.Close()
		return fmt.Errorf("cannot start: %w", err)
	}
	o.engine = syscall.Gettid()
	o.waiting = o.holds
	plugins.start(o.base)
	return nil
}

func (o *outputInstance) compile(given hostProperties) (*rules, error) {
	if err := checkKeys(given.keys()); err != nil {
		return nil, err
	}
	values := given.values(o.log)
	to, err := parseDestination(values)
	if err != nil {
		return nil, err
	}
	config, err := pipeline.ParseConfig(to.forOutput(values))
	if err != nil {
		return nil, err
	}
	switch {
	case config.Annotate != "":
		return nil, errors.New("property annotate: an output can't change records; the filter can")
	case config.AlertTag == "":
		return nil, errors.New("property alert_tag: without alerts the output has nothing to do")
	case config.FromAlerts:
		return nil, errors.New("property incidents_from: an output can't have alerts wait for those of other instances; the filter and msa run can")
	}
	p, err := pipeline.New(config, &plugins.engines, o.log.Logger)
	if err != nil {
		return nil, err
	}
	return &rules{Pipeline: p, config: config, to: to}, nil
}

// flush inspects a chunk and delivers its alerts. It tells whether all is done, or
// the chunk has to come again.
func (o *outputInstance) flush(tag string, chunk []byte) bool {
	if len(chunk) == 0 || tag == o.rules.config.AlertTag || tag == o.rules.config.IncidentTag {
		return true // what we have said ourselves
	}
	d, ok := o.take(tag, chunk)
	if !ok {
		d = o.inspect(tag, chunk, d.chunk)
	}
	if len(d.alerts) == 0 {
		return true
	}
	err := o.deliver(d.alerts)
	if err == nil {
		return true
	}
	o.hold(d)
	if o.retryLog.allows(time.Now()) {
		o.log.Warn(fmt.Sprintf("cannot deliver alerts to %s, the chunk will be retried: %v", o.rules.to, err))
	}
	return false
}

func (o *outputInstance) inspect(tag string, chunk []byte, id chunkID) delivery {
	d := delivery{chunk: id}
	res := o.rules.Process(tag, chunk)
	o.add(&d, res)
	return d
}

// add adds alerts or incidents to a delivery.
func (o *outputInstance) add(d *delivery, res pipeline.Result) {
	for _, a := range slices.Concat(res.Alerts, res.Incidents) {
		err := event.Alerts(a.Events, func(one event.Alert) {
			one.Tag = a.Tag
			d.alerts = append(d.alerts, one)
		})
		if err != nil {
			o.identity.lost.Add(1)
			o.fail(err.Error())
		}
		d.size += len(a.Events)
	}
}

// deliver hands alerts over, and tries again for a while if that fails.
func (o *outputInstance) deliver(alerts []event.Alert) error {
	if syscall.Gettid() == o.engine {
		return o.deliverAtOnce(alerts)
	}
	// Fluent Bit up to 5.1.1 at least starts the workers of a Go output twice
	// (flb_proxy_output_cb_init and flb_output_init_all), and those that it forgets
	// outlive the configuration that they read.
	if hotReload() && !o.reloadLog.Swap(true) {
		o.log.Warn("do not reload: Fluent Bit may crash after a reload when a Go output has Workers; restart it instead")
	}
	// At its end the host waits for each chunk that it has given to a worker: in an outage only one of them may take time.
	if o.isDown() {
		return errDown
	}
	ctx, cancel := context.WithTimeout(context.Background(), workerDelivery)
	defer cancel()
	began := time.Now()
	for wait := firstWait; ; wait *= 2 {
		err := o.transport.Deliver(ctx, alerts)
		if err == nil || time.Since(began)+wait > patience {
			o.note(err, patience)
			return err
		}
		time.Sleep(wait)
	}
}

// deliverAtOnce is for the engine's thread, which can't wait.
func (o *outputInstance) deliverAtOnce(alerts []event.Alert) error {
	if o.blockedLog.allows(time.Now()) {
		o.log.Warn("without Workers the whole pipeline waits while records are inspected and alerts delivered: set Workers 1 or more")
	}
	if o.isDown() {
		return errDown
	}
	ctx, cancel := context.WithTimeout(context.Background(), engineDelivery)
	defer cancel()
	err := o.transport.Deliver(ctx, alerts)
	o.note(err, firstWait)
	return err
}

var errDown = errors.New("it could not be reached a moment ago")

func (o *outputInstance) isDown() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Now().Before(o.down)
}

// note has nobody try for a while after a delivery has failed, first for so long and then for longer.
func (o *outputInstance) note(err error, first time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.wait, o.down = 0, time.Time{}
		return
	}
	o.wait = min(max(first, 2*o.wait), maxWait)
	o.down = time.Now().Add(o.wait)
}

// take gives back what is held of a chunk, if it is.
func (o *outputInstance) take(tag string, chunk []byte) (delivery, bool) {
	id := chunkID{tag, len(chunk), maphash.Bytes(chunkSeed, chunk)}
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.held, func(d delivery) bool { return d.chunk == id })
	if i < 0 {
		return delivery{chunk: id}, false
	}
	d := o.held[i]
	o.held = slices.Delete(o.held, i, i+1)
	o.size -= d.size
	return d, true
}

// hold keeps what could not be delivered, as long as there is room: the host may
// have given up chunks of which we don't hear. What makes room is inspected again.
func (o *outputInstance) hold(d delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held = append(o.held, d)
	o.size += d.size
	for o.size > o.rules.config.AlertBuffer && len(o.held) > 1 {
		o.size -= o.held[0].size
		o.held = slices.Delete(o.held, 0, 1)
		if o.fullLog.allows(time.Now()) {
			o.log.Warn("more alerts wait than alert_buffer holds: their chunks will be inspected again, so detectors see their records twice")
		}
	}
}

// holds is how many alerts wait for their chunk to come again.
func (o *outputInstance) holds() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, d := range o.held {
		n += len(d.alerts)
	}
	return n
}

// finish delivers what is left to tell of incidents, as far as one attempt goes.
func (o *outputInstance) finish() {
	var d delivery
	o.add(&d, o.rules.Finish())
	if len(d.alerts) == 0 || o.isDown() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), engineDelivery)
	defer cancel()
	if err := o.transport.Deliver(ctx, d.alerts); err != nil {
		o.log.Warn(fmt.Sprintf("cannot deliver the ends of incidents to %s: %v", o.rules.to, err))
	}
}

func (o *outputInstance) stop() {
	o.finish()
	o.transport.Close()
	o.rateLog.Close()
	o.rules.SaveState() // as of a filter
	plugins.leave(o.base)
}

// forwardTo is the property by which an output's list of properties is found.
const forwardTo = "forward_to"

// outputProperties are those that the filter doesn't have. TLS's can't begin with
// "tls.": these are the host's, for its own connections.
var outputProperties = []string{
	forwardTo, "hostname", "syslog_format", "http_header", "shared_key", "tls_ca", "tls_cert", "tls_key", "tls_server_name",
}

// checkKeys refuses properties that neither the output nor the filter has: the host
// does not do it for Go plugins.
func checkKeys(given []string) error {
	for _, key := range given {
		key = strings.ToLower(key)
		if strings.HasPrefix(key, "emitter_") {
			return fmt.Errorf("property %s: an output has no emitter; the host keeps chunks until their alerts are delivered", key)
		}
		isFilters := slices.ContainsFunc(pipeline.Properties(), func(p pipeline.Property) bool { return p.Name == key })
		if !isFilters && !slices.Contains(outputProperties, key) {
			return fmt.Errorf("property %s: there is no property of this name", key)
		}
	}
	return nil
}

// destination is where an output's alerts go.
type destination struct {
	address string
	config  send.Config
}

// String is the address as it may be logged.
func (d destination) String() string { return send.Shown(d.address) }

func parseDestination(values func(string) []string) (destination, error) {
	last := func(property string) string {
		if v := values(property); len(v) > 0 {
			return strings.TrimSpace(v[len(v)-1])
		}
		return ""
	}
	d := destination{address: last(forwardTo), config: send.Config{
		Hostname: last("hostname"),
		Syslog:   last("syslog_format"),
		Header:   last("http_header"),
		Shared:   last("shared_key"),
		TLS: send.TLS{
			CAFile: last("tls_ca"), CertFile: last("tls_cert"), KeyFile: last("tls_key"), ServerName: last("tls_server_name"),
		},
	}}
	if d.address == "" {
		return d, fmt.Errorf("property %s: missing; it says where alerts go: %s://…", forwardTo, strings.Join(send.Schemes(), "://…, "))
	}
	if d.config.Hostname == "" {
		var err error
		if d.config.Hostname, err = os.Hostname(); err != nil {
			return d, fmt.Errorf("cannot find this host's name, which property hostname can give: %w", err)
		}
	}
	if isTLS(d.address) {
		// Once: at a reload that fails for another file, the last good ones may have gone.
		var err error
		if d.config.TLS, err = d.config.TLS.Load(); err != nil {
			return d, err
		}
	}
	if _, err := send.NewTransport(d.address, d.config); err != nil {
		return d, fmt.Errorf("property %s: %w", forwardTo, err)
	}
	return d, nil
}

func isTLS(address string) bool {
	scheme, _, _ := strings.Cut(address, "://")
	return scheme == "https" || strings.HasSuffix(scheme, "+tls")
}

// forOutput are the values with the alert's text where it is read, unless records
// are forwarded.
func (d destination) forOutput(values func(string) []string) func(string) []string {
	if strings.HasPrefix(d.address, "forward") {
		return values
	}
	return func(property string) []string {
		if property == "alert_text_key" {
			return []string{event.TextKey}
		}
		return values(property)
	}
}
