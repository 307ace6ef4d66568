// What happens on an event, a click or a key. Other modules only draw.
import { bars, foot, head, inbox, rail } from "./chrome.js";
import { $, draw as fill, many, say } from "./dom.js";
import { arrows, listen, sheet } from "./keys.js";
import * as mail from "./mail.js";
import { panel } from "./panel.js";
import { Refused, follow, get, renew, send } from "./server.js";
import { audienceOf, choose, desk, findings, nameOf, pictured, query, readHash, titleOf, variant, view } from "./state.js";
import { openTest, refusal, sendTest } from "./test-mail.js";
import { nothing, part, trouble } from "./views.js";

const narrow = matchMedia("(max-width: 1099px)");
const named = () => `${audienceOf(variant())}, ${nameOf(variant())}`;
const path = (route, id) => `/api/${route}/${encodeURIComponent(id)}`;

// ---- drawing ----

function state() {
  if (!desk.edition.snapshot.present) return "empty";
  if (desk.error) return pictured() ? "stale" : "broken";
  return pictured() ? "ready" : "opening";
}

function draw() {
  nothing();
  const { dataset } = document.body;
  document.documentElement.dataset.theme = view.theme || localStorage.getItem("theme") || "";
  if (!desk.edition) return;
  Object.assign(dataset, { open: view.open, state: state() });
  for (const one of [head, rail, bars, inbox, trouble, panel, foot]) one();
  for (const id of ["stage", "panel", "head", "foot"]) $(id).inert = view.open === "rail" && narrow.matches;
  const mailed = view.view === "mail";
  $("sheet").setAttribute("aria-labelledby", `view-${view.view}`);
  $("letter").className = view.width;
  $("letter").hidden = !mailed || !pictured();
  $("letter").inert = Boolean(desk.error);
  $("part").hidden = mailed || desk.part?.view !== view.view;
  if (variant()) $("frame").title = `The mail, ${named()}`;
}

/** Draws all around the mail anew; the reader's place in it is kept. */
function redraw() {
  const kept = mail.place(pictured());
  draw();
  mail.fit();
  if (pictured()) mail.goBack(kept, pictured());
}

// ---- pictures ----

let turn = 0;

// The letter first: what lies around and over it is drawn when the letter is on the screen, if it ever gets there.
const painted = () => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)));
  setTimeout(done, 200);
});

let arrived = false; // the letter came on the screen, and the reader is not yet back where they were

async function show(picture) {
  const mine = ++turn;
  await mail.open(`/mail/${encodeURIComponent(picture.variant)}?${query()}`);
  if (mine !== turn || picture.variant !== view.variant) return;
  const before = desk.picture;
  const first = $("letter").hidden;
  arrived ||= first;
  Object.assign(desk, { picture, at: new Date().toLocaleTimeString("en-GB") });
  if (first) draw();
  mail.show(picture, before);
  await painted();
  if (desk.picture !== picture) return; // a newer one draws the rest
  redraw();
  if (arrived) $("sheet").scrollTop = Number(sessionStorage.getItem(spot()) ?? 0);
  arrived = false;
  document.body.dataset.drawn = picture.rev;
  say(before?.variant === picture.variant ? news(before, picture) : `Showing ${named()}`);
  setTimeout(behind);
}

function news(before, picture) {
  const count = (one, severity) => one.findings.filter((each) => each.severity === severity).length;
  const more = ["error", "warning"].map((severity) => [severity, count(picture, severity) - count(before, severity)]);
  return ["Picture updated", ...more.filter(([, by]) => by).map(([severity, by]) => `${many(Math.abs(by), severity)} ${by > 0 ? "more" : "fewer"}`)].join(", ");
}

/** Asks for what is chosen now, and follows it. */
async function load() {
  const mine = ++turn;
  follow(query({ variant: view.variant }), hear);
  try {
    const picture = await get(`${path("mail", view.variant)}?${query()}`);
    if (mine === turn) await show(picture);
  } catch (error) {
    if (!(error instanceof Refused)) return; // the connection is lost, which the events tell
    desk.error = error.said;
    redraw();
  }
}

