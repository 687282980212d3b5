// The address of the page holds what it shows, so that an example can be sent to somebody.

const square = (text) => text.split(";").map((row) => row.split(",").map(Number));

const READ = { whole: Number, text: String, square, flag: (text) => text === "1", list: (text) => text.split(",").filter(Boolean).map(Number) };
const WRITE = {
  whole: String,
  text: String,
  square: (rows) => rows.map((row) => row.join(",")).join(";"),
  flag: (value) => (value ? "1" : "0"),
  list: (values) => values.join(","),
};

const given = new URLSearchParams(location.search); // now: soon the page writes an address of its own
const written = {};

// Takes over from the address what it has of `kinds`, a kind of value for each name.
export function read(state, kinds) {
  for (const [name, kind] of Object.entries(kinds)) {
    if (given.has(name)) state[name] = READ[kind](given.get(name));
  }
}

export function write(state, kinds) {
  for (const [name, kind] of Object.entries(kinds)) {
    const value = state[name];
    const empty = value === null || value === undefined || (Array.isArray(value) && !value.length);
    if (empty) delete written[name];
    else written[name] = WRITE[kind](value);
  }
  clearTimeout(write.later);
  write.later = setTimeout(() => {
    // Commas and semicolons may stand in an address as they are, and are easier to read.
    const text = new URLSearchParams(written).toString().replaceAll("%2C", ",").replaceAll("%3B", ";");
    history.replaceState(null, "", `?${text}${location.hash}`);
  }, 150); // browsers count how often it changes
}
