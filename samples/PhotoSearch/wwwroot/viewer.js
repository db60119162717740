// One photograph, large.

import { actionsOf, showMarks } from "./actions.js";
import { byId, isolated, size } from "./dom.js";
import { whenMarked } from "./examples.js";

let shown = [], place = 0;

export function openViewer(photographs, at) {
  shown = photographs;
  show(at);
  if (!byId("viewer").open) byId("viewer").showModal();
}

export function startViewer() {
  const viewer = byId("viewer");
  byId("viewer-close").addEventListener("click", () => viewer.close());
  byId("viewer-previous").addEventListener("click", () => show(place - 1));
  byId("viewer-next").addEventListener("click", () => show(place + 1));
  viewer.addEventListener("click", event => { if (event.target === viewer) viewer.close(); });
  viewer.addEventListener("close", () => byId("viewer-picture").removeAttribute("src"));
  viewer.addEventListener("keydown", event => {
    if (event.key === "ArrowLeft") show(place - 1);
    else if (event.key === "ArrowRight") show(place + 1);
  });
  window.addEventListener("hashchange", () => viewer.close());
  whenMarked(() => { if (viewer.open) showMarks(byId("viewer-actions"), shown[place].id); });
}

function show(at) {
  if (at < 0 || at >= shown.length) return;
  place = at;
  const photo = shown[at];
  byId("viewer-picture").src = photo.original;
  byId("viewer-picture").alt = photo.name;
  byId("viewer-name").replaceChildren(isolated(photo.name));
  byId("viewer-facts").textContent = [
    photo.folder, new Date(photo.written).toLocaleString(), size(photo.length), photo.score === null ? "" : `score ${photo.score.toFixed(3)}`,
  ].filter(fact => fact).join(" · ");
  byId("viewer-previous").disabled = at === 0;
  byId("viewer-next").disabled = at === shown.length - 1;
  byId("viewer-actions").replaceChildren(...actionsOf(photo, false));
}
