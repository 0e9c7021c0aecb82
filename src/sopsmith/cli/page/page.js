"use strict";
// Without this script the first rows of each table stand; with it, all can be searched, sorted,
// narrowed and leafed through. Only a page of rows is ever laid out, so thousands cost nothing.
const order = new Intl.Collator(undefined, { numeric: true });
const texts = (column) =>
  Array.isArray(column) ? column : column.at.map((number) => column.of[number]);
const ranks = (column) => {
  const sorted = [...new Set(column)].sort(order.compare);
  const places = new Map(sorted.map((text, place) => [text, place]));
  return column.map((text) => places.get(text));
};
for (const section of document.querySelectorAll("section[data-table]")) {
  const data = JSON.parse(section.querySelector("script").textContent);
  const columns = data.columns.map(texts);
  const tags = texts(data.tags).map((text) => text.split(" "));
  const rows = tags.map((_, row) => row);
  const [body, search, filter, count] =
    ["tbody", "input", "select", "output"].map((name) => section.querySelector(name));
  const [back, on] = section.querySelectorAll(".pages button");
  let found = rows;
  let first = 0;
  let words;
  const cell = (column, row) => {
    const made = document.createElement(column ? "td" : "th");
    const text = columns[column][row];
    const mark = column && data.marks[text];
    const inner = mark ? made.appendChild(document.createElement("span")) : made;
    if (mark) inner.className = `mark ${mark}`;
    if (!column) made.scope = "row";
    inner.textContent = text;
    return made;
  };
  const line = (row) => {
    const made = document.createElement("tr");
    made.append(...columns.map((_, column) => cell(column, row)));
    return made;
  };
  const show = (from, size = data.page) => {
    first = from;
    const end = Math.min(first + size, found.length);
    body.replaceChildren(...found.slice(first, end).map(line));
    section.querySelector(".scroll").scrollTop = 0;
    back.parentNode.hidden = end - first === found.length;
    back.disabled = first === 0;
    on.disabled = end === found.length;
    const all = found.length === rows.length ? "" : `${found.length} of `;
    const part = back.parentNode.hidden ? "" : `, here ${first + 1} to ${end}`;
    count.textContent = `${all}${rows.length} rows${part}`;
  };
  const narrow = () => {
    words ??= rows.map((row) => columns.map((column) => column[row]).join("\n").toLowerCase());
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = rows.filter((row) =>
      (!filter.value || tags[row].includes(filter.value)) &&
      wanted.every((word) => words[row].includes(word)));
    show(0);
  };
  search.addEventListener("input", narrow);
  filter.addEventListener("change", narrow);
  back.addEventListener("click", () => show(first - data.page));
  on.addEventListener("click", () => show(first + data.page));
  // On paper nobody can leaf.
  addEventListener("beforeprint", () => show(0, found.length));
  addEventListener("afterprint", () => show(0));
  section.querySelector(".controls").hidden = false;
  show(0);
  section.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      section.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rank = ranks(columns[column]);
      rows.sort((a, b) => (rank[a] - rank[b]) * (up ? 1 : -1));
      narrow();
    });
  });
}
