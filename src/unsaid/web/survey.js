// All moments at once: in the transcript, on the timeline, in the list, and how many are settled.
import { desk, on } from "./desk.js";
import { here } from "./here.js";
import { badge, count, draw, id, line, look, make, named, short, SIGNS, standing, where, write } from "./words.js";

const { one, all, data, transcript, lines } = sounding;

// In the transcript

const numbers = new Map(Object.entries(data.numbers).map(([of, number]) => [number, of]));
const marks = all("mark[data-flags]", transcript).map((element) => ({
  element,
  of: element.dataset.flags.split(" ").map((number) => numbers.get(Number(number))),
  drawn: element.className,
}));
const badges = new Map(all(".badge[data-flag]", transcript).map((b) => [numbers.get(Number(b.dataset.flag)), b]));
const beside = new Map(); // badges of moments that have no words of their own there
for (const [of, element] of badges) element.dataset.moment = of;

function drawMarks() {
  const found = new Map(desk.state.moments.map((m) => [m.id, m]));
  for (const mark of marks) {
    const live = mark.of.map((of) => found.get(of)).filter((m) => m && m.verdict !== "dismissed");
    const classes = new Set(live.map((m) => `f${m.letter}`));
    if (!live.length) classes.add("is-dismissed");
    else if (live.every((m) => m.settled)) classes.add("is-settled");
    if (mark.of.includes(here.at)) classes.add("is-current");
    const now = [...classes].join(" ");
    if (now !== mark.drawn) mark.element.className = mark.drawn = now;
  }
  for (const [of, element] of badges) dress(element, found.get(of));
  for (const [of, element] of beside) {
    if (found.has(of)) continue;
    element.closest(".line").classList.remove("own", "fD", "fA", "fU");
    element.remove();
    beside.delete(of);
  }
  for (const m of desk.state.moments) {
    const to = badges.has(m.id) ? undefined : lines[line(m)];
    if (!to) continue;
    let element = beside.get(m.id);
    if (!element) {
      element = make("a", "badge");
      element.href = "#card";
      element.dataset.moment = m.id;
      one("p", to).append(element);
      beside.set(m.id, element);
    }
    badge(element, m);
    to.classList.remove("fD", "fA", "fU");
    to.classList.add("own", `f${m.letter}`);
    dress(element, m);
  }
}
function dress(element, m) {
  const now = `badge${m ? ` f${m.letter} ${look(m)}` : ""}${m?.id === here.at ? " is-current" : ""}`;
  if (element.className === now) return;
  element.className = now;
  element.hidden = !m;
  if (m) element.setAttribute("aria-label", `moment ${m.number || ""} ${named(m)}, ${standing(m)}`);
}

// On the timeline: letters where they do not lie on each other

const LETTER = 1.4; // its width in percent of a wide screen
const strokes = draw("g", {});
const links = draw("g", {});
one("#playhead")?.before(strokes);
one(".ticks")?.append(links);
let drawnTicks = "";

function drawTicks() {
  const shown = here.shown();
  const now = shown.map((m) => `${m.id} ${m.letter} ${look(m)} ${m.id === here.at}`).join("\n");
  if (now === drawnTicks || !strokes.isConnected) return;
  drawnTicks = now;
  const made = { strokes: [], bare: [], lettered: [] };
  let free = 0;
  let last = null;
  for (const m of shown) {
    const x = Math.min(100, Math.max(0, (m.start / data.duration) * 100));
    const nth = last?.x === x ? last.nth + 1 : 0;
    const lettered = nth ? last.lettered : x >= free;
    if (lettered) free = x + LETTER * (nth + 1);
    last = { x, nth, lettered };
    const at = `${x.toFixed(3)}%`;
    const classes = `f${m.letter} ${look(m)}${m.id === here.at ? " is-current" : ""}`;
    made.strokes.push(draw("line", { class: `tick ${classes}`, x1: at, x2: at, y1: "0", y2: "100%" }));
    const sign = lettered
      ? [
          draw("rect", { x: nth * 16 - 7, y: 0, width: 15, height: 15, rx: 3 }),
          draw("text", { x: nth * 16 + 0.5, y: 11 }, m.letter),
        ]
      : [draw("rect", { x: nth * 3 - 1, y: 0, width: 2.5, height: 15 })];
    const words = `${named(m)} · ${where(m)} · ${standing(m)}`;
    made[lettered ? "lettered" : "bare"].push(
      draw(
        "a",
        { class: `tick-link ${classes}`, href: "#card", tabindex: "-1", "data-moment": m.id, "aria-label": words },
        draw("title", {}, words),
        draw("svg", { x: at, y: "0", overflow: "visible" }, ...sign),
      ),
    );
  }
  strokes.replaceChildren(...made.strokes);
  links.replaceChildren(...made.bare, ...made.lettered);
  one(".wave").classList.toggle("dense", shown.length > 60);
}

