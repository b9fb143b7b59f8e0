// Everything is readable without this: it adds sorting and filtering to the matrix.
(() => {
  const table = document.getElementById("table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];

  // Of a large matrix the class of a cell says its status: c0, c1, …
  const code = (cell) => cell.dataset.sort ?? cell.className.charAt(1);
  const value = (row, column) => (column === 0 ? row.cells[0].dataset.sort : Number(code(row.cells[column])));
  const order = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      // Many covered lessons first: that is what a click on a number is for.
      const first = column === 2 || column === 1 ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const direction = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((one) => one.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", direction);
      const sign = direction === "ascending" ? 1 : -1;
      body.append(...[...rows].sort((a, b) => sign * order(value(a, column), value(b, column))));
    });
  });

  const find = document.getElementById("find");
  const lesson = document.getElementById("lesson");
  const status = document.getElementById("status");
  const shown = document.getElementById("shown");
  const form = document.getElementById("filter");
  const choices = [...form.querySelectorAll("[data-by]")];
  const fits = (row) => {
    const words = find.value.toLowerCase().split(/\s+/);
    if (!words.every((word) => row.dataset.find.includes(word))) return false;
    if (!choices.every((one) => one.value === "" || row.dataset[one.dataset.by] === one.value)) return false;
    if (status.value === "") return true;
    const cells = [...row.cells].slice(3);
    const looked = lesson.value === "" ? cells : [cells[Number(lesson.value)]];
    return looked.some((cell) => code(cell) === status.value);
  };
  const filter = () => {
    rows.forEach((row) => (row.hidden = !fits(row)));
    const left = rows.filter((row) => !row.hidden).length;
    shown.textContent = left === rows.length ? "" : `${left} of ${rows.length} rows`;
  };
  form.addEventListener("input", filter);
  document.getElementById("all").addEventListener("click", () => {
    form.reset();
    filter();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
