// The autoencoder: a picture to draw on, what is done to it, and what the models make of it.

import { write } from "./address.js";
import { setUpDrawing } from "./drawing.js";
import { latest } from "./latest.js";
import { byId, element, options, paint, slider } from "./widgets.js";

const KINDS = {
  image: "whole", noise: "whole", blur: "whole", down: "whole", right: "whole", off: "list",
  model: "text", framework: "text",
};
const NAMES = { noise: "noise", blur: "blur", down: "move down", right: "move right" };

export async function setUp(choices, python, read) {
  const state = {
    image: 0, noise: 0, blur: 0, down: 0, right: 0, off: [], framework: "numpy",
    model: Object.keys(choices.models)[0],
  };
  read(state, KINDS);
  if (!choices.models[state.model]) state.model = Object.keys(choices.models)[0];
  if (!choices.frameworks[state.framework]) state.framework = "numpy";
  let pixels = null; // the drawing, once it differs from the image
  let newest = null; // NumPy's last answer: a framework's belongs to it or comes too late
  const cards = {};

  function tell(id, sentence) {
    byId(id).textContent = sentence ?? "";
    byId(id).hidden = !sentence;
  }
  const wrong = (sentence) => tell("garment-problem", sentence);

  const draw = latest(async () => {
    const { noise, blur, down, right, off } = state;
    const what = pixels ? { pixels } : { image: state.image };
    const values = { ...what, noise, blur, down, right };
    const answer = await python.ask("reconstruct", { ...values, off, maps: state.model });
    wrong(answer.error);
    write({ ...state, image: pixels ? null : state.image }, KINDS);
    newest = answer;
    if (answer.error) return tell("compared", null);
    if (!pixels) drawing.show(answer.pixels);
    showMaps(answer.maps);
    showResults(answer, "NumPy");
    if (state.framework === "numpy") return tell("compared", null);
    const name = choices.frameworks[state.framework];
    if (off.length) return tell("compared", `${name} computes only with all channels switched on.`);
    tell("compared", `${name} computes; to load it takes some seconds the first time …`);
    compare(answer, name, { ...values, framework: state.framework }); // which nothing waits for
  }, failed);

  const compare = latest(async (answer, name, values) => {
    const other = await python.ask("reconstruct", values);
    if (answer !== newest) return;
    if (other.error) return failed(other.error);
    showResults(other, name);
    const apart = other.results.map((one, n) => farthest(one.output, answer.results[n].output));
    tell("compared", `No pixel differs from NumPy's by more than ${Math.max(...apart).toFixed(2)} grey levels.`);
  }, failed);

  function failed(sentence) {
    wrong(sentence);
    tell("compared", null);
  }

  const farthest = (a, b) => Math.max(...a.map((level, n) => Math.abs(level - b[n])));

  function showResults(answer, computed) {
    const largest = Math.max(1, ...answer.results.flatMap((one) => one.error.map(Math.abs)));
    card("input", "what goes in").show(answer.input);
    for (const one of answer.results) {
      const psnr = one.psnr === null ? "perfect" : `${one.psnr.toFixed(2)} dB`;
      card(one.model, one.title).show(one.output, one.error, largest, `PSNR ${psnr}, SSIM ${one.ssim.toFixed(4)}`);
    }
    byId("scores").textContent =
      `Computed by ${computed}. Scores compare with what goes in. Below each result its errors: orange ` +
      `too bright, blue too dark, full colour is ${largest.toFixed(1)} of 255 grey levels.`;
  }

  function card(name, title) {
    if (cards[name]) return cards[name];
    const picture = element("canvas", { role: "img", "aria-label": `Picture: ${title}` });
    const error = element("canvas", { role: "img", "aria-label": `Errors: ${title}` });
    const words = element("span");
    const caption = element("figcaption", {}, element("strong", {}, title), element("br"), words);
    byId("results").append(element("figure", {}, caption, picture, ...(name === "input" ? [] : [error])));
    cards[name] = {
      show(output, errors, largest, said) {
        paint(picture, output, 28);
        if (!errors) return;
        paint(error, errors, 28, (level) => tint(level / largest));
        words.textContent = said;
      },
    };
    return cards[name];
  }

  // White for none; towards Okabe and Ito's orange and blue, which colour-blind people tell apart.
  const tint = (share) => {
    const end = share > 0 ? [213, 94, 0] : [0, 114, 178];
    return end.map((one) => 255 + (one - 255) * Math.min(1, Math.abs(share)));
  };

  function showMaps(layers) {
    const place = byId("maps");
    const shape = JSON.stringify(layers.map(({ layer, channels }) => [layer, channels]));
    if (place.dataset.shape !== shape) {
      place.dataset.shape = shape;
      place.replaceChildren(...layers.flatMap(rowOf));
    }
    layers.forEach((one, n) => {
      const tiles = place.querySelectorAll(".tiles")[n];
      place.querySelectorAll("h3")[n].textContent = titleOf(one);
      one.maps.forEach((levels, channel) => paint(tiles.querySelectorAll("canvas")[channel], levels, one.width));
      if (one.layer !== "latent") return;
      tiles.querySelectorAll("button").forEach((button, channel) =>
        button.setAttribute("aria-pressed", String(!state.off.includes(channel))));
    });
  }

  function titleOf({ layer, channels, height, width, largest }) {
    const count = channels === 1 ? "a map" : `${channels} maps`;
    const said = `${layer}: ${count} of ${height}×${width}`;
    if (layer === "latent") return `${said}, white is ${largest}. Press one to switch it off or on`;
    return layer === "decoder, second" ? `${said}, the picture` : `${said}, white is ${largest}`;
  }

  function rowOf(one) {
    const tiles = element("div", { class: one.channels === 1 ? "tiles large" : "tiles" });
    one.maps.forEach((_, channel) => {
      const canvas = element("canvas", { "aria-hidden": "true" });
      if (one.layer !== "latent") return tiles.append(canvas);
      const button = element("button", { type: "button", "aria-label": `latent channel ${channel}`, title: `channel ${channel}` }, canvas);
      button.addEventListener("click", () => {
        state.off = state.off.includes(channel) ? state.off.filter((n) => n !== channel) : [...state.off, channel];
        draw();
      });
      tiles.append(button);
    });
    return [element("h3", {}), tiles];
  }

  const drawing = setUpDrawing((levels) => {
    pixels = levels;
    tell("file-problem", null);
    byId("image-value").textContent = "your own";
    draw();
  }, async (file) => {
    const { bytes, too_large } = choices.files;
    const answer = file.size > bytes ? { error: too_large } : await python.readPicture(file, choices.files)
      .catch((error) => ({ error: `no answer: ${error.message}` }));
    tell("file-problem", answer.error); // its own line: an answer to an earlier question clears the other
    return answer.pixels;
  });

  byId("source").textContent = `${choices.images} images: ${choices.source}`;
  byId("image").max = Math.max(0, choices.images - 1);
  byId("image").value = state.image;
  byId("image-value").textContent = String(state.image);
  byId("image").addEventListener("input", () => {
    pixels = null;
    tell("file-problem", null);
    state.image = Number(byId("image").value);
    byId("image-value").textContent = String(state.image);
    draw();
  });

  for (const [name, limits] of Object.entries(choices.changes)) {
    const made = slider(NAMES[name], `garment-${name}`, limits, state[name], (value) => {
      state[name] = value;
      draw();
    });
    byId("changes").append(made.whole);
  }

  options(byId("model"), Object.fromEntries(Object.entries(choices.models).map(([name, one]) => [name, one.title])));
  byId("model").value = state.model;
  byId("model").addEventListener("change", () => {
    state.model = byId("model").value;
    draw();
  });
  byId("all-on").addEventListener("click", () => {
    state.off = [];
    draw();
  });

  for (const [name, said] of Object.entries(choices.frameworks)) {
    const input = element("input", { type: "radio", name: "framework", value: name });
    input.checked = name === state.framework;
    input.addEventListener("change", () => {
      state.framework = name;
      draw();
    });
    byId("frameworks").append(element("label", { class: "check" }, input, said));
  }
  await draw();
}
