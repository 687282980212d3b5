// The page's way to Python where no server is: it runs in a worker beside the page.

let worker = null;
const waiting = new Map();

export function start(say) {
  worker = new Worker("worker.js", { type: "module" });
  return new Promise((resolve, reject) => {
    function failed(sentence) {
      for (const one of [{ reject }, ...waiting.values()]) one.reject(new Error(sentence));
      waiting.clear();
    }
    worker.onerror = (event) => failed(event.message || "the worker does not start");
    worker.onmessage = ({ data: { say: sentence, ready, id, text, error } }) => {
      if (sentence) return say(sentence);
      if (ready) return resolve(JSON.parse(ready));
      if (id === undefined) return failed(error);
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error) asked.reject(new Error(error));
      else asked.resolve(JSON.parse(text));
    };
  });
}

let count = 0;

export function ask(what, values) {
  const id = count++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    const { framework, ...rest } = values; // NumPy is all there is
    worker.postMessage({ id, text: JSON.stringify({ ask: what, ...rest }) });
  });
}

// Width and height of a PNG or JPEG, before a small file becomes a huge picture.
function sizeOf(view) {
  if (view.getUint32(0) === 0x89504e47) return [view.getUint32(16), view.getUint32(20)];
  if (view.getUint16(0) !== 0xffd8) throw new Error("neither PNG nor JPEG");
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    while (view.getUint8(at + 1) === 0xff) at++; // segments may have more than one ff before them
    const marker = view.getUint8(at + 1);
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return [view.getUint16(at + 7), view.getUint16(at + 5)];
  }
}

// 784 grey levels of a picture file, read by the browser.
export async function readPicture(file, { pixels, no_picture }) {
  try {
    const [width, height] = sizeOf(new DataView(await file.arrayBuffer()));
    if (width * height > pixels) {
      return { error: `a picture may have ${pixels.toLocaleString("en")} pixels at most, but this is ${width}×${height}` };
    }
    const picture = await createImageBitmap(file);
    const canvas = new OffscreenCanvas(28, 28);
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, 28, 28);
    const { data } = context.getImageData(0, 0, 28, 28);
    const grey = (n) => Math.round(0.299 * data[n] + 0.587 * data[n + 1] + 0.114 * data[n + 2]);
    return { pixels: Array.from({ length: 784 }, (_, n) => grey(4 * n)) };
  } catch {
    return { error: no_picture };
  }
}
