// The self-score: six dimensions, what was measured beside each, the person's number and a word of why. The same on
// a page of its own and at the end of the review.
import { keeping } from "./typed.js";
import { ask, follow, trouble } from "./wire.js";
import { id, make, write } from "./words.js";

const { one, all, data, say, remember, recall } = sounding;
const REST_MS = 500; // after the last letter of a why
const LONGEST = 300; // characters of a why
const NUMBERS = [1, 2, 3, 4, 5];

const section = id("score");
let base = data.score ?? null; // what the server says
let places = []; // one for each dimension: {id, field, radios, why, measured, earlier, anchors, filled}
let kept = null;
const changed = []; // called after every change

const session = () => data.score?.session ?? data.state.session;
const capital = (text) => text[0].toUpperCase() + text.slice(1);
/** A dimension as it is shown: what is under way to the server, else what the server says. */
function now(row) {
  const number = kept.value(`${row.id} number`) ?? row.number;
  const why = kept.value(`${row.id} why`) ?? row.why;
  return { ...row, number, why };
}
const rows = () => base.rows.map(now);
export const given = () => rows().filter((row) => row.number !== null).length;
export const onScore = (does) => changed.push(does);

// Drawing: once, then kept up to date, so that no keyboard loses its place

function build() {
  const list = make("ol", "dimensions");
  places = base.rows.map((row, place) => {
    const field = make("fieldset", "dimension");
    field.dataset.dimension = row.id;
    const name = `${place + 1} ${row.name}`;
    const head = make("legend", "", make("span", "order", `${place + 1}`), " ", capital(row.name));
    const numbers = make("div", "numbers");
    const radios = NUMBERS.map((number) => {
      const radio = make("input");
      Object.assign(radio, { type: "radio", name: `number-${row.id}`, value: String(number), id: `${row.id}-${number}` });
      const words = row.anchors.find(([at]) => at === number)?.[1] ?? `between ${number - 1} and ${number + 1}`;
      radio.setAttribute("aria-label", `${number}: ${words}`);
      const label = make("label", "number", radio, make("span", "", String(number)));
      numbers.append(label);
      radio.addEventListener("change", () => give(row.id, number));
      return radio;
    });
    const anchors = make("ul", "anchors");
    for (const [number, words] of row.anchors) {
      const line = make("li", "", make("b", "", String(number)), make("span", "", words));
      line.dataset.number = number;
      anchors.append(line);
    }
    anchors.setAttribute("aria-hidden", "true"); // the numbers say them
    const why = make("input", "why");
    Object.assign(why, { type: "text", id: `${row.id}-why`, maxLength: LONGEST, autocomplete: "off", dir: "auto" });
    why.placeholder = "a word of why";
    why.setAttribute("aria-label", `${capital(row.name)}: a word of why`);
    const measured = make("ul", "measured-lines");
    const earlier = make("p", "earlier soft");
    const beside = make("div", "beside", make("p", "label", "Measured"), measured, earlier);
    const yours = make("div", "yours", numbers, anchors, why, make("p", "why-note soft"));
    field.append(head, make("div", "dimension-body", beside, yours));
    list.append(make("li", "", field));
    return { id: row.id, name, field, radios, why, measured, earlier, anchors, filled: "" };
  });
  const result = make("div", "gate", make("p", "gate-words"), make("p", "gate-more soft"));
  result.id = "gate";
  result.setAttribute("role", "status");
  section.append(list, result, make("ul", "train soft"));
}
function lines(list, texts) {
  const was = Array.from(list.children, (each) => each.textContent);
  if (was.join("\n") !== texts.join("\n")) list.replaceChildren(...texts.map((text) => make("li", "", text)));
}
function draw() {
  rows().forEach((row, n) => {
    const place = places[n];
    lines(place.measured, row.measured.length ? row.measured : ["nothing that could be counted"]);
    const before = row.earlier.map(([day, number]) => `${day}: ${number}`).join(" · ");
    write(place.earlier, before ? `Earlier (${base.kind || "no kind"}): ${before}` : "");
    place.radios.forEach((radio) => (radio.checked = Number(radio.value) === row.number));
    for (const line of place.anchors.children) line.classList.toggle("is-given", Number(line.dataset.number) === row.number);
    place.field.classList.toggle("is-given", row.number !== null);
    // What is being typed is not touched; what another window wrote comes in where nothing is.
    if (place.why.value === place.filled || document.activeElement !== place.why) {
      const draft = row.number === null ? (recall("sessionStorage", draftOf(row.id)) ?? row.why) : row.why;
      if (place.why.value.trim() !== draft) place.why.value = draft;
      place.filled = place.why.value;
    }
    write(one(".why-note", place.field), place.why.value.trim() && row.number === null ? "Kept once there is a number." : "");
  });
  drawGate();
  for (const does of changed) does(base);
}
function drawGate() {
  const gate = id("gate");
  // Between a number and its answer the gate is not told: it is the server's word.
  write(one(".gate-words", gate), capital(base.gate));
  gate.classList.toggle("is-ready", base.ready);
  const far = base.average === null ? `${given()} of ${base.rows.length} given` : `average ${base.average.toFixed(1)}`;
  write(one(".gate-more", gate), `${far} · ready for real interviews: average 4 or more, nothing below 3`);
  const train = one(".train", section);
  lines(train, base.train.map((line) => `Train next: ${line}`));
}

