// One picture at a time: what is shown, what is said of it, and what was said before.

import { Canvas } from "/canvas.js";
import { Strip } from "/strip.js";

const $ = (id) => document.getElementById(id);
const EDGES = ["left", "top", "right", "bottom"];
const EMPTY = " nothing there"; // the space tells it from a class of that name
const KEPT = 12; // pictures held in memory
const AGAIN_MS = 1500; // until a save that failed is tried again

let album;
let number = -1;
let picture = null; // as the server tells it, with what was said here since
let chosen = null; // the class of the next box
let unsaid = null; // a box that has no class yet
let screen = 0; // pixels across of what is shown of a large photo
let full = -1; // the picture that is shown with all its pixels
let tries = 0; // counts calls of go: only the latest may show its picture
const images = new Map(); // number -> promise of an object URL
const versions = new Map(); // number -> version of the annotation
const saving = new Map(); // number -> what is to be saved next
const history = []; // { number, said, kind }
let working = null;

const canvas = new Canvas($("stage"), $("sheet"), $("picture"), $("box"), $("tag"), drawn, (scale) => {
  $("zoom").value = `${Math.round(100 * scale)} %`;
  sharpen(scale);
});
let strip;

async function start() {
  album = await (await fetch("/album")).json();
  $("folder").textContent = album.folder;
  document.title = `${album.folder}: labels`;
  chosen = album.classes[0] ?? null;
  strip = new Strip($("strip"), $("film"), album.count, go);
  await go(album.position);
}

// Showing

function image(at) {
  if (!images.has(at)) {
    const made = fetch(`/pictures/${at}/screen`).then(async (answer) => {
      if (!answer.ok) throw new Error(await answer.text());
      return URL.createObjectURL(await answer.blob());
    });
    made.catch(() => images.delete(at));
    images.set(at, made);
    for (const [old, url] of images) {
      if (images.size <= KEPT) break;
      images.delete(old);
      url.then(URL.revokeObjectURL, () => {});
    }
  }
  return images.get(at);
}

// All pixels of a large photo, once a zoom shows more than the screen's version has.
async function sharpen(scale) {
  if (!picture || screen >= picture.width || full === number) return;
  if (scale * devicePixelRatio * picture.width <= 1.2 * screen) return;
  const at = (full = number);
  try {
    const answer = await fetch(`/pictures/${at}/image`);
    if (!answer.ok) throw new Error(await answer.text());
    const url = URL.createObjectURL(await answer.blob());
    if (number === at) $("picture").src = url;
    $("picture").addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
  } catch {
    full = -1;
  }
}

async function told(at) {
  const answer = await fetch(`/pictures/${at}`);
  if (!answer.ok) throw new Error(await answer.text());
  const content = await answer.json();
  // what waits to be saved is newer than what the server has
  if (saving.has(at)) Object.assign(content, saving.get(at));
  else versions.set(at, content.version);
  return content;
}

async function go(at) {
  if (at < 0 || at >= album.count) return note(at < 0 ? "This is the first." : "This was the last.");
  const mine = ++tries;
  let shown;
  let url;
  let fault = "";
  try {
    [shown, url] = await Promise.all([told(at), image(at)]);
    const decoded = new Image();
    decoded.src = url;
    await decoded.decode();
    if (mine === tries) screen = decoded.naturalWidth;
  } catch (error) {
    fault = `This picture cannot be shown: ${error.message}`;
  }
  if (mine !== tries) return;
  number = at;
  picture = fault ? null : shown;
  unsaid = null;
  full = -1;
  if (picture) canvas.show(url, picture.width, picture.height);
  else canvas.put(null, null, false);
  $("picture").hidden = !picture;
  strip.choose(at);
  show();
  if (fault) note(fault, true);
  fetch(`/position/${at}`, { method: "PUT" }).catch(() => {});
  for (const near of [at + 1, at + 2, at - 1]) {
    if (near >= 0 && near < album.count) image(near).catch(() => {});
  }
  // the server looks into the next picture before it is asked for
  if (at + 1 < album.count) fetch(`/pictures/${at + 1}`).then((answer) => answer.text(), () => {});
}

// What stands on the picture: what was said, else what a model proposes.
function standing() {
  if (unsaid) return { box: unsaid, label: null, proposed: true };
  if (picture.state === "" && picture.proposal?.box) {
    const { box, label } = picture.proposal;
    return { box, label, proposed: true };
  }
  return { box: picture.box, label: picture.label, proposed: false };
}

