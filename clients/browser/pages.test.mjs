// The web pages in a real browser: everything that a person does on them, with and without a script.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { execFileSync } from 'node:child_process';
import { BINARY, HOSTILE, SHOTS, freePort, launch, nginx, open, serve, shots, slowSite, violations, weight } from './served.mjs';

/// The most that a page may weigh with all that it loads, in bytes.
const HEAVIEST = 150_000;
const QUESTION = 'When was the Otter 3 turbine launched and what does it cost?';

let browser, server, site;
before(async () => {
  [browser, site] = await Promise.all([launch(), slowSite()]);
  server = await serve([`fetch.allow=["${site.url}"]`]);
});
after(async () => { await browser?.close(); await server?.close(); site?.close(); });

/// No error in the console, no request to another host, no violation of accessibility in light or dark, no sideways scrolling
/// on the narrowest screen.
async function isSound(page, name, host = new URL(server.url).host) {
  assert.deepEqual(page.seen.errors, [], `${name}: the console`);
  assert.deepEqual([...page.seen.hosts].filter(other => other !== host), [], `${name}: other hosts`);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Colours glide; they are judged where they come to rest.
    await page.waitForTimeout(300);
    assert.deepEqual(await violations(page), [], `${name} in ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' });
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 700 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 320, `${name} is wider than 320 px`);
  await page.setViewportSize(size);
  assert.notEqual(await page.title(), 'broken', name);
}

async function isLight(page, name) {
  const { status, bytes } = await weight(browser, page.url());
  assert.equal(status, 200, name);
  assert.ok(bytes < HEAVIEST, `${name} weighs ${bytes}`);
  assert.ok(bytes > 50_000, `${name} weighs ${bytes}: its style is missing`);
}

async function ended(run, on = server) {
  for (;;) {
    const { status } = await on.get(`/v1/tasks/runs/${run}`);
    if (!['queued', 'running', 'cancelling'].includes(status)) return status;
    await new Promise(done => setTimeout(done, 100));
  }
}

async function report(input = QUESTION, more = {}) {
  const { run_id } = await server.post('/v1/tasks/runs', { input, processor: 'core', task_spec: { output_schema: { type: 'text' } }, ...more });
  assert.equal(await ended(run_id), 'completed');
  return run_id;
}

test('an empty home says what to do', async () => {
  const other = await serve();
  const page = await open(browser);
  await page.goto(other.url);
  assert.match(await page.textContent('main'), /Nothing here yet/);
  await isSound(page, 'empty home', new URL(other.url).host);
  await isLight(page, 'empty home');
  await shots(page, 'home-empty');
  await page.context().close();
  await other.close();
});

test('a run is started from the form and watched to its end without reloading', async () => {
  const page = await open(browser);
  await page.goto(server.url);
  await page.fill('textarea[name=input]', `When was the launch of each turbine? ${site.url}/ ${site.url}/launch-of-the-grebe`);
  await page.selectOption('select[name=processor]', 'core');
  assert.match(await page.textContent('#p-hint'), /at most .* Costs nothing/);
  await page.click('button:has-text("Start research")');
  await page.waitForURL(/\/runs\/trun_/);
  await page.evaluate(() => { window.stayed = true; });
  await page.waitForSelector('.reads li', { timeout: 20_000 });
  await shots(page, 'run-working');
  await isSound(page, 'working run');
  await isLight(page, 'working run');
  await page.waitForSelector('.report h2', { timeout: 60_000 });
  await page.click('.steps-done summary');
  assert.match(await page.textContent('.reads li.no'), /not readable.*403|not readable/s);
  assert.equal(await page.evaluate(() => window.stayed), true, 'the page was loaded again');
  assert.match(await page.textContent('[data-status]'), /Completed/);
  await isSound(page, 'finished run');
  await page.context().close();
});

test('sources are shown as they are read', async () => {
  const names = Array.from({ length: 14 }, (_, nth) => `dipper-${nth}`);
  const many = await slowSite(900, names);
  const own = await serve([`fetch.allow=["${many.url}"]`]);
  const { run_id } = await own.post('/v1/tasks/runs', {
    input: `When was the launch of each turbine? ${names.map(name => `${many.url}/launch-of-the-${name}`).join(' ')}`, processor: 'ultra', task_spec: { output_schema: { type: 'text' } },
  });
  const page = await open(browser);
  await page.goto(`${own.url}/runs/${run_id}`);
  const counts = new Set();
  while (await page.locator('.stages').count()) {
    counts.add(await page.locator('[data-part=work] .reads li').count());
    await page.waitForTimeout(200);
  }
  assert.ok(counts.size > 4, `the list of sources had these lengths: ${[...counts]}`);
  await page.context().close();
  await own.close();
  many.close();
});

test('a long document is archived in parts, and a quote leads to its own', async () => {
  const run = await report('When was the Plover 9 turbine launched?');
  const page = await open(browser);
  await page.goto(`${server.url}/runs/${run}`);
  const mark = page.locator('.report a.c >> nth=0');
  await mark.click();
  await page.locator('.panel.open .panel-foot >> text=Archived page').click();
  await page.waitForURL(/\/pages\/page_[0-9a-f]+\?part=\d+#s/);
  assert.ok((await page.locator('mark').allTextContents()).some(text => text.includes('launched in 2024')));
  await isLight(page, 'a part of a long page');
  await isSound(page, 'a part of a long page');
  await shots(page, 'page-long');
  const place = new URL(page.url());
  await page.goto(`${place.origin}${place.pathname}`);
  assert.equal(await page.locator('mark').count(), 0);
  await page.goto(`${place.origin}${place.pathname}${place.hash}`);
  await page.waitForURL(/part=\d+#s/);
  await page.waitForSelector('mark');
  await page.context().close();
});

test('a citation opens its quote, marked in its page, and Esc gives the focus back', async () => {
  const run = await report();
  const page = await open(browser);
  await page.goto(`${server.url}/runs/${run}`);
  await isLight(page, 'report');
  await isSound(page, 'report');
  await shots(page, 'run-report');
  await page.focus('.report a.c >> nth=0');
  await page.keyboard.press('Enter');
  const panel = page.locator('.panel.open');
  assert.ok(await panel.isVisible());
  const quote = await panel.locator('mark').first().textContent();
  assert.match(await panel.textContent(), /Found word for word in the archived page/);
  await isSound(page, 'open citation');
  await shots(page, 'run-citation');
  await page.keyboard.press('Escape');
  assert.equal(await panel.count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement.className), 'c');
  await page.click('.report a.c >> nth=0');
  await page.locator('.panel.open .panel-foot >> text=Archived page').click();
  await page.waitForURL(/\/pages\/page_/);
  const marks = await page.locator('mark').allTextContents();
  assert.ok(marks.some(mark => quote.includes(mark) || mark.includes(quote)), `${quote} in ${marks}`);
  await isSound(page, 'archived page');
  await isLight(page, 'archived page');
  await shots(page, 'page');
  await page.context().close();
});

test('a follow-up begins with the pages of the answer', async () => {
  const run = await report();
  const page = await open(browser);
  await page.goto(`${server.url}/runs/${run}`);
  await page.fill('#follow-up', 'And who is its maker?');
  await page.click('.follow >> text=Ask');
  await page.waitForURL(url => /\/runs\/trun_/.test(url.pathname) && !url.pathname.endsWith(run));
  await page.waitForSelector('.report h2');
  assert.ok(await page.locator('text=Follows up on an earlier question').isVisible());
  await page.context().close();
});

test('a report is downloaded in four forms and proves itself, also in a browser', async () => {
  const run = await report();
  const text = async path => (await fetch(`${server.url}/runs/${run}/${path}`)).text();
  assert.match(await text('report.md'), /^# /);
  assert.equal(JSON.parse(await text('result.json')).run.run_id, run);
  const file = join(server.root, 'report.html');
  writeFileSync(file, await text('report.html'));
  assert.match(execFileSync(BINARY, ['verify', file], { encoding: 'utf8', env: {} }), /Each quote stands word for word/);
  const page = await open(browser);
  await page.goto(`file://${file}`);
  assert.match(await page.textContent('#checked'), /(its one quote stands|all \d+ quotes stand) word for word/);
  assert.deepEqual(await violations(page), []);
  await shots(page, 'proof');
  // One byte of a quote, where it is shown and where it is enclosed; one of the question; what stands beside it all.
  const forged = [
    [/<mark>(.)/, '<mark>_'], [/"quote":"(.)/, '"quote":"_'], [/<h1>(.)/, '<h1>_'],
    ['<article id="report"', '<article class="report"><p>It never was.</p></article><article id="report"'],
    ['</style>', '.report p { font-size: 0 } .report p::after { content: "It never was."; font-size: 1rem }</style>'],
    ['</style>', '.report { display: none }</style>'],
    ['<body>', '<body><p>It never was.</p>'],
    ['</main>', '</main><script>document.title = "It never was."</script>'],
    ['<main ', '<main hidden '],
  ];
  for (const [from, to] of forged) {
    const whole = await text('report.html'), changed = whole.replace(from, to);
    assert.notEqual(changed, whole, String(from));
    writeFileSync(file, changed);
    await page.goto(`file://${file}`);
    assert.match(await page.textContent('#checked'), /checks failed/, String(from));
    assert.throws(() => execFileSync(BINARY, ['verify', file], { stdio: 'pipe', env: {} }), String(to));
  }
  await page.goto(`${server.url}/runs/${run}`);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('.top').isVisible(), false);
  assert.equal(await page.locator('.receipt').isVisible(), true);
  const pdf = await page.pdf({ path: join(SHOTS, 'report.pdf') });
  assert.ok(pdf.subarray(0, 4).toString() === '%PDF' && pdf.length > 10_000);
  await page.context().close();
});

