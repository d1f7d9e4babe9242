// The app's files are kept, so that it opens without a network; what the studio makes is not, but faces of nobody.

const SHELL = "shell-1";
const FACES = "faces-1";
const FACES_KEPT = 80;
const PATIENCE = 2500; // milliseconds until what is kept is shown

const FILES = [
  "/",
  "/manifest.webmanifest",
  "/icons/icon.svg",
  "/icons/icon-192.png",
  "/app/css/base.css",
  "/app/css/pages.css",
  "/app/css/parts.css",
  "/app/js/api.js",
  "/app/js/boot.js",
  "/app/js/dom.js",
  "/app/js/effects.js",
  "/app/js/elements/camera.js",
  "/app/js/elements/chooser.js",
  "/app/js/elements/compare.js",
  "/app/js/elements/consent.js",
  "/app/js/elements/parts.js",
  "/app/js/elements/pile.js",
  "/app/js/elements/shell.js",
  "/app/js/i18n.js",
  "/app/js/main.js",
  "/app/js/pages/experts.js",
  "/app/js/pages/gallery.js",
  "/app/js/pages/home.js",
  "/app/js/pages/live.js",
  "/app/js/pages/mix.js",
  "/app/js/pages/try.js",
  "/app/js/state.js",
  "/app/js/words/en.js",
  "/app/js/words/ko.js",
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

async function forgetOld() {
  for (const name of await caches.keys()) if (name !== SHELL && name !== FACES) await caches.delete(name);
  await self.clients.claim();
}

self.addEventListener("activate", (event) => event.waitUntil(forgetOld()));

async function fetchAndKeep(cache, request, key) {
  const response = await fetch(request);
  if (response.ok) await cache.put(key, response.clone());
  return response;
}

// What is on the server counts, so that an update is seen at once; what is kept, where it is silent.
async function fromShell(request) {
  const cache = await caches.open(SHELL);
  const key = request.mode === "navigate" ? "/" : request;
  const kept = await cache.match(key, { ignoreSearch: true });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  const fresh = fetchAndKeep(cache, request, key).catch(() => kept);
  return (await (kept ? Promise.race([fresh, late]) : fresh)) ?? Response.error();
}

async function fromFaces(request) {
  const cache = await caches.open(FACES);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetchAndKeep(cache, request, request);
  const keys = await cache.keys();
  for (const key of keys.slice(0, Math.max(0, keys.length - FACES_KEPT))) await cache.delete(key);
  return response;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/api/v1/faces/") && url.pathname.endsWith(".webp")) event.respondWith(fromFaces(request));
  else if (FILES.includes(url.pathname)) event.respondWith(fromShell(request));
});
