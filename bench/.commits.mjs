import { DatabaseSync } from '../node_modules/@photostructure/sqlite/dist/index.mjs';
const P = DatabaseSync.prototype, oldp = P.prepare; let commits = 0, us = 0;
P.prepare = function (t) { const s = oldp.call(this, t); if (t === 'COMMIT') { const r = s.run.bind(s); s.run = () => { const a = performance.now(); try { return r(); } finally { us += (performance.now() - a) * 1000; commits++; } }; } return s; };
await import('./.prof.mjs');
const n = Number(process.argv[2] ?? 3000) * 2;
console.log('commits/msg', (commits / n).toFixed(2), 'us/commit', (us / commits).toFixed(0), 'us/msg', (us / n).toFixed(0));
