// Finds each quote again in the passages that this file encloses, and says what does not hold.
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
  function check() {
    const data = document.getElementById('proof').textContent, faults = [];
    const proof = JSON.parse(data);
    if (sha256(data) !== document.getElementById('seal').textContent) faults.push('The enclosed data is not what was sealed.');
    const parts = { about: 'The question or what stands below it is', report: 'The words of the report are', quotes: 'A quote, as it is shown, or what stands around it is', receipt: 'The receipt is' };
    for (const [id, what] of Object.entries(parts)) {
      if (sha256(words(document.getElementById(id).textContent)) !== proof.shown[id]) faults.push(`${what} not as it was sealed.`);
    }
    proof.passages.forEach((passage, nth) => {
      if (sha256(passage.text) !== passage.sha256) faults.push(`Passage ${nth + 1} (${passage.address}) was changed.`);
    });
    for (const { field, number, quote, passage } of proof.citations) {
      if (!quote || !proof.passages[passage]?.text.includes(quote)) faults.push(`Quote ${number} of "${field}" does not stand in its passage.`);
    }
    return { proof, faults };
  }
  document.addEventListener('DOMContentLoaded', () => {
    const place = document.getElementById('checked');
    let said;
    try {
      const { proof, faults } = check();
      said = faults.length
        ? [`Checked just now: ${faults.length} of the checks failed.`, ...faults]
        : [`Checked just now in this browser: all ${proof.citations.length} quotes stand word for word in the ${proof.passages.length} enclosed passages, and nothing was changed.`];
      place.className = faults.length ? 'note error' : 'note';
    } catch (why) {
      said = [`This file cannot be checked: ${why.message}`];
      place.className = 'note error';
    }
    place.replaceChildren(...said.map(text => Object.assign(document.createElement('p'), { textContent: text })));
  });
})();
