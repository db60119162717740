// The map: photographs that look alike are near each other. It is a grid of pictures, in each cell one of those that stand there; nearer, cells fall into four,
// and others appear. As a list it is the same photographs, in neighbourhoods.

import { findSimilar } from "./actions.js";
import { count, element } from "./dom.js";
import { markOf, whenMarked } from "./examples.js";
import { gallery } from "./gallery.js";
import { openViewer } from "./viewer.js";

const whole = { x: 0.5, y: 0.5, zoom: 1 }, mostZoom = 60, edge = 0.06, asked = 0.3, ofNeighbourhood = 12;
let view = { ...whole }, places = [], answer = null, loaded = null, isList = false, changed = () => {};
let map, shown = new Map(), frameAsked = false, timer = 0;

// What is asked of the server: what can be seen, and somewhat around it.
export function region() {
  const { width, height } = span();
  const [x, y] = [(0.5 + asked) * width, (0.5 + asked) * height];
  return { left: view.x - x, top: view.y - y, right: view.x + x, bottom: view.y + y };
}

export function drawMap(found, region) {
  answer = found;
  loaded = region;
  places = found.places;
  if (isList) return [list()];
  sync();
  return [map];
}

export const mapNote = () => answer.total === 0 ? "The map is made when all photographs have been read."
  : answer.inside > places.length ? `${places.length.toLocaleString("en")} of the ${count(answer.inside, "photograph")} here are shown; the others appear when you look nearer.`
  : `${count(answer.total, "photograph")}; those that look alike are near each other.`;

export function mapTools(refresh) {
  changed = refresh;
  if (!map) build();
  const button = (text, name, act) => element("button", { type: "button", textContent: text, "aria-label": name, title: name, onclick: act });
  const asList = element("button", { type: "button", textContent: "As a list", "aria-pressed": isList });
  asList.addEventListener("click", () => {
    isList = !isList;
    asList.setAttribute("aria-pressed", isList);
    changed();
  });
  return [button("+", "Nearer", () => zoom(1.6)), button("−", "Farther", () => zoom(1 / 1.6)), button("Whole map", "Whole map", () => look(whole)), asList];
}

export function startMap() {
  whenMarked(() => shown.forEach(showMark));
}

function build() {
  map = element("div", { id: "map", tabIndex: 0 });
  map.setAttribute("role", "group");
  map.setAttribute("aria-label", "Map of the photographs. Arrow keys move it, plus and minus zoom, 0 shows all of it.");
  followPointers();
  map.addEventListener("wheel", event => {
    event.preventDefault();
    zoom(Math.exp(-Math.sign(event.deltaY) * Math.min(0.25, Math.abs(event.deltaY) / (event.ctrlKey ? 50 : 400))), at(event));
  }, { passive: false });
  map.addEventListener("keydown", press);
  new ResizeObserver(sync).observe(map);
  map.addEventListener("focusin", event => { if (event.target !== map) makeCurrent(event.target); });
}

// How much of the map can be seen, in its own measure, and how many pixels that is.
function span() {
  const [w, h] = [map.clientWidth || innerWidth, map.clientHeight || innerHeight];
  const size = (1 + 2 * edge) / view.zoom;
  return { width: size, height: size, w, h };
}

function onScreen({ x, y }) {
  const { width, height, w, h } = span();
  return { x: ((x - view.x) / width + 0.5) * w, y: ((y - view.y) / height + 0.5) * h };
}

function onMap({ x, y }) {
  const { width, height, w, h } = span();
  return { x: view.x + (x / w - 0.5) * width, y: view.y + (y / h - 0.5) * height };
}

const at = event => {
  const box = map.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
};

function look(to) {
  const zoomed = Math.min(mostZoom, Math.max(1, to.zoom)), free = 0.5 - 0.5 / zoomed;
  const keep = value => Math.min(0.5 + free, Math.max(0.5 - free, value));
  view = { x: keep(to.x), y: keep(to.y), zoom: zoomed };
  if (isList) return changed();
  sync();
  // What was not asked for yet, when it stands still.
  clearTimeout(timer);
  timer = setTimeout(() => { if (map.isConnected && isMissing()) changed(); }, 200);
}

// The point on the screen stays where it is.
function zoom(factor, point = { x: span().w / 2, y: span().h / 2 }) {
  const before = onMap(point), was = view.zoom;
  view = { ...view, zoom: Math.min(mostZoom, Math.max(1, was * factor)) };
  const after = onMap(point);
  look({ x: view.x + before.x - after.x, y: view.y + before.y - after.y, zoom: view.zoom });
}

