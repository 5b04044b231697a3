"use strict";
// The viewer: layers of a picture on top of each other, to toggle, divide, subtract and enlarge. It draws and never
// reads pixels, so that a browser that blurs what is read back cannot make two layers differ that are the same.

const SVG = "http://www.w3.org/2000/svg";
const GAINS = [1, 4, 16, 64, 256], PIXELS = 8, MOST = 64, STILL = 5, BLINK = 650, SQUARE = 10;

function filled(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const make = (name, attributes = {}, ...children) => filled(document.createElement(name), attributes, children);
const draw = (name, attributes, ...children) => filled(document.createElementNS(SVG, name), attributes, children);

function button(words, action, attributes = {}) {
  const made = make("button", { type: "button", ...attributes }, words);
  made.addEventListener("click", action);
  return made;
}

// Wait for an image without `decode`, so that the page is painted when it has loaded.
function arrived(image) {
  image.loading = "eager";
  return image.complete || new Promise((resolve, reject) => {
    image.addEventListener("load", resolve, { once: true });
    image.addEventListener("error", reject, { once: true });
  });
}

const within = (value, low, high) => Math.max(low, Math.min(high, value));

// A canvas of a picture's size; `paint` fills it.
function sheet(width, height, paint) {
  const canvas = make("canvas");
  [canvas.width, canvas.height] = [width, height];
  paint(canvas.getContext("2d"));
  return canvas;
}

// What two layers differ by, on black, as often as `gain` says: at the size of the picture, since small errors of
// opposite sign would vanish in a picture made smaller. Where layers are transparent they do not differ.
function subtracted(first, second, { width, height }, gain) {
  const opaque = (layer) => sheet(width, height, (on) => {
    on.fillRect(0, 0, width, height);
    on.drawImage(layer, 0, 0);
  });
  const difference = opaque(first);
  const on = difference.getContext("2d");
  on.globalCompositeOperation = "difference";
  on.drawImage(opaque(second), 0, 0);
  on.globalCompositeOperation = "lighter";
  for (let times = 1; times < gain; times *= 2) on.drawImage(difference, 0, 0);
  return difference;
}

let viewers = 0;

// A scene is { title, width, height, boxes, gain, layers }, a layer { name, words, mark, note, image }; the first is the
// reference. `boxes` are [left, top, width, height]; `gain` is about how often its errors have to be amplified.
class Viewer {
  // The viewer takes the place of what `host` holds, and up to a share of the window's height.
  constructor(host, { highest = 0.76 } = {}) {
    this.highest = highest;
    this.number = viewers++;
    this.choices = make("div", { class: "choices", role: "radiogroup", "aria-label": "Layer that is shown" });
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.tags = [make("span", { class: "tag" }), make("span", { class: "tag other" })];
    this.divider = make("div", { class: "divider", role: "slider", tabindex: "0", "aria-label": "Divider between two layers",
      "aria-valuemin": "0", "aria-valuemax": "100" });
    this.boxes = draw("svg", { class: "boxes", "aria-hidden": "true" });
    this.stage = make("div", { class: "stage", role: "button", tabindex: "0" }, this.canvas, this.boxes, ...this.tags);
    this.said = make("p", { class: "said", role: "status" });
    host.replaceChildren(this.root = make("div", { class: "viewer" },
      make("div", { class: "bar" }, this.choices, this.tools()), make("div", { class: "frame" }, this.stage, this.divider), this.said));
    this.divider.hidden = this.tags[1].hidden = true;
    this.listen();
    new ResizeObserver(() => this.arrange()).observe(this.root);
  }

  tools() {
    const press = (words, action, hint) => button(words, action, { title: hint, "aria-label": hint });
    this.gain = make("select", { "aria-label": "How often errors are amplified" },
      ...GAINS.map((gain) => make("option", { value: gain }, `× ${gain}`)));
    this.gain.value = 4;
    this.gain.addEventListener("change", () => { this.error = null; this.show(this.errorNumber); });
    this.amplified = make("label", { class: "gain" }, "Errors", this.gain);
    this.splitter = button("Slider", () => this.divide(!this.divided), { "aria-pressed": "false", title: "Two layers side by side (S)" });
    this.blinker = button("Blink", () => this.blink(!this.blinking), { "aria-pressed": "false", title: "Toggle by itself (B)" });
    this.blinker.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.size = make("span", { class: "size" });
    this.whole = button("Full screen", () => this.fill(), { class: "full", title: "Full screen (F)" });
    this.whole.hidden = !document.fullscreenEnabled;
    return make("div", { class: "tools" }, this.amplified, this.splitter, this.blinker,
      make("span", { class: "zoom", role: "group", "aria-label": "Size" },
        press("−", () => this.enlarge(0.5), "Smaller (−)"), press("Fit", () => this.enlargeTo(null), "All of it (0)"),
        press("1:1", () => this.enlargeTo(1), "A pixel for a pixel (P)"),
        press(`${PIXELS}:1`, () => this.enlargeTo(PIXELS), "Its pixels (P)"), press("+", () => this.enlarge(2), "Larger (+)"), this.size),
      this.whole);
  }

  // What is shown --------------------------------------------------------------------------------------------------

  // Show a scene; size and place stay where the scene before has as many pixels.
  async open(scene) {
    const alike = this.scene?.width === scene.width && this.scene?.height === scene.height;
    this.release();
    const number = this.opened = {};
    this.root.classList.add("waiting");
    await Promise.all(scene.layers.map((layer) => arrived(layer.image)));
    if (this.opened !== number) return; // something else was asked for meanwhile
    this.root.classList.remove("waiting");
    const { width, height } = scene;
    this.scene = scene;
    this.sheets = scene.layers.map((layer) => sheet(width, height, (on) => on.drawImage(layer.image, 0, 0, width, height)));
    this.error = null;
    this.several = scene.layers.length > 1;
    this.errorNumber = this.several ? scene.layers.length : -1;
    if (!alike) Object.assign(this, { scale: null, x: width / 2, y: height / 2, part: 0.5 });
    this.subject = scene.layers.length - 1;
    this.shown = 0;
    this.other = this.subject;
    if (scene.gain) this.gain.value = GAINS.findLast((gain) => gain <= scene.gain + 1);
    this.choose();
    for (const tool of [this.splitter, this.blinker, this.amplified]) tool.classList.toggle("gone", !this.several);
    this.divide(this.several && this.divided);
    this.arrange();
    this.show(0);
  }

  // Let go of what is shown: canvases are large.
  release() {
    this.blink(false);
    this.opened = null;
    for (const canvas of [...(this.sheets ?? []), this.error].filter(Boolean)) canvas.width = canvas.height = 0;
    this.sheets = this.error = null;
  }

  choose() {
    const names = [...this.scene.layers.map((layer) => layer.name), ...(this.several ? ["error"] : [])];
    this.choices.replaceChildren(...names.map((name, number) => {
      const choice = make("input", { type: "radio", name: `layer-${this.number}`, value: number });
      choice.addEventListener("change", () => { this.blink(false); this.show(number); });
      return make("label", {}, choice, make("span", {}, name, make("kbd", { "aria-hidden": "true" }, String(number + 1))));
    }));
  }

  show(number) {
    if (!this.sheets || number < 0 || number > this.scene.layers.length) return;
    if (number !== this.shown) [this.shown, this.other] = [number, this.shown];
    if (number > 0 && number !== this.errorNumber && number !== this.subject) {
      this.subject = number;
      this.error = null;
    }
    this.choices.querySelectorAll("input")[this.shown].checked = true;
    this.amplified.classList.toggle("idle", this.shown !== this.errorNumber && !(this.divided && this.other === this.errorNumber));
    this.say();
    this.paint();
  }

  toggle() {
    if (this.several) this.show(this.other);
  }

  divide(on) {
    this.divided = on;
    this.splitter.setAttribute("aria-pressed", String(on));
    this.divider.hidden = !on;
    this.root.classList.toggle("divided", on);
    if (this.sheets) this.show(this.shown);
  }

  blink(on) {
    clearInterval(this.blinking);
    this.blinking = on ? setInterval(() => this.toggle(), BLINK) : null;
    this.blinker.setAttribute("aria-pressed", String(on));
    if (on) this.divide(false);
  }

  fill() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen();
  }

  name(number) {
    return number === this.errorNumber ? `error of ${this.scene.layers[this.subject].name}` : this.scene.layers[number].name;
  }

  say() {
    const { layers, title } = this.scene, layer = layers[this.shown];
    const words = layer ? layer.words : `what ${layers[this.subject].name} and ${layers[0].name} differ by, ${this.gain.value} times `
      + `amplified; black is no difference. ${layers[this.subject].note ?? ""}`;
    this.said.replaceChildren(make("strong", {}, this.name(this.shown)), `: ${words}`);
    const next = this.several ? `; press to see ${this.name(this.other)}` : "";
    this.stage.setAttribute("aria-label", `${title}: ${this.name(this.shown)} is shown${next}`);
    [this.shown, this.other].forEach((number, side) => {
      const mark = layers[number]?.mark ?? "";
      this.tags[side].replaceChildren(this.name(number), ...(mark ? [make("em", {}, mark)] : []));
      this.tags[side].classList.toggle("marked", Boolean(mark));
    });
  }

  // Where and how large --------------------------------------------------------------------------------------------

  // Make the stage as high as all of the picture takes, enlarged by whole numbers alone, within what a screen has.
  arrange() {
    if (!this.scene || !this.stage.clientWidth) return;
    const { width, height } = this.scene, most = innerHeight * this.highest;
    const fit = Math.min(this.stage.clientWidth * devicePixelRatio / width, most * devicePixelRatio / height);
    this.stage.style.height = `${Math.ceil((fit < 1 ? fit : Math.floor(fit)) * height / devicePixelRatio)}px`;
    this.paint();
  }

  // Device pixels of the stage, and what one pixel of the picture takes of them.
  place() {
    const { clientWidth, clientHeight } = this.stage, { width, height } = this.scene;
    const w = Math.round(clientWidth * devicePixelRatio), h = Math.round(clientHeight * devicePixelRatio);
    const fit = Math.min(w / width, h / height);
    const scale = this.scale ?? (fit < 1 ? fit : Math.floor(fit));
    const middle = (at, pixels, room) => pixels * scale <= room ? pixels / 2 : within(at, room / 2 / scale, pixels - room / 2 / scale);
    this.x = middle(this.x, width, w);
    this.y = middle(this.y, height, h);
    return { w, h, fit, scale, left: Math.round(w / 2 - this.x * scale), top: Math.round(h / 2 - this.y * scale) };
  }

  get larger() {
    const { w, h, scale } = this.place();
    return this.scene.width * scale > w + 1 || this.scene.height * scale > h + 1;
  }

  // Make a pixel of the picture `scale` device pixels, or all of it fit (null); what is at `at` stays there.
  enlargeTo(scale, at = null) {
    if (!this.sheets) return;
    const { w, h, fit, scale: before, left, top } = this.place();
    const [px, py] = at ?? [w / 2, h / 2];
    const fixed = [(px - left) / before, (py - top) / before];
    this.scale = scale === null ? null : within(scale, Math.min(1, fit), MOST);
    const now = this.place().scale;
    this.x = fixed[0] + (w / 2 - px) / now;
    this.y = fixed[1] + (h / 2 - py) / now;
    this.paint();
  }

  enlarge(times, at = null) {
    if (!this.sheets) return;
    const { scale } = this.place();
    const steps = 2 ** Math.round(Math.log2(scale * times)); // buttons go by powers of two, wheels and fingers freely
    this.enlargeTo(times === 2 || times === 0.5 ? steps : scale * times, at);
  }

  move(dx, dy) {
    if (!this.sheets) return;
    const { scale } = this.place();
    this.x -= dx / scale;
    this.y -= dy / scale;
    this.paint();
  }

  partAt(part) {
    this.part = within(part, 0, 1);
    this.paint();
  }

  // Drawing --------------------------------------------------------------------------------------------------------

  layer(number) {
    if (number !== this.errorNumber) return this.sheets[number];
    return this.error ??= subtracted(this.sheets[0], this.sheets[this.subject], this.scene, Number(this.gain.value));
  }

  paint() {
    if (!this.sheets || this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      if (this.sheets && this.stage.clientWidth) this.paintNow();
    });
  }

  paintNow() {
    const place = this.place(), { w, h, scale } = place, on = this.canvas.getContext("2d");
    if (this.canvas.width !== w || this.canvas.height !== h) [this.canvas.width, this.canvas.height] = [w, h];
    on.clearRect(0, 0, w, h);
    on.imageSmoothingEnabled = scale < 1;
    on.imageSmoothingQuality = "high";
    const { width, height } = this.scene, left = Math.max(0, place.left), right = Math.min(w, place.left + width * scale);
    const middle = Math.round(left + (right - left) * this.part);
    on.fillStyle = this.squares ??= this.chequered(on);
    on.fillRect(place.left, place.top, width * scale, height * scale);
    this.paintPart(on, this.layer(this.shown), place, 0, this.divided ? middle : w);
    if (this.divided) this.paintPart(on, this.layer(this.other), place, middle, w);
    this.divider.style.left = `${middle / devicePixelRatio}px`;
    this.divider.setAttribute("aria-valuenow", Math.round(100 * this.part));
    this.divider.setAttribute("aria-valuetext", `${this.name(this.shown)} left, ${this.name(this.other)} right, ${Math.round(100 * this.part)} %`);
    this.tags[1].hidden = !this.divided;
    this.stage.classList.toggle("larger", this.larger);
    this.size.textContent = scale < 1 ? `${Math.round(100 * scale)} %` : `${Number(scale.toFixed(1))}:1`;
    this.paintBoxes(place);
    this.root.dataset.scale = scale;
  }

  // What is seen through a picture that is transparent.
  chequered(on) {
    const side = SQUARE * devicePixelRatio;
    return on.createPattern(sheet(2 * side, 2 * side, (square) => {
      for (const [x, y] of [[0, 0], [1, 0], [0, 1], [1, 1]]) {
        square.fillStyle = x === y ? "#8d8d8d" : "#a8a8a8";
        square.fillRect(x * side, y * side, side, side);
      }
    }), "repeat");
  }

  // Draw what is between two columns of the stage, from whole pixels of the picture.
  paintPart(on, layer, { scale, left, top, h }, start, end) {
    const { width, height } = this.scene;
    const x = within(Math.floor((start - left) / scale), 0, width), y = within(Math.floor(-top / scale), 0, height);
    const across = within(Math.ceil((end - left) / scale), 0, width) - x, down = within(Math.ceil((h - top) / scale), 0, height) - y;
    if (across <= 0 || down <= 0) return;
    on.save();
    on.beginPath();
    on.rect(start, 0, end - start, h);
    on.clip();
    on.drawImage(layer, x, y, across, down, left + x * scale, top + y * scale, across * scale, down * scale);
    on.restore();
  }

  paintBoxes({ scale, left, top }) {
    const by = scale / devicePixelRatio;
    this.boxes.replaceChildren(...(this.scene.boxes ?? []).flatMap(([x, y, width, height]) => ["under", "over"].map((name) =>
      draw("rect", { class: name, x: left / devicePixelRatio + x * by, y: top / devicePixelRatio + y * by, width: width * by, height: height * by }))));
  }

  // Fingers, mice and keys -----------------------------------------------------------------------------------------

  listen() {
    const { stage, divider } = this, fingers = new Map();
    let moved = false, apart = 0;
    const at = (event) => {
      const box = stage.getBoundingClientRect();
      return [(event.clientX - box.left) * devicePixelRatio, (event.clientY - box.top) * devicePixelRatio];
    };
    const pinch = () => {
      const [[ax, ay], [bx, by]] = [...fingers.values()];
      return { apart: Math.hypot(ax - bx, ay - by), middle: [(ax + bx) / 2, (ay + by) / 2] };
    };
    stage.addEventListener("pointerdown", (event) => {
      if (event.button || !this.sheets) return;
      stage.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, at(event));
      if (fingers.size === 1) moved = false;
      if (fingers.size === 2) [moved, apart] = [true, pinch().apart];
    });
    stage.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before || !this.sheets) return;
      const now = at(event), [dx, dy] = [now[0] - before[0], now[1] - before[1]];
      if (!moved && Math.hypot(dx, dy) < STILL * devicePixelRatio) return;
      moved = true;
      fingers.set(event.pointerId, now);
      if (fingers.size === 2) {
        const found = pinch();
        this.enlarge(found.apart / apart, found.middle);
        apart = found.apart;
      } else if (this.larger) this.move(dx, dy);
      else if (this.divided) this.partAtPoint(now[0]);
    });
    const lift = (event) => {
      if (!fingers.delete(event.pointerId) || event.type !== "pointerup" || moved || fingers.size) return;
      this.blink(false);
      this.toggle();
    };
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, lift);
    stage.addEventListener("dblclick", (event) => this.enlargeTo(this.larger ? null : PIXELS, at(event)));
    stage.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      this.enlarge(Math.exp(-event.deltaY / (event.deltaMode ? 8 : 240)), at(event));
    }, { passive: false });
    divider.addEventListener("pointerdown", (event) => { divider.setPointerCapture(event.pointerId); event.preventDefault(); divider.focus(); });
    divider.addEventListener("pointermove", (event) => { if (divider.hasPointerCapture(event.pointerId)) this.partAtPoint(at(event)[0]); });
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  partAtPoint(x) {
    const { w, scale, left } = this.place();
    const start = Math.max(0, left), end = Math.min(w, left + this.scene.width * scale);
    this.partAt((x - start) / (end - start));
  }

  // Act on a key, once; returns whether it meant something. Keys of fields and buttons stay theirs.
  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !this.sheets) return false;
    const tag = event.target.tagName;
    if (tag === "SELECT" || (tag === "INPUT" && event.target.type !== "radio")) return false;
    if ((tag === "BUTTON" || tag === "A" || tag === "SUMMARY") && (event.key === " " || event.key === "Enter")) return false;
    const action = this.action(event);
    if (!action) return false;
    event.preventDefault();
    action();
    return true;
  }

  action({ key, target }) {
    const step = 48 * devicePixelRatio, onDivider = target === this.divider;
    const arrow = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
    if (arrow && target.type === "radio") return null;
    if (arrow && (onDivider || (this.divided && !this.larger))) return arrow[0] ? () => this.partAt(this.part - 0.02 * arrow[0]) : null;
    if (arrow) return this.larger ? () => this.move(arrow[0] * step, arrow[1] * step) : null;
    if (onDivider && (key === "Home" || key === "End")) return () => this.partAt(key === "Home" ? 0 : 1);
    if (/^[1-9]$/.test(key)) return () => { this.blink(false); this.show(Number(key) - 1); };
    const { scale } = this.place();
    return {
      " ": () => { this.blink(false); this.toggle(); }, Enter: target === this.stage ? () => this.toggle() : undefined,
      s: () => this.several && this.divide(!this.divided), b: () => this.several && this.blink(!this.blinking),
      e: () => this.several && this.show(this.shown === this.errorNumber ? this.other : this.errorNumber),
      f: () => this.fill(), "+": () => this.enlarge(2), "=": () => this.enlarge(2), "-": () => this.enlarge(0.5),
      0: () => this.enlargeTo(null), p: () => this.enlargeTo(scale === 1 ? PIXELS : scale === PIXELS ? null : 1),
    }[key.length === 1 ? key.toLowerCase() : key];
  }
}
