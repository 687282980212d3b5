// Small parts that both halves of the page use.

export const byId = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// A slider with its name and its number; `changed(value)` hears of every move.
export function slider(name, id, [smallest, largest], value, changed, step = 1) {
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
  return { label: element("label", { class: "slider" }, element("span", {}, `${name} `, number), input), set };
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
