// The page: what its address asks for is what it shows.
//   #                 the latest photographs      #text=WORDS   the nearest to words     #similar=ID  the nearest to one of them
//   #duplicates       what looks alike            #examples     what the examples find   #picture     the nearest to a picture
//   #unreadable       files that cannot be read   #map          all, those that look alike near each other

import * as api from "./api.js";
import { byId, count, element, isolated, size } from "./dom.js";
import { marked, startExamples } from "./examples.js";
import { gallery, startGallery } from "./gallery.js";
import { drawMap, mapNote, mapTools, region, startMap } from "./map.js";
import { followStatus, lastStatus } from "./status.js";
import { startViewer } from "./viewer.js";

const page = 60, most = 1000;
let wanted = page, picture = null, least = 0.95, running = null, drawn = "";

const views = {
  "": { title: () => "Latest", find: signal => api.latest(wanted, signal), hint: "There are no photographs yet." },
  text: { title: words => `“${words}”`, find: (signal, words) => api.search(words, wanted, signal) },
  similar: { title: () => "More like this", find: (signal, id) => api.similar(id, wanted, signal), picture: id => `/thumbnails/${id}` },
  picture: { title: () => "Like your picture", find: signal => api.searchByPicture(picture.file, wanted, signal), picture: () => picture.address },
  examples: { title: () => "Like your examples", find: signal => api.searchByExamples(marked("like"), marked("unlike"), wanted, signal),
    note: "The score is the probability that a linear probe on your examples gives. Mark more of what is right and wrong here, and find again." },
  duplicates: { title: () => "Near duplicates", find: signal => api.duplicates(least, signal), draw: drawGroups, tools: sliderOfLikeness },
  map: { title: () => "Map", find: signal => api.map(region(), signal), draw: drawPlaces, tools: () => mapTools(() => { drawn = ""; show(true); }) },
  unreadable: { title: () => "Not read", find: signal => api.unreadable(signal), draw: drawUnreadable },
};

function address() {
  const [, name, value] = /^#?([a-z]*)(?:=(.*))?$/s.exec(location.hash) ?? [];
  const known = name in views && !(name === "picture" && picture === null);
  try {
    return known ? { name, value: decodeURIComponent(value ?? "") } : { name: "", value: "" };
  } catch {
    return { name: "", value: "" };
  }
}

async function show(isRefresh = false) {
  const { name, value } = address(), view = views[name];
  running?.abort();
  const mine = running = new AbortController();
  if (!isRefresh) frame(name, value, view);
  byId("results").setAttribute("aria-busy", "true");
  try {
    const answer = await view.find(mine.signal, value);
    if (mine !== running) return;
    byId("error").hidden = true;
    const state = JSON.stringify([location.hash, answer.photographs ?? answer]);
    if (state !== drawn || !isRefresh) (view.draw ?? drawPhotographs)(answer, view);
    drawn = state;
  } catch (error) {
    if (error.name === "AbortError") return;
    byId("results").replaceChildren();
    byId("more").hidden = true;
    byId("note").textContent = "";
    byId("error").textContent = error.message;
    byId("error").hidden = false;
  }
  byId("results").setAttribute("aria-busy", "false");
}

// What stands around the results; they come later.
function frame(name, value, view) {
  const title = view.title(value);
  document.title = name === "" ? "Photo search" : `${title} · Photo search`;
  byId("title").replaceChildren(isolated(title));
  byId("note").textContent = "";
  byId("words").value = name === "text" ? value : "";
  const source = view.picture?.(value);
  byId("query-picture").hidden = !source;
  if (source) byId("query-picture").src = source;
  byId("tools").replaceChildren(...(view.tools?.() ?? []));
  byId("tools").hidden = !view.tools;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  byId("keys").hidden = byId("map-keys").hidden = true;
}

function drawPhotographs({ photographs, milliseconds }, view) {
  byId("results").replaceChildren(gallery(photographs));
  byId("note").textContent = photographs.length === 0 ? view.hint ?? "There is nothing to be found yet."
    : view.note ?? (milliseconds === undefined ? "" : `The nearest first, with their cosines; found in ${Math.max(1, Math.round(milliseconds))} ms.`);
  byId("more").hidden = photographs.length < wanted || wanted >= most;
  byId("keys").hidden = photographs.length === 0;
}

