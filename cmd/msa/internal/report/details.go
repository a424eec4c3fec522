package report

import (
	"bytes"
	"compress/gzip"
	"fmt"
)

// row is what the list says of one alert.
type row struct {
	at                             int64
	severity, direction            uint8
	isDetector                     bool
	category, rule, source, target string
	label                          string
}

// chunk is some alerts of one class, compressed.
type chunk struct {
	rows []row
	gzip []byte // a JSON array of the alerts
}

const (
	chunkAlerts = 200
	chunkBytes  = 1 << 20
	mostListed  = 250_000 // alerts: a search in more takes too long
)

// details are the alerts that can be opened, as many as there is room for: those of detectors, then the most severe, and of the
// same severity those that came first.
type details struct {
	room    int // bytes, compressed
	size    int
	packed  int         // alerts
	classes [9]struct { // of detectors, and of severities 0 to 7
		chunks []chunk
		open   []row
		text   bytes.Buffer // of the open ones, without the brackets
	}
	closed int // classes from this one on have no room any more
	packer *gzip.Writer
}

func newDetails(room int) *details {
	return &details{room: room, closed: 9, packer: gzip.NewWriter(nil)}
}

func (d *details) add(r row, text []byte) error {
	class := int(r.severity) + 1
	if r.isDetector {
		class = 0
	}
	if class >= d.closed {
		return nil
	}
	c := &d.classes[class]
	if len(c.open) > 0 {
		c.text.WriteByte(',')
	}
	c.text.Write(text)
	c.open = append(c.open, r)
	if len(c.open) < chunkAlerts && c.text.Len() < chunkBytes {
		return nil
	}
	return d.pack(class)
}

// pack compresses the open alerts of a class.
func (d *details) pack(class int) error {
	c := &d.classes[class]
	if len(c.open) == 0 {
		return nil
	}
	var out bytes.Buffer
	d.packer.Reset(&out)
	for _, part := range [][]byte{{'['}, c.text.Bytes(), {']'}} {
		if _, err := d.packer.Write(part); err != nil {
			return fmt.Errorf("cannot compress alerts: %w", err)
		}
	}
	if err := d.packer.Close(); err != nil {
		return fmt.Errorf("cannot compress alerts: %w", err)
	}
	c.chunks = append(c.chunks, chunk{c.open, out.Bytes()})
	c.open = nil
	c.text.Reset()
	d.size += out.Len()
	d.packed += len(c.chunks[len(c.chunks)-1].rows)
	for (d.size > d.room || d.packed > mostListed) && d.drop() {
	}
	return nil
}

// drop gives up the last of the least severe alerts.
func (d *details) drop() bool {
	for class := len(d.classes) - 1; class >= 0; class-- {
		c := &d.classes[class]
		if len(c.open) == 0 && len(c.chunks) == 0 {
			continue
		}
		d.closed = min(d.closed, class)
		if len(c.open) > 0 {
			c.open = nil
			c.text = bytes.Buffer{}
			return true
		}
		last := len(c.chunks) - 1
		d.size -= len(c.chunks[last].gzip)
		d.packed -= len(c.chunks[last].rows)
		c.chunks[last] = chunk{}
		c.chunks = c.chunks[:last]
		return true
	}
	return false
}

// finish compresses what is left open.
func (d *details) finish() error {
	for class := range d.classes {
		if err := d.pack(class); err != nil {
			return err
		}
	}
	return nil
}

// chunks are all of them, the most important first.
func (d *details) chunks() (all []chunk) {
	for class := range d.classes {
		all = append(all, d.classes[class].chunks...)
	}
	return all
}
