// The stage without a mail: text, source, headers, raw; an error above it; nothing to show yet.
import { command, placeOf, told } from "./chrome.js";
import { $, draw, el, icon } from "./dom.js";
import { desk, findings, view, whereOf } from "./state.js";

// A mail is a few lines of many thousand characters: they are broken at tags here, under the one number.
const coloured = (line) => line.split(/(<[^>]*>)/).filter(Boolean).flatMap((one, nth) => {
  const tag = one.match(/^(<\/?[\w:-]+)([\s\S]*)>$/);
  if (!tag) return [one];
  const strings = tag[2].split(/("[^"]*")/).map((part) => (part.startsWith('"') ? el("span.str", part) : part));
  return [/^<(table|tr|td|div|h\d|p|style|head|body|meta|!--)/.test(one) && nth ? "\n" : null, el("span.tag", tag[1]), ...strings, el("span.tag", ">")];
});

const KINDS = { "+": "plus", "-": "minus", "@": "at" };
const lines = (words, shape, hit = () => false) => el("pre.lines", words.trimEnd().split(/\r?\n/).map((line, nth) => el("span.ln", { "data-n": nth + 1, class: hit(line) ? "hit" : "" }, shape(line))));

function source(words) {
  const faults = findings().map((one) => one.place?.text).filter(Boolean);
  return lines(words, coloured, (line) => faults.some((one) => line.includes(one)));
}

const headers = (all) => el("table", el("caption.unseen", "Headers in the order sent"), all.map(({ name, value, own }) => el("tr", el("th", { scope: "row" }, name), el("td.mono", value, own ? el("small", "the recipient's own") : null))));

const diffed = (line) => el("span", { class: KINDS[line[0]] ?? "" }, line);

function shape({ kind, said }) {
  if (kind === "diff") return said ? lines(said, diffed) : el("p.none", "The text part is as it was approved, or was never approved.");
  return { headers, source, text: (words) => el("pre", { tabindex: 0, "aria-label": "Text part" }, words), raw: (words) => lines(words, (line) => line) }[kind](said);
}

let shown = "";
export function part() {
  const { part: one } = desk;
  const now = JSON.stringify([one, view.finding]);
  if (now === shown) return;
  shown = now;
  // Rebuilt, not mended: thousands of lines, and none of them holds a focus.
  $("part").replaceChildren(one?.said || one?.kind === "diff" ? el("div.leaf", { class: one.kind === "text" ? "plain" : "" }, shape(one)) : "");
}

export function trouble() {
  const { error, picture, at } = desk;
  if (!error) return draw($("card"));
  const said = [whereOf(error), error.message, error.fix].filter(Boolean).join(": ");
  const others = error.others ?? [];
  return draw($("card"), el("section.trouble", { role: "alert", id: "trouble" }, el("h2", icon("error"), el("span", told(error.message))), placeOf(error),
    error.code?.length ? el("pre", { tabindex: 0, "aria-label": "The lines around it" }, error.code.map(([number, words]) => el("code.ln", { "data-n": number, class: number === error.line ? "hit" : "" }, words || " "))) : null,
    error.fix ? el("p.fix", el("b", "Fix: "), told(error.fix)) : null,
    others.length ? el("details", { open: true }, el("summary", others.length === 1 ? "One more" : `${others.length} more`), el("ul", others.map((one) => el("li", one.message, " ", placeOf(one))))) : null,
    el("div.row", el("span.quiet.grow", picture ? `Behind: the last good picture, ${error.at ?? at}. It comes back when you save.` : "There is no picture yet. It comes when you save."), el("button.btn.small", { do: "copy", arg: said }, "Copy for a colleague"))));
}

export function nothing() {
  const { edition, error, picture } = desk;
  if (!edition || (edition.snapshot.present && !picture && !error)) return draw($("empty"), el("div.ghost", { "aria-busy": "true", "aria-label": "Drawing the letter" }, ["85%", "55%", "96%", "92%", "70%", "88%", "94%"].map((s, nth) => el("i", { class: nth < 2 ? "tall" : "", style: { "--s": s } }))));
  if (edition.snapshot.present || error) return draw($("empty"));
  return draw($("empty"), el("section.welcome", el("h2", `No numbers for ${edition.month} yet`),
    el("p.quiet", "An edition is written from a snapshot: the month's figures, read once from monitoring and then frozen."),
    el("h3", "Read the month"), command(edition.snapshot.command),
    el("h3", "Stay here"), el("p.quiet", "The letter appears by itself as soon as the snapshot is written. Notes can be written already."),
    el("details", el("summary", "Is monitoring reachable?"), command("newsletter doctor"), el("p.quiet", "Checks every address and query; it sends nothing."))));
}
