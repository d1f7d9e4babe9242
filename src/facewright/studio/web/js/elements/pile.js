// <fw-pile>: faces one on another. The one on top follows the finger: left for the next, right for the
// one before, down for a new one. It says so by the event "turn", whose detail is next, previous or new.

import { calm, fill, h, icon } from "/app/js/dom.js";
import { t } from "/app/js/i18n.js";
import { faceUrl, sameFace } from "/app/js/state.js";

const ENOUGH = 70; // pixels that count as a swipe
const GONE = { next: "translateX(-130%) rotate(-9deg)", previous: "translateX(130%) rotate(9deg)", new: "translateY(115%)" };

function card(face) {
  const image = h("img", { alt: t("face.alt", { seed: face.seed }), draggable: "false" });
  const element = h("div", { class: "face skeleton" }, image);
  element.face = face;
  image.addEventListener("load", () => {
    image.dataset.here = "";
    element.classList.remove("skeleton");
  });
  image.addEventListener("error", () => {
    element.classList.remove("skeleton");
    fill(element, h("div", { class: "empty" }, icon("warning"), h("p", {}, t("face.failed"))));
    element.dispatchEvent(new CustomEvent("failed", { bubbles: true, detail: face }));
  });
  image.src = faceUrl(face);
  return element;
}

class Pile extends HTMLElement {
  #top = null;
  #under = null;
  #start = null;

  connectedCallback() {
    this.prepend(h("span", { class: "pull", "aria-hidden": "true" }, t("home.pull")));
    this.addEventListener("pointerdown", (event) => this.#grab(event));
    this.addEventListener("pointermove", (event) => this.#drag(event));
    this.addEventListener("pointerup", (event) => this.#drop(event));
    this.addEventListener("pointercancel", () => this.#settle());
  }

  /** Put `face` on top; `direction` says how the one before goes. `upcoming` lies under it, loaded. */
  show(face, upcoming, direction) {
    const leaving = this.#top;
    if (leaving && sameFace(leaving.face, face)) return this.#lay(upcoming);
    const waiting = this.#under && sameFace(this.#under.face, face) ? this.#under : null;
    const entering = waiting ?? card(face);
    if (waiting) this.#under = null;
    else this.append(entering);
    if (leaving) this.append(leaving);
    this.#top = entering;
    this.#clear(entering);
    if (leaving) this.#dismiss(leaving, direction ?? "next");
    return this.#lay(upcoming);
  }

  #clear(element) {
    element.classList.add("release");
    element.classList.remove("under");
    element.style.transform = "";
  }

  #dismiss(leaving, direction) {
    leaving.classList.add("release");
    leaving.inert = true;
    requestAnimationFrame(() => {
      leaving.style.transform = GONE[direction];
      leaving.style.opacity = "0";
    });
    setTimeout(() => leaving.remove(), calm() ? 0 : 340);
  }

  #lay(upcoming) {
    if (this.#under && sameFace(this.#under.face, upcoming)) return;
    this.#under?.remove();
    this.#under = upcoming ? card(upcoming) : null;
    if (!this.#under) return;
    this.#under.classList.add("under");
    this.#under.setAttribute("aria-hidden", "true");
    this.prepend(this.#under);
  }

  #grab(event) {
    if (event.button || !this.#top) return;
    this.#start = { x: event.clientX, y: event.clientY, id: event.pointerId };
    this.setPointerCapture(event.pointerId);
    this.#top.classList.remove("release");
  }

  #moved(event) {
    const x = event.clientX - this.#start.x;
    const y = event.clientY - this.#start.y;
    const down = y > Math.abs(x);
    return { x: down ? 0 : x, y: down ? y : 0 };
  }

  #drag(event) {
    if (this.#start?.id !== event.pointerId) return;
    const { x, y } = this.#moved(event);
    this.#top.style.transform = y ? `translateY(${y * 0.6}px)` : `translateX(${x}px) rotate(${x / 40}deg)`;
    this.style.setProperty("--pull", Math.min(1, y / ENOUGH / 2));
  }

  #drop(event) {
    if (this.#start?.id !== event.pointerId) return;
    const { x, y } = this.#moved(event);
    this.#settle();
    const turn = y > ENOUGH ? "new" : x < -ENOUGH ? "next" : x > ENOUGH ? "previous" : null;
    if (turn) this.dispatchEvent(new CustomEvent("turn", { detail: turn }));
  }

  #settle() {
    this.#start = null;
    this.style.setProperty("--pull", 0);
    if (this.#top) this.#clear(this.#top);
  }
}

customElements.define("fw-pile", Pile);
