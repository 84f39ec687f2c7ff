"use strict";
(() => {
  // Says when the book has newer entries than the page shows. It loads nothing itself, so that nobody loses their place.
  const notice = document.getElementById("newer");
  let shown = null;
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" });
      const tag = answer.headers.get("ETag");
      shown ??= tag;
      notice.toggleAttribute("hidden", !answer.ok || tag === shown);
    } catch {
      // The program has ended, or the machine sleeps: the next look may find it again.
    }
  };
  look();
  addEventListener("focus", look);
  setInterval(look, Number(notice.dataset.seconds) * 1000);
})();
