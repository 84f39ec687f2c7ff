"use strict";
(() => {
  // Says when the book has newer entries than the page shows. It loads nothing itself, so that nobody loses their place.
  const notice = document.getElementById("newer");
  if (!notice.dataset.position) return;
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch("/position", { cache: "no-store" });
      const position = Number(await answer.text());
      notice.toggleAttribute("hidden", !(answer.ok && position > Number(notice.dataset.position)));
    } catch {
      // The program has ended, or the machine sleeps: the next look may find it again.
    }
  };
  look();
  addEventListener("focus", look);
  setInterval(look, Number(notice.dataset.seconds) * 1000);
})();
