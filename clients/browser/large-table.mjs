// How fast and how heavy the page of a large table is.
//
//     TASK_MCP_BINARY=../../target/release/task-mcp node large-table.mjs [ROWS]      a table of its own; 100,000 rows
//     node large-table.mjs http://127.0.0.1:7717/groups/tgrp_…                       one that is there
//
// Asks for the table with each filter, sort and search, and prints the quickest and the slowest of five answers. Ends with 1
// where the middle one takes 150 ms or more, or a page weighs 150 kB or more.

import { launch, serve, weight } from './served.mjs';

const SLOWEST_MS = 150;
const HEAVIEST = 150_000;
const argument = process.argv[2] ?? '100000';

/// A table without answers: its rows end at once.
async function made(rows) {
  const server = await serve();
  const { taskgroup_id: group } = await server.post('/v1/tasks/groups', { metadata: { title: `${rows} rows` } });
  const spec = { output_schema: 'launched: year in which it was launched; price: what it costs; maker: its maker; weight: its weight' };
  for (let from = 0; from < rows; from += 1000) {
    const count = Math.min(1000, rows - from);
    const inputs = Array.from({ length: count }, (_, nth) => ({
      input: { name: `Turbine ${from + nth}`, place: `Reach ${(from + nth) % 97}` }, processor: 'noop',
    }));
    await server.post(`/v1/tasks/groups/${group}/runs`, { inputs, default_task_spec: spec });
  }
  const began = performance.now();
  while ((await server.get(`/v1/tasks/groups/${group}`)).status.is_active) await new Promise(done => setTimeout(done, 500));
  console.log(`${rows} rows ended ${((performance.now() - began) / 1000).toFixed(0)} s after the last was sent`);
  return { address: `${server.url}/groups/${group}`, close: () => server.close() };
}

const table = argument.startsWith('http') ? { address: argument, close: async () => {} } : await made(Number(argument));
const column = /<option value="([^"]+)"/.exec((await (await fetch(table.address)).text()).replace('<option value="">', ''))?.[1] ?? 'launched';
const parts = ['', '?from=50000', '?from=99980', '?show=completed&from=90000', '?sort=newest', `?sort=${column}`, `?sort=-${column}&from=50000`,
  '?q=turbine+99', '?q=nowhere+to+be+found', `?q=reach+9&sort=${column}`];
for (const kind of ['high', 'medium', 'low', 'missing', 'conflict']) {
  parts.push(`?show=${kind}`, `?show=${kind}&column=${column}`, `?show=${kind}&column=${column}&sort=-${column}&q=reach`);
}
const browser = await launch();
let isGood = true;
for (const part of parts) {
  const times = [];
  for (let nth = 0; nth < 5; nth++) {
    const began = performance.now();
    await (await fetch(`${table.address}${part}`)).text();
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const { status, bytes } = await weight(browser, `${table.address}${part}`);
  const isFine = times[2] < SLOWEST_MS && bytes < HEAVIEST && status === 200;
  isGood &&= isFine;
  console.log(`${times[0].toFixed(0)} to ${times[4].toFixed(0)} ms, ${Math.ceil(bytes / 1000)} kB  ${part || 'the first part'}${isFine ? '' : '  TOO MUCH'}`);
}
await browser.close();
await table.close();
process.exit(isGood ? 0 : 1);
