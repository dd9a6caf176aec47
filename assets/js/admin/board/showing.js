// What is seen while a session is moved: beside it stands what is said aloud, and the sessions that it
// would clash with are marked. Until the site has answered, the marks of the place before stay.

const BELOW = 130; // pixels: where less is left, the words stand above
const BESIDE = 300;

export function showThere(root, card, found) {
  const bar = root.querySelector(".board-bar");
  card.dataset.told = bar.querySelector("[role=status]").textContent;
  if (found) {
    bar.classList.toggle("board-bar--clash", found.count > 0);
    card.classList.toggle("slot--clash", found.count > 0);
    for (const other of root.querySelectorAll(".board-slots .slot")) {
      other.classList.toggle("is-in-the-way", (found.others ?? []).includes(other.dataset.key));
    }
  }
  const box = root.querySelector(".board-box").getBoundingClientRect();
  const own = card.getBoundingClientRect();
  card.classList.toggle("is-low", own.bottom > box.bottom - BELOW);
  card.classList.toggle("is-far", own.left > box.right - BESIDE);
}

export function showNothing(root, card) {
  delete card.dataset.told;
  card.classList.toggle("slot--clash", card.querySelector(".slot-clashes") !== null);
  root.querySelector(".board-bar").classList.remove("board-bar--clash");
  for (const other of root.querySelectorAll(".is-in-the-way")) other.classList.remove("is-in-the-way");
}
