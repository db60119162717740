// What the program is doing, asked again and again: often while it works, seldom otherwise.

import * as api from "./api.js";
import { byId, count } from "./dom.js";

const busy = 1000, idle = 5000;
let last = null;

// What was said last, or null before the first time.
export const lastStatus = () => last;

export async function followStatus(changed) {
  let wait = idle;
  try {
    const now = await api.status();
    show(now);
    const before = last;
    last = now;
    if (!before || before.photographs !== now.photographs || before.unreadable !== now.unreadable || before.stage !== now.stage) changed(now);
    wait = ["ready", "unreachable", "failing"].includes(now.stage) ? idle : busy;
  } catch (error) {
    byId("status-text").textContent = error.message;
    byId("status-bar").hidden = true;
  }
  setTimeout(() => followStatus(changed), wait);
}

function show(now) {
  const isCounted = ["reading", "comparing", "mapping"].includes(now.stage);
  const left = isCounted && now.secondsLeft > 1 ? `, ${duration(now.secondsLeft)} left` : "";
  const doing = {
    loading: "reading what is known",
    listing: "looking through the folder",
    reading: `reading ${now.done.toLocaleString("en")} of ${now.total.toLocaleString("en")}, ${now.perSecond.toFixed(1)} a second${left}`,
    comparing: `comparing ${now.done.toLocaleString("en")} of ${now.total.toLocaleString("en")}${left}`,
    mapping: `drawing the map${left}`,
    ready: `the model is ${now.model}`,
    unreachable: "the folder cannot be reached just now",
    failing: "nothing new can be read or kept just now; the console says why",
  }[now.stage];
  const text = `${count(now.photographs, "photograph")} in ${now.folder}: ${doing}.`;
  // A screen reader says what changes.
  if (byId("status-text").textContent !== text) byId("status-text").textContent = text;
  byId("status-bar").hidden = !isCounted;
  byId("status-bar").value = now.total > 0 ? now.done / now.total : 0;
  byId("nav-unreadable").hidden = now.unreadable === 0;
  byId("nav-unreadable").textContent = `Not read: ${now.unreadable.toLocaleString("en")}`;
}

function duration(seconds) {
  const whole = Math.round(seconds), hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min` : `${whole} s`;
}
