// The strip of thumbnails: of ten thousand pictures only those in sight exist.

const WIDE = 100; // pixels from one thumbnail to the next
const BEYOND = 4; // thumbnails on either side of what is in sight
const PAGE = 500; // states that the server tells at once

export class Strip {
  constructor(strip, film, count, go) {
    Object.assign(this, { strip, film, count, go });
    this.shown = new Map();
    this.states = new Map();
    this.asked = new Set();
    this.current = -1;
    film.style.width = `${count * WIDE}px`;
    strip.addEventListener("scroll", () => this.soon());
    new ResizeObserver(() => this.soon()).observe(strip);
  }

  soon() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = undefined;
      this.draw();
    });
  }

  choose(number) {
    this.current = number;
    const left = number * WIDE;
    const { scrollLeft, clientWidth } = this.strip;
    if (left < scrollLeft || left + WIDE > scrollLeft + clientWidth) {
      this.strip.scrollLeft = left - (clientWidth - WIDE) / 2;
    }
    this.draw();
  }

  tell(number, state) {
    this.states.set(number, state);
    this.soon();
  }

  draw() {
    const first = Math.floor(this.strip.scrollLeft / WIDE) - BEYOND;
    const last = first + Math.ceil(this.strip.clientWidth / WIDE) + 2 * BEYOND;
    const wanted = new Set();
    for (let at = Math.max(first, 0); at <= Math.min(last, this.count - 1); at++) wanted.add(at);
    if (this.current >= 0) wanted.add(this.current);
    for (const [number, button] of this.shown) {
      if (!wanted.has(number)) {
        button.remove();
        this.shown.delete(number);
      }
    }
    for (const number of wanted) {
      if (!this.shown.has(number)) this.shown.set(number, this.made(number));
      this.mark(number, this.shown.get(number));
      this.ask(number);
    }
  }

  made(number) {
    const button = document.createElement("button");
    button.className = "thumb";
    button.style.left = `${number * WIDE + 2}px`;
    const image = document.createElement("img");
    image.alt = "";
    image.src = `/pictures/${number}/thumbnail`;
    button.append(image, document.createElement("span"));
    button.addEventListener("click", () => this.go(number));
    this.film.append(button);
    return button;
  }

  mark(number, button) {
    const state = this.states.get(number) ?? "";
    const here = number === this.current;
    button.setAttribute("aria-current", here);
    button.tabIndex = here ? 0 : -1;
    button.lastChild.textContent = `${number + 1} ${state || "–"}`;
    button.setAttribute("aria-label", `Picture ${number + 1}: ${state || "no label"}`);
  }

  async ask(number) {
    const start = Math.floor(number / PAGE) * PAGE;
    if (this.asked.has(start)) return;
    this.asked.add(start);
    try {
      const answer = await fetch(`/states/${start}`);
      (await answer.json()).forEach((state, at) => {
        if (!this.states.has(start + at)) this.states.set(start + at, state);
      });
      this.soon();
    } catch {
      this.asked.delete(start);
    }
  }
}
