package main

import (
	"fmt"
	"math"
	"strings"
)

const (
	width, height = 800, 140 // of one curve
	margin        = 60
)

// draw is the graph as SVG: one curve below the other, over the time in minutes.
func (s *soak) draw() []byte {
	var b strings.Builder
	curves := []struct {
		name, colour string
		of           func(sample) float64
	}{
		{"memory of the process, MiB", "#0a6", func(x sample) float64 { return x.memory }},
		{"records a second", "#06a", func(x sample) float64 { return x.rate }},
		{fmt.Sprintf("p99 of a chunk of %d records, ms", chunkRecords), "#a40", func(x sample) float64 { return x.p99 }},
	}
	total := len(curves)*(height+50) + 30
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width+2*margin, total)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/>`+"\n")
	for i, c := range curves {
		top := 30 + i*(height+50)
		highest := 0.0
		for _, x := range s.samples {
			highest = math.Max(highest, c.of(x))
		}
		highest = math.Max(1, highest*1.1)
		fmt.Fprintf(&b, `<text x="%d" y="%d">%s</text>`+"\n", margin, top-8, c.name)
		for _, part := range []float64{0, 0.5, 1} {
			y := float64(top) + height*(1-part)
			fmt.Fprintf(&b, `<path d="M%d %.1fh%d" stroke="#ccc"/><text x="%d" y="%.1f" text-anchor="end">%.0f</text>`+"\n", margin, y, width, margin-6, y+4, highest*part)
		}
		b.WriteString(`<polyline fill="none" stroke-width="1.5" stroke="` + c.colour + `" points="`)
		for j, x := range s.samples {
			fmt.Fprintf(&b, "%.1f,%.1f ", margin+float64(width*j)/float64(len(s.samples)-1), float64(top)+height*(1-c.of(x)/highest))
		}
		b.WriteString(`"/>` + "\n")
		end := margin + width*s.warmup()/(len(s.samples)-1)
		fmt.Fprintf(&b, `<path d="M%d %dv%d" stroke="#888" stroke-dasharray="4"/>`+"\n", end, top, height)
	}
	for part := range 5 {
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%.1f min</text>`+"\n", margin+width*part/4, total-12, s.duration.Minutes()*float64(part)/4)
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}
