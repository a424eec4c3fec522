package report

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"github.com/modsecurity-for-anylog/msa/alert"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// pageData is what the page's script reads.
type pageData struct {
	Title      string   `json:"title"`
	Version    string   `json:"version"`
	Made       string   `json:"made"`
	Files      []string `json:"files"`
	Broken     int      `json:"broken"`
	Unreadable int      `json:"unreadable"`
	Masked     bool     `json:"masked"`

	Alerts        int `json:"alerts"`
	Listed        int `json:"listed"`
	Undated       int `json:"undated"`
	UnparsedPaths int `json:"unparsedPaths"`

	First int64 `json:"first"` // of the period, in seconds since 1970
	Last  int64 `json:"last"`
	Start int64 `json:"start"` // of the first bucket
	Step  int64 `json:"step"`  // seconds of a bucket
	Steps int64 `json:"steps"` // buckets
	Far   int   `json:"far"`   // alerts that are not in these

	Severities []string   `json:"severities"`
	Directions []string   `json:"directions"`
	Kinds      []string   `json:"kinds"`
	Categories []string   `json:"categories"`
	Rules      []pageRule `json:"rules"`
	Sources    []string   `json:"sources"`
	Targets    []string   `json:"targets"`

	Facts columns `json:"facts"`

	Paths     []([]step)    `json:"paths"`
	MorePaths int           `json:"morePaths"`
	Findings  []pageFinding `json:"findings"`
	// MoreFindings are alerts whose findings are not listed.
	MoreFindings int `json:"moreFindings"`

	Incidents     []pageIncident `json:"incidents"`
	MoreIncidents int            `json:"moreIncidents"`

	Graph pageGraph `json:"graph"`
}

type pageRule struct {
	ID       string   `json:"id"`
	Detector string   `json:"detector"`
	Message  string   `json:"message"`
	Kind     int      `json:"kind"`
	Attack   []string `json:"attack"`
}

// columns are rows of numbers, one list for each key. Time is a bucket from the first on in facts, and seconds
// since 1970 in rows; -1 is none.
type columns struct {
	Time      []int64  `json:"time"`
	Severity  []int    `json:"severity"`
	Direction []int    `json:"direction"`
	Category  []int32  `json:"category"`
	Rule      []int32  `json:"rule"`
	Source    []int32  `json:"source"`
	Target    []int32  `json:"target"`
	Count     []int    `json:"count,omitempty"` // of facts
	Label     []string `json:"label,omitempty"` // of rows
	Chunk     []int    `json:"chunk,omitempty"` // rows of each chunk
}

func (c *columns) add(time int64, severity, direction uint8, category, rule, source, target int32) {
	c.Time = append(c.Time, time)
	c.Severity = append(c.Severity, int(severity))
	c.Direction = append(c.Direction, int(direction))
	c.Category = append(c.Category, category)
	c.Rule = append(c.Rule, rule)
	c.Source = append(c.Source, source)
	c.Target = append(c.Target, target)
}

type pageFinding struct {
	Rule     int    `json:"rule"`
	Message  string `json:"message"`
	Severity int    `json:"severity"`
	What     string `json:"what"`
	Where    string `json:"where"`
	Source   string `json:"source"`
	Target   string `json:"target"`
	URL      string `json:"url"`
	Alerts   int    `json:"alerts"`
	First    int64  `json:"first"`
	Last     int64  `json:"last"`
}

type pageGraph struct {
	Width  int        `json:"width"`
	Height int        `json:"height"`
	Lanes  []pageLane `json:"lanes"`
	Nodes  []pageNode `json:"nodes"`
	Edges  []pageEdge `json:"edges"`
	Hidden int        `json:"hidden"`
	// Source and Target are the nodes of sources and targets, -1 for none.
	Source []int `json:"source"`
	Target []int `json:"target"`
}

type pageLane struct {
	Group  string `json:"group"`
	Y      int    `json:"y"`
	Height int    `json:"height"`
}

