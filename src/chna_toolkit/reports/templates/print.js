"use strict";
// Everything is readable without this: it opens folded passages for printing.
addEventListener("beforeprint", () =>
  document.querySelectorAll("details:not(.picture, .around)").forEach((one) => (one.open = true)),
);
