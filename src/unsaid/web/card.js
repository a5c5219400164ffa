// The card: the moment that is looked at, its verdict, and the box in which it is said better.
import { desk, difference, draftOf, on, typing } from "./desk.js";
import { here, onMove } from "./here.js";
import { trouble } from "./wire.js";
import { badge, family, id, line, look, make, named, own, sentence, SIGNS, standing, tell, verdict, where, write } from "./words.js";

const { one, all, data, recall, remember } = sounding;
const CHECK_MS = 300;
const LONGEST = 2000; // characters that the server takes
const BLANK = /_{2,}/;

export const card = id("card");
const box = id("text");
let filled = ""; // what the box was filled with: it differs once something is typed

const original = (m) => m?.rewrite?.text ?? m?.frame ?? "";
const changed = () => here.at !== "" && box.value !== filled;
typing.unsaved = changed;

function notice(text) {
  write(id("card-notice"), text);
  id("card-notice").hidden = !text;
}

// What it shows

/** Put the moment's words into the box: what was typed and not kept, else what is kept, else the frame. */
function fill() {
  filled = original(here.current());
  box.value = recall("sessionStorage", draftOf(here.at)) ?? filled;
  checks += 1;
  showCheck("", [], false);
  if (changed()) check();
  else showKept();
}
function drawCard() {
  const m = here.current();
  card.hidden = !m;
  id("nothing").hidden = Boolean(m);
  if (!m) {
    const none = "No moment was flagged. The rules miss some: listen once yourself, and mark what was left unsaid.";
    write(id("nothing"), desk.state.moments.length ? "This moment is gone." : none);
    return;
  }
  card.className = `card-now f${m.letter} ${look(m)}`;
  badge(id("card-badge"), m);
  id("card-badge").setAttribute("aria-label", `${named(m)}: go to its sentence`);
  id("card-badge").setAttribute("href", line(m) < 0 ? "#transcript" : `#s${line(m) + 1}`);
  write(id("card-name"), own(m) ? "your own mark" : m.name);
  write(id("card-place"), `${desk.state.moments.indexOf(m) + 1} of ${desk.state.moments.length} · ${where(m)}`);
  const filed = !own(m) && m.letter !== m.code[0] ? "filed under " : "";
  const sure = m.standing === "shown" ? "" : `, ${m.standing.replace("-", " ")}`;
  write(id("card-family"), `${filed}${family(m.letter)}${sure}`);
  const says = m.rewrite && m.verdict !== "dismissed" ? `, ${standing(m)}` : "";
  write(id("card-verdict"), `${SIGNS[look(m)]} ${own(m) ? "marked" : verdict(m)}${says}`);
  id("card-sentence").replaceChildren(...sentence(m));
  id("card-missing").replaceChildren(
    ...(own(m) ? ["You marked this sentence: say what it left unsaid."] : [make("span", "label", "Missing"), " ", m.message]),
  );
  write(id("card-evidence"), m.evidence.join(" · "));
  id("card-why").hidden = m.evidence.length === 0;
  id("keep").hidden = own(m);
  id("keep").setAttribute("aria-pressed", String(m.verdict === "kept"));
  write(id("dismiss-words"), own(m) ? "Take the mark away" : "Dismiss");
  id("dismiss").setAttribute("aria-pressed", String(m.verdict === "dismissed"));
  id("reopen").hidden = own(m) || m.verdict === "open";
  for (const choice of all("#families [data-letter]")) {
    choice.setAttribute("aria-pressed", String(choice.dataset.letter === m.letter));
  }
  // What is said anew elsewhere comes in where nothing is being typed here; what is typed stays.
  const now = original(m);
  if (now !== filled) {
    if (!changed() || box.value === now) box.value = now;
    filled = now;
  }
  if (!changed()) showKept();
  id("then-now").hidden = !m.rewrite?.said;
  drawEnter();
}
function drawEnter() {
  const m = here.current();
  const blank = BLANK.test(box.value);
  const key = blank ? "enter: next blank" : "enter keeps it";
  write(id("enter-words"), changed() ? `not kept yet · ${key}` : m?.rewrite ? "kept" : blank ? key : "");
  id("keep-text").disabled = !box.value.trim() || (Boolean(m?.rewrite) && !changed());
  id("drop").disabled = !m?.rewrite && !changed();
}
on.changed.push(drawCard);
onMove.moved.push((other) => {
  if (!other) return;
  notice("");
  close();
  fill();
});
on.elsewhere.push((before, now) => {
  const find = (state) => state.moments.find((m) => m.id === here.at);
  if (find(before) && !find(now)) return tell("Another window took this moment away.");
  const told = difference(find(before), find(now));
  if (told) notice(told);
});
on.done.push((deed, answer) => {
  if (deed.moment !== here.at || deed.do !== "rewrite" || !deed.text) return;
  const passes = answer.missing.length === 0;
  sounding.say(passes ? "Kept. It passes." : `Kept; it does not pass yet. ${answer.missing.join(" ")}`);
});
on.lost.push((deed) => {
  // What was typed goes back where it was typed.
  if (deed.do !== "rewrite" || !deed.text) return;
  remember("sessionStorage", draftOf(deed.moment), deed.text);
  if (deed.moment === here.at && !changed()) {
    box.value = deed.text;
    filled = "";
  }
});
on.well.push(() => changed() && check());

