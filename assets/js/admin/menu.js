// At the side the menu is open, so that it can scroll by itself where the window is lower than it;
// it begins where the current page is in view.
export function openMenuAtSide() {
  const menu = document.querySelector(".office-menu details");
  if (!menu) return;
  const atSide = matchMedia("(min-width: 64rem)");
  const follow = () => {
    menu.open = atSide.matches;
  };
  follow();
  atSide.addEventListener("change", follow);
  const current = menu.querySelector("[aria-current]");
  if (current) menu.scrollTop = current.offsetTop - menu.clientHeight / 2;
}
