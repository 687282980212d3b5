// The page's way to Python where a server runs it.

export async function start(say) {
  say("Asking the server …");
  return parsed(await fetch("api/choices"));
}

export async function ask(what, values) {
  return parsed(
    await fetch(`api/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(values),
    }),
  );
}

// 784 grey levels of a picture file, read by the server, which looks at the bytes and not at the name.
export async function readPicture(file) {
  const headers = { "Content-Type": "image/png" };
  return parsed(await fetch("api/reconstruct?model=handmade", { method: "POST", headers, body: file }));
}

async function parsed(response) {
  try {
    return await response.json();
  } catch {
    return { error: `the server answered with status ${response.status}` };
  }
}
