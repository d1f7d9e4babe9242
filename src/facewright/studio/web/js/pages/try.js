// Try on yourself: a picture, an effect, and before and after under one slider.

import { cancelJob, findCommand, followJob, hasEnded, isSet, looks, nameOptions, pictures, startJob, toSave } from "/app/js/api.js";
import { calm, fill, h, icon } from "/app/js/dom.js";
import { EFFECTS, findEffect, startValues } from "/app/js/effects.js";
import { compare } from "/app/js/elements/compare.js";
import { askConsent } from "/app/js/elements/consent.js";
import { button, pills, problem, progress, saveLink, share, slider, toast, toggle } from "/app/js/elements/parts.js";
import { chooser } from "/app/js/elements/chooser.js";
import { percent, t, term } from "/app/js/i18n.js";
import { carried, faceUrl, makeFace, remember } from "/app/js/state.js";

/** What lies on the table; it stays while other pages are open. */
const table = { source: null, effect: EFFECTS[0], values: {}, job: null, failed: null, running: null };

const isClip = (source) => (source.file?.type ?? source.type ?? "").startsWith("video/");
const values = () => (table.values[table.effect.id] ??= startValues(table.effect));

/** Lay another picture on the table. */
export function lay(source) {
  Object.assign(table, { source, job: null, failed: null });
}

async function apply(redraw) {
  const { effect, source } = table;
  try {
    const command = await findCommand(effect.command);
    const face = effect.needsFace ? { face: carried() ?? pickFace() } : null;
    const consent = await askConsent(command, [source]);
    if (consent === null || table.running) return;
    Object.assign(table, { failed: null, running: { state: "queued" } });
    redraw();
    window.scrollTo({ top: 0, behavior: calm() ? "auto" : "smooth" }); // to the picture, above the controls of a phone
    const sources = face ? [face, source] : [source];
    const inputs = Object.fromEntries(sources.map((each, index) => [command.inputs[index].name, [each]]));
    const options = nameOptions(command, { ...effect.flags(values()), "--consent": consent });
    table.running = await startJob(effect.command, inputs, options);
    redraw();
    await follow(redraw);
  } catch (error) {
    if (error.name === "AbortError") return;
    Object.assign(table, { failed: error, running: null });
    redraw();
  }
}

async function follow(redraw, signal) {
  const last = await followJob(table.running.id, (job) => {
    table.running = job;
    table.meter?.see(job);
  }, signal);
  table.running = null;
  if (last.state === "failed") table.failed = last.error;
  if (last.state === "done") table.job = { ...last, effect: table.effect.id, source: table.source };
  redraw();
}

function pickFace() {
  const face = makeFace();
  remember("face", face);
  return face;
}

/** A picture or clip in a frame of its shape. */
function framed(media) {
  const frame = h("div", { class: "frame" }, media);
  const fit = () => frame.style.setProperty("--shape", (media.naturalWidth || media.videoWidth) / (media.naturalHeight || media.videoHeight));
  for (const event of ["load", "loadedmetadata"]) media.addEventListener(event, fit);
  return frame;
}

const plain = (source) => (isClip(source)
  ? h("video", { src: source.url, controls: true, playsinline: true, muted: true, loop: true, "aria-label": t("try.yours") })
  : h("img", { src: source.url, alt: t("try.yours"), on: { error: (event) => event.target.replaceWith(h("div", { class: "empty" }, icon("picture"), h("p", {}, t("try.unseen", { name: source.file?.name ?? "" })))) } }));

function drawResult(job) {
  const results = looks(job);
  if (!results.length) return h("div", { class: "note" }, icon("warning"), h("p", {}, t("try.nothing")));
  if (isSet(job)) return stickers(pictures(job));
  const [result] = results;
  if (result.kind === "clip") return framed(h("video", { src: result.url, controls: true, playsinline: true, loop: true, autoplay: true, muted: true }));
  const portrait = job.options?.portrait;
  if (portrait || isClip(job.source)) return framed(h("img", { src: result.url, alt: t("compare.after") }));
  return compare(job.source.url, result.url);
}

function stickers(results) {
  return h("div", { class: "stickers" }, results.map((result) => {
    const name = result.name.split("/").pop().replace(/\.\w+$/, "").replace(/[-_]?\d+$/, "");
    return h("a", { href: `${result.url}?download=1`, download: result.name.split("/").pop(), "aria-label": t("try.sticker", { name: term("expression", name) }) }, h("img", { src: result.url, alt: "", loading: "lazy" }));
  }));
}

