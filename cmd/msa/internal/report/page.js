"use strict";
// What alerts say is the attackers' text. It gets into the page as text nodes only, through print and block, and nothing of it
// becomes the name of an element, an attribute or a style.
(() => {
  const byId = id => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const list = x => x || [];

  // ---- Text

  // Characters that are not seen, or change how others are: controls, marks of direction, private use, half surrogates.
  const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;
  const sign = c => "[U+" + c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "]";
  // print is a text as one line, block one that keeps its lines.
  const print = s => String(s).replace(unseen, sign);
  const block = s => String(s).replace(/\r\n/g, "\n").replace(unseen, c => c === "\n" || c === "\t" ? c : sign(c));

  // el makes an element. Names of attributes are the page's own; on… are listeners.
  const make = (space, tag, props, children) => {
    const e = space ? document.createElementNS(space, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (typeof value === "function") e.addEventListener(name.slice(2), value);
      else e.setAttribute(name, value === true ? "" : value);
    }
    for (const c of children.flat()) {
      if (c !== null && c !== undefined) e.append(c instanceof Node ? c : document.createTextNode(print(c)));
    }
    return e;
  };
  const el = (tag, props, ...children) => make(null, tag, props, children);
  const svg = (tag, props, ...children) => make("http://www.w3.org/2000/svg", tag, props, children);
  const fill = (id, ...children) => byId(id).replaceChildren(...children.flat().filter(c => c));
  const number = n => n.toLocaleString("en-US");
  const plural = (n, one, many) => number(n) + " " + (n === 1 ? one : many || one + "s");
  const timeOf = seconds => seconds < 0 ? "" : new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");

  // ---- Names

  const severityClass = s => s <= 2 ? 0 : s === 3 ? 1 : s === 4 ? 2 : 3;
  const classNames = ["critical or worse", "error", "warning", "notice or less"];
  const directionName = i => data.directions[i] || "unknown";
  const categoryName = i => i === 0 ? "other categories" : data.categories[i] || "none";
  const addressName = (names, i, what) => i === 0 ? "other " + what : names[i] || "unknown";
  const sourceName = i => addressName(data.sources, i, "sources");
  const targetName = i => addressName(data.targets, i, "targets");
  const sourceNames = data.sources.map((_, i) => sourceName(i)), targetNames = data.targets.map((_, i) => targetName(i));
  const ruleKey = i => { const r = data.rules[i]; return r.detector ? r.id + "/" + r.detector : r.id; };
  const ruleName = i => { const r = data.rules[i]; return r.detector || r.id || "other rules"; };
  const badge = s => el("span", { class: "badge s" + severityClass(s) }, data.severities[s]);
  const code = s => el("span", { class: "mono" }, s);

  const graph = data.graph, nodes = list(graph.nodes), edges = list(graph.edges);
  const paths = list(data.paths), findings = list(data.findings);
  const nodeOfSource = list(graph.source), nodeOfTarget = list(graph.target);
  for (const f of findings) f.nodes = [nodeOfSource[data.sources.indexOf(f.source)], nodeOfTarget[data.targets.indexOf(f.target)]];
  const pathPairs = paths.map(p => new Set(p.map(s => s.from + "\n" + s.to)));

  // ---- State, which is in the fragment of the address

  const ALL = -1;
  const fresh = () => ({
    text: "", severity: 7, direction: ALL, kind: ALL, category: ALL, rule: ALL, source: ALL, target: ALL, host: ALL, path: ALL, from: 0, to: data.steps - 1,
    order: "severity", page: 0, open: new Set(),
  });
  let state = fresh();
  const bucketTime = i => data.start + i * data.step;

  function writeState() {
    const p = new URLSearchParams();
    const put = (key, value, isSet) => { if (isSet) p.set(key, value); };
    put("text", state.text, state.text);
    put("severity", data.severities[state.severity], state.severity < 7);
    put("direction", directionName(state.direction), state.direction !== ALL);
    put("kind", data.kinds[state.kind], state.kind !== ALL);
    put("category", categoryName(state.category), state.category !== ALL);
    if (state.rule !== ALL) p.set("rule", ruleKey(state.rule));
    put("source", sourceNames[state.source], state.source !== ALL);
    put("target", targetNames[state.target], state.target !== ALL);
    if (state.host !== ALL) p.set("host", nodes[state.host].name);
    put("path", state.path + 1, state.path !== ALL);
    put("from", timeOf(bucketTime(state.from)), state.from > 0);
    put("to", timeOf(bucketTime(state.to)), state.to < data.steps - 1);
    put("order", state.order, state.order !== "severity");
    put("page", state.page + 1, state.page > 0);
    put("open", [...state.open].map(i => i + 1).join("."), state.open.size > 0);
    history.replaceState(null, "", "#" + p);
  }

  function readState() {
    const p = new URLSearchParams(location.hash.slice(1)), s = fresh();
    const find = (key, names) => p.has(key) ? names.indexOf(p.get(key)) : ALL;
    const range = (names, of) => Array.from(names, (_, i) => of(i));
    s.text = p.get("text") || "";
    if (p.has("severity")) s.severity = data.severities.indexOf(p.get("severity"));
    if (s.severity < 0) s.severity = 7;
    s.direction = find("direction", range(data.directions, directionName));
    s.kind = find("kind", data.kinds);
    s.category = find("category", range(data.categories, categoryName));
    s.rule = find("rule", range(data.rules, ruleKey));
    s.source = find("source", sourceNames);
    s.target = find("target", targetNames);
    s.host = find("host", nodes.map(n => n.name));
    const path = Number(p.get("path")) - 1;
    if (paths[path]) s.path = path;
    const bucket = (key, otherwise) => {
      const at = Math.floor((Date.parse(String(p.get(key)).replace(" ", "T") + "Z") / 1000 - data.start) / data.step);
      return at >= 0 && at < data.steps ? at : otherwise;
    };
    s.from = bucket("from", 0);
    s.to = Math.max(s.from, bucket("to", data.steps - 1));
    if (["oldest", "newest"].includes(p.get("order"))) s.order = p.get("order");
    s.page = Math.max(0, Math.floor(Number(p.get("page")) || 1) - 1);
    for (const i of (p.get("open") || "").split(".")) if (Number(i) > 0 && s.open.size < 50) s.open.add(Number(i) - 1);
    state = s;
  }

  // set changes the state. Filters begin with the first page again, and close what is open.
  function set(change) {
    if (!("page" in change)) { state.page = 0; state.open = new Set(); }
    const textChanged = "text" in change && change.text !== state.text;
    Object.assign(state, change);
    writeState();
    if (textChanged) search(); else draw();
  }
  const toggle = (key, value) => set({ [key]: state[key] === value ? ALL : value });

  // ---- Counting

  const facts = data.facts;
  for (const key of Object.keys(facts)) facts[key] = list(facts[key]);
  let rows = null, found = null; // found has 1 for each row with the text, null if no text is looked for

  const SEVERITY = 1, DIRECTION = 2, KIND = 4, CATEGORY = 8, RULE = 16, SOURCE = 32, TARGET = 64, TIME = 128, HOST = 256, PATH = 512;

  // failed tells which filters a fact or a row does not pass.
  function failed(t, i) {
    const s = state;
    let f = 0;
    if (t.severity[i] > s.severity) f |= SEVERITY;
    if (s.direction !== ALL && t.direction[i] !== s.direction) f |= DIRECTION;
    if (s.kind !== ALL && data.rules[t.rule[i]].kind !== s.kind) f |= KIND;
    if (s.category !== ALL && t.category[i] !== s.category) f |= CATEGORY;
    if (s.rule !== ALL && t.rule[i] !== s.rule) f |= RULE;
    if (s.source !== ALL && t.source[i] !== s.source) f |= SOURCE;
    if (s.target !== ALL && t.target[i] !== s.target) f |= TARGET;
    const bucket = t.bucket[i];
    if (bucket < 0 ? s.from > 0 || s.to < data.steps - 1 : bucket < s.from || bucket > s.to) f |= TIME;
    if (s.host !== ALL && nodeOfSource[t.source[i]] !== s.host && nodeOfTarget[t.target[i]] !== s.host) f |= HOST;
    if (s.path !== ALL && !pathPairs[s.path].has(data.sources[t.source[i]] + "\n" + data.targets[t.target[i]])) f |= PATH;
    return f;
  }
  facts.bucket = facts.time;

  const counters = n => ({ n: new Float64Array(n), severity: new Uint8Array(n).fill(7) });
  const note = (t, i, n, severity) => { t.n[i] += n; if (severity < t.severity[i]) t.severity[i] = severity; };

  const edgeOf = new Map(edges.map((e, i) => [e.from * nodes.length + e.to, i]));

  // count counts what passes the filters; for each table, all but its own.
  function count() {
    const t = found ? rows : facts;
    const c = {
      total: 0, undated: 0, rules: counters(data.rules.length), sources: counters(data.sources.length), targets: counters(data.targets.length), categories: counters(data.categories.length),
      edges: counters(edges.length), nodes: counters(nodes.length), pairs: new Map(),
      buckets: Array.from({ length: 4 }, () => new Float64Array(data.steps)),
    };
    for (let i = 0; i < t.severity.length; i++) {
      if (found && !found[i]) continue;
      const f = failed(t, i), n = t.count ? t.count[i] : 1, severity = t.severity[i];
      if (!(f & ~RULE)) note(c.rules, t.rule[i], n, severity);
      if (!(f & ~SOURCE)) note(c.sources, t.source[i], n, severity);
      if (!(f & ~TARGET)) note(c.targets, t.target[i], n, severity);
      if (!(f & ~CATEGORY)) note(c.categories, t.category[i], n, severity);
      if (!(f & ~TIME) && t.bucket[i] >= 0) c.buckets[severityClass(severity)][t.bucket[i]] += n;
      if (f) continue;
      c.total += n;
      if (t.bucket[i] < 0) c.undated += n;
      const from = nodeOfSource[t.source[i]], to = nodeOfTarget[t.target[i]];
      if (from >= 0) note(c.nodes, from, n, severity);
      if (to >= 0 && to !== from) note(c.nodes, to, n, severity);
      const edge = from >= 0 && to >= 0 ? edgeOf.get(from * nodes.length + to) : undefined;
      if (edge !== undefined) note(c.edges, edge, n, severity);
      const key = t.source[i] * data.targets.length + t.target[i];
      let pair = c.pairs.get(key);
      if (!pair) c.pairs.set(key, pair = { source: t.source[i], target: t.target[i], n: 0, severity: 7, rules: new Map() });
      pair.n += n;
      pair.severity = Math.min(pair.severity, severity);
      pair.rules.set(t.rule[i], (pair.rules.get(t.rule[i]) || 0) + n);
    }
    return c;
  }

  // ---- Tables

  // table makes one. Columns are [heading, class].
  // On a narrow screen rows are cards, in which each cell has the name of its column. Cards are no table by themselves: roles say so.
  const table = (caption, columns, body) => {
    for (const row of body) {
      row.setAttribute("role", "row");
      for (const cell of row.cells) {
        cell.setAttribute("role", "cell");
        if (row.cells.length === columns.length) cell.setAttribute("data-label", columns[cell.cellIndex][0]);
      }
    }
    return el("table", { role: "table" }, el("caption", {}, caption),
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, columns.map(([name, cls]) => el("th", { scope: "col", role: "columnheader", class: cls }, name)))),
      el("tbody", { role: "rowgroup" }, body));
  };
  // Wide tables scroll by themselves, also by keyboard.
  const scroll = (label, ...children) => el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, ...children);

  const STEP = 10;
  const shownRows = {};
  // more are the buttons under a table of which only some rows are shown.
  function more(id, total, what, redraw) {
    const n = shownRows[id] || STEP;
    if (total <= STEP) return null;
    const grow = by => { shownRows[id] = Math.max(STEP, by); redraw(); const b = byId(id).querySelector(".more button:not(:disabled)"); if (b) b.focus(); };
    return el("div", { class: "more" },
      el("button", { type: "button", onclick: () => grow(n * 2), disabled: n >= total }, "More " + what),
      el("button", { type: "button", onclick: () => grow(STEP), disabled: n <= STEP }, "Fewer " + what),
      el("span", { class: "muted" }, number(Math.min(n, total)) + " of " + number(total)));
  }

  function drawTop(id, caption, heading, key, t, describe) {
    const order = [];
    for (let i = 0; i < t.n.length; i++) if (t.n[i] > 0 || state[key] === i) order.push(i);
    order.sort((a, b) => t.n[b] - t.n[a] || t.severity[a] - t.severity[b] || a - b);
    const chosen = state[key], most = order.length ? t.n[order[0]] || 1 : 1;
    let shown = order.slice(0, shownRows[id] || STEP);
    if (chosen !== ALL && !shown.includes(chosen)) shown = [chosen, ...shown];
    const body = shown.map(i => {
      const { name, sub } = describe(i);
      const bar = el("div", { class: "s" + severityClass(t.severity[i]) });
      bar.style.width = 100 * t.n[i] / most + "%";
      return el("tr", { class: chosen === i ? "chosen" : null },
        el("td", {}, el("button", { type: "button", class: "plain text", "aria-pressed": String(chosen === i), onclick: () => { toggle(key, i); focusPressed(id, name); } }, name), sub),
        el("td", {}, badge(t.severity[i])),
        el("td", { class: "number" }, number(t.n[i])),
        el("td", { class: "bars", "aria-hidden": "true" }, bar));
    });
    fill(id, order.length ? table(caption, [[heading], ["Worst"], ["Alerts", "number"], ["", "bars"]], body) : el("p", { class: "muted" }, "No alert passes the filters."),
      more(id, order.length, heading.toLowerCase() + "s", draw));
  }

  // focusPressed gives the focus back to a button that was drawn anew.
  function focusPressed(id, name) {
    for (const b of byId(id).querySelectorAll("button.plain")) if (b.textContent === print(name)) return b.focus();
  }

  // ---- Timeline

  let dragging = null;
  function drawTimeline(c) {
    if (!data.steps) return fill("timeline", el("p", { class: "muted" }, "No alert has a time."));
    const width = Math.max(300, byId("timeline").clientWidth || 1000), height = 190, left = 46, right = 8, top = 10, bottom = 26;
    const plotWidth = width - left - right, plotHeight = height - top - bottom, bar = plotWidth / data.steps;
    let most = 1;
    for (let i = 0; i < data.steps; i++) most = Math.max(most, c.buckets.reduce((sum, b) => sum + b[i], 0));
    const x = i => left + i * bar;
    const g = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": timelineText(c) });
    for (const part of [0, .5, 1]) {
      const y = top + plotHeight * (1 - part);
      g.append(svg("line", { class: "axis", x1: left, x2: width - right, y1: y, y2: y }),
        svg("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, part === .5 && most < 2 ? "" : short(most * part)));
    }
    for (let i = 0; i < data.steps; i++) {
      let y = top + plotHeight;
      const bars = svg("g", { class: i < state.from || i > state.to ? "off" : null });
      for (let k = 0; k < 4; k++) {
        const n = c.buckets[k][i];
        if (!n) continue;
        const h = Math.min(Math.max(plotHeight * n / most, 2), y - top); // the few severe ones among many others are seen, too
        y -= h;
        bars.append(svg("rect", { class: "s" + k, x: x(i) + Math.min(.5, bar / 8), y, width: Math.max(bar - Math.min(1, bar / 4), 1), height: h }));
      }
      if (bars.firstChild) g.append(bars);
    }
    const ticks = Math.max(2, Math.min(8, Math.floor(plotWidth / 150)));
    for (let k = 0; k < ticks; k++) {
      const i = Math.round(k * (data.steps - 1) / (ticks - 1)) || 0;
      const [at, anchor] = k === 0 ? [left, "start"] : k === ticks - 1 ? [width - right, "end"] : [x(i), "middle"];
      g.append(svg("text", { x: at, y: height - 8, "text-anchor": anchor }, tick(bucketTime(i))));
      if (data.steps === 1) break;
    }
    if (state.from > 0 || state.to < data.steps - 1) g.append(svg("rect", { class: "range", x: x(state.from), y: top, width: (state.to - state.from + 1) * bar, height: plotHeight }));
    const at = e => Math.max(0, Math.min(data.steps - 1, Math.floor((e.clientX - g.getBoundingClientRect().left - left) / bar)));
    g.addEventListener("pointerdown", e => { dragging = at(e); e.preventDefault(); });
    g.addEventListener("pointermove", e => {
      if (dragging === null) return;
      const from = Math.min(at(e), dragging), to = Math.max(at(e), dragging);
      if (from !== state.from || to !== state.to) set({ from, to });
    });
    g.addEventListener("dblclick", () => set({ from: 0, to: data.steps - 1 }));
    fill("timeline", g);

    for (const [id, value] of [["f-from", state.from], ["f-to", state.to]]) {
      const input = byId(id);
      input.max = data.steps - 1;
      input.value = value;
      input.setAttribute("aria-valuetext", timeOf(bucketTime(value)));
    }
    byId("range").textContent = `${rangeText()}. A bar is ${duration(data.step)}. Drag across the timeline, or move From and To.`;
    if (byId("time-details").open) drawTimeTable(c);
  }
  addEventListener("pointerup", () => { dragging = null; });
  const rangeText = () => `${timeOf(bucketTime(state.from))} to ${timeOf(bucketTime(state.to + 1) - 1)}`;

  function drawTimeTable(c) {
    const body = [];
    for (let i = 0; i < data.steps; i++) {
      const n = c.buckets.map(b => b[i]);
      if (n.some(x => x)) body.push(el("tr", {}, el("td", { class: "time" }, timeOf(bucketTime(i))), n.map(x => el("td", { class: "number" }, number(x)))));
    }
    fill("time-table", scroll("Timeline as a table", table(`Alerts in each ${duration(data.step)} that has any`, [["From"], ...classNames.map(n => [n, "number"])], body)));
  }

  const timelineText = c => {
    let at = 0, most = 0;
    for (let i = 0; i < data.steps; i++) { const n = c.buckets.reduce((sum, b) => sum + b[i], 0); if (n > most) { most = n; at = i; } }
    return `Alerts by time, from ${timeOf(data.first)} to ${timeOf(data.last)}; most, ${number(most)}, in the ${duration(data.step)} from ${timeOf(bucketTime(at))}. ` +
      "The same as a table is below.";
  };
  const short = n => n >= 1e6 ? (n / 1e6).toFixed(1) + "M" : n >= 1e4 ? Math.round(n / 1e3) + "k" : number(Math.round(n));
  // tick is as much of a time as tells it from others: of one day the time, of many the date.
  const isOneDay = timeOf(data.first).slice(0, 10) === timeOf(data.last).slice(0, 10);
  const tick = seconds => isOneDay ? timeOf(seconds).slice(11) : data.step >= 86400 ? timeOf(seconds).slice(0, 10) : timeOf(seconds).slice(5, 16);
  function duration(seconds) {
    for (const [unit, name] of [[86400, "day"], [3600, "hour"], [60, "minute"]]) {
      if (seconds >= unit) { const n = Math.round(10 * seconds / unit) / 10; return plural(n, name); }
    }
    return plural(seconds, "second");
  }

  // ---- Map

  let zoom = 1, current = 0, map = null;
  const nodeElements = [], edgeElements = [];

  function buildMap() {
    if (!nodes.length) return fill("map", el("p", { class: "muted" }, "No alert has a source and a target that differ."));
    const about = "Map of who attacked whom. The arrow keys go from host to host, Enter filters by one. The same as a table is below.";
    const g = svg("svg", { viewBox: `0 0 ${graph.width} ${graph.height}`, role: "group", "aria-label": about });
    const defs = svg("defs");
    for (const cls of ["s0", "s1", "s2", "s3", "path"]) {
      const size = { viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" };
      defs.append(svg("marker", { id: "arrow-" + cls, class: cls, ...size }, svg("path", { d: "M0 0L8 4L0 8z", class: cls })));
    }
    g.append(defs);
    for (const l of list(graph.lanes)) {
      g.append(svg("rect", { class: "lane", x: 4, y: l.y, width: graph.width - 8, height: l.height, rx: 8 }),
        svg("text", { class: "lane-name", x: 16, y: l.y + 17 }, l.group));
    }
    // The strongest lines are above the others, and boxes above lines.
    for (let i = edges.length - 1; i >= 0; i--) g.append(edgeElements[i] = svg("path", { d: edges[i].line }));
    nodes.forEach((n, i) => {
      const box = svg("g", {
        role: "button", tabindex: i ? "-1" : "0", transform: `translate(${n.x} ${n.y})`, onclick: () => { toggle("host", i); focusNode(i); },
        onfocus: () => light(i), onblur: () => light(ALL), onmouseenter: () => light(i), onmouseleave: () => light(ALL),
      }, svg("title", {}), svg("rect", { class: "box", width: n.width, height: n.height, rx: 4 }),
      svg("rect", { class: "stripe", x: 2, y: 3, width: 4, height: n.height - 6, rx: 2 }),
      svg("text", { x: 11, y: 14.5 }, labelOf(n)));
      nodeElements[i] = box;
      g.append(box);
    });
    g.addEventListener("keydown", moveOnMap);
    map = g;
    g.style.setProperty("--faint", Math.max(.22, Math.min(.6, 60 / edges.length))); // many lines must not hide each other
    fill("map", scroll("Map of who attacked whom", g));
    const room = byId("map").clientWidth - 4;
    resizeMap(Math.min(1.15, room / graph.width)); // nothing scrolls sideways unasked
  }

  // labelOf is as much of a name as its box has room for.
  function labelOf(n) {
    const name = print(n.name), room = Math.floor((n.width - 14) / 7.3);
    return name.length > room ? name.slice(0, room - 1) + "…" : name;
  }

  function resizeMap(to) {
    zoom = Math.max(.1, Math.min(3, to));
    map.setAttribute("width", Math.round(graph.width * zoom));
    map.setAttribute("height", Math.round(graph.height * zoom));
  }

  // light shows what is near to a node.
  function light(i) {
    map.classList.toggle("lit", i !== ALL);
    const near = new Set([i]);
    edges.forEach((e, k) => {
      const isNear = e.from === i || e.to === i;
      edgeElements[k].classList.toggle("near", isNear);
      if (isNear) near.add(e.from).add(e.to);
    });
    nodeElements.forEach((n, k) => n.classList.toggle("near", near.has(k)));
  }

  function focusNode(i) {
    nodeElements[current].setAttribute("tabindex", "-1");
    current = i;
    nodeElements[i].setAttribute("tabindex", "0");
    nodeElements[i].focus();
  }

  function moveOnMap(e) {
    if (e.key === "Enter" || e.key === " ") { e.preventDefault(); toggle("host", current); return; }
    if (e.key === "Home" || e.key === "End") { e.preventDefault(); focusNode(e.key === "Home" ? 0 : nodes.length - 1); return; }
    const dx = { ArrowLeft: -1, ArrowRight: 1 }[e.key] || 0, dy = { ArrowUp: -1, ArrowDown: 1 }[e.key] || 0;
    if (!dx && !dy) return;
    e.preventDefault();
    const a = nodes[current];
    let best = ALL, least = Infinity;
    nodes.forEach((b, i) => {
      const x = b.x - a.x, y = b.y - a.y, along = x * dx + y * dy, aside = Math.abs(dx ? y : x);
      if (along <= 0) return;
      const distance = along + 3 * aside;
      if (distance < least) { least = distance; best = i; }
    });
    if (best !== ALL) focusNode(best);
  }

  function drawMap(c) {
    if (!map) return;
    edges.forEach((e, i) => {
      const n = c.edges.n[i], isPath = state.path !== ALL ? onPath(state.path, e) : e.onPath;
      const cls = isPath ? "path" : "s" + severityClass(c.edges.severity[i]);
      const isFaint = !n && !isPath;
      edgeElements[i].setAttribute("class", "edge " + cls + (isFaint ? " none" : ""));
      edgeElements[i].setAttribute("stroke-width", (isPath ? 3 : .8) + (n ? Math.min(3, Math.log10(n)) : 0));
      edgeElements[i].setAttribute("marker-end", isFaint ? "none" : `url(#arrow-${cls})`);
    });
    const attacks = nodes.map(() => [0, 0]);
    edges.forEach((e, i) => { if (c.edges.n[i]) { attacks[e.from][0]++; attacks[e.to][1]++; } });
    nodes.forEach((n, i) => {
      const g = nodeElements[i], alerts = c.nodes.n[i];
      g.setAttribute("class", "node" + (n.onPath ? " path" : "") + (alerts ? "" : " none"));
      g.setAttribute("aria-pressed", String(state.host === i));
      g.querySelector(".stripe").setAttribute("class", "stripe" + (alerts ? " s" + severityClass(c.nodes.severity[i]) : " s3 off"));
      const worst = alerts ? ", worst " + data.severities[c.nodes.severity[i]] : "";
      const text = print(`${n.name}, ${n.group}: ${plural(alerts, "alert")}${worst}; attacks ${attacks[i][0]}, is attacked by ${attacks[i][1]}${n.onPath ? "; on a path of attacks" : ""}`);
      g.setAttribute("aria-label", text);
      g.querySelector("title").textContent = text;
    });
  }
  const onPath = (path, e) => paths[path].some(s => s.from === nodes[e.from].name && s.to === nodes[e.to].name);

  const ruleById = new Map(data.rules.map(r => [r.id, r.message]));
  function drawPaths() {
    if (!paths.length) return fill("paths", el("p", { class: "muted" }, "None: no alert of a pivot detector, which tells hosts that were attacked and then attack others."));
    const stepOf = p => el("li", { class: "text" }, el("span", { class: "time" }, p.time), `: ${p.from} attacked ${p.to}, rule ${p.rule} ${ruleById.get(p.rule) || ""}`);
    const only = i => {
      toggle("path", i);
      byId("paths").querySelectorAll(".more button")[i].focus();
    };
    fill("paths", el("ol", {}, paths.map((p, i) => el("li", {},
      el("div", { class: "hops text" }, hosts(p)),
      el("ol", {}, p.map(stepOf)),
      el("div", { class: "more" },
        el("button", { type: "button", "aria-pressed": String(state.path === i), "aria-label": `Only path ${i + 1}`, onclick: () => only(i) }, state.path === i ? "All alerts" : "Only this path"))))),
    data.morePaths ? el("p", { class: "muted" }, plural(data.morePaths, "more path is", "more paths are") + " not listed.") : null);
  }
  const hosts = path => [path[0].from, ...path.map(s => s.to)].join(" → ");

  function drawPairs(c) {
    const all = [...c.pairs.values()].sort((a, b) => a.severity - b.severity || b.n - a.n || a.source - b.source || a.target - b.target);
    const body = all.slice(0, shownRows.pairs || STEP).map(p => {
      const rules = [...p.rules].sort((a, b) => b[1] - a[1]).slice(0, 3).map(r => ruleName(r[0]));
      return el("tr", {}, el("td", {}, code(sourceName(p.source))), el("td", {}, code(targetName(p.target))), el("td", {}, badge(p.severity)), el("td", { class: "number" }, number(p.n)),
        el("td", { class: "rule text" }, rules.join(", ") + (p.rules.size > 3 ? `, ${p.rules.size - 3} more` : "")));
    });
    const columns = [["Source"], ["Target"], ["Worst"], ["Alerts", "number"], ["Rules and detectors"]];
    fill("pairs", all.length ? scroll("Sources and their targets", table("Most severe first", columns, body)) : el("p", { class: "muted" }, "No alert passes the filters."),
      more("pairs", all.length, "pairs", draw));
  }

  // ---- Sensitive data

  function drawFindings() {
    const s = state;
    const inTime = f => s.from === 0 && s.to === data.steps - 1 || f.last >= bucketTime(s.from) && f.first < bucketTime(s.to + 1);
    const all = findings.filter(f => (s.source === ALL || f.source === data.sources[s.source]) && (s.target === ALL || f.target === data.targets[s.target]) &&
      (s.host === ALL || f.nodes.includes(s.host)) && inTime(f));
    if (!findings.length) return fill("findings", el("p", { class: "muted" }, "No alert is about sensitive data."));
    const body = all.slice(0, shownRows.findings || STEP).map(f => el("tr", {},
      el("td", { class: "rule text" }, f.message.replace(/^Sensitive data: /, ""), el("span", { class: "sub" }, "rule " + f.rule)),
      el("td", { class: "text" }, f.what), el("td", { class: "text" }, code(f.where)), el("td", {}, code(f.source || "unknown")),
      el("td", {}, code(f.target || "unknown"), el("span", { class: "sub" }, f.url)), el("td", {}, badge(f.severity)), el("td", { class: "number" }, number(f.alerts)),
      el("td", { class: "time" }, timeOf(f.first), f.last !== f.first ? el("span", { class: "sub" }, "to " + timeOf(f.last)) : null)));
    const columns = [["What"], ["Kinds and number"], ["Where"], ["Client"], ["Server and path"], ["Severity"], ["Alerts", "number"], ["When"]];
    fill("findings", el("p", { class: "muted" }, "Kinds and numbers of what was found, never values. Filters by source, target, host and time apply."),
      all.length ? scroll("Sensitive data", table(plural(all.length, "finding"), columns, body)) : el("p", { class: "muted" }, "None of them passes the filters."),
      more("findings", all.length, "findings", draw),
      data.moreFindings ? el("p", { class: "muted" }, plural(data.moreFindings, "more finding is", "more findings are") + " not listed.") : null);
  }

  // ---- Alerts

  const chunks = document.querySelectorAll("script.chunk");
  const starts = []; // first row of each chunk
  const cache = new Map();

  async function unpack(element) {
    const packed = atob(element.textContent), bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
    return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
  }

  async function chunkOf(i) {
    if (!cache.has(i)) {
      if (cache.size >= 4) cache.delete(cache.keys().next().value);
      cache.set(i, unpack(chunks[i]));
    }
    return cache.get(i);
  }

  async function alertOf(row) {
    let i = starts.length - 1;
    while (starts[i] > row) i--;
    return (await chunkOf(i))[row - starts[i]];
  }

  async function loadRows() {
    rows = await unpack(byId("rows"));
    for (const key of ["time", "severity", "direction", "category", "rule", "source", "target", "label", "chunk"]) rows[key] = list(rows[key]);
    let start = 0;
    for (const n of rows.chunk) { starts.push(start); start += n; }
    rows.bucket = rows.time.map(t => {
      const bucket = Math.floor((t - data.start) / data.step);
      return bucket >= 0 && bucket < data.steps ? bucket : -1;
    });
  }

  // search looks for the text in all alerts that can be opened, key by key.
  let searching = 0;
  async function search() {
    const mine = ++searching, text = state.text.toLowerCase();
    if (!rows) return; // start searches when they are there
    if (!text) { found = null; return draw(); }
    const has = x => typeof x === "string" ? x.toLowerCase().includes(text) : x !== null && typeof x === "object" ? Object.values(x).some(has) : x !== null && String(x).includes(text);
    const hits = new Uint8Array(rows.time.length);
    for (let i = 0; i < chunks.length; i++) {
      (await unpack(chunks[i])).forEach((a, k) => { hits[starts[i] + k] = has(a) ? 1 : 0; });
      if (mine !== searching) return;
      if (i % 20 === 19) { byId("count").textContent = `Searching: ${Math.round(100 * i / chunks.length)} %`; await new Promise(r => setTimeout(r)); }
    }
    if (mine !== searching) return;
    found = hits;
    draw();
  }

  const PAGE = 50;
  function drawAlerts(c) {
    if (!rows) return;
    let order = [];
    for (let i = 0; i < rows.time.length; i++) if ((!found || found[i]) && !failed(rows, i)) order.push(i);
    const age = i => rows.time[i] < 0 ? Infinity : rows.time[i]; // without a time: at the end
    const older = (a, b) => age(a) === age(b) ? a - b : age(a) - age(b);
    const by = { severity: (a, b) => rows.severity[a] - rows.severity[b] || older(a, b), oldest: older, newest: (a, b) => rows.time[b] - rows.time[a] || a - b };
    order.sort(by[state.order]);
    const pages = Math.max(1, Math.ceil(order.length / PAGE));
    state.page = Math.min(state.page, pages - 1);
    const body = order.slice(state.page * PAGE, (state.page + 1) * PAGE).flatMap(alertRow);
    byId("listed").textContent = data.listed === data.alerts ? `${plural(order.length, "alert")}. Each can be opened to all its keys.`
      : `${number(data.listed)} of ${number(data.alerts)} alerts are listed and can be opened, those of detectors and the most severe; ` +
        `with the other ${number(data.alerts - data.listed)} the page would be too large, but they are counted everywhere above${found ? ", except in a search for text" : ""}. ` +
        `${number(order.length)} of those listed pass the filters.`;
    const columns = [["Open"], ["Time"], ["Severity"], ["Rule or detector"], ["Source"], ["Target"], ["What"]];
    fill("alerts", order.length ? scroll("Alerts", table(`Page ${number(state.page + 1)} of ${number(pages)}`, columns, body)) : el("p", { class: "muted" }, "No alert that is listed passes the filters."));
    const go = to => { set({ page: to, open: new Set() }); byId("alerts-heading").focus(); };
    fill("pages", el("button", { type: "button", disabled: state.page === 0, onclick: () => go(0) }, "First"),
      el("button", { type: "button", disabled: state.page === 0, onclick: () => go(state.page - 1) }, "Previous"),
      el("span", {}, `Page ${number(state.page + 1)} of ${number(pages)}`),
      el("button", { type: "button", disabled: state.page >= pages - 1, onclick: () => go(state.page + 1) }, "Next"),
      el("button", { type: "button", disabled: state.page >= pages - 1, onclick: () => go(pages - 1) }, "Last"));
  }

  function alertRow(i) {
    const r = data.rules[rows.rule[i]], at = timeOf(rows.time[i]);
    const isOpen = state.open.has(i);
    const name = print(`Alert ${i + 1}: ${ruleName(rows.rule[i])} from ${sourceName(rows.source[i])} to ${targetName(rows.target[i])}${at ? " at " + at : ""}`);
    const button = el("button", { type: "button", class: "open", "aria-expanded": String(isOpen), "aria-controls": "alert-" + i, "aria-label": name }, isOpen ? "−" : "+");
    const row = el("tr", {}, el("td", {}, button), el("td", { class: "time" }, at || "no time"), el("td", {}, badge(rows.severity[i])),
      el("td", { class: "rule text" }, ruleName(rows.rule[i]), " ", el("span", { class: "tag" }, data.kinds[r.kind]), el("span", { class: "sub" }, r.message)),
      el("td", {}, code(sourceName(rows.source[i]))), el("td", {}, code(targetName(rows.target[i]))), el("td", { class: "what" }, code(rows.label[i])));
    const cell = el("td", { colspan: "7" }), detail = el("tr", { class: "detail", id: "alert-" + i, hidden: !isOpen }, cell);
    const show = async () => {
      try {
        cell.replaceChildren(keys(await alertOf(i)));
      } catch (err) {
        cell.replaceChildren(el("p", {}, "Cannot open alert: " + err.message));
      }
    };
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      if (open) { state.open.add(i); show(); } else state.open.delete(i);
      button.setAttribute("aria-expanded", String(open));
      button.firstChild.data = open ? "−" : "+";
      detail.hidden = !open;
      writeState();
    });
    if (isOpen) show();
    return [row, detail];
  }

  // keys shows an object key by key; those without a value are named at the end.
  function keys(object, depth = 0) {
    const dl = el("dl", { class: "keys" }), empty = [];
    for (const [key, value] of Object.entries(object)) {
      if (value === "" || value === null || Array.isArray(value) && !value.length) { empty.push(key); continue; }
      dl.append(el("dt", {}, key), el("dd", {}, valueOf(value, depth)));
    }
    if (empty.length) dl.append(el("dt", {}, "empty"), el("dd", { class: "muted text" }, empty.join(", ")));
    return dl;
  }

  function valueOf(value, depth) {
    if (typeof value !== "object") {
      const s = String(value);
      if (s.length > 160 || s.includes("\n")) { const pre = el("pre", { tabindex: "0", role: "region", "aria-label": "Value" }); pre.textContent = block(s); return pre; }
      return code(s);
    }
    if (depth > 3) return code(JSON.stringify(value));
    if (Array.isArray(value)) {
      if (value.every(v => typeof v !== "object")) return code(value.join(", "));
      return el("div", {}, value.map(v => v !== null && typeof v === "object" ? keys(v, depth + 1) : code(v)));
    }
    return keys(value, depth + 1);
  }

  // ---- The page

  function drawFilters() {
    const value = (id, v) => { const e = byId(id); if (e !== document.activeElement || e.tagName === "SELECT") e.value = v; };
    value("f-text", state.text);
    value("f-severity", state.severity);
    value("f-direction", state.direction);
    value("f-kind", state.kind);
    value("f-category", state.category);
    value("f-rule", state.rule);
    value("f-source", state.source === ALL ? "" : print(sourceNames[state.source]));
    value("f-target", state.target === ALL ? "" : print(targetNames[state.target]));
    value("f-order", state.order);
    const chips = [];
    const chip = (isSet, text, change) => {
      const remove = () => {
        set(change);
        byId(byId("clear").hidden ? "f-text" : "clear").focus();
      };
      if (isSet) chips.push(el("li", {}, el("button", { type: "button", "aria-label": print("Remove filter: " + text), onclick: remove }, text + " ×")));
    };
    chip(state.text, "text: " + state.text, { text: "" });
    chip(state.severity < 7, data.severities[state.severity] + " or worse", { severity: 7 });
    chip(state.direction !== ALL, "direction: " + directionName(state.direction), { direction: ALL });
    chip(state.kind !== ALL, "found by: " + data.kinds[state.kind], { kind: ALL });
    chip(state.category !== ALL, "category: " + categoryName(state.category), { category: ALL });
    if (state.rule !== ALL) chip(true, "rule: " + ruleName(state.rule), { rule: ALL });
    chip(state.source !== ALL, "source: " + sourceName(state.source), { source: ALL });
    chip(state.target !== ALL, "target: " + targetName(state.target), { target: ALL });
    if (state.host !== ALL) chip(true, "host: " + nodes[state.host].name, { host: ALL });
    chip(state.path !== ALL, "path " + (state.path + 1), { path: ALL });
    chip(state.from > 0 || state.to < data.steps - 1, rangeText(), { from: 0, to: data.steps - 1 });
    fill("chips", chips);
    byId("clear").hidden = chips.length === 0;
  }

  function draw() {
    const c = count();
    byId("count").textContent = `${number(c.total)} of ${plural(data.alerts, "alert")}`;
    drawFilters();
    drawTimeline(c);
    drawTop("top-rules", "Filter by one with its button", "Rule", "rule", c.rules, i => {
      const r = data.rules[i];
      const about = [r.message, list(r.attack).join(", ")].filter(s => s).join(" · ");
      return { name: r.detector ? "Detector " + r.detector : ruleName(i), sub: [" ", el("span", { class: "tag" }, i ? data.kinds[r.kind] : "several"), el("span", { class: "sub" }, about)] };
    });
    drawTop("top-sources", "Clients that alerts are about", "Source", "source", c.sources, i => ({ name: sourceName(i) }));
    drawTop("top-targets", "Servers that alerts are about", "Target", "target", c.targets, i => ({ name: targetName(i) }));
    drawTop("top-categories", "Kinds of attack, as rules name them", "Category", "category", c.categories, i => ({ name: categoryName(i) }));
    drawMap(c);
    drawPaths();
    drawPairs(c);
    drawFindings();
    drawAlerts(c);
  }

  function drawIncidents() {
    const incidents = list(data.incidents);
    byId("incidents-section").hidden = incidents.length === 0;
    fill("incidents", incidents.map(i => el("li", {},
      badge(i.severity), " ", el("strong", {}, i.title),
      el("span", { class: "sub" }, [i.first < 0 ? "" : `${timeOf(i.first)} to ${timeOf(i.last)}`, plural(i.alerts, "alert"), "outcome " + i.outcome, i.confidence + " % sure"].filter(t => t).join(" · ")),
      i.text ? el("p", {}, i.text) : null,
      el("button", { type: "button", "aria-label": print("Show the alerts of: " + i.title), onclick: () => { set({ ...fresh(), text: i.id }); byId("alerts-heading").focus(); } }, "Show its alerts"))));
    byId("more-incidents").textContent = data.moreIncidents ? `${plural(data.moreIncidents, "incident")} more, less severe or older, ${data.moreIncidents === 1 ? "is" : "are"} not listed.` : "";
  }

  function drawSummary() {
    const sum = test => facts.count.reduce((n, k, i) => n + (test(i) ? k : 0), 0);
    const percent = n => n < data.alerts / 100 ? "Under 1 %" : n < data.alerts && n > data.alerts * .99 ? "Over 99 %" : n === data.alerts ? "All" : Math.round(100 * n / data.alerts) + " %";
    const classes = [0, 1, 2, 3].map(k => sum(i => severityClass(facts.severity[i]) === k));
    const east = sum(i => data.directions[facts.direction[i]] === "east-west");
    const detectors = sum(i => data.rules[facts.rule[i]].kind === 3), sensitive = findings.reduce((n, f) => n + f.alerts, 0);
    const used = (key, names) => new Set(facts[key].filter(i => i && names[i])).size;
    const period = data.steps ? `${timeOf(data.first)} to ${timeOf(data.last)}` : "no time";
    byId("scope").textContent = `${plural(data.alerts, "alert")}, ${period}${data.steps ? ` (${duration(data.last - data.first)})` : ""}`;

    const lead = [];
    const are = (n, one, many) => `${number(n)} ${n === 1 ? "is " + one : "are " + many}`;
    lead.push(`Of ${plural(data.alerts, "alert")}, ${are(classes[0], "critical or worse", "critical or worse")}${classes[1] ? `, and ${are(classes[1], "an error", "errors")}` : ""}.`);
    if (paths.length) {
      const longest = paths.reduce((a, b) => b.length > a.length ? b : a);
      lead.push(`An attack went on from host to host: ${hosts(longest)}${paths.length > 1 ? `, and ${plural(paths.length - 1, "other path")}` : ""}.`);
    }
    if (east) lead.push(`${percent(east)} of the alerts (${number(east)}) tell of traffic between hosts inside (east-west).`);
    if (findings.length) {
      const most = findings.reduce((a, b) => b.alerts > a.alerts ? b : a).message.replace(/^Sensitive data: /, "");
      lead.push(`Sensitive data was seen ${sensitive === 1 ? "once" : number(sensitive) + " times"}, mostly: ${most}.`);
    }
    fill("lead", lead.map(t => el("li", {}, t)));
    const figure = (name, n, cls) => el("div", { class: cls }, el("dt", {}, name), el("dd", {}, number(n)));
    fill("figures", classNames.map((n, k) => figure(n, classes[k], "s" + k)), figure("between hosts inside", east),
      figure("sources", used("source", data.sources)), figure("targets", used("target", data.targets)), figure("paths from host to host", paths.length + data.morePaths, "path"),
      figure("alerts of detectors", detectors), figure("alerts about sensitive data", sensitive + data.moreFindings));

    fill("legend", classNames.map((n, k) => el("span", {}, el("i", { class: "s" + k }), n)));
    fill("map-legend", classNames.map((n, k) => el("span", {}, el("i", { class: "s" + k }), n)), el("span", {}, el("i", { class: "path" }), "path from host to host"));
    byId("map-note").textContent = "Attackers are to the left of those they attack. Lines are as severe as the worst alert, and wider with more of them. " +
      "Choose a host to see its alerts only." + (graph.hidden ? ` Not drawn, but in the table: ${plural(graph.hidden, "line")} with fewer alerts.` : "");

    const about = [];
    const names = data.files.slice(0, 10).join(", ") + (data.files.length > 10 ? ", …" : "");
    about.push(`Made ${data.made} by msa ${data.version} from ${data.files.length === 1 ? names : data.files.length + " files: " + names}.`);
    about.push("Times are as in the alerts. Sensitive values are " + (data.masked ? "masked." : "as in the alerts, which may have them."));
    if (data.broken) about.push(`${plural(data.broken, "line was", "lines were")} no alerts and left out.`);
    if (data.unreadable) about.push(`${plural(data.unreadable, "file")} could not be read, or not to the end: alerts are missing.`);
    if (data.undated) about.push(`${plural(data.undated, "alert has", "alerts have")} no time that can be read, and ${data.undated === 1 ? "is" : "are"} not in the timeline.`);
    if (data.far) about.push(`${plural(data.far, "alert is", "alerts are")} dated so far from the others that ${data.far === 1 ? "it is" : "they are"} not in the timeline.`);
    if (data.unparsedPaths) about.push(`${plural(data.unparsedPaths, "path")} of detectors could not be read, and ${data.unparsedPaths === 1 ? "is" : "are"} among the alerts only.`);
    if (data.listed < data.alerts) about.push(`${number(data.alerts - data.listed)} alerts are counted, but not listed.`);
    if ([facts.category, facts.rule, facts.source, facts.target].some(t => t.includes(0))) {
      about.push("There were too many different sources, targets or rules: the least severe and rarest are counted together as other.");
    }
    about.push("Characters that can't be seen, or change the direction of text, are shown by their numbers, such as [U+202E].");
    fill("about", about.map(t => el("li", {}, t)));
  }

  function setUp() {
    const options = (id, first, all) => fill(id, first ? el("option", { value: String(ALL) }, first) : null, all.map(([value, name]) => el("option", { value: String(value) }, name)));
    const uses = key => { const n = new Map(); facts[key].forEach((v, i) => n.set(v, (n.get(v) || 0) + facts.count[i])); return [...n].sort((a, b) => b[1] - a[1]).map(x => x[0]); };
    options("f-severity", null, data.severities.map((n, i) => [i, i === 7 ? "all" : i === 0 ? n : n + " or worse"]).reverse());
    options("f-direction", "all", data.directions.map((_, i) => [i, directionName(i)]));
    options("f-kind", "all", data.kinds.map((n, i) => [i, n]));
    options("f-category", "all", uses("category").map(i => [i, categoryName(i)]));
    options("f-rule", "all", uses("rule").slice(0, 1000).map(i => [i, ruleName(i) + " " + data.rules[i].message]));
    const suggest = (id, names, key) => fill(id, uses(key).slice(0, 300).map(i => el("option", { value: print(names[i]) })));
    suggest("sources", sourceNames, "source");
    suggest("targets", targetNames, "target");
    for (const key of ["severity", "direction", "kind", "category", "rule"]) byId("f-" + key).addEventListener("change", e => set({ [key]: Number(e.target.value) }));
    byId("f-order").addEventListener("change", e => set({ order: e.target.value }));
    let timer;
    byId("f-text").addEventListener("input", e => { clearTimeout(timer); timer = setTimeout(() => set({ text: e.target.value }), 250); });
    for (const [id, key, names] of [["f-source", "source", sourceNames], ["f-target", "target", targetNames]]) {
      byId(id).addEventListener("change", e => {
        const value = e.target.value.trim(), i = value ? names.findIndex(n => print(n).trim() === value) : ALL, isWrong = value !== "" && i < 0;
        e.target.setAttribute("aria-invalid", String(isWrong));
        byId("f-wrong").textContent = isWrong ? `No alert has the ${key} ${print(e.target.value)}.` : "";
        if (!isWrong) set({ [key]: i });
      });
    }
    byId("filters").addEventListener("submit", e => e.preventDefault());
    byId("clear").addEventListener("click", () => { byId("f-text").value = ""; set({ ...fresh(), order: state.order }); byId("f-text").focus(); });
    byId("f-from").addEventListener("input", e => set({ from: Math.min(Number(e.target.value), state.to) }));
    byId("f-to").addEventListener("input", e => set({ to: Math.max(Number(e.target.value), state.from) }));
    byId("time-details").addEventListener("toggle", draw);
    byId("map-fit").addEventListener("click", () => map && resizeMap((byId("map").clientWidth - 4) / graph.width));
    byId("map-in").addEventListener("click", () => map && resizeMap(zoom * 1.25));
    byId("map-out").addEventListener("click", () => map && resizeMap(zoom / 1.25));
    // Where the page may not keep anything, the theme lasts as long as the page.
    const kept = {
      get: () => { try { return localStorage.getItem("msa-report-theme"); } catch { return null; } },
      set: v => { try { localStorage.setItem("msa-report-theme", v); } catch { /* not kept */ } },
    };
    const theme = v => {
      const isOne = v === "light" || v === "dark";
      if (isOne) document.documentElement.dataset.theme = v; else delete document.documentElement.dataset.theme;
      byId("theme").value = isOne ? v : "";
    };
    theme(kept.get());
    byId("theme").addEventListener("change", e => { theme(e.target.value); kept.set(e.target.value); });
    addEventListener("hashchange", () => { const before = state.text; readState(); if (state.text !== before) search(); else draw(); });
    let width = innerWidth;
    addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; draw(); } });
  }

  async function start() {
    setUp();
    drawIncidents();
    drawSummary();
    buildMap();
    readState();
    draw();
    try {
      await loadRows();
    } catch (err) {
      byId("listed").textContent = "Cannot read the alerts of this page: " + err.message;
      return;
    }
    if (state.text) await search(); else draw();
    document.documentElement.dataset.ready = "";
  }
  start();
})();
