// Moving a session with the keyboard: M picks it up, arrows move it, Enter saves, Escape gives up.

import { showNothing } from "./showing.js";
import { draw, extend, filled, isSame, measured, placeOf, STEP, told } from "./positions.js";
import { titleOf } from "./save-queue.js";

const LONGEST = 24 * 60; // minutes

export function moveByKeys(board) {
  const { root, words, say } = board;
  let held = null; // { card, mover, from, to, on: its place on the board, list and next: where it stood }

  root.addEventListener("keydown", (event) => {
    if (held && event.target === held.mover) steer(event);
    else if (isStart(event)) {
      event.preventDefault();
      pickUp(event.target.closest(".slot"));
    }
  });

  function isStart(event) {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    return isPlain && event.key.toLowerCase() === "m" && event.target.matches(".slot a");
  }

  function pickUp(card) {
    const from = placeOf(card);
    const { first, columns } = measured(root);
    const column = from.column || Math.min(1, columns.length - 1);
    const to = from.start === null ? { ...from, start: first + 60, column } : from;
    const stood = { list: card.parentElement, next: card.nextElementSibling };
    const mover = document.createElement("div");
    mover.className = "mover";
    mover.tabIndex = 0;
    mover.setAttribute("role", "application");
    mover.setAttribute("aria-label", titleOf(card));
    mover.addEventListener("blur", () => document.hasFocus() && held?.mover === mover && !held.isCarried && letGo());
    draw(root, card, to);
    card.append(mover);
    card.classList.add("is-moving");
    held = { card, mover, from, to, on: to, ...stood };
    board.isMoving = true;
    mover.focus({ preventScroll: true });
    root.querySelector(".board-box").scrollIntoView({ block: "nearest" });
    mover.scrollIntoView({ block: "nearest", inline: "nearest" });
    say(filled(words.moving, { title: titleOf(card), place: told(root, words, to) }));
    board.ask(card, to);
  }

  function steer(event) {
    const action = { Enter: save, Escape: letGo, Delete: takeOff, Backspace: takeOff }[event.key];
    const to = action ? null : moved(event);
    if (!action && !to) return;
    event.preventDefault();
    event.stopPropagation();
    if (action) action();
    else go(to);
  }

  function moved({ key, shiftKey }) {
    if (held.to.start === null) return isStep(key) ? held.on : null;
    const { start, minutes, column } = held.to;
    const step = shiftKey ? STEP : 3 * STEP;
    const onward = measured(root).isTurned ? "ArrowLeft" : "ArrowRight";
    switch (key) {
      case "ArrowDown":
        return { start: Math.floor(start / step) * step + step, minutes, column };
      case "ArrowUp":
        return { start: Math.ceil(start / step) * step - step, minutes, column };
      case "ArrowLeft":
      case "ArrowRight":
        return { start, minutes, column: column + (key === onward ? 1 : -1) };
      case "+":
      case "=":
        return { start, minutes: minutes + STEP, column };
      case "-":
        return { start, minutes: minutes - STEP, column };
      default:
        return null;
    }
  }

  function go(to) {
    const { columns } = measured(root);
    const isOnBoard = to.column >= 0 && to.column < columns.length && extend(root, words, to.start);
    if (!isOnBoard || to.minutes < STEP || to.minutes > LONGEST) return say(words.edge);
    held.on = to;
    carry(to, filled(words.here, { place: told(root, words, to) }));
    board.ask(held.card, to);
  }

  function takeOff() {
    const { from, to } = held;
    const off = from.start === null ? from : { ...to, start: null };
    carry(off, words.off);
    board.ask(held.card, off);
  }

  // Shows where it would be; between the board and what waits beside it, the focus goes along.
  function carry(to, said) {
    held.to = to;
    held.isCarried = true;
    draw(root, held.card, to);
    held.mover.focus({ preventScroll: true });
    held.isCarried = false;
    say(said);
    held.mover.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function save() {
    const { card, from, to } = held;
    if (isSame(from, to)) return letGo();
    putDown();
    board.saving.move(card, to);
    focusOn(card);
  }

  function letGo() {
    const { card, from, list, next } = held;
    putDown();
    draw(root, card, from);
    if (card.nextElementSibling !== next) list.insertBefore(card, next);
    focusOn(card);
    say(filled(words.gaveUp, { title: titleOf(card), place: told(root, words, from) }));
    board.saving.refresh();
  }

  function putDown() {
    const { card, mover } = held;
    held = null;
    board.isMoving = false;
    card.classList.remove("is-moving");
    showNothing(root, card);
    card.querySelector("a").focus({ preventScroll: true });
    mover.remove();
  }

  function focusOn(card) {
    card.querySelector("a").focus();
  }
}

function isStep(key) {
  return key.startsWith("Arrow") || "+=-".includes(key);
}
