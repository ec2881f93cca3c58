// Draws the list of a recommender: the flow clock is the history, and rows move to their ranks.
"use strict";
(window.flowPainters ??= {}).lists = {
  clock: "History",
  SHOWN: 3,
  open(panel, tools) {
    panel.high = 1; panel.user = 0; panel.hover = null;
    if (panel.users.length < 2) return;
    const choice = document.createElement("select");
    choice.setAttribute("aria-label", "User");
    panel.users.forEach((user, i) => choice.append(new Option(user.name, i)));
    choice.addEventListener("change", () => { panel.user = +choice.value; tools.redraw(); });
    panel.reached.before(choice);
  },
  list(panel, step, time) { // places of the items and their probabilities, best first
    const n = panel.length, at = ((step * panel.times.length + time) * panel.users.length + panel.user) * n;
    return [panel.items.slice(at, at + n), panel.probability.slice(at, at + n)];
  },
  ranks(panel, tools) { // of each item: rank, probability as a share of the largest, presence
    const rest = w => { const u = Math.min(1, Math.max(0, (w - 0.35) / 0.3)); return u * u * (3 - 2 * u); }; // rows rest at each list
    const [s0, s1, toStep] = tools.at(panel.steps, tools.clock.training), [t0, t1, toTime] = tools.at(panel.times, tools.clock.flow);
    const ws = rest(toStep), wt = rest(toTime);
    const parts = [[s0, t0, (1 - ws) * (1 - wt)], [s0, t1, (1 - ws) * wt], [s1, t0, ws * (1 - wt)], [s1, t1, ws * wt]];
    const found = new Map(), lists = parts.filter(part => part[2] > 0).map(([s, t, w]) => [...this.list(panel, s, t), w]);
    for (const [items] of lists) for (const item of items) if (item >= 0) found.set(item, { item, rank: 0, value: 0, share: 0, presence: 0 });
    for (const each of found.values()) for (const [items, probability, w] of lists) {
      const at = items.indexOf(each.item);
      each.rank += w * (at < 0 ? panel.length : at);
      if (at >= 0) { each.value += w * probability[at]; each.share += w * probability[at] / Math.max(...probability, 1e-12); each.presence += w; }
    }
    return [...found.values()];
  },
  line: (panel, side, shown) => side / (panel.length + shown + 2.5),
  known: (panel, tools) => panel.users[panel.user].known[Math.round(tools.clock.flow * (panel.times.length - 1))],
  draw(panel, ctx, side, dark, tools) {
    const user = panel.users[panel.user], known = this.known(panel, tools), later = new Set(user.history.slice(known));
    const line = this.line(panel, side, this.SHOWN), edge = line * 0.5, wide = side - 2 * edge;
    const text = tools.css("--text"), muted = tools.css("--muted"), accent = tools.css("--accent"), wheel = tools.wheel[dark ? "dark" : "light"];
    const write = (words, x, y, ink, room, weight = "") => {
      ctx.font = `${weight} ${Math.min(16, line * 0.48)}px system-ui, sans-serif`; ctx.fillStyle = ink; ctx.textBaseline = "middle";
      while (words && ctx.measureText(words).width > room) words = words.length > 2 ? `${words.slice(0, -2)}…` : "";
      ctx.fillText(words, x, y + line / 2);
    };
    write(`${user.name}: ${known} of ${user.history.length} items known`, edge, 0, muted, wide);
    user.history.slice(Math.max(0, known - this.SHOWN), known).forEach((item, i) => write(panel.titles[item], edge, line * (i + 1), text, wide));
    const top = line * (this.SHOWN + 1.5);
    ctx.fillStyle = tools.css("--line"); ctx.fillRect(edge, top - line * 0.25, wide, 1);
    panel.rows = this.ranks(panel, tools);
    for (const { item, rank, share, presence } of panel.rows) {
      const y = top + rank * line;
      ctx.globalAlpha = presence;
      ctx.fillStyle = wheel[item * 7 % wheel.length]; ctx.fillRect(edge, y + line * 0.22, line * 0.22, line * 0.56);
      write(panel.titles[item], edge + line * 0.6, y, later.has(item) ? accent : text, wide * 0.76 - line * 0.6, later.has(item) || item === panel.hover ? "600" : "");
      ctx.fillStyle = later.has(item) ? accent : muted; ctx.globalAlpha = 0.7 * presence;
      ctx.fillRect(edge + wide * (1 - 0.2 * share), y + line * 0.36, wide * 0.2 * share, line * 0.28);
    }
    ctx.globalAlpha = 1;
  },
  find(panel, x, y, side) {
    const line = this.line(panel, side, this.SHOWN), rank = y / line - this.SHOWN - 2;
    const near = (panel.rows ?? []).filter(each => each.presence > 0.5 && Math.abs(each.rank - rank) < 0.6);
    panel.hover = near.length ? near.sort((a, b) => Math.abs(a.rank - rank) - Math.abs(b.rank - rank))[0].item : null;
  },
  describe(panel, tools) {
    const found = panel.rows.find(each => each.item === panel.hover), user = panel.users[panel.user];
    if (!found) return panel.titles[panel.hover];
    const next = user.history.slice(this.known(panel, tools)).includes(found.item) ? ", taken later" : "";
    return `${panel.titles[found.item]}: rank ${Math.round(found.rank) + 1}, probability ${tools.number(found.value)}${next}`;
  },
  time(panel, tools) {
    const known = this.known(panel, tools);
    return `${known} ${known === 1 ? "item" : "items"}`;
  },
};
