/** Papers at the meeting place, on the disk. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { forgetAnswers, keepAnswer, keptAnswers } from './answer-papers.ts';
import { EndingNotes } from './ending-notes.ts';
import { hereNow } from './here-papers.ts';
import type { MayLive } from './message.ts';
import { FilePapers } from './papers.ts';

const day = 24 * 60 * 60_000;

async function inDirectory(work: (papers: FilePapers, path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'papers-'));
  try {
    await work(new FilePapers(path), path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

describe('papers', () => {
  test('are there at once, take the place of one another, and are told by kind and name', async () => {
    await inDirectory(async (papers, path) => {
      papers.put('here', 'ab', 'one');
      papers.put('here', 'ab', 'two');
      papers.put('answer', 'ab-1', 'three');
      papers.put('answer', 'cd-1', 'four');
      await writeFile(join(path, 'else.txt'), '');
      assert.deepEqual(await papers.read('here'), [{ name: 'ab', text: 'two' }]);
      assert.deepEqual(await papers.read('answer', 'cd-'), [{ name: 'cd-1', text: 'four' }]);
      await papers.remove('answer', 'cd-1');
      papers.removeNow('here', 'ab');
      await papers.remove('here', 'ab');
      assert.deepEqual((await readdir(path)).sort(), ['ab-1.answer', 'else.txt']);
    });
  });

  test('of answers go after a day; what processes have stays', async () => {
    await inDirectory(async (papers, path) => {
      const now = Date.now();
      for (const name of ['aa.answer', 'bb.answer', 'cc.here']) await writeFile(join(path, name), '');
      for (const name of ['aa.answer', 'cc.here']) await utimes(join(path, name), 0, (now - 2 * day) / 1000);
      await papers.sweep(now);
      assert.deepEqual((await readdir(path)).sort(), ['bb.answer', 'cc.here']);
    });
  });

  test('that a kill has left half written go after a day, too', async () => {
    await inDirectory(async (papers, path) => {
      const now = Date.now();
      const halves = ['aa.here.part', 'bb-1.answer.part'];
      for (const name of [...halves, 'cc.here.part']) await writeFile(join(path, name), '');
      for (const name of halves) await utimes(join(path, name), 0, (now - 2 * day) / 1000);
      await papers.sweep(now);
      assert.deepEqual(await readdir(path), ['cc.here.part']);
    });
  });

  test('and notes that somebody takes away meanwhile keep nobody from removing what is old', async () => {
    await inDirectory(async (papers, path) => {
      const [gone, old] = ['0'.repeat(16), 'f'.repeat(16)].map((name) => `${name}-${name}`);
      for (const kind of ['answer', 'note']) {
        await symlink('nowhere', join(path, `${gone}.${kind}`)); // listed, and not there when it is looked at
        await writeFile(join(path, `${old}.${kind}`), '');
        await utimes(join(path, `${old}.${kind}`), 0, 0);
      }
      for (const kept of [papers, new EndingNotes(path)]) await kept.sweep(Date.now());
      assert.deepEqual((await readdir(path)).sort(), [`${gone}.answer`, `${gone}.note`]);
    });
  });
});

describe('answers', () => {
  test('lie there by question until they are taken; broken ones and those of other names are none', async () => {
    await inDirectory(async (papers, path) => {
      const question = 'ab'.repeat(8);
      keepAnswer(papers, question, '../m1', { member: '../m1' });
      keepAnswer(papers, 'cd'.repeat(8), 'm1', 'of another question');
      await writeFile(join(path, `${question}-${'0'.repeat(16)}.answer`), '{"from":"m2","body":1}');
      await writeFile(join(path, `${question}-${'1'.repeat(16)}.answer`), '{"from":');
      assert.deepEqual(await keptAnswers(papers, question), [{ from: '../m1', body: { member: '../m1' } }]);
      await forgetAnswers(papers, question);
      assert.deepEqual(await keptAnswers(papers, question), []);
      assert.equal((await readdir(path)).length, 1);
    });
  });
});

describe('what a process has', () => {
  const presence = { process: { id: 'ab', pid: process.pid, program: 'p', mark: 'here.1.2' }, sessions: [] };
  const paper = (more: object = {}): string => JSON.stringify({ ...presence, ...more });

  test('counts while it lives; papers of the dead, of earlier processes of its number, and what is none, go', async () => {
    await inDirectory(async (papers, path) => {
      papers.put('here', 'ab', paper());
      papers.put('here', 'ad', paper({ process: { ...presence.process, id: 'ad', pid: 7 } }));
      papers.put('here', 'ae', paper({ process: { ...presence.process, id: 'ae', mark: 'here.1.1' } }));
      papers.put('here', 'af', paper()); // the name of another one
      papers.put('here', 'ba', 'no paper');
      papers.put('here', 'bb', paper({ process: { ...presence.process, id: 'bb' }, sessions: 'none' }));
      const mayLive: MayLive = ({ pid, mark }) => pid === process.pid && mark === 'here.1.2';
      assert.deepEqual(await hereNow(papers, mayLive, 1), [presence]);
      assert.deepEqual(await readdir(path), ['ab.here']);
    });
  });
});
