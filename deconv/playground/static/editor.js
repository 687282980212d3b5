// The numbers of input and kernel, one field each.

import { byId, element } from "./widgets.js";

export function setUpEditor(state, draw) {
  const shown = { x: "", w: "" };

  // As many rows as a slider says: what is cut off is gone, what is new is 1.
  const fitted = (rows, size) =>
    Array.from({ length: size }, (_, r) => Array.from({ length: size }, (_, c) => rows[r]?.[c] ?? 1));

  function table(key, name, rows) {
    const place = byId(`edit-${key}`);
    const fields = place.querySelectorAll("input");
    if (fields.length !== rows.length ** 2) {
      place.style.gridTemplateColumns = `repeat(${rows.length}, auto)`;
      place.replaceChildren(
        ...rows.flatMap((row, r) => row.map((_, c) => field(key, name, r, c))),
      );
    }
    place.querySelectorAll("input").forEach((one, n) => {
      const value = rows[Math.floor(n / rows.length)][n % rows.length];
      if (one !== document.activeElement) one.value = String(Number(value.toFixed(4)));
      one.removeAttribute("aria-invalid");
    });
  }

  function field(key, name, r, c) {
    const made = element("input", { type: "text", inputmode: "decimal", "aria-label": `${name}, row ${r}, column ${c}` });
    made.addEventListener("input", () => {
      const value = Number(made.value.replace(",", ".").replace("−", "-"));
      const right = made.value.trim() !== "" && Number.isFinite(value);
      made.setAttribute("aria-invalid", String(!right));
      if (!right) return;
      state[key] = state[key] ?? JSON.parse(shown[key]);
      state[key][r][c] = value;
      draw();
    });
    return made;
  }

  byId("in-order").addEventListener("click", () => {
    Object.assign(state, { seed: null, x: null, w: null });
    draw();
  });
  byId("at-random").addEventListener("click", () => {
    Object.assign(state, { seed: Math.floor(Math.random() * 10000), x: null, w: null });
    draw();
  });

  return {
    fitted,
    show(numbers) {
      for (const [key, name] of [["x", "input"], ["w", "kernel"]]) {
        const text = JSON.stringify(numbers[name]);
        if (text === shown[key]) continue;
        shown[key] = text;
        table(key, name, numbers[name]);
      }
    },
  };
}