function drawPicture(redraw) {
  const { source, job, running } = table;
  const shown = job && job.source === source && !running ? drawResult(job) : framed(plain(source));
  const work = h("div", { class: "work" }, shown);
  if (running && !hasEnded(running)) {
    table.meter = progress();
    table.meter.see(running);
    work.append(h("div", { class: "busy" }, h("div", { class: "progress" }, table.meter,
      running.id && button(t("cancel"), { kind: "compact", on: { click: () => cancelJob(running.id).catch(() => null).then(() => { table.running = null; redraw(); }) } }))));
  }
  return work;
}

function drawControls(redraw) {
  const chosen = values();
  const set = (control, again) => (value) => {
    chosen[control.key] = value;
    if (again && table.job?.effect === table.effect.id && !table.running) apply(redraw);
  };
  return table.effect.controls.map((control) => {
    const words = t(`control.${control.words}`);
    if (control.choices) {
      const several = Array.isArray(control.value);
      return h("div", { class: "stack tight" }, h("h3", {}, words),
        pills(words, control.choices.map((each) => [each, term(control.key, each)]), { value: chosen[control.key], several, change: set(control) }));
    }
    if (typeof control.value === "boolean") return toggle(words, { value: chosen[control.key], change: set(control) });
    return slider(words, { ...control, value: chosen[control.key], show: control.key === "strength" ? percent : String, change: set(control, true) });
  });
}

function drawFace(redraw) {
  if (!table.effect.needsFace) return null;
  const face = carried() ?? pickFace();
  return h("div", { class: "portrait" }, h("img", { src: faceUrl(face, 128), alt: "" }),
    h("div", { class: "grow" }, h("h3", {}, t("try.face")), h("span", { class: "small soft number" }, t("face.number", { seed: face.seed }))),
    button(t("try.another"), { glyph: "shuffle", round: true, on: { click: () => { pickFace(); redraw(); } } }));
}

function drawTray(redraw) {
  const choose = (event) => {
    table.effect = findEffect(event.target.value);
    table.failed = null;
    redraw("tray");
  };
  return h("div", { class: "tray", role: "radiogroup", "aria-label": t("try.effects"), on: { change: choose } }, EFFECTS.map((effect) => h("label", {},
    h("input", { type: "radio", name: "effect", value: effect.id, checked: effect === table.effect }), icon(effect.id), t(`effect.${effect.id}`))));
}

function drawActions(redraw) {
  const { job, source, running } = table;
  const done = job && job.source === source && !running;
  const fits = done && job.effect === table.effect.id;
  const result = done ? looks(job)[0] : null;
  const saved = result && toSave(job);
  return [
    fits ? null : button(t(`effect.${table.effect.id}.do`), { kind: "primary", disabled: Boolean(running), on: { click: () => apply(redraw) } }),
    result && h("div", { class: "row" }, saveLink(saved.url, saved.name, fits ? "primary grow" : "grow"),
      button(t("share"), { glyph: "share", kind: "grow", on: { click: () => share(...saved.all) } })),
    result && h("div", { class: "row" },
      fits && button(t("try.repeat"), { glyph: "again", kind: "compact", on: { click: () => apply(redraw) } }),
      result.kind === "image" && !isSet(job) && button(t("try.further"), { glyph: "next", kind: "compact", on: { click: () => { lay({ job: job.id, name: result.name, url: result.url, consent: source.consent }); redraw(); toast(t("try.further.done")); } } }),
      button(t("try.how"), { glyph: "seal", kind: "compact", href: `#/gallery/${job.id}` })),
    h("div", { class: "row" }, button(t("try.restart"), { glyph: "picture", kind: "quiet compact", on: { click: () => { lay(null); redraw(); } } })),
  ];
}

export default function tryOn(route, signal) {
  if (route.query.get("effect")) table.effect = findEffect(route.query.get("effect"));
  const page = h("div", { class: "page" });
  const draw = (focus) => {
    if (signal.aborted) return;
    if (!table.source) {
      fill(page, h("header", {}, h("h1", {}, t("try.title")), h("p", { class: "soft" }, t("try.words"))), chooser((source) => { lay(source); draw(); }));
      return;
    }
    const tray = drawTray(draw);
    const scrolled = page.querySelector(".tray")?.scrollLeft ?? 0;
    const held = page.contains(document.activeElement);
    fill(page, h("h1", { class: "unseen" }, t("try.title")), h("div", { class: "sides" },
      h("div", { class: "picture" }, drawPicture(draw)),
      h("div", { class: "panel stack" }, table.failed && problem(table.failed), tray, drawFace(draw), drawControls(draw), drawActions(draw))));
    tray.scrollLeft = scrolled;
    // Whoever uses the keyboard stays here: what is focused has been drawn anew.
    const next = focus === "tray" ? ":checked" : ".busy .button, fw-compare input, :checked";
    if (held) page.querySelector(next)?.focus({ preventScroll: true });
  };
  if (table.running?.id) follow(draw, signal).catch(() => null);
  draw();
  return page;
}
