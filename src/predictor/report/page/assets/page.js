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

  // The gate of the points: one row of its table, as for the threshold.
  const gate = content.gate;
  const gateSlider = byId("gate-slider");
  let gateRow = gate ? gate.start : 0;

  function followGate() {
    gateRow = Number(gateSlider.value);
    for (const spot of document.querySelectorAll("[data-gate]")) spot.textContent = gate.texts[spot.dataset.gate][gateRow];
    for (const badge of document.querySelectorAll("[data-gate-verdict]")) badge.dataset.gateVerdict = gate.verdict[gateRow];
    gateSlider.setAttribute("aria-valuetext", `${gate.texts.gate[gateRow]} points`);
  }

  function announceGate() {
    const { texts } = gate;
    byId("gate-announcement").textContent =
      `Gate ${texts.gate[gateRow]}: ${texts.load[gateRow]} leads and ${texts.sqls[gateRow]} SQLs ${content.unit}, conversion ${texts.rate[gateRow]}.`;
  }

  function startGate() {
    gateSlider.addEventListener("input", () => { followGate(); remember(); });
    gateSlider.addEventListener("change", announceGate);
    for (const button of document.querySelectorAll("[data-gate-row]")) {
      button.addEventListener("click", () => {
        gateSlider.value = button.dataset.gateRow;
        followGate();
        announceGate();
        remember();
      });
    }
    for (const button of document.querySelectorAll("[data-copy]")) {
      button.addEventListener("click", async () => {
        const text = gate.texts[button.dataset.copy][gateRow];
        try {
          await navigator.clipboard.writeText(text);
          button.textContent = "Copied";
        } catch {
          getSelection().selectAllChildren(button.parentElement.querySelector("code")); // the browser allows no copying: it is selected
        }
      });
    }
    gateSlider.value = String(gateRow);
    followGate();
  }

  // Money: the best choice of each way, by the same sums as `compute_values` in Python.
  const fields = byId("money") ? ["amount", "cost", "limit"] : [];

  function readField(name) {
    const text = byId(name).value.trim();
    return text === "" || !(Number(text) >= 0) ? null : Number(text);
  }

  function findBest({ leads, sqls }, amount, cost, most) {
    let best = -1;
    let highest = -Infinity;
    for (let place = 0; place < leads.length; place += 1) {
      const value = amount * sqls[place] - cost * leads[place];
      if (leads[place] <= most && value > highest) [best, highest] = [place, value];
    }
    return best;
  }

  function countMoney() {
    const amount = readField("amount") ?? 0;
    const cost = readField("cost") ?? 0;
    const limit = readField("limit") ?? Infinity;
    const { choices, shown } = content.money;
    const known = amount > 0 && (cost > 0 || limit < Infinity); // else every lead would pay
    const write = (number, sign) => (sign && number >= 0.5 ? "+" : "") + number.toLocaleString("en", { maximumFractionDigits: 0 });
    let today = null;
    for (const [way, table] of Object.entries(choices)) {
      const place = known ? findBest(table, amount, cost, way === "today" ? Infinity : limit) : -1;
      const put = (name, text) => { document.querySelector(`[data-money="${way}_${name}"]`).textContent = text; };
      for (const name of ["at", "leads", "sqls", "value", "more"]) put(name, "–");
      if (place < 0) continue;
      const value = amount * table.sqls[place] - cost * table.leads[place];
      if (way === "today") today = value;
      for (const name of ["at", "leads", "sqls"]) put(name, shown[way][name][place]);
      put("value", write(value));
      if (today !== null) put("more", write(value - today, true));
    }
  }

  // The choice is kept in the link, so that it can be sent on.
  function describeChoice() {
    const parts = new URLSearchParams();
    if (threshold) parts.set("threshold", threshold.value);
    if (gateSlider) parts.set("gate", gateSlider.value);
    for (const name of fields) if (readField(name) !== null) parts.set(name, byId(name).value);
    return `#choice:${parts}`;
  }

  function remember() {
    byId("choice-link")?.setAttribute("href", describeChoice());
  }

  function recall() {
    if (!location.hash.startsWith("#choice:")) return;
    const parts = new URLSearchParams(location.hash.slice("#choice:".length));
    for (const name of fields) if (parts.has(name)) byId(name).value = parts.get(name);
    if (threshold && parts.has("threshold")) {
      threshold.value = parts.get("threshold");
      followThreshold();
    }
    if (gateSlider && parts.has("gate")) {
      gateSlider.value = parts.get("gate");
      followGate();
    }
    if (fields.length) countMoney();
    remember();
  }

  function writeSettings() {
    const [amount, cost, limit] = fields.map(readField);
    const lines = ["[threshold]"];
    if (limit !== null) lines.push('policy = "capacity"', `leads_per_week = ${limit}`);
    else if (amount && cost) lines.push('policy = "value"');
    if (amount) lines.push(`amount = ${amount}`);
    if (cost) lines.push(`cost = ${cost}`);
    if (gate) lines.push("", "[points]", `gate = ${gate.texts.gate[gateRow]}`);
    return `${lines.join("\n")}\n`;
  }

  if (gateSlider) startGate();
  for (const name of fields) byId(name).addEventListener("input", () => { countMoney(); remember(); });
  if (threshold) for (const slider of [threshold, capacity]) slider.addEventListener("input", remember);
  byId("save-settings")?.addEventListener("click", () => save("predictor.toml", "application/toml", writeSettings()));
  addEventListener("hashchange", recall);
  remember();
  if (fields.length) countMoney();
  recall();

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

  // A spreadsheet opens the file by double click: UTF-8 with its mark, and numbers as the reader's language writes them.
  const hasComma = (1.5).toLocaleString().includes(",");

  function writeSheet({ csv, numbers }) {
    if (!hasComma) return `\ufeff${csv}`;
    const [names, ...rows] = split(csv);
    const quote = (cell) => (/[";\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
    const turn = (cell, at) => quote(numbers.includes(names[at]) ? cell.replace(".", ",") : cell);
    return `\ufeff${[names.map(quote), ...rows.map((line) => line.map(turn))].map((line) => `${line.join(";")}\n`).join("")}`;
  }

  for (const button of document.querySelectorAll("[data-table]")) {
    const name = button.dataset.table;
    button.addEventListener("click", () => save(`${name}.csv`, "text/csv", writeSheet(content.tables[name])));
  }
  for (const button of document.querySelectorAll("[data-file]")) {
    const name = button.dataset.file;
    button.addEventListener("click", () => save(name, "application/toml", content.files[name]));
  }

  // The cells of a CSV by line (RFC 4180); Vega's own reader would make code of the header, which the page forbids.
  function split(csv) {
    const cells = [...csv.matchAll(/("(?:[^"]|"")*"|[^,\n]*)([,\n])/g)];
    const lines = [[]];
    for (const [, cell, end] of cells) {
      lines[lines.length - 1].push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
      if (end === "\n") lines.push([]);
    }
    return lines.slice(0, -1);
  }

  // The rows of a table.
  function read({ csv, numbers, tips }) {
    const [names, ...rows] = split(csv);
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

  // The menu marks the section that is read: the last one whose head has passed the upper third of the window.
  const links = [...document.querySelectorAll("nav a")];
  const parts = links.map((link) => byId(link.hash.slice(1)));
  let marked = null;

  function markSection() {
    const passed = parts.filter((part) => part.getBoundingClientRect().top <= innerHeight / 3);
    const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
    const link = links[atEnd ? links.length - 1 : Math.max(passed.length - 1, 0)];
    if (link === marked) return;
    if (marked) marked.removeAttribute("aria-current");
    marked = link;
    marked.setAttribute("aria-current", "true");
    const list = marked.closest("ul");
    const { offsetLeft, offsetWidth } = marked.parentElement;
    list.scrollLeft = offsetLeft + offsetWidth / 2 - list.clientWidth / 2;
  }
  addEventListener("scroll", markSection, { passive: true });
  addEventListener("resize", markSection);
  markSection();

  // A link to a folded table opens it.
  function unfold() {
    const target = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest("details");
    if (folded) folded.open = true;
  }
  addEventListener("hashchange", unfold);
  unfold();
})();
