// A list that is searched as one types. Around it stands [data-instant]: in it the search form, the
// count (#count, which is announced), and [data-results]. Without this the form is sent by its button.

import { tickAll } from "./select-all.js";

const PAUSE = 200; // milliseconds without a key

export function instantSearch() {
  for (const list of document.querySelectorAll("[data-instant]")) {
    searched(list);
  }
}

function searched(list) {
  const form = list.querySelector("form");
  const box = form.querySelector("[type=search]");
  const results = list.querySelector("[data-results]");
  let timer;
  let asked; // the request that is on its way
  let waiting; // what came while focus was among the results, which must not be lost

  function show(page) {
    waiting = undefined;
    results.replaceChildren(...page.querySelector("[data-results]").childNodes);
    tickAll(results);
  }

  async function ask() {
    asked?.abort();
    asked = new AbortController();
    const address = new URL(form.action || location.pathname, location.href);
    address.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    try {
      const answer = await fetch(address, { signal: asked.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const count = page.getElementById("count");
      if (!answer.ok || answer.redirected || !count || !page.querySelector("[data-results]")) {
        return;
      }
      history.replaceState(null, "", address);
      followUp(address.search);
      document.getElementById("count").textContent = count.textContent;
      const parts = page.querySelectorAll("[data-chips]");
      for (const [number, part] of list.querySelectorAll("[data-chips]").entries()) {
        part.replaceChildren(...(parts[number]?.childNodes ?? []));
      }
      if (results.contains(document.activeElement)) {
        waiting = page;
      } else {
        show(page);
      }
    } catch {
      // another search has taken its place, or the network is away: the button still works
    }
  }

  function followUp(search) {
    // what goes on with the same list, such as a download, asks for the same rows
    for (const one of document.querySelectorAll("[data-asks-too]")) {
      const name = one.localName === "form" ? "action" : "href";
      one.setAttribute(name, one.getAttribute(name).replace(/\?.*|$/, search));
    }
  }

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && box.value) {
      event.preventDefault();
      box.value = "";
      clearTimeout(timer);
      ask();
    }
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    asked?.abort();
  });
  results.addEventListener("focusout", (event) => {
    if (waiting && !results.contains(event.relatedTarget)) {
      const page = waiting;
      setTimeout(() => show(page));
    }
  });
}
