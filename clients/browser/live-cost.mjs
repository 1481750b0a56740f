// What a watched page costs the server: the CPU of a run with watchers of its live page, less that of the same run without.
//
//     TASK_MCP_BINARY=../../target/release/task-mcp node live-cost.mjs [WATCHERS …]
//
// The run reads a web site whose pages each take their time, so that its page changes about every second: the most that a
// page ever does. Prints the share of one core, whole and for each watcher, and ends with 1 where one watcher costs 1 %.

import { readFileSync } from 'node:fs';
import { serve, slowSite } from './served.mjs';

const PAGES = 48;
const MOST = 1;
const watchers = process.argv.slice(2).map(Number).filter(count => count > 0);

const names = Array.from({ length: PAGES }, (_, nth) => `dipper-${nth}`);
const site = await slowSite(1_200, names);
const server = await serve([`fetch.allow=["${site.url}"]`]);

/// Seconds of CPU that the server has used; the clock of /proc ticks a hundred times a second.
function used() {
  const stat = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(stat[11]) + Number(stat[12])) / 100;
}

/// A browser's half of a live page: takes whatever comes, until it ends.
async function watch(run) {
  const answer = await fetch(`${server.url}/runs/${run}/live`);
  let parts = 0;
  for await (const piece of answer.body) parts += String(Buffer.from(piece)).split('event: parts').length - 1;
  return parts;
}

/// A run of its own pages, watched by so many: seconds of CPU, seconds, and parts that each watcher was sent.
async function measured(count, nth) {
  const began = performance.now(), before = used();
  const { run_id: run } = await server.post('/v1/tasks/runs', {
    input: `When was the launch of each turbine? ${names.map(name => `${site.url}/launch-of-the-${name}?run-${nth}`).join(' ')}`, processor: 'ultra', task_spec: { output_schema: { type: 'text' } },
  });
  const parts = await Promise.all(Array.from({ length: count }, () => watch(run)));
  while ((await server.get(`/v1/tasks/runs/${run}`)).is_active) await new Promise(done => setTimeout(done, 500));
  return { cpu: used() - before, seconds: (performance.now() - began) / 1000, parts: parts[0] ?? 0 };
}

let worst = 0;
const bare = await measured(0, 0);
console.log(`nobody watches: ${bare.cpu.toFixed(2)} s of CPU in ${bare.seconds.toFixed(0)} s`);
for (const [nth, count] of (watchers.length ? watchers : [1, 20]).entries()) {
  const { cpu, seconds, parts } = await measured(count, nth + 1);
  const share = Math.max(0, cpu - bare.cpu * seconds / bare.seconds) / seconds * 100;
  console.log(`${count} watching: ${cpu.toFixed(2)} s of CPU in ${seconds.toFixed(0)} s, ${parts} parts each; the pages cost ${share.toFixed(2)} % of a core, ${(share / count).toFixed(3)} % each`);
  worst = Math.max(worst, share / count);
}
await server.close();
site.close();
process.exit(worst < MOST ? 0 : 1);
