// The picture with its box: pixels of the picture inside, pixels of the screen outside.

const NEAR = { mouse: 8, pen: 12, touch: 22 }; // screen pixels around an edge that take hold of it
const LEAST = 2; // picture pixels; a smaller box is a slip of the finger
const LARGEST = 16;
const [LEFT, TOP, RIGHT, BOTTOM] = [0, 1, 2, 3];

export class Canvas {
  // changed(box): a box was drawn or adjusted by a gesture that has ended
  constructor(stage, sheet, image, frame, tag, changed, zoomed) {
    Object.assign(this, { stage, sheet, image, frame, tag, changed, zoomed });
    this.width = this.height = 1;
    this.scale = 1;
    this.fitted = true;
    this.box = null;
    this.gesture = null;
    this.fingers = new Map();
    sheet.addEventListener("pointerdown", (event) => this.down(event));
    sheet.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      sheet.addEventListener(kind, (event) => this.up(event, kind === "pointerup"));
    }
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    new ResizeObserver(() => this.fitted && this.fit()).observe(stage);
  }

  show(source, width, height) {
    this.drop();
    this.image.src = source;
    this.width = width;
    this.height = height;
    this.fit();
  }

  put(box, label, proposed) {
    this.box = box;
    this.label = label;
    this.proposed = proposed;
    this.draw();
  }

  drop() {
    this.gesture = null;
    this.fingers.clear();
  }

  draw() {
    const box = this.gesture?.box ?? this.box;
    this.frame.hidden = !box;
    if (!box) return;
    const [left, top, right, bottom] = box;
    const style = this.frame.style;
    style.left = `${(100 * left) / this.width}%`;
    style.top = `${(100 * top) / this.height}%`;
    style.width = `${(100 * (right - left)) / this.width}%`;
    style.height = `${(100 * (bottom - top)) / this.height}%`;
    this.frame.className = (this.proposed ? "proposed " : "") + (top * this.scale < 24 ? "high" : "");
    this.tag.textContent = this.label ?? "?";
  }

  fit() {
    this.fitted = true;
    const room = [this.stage.clientWidth - 8, this.stage.clientHeight - 8];
    this.size(Math.min(room[0] / this.width, room[1] / this.height, LARGEST));
  }

  // about: the point on the screen that stays where it is
  zoom(factor, about) {
    const stage = this.stage.getBoundingClientRect();
    const { x, y } = about ?? { x: stage.left + stage.width / 2, y: stage.top + stage.height / 2 };
    const before = this.sheet.getBoundingClientRect();
    const at = [(x - before.left) / before.width, (y - before.top) / before.height];
    this.fitted = false;
    this.size(Math.min(Math.max(this.scale * factor, 0.02), LARGEST));
    const after = this.sheet.getBoundingClientRect();
    this.stage.scrollLeft += after.left + at[0] * after.width - x;
    this.stage.scrollTop += after.top + at[1] * after.height - y;
  }

  size(scale) {
    this.scale = scale;
    this.sheet.style.width = `${this.width * scale}px`;
    this.sheet.style.height = `${this.height * scale}px`;
    this.image.classList.toggle("large", scale >= 3);
    this.zoomed(scale);
    this.draw();
  }

  wheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.zoom(event.deltaY < 0 ? 1.25 : 0.8, event);
  }

  // The place in the picture, not rounded and not cut.
  at(event) {
    const sheet = this.sheet.getBoundingClientRect();
    return [
      ((event.clientX - sheet.left) / sheet.width) * this.width,
      ((event.clientY - sheet.top) / sheet.height) * this.height,
    ];
  }

  inside(values) {
    return values.map((value, at) => {
      return Math.min(Math.max(Math.round(value), 0), at % 2 ? this.height : this.width);
    });
  }

  // Which edges a pointer takes hold of: none of them inside the box means all, null means none.
  hold([x, y], near) {
    if (!this.box) return null;
    const reach = near / this.scale;
    const [left, top, right, bottom] = this.box;
    if (x < left - reach || x > right + reach || y < top - reach || y > bottom + reach) return null;
    const edges = [];
    const pick = (value, low, high, first, second) => {
      const [here, there] = [Math.abs(value - low), Math.abs(value - high)];
      if (Math.min(here, there) <= reach) edges.push(here < there ? first : second);
    };
    pick(x, left, right, LEFT, RIGHT);
    pick(y, top, bottom, TOP, BOTTOM);
    return edges;
  }

  down(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.stage.focus({ preventScroll: true });
    this.sheet.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.fingers.size > 1) {
      this.gesture = { kind: "pan" };
      this.draw();
      return;
    }
    const from = this.at(event);
    const edges = event.shiftKey ? null : this.hold(from, NEAR[event.pointerType] ?? 12);
    const kind = edges === null ? "draw" : edges.length ? "edges" : "move";
    this.gesture = { kind, edges, from, start: this.box };
  }

  move(event) {
    const gesture = this.gesture;
    if (!gesture) {
      this.sheet.style.cursor = this.cursor(this.hold(this.at(event), NEAR.mouse));
      return;
    }
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (gesture.kind === "pan") {
      this.stage.scrollLeft -= (event.clientX - before[0]) / this.fingers.size;
      this.stage.scrollTop -= (event.clientY - before[1]) / this.fingers.size;
      return;
    }
    const [x, y] = this.at(event);
    if (gesture.kind === "draw") {
      const [a, b, c, d] = this.inside([...gesture.from, x, y]);
      gesture.box = [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
    } else if (gesture.kind === "move") {
      gesture.box = this.shifted(gesture.start, x - gesture.from[0], y - gesture.from[1]);
    } else {
      const box = [...gesture.start];
      for (const edge of gesture.edges) {
        box[edge] = this.inside([x, y])[edge % 2];
      }
      // an edge that is dragged over the other one stops before it
      for (const edge of gesture.edges) {
        const other = gesture.start[(edge + 2) % 4];
        box[edge] = edge < 2 ? Math.min(box[edge], other - 1) : Math.max(box[edge], other + 1);
      }
      gesture.box = box;
    }
    this.draw();
  }

  up(event, done) {
    const gesture = this.gesture;
    this.fingers.delete(event.pointerId);
    if (!gesture || (gesture.kind === "pan" && this.fingers.size)) return;
    this.gesture = null;
    const box = gesture.box;
    const large = box && box[RIGHT] - box[LEFT] >= LEAST && box[BOTTOM] - box[TOP] >= LEAST;
    if (done && box && (large || gesture.kind !== "draw")) this.changed(box, false);
    else this.draw();
  }

  cursor(edges) {
    if (edges === null) return "crosshair";
    if (!edges.length) return "move";
    const across = edges.some((edge) => edge % 2 === 0);
    const down = edges.some((edge) => edge % 2 === 1);
    if (across && down) {
      const falling = edges.includes(LEFT) === edges.includes(TOP);
      return falling ? "nwse-resize" : "nesw-resize";
    }
    return across ? "ew-resize" : "ns-resize";
  }

  shifted([left, top, right, bottom], across, down) {
    const x = Math.min(Math.max(Math.round(across), -left), this.width - right);
    const y = Math.min(Math.max(Math.round(down), -top), this.height - bottom);
    return [left + x, top + y, right + x, bottom + y];
  }

  // One step of an arrow key: the whole box, or of its edges the "low" or "high" ones.
  nudge(across, down, which) {
    if (!this.box) return false;
    let box = [...this.box];
    if (which === "all") box = this.shifted(box, across, down);
    else {
      const at = which === "low" ? 0 : 2;
      box[at] += across;
      box[at + 1] += down;
      box = this.inside(box);
    }
    if (box[LEFT] >= box[RIGHT] || box[TOP] >= box[BOTTOM]) return false;
    this.changed(box, true);
    return true;
  }
}
