// The review's state. What the server says (`base`) and what is under way to it (`pending`) make what is shown
// (`desk.state`). Nothing that was decided or typed is let go before the server has it: it lies in the window's
// storage until then, over a reload and over a server that was away.
import { ask, follow, inTrouble, pause, saved, trouble, well, wire } from "./wire.js";
import { family, id, own, short, tell, verdict } from "./words.js";

const { one, all, data, audio, lines, recall, remember, seek } = sounding;
const SLOW_MS = 400; // from here on it is said that something is being saved

const session = data.state.session;
export const stored = (name) => `unsaid-${session}-${name}`;
export const draftOf = (moment) => stored(`draft-${moment}`);

/** What others hang in: `changed` after every change, the rest where they are named. */
export const on = {
  changed: [],
  done: [], // (deed, answer): the server has done it
  lost: [], // (deed): it will not be done
  elsewhere: [], // (before, now): another window did something
  well: [], // the server answers again
};
const announce = (what, ...told) => on[what].forEach((does) => does(...told));

/** Whether something lies in a box that is not kept; the card says it. */
export const typing = { unsaved: () => false };

// The window's name: undo belongs to one window, and lasts over a reload

let name = recall("sessionStorage", "unsaid-window");
function rename() {
  name = Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join("");
  remember("sessionStorage", "unsaid-window", name);
}
if (!name) rename();
if (window.BroadcastChannel) {
  // A tab that was copied has its original's name: it takes one of its own.
  const tabs = new BroadcastChannel("unsaid");
  const me = Math.random();
  tabs.onmessage = ({ data: said }) => {
    if (said.taken === undefined && said.name === name) tabs.postMessage({ taken: said.me });
    else if (said.taken === me) rename();
  };
  tabs.postMessage({ name, me });
}

// State

let base = data.state;
let pending = unsent();
export const desk = { state: folded(), act, ask, look: () => look(), send, sound, idle, take, get pending() { return pending.length; } };

