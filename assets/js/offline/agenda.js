// An agenda where the site cannot be reached: the sessions that this browser remembers, from the
// programme that is kept. It says what the agenda of the site says (app/agenda/listing.py): what is at
// the same time, and where there is no time to walk from one room to another.
import { keptAgenda } from "../agenda-storage.js";
import { match } from "./cache.js";

const A_MINUTE = 60_000; // milliseconds

export async function fill(place) {
  const starred = new Set(keptAgenda()?.sessions);
  const { programme: address } = place.dataset;
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
  if (!found.childElementCount) return;
  tellTroubles([...found.querySelectorAll(".row")].map(read), place.dataset);
  document.getElementById("offline-trouble").hidden = !found.querySelector(".clash");
  document.getElementById("offline-told").hidden = false;
  place.replaceChildren(found);
}

function slugOf(row) {
  const address = row.querySelector("h3 a")?.getAttribute("href") ?? "";
  return decodeURIComponent(address.split("/sessions/")[1] ?? "");
}

function read(row) {
  const times = [...row.querySelectorAll(".row__time time")];
  const [begins, ends = begins] = times.map((one) => Date.parse(one.dateTime));
  const room = row.querySelector("[data-room]")?.textContent;
  return { row, begins, ends, room, hasEnd: times.length > 1, until: times.at(-1)?.textContent };
}

function tellTroubles(sessions, words) {
  const reach = Number(words.walking) * A_MINUTE;
  const inOrder = sessions.filter(({ row, begins }) => begins && !row.matches(".row--called-off"));
  const named = nameClashes(inOrder);
  const told = inOrder.map((one, at) => [
    ...(inOrder.some((other) => overlap(one, other)) ? [aClash(named[at], words)] : []),
    ...inOrder
      .slice(0, at)
      .filter((before) => isTooFar(before, one, reach))
      .map((before) => aWalk(before, words)),
  ]);
  inOrder.forEach(({ row }, at) => row.querySelector(".row__what").append(...told[at]));
}

// Each clash is named once: by the first of its sessions, unless a row above names all of them.
function nameClashes(inOrder) {
  const groups = [];
  return inOrder.map((one, at) => {
    const later = inOrder.slice(at + 1).filter((other) => overlap(one, other));
    const group = [one, ...later];
    if (groups.some((above) => group.every((each) => above.includes(each)))) return [];
    groups.push(group);
    return later;
  });
}

function overlap(one, other) {
  return one !== other && one.begins < other.ends && other.begins < one.ends;
}

function isTooFar(before, after, reach) {
  const wait = after.begins - before.ends;
  const goesElsewhere = before.room && after.room && before.room !== after.room;
  return goesElsewhere && wait >= 0 && wait < reach;
}

function aClash(others, words) {
  const links = others.flatMap(({ row }) => ["; ", link(row)]).slice(1);
  return aTrouble(words.clash, ...(links.length ? [`${words.overlaps} `, ...links] : []));
}

function aWalk({ row, hasEnd, until, room }, words) {
  const sentence = hasEnd ? words.ends : words.begins;
  const where = sentence.replace("{time}", () => until).replace("{room}", () => room);
  return aTrouble(words.walk, `${words.from} `, link(row), `, ${where}`);
}

function aTrouble(words, ...about) {
  const told = document.createElement("p");
  const tag = document.createElement("span");
  told.className = "clash";
  tag.className = "tag tag--warning";
  tag.textContent = words;
  told.append(tag, " ", ...about);
  return told;
}

function link(row) {
  const title = row.querySelector("h3");
  const copy = title.querySelector("a").cloneNode(true);
  if (title.lang) copy.lang = title.lang;
  return copy;
}