function drawGroups(groups) {
  byId("results").replaceChildren(...groups.map(group => element("section", { className: "group" },
    element("h3", {}, `${group.photographs.length} photographs `, element("span", { textContent: `cosine ${group.cosine.toFixed(3)}` })),
    gallery(group.photographs))));
  byId("note").textContent = groups.length === 0 ? "No two photographs look as alike as that." : `${count(groups.length, "group")}.`;
  byId("more").hidden = true;
}

function drawPlaces({ answer, asked }) {
  const drawn = drawMap(answer, asked);
  if (byId("results").firstChild !== drawn[0]) byId("results").replaceChildren(...drawn);
  byId("note").textContent = mapNote();
  byId("more").hidden = true;
  byId("map-keys").hidden = byId("map") === null;
}

function drawUnreadable(files) {
  byId("results").replaceChildren(element("ul", { className: "list" }, ...files.map(file => element("li", {},
    isolated(file.folder ? `${file.folder}/${file.name}` : file.name), element("span", { textContent: file.error })))));
  byId("note").textContent = count(files.length, "file");
  byId("more").hidden = true;
}

function sliderOfLikeness() {
  const shown = element("output", { textContent: least.toFixed(2) });
  const slider = element("input", { type: "range", id: "least", min: "0.9", max: "1", step: "0.005", value: String(least) });
  slider.addEventListener("input", () => { shown.textContent = Number(slider.value).toFixed(3); });
  slider.addEventListener("change", () => { least = Number(slider.value); show(true); });
  return [element("label", { htmlFor: "least", textContent: "How alike, at least" }), slider, shown];
}

function searchByPicture(file) {
  const limit = lastStatus()?.maximumUpload ?? Infinity;
  if (file.size > limit) {
    byId("error").textContent = `This picture has ${size(file.size)}; ${size(limit)} are allowed.`;
    byId("error").hidden = false;
    return;
  }
  if (picture) URL.revokeObjectURL(picture.address);
  picture = { file, address: URL.createObjectURL(file) };
  if (location.hash === "#picture") show();
  else location.hash = "#picture";
}

function takePictures() {
  const drop = byId("drop"), hasFiles = event => event.dataTransfer?.types.includes("Files");
  byId("picture").addEventListener("change", event => {
    const [file] = event.target.files;
    if (file) searchByPicture(file);
    event.target.value = "";
  });
  window.addEventListener("dragover", event => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    drop.hidden = false;
  });
  window.addEventListener("dragleave", event => { if (event.relatedTarget === null) drop.hidden = true; });
  window.addEventListener("drop", event => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    drop.hidden = true;
    const [file] = event.dataTransfer.files;
    if (file) searchByPicture(file);
  });
  window.addEventListener("paste", event => {
    const [file] = event.clipboardData?.files ?? [];
    if (file) searchByPicture(file);
  });
}

// Where somebody is at work nothing is moved.
const isUndisturbed = () => !byId("viewer").open && !byId("results").contains(document.activeElement);

byId("search").addEventListener("submit", event => {
  event.preventDefault();
  const words = byId("words").value.trim();
  const target = words === "" ? "#" : `#text=${encodeURIComponent(words)}`;
  if (location.hash === target) show();
  else location.hash = target;
});
byId("more").addEventListener("click", () => { wanted = Math.min(most, wanted + page); show(true); });
window.addEventListener("hashchange", () => { wanted = page; window.scrollTo(0, 0); show(); });
window.addEventListener("keydown", event => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !(event.target instanceof HTMLInputElement) && !byId("viewer").open) {
    event.preventDefault();
    byId("words").focus();
    byId("words").select();
  }
});
document.querySelector(".skip").addEventListener("click", event => {
  // Its address would be another view.
  event.preventDefault();
  byId("main").focus();
});
// One that is gone, or is none: what was found, or why nothing was, stands beside it.
byId("query-picture").addEventListener("error", event => { event.target.hidden = true; });
takePictures();
startExamples();
startGallery();
startMap();
startViewer();
show();
followStatus(() => { if (isUndisturbed() && address().name !== "picture") show(true); });
