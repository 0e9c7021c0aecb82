"use strict";
// Ask whether the repository changed, and load the page anew where it did: every two seconds, less
// often where the answer takes long, and not where nobody looks.
const shown = document.documentElement.dataset.state;
const ask = async () => {
  const began = performance.now();
  try {
    const answer = document.hidden ? null : await fetch("/state", { cache: "no-store" });
    if (answer?.ok && (await answer.text()) !== shown) location.reload();
  } catch {
    // The server has ended; the page stays as it is.
  }
  setTimeout(ask, Math.max(2000, 20 * (performance.now() - began)));
};
setTimeout(ask, 2000);
