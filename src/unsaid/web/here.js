// Where we are: the moment that is looked at, and which of them the filter leaves.
import { desk, on, stored } from "./desk.js";
import { count, id, line, named, standing, where } from "./words.js";

const { root, all, audio, lines, data, recall, remember, bring } = sounding;

export const wide = matchMedia("(min-width: 64rem)");
export const here = {
  at: "", // the moment's id
  current: () => desk.state.moments.find((m) => m.id === here.at),
  shown: () => desk.state.moments.filter(passes),
  passes,
  go,
  step,
  neighbour,
};
/** What others hang in: `moved` when another moment is looked at, `over` when there is none after it. */
export const onMove = { moved: [], over: [] };

let place = 0; // of the moment, for when it goes
const hidden = new Set();
const verdicts = id("verdicts");

function passes(m) {
  if (hidden.has(m.letter)) return false;
  const wanted = verdicts.value;
  if (wanted === "settled" || wanted === "unsettled") return m.settled === (wanted === "settled");
  return !wanted || m.verdict === wanted;
}
function go(to, { quietly = false, scroll = true, stay = false } = {}) {
  const moments = desk.state.moments;
  const found = moments.findIndex((m) => m.id === to);
  if (found < 0) return;
  const other = to !== here.at;
  here.at = to;
  place = found;
  remember("sessionStorage", stored("at"), to);
  for (const does of onMove.moved) does(other);
  if (location.hash === "#end" && !stay) location.hash = "";
  for (const does of on.changed) does();
  const m = moments[found];
  const card = id("card");
  if (scroll && wide.matches) {
    if (lines[line(m)]) bring(lines[line(m)], true);
    id("side").scrollTop = 0;
  } else if (scroll && card.getBoundingClientRect().top < 0) card.scrollIntoView({ block: "start" });
  if (!quietly) {
    sounding.say(`Moment ${found + 1} of ${moments.length}: ${named(m)}, ${where(m)}, ${standing(m)}`);
  }
}
/** To the next moment that the filter leaves, or the one before. */
function step(by) {
  if (audio) audio.pause();
  const moments = desk.state.moments;
  const at = moments.findIndex((m) => m.id === here.at);
  const from = at < 0 ? place - (by > 0 ? 1 : 0) : at;
  const next =
    by > 0
      ? moments.find((m, n) => n > from && passes(m))
      : moments.findLast((m, n) => n < from && passes(m));
  if (next) go(next.id);
  else if (by > 0) for (const does of onMove.over) does();
  else sounding.say("This is the first moment.");
}
/** Where the moment was that is gone: the one that is there now. */
function neighbour() {
  const moments = desk.state.moments;
  return moments[Math.min(place, moments.length - 1)];
}

/** A moment that is gone (undone, or taken away in another window) gives way to the one in its place. */
on.changed.push(() => {
  const next = neighbour();
  if (here.at && next && !here.current()) go(next.id, { quietly: true, scroll: false });
});

function filtered() {
  for (const does of on.changed) does();
  const shown = here.shown();
  sounding.say(`${shown.length} of ${count(desk.state.moments.length, "moment")} shown`);
  if (shown.length && !shown.some((m) => m.id === here.at)) {
    const moments = desk.state.moments;
    go((shown.find((m) => moments.indexOf(m) > place) ?? shown[0]).id, { quietly: true });
  }
}
for (const chip of all("#moments [data-family]")) {
  chip.addEventListener("click", () => {
    const letter = chip.dataset.family;
    if (!hidden.delete(letter)) hidden.add(letter);
    chip.setAttribute("aria-pressed", String(!hidden.has(letter)));
    root.classList.toggle(`hide-${letter}`, hidden.has(letter));
    filtered();
  });
}
verdicts.addEventListener("change", filtered);

/** Where the last visit stopped, else the first without a verdict, else the first that is not settled. */
export function begin() {
  const moments = desk.state.moments;
  const start =
    moments.find((m) => m.id === recall("sessionStorage", stored("at"))) ??
    moments.find((m) => m.verdict === "open") ??
    moments.find((m) => !m.settled) ??
    moments[0];
  if (start) go(start.id, { quietly: true, stay: true }); // who loads the end anew stays there
  else for (const does of on.changed) does();
}
