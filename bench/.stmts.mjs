import { Database } from '../packages/sqlite/dist/index.js';
const stats = new Map();
for (const kind of ['run', 'get', 'all']) {
  const old = Database.prototype[kind];
  Database.prototype[kind] = function (q, ...rest) {
    const t = process.hrtime.bigint();
    try { return old.call(this, q, ...rest); } finally {
      const d = Number(process.hrtime.bigint() - t) / 1000; const k = kind + ' ' + q.text.replace(/\s+/g, ' ').slice(0, 150);
      const s = stats.get(k) ?? { n: 0, us: 0 }; s.n++; s.us += d; stats.set(k, s);
    }
  };
}
globalThis.__stats = stats;
const count = Number(process.argv[2] ?? 3000);
await import('./.prof.mjs');
let all = 0;
const n = count * 2;
for (const [k, s] of [...stats].sort((a, b) => b[1].us - a[1].us).slice(0, 60)) { console.log((s.us / n).toFixed(1).padStart(7), 'us/msg', (s.n / n).toFixed(2).padStart(6), 'x', k); }
for (const s of stats.values()) all += s.us; console.log('total', (all / n).toFixed(0));
