// Around the letter: head, rail, bars, the line of the inbox, foot.
import { $, draw, el, icon, kilobytes, many } from "./dom.js";
import { audienceOf, desk, nameOf, pictured, variant, view, whereOf } from "./state.js";

export const command = (words) => el("div.command", el("code", words), el("button.btn.small", { do: "copy", arg: words, "aria-label": `Copy: ${words}` }, "Copy"));

/** A place in a file, to copy; files of the edition are shown without its folder. */
export function placeOf(one) {
  const place = whereOf(one);
  return place && el("button.place", { do: "copy", arg: place, title: `Copy ${place}` }, place.replace(`editions/${desk.edition.month}/`, ""));
}

/** Words of the server with `code` in them. */
export const told = (words) => words?.split("`").map((one, nth) => (nth % 2 ? el("code", one) : one));

/** Tabs by the ARIA practices: one tab stop, arrows move. `each` is [id, label, count, kind of count]. */
const tabs = (name, label, controls, each) => el("div.tabs", { role: "tablist", "aria-label": label }, each.map(([id, words, count, kind]) => el("button", {
  role: "tab", id: `${name}-${id}`, do: name, arg: id, "aria-controls": controls, "aria-selected": String(view[name] === id), tabindex: view[name] === id ? 0 : -1,
}, words, count ? el("span.n", { class: kind ?? "" }, count) : null)));

// ---- head ----

const KINDS = { none: "hint", approved: "ok", void: "warning", not_needed: "ok" };
const TITLES = { none: "Not approved", approved: "Approved", void: "Approval void", not_needed: "No approval needed" };

function approval() {
  const { approval: { state, changes, given }, sent, snapshot } = desk.edition;
  if (sent) return ["ok", "Sent", sent.at];
  if (!snapshot.present) return ["hint", "No snapshot", "nothing to approve"];
  const more = { void: `${many(changes, "change")} since`, approved: `by ${given.map((one) => one.by).join(" and ")}` };
  return [KINDS[state], TITLES[state], more[state] ?? ""];
}

export function head() {
  const { edition } = desk;
  const [kind, title, more] = approval();
  const good = edition.snapshot.present && desk.picture && !desk.error;
  draw($("head"),
    el("button.btn.icon.bare.narrow", { id: "rail-button", do: "rail", "aria-label": "Variants and sections", "aria-expanded": String(view.open === "rail") }, icon("list")),
    el("div.brand", icon("mail"), "Studio"),
    el("h1", { id: "title" }, edition.title),
    el("div.held",
      el("button", { id: "approval", class: `is-${kind}`, do: "about", "aria-expanded": String(view.open === "approval"), "aria-controls": "about" }, icon(kind), el("b", title), el("span", more), icon("down")),
      view.open === "approval" ? about() : null),
    el("span.grow"),
    el("button.btn.icon.bare", { id: "theme", do: "theme", "aria-label": "Light or dark studio", title: "Light or dark studio" }, icon("theme")),
    el("button.btn.icon.bare.wide", { id: "help", do: "keys", "aria-label": "Keyboard shortcuts", title: "Keyboard shortcuts (?)" }, el("b", "?")),
    el("button.btn.primary", { id: "send", do: "test", "aria-label": "Send a test…", "aria-disabled": good ? null : "true", title: good ? null : "Needs a good picture first" }, icon("mail"), el("span.label", "Send a test…")));
}

const short = (digest) => el("code", { title: digest }, digest.slice(0, 12));

function about() {
  const { approval: state, sent, snapshot } = desk.edition;
  const { changes } = desk;
  const said = [];
  if (sent) said.push(el("p", "Sent ", sent.at, ", digest ", short(sent.digest), ". This edition can only be read."));
  else if (snapshot.present) said.push(el("p.quiet", `${state.text}. ${state.needed ? `It takes ${many(state.needed, "approval")} to send.` : ""}`));
  else said.push(el("p.quiet", "The month's numbers are not read yet."));
  if (changes?.approved) said.push(el("p.quiet", "Approved ", short(changes.approved), changes.now && [", now ", short(changes.now)], "."));
  const files = changes?.files ?? [];
  const touched = (changes?.variants ?? []).filter((one) => one.diff);
  return el("section", { id: "about", role: "region", "aria-labelledby": "about-title", tabindex: -1 },
    el("h2", { id: "about-title" }, sent ? "Sent" : state.state === "approved" ? "May be sent" : state.state === "not_needed" ? "No approval needed" : "Not approved as it is now"),
    said, state.given.length ? el("ul", state.given.map((one) => el("li", one.by, el("span.quiet", one.at)))) : null,
    files.length ? [el("h3", "Files changed"), el("ul", files.map((one) => el("li", el("code", one.file), el("span.num", el("span.plus", `+${one.added}`), " ", el("span.minus", `−${one.removed}`)))))] : null,
    state.changed.length ? [el("h3", "Letters changed"), el("p", state.changed.join(", "))] : null,
    state.changes || touched.length ? el("div.row",
      el("button.btn.small", { do: "changes", arg: "mail" }, view.changes === "on" ? "Hide the marks" : "Mark them in the mail"),
      touched.length ? el("button.btn.small", { do: "changes", arg: "text" }, "Compare the text parts") : null) : el("p.row"),
    !sent && snapshot.present && state.command ? [command(state.command), el("p.quiet", "Approving is done at the command line, so that no web page can do it for you.")] : null);
}

