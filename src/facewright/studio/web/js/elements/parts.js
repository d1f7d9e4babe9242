// The small parts that every page uses.

import { h, icon } from "/app/js/dom.js";
import { t } from "/app/js/i18n.js";

/** A button with an icon, words, or both; without `words` shown they are its label. */
export function button(words, { glyph, kind = "", round = false, ...props } = {}) {
  const classes = ["button", kind, round && "round"].filter(Boolean).join(" ");
  const label = round ? { "aria-label": words, title: words } : {};
  const tag = props.href ? "a" : "button";
  return h(tag, { class: classes, ...(tag === "button" && { type: "button" }), ...label, ...props }, glyph && icon(glyph), !round && h("span", {}, words));
}

/** A slider with its words and its value; `on.input` and `on.change` get the number. */
export function slider(words, { minimum = 0, maximum = 1, step = 0.1, value, show = String, input, change, ends }) {
  const output = h("output", {}, show(value));
  const range = h("input", { type: "range", min: minimum, max: maximum, step, value, "aria-label": words, "aria-valuetext": show(value) });
  const paint = () => {
    range.style.setProperty("--p", `${((range.value - minimum) / (maximum - minimum)) * 100}%`);
    output.value = show(Number(range.value));
    range.setAttribute("aria-valuetext", show(Number(range.value)));
  };
  range.addEventListener("input", () => {
    paint();
    input?.(Number(range.value));
  });
  range.addEventListener("change", () => change?.(Number(range.value)));
  paint();
  const element = h("div", { class: "slider" },
    h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, words), output),
    h("div", { class: "way" }, ends && h("span", { "aria-hidden": "true" }, ends[0]), range, ends && h("span", { "aria-hidden": "true" }, ends[1])));
  element.set = (number) => {
    range.value = number;
    paint();
  };
  return element;
}

let groups = 0;

/** One of several, or with `several` any of them. `choices` are [value, words]. */
export function pills(words, choices, { value, several = false, change }) {
  const name = `pills-${++groups}`;
  const chosen = new Set(several ? value ?? [] : [value]);
  const group = h("fieldset", { class: "pills" }, h("legend", { class: "unseen" }, words),
    choices.map(([each, label]) => h("label", { class: "pill" },
      h("input", { type: several ? "checkbox" : "radio", name, value: each, checked: chosen.has(each) }), label)));
  group.addEventListener("change", () => {
    const values = [...group.querySelectorAll(":checked")].map((each) => each.value);
    change(several ? values : values[0]);
  });
  return group;
}

/** A menu of the system's own, with its words above what is chosen. */
export function menu(words, choices, { value = "", change }) {
  const select = h("select", { value, on: { change: (event) => change(event.target.value) } },
    choices.map(([each, label]) => h("option", { value: each }, label)));
  return h("label", { class: "menu" }, h("span", {}, words), select);
}

/** A switch that is on or off. */
export function toggle(words, { value = false, change, ...props }) {
  return h("label", { class: "switch" },
    h("input", { type: "checkbox", role: "switch", checked: value, on: { change: (event) => change(event.target.checked) }, ...props }), h("span", {}, words));
}

/** Say something for a moment; screen readers hear it, too. */
export function toast(words) {
  const element = h("p", { class: "toast" }, words);
  document.querySelector(".toasts").append(element);
  setTimeout(() => element.remove(), 4200);
}

// What the studio refuses most, in plain words; its own are a click away.
const REFUSALS = [
  [/no face/i, "noface"],
  [/which face|several faces|more than one face|\d+ faces/i, "faces"],
  [/not a (picture|clip|image)|cannot be (read|decoded|opened)|truncated|damaged|nothing that a command takes|is empty/i, "unreadable"],
  [/too large|are the most/i, "large"],
];
const BY_STATUS = { 413: "large", 429: "busy", 507: "full" };

function explain(error) {
  if (error.status === 0) return { title: t("gone.title"), advice: t("gone.hint") };
  const known = BY_STATUS[error.status] ?? REFUSALS.find(([words]) => words.test(error.message))?.[1];
  if (!known) return { title: error.message, advice: error.hint };
  return { title: t(`refused.${known}`), advice: t(`refused.${known}.hint`), said: [error.message, error.hint].filter(Boolean).join("; ") };
}

