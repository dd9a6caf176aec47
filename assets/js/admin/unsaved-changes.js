// Asks before a form is left that has answers which are not saved. What counts is whether an answer
// differs from the one that the page came with, so whoever types it back is not asked. A page that
// came back with answers already typed (`data-unsaved`) has some from the beginning. A short form of
// admin has a way back beside its buttons; sliders of a crop differ as soon as they are drawn.

const SHORT = ".office form:has(> .buttons a):not(:has([data-part]))";
const FORMS = `form:has(.save-bar), form.writing, ${SHORT}`;

export function askAboutUnsavedChanges() {
  const forms = [...document.querySelectorAll(FORMS)];
  let isLeaving = false; // by the form itself

  for (const form of forms) {
    form.addEventListener("submit", (event) => {
      isLeaving = !event.defaultPrevented;
    });
  }
  addEventListener("pageshow", () => {
    isLeaving = false;
  });
  addEventListener("beforeunload", (event) => {
    if (!isLeaving && forms.some(isUnsaved)) event.preventDefault();
  });
}

function isUnsaved(form) {
  return "unsaved" in form.dataset || [...form.elements].some(isChanged);
}

function isChanged(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type === "file") return field.files.length > 0;
  if (field.localName === "select") return isChosenAnew(field);
  return field.defaultValue !== undefined && field.value !== field.defaultValue;
}

function isChosenAnew(select) {
  const first = [...select.options].findIndex((option) => option.defaultSelected);
  return select.selectedIndex !== Math.max(first, 0);
}
