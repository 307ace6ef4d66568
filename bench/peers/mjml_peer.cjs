// Renders one MJML file COUNT times in this process; prints milliseconds of CPU a render, after one to warm up.
const { readFileSync } = require('node:fs');
const [file, count, packages] = process.argv.slice(2);
const mjml2html = (found => found.default ?? found)(require(`${packages}/node_modules/mjml`));

(async () => {
  const source = readFileSync(file, 'utf8');
  await mjml2html(source);
  const before = process.cpuUsage();
  for (let i = 0; i < Number(count); i += 1) await mjml2html(source);
  const used = process.cpuUsage(before);
  console.log((used.user + used.system) / 1000 / Number(count));
})();
