// The rewrite sheet: hear a moment, and show one rewrite while the others stay covered.
"use strict";
(() => {
  document.documentElement.classList.add("js");
  const audio = document.querySelector("#audio");
  const cover = document.querySelector("#cover");
  const status = document.querySelector("#status");
  const LEAD_S = 0.5; // a word's first sound is softer than its time says
  let heard = null;
  let until = Infinity;

  function stop() {
    audio.pause();
    heard = null;
    until = Infinity;
  }

  document.addEventListener("click", (event) => {
    const show = event.target.closest(".show");
    if (show) {
      const item = show.closest("li");
      item.classList.add("open");
      status.textContent = item.querySelector(".covered").textContent.replace(/\s+/g, " ").trim();
    }
    const button = event.target.closest(".hear");
    if (!button) return;
    if (heard === button && !audio.paused) {
      stop();
      return;
    }
    heard = button;
    until = Number(button.dataset.end) + LEAD_S;
    audio.currentTime = Math.max(0, Number(button.dataset.start) - LEAD_S);
    audio.play().catch(() => (status.textContent = "The recording could not be played."));
  });

  audio?.addEventListener("timeupdate", () => audio.currentTime >= until && stop());
  cover?.addEventListener("change", () => {
    for (const item of document.querySelectorAll(".sheet .open")) item.classList.remove("open");
  });
})();
