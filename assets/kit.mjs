// Fits GOV.UK Frontend's compiled styles to this site.

// Its sides are written for left-to-right; ours turn with the direction of writing.
const SIDES = [
  [/\b(margin|padding)-left\b/g, "$1-inline-start"],
  [/\b(margin|padding)-right\b/g, "$1-inline-end"],
  [/\bborder-left(-\w+)?\b(?!-radius)/g, "border-inline-start$1"],
  [/\bborder-right(-\w+)?\b(?!-radius)/g, "border-inline-end$1"],
  [/([;{\s])left:/g, "$1inset-inline-start:"],
  [/([;{\s])right:/g, "$1inset-inline-end:"],
  [/text-align: ?left/g, "text-align: start"],
  [/text-align: ?right/g, "text-align: end"],
];

// Its colours become ours, which know the dark: see scss/_colours.scss.
const COLOURS = {
  brand: "brand",
  text: "ink",
  "template-background": "ground",
  "body-background": "ground",
  "print-text": "ink",
  "secondary-text": "quiet",
  focus: "focus",
  "focus-text": "on-focus",
  error: "error",
  success: "success",
  border: "line",
  "input-border": "edge",
  hover: "line",
  link: "link",
  "link-visited": "visited",
  "link-hover": "ink",
  "link-active": "ink",
  "surface-background": "soft",
  "surface-text": "ink",
  "surface-border": "line",
};

export function adapted(css) {
  let fitted = css
    .replace(/^\uFEFF|@charset[^;]+;/g, "")
    .replace(/var\(--govuk-([\w-]+)-colour, [^()]+\)/g, (whole, name) => `var(--${COLOURS[name]})`)
    .replace(/:root \{[^}]*\}/g, "")
    .replace(/@media print \{\s*\}/g, "");
  for (const [physical, logical] of SIDES) fitted = fitted.replace(physical, logical);
  return fitted;
}

// Variants that no page of ours uses.
export const neverUsed = [
  /govuk-(?:button)--(?:inverse|start)/,
  /govuk-button__start-icon/,
  /--inline$/,
  /govuk-(?:input|textarea)__(?:prefix|suffix|wrapper)/,
  /govuk-input--extra-letter-spacing/,
  /govuk-summary-card/,
  /govuk-table--small-text-until-tablet/,
  /govuk-(?:table__caption|label|fieldset__legend)--(?:xl|s)$/,
  /-moz-any-link/,
];
