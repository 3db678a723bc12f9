"use strict";
// One WebSocket brings everything. A binary message is two bytes with the length of its head, the
// head as JSON, and the JPEG that the head is about, so that a box never belongs to another picture.

const at = (id) => document.getElementById(id);
const picture = at("picture"), pen = picture.getContext("2d");
const graph = at("history"), chart = graph.getContext("2d");
const slider = at("slider");
const KEPT_PICTURES = 150; // whose presence the graph shows
const SILENT_MS = 7000; // a word comes every two seconds
const YELLOW = "#ffd000", WITHHELD = "#ff7b6b";

let socket = null, heardAt = 0, pause = 250, again = 0;
let head = null, shownAt = 0, bitmap = null;
let kept = null; // the device's threshold
let trying = null; // the slider's, while it is another
let presences = [], newest = "", queue = Promise.resolve();

function state(kind, text) {
  if (at("state").textContent === text) return;
  if (at("state").dataset.state !== kind) at("said").textContent = text; // once, not each second
  at("state").dataset.state = kind;
  at("state").textContent = text;
}

function connect() {
  clearTimeout(again);
  if (document.hidden || socket) return;
  const mine = socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
  let opened = false;
  mine.binaryType = "arraybuffer";
  heardAt = performance.now();
  mine.onopen = () => { opened = true; };
  mine.onmessage = (message) => {
    if (mine !== socket) return;
    heardAt = performance.now();
    if (typeof message.data === "string") tell(JSON.parse(message.data));
    else queue = queue.then(() => show(message.data, mine)).catch(() => mine.close());
  };
  mine.onclose = (event) => {
    if (mine !== socket) return;
    socket = null;
    if (event.code === 1013) state("bad", "Too many are looking; trying again");
    else if (!document.hidden) state("bad", "No connection to the device; trying again");
    if (!opened) askWhy();
    again = setTimeout(connect, pause);
    pause = Math.min(pause * 2, 4000);
  };
}

// A refused WebSocket does not say why: where the page itself now leads to the password, go there.
async function askWhy() {
  try {
    const answer = await fetch("/", {redirect: "manual", cache: "no-store"});
    if (answer.type === "opaqueredirect") location.assign("/enter");
  } catch { /* the device is away */ }
}

function leave() {
  const mine = socket;
  socket = null;
  if (mine) mine.close();
}

async function show(data, from) {
  const length = new DataView(data).getUint16(0);
  const next = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 2, length)));
  const image = await createImageBitmap(new Blob([new Uint8Array(data, 2 + length)], {type: "image/jpeg"}));
  if (from !== socket) return image.close();
  if (bitmap) bitmap.close();
  [bitmap, head, shownAt, pause] = [image, next, performance.now(), 250];
  presences = [...presences, head.presence].slice(-KEPT_PICTURES);
  threshold(head.threshold);
  draw();
  figures();
  happened(head.events);
  from.send("shown");
}

function threshold(value) {
  if (value === kept) return;
  kept = value;
  slider.disabled = false;
  if (trying === null) slider.value = kept;
  moved();
}

// What is drawn: the box that is told, or, while the slider is tried, what the model says of this
// one picture and whether that would be told.
function chosen() {
  if (trying === null) return head.shown && {...head.shown, colour: YELLOW, dashed: false, note: ""};
  if (!head.model) return null;
  const would = head.presence >= trying;
  return {...head.model, colour: would ? YELLOW : WITHHELD, dashed: !would, note: would ? "" : " (withheld)"};
}

function paint(to, width, height) {
  to.drawImage(bitmap, 0, 0);
  const found = chosen();
  if (!found) return null;
  const line = Math.max(2, Math.round(Math.min(width, height) / 120));
  const [left, top, right, bottom] = found.box.map((edge, side) => edge * (side % 2 ? height : width));
  to.setLineDash(found.dashed ? [4 * line, 3 * line] : []);
  for (const [extra, colour] of [[2, "#000"], [0, found.colour]]) {
    to.lineWidth = line + extra;
    to.strokeStyle = colour;
    to.strokeRect(left, top, right - left, bottom - top);
  }
  to.setLineDash([]);
  const small = picture.clientWidth ? width / picture.clientWidth : 1; // the canvas is shown so much smaller
  const size = Math.round(Math.max(14 * small, height / 26)), text = `${found.label} ${found.score.toFixed(2)}${found.note}`;
  to.font = `600 ${size}px system-ui, sans-serif`;
  const wide = Math.min(width, to.measureText(text).width + size), high = Math.round(1.4 * size);
  const x = Math.min(Math.max(0, left - line / 2), width - wide), y = top - high >= 0 ? top - high : Math.max(0, top);
  to.fillStyle = found.colour;
  to.fillRect(x, y, wide, high);
  to.fillStyle = "#000";
  to.textBaseline = "middle";
  to.fillText(text, x + size / 2, y + high / 2 + 1, wide - size);
  return found;
}

function draw() {
  if (!bitmap) return;
  if (picture.width !== bitmap.width || picture.height !== bitmap.height) {
    picture.width = bitmap.width;
    picture.height = bitmap.height;
  }
  const found = paint(pen, picture.width, picture.height);
  picture.dataset.index = head.index;
  picture.dataset.box = found ? found.box.join(" ") : "";
  const where = head.shown ? `${head.shown.label}, ${place(head.shown.box)}` : "nothing found";
  const told = `Camera picture: ${where}`;
  if (picture.getAttribute("aria-label") !== told) picture.setAttribute("aria-label", told);
  at("snapshot").disabled = false;
  plot();
}

