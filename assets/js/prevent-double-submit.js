// A double click sends a form once. The button stays enabled, so its name and value are sent. A form
// that downloads files keeps its page, so each of its buttons is a form of its own here.
const PAUSE = 1500; // milliseconds

export function sendOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const sent = "downloads" in form.dataset && event.submitter ? event.submitter : form;
    const now = Date.now();
    if (now - Number(sent.dataset.sentAt ?? 0) < PAUSE) event.preventDefault();
    else sent.dataset.sentAt = String(now);
  });
}
