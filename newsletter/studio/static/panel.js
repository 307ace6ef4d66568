// The panel beside the letter: checks, facts, notes, evidence.
import { command, placeOf, tabs, told } from "./chrome.js";
import { $, draw, el, icon, many } from "./dom.js";
import { desk, findings, titleOf, variant, view } from "./state.js";

const SAID = { error: "mend before the send", warning: "worth a look", hint: "good to know" };
const group = (title, more) => el("div.group", el("h3", title), el("p", more));
const cards = (each) => el("ul.cards", { tabindex: -1 }, each);
const none = (title, ...more) => el("div.none", el("h3", title), more);

// ---- checks ----

// The words at fault, marked in the sentence they stand in.
function excerpt({ excerpt: words, place }) {
  const fault = place?.text;
  const at = fault && words ? words.indexOf(fault) : -1;
  if (!words || at < 0) return words || null;
  return [words.slice(0, at), el("mark", fault), words.slice(at + fault.length)];
}

const finding = (one) => el("li.box.finding", { id: `finding-${one.id}`, tabindex: -1, class: view.finding === one.id ? "chosen" : "" },
  icon(one.severity, `is-${one.severity}`), el("h4", told(one.message)), one.excerpt ? el("p.said", excerpt(one)) : null, one.fix ? el("p.fix", el("b", "Fix: "), told(one.fix)) : null,
  el("div.row", placeOf(one) || el("span.quiet", one.rule), one.place ? el("button.link", { id: `show-${one.id}`, do: "finding", arg: one.id, "aria-label": `Show in the mail: ${one.message}` }, "Show") : null));

function checks() {
  const all = findings();
  const passed = desk.edition.passed ?? [];
  const old = desk.error ? el("p.box", el("b", "From the last good picture. "), el("span.quiet", "They run again when the error is mended.")) : null;
  return [old,
    all.length ? ["error", "warning", "hint"].map((severity) => {
      const some = all.filter((one) => one.severity === severity);
      return some.length ? [group(el("span", { class: `is-${severity}` }, many(some.length, severity)), SAID[severity]), cards(some.map(finding))] : null;
    }) : el("div.none.is-ok", icon("ok"), el("h3", "Nothing to mend here"), el("p.quiet", desk.edition.snapshot.present ? "Every check passed for this letter." : "Letters are checked as soon as there are numbers.")),
    passed.length ? el("details.fold", el("summary", `${many(passed.length, "check")} passed`), el("p.quiet", `${passed.join(", ")}.`)) : null];
}

// ---- facts ----

const act = (what, one, on, label, sign = what) => el("button.act", { id: `${what}-${one.id}`, do: what, arg: one.id, "aria-label": `${label}: ${titleOf(one)}`, title: label, "aria-pressed": what === "evidence" ? null : String(on) },
  icon(sign), on ? label : null);

function acts(one, must) {
  const free = desk.facts.editable && !must;
  const pinned = one.state === "pin";
  const muted = one.state === "mute";
  return el("span.acts", free && [act("pin", one, pinned, pinned ? "Pinned" : "Pin"), act("mute", one, muted, muted ? "Muted" : "Mute")], act("evidence", one, false, "Evidence", "eye"));
}

const gauge = (part) => el("i.gauge", { style: { "--s": `${Math.max(0, Math.min(1, part)) * 100}%` } });
const score = ({ score: one }) => (one ? el("span.score.num", { title: `Score ${one.total.toFixed(2)}` }, gauge(one.total), one.total.toFixed(2)) : null);

// The sections of this letter that tell it.
const here = ({ where }) => where.filter((one) => one.startsWith(`${view.variant}: `)).map((one) => one.slice(view.variant.length + 2)).join(", ");

const title = (kind, one) => el(kind, el("span", { lang: variant()?.locale, dir: "auto" }, titleOf(one)), " ", el("code.id", one.id));

const card = (one, kind = "") => el("li.box.fact", { id: `fact-${one.id}`, tabindex: -1, class: kind },
  el("div.top", title("h4", one), one.value ? el("span.value.num", one.value) : null),
  el("div.meta", kind === "must" ? el("span.pill.is-error", "always told") : score(one), el("span.grow", one.reason || here(one)), acts(one, kind === "must")));

function facts() {
  const { facts: all } = desk;
  if (!all) return none(desk.edition.snapshot.present ? "One moment" : "No facts yet", el("p", desk.edition.snapshot.present ? "The facts are being weighed." : "Facts need a snapshot."));
  const passed = [...all.passed].sort((a, b) => (b.score?.total ?? 0) - (a.score?.total ?? 0));
  const must = all.must.map((one) => [one.met === false || here(one) !== "", card(one, "must")]);
  const some = (first) => cards(must.filter(([told]) => told === first).map(([, one]) => one));
  const rest = must.filter(([told]) => !told).length;
  return [must.length > 0 && group(`Must be told, ${must.length}`, "outside the competition"), some(true),
    rest > 0 && el("details.fold", { id: "more-must" }, el("summary", `${rest} more, told as part of others`), some(false)),
    group(`Chosen, ${all.chosen.length}`, "by impact, evidence and novelty"), cards(all.chosen.map((one) => card(one))),
    passed.length ? [group(`Not chosen, ${passed.length}`, "with the reason"), cards(passed.slice(0, 8).map((one) => card(one, "off")))] : null,
    passed.length > 8 ? el("details.fold", { id: "more-facts" }, el("summary", `${passed.length - 8} more`), cards(passed.slice(8).map((one) => card(one, "off")))) : null,
    el("p.meta", all.editable ? ["Pins and mutes are written to ", el("code", all.file)] : "This edition can only be read.")];
}

// ---- notes ----

