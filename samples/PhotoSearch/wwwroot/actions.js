// What can be done with a photograph, on its card and in the viewer.

import { element } from "./dom.js";
import { markOf, toggle } from "./examples.js";

export const findSimilar = photo => { location.hash = `#similar=${photo.id}`; };

export function actionsOf(photo, isShort) {
  const button = (className, short, long, act) => element("button", {
    type: "button", className, textContent: isShort ? short : long, title: long, "aria-label": `${long}: ${photo.name}`, onclick: act,
  });
  return [
    button("similar", "Similar", "More like this", () => findSimilar(photo)),
    mark(button("like", "+", "Like what I want", () => toggle(photo.id, "like")), photo.id, "like"),
    mark(button("unlike", "−", "Not what I want", () => toggle(photo.id, "unlike")), photo.id, "unlike"),
  ];
}

export function showMarks(parent, id) {
  mark(parent.querySelector(".like"), id, "like");
  mark(parent.querySelector(".unlike"), id, "unlike");
}

function mark(button, id, value) {
  button.setAttribute("aria-pressed", markOf(id) === value);
  return button;
}
