// Holds the programme for whoever has asked for it, and gives it where the site cannot be reached.
// Only addresses that /offline.json lists are kept, asked for without a cookie, and only where the
// answer says that it is public. So nothing personal is ever kept, or given from what is kept.
import { clean, keep, match, readState, renew } from "./offline/cache.js";

const PATIENCE = 4000; // milliseconds, before a page that is kept is shown instead
const LOOK_AGAIN = 600_000; // after which the site is asked whether there is something new
const BENEATH_THE_TOP = /<nav class="trail|<main id="main"/; // where a page begins
const AGENDA = /^(\/[a-zA-Z-]+)?\/agenda$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  const tell = (news) => event.ports[0]?.postMessage(news);
  event.waitUntil(bringUpToDate(event.data.root, tell));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (/^\/(static|look)\//.test(pathname)) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(page(event, pathname, search));
});

let going; // the last of the updates under way, each of which waits for the one before it

function bringUpToDate(root, tell) {
  const own = Promise.resolve(going)
    .then(() => renew(root, tell))
    .then((state) => tell({ state }))
    .catch((fault) => tell({ problem: fault.name === "QuotaExceededError" ? "full" : "away" }))
    .finally(() => {
      if (going === own) going = undefined;
    });
  going = own;
  return own;
}

async function file(request) {
  return (await match(request.url)) ?? fetch(request);
}

async function page(event, path, question) {
  const state = await readState();
  const copy = state && (await match(path));
  const asked = fetch(event.request);
  const waited = copy ? new Promise((end) => setTimeout(end, PATIENCE)) : asked;
  const answer = await Promise.race([asked, waited]).catch(() => undefined);
  asked.catch(() => undefined); // it may fail after the kept page has been shown
  if (answer) {
    const isThePage = copy && !question; // what a question makes of it is another
    if (state) event.waitUntil(learn(state, path, isThePage && answer.clone()));
    return answer;
  }
  if (copy) return marked(copy, state);
  if (!state) return Response.error();
  if (AGENDA.test(path)) return Response.redirect(`${state.root}/offline/agenda`);
  return marked(await match(`${state.root}/offline/away`), state, 503);
}

async function learn(state, path, answer) {
  const isKept = answer && (await caches.has(state.store)); // it may have been removed meanwhile
  if (isKept) await keep(state.store, path, answer).catch(() => undefined);
  await going; // it may be filling the same store
  if (isKept && (await readState())?.store !== state.store) await caches.delete(state.store);
  if (Date.now() - state.checked > LOOK_AGAIN) await bringUpToDate(state.root, () => undefined);
}

async function marked(copy, state, status = 200) {
  const text = (await copy.text()).replace(BENEATH_THE_TOP, (found) => `${state.banner}${found}`);
  return new Response(text, { status, headers: clean(copy.headers) });
}
