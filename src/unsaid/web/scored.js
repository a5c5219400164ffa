// The page of the self-score: its keys and its end.
import { begin, figure, given, onScore, settled, step } from "./score.js";
import { ask, over, saved, trouble } from "./wire.js";
import { id, make, tell, write } from "./words.js";

const { data, one } = sounding;

onScore((state) => {
  write(id("progress"), `${given()} of ${state.rows.length} given`);
  id("bar").max = state.rows.length;
  id("bar").value = given();
});

let ending = false;
async function finish() {
  if (ending) return;
  ending = true;
  try {
    await settled();
    const state = await ask("POST", "/done", {});
    const left = state.rows.length - state.given;
    const what = left
      ? `${state.given} of ${state.rows.length} are kept; the rest can be given whenever you like.`
      : "All six are kept.";
    const shown = data.command.replace(" --web", " --show");
    const numbers = make("ul", "final");
    for (const row of state.rows) {
      numbers.append(make("li", "", make("b", "", row.number === null ? "–" : String(row.number)), " ", row.name, row.why ? `: ${row.why}` : ""));
    }
    over(
      make("h2", "over-title", state.gate[0].toUpperCase() + state.gate.slice(1)),
      make("p", "lead", what),
      numbers,
      ...state.train.map((line) => make("p", "soft", `Train next: ${line}`)),
      make("p", "soft", left ? `This page may be closed. To go on: ${data.command}` : `This page may be closed. To see it again: ${shown}`),
    );
  } catch (error) {
    if (error.status === undefined && error.message === "not everything is saved yet") tell("Not everything is saved yet.");
    else trouble(error);
  } finally {
    ending = false;
  }
}
id("done").addEventListener("click", finish);

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (one("dialog[open]") || event.target.matches?.("input[type=text]") || one(".is-over")) return;
  let handled = true;
  if (event.key === "n") step(1);
  else if (event.key === "b") step(-1);
  else if (event.key === "e") finish();
  else handled = figure(event.key) || (event.key === "?" && sounding.key(event));
  if (handled) event.preventDefault();
});

saved("saved as you go");
await begin();
requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("unsaid-ready")));
