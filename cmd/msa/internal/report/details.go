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
	category, rule, source, target string
	label                          string
}

// chunk is some alerts of one severity, compressed.
type chunk struct {
	rows []row
	gzip []byte // a JSON array of the alerts
}

const (
	chunkAlerts = 200
	chunkBytes  = 1 << 20
)

// details are the alerts that can be opened: the most severe, and of the same severity those that came first, as many as
// there is room for.
type details struct {
	room    int // bytes, compressed
	size    int
	classes [8]struct {
		chunks []chunk
		open   []row
		text   bytes.Buffer // of the open ones, without the brackets
	}
	closed uint8 // severities from this one on have no room any more
	packer *gzip.Writer
}

func newDetails(room int) *details {
	return &details{room: room, closed: 8, packer: gzip.NewWriter(nil)}
}

func (d *details) add(r row, text []byte) error {
	if r.severity >= d.closed {
		return nil
	}
	c := &d.classes[r.severity]
	if len(c.open) > 0 {
		c.text.WriteByte(',')
	}
	c.text.Write(text)
	c.open = append(c.open, r)
	if len(c.open) < chunkAlerts && c.text.Len() < chunkBytes {
		return nil
	}
	return d.pack(r.severity)
}

// pack compresses the open alerts of a severity.
func (d *details) pack(severity uint8) error {
	c := &d.classes[severity]
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
	for d.size > d.room && d.drop() {
	}
	return nil
}

// drop gives up the last of the least severe alerts.
func (d *details) drop() bool {
	for s := len(d.classes) - 1; s >= 0; s-- {
		c := &d.classes[s]
		if len(c.open) == 0 && len(c.chunks) == 0 {
			continue
		}
		d.closed = min(d.closed, uint8(s))
		if len(c.open) > 0 {
			c.open = nil
			c.text = bytes.Buffer{}
			return true
		}
		last := len(c.chunks) - 1
		d.size -= len(c.chunks[last].gzip)
		c.chunks[last] = chunk{}
		c.chunks = c.chunks[:last]
		return true
	}
	return false
}

// finish compresses what is left open.
func (d *details) finish() error {
	for s := range d.classes {
		if err := d.pack(uint8(s)); err != nil {
			return err
		}
	}
	return nil
}

// chunks are all of them, the most severe first.
func (d *details) chunks() (all []chunk) {
	for s := range d.classes {
		all = append(all, d.classes[s].chunks...)
	}
	return all
}
