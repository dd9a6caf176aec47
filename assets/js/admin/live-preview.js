// What is being written, shown as readers would see it, shortly after each pause in typing.
const PAUSE = 400; // milliseconds

export function livePreview() {
  const form = document.querySelector("form[data-preview]");
  const shown = form && document.getElementById(form.dataset.preview);
  if (!shown) return;
  let waiting = 0;
  let asked = 0;

  const show = async () => {
    const number = ++asked;
    const typed = new FormData(form);
    typed.set("preview", "live"); // which stores nothing
    try {
      const answer = await fetch(form.action, { method: "POST", body: typed });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(form.dataset.preview);
      if (fresh && number === asked) shown.replaceChildren(...fresh.childNodes);
    } catch {
      // The button “Preview” still works when the line is back.
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE);
  });
}
