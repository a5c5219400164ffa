// Own marks: drag over some words of a sentence, or choose one by keyboard; a small question asks its family.
// And the sentences by keyboard: one of their times can be reached by Tab, the arrows go on from there.
import { ask, close, question } from "./card.js";
import { desk, spoken } from "./desk.js";
import { here } from "./here.js";
import { family, id, line, short, tell } from "./words.js";

const { one, all, data, transcript, lines } = sounding;
const popover = id("popover");
let chosen = -1; // the sentence's place among `lines`
let byWords = false; // whether words were chosen, not a sentence

function offer(to, near, focus) {
  if (question() !== "popover") ask("popover", null, { focus: false, closed: () => lines[chosen]?.classList.remove("is-chosen") });
  lines[chosen]?.classList.remove("is-chosen");
  chosen = to;
  byWords = !focus;
  lines[to].classList.add("is-chosen");
  const room = document.documentElement.clientWidth;
  const size = popover.getBoundingClientRect();
  const fits = near.bottom + size.height + 8 < innerHeight;
  popover.style.left = `${Math.max(8, Math.min(near.left, room - size.width - 8)) + scrollX}px`;
  popover.style.top = `${(fits ? near.bottom + 6 : near.top - size.height - 6) + scrollY}px`;
  if (focus) one("button", popover).focus({ preventScroll: true });
}
function offerLine(to) {
  const words = one("p", lines[to]);
  const top = one(".deck").getBoundingClientRect().bottom;
  const box = words.getBoundingClientRect();
  if (box.top < top + 40 || box.bottom > innerHeight - 120) lines[to].scrollIntoView({ block: "center" });
  offer(to, words.getBoundingClientRect(), true);
  sounding.say(`Mark: ${short(spoken(lines[to]), 200)}`);
}
/** Ask for the family of the sentence that is focused, else of the one of the moment. */
export function mark() {
  if (question() === "popover") return close(true);
  const focused = document.activeElement?.closest?.(".line");
  const m = here.current();
  const to = focused ? lines.indexOf(focused) : m ? line(m) : 0;
  if (lines.length) offerLine(Math.max(0, to));
}
function marked(letter) {
  const sentence = data.sentences[chosen];
  close(true);
  getSelection()?.removeAllRanges();
  desk.act({ do: "mark", sentence, letter });
  here.go(`own-${sentence}`, { quietly: true, scroll: false });
  tell(`Marked as ${family(letter)}`);
}
/** A key while the question is open; true where it was one. */
export function chose(key) {
  if (question() !== "popover") return false;
  const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[key];
  if (["d", "a", "u"].includes(key.toLowerCase())) marked(key.toUpperCase());
  else if (by && !byWords) {
    if (lines[chosen + by]) offerLine(chosen + by);
  } else return false;
  return true;
}
popover.addEventListener("mousedown", (event) => event.preventDefault()); // the words stay chosen
popover.addEventListener("click", (event) => {
  const letter = event.target.closest("[data-letter]")?.dataset.letter;
  if (letter) marked(letter);
});
id("popover-close").addEventListener("click", () => {
  getSelection()?.removeAllRanges();
  close(true);
});

// Words that are chosen, with the mouse or by touch

let pressing = false;
let soon = 0;
addEventListener("pointerdown", () => (pressing = true), true);
for (const kind of ["pointerup", "pointercancel"]) {
  addEventListener(
    kind,
    () => {
      pressing = false;
      selected();
    },
    true,
  );
}
document.addEventListener("selectionchange", () => pressing || selected());
function selected() {
  clearTimeout(soon);
  soon = setTimeout(() => {
    const selection = getSelection();
    const range = selection?.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0) : null;
    if (!range || !transcript.contains(range.commonAncestorContainer) || !String(range).trim()) {
      if (question() === "popover" && byWords && !popover.contains(document.activeElement)) close();
      return;
    }
    const start = range.startContainer;
    const within = (start.nodeType === Node.ELEMENT_NODE ? start : start.parentElement).closest(".line p");
    const to = within ? within.closest(".line") : lines.find((each) => range.intersectsNode(one("p", each)));
    if (to) offer(lines.indexOf(to), range.getClientRects()[0] ?? to.getBoundingClientRect(), false);
  }, 150);
}

// Sentences by keyboard

const times = all("button.at", transcript);
let reached = 0;
export function reach(to, focus) {
  if (!times[to]) return;
  times[reached].tabIndex = -1;
  reached = to;
  times[to].tabIndex = 0;
  if (focus) times[to].focus();
}
reach(0, false);
transcript.addEventListener("focusin", (event) => {
  const time = event.target.closest("button.at");
  if (time && time !== times[reached]) reach(times.indexOf(time), false);
});
transcript.addEventListener("keydown", (event) => {
  if (question() || !event.target.matches("button.at")) return;
  const to = { ArrowUp: reached - 1, ArrowDown: reached + 1, Home: 0, End: times.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  reach(to, true);
});
/** To the time of a sentence, by its place. */
export function reachLine(to) {
  const time = lines[to] && one("button.at", lines[to]);
  if (time) reach(times.indexOf(time), true);
}
