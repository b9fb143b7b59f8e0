"use strict";
// Everything is readable without this: it opens folded passages for printing.
addEventListener("beforeprint", () =>
  document.querySelectorAll("details:not(.picture)").forEach((one) => (one.open = true)),
);
