// Moving a session with the mouse or a pen: drag it, or its lower edge for its length. Whatever can be
// done so can be done with the keyboard and with the session's form.

import { draw, filled, isSame, measured, placeOf, STEP, told } from "./positions.js";
import { titleOf } from "./save-queue.js";

const FAR = 5; // pixels: less is a click
const EDGE = 9; // pixels at the lower end of a session that change its length
const NEAR = 48; // pixels from the side of the board where it begins to scroll
const PAUSE = 30; // milliseconds

export function moveByPointer(board) {
  const { root, words, say } = board;
  let drag = null;

  root.addEventListener("pointerdown", (event) => {
    const card = event.target.closest(".slot");
    const isDrawn = root.querySelector(".board-hours").offsetParent; // not on a small screen
    if (!card?.querySelector("a") || !isDrawn || board.isMoving) return;
    if (event.button || event.pointerType === "touch") return;
    const { bottom, top } = card.getBoundingClientRect();
    const from = placeOf(card);
    const sizes = from.start !== null && bottom - event.clientY < EDGE;
    drag = { card, from, to: from, sizes, x: event.clientX, y: event.clientY, above: event.clientY - top, isOn: false };
    addEventListener("pointermove", follow);
    addEventListener("pointerup", drop, { once: true });
    addEventListener("pointercancel", giveUp, { once: true });
    addEventListener("keydown", escape, true);
  });

  function follow(event) {
    Object.assign(drag, { nowX: event.clientX, nowY: event.clientY });
    if (!drag.isOn && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FAR) return;
    if (!drag.isOn) begin();
    go();
  }

  function begin() {
    drag.isOn = true;
    board.isMoving = true;
    drag.card.classList.add("is-moving");
    root.classList.add("is-dragging");
    drag.timer = setInterval(scroll, PAUSE);
  }

  function go() {
    const to = aimed();
    if (isSame(to, drag.to)) return;
    drag.to = to;
    draw(root, drag.card, to);
    say(filled(words.here, { place: told(root, words, to) }));
    board.ask(drag.card, to);
  }

  // Where the pointer puts it: in steps of five minutes, inside the board; beside it, without a time.
  function aimed() {
    const { from, nowX, nowY } = drag;
    const { box, first, last, minute, columns } = measured(root);
    const at = (y) => Math.round((first + (y - box.top) / minute) / STEP) * STEP;
    if (drag.sizes) return { ...from, minutes: Math.max(STEP, at(nowY) - from.start) };
    if (document.elementFromPoint(nowX, nowY)?.closest(".board-tray")) return { ...from, start: null };
    const across = columns.findIndex((room) => isWithin(room.getBoundingClientRect(), nowX));
    const above = from.start === null ? 0 : drag.above;
    return {
      start: Math.min(Math.max(at(nowY - above), first), last - STEP),
      minutes: from.minutes,
      column: across < 0 ? drag.to.column : across,
    };
  }

  function scroll() {
    const box = root.querySelector(".board-box");
    const { left, right, top, bottom } = box.getBoundingClientRect();
    const pull = (now, low, high) => (now < low + NEAR ? -1 : now > high - NEAR ? 1 : 0) * 12;
    const isInside = drag.nowX > left && drag.nowX < right;
    if (!isInside) return;
    box.scrollBy({ left: pull(drag.nowX, left, right), top: pull(drag.nowY, top, bottom), behavior: "instant" });
    go();
  }

  function drop() {
    const { card, from, to, isOn } = end();
    if (!isOn) return;
    addEventListener("click", refuse, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", refuse, true));
    if (isSame(from, to)) back(card, from);
    else board.saving.move(card, to);
  }

  function escape(event) {
    if (event.key === "Escape") giveUp();
  }

  function giveUp() {
    const { card, from, isOn } = end();
    if (isOn) back(card, from);
  }

  function back(card, from) {
    draw(root, card, from);
    say(filled(words.gaveUp, { title: titleOf(card), place: told(root, words, from) }));
    board.saving.refresh();
  }

  function end() {
    const ended = drag;
    drag = null;
    clearInterval(ended.timer);
    board.isMoving = false;
    ended.card.classList.remove("is-moving");
    root.classList.remove("is-dragging");
    removeEventListener("pointermove", follow);
    removeEventListener("pointerup", drop);
    removeEventListener("pointercancel", giveUp);
    removeEventListener("keydown", escape, true);
    return ended;
  }
}

function isWithin({ left, right }, x) {
  return x >= left && x < right;
}

function refuse(event) {
  event.preventDefault();
  event.stopPropagation();
}
