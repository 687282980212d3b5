// One layer: its sliders, its numbers, its pictures. Everything is computed by Python.

import { write } from "./address.js";
import { setUpEditor } from "./editor.js";
import { latest } from "./latest.js";
import { setUpPointing } from "./pointing.js";
import { byId, options, slider } from "./widgets.js";

const KINDS = {
  view: "text", size: "whole", kernel: "whole", stride: "whole", padding: "whole",
  output_padding: "whole", dilation: "whole", seed: "whole", x: "square", w: "square",
  step: "whole", finished: "flag",
};

export async function setUp(choices, python, read) {
  const state = { view: "scatter", ...choices.start, seed: null, x: null, w: null, step: null, finished: true };
  read(state, KINDS);
  let steps = 1, drawnBeside = "", playing = null;

  const asked = () => {
    const { view, size, kernel, stride, padding, output_padding, dilation, seed, x, w } = state;
    return { view, size, kernel, stride, padding, output_padding, dilation, seed, x, w };
  };
  const now = () => Number(byId("step").value);
  const widthOf = (place) => Math.max(280, Math.min(800, Math.floor(place.clientWidth)));
  const picture = byId("picture"), problem = byId("problem");
  const shownOf = document.querySelectorAll("#picture, #why, .recipe, .beside");
  const copying = document.querySelectorAll("[data-copy]");

  function wrong(sentence) {
    problem.textContent = sentence ? `${sentence}.`.replace("..", ".") : "";
    problem.hidden = !sentence;
    for (const place of shownOf) place.classList.toggle("stale", Boolean(sentence));
    for (const button of copying) button.disabled = Boolean(sentence);
  }

  function makeRoom() {
    for (const place of [picture, byId("why"), byId("meeting")]) place.style.minHeight = "";
  }

  const draw = latest(async () => {
    byId("layer-output_padding").disabled = choices.direct.includes(state.view); // it has none
    const layer = asked();
    const values = { ...layer, step: state.step, finished: state.finished, width: widthOf(picture) };
    const answer = await python.ask("arithmetic", values);
    wrong(answer.error);
    write(state, KINDS);
    if (answer.error) return editor.show();
    picture.innerHTML = answer.picture;
    pointing.askAgain();
    steps = answer.steps;
    if (steps === 1) play(false);
    for (const name of ["step", "back", "play", "forth", "speed", "finished"]) byId(name).disabled = steps === 1;
    byId("step").max = steps - 1;
    byId("step").value = answer.step;
    byId("step-value").textContent = `${answer.step + 1} of ${steps}`;
    byId("step").setAttribute("aria-valuetext", byId("step-value").textContent);
    for (const name of ["size", "why", "pytorch", "keras", "same"]) byId(name).textContent = answer.recipe[name];
    for (const button of copying) button.disabled = byId(button.dataset.copy).textContent.includes("no such layer");
    // These places never shrink, so that what is below them does not jump.
    for (const place of [picture, byId("why")]) place.style.minHeight = `${place.offsetHeight}px`;
    editor.show(answer.numbers);
    await drawBeside(layer);
  }, wrong);

  async function drawBeside(layer) {
    const values = { ...layer, width: widthOf(byId("overlap")), picture: false, beside: ["overlap", "gains"] };
    const key = JSON.stringify(values);
    if (key === drawnBeside) return;
    const answer = await python.ask("arithmetic", values);
    drawnBeside = key;
    for (const name of ["overlap", "gains"]) byId(name).innerHTML = answer.beside?.[name] ?? "";
    if (answer.error) byId("overlap").textContent = `Overlaps and gains cannot be drawn: ${answer.error}.`;
  }

  // A layer that was changed is no longer the one that it was started from.
  const aboutNone = byId("about").textContent;
  function drawOwn() {
    byId("preset").value = "";
    byId("about").textContent = aboutNone;
    draw();
  }

  const editor = setUpEditor(state, choices.limits, drawOwn);
  const pointing = setUpPointing(picture, byId("meeting"), (cell) => python.ask("meeting", { ...asked(), step: now(), ...cell }));

  const sliders = {};
  for (const [name, limits] of Object.entries(choices.limits)) {
    sliders[name] = slider(name.replace("_", " "), `layer-${name}`, limits, state[name], (value) => {
      state[name] = value;
      editor.fit();
      drawOwn();
    });
    byId("sliders").append(sliders[name].whole);
  }

  options(byId("view"), choices.views);
  byId("view").value = state.view;
  byId("view").addEventListener("change", () => {
    Object.assign(state, { view: byId("view").value, step: null });
    makeRoom();
    draw();
  });

  const titles = Object.entries(choices.presets).map(([name, preset]) => [name, preset.title]);
  options(byId("preset"), Object.fromEntries([["", "your own"], ...titles]));
  const none = { seed: null, x: null, w: null };
  const asLinked = ([, preset]) => Object.entries({ ...none, ...preset.request })
    .every(([name, value]) => JSON.stringify(state[name]) === JSON.stringify(value));
  const linked = Object.entries(choices.presets).find(asLinked);
  if (linked) {
    byId("preset").value = linked[0];
    byId("about").textContent = linked[1].about;
  }
  byId("preset").addEventListener("change", () => {
    const preset = choices.presets[byId("preset").value];
    if (!preset) return drawOwn();
    Object.assign(state, { ...none, step: null }, structuredClone(preset.request));
    byId("about").textContent = preset.about;
    byId("view").value = state.view;
    for (const name of Object.keys(sliders)) sliders[name].set(state[name]);
    makeRoom();
    draw();
  });

  function go(step) {
    state.step = ((step % steps) + steps) % steps;
    draw();
  }
  byId("step").addEventListener("input", () => go(now()));
  byId("back").addEventListener("click", () => go(now() - 1));
  byId("forth").addEventListener("click", () => go(now() + 1));
  byId("finished").checked = state.finished;
  byId("finished").addEventListener("change", () => {
    state.finished = byId("finished").checked;
    draw();
  });

  function play(on) {
    clearInterval(playing);
    playing = on ? setInterval(() => go(now() + 1), Number(byId("speed").value)) : null;
    byId("play").textContent = on ? "Pause" : "Play";
  }
  byId("play").addEventListener("click", () => play(!playing));
  byId("speed").addEventListener("change", () => playing && play(true));

  for (const button of copying) {
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(byId(button.dataset.copy).textContent);
        byId("copied").textContent = "Copied.";
      } catch {
        byId("copied").textContent = "The browser does not allow it; mark the line and copy it.";
      }
    });
  }

  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return; // on phones the height changes with every scroll
    width = window.innerWidth;
    makeRoom();
    draw();
  });
  await draw();
}
