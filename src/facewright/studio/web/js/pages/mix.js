// Mix: the coarse of one face, the fine of another, and the way from one to the other as a clip.

import { cancelJob, findCommand, followJob, looks, nameOptions, once, request, startJob } from "/app/js/api.js";
import { debounce, fill, h } from "/app/js/dom.js";
import { button, problem, progress, saveLink, share, slider, toast } from "/app/js/elements/parts.js";
import { percent, t } from "/app/js/i18n.js";
import { carried, faceUrl, makeFace, recall, remember, sameFace } from "/app/js/state.js";

const LABELS = ["age", "gender", "ethnicity", "smile"];

const otherwise = { options: { num_ws: 12, ranges: { coarse: [0, 3], middle: [4, 7], fine: [8, 11] } } };

/** The two faces, and how much of the second is in each layer, 0 to 1. */
class Blend {
  constructor({ num_ws: count, ranges }) {
    this.ranges = ranges;
    const kept = recall("mix", {});
    this.a = carried() ?? kept.a ?? makeFace();
    this.b = kept.b && !sameFace(kept.b, this.a) ? kept.b : makeFace();
    this.amounts = kept.amounts?.length === count ? kept.amounts : Array.from({ length: count }, (_, layer) => (layer >= (ranges.fine?.[0] ?? count) ? 1 : layer >= (ranges.middle?.[0] ?? count) ? 0.5 : 0));
  }

  keep() { remember("mix", { a: this.a, b: this.b, amounts: this.amounts }); }

  part(name) {
    const [first, last] = this.ranges[name];
    const share = this.amounts.slice(first, last + 1);
    return share.reduce((sum, each) => sum + each, 0) / share.length;
  }

  setPart(name, amount) {
    const [first, last] = this.ranges[name];
    this.amounts = this.amounts.map((each, layer) => (layer >= first && layer <= last ? amount : each));
  }

  /** Neighbours with the same amount become one range: "0-3:0.2,4-7:1". */
  get recipe() {
    const runs = [];
    this.amounts.forEach((amount, layer) => {
      const run = runs.at(-1);
      if (run && run.amount === amount) run.last = layer;
      else runs.push({ first: layer, last: layer, amount });
    });
    return runs.filter((run) => run.amount > 0).map((run) => `${run.first}-${run.last}:${+run.amount.toFixed(2)}`).join(",");
  }

  get url() {
    const query = new URLSearchParams({ size: 512, layers: this.recipe });
    for (const [side, face] of [["a", this.a], ["b", this.b]]) for (const label of LABELS) if (face[label]) query.set(`${side}.${label}`, face[label]);
    return `/api/v1/mixes/${this.a.seed}/${this.b.seed}.webp?${query}`;
  }
}

/** A picture that shows the newest address; one request at a time, the old picture stays until the new one is there. */
function canvas(signal, failed) {
  const frame = h("div", { class: "frame blend skeleton" });
  let wanted = null;
  let busy = false;
  const step = async () => {
    if (busy || !wanted || signal.aborted) return;
    busy = true;
    const url = wanted;
    wanted = null;
    const image = h("img", { alt: t("mix.alt"), src: url });
    try {
      await image.decode();
      frame.classList.remove("skeleton");
      fill(frame, image);
      frame.url = url;
      failed(null);
    } catch {
      failed(await request(url.replace("/api/v1", "")).catch((error) => error));
    }
    busy = false;
    step();
  };
  frame.want = (url) => {
    wanted = url;
    step();
  };
  return frame;
}

function parent(side, blend, changed) {
  const box = h("div", { class: "parent" });
  const draw = () => {
    const face = blend[side];
    const mine = carried();
    fill(box, h("img", { src: faceUrl(face, 128), alt: t("face.alt", { seed: face.seed }) }),
      h("div", {}, h("strong", {}, t(`mix.${side}`)), h("span", { class: "small soft number" }, t("face.number", { seed: face.seed }))),
      h("div", { class: "row" }, button(t("mix.another", { name: t(`mix.${side}`) }), { glyph: "shuffle", round: true, kind: "compact", on: { click: () => set(makeFace()) } }),
        mine && !sameFace(mine, face) && button(t("mix.carried"), { glyph: "home", round: true, kind: "compact", on: { click: () => set(mine) } })));
  };
  const set = (face) => {
    blend[side] = face;
    draw();
    changed();
  };
  draw();
  return box;
}

