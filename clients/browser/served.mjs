// What the browser tests stand on: a built task-mcp with documents, a slow web site, nginx before it, and Chromium.

import { spawn, execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer as listen } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

export const BINARY = resolve(process.env.TASK_MCP_BINARY ?? '../../target/debug/task-mcp');
export const SHOTS = resolve(process.env.SCREENSHOTS ?? '../../target/screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/// Text that would do something if a page took it for HTML or script.
export const HOSTILE = `"><img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`;

const DOCUMENTS = {
  'otter.md': '# Otter 3\n\nThe Otter 3 turbine was launched in 2019. It costs 48,000 crowns. Its maker is Brook Energy.\n\n- Rated power: 12 kW\n- Weight: 340 kg\n',
  'otter-news.md': '# News of the Otter 3\n\nThe Otter 3 turbine was launched in 2021, says its maker. It costs 48,000 crowns.\n',
  'heron.md': '# Heron 5\n\nThe Heron 5 turbine was launched in 2021. It costs 61,500 crowns. Its maker is Brook Energy.\n\n- Rated power: 20 kW\n- Weight: 510 kg\n',
  'brook.md': '# Brook Energy\n\nBrook Energy was founded in 1987 in Telmark. Its chief executive is Ada Lind.\n',
  'plover.md': `# Plover 9\n\n${'A river carries sand, leaves and ice past every blade that stands in it.\n\n'.repeat(4_000)}## Launch\n\nThe Plover 9 turbine was launched in 2024. It costs 82,000 crowns.\n\n${'In winter the water is low and slow.\n\n'.repeat(2_000)}`,
  '"><svg onload=document.title=1>.txt': `Grebe 7 ${HOSTILE}\n\nThe Grebe 7 turbine ${HOSTILE} was launched in 2022 by ${HOSTILE} in Telmark. It costs 70,000 crowns.\n`,
};

/// A server of its own data, with these settings.
export async function serve(settings = [], port = 0) {
  const root = mkdtempSync(join(tmpdir(), 'task-mcp-pages-'));
  mkdirSync(join(root, 'docs'));
  for (const [name, text] of Object.entries(DOCUMENTS)) writeFileSync(join(root, 'docs', name), text);
  const env = { HOME: root, PATH: process.env.PATH, TASK_MCP_DATA: join(root, 'data') };
  const set = settings.flatMap(setting => ['--set', setting]);
  const child = spawn(BINARY, ['serve', '--listen', `127.0.0.1:${port}`, '--source', 'docs=docs', ...set], {
    cwd: root, env, stdio: ['ignore', 'pipe', 'ignore'],
  });
  const url = await new Promise((found, failed) => {
    child.stdout.on('data', data => { const line = /http:\/\/\S+/.exec(String(data)); if (line) found(line[0]); });
    child.on('exit', code => failed(new Error(`the server ended with ${code}`)));
  });
  return {
    url, root, pid: child.pid,
    command: (...words) => execFileSync(BINARY, words, { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim(),
    async post(path, body) {
      const answer = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      return answer.json();
    },
    async get(path) { return (await fetch(`${url}${path}`)).json(); },
    async close() {
      const ended = new Promise(done => child.on('exit', done));
      child.kill('SIGTERM');
      await ended;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/// A web site on loopback each of whose pages takes its time.
export async function slowSite(delay = 1_200, names = ['otter', 'heron', 'grebe', 'plover', 'dipper']) {
  const text = name => `<title>${name}</title><h1>${name}</h1><p>The ${name} turbine was launched in ${1990 + name.length}. It costs ${name.length}2,000 crowns. The launch of the ${name} was in spring.</p>`;
  const site = createServer((request, answer) => setTimeout(() => {
    const [path, query = ''] = request.url.split('?');
    const name = names.find(name => path === `/launch-of-the-${name}`);
    // Each asker gets pages of its own: what was read is kept.
    const links = names.map(name => `<a href="/launch-of-the-${name}?${query}">The launch of the ${name} turbine</a>`).join(' ');
    if (path === "/robots.txt") { answer.writeHead(404).end(); return; }
    if (name === 'grebe') { answer.writeHead(403).end(); return; }
    answer.writeHead(name || path === '/' ? 200 : 404, { 'content-type': 'text/html' });
    answer.end(name ? text(name) : `<title>Turbines</title><h1>Turbines</h1><p>Launch dates of turbines.</p>${links}`);
  }, delay));
  await new Promise(ready => site.listen(0, '127.0.0.1', ready));
  const url = `http://127.0.0.1:${site.address().port}`;
  return { url, close: () => { site.closeAllConnections(); site.close(); } };
}

export async function freePort() {
  const server = listen();
  await new Promise(ready => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address();
  await new Promise(done => server.close(done));
  return port;
}

/// nginx that shows a server below a path. `strips` leaves the path out of what it passes on.
export async function nginx(port, target, strips) {
  const root = mkdtempSync(join(tmpdir(), 'task-mcp-nginx-'));
  writeFileSync(join(root, 'nginx.conf'), `
    daemon off; pid ${root}/pid; error_log ${root}/error.log; worker_processes 1;
    events { worker_connections 64; }
    http {
      access_log off; client_body_temp_path ${root}/a; proxy_temp_path ${root}/b; fastcgi_temp_path ${root}/c;
      uwsgi_temp_path ${root}/d; scgi_temp_path ${root}/e;
      server {
        listen 127.0.0.1:${port};
        location /research/ { proxy_pass ${target}${strips ? '/' : '/research/'}; proxy_http_version 1.1; proxy_set_header Host $http_host; }
      }
    }`);
  const child = spawn('/usr/sbin/nginx', ['-c', join(root, 'nginx.conf'), '-e', join(root, 'error.log')], { stdio: 'ignore' });
  for (let tries = 0; tries < 50; tries++) {
    if (await fetch(`http://127.0.0.1:${port}/`).catch(() => null)) break;
    await new Promise(done => setTimeout(done, 100));
  }
  return { close: async () => { const ended = new Promise(done => child.on('exit', done)); child.kill('SIGTERM'); await ended; rmSync(root, { recursive: true, force: true }); } };
}

export const launch = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/// A page that keeps what went wrong on it: errors in its console, requests to other hosts, and how heavy it was.
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const seen = { errors: [], hosts: new Set(), bodies: [] };
  page.on('console', message => { if (message.type() === 'error') seen.errors.push(message.text()); });
  page.on('pageerror', error => seen.errors.push(String(error)));
  page.on('request', request => seen.hosts.add(new URL(request.url()).host));
  // What is read twice counts twice. Bodies arrive after their heads: `weight` waits for them.
  page.on('response', response => {
    const kind = response.headers()['content-type'] ?? '';
    if (kind.startsWith('text/event-stream')) return;
    seen.bodies.push(response.body().catch(() => Buffer.alloc(0)).then(body => body.length));
  });
  page.seen = seen;
  return page;
}

/// How heavy a page is with all that it loads, in bytes, in a browser that has kept nothing.
export async function weight(browser, address, options = {}) {
  const page = await open(browser, options);
  const answer = await page.goto(address, { waitUntil: 'load' });
  await page.waitForTimeout(200);
  const bodies = await Promise.all(page.seen.bodies);
  await page.context().close();
  return { status: answer.status(), bytes: bodies.reduce((sum, length) => sum + length, 0), requests: bodies.length };
}

/// What axe finds on a page, each as a line.
export async function violations(page) {
  // The policy of our pages forbids scripts of others, so it is run by the debugger.
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary?.slice(0, 300)}`));
}

/// The page in light and dark, wide and on a phone.
export async function shots(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  for (const scheme of ['light', 'dark']) {
    for (const [size, width] of [['wide', 1280], ['phone', 360]]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(60);
      await page.screenshot({ path: join(SHOTS, `${name}-${size}-${scheme}.png`), fullPage: size === 'wide' || name.includes('whole') });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
}