function show() {
  $("counts").textContent = `${number + 1} of ${album.count}, ${album.labelled} labelled`;
  const { box, label, proposed } = picture ? standing() : {};
  if (picture) {
    canvas.put(box, label, proposed);
    $("picture").alt = described(box, label, proposed);
    if (label && !album.classes.includes(label)) album.classes.push(label);
    if (label) chosen = label;
    strip.tell(number, picture.state);
    note(remark());
  }
  EDGES.forEach((edge, at) => {
    $(edge).disabled = !box;
    $(edge).max = picture ? (at % 2 ? picture.height : picture.width) : 0;
    $(edge).value = box ? box[at] : "";
  });
  $("nothing").setAttribute("aria-pressed", picture?.state === EMPTY);
  $("undo").disabled = !history.length;
  classes();
}

function described(box, label, proposed) {
  if (!box) return `${picture.name}: ${picture.state || "no label"}`;
  return `${picture.name}: ${proposed ? "proposed " : ""}${label ?? "box"} at ${box.join(", ")}`;
}

function remark() {
  if (unsaid) return "Name the class of this box.";
  if (picture.fault) return `Its annotation cannot be read: it ${picture.fault}`;
  const others = picture.others ? ` ${picture.others} smaller objects stay as they are.` : "";
  if (picture.state !== "") return picture.state === EMPTY ? "Nothing there." : `${picture.label}.${others}`;
  const seen = picture.proposal;
  if (!seen) return "No label yet: drag a box.";
  const share = `${Math.round(100 * seen.presence)} %`;
  if (!seen.box) return `No label yet. The model sees nothing (${share}).`;
  return `Proposed: ${seen.label}, ${share} sure that it is there. Keep it (Enter), or drag.`;
}

function note(text, bad = false) {
  $("note").textContent = text;
  $("note").classList.toggle("bad", bad);
}

function classes() {
  const list = $("classes");
  if (list.children.length !== album.classes.length) {
    list.replaceChildren(
      ...album.classes.map((label, at) => {
        const button = document.createElement("button");
        button.className = "class";
        if (at < 9) {
          const key = document.createElement("kbd");
          key.textContent = at + 1;
          button.append(key, " ");
        }
        button.append(label);
        button.addEventListener("click", () => choose(label));
        return button;
      }),
    );
  }
  [...list.children].forEach((button, at) => {
    button.setAttribute("aria-pressed", album.classes[at] === chosen && picture?.state !== EMPTY);
  });
}

// Saying

const said = () => ({ state: picture.state, box: picture.box, label: picture.label });

function say(change, kind) {
  const last = history.at(-1);
  // a row of steps by the arrow keys is undone at once
  if (!(kind === "step" && last?.kind === "step" && last.number === number)) {
    history.push({ number, said: said(), kind });
  }
  unsaid = null;
  Object.assign(picture, change, { fault: "" });
  save(number, change);
  show();
}

function drawn(box, step) {
  const label = standing().label ?? chosen;
  if (!label) {
    unsaid = box;
    show();
    $("name").focus();
    return;
  }
  say({ state: label, box, label }, step ? "step" : "draw");
}

function choose(label) {
  chosen = label;
  const { box, label: before, proposed } = picture ? standing() : {};
  if (box && (proposed || label !== before)) say({ state: label, box, label }, "class");
  else show();
}

function nothing() {
  if (picture && picture.state !== EMPTY) say({ state: EMPTY, box: null, label: null }, "nothing");
}

function accept() {
  if (picture) {
    const { box, label, proposed } = standing();
    if (unsaid) return $("name").focus();
    if (box && proposed && label) say({ state: label, box, label }, "keep");
  }
  return go(number + 1);
}

async function undo() {
  const last = history.pop();
  if (!last) return;
  if (last.number !== number) await go(last.number);
  if (number !== last.number || !picture) return;
  unsaid = null;
  Object.assign(picture, last.said);
  save(number, last.said);
  show();
}

async function nextOpen() {
  const { number: at } = await (await fetch(`/next/${number}`)).json();
  if (at === null) note("Every picture has a label.");
  else await go(at);
}

// Saving: one at a time, the latest of each picture, again until the server has it

