// Where a session is on the board: its start (minutes after midnight, or null), its length, its column.

export const STEP = 5; // minutes
const HOUR = 60;

export function placeOf(card) {
  const { start, minutes, in: column } = card.dataset;
  return { start: start === "" ? null : Number(start), minutes: Number(minutes), column: Number(column) };
}

export function isSame(one, other) {
  return one.start === other.start && one.minutes === other.minutes && one.column === other.column;
}

// Draws a card where it would be; what the server answers is drawn by its own classes again.
export function draw(root, card, place) {
  const waits = place.start === null;
  const list = waits ? trayOf(root) : root.querySelector(".board-slots");
  if (card.parentElement !== list) list.append(card);
  card.classList.toggle("slot--waiting", waits);
  card.classList.toggle("in-0", place.column === 0); // a column of its own width
  const drawn = { h: place.start / HOUR, m: 0, l: place.minutes / HOUR, n: 0, in: place.column, a: 0, of: 1 };
  for (const [name, value] of Object.entries(drawn)) card.style.setProperty(`--${name}`, value);
}

export function keep(root, card, place) {
  draw(root, card, place);
  Object.assign(card.dataset, { start: place.start ?? "", minutes: place.minutes, in: place.column });
}

// The hours and columns of the board, and how large they are on the screen.
export function measured(root) {
  const board = root.querySelector(".board");
  const slots = root.querySelector(".board-slots");
  const columns = [...root.querySelectorAll(".board-rooms li")];
  const [from, to] = [Number(board.dataset.from), Number(board.dataset.to)];
  const box = slots.getBoundingClientRect();
  return {
    box,
    columns,
    first: from * HOUR,
    last: Math.min(to * HOUR, 24 * HOUR),
    minute: box.height / ((to - from) * HOUR),
    isTurned: getComputedStyle(board).direction === "rtl",
  };
}

export function roomOf(root, place) {
  return root.querySelectorAll(".board-rooms li")[place.column].dataset;
}

export function typed(minutes) {
  if (minutes === null) return "";
  return [minutes / HOUR, minutes % HOUR].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
}

export function filled(sentence, names) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => names[name]);
}

export function told(root, words, place) {
  if (place.start === null) return words.waiting;
  return filled(words.place, {
    room: roomOf(root, place).name,
    start: clock(words, place.start),
    end: clock(words, place.start + place.minutes),
  });
}

function clock(words, minutes) {
  const hour = Math.floor(minutes / HOUR) % 24;
  const rest = minutes % HOUR;
  if (!rest && hour % 12 === 0) return hour ? words.midday : words.midnight;
  return `${((hour + 11) % 12) + 1}${rest ? `:${String(rest).padStart(2, "0")}` : ""}${hour < 12 ? "am" : "pm"}`;
}

function trayOf(root) {
  const tray = root.querySelector(".board-tray");
  return tray.querySelector("ol") ?? tray.appendChild(document.createElement("ol"));
}
