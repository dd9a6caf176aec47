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

const homes = new WeakMap(); // where the classes of a card draw it

// Draws a card where it would be. At home, and when the server has answered, its own classes say where.
export function draw(root, card, place) {
  if (!homes.has(card)) homes.set(card, placeOf(card));
  const isAtHome = isSame(place, homes.get(card));
  const waits = place.start === null;
  const list = waits ? trayOf(root) : root.querySelector(".board-slots");
  if (card.parentElement !== list) list.append(card);
  card.classList.toggle("slot--waiting", waits);
  card.classList.toggle("in-0", place.column === 0); // a column of its own width
  const isAcross = "across" in card.dataset && place.column === Number(card.dataset.in) && !waits;
  card.classList.toggle("slot--across", isAcross);
  const room = getComputedStyle(root.querySelectorAll(".board-rooms li")[place.column]);
  const [track, span] = ["--in", "--s"].map((name) => room.getPropertyValue(name));
  const drawn = { h: place.start / HOUR, m: 0, l: place.minutes / HOUR, n: 0, in: track, s: span, a: 0, of: 1 };
  for (const [name, value] of Object.entries(drawn)) {
    if (isAtHome) card.style.removeProperty(`--${name}`);
    else card.style.setProperty(`--${name}`, value);
  }
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

// Makes the board longer, so that a session can begin at an hour that had none. Tells whether it could.
export function extend(root, words, start) {
  const board = root.querySelector(".board");
  const hours = root.querySelector(".board-hours");
  const hour = Math.floor(start / HOUR);
  const [from, to] = [Number(board.dataset.from), Number(board.dataset.to)];
  if (hour < 0 || hour > 23) return false;
  for (let at = from - 1; at >= hour; at -= 1) hours.prepend(hourLabel(words, at));
  for (let at = to; at <= hour; at += 1) hours.append(hourLabel(words, at));
  const now = { from: Math.min(from, hour), to: Math.max(to, hour + 1) };
  board.classList.replace(`from-${from}`, `from-${now.from}`);
  board.classList.replace(`to-${to}`, `to-${now.to}`);
  Object.assign(board.dataset, now);
  return true;
}

function hourLabel(words, hour) {
  const label = document.createElement("li");
  label.className = `h${hour}`;
  label.appendChild(document.createElement("span")).append(clock(words, hour * HOUR));
  return label;
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
