// A picture of 28×28 pixels to draw on, by mouse, finger or keyboard, or to drop a file on.

import { ARROWS, byId, paint, plain } from "./widgets.js";

const SIDE = 28;

export function setUpDrawing(changed, readPicture) {
  const canvas = byId("drawing");
  let levels = new Array(SIDE * SIDE).fill(0);
  let at = { row: 14, column: 14 }, last = null;

  function show(next) {
    levels = next.map(Number);
    paint(canvas, levels, SIDE);
  }

  function dab(row, column) {
    const size = Number(byId("brush-size").value), level = Number(byId("brush").value);
    const first = -Math.floor((size - 1) / 2);
    for (let r = row + first; r < row + first + size; r++) {
      for (let c = column + first; c < column + first + size; c++) {
        if (r >= 0 && r < SIDE && c >= 0 && c < SIDE) levels[r * SIDE + c] = level;
      }
    }
  }

  // Dabs from one place to the next: a fast mouse leaves out pixels.
  function stroke(from, to) {
    const count = Math.max(1, Math.abs(to.row - from.row), Math.abs(to.column - from.column));
    for (let n = 0; n <= count; n++) {
      const between = (a, b) => Math.round(a + ((b - a) * n) / count);
      dab(between(from.row, to.row), between(from.column, to.column));
    }
    paint(canvas, levels, SIDE);
    changed([...levels]);
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    const pixel = (offset, length) => Math.max(0, Math.min(SIDE - 1, Math.floor((offset / length) * SIDE)));
    return { row: pixel(event.clientY - box.top, box.height), column: pixel(event.clientX - box.left, box.width) };
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    last = at = place(event);
    stroke(last, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last || !event.isPrimary) return;
    if (!(event.buttons & 1)) return (last = null); // let go where the page did not see it
    at = place(event);
    stroke(last, at);
    last = at;
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (last = null));

  function markBrush(visible) {
    const mark = byId("cursor").getContext("2d");
    mark.clearRect(0, 0, 280, 280);
    if (!visible) return (byId("spot").textContent = "");
    mark.lineWidth = 2;
    for (const [colour, inset] of [["#000", 0], ["#fff", 2]]) {
      mark.strokeStyle = colour;
      mark.strokeRect(10 * at.column + inset, 10 * at.row + inset, 10 - 2 * inset, 10 - 2 * inset);
    }
    const level = Math.round(levels[at.row * SIDE + at.column]);
    byId("spot").textContent = `row ${at.row}, column ${at.column}: grey level ${level}`;
  }
  canvas.addEventListener("keydown", (event) => {
    if (!plain(event)) return;
    if (event.key in ARROWS) {
      const [down, right] = ARROWS[event.key];
      const inside = (n) => Math.max(0, Math.min(SIDE - 1, n));
      at = { row: inside(at.row + down), column: inside(at.column + right) };
    } else if (event.key === " ") stroke(at, at);
    else return;
    event.preventDefault();
    markBrush(true);
  });
  canvas.addEventListener("focus", () => markBrush(canvas.matches(":focus-visible")));
  canvas.addEventListener("blur", () => markBrush(false));

  async function open(file) {
    if (!file) return;
    const found = await readPicture(file);
    if (!found) return;
    show(found);
    changed([...levels]);
  }
  byId("file").addEventListener("change", (event) => {
    const [file] = event.target.files;
    event.target.value = ""; // so that the same file, mended, can be chosen again
    open(file);
  });
  const target = canvas.parentElement;
  target.addEventListener("dragover", (event) => {
    event.preventDefault();
    target.classList.add("over");
  });
  target.addEventListener("dragleave", () => target.classList.remove("over"));
  target.addEventListener("drop", (event) => {
    event.preventDefault();
    target.classList.remove("over");
    open(event.dataTransfer.files[0]);
  });
  byId("clear").addEventListener("click", () => {
    show(new Array(SIDE * SIDE).fill(0));
    changed([...levels]);
  });
  return { show };
}
