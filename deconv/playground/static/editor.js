// The numbers of input and kernel, one field each.

import { byId, element } from "./widgets.js";

const NAMES = { x: "input", w: "kernel" }, SIZES = { x: "size", w: "kernel" };

export function setUpEditor(state, limits, draw) {
  const answered = { x: [], w: [] };

  // As many rows as a slider says: what is cut off is gone, what is new is 1.
  function present(key) {
    const rows = state[key] ?? answered[key];
    const length = Math.min(state[SIZES[key]], limits[SIZES[key]][1]); // an address may say anything
    return Array.from({ length }, (_, r) => Array.from({ length }, (_, c) => rows[r]?.[c] ?? 1));
  }

  function show(key) {
    const rows = present(key), place = byId(`edit-${key}`);
    if (place.children.length !== rows.length ** 2) {
      place.style.gridTemplateColumns = `repeat(${rows.length}, auto)`;
      place.replaceChildren(...rows.flatMap((row, r) => row.map((_, c) => field(key, r, c))));
    }
    rows.flat().forEach((value, n) => {
      const one = place.children[n];
      if (one === document.activeElement) return;
      one.value = String(Number(value.toFixed(4)));
      one.removeAttribute("aria-invalid");
    });
  }

  function field(key, r, c) {
    const label = `${NAMES[key]}, row ${r}, column ${c}`;
    const made = element("input", { type: "text", inputmode: "decimal", "aria-label": label });
    made.addEventListener("input", () => {
      const value = Number(made.value.replace(",", ".").replace("−", "-"));
      const right = made.value.trim() !== "" && Number.isFinite(value);
      made.setAttribute("aria-invalid", String(!right));
      const rows = present(key);
      if (!right || r >= rows.length || c >= rows.length) return; // a slider was quicker
      rows[r][c] = value;
      state[key] = rows;
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
    // Own numbers follow a slider.
    fit() {
      for (const key of ["x", "w"]) if (state[key]) state[key] = present(key);
    },
    // The numbers of an answer; without them, of a layer that cannot be.
    show(numbers) {
      for (const key of ["x", "w"]) {
        if (numbers) answered[key] = numbers[NAMES[key]];
        show(key);
      }
    },
  };
}
