// A double click sends a form once; another button of the form, such as that of another file format,
// sends it again. The button stays enabled, so its name and value are sent.
const PAUSE = 1500; // milliseconds

export function sendOnce() {
  document.addEventListener("submit", (event) => {
    const pressed = event.submitter ?? event.target;
    const now = Date.now();
    if (now - Number(pressed.dataset.sentAt ?? 0) < PAUSE) event.preventDefault();
    else pressed.dataset.sentAt = String(now);
  });
}
