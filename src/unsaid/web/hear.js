// Hearing a moment: from a little before it to a little after, slower, and how it was said anew.
import { on } from "./desk.js";
import { here, onMove, wide } from "./here.js";
import { draw, id, tell, write } from "./words.js";

const { one, all, data, audio, seek, hear, clock } = sounding;
const LEAD_S = 2; // a moment is heard from so long before it
const TAIL_S = 0.5;
const MORE_S = 2;
const SPEEDS = [1, 0.75, 0.5];

let shift_s = 0;
let more_s = 0;
let speed = 0;
const again = new Audio(); // what was said anew
again.preload = "none";

export const can = Boolean(audio) && data.timed;

/** From when to when the moment is heard, in seconds. */
export function stretch(m) {
  const start = Math.max(0, m.start - LEAD_S - more_s + shift_s);
  return [start, Math.max(start + 0.1, Math.min(data.duration, m.end + TAIL_S + more_s + shift_s))];
}
export function stop() {
  audio?.pause();
  again.pause();
}
const silent = () => (audio ? audio.paused : true) && again.paused;
function play(then) {
  const m = here.current();
  if (!m || !can) return;
  again.pause();
  hear(...stretch(m), then);
}
export function playOrStop() {
  if (!can) tell(audio ? "The words have no times: play all of it with p." : "There is no sound here.");
  else if (silent()) play();
  else stop();
}
export function playOn() {
  again.pause();
  if (audio) sounding.toggle();
  else tell("There is no sound here.");
}
/** The moment as it was said, and then as it was said anew. */
export function thenAndNow(m = here.current()) {
  const url = m?.rewrite?.said;
  if (!url) return tell("It was not said aloud yet: v says it.");
  if (!silent()) return stop();
  const anew = () => {
    again.src = url;
    again.preservesPitch = true;
    again.playbackRate = SPEEDS[speed];
    again.play().catch((error) => error.name === "AbortError" || tell("What you said anew could not be played."));
  };
  if (can) hear(Math.max(0, m.start), Math.min(data.duration, m.end + TAIL_S), anew);
  else anew();
}
export function move(by_s) {
  if (!can) return;
  shift_s += by_s;
  drawStretch();
  play();
}
export function longer() {
  if (!can) return;
  more_s += MORE_S;
  drawStretch();
  play();
}
export function setSpeed(to) {
  if (!audio) return;
  speed = to % SPEEDS.length;
  audio.preservesPitch = true;
  audio.defaultPlaybackRate = audio.playbackRate = SPEEDS[speed];
  for (const button of all("[data-speed]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === SPEEDS[speed]));
  }
  sounding.say(SPEEDS[speed] === 1 ? "Normal speed" : `${SPEEDS[speed]} of the speed`);
}
export const slower = () => setSpeed(speed + 1);
for (const button of all("[data-speed]")) {
  button.addEventListener("click", () => setSpeed(SPEEDS.indexOf(Number(button.dataset.speed))));
}

// What would be heard, on the timeline

const band = draw("rect", { class: "stretch", y: "0", height: "100%" });
function drawStretch() {
  const m = here.current();
  if (!can || !m) return band.remove();
  const [start, end] = stretch(m);
  const percent = (time_s) => `${((time_s / data.duration) * 100).toFixed(3)}%`;
  band.setAttribute("x", percent(start));
  band.setAttribute("width", percent(end - start));
  band.setAttribute("class", `stretch f${m.letter}`);
  if (!band.isConnected) one(".wave")?.prepend(band);
  id("hear").title = `from ${clock(start)} to ${clock(end)}`;
}
onMove.moved.push((other) => {
  if (other) shift_s = more_s = 0;
});
on.changed.push(drawStretch);

function reflect() {
  const on_ = !silent();
  for (const button of all(".hear")) button.classList.toggle("is-playing", on_);
  if (!audio) return;
  write(id("hear-words"), on_ ? "Stop" : "Hear it");
  id("hear-too").setAttribute("aria-label", on_ ? "Stop" : "Hear it");
}
for (const player of [audio, again]) {
  for (const kind of ["play", "pause", "ended"]) player?.addEventListener(kind, reflect);
}
if (audio) {
  if (!can) for (const name of ["hear", "earlier", "later", "longer", "hear-too"]) id(name).hidden = true;
  // On a phone the page must not run away from the card.
  sounding.followWhen(() => wide.matches || id("side").getBoundingClientRect().bottom < innerHeight / 2);
}
export { seek };