/** What went wrong, and what to do. */
export function problem(error, ...actions) {
  const { title, advice, said } = explain(error);
  return h("div", { class: "note bad", role: "alert" }, icon("warning"), h("strong", {}, title), advice && h("p", {}, advice),
    said && h("details", { class: "more small" }, h("summary", {}, t("refused.said")), h("p", {}, said)),
    actions.length > 0 && h("div", { class: "row" }, actions));
}

/** A place where nothing is yet: what it is for, and how to begin. */
export const empty = (glyph, title, words, ...actions) =>
  h("div", { class: "empty" }, icon(glyph), h("h2", {}, title), h("p", {}, words), actions);

/** A dialogue that rises from below; resolves with what `close(value)` was given, null if dismissed. */
export function sheet(title, build) {
  return new Promise((resolve) => {
    let answer = null;
    const dialog = h("dialog", { class: "sheet", "aria-label": title });
    const close = (value = null) => {
      answer = value;
      dialog.close();
    };
    const head = h("div", { class: "head" }, h("h2", {}, title), button(t("close"), { glyph: "close", round: true, kind: "quiet", on: { click: () => close() } }));
    const form = h("form", { method: "dialog" }, head, build(close));
    dialog.append(form);
    dialog.addEventListener("click", (event) => event.target === dialog && close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Ask before something that cannot be undone. */
export const confirm = (title, words, deed) => sheet(title, (close) => [
  h("p", { class: "soft" }, words),
  h("div", { class: "row" }, button(deed, { kind: "danger grow", on: { click: () => close(true) } }), button(t("cancel"), { kind: "grow", on: { click: () => close() } })),
]);

/** How far a job is. Its `see(job)` takes each new state. */
export function progress() {
  const words = h("span", { role: "status" }, t("job.queued"));
  const track = h("div", { class: "track unsure", "aria-hidden": "true" }, h("span"));
  const element = h("div", { class: "progress" }, words, track);
  element.see = (job) => {
    const { done = 0, total = 0, note } = job.progress ?? {};
    const sure = total > 1;
    track.classList.toggle("unsure", !sure);
    if (sure) track.style.setProperty("--p", done / total);
    const state = job.state === "queued" ? t("job.queued") : t("job.running");
    const now = note || (sure ? `${state} ${Math.round((100 * done) / total)} %` : state);
    if (words.textContent !== now) words.textContent = now;
  };
  return element;
}

/** Copy, and say so. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copied"));
  } catch {
    toast(t("copy.failed"));
  }
}

/** Something to copy: a command, or Python. */
export function codeBox(words, text) {
  const pre = h("pre", { tabindex: 0, role: "group", "aria-label": words }, h("code", {}, text));
  const element = h("div", { class: "code" }, pre, button(t("copy"), { glyph: "copy", round: true, kind: "quiet compact", on: { click: () => copy(pre.textContent) } }));
  element.set = (now) => (pre.firstChild.textContent = now);
  return element;
}

/** Save a file of the server, or an address of this page. */
export const saveLink = (url, name, kind = "primary") =>
  button(t("save"), { glyph: "save", kind, href: url.startsWith("blob:") ? url : `${url}${url.includes("?") ? "&" : "?"}download=1`, download: name });

async function load({ url, name, type }) {
  const blob = await (await fetch(url)).blob();
  return new File([blob], name.split("/").pop(), { type: type || blob.type });
}

/** Hand files ({url, name, type}) to another app, where the browser can; otherwise they are saved. */
export async function share(...results) {
  const files = await Promise.all(results.map(load));
  if (navigator.canShare?.({ files })) {
    await navigator.share({ files }).catch((error) => error.name !== "AbortError" && toast(t("share.failed")));
    return;
  }
  for (const file of files) {
    const address = URL.createObjectURL(file);
    h("a", { href: address, download: file.name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
  toast(t("share.saved"));
}

/** A grey shape in place of what comes. */
export const skeleton = (classes = "") => h("div", { class: `skeleton ${classes}`, "aria-hidden": "true" });
