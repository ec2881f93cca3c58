// Draws the map of a scene: the flow clock paints class after class, the training clock repaints.
"use strict";
(window.flowPainters ??= {}).map = {
  clock: "Classes",
  async open(panel, tools) {
    const [width, height] = panel.size, area = width * height;
    panel.high = height / width;
    panel.maps = await tools.inflate(panel.classes); // each as its difference from the one before
    for (let i = area; i < panel.maps.length; i++) panel.maps[i] ^= panel.maps[i - area];
    panel.truth = await tools.inflate(panel.truth);
    panel.scene = await tools.picture(panel.scene);
    panel.layers = panel.steps.map(() => null);
    panel.hover = null;
    panel.legend = Object.assign(document.createElement("div"), { className: "legend" });
    panel.names.forEach((name, i) => {
      const entry = document.createElement("span"), swatch = document.createElement("i");
      swatch.style.background = `rgb(${panel.colours[i]})`;
      entry.append(swatch, name); panel.legend.append(entry);
    });
    panel.reached.parentElement.after(panel.legend);
  },
  layer(panel, step, painted) { // the map of a step as a picture, transparent where nothing is painted yet
    const known = panel.layers[step];
    if (known && known.painted === painted) return known.canvas;
    const [width, height] = panel.size, area = width * height, canvas = known?.canvas ?? document.createElement("canvas");
    canvas.width = width; canvas.height = height;
    const ctx = canvas.getContext("2d"), image = ctx.createImageData(width, height), at = step * area;
    for (let i = 0; i < area; i++) {
      const number = panel.maps[at + i];
      if (!number || number > painted) continue;
      const [r, g, b] = panel.colours[number - 1];
      image.data.set([r, g, b, 255], 4 * i);
    }
    ctx.putImageData(image, 0, 0);
    panel.layers[step] = { painted, canvas };
    return canvas;
  },
  painted: (panel, clock) => Math.round(clock.flow * panel.names.length),
  draw(panel, ctx, side, dark, tools) {
    const high = side * panel.high, [s0, s1, weight] = tools.at(panel.steps, tools.clock.training), painted = this.painted(panel, tools.clock);
    [...panel.legend.children].forEach((entry, i) => entry.classList.toggle("off", i >= painted));
    ctx.imageSmoothingEnabled = false;
    ctx.filter = dark ? "grayscale(1) brightness(0.55)" : "grayscale(1) brightness(1.3) contrast(0.6)";
    ctx.drawImage(panel.scene, 0, 0, side, high);
    ctx.filter = "none";
    if (weight < 1) ctx.drawImage(this.layer(panel, s0, painted), 0, 0, side, high);
    if (weight) {
      ctx.globalAlpha = weight;
      ctx.drawImage(this.layer(panel, s1, painted), 0, 0, side, high);
      ctx.globalAlpha = 1;
    }
    if (panel.hover) {
      const [column, row] = panel.hover, scale = side / panel.size[0];
      ctx.lineWidth = 2; ctx.strokeStyle = tools.css("--text");
      ctx.strokeRect(column * scale - 1, row * scale - 1, scale + 2, scale + 2);
    }
    if (panel.accuracy.length) {
      const value = tools.mix(panel.accuracy, tools.clock.training);
      panel.reached.textContent = `${panel.reached.textContent}, ${(100 * value).toFixed(1)} % of test pixels`;
    }
  },
  find(panel, x, y, side) {
    const scale = side / panel.size[0], column = Math.floor(x / scale), row = Math.floor(y / scale);
    panel.hover = column >= 0 && row >= 0 && column < panel.size[0] && row < panel.size[1] ? [column, row] : null;
  },
  describe(panel, tools) {
    const [column, row] = panel.hover, place = row * panel.size[0] + column, area = panel.size[0] * panel.size[1];
    const step = Math.round(tools.clock.training * (panel.steps.length - 1)), name = number => panel.names[number - 1] ?? "none";
    const truth = panel.truth[place];
    return `${name(panel.maps[step * area + place])}${truth ? `, labelled ${name(truth)}` : ""}`;
  },
  time(panel, tools) {
    const painted = this.painted(panel, tools.clock);
    return `${painted} of ${panel.names.length}`;
  },
};
