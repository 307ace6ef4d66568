// The studio's page: what happens on an event, a click or a key. The other modules only draw.
import { bars, foot, head, inbox, rail } from "./chrome.js";
import { $, draw as fill, el, icon, many, say } from "./dom.js";
import { arrows, listen, sheet as keySheet } from "./keys.js";
import * as mail from "./mail.js";
import { panel } from "./panel.js";
import { Refused, follow, get, renew, send } from "./server.js";
import { audienceOf, choose, desk, findings, nameOf, pictured, query, readHash, variant, view } from "./state.js";
import { nothing, part, trouble } from "./views.js";

const now = () => new Date().toLocaleTimeString("en-GB");

function draw() {
  nothing();
  if (!desk.edition) return;
  document.documentElement.dataset.theme = view.theme || localStorage.getItem("theme") || "";
  document.body.dataset.open = view.open;
  const picture = pictured();
  document.body.dataset.state = !desk.edition.snapshot.present ? "empty" : desk.error ? (picture ? "stale" : "broken") : picture ? "ready" : "opening";
  for (const place of [head, rail, bars, inbox, trouble, panel, foot]) place();
  for (const id of ["stage", "panel", "head", "foot"]) $(id).inert = view.open === "rail";
  $("sheet").setAttribute("aria-labelledby", `view-${view.view}`);
  const { part: one } = desk;
  const mailed = view.view === "mail";
  $("letter").className = view.width;
  $("letter").hidden = !mailed || !picture;
  $("letter").inert = Boolean(desk.error);
  $("part").hidden = mailed || one?.view !== view.view;
  if (picture) $("frame").title = `The mail, ${audienceOf(variant() ?? picture)}, ${view.variant}`;
}

/** Draws all anew around the mail, whose place on the stage is kept. */
function redraw() {
  const kept = mail.place(pictured());
  draw();
  mail.fit();
  if (pictured()) mail.goBack(kept, pictured());
}

// ---- pictures ----

let turn = 0;

async function show(picture) {
  const mine = ++turn;
  await mail.open(`/mail/${encodeURIComponent(picture.variant)}?${query()}`);
  if (mine !== turn || picture.variant !== view.variant) return;
  const before = desk.picture;
  const same = before && before.html === picture.html && $("frame").dataset.look === view.look + view.images;
  desk.picture = picture;
  desk.at = now();
  const first = $("letter").hidden;
  if (first) draw();
  if (same) mail.overlay();
  else mail.swap(picture, before);
  $("frame").dataset.look = view.look + view.images;
  draw();
  if (first) restore();
  document.body.dataset.drawn = picture.rev;
  tell(before, picture);
  setTimeout(behind);
}

const tally = (picture, severity) => picture.findings.filter((one) => one.severity === severity).length;

function tell(before, picture) {
  if (!before || before.variant !== picture.variant) return say(`Showing ${audienceOf(variant())}, ${nameOf(variant())}`);
  const news = ["error", "warning"].map((severity) => [severity, tally(picture, severity) - tally(before, severity)]).filter(([, more]) => more);
  return say(["Picture updated", ...news.map(([severity, more]) => `${many(Math.abs(more), severity)} ${more > 0 ? "more" : "fewer"}`)].join(", "));
}

/** Asks for what the chosen view shows, and follows it. */
async function load() {
  const mine = ++turn;
  follow(query({ variant: view.variant }), hear);
  try {
    const picture = await get(`/api/mail/${encodeURIComponent(view.variant)}?${query()}`);
    if (mine === turn) await show(picture);
  } catch (error) {
    refused(error);
  }
}

