// What can be done with a picture: each effect is a command with options, by the flags of the command line.

import { t, term } from "/app/js/i18n.js";

const strength = (maximum) => ({ key: "strength", words: "strength", minimum: 0, maximum, step: 0.1, value: 1 });

const convert = (id, translator) => ({
  id, command: "convert", controls: [strength(2)],
  flags: (values) => ({ "--with": translator, "--strength": values.strength }),
  shows: (options) => (options.with_ ?? options.with ?? options.translator) === translator,
});

const toonify = (id) => ({
  id, command: "toonify", controls: [{ key: "portrait", words: "portrait", value: true }],
  flags: (values) => ({ "--style": id, "--portrait": values.portrait || null, "--faces": "largest" }),
  shows: (options) => (options.style ?? "toon") === id,
});

/** In the order of the tray. `controls` are what can be chosen; `flags` makes options of it. */
export const EFFECTS = [
  convert("older", "ageing"),
  convert("younger", "ageing:reverse"),
  {
    id: "swap", command: "swap", needsFace: true,
    controls: [strength(1), { key: "keep", words: "keep", value: [], choices: ["mouth", "eyes", "glasses", "beard"] }],
    flags: (values) => ({ "--strength": values.strength, "--keep": values.keep.join(","), "--faces": "largest" }),
  },
  toonify("toon"),
  toonify("character"),
  toonify("baby"),
  {
    id: "emoji", command: "emoji",
    controls: [{ key: "style", words: "style", value: "toon", choices: ["toon", "character", "baby", "drawn"] }, { key: "outline", words: "outline", value: true }],
    flags: (values) => ({ "--style": values.style, "--outline": values.outline || null, "--faces": "largest" }),
  },
  {
    id: "clear", command: "enhance",
    controls: [{ key: "scale", words: "scale", value: "2", choices: ["2", "4"] }, { key: "sharpen", words: "sharpen", minimum: 0, maximum: 3, step: 0.5, value: 0 }],
    flags: (values) => ({ "--scale": Number(values.scale), "--sharpen": values.sharpen }),
  },
  { id: "expressions", command: "expressions", controls: [], flags: () => ({}) },
  convert("worn", "wear"),
  convert("fresh", "wear:reverse"),
];

/** The effect of this name; the first without one. */
export const findEffect = (id) => EFFECTS.find((effect) => effect.id === id) ?? EFFECTS[0];

/** What its controls hold at first. */
export const startValues = (effect) => Object.fromEntries(effect.controls.map((control) => [control.key, control.value]));

/** What a job did, in the words of the app. */
export function describeJob(job) {
  const effect = EFFECTS.find((each) => each.command === job.command && (each.shows?.(job.options ?? {}) ?? true));
  return effect ? t(`effect.${effect.id}`) : term("command", job.command);
}

/** The icon of what a job did. */
export const jobIcon = (job) => EFFECTS.find((each) => each.command === job.command && (each.shows?.(job.options ?? {}) ?? true))?.id ?? "character";
