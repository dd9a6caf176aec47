// Questions that depend on an answer on the same page are asked as soon as it is given, and no longer once it is
// taken back. Without this script the next page asks them. A part that is not asked is disabled, so it is not sent.
const form = document.querySelector("form:has(.asks)");

for (const template of form?.querySelectorAll("template") ?? []) template.replaceWith(template.content);

function answersTo(name) {
  const fields = [...form.querySelectorAll(`[name="${name}"]:enabled`)];
  const given = fields.filter((one) => !["radio", "checkbox"].includes(one.type) || one.checked);
  return given.map((one) => (one.type === "checkbox" && one.value === "y" ? "yes" : one.value)).filter(Boolean);
}

function isMet({ when, operator, value }) {
  const answers = answersTo(when);
  return operator === "answered" ? answers.length > 0 : answers.includes(value);
}

// In the order of the page, since a question may depend on one that depends on another.
function update() {
  for (const part of form.querySelectorAll("[data-when]")) {
    if (!form.querySelector(`[name="${part.dataset.when}"]`)) continue; // answered on an earlier page
    const isAsked = isMet(part.dataset);
    part.hidden = !isAsked;
    for (const field of part.querySelectorAll("input, select, textarea")) field.disabled = !isAsked;
  }
}

form?.addEventListener("change", update);
form?.addEventListener("input", update);
if (form) update();