test('a dropped sheet is looked at, filled in, and its cells open their evidence', async () => {
  const page = await open(browser);
  await page.goto(server.url);
  await page.setInputFiles('#file', { name: 'turbines.csv', mimeType: 'text/csv', buffer: Buffer.from(`turbine,note\nOtter 3,a\nHeron 5,"${HOSTILE.replaceAll('"', '""')}"\nGrebe 7,b\n`) });
  await page.waitForURL(/\/sheets\/sheet_/);
  assert.match(await page.textContent('main'), /3 rows/);
  assert.match(await page.textContent('#p-hint'), /^3 rows × .* no money/);
  await isSound(page, 'sheet');
  await isLight(page, 'sheet');
  await shots(page, 'sheet');
  await page.fill('#fields', 'launched (integer): year in which the turbine was launched\nprice: what it costs\nmaker: its maker');
  await page.click('text=Fill 3 rows');
  await page.waitForURL(/\/groups\/tgrp_/);
  await page.waitForFunction(() => document.querySelectorAll('.tbl .st .mk.done').length === 3, null, { timeout: 30_000 });
  await isSound(page, 'table');
  await isLight(page, 'table');
  await shots(page, 'group');
  await page.click('.tbl tbody tr:nth-child(2) a.cell >> nth=0');
  const panel = page.locator('#cell-panel.open');
  await panel.waitFor();
  assert.match(await panel.locator('mark').first().textContent(), /2021/);
  await isSound(page, 'open cell');
  await shots(page, 'group-cell');
  await page.keyboard.press('Escape');
  assert.equal(await panel.count(), 0);
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.evaluate(() => document.activeElement.closest('td').dataset.label), 'price');
  for (const key of ['ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
  assert.equal(await page.evaluate(() => document.activeElement.className), 'to-row');
  assert.equal(await page.locator('.tbl tbody a:not([tabindex="-1"])').count(), 1, 'one tab stop in a table');
  await page.selectOption('#column', 'maker');
  await page.waitForURL(/column=maker/);
  await page.click('.chip >> text=Not found');
  await page.waitForURL(/show=missing/);
  assert.match(await page.textContent('main'), /Grebe 7|No cell of maker/);
  await isSound(page, 'one column of a table');
  await shots(page, 'group-column');
  await page.goto(page.url().split('?')[0]);
  await page.waitForSelector('.tbl a.cell');
  const group = page.url().split('/').pop();
  const csv = await (await fetch(`${server.url}/groups/${group}/rows.csv`)).text();
  assert.match(csv, /^turbine,note,launched,launched__confidence/);
  await page.click('.tbl tbody tr:nth-child(1) .idx a');
  await page.waitForSelector('.fields-table');
  await page.click('.fields-table a >> nth=0');
  await page.locator('.panel.open mark').first().waitFor();
  await isSound(page, 'row');
  await shots(page, 'row');
  await page.context().close();
});

test('a table of 10,000 rows is filtered, searched, sorted and paged', async () => {
  const { taskgroup_id: group } = await server.post('/v1/tasks/groups', { metadata: { file: HOSTILE } });
  const spec = { output_schema: 'launched: year in which it was launched; price: what it costs' };
  for (let part = 0; part < 10; part++) {
    const inputs = Array.from({ length: 1000 }, (_, n) => ({ input: { name: `row ${part * 1000 + n}`, note: HOSTILE }, processor: 'noop' }));
    await server.post(`/v1/tasks/groups/${group}/runs`, { inputs, default_task_spec: spec });
  }
  const page = await open(browser);
  await page.goto(`${server.url}/groups/${group}`);
  await page.waitForFunction(() => document.querySelector('[data-status]').textContent.includes('All rows have ended'), null, { timeout: 240_000 });
  await page.goto(`${server.url}/groups/${group}`);
  await isLight(page, 'large table');
  await isSound(page, 'large table');
  await shots(page, 'group-large');
  await page.click('a[rel=next]');
  assert.match(await page.textContent('.foot'), /Rows \d+–\d+ of 10,000/);
  await page.click('.chip >> text=Not found');
  assert.equal(await page.locator('.chip[aria-current]').textContent().then(text => /Not found 10,000/.test(text)), true);
  await page.fill('.tools input[name=q]', 'ROW 9876');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=ROW/);
  assert.equal(await page.locator('.tbl tbody tr').count(), 1);
  assert.match(await page.textContent('.tbl tbody tr'), /row 9876/);
  await page.goto(`${server.url}/groups/${group}?show=conflict`);
  assert.match(await page.textContent('main'), /No cell is in conflict\./);
  await shots(page, 'group-none');
  for (const part of ['', '?from=9900', '?show=missing&from=9000', '?q=nowhere', '?sort=launched&from=5000', '?sort=newest']) {
    const times = [];
    for (let nth = 0; nth < 5; nth++) {
      const began = performance.now();
      await (await fetch(`${server.url}/groups/${group}${part}`)).text();
      times.push(performance.now() - began);
    }
    console.log(`10,000 rows, ${part || 'first part'}: ${Math.min(...times).toFixed(0)} ms`);
  }
  await page.context().close();
});