// What is not the picture comes after it: facts, the open evidence, the other views.
let asked = 0;
async function behind() {
  const mine = ++asked;
  const wanted = [
    get(`/api/facts?variant=${encodeURIComponent(view.variant)}`), view.fact ? get(`/api/evidence/${encodeURIComponent(view.fact)}`) : null,
    view.open === "approval" || (view.view === "text" && view.changes === "on") ? get("/api/changes") : desk.changes,
    view.view === "mail" ? null : viewed(),
  ];
  const [facts, evidence, changes, one] = (await Promise.allSettled(wanted)).map(({ value = null }) => value);
  if (mine !== asked) return;
  const fresh = JSON.stringify(one) !== JSON.stringify(desk.part);
  Object.assign(desk, { facts: facts ?? desk.facts, evidence, changes, part: one });
  if (one?.kind === "diff") one.said = changes?.variants.find((each) => each.id === view.variant)?.diff ?? "";
  draw();
  if (fresh || one?.kind === "diff") part();
  mail.overlay();
}

async function viewed() {
  const kind = view.view === "text" && view.changes === "on" ? "diff" : view.view;
  return { view: view.view, kind, said: kind === "diff" ? "" : await get(`/api/mail/${encodeURIComponent(view.variant)}/${view.view}?${query()}`) };
}

function refused(error) {
  if (!(error instanceof Refused)) return;
  desk.error = { code: [], others: [], ...error.said };
  redraw();
}

// ---- what the server tells ----

function hear(name, data) {
  const heard = {
    open() {
      if (desk.live === "lost") start();
      desk.live = "on";
      foot();
    },
    lost() {
      desk.live = "lost";
      foot();
    },
    edition() {
      const had = desk.edition;
      desk.edition = data;
      desk.error = data.error;
      if (!variant() && data.variants.length) return start(data);
      redraw();
      return had?.rev !== data.rev && setTimeout(behind);
    },
    picture() {
      if (data.variant === view.variant) show(data);
    },
    variant() {
      const one = desk.edition.variants.find((each) => each.id === data.id);
      if (one) Object.assign(one, data);
      rail();
    },
    error() {
      desk.error = { at: desk.at, ...data };
      redraw();
    },
    mended() {
      desk.error = null;
      redraw();
      say("Mended");
    },
  };
  heard[name]?.();
}

async function start(known) {
  try {
    if (desk.live === "lost") await renew();
    desk.edition = known ?? await get("/api/edition");
  } catch {
    desk.live = "lost";
    return void setTimeout(start, 1000);
  }
  const { variants, error, readers } = desk.edition;
  desk.error = error;
  if (!variant()) choose({ variant: variants[0]?.id ?? "" });
  if (!readers.some((one) => one.id === view.as)) view.as = readers[0]?.id ?? "";
  draw();
  if (view.variant) return load();
  follow(query(), hear);
  return behind();
}

// ---- scroll across a reload ----

const spot = () => `scroll:${view.variant}`;
addEventListener("pagehide", () => sessionStorage.setItem(spot(), String($("sheet").scrollTop)));
const restore = () => { $("sheet").scrollTop = Number(sessionStorage.getItem(spot()) ?? 0); };

// ---- what the editor does ----

const cycle = (name, all) => change(name, all[(all.indexOf(view[name]) + 1) % all.length]);

function change(name, value) {
  const kept = mail.place(pictured());
  choose({ [name]: value });
  draw();
  if (name === "width" || name === "numbers" || name === "changes") {
    mail.fit();
    if (pictured()) mail.goBack(kept, pictured());
  } else load();
  if (name === "changes") behind();
}

// A recipient is shown the letter that they would get.
function readAs(id) {
  const { locale, audience } = desk.edition.readers.find((one) => one.id === id).fields;
  const theirs = desk.edition.variants.find((one) => one.audience === audience && one.locale === locale);
  if (theirs) choose({ variant: theirs.id });
  change("as", id);
}

function unfold() {
  document.body.dataset.dock = "open";
}

function turnTo(tab) {
  unfold();
  choose({ tab });
  draw();
  mail.overlay();
}

function step(list, current, by) {
  const at = list.indexOf(current);
  return list[(at + by + list.length) % list.length] ?? list[0];
}

function close() {
  const from = { approval: "approval", rail: "rail-button" }[view.open];
  choose({ open: "" });
  draw();
  $(from)?.focus();
}