function save(at, change) {
  saving.set(at, change);
  working ??= work().finally(() => (working = null));
}

async function work() {
  while (saving.size) {
    const [at, change] = saving.entries().next().value;
    status("saving…");
    let answer;
    try {
      answer = await put(at, change);
    } catch {
      status("Not saved: edge-train label does not answer. Trying again.", true);
      await new Promise((done) => setTimeout(done, AGAIN_MS));
      continue;
    }
    if (saving.get(at) === change) saving.delete(at);
    if (answer.ok) {
      const content = await answer.json();
      versions.set(at, content.version);
      album.labelled = content.labelled;
      status("saved");
      $("counts").textContent = `${number + 1} of ${album.count}, ${album.labelled} labelled`;
    } else {
      saving.delete(at);
      await refused(at, answer);
    }
  }
}

function put(at, change) {
  const headers = { "If-Match": versions.get(at), "Content-Type": "application/json" };
  const path = `/pictures/${at}`;
  if (change.state === "") return fetch(path, { method: "DELETE", headers });
  const body = change.label === null ? { label: null } : { label: change.label, box: change.box };
  return fetch(path, { method: "PUT", headers, body: JSON.stringify(body) });
}

async function refused(at, answer) {
  const why = await answer.text();
  status("not saved", true);
  for (let i = history.length - 1; i >= 0; i--) if (history[i].number === at) history.splice(i, 1);
  if (at === number) await go(at);
  const whose = answer.status === 412 ? "Not saved: this picture was labelled elsewhere meanwhile; that label is shown now." : `Not saved: ${why}`;
  note(at === number ? whose : `Picture ${at + 1}: ${whose}`, true);
}

function status(text, bad = false) {
  $("saved").textContent = text;
  $("saved").classList.toggle("bad", bad);
}

// Hands

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = {
  Enter: accept,
  n: () => go(number + 1),
  PageDown: () => go(number + 1),
  p: () => go(number - 1),
  PageUp: () => go(number - 1),
  u: nextOpen,
  z: undo,
  0: nothing,
  Delete: nothing,
  "+": () => canvas.zoom(1.25),
  "=": () => canvas.zoom(1.25),
  "-": () => canvas.zoom(0.8),
  f: () => canvas.fit(),
};

addEventListener("keydown", (event) => {
  if (event.altKey || event.metaKey || event.target.matches("input")) return;
  const onButton = event.target.matches("button, summary");
  if (ARROWS[event.key]) {
    const which = event.shiftKey ? "high" : event.ctrlKey ? "low" : "all";
    if (picture && !canvas.gesture && canvas.nudge(...ARROWS[event.key], which)) event.preventDefault();
    return;
  }
  if (event.ctrlKey && event.key !== "z") return;
  if (onButton && (event.key === "Enter" || event.key === " ")) return;
  const label = /^[1-9]$/.test(event.key) ? album.classes[event.key - 1] : null;
  if (label) choose(label);
  else if (KEYS[event.key]) KEYS[event.key]();
  else return;
  event.preventDefault();
});

const CLICKS = {
  smaller: KEYS["-"], larger: KEYS["+"], fit: KEYS.f, nothing, undo, accept,
  previous: KEYS.p, next: KEYS.n, unlabelled: nextOpen,
};
for (const [id, act] of Object.entries(CLICKS)) $(id).addEventListener("click", () => act());

$("naming").addEventListener("submit", async (event) => {
  event.preventDefault();
  const label = $("name").value.trim();
  if (!label) return;
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("/classes", { method: "POST", headers, body: JSON.stringify({ label }) });
  if (!answer.ok) return note(await answer.text(), true);
  album.classes = (await answer.json()).classes;
  $("name").value = "";
  choose(label);
  $("stage").focus();
});

EDGES.forEach((edge) => {
  $(edge).addEventListener("change", () => {
    const box = EDGES.map((name) => Math.round(Number($(name).value)));
    const [left, top, right, bottom] = box;
    const fits = left >= 0 && top >= 0 && right <= picture.width && bottom <= picture.height;
    if (fits && left < right && top < bottom) drawn(box, false);
    else {
      show();
      note("That is no box in this picture; nothing was changed.", true);
    }
  });
});

addEventListener("beforeunload", (event) => {
  if (saving.size) event.preventDefault();
});

start().catch((error) => note(`The page cannot be shown: ${error.message}`, true));
