// Offers the time zone of this device where a page tells times: by name in the link to the list of
// zones, and chosen already in that list. Nothing changes by itself: whoever wants it presses the button.

const PLACE = /^(?!Etc\/)[A-Za-z]+\/[\w/+-]+$/;

export function offerOwnZone() {
  const offer = document.querySelector("[data-zone]");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!offer || !own || own === offer.dataset.zone || !PLACE.test(own)) return;
  const name = own.split("/").at(-1).replaceAll("_", " ");
  if (offer.dataset.yours) offer.textContent = offer.dataset.yours.replace("*", name);
  const list = offer.querySelector("select");
  if (!list || list.value) return; // another was asked for already
  if (![...list.options].some((one) => one.value === own)) list.add(new Option(name, own));
  list.value = own;
}
