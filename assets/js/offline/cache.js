// The pages that are kept on this device. A new programme is fetched beside the old one, a few
// pages at a time, and takes its place when all of it is there.
const STORE = "programme ";
const STATE = "programme: what is kept";
const AT_ONCE = 4; // pages asked for at a time
const MOST_BYTES = 40 * 1024 * 1024;
const FOR_EVERYONE = { ignoreVary: true, ignoreSearch: true }; // they were asked for without cookies

export async function readState() {
  const answer = (await caches.has(STATE)) && (await (await caches.open(STATE)).match("/offline"));
  return answer ? answer.json() : undefined;
}

export async function match(address) {
  const state = await readState();
  if (!state || !(await caches.has(state.store))) return undefined;
  const store = await caches.open(state.store);
  const isFile = address.includes("/static/"); // whose version stands behind its name
  return store.match(address, isFile ? { ignoreVary: true } : FOR_EVERYONE);
}

export async function keep(store, address, answer) {
  const isPublic = (answer.headers.get("Cache-Control") ?? "").startsWith("public");
  if (!answer.ok || answer.redirected || !isPublic) return 0;
  const body = await answer.blob();
  const kept = new Response(body, { headers: clean(answer.headers) });
  await (await caches.open(store)).put(address, kept);
  return body.size;
}

export function clean(headers) {
  const kept = new Headers(headers);
  for (const name of ["Content-Encoding", "Content-Length"]) kept.delete(name); // as it was sent
  return kept;
}

export async function renew(root, tell) {
  const known = await readState();
  const list = await (await fetch(`${root}/offline.json`, { cache: "no-store" })).json();
  const store = `${STORE}${root} ${list.version}`;
  let leftOut = known?.leftOut;
  if (known?.store !== store) {
    try {
      leftOut = await fill(store, list.addresses, tell);
    } catch (fault) {
      if (fault.name === "QuotaExceededError") await caches.delete(store);
      throw fault;
    }
  }
  const states = await caches.open(STATE); // what is put into it goes with it if it is removed now
  if (known && !(await states.match("/offline"))) {
    for (const name of [store, STATE]) await caches.delete(name);
    throw new Error("removed meanwhile");
  }
  const { banner, told } = list;
  const pages = list.addresses.length - leftOut;
  const state = { root, store, banner, told, pages, leftOut, checked: Date.now() };
  await states.put("/offline", new Response(JSON.stringify(state)));
  for (const name of await ours()) if (![STATE, store].includes(name)) await caches.delete(name);
  return state;
}

async function fill(name, addresses, tell) {
  const store = await caches.open(name);
  const left = [...addresses];
  let bytes = 0;
  let kept = 0;
  async function next() {
    while (left.length && bytes < MOST_BYTES) {
      const address = left.shift();
      if (!(await store.match(address, { ignoreVary: true }))) {
        const answer = await fetch(address, { cache: "no-cache", credentials: "omit" });
        bytes += await keep(name, address, answer);
      }
      kept += 1;
      tell({ kept, all: addresses.length });
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, next));
  const failed = ended.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason; // only now: what is deleted, nobody writes to any more
  return left.length;
}

async function ours() {
  return (await caches.keys()).filter((name) => name.startsWith("programme"));
}

export async function forgetAll() {
  await caches.delete(STATE); // first, so that an update in progress sees that it must stop
  for (const name of await ours()) await caches.delete(name);
}
