// Gallery: one's results, how each came about, and how to delete it for good.

import { deleteJob, getJob, hasEnded, followJob, isSet, keepJob, listJobs, looks, pictures, provenance, remakeJob, thumbnail, toSave } from "/app/js/api.js";
import { fill, h, icon } from "/app/js/dom.js";
import { describeJob, jobIcon } from "/app/js/effects.js";
import { compare } from "/app/js/elements/compare.js";
import { button, codeBox, confirm, empty, problem, progress, saveLink, share, skeleton, toast } from "/app/js/elements/parts.js";
import { bytes, clock, day, moment, t, term } from "/app/js/i18n.js";
import { lay } from "/app/js/pages/try.js";

export default (route, signal) => (route.rest ? detail(route.rest, signal) : overview(signal));

function tile(job) {
  const result = isSet(job) ? pictures(job)[0] : looks(job)[0];
  const name = describeJob(job);
  return h("a", { class: "tile", href: `#/gallery/${job.id}` },
    h("div", { class: "frame" }, result ? h("img", { src: isSet(job) ? result.url : thumbnail(result), alt: "", loading: "lazy" }) : icon(job.state === "failed" ? "warning" : jobIcon(job))),
    result?.kind === "clip" && h("span", { class: "mark" }, icon("play")), job.kept && result?.kind !== "clip" && h("span", { class: "mark" }, icon("pin")),
    h("p", {}, h("strong", {}, name), h("span", { class: "soft" }, job.state === "done" ? clock(job.created) : t(`job.${job.state}`))));
}

function overview(signal) {
  const list = h("div", { "aria-busy": "true" }, h("div", { class: "tiles" }, Array.from({ length: 8 }, () => h("div", { class: "tile" }, skeleton("frame")))));
  const more = h("div", { class: "row" });
  let lastDay = null;
  let tiles = null;
  const add = (jobs) => {
    for (const job of jobs) {
      const today = day(job.created);
      if (today !== lastDay) {
        tiles = h("div", { class: "tiles" });
        list.append(h("h2", { class: "day" }, today), tiles);
        lastDay = today;
      }
      tiles.append(tile(job));
    }
    const last = jobs.at(-1);
    fill(more, jobs.length >= 30 && button(t("gallery.more"), { on: { click: () => listJobs(last.id).then(add, (error) => fill(more, problem(error))) } }));
  };
  listJobs().then((jobs) => {
    if (signal.aborted) return;
    fill(list);
    list.removeAttribute("aria-busy");
    if (jobs.length) add(jobs);
    else list.append(empty("gallery", t("gallery.empty"), t("gallery.empty.words"), button(t("gallery.begin"), { kind: "primary", href: "#/try" })));
  }, (error) => fill(list, problem(error)));
  return h("div", { class: "page" }, h("header", {}, h("h1", {}, t("gallery.title")), h("p", { class: "row small soft" }, icon("lock"), h("span", { class: "grow" }, t("private")))), list, more);
}

/** The picture that a result is compared with: of a swap the body, otherwise what went in last. */
function findBefore(job) {
  const pictures = job.inputs.filter((input) => input.url && (input.kind === "image" || input.kind === "seed"));
  return pictures.find((input) => input.name.startsWith("bod")) ?? pictures.at(-1);
}

function drawMain(job) {
  const [result] = looks(job);
  if (!result) return h("div", { class: "frame" }, h("div", { class: "empty" }, icon(jobIcon(job)), h("p", {}, t(`job.${job.state}`))));
  const before = findBefore(job);
  if (result.kind === "clip") return h("div", { class: "frame" }, h("video", { src: result.url, controls: true, playsinline: true, loop: true, autoplay: true, muted: true }));
  if (isSet(job)) return h("div", { class: "stickers" }, pictures(job).map((each) => h("a", { href: each.url, target: "_blank", "aria-label": each.name }, h("img", { src: each.url, alt: "", loading: "lazy" }))));
  if (before && !job.options?.portrait && job.command !== "mix") return compare(before.url, result.url);
  return h("div", { class: "frame" }, h("img", { src: result.url, alt: describeJob(job) }));
}

const fact = (name, value) => value !== undefined && value !== null && value !== "" && [h("dt", {}, name), h("dd", {}, value)];

function drawFacts(job) {
  const [result] = job.results;
  const options = Object.entries(job.options ?? {}).filter(([name, value]) => value !== null && name !== "consent");
  const seeds = job.inputs.map((input) => input.seed).filter((seed) => seed !== null && seed !== undefined);
  return h("dl", { class: "facts" },
    fact(t("how.when"), moment(job.created)), fact(t("how.command"), job.command),
    fact(t("how.options"), options.map(([name, value]) => `${name} = ${Array.isArray(value) ? value.join(", ") : value}`).join("\n") && h("span", {}, options.map(([name, value]) => h("div", {}, `${name}: ${value}`)))),
    fact(t("how.seed"), seeds.join(", ")), fact(t("how.consent"), job.options?.consent && term("consented", job.options.consent)),
    result?.width && !isSet(job) && fact(t("how.size"), `${result.width} × ${result.height}, ${bytes(result.bytes)}`),
    fact(t("how.expires"), job.kept ? t("how.kept") : job.expires && moment(job.expires)));
}