const STATUS = { ready: "ok", draft: "hint", review: "warning", expired: "warning" };

const note = (one) => el("li.box", { id: `note-${one.id}` }, el("div.row", el("h4.grow", one.title), el("span.pill", { class: `is-${STATUS[one.status] ?? "hint"}` }, one.status)),
  el("div.meta", el("span.kind", one.kind), el("span", one.owner), el("span", one.locales.join(", ")), one.missing?.length ? el("span.is-warning", `no ${one.missing.join(", ")}`) : null,
    one.worst && one.worst !== "ok" ? el("span.count", { class: `is-${one.worst}` }, icon(one.worst), one.worst) : null, one.changed ? el("span", "changed since approval") : null),
  one.files.map((file) => el("div", placeOf({ file }))));

const start = (kind) => `newsletter note ${kind} --month ${desk.edition.month}`;

function notes() {
  const all = desk.edition.notes;
  if (!all.length) return none("No notes yet", el("p", "The letter already stands on its numbers. Notes give it a voice: what went wrong and why, what you heard, what comes next. Begin one at the command line:"), command(start("incident")));
  const drafts = all.filter((one) => one.status === "draft").length;
  return [group(many(all.length, "note"), drafts ? many(drafts, "draft") : "none is a draft"), el("ul.cards", all.map(note))];
}

// ---- evidence ----

const pairs = (each, kind = "") => el("dl.kv", { class: kind }, each.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => [el("dt", name), el("dd", value)]));
const titled = (title, ...more) => [el("h3", title), more];

function strip(days) {
  const states = [...new Set(days.map((one) => one.state))];
  const off = days.filter((one) => one.state !== "up").map((one) => `day ${one.day} ${one.state}`);
  return titled("Month", el("div.days", { role: "img", "aria-label": off.length ? off.join(", ") : "up every day" }, days.map((one) => el("i", { class: one.state, title: `Day ${one.day}: ${one.state}` }))),
    el("p.legend", states.map((one) => el("span", { class: one }, one))));
}

function origin(one) {
  const query = one.query ? [el("pre", one.query), el("button.link", { do: "copy", arg: one.query, "aria-label": "Copy the query" }, "Copy")] : null;
  return titled(one.query ? "Query" : `From ${one.origin}`, query, pairs([["Evidence", one.id], ["Read at", one.evaluated_at], ["Samples", one.samples?.toLocaleString?.("en")], ["Coverage", typeof one.coverage === "number" ? `${(100 * one.coverage).toFixed(2)}%` : one.coverage]]),
    [one.warnings].flat().filter(Boolean).map((words) => el("p.is-warning", words)));
}

const listed = (...all) => all.flat().filter(Boolean).join(" · ");

// The number in earlier snapshots: what it was, how this letter prints it, and the same proof for each month.
function earlier(months, printed) {
  return titled("Earlier months", pairs([["Printed", listed(printed.month_before, printed.earlier_months)], ...months.map((one) => [one.month, one.value])]),
    el("details.fold", { id: "earlier" }, el("summary", "Where they come from"), months.map((one) => [el("h4", one.month), one.evidence.map(origin)])));
}

function evidence() {
  const one = desk.evidence;
  if (!view.fact || !one) return none("Choose a number", el("p", "Click any underlined number in the mail, or tab to it and press Enter."),
    el("p", "The others: a target or a promise is that of config.yaml; a count of services, interruptions or unmeasured hours adds up the facts of the services; a number in a note is its writer's."));
  const { fact } = one;
  const printed = one.printed[variant()?.locale] ?? {};
  const parts = fact.score && Object.entries(fact.score).filter(([name]) => name !== "total");
  return el("div.evidence.num", el("p.big", fact.value), title("p.grow", fact), el("p.row", acts(fact, desk.facts?.must.some((must) => must.id === fact.id) ?? true)),
    one.strip ? strip(one.strip) : null,
    titled("Window", pairs([["Month", one.window], ["Interval", one.interval], ...(one.detail ?? [])])),
    titled("From value to text", pairs([["Value", one.value], ["Printed", listed(printed.month)], ["By week", listed(printed.week)], ["Target", fact.target], ["Met", fact.met === null || fact.met === undefined ? null : fact.met ? "yes" : "no"], ["Month before", fact.previous]])),
    one.earlier?.length ? earlier(one.earlier, printed) : null,
    one.outages?.length ? titled("Outages", pairs(one.outages.map((out) => [`${out.start} to ${out.end}`, `${out.minutes} min`]))) : null,
    one.evidence.map(origin),
    titled("Score", parts ? el("dl.kv.parts", [...parts, ["score", fact.score.total]].map(([name, part]) => [el("dt", name), el("dd", gauge(part), Number(part).toFixed(2))])) : el("p", fact.reason || "None: it is told outside the competition.")),
    fact.where?.length ? titled("Told in", el("p", fact.where.join(", "))) : null,
    one.command ? command(one.command) : null);
}

const BODIES = { checks, facts, notes, evidence };

export function panel() {
  const all = findings();
  const count = (list) => list?.length || null;
  draw($("tabs"), tabs("tab", "Panel", "body", [
    ["checks", "Checks", count(all), all.some((one) => one.severity === "error") ? "is-error" : ""], ["facts", "Facts", desk.facts && desk.facts.must.length + desk.facts.chosen.length],
    ["notes", "Notes", count(desk.edition.notes)], ["evidence", "Evidence"]]),
  el("button.btn.icon.bare.narrow", { id: "dock", do: "dock", "aria-label": "The panel", "aria-controls": "body", "aria-expanded": String(document.body.dataset.dock !== "folded") }, icon("down")));
  $("body").setAttribute("aria-labelledby", `tab-${view.tab}`);
  draw($("body"), BODIES[view.tab]());
}
