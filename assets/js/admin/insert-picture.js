// Buttons that insert a picture into the text: at the caret, as a paragraph of its own.

export function insertPictures() {
  const text = document.querySelector("textarea[data-previewed]");
  for (const button of text ? document.querySelectorAll("[data-insert]") : []) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const before = text.value.slice(0, text.selectionStart).trimEnd();
      const after = text.value.slice(text.selectionEnd).trimStart();
      const parts = [before, button.dataset.insert, after].filter(Boolean);
      text.value = parts.join("\n\n");
      const caret = parts.slice(0, before ? 2 : 1).join("\n\n").length;
      text.focus();
      text.setSelectionRange(caret, caret);
      text.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}
