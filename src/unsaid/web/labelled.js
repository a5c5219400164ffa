// The signal form of a drill: the prompt, a line under each of the seven signals, and both compared.
import { course } from "./course.js";
import { keeping } from "./typed.js";
import { ask, follow, saved, trouble } from "./wire.js";
import { count, id, make, tell, write } from "./words.js";

const { one, all, data, say } = sounding;
const REST_MS = 400; // after the last letter
const LONGEST = 500; // characters of a line

let base = data.form;
let places = []; // {id, box, filled}
const kept = keeping("/label", {
  store: `unsaid-${base.run}-labels`,
  deed: (signal, text) => ({ signal, text }),
  taken: take,
  lost: draw,
});
const capital = (text) => text[0].toUpperCase() + text.slice(1);
const text = (field) => kept.value(field.id) ?? field.text ?? "";
function take(answer) {
  base = answer;
  draw();
}

// The parts

function drawSteps() {
  const parts = course.state?.parts ?? [];
  const at = parts.findIndex((part) => part.id === base.part);
  const now = parts.map((part, n) => `${part.id} ${n - at}`).join();
  if (id("steps").dataset.now === now) return;
  id("steps").dataset.now = now;
  id("steps").replaceChildren(
    ...parts.map((part, n) => {
      const step = make("li", n < at ? "is-done" : n === at ? "is-now" : "", `${n + 1} ${part.title}`);
      if (n === at) step.setAttribute("aria-current", "step");
      if (n < at) step.append(make("span", "unseen", ", done"));
      return step;
    }),
  );
  write(id("form-todo"), parts.find((part) => part.id === "label")?.todo ?? "");
}
function draw() {
  const part = base.part;
  id("halves").hidden = part === "compare";
  id("form").hidden = part !== "label";
  id("halves").classList.toggle("is-alone", part === "prompt");
  id("prompt-tools").hidden = part !== "prompt";
  id("compared").hidden = part !== "compare";
  one(".progress").classList.toggle("is-idle", part !== "label");
  drawSteps();
  drawPrompt();
  drawFields();
  if (base.compared) drawCompared();
}
function drawPrompt() {
  const { title, about, text, facts, drawn } = base.prompt;
  write(id("prompt-title"), title);
  write(id("prompt-about"), about);
  const paragraphs = text.filter((line) => line.trim());
  fill(id("prompt-text"), "p", paragraphs);
  fill(id("prompt-facts"), "li", facts);
  id("prompt-given").hidden = !facts.length;
  id("draw").hidden = !drawn;
}
function fill(list, tag, texts) {
  const was = Array.from(list.children, (each) => each.textContent);
  if (was.join("\n") === texts.join("\n")) return;
  list.replaceChildren(
    ...texts.map((each) => {
      const made = make(tag, "", each);
      made.dir = "auto";
      return made;
    }),
  );
}

// The form

function build() {
  places = base.fields.map((field, n) => {
    const box = make("textarea", "line-box");
    Object.assign(box, { id: field.id, rows: 1, maxLength: LONGEST, autocomplete: "off", spellcheck: true, dir: "auto" });
    const label = make("label", "", make("span", "order", String(n + 1)), " ", capital(field.title));
    label.htmlFor = field.id;
    const hint = make("p", "soft", `Visible when the answer ${field.visible}.`);
    hint.id = `${field.id}-hint`;
    box.setAttribute("aria-describedby", hint.id);
    const place = { id: field.id, box, filled: "" };
    box.addEventListener("input", () => typed(place, REST_MS));
    box.addEventListener("blur", () => typed(place, 0));
    box.addEventListener("keydown", (event) => pressed(event, n));
    id("fields").append(make("li", "field", label, hint, box));
    return place;
  });
}
function drawFields() {
  let written = 0;
  base.fields.forEach((field, n) => {
    const { box } = places[n];
    const now = text(field);
    // What is being typed is not touched; what another window wrote comes in where nothing is.
    if (document.activeElement !== box || box.value === places[n].filled) {
      if (box.value.trim() !== now.trim()) box.value = now;
      places[n].filled = box.value;
    }
    written += Boolean(now.trim());
    box.closest("li").classList.toggle("is-written", Boolean(now.trim()));
  });
  write(id("progress"), `${written} of ${base.fields.length} written`);
  id("bar").max = base.fields.length;
  id("bar").value = written;
  const empty = base.fields.length - written;
  write(id("form-left"), empty ? `${count(empty, "signal")} left blank: this prompt should not test ${empty === 1 ? "it" : "them"}?` : "");
}
function typed(place, rest_ms) {
  const now = place.box.value.trim();
  const field = base.fields.find((each) => each.id === place.id);
  if (now === text(field).trim()) return rest_ms ? undefined : kept.send();
  kept.put(place.id, place.box.value, rest_ms);
  drawFields();
}
function reach(n) {
  const box = places[n]?.box;
  if (!box) return id("compare").focus();
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
}
function pressed(event, n) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && !event.shiftKey) reach(n + 1);
  else if (event.key === "Escape") places[n].box.blur();
  else return;
  event.preventDefault();
}

