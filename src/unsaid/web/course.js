// The drill that the page is part of: its clock, which runs here and is put right by the server, and going on.
import { ask, over, trouble, wire } from "./wire.js";
import { id, make, write } from "./words.js";

const { clock, say } = sounding;
const POLL_MS = 5000;

let told = null; // what the server said last
let toldAt = 0;
let wanted = ""; // the part that the page is at; the server may not know it yet
const changed = [];

export const course = { go, end, at: () => wanted, begin, changed: (does) => changed.push(does), get state() { return told; } };

/** Seconds that are left, in words, as the terminal says them. */
function left(seconds) {
  const whole = seconds >= 0 ? Math.ceil(seconds) : -Math.ceil(-seconds);
  return whole >= 0 ? `${clock(whole)} left` : `over by ${clock(-whole)}`;
}
function draw() {
  if (!told || wire.over) return;
  const since = (performance.now() - toldAt) / 1000;
  const part = told.partLeft - since;
  const drill = told.drillLeft - since;
  const words = [
    `Part ${told.number} of ${told.of}: ${told.title}, ${Number(told.minutes.toFixed(1))} min, ${left(part)}`,
    `the drill ${left(drill)}`,
  ];
  if (drill < 0) words.push("the time is up");
  else if (told.due) words.push(`by the clock: ${told.due}`);
  write(id("course"), words.join(" · "));
  id("course").classList.toggle("is-late", part < 0);
}
function take(answer) {
  const other = told?.part !== answer.part;
  told = answer;
  toldAt = performance.now();
  draw();
  if (!other) return;
  wanted = answer.part;
  for (const does of changed) does(answer);
}
let next = 0;
let going = Promise.resolve();
async function look() {
  clearTimeout(next);
  if (wire.over) return;
  if (!document.hidden) {
    try {
      if (wanted && told && wanted !== told.part) await go(wanted);
      else take(await ask("GET", "/course"));
    } catch (error) {
      trouble(error);
    }
  }
  clearTimeout(next);
  next = setTimeout(look, POLL_MS);
}
/** On to a part, one after the other; where the server is away it is tried again. */
function go(part) {
  wanted = part;
  going = going.then(async () => {
    if (wire.over || part !== wanted || told?.part === part) return;
    try {
      take(await ask("POST", "/part", { part }));
    } catch (error) {
      trouble(error);
    }
  });
  return going;
}
/** The drill is done: the server ends, the terminal goes on. Raises what asking raises. */
async function end() {
  const answer = await ask("POST", "/end", {});
  told = answer;
  over(
    make("h2", "over-title", `${answer.drill[0].toUpperCase()}${answer.drill.slice(1)}: done`),
    make("p", "lead", "All of it is kept. What it came to stands in the terminal."),
    make("p", "soft", "This page may be closed."),
  );
  write(id("course"), "");
  say("The drill is done.");
}
function begin(first) {
  if (first) take(first);
  setInterval(draw, 250);
  for (const kind of ["focus", "online", "pageshow"]) addEventListener(kind, look);
  document.addEventListener("visibilitychange", look);
  wire.retry.push(look);
  look();
}
