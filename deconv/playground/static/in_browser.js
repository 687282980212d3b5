// The page's way to Python where no server is: it runs in a worker beside the page.

let worker = null;
const waiting = new Map();

export function start(say) {
  worker = new Worker("worker.js", { type: "module" });
  return new Promise((resolve) => {
    worker.onerror = (event) => resolve({ error: event.message || "the worker does not start" });
    worker.onmessage = ({ data }) => {
      if (data.say) say(data.say);
      else if (data.error) resolve({ error: data.error });
      else if (data.ready) resolve(JSON.parse(data.ready));
      else {
        waiting.get(data.id)(JSON.parse(data.text));
        waiting.delete(data.id);
      }
    };
  });
}

let count = 0;

export function ask(what, values) {
  const id = count++;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    const { framework, ...rest } = values; // NumPy is all there is
    worker.postMessage({ id, text: JSON.stringify({ ask: what, ...rest }) });
  });
}

// 784 grey levels of a picture file, read by the browser.
export async function readPicture(file) {
  try {
    const picture = await createImageBitmap(file);
    const canvas = new OffscreenCanvas(28, 28);
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, 28, 28);
    const { data } = context.getImageData(0, 0, 28, 28);
    const grey = (n) => Math.round(0.299 * data[n] + 0.587 * data[n + 1] + 0.114 * data[n + 2]);
    return { pixels: Array.from({ length: 784 }, (_, n) => grey(4 * n)) };
  } catch {
    return { error: "this is not a picture that the browser can read" };
  }
}
