// Says some minutes before someone is signed out that this will happen, and lets them stay.
//
// The page says how many seconds are left. Pages of the same site that are open beside it tell
// each other when the end is put off. Nothing is kept in the browser.
const WARNING = 5 * 60_000; // milliseconds before the end
const LOOK = 5_000;

export function sayWhenSignedOut() {
  const box = document.querySelector("[data-ending]");
  if (!box) return;
  const status = box.querySelector("[role=status]");
  box.append(box.querySelector("template").content);
  const dialog = box.querySelector("dialog");
  const words = (name) => box.querySelector(`[data-${name}]`);
  const others = new BroadcastChannel("signed-in");
  const mayStay = box.dataset.mayStay === "yes";
  let end = Date.now() + Number(box.dataset.ending) * 1000;
  let shown = "";

  const show = (when) => {
    if (shown === when) return;
    shown = when;
    if (!when) return dialog.close();
    for (const part of dialog.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== when;
    const heading = dialog.querySelector(`#ending-${when}`);
    dialog.setAttribute("aria-labelledby", heading.id);
    if (!dialog.open) dialog.showModal();
    heading.focus();
  };
  const look = () => {
    const left = end - Date.now();
    if (left <= 0) show("over");
    else if (left <= WARNING) show(mayStay ? "soon" : "last");
    else if (shown) show("");
  };
  const putOff = (moment) => {
    end = Math.max(end, moment);
    look();
  };

  words("stayed").hidden = true;
  words("failed").hidden = true;
  dialog.querySelector("[data-when=soon] form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (answer.status === 401) return show("over");
      const { left, until } = await answer.json();
      others.postMessage(Date.now() + left * 1000);
      putOff(Date.now() + left * 1000);
      status.textContent = words("stayed").textContent.replace("…", until);
    } catch {
      form.after(words("failed"));
      words("failed").hidden = false;
    }
  });
  others.addEventListener("message", (event) => putOff(event.data));
  if (mayStay) others.postMessage(end);
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOK);
  look();
}
