// The dialog that sends a test mail, and how a refusal is told.
import { $, draw, el, icon } from "./dom.js";
import { send } from "./server.js";
import { audienceOf, choose, desk, nameOf, variant, view } from "./state.js";

/** A refusal stands where it was caused until the next redraw. */
export function refusal(place, { message, said }) {
  place.prepend(el("p.box.is-error", { role: "alert" }, message, " ", said?.fix));
}

export function openTest() {
  if ($("send").getAttribute("aria-disabled") || $("test").open) return;
  const { variants, readers } = desk.edition;
  $("test-one").textContent = `This letter: ${audienceOf(variant())}, ${nameOf(variant())}`;
  $("test-all").textContent = `All ${variants.length} letters`;
  draw($("test-as"), readers.map((one) => el("option", { value: one.id, selected: one.id === view.as }, one.label)));
  $("test-to").value ||= localStorage.getItem("to") ?? "";
  draw($("test-said"));
  choose({ open: "test" });
  $("test").showModal();
}

const answer = ({ accepted, to, variant: letter, reply }) => el("p", icon(accepted ? "ok" : "error", accepted ? "is-ok" : "is-error"),
  el("span", letter ? [accepted ? "Accepted by the relay for " : "Refused for ", el("b", to), `, ${letter}`] : el("b", to), el("br"), el("span.quiet", reply)));

export async function sendTest() {
  const field = $("test-to");
  const to = field.value.split(/[\s,;]+/).filter(Boolean);
  field.setAttribute("aria-invalid", String(!to.length));
  if (!to.length) return field.focus();
  const letters = document.querySelector("[name=what]:checked").value === "all" ? desk.edition.variants.map((one) => one.id) : [view.variant];
  draw($("test-said"), el("p.quiet", "Sending"));
  try {
    const { results } = await send("POST", "/api/test", { to, variants: letters, as: $("test-as").value, mark: $("test-mark").checked });
    localStorage.setItem("to", field.value);
    return draw($("test-said"), results.map(answer));
  } catch ({ message, said }) {
    return draw($("test-said"), answer({ to: message, reply: said?.fix }));
  }
}
