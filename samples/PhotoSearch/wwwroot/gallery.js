// Photographs as a grid of cards. Tab comes to one card and its buttons; arrow keys go from card to card.

import { actionsOf, findSimilar, showMarks } from "./actions.js";
import { element, isolated } from "./dom.js";
import { markOf, toggle, whenMarked } from "./examples.js";
import { openViewer } from "./viewer.js";

export function gallery(photographs) {
  const grid = element("ul", { className: "grid" }, ...photographs.map((photo, place) => card(photo, () => openViewer(photographs, place))));
  photographs.forEach((photo, place) => { grid.children[place].photo = photo; });
  makeCurrent(grid, grid.firstElementChild);
  grid.addEventListener("focusin", event => makeCurrent(grid, event.target.closest(".card")));
  grid.addEventListener("keydown", event => press(grid, event));
  return grid;
}

export function startGallery() {
  whenMarked(() => document.querySelectorAll(".card").forEach(showMark));
}

function card(photo, open) {
  const picture = element("img", { src: photo.thumbnail, alt: "", loading: "lazy", decoding: "async" });
  const made = element("li", { className: "card" },
    element("button", { type: "button", className: "photo", "aria-label": `Open ${photo.name}`, onclick: open }, picture),
    element("div", { className: "text" },
      element("span", { className: "name", title: photo.folder ? `${photo.folder}/${photo.name}` : photo.name }, isolated(photo.name)),
      ...(photo.score === null ? [] : [element("span", { className: "score", textContent: photo.score.toFixed(3), title: "Score" })])),
    element("div", { className: "actions" }, ...actionsOf(photo, true)));
  made.classList.toggle("liked", markOf(photo.id) === "like");
  made.classList.toggle("unliked", markOf(photo.id) === "unlike");
  return made;
}

function showMark(made) {
  const id = made.photo.id;
  showMarks(made, id);
  made.classList.toggle("liked", markOf(id) === "like");
  made.classList.toggle("unliked", markOf(id) === "unlike");
}

function makeCurrent(grid, current) {
  for (const made of grid.children) {
    for (const button of made.querySelectorAll("button")) button.tabIndex = made === current ? 0 : -1;
  }
}

function press(grid, event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const made = event.target.closest(".card"), cards = [...grid.children], place = cards.indexOf(made);
  const columns = cards.findIndex(c => c.offsetTop > cards[0].offsetTop);
  const row = columns > 0 ? columns : cards.length;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row, Home: -place, End: cards.length - 1 - place };
  const photo = made.photo;
  const acts = { s: () => findSimilar(photo), "+": () => toggle(photo.id, "like"), "-": () => toggle(photo.id, "unlike") };
  if (event.key in steps) cards[place + steps[event.key]]?.querySelector(".photo").focus();
  else if (event.key in acts) acts[event.key]();
  else return;
  event.preventDefault();
}
