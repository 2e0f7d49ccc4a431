// The page's own script: it looks up figures that Python computed, draws charts from the page's tables, and saves files.
(() => {
  "use strict";
  const content = JSON.parse(document.getElementById("content").textContent);
  const byId = (id) => document.getElementById(id);
  const views = [];
  let row = content.slider.start;
  let scheduled = false;

  // The place of both sliders is one row of the table of thresholds; that row holds the text of every figure.
  const { texts, load, here, verdict } = content.slider;
  const spots = [...document.querySelectorAll("[data-figure]")];
  const threshold = byId("threshold");
  const capacity = byId("capacity");

  function show(place) {
    row = place;
    for (const spot of spots) spot.textContent = texts[spot.dataset.figure][row];
    for (const badge of document.querySelectorAll("[data-verdict]")) badge.dataset.verdict = verdict[row];
    threshold.value = String(row);
    threshold.setAttribute("aria-valuetext", texts.threshold[row]);
    if (!scheduled) {
      scheduled = true;
      requestAnimationFrame(move);
    }
  }

  function move() {
    scheduled = false;
    for (const view of views) view.data("here", [here[row]]).run();
  }

  // The lowest threshold that hands over no more than sales can work, else the highest.
  function find(most) {
    const place = load.findIndex((leads) => leads <= most);
    return place < 0 ? load.length - 1 : place;
  }

  function setCapacity(most) {
    byId("capacity-value").textContent = most.toLocaleString("en", { maximumFractionDigits: 2 });
    capacity.setAttribute("aria-valuetext", `${byId("capacity-value").textContent} ${content.unit}`);
  }

  function followThreshold() {
    show(Number(threshold.value));
    capacity.value = String(load[row]);
    byId("capacity-value").textContent = texts.load[row];
    capacity.setAttribute("aria-valuetext", `${texts.load[row]} ${content.unit}`);
  }

  function followCapacity() {
    show(find(Number(capacity.value)));
    setCapacity(Number(capacity.value));
  }

  function announce() {
    byId("announcement").textContent =
      `Threshold ${texts.threshold[row]}: ${texts.load[row]} leads and ${texts.sqls[row]} SQLs ${content.unit}, conversion ${texts.conversion[row]}.`;
  }

  function startSliders() {
    threshold.addEventListener("input", followThreshold);
    capacity.addEventListener("input", followCapacity);
    for (const slider of [threshold, capacity]) slider.addEventListener("change", announce);
    for (const button of document.querySelectorAll("[data-row]")) {
      button.addEventListener("click", () => {
        threshold.value = button.dataset.row;
        followThreshold();
        announce();
      });
    }
    threshold.value = String(row);
    followThreshold();
  }
  if (threshold) startSliders(); // not on the page of a model that found no signal

  // Files are written from what the page holds; nothing is fetched.
  function save(name, kind, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: `${kind};charset=utf-8` }));
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  for (const button of document.querySelectorAll("[data-table]")) {
    const name = button.dataset.table;
    button.addEventListener("click", () => save(`${name}.csv`, "text/csv", content.tables[name].csv));
  }
  for (const button of document.querySelectorAll("[data-file]")) {
    const name = button.dataset.file;
    button.addEventListener("click", () => save(name, "application/toml", content.files[name]));
  }

  // The rows of a table from its CSV (RFC 4180); Vega's own reader would make code of the header, which the page forbids.
  function read({ csv, numbers, tips }) {
    const cells = [...csv.matchAll(/("(?:[^"]|"")*"|[^,\n]*)([,\n])/g)];
    const lines = [[]];
    for (const [, cell, end] of cells) {
      lines[lines.length - 1].push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
      if (end === "\n") lines.push([]);
    }
    const [names, ...rows] = lines.slice(0, -1);
    const turn = names.map((name) => (numbers.includes(name) ? (text) => (text === "" ? null : Number(text)) : (text) => text));
    const texts = Object.entries(tips);
    return rows.map((line, place) => {
      const figures = names.map((name, at) => [name, turn[at](line[at])]);
      return Object.fromEntries([...figures, ...texts.map(([name, column]) => [name, column[place]])]);
    });
  }

  // Charts: Vega's interpreter runs their expressions, so that no text becomes code.
  function fill(part) {
    const name = part.data && part.data.name;
    if (name === "here") part.data.values = [here[row]];
    else if (name in content.tables) part.data.values = read(content.tables[name]);
    else if (name in content.places) part.data.values = content.places[name];
    if (part.layer) part.layer = part.layer.map(fill).filter((layer) => layer.data?.values?.length !== 0);
    return part;
  }

  async function draw(plot) {
    const narrow = plot.clientWidth < 480;
    const tooltip = { disableDefaultStyle: true, theme: "custom" };
    const options = { ast: true, actions: false, renderer: "svg", defaultStyle: false, logLevel: 2, tooltip };
    try {
      const spec = fill(content.charts[plot.dataset.chart]);
      spec.config.legend.columns = narrow ? 1 : 0;
      spec.config.axis.labelLimit = narrow ? 130 : 240;
      const { view } = await vegaEmbed(plot, spec, options);
      if (spec.usermeta.moves) views.push(view.data("here", [here[row]]));
      await view.runAsync();
      plot.querySelector("svg").setAttribute("aria-hidden", "true"); // the figure around it says what it shows
    } catch (error) {
      plot.textContent = "This chart could not be drawn; its table holds the same figures.";
      plot.dataset.failed = String(error);
    }
  }

  async function drawAll() {
    for (const plot of document.querySelectorAll("[data-chart]")) await draw(plot);
    document.documentElement.dataset.ready = "yes";
  }
  drawAll();

  // A link to a folded table opens it.
  function unfold() {
    const target = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest("details");
    if (folded) folded.open = true;
  }
  addEventListener("hashchange", unfold);
  unfold();
})();
