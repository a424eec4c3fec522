package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// browsers are names of Chromium on the PATH.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// watch notes what the policy blocks, from before the page's first element on.
const watch = `window.blocked = []; addEventListener("securitypolicyviolation", e => blocked.push(e.violatedDirective + " " + e.blockedURI));`

// tab is a page in a browser.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	requests []string // but for the page itself
	console  []string
}

// newBrowser starts one that ends with the test.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	i := slices.IndexFunc(browsers, func(name string) bool { _, err := exec.LookPath(name); return err == nil })
	if i < 0 {
		t.Skip("there is no Chromium on the PATH")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browsers[i]), chromedp.NoSandbox, chromedp.WindowSize(1300, 900))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...) // t.Context ends before what cleans up
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // it ends by itself, and takes its files with it
			t.Error(err)
		}
	})
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// open shows a page in a tab of its own.
func open(t *testing.T, browser context.Context, html, fragment, scheme string) *tab {
	t.Helper()
	return openAt(t, browser, html, fragment, scheme, 1300)
}

// openAt shows it in a window of so many pixels.
func openAt(t *testing.T, browser context.Context, html, fragment, scheme string, width int64) *tab {
	t.Helper()
	name := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(name, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	address := "file://" + name
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*rig.Patience)
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*network.EventRequestWillBeSent); ok && !strings.HasPrefix(e.Request.URL, address) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.requests = append(p.requests, e.Request.URL)
		}
	}); err != nil {
		t.Fatal(err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			p.mu.Lock()
			p.console = append(p.console, m.String())
			p.mu.Unlock()
		}
	}()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	size := emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1}
	if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, size); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(address+fragment)); err != nil {
		t.Fatal(err)
	}
	p.until(`"ready" in document.documentElement.dataset`)
	return p
}

func eval[T any](p *tab, js string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", js, err)
	}
	return value
}

// until waits until something is true, for half of what the tab has, so that the page can still say how it is.
func (p *tab) until(js string) {
	p.t.Helper()
	if rig.Wait(rig.Patience, func() error {
		if eval[bool](p, "!!("+js+")") {
			return nil
		}
		return errors.New("not yet")
	}) == nil {
		return
	}
	p.t.Fatalf("it did not come that %s; the page says %q; console %q", js, eval[string](p, `document.getElementById("count").textContent`), p.said())
}

func (p *tab) said() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.console)
}

// press presses keys one after the other.
func (p *tab) press(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		if err := chromedp.Do(p.ctx, chromedp.KeyEvent(k)); err != nil {
			p.t.Fatal(err)
		}
	}
}

// tabTo goes on with the tab key until the focus is on what a selector means.
func (p *tab) tabTo(selector string) {
	p.t.Helper()
	for range 150 {
		p.press(kb.Tab)
		if eval[bool](p, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			return
		}
	}
	p.t.Fatalf("the tab key does not lead to %s", selector)
}

func (p *tab) count() string {
	p.t.Helper()
	return eval[string](p, `document.getElementById("count").textContent`)
}

