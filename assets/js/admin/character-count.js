// How many characters there is still room for, beneath a text that may have only so many.
//
// It is seen at once, and said aloud when typing rests, so that nobody is spoken over. The field
// takes more all the same: the form says what is too long, and nothing typed is lost.
const PAUSE = 1000; // milliseconds

export function tellRoom() {
  for (const field of document.querySelectorAll("textarea[data-most]")) watch(field);
}

function watch(field) {
  const { most, left, over } = field.dataset;
  const shown = made("p", "govuk-hint");
  const said = made("p", "govuk-visually-hidden");
  const number = new Intl.NumberFormat(document.documentElement.lang);
  shown.setAttribute("aria-hidden", "true");
  said.setAttribute("role", "status");
  let waiting = 0;

  const look = () => {
    const room = Number(most) - [...field.value.normalize("NFC").trim()].length;
    shown.textContent = (room < 0 ? over : left).replace("…", number.format(Math.abs(room)));
    shown.className = room < 0 ? "govuk-error-message" : "govuk-hint";
  };
  field.addEventListener("input", () => {
    look();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      said.textContent = shown.textContent;
    }, PAUSE);
  });
  field.after(shown, said);
  look();
}

function made(name, className) {
  return Object.assign(document.createElement(name), { className });
}
