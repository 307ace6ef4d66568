// The mail in its frame: swapped in place, never navigated, and what lies over it.
import { $, draw, el, icon } from "./dom.js";
import { morph } from "./morph.js";
import { findings, pictured, view } from "./state.js";

const frame = $("frame");
const sheet = $("sheet");
const paper = () => frame.contentDocument;

/** Opens the frame once: its own answer brings the policy under which the mail may have inline styles. */
export function open(address) {
  if (!frame.src) {
    frame.ready = new Promise((done) => frame.addEventListener("load", done, { once: true }));
    frame.src = address;
  }
  return frame.ready;
}

/** Shows this picture; the section being read stays where it was. What lies over it is drawn apart. */
export function show(picture, before) {
  const look = view.look === "dark" ? "dark" : "light";
  const shown = `${view.look} ${picture.html.length}`;
  if (before?.html === picture.html && frame.dataset.shown === shown) return;
  frame.dataset.shown = shown;
  const kept = place(before);
  // Parsed by the frame's own parser: a document inherits the policy of the window that parses it.
  const fresh = new frame.contentWindow.DOMParser().parseFromString(picture.html, "text/html");
  for (const one of fresh.querySelectorAll("meta[name=color-scheme]")) one.content = look;
  for (const one of fresh.querySelectorAll("[data-href]")) one.title = one.dataset.href;
  morph(paper().documentElement, fresh.documentElement);
  frame.style.colorScheme = look;
  $("paper").classList.toggle("dark", view.look !== "light");
  if (view.look === "inverted") invert(paper());
  stretch();
  goBack(kept, picture);
}

// A mail that is as high as its window (`height: 100%`) is as high as what overflows it.
function stretch() {
  const { documentElement: page } = paper();
  const { height } = page.getBoundingClientRect();
  const high = height === frame.clientHeight ? page.scrollHeight : Math.ceil(height);
  if (high !== frame.clientHeight) frame.style.height = `${high}px`;
}

export function fit() {
  if (!paper()?.body || $("letter").hidden) return;
  stretch();
  const px = $("px");
  if (px) px.textContent = `${frame.clientWidth} px`;
  overlay();
}

// ---- the reader's place ----

function heading({ title, heading_nth: nth = 0 }) {
  const squeeze = (words) => words.replace(/\s+/g, " ").trim();
  return [...paper().querySelectorAll("h1, h2, h3")].filter((one) => squeeze(one.textContent) === squeeze(title))[nth];
}

// How far below the top of the stage something in the mail is.
const below = (node) => node.getBoundingClientRect().top + frame.getBoundingClientRect().top - sheet.getBoundingClientRect().top;

export function place(picture) {
  if (!picture || !paper()?.body || $("letter").hidden || sheet.scrollTop < 8) return [];
  const tops = picture.sections.map((one) => [one.id, heading(one)]).filter(([, node]) => node).map(([id, node]) => [id, below(node)]);
  const first = tops.findIndex(([, top]) => top >= 0 && top < sheet.clientHeight);
  const from = first >= 0 ? first : Math.max(0, tops.filter(([, top]) => top < 0).length - 1);
  return [...tops.slice(from), ...tops.slice(0, from).reverse()];
}

export function goBack(kept, picture) {
  for (const [id, top] of kept) {
    const section = picture.sections.find((one) => one.id === id);
    const node = section && heading(section);
    if (!node) continue;
    sheet.scrollTop += below(node) - top;
    return;
  }
}

export function jump(id) {
  const node = heading(pictured().sections.find((one) => one.id === id));
  if (node) sheet.scrollTop += below(node) - 16;
}

// ---- where words are ----

// The visible text with, for each character, the node and offset it came from.
function reading(body) {
  const nodes = [];
  const offsets = [];
  let text = "";
  const hidden = (one) => ["SCRIPT", "STYLE"].includes(one.tagName) || one.style?.display === "none";
  const skip = { acceptNode: (one) => (one.nodeType === 1 ? (hidden(one) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP) : NodeFilter.FILTER_ACCEPT) };
  const walker = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, skip);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = 0; at < node.data.length; at += 1) {
      const space = /\s/.test(node.data[at]);
      if (space && text.endsWith(" ")) continue;
      text += space ? " " : node.data[at];
      nodes.push(node);
      offsets.push(at);
    }
  }
  return (words, nth) => {
    const wanted = words.replace(/\s+/g, " ");
    let at = text.indexOf(wanted);
    for (let turn = 0; turn < nth && at >= 0; turn += 1) at = text.indexOf(wanted, at + wanted.length);
    if (at < 0) return null;
    const range = body.ownerDocument.createRange();
    const end = at + wanted.length - 1;
    range.setStart(nodes[at], offsets[at]);
    range.setEnd(nodes[end], offsets[end] + 1);
    return { at, boxes: lines([...range.getClientRects()]) };
  };
}

