// The end: how much a listener could follow before and after, and each moment as it was said and would be now.
import { close } from "./card.js";
import { course } from "./course.js";
import { desk, on } from "./desk.js";
import { onMove } from "./here.js";
import { stop } from "./hear.js";
import { ask, trouble } from "./wire.js";
import { badge, count, draw, hush, id, look, make, own, sentence, tell, where, write } from "./words.js";

const { root, one, data } = sounding;

export const ended = () => location.hash === "#end";

export function finish() {
  stop();
  close();
  location.hash = "#end";
  report();
}
/** The session's report is written anew, with all of it. */
async function report() {
  write(id("end-written"), "");
  try {
    await desk.idle();
    await ask("POST", "/finish", {});
    write(id("end-written"), "report.html and report.md in the session’s folder are written anew, with all of this.");
  } catch (error) {
    write(id("end-written"), `The report is not written anew yet: ${error.message}.`);
  }
}
export function show() {
  const end = ended();
  root.classList.toggle("at-end", end);
  id("work").hidden = end;
  id("end").hidden = !end;
  hush();
  place();
  if (!end) return;
  drawEnd();
  score()?.then(({ begin }) => begin({ busy: () => !ended() }));
  scrollTo(0, 0);
  id("end").focus({ preventScroll: true });
}
addEventListener("hashchange", show);
addEventListener("beforeprint", drawEnd);
on.changed.push(() => ended() && drawEnd());
onMove.over.push(finish);

// The self-score stands below, where there is one; in a drill the parts go along with what is looked at

const score = () => (id("score") ? import("./score.js") : null);
let placed = false; // whether it is known which part is on
function place() {
  if (data.drilled && placed) course.go(ended() ? (course.at() === "score" ? "score" : "count") : "review");
}
/** The drill around the review; `leave` is called before it is done. */
export function inDrill() {
  if (!data.drilled) return;
  course.changed(({ part }) => {
    const first = !placed;
    placed = true;
    if (!first) return;
    if (part !== "review" && !ended()) location.hash = "#end";
    else place();
  });
  course.begin();
  id("score").addEventListener("focusin", () => course.go("score"));
  id("end-drill").addEventListener("click", async () => {
    try {
      await desk.idle();
      await (await score()).settled();
      await course.end();
    } catch (error) {
      if (error.status === undefined && error.message.startsWith("not everything")) tell("Not everything is saved yet.");
      else trouble(error);
    }
  });
}

function drawEnd() {
  const found = desk.state.moments;
  const left = found.filter((m) => !m.settled);
  const untold = left.filter((m) => !m.rewrite);
  const pairs = found.filter((m) => m.rewrite && m.verdict !== "dismissed");
  let lead = "Every moment is settled: dismissed, or said so that a listener can follow.";
  if (!found.length) lead = "No moment was flagged or marked.";
  else if (left.length) lead = `${count(left.length, "moment")} still to be said aloud.`;
  write(id("end-lead"), lead);
  id("end-shares").replaceChildren(...desk.state.shares.map(share));
  id("end-pairs").replaceChildren(...pairs.map(pair));
  id("end-rest").replaceChildren(...untold.map((m) => make("li", classes(m), head(m), said(m, ""))));
  id("end-told").hidden = !pairs.length;
  id("end-left").hidden = !untold.length;
  const reasons = new Map();
  for (const m of found) {
    if (m.verdict === "dismissed") reasons.set(m.reason || "no reason", (reasons.get(m.reason || "no reason") ?? 0) + 1);
  }
  const gone = [...reasons].map(([reason, n]) => `${n} ${reason}`);
  const sum = [...reasons.values()].reduce((a, b) => a + b, 0);
  write(id("end-gone"), sum ? `${sum} dismissed: ${gone.join(", ")}.` : "");
}
const classes = (m) => `pair f${m.letter} ${look(m)}`;
function words(...inside) {
  const made = make("span", "text", ...inside);
  made.dir = "auto";
  return made;
}
function said(m, label) {
  return make("p", "then", ...(label ? [make("span", "label", label), " "] : []), words(...sentence(m)));
}
function pair(m) {
  const told = m.rewrite.passed ? "✓ passes" : `does not pass yet: ${m.rewrite.missing.join(" ")}`;
  const made = make(
    "li",
    classes(m),
    head(m),
    said(m, "Said"),
    make("p", "now", make("span", "label", "Now"), " ", words(m.rewrite.text)),
    make("p", "soft told", m.rewrite.waits ? "saving…" : told),
  );
  if (m.rewrite.said) {
    const button = make("button", "tool", "▶ Then and now");
    button.type = "button";
    button.dataset.hear = m.id;
    button.setAttribute("aria-label", `Hear ${where(m)} as it was said, and as you say it now`);
    made.append(button);
  }
  return made;
}
function head(m) {
  const link = make("a", "", make("span", "badge"), make("span", "row-at", where(m)), make("span", "", own(m) ? "your own mark" : m.name));
  badge(one(".badge", link), m);
  link.href = "#work";
  link.dataset.moment = m.id;
  return make("p", "pair-head", link);
}
function share({ letter, label, total, before, after }) {
  let told = "none heard";
  if (total) told = before === after ? `${before} of ${total}` : `${before} of ${total}, now ${after} of ${total}`;
  const part = (n) => (total ? ((n / total) * 100).toFixed(2) : 0);
  const bar = draw(
    "svg",
    { class: "share-bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
    draw("rect", { class: "rest", x: 0, y: 0, width: 100, height: 8 }),
    draw("rect", { class: "gained", x: part(before), y: 0, width: part(after - before), height: 8 }),
    draw("rect", { class: "before", x: 0, y: 0, width: part(before), height: 8 }),
  );
  return make("li", `share f${letter}`, make("span", "share-label", label), make("span", "share-words", told), bar);
}