function place([left, top, right, bottom]) {
  const part = (middle, names) => names[Math.min(2, Math.floor(3 * middle))];
  const across = part((left + right) / 2, ["left", "middle", "right"]);
  const down = part((top + bottom) / 2, ["upper", "", "lower"]);
  return `${down} ${across}`.trim();
}

function figures() {
  at("label").textContent = head.shown ? head.shown.label : "nothing";
  at("score").textContent = head.shown ? head.shown.score.toFixed(2) : "–";
  at("fps").textContent = head.fps.toFixed(1);
}

// The age goes on while no picture comes: that is when it matters.
function ages() {
  if (!head) return;
  const ms = head.age_ms + performance.now() - shownAt;
  at("age").textContent = ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10000 ? 1 : 0)} s`;
}

function tell(word) {
  if (word.well) state("live", "Live");
  else state("bad", word.sentence);
  at("celsius").textContent = word.board || "not told here";
  at("dropped").textContent = word.dropped;
  if (!word.well) at("fps").textContent = word.fps.toFixed(1);
  threshold(word.threshold);
}

function happened(events) {
  const first = events.length ? events[0].time + events[0].event : "";
  if (first === newest) return;
  // A restless object would never let a screen reader finish.
  if (events[0].event !== "moved") at("said").textContent = sentence(events[0]);
  newest = first;
  at("events").replaceChildren(...events.map((one) => {
    const line = document.createElement("li"), when = document.createElement("time");
    when.dateTime = one.time;
    when.textContent = new Date(one.time).toLocaleTimeString();
    line.append(when, sentence(one));
    return line;
  }));
}

const sentence = (one) => `${one.label || "the object"} ${one.event}`;

function moved() {
  const value = Number(slider.value);
  trying = kept === null || Math.abs(value - kept) < 0.005 ? null : value;
  at("value").textContent = value.toFixed(2);
  slider.setAttribute("aria-valuetext", `${value.toFixed(2)}${trying === null ? "" : ", not kept yet"}`);
  at("keep").disabled = at("back").disabled = trying === null;
  if (trying !== null) at("kept").textContent = "";
  draw();
}

function plot() {
  const {width, height} = graph, style = getComputedStyle(graph), y = (value) => 4 + (1 - value) * (height - 8);
  chart.clearRect(0, 0, width, height);
  const step = width / KEPT_PICTURES, limit = trying === null ? kept : trying;
  presences.forEach((presence, index) => {
    chart.fillStyle = presence >= limit ? "#2f8f4e" : "#c4574c";
    chart.fillRect(index * step, y(presence), Math.max(1, step - 1), height - y(presence));
  });
  const line = (value, dash) => {
    chart.setLineDash(dash);
    chart.beginPath();
    chart.moveTo(0, y(value));
    chart.lineTo(width, y(value));
    chart.stroke();
  };
  chart.strokeStyle = style.color;
  chart.lineWidth = 3;
  if (kept !== null) line(kept, [8, 6]);
  if (trying !== null) line(trying, []);
  const over = (value) => presences.filter((presence) => presence >= value).length;
  const now = `${over(kept)} of the last ${presences.length} pictures reach ${kept.toFixed(2)}`;
  const told = trying === null
    ? `${now}. Move the slider to see what it would show; nothing changes until you keep it.`
    : `${now}; ${over(trying)} would reach ${trying.toFixed(2)}. `
      + `This one would be ${head.presence >= trying ? "shown" : "withheld"}.`;
  at("effect").textContent = told;
  graph.setAttribute("aria-label", `Presence of late: ${now}`);
}

async function keep() {
  const value = trying;
  if (value === null) return;
  at("keep").disabled = true;
  try {
    const answer = await fetch("/threshold", {
      method: "POST",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify({threshold: value}),
    });
    if (!answer.ok) throw new Error(await answer.text());
    const set = (await answer.json()).threshold;
    trying = null;
    slider.value = set;
    threshold(set);
    moved();
    at("kept").textContent = `Kept until edge-run ends. To keep it for good, put "threshold = ${set}" `
      + "into its configuration, or start it with --threshold.";
    slider.focus();
  } catch (error) {
    at("kept").textContent = `Not kept: ${error.message}`;
    moved();
  }
}

function back() {
  slider.value = kept;
  moved();
  slider.focus();
}

// The picture at full size as it is shown, box and all; the device has nothing to do.
function save() {
  if (!bitmap) return;
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [bitmap.width, bitmap.height];
  paint(copy.getContext("2d"), copy.width, copy.height);
  const name = `edge-run-${head.time.replace(/[:.]/g, "").slice(0, 17)}.jpg`;
  copy.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    at("said").textContent = `Snapshot saved as ${name}`;
  }, "image/jpeg", 0.92);
}

slider.addEventListener("input", moved);
at("keep").addEventListener("click", keep);
at("back").addEventListener("click", back);
at("snapshot").addEventListener("click", save);
document.addEventListener("visibilitychange", () => document.hidden ? leave() : connect());
window.addEventListener("pageshow", connect);
window.addEventListener("pagehide", leave);
setInterval(ages, 200);
setInterval(() => {
  if (!socket || performance.now() - heardAt < SILENT_MS) return;
  leave();
  state("bad", "The device does not answer; trying again");
  connect();
}, 1000);
connect();
