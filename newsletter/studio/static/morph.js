// Makes one tree equal to another by touching only what differs: what stays keeps its style, layout and paint.
const names = ({ attributes = [] }) => [...attributes].map((one) => one.name).join();

/** Makes `old` what `fresh` is, to the order of its attributes; nodes of `fresh` may move into its place. */
export function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName || names(old) !== names(fresh)) old.replaceWith(fresh);
  else if (old.attributes) {
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    children(old, [...old.childNodes], [...fresh.childNodes]);
  } else old.data = fresh.data;
}

// Equal ones stay, counted from both ends; of those between, each takes the place of the one that stood there.
function children(place, old, fresh) {
  while (old[0] && fresh[0] && old[0].isEqualNode(fresh[0])) [old.shift(), fresh.shift()];
  let end = null;
  while (old[0] && fresh[0] && old.at(-1).isEqualNode(fresh.at(-1))) [end] = [old.pop(), fresh.pop()];
  for (const one of old.splice(fresh.length)) one.remove();
  for (const one of fresh.splice(old.length)) place.insertBefore(one, end);
  old.forEach((one, nth) => morph(one, fresh[nth]));
}
