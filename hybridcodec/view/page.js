// The page of files: its figures become scenes of the viewer, one file and one of its pictures at a time.

document.documentElement.classList.add("live"); // without this script the figures are the page

// What `source` shows, whether it is laid out or not: browsers do not load figures that are hidden.
function loaded(source) {
  const image = new Image();
  image.src = source;
  return image;
}

function sceneOf(section) {
  const { title, width, height, boxes } = section.dataset;
  const layers = [...section.querySelectorAll("figure")].map((figure) => ({
    name: figure.dataset.name, mark: figure.dataset.mark, note: figure.dataset.note,
    words: figure.querySelector("figcaption").textContent, image: loaded(document.getElementById(figure.dataset.image).src),
  }));
  const numbers = boxes ? JSON.parse(boxes) : [];
  return { title, width: Number(width), height: Number(height), boxes: numbers, layers };
}

class Room {
  // A room of its own, or that of a gallery, which then knows the file before and the next one.
  constructor(host, gallery = null) {
    this.host = host;
    this.gallery = gallery;
    this.strip = make("ul", { class: "strip", "aria-label": "Pictures of this file" });
    this.stage = make("div");
    this.notice = make("p", { class: "notice" });
    this.place = make("p", { class: "place quiet", role: "status" });
    if (gallery) {
      this.name = make("h2", {});
      host.append(make("div", { class: "head" }, this.name, make("span", { class: "steps" }, button("Previous", () => gallery.step(-1)),
        button("Next", () => gallery.step(1)), button("Close", () => host.close()))));
    }
    host.append(this.notice, this.stage, this.place, this.strip);
    this.viewer = new Viewer(this.stage);
    document.addEventListener("keydown", (event) => this.key(event));
  }

  open(file) {
    this.sections = [...file.querySelectorAll(".scene")];
    this.strip.hidden = this.place.hidden = this.sections.length < 2;
    this.viewer.highest = this.strip.hidden ? 0.76 : 0.6;
    this.notice.textContent = file.querySelector(".notice")?.textContent ?? "";
    this.notice.hidden = !this.notice.textContent;
    this.stage.hidden = !this.sections.length;
    if (this.name) this.name.textContent = file.dataset.name;
    this.strip.replaceChildren(...(this.strip.hidden ? [] : this.sections.map((section, number) => {
      const image = make("img", { src: section.dataset.thumbnail, alt: "", loading: "lazy" });
      const shown = button(image, () => this.show(number), { "aria-label": section.dataset.title });
      shown.append(section.dataset.short);
      return make("li", {}, shown);
    })));
    this.show(0);
  }

  close() {
    this.viewer.release();
    this.sections = null;
  }

  show(number) {
    this.number = number;
    if (!this.sections[number]) return this.viewer.release();
    this.viewer.open(sceneOf(this.sections[number]));
    this.place.textContent = this.sections[number].dataset.title;
    for (const [other, section] of this.sections.entries()) section.classList.toggle("open", other === number);
    for (const [other, { firstChild }] of [...this.strip.children].entries()) {
      firstChild.setAttribute("aria-current", String(other === number));
      if (other === number) firstChild.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  key(event) {
    if (event.defaultPrevented || !this.sections || (this.gallery && !this.host.open)) return;
    const step = { PageDown: 1, PageUp: -1 }[event.key], next = this.number + step;
    if (step && (this.gallery || this.sections.length > 1)) {
      event.preventDefault();
      if (this.sections[next]) this.show(next);
      else this.gallery?.step(step);
    } else this.viewer.key(event);
  }
}

// Cards that open files in a dialog; the address says which one is open, so that going back closes it.
class Gallery {
  constructor(dialog, files) {
    this.files = files;
    this.cards = [...document.querySelectorAll(".cards > li")];
    this.dialog = dialog;
    this.room = new Room(dialog, this);
    dialog.append(document.getElementById("files"));
    dialog.addEventListener("close", () => {
      this.room.close();
      if (location.hash) history.replaceState(null, "", location.pathname + location.search);
      this.cards[this.number]?.querySelector("a").focus();
    });
    addEventListener("hashchange", () => this.follow());
    const search = document.getElementById("search");
    search.addEventListener("input", () => this.filter(search.value.toLowerCase()));
    document.getElementById("filter").addEventListener("submit", (event) => event.preventDefault());
    this.filter(search.value.toLowerCase());
    this.follow();
  }

  follow() {
    const number = this.files.findIndex((file) => `#${file.id}` === location.hash);
    if (number >= 0) this.open(number);
    else if (this.dialog.open) this.dialog.close();
  }

  open(number) {
    this.number = number;
    for (const [other, file] of this.files.entries()) file.classList.toggle("open", other === number);
    if (!this.dialog.open) this.dialog.showModal();
    this.room.open(this.files[number]);
    this.dialog.scrollTop = 0;
    this.room.viewer.stage.focus({ preventScroll: true });
  }

  // The next file that is not filtered away.
  step(by) {
    for (let number = this.number + by; this.files[number]; number += by) {
      if (this.cards[number].hidden) continue;
      history.replaceState(null, "", `#${this.files[number].id}`);
      return this.open(number);
    }
  }

  filter(words) {
    for (const [number, card] of this.cards.entries()) card.hidden = !this.files[number].dataset.name.toLowerCase().includes(words);
    const left = this.cards.filter((card) => !card.hidden).length;
    document.getElementById("count").textContent = left < this.cards.length ? `${left} of ${this.cards.length} files` : "";
  }
}

addEventListener("DOMContentLoaded", () => {
  const files = [...document.querySelectorAll(".file")], host = document.getElementById("room");
  if (host.tagName === "DIALOG") return new Gallery(host, files);
  files[0].classList.add("open");
  return new Room(host).open(files[0]);
});
