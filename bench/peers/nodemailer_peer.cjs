// Nodemailer's way: its pool, one sendMail a recipient; the next one when the pool is idle.
const fs = require("node:fs");
const path = require("node:path");
const nodemailer = require(path.join(process.argv[6], "node_modules", "nodemailer"));

const [port, count, connections] = process.argv.slice(2, 5).map(Number);
const folder = process.argv[5];
const text = fs.readFileSync(path.join(folder, "body.txt"), "utf8");
const html = fs.readFileSync(path.join(folder, "body.html"), "utf8");
const pool = nodemailer.createTransport({
  pool: true, host: "127.0.0.1", port, secure: false, ignoreTLS: true,
  maxConnections: connections, maxMessages: Infinity,
});

let next = 0;
let open = 0;
function more() {
  while (next < count && pool.isIdle()) {
    const number = next++;
    const address = `p${number}@acme.example`;
    open++;
    pool.sendMail({
      from: "Acme IT <it@acme.example>",
      to: `Desk ${number} <${address}>`,
      subject: "October 2026: 1 of 12 services missed its target",
      messageId: `<2026-10.${number}@acme.example>`,
      list: { unsubscribe: "mailto:it@acme.example?subject=unsubscribe" },
      text: text.replaceAll("@@ADDRESS@@", address),
      html: html.replaceAll("@@ADDRESS@@", address),
    }, (error) => {
      if (error) throw error;
      open--;
      if (next === count && open === 0) pool.close();
    });
  }
}
pool.on("idle", more);
more();
