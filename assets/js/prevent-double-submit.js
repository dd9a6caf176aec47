// A double click sends a form once. The button stays enabled, so its name and value are sent.
const PAUSE = 1500; // milliseconds

export function sendOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const now = Date.now();
    if (now - Number(form.dataset.sentAt ?? 0) < PAUSE) event.preventDefault();
    else form.dataset.sentAt = String(now);
  });
}
