"use strict";
// Without this script every table stands whole; with it, they can be searched, sorted, narrowed.
for (const section of document.querySelectorAll("section[data-table]")) {
  const rows = [...section.querySelectorAll("tbody tr")];
  const body = section.querySelector("tbody");
  const search = section.querySelector("input");
  const filter = section.querySelector("select");
  const count = section.querySelector("output");
  const narrow = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = !filter.value || row.dataset.tags.split(" ").includes(filter.value);
      row.hidden = !(fits && words.every((word) => text.includes(word)));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = shown === rows.length ? `${shown} rows` : `${shown} of ${rows.length} rows`;
  };
  search.addEventListener("input", narrow);
  filter.addEventListener("change", narrow);
  section.querySelector(".controls").hidden = false;
  narrow();
  const order = new Intl.Collator(undefined, { numeric: true });
  section.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      section.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const text = (row) => row.cells[column].textContent.trim();
      rows.sort((a, b) => order.compare(text(a), text(b)) * (up ? 1 : -1));
      body.append(...rows);
    });
  });
}
