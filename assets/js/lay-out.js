// A long programme never holds up a slow telephone: sessions far from the window are laid out in the
// browser's spare time, a few at a time (scss/_programme). Until then their heights are guessed, so
// whoever comes back to the page is led to the session that they saw, not to a distance from its top.
const FEW = 6;

export function layOutInSpareTime() {
  const waiting = [...document.querySelectorAll(".row, .slot")].filter(isPutOff);
  if (!waiting.length) return;
  addEventListener("scrollend", () => keepPlace(waiting));
  if (history.state) comeBack(waiting);
  else layOutFew(waiting, 0);
}

function isPutOff(session) {
  return getComputedStyle(session).contentVisibility === "auto";
}

function layOutFew(sessions, from) {
  requestIdleCallback(() => {
    const to = from + FEW;
    sessions.slice(from, to).forEach(layOut);
    if (to < sessions.length) layOutFew(sessions, to);
  });
}

function layOut(session) {
  session.style.contentVisibility = "visible";
}

function keepPlace(sessions) {
  const seen = sessions.findIndex((session) => session.getBoundingClientRect().bottom > 0);
  history.replaceState({ seen, top: topOf(sessions.at(seen)) }, "");
}

function comeBack(sessions) {
  sessions.forEach(layOut);
  const { seen, top } = history.state;
  const session = sessions.at(seen) ?? sessions.at(-1); // the programme may be shorter by now
  const show = () => scrollBy({ top: topOf(session) - top, behavior: "instant" });
  addEventListener("pageshow", show, { once: true }); // when the browser has tried for itself
}

function topOf(session) {
  return session.getBoundingClientRect().top;
}