// Comparing

function drawCompared() {
  const { words, heard, answer, rows, next } = base.compared;
  write(id("compared-title"), words);
  const about = heard ? `Heard: what the audit of ${answer} found.` : "No answer to this prompt is here yet: nothing could be heard.";
  write(id("compared-about"), about);
  const now = JSON.stringify(rows);
  if (id("compared-rows").dataset.now === now) return;
  id("compared-rows").dataset.now = now;
  id("compared-rows").replaceChildren(...rows.map((row) => compared(row, heard)));
  fill(id("compared-next"), "li", next);
}
function compared(row, heard) {
  const mine = make("p", row.line ? "mine" : "mine soft", row.line || "left blank");
  mine.dir = "auto";
  const made = make(
    "li",
    row.agrees ? "pairing agrees" : "pairing differs",
    make("h3", "", capital(row.title)),
    make("div", "cell", make("p", "label", "Your line"), mine),
    make("div", "cell", make("p", "label", "Asked for by"), make("p", "", `${row.agrees ? "✓" : "✕"} ${row.by}`)),
  );
  if (!heard) return made;
  const cell = make("div", "cell heard", make("p", "label", "Heard"), make("p", `level level-${row.level.replaceAll(" ", "-")}`, row.level));
  const list = make("ul", "sentences");
  for (const [place, sentence, what] of row.sentences) {
    const words = make("q", "", sentence);
    words.dir = "auto";
    list.append(make("li", "", make("span", "when", place), " ", words, make("span", "soft", ` ${what}`)));
  }
  if (row.sentences.length) cell.append(list);
  made.append(cell);
  return made;
}

// Going on

let busy = false;
async function on(does) {
  if (busy) return;
  busy = true;
  try {
    await does();
  } catch (error) {
    if (error.message === "not everything is saved yet") tell("Not everything is saved yet.");
    else trouble(error);
  } finally {
    busy = false;
  }
}
const refresh = async () => take(await ask("GET", "/form"));
const takeIt = () =>
  on(async () => {
    await course.go("label");
    await refresh();
    reach(firstOpen());
  });
const firstOpen = () => Math.max(0, base.fields.findIndex((field) => !text(field).trim()));
const drawAnother = () =>
  on(async () => {
    const answer = await ask("POST", "/draw", {});
    take(answer);
    if (!answer.drawn) return tell("There is no other prompt that fits.");
    say(`Another prompt: ${base.prompt.title}`);
  });
const compare = () =>
  on(async () => {
    for (const place of places) typed(place, 0);
    await kept.idle();
    await course.go("compare");
    await refresh();
    scrollTo(0, 0);
    id("compared-title").focus();
  });
const finish = () => on(() => course.end());

id("take").addEventListener("click", takeIt);
id("draw").addEventListener("click", drawAnother);
id("compare").addEventListener("click", compare);
id("end-drill").addEventListener("click", finish);

const keys = {
  prompt: { Enter: takeIt, n: () => base.prompt.drawn && drawAnother() },
  label: { g: compare },
  compare: { e: finish },
};
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || !sounding.forPage(event) || one(".is-over")) return;
  const { key } = event;
  if (key === "Enter" && event.target.closest?.("button")) return;
  const does = Object.hasOwn(keys[base.part], key) ? keys[base.part][key] : null;
  let handled = true;
  if (does) does();
  else if (base.part === "label" && /^[1-7]$/.test(key)) reach(Number(key) - 1);
  else handled = key === "?" && sounding.key(event);
  if (handled) event.preventDefault();
});

saved(kept.busy() ? "saving…" : "saved as you go");
build();
course.changed((now) => {
  drawSteps();
  if (now.part !== base.part) refresh().catch(trouble);
});
course.begin(data.course);
draw();
kept.send();
follow(() => "/form", take, { revision: () => base.revision, busy: () => kept.busy() || busy })();
if (base.part === "label") reach(firstOpen());
requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("unsaid-ready")));