// What is not the picture comes after it: facts, the open evidence, what changed, the other views.
let asked = 0;
async function behind() {
  const mine = ++asked;
  const comparing = view.view === "text" && view.changes === "on";
  const wanted = [
    desk.edition.snapshot.present && get(`/api/facts?variant=${encodeURIComponent(view.variant)}`),
    view.fact && get(path("evidence", view.fact)),
    view.open === "approval" || comparing ? get("/api/changes") : desk.changes,
    view.view === "mail" || comparing ? null : get(`${path("mail", view.variant)}/${view.view}?${query()}`),
  ];
  const [facts, evidence, changes, said] = (await Promise.allSettled(wanted)).map(({ value }) => value || null);
  if (mine !== asked) return;
  const diff = changes?.variants.find((one) => one.id === view.variant)?.diff ?? "";
  Object.assign(desk, { facts, evidence, changes, part: { view: view.view, kind: comparing ? "diff" : view.view, said: comparing ? diff : said } });
  draw();
  part();
  mail.overlay();
}

// ---- what the server tells ----

const HEARD = {
  open() {
    if (desk.live === "lost") start();
    desk.live = "on";
    foot();
  },
  lost() {
    desk.live = "lost";
    foot();
  },
  edition(edition) {
    const old = desk.edition.rev !== edition.rev;
    Object.assign(desk, { edition, error: edition.error });
    if (!variant() && edition.variants.length) return start();
    redraw();
    return old && setTimeout(behind);
  },
  picture: (picture) => picture.variant === view.variant && show(picture),
  variant(told) {
    Object.assign(desk.edition.variants.find((one) => one.id === told.id) ?? {}, told);
    rail();
  },
  error(error) {
    desk.error = error;
    redraw();
  },
  mended() {
    desk.error = null;
    redraw();
    say("Mended");
  },
};
const hear = (name, data) => HEARD[name](data);

// An address may leave out the letter and the reader, or name one that is gone.
function settle() {
  const { variants, readers } = desk.edition;
  if (!variant()) choose({ variant: variants[0]?.id ?? "" });
  if (!readers.some((one) => one.id === view.as)) view.as = readers[0]?.id ?? "";
}

async function start() {
  try {
    if (desk.live === "lost") await renew();
    desk.edition = await get("/api/edition");
  } catch {
    desk.live = "lost";
    return void setTimeout(start, 1000);
  }
  desk.error = desk.edition.error;
  settle();
  draw();
  if (view.variant) return load();
  follow(query(), hear);
  return behind();
}

// ---- what the editor does ----

const spot = () => `scroll:${view.variant}`;

function change(name, value) {
  choose({ [name]: value });
  redraw();
  if (["look", "images", "drafts", "as"].includes(name)) return load();
  return name === "changes" && behind();
}

const next = (list, current, by) => list[(list.indexOf(current) + by + list.length) % list.length] ?? list[0];
const cycle = (name, ...all) => change(name, next(all, view[name], 1));

// A recipient is shown the letter that they would get.
function readAs(id) {
  const { locale, audience } = desk.edition.readers.find((one) => one.id === id).fields;
  const theirs = desk.edition.variants.find((one) => one.audience === audience && one.locale === locale);
  if (theirs) choose({ variant: theirs.id });
  change("as", id);
}

function turnTo(tab) {
  document.body.dataset.dock = "open";
  choose({ tab });
  draw();
  mail.fit();
}

function openOr(name) {
  const last = view.open;
  choose({ open: last === name ? "" : name });
  draw();
  if (!view.open) $({ approval: "approval", rail: "rail-button" }[last])?.focus();
}

async function judge(id, state) {
  const { must = [], chosen = [], passed = [] } = desk.facts ?? {};
  const one = [...must, ...chosen, ...passed].find((fact) => fact.id === id);
  const wanted = one?.state === state ? "none" : state;
  try {
    await send("PUT", path("facts", id), { state: wanted });
    say(`${{ pin: "Pinned", mute: "Muted", none: "Left to its score" }[wanted]}: ${one ? titleOf(one) : id}`);
    await behind();
  } catch (error) {
    refusal($("body"), error);
  }
}

