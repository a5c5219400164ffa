// The report page: its flags, one of them the current one, and its filter. Goes on from player.js.
(() => {
  const { root, one, all, data, audio, transcript, say, calm, bring, seek, hear } = sounding;
  const LEAD_S = 2; // replay begins a moment before the flag

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
    say(flag.said);
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
      say(`${left} of ${data.flags.length} flags shown`);
    });
  }
  one("#next").addEventListener("click", () => step(1));
  one("#previous").addEventListener("click", () => step(-1));

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-flag]");
    if (!link) return;
    const number = Number(link.dataset.flag);
    const wide = getComputedStyle(one("#flags ol")).overflowY === "auto";
    const toLine = link.classList.contains("where");
    // On a narrow screen the links do what they do without a script: they go to the card, and back.
    if (wide || toLine) event.preventDefault();
    choose(number, { scroll: !event.defaultPrevented ? false : toLine || link.closest("#timeline") !== null });
    const flag = data.flags[place(number)];
    if (audio && toLine) hear(flag.start - LEAD_S);
    else if (audio && link.closest("#timeline")) seek(flag.start - LEAD_S);
  });

  // Keys

  document.addEventListener("keydown", (event) => {
    if (!sounding.forPage(event)) return;
    let done = true;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === " " && audio && !sounding.spacePresses(event)) event.repeat || sounding.toggle();
    else done = sounding.key(event);
    if (done) event.preventDefault();
  });
})();
