// What is found is shown below the search across everything while somebody types. The down arrow goes
// there; up and down go from line to line, right and left to what can be done with a line. Enter opens
// the only hit, else the page of all results. What somebody has gone to or presses stays there: what was
// still on its way is asked for again once they are back in the box. Without this script the form is
// sent by its button.

const PAUSE = 150; // milliseconds without a key

export function suggestResults() {
  const form = document.querySelector("form[data-suggestions]");
  if (!form) return;
  const box = form.querySelector("[type=search]");
  const panel = form.querySelector("[data-panel]");
  const said = document.createElement("p"); // is announced; it is there only once somebody types
  said.className = "govuk-visually-hidden";
  said.setAttribute("role", "status");
  let timer;
  let asked; // the request that is on its way
  let shownFor; // what was typed for what is shown

  function stay() {
    clearTimeout(timer);
    asked?.abort();
  }

  function close() {
    stay();
    panel.hidden = true;
    shownFor = undefined;
    said.textContent = "";
  }

  async function ask() {
    const typed = box.value.trim();
    asked?.abort();
    if (!typed) return close();
    asked = new AbortController();
    const address = `${form.dataset.suggestions}?${new URLSearchParams({ q: typed })}`;
    try {
      const answer = await fetch(address, { signal: asked.signal });
      if (!answer.ok || answer.redirected) return;
      panel.innerHTML = await answer.text();
      panel.hidden = false;
      shownFor = typed;
      said.textContent = panel.firstElementChild.dataset.said;
    } catch {
      // another search has taken its place, or the network is away: the button still works
    }
  }

  function askAgain() {
    if (!panel.hidden && shownFor !== box.value.trim()) ask();
  }

  box.addEventListener("input", () => {
    if (!said.isConnected) panel.after(said);
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  form.addEventListener("submit", (event) => {
    const best = shownFor === box.value.trim() && panel.firstElementChild.dataset.best;
    if (best) {
      event.preventDefault();
      location.assign(best);
    }
    close();
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) close();
  });
  box.addEventListener("focus", askAgain);
  panel.addEventListener("focusin", stay);
  panel.addEventListener("mousedown", (event) => {
    stay();
    // Where a link gets no focus from a click, the box would lose it, and the panel close before the click.
    event.preventDefault();
    // So the box has it all along, and what was on its way is asked for again once the button is let go.
    addEventListener("mouseup", () => setTimeout(() => document.activeElement === box && askAgain()), { once: true });
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) {
      event.preventDefault();
      box.focus();
      close();
    } else if (event.key.startsWith("Arrow") && !panel.hidden) {
      goOn(event, box, panel);
    }
  });
}

function goOn(event, box, panel) {
  const here = event.target;
  const lines = [...panel.querySelectorAll("li, p:has(a)")];
  const line = lines.findIndex((one) => one.contains(here));
  const inLine = line < 0 ? [] : [...lines[line].querySelectorAll("a, button")];
  const beside = inLine.indexOf(here);
  const backwards = document.dir === "rtl" ? "ArrowRight" : "ArrowLeft";
  let next;
  if (event.key === "ArrowDown") next = lines[line + 1]?.querySelector("a, button");
  else if (event.key === "ArrowUp") next = line > 0 ? lines[line - 1].querySelector("a, button") : box;
  else if (line >= 0) next = inLine[beside + (event.key === backwards ? -1 : 1)];
  if (line < 0 && event.key !== "ArrowDown") return; // the arrows move within what is typed
  event.preventDefault();
  next?.focus();
}
