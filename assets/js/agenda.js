// Shows which sessions of a page are in this browser's agenda, and puts them in and out in place.
// A page is the same for everyone, so it is told here. Who has no agenda, makes no request. Where a
// booking has been opened in this window, the rows of its seats say so, too.
import { keptAgenda, keepAgenda, keepSeats, keptSeats } from "./agenda-storage.js";

const FRESH = 60_000; // milliseconds for which the site is not asked again
const PLACES = ".row__what, .slot, .slot > div"; // of a star that has room for a line above it

export function stars() {
  const own = document.getElementById("my-agenda");
  if (own) keepAgenda(own.dataset.starred.split(" ").filter(Boolean));
  const seats = document.querySelector("[data-seats]");
  if (seats) keepSeats(JSON.parse(seats.dataset.seats));
  const form = document.getElementById("agenda");
  if (form?.dataset.starred) new Stars(form);
}

class Stars {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    this.buttons = [...document.querySelectorAll("button.star[form=agenda]")];
    this.status = document.body.appendChild(document.createElement("div"));
    this.status.className = "govuk-visually-hidden";
    this.status.setAttribute("role", "status");
    this.turn = Promise.resolve();
    this.isPressed = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = event.submitter;
      this.isPressed = true;
      this.turn = this.turn.then(() => this.press(button)); // the first makes the agenda
    });
    const kept = keptAgenda();
    this.show(kept?.sessions ?? []);
    const booked = keptSeats();
    this.mark(booked?.seats ?? {});
    if ([kept, booked].some((one) => one && Date.now() - one.at > FRESH)) this.ask();
  }

  show(sessions) {
    const starred = new Set(sessions);
    for (const button of this.buttons) {
      button.setAttribute("aria-pressed", String(starred.has(button.value)));
    }
  }

  mark(seats) {
    for (const old of document.querySelectorAll(".own-seat")) old.remove();
    for (const button of this.buttons) {
      if (!seats[button.value] || !button.parentElement.matches(PLACES)) continue;
      const line = document.createElement("p");
      const tag = line.appendChild(document.createElement("span"));
      line.className = "own-seat";
      tag.className = "tag tag--strong";
      tag.textContent = seats[button.value];
      button.before(line);
    }
  }

  async ask() {
    const answer = await fetch(this.words.starred).catch(() => undefined);
    if (!answer?.ok) return;
    const { sessions, seats } = await answer.json();
    if (!this.isPressed) this.learn({ sessions }); // else it was asked before, and knows less
    keepSeats(seats);
    this.mark(seats ?? {});
  }

  learn({ sessions }) {
    keepAgenda(sessions);
    this.show(sessions);
  }

  async press(button) {
    const isIn = button.getAttribute("aria-pressed") === "true";
    const body = new URLSearchParams(new FormData(this.form));
    body.set(isIn ? "remove" : "add", button.value);
    let answer;
    try {
      answer = await fetch(this.form.action, {
        method: "POST",
        body,
        headers: { Accept: "application/json" },
      });
    } catch {
      this.say(this.words.away, button);
      return;
    }
    if (answer.ok) {
      this.learn(await answer.json());
      this.say(isIn ? this.words.removed : this.words.added, button);
    } else {
      this.sendPlainly(isIn ? "remove" : "add", button.value); // the page that comes says why
    }
  }

  say(words, button) {
    this.status.textContent = words.replace("{}", () => button.querySelector("bdi").textContent);
  }

  sendPlainly(name, value) {
    const field = this.form.appendChild(document.createElement("input"));
    Object.assign(field, { type: "hidden", name, value });
    this.form.submit();
  }
}