// The check while typing

let checks = 0;
let checkAt = 0;
let under = null; // the check under way
async function check() {
  const m = here.current();
  clearTimeout(checkAt);
  under?.abort();
  if (!m) return;
  const text = box.value;
  if (!text.trim() || !changed()) return showKept();
  if (text.length > LONGEST) {
    return showCheck("missing", [`${text.length.toLocaleString()} characters are too many: ${LONGEST} at most.`]);
  }
  const mine = ++checks;
  under = new AbortController();
  try {
    const answer = await desk.ask("POST", "/check", { moment: m.id, text }, { signal: under.signal });
    if (mine === checks) showCheck(answer.missing.length ? "missing" : "passes", answer.missing);
  } catch (error) {
    if (mine !== checks || error.name === "AbortError") return;
    if (error.final) return showCheck("missing", [`${error.message}. ${error.hint ?? ""}`]);
    showCheck("", []);
    trouble(error);
  }
}
/** What the check said of the words that are kept. */
function showKept() {
  const now = here.current()?.rewrite;
  if (!now || box.value.trim() === "") showCheck("", [], false);
  else if (!now.waits) showCheck(now.passed ? "passes" : "missing", now.missing, false);
}
function showCheck(kind, missing, aloud = true) {
  const shown = id("check");
  shown.setAttribute("aria-live", aloud ? "polite" : "off");
  shown.classList.remove("is-old");
  shown.classList.toggle("does-pass", kind === "passes");
  shown.classList.toggle("does-not", kind === "missing");
  write(id("check-words"), { passes: "✓ It passes", missing: "Still missing" }[kind] ?? "");
  const list = id("check-lines");
  const was = Array.from(list.children, (li) => li.textContent);
  if (was.join("\n") !== missing.join("\n")) list.replaceChildren(...missing.map((each) => make("li", "", each)));
}

// The box

/** Choose the next blank after the caret; false where none is left. */
function nextBlank(from = box.selectionEnd) {
  const blanks = [...box.value.matchAll(/_{2,}/g)];
  const next = blanks.find((blank) => blank.index >= from) ?? blanks[0];
  if (!next) return false;
  box.setSelectionRange(next.index, next.index + next[0].length);
  return true;
}
export function type() {
  box.focus();
  if (!nextBlank(0)) box.setSelectionRange(box.value.length, box.value.length);
}
export function keepText() {
  const m = here.current();
  const text = box.value.trim();
  if (!m) return;
  if (!text) return tell("There is no sentence yet; x drops the one that is kept.");
  if (text === m.rewrite?.text) return tell("It is kept already.");
  if (text.length > LONGEST) return check();
  remember("sessionStorage", draftOf(m.id), null);
  clearTimeout(checkAt);
  checks += 1;
  filled = box.value;
  notice("");
  desk.act({ do: "rewrite", moment: m.id, text });
}
export function drop() {
  const m = here.current();
  if (!m || id("drop").disabled) return;
  remember("sessionStorage", draftOf(m.id), null);
  clearTimeout(checkAt);
  checks += 1;
  box.value = filled = m.frame;
  showCheck("", [], false);
  if (m.rewrite) {
    desk.act({ do: "rewrite", moment: m.id, text: "" });
    tell("The rewrite was dropped; u brings it back.");
  } else {
    drawCard();
    tell("What was typed was dropped.");
  }
}
box.addEventListener("input", () => {
  remember("sessionStorage", draftOf(here.at), changed() ? box.value : null);
  drawEnter();
  checks += 1;
  clearTimeout(checkAt);
  checkAt = setTimeout(check, CHECK_MS);
  id("check").classList.add("is-old");
});
box.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey || !nextBlank()) keepText();
  } else if (event.key === "Escape") {
    event.preventDefault();
    card.focus({ preventScroll: true });
  }
});

