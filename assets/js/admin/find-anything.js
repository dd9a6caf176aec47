// Ctrl+K, or ⌘K, goes to the search across everything; so does a slash where nothing is being typed.
// Whoever has switched off the access keys of the site has no key of a single character either.

const TYPED_IN = "input, select, textarea, [contenteditable]";

export function findAnything() {
  const box = document.getElementById("find-all");
  if (!box) return;
  document.addEventListener("keydown", (event) => {
    const withControl = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if ((withControl && event.key === "k") || isPlainSlash(event)) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });
}

function isPlainSlash(event) {
  const isPlain = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
  return isPlain && !event.target.closest(TYPED_IN) && !document.cookie.includes("access_keys=off");
}