type pageNode struct {
	Name   string `json:"name"`
	Group  string `json:"group"`
	OnPath bool   `json:"onPath"`
	X      int    `json:"x"`
	Y      int    `json:"y"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

type pageEdge struct {
	From   int    `json:"from"`
	To     int    `json:"to"`
	OnPath bool   `json:"onPath"`
	Line   string `json:"line"`
}

// Write writes the page. It may be called once, after the last Add.
func (r *Report) Write(w io.Writer, in Input) error {
	if r.alerts == 0 {
		return errEmpty
	}
	if err := r.details.finish(); err != nil {
		return err
	}
	chunks := r.details.chunks()
	listed := 0
	for _, c := range chunks {
		listed += len(c.rows)
	}
	data := r.data(in)
	// What is listed makes the page longer by its rows, too: the least severe go until it fits.
	for {
		data.Listed = listed
		text, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("cannot encode report: %w", err)
		}
		rows, err := r.rows(chunks)
		if err != nil {
			return err
		}
		size := len(pageHTML) + len(pageCSS) + len(pageJS) + len(text) + len(rows)
		for _, c := range chunks {
			size += base64.StdEncoding.EncodedLen(len(c.gzip)) + len(chunkOpen) + len(scriptClose)
		}
		if size <= r.options.Size || len(chunks) == 0 {
			return r.write(w, text, rows, chunks)
		}
		excess, perRow := size-r.options.Size, len(rows)/listed
		for excess > 0 && len(chunks) > 0 {
			last := chunks[len(chunks)-1]
			chunks = chunks[:len(chunks)-1]
			listed -= len(last.rows)
			excess -= base64.StdEncoding.EncodedLen(len(last.gzip)) + perRow*len(last.rows)
		}
	}
}

const (
	rowsOpen    = `<script type="application/octet-stream" id="rows">`
	chunkOpen   = `<script type="application/octet-stream" class="chunk">`
	scriptClose = "</script>\n"
)

// write fills in the page. JSON has <, > and & escaped, and the rest is base64, so that nothing in them ends the element that they are in.
func (r *Report) write(w io.Writer, data []byte, rows string, chunks []chunk) error {
	parts := map[string]string{"title": html.EscapeString(r.options.Title), "policy": policy(), "css": pageCSS, "js": pageJS, "data": string(data)}
	out := bufio.NewWriter(w) // it keeps the first error
	put := func(texts ...string) {
		for _, text := range texts {
			_, _ = out.WriteString(text)
		}
	}
	// The markers are {{name}}: they are looked for in the page's own text only.
	for rest, more := pageHTML, true; more; {
		var before, name string
		before, rest, more = strings.Cut(rest, "{{")
		put(before)
		if name, rest, _ = strings.Cut(rest, "}}"); name != "alerts" {
			put(parts[name])
			continue
		}
		put(rowsOpen, rows, scriptClose)
		for _, c := range chunks {
			put(chunkOpen, base64.StdEncoding.EncodeToString(c.gzip), scriptClose)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("cannot write report: %w", err)
	}
	return nil
}

// policy lets the page run its own script and style, and nothing else: no request, no other script, and no HTML made of texts.
func policy() string {
	return "default-src 'none'; script-src '" + sum(pageJS) + "'; style-src '" + sum(pageCSS) + "'; img-src data:; base-uri 'none'; form-action 'none'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"
}

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(s[:])
}

// rows are the rows of the list, compressed, in base64.
func (r *Report) rows(chunks []chunk) (string, error) {
	var c columns
	for _, chunk := range chunks {
		c.Chunk = append(c.Chunk, len(chunk.rows))
		for _, row := range chunk.rows {
			c.add(row.at, row.severity, row.direction, r.facts.categories.find(row.category), r.facts.rules.find(row.rule), r.facts.sources.find(row.source), r.facts.targets.find(row.target))
			c.Label = append(c.Label, row.label)
		}
	}
	text, err := json.Marshal(&c)
	if err != nil {
		return "", fmt.Errorf("cannot encode report: %w", err)
	}
	var out bytes.Buffer
	packer := gzip.NewWriter(&out)
	if _, err := packer.Write(text); err != nil {
		return "", fmt.Errorf("cannot compress alerts: %w", err)
	}
	if err := packer.Close(); err != nil {
		return "", fmt.Errorf("cannot compress alerts: %w", err)
	}
	return base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

func (r *Report) data(in Input) *pageData {
	f := r.facts
	p := &pageData{
		Title: r.options.Title, Version: alert.Version, Made: in.Made.UTC().Format(time.DateTime) + " UTC",
		Files: in.Files, Broken: in.Broken, Unreadable: in.Unreadable, Masked: r.options.Mask,
		Alerts: r.alerts, Undated: r.undated, UnparsedPaths: r.unparsedPaths,
		Severities: alert.Severities, Directions: directions, Kinds: kinds,
		Categories: f.categories.list, Sources: f.sources.list, Targets: f.targets.list,
		Paths: r.paths.list, MorePaths: r.paths.more,
		MoreFindings: r.findings.more,
	}
	shown := f.period()
	p.Start, p.Step, p.Steps, p.Far = shown.start, shown.step, shown.steps, shown.far
	p.First, p.Last = max(r.first, shown.start), min(r.last, shown.start+shown.step*shown.steps-1)
	for i, key := range f.rules.list {
		known := r.rules[key]
		switch {
		case i == 0:
			known = &rule{message: "other rules"}
		case known == nil: // there was no room for more
			id, detector, _ := strings.Cut(key, "\x00")
			known = &rule{id: id, detector: detector}
		}
		p.Rules = append(p.Rules, pageRule{known.id, known.detector, known.message, known.kind, known.attack})
	}
	for _, c := range f.in(shown) {
		p.Facts.add(c.Bucket, c.Severity, c.Direction, c.Category, c.Rule, c.Source, c.Target)
		p.Facts.Count = append(p.Facts.Count, c.n)
	}
	for _, key := range r.findings.sorted() {
		s := r.findings.seen[key]
		what := strings.TrimSuffix(key.what, " in "+key.where)
		p.Findings = append(p.Findings, pageFinding{key.rule, s.message, s.severity, what, key.where, key.source, key.target, s.places.text(), s.n, s.first, s.last})
	}
	p.Incidents, p.MoreIncidents = r.incidents.sorted()
	p.Graph = r.graph()
	return p
}

func (r *Report) graph() (p pageGraph) {
	g := newGraph(r.facts, r.hosts, r.paths.list)
	p.Width, p.Height, p.Hidden = g.width, g.height, g.hidden
	for _, l := range g.lanes {
		p.Lanes = append(p.Lanes, pageLane{l.group, l.y, l.height})
	}
	for _, n := range g.nodes {
		p.Nodes = append(p.Nodes, pageNode{n.name, n.group, n.onPath, n.x, n.y, n.width, boxHeight})
	}
	for _, e := range g.edges {
		p.Edges = append(p.Edges, pageEdge{e.from, e.to, e.onPath, e.line})
	}
	of := func(list []string) []int {
		all := make([]int, len(list))
		for i, name := range list {
			all[i] = -1
			if number, ok := g.of[name]; ok {
				all[i] = number
			}
		}
		return all
	}
	p.Source, p.Target = of(r.facts.sources.list), of(r.facts.targets.list)
	return p
}
