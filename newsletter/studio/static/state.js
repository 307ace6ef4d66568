// What is chosen (in the address bar, so that a view can be kept and sent) and what the server said.
const DEFAULTS = {
  variant: "", as: "", view: "mail", width: "desktop", look: "light", images: "on", numbers: "on", drafts: "on",
  changes: "off", tab: "checks", fact: "", finding: "", open: "", theme: "",
};

const fromHash = () => ({ ...DEFAULTS, ...Object.fromEntries([...new URLSearchParams(location.hash.slice(1))].filter(([name]) => name in DEFAULTS)) });

export const view = fromHash();
export const desk = { edition: null, picture: null, facts: null, evidence: null, changes: null, part: null, error: null, live: "", at: "" };

export function choose(changes) {
  Object.assign(view, changes);
  const said = Object.entries(view).filter(([name, value]) => value !== DEFAULTS[name]);
  history.replaceState(null, "", said.length ? `#${new URLSearchParams(said)}` : location.pathname);
}

/** The view changed in the address bar itself. */
export const readHash = () => Object.assign(view, fromHash());

/** What decides the bytes of the picture; inverting is done here, on the light one. */
export function query(more = {}) {
  const { as, look, images, drafts } = view;
  return new URLSearchParams({ as, look: look === "dark" ? "dark" : "light", images, drafts, ...more });
}

export const variant = () => desk.edition?.variants.find((one) => one.id === view.variant);
export const pictured = () => (variant() && desk.picture?.variant === view.variant ? desk.picture : null);

const language = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });
export const nameOf = (one) => one.segment || language.of(one.locale);
/** What a fact is called in the language of the letter on show. */
export const titleOf = ({ titles }) => titles[variant()?.locale] ?? Object.values(titles)[0];
export const audienceOf = (one) => desk.edition.audiences.find((each) => each.id === one.audience)?.name ?? one.audience;

// A note in another language is told beside the letters in that language.
const elsewhere = ({ file }) => ![undefined, variant()?.locale].includes(file?.match(/\.([a-z-]+)\.md$/i)?.[1]);

/** The findings of what is on show, the worst first: of the mail, and of the whole edition. */
export function findings() {
  const order = ["error", "warning", "hint"];
  const around = desk.edition.findings.filter((one) => !one.variant && !elsewhere(one));
  // Where both tell the same, the mail's one knows its place.
  const once = [...new Map([...around, ...(pictured()?.findings ?? [])].map((one) => [one.id, one])).values()];
  return once.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

/** "notes/vpn.en.md:9:22", or "" for what has no place in a file. */
export const whereOf = ({ file, line, column }) => [file, line, column].filter((one) => one !== null && one !== undefined && one !== "").join(":");