async function judge(id, state) {
  const all = desk.facts ? [...desk.facts.must, ...desk.facts.chosen, ...desk.facts.passed] : [];
  const one = all.find((fact) => fact.id === id);
  const is = one?.state === "none" ? (one.pinned && "pin") || (one.muted && "mute") || "none" : one?.state;
  const next = is === state ? "none" : state;
  try {
    await send("PUT", `/api/facts/${encodeURIComponent(id)}`, { state: next });
    say(`${{ pin: "Pinned", mute: "Muted", none: "Left to its score" }[next]}: ${one?.label ?? id}`);
    await behind();
  } catch (error) {
    say(`${error.message} ${error.said?.fix ?? ""}`);
    refusal($("body"), error);
  }
}

// A refusal beside what was asked for; it goes with the next redraw.
function refusal(place, { said = {}, message }) {
  place.prepend(el("p.box.is-error", { role: "alert" }, `${said.message ?? message} ${said.fix ?? ""}`));
}

function openTest() {
  if ($("send").getAttribute("aria-disabled")) return;
  $("test-one").textContent = `This letter: ${audienceOf(variant())}, ${nameOf(variant())}`;
  $("test-all").textContent = `All ${desk.edition.variants.length} letters`;
  $("test-as").replaceChildren(...desk.edition.readers.map((one) => el("option", { value: one.id, selected: one.id === view.as }, one.label)));
  $("test-to").value ||= localStorage.getItem("to") ?? "";
  $("test-said").replaceChildren();
  choose({ open: "test" });
  $("test").showModal();
}

async function sendTest() {
  const to = $("test-to").value.split(/[\s,;]+/).filter(Boolean);
  $("test-to").setAttribute("aria-invalid", String(!to.length));
  if (!to.length) return $("test-to").focus();
  const all = document.querySelector("[name=what]:checked").value === "all";
  $("test-send").setAttribute("aria-disabled", "true");
  try {
    const { results } = await send("POST", "/api/test", { to, variants: all ? desk.edition.variants.map((one) => one.id) : [view.variant], as: $("test-as").value, mark: $("test-mark").checked });
    localStorage.setItem("to", $("test-to").value);
    fill($("test-said"), results.map(answer));
  } catch (error) {
    fill($("test-said"), answer({ accepted: false, to: error.message, reply: error.said?.fix ?? "" }));
  }
  return $("test-send").removeAttribute("aria-disabled");
}

const answer = (one) => el("p", icon(one.accepted ? "ok" : "error", one.accepted ? "is-ok" : "is-error"), el("span", one.accepted ? "Accepted by the relay for " : one.variant ? "Refused for " : "", el("b", one.to), one.variant ? `, ${one.variant}` : "", el("br"), el("code.quiet", one.reply)));

async function copy(words) {
  await navigator.clipboard?.writeText(words).catch(() => {});
  say(`Copied: ${words}`);
}

const DO = {
  variant(id) {
    choose({ variant: id, finding: "", open: view.open === "rail" ? "" : view.open });
    draw();
    load();
  },
  view(id) {
    choose({ view: id });
    draw();
    if (id === "mail") mail.fit();
    else behind();
  },
  tab: turnTo,
  toggle: (name) => cycle(name, ["on", "off"]),
  evidence(id) {
    choose({ fact: id, tab: "evidence" });
    desk.evidence = desk.evidence?.fact.id === id ? desk.evidence : null;
    turnTo("evidence");
    $("body").scrollTop = 0;
    say("Evidence");
    return behind();
  },
  finding(id) {
    choose({ finding: id, ...(view.view === "mail" || view.view === "source" ? {} : { view: "mail" }) });
    turnTo("checks");
    $(`finding-${id}`)?.scrollIntoView({ block: "nearest" });
    mail.reveal(`flag-${id}`);
    const one = findings().find((each) => each.id === id);
    say(`${one.severity}: ${one.message}`);
  },
  jump(id) {
    if (view.view !== "mail") DO.view("mail");
    if (view.open === "rail") close();
    mail.jump(id);
  },
  changes(where) {
    choose({ open: "", view: where, changes: where === "text" || view.changes === "off" ? "on" : "off" });
    draw();
    $("approval").focus();
    mail.fit();
    behind();
  },
  about() {
    choose({ open: view.open === "approval" ? "" : "approval" });
    draw();
    behind();
  },
  rail() {
    if (view.open === "rail") return close();
    choose({ open: "rail" });
    draw();
    return $("rail-close").focus();
  },
  dock() {
    document.body.dataset.dock = document.body.dataset.dock === "folded" ? "open" : "folded";
    draw();
  },
  theme() {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark" || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    localStorage.setItem("theme", dark ? "light" : "dark");
    choose({ theme: "" });
    draw();
  },
  keys() {
    choose({ open: "keys" });
    $("keys").showModal();
  },
  skip: () => $("sheet").focus(),
  pin: (id) => judge(id, "pin"),
  mute: (id) => judge(id, "mute"),
  test: openTest,
  "send-test": sendTest,
  copy,
};

