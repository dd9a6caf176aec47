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

// The seats of a booking that was opened in this window: what it says of each, by the address of the
// session. They are remembered until the window is closed, and in no other.
const SEATS = "seats";

export function keptSeats() {
  try {
    return JSON.parse(sessionStorage.getItem(SEATS));
  } catch {
    return null;
  }
}

export function keepSeats(seats) {
  try {
    if (seats) sessionStorage.setItem(SEATS, JSON.stringify({ seats, at: Date.now() }));
    else sessionStorage.removeItem(SEATS);
  } catch {
    // then no seat is shown
  }
}
