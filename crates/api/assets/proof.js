// Finds each quote again in the passages that this file encloses, and looks whether the page is still the one that was made.
// A page cannot vouch for itself: whoever changes it can change this script. `task-mcp verify` makes the file again.
'use strict';
(() => {
  function sha256(text) {
    const bytes = new TextEncoder().encode(text), K = [], H = [];
    for (let n = 2; H.length < 8 || K.length < 64; n++) {
      let prime = true;
      for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
      if (!prime) continue;
      const part = root => { const x = Math.pow(n, root); return Math.floor((x - Math.floor(x)) * 4294967296) >>> 0; };
      if (H.length < 8) H.push(part(1 / 2));
      if (K.length < 64) K.push(part(1 / 3));
    }
    const length = ((bytes.length + 8 >> 6) + 1) * 64, block = new Uint8Array(length), view = new DataView(block.buffer);
    block.set(bytes);
    block[bytes.length] = 0x80;
    view.setUint32(length - 8, Math.floor(bytes.length / 536870912));
    view.setUint32(length - 4, bytes.length << 3);
    const turn = (x, n) => x >>> n | x << 32 - n, W = new Uint32Array(64);
    for (let at = 0; at < length; at += 64) {
      for (let i = 0; i < 64; i++) {
        W[i] = i < 16 ? view.getUint32(at + 4 * i)
          : W[i - 16] + (turn(W[i - 15], 7) ^ turn(W[i - 15], 18) ^ W[i - 15] >>> 3) + W[i - 7] + (turn(W[i - 2], 17) ^ turn(W[i - 2], 19) ^ W[i - 2] >>> 10);
      }
      let [a, b, c, d, e, f, g, h] = H;
      for (let i = 0; i < 64; i++) {
        const t = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (e & f ^ ~e & g) + K[i] + W[i] | 0;
        const u = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
        h = g; g = f; f = e; e = d + t | 0; d = c; c = b; b = a; a = t + u | 0;
      }
      [a, b, c, d, e, f, g, h].forEach((x, i) => { H[i] = H[i] + x >>> 0; });
    }
    return H.map(x => (x >>> 0).toString(16).padStart(8, '0')).join('');
  }
  const words = text => text.split(/[ \t\n\r\f]+/).filter(Boolean).join(' ');
  // What the server has noted of the page: all words, and all elements with their attributes, styles and scripts.
  function seen() {
    const said = [], frame = [];
    (function look(node) {
      for (const child of node.childNodes) {
        if (child.nodeType === 3) said.push(child.data);
        if (child.nodeType !== 1) continue;
        const name = child.localName.toLowerCase();
        frame.push(name + [...child.attributes].map(own => `\t${own.name.toLowerCase()}=${own.value}`).sort().join(''));
        if (['checked', 'seal', 'proof'].includes(child.id)) continue;
        if (name === 'style' || name === 'script') frame.push(words(child.textContent)); else look(child);
      }
    })(document);
    return { words: sha256(words(said.join(''))), frame: sha256(frame.join('\n')) };
  }
  function check() {
    const data = document.getElementById('proof').textContent, faults = [], now = seen();
    const proof = JSON.parse(data);
    if (sha256(data) !== document.getElementById('seal').textContent) faults.push('The enclosed data is not what was sealed.');
    if (now.words !== proof.seen.words) faults.push('The words of this page are not those that were sealed.');
    if (now.frame !== proof.seen.frame) faults.push('Something was added to this page or taken out of it: elements, styles or scripts. Unless an extension of this browser did so, do not rely on it.');
    proof.passages.forEach((passage, nth) => {
      if (sha256(passage.text) !== passage.sha256) faults.push(`Passage ${nth + 1} (${passage.address}) was changed.`);
    });
    for (const { field, number, quote, place } of proof.citations) {
      if (!quote || !place || !proof.passages[place[0]]?.text.includes(quote)) faults.push(`Quote ${number} of "${field}" does not stand in its passage.`);
    }
    return { proof, faults };
  }
  function holds({ citations, passages }) {
    if (!citations.length) return 'there are no quotes in it, and its words and elements are those that were sealed.';
    const quotes = citations.length === 1 ? 'its one quote stands' : `all ${citations.length} quotes stand`;
    const where = passages.length === 1 ? 'the enclosed passage' : `the ${passages.length} enclosed passages`;
    return `${quotes} word for word in ${where}, and its words and elements are those that were sealed.`;
  }
  document.addEventListener('DOMContentLoaded', () => {
    const place = document.getElementById('checked');
    let said;
    try {
      const { proof, faults } = check();
      said = faults.length
        ? [`Checked just now: ${faults.length} of the checks failed.`, ...faults]
        : [`Checked just now in this browser: ${holds(proof)} Only task-mcp verify can tell whether this check itself was changed.`];
      place.className = faults.length ? 'note error' : 'note';
    } catch (why) {
      said = [`This file cannot be checked: ${why.message}`];
      place.className = 'note error';
    }
    place.replaceChildren(...said.map(text => Object.assign(document.createElement('p'), { textContent: text })));
  });
})();
