// Free times of rooms, and the search among sessions without a time.

import { filled, measured, typed } from "./positions.js";

const STEP = 15; // minutes

// A free time of an hour begins where it was pressed; by keyboard, at its beginning.
export function chooseFreeTime(root) {
  root.addEventListener("click", (event) => {
    const link = event.target.closest(".free a");
    const isDrawn = root.querySelector(".board-hours").offsetParent;
    if (!link || !event.detail || !isDrawn) return;
    const { top, height } = link.getBoundingClientRect();
    const { minute } = measured(root);
    const steps = Math.floor((event.clientY - top) / minute / STEP);
    const most = Math.floor(height / minute / STEP) - 1;
    const address = new URL(link.href);
    const [hour, minutes] = address.searchParams.get("start").split(":").map(Number);
    const pressed = Math.floor((hour * 60 + minutes + Math.max(0, Math.min(steps, most)) * STEP) / STEP) * STEP;
    address.searchParams.set("start", typed(Math.max(hour * 60 + minutes, pressed)));
    link.href = address;
  });
}

// What is typed stays when the board is drawn anew after a move.
export function filterUnscheduled({ root, words, say }, { aloud = false } = {}) {
  const box = root.querySelector("#board-find");
  if (!box) return;
  const wanted = plain(box.value).split(/\s+/);
  const cards = [...root.querySelectorAll(".board-tray .slot")];
  for (const card of cards) {
    const text = plain(card.textContent);
    card.hidden = !wanted.every((word) => text.includes(word));
  }
  const count = cards.filter((card) => !card.hidden).length;
  if (aloud) say(filled(words.found, { count, all: cards.length }));
}

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
}
