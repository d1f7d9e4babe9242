// The studio's HTTP interface: requests, jobs and their progress, and whether the server is there.

/** What the server refused, or that it is gone (status 0). */
export class ApiError extends Error {
  constructor(message, { hint = "", field = "", status = 0 } = {}) {
    super(message);
    Object.assign(this, { hint, field, status });
  }
}

let gone = false;

function tellWhetherGone(now) {
  if (gone === now) return;
  gone = now;
  window.dispatchEvent(new CustomEvent("facewright:gone", { detail: gone }));
  if (gone) lookAgain();
}

async function lookAgain() {
  while (gone) {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await request("/about").catch(() => null);
  }
}

/** Whether the last request found no server. */
export const isGone = () => gone;

async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  const error = body.error ?? {};
  return new ApiError(error.message ?? `${response.status} ${response.statusText}`, { ...error, status: response.status });
}

/** Ask the server; returns what JSON says, null without content. Raises ApiError. */
export async function request(path, options = {}) {
  let response;
  try {
    response = await fetch("/api/v1" + path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    tellWhetherGone(true);
    throw new ApiError("gone");
  }
  // Proxies and the service worker answer with these where no server does.
  tellWhetherGone([502, 503, 504].includes(response.status) && response.headers.has("X-Offline"));
  if (gone) throw new ApiError("gone");
  if (!response.ok) throw await refusal(response);
  return response.status === 204 ? null : response.json();
}

const remembered = new Map();

/** As `request`, asked once: what does not change while the server runs. */
export function once(path) {
  if (!remembered.has(path)) {
    remembered.set(path, request(path).catch((error) => {
      remembered.delete(path);
      throw error;
    }));
  }
  return remembered.get(path);
}

const json = (method, body) => ({ method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** Every command with its inputs and options. */
export const commands = () => once("/commands");

/** The command of this name; undefined without one. */
export const findCommand = async (name) => (await commands()).find((command) => command.name === name);

/** Turn {"--flag": value} into the options' own names; flags that the command lacks are left out. */
export function nameOptions(command, flags) {
  const named = {};
  for (const [flag, value] of Object.entries(flags)) {
    const option = command.options.find((each) => each.flag === flag);
    if (option && value !== undefined && value !== null && value !== "") named[option.name] = value;
  }
  return named;
}

/**
 * Start a job.
 *
 * `inputs` maps names of inputs to lists of sources: {file}, {face} (made up), {job, name} (a result) or {text}.
 */
export async function startJob(name, inputs, options) {
  const form = new FormData();
  const references = {};
  for (const [input, sources] of Object.entries(inputs)) {
    for (const source of sources) {
      if (source.file) form.append(input, source.file, source.file.name || "picture.jpg");
      else (references[input] ??= []).push(source.text ?? source.face ?? { job: source.job, name: source.name });
    }
  }
  form.append("references", JSON.stringify(references));
  form.append("options", JSON.stringify(options));
  return request(`/jobs/${encodeURIComponent(name)}`, { method: "POST", body: form });
}

const ENDED = new Set(["done", "failed", "cancelled"]);

/** Whether nothing more happens to a job. */
export const hasEnded = (job) => ENDED.has(job.state);

/** Follow a job until it ends; `report` gets each state. Returns the last. Ends early with the signal. */
export function followJob(id, report, signal) {
  return new Promise((resolve, reject) => {
    const events = new EventSource(`/api/v1/jobs/${id}/events`);
    let timer;
    const stop = () => {
      events.close();
      clearTimeout(timer);
    };
    const see = (job) => {
      report(job);
      if (!hasEnded(job)) return;
      stop();
      resolve(job);
    };
    events.addEventListener("job", (event) => see(JSON.parse(event.data)));
    // Where events don't get through, or break off, ask every second.
    const ask = () => {
      request(`/jobs/${id}`).then((job) => {
        see(job);
        if (!hasEnded(job)) timer = setTimeout(ask, 1000);
      }, (error) => {
        if (error.status === 0) timer = setTimeout(ask, 2000);
        else {
          stop();
          reject(error);
        }
      });
    };
    events.addEventListener("error", () => {
      events.close();
      clearTimeout(timer);
      if (!signal?.aborted) timer = setTimeout(ask, 500);
    });
    signal?.addEventListener("abort", () => {
      stop();
      reject(new DOMException("left", "AbortError"));
    });
  });
}

export const listJobs = (before, limit = 30) => request(`/jobs?limit=${limit}${before ? `&before=${encodeURIComponent(before)}` : ""}`);
export const getJob = (id) => request(`/jobs/${id}`);
export const cancelJob = (id) => request(`/jobs/${id}/cancel`, { method: "POST" });
export const remakeJob = (id) => request(`/jobs/${id}/remake`, { method: "POST" });
export const keepJob = (id, kept) => request(`/jobs/${id}`, json("PATCH", { kept }));
export const deleteJob = (id) => request(`/jobs/${id}`, { method: "DELETE" });
export const provenance = (url) => request(url.replace("/api/v1", "") + "/provenance");
export const showCall = (name, options, inputs) => request(`/commands/${encodeURIComponent(name)}/call`, json("POST", { options, inputs }));

/** The address of a small picture of a result. */
export const thumbnail = (result, size = 320) => result.thumbnail ?? `${result.url}?thumbnail=${size}`;

/** The results that can be looked at. */
export const looks = (job) => job.results.filter((result) => result.kind === "image" || result.kind === "clip");

/** Whether a job made so much that it is shown as a set. */
export const isSet = (job) => looks(job).length > 3;

const ORDER = ["happy", "surprise", "neutral", "sad", "fear", "disgust", "angry"];
const rank = (result) => ORDER.findIndex((name) => result.name.split("/").pop().startsWith(name));

const shows = (result) => result.name.split("/").pop().replace(/\.\w+$/, "").replace(/[-_](\d+|moving)$/, "");

/** The pictures of a set, each once: emoji come in sizes and formats, moving, as stickers, and on a sheet. */
export function pictures(job) {
  const square = looks(job).filter((result) => result.kind === "image" && result.width === result.height);
  if (job.command !== "emoji" || !square.length) return looks(job);
  const value = (result) => 2 * result.width + (result.type === "image/webp") - (result.name.includes("/") ? 4096 : 0);
  const best = new Map();
  for (const result of square.sort((a, b) => value(b) - value(a))) if (!best.has(shows(result))) best.set(shows(result), result);
  const known = [...best.values()].filter((result) => rank(result) >= 0).sort((a, b) => rank(a) - rank(b));
  return known.length ? known : [...best.values()];
}

/** What is saved of a job: its address and a name. */
export function toSave(job) {
  const [result] = looks(job).length ? looks(job) : job.results;
  if (!result) return null;
  if (isSet(job)) return { url: `/api/v1/jobs/${job.id}/results.zip`, name: `${job.command}.zip`, all: pictures(job) };
  return { url: result.url, name: result.name.split("/").pop(), all: [result] };
}