function layerKeys(blend, changed) {
  const box = h("div", { class: "layers", role: "group", "aria-label": t("mix.layers") });
  box.draw = () => fill(box, blend.amounts.map((amount, layer) => h("button", {
    type: "button", "aria-pressed": String(amount >= 0.5), "aria-label": t("mix.layer", { layer }),
    on: { click: (event) => { blend.amounts[layer] = amount >= 0.5 ? 0 : 1; changed(); box.children[[...box.children].indexOf(event.target)]?.focus(); box.children[layer].focus(); } },
  }, layer)));
  box.draw();
  return box;
}

function walk(blend, signal) {
  const place = h("div", { class: "stack" });
  const go = async () => {
    const meter = progress();
    let job;
    try {
      const command = await findCommand("interpolate");
      const labels = Object.fromEntries(LABELS.map((label) => [`--${label}`, sameLabel(blend, label)]));
      const options = nameOptions(command, { "--seeds": `${blend.a.seed},${blend.b.seed}`, "--seconds": 4, "--size": 512, "--fps": 24, ...labels });
      job = await startJob("interpolate", {}, options);
      fill(place, meter, button(t("cancel"), { kind: "compact", on: { click: () => cancelJob(job.id).catch(() => null) } }));
      const last = await followJob(job.id, (now) => meter.see(now), signal);
      if (last.state !== "done") return fill(place, start(), last.error && problem(last.error));
      const [clip] = looks(last);
      const name = clip.name.split("/").pop();
      return fill(place, h("div", { class: "frame" }, h("video", { src: clip.url, autoplay: true, loop: true, muted: true, playsinline: true, controls: true, "aria-label": t("mix.clip") })),
        h("div", { class: "row" }, saveLink(clip.url, name, "primary grow"), button(t("share"), { glyph: "share", kind: "grow", on: { click: () => share(clip) } })), start());
    } catch (error) {
      return error.name === "AbortError" ? null : fill(place, start(), problem(error));
    }
  };
  const start = () => button(t("mix.walk"), { glyph: "play", on: { click: go } });
  return fill(place, start());
}

// A clip has one label for both; where they differ, as it comes.
const sameLabel = (blend, label) => (blend.a[label] === blend.b[label] ? blend.a[label] : null);

export default async function mix(route, signal) {
  const blend = new Blend(await once("/mixes/options").catch(() => otherwise.options));
  const trouble = h("div");
  const picture = canvas(signal, (error) => fill(trouble, error && problem(error)));
  const ask = debounce(() => picture.want(blend.url), 60);
  const parts = Object.keys(blend.ranges);
  const sliders = parts.map((part) => slider(t(`mix.${part}`), {
    step: 0.1, value: blend.part(part), show: percent, ends: ["A", "B"],
    input: (amount) => { blend.setPart(part, amount); changed(); },
  }));
  const keys = layerKeys(blend, () => changed());
  const changed = () => {
    blend.keep();
    keys.draw();
    parts.forEach((part, index) => sliders[index].set(blend.part(part)));
    ask();
  };
  const all = (make) => () => {
    blend.amounts = blend.amounts.map(make);
    changed();
  };
  const chance = () => (crypto.getRandomValues(new Uint8Array(1))[0] < 128 ? 0 : 1);
  picture.want(blend.url);
  return h("div", { class: "page" },
    h("header", {}, h("h1", {}, t("mix.title")), h("p", { class: "soft" }, t("mix.words"))),
    h("div", { class: "sides mixing" },
      h("div", { class: "picture stack" }, picture, trouble),
      h("div", { class: "panel stack" },
        h("div", { class: "parents" }, parent("a", blend, changed), parent("b", blend, changed)),
        sliders,
        h("div", { class: "row" }, button(t("mix.random"), { glyph: "shuffle", kind: "compact", on: { click: all(chance) } }),
          button(t("mix.all"), { kind: "compact", on: { click: all(() => 1) } }), button(t("mix.none"), { kind: "compact", on: { click: all(() => 0) } })),
        h("details", { class: "more" }, h("summary", {}, t("mix.layers")), h("div", { class: "stack tight" }, h("p", { class: "small soft" }, t("mix.layers.words")), keys)),
        h("div", { class: "row" }, button(t("mix.save"), { glyph: "save", kind: "primary grow", on: { click: () => save(blend) } }),
          button(t("mix.keep"), { glyph: "gallery", kind: "grow", on: { click: () => keep(blend) } })),
        walk(blend, signal))));
}

function save(blend) {
  h("a", { href: blend.url, download: `mix-${blend.a.seed}-${blend.b.seed}.webp` }).click();
  toast(t("mix.saved"));
}

/** The same picture as a job: it lies in the gallery, with how it came about. */
async function keep({ a, b, recipe }) {
  await startJob("restyle", { face: [{ face: a }], style: [{ face: b }] }, { layers: recipe || "none", size: 512 })
    .then(() => toast(t("mix.kept")), (error) => toast(error.message));
}
