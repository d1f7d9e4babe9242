// Start: the frame, the service worker, and the page that the address names.

import { isGone, request } from "/app/js/api.js";
import { calm, fill, h } from "/app/js/dom.js";
import { problem, button } from "/app/js/elements/parts.js";
import { PAGES, buildShell, markTab, showGone } from "/app/js/elements/shell.js";
import { t } from "/app/js/i18n.js";

let main = buildShell();
let leave = new AbortController();
let first = true;

// #/gallery/abc?x=1 is the page gallery, with the rest "abc" and the query x.
function readRoute() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/");
  return { page: PAGES.includes(page) ? page : "home", rest: decodeURIComponent(rest.join("/")), query: new URLSearchParams(query) };
}

async function open() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const route = readRoute();
  markTab(route.page);
  let content;
  try {
    const module = await import(`/app/js/pages/${route.page}.js`);
    content = await module.default(route, signal);
  } catch (error) {
    if (signal.aborted) return;
    // A page whose file cannot be fetched: is it the server that is gone?
    const reason = error instanceof TypeError ? await request("/about").then(() => error, (gone) => gone) : error;
    content = h("div", { class: "page" }, problem(reason, button(t("retry"), { on: { click: open } })));
  }
  if (signal.aborted) return;
  swapIn(content, route);
}

function swapIn(content, route) {
  const change = () => {
    fill(main, content);
    window.scrollTo(0, 0);
    const title = content.querySelector("h1");
    document.title = route.page === "home" ? "Facewright Studio" : `${title?.textContent ?? ""} · Facewright`;
    title?.setAttribute("tabindex", "-1");
    if (!first) title?.focus({ preventScroll: true });
    first = false;
  };
  if (first || calm() || !document.startViewTransition) change();
  else document.startViewTransition(change);
}

window.addEventListener("hashchange", open);
window.addEventListener("facewright:gone", (event) => showGone(event.detail));
window.addEventListener("facewright:language", () => {
  main = buildShell();
  showGone(isGone());
  open();
});
document.documentElement.lang = document.documentElement.lang || "en";
open();

// The other pages, once there is time, so that they open at once.
setTimeout(() => PAGES.forEach((page) => import(`/app/js/pages/${page}.js`).catch(() => null)), 3000);

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => null);
