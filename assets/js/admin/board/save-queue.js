// Moves are shown at once and saved one after the other, so that none blocks the next. What cannot
// be saved goes back, and says so. Undo and redo are moves too.

import { filled, keep, placeOf, roomOf, told, typed } from "./positions.js";

const DONE = { undo: "undone", redo: "redone" };
const NOTHING = { undo: "nothingUndone", redo: "nothingRedone" };

export function makeSaving(board) {
  const { root, words, say } = board;
  const waiting = [];
  const past = { undo: [], redo: [] };
  const versions = new Map();
  let isSending = false;
  let unseen = ""; // the newest answer, while the board must not be put in anew

  function move(card, to, how = "move") {
    const job = { slug: card.dataset.slug, from: placeOf(card), to, how };
    keep(root, card, to);
    say(filled(words.saving, { title: titleOf(card), place: told(root, words, to) }));
    waiting.push(job);
    void send();
  }

  function turn(how, other) {
    const job = past[how].pop();
    const card = job && board.card(job.slug);
    if (card) move(card, job[how === "undo" ? "from" : "to"], how);
    else say(words[NOTHING[how]]);
    showButtons();
  }

  async function send() {
    if (isSending) return;
    isSending = true;
    root.setAttribute("aria-busy", "true");
    while (waiting.length) await save(waiting.shift());
    isSending = false;
    root.removeAttribute("aria-busy");
    refresh();
  }

  async function save(job) {
    let answer;
    try {
      const response = await fetch(`${root.dataset.board}/${job.slug}/place${location.search}`, { method: "POST", body: asked(job.slug, job.to) });
      if (response.redirected || response.status === 400 || response.status === 401) return failed(job, words.signIn);
      answer = { isSaved: response.ok, ...(await response.json()) };
    } catch {
      return failed(job, words.back);
    }
    take(answer.html);
    if (answer.isSaved) note(job);
    else forget(job.slug);
    const done = answer.isSaved && words[DONE[job.how]];
    say([done, answer.said].filter(Boolean).join(" "));
  }

  function asked(slug, to) {
    return new URLSearchParams({
      csrf_token: root.dataset.token,
      expected_version: versions.get(slug) ?? board.card(slug).dataset.version,
      day: board.day(),
      start: typed(to.start),
      minutes: to.minutes,
      room: roomOf(root, to).key,
    });
  }

  function failed(job, sentence) {
    forget(job.slug);
    const card = board.card(job.slug);
    if (!card) return;
    keep(root, card, job.from);
    say(filled(sentence, { title: titleOf(card), place: told(root, words, job.from) }));
  }

  // What was to follow a move that failed was meant for another place: it is not sent.
  function forget(slug) {
    const others = waiting.filter((job) => job.slug !== slug);
    waiting.splice(0, waiting.length, ...others);
  }

  function note({ slug, from, to, how }) {
    if (how === "move") past.redo.length = 0;
    past[how === "undo" ? "redo" : "undo"].push({ slug, from: how === "undo" ? to : from, to: how === "undo" ? from : to });
    showButtons();
  }

  function showButtons() {
    for (const how of ["undo", "redo"]) {
      root.querySelector(`[data-${how}]`).setAttribute("aria-disabled", String(!past[how].length));
    }
  }

  function take(html) {
    unseen = html;
    const seen = document.createElement("template");
    seen.innerHTML = html;
    for (const card of seen.content.querySelectorAll("[data-slug]")) {
      versions.set(card.dataset.slug, card.dataset.version);
    }
  }

  // Puts the newest answer in, unless something is pressed, moved or sent; then it comes later.
  function refresh() {
    if (!unseen || isSending || board.isMoving || board.isPressed) return;
    const focused = document.activeElement?.closest("[data-slug]")?.dataset.slug;
    const sought = root.querySelector("#board-find")?.value;
    const scrolled = [".board-box", ".board-tray"].map((name) => [name, place(name)]);
    root.querySelector("#board-day").innerHTML = unseen;
    unseen = "";
    const box = root.querySelector("#board-find");
    if (box) box.value = sought ?? box.value;
    board.onRefresh();
    for (const [name, [top, left]] of scrolled) root.querySelector(name).scrollTo({ top, left, behavior: "instant" });
    if (focused) board.card(focused)?.querySelector("a")?.focus({ preventScroll: true });
  }

  function place(name) {
    const { scrollTop, scrollLeft } = root.querySelector(name);
    return [scrollTop, scrollLeft];
  }

  return { move, asked, refresh, undo: () => turn("undo"), redo: () => turn("redo") };
}

export function titleOf(card) {
  return card.querySelector("bdi").textContent;
}
