// How things are said and drawn, the same at every place of the page. Text is only ever set as text.

const { data, clock } = sounding;

export const id = (name) => document.getElementById(name);

/** An element with classes, and text or more elements inside. */
export function make(tag, classes = "", ...inside) {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  made.append(...inside);
  return made;
}
/** The same in SVG, with attributes. */
export function draw(tag, attributes, ...inside) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
export const short = (text, most) => (text.length > most ? `${text.slice(0, most).trimEnd()} …` : text);
export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

// Moments

const SENTENCE = 240; // characters of a sentence; the transcript has them all
export const SIGNS = { "is-dismissed": "✕", "is-settled": "✓", "is-kept": "●", "is-open": "○" };

export const own = (m) => m.code === "own";
export const family = (letter) => data.families[letter].toLowerCase();
export const line = (m) => data.sentences.indexOf(m.sentence);
export const where = (m) => (data.timed ? clock(m.start) : `sentence ${line(m) + 1}`);
export const named = (m) => (own(m) ? `your own mark, ${family(m.letter)}` : `${m.code}, ${m.name}`);
export const verdict = (m) => (m.verdict === "dismissed" && m.reason ? `dismissed: ${m.reason}` : m.verdict);
/** How far it has come, in a word or two. */
export function standing(m) {
  if (m.verdict === "dismissed") return "dismissed";
  if (m.rewrite?.waits) return "saving…";
  if (m.rewrite) return m.rewrite.passed ? "passes" : "does not pass yet";
  return own(m) ? "marked" : m.verdict;
}
/** The same as a class. */
export function look(m) {
  if (m.verdict === "dismissed") return "is-dismissed";
  if (m.settled) return "is-settled";
  return m.verdict === "kept" ? "is-kept" : "is-open";
}
export function badge(element, m) {
  element.replaceChildren(own(m) ? m.letter : String(m.number || ""), make("i", "", own(m) ? "own" : m.code));
}
/** The sentence with its quote marked, cut where it is too long. */
export function sentence(m) {
  const text = m.sentenceText || m.quote;
  let start = own(m) ? 0 : text.indexOf(m.quote);
  if (start < 0) start = text.toLowerCase().indexOf(m.quote.toLowerCase());
  const end = start < 0 || own(m) ? text.length : start + m.quote.length;
  start = Math.max(0, start);
  const before = text.slice(0, start);
  return [
    before.length > SENTENCE ? `… ${before.slice(-SENTENCE).trimStart()}` : before,
    make("mark", `f${m.letter}`, short(text.slice(start, end), SENTENCE)),
    short(text.slice(end), SENTENCE),
  ];
}

// What is said in passing: heard by a screen reader, seen for a moment

const toast = id("toast");
let ends = 0;
export function tell(text) {
  sounding.say(text);
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(ends);
  ends = setTimeout(hush, 4000);
}
export function hush() {
  toast.hidden = true;
}
