// The page: what was read becomes elements. Text from the ledger is only ever set as text.

const PAGE = 100, CARDS = 5;
const at = (id) => document.getElementById(id);

// Details of one record ---------------------------------------------------------------------------------------------

function facts(record) {
  const get = record.get;
  const kind = get("samples") || ({ 1: "gray", 3: "RGB" }[get("channels")] ?? "");
  const several = get("pictures") > 1 ? `; ${whole.format(get("pictures"))} pictures, this is the first` : "";
  const comesBack = get("restores") ? "comes back, byte for byte" : get("output_hash") && get("mode") !== "copy" && "does not come back";
  const bound = get("mode") === "near-lossless" ? `, at most ${get("max_error")} off` : "";
  const lossy = get("accepted_lossy") ? "; the loss was accepted" : "";
  const gone = get("source_deleted") ? " (deleted after the proof)" : "";
  const entries = [
    ["Source", get("source") + gone], ["Output", get("output")],
    ["Mode", get("mode") && `${get("mode")}${bound}${lossy}; profile ${get("profile")}`],
    ["Left out of the source's file", get("left_out") && get("left_out") + (get("file_loss_accepted") ? "; its loss was accepted" : "")],
    ["Picture", get("width") && `${get("width")} x ${get("height")} ${kind}${several}`],
    ["Source's file", comesBack], ["Kept without a picture", get("unread")],
    ["Sizes", `source ${size(get("source_bytes"))}, output ${size(get("output_bytes"))}`],
    ["Worst error", get("worst_error")],
    ["Source SHA-256", get("source_hash")], ["Output SHA-256", get("output_hash")],
    ["Source samples", get("source_samples")], ["Decoded samples", get("exact_samples")],
    ["Preview samples", get("base_samples")], ["Settings", get("settings")], ["Models", get("models")],
    ["Versions", get("versions")], ["Host", get("host")], ["Run", get("run")], ["Times proven", get("proofs")],
    ["Started", get("started")], ["Finished", get("finished")],
    ["Seconds", get("encode_seconds") !== null && `encoding ${get("encode_seconds")}, proof ${get("verify_seconds") ?? "none"}`],
  ];
  const list = make("dl", { class: "facts" });
  for (const [name, value] of entries) {
    if (value === "" || value === null || value === undefined || value === false) continue;
    list.append(make("dt", {}, name), make("dd", {}, make("bdi", {}, String(value))));
  }
  return list;
}

function flagList(record) {
  const list = make("ul", { class: "flags" });
  for (const flag of record.flags) {
    const parts = [flag.detail];
    if (flag.box) parts.push(`all within ${flag.box.width} x ${flag.box.height} pixels at column ${flag.box.x}, row ${flag.box.y}`);
    list.append(make("li", {}, make("strong", {}, flag.kind), ": ", make("bdi", {}, parts.join("; "))));
  }
  return list;
}

function loaded(source) {
  const image = new Image();
  image.src = source;
  return image;
}

// Original and decoded in one place, to blink and to enlarge; the box is around all that differs.
function compared(shown) {
  const [x, y, width, height] = shown.crop, [left, top, across, down] = shown.box;
  const where = `${width} x ${height} at column ${x}, row ${y}`, host = make("div");
  new Viewer(host, { highest: 0.5 }).open({
    title: where, width, height, gain: shown.gain, boxes: [[left - x, top - y, across, down]],
    layers: ["original", "decoded"].map((name) => ({ name, words: where, image: loaded(shown[name]) })),
  });
  return host;
}

function wholePicture(record, shown) {
  const W = record.get("width"), H = record.get("height");
  const words = `The whole picture, ${W} x ${H}; the box marks what differs`;
  const svg = draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": words });
  svg.append(draw("image", { href: shown.whole, width: W, height: H, preserveAspectRatio: "none" }));
  const [x, y, width, height] = shown.box, least = Math.max(W, H) / 24; // a box of one pixel must be seen too
  const grown = { width: Math.max(width, least), height: Math.max(height, least) };
  const box = { x: x - (grown.width - width) / 2, y: y - (grown.height - height) / 2, ...grown };
  svg.append(draw("rect", { class: "mark-under", ...box }), draw("rect", { class: "mark", ...box }));
  return make("figure", {}, svg, make("figcaption", {}, words));
}

function pictures(record) {
  const shown = record.pictures;
  if (shown === undefined) return [];
  if (typeof shown === "string") return [make("p", { class: "quiet" }, shown)];
  return [make("div", { class: "pictures" }, compared(shown), wholePicture(record, shown))];
}

function details(record) {
  const made = document.createDocumentFragment();
  if (record.flags.length) made.append(flagList(record));
  if (record.get("error")) made.append(make("pre", {}, record.get("error")));
  made.append(...pictures(record), facts(record));
  return made;
}

// Pages of anything -------------------------------------------------------------------------------------------------

