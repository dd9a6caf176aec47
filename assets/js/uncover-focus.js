// In a grid that scrolls sideways, what gets the focus is brought out from beneath the hours. A browser does
// that by itself for the rooms above, but not sideways, where a part that can be seen is enough for it.
const SPACE = 8; // pixels

export function uncoverFocus() {
  for (const box of document.querySelectorAll(".board-box")) {
    box.addEventListener("focusin", ({ target }) => uncover(box, target));
  }
}

function uncover(box, target) {
  const hour = box.querySelector(".board-hours span");
  if (target === box || !hour) return;
  const [hours, it] = [hour, target].map((one) => one.getBoundingClientRect());
  const isFromTheRight = document.dir === "rtl";
  const covered = isFromTheRight ? it.right - hours.left : hours.right - it.left;
  if (covered > 0) box.scrollBy({ left: (isFromTheRight ? 1 : -1) * (covered + SPACE) });
}
