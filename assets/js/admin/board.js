// The schedule board: sessions are moved by keyboard and by pointer, and saved at once. Without this
// script each session has a form of its own.

import { chooseFreeTime, filterUnscheduled } from "./board/free-times.js";
import { moveByKeys } from "./board/keyboard.js";
import { moveByPointer } from "./board/pointer.js";
import { makeSaving } from "./board/save-queue.js";
import { showThere } from "./board/showing.js";

export function scheduleBoard() {
  const root = document.querySelector("[data-board]");
  if (!root?.querySelector(".board-undo")) return;
  const status = root.querySelector("[role=status]");
  const board = {
    root,
    words: JSON.parse(root.dataset.words),
    isMoving: false,
    isPressed: false, // a session, by a pointer that may move it yet
    card: (slug) => root.querySelector(`[data-slug="${CSS.escape(slug)}"]`),
    day: () => root.querySelector("[data-day]").dataset.day,
    say: (words) => status.replaceChildren(words),
    ask: (card, to) => ask(board, card, to),
    onRefresh: () => filterUnscheduled(board),
  };
  board.saving = makeSaving(board);
  for (const part of root.querySelectorAll(".board-undo, .board-keys [hidden]")) part.hidden = false;
  root.classList.add("is-live");
  growLess(root);
  moveByKeys(board);
  moveByPointer(board);
  chooseFreeTime(root);
  root.addEventListener("input", ({ target }) => {
    if (target.id === "board-find") filterUnscheduled(board, { aloud: true });
  });
  root.querySelector("[data-undo]").addEventListener("click", board.saving.undo);
  root.querySelector("[data-redo]").addEventListener("click", board.saving.redo);
  document.addEventListener("keydown", (event) => turnByKeys(event, board));
}

// A session grows while it is looked at; Escape makes it small again, until it is left.
function growLess(root) {
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    for (const card of root.querySelectorAll(".slot:is(:hover, :focus-within)")) card.classList.add("is-quiet");
  });
  for (const left of ["focusout", "pointerout"]) {
    root.addEventListener(left, ({ target }) => target.closest(".slot")?.classList.remove("is-quiet"));
  }
}

function turnByKeys(event, board) {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea, select") || board.isMoving) return;
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  if (key === "y" || event.shiftKey) board.saving.redo();
  else board.saving.undo();
}

// Asks what a session would clash with there. One question is out at a time; then the newest one.
// Without a time nothing clashes, and what was asked before counts no more.
const NO_CLASH = { count: 0, said: "" };
let isOut = false;
let next = null;

async function ask(board, card, to) {
  next = [card, to];
  showThere(board.root, card);
  if (isOut) return;
  isOut = true;
  while (next) {
    const [asked, place] = next;
    next = null;
    const found = place.start === null ? NO_CLASH : await clashesOf(board, asked, place);
    if (found && !next && asked.classList.contains("is-moving")) {
      board.root.querySelector("[role=status]").append(found.said && ` ${found.said}`);
      showThere(board.root, asked, found);
    }
  }
  isOut = false;
}

async function clashesOf(board, card, to) {
  try {
    const question = board.saving.asked(card.dataset.slug, to);
    question.delete("csrf_token");
    const response = await fetch(`${board.root.dataset.board}/${card.dataset.slug}/tried?${question}`);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