// Verdicts

export function keep() {
  const m = here.current();
  if (!m || own(m)) return;
  desk.act({ do: "keep", moment: m.id });
  tell("Kept");
  here.step(1);
}
export function dismiss() {
  const m = here.current();
  if (!m) return;
  if (!own(m)) return ask("reasons", id("dismiss"));
  desk.act({ do: "dismiss", moment: m.id, reason: "" });
  tell("Your mark was taken away; u brings it back.");
  const next = here.neighbour();
  if (next) here.go(next.id, { quietly: true });
}
export function dismissed(reason) {
  const m = here.current();
  close(true);
  if (!m) return;
  desk.act({ do: "dismiss", moment: m.id, reason });
  tell(reason ? `Dismissed: ${reason}` : "Dismissed");
  here.step(1);
}
export function reopen() {
  const m = here.current();
  if (!m || id("reopen").hidden) return;
  desk.act({ do: "reopen", moment: m.id });
  tell("Open again");
}
export function file(letter) {
  const m = here.current();
  close(true);
  if (!m) return;
  desk.act({ do: "family", moment: m.id, letter });
  tell(`Filed under ${family(letter)}`);
}
export function undo() {
  if (desk.state.canUndo) desk.act({ do: "undo" });
  else tell("Nothing to undo");
}
on.done.push((deed, answer) => {
  if (deed.do !== "undo") return;
  if (!answer.undone) return tell("Nothing to undo");
  const [what, of] = answer.undone.split(" ");
  here.go(what === "mark" ? `own-${of}` : of, { quietly: true });
  const words = { keep: "the verdict", dismiss: "the dismissal", reopen: "the reopening" };
  tell(`Undone: ${words[what] ?? `the ${what}`}`);
});

// A question about the moment; one at a time is open, and `own.js` asks one as well

let open = null; // {shown, button, before, closed}
export const question = () => open?.shown.id ?? "";
/** Open a question. `button` is what opens it, `closed` is called when it is closed. */
export function ask(name, button, { focus = true, closed } = {}) {
  if (question() === name) return close(true);
  close();
  const before = document.activeElement === document.body ? card : document.activeElement;
  open = { shown: id(name), button, before, closed };
  open.shown.hidden = false;
  button?.setAttribute("aria-expanded", "true");
  if (!focus) return;
  one("button", open.shown).focus({ preventScroll: true });
  if (card.contains(open.shown)) open.shown.scrollIntoView({ block: "nearest" });
}
/** Close the question that is open; `back`: the keyboard goes on from where it came. */
export function close(back = false) {
  if (!open) return;
  const { shown, button, before, closed } = open;
  const inside = shown.contains(document.activeElement);
  open = null;
  shown.hidden = true;
  button?.setAttribute("aria-expanded", "false");
  closed?.();
  if (!back || !inside) return;
  const to = before.isConnected && !before.disabled && before.offsetParent ? before : card;
  to.focus({ preventScroll: true });
}
for (const button of all("#reasons [data-reason]")) button.addEventListener("click", () => dismissed(button.dataset.reason));
for (const button of all("#families [data-letter]")) button.addEventListener("click", () => file(button.dataset.letter));

/** A key in answer to a question about the moment; true where it was one. */
export function answered(key) {
  if (question() === "reasons") {
    const reason = /^[1-9]$/.test(key) ? data.reasons[Number(key) - 1] : undefined;
    if (reason !== undefined) dismissed(reason);
    else if (key === "d") close(true);
    else return false;
  } else if (question() === "families" && ["d", "a", "u"].includes(key.toLowerCase())) file(key.toUpperCase());
  else return false;
  return true;
}
