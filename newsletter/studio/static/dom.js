// Builds and mends the page. Words enter as text nodes only: nothing here parses markup.
export const $ = (id) => document.getElementById(id);

/** A new element: el("p.quiet", {do: "copy", arg: words}, child, …); null and false children are left out. */
export function el(kind, ...rest) {
  const [tag, ...classes] = kind.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  const props = rest[0]?.constructor === Object ? rest.shift() : {};
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") for (const [one, said] of Object.entries(value)) node.style.setProperty(one, said);
    else if (name === "do" || name === "arg") node.dataset[name] = value;
    else if (name === "class") node.classList.add(...value.split(" ").filter(Boolean));
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...rest.flat(Infinity).filter((one) => one || one === 0));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";
export function icon(name, kind = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `i ${kind}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "use"));
  svg.firstChild.setAttribute("href", `#i-${name}`);
  return svg;
}

const same = (old, fresh) => old.nodeName === fresh.nodeName && (old.id ?? "") === (fresh.id ?? "");

function mend(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (name !== "style" && name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (name !== "style" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old.style.cssText !== fresh.style.cssText) old.style.cssText = fresh.style.cssText;
  if (old.type === "radio") old.checked = fresh.checked;
  mendChildren(old, [...fresh.childNodes]);
  if (old.tagName === "SELECT") old.value = fresh.value;
}

// What is still wanted stays the same node, so focus, scroll and what is unfolded outlive a redraw.
function mendChildren(place, fresh) {
  const wanted = new Set(fresh.map((one) => one.id).filter(Boolean));
  let at = place.firstChild;
  for (const one of fresh) {
    while (at && at.id && at.id !== one.id && !wanted.has(at.id)) at = drop(at);
    const named = one.id && at?.id !== one.id ? [...place.children].find((old) => old.id === one.id) : null;
    if (named) {
      place.insertBefore(named, at);
      mend(named, one);
    } else if (at && same(at, one)) {
      mend(at, one);
      at = at.nextSibling;
    } else place.insertBefore(one, at);
  }
  while (at) at = drop(at);
}

function drop(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** Makes `place` hold these nodes. An element in focus that vanishes hands the focus to what held it. */
export function draw(place, ...fresh) {
  const held = place.contains(document.activeElement) ? document.activeElement : null;
  const heirs = [];
  for (let one = held; one && one !== document.body; one = one.parentElement) heirs.push(one);
  mendChildren(place, [...el("div", ...fresh).childNodes]);
  if (!held || document.activeElement === held) return;
  heirs.find((one) => one.isConnected && (one === held || one.hasAttribute("tabindex")))?.focus({ preventScroll: true });
}

let last = 0;
let waiting;
/** Tells a screen reader one sentence, at most one in two seconds: the newest wins. */
export function say(words) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    last = Date.now();
    $("said").textContent = words;
  }, Math.max(0, last + 2000 - Date.now()));
}

export const many = (count, one, more = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;
export const kilobytes = (bytes) => (bytes / 1000).toFixed(1);