// In the list

const list = id("list");
const rows = new Map();
let reached = "";

function row(m) {
  const known = rows.get(m.id);
  if (known) return known;
  const parts = ["badge", "row-at", "row-quote", "row-state"].map((name) => make("span", name));
  const button = make("button", "row-button", ...parts);
  button.type = "button";
  button.tabIndex = -1;
  button.dataset.moment = m.id;
  parts[2].dir = "auto";
  const made = { li: make("li", "", button), button, parts, drawn: "" };
  rows.set(m.id, made);
  return made;
}
function drawList() {
  const shown = here.shown();
  const total = desk.state.moments.length;
  const order = shown.map((m) => {
    const each = row(m);
    const now = [m.letter, look(m), standing(m), m.id === here.at].join();
    if (now !== each.drawn) {
      each.drawn = now;
      each.li.className = `row f${m.letter} ${look(m)}${m.id === here.at ? " is-current" : ""}`;
      badge(each.parts[0], m);
      write(each.parts[1], where(m));
      write(each.parts[2], short(m.quote, 120));
      write(each.parts[3], `${SIGNS[look(m)]} ${standing(m)}`);
      if (m.id === here.at) each.button.setAttribute("aria-current", "true");
      else each.button.removeAttribute("aria-current");
    }
    return each.li;
  });
  if (order.length !== list.children.length || order.some((li, n) => list.children[n] !== li)) {
    list.replaceChildren(...order);
  }
  const ids = new Set(desk.state.moments.map((m) => m.id));
  for (const of of rows.keys()) if (!ids.has(of)) rows.delete(of);
  const known = (of) => shown.some((m) => m.id === of);
  reach(known(reached) ? reached : known(here.at) ? here.at : shown[0]?.id);
  id("filtered").hidden = shown.length > 0 || total === 0;
  write(id("moments-title"), shown.length === total ? count(total, "moment") : `${shown.length} of ${count(total, "moment")}`);
  for (const chip of all("#moments [data-family]")) {
    const n = desk.state.moments.filter((m) => m.letter === chip.dataset.family).length;
    write(one(".count", chip), String(n));
    chip.setAttribute("aria-label", `${data.families[chip.dataset.family]}: ${n}`);
  }
}
/** One row of the list can be reached by Tab, the arrows go on from there. */
export function reach(of, focus = false) {
  const before = rows.get(reached);
  if (before) before.button.tabIndex = -1;
  reached = of ?? "";
  const now = rows.get(reached);
  if (!now) return;
  now.button.tabIndex = 0;
  if (focus) now.button.focus();
}
list.addEventListener("keydown", (event) => {
  const at = event.target.closest("li");
  const to = {
    ArrowDown: at?.nextElementSibling,
    ArrowUp: at?.previousElementSibling,
    Home: list.firstElementChild,
    End: list.lastElementChild,
  }[event.key];
  if (!to) return;
  event.preventDefault();
  event.stopPropagation();
  reach(one("button", to).dataset.moment, true);
});

function drawProgress() {
  const { settled, moments, canUndo } = desk.state;
  write(id("progress"), `${settled} of ${moments.length} settled`);
  id("bar").max = Math.max(1, moments.length);
  id("bar").value = settled;
  id("undo").disabled = !canUndo;
}
on.changed.push(drawProgress, drawList, drawMarks, drawTicks);