const DO = {
  variant(id) {
    choose({ variant: id, finding: "", open: "" });
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
  toggle: (name) => cycle(name, "on", "off"),
  evidence(id) {
    choose({ fact: id });
    if (desk.evidence?.fact.id !== id) desk.evidence = null;
    turnTo("evidence");
    $("body").scrollTop = 0;
    behind();
  },
  finding(id) {
    choose({ finding: id, view: view.view === "source" ? "source" : "mail" });
    turnTo("checks");
    $(`finding-${id}`)?.scrollIntoView({ block: "nearest" });
    $(`flag-${id}`)?.scrollIntoView({ block: "center" });
    const one = findings().find((each) => each.id === id);
    say(`${one.severity}: ${one.message}`);
  },
  jump(id) {
    choose({ open: "", view: "mail" });
    draw();
    mail.fit();
    mail.jump(id);
  },
  changes(where) {
    choose({ open: "", view: where, changes: where === "text" || view.changes === "off" ? "on" : "off" });
    redraw();
    $("approval").focus();
    behind();
  },
  about() {
    openOr("approval");
    behind();
  },
  rail() {
    openOr("rail");
    $("rail-close").focus();
  },
  dock() {
    document.body.dataset.dock = document.body.dataset.dock === "folded" ? "open" : "folded";
    redraw();
  },
  theme() {
    const now = document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    localStorage.setItem("theme", now === "dark" ? "light" : "dark");
    choose({ theme: "" });
    draw();
  },
  keys() {
    choose({ open: "keys" });
    if (!$("keys").open) $("keys").showModal();
  },
  skip: () => $("sheet").focus(),
  pin: (id) => judge(id, "pin"),
  mute: (id) => judge(id, "mute"),
  test: openTest,
  close: () => $("test").close(),
  async copy(words) {
    await navigator.clipboard.writeText(words).catch(() => {});
    say(`Copied: ${words}`);
  },
};

// ---- wiring ----

addEventListener("click", (event) => {
  const node = event.target.closest?.("[data-do]");
  const outside = { approval: "#about", rail: "#rail" }[view.open];
  if (node) {
    if (node.tagName === "A") event.preventDefault();
    DO[node.dataset.do](node.dataset.arg);
  } else if (outside && !event.target.closest(outside)) openOr(view.open);
});

addEventListener("change", ({ target: { id, name, value, checked } }) => {
  if (name === "width" || name === "look") change(name, value);
  if (name === "subject") send("PUT", "/api/subject", { nth: Number(value) }).catch((error) => refusal($("inbox"), error));
  if (id === "as") readAs(value);
  if (id === "keys-on") localStorage.setItem("keys", checked ? "on" : "off");
});

// The fact that `p` and `x` mean: the card or number in focus, else the evidence on show.
function factInFocus() {
  const { id, dataset } = document.activeElement;
  return dataset.do === "evidence" ? dataset.arg : document.activeElement.closest(".fact")?.id.slice("fact-".length) ?? (view.tab === "evidence" && id !== "" && view.fact);
}

function judgeFocused(state) {
  const id = factInFocus();
  if (id) judge(id, state);
}

function stepFinding(by) {
  const all = findings().map((one) => one.id);
  if (!all.length) return;
  DO.finding(next(all, view.finding, by));
  $(`finding-${view.finding}`)?.focus({ preventScroll: true });
}

function tabTo(tab) {
  turnTo(tab);
  $(`tab-${tab}`).focus();
}

function openDialog() {
  if (view.open === "test" || view.open === "keys") DO[view.open]();
}

const step = (by) => DO.variant(next(desk.edition.variants.map((one) => one.id), view.variant, by));

listen({
  1: () => DO.view("mail"), 2: () => DO.view("text"), 3: () => DO.view("source"), 4: () => DO.view("headers"), 5: () => DO.view("raw"),
  w: () => cycle("width", "desktop", "tablet", "phone"), l: () => cycle("look", "light", "dark", "inverted"),
  i: () => DO.toggle("images"), n: () => DO.toggle("numbers"), d: () => DO.toggle("drafts"), m: () => DO.toggle("changes"),
  j: () => step(1), k: () => step(-1), "]": () => stepFinding(1), "[": () => stepFinding(-1),
  c: () => tabTo("checks"), f: () => tabTo("facts"), o: () => tabTo("notes"), e: () => tabTo("evidence"),
  p: () => judgeFocused("pin"), x: () => judgeFocused("mute"), t: openTest, "?": DO.keys,
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && ["approval", "rail"].includes(view.open)) openOr(view.open);
  arrows(event);
});

let soon;
addEventListener("resize", () => {
  cancelAnimationFrame(soon);
  soon = requestAnimationFrame(() => desk.edition && redraw());
});
addEventListener("hashchange", async () => {
  readHash();
  if (desk.edition) settle();
  await start();
  openDialog();
});
addEventListener("pagehide", () => sessionStorage.setItem(spot(), String($("sheet").scrollTop)));
$("test-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sendTest();
});
for (const id of ["test", "keys"]) $(id).addEventListener("close", () => view.open === id && choose({ open: "" }));

if (innerWidth < 700) document.body.dataset.dock = "folded";
fill($("keys-list"), sheet());
draw();
await start();
openDialog();
