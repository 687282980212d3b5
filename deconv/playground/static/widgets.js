// Small parts that both halves of the page use.

export const byId = (id) => document.getElementById(id);

export const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// With a modifier a key is the browser's.
export const plain = (event) => !(event.altKey || event.ctrlKey || event.metaKey);

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// A slider with its name and its number; `changed(value)` hears of every move.
export function slider(name, id, [smallest, largest, step = 1], value, changed) {
  const number = element("output", { for: id }, String(value));
  const input = element("input", { type: "range", id, min: smallest, max: largest, step });
  input.value = value;
  input.addEventListener("input", () => {
    number.textContent = input.value;
    changed(Number(input.value));
  });
  const set = (next) => {
    input.value = next;
    number.textContent = String(next);
  };
  // The number stands outside the label: it would be the control that the label names.
  const whole = element("div", { class: "slider" }, element("label", { for: id }, name), number, input);
  return { whole, set };
}

export function options(select, names) {
  select.replaceChildren(...Object.entries(names).map(([value, said]) => element("option", { value }, said)));
}

// Grey levels on a canvas that has one pixel for each.
export function paint(canvas, levels, width, colour = (level) => [level, level, level]) {
  const height = levels.length / width;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  levels.forEach((level, n) => {
    const [red, green, blue] = colour(level);
    image.data[4 * n] = red;
    image.data[4 * n + 1] = green;
    image.data[4 * n + 2] = blue;
    image.data[4 * n + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}