function isMissing() {
  if (answer === null) return true;
  const { width, height } = span(), inside = loaded.right - loaded.left;
  const isOut = view.x - width / 2 < Math.max(-edge, loaded.left) || view.x + width / 2 > Math.min(1 + edge, loaded.right)
    || view.y - height / 2 < Math.max(-edge, loaded.top) || view.y + height / 2 > Math.min(1 + edge, loaded.bottom);
  return answer.total > places.length && (isOut || answer.inside > places.length && inside > 2 * width);
}

function sync() {
  if (frameAsked) return;
  frameAsked = true;
  requestAnimationFrame(() => { frameAsked = false; draw(); });
}

function draw() {
  // Nothing has been answered yet: whoever zooms meanwhile sees it when it comes.
  if (answer === null) return;
  const { w, h } = span(), { across, down, hasRoom } = cells(), chosen = choose(across, down, hasRoom), gap = w < 600 ? 2 : 4;
  const { width, height } = span(), [side, tall] = [`${across / width * w - gap}px`, `${down / height * h - gap}px`];
  for (const [id, button] of shown) {
    if (chosen.has(id)) continue;
    // Whoever is at a picture that goes is on the map still.
    if (button === document.activeElement) map.focus({ preventScroll: true });
    button.remove();
    shown.delete(id);
  }
  for (const [id, place] of chosen) {
    const button = shown.get(id) ?? map.appendChild(picture(place)), { x, y } = onScreen(place);
    shown.set(id, button);
    button.place = place;
    [button.style.width, button.style.height, button.style.translate] = [side, tall, `calc(${x}px - 50%) calc(${y}px - 50%)`];
  }
  const all = [...shown.values()];
  if (all.length > 0 && !all.some(button => button.tabIndex === 0)) makeCurrent(all[0]);
}

// The size of a cell, in the map's measure: half as large each time that the map is twice as near, so that cells fall into four, as long as pictures keep a size
// at which most cells have one.
function cells() {
  const { w, h } = span(), least = w < 600 ? 44 : 62, [columns, rows] = [Math.max(1, Math.round(w / least)), Math.max(1, Math.round(h / least))];
  const side = Math.min(90, Math.max(least, 0.5 * view.zoom * Math.sqrt(w * h / Math.max(1, answer.total))));
  const halved = Math.floor(Math.log2(view.zoom * least / side) + 1e-9), size = (1 + 2 * edge) / 2 ** halved;
  return { across: size / columns, down: size / rows, hasRoom: answer.total < 0.8 * columns * rows * 4 ** halved };
}

// In each cell the first of those that stand there, in its middle. The first of all is the first of the smaller cell, too, and stays. Where all have room, those
// whose cell is taken get a free one beside it.
function choose(across, down, hasRoom) {
  const taken = new Set(), chosen = new Map(), { width, height } = span(), last = [across, down].map(side => Math.ceil((1 + 2 * edge) / side - 1e-9) - 1);
  const put = (column, row, photograph) => {
    if (taken.has(`${column} ${row}`)) return false;
    taken.add(`${column} ${row}`);
    const middle = { x: (column + 0.5) * across - edge, y: (row + 0.5) * down - edge, photograph };
    if (Math.abs(middle.x - view.x) < (width + across) / 2 && Math.abs(middle.y - view.y) < (height + down) / 2) chosen.set(photograph.id, middle);
    return true;
  };
  const cellOf = ({ x, y }) => [Math.floor((x + edge) / across), Math.floor((y + edge) / down)];
  const others = places.filter(place => !put(...cellOf(place), place.photograph));
  for (const place of hasRoom ? others : []) {
    const [column, row] = cellOf(place), around = [];
    for (let c = Math.max(0, column - 3); c <= Math.min(last[0], column + 3); c++) {
      for (let r = Math.max(0, row - 3); r <= Math.min(last[1], row + 3); r++) around.push([c, r, (c - column) ** 2 + (r - row) ** 2]);
    }
    around.sort((a, b) => a[2] - b[2]).some(([c, r]) => put(c, r, place.photograph));
  }
  return chosen;
}

function picture(place) {
  const { photograph } = place;
  const button = element("button", { type: "button", className: "place", tabIndex: -1, title: photograph.name, "aria-label": `Open ${photograph.name}` },
    element("img", { src: photograph.thumbnail, alt: "", decoding: "async", draggable: false }));
  button.place = place;
  button.addEventListener("click", () => open(button.place));
  showMark(button);
  return button;
}

function showMark(button) {
  const mark = markOf(button.place.photograph.id);
  button.classList.toggle("liked", mark === "like");
  button.classList.toggle("unliked", mark === "unlike");
}

const distance = (a, b) => (a.x - b.x) ** 2 + (a.y - b.y) ** 2;

