// What pages do beyond plain HTML: live updates, panels, arrow keys, the theme, small comforts of forms.
// Everything here also works without it, as links, forms, <details> and :target.
'use strict';
(() => {
  const root = document.documentElement;
  root.classList.add('js');
  try { const kept = localStorage.getItem('theme'); if (kept) root.dataset.theme = kept; } catch { /* no storage */ }

  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const parsed = html => new DOMParser().parseFromString(html, 'text/html');

  // ── Parts replaced in place ─────────────────────────────────────────────────────────────────────────────
  const keyOf = node => node.nodeType === 1 ? node.getAttribute('data-key') || node.id || '' : '';
  const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
  function morph(old, fresh) {
    if (old.nodeType !== 1) { if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue; return; }
    for (const { name, value } of [...fresh.attributes]) {
      if (old.getAttribute(name) !== value && !(name === 'open' || name === 'aria-expanded')) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !['open', 'tabindex'].includes(name)) old.removeAttribute(name);
    }
    // Whoever types is not interrupted.
    if (old === document.activeElement && /^(INPUT|TEXTAREA|SELECT)$/.test(old.nodeName)) return;
    const keyed = new Map([...old.childNodes].filter(keyOf).map(node => [keyOf(node), node]));
    let at = old.firstChild;
    for (const node of [...fresh.childNodes]) {
      const known = keyOf(node) ? keyed.get(keyOf(node)) : at && alike(at, node) ? at : null;
      if (known) {
        if (known === at) at = at.nextSibling; else old.insertBefore(known, at);
        morph(known, node);
      } else {
        const added = document.importNode(node, true);
        if (added.nodeType === 1 && added.hasAttribute('data-key')) added.classList.add('new');
        old.insertBefore(added, at);
      }
    }
    while (at) { const next = at.nextSibling; at.remove(); at = next; }
  }

  // ── Live updates ────────────────────────────────────────────────────────────────────────────────────────
  const STATUS_EVERY = 10_000;
  let source = null, saidAt = 0, lostAt = 0, toldEnd = false, toldLost = false;
  function say(text, now = false) {
    const line = $('[data-status]');
    if (!line || !text || line.textContent === text) return;
    if (!now && Date.now() - saidAt < STATUS_EVERY) return;
    saidAt = Date.now();
    line.textContent = text;
  }
  function take(html) {
    const fresh = parsed(html);
    for (const part of $$('[data-part]', fresh)) {
      const old = $(`[data-part="${part.dataset.part}"]`);
      if (old && old.outerHTML !== part.outerHTML) morph(old, part);
    }
    const news = $('[data-says]', fresh);
    if (news) say(news.dataset.says, news.hasAttribute('data-now'));
    rove();
    tick();
  }
  // The whole page again, in place: at the end of the work.
  async function again() {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' });
    if (isClosed(answer)) { setTimeout(gone); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = parsed(await answer.text());
    const open = $('.panel.open')?.id, at = window.scrollY;
    $('main').replaceWith(document.importNode($('main', fresh), true));
    document.title = fresh.title;
    prepare();
    if (open && document.getElementById(open)) window.scrollTo(0, at);
    say($('[data-status]')?.dataset.end || '', true);
  }
  function listen() {
    const live = $('[data-live]');
    if (!live || source || document.hidden || toldEnd) return;
    source = new EventSource(live.dataset.live);
    source.addEventListener('parts', event => { connected(); take(event.data); });
    source.addEventListener('gone', gone);
    source.addEventListener('end', ended);
    source.onopen = connected;
    source.onerror = lost;
  }
  function ended() {
    toldEnd = true;
    silence();
    again().then(() => { toldEnd = false; connected(); listen(); }).catch(() => { lost(); setTimeout(ended, 5_000); });
  }
  function silence() { source?.close(); source = null; }
  function connected() {
    if (lostAt && toldLost) say('Connected again.', true);
    lostAt = 0;
    toldLost = false;
    const note = $('[data-lost]');
    if (note) note.hidden = true;
  }
  function lost() {
    lostAt ||= Date.now();
    if (source?.readyState === 2) refused();
    setTimeout(() => {
      const note = $('[data-lost]');
      if (!lostAt || !note) return;
      note.hidden = false;
      $('[data-lost-words]', note).textContent =
        `Connection lost ${Math.max(1, Math.round((Date.now() - lostAt) / 1000))} s ago.`;
      if (!toldLost) say('The connection is lost. Trying again.', true);
      toldLost = true;
    }, 2_000);
  }
  // A server that answers, but not with a stream, may have closed the page to whoever looks at it.
  async function refused() {
    silence();
    const answer = await fetch(location.href, { method: 'HEAD', headers: { accept: 'text/html' }, cache: 'no-store' }).catch(() => null);
    if (answer && isClosed(answer)) gone(); else setTimeout(listen, 5_000);
  }
  const isClosed = answer => [401, 403, 404].includes(answer.status);
  // The link or the session is not good any more: what was shown stays, and nothing is asked again.
  function gone() {
    silence();
    [toldEnd, toldLost, lostAt] = [true, false, 0];
    const [note, words] = [$('[data-lost]'), $('[data-gone]')];
    if (note) note.hidden = true;
    if (words) words.hidden = false;
    $('[data-live]')?.removeAttribute('data-live');
    say('This page is closed to you now: the link, the key or the session that opened it is no longer valid.', true);
  }
  // Clocks go on between two updates.
  function tick() {
    for (const clock of $$('[data-spent]')) {
      if (clock.told !== clock.dataset.spent) { clock.told = clock.dataset.spent; clock.from = Date.now() - Number(clock.told); }
      const spent = Math.max(0, Math.floor((Date.now() - clock.from) / 1000));
      const two = number => String(number).padStart(2, '0'), hours = Math.floor(spent / 3600), minutes = Math.floor(spent / 60) % 60;
      const words = `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(spent % 60)}`;
      if (clock.textContent !== words) clock.textContent = words;
    }
  }
  // Lists that nobody tells about are looked at again while something runs.
  setInterval(async () => {
    if (document.hidden || !$('[data-refresh]') || $('textarea:focus, input:focus')) return;
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } }).catch(() => null);
    if (answer?.ok) take(await answer.text());
  }, 5_000);
  document.addEventListener('visibilitychange', () => document.hidden ? silence() : listen());
  window.addEventListener('pagehide', silence);
  setInterval(tick, 1_000);

  // ── Panels ──────────────────────────────────────────────────────────────────────────────────────────────
  let opener = null;
  function close(focus = true) {
    $$('.panel.open:not(.alone)').forEach(panel => panel.classList.remove('open'));
    $$('[aria-expanded="true"]').forEach(link => link.setAttribute('aria-expanded', 'false'));
    $$('.lit').forEach(part => part.classList.remove('lit'));
    if (focus && opener?.isConnected) opener.focus({ preventScroll: true });
  }
  async function open(link) {
    const panel = await panelOf(link);
    if (!panel) { location.href = link.href; return; }
    // Stepping inside a panel moves the mark in the text too, and Esc returns to it.
    const at = !link.closest('.panel') ? link
      : $$('a[data-panel]').find(a => a.hash === link.hash && !a.closest('.panel')) || opener;
    close(false);
    opener = at;
    panel.classList.add('open');
    at?.setAttribute('aria-expanded', 'true');
    at?.closest('.report p, .report li, .report td, .report blockquote')?.classList.add('lit');
    panel.focus({ preventScroll: true });
    at?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    // A quote alone is shown where it is marked; with a value, the value comes first.
    const mark = $('.pagetext mark', panel), body = $('.panel-body', panel);
    if (!mark || !body) return;
    const from = mark.offsetTop - body.offsetTop, isBelow = from + mark.offsetHeight > body.clientHeight;
    body.scrollTop = isBelow && !$('.val', body) ? Math.max(0, from - body.clientHeight / 3) : 0;
  }
  // The panels of a short answer are in the page; of a long one, and of a table, each is fetched when it is opened.
  async function panelOf(link) {
    const place = $('#cell-panel'), part = /^#([cf])(\d+)$/.exec(link.hash);
    if (place && part) {
      const path = link.pathname.replace(/\/(field|quote)$/, ''), asked = new URLSearchParams(link.search);
      asked.set('n', part[2]);
      const answer = await fetch(`${path}/${part[1] === 'f' ? 'field' : 'quote'}?${asked}`, { headers: { accept: 'text/html' } }).catch(() => null);
      const fresh = answer?.ok ? $('.panel', parsed(await answer.text())) : null;
      if (!fresh) return null;
      place.innerHTML = fresh.innerHTML;
      place.setAttribute('aria-labelledby', fresh.getAttribute('aria-labelledby'));
      return place;
    }
    const id = link.hash.slice(1);
    return id ? document.getElementById(decodeURIComponent(id)) : null;
  }
  document.addEventListener('click', event => {
    const link = event.target.closest('a[data-panel]');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      if (link.getAttribute('aria-expanded') === 'true') close(); else open(link);
    }
    if (event.target.closest('[data-close]') && !event.target.closest('.alone')) { event.preventDefault(); close(); }
    const copy = event.target.closest('[data-copy]');
    if (copy) {
      const field = document.getElementById(copy.dataset.copy);
      field.select();
      Promise.resolve(navigator.clipboard?.writeText(field.value)).then(() => { copy.textContent = 'Copied'; }, () => document.execCommand('copy'));
    }
    if (event.target.closest('[data-print]')) window.print();
    if (event.target.closest('[data-theme-toggle]')) {
      const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
      root.dataset.theme = dark ? 'light' : 'dark';
      try { localStorage.setItem('theme', root.dataset.theme); } catch { /* no storage */ }
    }
    for (const menu of $$('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
  });

  const STOPS = '.tbl tbody a.cell, .tbl tbody a.to-row';

  // ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      const menu = $('details.menu[open]');
      if (menu) { menu.open = false; $('summary', menu).focus(); } else close();
      return;
    }
    const link = event.target.closest?.(STOPS);
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!link || !step) return;
    event.preventDefault();
    const rows = $$('.tbl tbody tr').map(row => $$(STOPS, row));
    const row = rows.findIndex(cells => cells.includes(link)), column = rows[row].indexOf(link);
    const next = step[0] ? rows[row + step[0]]?.[Math.min(column, (rows[row + step[0]]?.length || 1) - 1)] : rows[row][column + step[1]];
    next?.focus();
  });
  // One tab stop in a table: its cells and the links to its rows. It stays where it is while rows are replaced.
  function rove(at) {
    const stops = $$(STOPS), kept = at || stops.find(stop => stop.getAttribute('tabindex') === '0') || $('.tbl a.cell') || stops[0];
    for (const stop of stops) stop.tabIndex = stop === kept ? 0 : -1;
  }
  document.addEventListener('focusin', event => { if (event.target.matches(STOPS)) rove(event.target); });

  // ── Forms ───────────────────────────────────────────────────────────────────────────────────────────────
  function prepare() {
    rove();
    tick();
    for (const choice of $$('select[data-hints]')) {
      const show = () => {
        const { hint = '', price = '' } = choice.selectedOptions[0]?.dataset || {};
        const place = document.getElementById(choice.dataset.hints), button = $(`[data-price-of="${choice.id}"]`);
        if (place) place.textContent = hint;
        if (button) button.textContent = price && `, ${price}`;
      };
      choice.addEventListener('change', show);
      show();
    }
    for (const choice of $$('select[data-submit]')) choice.addEventListener('change', () => choice.form.requestSubmit());
    for (const form of $$('form[data-drop]')) {
      const file = $('input[type=file]', form);
      file.addEventListener('change', () => { if (file.files.length) form.requestSubmit(); });
      form.addEventListener('dragover', event => { event.preventDefault(); form.classList.add('over'); });
      form.addEventListener('dragleave', () => form.classList.remove('over'));
      form.addEventListener('drop', event => {
        event.preventDefault();
        form.classList.remove('over');
        if (event.dataTransfer.files.length) { file.files = event.dataTransfer.files; form.requestSubmit(); }
      });
    }
    if (location.hash.length > 1) {
      const panel = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (panel?.classList.contains('panel')) panel.classList.add('open');
    }
    find();
    listen();
  }
  // A quote in another part of a long page: the part is known by where each begins.
  function find() {
    const text = $('[data-starts]'), place = /^#s(\d+)-\d+$/.exec(location.hash);
    if (!text || !place || document.getElementById(location.hash.slice(1))) return;
    const part = text.dataset.starts.split(' ').filter(start => Number(start) <= Number(place[1])).length;
    const to = new URL(location.href);
    if (to.searchParams.get('part') === String(part)) return;
    to.searchParams.set('part', part);
    location.replace(to);
  }
  window.addEventListener('hashchange', find);
  document.addEventListener('DOMContentLoaded', prepare);
})();
