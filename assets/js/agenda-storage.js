// What this browser remembers of its agenda: the addresses of its sessions, and when it was told.
const NAME = "agenda";

export function keptAgenda() {
  try {
    return JSON.parse(localStorage.getItem(NAME));
  } catch {
    return null; // the browser keeps nothing, or somebody else wrote there
  }
}

export function keepAgenda(sessions) {
  try {
    if (sessions.length) localStorage.setItem(NAME, JSON.stringify({ sessions, at: Date.now() }));
    else localStorage.removeItem(NAME);
  } catch {
    // then the site is what remembers
  }
}
