// Pointing at a cell of a picture: Python says what meets there in each panel, the page outlines it.

import { latest } from "./latest.js";
import { ARROWS, plain } from "./widgets.js";

export function setUpPointing(picture, line, ask) {
  let cell = null;
  const panels = () => [...picture.querySelectorAll("g[data-map]")];
  const clear = () => picture.querySelectorAll(".lit").forEach((one) => one.remove());

  // A copy of a cell's rectangle, if the panel has it; where cells are small, one is cut from their sheet.
  function rectOf(panel, row, column) {
    const own = panel.querySelector(`rect[data-row="${row}"][data-column="${column}"]`);
    const rect = (own ?? panel.querySelector("rect[data-rows]"))?.cloneNode();
    if (rect && !own) {
      const { rows, columns, firstRow, firstColumn } = rect.dataset;
      const down = row - firstRow, across = column - firstColumn;
      if (down < 0 || down >= rows || across < 0 || across >= columns) return null;
      const height = rect.getAttribute("height") / rows, width = rect.getAttribute("width") / columns;
      const place = { x: across * width, y: down * height, width, height };
      for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value);
    }
    for (const name of Object.keys(rect?.dataset ?? {})) delete rect.dataset[name];
    return rect ?? null;
  }
  const has = (map, row, column) => panels().some((one) => one.dataset.map === map && rectOf(one, row, column));

  function outline(map, row, column, self) {
    for (const panel of panels().filter((one) => one.dataset.map === map)) {
      const rect = rectOf(panel, row, column);
      if (!rect) continue;
      rect.setAttribute("class", self ? "lit self" : "lit");
      rect.setAttribute("pointer-events", "none");
      panel.append(rect);
    }
  }

  const say = (sentence) => {
    line.textContent = sentence;
    line.style.minHeight = `${line.offsetHeight}px`; // it never shrinks, so nothing below it jumps
  };

  const point = latest(async (wanted) => {
    const answer = await ask(wanted);
    if (cell !== wanted) return;
    clear();
    const { error, sentence, panels: others, ...maps } = answer;
    say(error ?? sentence);
    if (error) return;
    for (const [map, cells] of Object.entries({ ...maps, ...others })) {
      if (map !== wanted.map) for (const [row, column] of cells) outline(map, row, column, false);
    }
    outline(wanted.map, wanted.row, wanted.column, true);
  }, say);

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

  function under(event) {
    const rect = event.target.closest("rect[data-row], rect[data-rows]");
    const map = rect?.closest("g[data-map]")?.dataset.map;
    if (!map) return;
    const { row, column, rows, columns, firstRow, firstColumn } = rect.dataset;
    if (row) return choose(map, Number(row), Number(column));
    const box = rect.getBoundingClientRect();
    const place = (offset, length, count) => Math.max(0, Math.min(count - 1, Math.floor((offset / length) * count)));
    const down = place(event.clientY - box.top, box.height, rows);
    const across = place(event.clientX - box.left, box.width, columns);
    choose(map, Number(firstRow) + down, Number(firstColumn) + across);
  }
  for (const name of ["pointerover", "pointermove"]) picture.addEventListener(name, under);
  picture.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && leave());
  picture.addEventListener("blur", leave);

  picture.addEventListener("keydown", (event) => {
    const there = panels().map((one) => one.dataset.map).filter((map) => has(map, 0, 0));
    const known = event.key in ARROWS || event.key === "PageUp" || event.key === "PageDown";
    if (!there.length || !known || !plain(event)) return;
    event.preventDefault();
    if (!cell) return choose(there.includes("output") ? "output" : there[0], 0, 0);
    if (event.key in ARROWS) {
      const [down, right] = ARROWS[event.key];
      if (has(cell.map, cell.row + down, cell.column + right)) {
        choose(cell.map, cell.row + down, cell.column + right);
      }
      return;
    }
    const way = event.key === "PageDown" ? 1 : there.length - 1;
    choose(there[(there.indexOf(cell.map) + way) % there.length], 0, 0);
  });

  return {
    // A new picture has no outlines: what meets at the cell is asked again, if it still has the cell.
    askAgain() {
      if (!cell) return;
      cell = { ...cell };
      if (has(cell.map, cell.row, cell.column)) point(cell);
      else leave();
    },
  };
}
