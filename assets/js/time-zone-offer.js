// Offers the time zone of this device where a page tells times. Nothing changes by itself: the
// zone is chosen in the list, and whoever wants it presses the button.

const PLACE = /^(?!Etc\/)[A-Za-z]+\/[\w/+-]+$/;

export function offerOwnZone() {
  const offer = document.querySelector("details[data-zone]");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!offer || !own || own === offer.dataset.zone || !PLACE.test(own)) return;
  const list = offer.querySelector("select");
  if (list.value) return; // another was asked for already
  const found = [...list.options].find((one) => one.value === own);
  const choice = found ?? new Option(own.split("/").at(-1).replaceAll("_", " "), own);
  if (!found) list.add(choice);
  list.value = own;
  const summary = offer.querySelector("summary");
  summary.textContent = summary.dataset.yours.replace("*", choice.text);
}
