// A place to choose a picture: from the device, from its camera, dropped, pasted, or the face in use.

import { h } from "/app/js/dom.js";
import { button } from "/app/js/elements/parts.js";
import { t } from "/app/js/i18n.js";
import { carried, faceUrl, recall } from "/app/js/state.js";

/** A source of a file that was chosen. */
export const fromFile = (file) => ({ file, url: URL.createObjectURL(file) });

/** A source of a face that does not exist. */
export const fromFace = (face) => ({ face, url: faceUrl(face) });

function picker(words, glyph, kind, take, props) {
  const input = h("input", { type: "file", class: "unseen", tabindex: -1, "aria-hidden": "true", ...props, on: { change: (event) => event.target.files[0] && take(fromFile(event.target.files[0])) } });
  return [input, button(words, { glyph, kind, on: { click: () => input.click() } })];
}

/** Build it; `take` gets a source. */
export function chooser(take) {
  const face = carried();
  const accept = "image/*,.heic,.heif,.avif,video/mp4,video/quicktime,video/webm";
  const seen = recall("seen", []).slice(-3);
  const box = h("div", { class: "choose" },
    seen.length === 3 && h("div", { class: "hero", "aria-hidden": "true" }, seen.map((each) => h("img", { src: faceUrl(each, 128), alt: "" }))),
    picker(t("choose.picture"), "picture", "primary", take, { accept, name: "picture" }),
    picker(t("choose.camera"), "camera", "", take, { accept: "image/*", capture: "user", name: "camera" }),
    face && button(t("choose.face", { seed: face.seed }), { glyph: "home", on: { click: () => take(fromFace(face)) } }),
    h("p", { class: "small soft" }, t("choose.words")));
  // Whatever else it is, the studio says so.
  const image = (files) => [...files].find((file) => /^(image|video)\//.test(file.type)) ?? files[0];
  const over = (on) => (event) => {
    event.preventDefault();
    box.classList.toggle("over", on);
  };
  box.addEventListener("dragover", over(true));
  box.addEventListener("dragleave", over(false));
  box.addEventListener("drop", (event) => {
    over(false)(event);
    const file = image(event.dataTransfer.files);
    if (file) take(fromFile(file));
  });
  const paste = (event) => {
    if (!box.isConnected) return document.removeEventListener("paste", paste);
    const file = image(event.clipboardData.files);
    return file && take(fromFile(file));
  };
  document.addEventListener("paste", paste);
  return box;
}
