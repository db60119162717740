// Photographs that were marked as examples: like those wanted, or unlike them. They stay until the browser's tab is closed.

import { byId } from "./dom.js";

const key = "examples";
const marks = new Map(JSON.parse(sessionStorage.getItem(key) ?? "[]"));
const listeners = [];

export const markOf = id => marks.get(id);
export const marked = mark => [...marks].filter(([, value]) => value === mark).map(([id]) => id);
export const whenMarked = listener => listeners.push(listener);

// Marks a photograph, or takes the mark away that it has.
export function toggle(id, mark) {
  if (marks.get(id) === mark) marks.delete(id);
  else marks.set(id, mark);
  changed();
}

function changed() {
  sessionStorage.setItem(key, JSON.stringify([...marks]));
  show();
  listeners.forEach(listener => listener());
}

function show() {
  const like = marked("like").length, unlike = marked("unlike").length;
  byId("examples").hidden = marks.size === 0;
  byId("examples-find").disabled = like === 0 || unlike === 0;
  byId("examples-text").textContent = like === 0 ? `${unlike} not like what you want. Mark one that is, with +.`
    : unlike === 0 ? `${like} like what you want. Mark one that is not, with −.`
    : `${like} like what you want, ${unlike} not.`;
}

export function startExamples() {
  byId("examples-clear").addEventListener("click", () => { marks.clear(); changed(); byId("main").focus(); });
  byId("examples-find").addEventListener("click", () => {
    // The same address again would be no change.
    if (location.hash === "#examples") window.dispatchEvent(new HashChangeEvent("hashchange"));
    else location.hash = "#examples";
  });
  show();
}