func (p *tab) fragment() url.Values {
	p.t.Helper()
	v, err := url.ParseQuery(strings.TrimPrefix(eval[string](p, "location.hash"), "#"))
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

// quiet: the page asked for nothing, and neither it nor its policy complained.
func (p *tab) quiet() {
	p.t.Helper()
	if blocked := eval[[]string](p, "blocked"); len(blocked) > 0 {
		p.t.Errorf("the policy blocked %q", blocked)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.requests) > 0 || len(p.console) > 0 {
		p.t.Errorf("requests %q, console %q", p.requests, p.console)
	}
}

// openAll opens the alerts of all pages, and is the number of those that show their keys.
const openAll = `(async () => {
	let n = 0;
	for (;;) {
		for (const b of document.querySelectorAll("button.open")) b.click();
		const cells = [...document.querySelectorAll("tr.detail > td")];
		while (cells.some(c => !c.firstChild)) await new Promise(r => setTimeout(r, 10));
		n += cells.filter(c => [...c.querySelectorAll(":scope > dl > dt")].some(t => t.textContent === "rule_id")).length;
		window.texts = (window.texts || "") + cells.map(c => c.textContent).join("\n");
		const next = [...document.querySelectorAll("#pages button")].find(b => b.textContent === "Next");
		if (next.disabled) return n;
		next.click();
	}
})()`

// sideways are the elements that are seen and wider than the room they have.
const sideways = `[document.documentElement, ...document.body.querySelectorAll("*")].filter(e =>
	!e.closest("svg, thead, [hidden], .skip, select, option, datalist") && e.getClientRects().length && !e.matches("input") &&
	(e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline" && !(getComputedStyle(e).textOverflow === "ellipsis") ||
	e.getBoundingClientRect().right > innerWidth + 1)
).map(e => e.tagName + "." + e.className + "#" + e.id + " " + e.scrollWidth + " in " + e.clientWidth + ": " + e.textContent.slice(0, 40))`

// unlabelledCards is the number of tables that have columns, or whose cells don't say their column.
const unlabelledCards = `[...document.querySelectorAll("table")].filter(t => [...t.querySelectorAll("tbody > tr:not([hidden], .detail) > td")].some(c =>
	getComputedStyle(c).display !== "flow-root" || getComputedStyle(c, "::before").content !== JSON.stringify(t.tHead.rows[0].cells[c.cellIndex].textContent)
)).length`

// openFirst opens the first alert.
const openFirst = `document.querySelector("button.open").click() === undefined`

// strange are elements and attributes that only the attackers' text could have made.
const strange = `[...document.querySelectorAll("*")].filter(e =>
	["IMG", "IFRAME", "OBJECT", "EMBED", "BASE", "FORM", "STYLE", "META", "LINK"].includes(e.tagName) && e.closest("body") && e.id !== "filters" ||
	[...e.attributes].some(a => /^(on|style$)/i.test(a.name) && !e.matches(".bars div, #map svg, #map svg *"))  || e.hasAttribute("src") || e.hasAttribute("href") && !e.matches("a.skip, link")
).map(e => e.outerHTML.slice(0, 200))`

func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	browser := newBrowser(t)

	hostile := reportOf(t, Options{Size: plenty, Mask: true, Title: `</title><script>window.hit=1</script>`}, hostileLines(t)...)
	hostilePage := pageOf(t, hostile)
	t.Run("hostile alerts", func(t *testing.T) {
		p := open(t, browser, hostilePage, "", "light")
		if n := eval[int](p, openAll); n != hostile.Alerts() {
			t.Errorf("%d alerts opened, want %d", n, hostile.Alerts())
		}
		if eval[bool](p, `"hit" in window || "polluted" in {} || document.title !== "</title><script>window.hit=1</script>"`) {
			t.Error("a text of an alert was run, or changed the page")
		}
		if found := eval[[]string](p, strange); len(found) > 0 {
			t.Errorf("made of texts: %q", found)
		}
		if got, want := eval[int](p, "document.scripts.length"), strings.Count(hostilePage, "<script"); got != want {
			t.Errorf("%d scripts, want %d", got, want)
		}
		if eval[bool](p, `/[\u0000-\u0008\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/.test(document.body.innerText + texts)`) {
			t.Error("characters that can't be seen are in the page")
		}
		for _, want := range []string{"</script><script>window.hit", "[U+202E]gnp.exe", "nul[U+0000]", "__proto__", "12345678901234567", "more bytes are in the alert", `"deep"`, "bad \ufffd("} {
			if !eval[bool](p, fmt.Sprintf("texts.includes(%s)", jsString(t, want))) {
				t.Errorf("no alert shows %q", want)
			}
		}
		// Each filter with each value.
		eval[int](p, `(() => { let n = 0; for (const s of document.querySelectorAll("#filters select")) { for (const o of [...s.options]) { s.value = o.value; s.dispatchEvent(new Event("change")); n++; } s.value = s.options[0].value; s.dispatchEvent(new Event("change")); } return n; })()`)
		p.until(`document.getElementById("clear").hidden`)
		p.quiet()
	})

	t.Run("its own links to alerts", func(t *testing.T) {
		p := open(t, browser, hostilePage, "#"+url.Values{"rule": {"__proto__"}, "category": {"constructor"}, "text": {`<img src=x onerror=window.hit=1>`}, "open": {"1.2.-1.x.999999"}, "page": {"NaN"}, "path": {"99"}, "host": {"toString"}, "from": {"<b>"}}.Encode(), "light")
		if found := eval[[]string](p, strange); eval[bool](p, `"hit" in window`) || len(found) > 0 {
			t.Errorf("the fragment was run, or made %q", found)
		}
		if got := p.count(); !strings.HasPrefix(got, "0 of ") {
			t.Errorf("count %q: the filters exclude each other", got)
		}
		p.quiet()
	})

	// The test would see what it looks for.
	t.Run("policy", func(t *testing.T) {
		bad := `<script>window.hit=1</script><img src="https://evil.example/x" onerror="window.hit=1"><style>*{color:red}</style><p style="color:red" onclick="window.hit=1">x</p>`
		p := open(t, browser, strings.Replace(hostilePage, "</main>", bad+"</main>", 1), "", "light")
		p.until("blocked.length >= 4")
		if eval[bool](p, `"hit" in window`) || eval[string](p, `(() => { try { document.body.innerHTML = "<b>"; return "" } catch (e) { return e.name } })()`) != "TypeError" {
			t.Error("the policy lets scripts run, or texts become HTML")
		}
		if len(eval[[]string](p, strange)) < 3 {
			t.Error("the elements are not seen")
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.console) == 0 || !slices.Equal(p.requests, []string{"https://evil.example/x"}) { // which was blocked
			t.Errorf("console %q, requests %q", p.console, p.requests)
		}
	})

	lines := largeNetwork(t, 200, 2000)
	large := pageOf(t, reportOf(t, Options{Size: plenty, Mask: true, Title: "Attacks"}, lines...))
	alerts := alertsOf(t, large)
	number := func(of func(a map[string]any) bool) string {
		n := 0
		for _, a := range alerts {
			if of(a) {
				n++
			}
		}
		if n == 0 || n == len(alerts) {
			t.Fatalf("the filter has %d alerts of %d", n, len(alerts))
		}
		return thousands(n) + " of 2,002 alerts"
	}
	has := func(key, value string) func(map[string]any) bool {
		return func(a map[string]any) bool { return a[key] == value }
	}

	t.Run("keyboard", func(t *testing.T) {
		p := open(t, browser, large, "", "light")
		p.press(kb.Tab)
		if !eval[bool](p, `document.activeElement.matches(".skip") && document.activeElement.getBoundingClientRect().left >= 0`) {
			t.Error("the first tab stop is not the link to the alerts")
		}
		p.tabTo("#f-text")
		p.press("/", "p", "/", "1", "7")
		want := number(func(a map[string]any) bool { return strings.Contains(a["url"].(string), "/p/17") })
		p.until(fmt.Sprintf(`document.getElementById("count").textContent === %q`, want))
		if p.fragment().Get("text") != "/p/17" {
			t.Errorf("fragment %v", p.fragment())
		}
		p.tabTo("#clear")
		p.press(kb.Enter)
		p.until(`document.getElementById("count").textContent === "2,002 of 2,002 alerts"`)
		if !eval[bool](p, `document.activeElement.id === "f-text"`) {
			t.Error("the focus is lost when filters are cleared")
		}
		p.tabTo("#f-direction")
		p.press(kb.ArrowDown, kb.ArrowDown, kb.ArrowDown) // unknown, east-west, inbound
		p.until(fmt.Sprintf(`document.getElementById("count").textContent === %q`, number(has("direction", "inbound"))))
		p.press(kb.ArrowUp, kb.ArrowUp, kb.ArrowUp)

		p.tabTo("#f-source")
		p.press("x")
		p.press(kb.Tab)
		p.until(`document.getElementById("f-source").getAttribute("aria-invalid") === "true" && document.getElementById("f-wrong").textContent === "No alert has the source x."`)
		eval[bool](p, `document.getElementById("f-source").select(); document.getElementById("f-source").focus(); true`)
		p.press("10.7.0.10")
		p.press(kb.Tab)
		p.until(fmt.Sprintf(`document.getElementById("count").textContent === %q`, number(has("src_ip", "10.7.0.10"))))
		p.tabTo("#clear")
		p.press(kb.Enter)

		p.tabTo("#f-from")
		p.press(kb.ArrowRight, kb.ArrowRight)
		p.until(`new URLSearchParams(location.hash.slice(1)).has("from") && !document.getElementById("count").textContent.startsWith("2,002")`)
		p.press(kb.ArrowLeft, kb.ArrowLeft)

		p.tabTo("#top-rules button.plain")
		rule := eval[string](p, "document.activeElement.textContent")
		p.press(kb.Enter)
		p.until(fmt.Sprintf(`document.getElementById("count").textContent === %q`, number(has("rule_id", rule))))
		if !eval[bool](p, `document.activeElement.getAttribute("aria-pressed") === "true"`) || p.fragment().Get("rule") != rule {
			t.Errorf("the button of rule %s lost the focus, or the fragment is %v", rule, p.fragment())
		}
		p.press(kb.Enter)
		p.until(`document.getElementById("count").textContent === "2,002 of 2,002 alerts"`)

		p.tabTo("#map .node")
		before := eval[string](p, `document.activeElement.getAttribute("aria-label")`)
		p.press(kb.ArrowRight)
		host := eval[string](p, `document.activeElement.getAttribute("aria-label")`)
		if host == before {
			t.Error("the arrow keys don't move on the map")
		}
		p.press(kb.Enter)
		name, _, _ := strings.Cut(host, ",")
		p.until(fmt.Sprintf(`document.getElementById("count").textContent === %q`, number(func(a map[string]any) bool { return a["src_ip"] == name || a["dst_ip"] == name })))
		p.press(kb.Enter)
		p.tabTo("#paths button")
		p.press(kb.Enter)
		p.until(`new URLSearchParams(location.hash.slice(1)).get("path") === "1"`)
		p.press(kb.Enter)

		p.tabTo("button.open")
		p.press(kb.Enter)
		p.until(`document.activeElement.getAttribute("aria-expanded") === "true" && document.getElementById(document.activeElement.getAttribute("aria-controls")).textContent.includes("rule_id")`)
		if p.fragment().Get("open") == "" {
			t.Errorf("fragment %v", p.fragment())
		}
		p.quiet()
	})

	t.Run("mouse", func(t *testing.T) {
		p := open(t, browser, large, "", "light")
		box := eval[struct{ X, Y, Width, Height float64 }](p, `(() => { const s = document.querySelector("#timeline svg"); s.scrollIntoView({block: "center"}); return s.getBoundingClientRect().toJSON(); })()`)
		at := func(part float64) (x, y float64) { return box.X + part*box.Width, box.Y + box.Height/2 }
		x1, y1 := at(.25)
		x2, y2 := at(.5)
		if err := chromedp.Do(p.ctx, chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x1, y1, chromedp.ButtonLeft), chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x2, y2, chromedp.ButtonLeft), chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x2, y2, chromedp.ButtonLeft)); err != nil {
			t.Fatal(err)
		}
		f := p.fragment()
		from, to := f.Get("from"), f.Get("to")
		if from < "2026-03-02 04" || to > "2026-03-02 13" || from >= to {
			t.Fatalf("a quarter of the day was dragged across, and the fragment has %v", f)
		}
		end, err := time.Parse(time.DateTime, to)
		if err != nil {
			t.Fatal(err)
		}
		step := time.Duration(dataOf(t, large).Step) * time.Second
		want := number(func(a map[string]any) bool {
			return a["time"].(string) >= from && a["time"].(string) < end.Add(step).Format(time.DateTime)
		})
		if got := p.count(); got != want {
			t.Errorf("count %q, want %q from %s to %s", got, want, from, to)
		}
		if err := chromedp.Do(p.ctx, chromedp.Click(chromedp.CSS("#clear")), chromedp.Click(chromedp.CSS("#map .node.path"))); err != nil {
			t.Fatal(err)
		}
		if p.fragment().Get("host") == "" {
			t.Errorf("a click on a host filters nothing: %v", p.fragment())
		}
	})

	t.Run("alerts that are not listed", func(t *testing.T) {
		p := open(t, browser, pageOf(t, reportOf(t, Options{Size: 240 << 10, Mask: true, Title: "Attacks"}, lines...)), "", "light")
		listed := eval[string](p, `document.getElementById("listed").textContent`)
		n := eval[int](p, openAll)
		if n == 0 || n >= 2002 || !strings.HasPrefix(listed, fmt.Sprintf("%s of 2,002 alerts are listed and can be opened, those of detectors and the most severe", thousands(n))) {
			t.Errorf("%d alerts can be opened; the page says %q", n, listed)
		}
		if got := p.count(); got != "2,002 of 2,002 alerts" {
			t.Errorf("count %q: all count", got)
		}
	})

	t.Run("fragment", func(t *testing.T) {
		p := open(t, browser, large, "#rule=942100&direction=inbound&open=3", "light")
		want := number(func(a map[string]any) bool { return a["rule_id"] == "942100" && a["direction"] == "inbound" })
		if got := p.count(); got != want {
			t.Errorf("count %q, want %q", got, want)
		}
		if got := eval[[]string](p, `[...document.querySelectorAll("#chips button")].map(b => b.textContent)`); !slices.Equal(got, []string{"direction: inbound ×", "rule: 942100 ×"}) {
			t.Errorf("filters %q", got)
		}
	})

	t.Run("source without a name", func(t *testing.T) {
		p := open(t, browser, pageOf(t, reportOf(t, Options{Size: plenty, Title: "Attacks"}, made{"src_ip": ""}.line(t), made{}.line(t))), "#source=unknown", "light")
		if got := p.count(); got != "1 of 2 alerts" {
			t.Errorf("count %q", got)
		}
	})

	t.Run("search in all keys", func(t *testing.T) {
		p := open(t, browser, large, "#text=ATTACKED%2C+then", "light")
		if got := p.count(); got != "2 of 2,002 alerts" {
			t.Errorf("count %q, want the two alerts of pivots", got)
		}
	})

	t.Run("accessibility", func(t *testing.T) {
		p := open(t, browser, large, "#severity=error", "light")
		eval[bool](p, openFirst)
		p.until(`document.querySelector("tr.detail dl")`)
		tree, err := chromedp.Call(p.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, n := range tree.Nodes {
			if n.Ignored || n.Role == nil {
				continue
			}
			role, name := textOf(n.Role), strings.TrimSpace(textOf(n.Name))
			seen[role]++
			switch role {
			case "button", "combobox", "textbox", "searchbox", "slider", "link", "region", "navigation", "search", "form", "heading", "image", "img", "table", "columnheader", "DisclosureTriangle":
				if name == "" && role != "columnheader" && role != "search" {
					t.Errorf("a %s has no name (node %s)", role, n.NodeID)
				}
			}
		}
		for _, role := range []string{"banner", "main", "contentinfo", "search", "navigation", "heading", "table", "combobox", "slider", "button", "status"} {
			if seen[role] == 0 {
				t.Errorf("there is no %s among %v", role, seen)
			}
		}
		if got := eval[[]string](p, `[...document.querySelectorAll("h1,h2,h3")].map(h => h.tagName)`); got[0] != "H1" || slices.Contains(got[1:], "H1") {
			t.Errorf("headings %v", got)
		}
		if ids := eval[[]string](p, `[...document.querySelectorAll("[id]")].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i)`); len(ids) > 0 {
			t.Errorf("ids that are there twice: %v", ids)
		}
		// What the keyboard is on can be seen.
		for _, selector := range []string{"#theme", "#f-text", "#top-rules button", "#map .scroll", "button.open"} {
			p.press(kb.Tab) // a key, so that the focus is one of the keyboard
			if eval[bool](p, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.focus(); return getComputedStyle(e).outlineStyle === "none"; })()`, selector)) {
				t.Errorf("the focus on %s is not seen", selector)
			}
		}
	})

	t.Run("contrast", func(t *testing.T) {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(scheme, func(t *testing.T) {
				p := open(t, browser, large, "#severity=error&host=10.7.0.10", scheme)
				eval[bool](p, openFirst)
				p.until(`document.querySelector("tr.detail dl")`)
				eval[bool](p, `document.getElementById("time-details").open = true`)
				p.until(`document.querySelector("#time-table table")`)
				result := eval[struct {
					Texts int
					Faint []string
				}](p, contrast)
				if result.Texts < 300 || len(result.Faint) > 0 {
					t.Errorf("of %d texts, these have less contrast than 4.5: %q", result.Texts, result.Faint[:min(len(result.Faint), 10)])
				}
				back := `getComputedStyle(document.body).backgroundColor`
				before := eval[string](p, back)
				other := map[string]string{"light": "dark", "dark": "light"}[scheme]
				eval[bool](p, fmt.Sprintf(`(() => { const s = document.getElementById("theme"); s.value = %q; s.dispatchEvent(new Event("change")); return true; })()`, other))
				if after := eval[string](p, back); after == before {
					t.Errorf("the theme %s has the background of %s", other, scheme)
				}
				if result := eval[struct{ Faint []string }](p, contrast); len(result.Faint) > 0 {
					t.Errorf("with the other theme: %q", result.Faint[:min(len(result.Faint), 10)])
				}
				eval[bool](p, `localStorage.clear() === undefined`)
			})
		}
	})

	// On a phone, a tablet and a screen, in both themes: nothing has to be scrolled sideways, and on the phone each cell of a table
	// says its column.
	t.Run("widths", func(t *testing.T) {
		for _, width := range []int64{390, 768, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				t.Run(fmt.Sprint(width, scheme), func(t *testing.T) {
					for name, html := range map[string]string{"hostile": hostilePage, "large": large} {
						p := openAt(t, browser, html, "", scheme, width)
						eval[bool](p, openFirst)
						p.until(`document.querySelector("tr.detail dl")`)
						eval[bool](p, `document.getElementById("time-details").open = true`)
						p.until(`document.querySelector("#time-table table")`)
						if wide := eval[[]string](p, sideways); len(wide) > 0 {
							t.Errorf("%s: to be scrolled sideways, or cut off: %q", name, wide[:min(len(wide), 5)])
						}
						if cards := eval[int](p, unlabelledCards); (cards == 0) != (width == 390) {
							t.Errorf("%s: %d tables have rows that are no cards", name, cards)
						}
						p.quiet()
					}
				})
			}
		}
	})

	t.Run("print", func(t *testing.T) {
		p := open(t, browser, large, "", "dark")
		if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
			t.Fatal(err)
		}
		if got := eval[string](p, `getComputedStyle(document.body).backgroundColor + " " + getComputedStyle(document.getElementById("filters").parentNode).display`); got != "rgb(255, 255, 255) none" {
			t.Errorf("background and filters in print: %s", got)
		}
	})
}

// contrast compares each text that is seen with what is behind it (WCAG 2.2, 1.4.3). Text of the map is on boxes and lanes.
const contrast = `(() => {
	const parse = c => c.match(/[\d.]+/g).map(Number);
	const light = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
	const behind = e => {
		const box = e.closest("#map .node");
		if (box) return parse(getComputedStyle(box.querySelector(".box")).fill);
		if (e.closest("#map svg")) return parse(getComputedStyle(document.querySelector("#map .lane")).fill);
		for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c; }
		return [255, 255, 255];
	};
	const faint = [];
	let texts = 0;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.data.trim() || e.closest("script, style, noscript, title, datalist, [hidden]") || !e.getClientRects().length) continue;
		texts++;
		const s = getComputedStyle(e), a = light(parse(e.closest("svg") ? s.fill : s.color)), b = light(behind(e));
		const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		if (ratio < 4.5) faint.push(ratio.toFixed(2) + " " + e.tagName + "." + e.getAttribute("class") + ": " + walk.currentNode.data.slice(0, 40));
	}
	return {Texts: texts, Faint: faint};
})()`

// thousands is a number below a million as the page writes it.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

func textOf(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	if err := json.Unmarshal(v.Value, &s); err != nil {
		return string(v.Value)
	}
	return s
}

func jsString(t testing.TB, s string) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
