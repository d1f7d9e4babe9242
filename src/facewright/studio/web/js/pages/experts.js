// For experts: every command as a form, with its command line and its Python.

import { commands, findCommand, followJob, hasEnded, listJobs, looks, showCall, startJob, thumbnail } from "/app/js/api.js";
import { debounce, fill, h, icon } from "/app/js/dom.js";
import { button, codeBox, problem, progress, toggle } from "/app/js/elements/parts.js";
import { askConsent } from "/app/js/elements/consent.js";
import { moment, t, term } from "/app/js/i18n.js";

const GROUPS = ["draw", "photos", "datasets", "train", "models"]; // in this order; others after them

// Help names commands and options in backticks.
const prose = (text) => (text ?? "").split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));

export default (route, signal) => (route.rest ? form(route.rest, signal) : overview());

async function overview() {
  const all = await commands();
  const shelf = h("div", { class: "shelf" });
  const groups = [...new Set([...GROUPS, ...all.map((command) => command.group)])];
  const search = h("input", { type: "search", "aria-label": t("experts.search"), placeholder: t("experts.search"), on: { input: () => draw(search.value.toLowerCase()) } });
  const entry = (command) => h("li", {}, h("a", { class: "entry", href: `#/experts/${encodeURIComponent(command.name)}` },
    h("strong", {}, command.name), h("span", { class: "small soft" }, term("help", command.name) === command.name ? command.help : term("help", command.name))));
  const draw = (words) => {
    const found = all.filter((command) => `${command.name} ${command.help} ${term("help", command.name)}`.toLowerCase().includes(words));
    fill(shelf, groups.map((group) => [group, found.filter((command) => command.group === group)]).filter(([, list]) => list.length)
      .map(([group, list]) => h("section", {}, h("h2", {}, term("group", group)), h("ul", {}, list.map(entry)))),
    !found.length && h("p", { class: "soft", role: "status" }, t("experts.none")));
  };
  draw("");
  return h("div", { class: "page" }, h("header", {}, h("h1", {}, t("experts.title")), h("p", { class: "soft" }, t("experts.words"))),
    h("div", { class: "stack" }, h("div", { class: "finder" }, icon("search"), search), shelf));
}

/** What is filled in: files by input, and values by option; only what differs from the default. */
class Filled {
  constructor(command) {
    this.command = command;
    this.inputs = Object.fromEntries(command.inputs.map((input) => [input.name, []]));
    this.seeds = {};
    this.texts = {};
    this.made = {};
    this.options = {};
  }

  set(option, value) {
    if (value === null || value === "" || value === option.default || Number.isNaN(value)) delete this.options[option.name];
    else this.options[option.name] = value;
  }

  get sources() {
    const made = Object.entries(this.seeds).filter(([, seed]) => seed !== "").map(([name, seed]) => [name, [{ face: { seed: Number(seed) } }]]);
    const files = Object.entries(this.inputs).map(([name, list]) => [name, list.map((file) => ({ file }))]);
    const texts = Object.entries(this.texts).filter(([, text]) => text).map(([name, text]) => [name, [{ text }]]);
    const results = Object.entries(this.made).filter(([, result]) => result).map(([name, result]) => [name, [result]]);
    const all = {};
    for (const [name, list] of [...files, ...results, ...made, ...texts]) if (list.length) (all[name] ??= []).push(...list);
    return all;
  }

  get names() {
    const drawn = (name, seed) => (this.command.inputs.find((input) => input.name === name).kinds.includes("seed") ? String(seed) : `seed-${seed}.png`);
    const called = (name, source) => source.file?.name ?? source.text ?? (source.face ? drawn(name, source.face.seed) : source.name || `results-${source.job.slice(0, 6)}`);
    return Object.fromEntries(Object.entries(this.sources).map(([name, list]) => [name, list.map((source) => called(name, source))]));
  }
}

let ids = 0;

