// The page draws what the server says and keeps the reader's place across a redraw.
"use strict";

const $ = (id) => document.getElementById(id);
const kept = (name, fallback) => sessionStorage.getItem(name) ?? fallback;
let state = null;
let drawing = 0; // an older answer must not overwrite a newer one

function chosen(name) {
  return document.querySelector(`input[name="${name}"]:checked`).value;
}

function drawFrame() {
  const summary = state.variants.find((one) => one.id === $("variant").value);
  if (!summary) return;
  const text = chosen("view") === "text";
  $("desk").className = chosen("width") === "phone" && !text ? "phone" : "";
  $("desk").classList.toggle("stale", Boolean(state.error));
  $("frame").hidden = text;
  $("text").hidden = !text;
  document.querySelectorAll(".mail-only").forEach((one) => { one.hidden = text; });
  $("sender").textContent = summary.sender;
  $("subject").textContent = summary.subject;
  $("preheader").textContent = summary.preheader;
  $("size").textContent = `HTML ${Math.ceil(summary.bytes / 1024)} KB of 100 KB`;
  $("digest").textContent = `digest ${summary.digest.slice(0, 12)}`;
  return text ? drawText(summary.id) : drawMail(summary.id);
}

async function drawText(variant) {
  const turn = ++drawing;
  const answer = await fetch(`/mail/${encodeURIComponent(variant)}/text`);
  const words = await answer.text();
  if (turn !== drawing) return;
  const place = $("stage").scrollTop;
  $("text").textContent = words;
  $("stage").scrollTop = place;
}

// The document inside the frame is swapped, not navigated: no flash, and the stage does not jump.
async function drawMail(variant) {
  const turn = ++drawing;
  const answer = await fetch(`/mail/${encodeURIComponent(variant)}?look=${chosen("look")}`);
  const html = await answer.text();
  const frame = $("frame");
  if (!frame.dataset.ready) {
    await new Promise((done) => {
      frame.addEventListener("load", done, { once: true });
      frame.src = `/mail/${encodeURIComponent(variant)}?look=${chosen("look")}`;
    });
    frame.dataset.ready = "yes";
  }
  if (turn !== drawing) return;
  const place = $("stage").scrollTop;
  // Parsed by the frame's own parser: a document inherits the policy of the window that parses it,
  // and this page's policy allows no inline style.
  const parsed = new frame.contentWindow.DOMParser().parseFromString(html, "text/html");
  // Links in a preview lead nowhere: the text stays, the target is in its title.
  parsed.querySelectorAll("a[href]").forEach((link) => {
    link.title = link.getAttribute("href");
    link.removeAttribute("href");
  });
  const page = frame.contentDocument;
  page.replaceChild(page.adoptNode(parsed.documentElement), page.documentElement);
  fit();
  $("stage").scrollTop = place;
  document.body.dataset.drawn = String(state.rev);
}

function fit() {
  const page = $("frame").contentDocument;
  if (page && page.body) $("frame").style.height = `${page.documentElement.scrollHeight}px`;
}

function draw(next) {
  state = next;
  document.title = `${state.title || "Preview"} – preview`;
  $("title").textContent = state.title || "Preview";
  $("approval").textContent = state.approval;
  $("error").hidden = !state.error;
  if (state.error) {
    $("error-message").textContent = state.error.message;
    $("error-fix").textContent = state.error.fix;
    $("error-behind").textContent = state.variants.length ? "Below: the last good picture." : "";
  }
  $("desk").hidden = !state.variants.length;
  const select = $("variant");
  const before = select.value || kept("variant", "");
  select.replaceChildren(...state.variants.map((one) => new Option(one.id, one.id)));
  if (state.variants.some((one) => one.id === before)) select.value = before;
  return drawFrame();
}

function live(on, words) {
  $("live").classList.toggle("on", on);
  if ($("live-text").textContent !== words) $("live-text").textContent = words;
}

for (const name of ["view", "width", "look"]) {
  const before = document.querySelector(`input[name="${name}"][value="${kept(name, "")}"]`);
  if (before) before.checked = true;
  document.querySelectorAll(`input[name="${name}"]`).forEach((input) =>
    input.addEventListener("change", () => { sessionStorage.setItem(name, input.value); drawFrame(); }));
}
$("variant").addEventListener("change", () => { sessionStorage.setItem("variant", $("variant").value); drawFrame(); });
window.addEventListener("resize", fit);

const events = new EventSource("/events");
events.addEventListener("edition", async (event) => {
  const next = JSON.parse(event.data);
  await draw(next);
  live(true, next.error ? "Waiting for a fix" : `Picture in ${next.ms} ms`);
});
events.addEventListener("error", () => live(false, "Not connected, trying again"));