/// No words of one thing lie over those of another, or stand one letter below the other.
const crowded = page => page.evaluate(() => [...document.querySelectorAll('.tbl tbody td > *')].filter(cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  const { width, height } = cell.getBoundingClientRect();
  return cell.textContent.length > 20 && (width < 60 || height > 160 || range.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1);
}).map(cell => cell.textContent));

test('a table of failed rows and long names is read on a phone, and whole on paper', async () => {
  const page = await open(browser);
  const rest = async group => { while ((await server.get(`/v1/tasks/groups/${group}`)).status.is_active) await new Promise(done => setTimeout(done, 200)); };
  const { taskgroup_id: questions } = await server.post('/v1/tasks/groups', {});
  const text = { output_schema: { type: 'text' } };
  const inputs = ['Which xylophone was tuned by Zyxwv Qponm?', QUESTION].map(input => ({ input, processor: 'core', task_spec: text }));
  await server.post(`/v1/tasks/groups/${questions}/runs`, { inputs });
  await rest(questions);
  const { taskgroup_id: group } = await server.post('/v1/tasks/groups', {});
  const names = ['headquarters_country_of_the_parent_company', 'launched', 'cost', 'maker'];
  const properties = Object.fromEntries(names.map(name => [name, { type: 'string', description: name.replaceAll('_', ' ') }]));
  const rows = ['Otter 3', 'Heron 5'].map(turbine => ({ input: { turbine, note: 'what somebody wrote about it once' }, processor: 'core' }));
  await server.post(`/v1/tasks/groups/${group}/runs`, { inputs: rows, default_task_spec: { output_schema: { type: 'json', json_schema: { type: 'object', properties } } } });
  await rest(group);
  for (const id of [questions, group]) {
    await page.goto(`${server.url}/groups/${id}`);
    for (const width of [320, 360]) {
      await page.setViewportSize({ width, height: 700 });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width, `wider than ${width} px`);
      assert.deepEqual(await crowded(page), [], `at ${width} px`);
    }
  }
  await page.emulateMedia({ media: 'print' });
  // As wide as A4 without its margins, lying and standing.
  for (const width of [1016, 688]) {
    await page.setViewportSize({ width, height: 700 });
    const right = await page.evaluate(() => Math.max(...[...document.querySelectorAll('.tbl th, .tbl td')].map(cell => cell.getBoundingClientRect().right)));
    assert.ok(right <= width, `a column ends at ${right} of ${width} px`);
  }
  await page.context().close();
});

