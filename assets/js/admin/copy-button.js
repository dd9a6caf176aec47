// A button that copies what stands in a field, where the browser lets it.

export function copyButtons() {
  for (const button of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
    const field = document.getElementById(button.dataset.copy);
    const told = document.getElementById(`${field.id}-copied`);
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(field.value);
        told.textContent = button.dataset.copied;
      } catch {
        field.select();
      }
    });
  }
}
