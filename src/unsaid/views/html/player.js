"use strict";
// The recording and the transcript under it: time to word and sentence, seeking, the timeline, following the
// sound, words by keyboard, light and dark, help. The page's own script goes on from `sounding`.
const sounding = (() => {
  const root = document.documentElement;
  root.classList.add("js");
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));

  const data = JSON.parse(one("#data").textContent);
  const audio = one("#audio");
  const transcript = one("#transcript");
  const status = one("#status");
  const LINGER_S = 0.4; // a word stays lit this long after its end, so that short gaps do not flicker

  const say = (text) => (status.textContent = text);

  // What is heard at a time: words where there are word times, else whole sentences. Found by halving.

  const words = all(".w", transcript);
  const lines = all(".line", transcript);
  // Not by dataset, which is slow where there are thousands.
  const bounds = (elements) => ({
    starts: Float64Array.from(elements, (element) => element.getAttribute("data-start")),
    ends: Float64Array.from(elements, (element) => element.getAttribute("data-end")),
  });
  const wordBounds = bounds(words);
  const lineBounds = bounds(data.timed ? lines : []);

  function at(time, { starts, ends }, linger) {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= time) low = middle + 1;
      else high = middle;
    }
    const found = low - 1;
    return found >= 0 && time <= ends[found] + linger ? found : -1;
  }

  // What the page keeps in the browser, where storage is allowed: else it lasts as long as the page

  function recall(storage, key) {
    try {
      return window[storage].getItem(key);
    } catch {
      return null;
    }
  }
  function remember(storage, key, text) {
    try {
      if (text === null) window[storage].removeItem(key);
      else window[storage].setItem(key, text);
    } catch {
      // as above
    }
  }

  // Theme

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = recall("localStorage", "unsaid-theme");
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  one("#theme").addEventListener("click", () => {
    const current = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = current === "dark" ? "light" : "dark";
    remember("localStorage", "unsaid-theme", root.dataset.theme);
  });

  // Help

  const help = one("#help");
  const openHelp = () => help.open || help.showModal();
  one("#help-open").addEventListener("click", openHelp);
  one("#help-close").addEventListener("click", () => help.close());
  help.addEventListener("click", (event) => event.target === help && help.close());

  // Scrolling, held back while the reader scrolls

  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const deck = one(".deck");
  let readerScrolledAt = -Infinity;
  for (const kind of ["wheel", "touchmove"]) {
    addEventListener(kind, () => (readerScrolledAt = performance.now()), { passive: true });
  }
  function bring(element, gently) {
    const box = element.getBoundingClientRect();
    const stuck = getComputedStyle(deck).position === "sticky" ? deck.getBoundingClientRect().bottom : 0;
    if (gently && box.top > stuck + 8 && box.bottom < innerHeight - 24) return;
    const far = Math.abs(box.top) > 3 * innerHeight;
    element.scrollIntoView({ block: "center", behavior: calm.matches || far ? "auto" : "smooth" });
    // Lines far away have only a guessed height until they are near.
    if (far) requestAnimationFrame(() => element.scrollIntoView({ block: "center" }));
  }

  // Sound

  const play = one("#play");
  const now = one("#now");
  let wanted = () => true; // whether the page may scroll along with the sound
  let stays = null; // a link that was heard from: as long as it is in view, the page stays there
  function follows() {
    const box = stays?.getBoundingClientRect();
    return wanted() && !(box && box.height && box.bottom > 0 && box.top < innerHeight);
  }
  const playhead = one("#playhead");
  const length = () => (audio && Number.isFinite(audio.duration) && audio.duration) || data.duration;
  let until = Infinity; // where a stretch that is played alone ends
  let then = null; // what is done when it has been played

  function seek(time) {
    if (!audio) return;
    until = Infinity;
    then = null;
    audio.currentTime = Math.min(Math.max(0, time), Math.max(0, length() - 0.05));
    draw();
  }
  function hear(time, end = Infinity, next = null, link = null) {
    if (!audio) return;
    stays = link;
    seek(time);
    until = end;
    then = next;
    audio.play().catch((error) => error.name === "AbortError" || say("The recording could not be played."));
  }
  const toggle = () => (audio.paused ? hear(audio.currentTime) : audio.pause());

  function clock(time) {
    const whole = Math.floor(time);
    const seconds = String(whole % 60).padStart(2, "0");
    const minutes = Math.floor(whole / 60);
    if (minutes < 60) return `${minutes}:${seconds}`;
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${seconds}`;
  }

  let litWord = -1;
  let litLine = -1;
  let shownTime = "";
  function light(found, before, elements) {
    if (found === before) return found;
    elements[before]?.classList.remove("is-lit");
    elements[found]?.classList.add("is-lit");
    return found;
  }
  function draw() {
    const time = audio.currentTime;
    if (time >= until && !audio.paused) {
      const [end, next] = [until, then];
      until = Infinity;
      then = null;
      audio.pause();
      audio.currentTime = end; // a busy machine looks late: what goes on from here misses no word
      next?.();
    }
    const told = clock(time);
    if (told !== shownTime) now.textContent = shownTime = told;
    if (playhead) {
      const x = `${Math.min(100, (time / length()) * 100).toFixed(3)}%`;
      playhead.setAttribute("x1", x);
      playhead.setAttribute("x2", x);
    }
    litWord = light(at(time, wordBounds, LINGER_S), litWord, words);
    const line = at(time, lineBounds, LINGER_S);
    if (line !== litLine) {
      litLine = light(line, litLine, lines);
      const left = performance.now() - readerScrolledAt > 4000;
      if (line >= 0 && !audio.paused && left && follows()) bring(lines[line], true);
    }
  }

  if (audio) {
    let frame = 0;
    const run = () => {
      draw();
      frame = audio.paused ? 0 : requestAnimationFrame(run);
    };
    const reflect = (event) => {
      play.classList.toggle("is-playing", !audio.paused);
      play.setAttribute("aria-label", audio.paused ? "Play" : "Pause");
      cancelAnimationFrame(frame);
      run();
      if (event.type === "play" && litLine >= 0 && follows()) bring(lines[litLine], true);
    };
    for (const kind of ["play", "pause", "ended"]) audio.addEventListener(kind, reflect);
    for (const kind of ["seeked", "timeupdate", "loadedmetadata"]) audio.addEventListener(kind, draw);
    audio.addEventListener("error", () => {
      root.classList.add("no-sound");
      say("The recording could not be loaded.");
    });
    play.addEventListener("click", toggle);
    root.classList.add("can-hear");
  }

  // Clicks, by delegation

  // A button pressed with the mouse gives the keys back, so that space plays and does not press it again.
  document.addEventListener("click", (event) => {
    if (event.detail > 0 && !one("dialog[open]")) event.target.closest?.("button")?.blur();
  });

  // Without sound such a link goes to its sentence, as it does without a script.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-from]");
    if (!link || !audio || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (chosenText()) return;
    hear(Number(link.getAttribute("data-from")), Infinity, null, link);
  });

  const chosenText = () => String(getSelection() ?? "") !== "";
  transcript.addEventListener("click", (event) => {
    if (!audio || event.target.closest("a") || chosenText()) return;
    const word = event.target.closest(".w");
    if (word) {
      hear(Number(word.dataset.start));
      reach(words.indexOf(word), false);
      return;
    }
    const line = event.target.closest(".line");
    const whole = event.target.closest(".at") || (!words.length && event.target.closest("p"));
    if (line && whole && line.dataset.start !== undefined) hear(Number(line.dataset.start));
  });

  const timeline = one("#timeline");
  if (timeline && audio) {
    const timeAt = (event) => {
      const box = timeline.getBoundingClientRect();
      return (Math.min(Math.max(0, event.clientX - box.left), box.width) / box.width) * length();
    };
    let dragging = false;
    timeline.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest("a")) return;
      dragging = true;
      timeline.setPointerCapture(event.pointerId);
      seek(timeAt(event));
    });
    timeline.addEventListener("pointermove", (event) => dragging && seek(timeAt(event)));
    for (const kind of ["pointerup", "pointercancel"]) timeline.addEventListener(kind, () => (dragging = false));
  }

  // Words by keyboard: one of them can be reached by Tab, the arrows go on from there

  let reachable = -1;
  function reach(number, focus) {
    const word = words[number];
    if (!word) return;
    const before = words[reachable];
    if (before) {
      before.removeAttribute("tabindex");
      before.removeAttribute("role");
      before.removeAttribute("aria-label");
    }
    reachable = number;
    word.tabIndex = 0;
    word.setAttribute("role", "button");
    word.setAttribute("aria-label", `${word.textContent}, play from ${clock(Number(word.dataset.start))}`);
    if (focus) word.focus();
  }
  if (audio) reach(0, false);

  // Keys that mean the same on every page; true where one was taken

  const typing = (element) => element.closest?.("input, textarea, select, [contenteditable]");
  const pressed = (element) => element.closest?.("button, audio, summary, [role=button]");
  /** Whether a key press is meant for the page, and not for a field, a dialog or the browser. */
  const forPage = (event) =>
    !(event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]") || typing(event.target));
  /** Whether space would press what is focused. */
  const spacePresses = (event) => !event.target.closest?.(".w") && pressed(event.target);
  function key(event) {
    const word = event.target.closest?.(".w");
    if (event.key === "?") openHelp();
    else if (event.key === "Enter" && audio && word) hear(Number(word.dataset.start));
    else if (event.key.startsWith("Arrow") && word) {
      const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!sideways) return false;
      reach(reachable + sideways, true);
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && audio && event.target !== audio) {
      seek(audio.currentTime + (event.key === "ArrowLeft" ? -5 : 5));
    } else return false;
    return true;
  }

  return {
    root,
    one,
    all,
    data,
    audio,
    transcript,
    lines,
    words,
    say,
    recall,
    remember,
    calm,
    bring,
    length,
    seek,
    hear,
    toggle,
    followWhen: (test) => (wanted = test),
    clock,
    reach,
    forPage,
    spacePresses,
    key,
  };
})();