// ---- wiring ----

addEventListener("click", (event) => {
  const node = event.target.closest?.("[data-do]");
  if (node) {
    if (node.tagName === "A") event.preventDefault();
    DO[node.dataset.do]?.(node.dataset.arg);
  } else if ((view.open === "approval" && !event.target.closest("#about")) || (view.open === "rail" && !event.target.closest("#rail"))) close();
});

addEventListener("change", ({ target }) => {
  if (target.name === "width" || target.name === "look") change(target.name, target.value);
  else if (target.id === "as") readAs(target.value);
  else if (target.id === "keys-on") localStorage.setItem("keys", target.checked ? "on" : "off");
  else if (target.name === "subject") send("PUT", "/api/subject", { nth: Number(target.value) }).catch((error) => refusal($("inbox"), error));
});

for (const id of ["test", "keys"]) $(id).addEventListener("close", () => choose({ open: "" }));

const nearFact = () => document.activeElement.closest(".fact")?.id.slice(5) ?? (document.activeElement.dataset.do === "evidence" ? document.activeElement.dataset.arg : view.tab === "evidence" && view.fact);
const variants = () => desk.edition.variants.map((one) => one.id);
const next = (by) => {
  const all = findings().map((one) => one.id);
  if (!all.length) return;
  DO.finding(step(all, view.finding, by));
  $(`finding-${view.finding}`)?.focus({ preventScroll: true });
};
const tabTo = (id) => {
  turnTo(id);
  $(`tab-${id}`).focus();
};

listen({
  1: () => DO.view("mail"), 2: () => DO.view("text"), 3: () => DO.view("source"), 4: () => DO.view("headers"), 5: () => DO.view("raw"),
  w: () => cycle("width", ["desktop", "tablet", "phone"]), l: () => cycle("look", ["light", "dark", "inverted"]),
  i: () => DO.toggle("images"), n: () => DO.toggle("numbers"), d: () => DO.toggle("drafts"), m: () => DO.toggle("changes"),
  j: () => DO.variant(step(variants(), view.variant, 1)), k: () => DO.variant(step(variants(), view.variant, -1)),
  "]": () => next(1), "[": () => next(-1),
  c: () => tabTo("checks"), f: () => tabTo("facts"), o: () => tabTo("notes"), e: () => tabTo("evidence"),
  p: () => nearFact() && judge(nearFact(), "pin"), x: () => nearFact() && judge(nearFact(), "mute"),
  t: openTest, "?": DO.keys,
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && ["approval", "rail"].includes(view.open)) close();
  arrows(event);
});
addEventListener("resize", redrawSoon);
addEventListener("hashchange", () => {
  readHash();
  start(desk.edition);
});

let soon;
function redrawSoon() {
  cancelAnimationFrame(soon);
  soon = requestAnimationFrame(() => desk.edition && redraw());
}

if (innerWidth < 700) document.body.dataset.dock = "folded";
fill($("keys-list"), keySheet());
draw();
await start();
if (view.open === "test") openTest();
if (view.open === "keys") DO.keys();
