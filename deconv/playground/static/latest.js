// A slider asks faster than Python answers: what is not the latest question is left out.

export function latest(work, failed) {
  let running = false;
  let waiting = null;
  return async function (...values) {
    waiting = values;
    if (running) return;
    running = true;
    while (waiting) {
      const now = waiting;
      waiting = null;
      try {
        await work(...now);
      } catch (error) {
        failed(`no answer: ${error.message}`);
      }
    }
    running = false;
  };
}
