// Single keys, arrows in lists of tabs, and the sheet that tells of them.
import { $, el } from "./dom.js";

const TOLD = {
  Look: [["1 … 5", "mail, text, source, headers, raw"], ["w", "width: desktop, tablet, phone"], ["l", "light, dark, inverted"], ["i", "images on or off"], ["n", "number links on or off"], ["d", "drafts, or as it is sent"]],
  Move: [["j k", "next, previous letter"], ["] [", "next, previous finding"], ["m", "marks of what changed"], ["Enter", "evidence of the number in focus"]],
  Panel: [["c", "checks"], ["f", "facts"], ["o", "notes"], ["e", "evidence"], ["p x", "pin, mute the fact in focus"]],
  Do: [["t", "send a test"], ["?", "this list"], ["Esc", "close"]],
};

export const sheet = () => Object.entries(TOLD).map(([title, each]) => el("section", el("h3", title), each.map(([keys, words]) => el("p", el("span", words), el("span", keys.split(" ").map((key) => (key === "…" ? " … " : el("kbd", key))))))));

/** Single keys act unless one is typing, a dialog is open, or they are switched off. */
export function listen(keys) {
  $("keys-on").checked = localStorage.getItem("keys") !== "off";
  addEventListener("keydown", (event) => {
    const { target, key } = event;
    const typing = target.matches?.("select, textarea, input:not([type=radio])") || document.querySelector("dialog[open]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !$("keys-on").checked || !(key in keys) || document.body.dataset.state === "opening") return;
    event.preventDefault();
    keys[key]();
  });
}

/** Left, right, Home and End in a list of tabs. */
export function arrows(event) {
  const list = event.target.closest?.("[role=tablist]");
  if (!list) return;
  const tabs = [...list.children];
  const at = tabs.indexOf(event.target);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const { id } = tabs[to % tabs.length];
  $(id).click();
  $(id).focus();
}