async function drawSeal(result) {
  const { manifest, credentials, watermark } = await provenance(result.url);
  const models = Object.keys(manifest?.models ?? {}).join(", ");
  return [
    h("dl", { class: "facts" },
      fact(t("seal.signed"), credentials?.signer ?? credentials?.signed_by ?? t("seal.none")), credentials && fact(t("seal.intact"), (credentials.unaltered ?? credentials.valid) ? t("yes") : t("no")),
      fact(t("seal.mark"), watermark ? term("watermark", watermark.says?.split(",")[0] ?? "marked") : t("seal.unmarked")), fact(t("seal.models"), models)),
    manifest && h("details", { class: "more" }, h("summary", {}, t("seal.manifest")), h("div", {}, codeBox(t("seal.manifest"), JSON.stringify(manifest, null, 2)))),
  ];
}

function drawActions(job) {
  const saved = toSave(job);
  const image = !isSet(job) && looks(job)[0]?.kind === "image" && looks(job)[0];
  const further = () => {
    lay({ job: job.id, name: image.name, url: image.url, consent: job.options?.consent });
    location.hash = "#/try";
  };
  const keep = (event) => keepJob(job.id, !job.kept).then((now) => {
    job.kept = now?.kept ?? !job.kept;
    event.target.closest("button").setAttribute("aria-pressed", String(job.kept));
    toast(job.kept ? t("gallery.kept") : t("gallery.unkept"));
  }, (error) => toast(error.message));
  const remake = () => remakeJob(job.id).then((made) => (location.hash = `#/gallery/${made.id}`), (error) => toast(error.message));
  const remove = async () => {
    if (!(await confirm(t("gallery.delete.title"), t("gallery.delete.words"), t("gallery.delete")))) return;
    await deleteJob(job.id).then(() => { toast(t("gallery.deleted")); location.hash = "#/gallery"; }, (error) => toast(error.message));
  };
  return [
    saved && h("div", { class: "row" }, saveLink(saved.url, saved.name, "primary grow"), button(t("share"), { glyph: "share", kind: "grow", on: { click: () => share(...saved.all) } })),
    h("div", { class: "row" },
      button(t("gallery.keep"), { glyph: "pin", kind: "compact", "aria-pressed": String(Boolean(job.kept)), on: { click: keep } }),
      button(t("gallery.remake"), { glyph: "again", kind: "compact", on: { click: remake } }),
      image && button(t("try.further"), { glyph: "next", kind: "compact", on: { click: further } }),
      button(t("gallery.delete"), { glyph: "trash", kind: "danger compact", on: { click: remove } })),
  ];
}

async function detail(id, signal) {
  const page = h("div", { class: "page" });
  const draw = (job) => {
    if (signal.aborted) return;
    const seal = h("div", { class: "stack tight" });
    const signed = looks(job)[0];
    if (signed) drawSeal(signed).then((built) => fill(seal, built), (error) => fill(seal, h("p", { class: "soft small" }, error.message)));
    const meter = progress();
    meter.see(job);
    const panel = h("div", { class: "panel stack" },
      h("div", { class: "stack tight" }, h("h1", {}, describeJob(job)), h("p", { class: "soft" }, moment(job.created))),
      job.error && problem(job.error), !hasEnded(job) && meter, (job.warnings ?? []).map((words) => h("div", { class: "note" }, icon("warning"), h("p", {}, words))),
      drawActions(job),
      h("section", { class: "card stack" }, h("h2", {}, t("how.title")), drawFacts(job)),
      signed && h("section", { class: "card stack" }, h("h2", { class: "row" }, icon("seal"), t("seal.title")), seal),
      h("details", { class: "more" }, h("summary", {}, t("how.again")), h("div", { class: "stack" },
        job.command_line && codeBox(t("experts.line"), job.command_line), job.python && codeBox("Python", job.python))));
    fill(page, h("div", { class: "row" }, button(t("gallery.back"), { glyph: "back", kind: "quiet compact", href: "#/gallery" })),
      h("div", { class: "sides" }, h("div", { class: "picture" }, drawMain(job)), panel));
    if (!hasEnded(job)) followJob(id, (now) => meter.see(now), signal).then(draw, () => null);
  };
  draw(await getJob(id));
  return page;
}