// One box a line: a range gives one for each text node in it.
function lines(rects) {
  const found = [];
  for (const { left, top, right, bottom } of rects) {
    const line = found.find((one) => Math.abs(one.bottom - bottom) < 4);
    if (line) Object.assign(line, { left: Math.min(line.left, left), right: Math.max(line.right, right), top: Math.min(line.top, top) });
    else if (right > left) found.push({ left, top, right, bottom });
  }
  return found;
}

// ---- what lies over the mail ----

const at = (box, from = { left: 0, top: 0 }) => ({
  left: `${box.left - from.left}px`, top: `${box.top - from.top}px`, width: `${box.right - box.left}px`, height: `${box.bottom - box.top}px`,
});

function around(boxes) {
  const all = (side, pick) => pick(...boxes.map((one) => one[side]));
  return { left: all("left", Math.min), top: all("top", Math.min), right: all("right", Math.max), bottom: all("bottom", Math.max) };
}

export function overlay() {
  const picture = pictured();
  if (!picture || !paper()?.body) return;
  const find = reading(paper().body);
  const marks = [...(view.numbers === "on" ? numbers(picture, find) : []), ...flags(find)];
  marks.sort((a, b) => a.at - b.at);
  draw($("overlay"), ribbons(picture), view.changes === "on" && changed(picture), marks.map((one) => one.nodes));
}

function numbers(picture, find) {
  const seen = {};
  return picture.numbers.flatMap(({ fact, text, nth }) => {
    const found = find(text, nth);
    if (!found?.boxes.length) return [];
    seen[fact] = (seen[fact] ?? 0) + 1;
    const whole = around(found.boxes);
    const node = el("button.hot", {
      id: `hot-${fact}-${seen[fact]}`, do: "evidence", arg: fact, style: at(whole), "aria-label": `${text}: show the evidence`,
      "aria-pressed": String(view.tab === "evidence" && view.fact === fact),
    }, found.boxes.map((box) => el("i", { style: at(box, whole) })));
    return [{ at: found.at, nodes: [node] }];
  });
}

function flags(find) {
  let free = 0;
  const placed = findings().map((one) => [one, one.place && find(one.place.text, one.place.nth ?? 0)]).filter(([, found]) => found?.boxes.length);
  return placed.sort(([, a], [, b]) => a.boxes[0].top - b.boxes[0].top).map(([one, found]) => {
    const top = Math.max(free, found.boxes[0].top - 3);
    free = top + 28;
    const on = view.finding === one.id;
    const flag = el("button.flag", {
      class: `is-${one.severity}`, id: `flag-${one.id}`, do: "finding", arg: one.id, style: { top: `${top}px` }, title: one.message,
      "aria-label": `${one.severity}: ${one.message}`, "aria-pressed": String(on),
    }, icon(one.severity));
    return { at: found.at, nodes: [...(on ? found.boxes.map((box) => el("span.fault", { class: `is-${one.severity}`, style: at(box) })) : []), flag] };
  });
}

const ribbons = ({ sections }) => sections.filter((one) => one.draft && heading(one)).map((one) => el("span.ribbon", {
  style: { top: `${heading(one).getBoundingClientRect().top - 30}px` },
}, "Holds a draft, left out of the send"));

function changed(picture) {
  const tops = picture.sections.map((one) => ({ one, top: heading(one)?.getBoundingClientRect().top })).filter(({ top }) => top !== undefined);
  return tops.flatMap(({ one, top }, index) => (one.changed
    ? [el("span.changed", { title: "Changed since approval", style: { top: `${top}px`, height: `${Math.max(20, (tops[index + 1]?.top ?? frame.clientHeight) - top - 24)}px` } })] : []));
}

// ---- inverted, as Gmail turns a light mail: light backgrounds and dark words only, element by element ----

function invert(page) {
  const sides = ["top", "right", "bottom", "left"].map((side) => `border-${side}-color`);
  const turned = [page.body, ...page.body.querySelectorAll("*")].map((one) => {
    const style = page.defaultView.getComputedStyle(one);
    return [one, ["color", "background-color", ...sides].map((name) => [name, turn(style.getPropertyValue(name), name !== "color")])];
  });
  page.documentElement.style.backgroundColor = "#121416";
  // All is read before anything is written: a colour that is inherited must not be turned twice.
  for (const [one, colours] of turned) for (const [name, value] of colours) if (value) one.style.setProperty(name, value, "important");
}

// The hue and its strength stay; only how light it is changes.
function turn(colour, light) {
  const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
  const bright = 0.299 * red + 0.587 * green + 0.114 * blue > 127;
  return alpha && bright === light ? `oklch(from ${colour} calc(1.14 - l * 0.95) c h)` : "";
}