// Fill `nav` with buttons for pages of `length` items; `show(start, end)` is called for each page, the first at once.
function paged(nav, length, edge, what, show) {
  let start = 0;
  const said = make("span", { role: "status" });
  const go = (step) => {
    start = Math.max(0, Math.min(start + step * edge, Math.floor((length - 1) / edge) * edge));
    back.disabled = start === 0;
    next.disabled = start + edge >= length;
    said.textContent = `${what} ${whole.format(start + 1)} to ${whole.format(Math.min(start + edge, length))} of ${whole.format(length)}`;
    show(start, Math.min(start + edge, length));
    if (step && document.activeElement === document.body) (step > 0 ? back : next).focus(); // not lost on a disabled one
  };
  const back = button("Previous", () => go(-1)), next = button("Next", () => go(1));
  nav.replaceChildren(...(length > edge ? [back, said, next] : []));
  go(0);
}

// The table ---------------------------------------------------------------------------------------------------------

const records = readRecords(at("data").textContent);
const wanted = { words: "", verdict: "", kind: "" };
let order = null; // { column, descending }; null: as written, what is wrong first

// Narrow screens hide columns, and a cell that spans more than are there would make empty ones.
function columnsShown() {
  return [...at("headings").children].filter((heading) => heading.offsetParent).length;
}

function rowOf(record) {
  const row = make("tr");
  for (const column of COLUMNS) {
    const style = column.name === "Verdict" ? `verdict ${record.verdict}` : column.style;
    const cell = column.name === "File" ? make("th", { class: style, scope: "row" }) : make("td", { class: style });
    cell.append(make("bdi", {}, String(column.say(record))));
    row.append(cell);
  }
  const toggle = button("Details", () => {
    const open = toggle.getAttribute("aria-expanded") === "true";
    toggle.setAttribute("aria-expanded", String(!open));
    if (open) row.nextSibling.remove();
    else row.after(make("tr", { class: "details" }, make("td", { colspan: columnsShown() }, details(record))));
  }, { "aria-expanded": "false", "aria-label": `Details of ${record.get("output") || record.get("source")}` });
  row.append(make("td", {}, toggle));
  return row;
}

function showTable() {
  let found = records.filter((record) => matches(record, wanted));
  if (order) found = sorted(found, order.column, order.descending);
  at("count").textContent = `${whole.format(found.length)} of ${whole.format(records.length)} files`;
  paged(at("pages"), found.length, PAGE, "Files", (start, end) => {
    at("rows").replaceChildren(...found.slice(start, end).map(rowOf));
  });
}

function headings() {
  for (const column of COLUMNS) {
    const heading = make("th", { scope: "col", class: column.style, "aria-sort": "none" });
    heading.append(button(column.name, () => {
      order = { column, descending: order?.column === column && !order.descending };
      for (const other of at("headings").children) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
      heading.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
      showTable();
    }));
    at("headings").append(heading);
  }
  at("headings").append(make("th", { scope: "col" }, make("span", { class: "hidden" }, "Details")));
}

function filters() {
  const count = (verdict) => records.filter((record) => record.verdict === verdict).length;
  for (const [words, value] of [["all", ""], ...VERDICTS.map((verdict) => [`${verdict} (${whole.format(count(verdict))})`, verdict])]) {
    const choice = make("input", { type: "radio", name: "verdict", value });
    choice.checked = value === "";
    choice.addEventListener("change", () => { wanted.verdict = value; showTable(); });
    at("verdicts").append(make("label", {}, choice, words));
  }
  const kinds = [...new Set(records.flatMap((record) => record.flags.map((flag) => flag.kind)))].sort();
  at("kind").append(...kinds.map((kind) => make("option", { value: kind }, kind)));
  at("kind").addEventListener("change", (event) => { wanted.kind = event.target.value; showTable(); });
  at("search").addEventListener("input", (event) => { wanted.words = event.target.value.toLowerCase(); showTable(); });
  at("filters").addEventListener("submit", (event) => event.preventDefault());
}

// What is wrong -----------------------------------------------------------------------------------------------------

function showWrong() {
  const wrong = records.filter((record) => record.verdict === "flagged" || record.verdict === "failed");
  if (!wrong.length) return;
  paged(at("wrong-pages"), wrong.length, CARDS, "Files", (start, end) => {
    at("wrong-list").replaceChildren(...wrong.slice(start, end).map((record) => {
      const name = make("bdi", { class: "path" }, record.get("output") || record.get("source"));
      const heading = make("h3", {}, make("span", { class: record.verdict }, `${record.verdict}: `), name);
      const more = make("details", {}, make("summary", {}, "All that is known"), facts(record));
      const error = record.get("error") ? [make("pre", {}, record.get("error"))] : [];
      return make("article", { class: "card" }, heading, flagList(record), ...pictures(record), ...error, more);
    }));
  });
}

addEventListener("resize", () => {
  for (const cell of document.querySelectorAll(".details > td")) cell.colSpan = columnsShown();
});
headings();
filters();
showTable();
showWrong();
