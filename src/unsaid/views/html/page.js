"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));

  const data = JSON.parse(one("#data").textContent);
  const audio = one("#audio");
  const transcript = one("#transcript");
  const status = one("#status");
  const LEAD_S = 2; // replay begins a moment before the flag
  const LINGER_S = 0.4; // a word stays lit this long after its end, so that short gaps do not flicker

  // What is heard at a time: words where there are word times, else whole sentences. Found by halving.

  const words = all(".w", transcript);
  const lines = all(".line", transcript);
  const bounds = (elements) => ({
    elements,
    starts: Float64Array.from(elements, (element) => Number(element.dataset.start)),
    ends: Float64Array.from(elements, (element) => Number(element.dataset.end)),
  });
  const wordBounds = bounds(words);
  const lineBounds = bounds(data.timed ? lines : []);
  // Number by element: for a click, and to step from word to word.
  const wordNumbers = new Map(words.map((element, number) => [element, number]));

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

  // Theme

  const themeButton = one("#theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = (() => {
    try {
      return localStorage.getItem("unsaid-theme");
    } catch {
      return null; // storage is forbidden: the theme then lasts as long as the page
    }
  })();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  themeButton.addEventListener("click", () => {
    const current = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = current === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("unsaid-theme", root.dataset.theme);
    } catch {
      // as above
    }
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

  // Flags: one is the current one

  const filterButtons = all("[data-family]", one(".filter"));
  const shown = (flag) => !root.classList.contains(`hide-${flag.family}`);
  const allHidden = one("#all-hidden");
  const place = (number) => data.flags.findIndex((flag) => flag.number === number);
  let current = 0;

  function choose(number, { scroll = true } = {}) {
    for (const element of all(".is-current")) element.classList.remove("is-current");
    current = number;
    const flag = data.flags[place(number)];
    if (!flag) return;
    for (const element of all(`[data-flag="${number}"], mark[data-flags~="${number}"]`)) {
      element.classList.add("is-current");
    }
    const card = one(`#flag-${number}`);
    const line = one(`mark[data-flags~="${number}"]`, transcript)?.closest(".line");
    if (scroll && line) bring(line);
    const list = card.closest("ol");
    if (getComputedStyle(list).overflowY === "auto") {
      list.scrollTo({
        top: card.offsetTop - list.offsetTop - 12,
        behavior: calm.matches ? "auto" : "smooth",
      });
    }
    status.textContent = flag.said;
  }

  function step(direction) {
    // In order of time, whatever their numbers.
    const flags = data.flags.filter(shown);
    if (!flags.length) return;
    const here = place(current);
    const next =
      direction > 0
        ? (flags.find((flag) => place(flag.number) > here) ?? flags[flags.length - 1])
        : (flags.findLast((flag) => place(flag.number) < here) ?? flags[0]);
    choose(next.number);
    if (audio) seek(next.start - LEAD_S);
  }

  for (const button of filterButtons) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      root.classList.toggle(`hide-${button.dataset.family}`, !on);
      const left = data.flags.filter(shown).length;
      allHidden.hidden = left > 0 || data.flags.length === 0;
      status.textContent = `${left} of ${data.flags.length} flags shown`;
    });
  }
  one("#next").addEventListener("click", () => step(1));
  one("#previous").addEventListener("click", () => step(-1));

  // Sound

  const play = one("#play");
  const now = one("#now");
  const playhead = one("#playhead");
  const length = () => (audio && Number.isFinite(audio.duration) && audio.duration) || data.duration;

  function seek(time) {
    if (!audio) return;
    audio.currentTime = Math.min(Math.max(0, time), Math.max(0, length() - 0.05));
    draw();
  }
  function hear(time) {
    if (!audio) return;
    seek(time);
    audio.play().catch(() => (status.textContent = "The recording could not be played."));
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
  function light(found, before, elements) {
    if (found === before) return found;
    elements[before]?.classList.remove("is-lit");
    elements[found]?.classList.add("is-lit");
    return found;
  }
  function draw() {
    const time = audio.currentTime;
    now.textContent = clock(time);
    if (playhead) {
      const x = `${Math.min(100, (time / length()) * 100).toFixed(3)}%`;
      playhead.setAttribute("x1", x);
      playhead.setAttribute("x2", x);
    }
    litWord = light(at(time, wordBounds, LINGER_S), litWord, words);
    const line = at(time, lineBounds, LINGER_S);
    if (line !== litLine) {
      litLine = light(line, litLine, lines);
      if (line >= 0 && !audio.paused && performance.now() - readerScrolledAt > 4000) bring(lines[line], true);
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
      if (event.type === "play" && litLine >= 0) bring(lines[litLine], true);
    };
    for (const kind of ["play", "pause", "ended"]) audio.addEventListener(kind, reflect);
    for (const kind of ["seeked", "timeupdate", "loadedmetadata"]) audio.addEventListener(kind, draw);
    audio.addEventListener("error", () => {
      root.classList.add("no-sound");
      status.textContent = "The recording could not be loaded.";
    });
    play.addEventListener("click", toggle);
    root.classList.add("can-hear");
  }

  // Clicks, by delegation

  // A button pressed with the mouse gives the keys back, so that space plays and does not press it again.
  document.addEventListener("click", (event) => {
    if (event.detail > 0 && !help.open) event.target.closest?.("button")?.blur();
  });

  const chosenText = () => String(getSelection() ?? "") !== "";
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-flag]");
    if (link) {
      const number = Number(link.dataset.flag);
      const wide = getComputedStyle(one("#flags ol")).overflowY === "auto";
      const toLine = link.classList.contains("where");
      // On a narrow screen the links do what they do without a script: they go to the card, and back.
      if (wide || toLine) event.preventDefault();
      choose(number, { scroll: !event.defaultPrevented ? false : toLine || link.closest("#timeline") !== null });
      const flag = data.flags[place(number)];
      if (audio && toLine) hear(flag.start - LEAD_S);
      else if (audio && link.closest("#timeline")) seek(flag.start - LEAD_S);
      event.stopPropagation();
      return;
    }
    if (!audio || !event.target.closest?.("#transcript") || chosenText()) return;
    const word = event.target.closest(".w");
    if (word) {
      hear(Number(word.dataset.start));
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
  transcript.addEventListener("click", (event) => {
    const word = event.target.closest(".w");
    if (audio && word) reach(wordNumbers.get(word), false);
  });

  // Keys

  const typing = (element) => element.closest?.("input, textarea, select, [contenteditable]");
  const pressed = (element) => element.closest?.("button, audio, summary, [role=button]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open || typing(event.target)) return;
    const word = event.target.closest?.(".w");
    let done = true;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "?") openHelp();
    else if (event.key === " " && audio && (word || !pressed(event.target))) event.repeat || toggle();
    else if (event.key === "Enter" && audio && word) hear(Number(word.dataset.start));
    else if (event.key.startsWith("Arrow") && word) {
      const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (sideways) reach(reachable + sideways, true);
      else done = false;
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && audio && event.target !== audio) {
      seek(audio.currentTime + (event.key === "ArrowLeft" ? -5 : 5));
    } else done = false;
    if (done) event.preventDefault();
  });
})();
