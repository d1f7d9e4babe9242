// Two languages; keys are the same in both, which a test checks.

import { recall, remember } from "/app/js/state.js";

/** Languages by their own names. */
export const LANGUAGES = { en: "English", ko: "한국어" };

/** The language in use: the one chosen, or that of the browser. */
export const language = () => recall("language") ?? (navigator.language.startsWith("ko") ? "ko" : "en");

const read = async (name) => (await import(`/app/js/words/${name}.js`)).default;
let words = await read(language());

/** Choose a language; the app draws itself anew. */
export async function speak(chosen) {
  words = await read(chosen);
  document.documentElement.lang = chosen;
  remember("language", chosen);
}

/** The words for a key; {name} is replaced by values. The key itself where there are none. */
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Words for what the server names, such as a label or an option; as the server says it without them. */
export const term = (kind, name) => words[`${kind}.${name}`] ?? name;

export const number = (value) => new Intl.NumberFormat(language()).format(value);
export const percent = (value) => new Intl.NumberFormat(language(), { style: "percent" }).format(value);

/** Times are seconds since 1970, as the server tells them. */
const timeAs = (style) => (time) => new Intl.DateTimeFormat(language(), style).format(new Date(time * 1000));
export const day = timeAs({ dateStyle: "long" });
export const clock = timeAs({ timeStyle: "short" });
export const moment = timeAs({ dateStyle: "medium", timeStyle: "short" });

/** A size in bytes as people read it. */
export function bytes(count) {
  const steps = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(3, Math.floor(Math.log10(Math.max(count, 1)) / 3));
  const style = { style: "unit", unit: steps[step], maximumFractionDigits: 1 };
  return new Intl.NumberFormat(language(), style).format(count / 1000 ** step);
}
