// The page on which somebody asks to keep the programme on this device, or to keep it no longer;
// and their agenda where the site cannot be reached.
import { keptAgenda } from "./kept-agenda.js";
import { forgetAll, match, readState } from "./offline/store.js";

const place = document.getElementById("offline");
const agenda = document.getElementById("offline-agenda");
if (place && "serviceWorker" in navigator && "caches" in window) begin(place);
if (agenda) fill(agenda);

async function begin({ dataset: words }) {
  const status = place.querySelector("[role=status]");
  const progress = place.querySelector("progress");
  const [keep, update, remove] = place.querySelectorAll("button");
  const say = (text) => (status.textContent = text);

  function show(state) {
    keep.hidden = Boolean(state);
    update.hidden = remove.hidden = !state;
    progress.hidden = true;
    const about = state?.leftOut ? ` ${words.left.replace("{}", state.leftOut)}` : "";
    if (state) say(`${state.told} ${words.pages.replace("{}", state.pages)}${about}`);
  }

  async function ask() {
    await navigator.serviceWorker.register(words.worker, { scope: "/" });
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    progress.hidden = false;
    say(words.working);
    port1.onmessage = ({ data }) => {
      if (data.all) Object.assign(progress, { max: data.all, value: data.kept });
      if (data.state) show(data.state);
      if (data.problem) readState().then(show).then(() => say(words[data.problem]));
    };
    active.postMessage({ root: words.root }, [port2]);
  }

  keep.addEventListener("click", () => ask().catch(() => say(words.away)));
  update.addEventListener("click", () => ask().catch(() => say(words.away)));
  remove.addEventListener("click", async () => {
    const registration = await navigator.serviceWorker.getRegistration("/");
    await registration?.unregister();
    await forgetAll();
    show();
    say(words.removed);
    keep.focus();
  });
  document.getElementById("offline-without").hidden = true;
  place.hidden = false;
  show(await readState().catch(() => undefined));
}

async function fill(place) {
  const starred = new Set(keptAgenda()?.sessions);
  const { programme: address, clash } = place.dataset;
  const answer = (await match(address)) ?? (await fetch(address));
  const programme = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = document.createDocumentFragment();
  for (const day of programme.querySelectorAll("h2.day")) {
    const rows = [...(day.nextElementSibling?.querySelectorAll(".row") ?? [])];
    const own = rows.filter((row) => starred.has(slugOf(row)));
    if (!own.length) continue;
    const list = document.createElement("ol");
    list.className = "rows";
    for (const row of own) {
      row.querySelector(".star")?.remove();
      row.classList.remove("row--same");
      list.append(row);
    }
    found.append(day, list);
  }
  tellClashes([...found.querySelectorAll(".row")], clash);
  if (found.childElementCount) place.replaceChildren(found);
}

function tellClashes(rows, words) {
  const goAhead = rows.filter((row) => !row.matches(".row--called-off"));
  for (const row of goAhead) {
    const atOnce = goAhead.filter((other) => other !== row && overlap(row, other));
    row.querySelector(".row__what").append(...atOnce.map((other) => aClash(other, words)));
  }
}

function overlap(one, other) {
  const [begins, ends = begins] = moments(one);
  const [otherBegins, otherEnds = otherBegins] = moments(other);
  return begins < otherEnds && otherBegins < ends;
}

function moments(row) {
  return [...row.querySelectorAll(".row__time time")].map((one) => Date.parse(one.dateTime));
}

function aClash(row, words) {
  const told = document.createElement("p");
  const tag = document.createElement("span");
  told.className = "clash";
  tag.className = "tag tag--warning";
  tag.textContent = words;
  const when = row.querySelector(".row__time").cloneNode(true).childNodes;
  told.append(tag, " ", row.querySelector("h3 a").cloneNode(true), ", ", ...when);
  return told;
}

function slugOf(row) {
  const address = row.querySelector("h3 a")?.getAttribute("href") ?? "";
  return decodeURIComponent(address.split("/sessions/")[1] ?? "");
}
