package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// The drawing has attackers to the left of those they attack: layers are columns. Groups are lanes from left to right, one
// below the other. A lane with many hosts in one layer has them in two columns, the second half a row lower, so that lines to it pass
// between the boxes of the first.

// lane is a group of the drawing.
type lane struct {
	group     string
	y, height int
}

// Sizes, in units of which a box's text is 12 high.
const (
	rowHeight    = 26
	boxHeight    = 20
	letterWidth  = 7.3
	boxPadding   = 16
	layerGap     = 120
	columnGap    = 26
	laneHead     = 26 // its name
	laneGap      = 10
	margin       = 16
	aside        = 60 // on the right, where lines between hosts of the last layer go around
	widestLabel  = 26 // characters
	oneColumn    = 6  // hosts of a lane in one layer
	mostLayers   = 12
	refinePasses = 4
)

// place finds the layers, the order in them, and the lines.
func (g *graph) place(paths []([]step)) {
	if len(g.nodes) == 0 {
		return
	}
	g.layer(paths)
	g.order()
	g.route()
}

// layer puts hosts on a path one after another, and others right of those that attack them.
func (g *graph) layer(paths []([]step)) {
	const unset = -1
	for _, n := range g.nodes {
		n.layer = unset
	}
	for range mostLayers {
		changed := false
		for _, path := range paths {
			for _, s := range path {
				from, to := g.nodes[g.of[s.From]], g.nodes[g.of[s.To]]
				from.layer = max(from.layer, 0)
				if to != from && to.layer <= from.layer && from.layer+1 < mostLayers {
					to.layer, changed = from.layer+1, true
				}
			}
		}
		if !changed {
			break
		}
	}
	out, attacked := make([][]int, len(g.nodes)), make([]bool, len(g.nodes))
	for _, e := range g.edges {
		out[e.from] = append(out[e.from], e.to)
		attacked[e.to] = true
	}
	var queue []int
	for i, n := range g.nodes {
		if n.layer == unset && !attacked[i] {
			n.layer = 0
		}
		if n.layer != unset {
			queue = append(queue, i)
		}
	}
	slices.SortStableFunc(queue, func(a, b int) int { return cmp.Compare(g.nodes[a].layer, g.nodes[b].layer) })
	next := 0
	for {
		for len(queue) > 0 {
			i := queue[0]
			queue = queue[1:]
			for _, to := range out[i] {
				if g.nodes[to].layer == unset {
					g.nodes[to].layer = min(g.nodes[i].layer+1, mostLayers-1)
					queue = append(queue, to)
				}
			}
		}
		// What is left attacks each other: the most severe begins.
		for next < len(g.nodes) && g.nodes[next].layer != unset {
			next++
		}
		if next == len(g.nodes) {
			return
		}
		g.nodes[next].layer = 0
		queue = append(queue, next)
	}
}

// order gives each host its place: lanes by their groups, and in a lane near to what it attacks or is attacked by.
func (g *graph) order() {
	cells := map[string][][]int{}                 // of a group, by layer
	onPath := map[string]bool{groupOutside: true} // which comes first anyway
	for i, n := range g.nodes {
		onPath[n.group] = onPath[n.group] || n.onPath
		for len(cells[n.group]) <= n.layer {
			cells[n.group] = append(cells[n.group], nil)
		}
		cells[n.group][n.layer] = append(cells[n.group][n.layer], i)
	}
	// Lanes that paths go through are together at the top.
	groups := slices.SortedFunc(maps.Keys(cells), func(a, b string) int { return cmp.Or(compareBool(onPath[b], onPath[a]), compareGroups(a, b)) })
	left, widths := g.columns(cells)

	neighbours := make([][]int, len(g.nodes))
	for _, e := range g.edges {
		neighbours[e.from] = append(neighbours[e.from], e.to)
		neighbours[e.to] = append(neighbours[e.to], e.from)
	}
	compare := func(a, b int) int {
		return cmp.Or(compareBool(g.nodes[b].onPath, g.nodes[a].onPath), cmp.Compare(g.middle(a, neighbours), g.middle(b, neighbours)), compareNames(g.nodes[a].name, g.nodes[b].name))
	}
	for range refinePasses {
		y := margin
		g.lanes = g.lanes[:0]
		for _, group := range groups {
			top, rows := y+laneHead, 0
			for layer, cell := range cells[group] {
				slices.SortFunc(cell, compare)
				columns := 1
				if len(cell) > oneColumn {
					columns = 2
				}
				for i, number := range cell {
					n := g.nodes[number]
					n.width = widths[layer]
					n.x = left[layer] + i%columns*(n.width+columnGap)
					n.y = top + rowHeight*i/columns
				}
				rows = max(rows, len(cell)/columns+columns-1)
			}
			height := laneHead + rows*rowHeight
			g.lanes = append(g.lanes, lane{group, y, height})
			y += height + laneGap
		}
		g.height = y - laneGap + margin
	}
}

// columns finds where layers begin, and how wide their boxes are.
func (g *graph) columns(cells map[string][][]int) (left, widths []int) {
	for _, n := range g.nodes {
		for len(widths) <= n.layer {
			widths = append(widths, 0)
		}
		widths[n.layer] = max(widths[n.layer], int(letterWidth*float64(min(utf8.RuneCountInString(n.name), widestLabel)))+boxPadding)
	}
	g.width = margin
	for layer, width := range widths {
		left = append(left, g.width)
		g.width += width
		for _, layers := range cells {
			if layer < len(layers) && len(layers[layer]) > oneColumn {
				g.width += columnGap + width
				break
			}
		}
		g.width += layerGap
	}
	g.width += aside - layerGap
	return left, widths
}

// middle is the mean height of a host's neighbours. Those of the same layer don't tell anything.
func (g *graph) middle(number int, neighbours [][]int) int {
	sum, n := 0, 0
	for _, other := range neighbours[number] {
		if g.nodes[other].layer != g.nodes[number].layer {
			sum += g.nodes[other].y
			n++
		}
	}
	if n == 0 {
		return g.nodes[number].y
	}
	return sum / n
}

// route draws the lines, from the right side of a box to the left side of another.
func (g *graph) route() {
	first, last := map[int]int{}, map[int]int{} // of a layer, the left and right sides
	for _, n := range g.nodes {
		if x, ok := first[n.layer]; !ok || n.x < x {
			first[n.layer] = n.x
		}
		last[n.layer] = max(last[n.layer], n.x+n.width)
	}
	for _, e := range g.edges {
		from, to := g.nodes[e.from], g.nodes[e.to]
		x1, y1, x2, y2 := from.x+from.width, from.y+boxHeight/2, to.x, to.y+boxHeight/2
		out := last[from.layer] + 4
		if to.layer > from.layer {
			in := first[to.layer] - 4
			bend := max((in-out)/2, 30)
			e.line = fmt.Sprintf("M%d %dH%dC%d %d %d %d %d %dH%d", x1, y1, out, out+bend, y1, in-bend, y2, in, y2, x2)
			continue
		}
		// Back, or to the side: around on the right, into the right side.
		x2 = to.x + to.width
		in := last[to.layer] + 4
		far := max(out, in) + 36 + min(abs(y1-y2)/16, 20)
		e.line = fmt.Sprintf("M%d %dH%dC%d %d %d %d %d %dH%d", x1, y1, out, far, y1, far, y2, in, y2, x2)
	}
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
