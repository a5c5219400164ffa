// Asking the server, and telling whether what was done is kept: one place for all that a page keeps.
import { id, write } from "./words.js";

const { root, data } = sounding;
const GIVE_UP_MS = 20_000;
const AGAIN_MS = [500, 1000, 2000, 4000];

/** What others hang in. */
export const wire = {
  waiting: [], // () => whether something is on its way that the server does not have yet
  unsaved: [], // () => whether something lies in a box that is not kept
  retry: [], // (): ask again now
  well: [], // (): the server answers again
  over: false, // the page is done, and the server with it: nothing more is asked
};
const some = (of) => of.some((each) => each());

export class Refused extends Error {
  constructor(status, answer) {
    super(answer?.error ?? "unsaid answers strangely");
    this.status = status;
    this.hint = answer?.hint ?? "";
    // What was asked for is wrong, or no more: to ask again would not help.
    this.final = status === 400 || status === 404;
  }
}
/** What the server answers; null where it says that nothing changed. Raises Refused, or what fetch raises. */
export async function ask(method, path, body, { headers = {}, signal, limit_ms = GIVE_UP_MS, keepalive = false } = {}) {
  const limit = AbortSignal.timeout(limit_ms);
  const plain = body instanceof Blob;
  const kind = plain ? body.type || "application/octet-stream" : "application/json";
  const answer = await fetch(path, {
    method,
    body: body === undefined || plain ? body : JSON.stringify(body),
    headers: body === undefined ? headers : { "Content-Type": kind, ...headers },
    cache: "no-store",
    keepalive,
    signal: signal && AbortSignal.any ? AbortSignal.any([signal, limit]) : (signal ?? limit),
  });
  if (answer.status === 304) return null;
  const said = await answer.json().catch(() => null);
  if (!answer.ok || said === null) throw new Refused(answer.status, said);
  return said;
}

// The wait before the next try; `poke` ends it

const waits = new Set();
export function pause(tries) {
  return new Promise((goOn) => {
    const done = () => {
      clearTimeout(wait);
      waits.delete(done);
      goOn();
    };
    const wait = setTimeout(done, AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]);
    waits.add(done);
  });
}

// Whether it is saved

let troubled = false;
let savedAt = "";
export const inTrouble = () => troubled;
export function saved(words) {
  if (!words) {
    const now = new Date();
    savedAt = `saved ${now.getHours()}:${String(now.getMinutes()).padStart(2, "0")}`;
  }
  write(id("saved"), words ?? savedAt);
}
export function well() {
  if (!troubled) return;
  troubled = false;
  id("trouble").hidden = true;
  root.classList.remove("is-troubled");
  saved(some(wire.waiting) ? "saving…" : savedAt || "saved as you go");
  for (const does of wire.well) does();
}
export function trouble(error) {
  if (wire.over) return;
  troubled = true;
  root.classList.add("is-troubled");
  let what = error.message;
  let hint = error.hint;
  if (!(error instanceof Refused)) {
    what = "unsaid does not answer; trying again.";
    hint =
      `Does it still run? Start it again with “${data.command} --port ${location.port}”, ` +
      "and open the link that it prints in this browser.";
  } else if (error.status === 403) {
    what = "this page belongs to an earlier run.";
    hint = "Open the link that unsaid printed in this browser, in another tab: this page then goes on.";
  }
  const open = some(wire.waiting) || some(wire.unsaved);
  write(id("trouble-what"), open ? `Not saved: ${what}` : what[0].toUpperCase() + what.slice(1));
  write(id("trouble-hint"), `${hint}${open ? " What you typed stays here." : ""}`);
  id("trouble").hidden = false;
  write(id("saved"), open ? "not saved" : "no answer");
}
id("try").addEventListener("click", () => {
  for (const done of [...waits]) done();
  for (const does of wire.retry) does();
});
addEventListener("beforeunload", (event) => !wire.over && some(wire.waiting) && event.preventDefault());

/** Ask for what `path` tells again and again, so that another window's work is seen; `take` gets what changed. */
export function follow(path, take, { every_ms = 2000, revision = () => "", busy = () => false } = {}) {
  let next = 0;
  async function look() {
    clearTimeout(next);
    if (wire.over) return;
    if (!document.hidden && !busy()) {
      try {
        const known = revision();
        const answer = await ask("GET", path(), undefined, known ? { headers: { "If-None-Match": `"${known}"` } } : {});
        if (!some(wire.waiting)) well();
        if (answer && !busy() && revision() === known) take(answer);
      } catch (error) {
        if (!busy()) trouble(error);
      }
    }
    clearTimeout(next);
    if (!wire.over) next = setTimeout(look, every_ms);
  }
  for (const kind of ["focus", "online", "pageshow"]) addEventListener(kind, look);
  document.addEventListener("visibilitychange", look);
  wire.retry.push(look);
  return look;
}

/** The page is done: nothing more is asked, and what it came to stands alone. */
export function over(...words) {
  wire.over = true;
  root.classList.remove("is-troubled");
  root.classList.add("is-over");
  id("trouble").hidden = true;
  for (const main of document.querySelectorAll("main")) main.hidden = main.id !== "over";
  id("over").replaceChildren(...words);
  id("over").hidden = false;
  id("over").focus();
  scrollTo(0, 0);
}
