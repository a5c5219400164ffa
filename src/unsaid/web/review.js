// The review page: its buttons and its keys, the letters of the review in the terminal. Goes on from player.js.
import { aloud, saying } from "./aloud.js";
import { answered, close, dismiss, drop, keep, keepText, question, ask, reopen, type, undo } from "./card.js";
import { desk } from "./desk.js";
import { ended, finish, inDrill, show } from "./end.js";
import { begin, here, wide } from "./here.js";
import * as hear from "./hear.js";
import { overall } from "./overall.js";
import * as own from "./own.js";
import * as survey from "./survey.js";
import { id, line } from "./words.js";

const { root, one, lines, recall, remember, bring } = sounding;

const buttons = {
  keep,
  dismiss,
  reopen,
  drop,
  finish,
  undo,
  mark: own.mark,
  family: () => ask("families", id("family")),
  "keep-text": keepText,
  say: aloud,
  "then-now": () => hear.thenAndNow(),
  hear: hear.playOrStop,
  "hear-too": hear.playOrStop,
  earlier: () => hear.move(-1),
  later: () => hear.move(1),
  longer: hear.longer,
  slower: hear.slower,
  back: () => here.step(-1),
  next: () => here.step(1),
  print: () => print(),
  reload: () => location.reload(),
};
for (const [name, does] of Object.entries(buttons)) id(name)?.addEventListener("click", () => does());

document.addEventListener("click", (event) => {
  const to = event.target.closest?.("[data-moment]");
  const heard = event.target.closest?.("[data-hear]");
  if (to) {
    event.preventDefault();
    here.go(to.dataset.moment);
    if (id("list").contains(to)) survey.reach(to.dataset.moment);
    if (to.closest("#timeline") && hear.can) sounding.seek(hear.stretch(here.current())[0]);
  } else if (heard) {
    hear.thenAndNow(desk.state.moments.find((m) => m.id === heard.dataset.hear));
  } else if (event.target.closest?.("#end-back")) {
    event.preventDefault();
    location.hash = "";
  } else if (event.target.closest?.("#card-badge")) {
    event.preventDefault();
    const at = here.current() ? line(here.current()) : -1;
    if (!lines[at]) return;
    bring(lines[at]);
    own.reachLine(at);
  }
});

// Keys

const letters = id("letters");
letters.checked = recall("localStorage", "unsaid-letters") !== "off";
letters.addEventListener("change", () => remember("localStorage", "unsaid-letters", letters.checked ? null : "off"));

const keys = {
  k: keep,
  d: dismiss,
  w: type,
  t: type,
  v: aloud,
  f: buttons.family,
  m: own.mark,
  o: reopen,
  x: drop,
  u: undo,
  n: buttons.next,
  b: buttons.back,
  e: finish,
  h: buttons["then-now"],
  p: hear.playOn,
  ",": buttons.earlier,
  ".": buttons.later,
  l: hear.longer,
  s: hear.slower,
};
const HELD = new Set(["n", "b", ",", "."]); // these go on while they are held down
const atEnd = { b: () => (location.hash = ""), Escape: () => (location.hash = ""), u: undo };

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || !sounding.forPage(event)) return;
  const { key } = event;
  if (key.length === 1 && key !== " " && !letters.checked) return;
  let handled = true;
  if (saying(key)) {
    // that was it
  } else if (question() && key === "Escape") {
    getSelection()?.removeAllRanges();
    close(true);
  } else if (question() && (answered(key) || own.chose(key))) {
    // that was it
  } else if (ended()) {
    if (Object.hasOwn(atEnd, key)) atEnd[key]();
    else handled = key === "?" && sounding.key(event);
  } else if (Object.hasOwn(keys, key)) {
    if (!event.repeat || HELD.has(key)) keys[key]();
  } else if (key === " ") {
    handled = !sounding.spacePresses(event);
    if (handled && !event.repeat) hear.playOrStop();
  } else handled = sounding.key(event);
  if (handled) event.preventDefault();
});

// What sticks below the deck needs its height. Not by a custom property: every word would be styled anew.

const deck = one(".deck");
const side = id("side");
function measure() {
  const height = deck.offsetHeight;
  root.style.scrollPaddingTop = `${height + 8}px`;
  side.style.top = `${height + 19}px`;
  side.style.maxHeight = wide.matches ? `calc(100vh - ${height + 29}px)` : "";
}
new ResizeObserver(measure).observe(deck);
function fold() {
  id("moments").open = wide.matches;
  one("#moments > summary").tabIndex = wide.matches ? -1 : 0;
  measure();
}
wide.addEventListener("change", fold);
fold();

begin();
show();
inDrill();
desk.send();
desk.look();
requestAnimationFrame(() =>
  requestAnimationFrame(() => {
    performance.mark("unsaid-ready");
    overall();
  }),
);