test('a page that is open says so when its link is revoked', async () => {
  const slow = await slowSite(9_000);
  const own = await serve([`fetch.allow=["${slow.url}"]`]);
  const input = `When was the launch of each turbine? ${slow.url}/ ${slow.url}/launch-of-the-otter`;
  const { run_id } = await own.post('/v1/tasks/runs', { input, processor: 'core', task_spec: { output_schema: { type: 'text' } } });
  const key = own.command('keys', 'add', 'ann', '--take-local');
  const [page, guest] = [await open(browser, { extraHTTPHeaders: { 'x-api-key': key } }), await open(browser)];
  do { await page.goto(`${own.url}/runs/${run_id}`); await page.waitForTimeout(200); } while (!await page.locator('text=Revoke all links to it').count());
  await page.click('summary:has-text("Share link")');
  await guest.goto(await page.inputValue('#link'));
  await page.click('text=Revoke all links to it');
  await page.waitForSelector('#revoked');
  await guest.waitForSelector('[data-gone]:not([hidden])', { timeout: 5_000 });
  assert.match(await guest.textContent('[data-status]'), /no longer valid/);
  assert.ok(await guest.locator('[data-lost]').isHidden());
  for (const one of [page, guest]) await one.context().close();
  await own.close();
  slow.close();
});

