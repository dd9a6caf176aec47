// A box in the head of a list that ticks every row at once, and says how many are ticked.
export function tickAll() {
  for (const all of document.querySelectorAll("input[data-tick-all]")) {
    const rows = [...all.closest("table").querySelectorAll('input[name="chosen"]')];
    const show = () => {
      const ticked = rows.filter((row) => row.checked).length;
      all.checked = ticked === rows.length;
      all.indeterminate = ticked > 0 && ticked < rows.length;
    };
    all.closest("label").hidden = false;
    all.addEventListener("change", () => {
      for (const row of rows) row.checked = all.checked;
      show();
    });
    for (const row of rows) row.addEventListener("change", show);
    show();
  }
}
