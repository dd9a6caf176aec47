// Buttons that insert something into the text: at the caret, a picture or a part of an email as a
// paragraph of its own, a word in its line. A word goes into the subject if that was typed in last.

export function insertPictures() {
  const text = document.querySelector("textarea[data-previewed]");
  let line = null;
  text?.form.addEventListener("focusin", ({ target }) => {
    if (target.matches("input[type=text], textarea")) line = target;
  });
  for (const button of text ? document.querySelectorAll("[data-insert]") : []) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const words = button.dataset.insert;
      if ("inline" in button.dataset) insertWord(line ?? text, words);
      else insertParagraph(text, words);
    });
  }
}

function insertWord(field, words) {
  field.focus();
  field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function insertParagraph(text, words) {
  const before = text.value.slice(0, text.selectionStart).trimEnd();
  const after = text.value.slice(text.selectionEnd).trimStart();
  const parts = [before, words, after].filter(Boolean);
  text.value = parts.join("\n\n");
  const caret = parts.slice(0, before ? 2 : 1).join("\n\n").length;
  text.focus();
  text.setSelectionRange(caret, caret);
  text.dispatchEvent(new Event("input", { bubbles: true }));
}