// In the viewer those come next that stand nearest.
const open = place => openViewer(places.toSorted((a, b) => distance(a, place) - distance(b, place)).slice(0, 60).map(p => p.photograph), 0);

function makeCurrent(button) {
  for (const other of shown.values()) other.tabIndex = other === button ? 0 : -1;
}

function press(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const acts = { "+": () => zoom(1.6), "=": () => zoom(1.6), "-": () => zoom(1 / 1.6), "0": () => look(whole) };
  const on = event.target.place;
  if (on) acts.s = () => findSimilar(on.photograph);
  if (event.key in arrows) step(...arrows[event.key], on);
  else if (event.key in acts) acts[event.key]();
  else return;
  event.preventDefault();
}

// From a picture to the next one in a direction; where there is none, and without a picture, the map moves.
function step(dx, dy, from) {
  const { w, h } = span();
  if (from) {
    const here = onScreen(from);
    const ahead = [...shown.values()].map(button => ({ button, ...onScreen(button.place) }))
      .map(p => ({ ...p, along: (p.x - here.x) * dx + (p.y - here.y) * dy, aside: Math.abs((p.x - here.x) * dy + (p.y - here.y) * dx) }))
      .filter(p => p.along > 1 && p.aside <= p.along && p.x > 0 && p.y > 0 && p.x < w && p.y < h)
      .sort((a, b) => a.along + 2 * a.aside - b.along - 2 * b.aside);
    if (ahead.length > 0) return ahead[0].button.focus({ preventScroll: true });
  }
  move(-dx * w / 4, -dy * h / 4);
}

function move(x, y) {
  const { width, height, w, h } = span();
  look({ ...view, x: view.x - x / w * width, y: view.y - y / h * height });
}

// One finger or the mouse moves the map, two fingers zoom it, too. A press that does not move opens what is there.
function followPointers() {
  const down = new Map();
  let hasMoved = false;
  map.addEventListener("pointerdown", event => {
    if (event.button !== 0) return;
    if (down.size === 0) hasMoved = false;
    down.set(event.pointerId, at(event));
  });
  map.addEventListener("pointermove", event => {
    const before = down.get(event.pointerId), now = at(event);
    if (!before || !hasMoved && down.size === 1 && distance(before, now) < 25) return;
    if (!hasMoved) map.setPointerCapture(event.pointerId);
    hasMoved = true;
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    down.set(event.pointerId, now);
    if (other) {
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      zoom(Math.sqrt(distance(now, other) / Math.max(1, distance(before, other))), middle);
      move((now.x - before.x) / 2, (now.y - before.y) / 2);
    } else {
      move(now.x - before.x, now.y - before.y);
    }
  });
  for (const end of ["pointerup", "pointercancel"]) map.addEventListener(end, event => down.delete(event.pointerId));
  map.addEventListener("click", event => {
    if (hasMoved) event.stopPropagation();
    hasMoved = false;
  }, { capture: true });
}

// What can be seen, halved again and again where it is longest, until few are together.
function list() {
  const { width, height } = span();
  const seen = places.filter(p => Math.abs(p.x - view.x) <= width / 2 && Math.abs(p.y - view.y) <= height / 2);
  const groups = [];
  const halve = part => {
    if (part.length <= Math.max(ofNeighbourhood, seen.length / 12)) return groups.push(part);
    const range = key => Math.max(...part.map(p => p[key])) - Math.min(...part.map(p => p[key]));
    const key = range("x") > range("y") ? "x" : "y", sorted = part.toSorted((a, b) => a[key] - b[key]), half = sorted.length >> 1;
    halve(sorted.slice(0, half));
    halve(sorted.slice(half));
  };
  if (seen.length > 0) halve(seen);
  return element("div", {}, ...groups.map((group, place) => element("section", { className: "group" },
    element("h3", {}, `Neighbourhood ${place + 1} of ${groups.length} `, element("span", { textContent: count(group.length, "photograph") })),
    gallery(group.slice(0, ofNeighbourhood).map(p => p.photograph)),
    ...(group.length > ofNeighbourhood ? [element("button", { type: "button", textContent: "Look nearer", "aria-label": `Look nearer at neighbourhood ${place + 1}`,
      onclick: () => nearer(group) })] : []))));
}

function nearer(group) {
  const range = key => [Math.min(...group.map(p => p[key])), Math.max(...group.map(p => p[key]))];
  const [left, right] = range("x"), [top, bottom] = range("y");
  look({ x: (left + right) / 2, y: (top + bottom) / 2, zoom: 1 / Math.max(right - left, bottom - top, 1e-3) });
}