test('a wide table stays light, also for a guest on a phone', async () => {
  const inputs = Array.from({ length: 24 }, (_, row) => ({
    input: Object.fromEntries(Array.from({ length: 21 }, (_, column) => [`column ${column}`, `what row ${row} holds in column ${column}`])), processor: 'noop',
  }));
  const properties = Object.fromEntries(Array.from({ length: 30 }, (_, field) => [`field_${field}`, { type: 'string', description: `what is asked for in field ${field}` }]));
  const spec = { output_schema: { type: 'json', json_schema: { type: 'object', properties } } };
  const { taskgroup_id: group } = await server.post('/v1/tasks/groups', { metadata: { file: `${'a-long-name-'.repeat(25)}.csv` } });
  await server.post(`/v1/tasks/groups/${group}/runs`, { inputs, default_task_spec: spec });
  while ((await server.get(`/v1/tasks/groups/${group}`)).status.is_active) await new Promise(done => setTimeout(done, 200));
  const page = await open(browser);
  await page.goto(`${server.url}/groups/${group}`);
  assert.equal(await page.locator('.tbl thead th').count(), 1 + 21 + 30 + 1);
  await isLight(page, 'wide table');
  await isSound(page, 'wide table');
  await shots(page, 'group-wide-table');
  await page.context().close();
});

