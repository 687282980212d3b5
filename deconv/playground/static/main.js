import { read } from "./address.js";
import { setUp as setUpGarment } from "./garment.js";
import { setUp as setUpLayer } from "./layer.js";

const transport = document.documentElement.dataset.transport;
const loading = document.getElementById("loading");

try {
  const python = await import(transport === "server" ? "./at_server.js" : "./in_browser.js");
  const choices = await python.start((sentence) => (loading.textContent = sentence));
  if (choices.error) throw new Error(choices.error);
  for (const one of document.querySelectorAll("[data-only]")) {
    if (one.dataset.only !== transport) one.remove();
  }
  document.querySelector("main").hidden = false;
  loading.hidden = true;
  await setUpLayer(choices, python, read);
  await setUpGarment(choices, python, read);
  document.documentElement.dataset.ready = "1";
} catch (error) {
  loading.textContent = `The page cannot compute here: ${error.message}`;
  loading.hidden = false;
}
