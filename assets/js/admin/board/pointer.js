// Moving a session with the mouse or a pen: drag it, or the handle at its end for its length, which
// can also be dragged with a finger. Whatever can be done so can be done with the keyboard and with the
// session's form.

import { draw, extend, filled, isSame, measured, placeOf, STEP, told } from "./positions.js";
import { titleOf } from "./save-queue.js";
import { showNothing } from "./showing.js";

const FAR = 5; // pixels: less is a click
const NEAR = 48; // pixels from the side of the board where it begins to scroll
const LATEST = 24 * 60; // minutes
const PAUSE = 30; // milliseconds
const LONGER_AFTER = 20; // pauses at the end of the board, until it grows by an hour

export function moveByPointer(board) {
  const { root, words, say } = board;
  let drag = null;

  root.addEventListener("pointerdown", (event) => {
    const card = event.target.closest(".slot");
    const isDrawn = root.querySelector(".board-hours").offsetParent; // not on a small screen
    if (!card?.querySelector("a") || !isDrawn || board.isMoving) return;
    const sizes = Boolean(event.target.closest(".slot-end"));
    if (event.button || (event.pointerType === "touch" && !sizes)) return;
    if (sizes) event.preventDefault();
    const from = placeOf(card);
    const { x, y } = { x: event.clientX, y: event.clientY };
    const { box, first, minute } = measured(root);
    const end = box.top + (from.start + from.minutes - first) * minute; // of the session, however large it is drawn
    const above = y - card.getBoundingClientRect().top;
    drag = { card, from, to: from, sizes, x, y, above, below: end - y, began: columnAt(x), isOn: false };
    board.isPressed = true;
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
    const beside = root.querySelector(".board-beside");
    beside.style.minBlockSize = `${beside.offsetHeight}px`; // nothing jumps while its list floats
    root.classList.add("is-dragging");
    root.classList.toggle("is-sizing", drag.sizes);
    drag.timer = setInterval(scroll, PAUSE);
  }

  function go() {
    const to = aimed();
    if (isSame(to, drag.to)) return;
    drag.to = to;
    if (to.start !== null) extend(root, words, Math.min(to.start + to.minutes, LATEST) - STEP);
    draw(root, drag.card, to);
    say(filled(words.here, { place: told(root, words, to) }));
    board.ask(drag.card, to);
  }

  function columnAt(x) {
    return measured(root).columns.findIndex((room) => isWithin(room.getBoundingClientRect(), x));
  }

  // Where the pointer puts it: in steps of five minutes, inside the board; beside it, without a time.
  function aimed() {
    const { from, nowX, nowY } = drag;
    const { box, first, last, minute } = measured(root);
    const at = (y) => Math.round((first + (y - box.top) / minute) / STEP) * STEP;
    if (drag.sizes) return { ...from, minutes: Math.max(STEP, at(nowY + drag.below) - from.start) };
    if (document.elementFromPoint(nowX, nowY)?.closest(".board-tray")) return { ...from, start: null };
    const across = columnAt(nowX);
    const above = from.start === null ? 0 : drag.above;
    return {
      start: Math.min(Math.max(at(nowY - above), first), last - STEP),
      minutes: from.minutes,
      column: columnFor(across),
    };
  }

  // A session that lies across all rooms stays in its own until the pointer is over another.
  function columnFor(across) {
    if (across < 0) return drag.to.column;
    return across === drag.began ? drag.from.column : across;
  }

  function scroll() {
    const box = root.querySelector(".board-box");
    const { left, right, top, bottom } = box.getBoundingClientRect();
    const pull = (now, low, high) => (now < low + NEAR ? -1 : now > high - NEAR ? 1 : 0) * 12;
    const isInside = drag.nowX > left && drag.nowX < right;
    if (!isInside) return;
    const [across, down] = [pull(drag.nowX, left, right), pull(drag.nowY, top, bottom)];
    const before = box.scrollTop;
    box.scrollBy({ left: across, top: down, behavior: "instant" });
    drag.waits = down && box.scrollTop === before ? (drag.waits ?? 0) + 1 : 0;
    if (drag.waits >= LONGER_AFTER) lengthen(down);
    go();
  }

  function lengthen(down) {
    const { first, last } = measured(root);
    extend(root, words, down < 0 ? first - 60 : last);
    drag.waits = 0;
  }

  function drop() {
    const { card, from, to, isOn } = end();
    if (!isOn) {
      setTimeout(board.saving.refresh); // once it was clicked
      return;
    }
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
    else board.saving.refresh();
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
    board.isPressed = false;
    ended.card.classList.remove("is-moving");
    root.classList.remove("is-dragging", "is-sizing");
    root.querySelector(".board-beside").style.minBlockSize = "";
    showNothing(root, ended.card);
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
