// Live: what the camera sees, through an effect, as it happens.

import { findCommand, nameOptions } from "/app/js/api.js";
import { fill, h, icon } from "/app/js/dom.js";
import "/app/js/elements/camera.js";
import { askConsent } from "/app/js/elements/consent.js";
import { button, pills, problem, share, sheet } from "/app/js/elements/parts.js";
import { number, percent, t, term } from "/app/js/i18n.js";
import { carried, faceUrl, makeFace, remember } from "/app/js/state.js";

const EFFECTS = {
  swap: { command: "swap", flags: {}, face: true },
  toon: { command: "toonify", flags: { "--style": "toon" } },
  baby: { command: "toonify", flags: { "--style": "baby" } },
  emoji: { command: "emoji", flags: {}, face: true },
  older: { command: "convert", flags: { "--with": "ageing" } },
  expressions: { command: "expressions", flags: {} },
};
const ORDER = ["happy", "surprise", "neutral", "sad", "angry", "fear", "disgust"];
const person = {}; // the source whose consent is asked once

/** Why there is no camera here; empty if there may be one. */
function obstacle() {
  if (!window.isSecureContext) return t("live.insecure");
  if (!navigator.mediaDevices?.getUserMedia) return t("live.unsupported");
  return "";
}

function drawBars() {
  const list = h("ul", { class: "bars" }, ORDER.map((name) => h("li", {}, h("span", {}, term("expression", name)), h("span", { class: "track" }, h("span")), h("b", {}, ""))));
  const box = h("div", { class: "card stack", hidden: true }, h("h2", {}, t("live.bars")), list);
  box.see = (expressions) => {
    const first = Array.isArray(expressions) ? expressions[0] : expressions;
    box.hidden = !first;
    if (!first) return;
    ORDER.forEach((name, index) => {
      const row = list.children[index];
      row.querySelector(".track > span").style.setProperty("--p", first[name] ?? 0);
      row.lastChild.textContent = percent(first[name] ?? 0);
    });
  };
  return box;
}

function cameraProblem(error) {
  const known = { NotAllowedError: "denied", NotFoundError: "missing", NotReadableError: "taken" }[error.name];
  return known ? { message: t(`live.${known}`), hint: t(`live.${known}.hint`), status: 400 } : error;
}

const keep = (blob, name) => {
  const url = URL.createObjectURL(blob);
  const clip = blob.type.startsWith("video/");
  return sheet(clip ? t("live.recorded") : t("live.taken"), (close) => [
    h("div", { class: "frame" }, clip ? h("video", { src: url, controls: true, playsinline: true, autoplay: true, loop: true, muted: true }) : h("img", { src: url, alt: t("live.taken") })),
    h("p", { class: "small soft" }, t("live.unsigned")),
    h("div", { class: "row" }, button(t("save"), { glyph: "save", kind: "primary grow", href: url, download: name, on: { click: () => setTimeout(close, 300) } }),
      button(t("share"), { glyph: "share", kind: "grow", on: { click: () => share({ url, name, type: blob.type }) } }),
      button(t("live.discard"), { kind: "quiet", on: { click: () => close() } })),
  ]).then(() => URL.revokeObjectURL(url));
};

const fileName = (blob) => `facewright-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-")}.${blob.type.split("/")[1]}`;

class Session {
  constructor(effect) {
    this.effect = effect;
    this.camera = h("fw-camera");
    this.on = false;
  }

  async start() {
    const command = await findCommand(EFFECTS[this.effect].command);
    const consent = await askConsent(command, [person]);
    if (consent === null) return false;
    await this.camera.open();
    this.on = true;
    await this.run();
    return true;
  }

  async run() {
    const { command: name, flags, face } = EFFECTS[this.effect];
    const command = await findCommand(name);
    const consent = await askConsent(command, [person]);
    if (consent === null) return;
    let made = null;
    if (face) {
      made = carried() ?? makeFace();
      remember("face", made);
    }
    this.camera.run(name, { options: nameOptions(command, { ...flags, "--consent": consent }), face: made, consent: consent ?? null });
  }

  stop() {
    this.on = false;
    this.camera.stop();
  }
}

