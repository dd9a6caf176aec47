// Finds speakers while somebody types: those whose name, role or organisation has words that begin with
// all that is typed. The button of the form asks the site for the same (find_speakers).

const PAUSE = 300; // milliseconds without a key, until the number found is said
const SPELLINGS = { ø: "o", æ: "ae", œ: "oe", ł: "l", đ: "d", ð: "d", þ: "th", ß: "ss" };

const box = document.getElementById("speaker-name");
const status = document.getElementById("speakers-found");
const letters = status.nextElementSibling;
const lists = [...document.querySelectorAll("#main .people")];
const speakers = lists.flatMap((list) => [...list.children]);
const words = new Map(speakers.map((one) => [one, split(read(one))]));
let timer;

function read(speaker) {
  return [...speaker.querySelectorAll("bdi")].map((one) => one.textContent).join(" ");
}

function split(text) {
  const plain = text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
  return plain.replace(/[øæœłđðþß]/g, (one) => SPELLINGS[one]).match(/[\p{L}\p{N}]+/gu) ?? [];
}

function find() {
  const asked = split(box.value);
  const isFound = (speaker) =>
    asked.every((part) => words.get(speaker).some((word) => word.startsWith(part)));
  for (const speaker of speakers) speaker.hidden = !isFound(speaker);
  for (const list of lists) {
    list.hidden = [...list.children].every((speaker) => speaker.hidden);
    list.previousElementSibling.hidden = list.hidden; // the letter
  }
  const count = speakers.filter((speaker) => !speaker.hidden).length;
  letters.hidden = asked.length > 0;
  status.classList.toggle("govuk-visually-hidden", !asked.length);
  clearTimeout(timer);
  timer = setTimeout(() => announce(asked.length > 0, count), PAUSE);
}

function announce(isAsked, count) {
  const { found, none } = status.dataset;
  status.textContent = !isAsked ? "" : count ? found.replace("*", count) : none;
}

box.addEventListener("input", find);
if (box.value) find(); // the browser has kept what was typed
