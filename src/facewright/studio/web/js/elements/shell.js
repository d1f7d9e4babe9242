// The frame around the pages: brand, tabs, settings, and the word that the server is gone.

import { fill, h, icon } from "/app/js/dom.js";
import { once, request } from "/app/js/api.js";
import { LANGUAGES, language, speak, t } from "/app/js/i18n.js";
import { button, menu, pills, sheet } from "/app/js/elements/parts.js";
import { recall, remember } from "/app/js/state.js";

/** The pages in the order of the tabs. On a phone, the last is in the settings. */
export const PAGES = ["home", "try", "mix", "live", "gallery", "experts"];

const tab = (page) => h("li", { class: page === "experts" ? "wide" : "" },
  h("a", { class: "tab", href: `#/${page}`, "data-page": page }, icon(page), h("span", {}, t(`tab.${page}`))));

const brand = (words) => h("a", { class: "brand", href: "#/home", "aria-label": "Facewright" },
  h("img", { src: "/icons/icon.svg", alt: "", width: 28, height: 28 }), words && h("span", {}, "Facewright"));

function about(facts) {
  const rows = [[t("about.version"), facts.version], [t("about.device"), [].concat(facts.devices ?? []).map((each) => each.name ?? each).join(", ")]];
  return h("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

let install = null;
window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  install = event;
});

function openSettings() {
  return sheet(t("settings"), (close) => {
    const facts = h("div");
    once("/about").then((found) => fill(facts, about(found)), () => fill(facts, h("p", { class: "soft" }, t("gone.title"))));
    return [
      menu(t("settings.language"), Object.entries(LANGUAGES), { value: language(), change: (value) => { close(); speak(value); } }),
      h("div", { class: "stack tight" }, h("h3", {}, t("settings.theme")), pills(t("settings.theme"), ["auto", "light", "dark"].map((each) => [each, t(`theme.${each}`)]), { value: recall("theme", "auto"), change: paint })),
      h("div", { class: "row" },
        button(t("tab.experts"), { glyph: "experts", href: "#/experts", on: { click: () => close() } }),
        install && button(t("install"), { glyph: "save", on: { click: () => { install.prompt(); close(); } } })),
      h("p", { class: "row small soft" }, icon("lock"), h("span", { class: "grow" }, t("private"))), facts];
  });
}

/** Take a theme: auto, light or dark. */
function paint(theme) {
  remember("theme", theme);
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Say that nobody answers, and how to start the server. */
export function showGone(isGone) {
  const place = document.querySelector(".gone");
  fill(place, isGone && h("div", { class: "banner", role: "alert" }, icon("warning"),
    h("span", { class: "grow" }, h("strong", {}, t("gone.title")), " ", t("gone.start"), " ", h("code", {}, "facewright studio")),
    button(t("retry"), { kind: "compact", on: { click: () => request("/about").then(() => window.dispatchEvent(new Event("hashchange")), () => null) } })));
}

/** Build the frame; returns the place for pages. */
export function buildShell() {
  const main = h("main", { id: "main", tabindex: -1 });
  fill(document.body,
    h("a", { class: "skip", href: "#main", on: { click: (event) => { event.preventDefault(); main.focus(); } } }, t("skip")),
    h("header", { class: "top" }, brand(true), button(t("settings"), { glyph: "settings", round: true, kind: "quiet", on: { click: openSettings } })),
    h("nav", { class: "tabs", "aria-label": t("tabs") }, h("ul", {},
      h("li", { class: "wide" }, brand(false)), PAGES.map(tab),
      h("li", { class: "wide last" }, h("button", { class: "tab", type: "button", on: { click: openSettings } }, icon("settings"), h("span", {}, t("settings")))))),
    h("div", { class: "gone" }), main, h("div", { class: "toasts", role: "status", "aria-live": "polite" }));
  return main;
}

/** Mark the tab of the page that is open. */
export function markTab(page) {
  for (const each of document.querySelectorAll(".tab[data-page]")) {
    if (each.dataset.page === page) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  }
}