test('a run that waits for a model says for which, how long, and what it took', async () => {
  let answered = () => {};
  const model = createServer((request, answer) => { answered = () => answer.writeHead(500).end(); });
  await new Promise(ready => model.listen(0, '127.0.0.1', ready));
  const own = await serve([
    'models.slow.provider=openai', `models.slow.base_url=http://127.0.0.1:${model.address().port}/v1`, 'models.slow.model=slow',
    'models.slow.local=true', 'models.slow.price_in=1', 'models.slow.price_out=2', 'roles.default=slow',
  ]);
  const { run_id } = await own.post('/v1/tasks/runs', { input: QUESTION, processor: 'pro', task_spec: { output_schema: { type: 'text' } } });
  const page = await open(browser);
  await page.goto(`${own.url}/runs/${run_id}`);
  await page.waitForSelector('.asking', { timeout: 20_000 });
  assert.match(await page.textContent('.asking'), /Asking slow \(planner\) for 0:\d\d/);
  assert.match(await page.textContent('.stats'), /Cost\s*\$0 of \$/);
  await isSound(page, 'run that waits for a model', new URL(own.url).host);
  await shots(page, 'run-asking');
  await page.click('button:has-text("Cancel")');
  await ended(run_id, own);
  answered();
  await page.context().close();
  await own.close();
  model.closeAllConnections();
  model.close();
});

test('a run is cancelled from its page', async () => {
  const { run_id } = await server.post('/v1/tasks/runs', { input: `When was the launch of each turbine? ${site.url}/?cancel`, processor: 'core' });
  const page = await open(browser);
  await page.goto(`${server.url}/runs/${run_id}`);
  await page.click('button:has-text("Cancel")');
  assert.equal(await ended(run_id), 'cancelled');
  await page.goto(`${server.url}/runs/${run_id}`);
  assert.match(await page.textContent('.head .mk'), /cancelled/);
  assert.match(await page.textContent('main'), /Stopped (on request after|before it began)/);
  await isSound(page, 'cancelled run');
  await shots(page, 'run-cancelled');
  await page.context().close();
});

test('what failed and what is not there has its words', async () => {
  const { run_id } = await server.post('/v1/tasks/runs', { input: 'Which xylophone was tuned by Zyxwv Qponm?', processor: 'lite', task_spec: { output_schema: { type: 'text' } } });
  const page = await open(browser);
  if (await ended(run_id) === 'failed') {
    await page.goto(`${server.url}/runs/${run_id}`);
    assert.ok(await page.locator('.note.error').isVisible());
    await isSound(page, 'failed run');
    await shots(page, 'run-failed');
  }
  await page.goto(`${server.url}/runs/trun_${'0'.repeat(32)}`);
  assert.match(await page.textContent('h1'), /There is nothing here/);
  page.seen.errors = page.seen.errors.filter(text => !text.includes('404'));
  await isSound(page, 'not there');
  await shots(page, 'not-there');
  await page.context().close();
});