export default function live(route, signal) {
  const asked = route.query.get("effect");
  const session = new Session(asked in EFFECTS ? asked : "swap");
  const { camera } = session;
  const state = h("span", { class: "state", role: "status" }, t("live.loading"));
  const bars = drawBars();
  const trouble = h("div");
  const view = h("div", { class: "frame view" });
  const controls = h("div", { class: "panel stack" });
  const fail = (error) => {
    session.stop();
    fill(trouble, problem(cameraProblem(error)));
    draw();
  };
  const start = () => {
    fill(trouble);
    return session.start().then(draw, fail);
  };
  const again = () => {
    state.textContent = t("live.loading");
    return session.on && session.run().catch(fail);
  };
  camera.addEventListener("failed", (event) => fail(event.detail));
  camera.addEventListener("facts", ({ detail }) => {
    state.textContent = `${number(Math.round(detail.rate))} fps · ${t("live.faces", { count: detail.faces ?? 0 })}`;
    bars.see(session.effect === "expressions" ? detail.expressions : null);
  });
  camera.addEventListener("sized", ({ detail }) => (view.style.aspectRatio = `${detail.width} / ${detail.height}`));
  signal.addEventListener("abort", () => session.stop());
  const draw = () => {
    view.classList.toggle("idle", !session.on);
    if (!session.on) drawIdle(view, start);
    else drawRunning(view, { session, state, draw, fail });
    fill(controls, drawChoices(session, () => { draw(); again(); }), bars);
  };
  draw();
  return h("div", { class: "page" },
    h("header", {}, h("h1", {}, t("live.title")), h("p", { class: "soft" }, t("live.words"))),
    h("div", { class: "sides" }, h("div", { class: "picture stack" }, trouble, view), controls));
}

function drawIdle(view, start) {
  const why = obstacle();
  fill(view, h("div", { class: "empty" }, icon(why ? "lock" : "live"), h("h2", {}, why ? t("live.cannot") : t("live.ready")), h("p", {}, why || t("live.private")),
    !why && button(t("live.start"), { glyph: "camera", kind: "primary", on: { click: start } })));
}

function drawRunning(view, { session, state, draw, fail }) {
  const { camera } = session;
  const record = async () => {
    if (camera.recording) return camera.endRecording();
    const clip = camera.record();
    state.classList.add("rec");
    draw();
    const blob = await clip;
    state.classList.remove("rec");
    draw();
    return keep(blob, fileName(blob));
  };
  const flip = () => {
    camera.facing = camera.facing === "user" ? "environment" : "user";
    camera.open().catch(fail);
  };
  const bar = h("div", { class: "over" },
    button(t("live.flip"), { glyph: "flip", round: true, on: { click: flip } }),
    button(t("live.snap"), { glyph: "camera", round: true, on: { click: () => camera.snapshot().then((blob) => keep(blob, fileName(blob))) } }),
    button(camera.recording ? t("live.end") : t("live.record"), { glyph: camera.recording ? "stop" : "record", round: true, kind: "shutter", "aria-pressed": String(camera.recording), on: { click: record } }),
    button(t("live.stop"), { glyph: "close", round: true, on: { click: () => { session.stop(); draw(); } } }));
  // The canvas stays where it is, so that a recording goes on.
  for (const child of [...view.children]) if (child !== camera) child.remove();
  if (!camera.isConnected) view.append(camera);
  view.append(state, bar);
}

function drawChoices(session, changed) {
  const choose = (value) => {
    session.effect = value;
    changed();
  };
  const choices = pills(t("try.effects"), Object.keys(EFFECTS).map((each) => [each, t(`effect.${each}`)]), { value: session.effect, change: choose });
  if (!EFFECTS[session.effect].face) return choices;
  const face = carried() ?? makeFace();
  remember("face", face);
  return [choices, h("div", { class: "portrait" }, h("img", { src: faceUrl(face, 128), alt: "" }),
    h("div", { class: "grow" }, h("h3", {}, t("try.face")), h("span", { class: "small soft number" }, t("face.number", { seed: face.seed }))),
    button(t("try.another"), { glyph: "shuffle", round: true, on: { click: () => { remember("face", makeFace()); changed(); } } }))];
}
