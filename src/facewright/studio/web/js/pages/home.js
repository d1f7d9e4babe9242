// Home: one large face of nobody, and another, and another.

import { once, request } from "/app/js/api.js";
import { fill, h } from "/app/js/dom.js";
import { button, copy, menu, problem, toast } from "/app/js/elements/parts.js";
import "/app/js/elements/pile.js";
import { t, term } from "/app/js/i18n.js";
import { carried, faceUrl, makeFace, recall, remember, sameFace } from "/app/js/state.js";

const KEPT = 20; // faces that are remembered
const MENUS = [["age", "ages"], ["gender", "genders"], ["ethnicity", "ethnicities"], ["smile", "smiles"]];

/** The faces seen, which one is shown, and the one that comes next. */
class Seen {
  constructor() {
    this.filters = recall("filters", {});
    this.faces = recall("seen", []);
    if (!this.faces.length) this.faces = [makeFace(this.filters)];
    this.at = this.faces.length - 1;
    this.fresh = makeFace(this.filters);
  }

  get face() { return this.faces[this.at]; }
  get upcoming() { return this.faces[this.at + 1] ?? this.fresh; }

  /** Go on, back, or to a new one. Returns whether there was anywhere to go. */
  turn(direction) {
    if (direction === "previous") {
      if (!this.at) return false;
      this.at -= 1;
      return true;
    }
    if (direction === "next" && this.at < this.faces.length - 1) this.at += 1;
    else this.add(this.fresh);
    return true;
  }

  add(face) {
    this.faces = [...this.faces, face].slice(-KEPT);
    this.at = this.faces.length - 1;
    this.fresh = makeFace(this.filters);
    remember("seen", this.faces);
  }

  filter(label, value) {
    this.filters = { ...this.filters, [label]: value };
    remember("filters", this.filters);
    this.fresh = makeFace(this.filters);
  }
}

async function whatFailed(face) {
  const path = faceUrl(face).replace("/api/v1", "");
  const response = await fetch(`/api/v1${path}`).catch(() => null);
  if (!response) return request("/about").catch((error) => error);
  return response.ok ? null : { message: (await response.json().catch(() => ({}))).error?.message ?? t("face.failed") };
}

function build(seen, pile, turn) {
  const title = h("span", { class: "number" });
  const useButton = h("span", { class: "grow" });
  const saving = h("span");
  const ways = h("div", { class: "ways" });
  const recent = h("div", { class: "recent", role: "group", "aria-label": t("home.recent") });
  const trouble = h("div");
  const spoken = h("p", { class: "unseen", role: "status" });

  function drawUse() {
    const used = sameFace(carried(), seen.face);
    fill(useButton, button(used ? t("home.used") : t("home.use"), {
      glyph: used ? "check" : "try", kind: "primary wide", "aria-pressed": String(used),
      on: { click: () => { remember("face", used ? null : seen.face); if (!used) toast(t("home.carried")); drawUse(); useButton.firstChild.focus(); } },
    }));
    ways.hidden = !used;
  }

  function draw(direction) {
    pile.show(seen.face, seen.upcoming, direction);
    title.textContent = t("face.number", { seed: seen.face.seed });
    spoken.textContent = t("face.alt", { seed: seen.face.seed });
    fill(saving, button(t("save"), { glyph: "save", round: true, href: faceUrl(seen.face), download: `face-${seen.face.seed}.webp` }));
    fill(recent, seen.faces.map((face, index) => h("button", {
      type: "button", "aria-label": t("face.number", { seed: face.seed }), "aria-current": index === seen.at && "true",
      on: { click: () => { const back = index < seen.at; seen.at = index; draw(back ? "previous" : "next"); } },
    }, h("img", { src: faceUrl(face, 128), alt: "", loading: "lazy" }))).reverse());
    fill(trouble);
    drawUse();
  }

  pile.addEventListener("failed", async (event) => {
    if (!sameFace(event.detail, seen.face)) return;
    const error = await whatFailed(seen.face);
    if (error) fill(trouble, problem(error, button(t("retry"), { kind: "compact", glyph: "again", on: { click: () => turn("new") } })));
  });
  fill(ways,
    button(t("home.ways.swap"), { glyph: "swap", kind: "compact", href: "#/try?effect=swap" }),
    button(t("home.ways.mix"), { glyph: "mix", kind: "compact", href: "#/mix" }),
    button(t("home.ways.live"), { glyph: "live", kind: "compact", href: "#/live?effect=swap" }));
  const seed = h("div", { class: "seed" }, title, button(t("home.copy"), { glyph: "copy", round: true, kind: "quiet compact", on: { click: () => copy(String(seen.face.seed)) } }));
  return { draw, panel: [trouble, spoken, seed, useButton, saving, ways, recent] };
}

async function buildMenus(seen, turn) {
  const options = await once("/faces/options").catch(() => ({}));
  return MENUS.filter(([, list]) => options[list]?.length).map(([label, list]) => menu(t(`label.${label}`),
    [["", t("label.any")], ...options[list].map((value) => [value, term(label, value)])],
    { value: seen.filters[label] ?? "", change: (value) => { seen.filter(label, value); turn("new"); } }));
}

const KEYS = { ArrowRight: "next", ArrowLeft: "previous", ArrowDown: "new" };

export default function home(route, signal) {
  const seen = new Seen();
  const pile = h("fw-pile", { role: "group", tabindex: 0, "aria-label": t("home.pile") });
  const turn = (direction) => seen.turn(direction) && draw(direction);
  const { draw, panel } = build(seen, pile, turn);
  const [trouble, spoken, seed, useButton, saving, ways, recent] = panel;
  pile.addEventListener("turn", (event) => turn(event.detail));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, dialog");
    if (!KEYS[event.key] || typing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" && event.target !== pile) return; // it scrolls
    event.preventDefault();
    turn(KEYS[event.key]);
  }, { signal });
  const menus = h("div", { class: "menus" });
  buildMenus(seen, turn).then((built) => fill(menus, built));
  draw();
  return h("div", { class: "page home" }, h("div", { class: "sides" },
    h("div", { class: "picture" }, pile),
    h("div", { class: "panel stack" },
      trouble, spoken, h("div", {}, h("h1", {}, t("home.title")), seed),
      h("div", { class: "row" }, button(t("home.new"), { glyph: "shuffle", kind: "fold", title: t("home.new"), "aria-label": t("home.new"), on: { click: () => turn("new") } }), useButton, saving),
      ways, menus, recent, h("p", { class: "small soft" }, t("home.words")))));
}
