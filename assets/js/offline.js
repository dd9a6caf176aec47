// The page on which somebody asks to keep the programme on this device, or to keep it no longer;
// and their agenda where the site cannot be reached.
import { fill } from "./offline/agenda.js";
import { forgetAll, readState } from "./offline/cache.js";

const place = document.getElementById("offline");
const agenda = document.getElementById("offline-agenda");
if (place && "serviceWorker" in navigator && "caches" in window) begin(place);
if (agenda) fill(agenda);

async function begin({ dataset: words }) {
  const status = place.querySelector("[role=status]");
  const progress = place.querySelector("progress");
  const [keep, update, remove] = place.querySelectorAll("button");
  const say = (text) => (status.textContent = text);
  const openPorts = []; // on which the worker answers

  function show(state) {
    keep.hidden = Boolean(state);
    update.hidden = remove.hidden = !state;
    progress.hidden = true;
    const about = state?.leftOut ? ` ${words.left.replace("{}", state.leftOut)}` : "";
    if (state) say(`${state.told} ${words.pages.replace("{}", state.pages)}${about}`);
  }

  async function ask() {
    await navigator.serviceWorker.register(words.worker, { scope: "/" });
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    progress.hidden = false;
    say(words.working);
    openPorts.push(port1);
    port1.onmessage = ({ data }) => {
      if (data.all) Object.assign(progress, { max: data.all, value: data.kept });
      if (data.state) show(data.state);
      if (data.problem) readState().then(show).then(() => say(words[data.problem]));
    };
    active.postMessage({ root: words.root }, [port2]);
  }

  keep.addEventListener("click", () => ask().catch(() => say(words.away)));
  update.addEventListener("click", () => ask().catch(() => say(words.away)));
  remove.addEventListener("click", async () => {
    for (const port of openPorts.splice(0)) port.close(); // an update stopped by this is not an error
    const registration = await navigator.serviceWorker.getRegistration("/");
    await registration?.unregister();
    await forgetAll();
    show();
    say(words.removed);
    keep.focus();
  });
  document.getElementById("offline-without").hidden = true;
  place.hidden = false;
  show(await readState().catch(() => undefined));
}
