// Values that are kept as they are given, each under a name: of each name the last one counts. They lie in the
// window's storage until the server has them, over a reload and over a server that was away.
import { ask, inTrouble, pause, saved, trouble, well, wire } from "./wire.js";
import { tell } from "./words.js";

const { recall, remember } = sounding;

/**
 * `path` is where they go to; `deed` makes the request of a name and its value. `taken` gets the server's answer,
 * `lost` what it refused.
 */
export function keeping(path, { store, deed, taken, lost }) {
  const waiting = new Map(stored());
  let sending = false;
  let sendAt = 0;

  function stored() {
    try {
      const found = JSON.parse(recall("sessionStorage", store) ?? "[]");
      return Array.isArray(found) ? found : [];
    } catch {
      return [];
    }
  }
  const keep = () => remember("sessionStorage", store, waiting.size ? JSON.stringify([...waiting]) : null);

  /** Keep a value, after a rest of `rest_ms` in which no other comes. */
  function put(name, value, rest_ms = 0) {
    waiting.set(name, value);
    keep();
    if (!inTrouble()) saved("saving…");
    clearTimeout(sendAt);
    if (rest_ms) sendAt = setTimeout(send, rest_ms);
    else send();
  }
  async function send(how) {
    clearTimeout(sendAt);
    if (sending || !waiting.size || wire.over) return;
    sending = true;
    for (let tries = 0; waiting.size; ) {
      const [name, value] = waiting.entries().next().value;
      try {
        const answer = await ask("POST", path, deed(name, value), how);
        if (waiting.get(name) === value) waiting.delete(name);
        keep();
        tries = 0;
        well();
        taken(answer, name);
      } catch (error) {
        if (error.final) {
          if (waiting.get(name) === value) waiting.delete(name);
          keep();
          lost?.(name, value);
          tell(`Not kept: ${error.message}. ${error.hint ?? ""}`);
          continue;
        }
        trouble(error);
        await pause(tries++);
      }
    }
    sending = false;
    if (!inTrouble()) saved();
  }
  /** Until all is there. Raises where the server is away. */
  async function idle() {
    send();
    while (sending && !inTrouble()) await new Promise((goOn) => setTimeout(goOn, 30));
    if (waiting.size) throw new Error("not everything is saved yet");
  }
  wire.waiting.push(() => waiting.size > 0);
  const away = () => document.hidden && send({ keepalive: true });
  document.addEventListener("visibilitychange", away);
  addEventListener("pagehide", () => send({ keepalive: true }));
  return { put, send, idle, value: (name) => waiting.get(name), busy: () => sending || waiting.size > 0 };
}
