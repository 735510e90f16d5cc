import assert from 'node:assert/strict';
import type { EndReport, OutgoingMessage, OutgoingReport } from 'nodemapi';
import { test } from 'vitest';
import { endJson, endText, outgoingText } from './end-text.ts';

const NOTHING: OutgoingReport = { sent: 0, failed: 0, left: 0, held: 0, unknown: 0, messages: [] };

const report = (outgoing: OutgoingReport): EndReport => ({
  policy: 'drain',
  completed: false,
  deadlineExceeded: true,
  durationMs: 10,
  steps: [],
  outgoing,
  leftOpen: { objects: [], advises: [], buffers: 0, blocks: [] },
});

test('outgoing mail that is not known is not called nothing', () => {
  assert.equal(outgoingText(NOTHING), 'nothing outgoing');
  assert.equal(outgoingText({ ...NOTHING, incomplete: true }), 'not known');
  assert.equal(
    outgoingText({ ...NOTHING, sent: 2, left: 1, incomplete: true }),
    '2 sent, 1 left in the queue; the rest is not known',
  );
});

test('that a message may have been sent is said once', () => {
  const message: OutgoingMessage = {
    ...{ entryId: new Uint8Array(), internetMessageId: null, subject: 'S', submitTime: null, attempts: 1 },
    ...{ state: 'unknown', reason: 'may have been sent; the answer was lost', nextAttempt: null, lockedBy: null },
    recipients: [],
  };
  const text = endText({ colours: false, columns: 80 }, report({ ...NOTHING, unknown: 1, messages: [message] }));
  assert.match(text, /may have been sent: "S": the answer was lost\n/u);
});

test('a fast shutdown is told as one, and so is that it was refused', () => {
  const terminal = { colours: false, columns: 80 };
  const steps = [{ step: 'logoff', ok: true, count: 0, durationMs: 0, skipped: true }] as const;
  const done = endText(terminal, { ...report(NOTHING), steps, fastShutdown: 'done' });
  assert.match(done, /shut down fast/);
  assert.doesNotMatch(done, /not needed/);
  assert.match(
    endText(terminal, { ...report(NOTHING), steps, fastShutdown: 'refused' }),
    /fast shutdown: refused.*logged off/s,
  );
});

test('the end says so, as text and as JSON', () => {
  const end = report({ ...NOTHING, incomplete: true });
  assert.match(endText({ colours: false, columns: 80 }, end), /outgoing: not known; left open: nothing/);
  assert.deepEqual(endJson(end).outgoing, { ...NOTHING, incomplete: true });
});
