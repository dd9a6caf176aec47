// A long programme never holds up a slow telephone: on a first visit, what comes after the first screens
// is laid out in the browser's spare time, a few sessions at a time and never while somebody scrolls
// (scss/_lazy-layout). Until then heights are guessed, so whoever comes back gets all of it at once and is
// led to the place in the list where they were.
const FEW = 6;
const AT_REST = 200; // milliseconds since anybody did anything
const ACTS = ["wheel", "touchmove", "keydown", "pointerdown"];

export function layOutInSpareTime() {
  const sessions = [...document.querySelectorAll(".row, .slot")].filter(isPutOff);
  if (!sessions.length || !window.requestIdleCallback) return;
  addEventListener("scrollend", () => keepPlace(sessions));
  const place = history.state?.place;
  if (place) comeBack(sessions, place);
  else layOutAtRest([...sessions], () => keepPlaceAgain(sessions));
}

function isPutOff(session) {
  return getComputedStyle(session).contentVisibility === "auto";
}

function layOutAtRest(waiting, done) {
  let actedAt = -AT_REST;
  const wait = () => (actedAt = performance.now());
  for (const act of ["scroll", ...ACTS]) addEventListener(act, wait, { passive: true });
  const goOn = () => {
    if (performance.now() - actedAt >= AT_REST) waiting.splice(0, FEW).forEach(layOut);
    if (waiting.length) requestIdleCallback(goOn);
    else requestAnimationFrame(() => requestIdleCallback(done)); // once the browser has moved things too
  };
  requestIdleCallback(goOn);
}

function layOut(session) {
  session.style.contentVisibility = "visible";
}

function keepPlace(sessions) {
  const seen = sessions.findIndex((session) => session.getBoundingClientRect().bottom > 0);
  const at = seen < 0 ? sessions.length - 1 : seen; // beneath the list
  history.replaceState({ ...history.state, place: { at, top: topOf(sessions[at]) } }, "");
}

// What is laid out at last moves what was noted while its height was guessed.
function keepPlaceAgain(sessions) {
  if (history.state?.place) keepPlace(sessions);
}

function comeBack(sessions, { at, top }) {
  sessions.forEach(layOut);
  const session = sessions[Math.min(at, sessions.length - 1)]; // there may be fewer by now
  let acts = false;
  for (const act of ACTS) addEventListener(act, () => (acts = true), { passive: true, once: true });
  history.scrollRestoration = "manual"; // the browser knows a distance from the top alone
  const lead = () => {
    if (!acts) scrollBy({ top: topOf(session) - top, behavior: "instant" });
    requestIdleCallback(() => (history.scrollRestoration = "auto"));
  };
  addEventListener("pageshow", lead, { once: true });
}

function topOf(session) {
  return session.getBoundingClientRect().top;
}
