// A box in the head of a list that ticks every row of the page, and how many rows are ticked.
export function tickAll(root = document) {
  for (const all of root.querySelectorAll("input[data-tick-all]")) {
    const rows = [...all.closest("table").querySelectorAll('input[name="chosen"]')];
    const form = all.closest("form");
    const selected = form?.querySelector("[data-selected]");
    const whole = form?.querySelector('input[name="all"]');
    const show = () => {
      const ticked = rows.filter((row) => row.checked).length;
      all.checked = ticked === rows.length;
      all.indeterminate = ticked > 0 && ticked < rows.length;
      if (!selected) return;
      const number = whole?.checked ? Number(whole.dataset.number) : ticked;
      selected.textContent = number ? selected.dataset.selected.replace("…", number) : "";
    };
    all.closest("label").hidden = false;
    all.addEventListener("change", () => {
      for (const row of rows) row.checked = all.checked;
      show();
    });
    for (const row of rows) row.addEventListener("change", show);
    whole?.addEventListener("change", () => {
      for (const row of rows) row.checked = whole.checked;
      show();
    });
    show();
  }
}

// Shift and a click tick all rows between this one and the one before, or remove their ticks.
export function tickRanges() {
  let previous;
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches('input[name="chosen"]')) return;
    const rows = [...box.form.querySelectorAll('input[name="chosen"]')];
    const between = [rows.indexOf(previous), rows.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && between[0] >= 0)
      for (const row of rows.slice(between[0], between[1] + 1)) row.checked = box.checked;
    previous = box;
  });
}
