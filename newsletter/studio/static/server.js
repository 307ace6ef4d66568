// The only module that talks to the server.
const meta = document.querySelector("meta[name=studio-token]");

/** An answer that is an error: `said` is {message, fix, file, …}. */
export class Refused extends Error {
  constructor(status, said) {
    super(said.message);
    this.status = status;
    this.said = said;
  }
}

async function read(answer) {
  const json = answer.headers.get("content-type")?.includes("json");
  const said = await (json ? answer.json() : answer.text());
  if (!answer.ok) throw new Refused(answer.status, json ? said : { message: said, fix: "" });
  return said;
}

export const get = async (path) => read(await fetch(path));

export const send = async (method, path, body) => read(await fetch(path, {
  method, body: JSON.stringify(body), headers: { "Content-Type": "application/json", "X-Studio-Token": meta.content },
}));

/** A server that was started anew has another token, and perhaps another page. */
export async function renew() {
  const page = new DOMParser().parseFromString(await get("/"), "text/html");
  const script = (one) => one.querySelector("script").getAttribute("src");
  if (script(page) !== script(document)) location.reload();
  meta.content = page.querySelector("meta[name=studio-token]").content;
}

let source = null;
let again;
/** Follows one view; `hear` gets (name, data), also "lost" and "open" for the connection itself. */
export function follow(query, hear) {
  source?.close();
  clearTimeout(again);
  source = new EventSource(`/events?${query}`);
  source.addEventListener("open", () => hear("open"));
  for (const name of ["picture", "variant", "edition", "mended"]) source.addEventListener(name, (event) => hear(name, JSON.parse(event.data || "{}")));
  // "error" is both an event of ours, with data, and the browser's own word for a lost connection.
  source.addEventListener("error", (event) => {
    if (event.data) return hear("error", JSON.parse(event.data));
    if (source.readyState === EventSource.CLOSED) again = setTimeout(() => follow(query, hear), 1000);
    return hear("lost");
  });
}