// ---- rail ----

const KNOWN = { error: "errors", warning: "warnings", hint: "hints" };

function worst(one) {
  if (desk.error) return el("span.count.is-error", { title: "No new picture" }, icon("error"), el("span.unseen", "no new picture"));
  if (!one.worst) return el("span.quiet", { title: "Not looked at yet" }, "…");
  const count = { error: one.errors, warning: one.warnings }[one.worst];
  return el("span.count", { class: `is-${one.worst}` }, icon(one.worst), count || null, el("span.unseen", KNOWN[one.worst] ?? "no findings"));
}

const row = (one) => el("li", el("button.item", {
  id: `variant-${one.id}`, do: "variant", arg: one.id, "aria-current": String(one.id === view.variant), title: `${one.id}, ${kilobytes(one.bytes ?? 0)} KB`,
}, el("span.code", one.locale), el("span.name", nameOf(one)), one.changed ? el("span.dot", { title: "Changed since approval" }, el("span.unseen", "changed since approval")) : null, worst(one)));

export function rail() {
  const { edition } = desk;
  const picture = pictured();
  const reader = edition.readers.find((one) => one.id === view.as) ?? edition.readers[0];
  const audiences = edition.audiences.filter((each) => edition.variants.some((one) => one.audience === each.id));
  draw($("rail"),
    el("button.btn.icon.bare.narrow", { do: "rail", "aria-label": "Close", id: "rail-close" }, icon("close")),
    el("h2.cap", "Variants", el("span", edition.variants.length)),
    audiences.map((each) => [
      el("h3", { id: `audience-${each.id}` }, each.name, each.people === null || each.people === undefined ? null : el("span", each.people === 1 ? "1 person" : many(each.people, "people", "people"))),
      el("ul", { "aria-labelledby": `audience-${each.id}` }, edition.variants.filter((one) => one.audience === each.id).map(row))]),
    reader ? el("section", el("h2.cap", el("label", { for: "as" }, "As this recipient")), el("div.who", el("select", { id: "as" }, edition.readers.map((one) => el("option", { value: one.id, selected: one === reader }, one.label)))),
      el("dl", Object.entries(reader.fields).map(([name, value]) => [el("dt", name), el("dd", { title: value }, value || "–")]))) : null,
    picture?.sections.length ? el("section.outline", el("h2.cap", "In this mail", el("span", { title: "Words, and the most that this audience gets" }, `${picture.words}${picture.budget ? ` / ${picture.budget}` : ""}`)),
      el("ul", picture.sections.map((one) => el("li", el("button.item", { id: `section-${one.id}`, do: "jump", arg: one.id },
        el("span.name", one.title, one.draft ? el("span.quiet", " (draft)") : null), el("span.quiet", one.words)))))) : null);
}

// ---- bars ----

const VIEWS = [["mail", "Mail"], ["text", "Text"], ["source", "Source"], ["headers", "Headers"], ["raw", "Raw"]];

function meter() {
  const bytes = (pictured() ?? variant())?.bytes;
  const { limits } = desk.edition;
  if (!bytes) return null;
  const full = (part) => `${((100 * part) / limits.bytes_fail).toFixed(1)}%`;
  const kind = bytes >= limits.bytes_fail ? "error" : bytes > limits.bytes_warn ? "warning" : "ok";
  const words = `${kilobytes(bytes)} of ${kilobytes(limits.bytes_fail)} KB`;
  return el("div.meter", { role: "meter", "aria-label": "Size of the HTML part", "aria-valuemin": 0, "aria-valuemax": limits.bytes_fail, "aria-valuenow": Math.min(bytes, limits.bytes_fail), "aria-valuetext": `${words}; Gmail cuts the mail beyond that`, title: `Gmail cuts a mail beyond ${kilobytes(limits.bytes_fail)} KB` },
    el("span.track", { class: `is-${kind}` }, el("span.fill", { style: { "--full": full(bytes) } }), el("span.limit", { style: { "--warn": full(limits.bytes_warn) } })), el("span.num", words));
}