test('hostile titles, quotes, file names and metadata stay text', async () => {
  const run = await report('When was the Grebe 7 turbine launched?', { metadata: { note: HOSTILE } });
  const { run_id: asked } = await server.post('/v1/tasks/runs', { input: `Why? ${HOSTILE}`, processor: 'noop' });
  const page = await open(browser);
  for (const path of [`/runs/${run}`, `/runs/${asked}`, '/', `/?q=${encodeURIComponent(HOSTILE)}`]) {
    await page.goto(`${server.url}${path}`);
    await isSound(page, path);
    assert.equal(await page.locator('img').count(), 0, path);
  }
  await page.goto(`${server.url}/runs/${run}`);
  await page.click('.report a.c >> nth=0');
  await page.locator('.panel.open .panel-foot a >> nth=0').click();
  await page.waitForURL(/\/pages\//);
  await isSound(page, 'hostile page');
  // Their files hold too, word for word and element for element.
  const fields = { output_schema: 'launched: year in which it was launched; maker: who makes it; owner: who owns it' };
  const { run_id: row } = await server.post('/v1/tasks/runs', { input: { turbine: 'Grebe 7', note: HOSTILE }, processor: 'core', task_spec: fields });
  await ended(row);
  for (const id of [run, row]) {
    const file = join(server.root, `${id}.html`);
    writeFileSync(file, await (await fetch(`${server.url}/runs/${id}/report.html`)).text());
    await page.goto(`file://${file}`);
    assert.match(await page.textContent('#checked'), /Checked just now in this browser: (its one quote stands|all \d+ quotes stand)/, file);
    assert.match(execFileSync(BINARY, ['verify', file], { encoding: 'utf8', env: {} }), /nothing else/);
    assert.equal(await page.locator('img').count(), 0);
  }
  await page.context().close();
});

test('without a script the same pages read and their forms work', async () => {
  const run = await report();
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(`${server.url}/runs/${run}`);
  await page.click('.report a.c >> nth=0');
  assert.match(page.url(), /#c\d+$/);
  assert.ok(await page.locator('.panel:target mark').first().isVisible());
  await page.screenshot({ path: join(SHOTS, 'no-script-citation.png') });
  await page.goto(server.url);
  await page.fill('textarea[name=input]', QUESTION);
  await page.click('button:has-text("Start research")');
  await page.waitForURL(/\/runs\/trun_/);
  await page.goto(server.url);
  await page.setInputFiles('#file', { name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('turbine\nOtter 3\n') });
  await page.click('text=Look at it');
  await page.fill('#fields', 'launched (integer): year in which it was launched');
  await page.click('text=Fill 1 row');
  await page.waitForURL(/\/groups\/tgrp_/);
  for (let tries = 0; tries < 50 && !await page.locator('.tbl a.cell').count(); tries++) await page.reload();
  await page.click('.tbl a.cell >> nth=0');
  await page.waitForURL(/\/runs\/trun_.*#f1$/);
  assert.ok(await page.locator('.panel:target').isVisible());
  await page.context().close();
});

test('with keys a browser signs in, a shared link opens without a key, and is revoked', async () => {
  const own = await serve();
  const { run_id } = await own.post('/v1/tasks/runs', { input: QUESTION, processor: 'core', task_spec: { output_schema: { type: 'text' } } });
  await ended(run_id, own);
  const key = own.command('keys', 'add', 'ann', '--take-local');
  const host = new URL(own.url).host;
  const page = await open(browser);
  let shown;
  do { shown = await page.goto(`${own.url}/runs/${run_id}`); } while (shown.status() !== 401);
  assert.match(await page.textContent('h1'), /This page needs a key/);
  page.seen.errors = [];
  await isSound(page, 'needs a key', host);
  await shots(page, 'needs-key');
  await page.fill('#key', key);
  await page.click('main button');
  await page.waitForURL(`${own.url}/runs/${run_id}`);
  await page.click('button:has-text("Sign out")');
  await page.waitForURL(/sign-in/);
  await page.goto(`${own.url}/sign-in`);
  await shots(page, 'sign-in');
  await page.fill('#key', 'wrong');
  await page.click('main button');
  assert.match(await page.textContent('#why'), /not known here/);
  await page.fill('#key', key);
  await page.click('main button');
  await page.waitForSelector('text=Sign out');
  page.seen.errors = [];
  await page.goto(`${own.url}/runs/${run_id}`);
  await page.click('summary:has-text("Share link")');
  const link = await page.inputValue('#link');
  await isSound(page, 'shared run', host);
  await shots(page, 'share');
  const guest = await open(browser);
  assert.equal((await guest.goto(link)).status(), 200);
  await guest.click('.report a.c >> nth=0');
  await guest.locator('.panel.open .panel-foot a >> nth=0').click();
  await guest.waitForSelector('mark');
  await guest.goto(link);
  assert.equal(await guest.locator('form').count(), 0);
  await isSound(guest, 'guest', host);
  await shots(guest, 'guest');
  await page.click('text=Revoke all links to it');
  await page.waitForLoadState();
  assert.equal((await guest.goto(link)).status(), 401);
  await guest.context().close();
  await page.click('button:has-text("Sign out")');
  await page.waitForURL(/sign-in/);
  await page.context().close();
  await own.close();
});

for (const strips of [false, true]) {
  test(`behind nginx below a path that is ${strips ? 'left out' : 'passed on'} everything leads on`, async () => {
    const port = await freePort();
    const own = await serve([`server.public_url=http://127.0.0.1:${port}/research`, `fetch.allow=["${site.url}"]`]);
    const proxy = await nginx(port, own.url, strips);
    const key = own.command('keys', 'add', 'ann', '--take-local');
    await new Promise(done => setTimeout(done, 3_500));
    const base = `http://127.0.0.1:${port}/research`;
    const page = await open(browser);
    await page.goto(`${base}/sign-in`);
    await page.fill('#key', key);
    await page.click('main button');
    await page.waitForURL(`${base}/`);
    const [cookie] = await page.context().cookies();
    assert.deepEqual([cookie.path, cookie.httpOnly, cookie.sameSite], ['/research', true, 'Strict']);
    await page.fill('textarea[name=input]', `When was the launch of each turbine? ${site.url}/?nginx`);
    await page.click('button:has-text("Start research")');
    await page.waitForURL(url => url.pathname.startsWith('/research/runs/trun_'));
    await page.waitForSelector('.reads li', { timeout: 20_000 });
    await page.waitForSelector('.report h2', { timeout: 60_000 });
    await isSound(page, 'behind nginx', `127.0.0.1:${port}`);
    const hrefs = await page.locator('a[href]').evaluateAll(links => links.map(link => link.getAttribute('href')));
    assert.deepEqual(hrefs.filter(href => href.startsWith('/') && !href.startsWith('/research/')), []);
    await page.click('summary:has-text("Share link")');
    const link = await page.inputValue('#link');
    assert.ok(link.startsWith(`${base}/runs/`));
    const guest = await open(browser);
    assert.equal((await guest.goto(link)).status(), 200);
    await page.context().close();
    await guest.context().close();
    await proxy.close();
    await own.close();
  });
}

test('a page that is watched costs little', async () => {
  const ticks = () => { const stat = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1].split(' '); return Number(stat[11]) + Number(stat[12]); };
  const { run_id } = await server.post('/v1/tasks/runs', { input: `When was the launch of each turbine? ${site.url}/?cost`, processor: 'core' });
  const page = await open(browser);
  await page.goto(`${server.url}/runs/${run_id}`);
  await page.waitForSelector('.stages');
  const [began, before] = [Date.now(), ticks()];
  while (Date.now() - began < 6_000 && await page.locator('.stages').count()) await page.waitForTimeout(250);
  const share = (ticks() - before) / 100 / ((Date.now() - began) / 1000);
  console.log(`watching a run: ${(share * 100).toFixed(2)} % of a core, the run's own work included`);
  await page.context().close();
});

test('pages of home have all that was made here', async () => {
  const page = await open(browser);
  await page.goto(server.url);
  await isSound(page, 'home');
  await isLight(page, 'home');
  await shots(page, 'home');
  await page.click('.chip >> text=Tables');
  assert.match(await page.textContent('.work'), /turbines\.csv/);
  await page.fill('header input[name=q]', 'otter 3');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=otter/);
  assert.match(await page.textContent('.work'), /Otter 3/);
  await page.context().close();
});
