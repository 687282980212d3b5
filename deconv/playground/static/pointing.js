// Pointing at a cell of a picture: Python says what meets there in each panel, the page outlines it.

import { latest } from "./latest.js";

const KEYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export function setUpPointing(picture, line, ask) {
  let cell = null;
  const rects = (map, row, column) =>
    picture.querySelectorAll(`g[data-map="${map}"] rect[data-row="${row}"][data-column="${column}"]:not(.lit)`);
  const clear = () => picture.querySelectorAll(".lit").forEach((one) => one.remove());

  function outline(map, row, column, self) {
    for (const rect of rects(map, row, column)) {
      const copy = rect.cloneNode();
      for (const name of ["data-row", "data-column"]) copy.removeAttribute(name);
      copy.setAttribute("class", self ? "lit self" : "lit");
      copy.setAttribute("pointer-events", "none");
      rect.closest("g[data-map]").append(copy);
    }
  }

  const point = latest(async (wanted) => {
    const answer = await ask(wanted);
    if (cell !== wanted) return;
    clear();
    const { error, sentence, panels, ...maps } = answer;
    line.textContent = error ?? sentence;
    if (error) return;
    for (const [map, cells] of Object.entries({ ...maps, ...panels })) {
      if (map !== wanted.map) for (const [row, column] of cells) outline(map, row, column, false);
    }
    outline(wanted.map, wanted.row, wanted.column, true);
  }, (sentence) => (line.textContent = sentence));

  function choose(map, row, column) {
    if (cell && cell.map === map && cell.row === row && cell.column === column) return;
    cell = { map, row, column };
    point(cell);
  }

  function leave() {
    cell = null;
    clear();
    line.textContent = "";
  }

  picture.addEventListener("pointerover", (event) => {
    const rect = event.target.closest("rect[data-row]");
    const map = rect?.closest("g[data-map]")?.dataset.map;
    if (map) choose(map, Number(rect.dataset.row), Number(rect.dataset.column));
  });
  picture.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && leave());
  picture.addEventListener("blur", leave);

  picture.addEventListener("keydown", (event) => {
    const maps = [...picture.querySelectorAll("g[data-map]")].map((one) => one.dataset.map);
    const there = maps.filter((map) => rects(map, 0, 0).length);
    if (!there.length || !(event.key in KEYS || event.key === "PageUp" || event.key === "PageDown")) return;
    event.preventDefault();
    if (!cell) return choose(there.includes("output") ? "output" : there[0], 0, 0);
    if (event.key in KEYS) {
      const [down, right] = KEYS[event.key];
      if (rects(cell.map, cell.row + down, cell.column + right).length) {
        choose(cell.map, cell.row + down, cell.column + right);
      }
      return;
    }
    const way = event.key === "PageDown" ? 1 : there.length - 1;
    choose(there[(there.indexOf(cell.map) + way) % there.length], 0, 0);
  });

  return {
    // A new picture has no outlines; what was pointed at is asked again when it is pointed at again.
    forget() {
      if (!cell) return;
      const again = { ...cell };
      cell = again;
      if (rects(again.map, again.row, again.column).length) point(again);
      else leave();
    },
  };
}