const choice = (name, legend, each) => el("fieldset.choice", el("legend.unseen", legend), each.map(([value, label, sign]) => el("label", { title: sign ? label : null },
  el("input", { type: "radio", name, value, checked: view[name] === value, "aria-label": sign ? label : null }), sign ? icon(sign) : label)));

const toggle = (name, label, key) => el("button.tick", { id: `toggle-${name}`, do: "toggle", arg: name, "aria-pressed": String(view[name] === "on"), title: `${label} (${key})` }, icon("tick"), label);

export function bars() {
  const { edition } = desk;
  const one = variant();
  const shown = edition.snapshot.present && one;
  $("showing").textContent = one ? `${audienceOf(one)}, ${nameOf(one)}` : edition.title;
  document.title = `${one ? `${one.id}, ` : ""}${edition.title} · Studio`;
  draw($("bars"),
    el("div.bar", { id: "views" }, tabs("view", "View", "sheet", VIEWS), el("span.grow"), shown ? meter() : null),
    shown && view.view === "mail" ? el("div.bar", { id: "looks", role: "group", "aria-label": "Appearance" },
      choice("width", "Width", [["desktop", "Desktop, as wide as the stage", "desktop"], ["tablet", "Tablet, 600 px", "tablet"], ["phone", "Phone, 375 px", "phone"]]), el("span.quiet.num", { id: "px" }, $("px")?.textContent ?? ""),
      choice("look", "Look", [["light", "Light"], ["dark", "Dark"], ["inverted", "Inverted"]]), el("span.grow"),
      toggle("images", "Images", "i"), toggle("numbers", "Numbers", "n"), toggle("drafts", "Drafts", "d"))
      : shown && view.view === "text" && edition.approval.changes ? el("div.bar", toggle("changes", "Compare with what was approved", "m")) : null);
}

const length = (words, limit, what) => el("div.length.num", { class: [...words].length > limit ? "is-warning" : "", title: `Length of the ${what}; up to ${limit} fits` }, `${[...words].length} of ${limit}`);

// "IT" of "Acme IT"; else the first letters.
function face(department) {
  const words = department.split(/\s+/).filter(Boolean);
  return words.find((one) => one.length < 4 && one === one.toUpperCase()) ?? words.slice(0, 2).map((one) => one[0]).join("");
}

export function inbox() {
  const picture = pictured();
  const { limits, department } = desk.edition;
  if (!picture) return;
  const { subjects = [] } = picture;
  draw($("inbox"),
    el("div.face", { "aria-hidden": "true" }, face(department)),
    el("div.from", picture.sender), el("div.subject", { title: picture.subject }, picture.subject), length(picture.subject, limits.subject, "subject"),
    el("div.preheader", { title: picture.preheader }, picture.preheader), length(picture.preheader, limits.preheader, "preheader"),
    subjects.length > 1 && !desk.edition.sent ? el("details", { id: "subjects" }, el("summary", `${subjects.length} subjects to choose from`),
      el("fieldset.field", el("legend.unseen", "Subject"), subjects.map((one) => el("label.option", el("input", { type: "radio", name: "subject", value: one.nth, checked: one.chosen }), one.text)))) : null);
}

// ---- foot ----

const LIVE = { lost: ["", "Not connected, trying again"], "": ["", "Opening"] };

export function foot() {
  const { edition, error, live, picture, at } = desk;
  const [kind, words] = LIVE[live] ?? (error ? ["error", "Waiting for a good save"] : ["ok", "Live"]);
  draw($("foot"), el("span.live", { class: kind && `is-${kind}` }, words),
    el("span.num.wide", !picture ? "" : error ? `Last good picture ${error.at ?? at}` : `Picture at ${at} in ${Math.round(picture.ms)} ms`),
    el("span.grow"), picture ? el("span.wide", { title: "Of the letter on show. Two letters with one fingerprint are the same, byte for byte." }, "Fingerprint ", short(picture.digest)) : null,
    el("span.wide", { title: `Read ${edition.snapshot.at}` }, edition.snapshot.present ? `Numbers up to ${edition.snapshot.at.split(",")[0]}` : "No snapshot"));
}

export { tabs };
