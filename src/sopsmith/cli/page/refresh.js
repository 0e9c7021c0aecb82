"use strict";
// Ask every two seconds whether the repository changed, and load the page anew where it did.
const shown = document.documentElement.dataset.state;
setInterval(async () => {
  try {
    const answer = await fetch("/state", { cache: "no-store" });
    if (answer.ok && (await answer.text()) !== shown) location.reload();
  } catch {
    // The server has ended; the page stays as it is.
  }
}, 2000);
