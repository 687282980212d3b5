// Python in the browser: Pyodide, NumPy, and the project's own code, all from this site.

import { loadPyodide } from "./pyodide/pyodide.mjs";

let respond = null;

async function bytes(name) {
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`${name} is missing`);
  return answer.arrayBuffer();
}

async function start() {
  postMessage({ say: "Loading Python (about 10 MB, once) …" });
  const here = new URL("./pyodide/", import.meta.url).href;
  const [python, code, material] = await Promise.all([
    loadPyodide({ indexURL: here, packageBaseUrl: here, packages: ["numpy"] }),
    bytes("deconv.zip"),
    bytes("material.npz"),
  ]);
  postMessage({ say: "Starting Python …" });
  python.unpackArchive(code, "zip", { extractDir: "/project" });
  python.FS.writeFile("/project/material.npz", new Uint8Array(material));
  python.runPython("import sys; sys.path.insert(0, '/project')");
  respond = python.runPython(
    "from deconv.playground.packed import responder; responder('/project/material.npz')",
  );
  postMessage({ ready: respond('{"ask": "choices"}') });
}

onmessage = ({ data: { id, text } }) => {
  try {
    postMessage({ id, text: respond(text) });
  } catch (error) {
    postMessage({ id, error: error.message.trim().split("\n").pop() }); // the end of a traceback
  }
};

start().catch((error) => postMessage({ error: error.message }));
