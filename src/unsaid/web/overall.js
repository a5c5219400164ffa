// What was heard of the answer as a whole: asked for when the page stands, drawn when it is opened.
import { ask } from "./wire.js";
import { id, write } from "./words.js";

const panel = id("overall");
let markup = null;
let asked = null;

async function fetched() {
  const answer = await ask("GET", "/whole");
  markup = answer.markup;
  write(id("overall-told"), answer.summary);
}

async function draw() {
  if (!panel.open || id("overall-wait") === null) return;
  try {
    if (markup === null) {
      write(id("overall-wait"), "One moment …");
      await (asked ??= fetched());
    }
  } catch (error) {
    asked = null;
    write(id("overall-wait"), `This could not be had: ${error.message}. Close it and open it again.`);
    return;
  }
  // Drawn and escaped by the server, as the page itself is.
  const drawn = new DOMParser().parseFromString(markup, "text/html");
  id("overall-wait").replaceWith(...drawn.body.children);
}

/** Ask for it, once the page can be used. */
export function overall() {
  if (!panel) return;
  panel.addEventListener("toggle", draw);
  asked = fetched();
  asked.catch(() => (asked = null));
}
