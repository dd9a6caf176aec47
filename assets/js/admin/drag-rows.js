// Rows with buttons that move them can be dragged to another place too. Dropping one sends what the buttons send, with the
// place in which it was dropped, so nothing is different without this script or by keyboard.
export function dragRows(root = document) {
  for (const body of root.querySelectorAll("tbody:has([data-place])")) {
    const rows = [...body.rows].filter((row) => row.querySelector("[data-place]"));
    let dragged = null;
    const clear = () => rows.forEach((row) => row.classList.remove("drop-above", "drop-below"));

    for (const row of rows) {
      // a row is dragged by its grip alone, so that its words can still be selected
      const grip = Object.assign(document.createElement("span"), { className: "grip", ariaHidden: "true" });
      row.querySelector(".steps").prepend(grip);
      grip.addEventListener("mousedown", () => (row.draggable = true));
      grip.addEventListener("mouseup", () => (row.draggable = false));
      row.addEventListener("dragstart", (event) => {
        dragged = row;
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", "");
      });
      row.addEventListener("dragend", () => {
        row.draggable = false;
        dragged = null;
        clear();
      });
      row.addEventListener("dragover", (event) => {
        if (!dragged) return;
        event.preventDefault();
        clear();
        if (row !== dragged) row.classList.add(getPlace(row) < getPlace(dragged) ? "drop-above" : "drop-below");
      });
      row.addEventListener("drop", (event) => {
        if (!dragged) return;
        event.preventDefault();
        if (row !== dragged) send(dragged, getPlace(row));
      });
    }
  }
}

const getPlace = (row) => Number(row.querySelector(".steps").dataset.place);

function send(row, place) {
  const button = row.querySelector(".steps button");
  const form = button.form;
  const direction = Object.assign(document.createElement("input"), { type: "hidden", name: "direction", value: place });
  form.append(direction);
  form.action = button.formAction;
  form.submit();
}
