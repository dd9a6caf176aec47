// Fits GOV.UK Frontend's compiled styles to this site.

import { PurgeCSS } from "purgecss";

// Its sides are written for left-to-right; ours turn with the direction of writing.
const SIDES = [
  [/\b(margin|padding)-left\b/g, "$1-inline-start"],
  [/\b(margin|padding)-right\b/g, "$1-inline-end"],
  [/\bborder-left\b/g, "border-inline-start"],
  [/\bborder-right\b/g, "border-inline-end"],
  [/([;{\s])left:/g, "$1inset-inline-start:"],
  [/([;{\s])right:/g, "$1inset-inline-end:"],
  [/text-align: left/g, "text-align: start"],
  [/text-align: right/g, "text-align: end"],
];

// Its colours become ours, which know the dark: see scss/_colours.scss.
const COLOURS = {
  text: "ink",
  "secondary-text": "quiet",
  focus: "focus",
  "focus-text": "on-focus",
  error: "error",
  border: "line",
  "input-border": "edge",
  hover: "deep",
  link: "link",
  "link-visited": "visited",
  "link-hover": "ink",
  "link-active": "ink",
  "surface-text": "ink",
  "body-background": "ground",
  brand: "brand",
  success: "success",
};

// The parts of it that our macros write, and what every page has of them; every other rule is left out.
export const ON_EVERY_PAGE = `
  govuk-select govuk-select--error govuk-visually-hidden
  select option
`;
const USED = `

  govuk-checkboxes govuk-checkboxes__item govuk-checkboxes__input govuk-checkboxes__label govuk-checkboxes__hint
  govuk-radios govuk-radios__item govuk-radios__input govuk-radios__label govuk-radios__hint govuk-radios__divider
  govuk-error-message govuk-error-summary govuk-error-summary__title govuk-error-summary__body govuk-error-summary__list
  govuk-fieldset govuk-fieldset__legend govuk-fieldset__heading govuk-form-group govuk-form-group--error
  govuk-hint govuk-label govuk-label-wrapper
  govuk-input govuk-input--error govuk-input--width-5 govuk-input--width-10 govuk-input--width-20
  govuk-select govuk-select--error govuk-textarea govuk-textarea--error
  govuk-visually-hidden
  a button div fieldset form h1 h2 input label legend ol li p select option span textarea ul dl dt dd
`;

export async function fitted(css, used = USED) {
  let ours = css
    .replace(/^\uFEFF|@charset[^;]+;/g, "")
    .replace(/:root \{[^}]*\}/g, "")
    .replace(/var\(--govuk-([\w-]+)-colour, [^()]+\)/g, (whole, name) => `var(--${colour(name)})`)
    .replace(/^\s*(font-family: inherit|-webkit-font-smoothing: \w+|-moz-osx-font-smoothing: \w+|-webkit-appearance: none);$/gm, "")
    .replace(/,\s*\(-ms-high-contrast: active\)/g, "");
  for (const [physical, logical] of SIDES) ours = ours.replace(physical, logical);
  const [{ css: kept }] = await new PurgeCSS().purge({
    content: [{ raw: used, extension: "html" }],
    css: [{ raw: ours }],
  });
  return kept;
}

function colour(name) {
  if (!(name in COLOURS)) throw new Error(`assets/kit.mjs has no colour of ours for "${name}".`);
  return COLOURS[name];
}