function control(option, take) {
  const id = `option-${++ids}`;
  const help = h("p", { class: "small soft", id: `${id}-help` }, prose(option.help));
  const common = { id, "aria-describedby": `${id}-help`, required: option.required };
  const label = h("label", { for: id }, option.flag ?? option.name, option.required && h("span", { class: "soft" }, ` (${t("experts.required")})`));
  if (option.type === "bool") {
    return h("div", { class: "field" }, toggle(option.flag ?? option.name, { value: option.default === true, change: take, "aria-describedby": `${id}-help` }), help);
  }
  if (option.type === "choice") {
    const choices = option.default === null || option.default === undefined ? ["", ...option.choices] : option.choices;
    return h("div", { class: "field" }, label, h("select", { ...common, value: option.default ?? "", on: { change: (event) => take(event.target.value) } }, choices.map((each) => h("option", { value: each }, each || "–"))), help);
  }
  const numeric = option.type === "int" || option.type === "float";
  const limits = numeric ? { min: option.minimum, max: option.maximum, step: option.type === "int" ? 1 : "any", inputmode: "decimal" } : {};
  const read = (text) => (text === "" ? null : numeric ? Number(text) : ["list", "mapping"].includes(option.type) ? text.split(/\s*,\s*/).filter(Boolean) : text);
  const shown = Array.isArray(option.default) ? option.default.join(", ") : option.default ?? "";
  const range = numeric && option.minimum !== null && option.maximum !== null && option.minimum !== undefined && option.maximum !== undefined ? ` ${option.minimum}–${option.maximum}` : "";
  if (range) help.append(` (${range.trim()})`);
  return h("div", { class: "field" }, label, h("input", { ...common, ...limits, type: numeric ? "number" : "text", placeholder: String(shown), autocomplete: "off", spellcheck: "false", on: { input: (event) => take(read(event.target.value.trim())) } }), help);
}

const ACCEPT = { image: "image/*,.heic,.heif,.avif,.bmp", clip: "video/*,.gif", latents: ".safetensors", dataset: ".zip,.tar,.tar.gz,.npz", text: "" };

const ENDINGS = { image: /^image$/, clip: /^clip$/, latents: /^latents$/, file: /^weights$/, dataset: /^archive$/ };

/** What was made before and fits an input, the newest first: [source, words]. */
function listMade(jobs, kinds) {
  const fits = (result) => kinds.some((kind) => ENDINGS[kind]?.test(result.kind));
  return jobs.filter((job) => job.results.length).flatMap((job) => {
    const when = `${job.command}, ${moment(job.created)}`;
    const folder = kinds.includes("dataset") && !isPlain(job) ? [[{ job: job.id, name: "" }, `${when}: ${t("experts.folder")}`]] : [];
    return [...folder, ...job.results.filter(fits).slice(0, 8).map((result) => [{ job: job.id, name: result.name, kind: result.kind }, `${when}: ${result.name}`])];
  }).slice(0, 60);
}

const isPlain = (job) => job.results.every((result) => result.kind === "json");

function drawMade(input, id, filled, changed) {
  const place = h("div", { class: "field", hidden: true });
  listJobs(null, 50).then((jobs) => {
    const made = listMade(jobs, input.kinds);
    if (!made.length) return;
    const choose = (event) => {
      filled.made[input.name] = made[event.target.value]?.[0];
      changed();
    };
    fill(place, h("label", { for: `${id}-made` }, t("experts.made")),
      h("select", { id: `${id}-made`, on: { change: choose } }, h("option", { value: "" }, "–"), made.map(([, words], index) => h("option", { value: index }, words))));
    place.hidden = false;
  }, () => null);
  return place;
}

function drawInput(input, filled, changed) {
  const id = `input-${++ids}`;
  const kinds = input.kinds ?? [];
  const name = [input.flag || input.name, input.minimum > 0 && h("span", { class: "soft" }, ` (${t("experts.required")})`)];
  const takesText = kinds.includes("text");
  const text = takesText && h("input", { type: "text", id: `${id}-text`, autocomplete: "off", spellcheck: "false", on: { input: (event) => { filled.texts[input.name] = event.target.value.trim(); changed(); } } });
  const help = input.help && h("p", { class: "small soft" }, prose(input.help));
  if (takesText && kinds.length === 1) return h("div", { class: "field" }, h("label", { for: `${id}-text` }, name), text, help);
  const file = h("input", { type: "file", id, accept: kinds.map((kind) => ACCEPT[kind]).filter(Boolean).join(",") || null, multiple: input.maximum === null || kinds.includes("dataset"), on: { change: (event) => { filled.inputs[input.name] = [...event.target.files]; changed(); } } });
  const seed = kinds.includes("seed") || kinds.includes("image");
  return h("div", { class: "field files" }, h("label", { for: id }, name), file, help,
    takesText && h("div", { class: "field" }, h("label", { for: `${id}-text` }, t("experts.name")), text),
    drawMade(input, id, filled, changed),
    seed && h("div", { class: "field" }, h("label", { for: `${id}-seed` }, t("experts.seed")), h("input", { type: "number", id: `${id}-seed`, min: 0, step: 1, placeholder: t("experts.seed.example"), on: { input: (event) => { filled.seeds[input.name] = event.target.value; changed(); } } })));
}