function unsent() {
  try {
    const found = JSON.parse(recall("sessionStorage", stored("pending")) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}
function store() {
  remember("sessionStorage", stored("pending"), pending.length ? JSON.stringify(pending) : null);
}
function folded() {
  const moments = pending.reduce(after, base.moments);
  const canUndo = base.canUndo || pending.length > 0;
  return { ...base, moments, canUndo, settled: moments.filter((m) => m.settled).length };
}
/** What the moments will be once a deed is done. */
function after(moments, deed) {
  if (deed.do === "mark") return marked(moments, deed);
  return moments.flatMap((m) => {
    if (m.id !== deed.moment) return [m];
    if (deed.do === "dismiss" && own(m)) return [];
    const now = { ...m };
    if (deed.do === "keep" || deed.do === "family") {
      now.verdict = "kept";
      now.reason = "";
      now.letter = deed.letter || m.letter;
    } else if (deed.do === "dismiss") {
      now.verdict = "dismissed";
      now.reason = deed.reason;
    } else if (deed.do === "reopen" && !own(m)) {
      now.verdict = "open";
      now.reason = "";
      now.letter = m.code[0];
    } else if (deed.do === "rewrite") {
      now.rewrite = deed.text ? { text: deed.text, passed: false, missing: [], said: null, waits: true } : null;
      if (deed.text && m.verdict === "open") now.verdict = "kept";
    }
    now.settled = now.verdict === "dismissed" || Boolean(now.rewrite?.passed);
    return [now];
  });
}
function marked(moments, deed) {
  const made = `own-${deed.sentence}`;
  if (moments.some((m) => m.id === made)) {
    return moments.map((m) => (m.id === made ? { ...m, letter: deed.letter } : m));
  }
  const here = lines[data.sentences.indexOf(deed.sentence)];
  if (!here) return moments;
  const mark = {
    id: made,
    number: 0,
    code: "own",
    letter: deed.letter,
    name: "your own mark",
    quote: spoken(here),
    start: Number(here.dataset.start ?? 0),
    end: Number(here.dataset.end ?? 0),
    sentence: deed.sentence,
    sentenceText: spoken(here),
    verdict: "kept",
    reason: "",
    message: "",
    evidence: [],
    frame: "",
    standing: "shown",
    settled: false,
    rewrite: null,
  };
  const place = moments.findIndex((m) => m.sentence > deed.sentence);
  return place < 0 ? [...moments, mark] : moments.toSpliced(place, 0, mark);
}
/** The words of a sentence in the transcript, without what stands between them. */
export function spoken(of) {
  const copy = one("p", of).cloneNode(true);
  for (const other of all(".badge, .inner-gap", copy)) other.remove();
  return copy.textContent.replace(/\s+/g, " ").trim();
}
function refresh() {
  desk.state = folded();
  announce("changed");
}

// Sending: one after the other, again and again until it is there

let sending = false;

function act(deed) {
  pending.push(deed);
  store();
  refresh();
  send();
}
async function send() {
  if (sending || !pending.length) return;
  sending = true;
  const slow = setTimeout(() => saved("saving…"), SLOW_MS);
  for (let tries = 0; pending.length; ) {
    const deed = pending[0];
    try {
      const answer = await ask("POST", "/act", { ...deed, window: name });
      pending.shift();
      tries = 0;
      take(answer);
      well();
      announce("done", deed, answer);
    } catch (error) {
      // An undo that went astray may have been done: to do it twice would take too much back.
      if (error.final || deed.do === "undo") {
        pending.shift();
        store();
        announce("lost", deed);
        refresh();
        tell(`Not done: ${error.message}. ${error.hint ?? ""}`);
        if (!error.final) trouble(error);
        continue;
      }
      trouble(error);
      await pause(tries++);
    }
  }
  clearTimeout(slow);
  sending = false;
  if (!inTrouble()) saved();
}
/** Until everything is sent. Raises where the server is away. */
async function idle() {
  while (sending && !inTrouble()) await new Promise((goOn) => setTimeout(goOn, 50));
  if (pending.length) throw new Error("not everything is saved yet");
}
/** Send what was said aloud for a moment; what was heard comes back. Raises as `ask`. */
async function sound(moment, blob) {
  const asked = `/say?moment=${encodeURIComponent(moment)}&window=${name}`;
  const answer = await ask("POST", asked, blob, { limit_ms: 300_000 });
  take(answer);
  well();
  saved();
  return answer;
}
/** Take in what the server says. */
function take(answer, elsewhere = false) {
  const before = desk.state;
  base = answer;
  store();
  desk.state = folded();
  if (elsewhere) announce("elsewhere", before, desk.state);
  refresh();
  id("stale").hidden = answer.transcript === data.state.transcript;
}

// Whether it is saved, and another window's work

wire.waiting.push(() => pending.length > 0);
wire.unsaved.push(() => typing.unsaved());
wire.well.push(() => {
  if (audio?.error) {
    const time = audio.currentTime;
    audio.load();
    seek(time);
  }
  announce("well");
});
const look = follow(() => `/state?window=${name}`, (answer) => take(answer, true), {
  revision: () => base.revision,
  busy: () => sending,
});

/** What became of a moment in another window, in words; "" where nothing did. */
export function difference(was, now) {
  if (!was || !now) return "";
  const told = [];
  if (now.verdict !== was.verdict || now.reason !== was.reason) told.push(verdict(now));
  if (now.letter !== was.letter) told.push(`filed under ${family(now.letter)}`);
  if (now.rewrite?.text !== was.rewrite?.text) {
    const text = now.rewrite ? `said anew as “${short(now.rewrite.text, 160)}”` : "the rewrite was dropped";
    told.push(typing.unsaved() ? `${text}. Your own text is still in the box` : text);
  }
  return told.length ? `Changed in another window: ${told.join("; ")}.` : "";
}

saved(pending.length ? "saving…" : "saved as you go");
