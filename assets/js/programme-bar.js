// The panels of the bar above the programme close once something is chosen, by Escape, and when
// somebody goes on elsewhere. Without scripts they are plain <details>.
export function closeBarPanels() {
  const bar = document.querySelector(".bar");
  if (!bar) return;
  const close = (except) => {
    for (const one of bar.querySelectorAll("details[open]")) if (one !== except) one.open = false;
  };
  document.addEventListener("click", ({ target }) => {
    if (!bar.contains(target) || target.closest("a[href^='#']")) close();
  });
  bar.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget) close(relatedTarget.closest(".bar details"));
  });
  bar.addEventListener("keydown", ({ key, target }) => {
    const panel = key === "Escape" && target.closest("details[open]");
    if (!panel) return;
    close();
    panel.querySelector("summary").focus();
  });
}
