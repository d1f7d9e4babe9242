// For experts: every command as a form, with its command line and its Python.

import { commands, findCommand, followJob, hasEnded, looks, showCall, startJob, thumbnail } from "/app/js/api.js";
import { debounce, fill, h, icon } from "/app/js/dom.js";
import { button, codeBox, problem, progress, toggle } from "/app/js/elements/parts.js";
import { askConsent } from "/app/js/elements/consent.js";
import { t, term } from "/app/js/i18n.js";

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
    const all = {};
    for (const [name, list] of [...files, ...made, ...texts]) if (list.length) (all[name] ??= []).push(...list);
    return all;
  }

  get names() {
    return Object.fromEntries(Object.entries(this.sources).map(([name, list]) => [name, list.map((source) => source.file?.name ?? source.text ?? `seed:${source.face.seed}`)]));
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
  const read = (text) => (text === "" ? null : numeric ? Number(text) : option.type === "list" ? text.split(/\s*,\s*/).filter(Boolean) : text);
  const shown = Array.isArray(option.default) ? option.default.join(", ") : option.default ?? "";
  const range = numeric && option.minimum !== null && option.maximum !== null && option.minimum !== undefined && option.maximum !== undefined ? ` ${option.minimum}–${option.maximum}` : "";
  if (range) help.append(` (${range.trim()})`);
  return h("div", { class: "field" }, label, h("input", { ...common, ...limits, type: numeric ? "number" : "text", placeholder: String(shown), autocomplete: "off", spellcheck: "false", on: { input: (event) => take(read(event.target.value.trim())) } }), help);
}

const ACCEPT = { image: "image/*,.heic,.heif,.avif,.bmp", clip: "video/*,.gif", latents: ".safetensors", dataset: ".zip,.tar,.tar.gz", text: "" };

function drawInput(input, filled, changed) {
  const id = `input-${++ids}`;
  const kinds = input.kinds ?? [];
  if (kinds.every((kind) => kind === "text")) {
    const field = h("input", { type: "text", id, autocomplete: "off", spellcheck: "false", on: { input: () => { filled.texts[input.name] = field.value.trim(); changed(); } } });
    return h("div", { class: "field" }, h("label", { for: id }, input.name), field, input.help && h("p", { class: "small soft" }, prose(input.help)));
  }
  const file = h("input", { type: "file", id, accept: kinds.map((kind) => ACCEPT[kind]).filter(Boolean).join(",") || null, multiple: (input.maximum ?? 2) > 1, on: { change: (event) => { filled.inputs[input.name] = [...event.target.files]; changed(); } } });
  const seed = kinds.includes("seed") || kinds.includes("image");
  return h("div", { class: "field files" }, h("label", { for: id }, input.name), file, input.help && h("p", { class: "small soft" }, prose(input.help)),
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