function drawOptions(command, filled, changed) {
  const take = (option) => (value) => {
    filled.set(option, value);
    changed();
  };
  const offered = command.options.filter((option) => option.name !== "consent");
  const fields = (list) => h("div", { class: "options" }, list.map((option) => control(option, take(option))));
  const required = offered.filter((option) => option.required);
  const rest = offered.filter((option) => !option.required);
  // The command's own come last, after those it shares with others; they are wanted first.
  const groups = [...new Set(rest.map((option) => option.group ?? "").reverse())];
  return [required.length > 0 && fields(required), groups.map((group, index) => h("details", { class: "more", open: index === 0 },
    h("summary", {}, term("options", group.replace(/\.$/, "") || "Parameters"), h("span", { class: "soft number" }, rest.filter((option) => (option.group ?? "") === group).length)),
    h("div", {}, fields(rest.filter((option) => (option.group ?? "") === group)))))];
}

function drawOutcome(job) {
  return h("div", { class: "stack" },
    h("div", { class: "tiles" }, looks(job).map((result) => h("a", { class: "tile", href: `#/gallery/${job.id}` }, h("div", { class: "frame" }, h("img", { src: thumbnail(result), alt: result.name }))))),
    job.results.filter((result) => result.kind !== "image" && result.kind !== "clip").map((result) => button(result.name, { glyph: "save", href: `${result.url}?download=1`, download: result.name })),
    button(t("try.how"), { glyph: "seal", kind: "compact", href: `#/gallery/${job.id}` }));
}

async function run(command, filled, place, signal) {
  try {
    const consent = await askConsent(command, Object.values(filled.sources).flat());
    if (consent === null) return;
    const job = await startJob(command.name, filled.sources, { ...filled.options, ...(consent && { consent }) });
    const meter = progress();
    fill(place, meter);
    const last = await followJob(job.id, (now) => meter.see(now), signal);
    fill(place, last.error ? problem(last.error) : hasEnded(last) && drawOutcome(last));
  } catch (error) {
    if (error.name !== "AbortError") fill(place, problem(error));
  }
}

async function form(name, signal) {
  const command = await findCommand(name);
  if (!command) throw Object.assign(new Error(t("experts.unknown", { name })), { status: 404 });
  const filled = new Filled(command);
  const line = codeBox(t("experts.line"), `facewright ${name}`);
  const python = codeBox("Python", "");
  const ask = debounce(() => showCall(name, filled.options, filled.names).then((call) => { line.set(call.command_line); python.set(call.python); }, () => null), 250);
  const place = h("div", { class: "stack", "aria-live": "polite" });
  ask();
  const submit = (event) => {
    event.preventDefault();
    run(command, filled, place, signal);
  };
  const help = term("help", name) === name ? command.help : term("help", name);
  return h("div", { class: "page" }, h("div", { class: "row" }, button(t("experts.back"), { glyph: "back", kind: "quiet compact", href: "#/experts" })),
    h("header", {}, h("h1", {}, name), h("p", { class: "soft" }, help)),
    h("div", { class: "sides" },
      h("form", { class: "form", on: { submit } }, command.inputs.map((input) => drawInput(input, filled, ask)), drawOptions(command, filled, ask),
        h("div", { class: "row" }, h("button", { type: "submit", class: "button primary grow" }, t("experts.run")))),
      h("div", { class: "panel stack" }, place, h("h2", {}, t("experts.line")), line, h("h2", {}, "Python"), python)));
}
