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
  constructor(host) {
    this.strip = make("ul", { class: "strip", "aria-label": "Pictures of this file" });
    const stage = make("div");
    host.append(stage, this.strip);
    this.viewer = new Viewer(stage);
    document.addEventListener("keydown", (event) => this.key(event));
  }

  open(file) {
    this.sections = [...file.querySelectorAll(".scene")];
    this.strip.hidden = this.sections.length < 2;
    this.strip.replaceChildren(...(this.strip.hidden ? [] : this.sections.map((section, number) => {
      const image = make("img", { src: section.dataset.thumbnail, alt: "", loading: "lazy" });
      return make("li", {}, button(image, () => this.show(number), { "aria-label": section.dataset.title }));
    })));
    for (const [number, { firstChild }] of [...this.strip.children].entries()) firstChild.append(this.sections[number].dataset.short);
    this.show(0);
  }

  show(number) {
    if (!this.sections?.[number]) return;
    this.number = number;
    this.viewer.open(sceneOf(this.sections[number]));
    for (const [other, section] of this.sections.entries()) section.classList.toggle("open", other === number);
    for (const [other, { firstChild }] of [...this.strip.children].entries()) {
      firstChild.setAttribute("aria-current", String(other === number));
      if (other === number) firstChild.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  key(event) {
    if (event.defaultPrevented || !this.sections) return;
    const step = { PageDown: 1, PageUp: -1 }[event.key];
    if (step && this.sections.length > 1) {
      event.preventDefault();
      this.show(within(this.number + step, 0, this.sections.length - 1));
    } else this.viewer.key(event);
  }
}

addEventListener("DOMContentLoaded", () => {
  const files = [...document.querySelectorAll(".file")], room = new Room(document.getElementById("room"));
  if (files.length === 1 && files[0].querySelector(".scene")) {
    files[0].classList.add("open");
    room.open(files[0]);
  }
});
