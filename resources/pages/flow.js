// Draws panels of what a run recorded over two clocks: flow (noise to data) and training.
// Positions are 13-bit integers within each panel's box, stored as differences along the flow.
// `painters` has an object for each type of panel: open, draw, find, describe, and of other clocks
// than the flow time their name and value. Other files of this folder add to them.
"use strict";
(async () => {
  const root = document.getElementById("flow"), $ = s => root.querySelector(s);
  const { title, note, theme, seconds, wheel, panels } = JSON.parse(document.getElementById("flow-data").textContent);
  const LEVELS = 8191, TRAIL = 5, HOLD = 0.8;

  const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
  async function inflate(text) {
    const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  async function positions(panel) { // (steps, times, particles, 2), low bytes first, then high bytes
    const raw = await inflate(panel.positions), half = raw.length / 2, q = new Uint16Array(half);
    const frame = panel.n * 2, T = panel.times.length;
    for (let i = 0; i < half; i++) {
      const before = Math.floor(i / frame) % T ? q[i - frame] : 0;
      q[i] = before + raw[i] + (raw[half + i] << 8);
    }
    return q;
  }
  const picture = url => new Promise((done, fail) => {
    const image = new Image(); image.onload = () => done(image); image.onerror = fail; image.src = url;
  });

  // Clocks: both from 0 to 1.
  const clock = { flow: 1, training: 1 }, inputs = { flow: $("#clock-flow"), training: $("#clock-training") };
  const hasFlow = panels.some(p => p.times.length > 1), hasTraining = panels.some(p => p.steps.length > 1);
  const painters = window.flowPainters ?? {}, own = panels.every(p => p.type in painters); // these show first how they are learned
  let playing = hasFlow || hasTraining, plays = hasFlow && !(own && hasTraining) ? "flow" : "training", held = 0, before = 0;
  if (playing) clock[plays] = 0;

  function at(list, u) { // the two neighbours in a list at a share u of it, and the weight of the later
    const f = u * (list.length - 1), i = Math.min(Math.floor(f), Math.max(list.length - 2, 0));
    return [i, Math.min(i + 1, list.length - 1), f - i];
  }
  const mix = (list, u) => { const [i, j, w] = at(list, u); return list[i] + (list[j] - list[i]) * w; };
  const number = v => Math.abs(v) >= 1e4 || (v && Math.abs(v) < 1e-3) ? v.toExponential(2) : String(+v.toPrecision(3));
  const count = v => Math.round(v).toLocaleString("en-GB");

  function place(panel, flow, training, out) { // positions at two clocks, in the data's units
    const [s0, s1, ws] = at(panel.steps, training), [t0, t1, wt] = at(panel.times, flow);
    const size = panel.n * 2, T = panel.times.length, q = panel.q, [x0, y0, x1, y1] = panel.box;
    const a = (s0 * T + t0) * size, b = (s0 * T + t1) * size, c = (s1 * T + t0) * size, d = (s1 * T + t1) * size;
    for (let i = 0; i < size; i++) {
      const v = (q[a + i] * (1 - wt) + q[b + i] * wt) * (1 - ws) + (q[c + i] * (1 - wt) + q[d + i] * wt) * ws;
      out[i] = i % 2 ? y0 + v / LEVELS * (y1 - y0) : x0 + v / LEVELS * (x1 - x0);
    }
    return out;
  }

  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name);
  const tools = { clock, at, mix, number, count, bytes, inflate, picture, css, wheel, redraw: () => redraw() };

  function shown(panel) { // particles that both neighbouring snapshots have
    const [i, j, w] = at(panel.counts, clock.training);
    return w === 0 ? panel.counts[i] : w === 1 ? panel.counts[j] : Math.min(panel.counts[i], panel.counts[j]);
  }
  function drawPoints(panel, ctx, side, dark) {
    const [cx, cy, reach] = panel.view, scale = side / 2 / reach, style = getComputedStyle(document.documentElement);
    const X = x => side / 2 + (x - cx) * scale, Y = y => side / 2 - (y - cy) * scale;
    const colours = wheel[dark ? "dark" : "light"], ink = i => colours[panel.turns[i]];
    if ($(".data").checked) {
      ctx.fillStyle = style.getPropertyValue("--data"); ctx.globalAlpha = 0.45;
      for (let i = 0; i < panel.real.length; i += 2) ctx.fillRect(X(panel.real[i]) - 0.75, Y(panel.real[i + 1]) - 0.75, 1.5, 1.5);
    }
    const n = shown(panel), groups = panel.groups.map(group => group.filter(i => i < n)).filter(group => group.length);
    const now = place(panel, clock.flow, clock.training, panel.now), r = Math.max(1.4, Math.min(3, 60 / Math.sqrt(n)));
    if ($(".trails").checked) {
      const gap = 0.5 / Math.max(1, panel[plays === "flow" ? "times" : "steps"].length - 1);
      let later = now;
      for (let k = 1; k <= TRAIL; k++) {
        const f = plays === "flow" ? Math.max(0, clock.flow - k * gap) : clock.flow;
        const u = plays === "flow" ? clock.training : Math.max(0, clock.training - k * gap);
        const earlier = place(panel, f, u, panel.past[k]);
        ctx.globalAlpha = 0.5 * (1 - k / (TRAIL + 1)); ctx.lineWidth = 1;
        for (const group of groups) {
          ctx.strokeStyle = ink(group[0]); ctx.beginPath();
          for (const i of group) { ctx.moveTo(X(later[2 * i]), Y(later[2 * i + 1])); ctx.lineTo(X(earlier[2 * i]), Y(earlier[2 * i + 1])); }
          ctx.stroke();
        }
        later = earlier;
      }
    }
    ctx.globalAlpha = 0.9;
    for (const group of groups) {
      ctx.fillStyle = ink(group[0]); ctx.beginPath();
      for (const i of group) { const x = X(now[2 * i]), y = Y(now[2 * i + 1]); ctx.moveTo(x, y); ctx.arc(x, y, r, 0, 7); }
      ctx.fill();
    }
    if (panel.hover !== null) {
      const i = panel.hover, list = panel.times.length > 1 ? "flow" : "training";
      ctx.globalAlpha = 1; ctx.lineWidth = 2; ctx.strokeStyle = style.getPropertyValue("--text"); ctx.beginPath();
      for (let u = 0; u <= 1; u += 1 / 48) {
        const p = place(panel, list === "flow" ? u : clock.flow, list === "flow" ? clock.training : u, panel.past[0]);
        ctx.lineTo(X(p[2 * i]), Y(p[2 * i + 1]));
      }
      ctx.stroke(); ctx.fillStyle = ink(i);
      ctx.beginPath(); ctx.arc(X(now[2 * i]), Y(now[2 * i + 1]), r + 3, 0, 7); ctx.fill(); ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }
  function nearest(panel, x, y, side) {
    const [cx, cy, reach] = panel.view, px = cx + (x - side / 2) / side * 2 * reach, py = cy - (y - side / 2) / side * 2 * reach;
    let best = -1, least = (14 / side * 2 * reach) ** 2;
    for (let i = 0, n = shown(panel); i < n; i++) {
      const d = (panel.now[2 * i] - px) ** 2 + (panel.now[2 * i + 1] - py) ** 2;
      if (d < least) { least = d; best = i; }
    }
    return best;
  }

  const cell = (panel, side) => [side / panel.columns, side / panel.columns / panel.aspect];
  function drawTiles(panel, ctx, side, dark) {
    const [w, h] = cell(panel, side), columns = panel.columns, near = (list, u) => Math.round(u * (list.length - 1));
    const sheet = panel.sheets[near(panel.steps, clock.training) * panel.times.length + near(panel.times, clock.flow)];
    ctx.imageSmoothingEnabled = !panel.pixels;
    // Drawings are painted in one theme; inverting them keeps their hues in the other.
    ctx.filter = panel.pixels || panel.dark === dark ? "none" : "invert(1) hue-rotate(180deg)";
    const sw = sheet.width / columns, sh = sw / panel.aspect, gap = panel.pixels ? Math.max(1, w * 0.03) : 0;
    for (let i = 0; i < panel.n; i++) {
      const column = i % columns, row = Math.floor(i / columns);
      ctx.drawImage(sheet, column * sw, row * sh, sw, sh, column * w + gap, row * h + gap, w - 2 * gap, h - 2 * gap);
    }
    ctx.filter = "none";
    if (panel.hover !== null) {
      ctx.lineWidth = 2; ctx.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent");
      ctx.strokeRect(panel.hover % columns * w + 1, Math.floor(panel.hover / columns) * h + 1, w - 2, h - 2);
    }
  }
  function tileAt(panel, x, y, side) {
    const [w, h] = cell(panel, side), i = Math.floor(y / h) * panel.columns + Math.floor(x / w);
    return i < panel.n ? i : -1;
  }

  painters.points = {
    draw: drawPoints,
    find(panel, x, y, side) { const i = nearest(panel, x, y, side); panel.hover = i < 0 ? null : i; },
    describe: panel => `Particle ${panel.hover}: (${number(panel.now[2 * panel.hover])}, ${number(panel.now[2 * panel.hover + 1])})`,
    async open(panel) {
      panel.q = await positions(panel); panel.turns = bytes(panel.turns);
      panel.groups = wheel.dark.map(() => []);
      panel.turns.forEach((turn, i) => panel.groups[turn].push(i));
      panel.groups = panel.groups.filter(group => group.length);
      const [x0, y0, x1, y1] = panel.box, raw = new Uint16Array(bytes(panel.real).buffer);
      panel.real = Float32Array.from(raw, (v, i) => i % 2 ? y0 + v / LEVELS * (y1 - y0) : x0 + v / LEVELS * (x1 - x0));
      panel.now = new Float32Array(panel.n * 2);
      panel.past = Array.from({ length: TRAIL + 1 }, () => new Float32Array(panel.n * 2));
    },
  };
  painters.tiles = {
    draw: drawTiles,
    find(panel, x, y, side) { const i = tileAt(panel, x, y, side); panel.hover = i < 0 ? null : i; },
    describe: panel => `Sample ${panel.hover}`,
    async open(panel) {
      panel.sheets = await Promise.all(panel.sheets.map(picture));
      panel.high = Math.ceil(panel.n / panel.columns) / panel.columns / panel.aspect;
    },
  };
  const painter = panel => painters[panel.type];
  function draw() {
    const dark = document.documentElement.dataset.theme === "dark";
    for (const panel of panels) {
      const canvas = panel.canvas, side = canvas.clientWidth, high = Math.round(side * panel.high), ratio = window.devicePixelRatio || 1;
      if (canvas.width !== Math.round(side * ratio)) { canvas.width = Math.round(side * ratio); canvas.height = Math.round(high * ratio); canvas.style.height = `${high}px`; }
      const ctx = canvas.getContext("2d");
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0); ctx.clearRect(0, 0, side, high);
      panel.reached.textContent = `step ${count(mix(panel.steps, clock.training))}`;
      painter(panel).draw(panel, ctx, side, dark, tools);
      if (panel.hover !== null) panel.tip.textContent = painter(panel).describe(panel, tools);
      panel.tip.hidden = panel.hover === null;
    }
    for (const name of ["flow", "training"]) {
      inputs[name].value = clock[name];
      const list = panels[0][name === "flow" ? "times" : "steps"], value = mix(list, clock[name]);
      const told = name === "flow" ? painter(panels[0]).time?.(panels[0], tools) ?? `t = ${value.toFixed(2)}` : null;
      inputs[name].nextElementSibling.value = told ?? (panels.length > 1 ? `${Math.round(clock.training * 100)} %` : `step ${count(value)}`);
    }
    $(".play").textContent = playing ? "Pause" : "Play";
  }
  let wanted = false;
  function redraw() { if (!wanted) { wanted = true; requestAnimationFrame(tick); } }
  function tick(now) {
    wanted = false;
    const passed = Math.min(0.1, before ? (now - before) / 1000 : 0);
    before = playing ? now : 0;
    if (playing) {
      if (clock[plays] < 1) { clock[plays] = Math.min(1, clock[plays] + passed / seconds); held = 0; }
      else if ((held += passed) > HOLD) { clock[plays] = 0; }
    }
    draw();
    if (playing) redraw();
  }

  function hover(panel, event) {
    const box = panel.canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    painter(panel).find(panel, x, y, box.width);
    panel.tip.style.left = `${Math.max(4, Math.min(x + 12, box.width - panel.tip.offsetWidth - 8))}px`; panel.tip.style.top = `${Math.max(y - 32, 4)}px`;
    redraw();
  }
  async function open(panel) {
    const figure = document.createElement("figure"), caption = document.createElement("figcaption"), name = document.createElement("b");
    panel.canvas = document.createElement("canvas"); panel.canvas.setAttribute("role", "img");
    panel.canvas.setAttribute("aria-label", `${panel.title}: ${panel.note}`);
    panel.tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });
    panel.reached = document.createElement("span"); name.textContent = panel.title; name.title = panel.note;
    caption.append(name, panel.reached); figure.append(panel.canvas, panel.tip, caption); $(".panels").append(figure);
    panel.hover = null; panel.high = 1;
    panel.canvas.addEventListener("pointermove", event => hover(panel, event));
    panel.canvas.addEventListener("pointerleave", () => { panel.hover = null; redraw(); });
    await painter(panel).open(panel, tools);
  }

  const chosen = theme === "auto" ? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light") : theme;
  document.documentElement.dataset.theme = chosen;
  $("h1").textContent = title; $("p").textContent = note;
  try { await Promise.all(panels.map(open)); }
  catch (error) { $("p").textContent = `This browser cannot read the recording (${error.message}). Use a browser of 2023 or later.`; return; }
  if (own) {
    $('label[for="clock-flow"]').textContent = $('option[value="flow"]').textContent = painter(panels[0]).clock;
    $(".hint").textContent = "Space plays, arrow keys step. Hover a pixel or a row.";
  }
  for (const name of ["flow", "training"]) {
    inputs[name].addEventListener("input", () => { clock[name] = +inputs[name].value; playing = false; redraw(); });
    if (!(name === "flow" ? hasFlow : hasTraining)) for (const each of [inputs[name], inputs[name].previousElementSibling, inputs[name].nextElementSibling]) each.hidden = true;
  }
  const toggle = () => { playing = !playing; if (playing && clock[plays] >= 1) clock[plays] = 0; redraw(); };
  $(".play").addEventListener("click", toggle);
  $(".theme").addEventListener("click", () => { const d = document.documentElement.dataset; d.theme = d.theme === "dark" ? "light" : "dark"; redraw(); });
  $(".which select").value = plays;
  $(".which select").addEventListener("change", () => { plays = $(".which select").value; clock[plays] = 0; playing = true; redraw(); });
  $(".which").hidden = !(hasFlow && hasTraining);
  for (const each of root.querySelectorAll(".points")) { each.hidden = panels.every(p => p.type !== "points"); each.addEventListener("change", redraw); }
  addEventListener("keydown", event => {
    if (/^(SELECT|BUTTON|INPUT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === " ") { event.preventDefault(); toggle(); }
    const step = { ArrowRight: 0.02, ArrowLeft: -0.02 }[event.key];
    if (step) { clock[plays] = Math.min(1, Math.max(0, clock[plays] + step)); playing = false; redraw(); }
  });
  addEventListener("resize", redraw);
  root.dataset.ready = "yes";
  redraw();
})();