// Giving

const draftOf = (name) => `unsaid-${session()}-why-${name}`;
function give(name, number) {
  const row = base.rows.find((each) => each.id === name);
  kept.put(`${name} number`, number);
  const draft = recall("sessionStorage", draftOf(name));
  if (row.number === null && draft) kept.put(`${name} why`, draft);
  remember("sessionStorage", draftOf(name), null);
  draw();
}
function typed(place, rest_ms) {
  const row = rows().find((each) => each.id === place.id);
  const why = place.why.value.trim();
  if (why === row.why) return;
  if (row.number === null) remember("sessionStorage", draftOf(place.id), why || null);
  else kept.put(`${place.id} why`, why, rest_ms);
  write(one(".why-note", place.field), why && row.number === null ? "Kept once there is a number." : "");
}

// Keys

const letters = () => id("letters")?.checked ?? true; // the review's switch is for figures too
const focusOn = (place) => {
  (place.radios.find((radio) => radio.checked) ?? place.radios[0]).focus({ preventScroll: true });
  place.field.scrollIntoView({ block: "nearest" });
};
const here = () => places.find((place) => place.field.contains(document.activeElement));
/** To the next dimension, or the one before; false where there is none. */
export function step(by) {
  const at = places.indexOf(here());
  const to = at < 0 ? (by > 0 ? firstOpen() : null) : places[at + by];
  if (to) focusOn(to);
  return Boolean(to);
}
const firstOpen = () => places[rows().findIndex((row) => row.number === null)] ?? places[0];
/** A figure from 1 to 5: the number of the dimension that is on, else of the first without one. */
export function figure(key) {
  const number = Number(key);
  if (!NUMBERS.includes(number) || !places.length) return false;
  const place = here() ?? firstOpen();
  give(place.id, number);
  focusOn(place);
  say(`${place.name}: ${number}`);
  return true;
}
function pressed(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const place = here();
  if (!place) return;
  if (event.key === "Enter") {
    if (document.activeElement === place.why) {
      typed(place, 0);
      if (!step(1)) id("gate").scrollIntoView({ block: "nearest" });
    } else place.why.focus();
  } else if (event.key === "Escape" && document.activeElement === place.why) focusOn(place);
  else if (document.activeElement === place.why || !letters() || !figure(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
}

// Beginning

let begun = null;
/** Show the score, and keep it up to date; once. `busy`: it is not looked at. */
export function begin({ busy = () => false } = {}) {
  begun ??= start(busy);
  return begun;
}
async function start(busy) {
  if (!base) {
    try {
      base = await ask("GET", "/score");
    } catch (error) {
      begun = null;
      return trouble(error);
    }
  }
  kept = keeping("/mark", {
    store: `unsaid-${session()}-score`,
    deed: (name, value) => {
      const [dimension, what] = name.split(" ");
      return { dimension, [what]: value };
    },
    taken: (answer) => {
      base = answer;
      draw();
    },
    lost: draw,
  });
  build();
  for (const place of places) {
    place.why.addEventListener("input", () => typed(place, REST_MS));
    place.why.addEventListener("blur", () => typed(place, 0));
  }
  section.addEventListener("keydown", pressed);
  draw();
  kept.send();
  follow(
    () => "/score",
    (answer) => {
      base = answer;
      draw();
    },
    { revision: () => base.revision, busy: () => kept.busy() || busy() },
  )();
}
/** Until all is kept. Raises where the server is away. */
export async function settled() {
  for (const place of places) typed(place, 0);
  await kept.idle();
}
