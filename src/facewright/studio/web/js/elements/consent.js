// The one question that is asked before a real person is changed.

import { h } from "/app/js/dom.js";
import { button, sheet } from "/app/js/elements/parts.js";
import { t } from "/app/js/i18n.js";

const choice = (answer, click, props = {}) => h("button", { type: "button", class: "choice", on: { click }, ...props },
  h("strong", {}, t(`consent.${answer}`)), h("span", { class: "small" }, t(`consent.${answer}.words`)));

function question(command) {
  return (close) => {
    const who = h("input", { type: "text", id: "who", maxlength: 200, autocomplete: "off", placeholder: t("consent.example") });
    const go = () => {
      if (who.value.trim()) return close(who.value.trim());
      who.setAttribute("aria-invalid", "true");
      return who.focus();
    };
    who.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      go();
    });
    const named = h("div", { class: "stack", hidden: true },
      h("div", { class: "field" }, h("label", { for: "who" }, t("consent.who")), who), button(t("consent.go"), { kind: "primary", on: { click: go } }));
    const agreed = choice("agreed", () => {
      named.hidden = false;
      agreed.setAttribute("aria-expanded", "true");
      who.focus();
    }, { "aria-expanded": "false" });
    return [
      h("p", { class: "soft" }, t("consent.words", { reason: t(`consent.because.${command.name}`) })),
      h("div", { class: "stack tight" }, choice("self", () => close("self")), agreed, named, choice("generated", () => close("generated"))),
    ];
  };
}

/**
 * Ask who is shown, unless the command does not ask, nobody in it exists, or it was answered for this source.
 * Returns what `--consent` takes; undefined where nothing is to be said; null if it was called off.
 */
export async function askConsent(command, sources) {
  if (command.consent !== "ask") return undefined;
  const real = sources.filter((source) => !source.face);
  if (!real.length) return "generated";
  const answered = real.find((source) => source.consent)?.consent;
  const answer = answered ?? await sheet(t("consent.title"), question(command));
  if (answer) for (const source of real) source.consent = answer;
  return answer;
}
