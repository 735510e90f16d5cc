import assert from 'node:assert/strict';
import { END_STEPS, type EndReport } from '@nodemapi/mapi';
import { test } from 'vitest';
import { decodeEndReport, encodeEndReport } from './end-wire.ts';

const openedAt = '/home/me/program.ts:1:1';

function report(things: number): EndReport {
  const error = { code: 'MAPI_E_CALL_FAILED', message: 'x'.repeat(things * 20) } as const;
  const objects = Array.from({ length: things }, () => ({
    interface: 'IMessage' as const,
    entryId: new Uint8Array(24),
    openedAt,
  }));
  return {
    policy: 'leave',
    completed: false,
    deadlineExceeded: false,
    durationMs: 1,
    steps: END_STEPS.map((step) => ({ step, durationMs: 0, ok: step !== 'release', count: 0, error })),
    outgoing: { sent: 0, failed: 0, left: things, held: 0, unknown: 0, messages: [] },
    leftOpen: {
      objects,
      advises: [],
      buffers: things,
      blocks: Array.from({ length: things }, () => ({ bytes: 8, openedAt })),
    },
  };
}

test('a report comes back as it was', () => {
  assert.deepEqual(decodeEndReport(encodeEndReport(report(3))), report(3));
});

test('a report that is too long for a message loses the ends of its lists, and no count', () => {
  const sent = encodeEndReport(report(60_000));
  assert.ok(JSON.stringify(sent).length <= 1024 * 1024);
  const got = decodeEndReport(sent);
  assert.deepEqual([got?.leftOpen.buffers, got?.outgoing.left, got?.steps.length], [60_000, 60_000, END_STEPS.length]);
  assert.ok((got?.leftOpen.objects.length ?? 0) >= 1000);
});
