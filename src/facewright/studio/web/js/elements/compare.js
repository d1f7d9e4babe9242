// <fw-compare>: before and after under one slider. The slider is a real one: keys and screen readers move it.
// Where only a part of the picture changed, a button comes closer to it.

import { calm, h, icon } from "/app/js/dom.js";
import { button } from "/app/js/elements/parts.js";
import { t } from "/app/js/i18n.js";

const GRID = 48; // samples per side that are compared
const DIFFERS = 24; // of 255, in any colour
const SMALL = 0.4; // share of the picture; what changed less is shown from close by

const layer = (classes, source, words) =>
  h("div", { class: `layer ${classes}` }, h("img", { src: source, alt: words, draggable: "false" }));

function sample(image) {
  const canvas = Object.assign(document.createElement("canvas"), { width: GRID, height: GRID });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0, GRID, GRID);
  return pen.getImageData(0, 0, GRID, GRID).data;
}

/** The part that changed: its centre and its size, as shares of the picture; null if nothing did. */
function findChange(before, after) {
  const [a, b] = [sample(before), sample(after)];
  const box = { left: GRID, top: GRID, right: -1, bottom: -1 };
  for (let each = 0; each < GRID * GRID; each += 1) {
    const change = Math.max(...[0, 1, 2].map((part) => Math.abs(a[4 * each + part] - b[4 * each + part])));
    if (change < DIFFERS) continue;
    const [x, y] = [each % GRID, Math.floor(each / GRID)];
    Object.assign(box, { left: Math.min(box.left, x), right: Math.max(box.right, x), top: Math.min(box.top, y), bottom: Math.max(box.bottom, y) });
  }
  if (box.right < 0) return null;
  const size = Math.max(box.right - box.left, box.bottom - box.top) + 1;
  return { x: (box.left + box.right + 1) / 2 / GRID, y: (box.top + box.bottom + 1) / 2 / GRID, size: size / GRID };
}

class Compare extends HTMLElement {
  /** Show two pictures of the same shape. */
  show(before, after) {
    const range = h("input", { type: "range", min: 0, max: 100, step: 1, value: 50, "aria-label": t("compare.label") });
    range.addEventListener("input", () => this.#move(Number(range.value)));
    const first = layer("", before, t("compare.before"));
    const second = layer("after", after, t("compare.after"));
    this.replaceChildren(first, second,
      h("span", { class: "tag left", "aria-hidden": "true" }, t("compare.before")),
      h("span", { class: "tag right", "aria-hidden": "true" }, t("compare.after")),
      h("div", { class: "line", "aria-hidden": "true" }, h("div", { class: "grip" }, icon("swap"))), range);
    this.range = range;
    this.#move(50);
    const images = [first.firstChild, second.firstChild];
    Promise.all(images.map((image) => image.decode())).then(() => {
      const [, { naturalWidth: width, naturalHeight: height }] = images;
      this.style.setProperty("--shape", width / height);
      this.#offerCloser(...images);
      this.#reveal();
    }, () => null);
  }

  #move(at) {
    this.style.setProperty("--at", `${at}%`);
    this.range.setAttribute("aria-valuetext", t("compare.value", { share: 100 - at }));
    this.dataset.end = at < 18 ? "left" : at > 82 ? "right" : "";
  }

  #offerCloser(before, after) {
    const change = findChange(before, after);
    if (!change || change.size > 0.6) return;
    const scale = Math.min(4, 0.8 / change.size);
    const edge = 0.5 / scale; // the picture's rim stays at the frame's
    const clamp = (value) => Math.min(1 - edge, Math.max(edge, value));
    const closer = button(t("compare.closer"), { glyph: "clear", round: true, kind: "compact closer", "aria-pressed": "false" });
    closer.addEventListener("click", () => {
      const near = closer.getAttribute("aria-pressed") !== "true";
      closer.setAttribute("aria-pressed", String(near));
      this.style.setProperty("--zoom", near ? scale : 1);
      this.style.setProperty("--x", `${near ? (0.5 - clamp(change.x)) * 100 * scale : 0}%`);
      this.style.setProperty("--y", `${near ? (0.5 - clamp(change.y)) * 100 * scale : 0}%`);
    });
    this.append(closer);
    if (change.size < SMALL) closer.click();
  }

  // Once, so that it is seen that there is something to move.
  #reveal() {
    if (calm()) return;
    const start = performance.now();
    const step = (now) => {
      const passed = Math.min(1, (now - start) / 900);
      const at = Math.round(100 - 50 * (1 - (1 - passed) ** 3));
      if (!this.isConnected || this.touched) return;
      this.range.value = at;
      this.#move(at);
      if (passed < 1) requestAnimationFrame(step);
    };
    this.range.addEventListener("pointerdown", () => (this.touched = true), { once: true });
    this.range.addEventListener("keydown", () => (this.touched = true), { once: true });
    requestAnimationFrame(step);
  }
}

customElements.define("fw-compare", Compare);

/** Draw a comparison. */
export function compare(before, after) {
  const element = document.createElement("fw-compare");
  element.show(before, after);
  return element;
}
